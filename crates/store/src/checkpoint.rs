//! Checkpoints: where the next restart begins. Captured in an instant, written while the log goes on.
//!
//! ```text
//!           begin                all before it durable,        both copies durable
//! Idle ───────────► Waiting ──── summaries too ───► Writing ───────────────────────► Idle
//!                                                                  old extents are freed
//! ```
//!
//! A checkpoint names the sealed extents with live records and says which of their records are live;
//! everything from the extent on that was current when it began, restart reads group by group. Extents
//! that it does not name are freed when no copy of the control file but it can be used any more.

use crate::config::LogType;
use crate::control::{Control, ControlExtent, FILES, Kept};
use crate::effect::Effect;
use crate::extent::{Extent, SummaryState};
use crate::live::Bits;
use crate::log::Log;
use crate::lsn::{Epoch, Lsn};

/// State of the checkpoints of a log.
#[derive(Default)]
pub(crate) struct Checkpoints {
    state: State,
    /// Sequence that each copy of the control file has; 0 if it is not usable.
    pub(crate) copies: [u64; FILES.len()],
    pub(crate) void_epoch: Epoch,
    pub(crate) void_sequence: u64,
    /// Position of the last checkpoint that is durable, when it was, and where its scan begins.
    pub(crate) last: Lsn,
    pub(crate) last_at: u64,
    pub(crate) scan_extent: u32,
    pub(crate) media: Lsn,
    pub(crate) media_durable: Lsn,
    /// Number of checkpoints written since the start.
    pub(crate) count: u64,
    retry_at: Option<u64>,
    /// How many extents a checkpoint would free; counted when something has changed that.
    freeable: u32,
    pub(crate) is_recount_due: bool,
    /// The last one of this run has begun: nothing may be appended any more.
    pub(crate) is_last: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Idle,
    Waiting(Box<Capture>),
    Writing {
        checkpoint: Lsn,
        scan_extent: u32,
        media: Lsn,
        sequence: u64,
        freed: Vec<u32>,
    },
}

struct Capture {
    control: Control,
    freed: Vec<u32>,
}

impl Log {
    /// Whether a checkpoint should begin: after so many bytes or so long, when the extents that one
    /// would free are as many as are kept, or when few empty ones are left and one would free some.
    #[must_use]
    pub fn wants_checkpoint(&self, now_ms: u64) -> bool {
        let c = &self.checkpoints;
        if !matches!(c.state, State::Idle)
            || self.lsn_next <= c.last
            || c.retry_at.is_some_and(|at| now_ms < at)
        {
            return false;
        }
        let freeable = c.freeable;
        let kept = self.config.primary + self.config.secondary;
        self.lsn_next - c.last >= self.config.checkpoint_bytes
            || now_ms >= c.last_at + self.config.checkpoint_ms
            || freeable >= kept
            || (freeable > 0 && self.upkeep.ready.len() < 3)
    }

    /// When [`Log::wants_checkpoint`] will say so because of the time.
    pub(crate) fn checkpoint_deadline(&self) -> Option<u64> {
        let c = &self.checkpoints;
        let is_idle = matches!(c.state, State::Idle) && self.lsn_next > c.last;
        is_idle.then(|| c.retry_at.unwrap_or(0).max(c.last_at + self.config.checkpoint_ms))
    }

    /// Whether a checkpoint is under way.
    #[must_use]
    pub fn is_checkpointing(&self) -> bool {
        !matches!(self.checkpoints.state, State::Idle)
    }

    /// Position of the last checkpoint that is durable.
    #[must_use]
    pub fn checkpoint(&self) -> Lsn {
        self.checkpoints.last
    }

    /// How many checkpoints have been written since the start.
    #[must_use]
    pub fn checkpoint_count(&self) -> u64 {
        self.checkpoints.count
    }

    /// Begins a checkpoint at [`Log::lsn_next`]. `state` is what the kernel will need besides the live
    /// records: it and the releases so far must be exactly the effect of all records appended so far.
    /// Does nothing while another checkpoint is under way.
    pub fn begin_checkpoint(&mut self, state: Vec<u8>, now_ms: u64) {
        self.capture(state, now_ms, false);
    }

    /// Begins the checkpoint of a clean end: nothing may be appended after it, and nothing is packed. The
    /// end is clean when [`Log::is_checkpointing`] says no again and [`Log::checkpoint`] is
    /// [`Log::lsn_next`]. Does nothing while another checkpoint is under way.
    pub fn begin_last_checkpoint(&mut self, state: Vec<u8>, now_ms: u64) {
        self.capture(state, now_ms, true);
    }

