//! MQEPH: PCF parameters in front of other data.
//!
//! Activity recording travels this way. As every chained header it says encoding, character set and format of what
//! follows it.

use crate::chars::Chars;
use crate::constants::{MQCCSI_UNDEFINED, MQEPH_NONE};
use crate::pcf;
use crate::reason::Reason;
use crate::wire::{DecodeError, Reader, Writer};

/// Embedded PCF header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eph {
    /// Version of the structure: 1.
    pub version: i32,
    /// Encoding of the data that follows.
    pub encoding: i32,
    /// Character set of the data that follows.
    pub coded_char_set_id: i32,
    /// Format of the data that follows.
    pub format: Chars<8>,
    /// MQEPH flags: 1, the strings of the parameters say their character set.
    pub flags: i32,
    /// The PCF message.
    pub pcf: pcf::Message,
}

impl Eph {
    /// The characters that the structure starts with.
    pub const STRUC_ID: [u8; 4] = *b"EPH ";

    /// The versions that there are.
    pub const VERSIONS: &'static [i32] = &[1];

    /// Reason code of a call that is given a wrong one.
    pub const REASON: Reason = Reason::EPH_ERROR;

    /// Reads the header with its parameters. A length that differs from what they take is an error, and so is
    /// whatever is wrong with them.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.chars()? != Chars::new(Self::STRUC_ID) {
            return Err(DecodeError::StrucId);
        }
        let version = r.i32()?;
        if version != 1 {
            return Err(DecodeError::Version(version));
        }
        let length = r.i32()?;
        let rest = usize::try_from(length).ok().and_then(|length| length.checked_sub(12));
        let mut r = r.part(rest.ok_or(DecodeError::Length(length))?)?;
        let (encoding, coded_char_set_id, format, flags) = (r.i32()?, r.i32()?, r.chars()?, r.i32()?);
        let pcf = pcf::Message::decode(&mut r).map_err(|_| DecodeError::Length(length))?;
        if r.remaining() != 0 {
            return Err(DecodeError::Length(length));
        }
        Ok(Self { version, encoding, coded_char_set_id, format, flags, pcf })
    }

    /// Writes the header with its parameters.
    pub fn encode(&self, w: &mut Writer) {
        let start = w.len();
        w.chars(&Chars::new(Self::STRUC_ID));
        w.i32(self.version);
        w.i32(0);
        w.i32(self.encoding);
        w.i32(self.coded_char_set_id);
        w.chars(&self.format);
        w.i32(self.flags);
        self.pcf.encode(w);
        w.patch_i32(start + 8, (w.len() - start) as i32);
    }
}

impl Default for Eph {
    fn default() -> Self {
        Self {
            version: 1,
            encoding: 0,
            coded_char_set_id: MQCCSI_UNDEFINED,
            format: Chars::BLANK,
            flags: MQEPH_NONE,
            pcf: pcf::Message::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ByteOrder, Charset};

    #[test]
    fn header_and_parameters_come_back() {
        let eph = Eph {
            format: crate::format::STRING,
            flags: 1,
            pcf: pcf::Message {
                parameters: vec![pcf::Parameter::int(1, 2), pcf::Parameter::text(3, "TEXT5")],
                ..pcf::Message::default()
            },
            ..Eph::default()
        };
        for order in [ByteOrder::Big, ByteOrder::Little] {
            let mut w = Writer::new(order, Charset::Ascii);
            eph.encode(&mut w);
            w.bytes(b"data");
            let bytes = w.finish();
            // Wire reference, section 7.13: 68 bytes and the parameters.
            assert_eq!(bytes.len(), 68 + 16 + 28 + 4);
            let mut r = Reader::new(&bytes, order, Charset::Ascii);
            assert_eq!(Eph::decode(&mut r).as_ref(), Ok(&eph));
            assert_eq!(r.rest(), b"data");
            for cut in 0..112 {
                assert!(Eph::decode(&mut Reader::new(&bytes[..cut], order, Charset::Ascii)).is_err());
            }
        }
    }
}
