//! The summary of a sealed extent: where its groups begin, and the heads of its anchored records.
//!
//! It stands in the extent itself, in the pages after the last group, so it needs no space that a full
//! disk could refuse. Restart reads it instead of the extent; one that is damaged is made again from
//! the groups. About 17 bytes for a message.
//!
//! ```text
//! magic     u32  "PHSU"      lsn       u64  of the extent      groups   u32  number of groups
//! version   u32  1           lsn_end   u64                     records  u32  number of records
//! log       [16] log id      sequence  u64  of the first group bytes    u32  of what follows
//! extent    u32              group_len u32  of the group list  checksum u32  of all but this field
//!
//! group     bytes of records * 2 + 1 if the epoch changes; pages; [epoch]
//! record    u8 shape: 1 = kind, flags, head length follow; 2 = length follows; 4 = gap follows
//!           [kind u8, flags u8, head_len], [length], [gap to the anchored record before],
//!           a bit for each byte of the head that differs from the last head of that kind, then those
//!           bytes XORed with the last head's
//! ```
//!
//! Numbers without a type have a variable length.

use std::fmt;
use std::ops::Range;

use crate::buffer::{Aligned, PAGE};
use crate::kind::Kind;
use crate::lsn::{Epoch, Lsn};
use crate::record::LogId;
use crate::wire::{Reader, Short, Writer};

const MAGIC: u32 = u32::from_le_bytes(*b"PHSU");
const VERSION: u32 = 1;
pub(crate) const HEADER: usize = 72;

/// Greatest size of a group's entry.
pub(crate) const GROUP_BOUND: usize = 5 + 3 + 4;

/// Greatest size of the entry of a record with such a head.
pub(crate) fn entry_bound(head_len: usize) -> usize {
    1 + (2 + 3) + 5 + 5 + head_len.div_ceil(8) + head_len
}

/// Pages of a summary with so many bytes of entries.
pub(crate) fn blocks_for(entries: usize) -> u32 {
    (HEADER + entries).div_ceil(PAGE) as u32
}

/// Collects the entries of one extent while it is being filled.
#[derive(Clone, Default)]
pub(crate) struct Builder {
    groups: Vec<u8>,
    records: Vec<u8>,
    group_count: u32,
    record_count: u32,
    epoch: Epoch,
    coder: HeadCoder,
}

/// What an entry leaves out because it is as in the entry before.
#[derive(Clone, Default)]
struct HeadCoder {
    shape: (u8, u8, u32),
    len: u32,
    /// Offset in the extent where the last anchored record ended.
    end: u32,
    heads: [Vec<u8>; Kind::COUNT],
}

/// An anchored record, as a summary has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry<'a> {
    /// Distance from the LSN of the extent.
    pub(crate) offset: u32,
    pub(crate) len: u32,
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) head: &'a [u8],
}

/// A group, as a summary has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupEntry {
    pub(crate) bytes: u32,
    pub(crate) blocks: u32,
    pub(crate) epoch: Epoch,
}

/// What the summary is about; it proves itself against this.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Subject {
    pub(crate) log: LogId,
    pub(crate) extent: u32,
    pub(crate) lsn: Lsn,
    pub(crate) lsn_end: Lsn,
    pub(crate) sequence: u64,
}

impl Builder {
    /// Bytes of entries so far.
    pub(crate) fn len(&self) -> usize {
        self.groups.len() + self.records.len()
    }

    pub(crate) fn group(&mut self, group: GroupEntry) {
        let changed = group.epoch != self.epoch;
        let mut w = Writer(&mut self.groups);
        w.varint(group.bytes << 1 | u32::from(changed));
        w.varint(group.blocks);
        if changed {
            w.varint(group.epoch.0);
        }
        self.epoch = group.epoch;
        self.group_count += 1;
    }

