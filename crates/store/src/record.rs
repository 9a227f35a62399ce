//! One record of the log: a head that the store hands out at restart, and a body that it does not look
//! into.
//!
//! ```text
//! length    u32   of the whole record, this field included
//! checksum  u32   CRC-32C of everything after it, seeded with log id, epoch, LSN and length:
//!                 a record of another log, another run or another place does not pass
//! kind      u8
//! flags     u8    1 = moved by packing
//! head_len  u16
//! head      [u8]  opaque here
//! body      [u8]  opaque here
//! ```
//!
//! All integers of the log are little-endian.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use crate::kind::Kind;
use crate::lsn::{Epoch, Lsn};

/// Bytes in front of the head.
pub(crate) const HEADER: usize = 12;

/// A record to append: what it is, its head, and its body as a list of slices.
///
/// The slices are copied once, into the buffer of the group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// What the record is; decides how long it is kept.
    pub kind: Kind,
    /// [`crate::MOVED`] or nothing.
    pub flags: u8,
    /// What restart needs to know of the record: the summaries of extents keep all heads.
    pub head: Head,
    /// The rest.
    pub body: Body,
}

impl Record {
    /// Bytes of a record besides head and body.
    pub const HEADER_LEN: u32 = HEADER as u32;

    /// Greatest length of a record, so that one always fits the smallest extent that a command makes
    /// (64 pages: one for its header, one for its summary, 64 bytes for the header of the group).
    /// Smaller extents, as tests use, allow less: [`crate::Config::record_len_max`].
    pub const LEN_MAX: u32 = 62 * 4096 - 64;

    /// A record without body.
    #[must_use]
    pub fn new(kind: Kind, head: impl Into<Head>) -> Self {
        Self { kind, flags: 0, head: head.into(), body: Body::default() }
    }

    /// The same record with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Bytes that the record takes of the log: the LSN advances by this much.
    ///
    /// A head longer than 65,535 bytes cannot be appended, whatever this says.
    #[allow(clippy::len_without_is_empty, reason = "no record is empty")]
    #[must_use]
    pub fn len(&self) -> u32 {
        let len = HEADER + self.head.len() + self.body.len();
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    /// Lays the record out in `out`, which is exactly as long as the record.
    pub(crate) fn write(&self, out: &mut [u8], seed: Seed) {
        let len = self.len();
        assert_eq!(out.len(), len as usize, "the place for a record is as long as the record");
        let head_len = u16::try_from(self.head.len()).expect("append refuses longer heads");
        out[0..4].copy_from_slice(&len.to_le_bytes());
        out[8] = self.kind as u8;
        out[9] = self.flags;
        out[10..12].copy_from_slice(&head_len.to_le_bytes());
        out[HEADER..HEADER + self.head.len()].copy_from_slice(&self.head);
        let mut at = HEADER + self.head.len();
        let mut crc = crc32c::crc32c_append(seed.with_len(len), &out[8..at]);
        for piece in self.body.pieces() {
            let end = at + piece.len();
            out[at..end].copy_from_slice(piece);
            // Right after the copy, while the bytes are in the cache.
            crc = crc32c::crc32c_append(crc, &out[at..end]);
            at = end;
        }
        out[4..8].copy_from_slice(&crc.to_le_bytes());
    }
}

/// The head of a record. Up to 96 bytes need no memory of their own.
#[derive(Clone)]
pub struct Head(HeadBytes);

#[derive(Clone)]
enum HeadBytes {
    Inline { len: u8, bytes: [u8; Head::INLINE] },
    Spilled(Vec<u8>),
}

impl Head {
    /// Longest head that needs no allocation; the longest head of a put has 92 bytes.
    pub const INLINE: usize = 96;

    /// An empty head.
    #[must_use]
    pub fn new() -> Self {
        Self(HeadBytes::Inline { len: 0, bytes: [0; Self::INLINE] })
    }

