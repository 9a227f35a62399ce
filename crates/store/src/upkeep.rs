//! Empty extents: kept ready ahead of use, made again from those that are no longer needed.
//!
//! ```text
//!         create                 roll                 seal         all dead, checkpoint
//! (disk) ────────► ready ─────────────────► current ────────► sealed ───────────────────► freed
//!                    ▲                                                                      │
//!                    └──────────────── reuse under the next number ─────────────────────────┤
//!                                                        kept (linear), removed (too many) ◄┘
//! ```
//!
//! One of these steps is under way at a time, so the numbers of ready extents follow each other.

use std::collections::VecDeque;

use crate::config::LogType;
use crate::control::Kept;
use crate::effect::{Done, Effect};
use crate::log::Log;
use crate::lsn::Lsn;

/// Wait before asking a full disk again.
const RETRY_MS: u64 = 1000;

/// Why no further extent can be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// The file system has no room.
    Disk,
    /// The extents would exceed `StoreMax`.
    StoreMax,
}

/// How much room there is for new records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Space {
    /// Empty extents that the kernel may count on. While only one is left it takes no puts, so that
    /// commits, gets, backouts and checkpoints can go on. One more is kept back, which is not counted
    /// here: records of gets fill extents too, and can be freed only when the log has gone on to another.
    pub free_extents: u32,
    /// Another one will come free shortly, whether the disk is full or not: puts better wait than be refused.
    pub is_freeing: bool,
    /// Set while no further extent can be made, though there are fewer than there should be. Not set: those
    /// that lack are being made, or will be once what has been appended has gone to the disk.
    pub full: Option<Full>,
}

/// State of the upkeep.
#[derive(Default)]
pub(crate) struct Upkeep {
    /// Number of the extent that the log has come to.
    pub(crate) current: u32,
    /// Numbers of empty extents, which follow it.
    pub(crate) ready: VecDeque<u32>,
    /// Numbers of extents that are no longer needed.
    pub(crate) freed: VecDeque<u32>,
    /// What a linear log keeps.
    pub(crate) kept: Vec<Kept>,
    step: Step,
    full: Option<Full>,
    pub(crate) retry_at: Option<u64>,
}

/// What is under way.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Step {
    #[default]
    None,
    Creating,
    Reusing,
    Removing,
}

impl Upkeep {
    /// Why no further extent can be made, if that is known.
    pub(crate) fn full(&self) -> Option<Full> {
        self.full
    }

    pub(crate) fn take_ready(&mut self) -> Option<u32> {
        let number = self.ready.pop_front()?;
        assert_eq!(number, self.current + 1, "restart finds the next extent by its number");
        self.current = number;
        Some(number)
    }

    /// Number of the next empty extent to be made.
    pub(crate) fn number_next(&self) -> u32 {
        self.ready.back().unwrap_or(&self.current) + 1
    }
}

impl Log {
    /// The room there is. The kernel gets this as an input whenever it changes.
    #[must_use]
    pub fn space(&self) -> Space {
        let upkeep = &self.upkeep;
        let is_short = upkeep.ready.len() < self.config.ready_target() as usize;
        Space {
            free_extents: (self.forecast().ready - 1).max(0) as u32,
            is_freeing: upkeep.step == Step::Reusing || !upkeep.freed.is_empty() || self.is_freeing(),
            // With enough at hand nobody has asked for more: what was found out before says nothing.
            full: upkeep.full.filter(|_| is_short),
        }
    }

    /// Bytes of all extents together, whether in use or not.
    #[must_use]
    pub fn size(&self) -> u64 {
        let u = &self.upkeep;
        let extents = self.extents.len() + u.ready.len() + u.freed.len() + u.kept.len();
        extents as u64 * self.config.extent_bytes()
    }

    /// Bytes of the extents that hold live records: what the queued messages take of the disk, summaries and padding
    /// included, without the empty extents kept ready and the dead ones that the next checkpoint frees.
    #[must_use]
    pub fn live_extent_bytes(&self) -> u64 {
        self.extents.iter().filter(|e| e.live.count > 0).count() as u64 * self.config.extent_bytes()
    }

    /// Numbers of the extents that a linear log keeps although restart does not need them.
    pub fn kept(&self) -> impl Iterator<Item = u32> {
        self.upkeep.kept.iter().map(|k| k.number)
    }

