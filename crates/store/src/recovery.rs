//! Making a log, and opening one: after a clean end, a kill or a power cut, all the same way.
//!
//! ```text
//! open      control file, epoch raised durably
//! next      State                      what the kernel gave to the last checkpoint
//!           Live, Live, …              anchored records that were live there, by LSN, heads only
//!           Record, Record, …          everything after it, by LSN
//! finish    log ready to append at the cut, its end told durably
//! ```
//!
//! The live records of sealed extents come from their summaries; the extent that was current at the
//! checkpoint and all after it are read group by group. The first invalid group ends the log. If the
//! control file, a later extent or a later group says that it had been durable, the log is damaged and
//! nothing is cut: [`Error::Damaged`] names the place.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::buffer::{Aligned, PAGE};
use crate::checkpoint::oldest_two;
use crate::config::{Config, LogType};
use crate::control::{self, Control, FILES};
use crate::disk::Disk;
use crate::error::Error;
use crate::extent::{self, Extent};
use crate::group::{self, GroupHeader};
use crate::kind::Kind;
use crate::log::Log;
use crate::lsn::{Epoch, Lsn, Position};
use crate::record::{Damaged, LogId, RawRecord, RecordView};
use crate::scan::{Expected, Scanner};
use crate::summary::{Cursor, Entry, GroupEntry, Summary};
use crate::worker::{create_extent, write_control};

/// A record that was live at the checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LiveRecord<'a> {
    /// Where it is.
    pub lsn: Lsn,
    /// [`crate::Record::len`].
    pub len: u32,
    /// What it is.
    pub kind: Kind,
    /// [`crate::MOVED`] or nothing.
    pub flags: u8,
    /// Its head. [`Recovery::read`] has the body.
    pub head: &'a [u8],
}

/// What restart delivers, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item<'a> {
    /// Once, first: the state given to [`Log::begin_checkpoint`]; empty if there was no checkpoint yet.
    State(&'a [u8]),
    /// A record from before the checkpoint that was live.
    Live(LiveRecord<'a>),
    /// A record from after the checkpoint.
    Record {
        /// Where it is.
        lsn: Lsn,
        /// The record.
        record: RecordView<'a>,
    },
}

/// What a restart found and did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// The last run ended with [`Log::begin_last_checkpoint`].
    pub was_clean: bool,
    /// Copies of the control file that were damaged; they are written anew.
    pub control_copies_damaged: u32,
    /// Summaries that were damaged and were made again from the groups of their extents.
    pub summaries_rebuilt: u32,
    /// Live records delivered, and the bytes they take of the log.
    pub live_records: u64,
    /// See `live_records`.
    pub live_bytes: u64,
    /// Records after the checkpoint, and their bytes.
    pub replayed_records: u64,
    /// See `replayed_records`.
    pub replayed_bytes: u64,
    /// Bytes of extents that were read.
    pub scanned_bytes: u64,
}

/// A restart under way.
pub struct Recovery<D: Disk> {
    disk: Arc<D>,
    log: Log,
    control: Control,
    /// Greatest epoch that a group may have.
    epoch_last: Epoch,
    scanner: Scanner<D>,
    phase: Phase,
    /// Numbers of all extents in the directory.
    files: BTreeSet<u32>,
    statistics: Statistics,
}

enum Phase {
    State,
    /// Number of sealed extents opened so far, and the one being read.
    Sealed(usize, Option<Box<Sealed>>),
    Groups(Walk),
    End,
}

struct Sealed {
    bytes: Aligned,
    records: Range<usize>,
    cursor: Cursor,
    ordinal: u32,
}

/// Where the scan is.
struct Walk {
    expected: Expected,
    /// The extent and its next page; page 0 while it has not been found to be begun.
    extent: u32,
    block: u32,
    /// Anchored records before the checkpoint seen so far.
    ordinal: u32,
    /// The group being delivered: its LSN, where its records are, how far delivery has come.
    group: Option<(Lsn, Range<usize>, usize)>,
}

