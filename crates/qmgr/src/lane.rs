//! The messages of one priority of one queue, in the order of their numbers.
//!
//! Runs of at most 1,024 slots. A message that goes from the middle stays mentioned, its entry marked as gone,
//! until its run is squeezed or the front reaches it; so nothing else moves, and the numbers in a run stay sorted
//! and can be searched. A run remembers where its first free message may be, which keeps a get from walking over
//! the messages that others have got and not committed.

use std::collections::VecDeque;

use crate::arena::{Arena, Slot};
use crate::entry::State;
use crate::number::MessageNumber;

const RUN_LEN: usize = 1024;

struct Run {
    /// No number of this run is less.
    first: MessageNumber,
    slots: Vec<Slot>,
    /// Slots before this one have been given back.
    head: usize,
    /// Messages gone at or after `head`.
    gone: usize,
    /// No message before this one is free.
    free_from: usize,
}

impl Run {
    fn position(&self, arena: &Arena, number: MessageNumber) -> usize {
        self.head + self.slots[self.head..].partition_point(|slot| arena.get(*slot).number < number)
    }
}

/// See the module's header.
#[derive(Default)]
pub(crate) struct Lane {
    runs: VecDeque<Run>,
    /// Memory of the last run.
    spare: Vec<Slot>,
    /// From which number to which there is nothing left to be spilled (`spill.rs`).
    pub(crate) spilled: Option<(MessageNumber, MessageNumber)>,
}

impl Lane {
    /// Whether no message is mentioned.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds a message: its number is greater than all before.
    pub(crate) fn push(&mut self, slot: Slot, number: MessageNumber) {
        match self.runs.back_mut() {
            Some(run) if run.slots.len() < RUN_LEN => run.slots.push(slot),
            _ => {
                let mut slots = std::mem::take(&mut self.spare);
                slots.push(slot);
                self.runs.push_back(Run { first: number, slots, head: 0, gone: 0, free_from: 0 });
            }
        }
    }

    /// The run in which a number is or would be.
    fn run_of(&self, number: MessageNumber) -> usize {
        match self.runs.front() {
            Some(_) if self.runs.len() > 1 && self.runs[1].first <= number => {
                self.runs.partition_point(|run| run.first <= number) - 1
            }
            _ => 0,
        }
    }

    /// A message of this lane is free (again).
    pub(crate) fn freed(&mut self, arena: &Arena, number: MessageNumber) {
        let index = self.run_of(number);
        let run = &mut self.runs[index];
        if run.free_from > run.head {
            run.free_from = run.free_from.min(run.position(arena, number));
        }
    }

    /// A message of this lane, already marked as gone, goes. Slots that nothing mentions any more are given back.
    pub(crate) fn gone(&mut self, arena: &mut Arena, number: MessageNumber) {
        let index = self.run_of(number);
        let run = &mut self.runs[index];
        run.gone += 1;
        while run.gone > 0 {
            let front = run.slots[run.head];
            if arena.get(front).state != State::Gone {
                break;
            }
            arena.remove(front);
            run.head += 1;
            run.gone -= 1;
        }
        run.free_from = run.free_from.max(run.head);
        if run.head == run.slots.len() {
            let slots = std::mem::take(&mut run.slots);
            self.runs.remove(index);
            if self.runs.is_empty() {
                // The only run of a queue that goes up and down keeps its memory.
                self.spare = slots;
                self.spare.clear();
            }
        } else if run.gone > 16 && run.gone > (run.slots.len() - run.head) / 2 {
            let mut kept = Vec::with_capacity(run.slots.len() - run.head - run.gone);
            for slot in &run.slots[run.head..] {
                if arena.get(*slot).state == State::Gone {
                    arena.remove(*slot);
                } else {
                    kept.push(*slot);
                }
            }
            (run.slots, run.head, run.gone, run.free_from) = (kept, 0, 0, 0);
        }
    }

    /// First free message that passes, in order. What does not pass is walked over.
    pub(crate) fn first_free(&mut self, arena: &Arena, mut pass: impl FnMut(Slot) -> bool) -> Option<Slot> {
        for run in &mut self.runs {
            while run.free_from < run.slots.len() && arena.get(run.slots[run.free_from]).state != State::Free
            {
                run.free_from += 1;
            }
            for slot in &run.slots[run.free_from..] {
                if arena.get(*slot).state == State::Free && pass(*slot) {
                    return Some(*slot);
                }
            }
        }
        None
    }

