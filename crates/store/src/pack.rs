//! Packing: the live records of an extent that has few are moved forward through the kernel, so that
//! the extent can be freed and the disk holds little more than what is queued.
//!
//! ```text
//!        pick an extent        read a run                hand out each record       forced
//! Idle ─────────────────► ... ────────────► ReadRun ───► Relocation ──────────► ... ──────► next run
//! ```
//!
//! The kernel appends each record again, flagged as moved, and releases the old one. A run has 256 KiB;
//! the next is read when the records of the one before have been forced, so others' records share the
//! groups. The old extent is freed as any other: by a checkpoint, which is later than the moved records.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::buffer::{Aligned, PAGE};
use crate::effect::Effect;
use crate::extent::{Extent, SummaryState};
use crate::log::Log;
use crate::lsn::Lsn;
use crate::record::{Damaged, RawRecord};

/// Bytes that are read at once.
const RUN: u64 = 256 << 10;
/// Milliseconds from a search for an extent to pack that found none to the next: there may be thousands
/// to look at.
const PICK_MS: u64 = 20;
/// Milliseconds for which an extent that is worth packing is watched before it is packed, and the part of its live
/// bytes that it may lose meanwhile. One that loses more empties by itself: a queue drains in the order in which it
/// was filled, and moving what is about to be got would write half of it again.
const WATCH_MS: u64 = 250;
const WATCH_LOSS: u64 = 8;
/// Dead bytes between two live records that are read along rather than jumped over.
const GAP: u64 = 64 << 10;

/// A live record to be moved: the kernel appends it again with [`crate::MOVED`] and then releases it, or
/// marks its message when it is damaged. It ignores one that it has released since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// Where it is now.
    pub lsn: Lsn,
    /// The whole record, for [`RecordView::of_proved`](crate::RecordView::of_proved).
    pub bytes: Result<Bytes, Damaged>,
}

/// State of packing.
#[derive(Default)]
pub(crate) struct Packing {
    /// The extent, and where the next run begins, as a distance from its LSN.
    extent: Option<(u32, u32)>,
    run: Option<Run>,
    out: VecDeque<Relocation>,
    /// The next run waits until this is durable.
    wait: Lsn,
    /// Bytes appended by packing itself: no sign of life.
    moved_bytes: u64,
    /// When records not of packing were last seen, and how many bytes of them there had been.
    active_at: u64,
    active_bytes: u64,
    /// When to look for an extent again.
    pick_at: u64,
    /// Extents that are worth packing and being watched.
    watched: BTreeMap<u32, Watch>,
}

/// An extent since its live bytes last fell by much.
#[derive(Clone, Copy, Debug)]
struct Watch {
    since_ms: u64,
    live_bytes: u64,
}

/// A run being read: the records hoped for, as distances from the LSN of the extent.
struct Run {
    extent: u32,
    offset: u64,
    records: Vec<u32>,
}

impl Packing {
    pub(crate) fn moved(&mut self, len: u32) {
        self.moved_bytes += u64::from(len);
    }
}

impl Log {
    /// The next record to be moved.
    pub fn poll_relocation(&mut self) -> Option<Relocation> {
        if self.checkpoints.is_last {
            self.packing.out.clear();
        }
        while let Some(relocation) = self.packing.out.pop_front() {
            // It may have died while it waited here.
            if self.is_live(relocation.lsn) {
                if self.packing.out.is_empty() {
                    // The kernel appends it next: the run after this one waits for that.
                    self.packing.wait = self.lsn_next + 1u32;
                }
                return Some(relocation);
            }
        }
        None
    }

    /// Whether packing goes on only when what has been moved is forced. Nobody else waits for that.
    #[must_use]
    pub fn is_packing_held_up(&self) -> bool {
        self.packing.out.is_empty() && self.durable < self.packing.wait.min(self.lsn_next)
    }

    /// Whether a sealed record is live.
    pub(crate) fn is_live(&self, lsn: Lsn) -> bool {
        let Some(at) = self.extent_at(lsn) else { return false };
        let extent = &self.extents[at];
        let offset = (lsn - extent.lsn) as u32;
        extent.live.next_from(offset) == Some(offset)
    }

    pub(crate) fn tick_packing(&mut self) {
        let appended = (self.lsn_next - Lsn::FIRST).saturating_sub(self.packing.moved_bytes);
        if appended != self.packing.active_bytes {
            self.packing.active_bytes = appended;
            self.packing.active_at = self.now_ms;
        }
        let is_busy = self.packing.run.is_some() || !self.packing.out.is_empty();
        // A record that is released instead of moved leaves nothing to wait for.
        let wait = self.packing.wait.min(self.lsn_next);
        // On a full disk the last room is for what frees more than it takes: gets.
        let has_room = self.forecast().ready >= 2;
        if is_busy || self.durable < wait || !has_room || self.checkpoints.is_last {
            return;
        }
        if self.packing.extent.is_none() {
            if self.now_ms < self.packing.pick_at {
                return;
            }
            self.packing.extent = self.pick().map(|number| (number, 0));
            if self.packing.extent.is_none() {
                self.packing.pick_at = self.now_ms + PICK_MS;
            }
        }
        let Some((number, from)) = self.packing.extent else { return };
        match self.extent_index(number).and_then(|at| plan(&self.extents[at], from)) {
            Some((run, len, next)) => {
                self.effects.push_back(Effect::ReadRun { extent: number, offset: run.offset, len });
                self.packing.run = Some(run);
                self.packing.extent = Some((number, next));
            }
            None => {
                // A live record that is still there has been damaged, or is unknown to the kernel.
                if let Some(at) = self.extent_index(number) {
                    self.extents[at].is_stubborn = self.extents[at].live.count > 0;
                }
                self.packing.extent = None;
            }
        }
    }