    /// Adds bytes at the end.
    pub fn extend(&mut self, more: &[u8]) {
        match &mut self.0 {
            HeadBytes::Inline { len, bytes } => {
                let at = usize::from(*len);
                let end = at + more.len();
                if end <= Self::INLINE {
                    bytes[at..end].copy_from_slice(more);
                    *len = end as u8;
                } else {
                    let mut spilled = Vec::with_capacity(end);
                    spilled.extend_from_slice(&bytes[..at]);
                    spilled.extend_from_slice(more);
                    self.0 = HeadBytes::Spilled(spilled);
                }
            }
            HeadBytes::Spilled(bytes) => bytes.extend_from_slice(more),
        }
    }
}

impl Deref for Head {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match &self.0 {
            HeadBytes::Inline { len, bytes } => &bytes[..usize::from(*len)],
            HeadBytes::Spilled(bytes) => bytes,
        }
    }
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&[u8]> for Head {
    fn from(bytes: &[u8]) -> Self {
        let mut head = Self::new();
        head.extend(bytes);
        head
    }
}

impl From<Vec<u8>> for Head {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.len() > Self::INLINE { Self(HeadBytes::Spilled(bytes)) } else { Self::from(&bytes[..]) }
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Head {}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The body of a record as a list of slices. The first two need no memory for the list.
///
/// How it is cut has no meaning: two are equal, and look equal, when their bytes are.
#[derive(Clone, Default)]
pub struct Body {
    first: Bytes,
    second: Bytes,
    rest: Vec<Bytes>,
}

impl Body {
    /// Adds a slice at the end.
    pub fn push(&mut self, piece: Bytes) {
        if self.first.is_empty() {
            self.first = piece;
        } else if self.second.is_empty() && self.rest.is_empty() {
            self.second = piece;
        } else {
            self.rest.push(piece);
        }
    }

    /// Bytes of all slices together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces().map(Bytes::len).sum()
    }

    /// Whether there is no byte at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces().all(Bytes::is_empty)
    }

    /// The slices in order; some may be empty.
    pub fn pieces(&self) -> impl Iterator<Item = &Bytes> {
        [&self.first, &self.second].into_iter().chain(&self.rest)
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.pieces().flatten().eq(other.pieces().flatten())
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("b\"")?;
        self.pieces().try_for_each(|piece| write!(f, "{}", piece.escape_ascii()))?;
        f.write_str("\"")
    }
}

impl From<Bytes> for Body {
    fn from(piece: Bytes) -> Self {
        Self { first: piece, ..Self::default() }
    }
}

impl From<Vec<Bytes>> for Body {
    fn from(pieces: Vec<Bytes>) -> Self {
        let mut body = Self::default();
        pieces.into_iter().for_each(|piece| body.push(piece));
        body
    }
}

/// Identity of a log: 16 random bytes, drawn when the queue manager is created.
///
/// All checksums are seeded with it. It is not shown anywhere, so that nobody can put a message whose
/// body looks like a piece of this log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogId(pub [u8; 16]);

impl LogId {
    /// Seed of all checksums of this log.
    pub(crate) fn seed(self) -> u32 {
        crc32c::crc32c(&self.0)
    }

    /// The eight bytes that every group shows.
    pub(crate) fn short(self) -> u64 {
        u64::from_le_bytes(*self.0.first_chunk().expect("sixteen bytes have eight first ones"))
    }
}

/// What a record's checksum starts from: log id, epoch and LSN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed(u32);

impl Seed {
    /// Seed of the record at `lsn` in a group of `epoch`; `log` is [`LogId::seed`].
    pub(crate) fn new(log: u32, epoch: Epoch, lsn: Lsn) -> Self {
        let mut place = [0; 12];
        place[..4].copy_from_slice(&epoch.0.to_le_bytes());
        place[4..].copy_from_slice(&lsn.0.to_le_bytes());
        Self(crc32c::crc32c_append(log, &place))
    }

    fn with_len(self, len: u32) -> u32 {
        crc32c::crc32c_append(self.0, &len.to_le_bytes())
    }
}

/// The bytes read are not the record that was written there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("log record damaged")
    }
}

impl std::error::Error for Damaged {}

/// A record as it lies in a buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordView<'a> {
    /// What the record is.
    pub kind: Kind,
    /// [`crate::MOVED`] or nothing.
    pub flags: u8,
    /// The head.
    pub head: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// The record that fills `bytes`, if it is the one that was written at the place of `seed`.
    pub fn open(bytes: &'a [u8], seed: Seed) -> Result<Self, Damaged> {
        let raw = RawRecord::first(bytes).ok_or(Damaged)?;
        if raw.bytes.len() != bytes.len() || !raw.is_intact(seed) {
            return Err(Damaged);
        }
        raw.view().ok_or(Damaged)
    }

    /// The record that fills `bytes`, which has been proved before, as in [`crate::Relocation`].
    pub fn of_proved(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let raw = RawRecord::first(bytes).ok_or(Damaged)?;
        if raw.bytes.len() == bytes.len() { raw.view().ok_or(Damaged) } else { Err(Damaged) }
    }

    /// Bytes that the record takes of the log.
    #[allow(clippy::len_without_is_empty, reason = "no record is empty")]
    #[must_use]
    pub fn len(&self) -> u32 {
        (HEADER + self.head.len() + self.body.len()) as u32
    }

    /// A copy to append elsewhere, its body shared with nobody.
    #[must_use]
    pub fn to_record(&self) -> Record {
        Record {
            kind: self.kind,
            flags: self.flags,
            head: Head::from(self.head),
            body: Body::from(Bytes::copy_from_slice(self.body)),
        }
    }
}

