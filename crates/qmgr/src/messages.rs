//! What happens to single messages: they enter a queue, become free, are held, and go.
//!
//! Every change of a message's state goes through here, at restart too, so that depth, waiters, side tables and the
//! log's live records stay in step with it.

use store::Lsn;

use crate::arena::Slot;
use crate::content::Content;
use crate::entry::{Entry, State};
use crate::hash::IdHash;
use crate::kernel::Kernel;
use crate::log_records::{Group, PutHead};
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::queue::QueueIx;
use crate::unit_of_work::{Touched, UowIx};

impl Kernel {
    /// The entry of a message that a Put head describes, in state Putting and without a place.
    pub(crate) fn entry_of(&self, head: &PutHead, is_persistent: bool) -> Entry {
        let mut entry = Entry {
            number: head.number,
            msg_key: self.msg_key_of(head),
            correl_key: head.correl_id.as_ref().map_or(crate::hash::ID_NONE, |id| self.id_key.hash(id)),
            body_len: head.body_len,
            expiry: head.expires_at.map_or(0, |at| self.tenths_of(at)),
            rfh2_len: head.rfh2_len,
            state: State::Putting,
            ..Entry::EMPTY
        };
        entry.set_priority(head.priority);
        entry.set(Entry::PERSISTENT, is_persistent);
        entry.set(Entry::PARTED, head.is_parted);
        entry.set(Entry::RFH2_KEPT, head.rfh2_kept);
        entry
    }

    fn msg_key_of(&self, head: &PutHead) -> IdHash {
        match &head.msg_id {
            Some(id) => self.id_key.hash(id),
            None => self.id_key.hash(&self.message_id(head.number)),
        }
    }

    /// The generated MsgId of a message.
    pub(crate) fn message_id(&self, number: MessageNumber) -> [u8; 24] {
        self.id_of(*b"AMQ ", number.0)
    }

    /// Puts a message into a queue's order. It is counted at once and seen by nobody until it is free.
    pub(crate) fn enter(
        &mut self,
        ix: QueueIx,
        entry: Entry,
        content: Option<Content>,
        group: Option<Group>,
    ) -> Option<Slot> {
        let slot = self.arena.insert(entry)?;
        if let Some(content) = content {
            self.contents.insert(&mut self.arena, slot, content);
        }
        if let Some(group) = group {
            self.groups.insert(entry.number, group);
        }
        if entry.expiry != 0 {
            self.expires(entry.expiry);
            self.expiring.insert(slot, ix);
        }
        let queue = self.queues.get_mut(ix);
        queue.enter(&self.arena, slot);
        queue.depth += 1;
        Some(slot)
    }

    /// A message is on the queue for everyone. `since`: what must be durable before it may be shown.
    pub(crate) fn make_free(&mut self, ix: QueueIx, slot: Slot, since: Lsn) {
        let owner = if since == Lsn::NONE { self.shown_at_once() } else { Self::low(since) };
        let entry = self.arena.get_mut(slot);
        if entry.state == State::Reserved {
            self.queues.get_mut(ix).reserved -= 1;
        }
        entry.state = State::Free;
        entry.owner = owner;
        let number = entry.number;
        let queue = self.queues.get_mut(ix);
        queue.freed(&self.arena, slot);
        if !queue.waiters.is_empty() {
            self.offers.push_back((ix, slot, number));
        }
        if !self.delays.is_empty() {
            self.delays.free(number);
        }
    }

    /// A message that was held, locked or got is free again. It may have become visible by any record so far.
    pub(crate) fn return_message(&mut self, ix: QueueIx, slot: Slot) {
        self.make_free(ix, slot, Lsn(self.lsn_next.0 - 1));
    }

    /// Holds a free message for a handle.
    pub(crate) fn reserve(&mut self, ix: QueueIx, slot: Slot, handle: u32) {
        let entry = self.arena.get_mut(slot);
        assert_eq!(entry.state, State::Free, "only a free message can be held");
        entry.state = State::Reserved;
        entry.owner = handle;
        self.queues.get_mut(ix).reserved += 1;
    }

    /// Whether a message is held for this handle still.
    pub(crate) fn is_reserved_for(&self, slot: Slot, number: MessageNumber, handle: u32) -> bool {
        let entry = self.arena.peek(slot);
        entry.number == number && entry.state == State::Reserved && entry.owner == handle
    }

