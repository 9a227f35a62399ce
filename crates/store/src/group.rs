//! A group: what one write carries, and the unit of validity after a crash.
//!
//! ```text
//!  0 magic      u32   "PHGR"
//!  4 version    u8    1
//!  5 flags      u8    1 = marker: no records, it only tells what had been durable
//!  6 reserved   u16   0
//!  8 bytes      u32   of records
//! 12 records    u32
//! 16 sequence   u64   one more than that of the group before
//! 24 epoch      u32
//! 28 extent     u32   number of the extent that it was written for
//! 32 lsn        u64   of the first record
//! 40 durable    u64   everything before this LSN was durable when the group was built
//! 48 log        u64   first half of the log id
//! 56 block      u32   offset in the extent, in pages
//! 60 checksum   u32   CRC-32C of the 60 bytes before, seeded with the log id
//! 64 records, then zeros up to a whole page
//! ```
//!
//! A group is valid when its header is, and stands where it says, and all its records are intact. The
//! records' checksums are seeded with epoch and LSN, so a piece of another group does not pass.

use crate::buffer::PAGE;
use crate::lsn::{Epoch, Lsn};
use crate::record::{RawRecord, Seed};
use crate::wire::{Reader, Short, Writer};

/// Bytes in front of the first record.
pub(crate) const HEADER: usize = 64;
/// Greatest length of a group, header and padding included.
pub(crate) const LEN_MAX: usize = 1 << 20;

const MAGIC: u32 = u32::from_le_bytes(*b"PHGR");
const VERSION: u8 = 1;
/// Flag of a group without records.
pub(crate) const MARKER: u8 = 1;

/// The header of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupHeader {
    pub(crate) flags: u8,
    pub(crate) bytes: u32,
    pub(crate) records: u32,
    pub(crate) sequence: u64,
    pub(crate) epoch: Epoch,
    pub(crate) extent: u32,
    pub(crate) lsn: Lsn,
    pub(crate) durable: Lsn,
    pub(crate) block: u32,
}

impl GroupHeader {
    /// Lays the header out at the front of `out`. `seed` and `log` are of the log id.
    pub(crate) fn write(&self, out: &mut [u8], seed: u32, log: u64) {
        let mut header = Vec::with_capacity(HEADER);
        let mut w = Writer(&mut header);
        w.u32(MAGIC);
        w.u8(VERSION);
        w.u8(self.flags);
        w.bytes(&[0, 0]);
        w.u32(self.bytes);
        w.u32(self.records);
        w.u64(self.sequence);
        w.u32(self.epoch.0);
        w.u32(self.extent);
        w.u64(self.lsn.0);
        w.u64(self.durable.0);
        w.u64(log);
        w.u32(self.block);
        let crc = crc32c::crc32c_append(seed, &header);
        Writer(&mut header).u32(crc);
        out[..HEADER].copy_from_slice(&header);
    }

    /// The header at the front of `bytes`, if there is an intact one of this log and this version.
    pub(crate) fn read(bytes: &[u8], seed: u32, log: u64) -> Option<Self> {
        let header = bytes.get(..HEADER)?;
        if header[..4] != MAGIC.to_le_bytes() {
            return None;
        }
        let (front, crc) = header.split_at(HEADER - 4);
        let intact = crc32c::crc32c_append(seed, front).to_le_bytes() == crc;
        if !intact && crate::planted::checks_sums() {
            return None;
        }
        Self::fields(front, log).ok().flatten()
    }

    fn fields(bytes: &[u8], log: u64) -> Result<Option<Self>, Short> {
        let mut r = Reader(bytes);
        r.u32()?;
        let version = r.u8()?;
        let flags = r.u8()?;
        r.bytes(2)?;
        let header = Self {
            flags,
            bytes: r.u32()?,
            records: r.u32()?,
            sequence: r.u64()?,
            epoch: Epoch(r.u32()?),
            extent: r.u32()?,
            lsn: Lsn(r.u64()?),
            durable: Lsn(r.u64()?),
            block: {
                if r.u64()? != log || version != VERSION {
                    return Ok(None);
                }
                r.u32()?
            },
        };
        Ok(Some(header))
    }

    /// Pages that the group takes.
    pub(crate) fn blocks(&self) -> u32 {
        blocks_for(self.bytes as usize)
    }

    /// LSN after the last record.
    pub(crate) fn lsn_end(&self) -> Lsn {
        self.lsn + self.bytes
    }
}

/// Pages of a group with so many bytes of records.
pub(crate) fn blocks_for(bytes: usize) -> u32 {
    (HEADER + bytes).div_ceil(PAGE) as u32
}

/// The records of a group, in order, each with its offset from the first.
pub(crate) struct Records<'a> {
    rest: &'a [u8],
    offset: u32,
}

impl<'a> Records<'a> {
    /// Of a group's bytes after the header, without padding.
    pub(crate) fn new(records: &'a [u8]) -> Self {
        Self { rest: records, offset: 0 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, RawRecord<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let raw = RawRecord::first(self.rest)?;
        let offset = self.offset;
        self.rest = &self.rest[raw.bytes.len()..];
        self.offset += raw.bytes.len() as u32;
        Some((offset, raw))
    }
}

/// Whether `records` holds exactly the intact records that the header promises.
pub(crate) fn is_intact(header: &GroupHeader, records: &[u8], seed: u32) -> bool {
    let mut count = 0u32;
    let mut end = 0usize;
    for (offset, raw) in Records::new(records) {
        if !raw.is_intact(Seed::new(seed, header.epoch, header.lsn + offset)) {
            return false;
        }
        count += 1;
        end += raw.bytes.len();
    }
    count == header.records && end == records.len() && end == header.bytes as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back_and_no_flip_passes() {
        let header = GroupHeader {
            flags: 0,
            bytes: 336,
            records: 1,
            sequence: 9,
            epoch: Epoch(2),
            extent: 4,
            lsn: Lsn(77),
            durable: Lsn(70),
            block: 3,
        };
        let mut bytes = [0; HEADER];
        header.write(&mut bytes, 5, 6);
        assert_eq!(GroupHeader::read(&bytes, 5, 6), Some(header));
        assert_eq!(GroupHeader::read(&bytes, 4, 6), None);
        assert_eq!(GroupHeader::read(&bytes, 5, 7), None);
        assert_eq!(GroupHeader::read(&bytes[..63], 5, 6), None);
        for bit in 0..HEADER * 8 {
            let mut bad = bytes;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(GroupHeader::read(&bad, 5, 6), None, "bit {bit}");
        }
        assert_eq!((header.blocks(), header.lsn_end()), (1, Lsn(413)));
    }
}
