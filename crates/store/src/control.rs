//! The control file: where restart begins, and what was live there.
//!
//! Three files `control.1` to `control.3`, each a whole copy. A checkpoint writes the two oldest, one
//! after the other, in place; so at every moment two copies are whole, one damaged copy loses nothing,
//! and no write needs space that a full disk could refuse. The copy with the greatest sequence wins.
//!
//! ```text
//! magic        u32  "PHCF"         scan_extent   u32  restart reads groups from here on:
//! version      u32  2              scan_lsn      u64    number, LSN and first sequence
//! log          [16] log id         scan_sequence u64    of the extent
//! sequence     u64                 media         u64  media recovery needs nothing before it
//! epoch        u32                 extents  u32, each: number u32, lsn u64, lsn_end u64, sequence u64,
//! extent_pages u32                      blocks u32, summary_len u32, bits
//! checkpoint   u64                 tail     bits of the anchored records from scan_lsn to checkpoint
//! durable      u64                 kept     u32, each: number u32, lsn_end u64, archived u8
//! clean        u8                  state    u32 length, then the kernel's bytes
//! void_epoch   u32                 owner    u32 length, then the caller's bytes; not in version 1
//! void_sequence u64                bits: u32 count, then a u64 for each 64
//! ```
//!
//! In front of all this stand its length (u32) and its CRC-32C (u32).
//! Groups at or past `void_sequence` count only if they are of `void_epoch` or later.

use crate::buffer::Aligned;
use crate::config::Config;
use crate::extent::Extent;
use crate::live::Bits;
use crate::lsn::{Epoch, Lsn};
use crate::record::LogId;
use crate::wire::{Reader, Short, Writer};

const MAGIC: u32 = u32::from_le_bytes(*b"PHCF");
const VERSION: u32 = 2;
/// Copies of this version have no owner.
const VERSION_OWNERLESS: u32 = 1;

/// Names of the three copies. Whoever holds the locks of those that are there holds the log.
pub const FILES: [&str; 3] = ["control.1", "control.2", "control.3"];
/// Name under which a larger copy is made before it takes the place of a smaller one.
pub(crate) const FILE_NEW: &str = "control.new";
/// Size of a copy to begin with.
pub(crate) const FILE_BYTES: u64 = 64 << 10;

/// Greatest length of a copy: more is damage, not to be given memory.
pub(crate) const LEN_MAX: usize = 1 << 30;

/// A sealed extent that had live records at the checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ControlExtent {
    pub(crate) number: u32,
    pub(crate) lsn: Lsn,
    pub(crate) lsn_end: Lsn,
    pub(crate) sequence: u64,
    pub(crate) blocks: u32,
    pub(crate) summary_len: u32,
    pub(crate) bits: Bits,
}

/// An extent that a linear log keeps although restart does not need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) number: u32,
    pub(crate) lsn_end: Lsn,
    pub(crate) is_archived: bool,
}

impl From<&Extent> for Kept {
    fn from(extent: &Extent) -> Self {
        Self { number: extent.number, lsn_end: extent.lsn_end, is_archived: false }
    }
}

/// The content of a control file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Control {
    pub(crate) id: LogId,
    pub(crate) sequence: u64,
    pub(crate) epoch: Epoch,
    pub(crate) extent_pages: u32,
    pub(crate) checkpoint: Lsn,
    pub(crate) durable: Lsn,
    pub(crate) is_clean: bool,
    pub(crate) void_epoch: Epoch,
    pub(crate) void_sequence: u64,
    pub(crate) scan_extent: u32,
    pub(crate) scan_lsn: Lsn,
    pub(crate) scan_sequence: u64,
    pub(crate) media: Lsn,
    pub(crate) extents: Vec<ControlExtent>,
    pub(crate) tail: Bits,
    pub(crate) kept: Vec<Kept>,
    pub(crate) state: Vec<u8>,
    pub(crate) owner: Vec<u8>,
}

impl Control {
    /// Of a log that has never been written to.
    pub(crate) fn new(id: LogId, config: &Config) -> Self {
        Self {
            id,
            sequence: 1,
            epoch: Epoch(0),
            extent_pages: config.extent_pages,
            checkpoint: Lsn::FIRST,
            durable: Lsn::FIRST,
            is_clean: true,
            void_epoch: Epoch(0),
            void_sequence: 1,
            scan_extent: 1,
            scan_lsn: Lsn::FIRST,
            scan_sequence: 1,
            media: Lsn::NONE,
            extents: Vec::new(),
            tail: Bits::default(),
            kept: Vec::new(),
            state: Vec::new(),
            owner: config.owner.clone().unwrap_or_default(),
        }
    }