    pub(crate) fn record(&mut self, entry: Entry<'_>) {
        let shape = (entry.kind as u8, entry.flags, entry.head.len() as u32);
        let coder = &mut self.coder;
        let gap = entry.offset - coder.end;
        let control =
            u8::from(shape != coder.shape) | u8::from(entry.len != coder.len) << 1 | u8::from(gap != 0) << 2;
        let mut w = Writer(&mut self.records);
        w.u8(control);
        if control & 1 != 0 {
            w.u8(shape.0);
            w.u8(shape.1);
            w.varint(shape.2);
        }
        if control & 2 != 0 {
            w.varint(entry.len);
        }
        if control & 4 != 0 {
            w.varint(gap);
        }
        coder.shape = shape;
        coder.len = entry.len;
        coder.end = entry.offset + entry.len;
        let last = &mut coder.heads[usize::from(shape.0)];
        last.resize(entry.head.len(), 0);
        let mask_at = self.records.len();
        self.records.resize(mask_at + entry.head.len().div_ceil(8), 0);
        for (i, (new, old)) in entry.head.iter().zip(last.iter_mut()).enumerate() {
            if new != old {
                self.records[mask_at + i / 8] |= 1 << (i % 8);
                self.records.push(new ^ *old);
                *old = *new;
            }
        }
        self.record_count += 1;
    }

    /// Lays the summary out in whole pages.
    pub(crate) fn finish(&self, subject: &Subject) -> Aligned {
        let mut bytes = Vec::with_capacity(HEADER + self.len());
        let mut w = Writer(&mut bytes);
        w.u32(MAGIC);
        w.u32(VERSION);
        w.bytes(&subject.log.0);
        w.u32(subject.extent);
        w.u64(subject.lsn.0);
        w.u64(subject.lsn_end.0);
        w.u64(subject.sequence);
        w.u32(self.groups.len() as u32);
        w.u32(self.group_count);
        w.u32(self.record_count);
        w.u32(self.len() as u32);
        w.bytes(&self.groups);
        w.bytes(&self.records);
        // The checksum is the last field of the header; the entries follow it.
        let crc = crc32c::crc32c_append(subject.log.seed(), &bytes);
        bytes.splice(HEADER - 4..HEADER - 4, crc.to_le_bytes());
        Aligned::copy_of(&bytes)
    }
}

/// The summary of an extent that has just been sealed, on its way to the disk.
pub struct SealedSummary {
    pub(crate) builder: Box<Builder>,
    pub(crate) subject: Subject,
}

impl SealedSummary {
    /// What to write: whole pages.
    #[must_use]
    pub fn bytes(&self) -> Aligned {
        self.builder.finish(&self.subject)
    }
}

impl fmt::Debug for SealedSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedSummary({} records)", self.builder.record_count)
    }
}

/// A summary that has been read and proved.
pub(crate) struct Summary<'a> {
    groups: Reader<'a>,
    group_count: u32,
    records: Range<usize>,
    record_count: u32,
    lsn_len: u32,
}

impl<'a> Summary<'a> {
    /// The summary in `bytes`, if it is intact and about `subject`.
    pub(crate) fn open(bytes: &'a [u8], subject: &Subject) -> Option<Self> {
        let (fields, after) = bytes.split_at_checked(HEADER - 4)?;
        let (checksum, after) = after.split_first_chunk::<4>()?;
        let mut r = Reader(fields);
        let head = Self::fields(&mut r, subject).ok().flatten()?;
        let (group_len, group_count, record_count, len) = head;
        let entries = after.get(..len as usize)?;
        let crc = crc32c::crc32c_append(crc32c::crc32c_append(subject.log.seed(), fields), entries);
        if crc != u32::from_le_bytes(*checksum) && crate::planted::checks_sums() {
            return None;
        }
        let (groups, _) = entries.split_at_checked(group_len as usize)?;
        let records = HEADER + groups.len()..HEADER + entries.len();
        let lsn_len = u32::try_from(subject.lsn_end.0.checked_sub(subject.lsn.0)?).ok()?;
        Some(Self { groups: Reader(groups), group_count, records, record_count, lsn_len })
    }

    fn fields(r: &mut Reader<'_>, subject: &Subject) -> Result<Option<(u32, u32, u32, u32)>, Short> {
        let right = r.u32()? == MAGIC
            && r.u32()? == VERSION
            && r.id()? == subject.log.0
            && r.u32()? == subject.extent
            && r.u64()? == subject.lsn.0
            && r.u64()? == subject.lsn_end.0
            && r.u64()? == subject.sequence;
        if !right {
            return Ok(None);
        }
        Ok(Some((r.u32()?, r.u32()?, r.u32()?, r.u32()?)))
    }