    fn capture(&mut self, state: Vec<u8>, now_ms: u64, is_clean: bool) {
        if self.is_checkpointing() {
            return;
        }
        self.now_ms = self.now_ms.max(now_ms);
        self.checkpoints.is_last = is_clean;
        let mut tail = Bits::default();
        let (sealed, current) = self.split_current();
        if let Some(current) = current {
            tail.extend(&current.live.bits);
        }
        self.pending_live().for_each(|live| tail.extend(&live.bits));
        // With no extent begun, nothing is under way either.
        let next = (self.upkeep.current + 1, self.durable, self.sequence_next);
        let scan = current.map_or(next, |e| (e.number, e.lsn, e.sequence));
        let live = sealed.iter().filter(|e| e.live.count > 0);
        let extents = live.map(|e| ControlExtent {
            number: e.number,
            lsn: e.lsn,
            lsn_end: e.lsn_end,
            sequence: e.sequence,
            blocks: e.blocks,
            summary_len: match e.summary {
                SummaryState::Writing(len) | SummaryState::Written(len) => len,
                SummaryState::Building(_) => 0,
            },
            bits: e.live.bits.clone(),
        });
        let extents = extents.collect();
        let freed: Vec<u32> = self.freeable().collect();
        let control = Control {
            id: self.id,
            sequence: 0,
            epoch: self.epoch,
            extent_pages: self.config.extent_pages,
            checkpoint: self.lsn_next,
            durable: self.durable,
            is_clean,
            void_epoch: self.checkpoints.void_epoch,
            void_sequence: self.checkpoints.void_sequence,
            scan_extent: scan.0,
            scan_lsn: scan.1,
            scan_sequence: scan.2,
            media: self.checkpoints.media,
            extents,
            tail,
            kept: Vec::new(),
            state,
            owner: self.config.owner.clone().unwrap_or_default(),
        };
        self.checkpoints.state = State::Waiting(Box::new(Capture { control, freed }));
        self.tick_checkpoint();
    }

    /// The sealed extents, and the one that is open for more groups.
    fn split_current(&self) -> (&[Extent], Option<&Extent>) {
        match self.extents.split_last() {
            Some((current, sealed)) if !current.is_sealed() => (sealed, Some(current)),
            _ => (&self.extents, None),
        }
    }

    /// Sealed extents without live records, which a checkpoint now would not name.
    fn freeable(&self) -> impl Iterator<Item = u32> {
        let (sealed, _) = self.split_current();
        // One whose summary is under way waits for the next checkpoint: the write must not meet the file
        // in its next life.
        let is_free = |e: &&Extent| e.live.count == 0 && matches!(e.summary, SummaryState::Written(_));
        sealed.iter().filter(is_free).map(|e| e.number)
    }

    /// Whether the checkpoint under way will free extents.
    pub(crate) fn is_freeing(&self) -> bool {
        match &self.checkpoints.state {
            State::Idle => false,
            State::Waiting(capture) => !capture.freed.is_empty(),
            State::Writing { freed, .. } => !freed.is_empty(),
        }
    }

    /// Writes the checkpoint that waits, once everything it speaks of is durable.
    pub(crate) fn tick_checkpoint(&mut self) {
        if std::mem::take(&mut self.checkpoints.is_recount_due) {
            self.checkpoints.freeable = self.freeable().count() as u32;
        }
        let State::Waiting(capture) = &self.checkpoints.state else { return };
        let is_written = |number: u32| {
            let extent = self.extent_index(number).map(|at| &self.extents[at]);
            extent.is_none_or(|e| matches!(e.summary, SummaryState::Written(_)))
        };
        let is_ready = self.durable >= capture.control.checkpoint
            && capture.control.extents.iter().all(|e| is_written(e.number));
        if !is_ready {
            return;
        }
        let State::Waiting(capture) = std::mem::take(&mut self.checkpoints.state) else { return };
        let Capture { mut control, freed } = *capture;
        let c = &mut self.checkpoints;
        control.sequence = c.copies.iter().max().map_or(1, |last| last + 1);
        control.durable = self.durable;
        control.kept.clone_from(&self.upkeep.kept);
        if self.config.log_type != LogType::Circular {
            let extents = freed.iter().filter_map(|n| self.extents.iter().find(|e| e.number == *n));
            control.kept.extend(extents.map(Kept::from));
        }
        let copies = oldest_two(&c.copies);
        c.state = State::Writing {
            checkpoint: control.checkpoint,
            scan_extent: control.scan_extent,
            media: control.media,
            sequence: control.sequence,
            freed,
        };
        self.effects.push_back(Effect::WriteControl { copies, bytes: control.encode() });
    }

    pub(crate) fn summary_written(&mut self, number: u32) {
        let Some(at) = self.extent_index(number) else { return };
        if let SummaryState::Writing(len) = self.extents[at].summary {
            self.extents[at].summary = SummaryState::Written(len);
            self.checkpoints.is_recount_due = true;
        }
        self.tick_checkpoint();
    }

    pub(crate) fn control_written(&mut self) {
        let state = std::mem::take(&mut self.checkpoints.state);
        let State::Writing { checkpoint, scan_extent, media, sequence, freed } = state else { return };
        let c = &mut self.checkpoints;
        for copy in oldest_two(&c.copies) {
            c.copies[copy] = sequence;
        }
        c.last = checkpoint;
        c.last_at = self.now_ms;
        c.scan_extent = scan_extent;
        c.media_durable = media;
        c.retry_at = None;
        c.count += 1;
        c.is_recount_due = true;
        self.free(&freed);
    }

    /// There was no room for a larger control file. The old checkpoint stays; what it names too.
    pub(crate) fn control_failed(&mut self) {
        self.checkpoints.state = State::Idle;
        self.checkpoints.retry_at = Some(self.now_ms + 1000);
    }
}

/// The two copies to write next: the one that stays has the last checkpoint.
pub(crate) fn oldest_two(copies: &[u64; FILES.len()]) -> [usize; 2] {
    let mut order = [0, 1, 2];
    order.sort_by_key(|copy| copies[*copy]);
    [order[0], order[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_copy_is_left_alone() {
        assert_eq!(oldest_two(&[0, 0, 0]), [0, 1]);
        assert_eq!(oldest_two(&[5, 5, 4]), [2, 0]);
        assert_eq!(oldest_two(&[5, 6, 6]), [0, 1]);
        assert_eq!(oldest_two(&[7, 0, 6]), [1, 2]);
    }
}