    /// The bytes of a copy, in whole pages.
    pub(crate) fn encode(&self) -> Aligned {
        let mut bytes = vec![0; 8];
        let mut w = Writer(&mut bytes);
        w.u32(MAGIC);
        w.u32(VERSION);
        w.bytes(&self.id.0);
        w.u64(self.sequence);
        w.u32(self.epoch.0);
        w.u32(self.extent_pages);
        w.u64(self.checkpoint.0);
        w.u64(self.durable.0);
        w.u8(u8::from(self.is_clean));
        w.u32(self.void_epoch.0);
        w.u64(self.void_sequence);
        w.u32(self.scan_extent);
        w.u64(self.scan_lsn.0);
        w.u64(self.scan_sequence);
        w.u64(self.media.0);
        w.u32(self.extents.len() as u32);
        for extent in &self.extents {
            w.u32(extent.number);
            w.u64(extent.lsn.0);
            w.u64(extent.lsn_end.0);
            w.u64(extent.sequence);
            w.u32(extent.blocks);
            w.u32(extent.summary_len);
            write_bits(&mut w, &extent.bits);
        }
        write_bits(&mut w, &self.tail);
        w.u32(self.kept.len() as u32);
        for kept in &self.kept {
            w.u32(kept.number);
            w.u64(kept.lsn_end.0);
            w.u8(u8::from(kept.is_archived));
        }
        w.u32(self.state.len() as u32);
        w.bytes(&self.state);
        w.u32(self.owner.len() as u32);
        w.bytes(&self.owner);
        let len = (bytes.len() - 8) as u32;
        let crc = crc32c::crc32c_append(crc32c::crc32c(&len.to_le_bytes()), &bytes[8..]);
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        Aligned::copy_of(&bytes)
    }

    /// How long a copy is that begins with these bytes.
    pub(crate) fn len_of(bytes: &[u8]) -> usize {
        bytes.first_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len) as usize).saturating_add(8)
    }

    /// The content of a copy, if it is whole. Never more is allocated than `bytes` holds.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let content = rest.get(..u32::from_le_bytes(*len) as usize)?;
        let intact = crc32c::crc32c_append(crc32c::crc32c(len), content) == u32::from_le_bytes(*crc);
        if !intact && crate::planted::checks_sums() {
            return None;
        }
        Self::fields(&mut Reader(content)).ok().flatten()
    }

    fn fields(r: &mut Reader<'_>) -> Result<Option<Self>, Short> {
        if r.u32()? != MAGIC {
            return Ok(None);
        }
        let version = r.u32()?;
        if ![VERSION_OWNERLESS, VERSION].contains(&version) {
            return Ok(None);
        }
        let mut control = Self {
            id: LogId(r.id()?),
            sequence: r.u64()?,
            epoch: Epoch(r.u32()?),
            extent_pages: r.u32()?,
            checkpoint: Lsn(r.u64()?),
            durable: Lsn(r.u64()?),
            is_clean: r.u8()? != 0,
            void_epoch: Epoch(r.u32()?),
            void_sequence: r.u64()?,
            scan_extent: r.u32()?,
            scan_lsn: Lsn(r.u64()?),
            scan_sequence: r.u64()?,
            media: Lsn(r.u64()?),
            extents: Vec::new(),
            tail: Bits::default(),
            kept: Vec::new(),
            state: Vec::new(),
            owner: Vec::new(),
        };
        for _ in 0..r.u32()? {
            control.extents.push(ControlExtent {
                number: r.u32()?,
                lsn: Lsn(r.u64()?),
                lsn_end: Lsn(r.u64()?),
                sequence: r.u64()?,
                blocks: r.u32()?,
                summary_len: r.u32()?,
                bits: read_bits(r)?,
            });
        }
        control.tail = read_bits(r)?;
        for _ in 0..r.u32()? {
            control.kept.push(Kept { number: r.u32()?, lsn_end: Lsn(r.u64()?), is_archived: r.u8()? != 0 });
        }
        let len = r.u32()? as usize;
        control.state = r.bytes(len)?.to_vec();
        if version > VERSION_OWNERLESS {
            let len = r.u32()? as usize;
            control.owner = r.bytes(len)?.to_vec();
        }
        Ok(control.makes_sense().then_some(control))
    }

    /// What the code that reads on takes for granted.
    fn makes_sense(&self) -> bool {
        let pages = Config::EXTENT_PAGES_MIN..=Config::EXTENT_PAGES_MAX;
        let extent_len = u64::from(self.extent_pages) * crate::buffer::PAGE as u64;
        let mut before = 0;
        let extents_ascend = self.extents.iter().all(|e| {
            let in_order = e.number > before && e.number < self.scan_extent;
            before = e.number;
            let len = e.lsn_end.0.checked_sub(e.lsn.0);
            in_order && len.is_some_and(|len| len < extent_len) && e.blocks < self.extent_pages
        });
        pages.contains(&self.extent_pages)
            && extents_ascend
            // Far from where numbers end, so that the next ones need no check.
            && (1..u32::MAX / 2).contains(&self.scan_extent)
            && self.durable.0 < u64::MAX / 2
            && self.scan_sequence < u64::MAX / 2
            && self.sequence < u64::MAX / 2
            && self.scan_lsn >= Lsn::FIRST
            && self.scan_lsn <= self.checkpoint
            && self.checkpoint <= self.durable
            && self.epoch <= Epoch::MAX
    }
}

