//! Messages whose time is over go without being touched (queue-manager reference, 10.2).
//!
//! There is no list of them: each chunk of the arena knows before when none of its messages expires, and a chunk whose
//! time has come is looked through. What a get or a browse meets on its way goes at once.

use store::{Kind, Record};

use crate::arena::Slot;
use crate::entry::Entry;
use crate::kernel::Kernel;
use crate::log_records::Discard;
use crate::output::Outputs;
use crate::queue::QueueIx;
use crate::time::Mono;

/// A chunk is looked through this often at most, in ms.
const PAUSE_MS: u64 = 500;

/// An expired message that someone has got and not committed is looked at again after so many tenths of a second.
const GRACE_TENTHS: u32 = 50;

impl Kernel {
    /// A message has entered that expires then.
    pub(crate) fn expires(&mut self, at_tenths: u32) {
        let at = self.mono_of(at_tenths);
        self.expiry_due = Some(self.expiry_due.map_or(at, |due| due.min(at)));
    }

    /// What is left of the life of a message that has an end, in tenths of a second: at least one.
    pub(crate) fn life_left(&self, entry: &Entry) -> Option<i32> {
        let left = entry.expiry.saturating_sub(self.now_tenths()).max(1);
        (entry.expiry != 0).then(|| i32::try_from(left).unwrap_or(i32::MAX))
    }

    fn mono_of(&self, tenths: u32) -> Mono {
        let ms = u64::try_from(self.own_of(tenths).0 - self.own_clock.now.0).unwrap_or(0);
        // A tenth later it is over by any count.
        self.now.mono.after(ms + 100)
    }

    /// Looks through one chunk whose time has come.
    pub(crate) fn expire_some(&mut self, out: &mut Outputs) {
        if self.expiry_due.is_none_or(|due| due > self.now.mono) {
            return;
        }
        let now = self.now_tenths();
        let count = self.arena.chunk_count();
        let due = (0..count)
            .map(|step| (self.expiry_chunk + step) % count)
            .find(|chunk| self.arena.expiry_min(*chunk).is_some_and(|min| min <= now));
        if let Some(chunk) = due {
            self.expiry_chunk = chunk + 1;
            let mut slots = Vec::new();
            self.arena.expired(chunk, now, GRACE_TENTHS, &mut slots);
            self.expire_slots(&slots, out);
        }
        let next = (0..count).filter_map(|chunk| self.arena.expiry_min(chunk)).min();
        self.expiry_due = next.map(|at| {
            let pause = if due.is_some() && at <= now { 0 } else { PAUSE_MS };
            self.mono_of(at).max(self.now.mono.after(pause))
        });
    }

    fn expire_slots(&mut self, slots: &[Slot], out: &mut Outputs) {
        // What has been cleared, or was of a deleted queue, is being given back already.
        let is_queued = |slot: &Slot| {
            let queue = self.expiring.get(slot).and_then(|ix| self.queues.find(*ix));
            queue.and_then(|queue| queue.find(&self.arena, self.arena.get(*slot).number)) == Some(*slot)
        };
        let slots: Vec<Slot> = slots.iter().copied().filter(is_queued).collect();
        for slots in slots.chunks(Discard::NUMBERS_MAX) {
            let persistent =
                slots.iter().map(|slot| self.arena.get(*slot)).filter(|entry| entry.is_persistent());
            let numbers: Vec<_> = persistent.map(|entry| entry.number).collect();
            if !numbers.is_empty() {
                self.append(Record::new(Kind::Discard, Discard::Numbers(numbers).encode()), out);
            }
            for slot in slots {
                if let Some(ix) = self.expiring.get(slot).copied() {
                    self.queues.get_mut(ix).depth -= 1;
                    self.drop_message(ix, *slot, out);
                }
            }
        }
    }

    /// A free message whose time is over goes.
    pub(crate) fn expire(&mut self, ix: QueueIx, slot: Slot, out: &mut Outputs) {
        let entry = self.arena.get(slot);
        if entry.is_persistent() {
            let head = Discard::Numbers(vec![entry.number]).encode();
            self.append(Record::new(Kind::Discard, head), out);
        }
        self.queues.get_mut(ix).depth -= 1;
        self.drop_message(ix, slot, out);
    }
}
