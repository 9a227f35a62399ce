//! Finds the messages of a queue by MsgId or by CorrelId: open addressing over slots, built at the first get
//! by that id.
//!
//! Only slots are stored; the key is looked up in the entry. A key that a great many messages share is useless
//! as an index and would make long probes: such keys are listed apart as common, and gets by them walk the queue,
//! where a match is never far. The table of a deep queue is filled in slices ([`IdTable::scan`]), and one that has
//! become too small for its queue is made anew rather than grown at one go.

use crate::arena::{Arena, Slot};
use crate::entry::Entry;
use crate::hash::{ID_NONE, IdHash, Set};
use crate::number::MessageNumber;

/// An empty place. Others hold their slot and one, so that fresh memory is an empty table.
const FREE: u32 = 0;

/// Up to so many messages a table grows in place.
const GROWN_MAX: usize = 8192;

/// So many messages with one key make it common.
const COMMON: usize = 256;

/// Which of the two ids a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdKind {
    /// MQMD.MsgId.
    Msg,
    /// MQMD.CorrelId.
    Correl,
}

impl IdKind {
    /// The hash of this id in an entry.
    pub(crate) fn of(self, entry: &Entry) -> IdHash {
        match self {
            Self::Msg => entry.msg_key,
            Self::Correl => entry.correl_key,
        }
    }
}

/// See the module's header.
pub(crate) struct IdTable {
    kind: IdKind,
    slots: Vec<u32>,
    len: usize,
    common: Set<IdHash>,
    /// Messages with lesser numbers, behind this place of the queue order, are still to be added: lane counted from the
    /// most urgent, number, and the first number that was added when it was put.
    scan: Option<Scan>,
    is_full: bool,
}

/// How far the filling of a table has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Lane, 9 less the priority.
    pub(crate) lane: u8,
    /// The last number looked at in it.
    pub(crate) number: MessageNumber,
    /// Messages from this number on are there already.
    pub(crate) limit: MessageNumber,
}

/// Messages that a table found for an id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// These, in no order.
    Slots(Vec<Slot>),
    /// Too many to list: walk the queue.
    Common,
}

impl IdTable {
    /// An empty table with room for so many messages; `scan` is where its filling begins.
    pub(crate) fn with_room(kind: IdKind, count: usize, scan: Option<Scan>) -> Self {
        let capacity = (count.max(8) * 2).next_power_of_two();
        Self { kind, slots: vec![FREE; capacity], len: 0, common: Set::default(), scan, is_full: false }
    }

    /// How far its filling has come; none: it is complete.
    pub(crate) fn scan(&self) -> Option<Scan> {
        self.scan
    }

    /// Says how far its filling has come.
    pub(crate) fn set_scan(&mut self, scan: Option<Scan>) {
        self.scan = scan;
    }