/// What `advance` has come to; `next` turns it into an item that borrows.
enum Step {
    State,
    Summary { lsn: Lsn, len: u32, kind: Kind, flags: u8 },
    Group { lsn: Lsn, record: Range<usize>, is_live_only: bool },
    End,
}

/// Makes a log in a directory where there is none: empty extents, then the control file.
///
/// `id` is 16 bytes of a random source. Without room it fails with [`Error::Io`] of kind `StorageFull`.
pub fn create<D: Disk>(disk: &D, config: &Config, id: LogId) -> Result<(), Error> {
    config.check()?;
    if read_copies(disk)?.iter().any(|copy| matches!(copy, Copy::Whole(_))) {
        return Err(Error::Exists);
    }
    for number in 1..=config.ready_target() {
        create_extent(disk, number, config.extent_bytes())?;
    }
    let bytes = Control::new(id, config).encode();
    for copy in 0..FILES.len() {
        if !write_control(disk, copy, &bytes)? {
            return Err(Error::Io(io::ErrorKind::StorageFull.into()));
        }
    }
    Ok(())
}

/// What a log says of itself before anything is done to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ownership {
    /// As the last start gave it in [`Config::owner`]; empty if none ever did.
    pub owner: Vec<u8>,
    /// How far it had come when its control file was last written.
    pub position: Position,
}

/// Reads whose a log is. Writes nothing; a log that is in use may be asked too.
pub fn ownership<D: Disk>(disk: &D) -> Result<Ownership, Error> {
    let (control, _) = newest(&read_copies(disk)?)?;
    let position = Position { epoch: control.epoch, sequence: control.sequence, durable: control.durable };
    Ok(Ownership { owner: control.owner, position })
}

/// Where a log ends: what a start would find to be durable. Reads the groups since the last checkpoint, and writes
/// nothing. The caller holds the lock.
pub fn end<D: Disk>(disk: Arc<D>) -> Result<Lsn, Error> {
    let mut recovery = Recovery::find(disk, Config::default())?;
    recovery.phase = Phase::Groups(recovery.begin_walk());
    while recovery.next()?.is_some() {}
    Ok(recovery.log.lsn_next())
}

impl<D: Disk> Recovery<D> {
    /// Finds where restart begins and raises the epoch, durably. The caller holds the lock.
    ///
    /// `config.extent_pages` is not looked at: extents keep the size they were created with.
    pub fn open(disk: Arc<D>, config: Config) -> Result<Self, Error> {
        let mut recovery = Self::find(disk, config)?;
        recovery.write_control()?;
        Ok(recovery)
    }

    /// The same without a write.
    fn find(disk: Arc<D>, config: Config) -> Result<Self, Error> {
        let copies = read_copies(&*disk)?;
        let (control, sequences) = newest(&copies)?;
        let statistics = Statistics {
            was_clean: control.is_clean,
            control_copies_damaged: copies.iter().filter(|c| matches!(c, Copy::Damaged)).count() as u32,
            ..Statistics::default()
        };
        let owner = config.owner.unwrap_or_else(|| control.owner.clone());
        let config = Config { extent_pages: control.extent_pages, owner: Some(owner.clone()), ..config };
        config.check()?;
        let epoch_last = control.epoch;
        let epoch = control.epoch.next().ok_or(Error::EpochsUsedUp)?;
        let control = Control { epoch, is_clean: false, owner, ..control };
        let mut log = Log::new(config, control.id, epoch);
        log.checkpoints.copies = sequences;
        let scanner = Scanner::new(Arc::clone(&disk), control.id, control.extent_pages);
        let phase = Phase::State;
        let files = disk.list()?.iter().filter_map(|name| extent::number_of(name)).collect();
        Ok(Self { disk, log, control, epoch_last, scanner, phase, files, statistics })
    }

