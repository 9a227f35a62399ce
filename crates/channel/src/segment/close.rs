//! MQCLOSE. The handle is in the API header; a reply is the API header alone, its handle -1.
//!
//! ```text
//! 0 LONG options (MQCO_*)
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

/// Body of an MQCLOSE request, after the API header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// MQCO options.
    pub options: i32,
}

impl Close {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { options: r.i32()? })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.options);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::round_trip;

    #[test]
    fn close_of_a_handle() {
        let (api, close) = round_trip(
            "close-tshm-le",
            |r| Ok((ApiHeader::decode(r)?, Close::decode(r)?)),
            |(api, close), w| {
                api.encode(w);
                close.encode(w);
            },
        );
        assert_eq!((api.hobj, close.options), (2, 0));
    }
}
