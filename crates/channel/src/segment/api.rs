//! API header: the first thing in the first segment of every MQI request and reply.
//!
//! ```text
//!  0 u32 BE length of the whole transfer, counted with a header of 28 bytes
//!  4 LONG   completion code, 0 in requests
//!  8 LONG   reason code, 0 in requests
//! 12 LONG   object handle
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

/// Header that the length of a transfer counts, whichever the segments have.
const COUNTED_HEADER_LEN: usize = 28;

/// API header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ApiHeader {
    /// Length of the whole transfer. A Java client sends the length of the segment in requests, which on
    /// a multiplexed socket is eight more than the rule says: it is not relied on.
    pub length: u32,
    /// Completion code.
    pub comp_code: i32,
    /// Reason code.
    pub reason: i32,
    /// Object handle.
    pub hobj: i32,
}

impl ApiHeader {
    /// Bytes of the API header.
    pub const LEN: usize = 16;

    /// Length of a transfer with this many bytes after the segment header, the API header included.
    pub fn transfer_length(body_len: usize) -> u32 {
        u32::try_from(COUNTED_HEADER_LEN + body_len).expect("messages are bounded far below 4 GiB")
    }

    /// Reads the header.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            length: u32::from_be_bytes(r.array()?),
            comp_code: r.i32()?,
            reason: r.i32()?,
            hobj: r.i32()?,
        })
    }

    /// Appends the header.
    pub fn encode(&self, w: &mut Writer) {
        w.bytes(&self.length.to_be_bytes());
        w.i32(self.comp_code);
        w.i32(self.reason);
        w.i32(self.hobj);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};

    #[test]
    fn header_only_calls() {
        for (vector, length, comp_code, hobj) in [
            ("cmit-tshm-le", 52, 0, 0),
            ("cmit-rep-tshm-le", 44, 0, 0),
            ("back-tsh-be", 44, 0, 0),
            ("disc-rep-tsh-be", 44, 0, 0),
            ("close-rep-tshm-le", 44, 0, -1),
        ] {
            let api = round_trip(vector, ApiHeader::decode, ApiHeader::encode);
            assert_eq!(api, ApiHeader { length, comp_code, reason: 0, hobj }, "{vector}");
        }
        assert_eq!(ApiHeader::transfer_length(ApiHeader::LEN), 44);
        check_truncations("cmit-tshm-le", ApiHeader::decode);
    }
}