    /// Media recovery needs nothing before this position.
    pub fn set_media_lsn(&mut self, lsn: Lsn) {
        self.checkpoints.media = self.checkpoints.media.max(lsn);
    }

    /// An extent has been archived and may be reused (`-lln`), or has been taken away by the
    /// administrator (`-ll`), as `is_gone` says. Gives whether it was one of those kept.
    pub fn archived(&mut self, number: u32, is_gone: bool) -> bool {
        let kept = &mut self.upkeep.kept;
        let Some(at) = kept.iter().position(|k| k.number == number) else { return false };
        if is_gone {
            kept.remove(at);
        } else {
            kept[at].is_archived = true;
        }
        true
    }

    /// Extents that are no longer needed, from the checkpoint that no longer names them.
    pub(crate) fn free(&mut self, numbers: &[u32]) {
        for number in numbers {
            let Some(at) = self.extent_index(*number) else { continue };
            let extent = self.extents.remove(at);
            match self.config.log_type {
                LogType::Circular => self.upkeep.freed.push_back(extent.number),
                LogType::Linear | LogType::LinearAutomatic | LogType::LinearArchive => {
                    self.upkeep.kept.push(Kept::from(&extent));
                }
            }
        }
    }

    fn free_kept(&mut self) {
        let media = self.checkpoints.media_durable;
        let may_go = |k: &Kept| match self.config.log_type {
            LogType::Circular => true,
            LogType::Linear => false,
            LogType::LinearAutomatic => k.lsn_end <= media,
            LogType::LinearArchive => k.lsn_end <= media && k.is_archived,
        };
        let upkeep = &mut self.upkeep;
        let freed = &mut upkeep.freed;
        upkeep.kept.retain(|k| {
            if may_go(k) {
                freed.push_back(k.number);
            }
            !may_go(k)
        });
    }

    pub(crate) fn tick_upkeep(&mut self) {
        self.free_kept();
        if self.upkeep.step != Step::None {
            return;
        }
        if self.upkeep.retry_at.is_some_and(|at| self.now_ms >= at) {
            self.upkeep.retry_at = None;
        }
        let (target, max) = (self.config.ready_target() as usize, self.config.ready_max() as usize);
        let bytes = self.config.extent_bytes();
        let may_create = self.may_create();
        let upkeep = &mut self.upkeep;
        let next = upkeep.number_next();
        let (step, effect) = if let Some(from) = upkeep.freed.pop_front() {
            if upkeep.ready.len() < max {
                (Step::Reusing, Effect::ReuseExtent { from, to: next })
            } else {
                (Step::Removing, Effect::RemoveExtent { number: from })
            }
        } else if upkeep.ready.len() < target && may_create {
            (Step::Creating, Effect::CreateExtent { number: next, bytes })
        } else {
            return;
        };
        upkeep.step = step;
        self.effects.push_back(effect);
    }

    fn may_create(&mut self) -> bool {
        let is_over = |max| self.size() + self.config.extent_bytes() > max;
        if self.config.store_max.is_some_and(is_over) {
            self.upkeep.full = Some(Full::StoreMax);
            return false;
        }
        if self.upkeep.full == Some(Full::StoreMax) {
            // Whether the disk has room is asked again when that is due.
            self.upkeep.full = self.upkeep.retry_at.map(|_| Full::Disk);
        }
        self.upkeep.retry_at.is_none()
    }

    /// The answer to an effect.
    pub fn done(&mut self, done: Done) {
        match done {
            Done::Created { number } => {
                self.upkeep.step = Step::None;
                self.upkeep.full = None;
                self.upkeep.retry_at = None;
                self.upkeep.ready.push_back(number);
            }
            Done::NoRoom => {
                self.upkeep.step = Step::None;
                self.upkeep.full = Some(Full::Disk);
                self.upkeep.retry_at = Some(self.now_ms + RETRY_MS);
            }
            Done::Reused { to, .. } => {
                self.upkeep.step = Step::None;
                self.upkeep.ready.push_back(to);
            }
            Done::Removed { .. } => {
                self.upkeep.step = Step::None;
                self.upkeep.retry_at = None;
            }
            Done::SummaryWritten { extent } => self.summary_written(extent),
            Done::ControlWritten => self.control_written(),
            Done::ControlNoRoom => {
                self.upkeep.full = Some(Full::Disk);
                self.control_failed();
            }
            Done::Run { bytes } => self.run_read(Some(bytes)),
            Done::RunUnreadable => self.run_read(None),
        }
    }
}
