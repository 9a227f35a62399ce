//! Reading groups back from the disk: one after the other while they are valid, then the search for a
//! witness that the first invalid one had been durable.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::buffer::{Aligned, PAGE};
use crate::disk::Disk;
use crate::extent::{self, ExtentHeader};
use crate::group::{self, GroupHeader};
use crate::lsn::{Epoch, Lsn};
use crate::record::LogId;

/// Bytes read at once.
const WINDOW: usize = 2 * group::LEN_MAX;

/// Reads groups through a window that moves over the extents.
pub(crate) struct Scanner<D: Disk> {
    disk: Arc<D>,
    id: LogId,
    seed: u32,
    pages: u32,
    file: Option<(u32, D::File)>,
    window: Aligned,
    /// Pages of the extent that are in the window.
    pages_in: Range<u32>,
    /// Pages read since the start.
    pub(crate) pages_read: u64,
}

/// What the next group must be to continue the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Expected {
    pub(crate) lsn: Lsn,
    pub(crate) sequence: u64,
    /// That of the group before: epochs never go back.
    pub(crate) epoch: Epoch,
    /// From this sequence on groups of an older epoch were cut off. (Not an LSN: a marker that was not
    /// cut stands at the LSN of the cut.)
    pub(crate) void_sequence: u64,
    pub(crate) void_epoch: Epoch,
}

impl Expected {
    fn is_met_by(&self, lsn: Lsn, sequence: u64, epoch: Epoch) -> bool {
        let is_void = self.is_void(sequence, epoch);
        lsn == self.lsn && sequence == self.sequence && epoch >= self.epoch && !is_void
    }

    /// Whether a group was cut off.
    pub(crate) fn is_void(&self, sequence: u64, epoch: Epoch) -> bool {
        sequence >= self.void_sequence && epoch < self.void_epoch
    }
}

impl<D: Disk> Scanner<D> {
    pub(crate) fn new(disk: Arc<D>, id: LogId, pages: u32) -> Self {
        let window = Aligned::for_len(WINDOW.min(pages as usize * PAGE));
        Self { disk, id, seed: id.seed(), pages, file: None, window, pages_in: 0..0, pages_read: 0 }
    }

    /// Opens an extent. Says no if there is none of that number, or of another size.
    fn open(&mut self, number: u32) -> io::Result<bool> {
        if self.file.as_ref().is_some_and(|(open, _)| *open == number) {
            return Ok(true);
        }
        self.pages_in = 0..0;
        self.file = None;
        let file = match self.disk.open(&extent::file_name(number)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        };
        if self.disk.size(&file)? != u64::from(self.pages) * PAGE as u64 {
            return Ok(false);
        }
        // What a killed process has written may be readable and yet not be on the disk.
        self.disk.sync(&file)?;
        self.file = Some((number, file));
        Ok(true)
    }

    /// Makes the window hold these pages of the open extent; it holds at least one group.
    fn fill(&mut self, pages: Range<u32>) -> io::Result<()> {
        let Some((_, file)) = &self.file else { return Ok(()) };
        if self.pages_in.start <= pages.start && pages.end <= self.pages_in.end {
            return Ok(());
        }
        let room = (self.window.len() / PAGE) as u32;
        let end = (pages.start + room).min(self.pages);
        let bytes = &mut self.window[..(end - pages.start) as usize * PAGE];
        self.disk.read_at(file, u64::from(pages.start) * PAGE as u64, bytes)?;
        self.pages_read += u64::from(end - pages.start);
        self.pages_in = pages.start..end;
        Ok(())
    }

    fn page(&self, page: u32) -> &[u8] {
        let at = (page - self.pages_in.start) as usize * PAGE;
        &self.window[at..at + PAGE]
    }

    /// The records of the last group found, as they stand in the window.
    pub(crate) fn bytes(&self, records: Range<usize>) -> &[u8] {
        &self.window[records]
    }

    /// The header of an extent, if it has been begun as `number`.
    pub(crate) fn extent_header(&mut self, number: u32) -> io::Result<Option<ExtentHeader>> {
        Ok(self.header_in(number)?.filter(|h| h.number == number))
    }