    /// Whether it can take no more and must be made anew.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    fn slot(place: u32) -> Slot {
        Slot(place - 1)
    }

    fn start(&self, key: IdHash) -> usize {
        key[1] as usize & (self.slots.len() - 1)
    }

    /// Adds a message.
    pub(crate) fn insert(&mut self, arena: &Arena, slot: Slot) {
        let key = self.kind.of(arena.get(slot));
        if key == ID_NONE || self.common.contains(&key) {
            return;
        }
        if (self.len + 1) * 2 > self.slots.len() && self.len <= GROWN_MAX {
            self.grow(arena);
        } else if (self.len + 1) * 4 > self.slots.len() * 3 {
            self.is_full = true;
            return;
        }
        let mask = self.slots.len() - 1;
        let mut at = self.start(key);
        let mut same = 0;
        while self.slots[at] != FREE {
            same += usize::from(self.kind.of(arena.get(Self::slot(self.slots[at]))) == key);
            at = (at + 1) & mask;
        }
        if same < COMMON {
            self.slots[at] = slot.0 + 1;
            self.len += 1;
            return;
        }
        while let Some(at) = self.position(arena, key, None) {
            self.take_out(arena, at);
        }
        self.common.insert(key);
    }

    /// Removes a message; its entry still has its key.
    pub(crate) fn remove(&mut self, arena: &Arena, slot: Slot) {
        let key = self.kind.of(arena.get(slot));
        if key != ID_NONE
            && let Some(at) = self.position(arena, key, Some(slot))
        {
            self.take_out(arena, at);
        }
    }

    /// The messages with an id.
    pub(crate) fn find(&self, arena: &Arena, key: IdHash) -> Lookup {
        if self.common.contains(&key) {
            return Lookup::Common;
        }
        let mask = self.slots.len() - 1;
        let mut found = Vec::new();
        let mut at = self.start(key);
        while self.slots[at] != FREE {
            let slot = Self::slot(self.slots[at]);
            if self.kind.of(arena.get(slot)) == key {
                found.push(slot);
            }
            at = (at + 1) & mask;
        }
        Lookup::Slots(found)
    }

    fn position(&self, arena: &Arena, key: IdHash, slot: Option<Slot>) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut at = self.start(key);
        while self.slots[at] != FREE {
            let here = Self::slot(self.slots[at]);
            if slot.map_or_else(|| self.kind.of(arena.get(here)) == key, |slot| here == slot) {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Empties a place and closes the gap, so that no probe is cut short.
    fn take_out(&mut self, arena: &Arena, mut gap: usize) {
        let mask = self.slots.len() - 1;
        let mut at = gap;
        loop {
            at = (at + 1) & mask;
            if self.slots[at] == FREE {
                break;
            }
            let start = self.start(self.kind.of(arena.get(Self::slot(self.slots[at]))));
            // It may move back into the gap unless its own probe begins after it.
            if (at.wrapping_sub(start) & mask) >= (at.wrapping_sub(gap) & mask) {
                self.slots[gap] = self.slots[at];
                gap = at;
            }
        }
        self.slots[gap] = FREE;
        self.len -= 1;
    }

    fn grow(&mut self, arena: &Arena) {
        let capacity = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![FREE; capacity]);
        for place in old.into_iter().filter(|place| *place != FREE) {
            let mut at = self.start(self.kind.of(arena.get(Self::slot(place))));
            while self.slots[at] != FREE {
                at = (at + 1) & (capacity - 1);
            }
            self.slots[at] = place;
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::IdKey;

    fn id(n: u64) -> IdHash {
        let mut id = [0; 24];
        id[..8].copy_from_slice(&n.to_be_bytes());
        IdKey(*b"an arbitrary key").hash(&id)
    }

    fn put(arena: &mut Arena, table: &mut IdTable, n: u64) -> Slot {
        let slot = arena.insert(Entry { correl_key: id(n), ..Entry::EMPTY }).expect("room");
        table.insert(arena, slot);
        slot
    }

    fn found(arena: &Arena, table: &IdTable, n: u64) -> usize {
        match table.find(arena, id(n)) {
            Lookup::Slots(slots) => slots.len(),
            Lookup::Common => usize::MAX,
        }
    }

    #[test]
    fn messages_are_found_while_others_come_and_go() {
        let (mut arena, mut table) = (Arena::default(), IdTable::with_room(IdKind::Correl, 0, None));
        let slots: Vec<_> = (0..3000u64).map(|n| put(&mut arena, &mut table, n % 1000 + 1)).collect();
        for (n, slot) in slots.iter().enumerate() {
            if n % 3 != 0 {
                table.remove(&arena, *slot);
            }
        }
        for n in 1..=1000 {
            let left = slots.iter().enumerate().filter(|(i, _)| i % 1000 + 1 == n && i % 3 == 0).count();
            assert_eq!(found(&arena, &table, n as u64), left, "id {n}");
        }
        assert_eq!(found(&arena, &table, 5000), 0);
        assert_eq!(found(&arena, &table, 0), 0, "no id is not in the table");
    }

    #[test]
    fn a_key_of_very_many_messages_is_common() {
        let (mut arena, mut table) = (Arena::default(), IdTable::with_room(IdKind::Correl, 0, None));
        for n in 0..2000u64 {
            put(&mut arena, &mut table, if n % 2 == 0 { 7 } else { n });
        }
        assert_eq!(found(&arena, &table, 7), usize::MAX);
        assert_eq!(found(&arena, &table, 9), 1);
        assert_eq!(table.len, 999, "of the 1,000 others, 7 is common too");
    }

    #[test]
    fn a_big_table_says_that_it_is_full() {
        let (mut arena, mut table) = (Arena::default(), IdTable::with_room(IdKind::Correl, 10_000, None));
        for n in 1..=40_000u64 {
            put(&mut arena, &mut table, n);
        }
        assert!(table.is_full());
        assert_eq!(table.slots.len(), 32_768, "it does not grow at one go");
    }
}
