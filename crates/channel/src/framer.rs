//! Bytes of a stream in, whole segments out.
//!
//! A chunk that holds whole segments is sliced, not copied. Only the part of a segment that is still
//! waiting for its rest is owned, in a buffer of exactly that segment's length, so a quiet connection
//! holds nothing. Before anybody is connected that buffer grows with what comes: an announced length
//! costs nothing, and one that no segment of that type has in a handshake ends the stream.
//!
//! A slice keeps its whole chunk alive. Where much else was in the chunk, a segment that may stay for long is
//! copied: what is kept costs no more than a few times its length.

use bytes::{Buf, Bytes, BytesMut};
use mqi::secret::wiped_bytes;

use crate::handshake_limits::{HANDSHAKE_SEGMENT_MAX, handshake_segment_max};
use crate::segment::header::{Header, HeaderError, HeaderKind, PEEK_LEN, peek};
use crate::segment::{Segment, SegmentType};

/// A segment of a chunk that is so many times as long is copied out of it, unless it is short.
const SHARED_MAX: usize = 2;

/// Shorter ones are not: whoever keeps one for long makes a copy of his own, which is part of a larger one as a rule.
const COPIED_FROM: usize = 4096;

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
    limit: Limit,
    /// Bytes of the chunk when it came.
    chunk_len: usize,
}

/// How long a segment may be.
#[derive(Clone, Copy, Debug)]
enum Limit {
    /// Nobody is connected: it depends on the type.
    Handshake,
    /// What was agreed on.
    Agreed(usize),
}

impl Framer {
    /// Takes segments of at most `segment_max` bytes, header included.
    pub fn new(segment_max: usize) -> Self {
        Self {
            chunk: Bytes::new(),
            partial: BytesMut::new(),
            limit: Limit::Agreed(segment_max),
            chunk_len: 0,
        }
    }

    /// Takes segments of a handshake, until [`Self::limit`] says that there may be others.
    pub fn for_handshake() -> Self {
        Self { limit: Limit::Handshake, ..Self::new(HANDSHAKE_SEGMENT_MAX) }
    }

    /// Changes the longest segment that is taken, once both ends have agreed on it.
    pub fn limit(&mut self, segment_max: usize) {
        self.limit = Limit::Agreed(segment_max);
    }

    /// Adds what was read. Cheap when the previous chunk has been taken out whole.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.chunk = wiped_bytes([&self.chunk[..], &chunk[..]].concat());
        }
        self.chunk_len = self.chunk.len();
    }

    /// Bytes held for a segment that is not complete, or not taken out yet.
    pub fn buffered(&self) -> usize {
        self.partial.len() + self.chunk.len()
    }

    /// Memory held for them.
    pub fn held(&self) -> usize {
        self.partial.capacity() + if self.chunk.is_empty() { 0 } else { self.chunk_len }
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
            self.keep(TYPE_END_MAX);
            return Ok(None);
        };
        if self.chunk.len() >= length {
            let segment = self.chunk.split_to(length);
            if self.chunk.is_empty() {
                self.chunk = Bytes::new();
            }
            let is_shared = length >= COPIED_FROM && length * SHARED_MAX < self.chunk_len;
            return Ok(Some(if is_shared { Bytes::copy_from_slice(&segment) } else { segment }));
        }
        self.keep(match self.limit {
            Limit::Handshake => self.chunk.len(),
            Limit::Agreed(_) => length,
        });
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
        if let Some(end) = self.type_end(&self.partial) {
            self.fill(end);
        }
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
        self.partial.reserve(match self.limit {
            _ if taken.is_empty() => 0,
            Limit::Handshake => taken.len(),
            Limit::Agreed(_) => missing,
        });
        self.partial.extend_from_slice(&taken);
        if self.chunk.is_empty() {
            self.chunk = Bytes::new();
        }
    }

    fn length_of(&self, bytes: &[u8]) -> Result<Option<usize>, FramerError> {
        let Some(start) = bytes.first_chunk::<PEEK_LEN>() else { return Ok(None) };
        let (kind, _, length) = peek(*start)?;
        let (limit, is_known) = match self.limit {
            Limit::Agreed(limit) => (limit, true),
            Limit::Handshake => match bytes.get(type_at(kind)) {
                Some(segment_type) => (handshake_segment_max(SegmentType(*segment_type)), true),
                None => (HANDSHAKE_SEGMENT_MAX, false),
            },
        };
        if length > limit {
            return Err(FramerError::TooLong { length, limit });
        }
        Ok(is_known.then_some(length))
    }

    /// Bytes up to the end of the type, if that matters for the length and the kind of header is known.
    fn type_end(&self, bytes: &[u8]) -> Option<usize> {
        let start = bytes.first_chunk::<PEEK_LEN>().filter(|_| matches!(self.limit, Limit::Handshake))?;
        peek(*start).ok().map(|(kind, ..)| type_at(kind) + 1)
    }
}

/// Where the type of a segment is.
const fn type_at(kind: HeaderKind) -> usize {
    match kind {
        HeaderKind::Plain | HeaderKind::Common => 9,
        HeaderKind::Multiplexed => 17,
    }
}

/// Bytes that tell the type whatever the kind of header.
const TYPE_END_MAX: usize = type_at(HeaderKind::Multiplexed) + 1;

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
    fn a_handshake_has_short_segments_and_an_announced_length_costs_nothing() {
        let handshake = |segment_type: u8, length: u32, sent: usize, size: usize| {
            let mut bytes = segment(1, &vec![0; 40_000]);
            bytes[4..8].copy_from_slice(&length.to_be_bytes());
            bytes[17] = segment_type;
            let mut framer = Framer::for_handshake();
            for chunk in bytes[..sent].chunks(size) {
                framer.push(Bytes::copy_from_slice(chunk));
                framer.next()?;
            }
            Ok(framer.held())
        };
        for size in [1, 7, 18, 1000] {
            for (segment_type, limit) in [(0x01, 1024), (0x08, 512), (0x81, 4096), (0x0C, 256), (0x86, 2048)]
            {
                let length = limit as u32 + 1;
                let error = FramerError::TooLong { length: limit + 1, limit };
                assert_eq!(handshake(segment_type, length, 18, size), Err(error), "{segment_type:#x}");
                assert!(handshake(segment_type, limit as u32, 18, size).unwrap() <= 64, "{segment_type:#x}");
            }
            // A token is long, and costs what has come of it.
            let held = handshake(0x0A, 10_000, 3000, size).unwrap();
            assert!((3000..=6200).contains(&held), "{held}");
            let far = FramerError::TooLong { length: 32_748, limit: HANDSHAKE_SEGMENT_MAX };
            assert_eq!(handshake(0x0A, 32_748, 8, size), Err(far), "whatever the type");
        }
        let mut framer = Framer::for_handshake();
        framer.limit(32_748);
        framer.push(segment(1, &[0; 32_712]).into());
        assert!(framer.next().unwrap().is_some());
        assert_eq!(framer.held(), 0);
    }

    #[test]
    fn a_segment_does_not_keep_a_chunk_that_was_full_of_others() {
        let mut stream = segment(1, &[7; 5000]);
        stream.extend((0..1000).flat_map(|n| segment(n, b"")));
        let chunk = Bytes::from(stream);
        let start = chunk.as_ptr();
        let mut framer = Framer::new(10_000);
        framer.push(chunk);
        let first = framer.next().expect("valid").expect("whole");
        assert_eq!(first.body, [7; 5000][..]);
        assert_ne!(first.body.as_ptr(), start.wrapping_add(36));
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
