//! MQINQ and MQSET. Follows the API header, which has the handle.
//!
//! ```text
//!  0 LONG    selectors (s)
//!  4 LONG    integers (i)
//!  8 LONG    bytes of characters (c)
//! 12 s LONG  selectors
//!    i LONG  integers in the order of their selectors     MQINQ reply and MQSET request only
//!    c bytes characters, each value at its fixed length   the same
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

use super::count;

/// Body of an MQINQ request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inquire {
    /// MQIA and MQCA selectors.
    pub selectors: Vec<i32>,
    /// Integers that the caller has room for.
    pub int_count: i32,
    /// Bytes of characters that the caller has room for.
    pub char_length: i32,
}

/// Body of an MQINQ reply and of an MQSET request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// MQIA and MQCA selectors.
    pub selectors: Vec<i32>,
    /// Values of the integer selectors.
    pub ints: Vec<i32>,
    /// Values of the character selectors, one after another, in an ASCII-based set.
    pub chars: Vec<u8>,
}

impl Inquire {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (selectors, int_count, char_length) = (r.i32()?, r.i32()?, r.i32()?);
        Ok(Self { selectors: longs(r, selectors)?, int_count, char_length })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.selectors.len() as i32);
        w.i32(self.int_count);
        w.i32(self.char_length);
        self.selectors.iter().for_each(|selector| w.i32(*selector));
    }
}

impl Attributes {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (selectors, ints, chars) = (r.i32()?, r.i32()?, r.i32()?);
        let selectors = longs(r, selectors)?;
        let ints = longs(r, ints)?;
        let length = count(r, chars, 1)?;
        let charset = r.charset();
        let chars = r.bytes(length)?.iter().map(|byte| charset.to_memory(*byte)).collect();
        Ok(Self { selectors, ints, chars })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.selectors.len() as i32);
        w.i32(self.ints.len() as i32);
        w.i32(self.chars.len() as i32);
        self.selectors.iter().chain(&self.ints).for_each(|value| w.i32(*value));
        for byte in &self.chars {
            w.u8(w.charset().of_memory(*byte));
        }
    }
}

fn longs(r: &mut Reader<'_>, claimed: i32) -> Result<Vec<i32>, DecodeError> {
    let count = count(r, claimed, 4)?;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(r.i32()?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{check_truncations, round_trip};

    fn inquire(r: &mut Reader<'_>) -> Result<(ApiHeader, Inquire), DecodeError> {
        Ok((ApiHeader::decode(r)?, Inquire::decode(r)?))
    }

    fn attributes(r: &mut Reader<'_>) -> Result<(ApiHeader, Attributes), DecodeError> {
        Ok((ApiHeader::decode(r)?, Attributes::decode(r)?))
    }

    #[test]
    fn start_up_inquiry_of_a_client() {
        let (api, request) = round_trip("inq-tshm-le", inquire, |(api, body), w| {
            api.encode(w);
            body.encode(w);
        });
        let selectors = vec![31, 32, 2, 2015, 2032, 2006];
        assert_eq!(api.hobj, 2);
        assert_eq!(request, Inquire { selectors: selectors.clone(), int_count: 3, char_length: 144 });
        let (_, reply) = round_trip("inq-rep-tshm-le", attributes, |(api, body), w| {
            api.encode(w);
            body.encode(w);
        });
        assert_eq!((reply.selectors, reply.ints), (selectors, vec![912, 3, 819]));
        assert!(reply.chars.starts_with(b"QM1  ") && reply.chars.len() == 144);
        check_truncations("inq-rep-tshm-le", attributes);
    }

    #[test]
    fn set_inhibits_puts() {
        let (_, set) = round_trip("set-tsh-be", attributes, |(api, body), w| {
            api.encode(w);
            body.encode(w);
        });
        assert_eq!(set, Attributes { selectors: vec![10], ints: vec![1], chars: vec![] });
        check_truncations("set-tsh-be", attributes);
    }
}
