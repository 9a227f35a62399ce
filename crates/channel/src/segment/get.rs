//! MQGET, both ways. Follows the API header, which has the handle.
//!
//! ```text
//! MQMD   a request: what must match, and what to convert to
//! MQGMO  version 1 to 4
//! LONG   a request: bytes that the caller has room for; a reply: bytes of the message
//! data   replies only: as much of it as there is room for, going on in further segments
//! ```

use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::wire::{DecodeError, Reader, Writer};

/// What stands before the data, after the API header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Get {
    /// Message descriptor.
    pub md: Box<Md>,
    /// Get options.
    pub gmo: Box<Gmo>,
    /// Room in a request; in a reply the full length of the message, even when it was truncated.
    pub length: i32,
}

impl Get {
    /// Reads the structures; what is left in `r` is data.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { md: Box::new(Md::decode(r)?), gmo: Box::new(Gmo::decode(r)?), length: r.i32()? })
    }

    /// Appends the structures. The data follows in a reply.
    pub fn encode(&self, w: &mut Writer) {
        self.md.encode(w);
        self.gmo.encode(w);
        w.i32(self.length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::api::ApiHeader;
    use crate::segment::testing::{body_of, check_truncations};

    #[track_caller]
    fn check(vector: &str, version: i32, length: i32, data: &[u8]) -> ApiHeader {
        let segment = body_of(vector);
        let mut r = segment.reader();
        let api = ApiHeader::decode(&mut r).expect("there is one");
        let get = Get::decode(&mut r).unwrap_or_else(|error| panic!("{vector}: {error}"));
        assert_eq!((get.gmo.version, get.length, r.rest()), (version, length, data), "{vector}");
        let mut w = Writer::new(segment.header.order, segment.header.charset);
        api.encode(&mut w);
        get.encode(&mut w);
        w.bytes(data);
        assert_eq!(w.finish(), segment.body, "{vector}");
        check_truncations(vector, |r| {
            ApiHeader::decode(r)?;
            Get::decode(r)
        });
        api
    }

    #[test]
    fn every_version_of_the_options() {
        check("get-gmo1-tsh-be", 1, 4096, b"");
        check("get-gmo2-tsh-le", 2, 4096, b"");
        check("get-gmo3-tshm-be", 3, 4096, b"");
        check("get-gmo4-tshm-le", 4, 4096, b"");
        check("get-rep-gmo1-tsh-be", 1, 12, b"Hello, world");
        check("get-rep-gmo4-tshm-le", 4, 12, b"Hello, world");
        assert_eq!(check("get-rep-empty-tsh-le", 2, 0, b"").reason, 2033);
    }
}
