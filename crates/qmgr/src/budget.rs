//! What memory is used for besides the contents of messages, and when it is used up.
//!
//! ```text
//! MemoryMax less what the shell needs
//! ├── index    entries of messages, their order, tables by id, selected messages, delayed ones
//! ├── objects  queues, conversations, open handles with their selectors
//! ├── lent     what the shell holds for its sockets beyond its own share
//! └── the rest is for contents (content.rs), but never less than an eighth
//! ```
//!
//! So whatever grows takes room from the cache first, then sends contents that are not persistent to the scratch file, and
//! when that is not enough, is refused: MQOPEN, and MQCONN over a channel, with 2071 above three quarters, MQPUT with 2102
//! above seven eighths; administrators reach their queues up to fifteen sixteenths. What is there stays, and can be got,
//! browsed and closed. The first megabytes count for nothing: a queue manager has objects.
//!
//! Objects are counted as they come and go. The index is looked at every so many inputs, a few queues at a time: sizes of
//! tables change with every message, and nobody needs them to the byte.

use crate::handle::Handle;
use crate::kernel::Kernel;
use crate::queue::{Queue, QueueIx};

/// So much of index and objects counts for nothing.
const BASE: usize = 2 << 20;

/// Inputs between two looks at the index.
const INPUTS: u32 = 64;

/// Queues looked at at once.
const QUEUES: usize = 8;

/// What a queue costs besides its messages: itself, its definition, its names in tables.
const QUEUE_COST: usize = size_of::<Queue>() + 3072;

/// What an open handle costs: itself, its place among the waiters, its consumer.
const HANDLE_COST: usize = size_of::<Handle>() + 512;

/// What a conversation costs: itself and its identity.
const CONVERSATION_COST: usize = 2048;

/// What a character of a selector costs when it is compiled.
const SELECTOR_COST: usize = 16;

/// What a message costs that is selected, delayed, or noted in another table beside its entry.
const SELECTED_COST: usize = 48;
const DELAYED_COST: usize = 136;
const NOTED_COST: usize = 48;

/// See the module's header.
pub(crate) struct Budget {
    max: usize,
    /// What the shell holds.
    lent: usize,
    /// Open handles.
    handles: usize,
    /// Order and tables of all queues, as they were last looked at.
    queues: usize,
    /// The next queue to look at.
    cursor: usize,
    inputs: u32,
    /// What contents do not have.
    taken: usize,
}

/// What memory is used for, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// All that may be used.
    pub max: usize,
    /// Contents that can be read again.
    pub cached: usize,
    /// Contents that cannot.
    pub kept: usize,
    /// Entries and tables of messages.
    pub index: usize,
    /// Queues, conversations, handles.
    pub objects: usize,
    /// Of these, handles.
    pub handles: usize,
}

impl Budget {
    pub(crate) fn new(max: usize) -> Self {
        Self { max, lent: 0, handles: 0, queues: 0, cursor: 0, inputs: 0, taken: 0 }
    }

    /// What a handle with a selector of so many bytes costs.
    pub(crate) fn of_handle(selector: usize) -> usize {
        HANDLE_COST + selector * SELECTOR_COST
    }

    /// Counts a handle.
    pub(crate) fn open(&mut self, cost: usize) {
        self.handles += cost;
    }

    /// Counts it no more.
    pub(crate) fn close(&mut self, cost: usize) {
        self.handles -= cost;
    }

    /// Order and tables of a queue are so large now, that were of another size when they were last looked at.
    fn looked_at(&mut self, was: usize, is: usize) {
        self.queues = self.queues + is - was;
    }

    /// A queue goes.
    pub(crate) fn forget_queue(&mut self, was: usize) {
        self.queues -= was;
    }
}

impl Kernel {
    /// What memory is used for.
    pub fn memory_use(&self) -> MemoryUse {
        let (cached, kept) = self.contents.cached_and_kept();
        let (handles, max) = (self.budget.handles, self.budget.max);
        MemoryUse { max, cached, kept, index: self.index_bytes(), objects: self.object_bytes(), handles }
    }

    fn index_bytes(&self) -> usize {
        let noted = self.backouts.len() + self.groups.len() + self.expiring.len() + self.marks.len();
        self.arena.bytes() + self.budget.queues + self.delays.len() * DELAYED_COST + noted * NOTED_COST
    }

    fn object_bytes(&self) -> usize {
        self.queues.len() * QUEUE_COST + self.conversations.len() * CONVERSATION_COST + self.budget.handles
    }

    /// The shell holds so much for its sockets beyond its own share.
    pub(crate) fn lend(&mut self, bytes: usize) {
        self.budget.lent = bytes;
        self.divide();
    }

    /// Looks at a part of the index, every so many inputs.
    pub(crate) fn look_at_index(&mut self) {
        self.budget.inputs += 1;
        if self.budget.inputs < INPUTS {
            return;
        }
        self.budget.inputs = 0;
        for _ in 0..QUEUES.min(self.queues.slots()) {
            self.budget.cursor = (self.budget.cursor + 1) % self.queues.slots();
            if let Some(queue) = self.queues.find_mut(QueueIx(self.budget.cursor as u32)) {
                let is = queue.bytes() + queue.selections.len() * SELECTED_COST;
                self.budget.looked_at(std::mem::replace(&mut queue.counted_bytes, is), is);
            }
        }
        self.divide();
    }

    /// Gives contents what is left.
    fn divide(&mut self) {
        let used = self.index_bytes() + self.object_bytes();
        let taken = self.budget.lent + used.saturating_sub(BASE);
        if taken != self.budget.taken {
            self.budget.taken = taken;
            let max = self.budget.max;
            self.contents.set_budget(max.saturating_sub(taken).max(max / 8), &mut self.arena);
        }
    }

    /// Whether there is memory for so much more of what objects take. `is_way_in`: administrators need it, who may have
    /// more than others.
    pub(crate) fn has_memory_for(&mut self, bytes: usize, is_way_in: bool) -> bool {
        self.divide();
        let limit = if is_way_in { self.budget.max / 16 * 15 } else { self.budget.max / 4 * 3 };
        self.budget.taken + bytes <= limit
    }

    /// Whether there is memory for another queue with a handle.
    pub(crate) fn has_memory_for_queue(&mut self, is_way_in: bool) -> bool {
        self.has_memory_for(QUEUE_COST + HANDLE_COST, is_way_in)
    }

    /// Whether there is memory for another conversation.
    pub(crate) fn has_memory_for_conversation(&mut self) -> bool {
        self.has_memory_for(CONVERSATION_COST, false)
    }

    /// Whether there is memory for another message: its entry, its place in tables.
    pub(crate) fn has_memory_for_message(&self) -> bool {
        self.budget.taken <= self.budget.max / 8 * 7
    }
}
