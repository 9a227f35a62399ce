//! Messages that are to be delivered later: they wait on `SYSTEM.DDELAY.LOCAL.QUEUE`, each with its time and its queue.
//!
//! The queue is like any other: its messages can be browsed, got, counted and cleared. This table knows which of them
//! are due when:
//!
//! ```text
//!        free, committed            due                    deliver.rs
//!  put ────────────────► in order ──────► in the window ────────────────► on its queue, dead letter, discarded
//!                           ▲                   │
//!                           └───────────────────┘ not now: again in a while
//! ```
//!
//! Nothing is scanned: the order is a sorted set, the kernel's deadline its first. Times are of the queue manager's own
//! time, as an expiry is, so a wall clock that is set makes nothing due early, late or twice.

use std::collections::{BTreeSet, VecDeque};

use mqi::Chars48;

use crate::arena::Slot;
use crate::deliver::Due;
use crate::hash::Map;
use crate::log_records::Delay;
use crate::number::MessageNumber;
use crate::queue::QueueNumber;
use crate::time::{Mono, OwnMs};

/// The queue that they wait on.
pub(crate) const DELAY_QUEUE: &str = "SYSTEM.DDELAY.LOCAL.QUEUE";

/// Messages that are being delivered at once, at most.
const WINDOW: usize = 32;

/// What waits for room in memory is looked at again after so many ms.
const PAUSE_MS: u64 = 10;

/// What cannot be delivered or disposed of is tried again after so many ms.
const RETRY_MS: i64 = 10_000;

/// The error log hears of what cannot be delivered this often at most, in ms.
const SAY_MS: u64 = 60_000;

/// A message that waits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) slot: Slot,
    /// When it is to be looked at.
    due: OwnMs,
    /// The queue that it is for.
    pub(crate) queue: Chars48,
    /// Which queue that was when it was put; none after a restart. Names are given anew.
    pub(crate) number: Option<QueueNumber>,
    /// Neither that queue nor any other has taken it.
    pub(crate) is_stuck: bool,
}

/// See the module's header.
#[derive(Default)]
pub(crate) struct Delays {
    by_number: Map<MessageNumber, Waiting>,
    /// Those that are on their queue for everyone, the next one first.
    order: BTreeSet<(OwnMs, MessageNumber)>,
    /// Those that are being delivered, in the order in which they were due.
    pub(crate) window: VecDeque<Due>,
    /// When it goes on.
    pub(crate) wake: Option<Mono>,
    /// Owner of the messages in the window.
    pub(crate) handle: u32,
    /// Not before then the error log is told again.
    silent_until: Option<Mono>,
}

impl Delays {
    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// A message has entered. It is in order from [`Self::free`] on.
    pub(crate) fn insert(
        &mut self,
        number: MessageNumber,
        slot: Slot,
        delay: &Delay,
        queue: Option<QueueNumber>,
    ) {
        let waiting = Waiting { slot, due: delay.due, queue: delay.queue, number: queue, is_stuck: false };
        self.by_number.insert(number, waiting);
    }

    /// A message is on its queue for everyone.
    pub(crate) fn free(&mut self, number: MessageNumber) {
        if let Some(waiting) = self.by_number.get(&number) {
            self.order.insert((waiting.due, number));
        }
    }

    /// A message has gone, or will never be delivered.
    pub(crate) fn remove(&mut self, number: MessageNumber) {
        if let Some(waiting) = self.by_number.remove(&number) {
            self.order.remove(&(waiting.due, number));
        }
    }

    /// Takes the next one that is due out of the order, if the window has room.
    pub(crate) fn take_due(&mut self, now: OwnMs) -> Option<(MessageNumber, Waiting)> {
        if self.window.len() >= WINDOW || self.order.first().is_none_or(|(due, _)| *due > now) {
            return None;
        }
        let (_, number) = self.order.pop_first()?;
        Some((number, *self.by_number.get(&number)?))
    }

    /// A message can neither be delivered nor disposed of now. It is to be put back in order.
    pub(crate) fn put_off(&mut self, number: MessageNumber, now: OwnMs) {
        if let Some(waiting) = self.by_number.get_mut(&number) {
            self.order.remove(&(waiting.due, number));
            waiting.due = now.after(RETRY_MS);
            waiting.is_stuck = true;
        }
    }

    /// Whether the error log is to be told, which it is once in a while.
    pub(crate) fn may_say(&mut self, now: Mono) -> bool {
        let may = self.silent_until.is_none_or(|until| until <= now);
        if may {
            self.silent_until = Some(now.after(SAY_MS));
        }
        may
    }

    /// It goes on in a moment, when there may be room in memory.
    pub(crate) fn pause(&mut self, now: Mono) {
        self.wake = Some(now.after(PAUSE_MS));
    }

    /// Sets when it goes on. `has_more`: at once, as one go did not do it all.
    pub(crate) fn set_wake(&mut self, now: OwnMs, mono: Mono, has_more: bool) {
        self.wake = match self.order.first() {
            _ if has_more => Some(mono),
            Some((due, _)) if *due > now => Some(mono.after(due.0.abs_diff(now.0))),
            // The window is full: what is being read comes as an input.
            _ => None,
        };
    }
}