    /// Messages after this number, in order, whatever their state.
    pub(crate) fn after<'a>(
        &'a self,
        arena: &'a Arena,
        number: MessageNumber,
    ) -> impl Iterator<Item = Slot> + 'a {
        let index = self.run_of(number);
        let skip = match self.runs.get(index) {
            Some(run) => run.position(arena, MessageNumber(number.0 + 1)),
            None => 0,
        };
        let runs = self.runs.range(index.min(self.runs.len())..).enumerate();
        runs.flat_map(move |(n, run)| run.slots[if n == 0 { skip } else { run.head }..].iter().copied())
    }

    /// Number of the first message mentioned, gone or not.
    pub(crate) fn first(&self, arena: &Arena) -> Option<MessageNumber> {
        let run = self.runs.front()?;
        run.slots.get(run.head).map(|slot| arena.get(*slot).number)
    }

    /// Messages before this number, the last first, whatever their state.
    pub(crate) fn before<'a>(
        &'a self,
        arena: &'a Arena,
        number: MessageNumber,
    ) -> impl Iterator<Item = Slot> + 'a {
        let index = self.run_of(number);
        let end = self.runs.get(index).map_or(0, |run| run.position(arena, number));
        let runs = self.runs.range(..(index + 1).min(self.runs.len())).enumerate().rev();
        runs.flat_map(move |(n, run)| {
            let end = if n == index { end } else { run.slots.len() };
            run.slots[run.head..end].iter().rev().copied()
        })
    }

    /// The message with this number.
    pub(crate) fn find(&self, arena: &Arena, number: MessageNumber) -> Option<Slot> {
        let run = self.runs.get(self.run_of(number))?;
        let slot = *run.slots.get(run.position(arena, number))?;
        let entry = arena.get(slot);
        (entry.number == number && entry.state != State::Gone).then_some(slot)
    }

    /// Every message mentioned, gone or not, in order.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.runs.iter().flat_map(|run| run.slots[run.head..].iter().copied())
    }

    /// Takes the last slot away: for emptying a lane piece by piece.
    pub(crate) fn pop(&mut self) -> Option<Slot> {
        while let Some(run) = self.runs.back_mut() {
            if run.slots.len() > run.head {
                return run.slots.pop();
            }
            self.runs.pop_back();
        }
        None
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.runs.iter().map(|run| size_of::<Run>() + run.slots.capacity() * size_of::<Slot>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Entry;

    struct Fixture {
        arena: Arena,
        lane: Lane,
    }

    impl Fixture {
        fn with(count: u64) -> Self {
            let mut fixture = Self { arena: Arena::default(), lane: Lane::default() };
            for n in 1..=count {
                fixture.put(n);
            }
            fixture
        }

        fn put(&mut self, n: u64) {
            let number = MessageNumber(n);
            let entry = Entry { number, state: State::Free, ..Entry::EMPTY };
            let slot = self.arena.insert(entry).expect("room");
            self.lane.push(slot, number);
        }

        fn set(&mut self, n: u64, state: State) {
            let slot = self.lane.find(&self.arena, MessageNumber(n)).expect("present");
            self.arena.get_mut(slot).state = state;
            match state {
                State::Free => self.lane.freed(&self.arena, MessageNumber(n)),
                State::Gone => self.lane.gone(&mut self.arena, MessageNumber(n)),
                _ => {}
            }
        }

        fn first(&mut self) -> Option<u64> {
            self.lane.first_free(&self.arena, |_| true).map(|slot| self.arena.get(slot).number.0)
        }

        fn after(&self, n: u64) -> Option<u64> {
            let after = self.lane.after(&self.arena, MessageNumber(n)).map(|slot| self.arena.get(slot));
            after.filter(|entry| entry.state != State::Gone).map(|entry| entry.number.0).next()
        }
    }

    #[test]
    fn the_first_free_message_is_found_again_after_it_comes_back() {
        let mut f = Fixture::with(5000);
        for n in 1..=3000 {
            assert_eq!(f.first(), Some(n));
            f.set(n, State::Got);
        }
        f.set(1500, State::Free);
        f.set(700, State::Free);
        assert_eq!(f.first(), Some(700));
        f.set(700, State::Gone);
        assert_eq!(f.first(), Some(1500));
        assert_eq!(f.after(3000), Some(3001));
        assert_eq!(f.after(699), Some(701));
        assert_eq!(f.after(5000), None);
        let before =
            |n: u64| f.lane.before(&f.arena, MessageNumber(n)).map(|slot| f.arena.get(slot).number.0);
        assert_eq!(before(3).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(
            (before(1025).next(), before(1026).next(), before(9999).next()),
            (Some(1024), Some(1025), Some(5000))
        );
        assert_eq!((before(1).next(), before(5001).count()), (None, 5000));
    }

    #[test]
    fn slots_come_back_when_nothing_mentions_them() {
        let mut f = Fixture::with(5000);
        for n in (2..=5000).step_by(2) {
            f.set(n, State::Gone);
        }
        for n in (3..=4999).step_by(4) {
            f.set(n, State::Gone);
        }
        assert!(f.arena.len() < 2600, "{} slots for 1,250 messages", f.arena.len());
        for n in (1..=4997).step_by(4) {
            assert_eq!(f.first(), Some(n));
            f.set(n, State::Gone);
        }
        assert_eq!((f.first(), f.arena.len()), (None, 0));
        f.put(6000);
        assert_eq!((f.first(), f.after(5999), f.after(6000)), (Some(6000), Some(6000), None));
    }
}