fn write_bits(w: &mut Writer<'_>, bits: &Bits) {
    w.u32(bits.count);
    bits.words.iter().for_each(|word| w.u64(*word));
}

fn read_bits(r: &mut Reader<'_>) -> Result<Bits, Short> {
    let count = r.u32()?;
    let words = r.bytes(count.div_ceil(64) as usize * 8)?;
    let words = words.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().expect("chunks of eight")));
    Ok(Bits { count, words: words.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control() -> Control {
        let mut bits = Bits::default();
        (0..70).for_each(|i| bits.push(i % 2 == 0));
        Control {
            checkpoint: Lsn(5000),
            durable: Lsn(6000),
            scan_extent: 9,
            extents: vec![ControlExtent {
                number: 4,
                lsn: Lsn(10),
                lsn_end: Lsn(900),
                sequence: 3,
                blocks: 3,
                summary_len: 500,
                bits: bits.clone(),
            }],
            tail: bits,
            kept: vec![Kept { number: 2, lsn_end: Lsn(9), is_archived: true }],
            state: b"kernel".to_vec(),
            owner: b"QM1".to_vec(),
            ..Control::new(LogId([9; 16]), &Config { extent_pages: 4, ..Config::default() })
        }
    }

    #[test]
    fn a_copy_comes_back_and_no_flip_passes() {
        let bytes = control().encode();
        assert_eq!(Control::decode(&bytes), Some(control()));
        let len = 8 + u32::from_le_bytes(*bytes.first_chunk().expect("long enough")) as usize;
        for bit in 0..len * 8 {
            let mut bad = bytes.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Control::decode(&bad), None, "bit {bit}");
        }
        for cut in 0..len {
            assert_eq!(Control::decode(&bytes[..cut]), None);
        }
    }

    #[test]
    fn a_copy_without_an_owner_is_read() {
        let mut bytes = Control { owner: Vec::new(), ..control() }.encode().to_vec();
        // As written before logs had owners: the version, and no length at the end.
        bytes[12..16].copy_from_slice(&1u32.to_le_bytes());
        let len = u32::from_le_bytes(*bytes.first_chunk().expect("long enough")) - 4;
        bytes[..4].copy_from_slice(&len.to_le_bytes());
        let crc = crc32c::crc32c_append(crc32c::crc32c(&len.to_le_bytes()), &bytes[8..8 + len as usize]);
        bytes[4..8].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(Control::decode(&bytes), Some(Control { owner: Vec::new(), ..control() }));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for bad in [
            Control { scan_extent: 4, ..control() },
            Control { durable: Lsn(4999), ..control() },
            Control { extent_pages: 3, ..control() },
            Control { scan_lsn: Lsn(5001), ..control() },
        ] {
            assert_eq!(Control::decode(&bad.encode()), None, "{bad:?}");
        }
    }
}
