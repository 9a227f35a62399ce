//! The log of a running queue manager, without the disk: records come in, groups go out, and what has
//! been forced is known in order.
//!
//! ```text
//!            append            seal                 written
//! Record ─────────────► Batch ──────► GroupWrite ─────────────► durable LSN
//!             open, then closed       in flight, several
//! ```
//!
//! A batch gets its place, sequence and durable LSN only when it is sealed, so what is appended during
//! a force goes out with the next, and the record of a position does not depend on the disk.
//!
//! Invariants: LSNs are dense; groups stand one after the other, with sequences one apart; the durable
//! LSN advances only over groups that are all written; a record is accounted in its batch until that is
//! sealed, then in its extent.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::buffer::{Aligned, PAGE};
use crate::checkpoint::Checkpoints;
use crate::config::Config;
use crate::effect::Effect;
use crate::extent::{Extent, ExtentHeader, SummaryState};
use crate::group::{self, GroupHeader};
use crate::live::Live;
use crate::lsn::{Epoch, Lsn, Position};
use crate::pack::Packing;
use crate::record::{LogId, RawRecord, Record, RecordView, Seed};
use crate::summary::{self, Entry, GroupEntry, SealedSummary};
use crate::upkeep::Upkeep;

/// Buffers kept for the next groups.
const POOL: usize = 8;
/// Where the records of a batch begin in its buffer: after room for the header of an extent, which goes
/// out with the first group, and the header of the group.
const RECORDS_AT: usize = PAGE + group::HEADER;

/// Names a group on its way to the disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// A group to write and force. Several may be under way at once and complete in any order.
#[derive(Clone, Debug)]
pub struct GroupWrite {
    /// To name it in [`Log::written`].
    pub ticket: Ticket,
    /// Number of the extent.
    pub extent: u32,
    /// Offset in the extent in bytes, a multiple of the page size.
    pub offset: u64,
    buffer: Arc<Aligned>,
    start: usize,
    end: usize,
}

impl GroupWrite {
    /// What to write: whole pages, aligned. Drop the group before calling [`Log::written`], so that
    /// its buffer can be used again.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
}

/// Where a durable record stands, and what proves it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Number of the extent.
    pub extent: u32,
    /// Offset in the extent in bytes.
    pub offset: u64,
    /// Bytes of the record.
    pub len: u32,
    /// For [`RecordView::open`].
    pub seed: Seed,
    /// What stands before this offset of the extent is durable and never changes: a reader may read
    /// ahead so far.
    pub readable: u64,
}

/// The log. See the module header.
pub struct Log {
    pub(crate) config: Config,
    pub(crate) id: LogId,
    pub(crate) seed: u32,
    pub(crate) epoch: Epoch,
    pub(crate) now_ms: u64,

    pub(crate) lsn_next: Lsn,
    pub(crate) durable: Lsn,
    pub(crate) sequence_next: u64,
    /// The greatest durable LSN that something durable tells.
    pub(crate) witnessed: Lsn,
    /// Extent and page up to which everything is durable.
    pub(crate) durable_end: (u32, u32),

    open: Batch,
    closed: VecDeque<Batch>,
    in_flight: VecDeque<InFlight>,
    pool: Vec<Batch>,
    marker: Marker,

    /// In order of number, which is that of LSN. The last one may be open for more groups.
    pub(crate) extents: Vec<Extent>,
    pub(crate) effects: VecDeque<Effect>,
    pub(crate) upkeep: Upkeep,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) packing: Packing,
}

/// Records that will be one group.
struct Batch {
    buffer: Aligned,
    lsn: Lsn,
    bytes: usize,
    records: u32,
    live: Live,
    /// Upper bound of what its anchored records take in a summary.
    entries: usize,
}

struct InFlight {
    ticket: Ticket,
    lsn: Lsn,
    lsn_end: Lsn,
    durable: Lsn,
    end: (u32, u32),
    buffer: Arc<Aligned>,
    /// Its contents are in the extent by now; only the memory is kept.
    live: Live,
    is_written: bool,
}

/// Empty extents that will be left, fewer than none if not all appended records find a place; and how far
/// the last one will be filled, with pages and with entries of its summary.
pub(crate) struct Forecast {
    pub(crate) ready: i64,
    blocks: u32,
    entries: usize,
}

/// Whether the last group still needs a witness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    /// Something durable tells that all groups were, or a group is under way that will.
    NotNeeded,
    /// When nothing happens until then.
    At(u64),
    /// Now.
    Due,
}