    /// All groups in order. A summary that passed its checksum yet makes no sense yields nothing.
    pub(crate) fn groups(&mut self) -> Option<Vec<GroupEntry>> {
        let mut epoch = Epoch(0);
        // Not allocated ahead: the count is not to be trusted more than the bytes.
        let mut groups = Vec::new();
        for _ in 0..self.group_count {
            let first = self.groups.varint().ok()?;
            let blocks = self.groups.varint().ok()?;
            if first & 1 == 1 {
                epoch = Epoch(self.groups.varint().ok()?);
            }
            groups.push(GroupEntry { bytes: first >> 1, blocks, epoch });
        }
        let sum = |of: fn(&GroupEntry) -> u32| groups.iter().map(|group| u64::from(of(group))).sum::<u64>();
        let makes_sense = self.groups.0.is_empty()
            && sum(|group| group.bytes) == u64::from(self.lsn_len)
            && sum(|group| group.blocks) < u64::from(u32::MAX);
        makes_sense.then_some(groups)
    }

    /// How many records there are.
    pub(crate) fn record_count(&self) -> u32 {
        self.record_count
    }

    /// Goes over the records, which stand in this range of the bytes.
    pub(crate) fn records(self) -> (Cursor, Range<usize>) {
        (Cursor { left: self.record_count, limit: self.lsn_len, ..Cursor::default() }, self.records)
    }
}

/// Goes over the records of a summary.
#[derive(Default)]
pub(crate) struct Cursor {
    left: u32,
    limit: u32,
    at: usize,
    coder: HeadCoder,
}