    /// The header in a file, of whichever extent.
    pub(crate) fn header_in(&mut self, file: u32) -> io::Result<Option<ExtentHeader>> {
        if !self.open(file)? {
            return Ok(None);
        }
        self.fill(0..1)?;
        let header = ExtentHeader::read(self.page(0), self.id);
        Ok(header.filter(|h| h.pages == self.pages))
    }

    /// Whether the log goes on with the first group of extent `number`.
    pub(crate) fn continues_in(&mut self, number: u32, expected: &Expected) -> io::Result<bool> {
        let header = self.extent_header(number)?;
        Ok(header.is_some_and(|h| expected.is_met_by(h.lsn, h.sequence, h.epoch)))
    }

    /// A group header of this log that stands where it says.
    fn header_at(&mut self, number: u32, block: u32) -> io::Result<Option<GroupHeader>> {
        if block >= self.pages || !self.open(number)? {
            return Ok(None);
        }
        self.fill(block..block + 1)?;
        let header = GroupHeader::read(self.page(block), self.seed, self.id.short());
        Ok(header.filter(|h| h.extent == number && h.block == block))
    }

    /// The valid group at a page of an extent, if it is the one expected, and where its records are.
    pub(crate) fn group_at(
        &mut self,
        number: u32,
        block: u32,
        expected: &Expected,
    ) -> io::Result<Option<(GroupHeader, Range<usize>)>> {
        let Some(header) = self.header_at(number, block)? else { return Ok(None) };
        if !expected.is_met_by(header.lsn, header.sequence, header.epoch) {
            return Ok(None);
        }
        self.check_group(header)
    }

    /// Any valid group at a page of an extent, whether it continues the log or not.
    pub(crate) fn any_group_at(
        &mut self,
        number: u32,
        block: u32,
    ) -> io::Result<Option<(GroupHeader, Range<usize>)>> {
        match self.header_at(number, block)? {
            Some(header) => self.check_group(header),
            None => Ok(None),
        }
    }

    /// The group of a header that has been found where it says, if it is valid.
    fn check_group(&mut self, header: GroupHeader) -> io::Result<Option<(GroupHeader, Range<usize>)>> {
        let block = header.block;
        let len = group::HEADER as u64 + u64::from(header.bytes);
        let end = u64::from(block) + len.div_ceil(PAGE as u64);
        if len > self.window.len() as u64 || end > u64::from(self.pages) {
            return Ok(None);
        }
        self.fill(block..end as u32)?;
        let start = (block - self.pages_in.start) as usize * PAGE + group::HEADER;
        let records = start..start + header.bytes as usize;
        let is_intact = group::is_intact(&header, &self.window[records.clone()], self.seed);
        Ok(is_intact.then_some((header, records)))
    }

    /// Whether something after a page of an extent tells that more than `expected.lsn` had been durable.
    ///
    /// A group of a tail that was cut before cannot: what it knew to be durable came before the cut.
    pub(crate) fn has_witness(
        &mut self,
        number: u32,
        block: u32,
        later: &[u32],
        expected: &Expected,
    ) -> io::Result<bool> {
        if self.has_witness_in(number, block, expected)? {
            return Ok(true);
        }
        for number in later {
            let header = self.extent_header(*number)?;
            if header.is_some_and(|h| h.durable > expected.lsn) {
                return Ok(true);
            }
            // An extent that was never begun since the cut is not searched to its end.
            let group = self.header_at(*number, 1)?;
            let is_begun = header.is_some_and(|h| h.sequence >= expected.sequence)
                || group.is_some_and(|g| g.sequence >= expected.sequence);
            let end = if is_begun { self.pages } else { 2 };
            if self.has_witness_between(*number, 1..end, expected)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_witness_in(&mut self, number: u32, block: u32, expected: &Expected) -> io::Result<bool> {
        self.has_witness_between(number, block..self.pages, expected)
    }

    fn has_witness_between(
        &mut self,
        number: u32,
        blocks: Range<u32>,
        expected: &Expected,
    ) -> io::Result<bool> {
        for block in blocks {
            let header = self.header_at(number, block)?;
            if header.is_some_and(|h| h.durable > expected.lsn && h.sequence >= expected.sequence) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