impl Batch {
    fn new(config: &Config) -> Self {
        let longest = (config.record_len_max(0) as usize).max(config.group_bytes_max());
        Self {
            buffer: Aligned::for_len(RECORDS_AT + longest),
            lsn: Lsn::NONE,
            bytes: 0,
            records: 0,
            live: Live::default(),
            entries: 0,
        }
    }

    fn reset(&mut self, lsn: Lsn) {
        self.lsn = lsn;
        self.bytes = 0;
        self.records = 0;
        self.live.clear();
        self.entries = 0;
    }

    fn lsn_end(&self) -> Lsn {
        self.lsn + self.bytes as u64
    }

    fn record(&self, offset: u32) -> Option<RawRecord<'_>> {
        let records = &self.buffer[RECORDS_AT..RECORDS_AT + self.bytes];
        RawRecord::first(records.get(offset as usize..)?)
    }
}

impl Log {
    pub(crate) fn new(config: Config, id: LogId, epoch: Epoch) -> Self {
        let mut open = Batch::new(&config);
        open.reset(Lsn::FIRST);
        Self {
            config,
            id,
            seed: id.seed(),
            epoch,
            now_ms: 0,
            lsn_next: Lsn::FIRST,
            durable: Lsn::FIRST,
            sequence_next: 1,
            witnessed: Lsn::FIRST,
            durable_end: (0, 0),
            open,
            closed: VecDeque::new(),
            in_flight: VecDeque::new(),
            pool: Vec::new(),
            marker: Marker::NotNeeded,
            extents: Vec::new(),
            effects: VecDeque::new(),
            upkeep: Upkeep::default(),
            checkpoints: Checkpoints::default(),
            packing: Packing::default(),
        }
    }

    /// Sets where appending goes on after restart: everything before is durable.
    pub(crate) fn resume_at(&mut self, lsn: Lsn, sequence: u64) {
        self.lsn_next = lsn;
        self.durable = lsn;
        self.witnessed = lsn;
        self.sequence_next = sequence;
        self.open.reset(lsn);
        self.durable_end = self.extents.last().map_or((0, 0), |e| (e.number, e.blocks));
    }

    /// Appends a record; gives its position, which is what [`Log::lsn_next`] was. It is durable when the
    /// durable LSN is greater than that.
    ///
    /// # Panics
    ///
    /// If the record is longer than [`Config::record_len_max`] for its head, or the head longer than
    /// 65,535 bytes: whoever splits messages into parts has to respect that.
    pub fn append(&mut self, record: &Record) -> Lsn {
        let len = record.len();
        assert!(record.head.len() <= usize::from(u16::MAX), "a head has at most 65,535 bytes");
        assert!(len <= self.config.record_len_max(record.head.len()), "a record fits an extent");
        let entry = if record.kind.is_anchored() { summary::entry_bound(record.head.len()) } else { 0 };
        if self.open.records > 0 && !self.fits_open_batch(len as usize, entry) {
            self.close_batch();
        }
        let lsn = self.lsn_next;
        let batch = &mut self.open;
        let at = RECORDS_AT + batch.bytes;
        record.write(&mut batch.buffer[at..at + len as usize], Seed::new(self.seed, self.epoch, lsn));
        if record.kind.is_anchored() {
            batch.live.push(batch.bytes as u32, len, true);
            batch.entries += entry;
        }
        batch.bytes += len as usize;
        batch.records += 1;
        self.lsn_next = lsn + len;
        if record.flags & crate::MOVED != 0 {
            self.packing.moved(len);
        }
        lsn
    }

    /// The position that the next record will get.
    #[must_use]
    pub fn lsn_next(&self) -> Lsn {
        self.lsn_next
    }

    /// Everything before this is durable, in order.
    #[must_use]
    pub fn durable(&self) -> Lsn {
        self.durable
    }

    /// How far this log has come, as its control file tells. That is durable.
    #[must_use]
    pub fn position(&self) -> Position {
        let sequence = self.checkpoints.copies.iter().copied().max().unwrap_or(0);
        Position { epoch: self.epoch, sequence, durable: self.checkpoints.last }
    }

    /// The epoch of this run.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The settings, with the size of extents as it was at creation.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bytes of records that are not yet durable.
    #[must_use]
    pub fn unforced(&self) -> u64 {
        self.lsn_next - self.durable
    }