impl Cursor {
    /// The next record, or nothing at the end. `records` are the bytes that came with the cursor.
    pub(crate) fn next<'c>(&'c mut self, records: &[u8]) -> Result<Option<Entry<'c>>, Short> {
        if self.left == 0 {
            return if self.at == records.len() { Ok(None) } else { Err(Short) };
        }
        self.left -= 1;
        let mut r = Reader(records.get(self.at..).ok_or(Short)?);
        let before = r.0.len();
        let coder = &mut self.coder;
        let control = r.u8()?;
        if control & 1 != 0 {
            coder.shape = (r.u8()?, r.u8()?, r.varint()?);
        }
        if control & 2 != 0 {
            coder.len = r.varint()?;
        }
        let gap = if control & 4 != 0 { r.varint()? } else { 0 };
        let offset = coder.end.checked_add(gap).ok_or(Short)?;
        coder.end = offset.checked_add(coder.len).filter(|end| *end <= self.limit).ok_or(Short)?;
        let kind = Kind::from_u8(coder.shape.0).filter(|k| k.is_anchored()).ok_or(Short)?;
        let head_len = coder.shape.2 as usize;
        // Every record is longer than its head: so their offsets grow.
        if head_len > usize::from(u16::MAX) || crate::record::HEADER + head_len > coder.len as usize {
            return Err(Short);
        }
        let last = &mut coder.heads[usize::from(coder.shape.0)];
        last.resize(head_len, 0);
        let mask = r.bytes(head_len.div_ceil(8))?;
        for (byte, old) in mask.iter().zip(last.chunks_mut(8)) {
            let mut bits = *byte;
            while bits != 0 {
                let at = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                *old.get_mut(at).ok_or(Short)? ^= r.u8()?;
            }
        }
        self.at += before - r.0.len();
        Ok(Some(Entry { offset, len: coder.len, kind, flags: coder.shape.1, head: last }))
    }

    /// The head of the last record of a kind.
    pub(crate) fn head(&self, kind: Kind) -> &[u8] {
        &self.coder.heads[usize::from(kind as u8)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(lsn_end: u64) -> Subject {
        Subject { log: LogId([1; 16]), extent: 5, lsn: Lsn(1000), lsn_end: Lsn(1000 + lsn_end), sequence: 40 }
    }

    /// Messages as a kernel puts them: number, unit of work and length change a little each time.
    fn heads(count: u32) -> Vec<Vec<u8>> {
        (0..count)
            .map(|i| {
                let mut head = vec![7; 28];
                head[..8].copy_from_slice(&(0x30_0000_0000 + u64::from(i)).to_le_bytes());
                head[8..16].copy_from_slice(&(900 + u64::from(i / 2)).to_le_bytes());
                if i % 5 == 4 { vec![i as u8; 12] } else { head }
            })
            .collect()
    }

    #[test]
    fn records_and_groups_come_back_and_are_small() {
        let mut builder = Builder::default();
        let heads = heads(1000);
        let entry = |i: usize| Entry {
            offset: i as u32 * 384 + if i > 500 { 48 } else { 0 },
            len: 336,
            kind: if i % 5 == 4 { Kind::Part } else { Kind::Put },
            flags: u8::from(i == 3),
            head: &heads[i],
        };
        for i in 0..1000 {
            builder.record(entry(i));
        }
        let groups: Vec<GroupEntry> = (0..400)
            .map(|i| GroupEntry { bytes: 1000 - i % 2, blocks: 1, epoch: Epoch(3 + i / 300) })
            .collect();
        groups.iter().for_each(|g| builder.group(*g));
        let per_record = builder.records.len() / 1000;
        assert!(per_record <= 17, "{per_record} bytes for a message");
        let subject = subject(399_800);
        let bytes = builder.finish(&subject);
        let mut summary = Summary::open(&bytes, &subject).expect("intact");
        assert_eq!(summary.groups(), Some(groups));
        let (mut cursor, range) = summary.records();
        let records = &bytes[range];
        for i in 0..1000 {
            assert_eq!(cursor.next(records), Ok(Some(entry(i))));
        }
        assert_eq!(cursor.next(records), Ok(None));
    }

    #[test]
    fn no_flip_and_no_other_extent_passes() {
        let mut builder = Builder::default();
        builder.group(GroupEntry { bytes: 100, blocks: 1, epoch: Epoch(1) });
        builder.record(Entry { offset: 0, len: 40, kind: Kind::Put, flags: 0, head: b"abcdefghij" });
        let subject = subject(100);
        let bytes = builder.finish(&subject);
        assert!(Summary::open(&bytes, &subject).is_some());
        for bit in 0..(HEADER + builder.len()) * 8 {
            let mut bad = bytes.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Summary::open(&bad, &subject).is_none(), "bit {bit}");
        }
        assert!(Summary::open(&bytes, &Subject { extent: 6, ..subject }).is_none());
        assert!(Summary::open(&bytes, &Subject { lsn: Lsn(1), ..subject }).is_none());
        assert!(Summary::open(&bytes[..HEADER + builder.len() - 1], &subject).is_none());
    }

    /// Checksums prove that bytes are as they were written, not who wrote them.
    #[test]
    fn what_makes_no_sense_is_refused() {
        let first = |len: u32, head: &[u8], groups: &[GroupEntry]| {
            let mut builder = Builder::default();
            groups.iter().for_each(|group| builder.group(*group));
            builder.record(Entry { offset: 0, len, kind: Kind::Put, flags: 0, head });
            let subject = subject(100);
            let bytes = builder.finish(&subject);
            let mut summary = Summary::open(&bytes, &subject).expect("intact");
            let groups = summary.groups();
            let (mut cursor, range) = summary.records();
            (groups.is_some(), cursor.next(&bytes[range]).is_ok())
        };
        let group = GroupEntry { bytes: 100, blocks: 1, epoch: Epoch(1) };
        assert_eq!(first(40, b"abcdefghij", &[group]), (true, true));
        assert_eq!(first(0, b"", &[group]), (true, false));
        assert_eq!(first(21, b"abcdefghij", &[group]), (true, false));
        assert_eq!(first(101, b"abcdefghij", &[group]), (true, false));
        let long = GroupEntry { bytes: 50, blocks: u32::MAX, ..group };
        assert_eq!(first(40, b"abcdefghij", &[long, GroupEntry { blocks: 1, ..long }]), (false, true));
    }

    #[test]
    fn entries_never_exceed_their_bound() {
        for head_len in [0, 1, 7, 8, 28, 92, 1000, 65_535] {
            let mut builder = Builder::default();
            let head = vec![0xFF; head_len];
            builder.record(Entry {
                offset: u32::MAX / 2,
                len: 1 << 28,
                kind: Kind::Put,
                flags: 9,
                head: &head,
            });
            assert!(builder.len() <= entry_bound(head_len), "{head_len}");
        }
    }
}
