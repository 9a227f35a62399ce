//! What is due when: waits of gets, marks of browsers. A sorted set; the key is also what cancels.

use std::collections::BTreeSet;

use crate::arena::Slot;
use crate::conversation::ConvIx;
use crate::number::MessageNumber;
use crate::queue::QueueIx;
use crate::time::Mono;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The wait of the get that this conversation is in.
    Wait(ConvIx),
    /// The end of clients that were told to end by themselves.
    Stop,
    /// The end of clients that were told to connect elsewhere.
    Elsewhere,
    /// The common mark on a message.
    Mark { queue: QueueIx, slot: Slot, number: MessageNumber },
}

/// All timers.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    set: BTreeSet<(Mono, Due)>,
}

impl Timers {
    /// Sets a timer.
    pub(crate) fn set(&mut self, at: Mono, due: Due) {
        self.set.insert((at, due));
    }

    /// Takes a timer away.
    pub(crate) fn cancel(&mut self, at: Mono, due: Due) {
        self.set.remove(&(at, due));
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.set.first().map(|(at, _)| *at)
    }

    /// Takes one that is due.
    pub(crate) fn pop(&mut self, now: Mono) -> Option<Due> {
        if self.next()? > now {
            return None;
        }
        self.set.pop_first().map(|(_, due)| due)
    }
}