    /// The next thing that the kernel needs, or nothing when it has all.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        Ok(match self.advance()? {
            Step::State => Some(Item::State(&self.control.state)),
            Step::Summary { lsn, len, kind, flags } => {
                self.statistics.live_records += 1;
                self.statistics.live_bytes += u64::from(len);
                let Phase::Sealed(_, Some(sealed)) = &self.phase else { unreachable_phase() };
                Some(Item::Live(LiveRecord { lsn, len, kind, flags, head: sealed.cursor.head(kind) }))
            }
            Step::Group { lsn, record, is_live_only } => {
                let len = record.len() as u32;
                let raw = RawRecord::first(self.scanner.bytes(record));
                let view = raw.and_then(|r| r.view()).expect("the group has been checked");
                if is_live_only {
                    self.statistics.live_records += 1;
                    self.statistics.live_bytes += u64::from(len);
                    let RecordView { kind, flags, head, .. } = view;
                    Some(Item::Live(LiveRecord { lsn, len, kind, flags, head }))
                } else {
                    self.statistics.replayed_records += 1;
                    self.statistics.replayed_bytes += u64::from(len);
                    Some(Item::Record { lsn, record: view })
                }
            }
            Step::End => None,
        })
    }

    /// As [`Log::release`], for what replay finds to be dead. Also for a record that has been delivered
    /// just now, but for none that is still to come.
    pub fn release(&mut self, lsn: Lsn, len: u32) -> bool {
        self.log.release(lsn, len)
    }

    /// A whole record that has been delivered, proved; open it with [`RecordView::of_proved`].
    pub fn read(&mut self, lsn: Lsn, len: u32) -> Result<Result<Bytes, Damaged>, Error> {
        let Some(at) = self.log.extent_at(lsn) else { return Ok(Err(Damaged)) };
        let found = &self.log.extents[at];
        let Some(((offset, _), seed)) = found.place(lsn).zip(found.seed(self.log.seed, lsn)) else {
            return Ok(Err(Damaged));
        };
        let file = self.disk.open(&extent::file_name(found.number))?;
        let skip = (offset % PAGE as u64) as usize;
        let mut bytes = Aligned::for_len(skip + len as usize);
        if let Err(e) = self.disk.read_at(&file, offset - skip as u64, &mut bytes) {
            let is_short = e.kind() == io::ErrorKind::UnexpectedEof;
            return if is_short { Ok(Err(Damaged)) } else { Err(e.into()) };
        }
        let record = &bytes[skip..skip + len as usize];
        Ok(RecordView::open(record, seed).map(|_| Bytes::copy_from_slice(record)))
    }

    /// The epoch of the run that begins.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.log.epoch
    }

    /// How far the log has come, as far as its control file knows.
    #[must_use]
    pub fn position(&self) -> Position {
        let Control { epoch, sequence, durable, .. } = self.control;
        Position { epoch, sequence, durable }
    }

    /// Identity of the log.
    #[must_use]
    pub fn id(&self) -> LogId {
        self.control.id
    }

    /// After [`Recovery::next`] has yielded nothing: tells the end of the log durably and gives the log,
    /// ready to append. Whatever is left is read and checked first, but not delivered.
    pub fn finish(mut self) -> Result<(Log, Statistics), Error> {
        while self.next()?.is_some() {}
        self.gather_spares()?;
        self.control.durable = self.log.durable;
        self.control.void_sequence = self.log.sequence_next;
        self.control.void_epoch = self.log.epoch;
        self.write_control()?;
        let checkpoints = &mut self.log.checkpoints;
        checkpoints.void_sequence = self.control.void_sequence;
        checkpoints.void_epoch = self.control.void_epoch;
        checkpoints.last = self.control.checkpoint;
        checkpoints.scan_extent = self.control.scan_extent;
        checkpoints.media = self.control.media;
        checkpoints.media_durable = self.control.media;
        self.statistics.scanned_bytes = self.scanner.pages_read * PAGE as u64;
        Ok((self.log, self.statistics))
    }

    /// Writes the two oldest copies with the next sequence.
    fn write_control(&mut self) -> Result<(), Error> {
        let copies = &mut self.log.checkpoints.copies;
        self.control.sequence = copies.iter().max().map_or(1, |last| last + 1);
        let bytes = self.control.encode();
        for copy in oldest_two(copies) {
            if !write_control(&*self.disk, copy, &bytes)? {
                return Err(Error::Io(io::ErrorKind::StorageFull.into()));
            }
            copies[copy] = self.control.sequence;
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Step, Error> {
        loop {
            match &mut self.phase {
                Phase::State => {
                    self.phase = Phase::Sealed(0, None);
                    return Ok(Step::State);
                }
                Phase::Sealed(_, Some(_)) => match self.next_in_summary()? {
                    Some(step) => return Ok(step),
                    None => {
                        if let Phase::Sealed(_, sealed) = &mut self.phase {
                            *sealed = None;
                        }
                    }
                },
                Phase::Sealed(opened, None) => {
                    let at = *opened;
                    if at < self.control.extents.len() {
                        let sealed = self.open_sealed(at)?;
                        self.phase = Phase::Sealed(at + 1, Some(Box::new(sealed)));
                    } else {
                        self.phase = Phase::Groups(self.begin_walk());
                    }
                }
                Phase::Groups(walk) if walk.group.is_some() => {
                    if let Some(step) = self.next_in_group() {
                        return Ok(step);
                    }
                }
                Phase::Groups(_) => {
                    if !self.next_group()? {
                        self.cut()?;
                        self.phase = Phase::End;
                    }
                }
                Phase::End => return Ok(Step::End),
            }
        }
    }

    /// Brings a sealed extent back: its groups, and its records to be gone over.
    fn open_sealed(&mut self, at: usize) -> Result<Sealed, Error> {
        let wanted = &self.control.extents[at];
        let mut extent = Extent::sealed(wanted.number, wanted.lsn, wanted.sequence, wanted.summary_len);
        extent.lsn_end = wanted.lsn_end;
        let subject = extent.subject(self.control.id);
        extent.lsn_end = wanted.lsn;
        let (number, blocks, count) = (wanted.number, wanted.blocks, wanted.bits.count);
        let damaged = |what| Error::Damaged { lsn: subject.lsn, extent: number, offset: 0, what };
        let header = self.scanner.extent_header(number)?;
        if header.is_none_or(|h| h.lsn != subject.lsn || h.sequence != subject.sequence) {
            let error = damaged("extent missing or its header damaged");
            return Err(self.explained(number, error)?);
        }
        let offset = u64::from(blocks) * PAGE as u64;
        let pages =
            (wanted.summary_len as usize).div_ceil(PAGE).min((self.control.extent_pages - blocks) as usize);
        let mut bytes = Aligned::pages(pages);
        let file = self.disk.open(&extent::file_name(number))?;
        self.disk.read_at(&file, offset, &mut bytes)?;
        let mut groups = Summary::open(&bytes, &subject).and_then(|mut s| s.groups());
        if groups.is_none() {
            bytes = self.rebuild_summary(at)?;
            self.disk.write_at(&file, offset, &bytes)?;
            self.statistics.summaries_rebuilt += 1;
            groups = Summary::open(&bytes, &subject).and_then(|mut s| s.groups());
        }
        let groups = groups.ok_or_else(|| damaged("summary does not match the control file"))?;
        groups.into_iter().for_each(|group| extent.add_group(group));
        let summary = Summary::open(&bytes, &subject).filter(|s| s.record_count() == count);
        let summary = summary.filter(|_| extent.lsn_end == subject.lsn_end && extent.blocks == blocks);
        let summary = summary.ok_or_else(|| damaged("summary does not match the control file"))?;
        let (cursor, records) = summary.records();
        self.log.extents.push(extent);
        Ok(Sealed { bytes, records, cursor, ordinal: 0 })
    }

    /// Makes the summary of a sealed extent again, from its groups, all of which must be intact.
    fn rebuild_summary(&mut self, at: usize) -> Result<Aligned, Error> {
        let wanted = &self.control.extents[at];
        let (number, blocks, lsn_end) = (wanted.number, wanted.blocks, wanted.lsn_end);
        let mut extent = Extent::begin(number, wanted.lsn, wanted.sequence);
        let mut expected = Expected {
            lsn: wanted.lsn,
            sequence: wanted.sequence,
            epoch: Epoch(0),
            void_sequence: self.control.void_sequence,
            void_epoch: Epoch(0),
        };
        while extent.blocks < blocks {
            let block = extent.blocks;
            let Some((header, records)) = self.scanner.group_at(number, block, &expected)? else {
                let offset = u64::from(block) * PAGE as u64;
                let what = "summary and group damaged";
                return Err(Error::Damaged { lsn: expected.lsn, extent: number, offset, what });
            };
            add_group(&mut extent, &header, self.scanner.bytes(records), |_, _| true)?;
            expected = Expected {
                lsn: header.lsn_end(),
                sequence: header.sequence + 1,
                epoch: header.epoch,
                ..expected
            };
        }
        let extent::SummaryState::Building(builder) = &extent.summary else { unreachable_phase() };
        let subject = extent.subject(self.control.id);
        if extent.lsn_end != lsn_end || extent.blocks != blocks {
            let what = "extent does not match the control file";
            return Err(Error::Damaged { lsn: extent.lsn, extent: number, offset: 0, what });
        }
        Ok(builder.finish(&subject))
    }

    /// The next live record of the sealed extent being read.
    fn next_in_summary(&mut self) -> Result<Option<Step>, Error> {
        let Phase::Sealed(opened, Some(sealed)) = &mut self.phase else { return Ok(None) };
        let bits = &self.control.extents[*opened - 1].bits;
        let extent = self.log.extents.last_mut().expect("open_sealed has added the extent");
        loop {
            let entry = sealed.cursor.next(&sealed.bytes[sealed.records.clone()]);
            let what = "summary makes no sense";
            let damaged = Error::Damaged { lsn: extent.lsn, extent: extent.number, offset: 0, what };
            let Some(entry) = entry.map_err(|_| damaged)? else { return Ok(None) };
            let is_live = bits.get(sealed.ordinal);
            sealed.ordinal += 1;
            extent.add_record(entry, is_live);
            if is_live {
                let Entry { offset, len, kind, flags, .. } = entry;
                return Ok(Some(Step::Summary { lsn: extent.lsn + offset, len, kind, flags }));
            }
        }
    }

    fn begin_walk(&self) -> Walk {
        let c = &self.control;
        let expected = Expected {
            lsn: c.scan_lsn,
            sequence: c.scan_sequence,
            epoch: Epoch(0),
            void_sequence: c.void_sequence,
            void_epoch: c.void_epoch,
        };
        Walk { expected, extent: c.scan_extent, block: 0, ordinal: 0, group: None }
    }

    /// Finds the next group of the log, in this extent or at the beginning of the next.
    fn next_group(&mut self) -> Result<bool, Error> {
        let Phase::Groups(walk) = &mut self.phase else { return Ok(false) };
        let mut found = None;
        if walk.block > 0 {
            found = self.scanner.group_at(walk.extent, walk.block, &walk.expected)?;
        }
        if found.is_none() {
            let number = if walk.block > 0 { walk.extent + 1 } else { walk.extent };
            if self.scanner.continues_in(number, &walk.expected)? {
                found = self.scanner.group_at(number, 1, &walk.expected)?;
            }
            if found.is_some() {
                self.log.seal_extent();
                let Expected { lsn, sequence, .. } = walk.expected;
                self.log.extents.push(Extent::begin(number, lsn, sequence));
                walk.extent = number;
                walk.block = 1;
            }
        }
        let Some((header, records)) = found else { return Ok(false) };
        if header.epoch > self.epoch_last {
            return Err(Error::Control("the log has been used after these were written"));
        }
        let extent = self.log.extents.last_mut().expect("begun above, or by an earlier group");
        let (checkpoint, tail, ordinal) = (self.control.checkpoint, &self.control.tail, &mut walk.ordinal);
        add_group(extent, &header, self.scanner.bytes(records.clone()), |lsn, is_anchored| {
            if lsn >= checkpoint || !is_anchored {
                return true;
            }
            *ordinal += 1;
            tail.get(*ordinal - 1)
        })?;
        walk.block += header.blocks();
        walk.expected.lsn = header.lsn_end();
        walk.expected.sequence = header.sequence + 1;
        walk.expected.epoch = header.epoch;
        walk.group = Some((header.lsn, records, 0));
        Ok(true)
    }

    /// The next record of the group that the kernel has to see.
    fn next_in_group(&mut self) -> Option<Step> {
        let Phase::Groups(walk) = &mut self.phase else { return None };
        while let Some((lsn, records, at)) = &mut walk.group {
            let rest = records.start + *at..records.end;
            let Some(raw) = RawRecord::first(self.scanner.bytes(rest.clone())) else { break };
            let len = raw.bytes.len();
            let lsn = *lsn + *at as u64;
            *at += len;
            let record = rest.start..rest.start + len;
            if lsn >= self.control.checkpoint {
                return Some(Step::Group { lsn, record, is_live_only: false });
            }
            let is_anchored = Kind::from_u8(raw.kind()).is_some_and(Kind::is_anchored);
            if is_anchored && self.log.is_live(lsn) {
                return Some(Step::Group { lsn, record, is_live_only: true });
            }
        }
        walk.group = None;
        None
    }

    /// The log ends here: as it should, or because something is damaged.
    fn cut(&mut self) -> Result<(), Error> {
        let Phase::Groups(walk) = &self.phase else { return Ok(()) };
        let Walk { expected, extent, block, .. } = *walk;
        let is_short = walk_is_short(&self.control, walk);
        // The group that is missing may have begun the next extent.
        let is_in_next = block > 0 && self.scanner.continues_in(extent + 1, &expected)?;
        let (number, block) = if is_in_next { (extent + 1, 1) } else { (extent, block.max(1)) };
        let first =
            if self.log.extents.last().is_some_and(|e| e.number >= number) { number + 1 } else { number };
        if let Err(error) = self.check_files(first, expected.lsn) {
            return Err(self.explained(first, error)?);
        }
        self.check_places(number, &expected)?;
        let later: Vec<u32> = self.files.range(number + 1..).copied().collect();
        let is_damaged = self.control.durable > expected.lsn
            || self.scanner.has_witness(number, block, &later, &expected)?
            || is_short;
        if is_damaged {
            let offset = u64::from(block) * PAGE as u64;
            let what = "a group that had been durable is not there";
            let error = Error::Damaged { lsn: expected.lsn, extent: number, offset, what };
            // The group that is missing may have begun the next one.
            let error = self.explained(number, error)?;
            let is_misplaced = matches!(error, Error::Misplaced { .. });
            return Err(if is_misplaced { error } else { self.explained(number + 1, error)? });
        }
        let begun = self.log.extents.last().filter(|e| e.number >= self.control.scan_extent);
        self.log.upkeep.current = begun.map_or(self.control.scan_extent - 1, |e| e.number);
        self.log.resume_at(expected.lsn, expected.sequence);
        Ok(())
    }

    /// The extent that the log goes on with is there, and of its full size, if there are any after it. They are used
    /// in the order of their numbers, so those after it are empty, and one that lacks there is made again.
    fn check_files(&self, first: u32, lsn: Lsn) -> Result<(), Error> {
        // Nothing follows the checkpoint of a clean end.
        let is_empty = self.statistics.was_clean && lsn == self.control.checkpoint;
        if is_empty || self.files.last().is_none_or(|last| *last < first) {
            return Ok(());
        }
        let is_whole = self.files.contains(&first) && {
            let file = self.disk.open(&extent::file_name(first))?;
            self.disk.size(&file)? == self.log.config.extent_bytes()
        };
        if !is_whole {
            let what = "an extent is missing or has lost its end, and the log may have gone on in it";
            return Err(Error::Damaged { lsn, extent: first, offset: 0, what });
        }
        Ok(())
    }

    /// No extent that a log could go on in has the name of another. An empty one still has the number of its life before,
    /// which was freed: a smaller one than the checkpoint's.
    fn check_places(&mut self, first: u32, expected: &Expected) -> Result<(), Error> {
        let files: Vec<u32> = self.files.range(first..).copied().collect();
        for file in files {
            let Some(header) = self.scanner.header_in(file)? else { continue };
            let is_other = header.number != file && header.number >= self.control.scan_extent;
            if is_other && !expected.is_void(header.sequence, header.epoch) {
                let holds = Some(header.number);
                return Err(Error::Misplaced { extent: file, holds, found_in: self.file_with(file)? });
            }
        }
        Ok(())
    }

    /// The file of another name that holds an extent.
    fn file_with(&mut self, number: u32) -> Result<Option<u32>, Error> {
        for file in self.files.clone() {
            if file != number && self.scanner.header_in(file)?.is_some_and(|h| h.number == number) {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    /// The error, or what explains it: another extent stands in the place of this one, or this one in that of another.
    fn explained(&mut self, number: u32, error: Error) -> Result<Error, Error> {
        let holds = self.scanner.header_in(number)?.map(|h| h.number).filter(|holds| *holds != number);
        let found_in = self.file_with(number)?;
        // An empty extent still has the number of its life before, which was a smaller one.
        let is_misplaced = found_in.is_some() || holds.is_some_and(|holds| holds > number);
        Ok(if is_misplaced { Error::Misplaced { extent: number, holds, found_in } } else { error })
    }

    /// Gives the numbers after the current one to whatever else there is of extents.
    fn gather_spares(&mut self) -> Result<(), Error> {
        let current = self.log.upkeep.current;
        let config = self.log.config.clone();
        let used: BTreeSet<u32> = self.log.extents.iter().map(|e| e.number).collect();
        let kept: Vec<_> =
            self.control.kept.iter().filter(|k| self.files.contains(&k.number)).copied().collect();
        let mut spares: Vec<u32> = Vec::new();
        for number in self.files.iter().copied().filter(|n| !used.contains(n)) {
            let is_kept = kept.iter().any(|k| k.number == number);
            let is_foreign = config.log_type != LogType::Circular && number < current;
            // A linear log's old extents belong to the administrator, whether we still list them or not.
            if is_kept || is_foreign {
                continue;
            }
            let file = self.disk.open(&extent::file_name(number))?;
            if self.disk.size(&file)? == config.extent_bytes() {
                spares.push(number);
            } else {
                self.disk.remove(&extent::file_name(number))?;
            }
        }
        // A creation that was cut short.
        let names = self.disk.list()?;
        for name in names.iter().filter(|name| [control::FILE_NEW, extent::FILE_NEW].contains(&name.as_str()))
        {
            self.disk.remove(name)?;
        }
        spares.sort_unstable();
        let wanted = config.ready_max() as usize;
        let mut ready = Vec::new();
        while ready.len() < wanted && !spares.is_empty() {
            let number = current + 1 + ready.len() as u32;
            if let Ok(at) = spares.binary_search(&number) {
                spares.remove(at);
            } else {
                // The last one: its number is either the greatest or that of a freed extent.
                let from = spares.pop().expect("checked just now");
                self.disk.rename(&extent::file_name(from), &extent::file_name(number))?;
                // One by one, so that no power cut leaves a gap.
                self.disk.sync_dir()?;
            }
            ready.push(number);
        }
        for number in spares.into_iter().rev() {
            self.disk.remove(&extent::file_name(number))?;
            self.disk.sync_dir()?;
        }
        self.disk.sync_dir()?;
        self.log.upkeep.ready = ready.into();
        self.log.upkeep.kept = kept;
        Ok(())
    }
}

/// Whether the log ends before the checkpoint that it was found by.
fn walk_is_short(control: &Control, walk: &Walk) -> bool {
    walk.expected.lsn < control.checkpoint || walk.ordinal != control.tail.count
}

fn unreachable_phase() -> ! {
    unreachable!("the phase has been matched by the caller")
}

/// Adds a group that is known to be intact to its extent. `is_live` is asked for every record, with its
/// LSN and whether it is anchored.
fn add_group(
    extent: &mut Extent,
    header: &GroupHeader,
    records: &[u8],
    mut is_live: impl FnMut(Lsn, bool) -> bool,
) -> Result<(), Error> {
    let base = (header.lsn - extent.lsn) as u32;
    for (offset, raw) in group::Records::new(records) {
        let lsn = header.lsn + offset;
        let Some(view) = raw.view() else { return Err(Error::UnknownKind { lsn, kind: raw.kind() }) };
        let live = is_live(lsn, view.kind.is_anchored());
        if view.kind.is_anchored() {
            let (kind, flags, head, len) = (view.kind, view.flags, view.head, view.len());
            extent.add_record(Entry { offset: base + offset, len, kind, flags, head }, live);
        }
    }
    extent.add_group(GroupEntry::from(header));
    Ok(())
}

/// A copy of the control file as it was found.
pub(crate) enum Copy {
    Whole(Box<Control>),
    /// Never written, or not there.
    Blank,
    Damaged,
}

pub(crate) fn read_copies<D: Disk>(disk: &D) -> Result<[Copy; FILES.len()], Error> {
    let mut copies = [Copy::Blank, Copy::Blank, Copy::Blank];
    for (copy, name) in copies.iter_mut().zip(FILES) {
        let file = match disk.open(name) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e.into()),
        };
        *copy = read_copy(disk, &file)?;
    }
    Ok(copies)
}

fn read_copy<D: Disk>(disk: &D, file: &D::File) -> Result<Copy, Error> {
    let size = disk.size(file)?;
    if size < PAGE as u64 {
        return Ok(if size == 0 { Copy::Blank } else { Copy::Damaged });
    }
    let mut bytes = Aligned::pages(1);
    disk.read_at(file, 0, &mut bytes)?;
    let len = Control::len_of(&bytes);
    if len > control::LEN_MAX || len.next_multiple_of(PAGE) as u64 > size {
        return Ok(Copy::Damaged);
    }
    if len > PAGE {
        bytes = Aligned::for_len(len);
        disk.read_at(file, 0, &mut bytes)?;
    }
    Ok(match Control::decode(&bytes) {
        Some(control) => Copy::Whole(Box::new(control)),
        None if bytes.iter().all(|b| *b == 0) => Copy::Blank,
        None => Copy::Damaged,
    })
}

/// The copy to go by, and the sequences of all.
pub(crate) fn newest(copies: &[Copy; FILES.len()]) -> Result<(Control, [u64; FILES.len()]), Error> {
    let mut sequences = [0; FILES.len()];
    let mut newest: Option<&Control> = None;
    for (copy, sequence) in copies.iter().zip(&mut sequences) {
        let Copy::Whole(control) = copy else { continue };
        *sequence = control.sequence;
        if newest.is_some_and(|n| n.id != control.id) {
            return Err(Error::Control("they are of different logs"));
        }
        if newest.is_none_or(|n| n.sequence < control.sequence) {
            newest = Some(control);
        }
    }
    let newest = newest.ok_or(Error::Control("none is there that is whole"))?;
    Ok((newest.clone(), sequences))
}
