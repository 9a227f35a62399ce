//! Bytes of a stream in, whole segments out.
//!
//! A chunk that holds whole segments is sliced, not copied. Only the part of a segment that is still
//! waiting for its rest is owned, in a buffer of exactly that segment's length, so a quiet connection
//! holds nothing and a message body never keeps more of the read buffer alive than its own chunk.

use bytes::{Buf, Bytes, BytesMut};

use crate::segment::Segment;
use crate::segment::header::{Header, HeaderError, PEEK_LEN, peek};

/// Why a stream cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramerError {
    /// The next bytes are not a segment.
    Header(HeaderError),
    /// A segment longer than what was agreed on.
    TooLong {
        /// Length that the header announces.
        length: usize,
        /// The longest that is taken.
        limit: usize,
    },
}

impl std::fmt::Display for FramerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::TooLong { length, limit } => write!(f, "segment of {length} bytes, the limit is {limit}"),
        }
    }
}

impl From<HeaderError> for FramerError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

/// Cuts one direction of a connection into segments.
#[derive(Debug)]
pub struct Framer {
    chunk: Bytes,
    partial: BytesMut,
    segment_max: usize,
}

impl Framer {
    /// Takes segments of at most `segment_max` bytes, header included.
    pub fn new(segment_max: usize) -> Self {
        Self { chunk: Bytes::new(), partial: BytesMut::new(), segment_max }
    }

    /// Changes the longest segment that is taken, once both ends have agreed on it.
    pub fn limit(&mut self, segment_max: usize) {
        self.segment_max = segment_max;
    }

    /// Adds what was read. Cheap when the previous chunk has been taken out whole.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.chunk = [&self.chunk[..], &chunk[..]].concat().into();
        }
    }

    /// Bytes held for a segment that is not complete, or not taken out yet.
    pub fn buffered(&self) -> usize {
        self.partial.len() + self.chunk.len()
    }

    /// The next whole segment; `None` when more bytes are needed.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not report the error and go on")]
    pub fn next(&mut self) -> Result<Option<Segment>, FramerError> {
        let whole = if self.partial.is_empty() { self.slice()? } else { self.complete()? };
        let Some(mut bytes) = whole else { return Ok(None) };
        let header = Header::decode(&bytes)?;
        bytes.advance(header.kind.header_len());
        Ok(Some(Segment { header, body: bytes }))
    }

    /// A segment that lies whole in the chunk. What is left of the chunk otherwise becomes the partial one.
    fn slice(&mut self) -> Result<Option<Bytes>, FramerError> {
        let Some(length) = self.length_of(&self.chunk)? else {
            self.keep(PEEK_LEN);
            return Ok(None);
        };
        if self.chunk.len() >= length {
            return Ok(Some(self.chunk.split_to(length)));
        }
        self.keep(length);
        Ok(None)
    }

    /// Moves the chunk into a buffer of its own, so that it does not keep the read buffer alive.
    fn keep(&mut self, capacity: usize) {
        if !self.chunk.is_empty() {
            self.partial = BytesMut::with_capacity(capacity);
            self.partial.extend_from_slice(&self.chunk);
            self.chunk = Bytes::new();
        }
    }

    fn complete(&mut self) -> Result<Option<Bytes>, FramerError> {
        self.fill(PEEK_LEN);
        let Some(length) = self.length_of(&self.partial)? else { return Ok(None) };
        self.fill(length);
        if self.partial.len() < length {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.partial).freeze()))
    }

    /// Takes bytes from the chunk until the partial segment has `length` of them.
    fn fill(&mut self, length: usize) {
        let missing = length.saturating_sub(self.partial.len());
        let taken = self.chunk.split_to(missing.min(self.chunk.len()));
        self.partial.reserve(if taken.is_empty() { 0 } else { missing });
        self.partial.extend_from_slice(&taken);
        if self.chunk.is_empty() {
            self.chunk = Bytes::new();
        }
    }

    fn length_of(&self, bytes: &[u8]) -> Result<Option<usize>, FramerError> {
        let Some(start) = bytes.first_chunk::<PEEK_LEN>() else { return Ok(None) };
        let (_, _, length) = peek(*start)?;
        if length > self.segment_max {
            return Err(FramerError::TooLong { length, limit: self.segment_max });
        }
        Ok(Some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(request: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = b"TSHM".to_vec();
        bytes.extend_from_slice(&(36 + body.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&1u32.to_be_bytes());
        bytes.extend_from_slice(&request.to_be_bytes());
        bytes.extend_from_slice(&[2, 0x8A, 0x30, 0]);
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(body);
        bytes
    }

    /// Feeds the stream in chunks of `size` and collects (request, body) of what comes out.
    fn frame(stream: &[u8], size: usize) -> Result<Vec<(u32, Vec<u8>)>, FramerError> {
        let mut framer = Framer::new(100);
        let mut out = Vec::new();
        for chunk in stream.chunks(size) {
            framer.push(Bytes::copy_from_slice(chunk));
            while let Some(segment) = framer.next()? {
                out.push((segment.header.request, segment.body.to_vec()));
            }
        }
        assert_eq!(framer.buffered(), 0);
        Ok(out)
    }

    #[test]
    fn chunks_of_any_size_give_the_same_segments() {
        let stream = [segment(1, b""), segment(2, b"hello"), segment(3, &[7; 64]), segment(4, b"")].concat();
        let want = vec![(1, vec![]), (2, b"hello".to_vec()), (3, vec![7; 64]), (4, vec![])];
        for size in 1..=stream.len() {
            assert_eq!(frame(&stream, size).as_ref(), Ok(&want), "chunks of {size}");
        }
    }

    #[test]
    fn bad_streams_end_with_a_reason() {
        assert_eq!(frame(&segment(1, &[0; 65]), 9), Err(FramerError::TooLong { length: 101, limit: 100 }));
        let http = HeaderError::StructureId(*b"GET ");
        for size in [1, 8, 20] {
            assert_eq!(frame(b"GET / HTTP/1.1\r\n\r\n", size), Err(FramerError::Header(http)));
        }
    }

    #[test]
    fn whole_segments_share_the_chunk() {
        let chunk = Bytes::from([segment(1, b"abc"), segment(2, b"defg")].concat());
        let start = chunk.as_ptr();
        let mut framer = Framer::new(100);
        framer.push(chunk);
        let first = framer.next().expect("valid").expect("whole");
        assert_eq!(first.body.as_ptr(), start.wrapping_add(36));
        let second = framer.next().expect("valid").expect("whole");
        assert_eq!(second.body.as_ptr(), start.wrapping_add(36 + 3 + 36));
        assert_eq!(framer.next(), Ok(None));
    }
}