/// A record whose lengths make sense, its checksum and kind not yet looked at.
#[derive(Clone, Copy)]
pub(crate) struct RawRecord<'a> {
    pub(crate) bytes: &'a [u8],
    head_end: usize,
}

impl<'a> RawRecord<'a> {
    /// The record at the front of `bytes`, if there is room for one.
    pub(crate) fn first(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER>()?;
        let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let head_end = HEADER + usize::from(u16::from_le_bytes([header[10], header[11]]));
        let bytes = bytes.get(..len)?;
        (head_end <= len).then_some(Self { bytes, head_end })
    }

    /// Whether the checksum is that of this record at the place of `seed`.
    pub(crate) fn is_intact(&self, seed: Seed) -> bool {
        if !crate::planted::checks_sums() {
            return true;
        }
        let stored = u32::from_le_bytes([self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]]);
        crc32c::crc32c_append(seed.with_len(self.bytes.len() as u32), &self.bytes[8..]) == stored
    }

    /// The number of the kind, known or not.
    pub(crate) fn kind(&self) -> u8 {
        self.bytes[8]
    }

    /// The record, if its kind is known.
    pub(crate) fn view(&self) -> Option<RecordView<'a>> {
        Some(RecordView {
            kind: Kind::from_u8(self.kind())?,
            flags: self.bytes[9],
            head: &self.bytes[HEADER..self.head_end],
            body: &self.bytes[self.head_end..],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed() -> Seed {
        Seed::new(LogId([7; 16]).seed(), Epoch(3), Lsn(1000))
    }

    fn record() -> Record {
        let pieces = vec![Bytes::from_static(b"mqmd"), Bytes::from_static(b"a"), Bytes::from_static(b"body")];
        Record::new(Kind::Put, &b"head"[..]).with_body(pieces)
    }

    fn bytes(record: &Record) -> Vec<u8> {
        let mut out = vec![0xEE; record.len() as usize];
        record.write(&mut out, seed());
        out
    }

    #[test]
    fn how_a_body_is_cut_does_not_show() {
        let whole = Body::from(Bytes::from_static(b"mqmdabody"));
        assert_eq!(record().body, whole);
        assert_eq!(format!("{:?}", record().body), format!("{whole:?}"));
        assert_ne!(record().body, Body::from(Bytes::from_static(b"mqmdabod")));
    }

    #[test]
    fn a_record_comes_back() {
        let bytes = bytes(&record());
        let view = RecordView::open(&bytes, seed()).expect("intact");
        assert_eq!(
            (view.kind, view.flags, view.head, view.body),
            (Kind::Put, 0, &b"head"[..], &b"mqmdabody"[..])
        );
        assert_eq!(view.len(), record().len());
        assert_eq!(view.to_record().head, record().head);
    }

    #[test]
    fn every_flip_and_every_other_place_is_seen() {
        let good = bytes(&record());
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordView::open(&bad, seed()), Err(Damaged), "bit {bit}");
        }
        let id = LogId([7; 16]).seed();
        for other in [
            Seed::new(id, Epoch(3), Lsn(1001)),
            Seed::new(id, Epoch(4), Lsn(1000)),
            Seed::new(LogId([8; 16]).seed(), Epoch(3), Lsn(1000)),
        ] {
            assert_eq!(RecordView::open(&good, other), Err(Damaged));
        }
        for len in 0..good.len() {
            assert_eq!(RecordView::open(&good[..len], seed()), Err(Damaged));
        }
    }

    #[test]
    fn a_head_spills_without_changing() {
        let mut head = Head::new();
        let mut want = Vec::new();
        for i in 0..200u8 {
            head.extend(&[i]);
            want.push(i);
            assert_eq!(*head, *want);
        }
        assert_eq!(Head::from(want.clone()), Head::from(&want[..]));
    }
}