    /// The emptiest extent that is worth packing and does not empty by itself. On a full disk there is no time to wait
    /// for that.
    fn pick(&mut self) -> Option<u32> {
        let is_idle = self.now_ms >= self.packing.active_at + self.config.idle_ms;
        let is_full = self.upkeep.full().is_some();
        let (numerator, denominator) = if is_idle || is_full { (3, 4) } else { (1, 2) };
        let is_worth = |e: &&Extent| {
            let size = u64::from(e.blocks) * PAGE as u64;
            // Moved, the records take part of a page more for each group, and a page for a marker. Without
            // counting that, small extents would be packed for ever.
            let groups = e.live.bytes.div_ceil(self.config.group_bytes_max() as u64);
            let moved = e.live.bytes + (groups + 2) * PAGE as u64;
            e.number < self.checkpoints.scan_extent
                && matches!(e.summary, SummaryState::Written(_))
                && !e.is_stubborn
                && e.live.count > 0
                && moved * denominator < size * numerator
        };
        let now_ms = self.now_ms;
        let mut watched = BTreeMap::new();
        let mut emptiest: Option<(u64, u32)> = None;
        for e in self.extents.iter().filter(is_worth) {
            let now = Watch { since_ms: now_ms, live_bytes: e.live.bytes };
            let before = self.packing.watched.get(&e.number).copied();
            let watch = before
                .filter(|w| w.live_bytes.saturating_sub(e.live.bytes) <= w.live_bytes / WATCH_LOSS)
                .unwrap_or(now);
            let share = e.live.bytes * 1000 / u64::from(e.blocks.max(1));
            if (is_full || now_ms >= watch.since_ms + WATCH_MS)
                && emptiest.is_none_or(|(least, _)| share < least)
            {
                emptiest = Some((share, e.number));
            }
            watched.insert(e.number, watch);
        }
        self.packing.watched = watched;
        emptiest.map(|(_, number)| number)
    }

    /// When packing has something to do that only time brings about.
    pub(crate) fn packing_deadline(&self) -> Option<u64> {
        let idle_at = self.packing.active_at + self.config.idle_ms;
        let idle = (self.extents.len() > 1 && self.now_ms < idle_at).then_some(idle_at + PICK_MS);
        let pick_at = self.packing.pick_at;
        let watched =
            self.packing.watched.values().map(|watch| (watch.since_ms + WATCH_MS).max(pick_at)).min();
        // What is due already waits for something else than time.
        idle.into_iter().chain(watched.filter(|at| *at > self.now_ms)).min()
    }

    pub(crate) fn run_read(&mut self, bytes: Option<Aligned>) {
        let Some(run) = self.packing.run.take() else { return };
        let Some(at) = self.extent_index(run.extent) else { return };
        let bytes = bytes.map(Bytes::from_owner);
        for offset in run.records {
            let lsn = self.extents[at].lsn + offset;
            if self.is_live(lsn) {
                let bytes = self.carve(at, lsn, run.offset, bytes.as_ref());
                self.packing.out.push_back(Relocation { lsn, bytes });
            }
        }
    }

    /// The record at `lsn` out of a run that begins at `start` of the extent, proved.
    fn carve(&self, at: usize, lsn: Lsn, start: u64, run: Option<&Bytes>) -> Result<Bytes, Damaged> {
        let run = run.ok_or(Damaged)?;
        let (offset, _) = self.extents[at].place(lsn).ok_or(Damaged)?;
        let seed = self.extents[at].seed(self.seed, lsn).ok_or(Damaged)?;
        let from = offset.checked_sub(start).ok_or(Damaged)? as usize;
        let raw = RawRecord::first(run.get(from..).ok_or(Damaged)?).ok_or(Damaged)?;
        if raw.is_intact(seed) { Ok(run.slice(from..from + raw.bytes.len())) } else { Err(Damaged) }
    }
}

/// The next run of an extent's live records: with its length in whole pages, and where the one after it
/// begins. The store knows where records begin, not how long they are: each ends at the next anchored
/// one or with its group.
fn plan(extent: &Extent, from: u32) -> Option<(Run, usize, u32)> {
    let first = extent.live.next_from(from)?;
    let start = extent.place(extent.lsn + first)?.0;
    let offset = start - start % PAGE as u64;
    let mut records = vec![first];
    let mut end = extent.end_bound(first)?;
    let mut next = first + 1;
    while let Some(record) = extent.live.next_from(next) {
        let begin = extent.place(extent.lsn + record)?.0;
        let bound = extent.end_bound(record)?;
        if begin.saturating_sub(end) > GAP || bound - offset > RUN {
            break;
        }
        records.push(record);
        end = bound;
        next = record + 1;
    }
    let len = (end - offset).next_multiple_of(PAGE as u64) as usize;
    Some((Run { extent: extent.number, offset, records }, len, next))
}