    /// Groups under way to the disk.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    fn fits_open_batch(&self, len: usize, entry: usize) -> bool {
        let bytes = self.open.bytes + len;
        let entries = self.open.entries + entry + summary::GROUP_BOUND;
        // Alone in an extent the group has room with its summary; see `record_len_max` for one record.
        let pages = group::blocks_for(bytes) + summary::blocks_for(entries);
        bytes <= self.config.group_bytes_max() && pages < self.config.extent_pages
    }

    fn close_batch(&mut self) {
        let mut next = self.pool.pop().unwrap_or_else(|| Batch::new(&self.config));
        next.reset(self.lsn_next);
        self.closed.push_back(std::mem::replace(&mut self.open, next));
    }

    /// The next group to write, if there is one, room for it, and not too many are under way. Call this
    /// whenever the disk is free, and again until it yields nothing.
    pub fn seal(&mut self) -> Option<GroupWrite> {
        if self.in_flight.len() >= self.config.in_flight_max {
            return None;
        }
        if self.closed.is_empty() {
            if self.open.records == 0 && !self.is_marker_due() {
                return None;
            }
            self.close_batch();
        }
        let batch = self.closed.front()?;
        let blocks = group::blocks_for(batch.bytes);
        let has_room = |e: &Extent| e.has_room(self.config.extent_pages, blocks, batch.entries);
        let is_first = !self.extents.last().is_some_and(has_room);
        if is_first {
            let number = self.upkeep.take_ready()?;
            self.seal_extent();
            self.extents.push(Extent::begin(number, self.closed.front()?.lsn, self.sequence_next));
        }
        let batch = self.closed.pop_front()?;
        self.marker = Marker::NotNeeded;
        Some(self.send(batch, blocks, is_first))
    }

    /// A marker takes no extent that others may need more.
    fn is_marker_due(&self) -> bool {
        let has_room = |e: &Extent| e.has_room(self.config.extent_pages, 1, 0);
        self.marker == Marker::Due
            && (self.extents.last().is_some_and(has_room) || self.upkeep.ready.len() > 1)
    }

    /// Gives a batch its place at the end of the last extent.
    fn send(&mut self, mut batch: Batch, blocks: u32, is_first: bool) -> GroupWrite {
        let extent = self.extents.last_mut().expect("seal has begun an extent if there was none");
        let block = extent.blocks;
        let header = GroupHeader {
            flags: if batch.records == 0 { group::MARKER } else { 0 },
            bytes: batch.bytes as u32,
            records: batch.records,
            sequence: self.sequence_next,
            epoch: self.epoch,
            extent: extent.number,
            lsn: batch.lsn,
            durable: self.durable,
            block,
        };
        let end = PAGE + blocks as usize * PAGE;
        batch.buffer[RECORDS_AT + batch.bytes..end].fill(0);
        header.write(&mut batch.buffer[PAGE..], self.seed, self.id.short());
        if is_first {
            let first = ExtentHeader {
                number: extent.number,
                pages: self.config.extent_pages,
                lsn: batch.lsn,
                sequence: self.sequence_next,
                durable: self.durable,
                epoch: self.epoch,
            };
            batch.buffer[..PAGE].fill(0);
            first.write(&mut batch.buffer, self.id);
        }
        let base = (batch.lsn - extent.lsn) as u32;
        for (at, offset) in batch.live.offsets.iter().enumerate() {
            let view = batch.record(*offset).and_then(|raw| raw.view()).expect("append wrote a record there");
            let (kind, flags, head, len) = (view.kind, view.flags, view.head, view.len());
            let entry = Entry { offset: base + offset, len, kind, flags, head };
            extent.add_record(entry, batch.live.bits.get(at as u32));
        }
        extent.add_group(GroupEntry::from(&header));
        self.sequence_next += 1;
        let ticket = Ticket(header.sequence);
        let end_block = (extent.number, extent.blocks);
        let (number, lsn, lsn_end) = (extent.number, batch.lsn, batch.lsn_end());
        let buffer = Arc::new(batch.buffer);
        self.in_flight.push_back(InFlight {
            ticket,
            lsn,
            lsn_end,
            durable: header.durable,
            end: end_block,
            buffer: Arc::clone(&buffer),
            live: batch.live,
            is_written: false,
        });
        let start = if is_first { 0 } else { PAGE };
        let offset = if is_first { 0 } else { block as usize * PAGE } as u64;
        GroupWrite { ticket, extent: number, offset, buffer, start, end }
    }

    /// Ends the last extent: its summary goes to the disk unless nothing in it is live.
    pub(crate) fn seal_extent(&mut self) {
        self.checkpoints.is_recount_due = true;
        let Some(extent) = self.extents.last_mut() else { return };
        let SummaryState::Building(builder) = &mut extent.summary else { return };
        // With nothing live no later checkpoint names this extent, and an earlier one has it scanned.
        if extent.live.count == 0 {
            extent.summary = SummaryState::Written(0);
            extent.live.shrink();
            return;
        }
        let builder = std::mem::take(builder);
        extent.summary = SummaryState::Writing((summary::HEADER + builder.len()) as u32);
        let offset = u64::from(extent.blocks) * PAGE as u64;
        let summary = SealedSummary { builder, subject: extent.subject(self.id) };
        self.effects.push_back(Effect::WriteSummary { extent: extent.number, offset, summary });
    }

    /// A group has been forced. Gives the durable LSN, which advances when all groups before are too.
    pub fn written(&mut self, ticket: Ticket, now_ms: u64) -> Lsn {
        self.now_ms = self.now_ms.max(now_ms);
        if let Some(group) = self.in_flight.iter_mut().find(|g| g.ticket == ticket) {
            group.is_written = true;
        }
        while self.in_flight.front().is_some_and(|g| g.is_written) {
            let Some(group) = self.in_flight.pop_front() else { break };
            assert!(group.lsn_end >= self.durable, "the durable LSN never goes back");
            self.durable = group.lsn_end;
            self.durable_end = group.end;
            self.witnessed = self.witnessed.max(group.durable);
            if let Ok(buffer) = Arc::try_unwrap(group.buffer)
                && self.pool.len() < POOL
            {
                let live = group.live;
                self.pool.push(Batch { buffer, lsn: Lsn::NONE, bytes: 0, records: 0, live, entries: 0 });
            }
        }
        if self.in_flight.is_empty() && self.durable > self.witnessed {
            self.marker = Marker::At(self.now_ms + self.config.marker_ms);
        }
        self.durable
    }

    /// Time passes: markers, checkpoints that wait, upkeep of extents and packing. Call it once a turn,
    /// then [`Log::poll_effect`] and [`Log::poll_relocation`] until they yield nothing.
    pub fn tick(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        if let Marker::At(at) = self.marker
            && self.now_ms >= at
        {
            self.marker = Marker::Due;
        }
        self.tick_checkpoint();
        self.tick_upkeep();
        self.tick_packing();
    }

    /// When [`Log::tick`] is due next, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let marker = match self.marker {
            Marker::At(at) => Some(at),
            Marker::NotNeeded | Marker::Due => None,
        };
        [marker, self.checkpoint_deadline(), self.upkeep.retry_at, self.packing_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next thing to do beside the groups. Answer it with [`Log::done`].
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// A record that is not yet durable, from memory.
    #[must_use]
    pub fn peek(&self, lsn: Lsn) -> Option<RecordView<'_>> {
        if lsn < self.durable || lsn >= self.lsn_next {
            return None;
        }
        let in_flight = self.in_flight.iter().map(|g| (g.lsn, g.lsn_end, &*g.buffer));
        let batches = self.closed.iter().chain([&self.open]).map(|b| (b.lsn, b.lsn_end(), &b.buffer));
        let (start, end, buffer) =
            in_flight.chain(batches).find(|(start, end, _)| (*start..*end).contains(&lsn))?;
        let records = &buffer[RECORDS_AT..RECORDS_AT + (end - start) as usize];
        RawRecord::first(&records[(lsn - start) as usize..])?.view()
    }

    /// Where a durable record stands. Nothing if it is not durable yet ([`Log::peek`] has it then) or
    /// its extent is gone.
    #[must_use]
    pub fn place(&self, lsn: Lsn, len: u32) -> Option<Place> {
        if lsn >= self.durable {
            return None;
        }
        let extent = &self.extents[self.extent_at(lsn)?];
        let (offset, epoch) = extent.place(lsn)?;
        let blocks = if extent.number == self.durable_end.0 { self.durable_end.1 } else { extent.blocks };
        let readable = u64::from(blocks) * PAGE as u64;
        let seed = Seed::new(self.seed, epoch, lsn);
        Some(Place { extent: extent.number, offset, len, seed, readable })
    }

    /// Index of the extent that a sealed record is in.
    pub(crate) fn extent_at(&self, lsn: Lsn) -> Option<usize> {
        let after = self.extents.partition_point(|e| e.lsn <= lsn);
        let at = after.checked_sub(1)?;
        (lsn < self.extents[at].lsn_end).then_some(at)
    }

    pub(crate) fn extent_index(&self, number: u32) -> Option<usize> {
        self.extents.binary_search_by_key(&number, |e| e.number).ok()
    }

    /// An anchored record is dead: `len` is [`Record::len`]. To be called in the turn that appended the
    /// record which killed it. Says whether it was live.
    pub fn release(&mut self, lsn: Lsn, len: u32) -> bool {
        for batch in self.closed.iter_mut().chain([&mut self.open]) {
            if lsn >= batch.lsn {
                if lsn < batch.lsn_end() {
                    return batch.live.release((lsn - batch.lsn) as u32, len);
                }
            } else {
                break;
            }
        }
        let Some(at) = self.extent_at(lsn) else { return false };
        let extent = &mut self.extents[at];
        let was_live = extent.live.release((lsn - extent.lsn) as u32, len);
        if was_live && extent.live.count == 0 && matches!(extent.summary, SummaryState::Written(_)) {
            extent.live.shrink();
            self.checkpoints.is_recount_due = true;
        }
        was_live
    }

    /// How many records are live, and the bytes they take of the log.
    #[must_use]
    pub fn live(&self) -> (u64, u64) {
        let sealed = self.extents.iter().map(|e| &e.live);
        sealed
            .chain(self.pending_live())
            .fold((0, 0), |(count, bytes), live| (count + u64::from(live.count), bytes + live.bytes))
    }

    /// How many extents the log stretches over from one position to another, both included: what a unit
    /// of work takes of the log. To be compared with `-lp` plus `-ls`.
    #[must_use]
    pub fn extents_between(&self, first: Lsn, last: Lsn) -> u32 {
        let number = |lsn: Lsn| {
            // Numbers ascend with LSNs, so an extent that is gone counts like the one that follows.
            let at = self.extents.partition_point(|e| e.lsn_end <= lsn);
            let at = at.min(self.extents.len().saturating_sub(1));
            self.extents.get(at).map_or(0, |e| e.number)
        };
        number(last).saturating_sub(number(first)) + 1
    }

    /// Whether what one more input makes the kernel append (up to 1 MiB, or half an extent if that is less)
    /// surely finds a place. While it may not, feed the kernel nothing: the checkpoint under way needs the
    /// rest of the room, and frees some. Only a full disk lets it come to this.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let turn = (group::LEN_MAX / PAGE).min(self.config.extent_pages as usize / 2) as u32;
        match self.forecast() {
            Forecast { ready, .. } if ready != 0 => ready > 0,
            Forecast { blocks, entries, .. } => {
                let summary = summary::blocks_for(entries + summary::GROUP_BOUND);
                u64::from(blocks) + u64::from(turn) + u64::from(summary)
                    <= u64::from(self.config.extent_pages)
            }
        }
    }

    /// Where the log will stand when everything appended so far has its place.
    pub(crate) fn forecast(&self) -> Forecast {
        let pages = u64::from(self.config.extent_pages);
        let current = self.extents.last().and_then(|e| match &e.summary {
            SummaryState::Building(builder) => Some((e.blocks, builder.len())),
            SummaryState::Writing(_) | SummaryState::Written(_) => None,
        });
        // Without a current extent the first group takes one.
        let (mut blocks, mut entries) = current.unwrap_or((self.config.extent_pages, 0));
        let mut ready = self.upkeep.ready.len() as i64;
        for batch in self.closed.iter().chain([&self.open]).filter(|b| b.records > 0) {
            let more = group::blocks_for(batch.bytes);
            let summary = summary::blocks_for(entries + batch.entries + summary::GROUP_BOUND);
            if u64::from(blocks) + u64::from(more) + u64::from(summary) > pages {
                ready -= 1;
                (blocks, entries) = (1, 0);
            }
            blocks += more;
            entries += batch.entries + summary::GROUP_BOUND;
        }
        Forecast { ready, blocks, entries }
    }

    /// Bits of the live records of batches that have no place yet, in order.
    pub(crate) fn pending_live(&self) -> impl Iterator<Item = &Live> {
        self.closed.iter().chain([&self.open]).map(|b| &b.live)
    }
}