    /// A free or held message is got in a unit of work: off the depth, in nobody's sight.
    pub(crate) fn make_got(&mut self, ix: QueueIx, slot: Slot, uow: UowIx) {
        let entry = self.arena.get_mut(slot);
        let queue = self.queues.get_mut(ix);
        queue.reserved -= u32::from(entry.state == State::Reserved);
        entry.state = State::Got;
        entry.owner = uow.0;
        queue.depth -= 1;
        queue.uncommitted += 1;
        self.uows.get_mut(uow).gets.push(Touched { slot, queue: ix });
    }

    /// A message is put in a unit of work.
    pub(crate) fn make_putting(&mut self, ix: QueueIx, slot: Slot, uow: UowIx) {
        let entry = self.arena.get_mut(slot);
        entry.state = State::Putting;
        entry.owner = uow.0;
        self.queues.get_mut(ix).uncommitted += 1;
        self.uows.get_mut(uow).puts.push(Touched { slot, queue: ix });
    }

    /// A message goes for good, with its content and its records; the caller has seen to the depth.
    pub(crate) fn drop_message(&mut self, ix: QueueIx, slot: Slot, out: &mut Outputs) {
        let entry = self.arena.get(slot);
        let is_persistent = entry.is_persistent();
        if entry.state == State::Reserved {
            self.queues.get_mut(ix).reserved -= 1;
        }
        if !is_persistent {
            self.not_spillable(ix, slot);
        }
        self.forget_message(slot, out);
        self.queues.get_mut(ix).leave(&mut self.arena, slot);
    }

    /// The part of [`Self::drop_message`] that has nothing to do with its queue.
    pub(crate) fn forget_message(&mut self, slot: Slot, out: &mut Outputs) {
        self.contents.remove(&mut self.arena, slot);
        let entry = *self.arena.get(slot);
        let number = entry.number;
        if !entry.is_persistent() {
            self.forget_kept(&entry, out);
        } else {
            // A long message that is still arriving has no record yet.
            if entry.lsn() != Lsn::NONE {
                out.push(Output::Release { lsn: entry.lsn(), len: entry.record_len() });
            }
            if entry.has(Entry::PARTED) {
                for part in self.parts.remove(number) {
                    out.push(Output::Release { lsn: part.lsn, len: part.record_len() });
                }
            }
        }
        if entry.has(Entry::BACKED_OUT) {
            self.backouts.remove(&number);
        }
        if entry.expiry != 0 {
            self.expiring.remove(&slot);
        }
        if !self.delays.is_empty() {
            self.delays.remove(number);
        }
        self.marks.remove(number);
        if !self.groups.is_empty() {
            self.groups.remove(&number);
        }
    }

    /// How often gets of a message were backed out.
    pub(crate) fn backout_count(&self, slot: Slot) -> u32 {
        let entry = self.arena.get(slot);
        if entry.has(Entry::BACKED_OUT) { self.backouts.get(&entry.number).copied().unwrap_or(0) } else { 0 }
    }

    /// Counts a backed-out get.
    pub(crate) fn count_backout(&mut self, slot: Slot) {
        let entry = self.arena.get_mut(slot);
        entry.set(Entry::BACKED_OUT, true);
        let count = self.backouts.entry(entry.number).or_insert(0);
        *count = count.saturating_add(1);
    }

    /// The record of a message cannot be read: it keeps its place, and its queue says so.
    pub(crate) fn make_damaged(&mut self, ix: QueueIx, slot: Slot, out: &mut Outputs) {
        let entry = self.arena.get_mut(slot);
        let queue = self.queues.get_mut(ix);
        queue.reserved -= u32::from(entry.state == State::Reserved);
        entry.state = State::Damaged;
        let name = queue.name.to_string();
        Self::log_line("AMQ7472", vec![name, format!("{:016X}", entry.number.0)], out);
    }

    /// Gives back a slice of what was cleared. Returns whether something is left.
    pub(crate) fn discard_slice(&mut self, out: &mut Outputs) -> bool {
        for _ in 0..SLICE {
            let Some(discarded) = self.discarded.last_mut() else { return false };
            match discarded.lane.pop() {
                Some(slot) if self.arena.get(slot).state == State::Gone => self.arena.remove(slot),
                Some(slot) => {
                    self.forget_message(slot, out);
                    self.arena.remove(slot);
                }
                None => {
                    self.discarded.pop();
                }
            }
        }
        !self.discarded.is_empty()
    }
}

/// Messages given back at one go: well under a millisecond.
const SLICE: usize = 2_000;
