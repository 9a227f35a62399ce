//! Segments: what travels on a channel, one file for each kind of body.
//!
//! A stream is a sequence of segments, each a [`Header`] and a body. There is no other framing. A body
//! that does not fit one segment is cut: every piece repeats the header, the first has the flag FIRST,
//! the last LAST, and only the first has the structures. In every file here `decode` stands next to
//! `encode`, in the order of the fields. Encoding cannot fail; decoding takes any bytes without harm.

pub mod api;
pub mod async_message;
pub mod close;
pub mod conauth;
pub mod conn;
pub mod get;
pub mod header;
pub mod initial_data;
pub mod inquire;
pub mod notification;
pub mod open;
pub mod put;
pub mod request_messages;
pub mod socket_action;
pub mod spi;
pub mod stat;
pub mod status_data;
pub mod strings;
pub mod user_id;
pub mod xa;

use bytes::Bytes;
use mqi::wire::{DecodeError, Reader};

pub use header::{ControlFlags, Header, HeaderKind, SegmentType};

/// One segment: its header, and its body as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The header.
    pub header: Header,
    /// Everything after it.
    pub body: Bytes,
}

impl Segment {
    /// Reads the body in the byte order and character set that the header announces.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(&self.body, self.header.order, self.header.charset)
    }

    /// Appends the segment as it travels.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.header.encode(self.body.len(), out);
        out.extend_from_slice(&self.body);
    }
}

/// Takes a structure id, four characters in the sender's character set.
fn structure_id(r: &mut Reader<'_>, id: &str) -> Result<(), DecodeError> {
    if r.chars::<4>()? == id { Ok(()) } else { Err(DecodeError::StrucId) }
}

/// A count field as a number of things of `size` bytes each that must be in `r`: what a peer claims is
/// checked against what it sent before anything is allocated for it.
fn count(r: &Reader<'_>, value: i32, size: usize) -> Result<usize, DecodeError> {
    match usize::try_from(value) {
        Ok(count) if count <= r.remaining() / size => Ok(count),
        _ => Err(DecodeError::Length(value)),
    }
}

#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::*;
    use testing::{body_of, vector, vectors};

    #[test]
    fn every_vector_has_a_header_that_survives() {
        let names = vectors();
        assert_eq!(names.len(), 80);
        for name in names {
            let mut bytes = Vec::new();
            body_of(&name).encode(&mut bytes);
            assert_eq!(bytes, vector(&name), "{name}");
        }
    }
}
