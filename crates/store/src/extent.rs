//! An extent: one file of the log, and what the store keeps in memory about it.
//!
//! ```text
//! page 0      magic    u32  "PHEX"      lsn      u64  of the first record
//!             version  u32  1           sequence u64  of the first group
//!             log      [16] log id      durable  u64  everything before was durable when this was written
//!             number   u32              epoch    u32
//!             pages    u32              checksum u32  of the 60 bytes before, seeded with the log id
//! page 1..    groups, one after the other
//! after them  the summary, once the extent is sealed
//! ```
//!
//! Page 0 is written together with the first group. Before that the file holds zeros, or what it held
//! in a previous life under another number: neither number nor LSN, nor epoch after a cut tail, fit.

use crate::buffer::PAGE;
use crate::group::GroupHeader;
use crate::live::Live;
use crate::lsn::{Epoch, Lsn};
use crate::record::{LogId, Seed};
use crate::summary::{self, Builder, Entry, GroupEntry, Subject};
use crate::wire::{Reader, Short, Writer};

const MAGIC: u32 = u32::from_le_bytes(*b"PHEX");
const VERSION: u32 = 1;
/// Bytes of the header that mean something.
pub(crate) const HEADER: usize = 64;

/// Name of an extent that is being made.
pub(crate) const FILE_NEW: &str = "extent.new";

/// The name of the file of an extent, as the product calls its log files.
pub fn file_name(number: u32) -> String {
    format!("S{number:07}.LOG")
}

/// The number in the name of a file, if it is that of an extent.
pub(crate) fn number_of(name: &str) -> Option<u32> {
    let number = name.strip_prefix('S')?.strip_suffix(".LOG")?.parse().ok()?;
    // Only the one spelling that `file_name` gives.
    (number > 0 && file_name(number) == name).then_some(number)
}

/// The header of an extent that has been begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ExtentHeader {
    pub(crate) number: u32,
    pub(crate) pages: u32,
    pub(crate) lsn: Lsn,
    pub(crate) sequence: u64,
    pub(crate) durable: Lsn,
    pub(crate) epoch: Epoch,
}

impl ExtentHeader {
    pub(crate) fn write(&self, out: &mut [u8], id: LogId) {
        let mut header = Vec::with_capacity(HEADER);
        let mut w = Writer(&mut header);
        w.u32(MAGIC);
        w.u32(VERSION);
        w.bytes(&id.0);
        w.u32(self.number);
        w.u32(self.pages);
        w.u64(self.lsn.0);
        w.u64(self.sequence);
        w.u64(self.durable.0);
        w.u32(self.epoch.0);
        let crc = crc32c::crc32c_append(id.seed(), &header);
        w = Writer(&mut header);
        w.u32(crc);
        out[..HEADER].copy_from_slice(&header);
    }

    /// The header in `bytes`, if it is intact and of this log.
    pub(crate) fn read(bytes: &[u8], id: LogId) -> Option<Self> {
        let (front, crc) = bytes.get(..HEADER)?.split_at(HEADER - 4);
        let intact = crc32c::crc32c_append(id.seed(), front).to_le_bytes() == crc;
        if !intact && crate::planted::checks_sums() {
            return None;
        }
        Self::fields(front, id).ok().flatten()
    }

    fn fields(bytes: &[u8], id: LogId) -> Result<Option<Self>, Short> {
        let mut r = Reader(bytes);
        if r.u32()? != MAGIC || r.u32()? != VERSION || r.id()? != id.0 {
            return Ok(None);
        }
        Ok(Some(Self {
            number: r.u32()?,
            pages: r.u32()?,
            lsn: Lsn(r.u64()?),
            sequence: r.u64()?,
            durable: Lsn(r.u64()?),
            epoch: Epoch(r.u32()?),
        }))
    }
}

/// Where a group begins: distance from the LSN of the extent, and page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct GroupSpan {
    lsn: u32,
    block: u32,
}

/// How far the summary of an extent has got.
pub(crate) enum SummaryState {
    /// The extent is being filled.
    Building(Box<Builder>),
    /// On its way to the disk; so many bytes.
    Writing(u32),
    /// Durable; so many bytes.
    Written(u32),
}

/// An extent that holds a part of the log.
pub(crate) struct Extent {
    pub(crate) number: u32,
    pub(crate) lsn: Lsn,
    pub(crate) lsn_end: Lsn,
    pub(crate) sequence: u64,
    /// First page after the last group.
    pub(crate) blocks: u32,
    pub(crate) live: Live,
    pub(crate) summary: SummaryState,
    /// Packing has been through it and could not empty it.
    pub(crate) is_stubborn: bool,
    groups: Vec<GroupSpan>,
    /// Where an epoch begins.
    epochs: Vec<(u32, Epoch)>,
}

impl Extent {
    /// An extent that begins with this group.
    pub(crate) fn begin(number: u32, lsn: Lsn, sequence: u64) -> Self {
        Self {
            number,
            lsn,
            lsn_end: lsn,
            sequence,
            blocks: 1,
            live: Live::default(),
            summary: SummaryState::Building(Box::default()),
            is_stubborn: false,
            groups: Vec::new(),
            epochs: Vec::new(),
        }
    }

    /// A sealed extent whose summary is on the disk.
    pub(crate) fn sealed(number: u32, lsn: Lsn, sequence: u64, summary_len: u32) -> Self {
        Self { summary: SummaryState::Written(summary_len), ..Self::begin(number, lsn, sequence) }
    }

