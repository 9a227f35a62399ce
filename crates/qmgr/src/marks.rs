//! Marks that browsers leave on messages, so that each sees a message once (queue-manager reference, 9.2).
//!
//! A mark is a handle's own, or of all co-operating handles of a queue (MQOO_CO_OP). The common one goes after the queue
//! manager's MARKINT, a handle's own with the handle; both go with the message.

use mqi::Reason;
use mqi::constants::*;

use crate::arena::Slot;
use crate::entry::State;
use crate::handle::Handle;
use crate::hash::Map;
use crate::kernel::Kernel;
use crate::matching::Want;
use crate::number::MessageNumber;
use crate::queue::QueueIx;
use crate::timers::Due;

/// Options that set a mark.
const MARK: i32 = MQGMO_MARK_BROWSE_HANDLE | MQGMO_MARK_BROWSE_CO_OP;
/// Options that take one away.
const UNMARK: i32 = MQGMO_UNMARK_BROWSE_HANDLE | MQGMO_UNMARK_BROWSE_CO_OP;

/// Options about marks.
pub(crate) const OPTIONS: i32 = MARK | UNMARK | MQGMO_UNMARKED_BROWSE_MSG;

/// The marks of one message.
#[derive(Debug, Default)]
struct Mark {
    /// Numbers of the handles that have marked it for themselves.
    handles: Vec<u32>,
    /// Marked for all co-operating handles.
    is_common: bool,
}

/// All marks, by message.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    by_number: Map<MessageNumber, Mark>,
}

impl Marks {
    /// Messages that are marked.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    /// Forgets those of a message.
    pub(crate) fn remove(&mut self, number: MessageNumber) {
        if !self.by_number.is_empty() {
            self.by_number.remove(&number);
        }
    }

    /// Forgets those of a handle.
    pub(crate) fn remove_handle(&mut self, handle: u32) {
        self.by_number.retain(|_, mark| {
            mark.handles.retain(|one| *one != handle);
            mark.is_common || !mark.handles.is_empty()
        });
    }
}

/// Options about marks against each other, against the browse and against those of the open.
pub(crate) fn check(options: i32, browses: bool, handle: &Handle) -> Result<(), Reason> {
    let co_operates = handle.options & MQOO_CO_OP != 0;
    let is_wrong = (options & MARK).count_ones() > 1
        || (options & UNMARK).count_ones() > 1
        || options & MARK != 0 && options & UNMARK != 0
        || options & (MARK | MQGMO_UNMARKED_BROWSE_MSG) != 0 && !browses
        || options & MARK != 0 && options & MQGMO_LOCK != 0
        || options & (MQGMO_MARK_BROWSE_CO_OP | MQGMO_UNMARK_BROWSE_CO_OP) != 0 && !co_operates;
    if is_wrong { Err(Reason::OPTIONS_ERROR) } else { Ok(()) }
}

impl Kernel {
    fn co_operates(&self, want: &Want) -> bool {
        let handle = self.conversations.get(want.conversation).handles.get(want.hobj);
        handle.is_some_and(|handle| handle.options & MQOO_CO_OP != 0)
    }

    /// Whether the marks of a message let this want have it.
    pub(crate) fn allows_marks(&self, want: &Want, number: MessageNumber) -> bool {
        if want.options & MQGMO_UNMARKED_BROWSE_MSG == 0 {
            return true;
        }
        let Some(mark) = self.marks.by_number.get(&number) else { return true };
        !(mark.handles.contains(&want.handle) || mark.is_common && self.co_operates(want))
    }

    /// Sets or takes away the marks that the options say, on a message that was given out.
    pub(crate) fn mark(&mut self, want: &Want, slot: Slot) {
        if want.options & (MARK | UNMARK) == 0 {
            return;
        }
        let number = self.arena.get(slot).number;
        let mark = self.marks.by_number.entry(number).or_default();
        if want.options & MQGMO_MARK_BROWSE_HANDLE != 0 && !mark.handles.contains(&want.handle) {
            mark.handles.push(want.handle);
        }
        if want.options & MQGMO_UNMARK_BROWSE_HANDLE != 0 {
            mark.handles.retain(|handle| *handle != want.handle);
        }
        if want.options & MQGMO_UNMARK_BROWSE_CO_OP != 0 {
            mark.is_common = false;
        }
        if want.options & MQGMO_MARK_BROWSE_CO_OP != 0 {
            mark.is_common = true;
            if let Some(ms) = self.qmgr.mark_interval_ms {
                let at = self.now.mono.after(ms.into());
                self.timers.set(at, Due::Mark { queue: want.queue, slot, number });
            }
        }
        if want.options & UNMARK != 0 {
            self.offer_again(want.queue, slot);
        }
    }

    /// A common mark has been there for long enough: others may look at the message.
    pub(crate) fn mark_due(&mut self, ix: QueueIx, slot: Slot, number: MessageNumber) {
        let Some(mark) = self.marks.by_number.get_mut(&number) else { return };
        mark.is_common = false;
        if self.queues.find(ix).is_some() && self.arena.peek(slot).number == number {
            self.offer_again(ix, slot);
        }
    }

    /// Browsers that wait for a message without a mark may take this one now.
    fn offer_again(&mut self, ix: QueueIx, slot: Slot) {
        let entry = self.arena.get(slot);
        if entry.state == State::Free && !self.queues.get(ix).waiters.is_empty() {
            self.offers.push_back((ix, slot, entry.number));
        }
    }
}