    pub(crate) fn subject(&self, log: LogId) -> Subject {
        Subject { log, extent: self.number, lsn: self.lsn, lsn_end: self.lsn_end, sequence: self.sequence }
    }

    pub(crate) fn is_sealed(&self) -> bool {
        !matches!(self.summary, SummaryState::Building(_))
    }

    /// Adds the next group.
    pub(crate) fn add_group(&mut self, group: GroupEntry) {
        let lsn = (self.lsn_end - self.lsn) as u32;
        if self.epochs.last().is_none_or(|(_, epoch)| *epoch != group.epoch) {
            self.epochs.push((lsn, group.epoch));
        }
        if group.bytes > 0 {
            self.groups.push(GroupSpan { lsn, block: self.blocks });
        }
        self.blocks += group.blocks;
        self.lsn_end = self.lsn_end + group.bytes;
        if let SummaryState::Building(builder) = &mut self.summary {
            builder.group(group);
        }
    }

    /// Adds an anchored record, after all before it.
    pub(crate) fn add_record(&mut self, entry: Entry<'_>, is_live: bool) {
        self.live.push(entry.offset, entry.len, is_live);
        if let SummaryState::Building(builder) = &mut self.summary {
            builder.record(entry);
        }
    }

    /// Whether a group of so many pages, whose summary entries take at most `entries` bytes, fits in
    /// with the summary that will follow it.
    pub(crate) fn has_room(&self, pages: u32, blocks: u32, entries: usize) -> bool {
        let SummaryState::Building(builder) = &self.summary else { return false };
        let summary = summary::blocks_for(builder.len() + entries + summary::GROUP_BOUND);
        u64::from(self.blocks) + u64::from(blocks) + u64::from(summary) <= u64::from(pages)
    }

    /// Offset in the extent and epoch of the record at `lsn`.
    pub(crate) fn place(&self, lsn: Lsn) -> Option<(u64, Epoch)> {
        if lsn < self.lsn || lsn >= self.lsn_end {
            return None;
        }
        let offset = (lsn - self.lsn) as u32;
        let group = self.groups[..self.groups.partition_point(|g| g.lsn <= offset)].last()?;
        let epoch = self.epochs[..self.epochs.partition_point(|e| e.0 <= offset)].last()?.1;
        let at = group.block as usize * PAGE + crate::group::HEADER + (offset - group.lsn) as usize;
        Some((at as u64, epoch))
    }

    /// Offset in the extent at or after the end of the anchored record that is `record` after the LSN of
    /// the extent: the next anchored one, or the end of its group.
    pub(crate) fn end_bound(&self, record: u32) -> Option<u64> {
        let at = self.groups.partition_point(|g| g.lsn <= record);
        let group = self.groups.get(at.checked_sub(1)?)?;
        let group_end = self.groups.get(at).map_or((self.lsn_end - self.lsn) as u32, |g| g.lsn);
        let next = self.live.offsets.partition_point(|o| *o <= record);
        let end = self.live.offsets.get(next).map_or(group_end, |o| group_end.min(*o));
        let first = group.block as usize * PAGE + crate::group::HEADER;
        Some(first as u64 + u64::from(end - group.lsn))
    }

    /// What the record at `lsn` is proved with.
    pub(crate) fn seed(&self, log: u32, lsn: Lsn) -> Option<Seed> {
        self.place(lsn).map(|(_, epoch)| Seed::new(log, epoch, lsn))
    }
}

impl From<&GroupHeader> for GroupEntry {
    fn from(header: &GroupHeader) -> Self {
        Self { bytes: header.bytes, blocks: header.blocks(), epoch: header.epoch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_one_to_one() {
        for number in [1, 9_999_999, 10_000_000, u32::MAX] {
            assert_eq!(number_of(&file_name(number)), Some(number));
        }
        for other in ["S0000000.LOG", "S1.LOG", "S00000001.LOG", "S+000001.LOG", "control.1", "S.LOG", ""] {
            assert_eq!(number_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_header_comes_back_and_no_flip_passes() {
        let id = LogId([3; 16]);
        let header = ExtentHeader {
            number: 8,
            pages: 64,
            lsn: Lsn(100),
            sequence: 11,
            durable: Lsn(90),
            epoch: Epoch(2),
        };
        let mut page = [0; PAGE];
        header.write(&mut page, id);
        assert_eq!(ExtentHeader::read(&page, id), Some(header));
        assert_eq!(ExtentHeader::read(&page, LogId([4; 16])), None);
        for bit in 0..HEADER * 8 {
            let mut bad = page;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(ExtentHeader::read(&bad, id), None, "bit {bit}");
        }
    }

    #[test]
    fn places_follow_groups_and_epochs() {
        let mut extent = Extent::begin(1, Lsn(1000), 1);
        extent.add_group(GroupEntry { bytes: 5000, blocks: 2, epoch: Epoch(1) });
        extent.add_group(GroupEntry { bytes: 0, blocks: 1, epoch: Epoch(1) });
        extent.add_group(GroupEntry { bytes: 100, blocks: 1, epoch: Epoch(2) });
        assert_eq!(extent.place(Lsn(1000)), Some((4096 + 64, Epoch(1))));
        assert_eq!(extent.place(Lsn(5999)), Some((4096 + 64 + 4999, Epoch(1))));
        assert_eq!(extent.place(Lsn(6000)), Some((4 * 4096 + 64, Epoch(2))));
        assert_eq!(extent.place(Lsn(6100)), None);
        assert_eq!(extent.place(Lsn(999)), None);
        assert_eq!(extent.blocks, 5);
    }
}
