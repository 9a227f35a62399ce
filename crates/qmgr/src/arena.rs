//! Where index entries live: chunks of 4,096, so that growing never moves them.
//!
//! A slot is a `u32`: chunk and place in it. Beside the entries a chunk has, while any of its messages is in
//! memory, the numbers of their contents ([`crate::content`]); a backlog that is only on disk has none. A chunk that
//! has become empty gives its memory back, but for one.

use crate::entry::{Entry, State};

const CHUNK_BITS: u32 = 12;
const CHUNK_LEN: usize = 1 << CHUNK_BITS;

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(pub(crate) u32);

impl Slot {
    fn chunk(self) -> usize {
        (self.0 >> CHUNK_BITS) as usize
    }

    fn at(self) -> usize {
        self.0 as usize & (CHUNK_LEN - 1)
    }
}

/// No content, no next slot.
const NONE: u32 = u32::MAX;

#[derive(Default)]
struct Chunk {
    /// Empty until used: memory is taken with the first entry and given back with the last.
    entries: Box<[Entry]>,
    contents: Box<[u32]>,
    contents_count: u32,
    used: u32,
    /// First free place; free entries are linked through `owner`.
    free: u32,
    /// No entry of this chunk expires before.
    expiry_min: u32,
}

impl Chunk {
    fn fill(&mut self) {
        let mut entries = vec![Entry::EMPTY; CHUNK_LEN];
        for (at, entry) in entries.iter_mut().enumerate() {
            entry.owner = if at + 1 < CHUNK_LEN { at as u32 + 1 } else { NONE };
        }
        self.entries = entries.into_boxed_slice();
        self.free = 0;
        self.expiry_min = NONE;
    }
}

/// All entries of a queue manager.
#[derive(Default)]
pub(crate) struct Arena {
    chunks: Vec<Chunk>,
    /// Chunks with a free place, the one to use next at the end.
    open: Vec<u32>,
    empty: u32,
    bytes: usize,
}

impl Arena {
    /// Entries in use.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u32 {
        self.chunks.iter().map(|chunk| chunk.used).sum()
    }

    /// Takes a slot for an entry; none when 2^32 are in use.
    pub(crate) fn insert(&mut self, entry: Entry) -> Option<Slot> {
        let index = match self.open.last() {
            Some(&index) => index,
            None => {
                let index = u32::try_from(self.chunks.len()).ok().filter(|i| *i < 1 << (32 - CHUNK_BITS))?;
                self.chunks.push(Chunk::default());
                self.bytes += size_of::<Chunk>();
                self.open.push(index);
                self.empty += 1;
                index
            }
        };
        let chunk = &mut self.chunks[index as usize];
        if chunk.entries.is_empty() {
            chunk.fill();
            self.bytes += size_of_val(&*chunk.entries);
        }
        let at = chunk.free;
        let place = &mut chunk.entries[at as usize];
        chunk.free = place.owner;
        *place = entry;
        if chunk.used == 0 {
            self.empty -= 1;
        }
        chunk.used += 1;
        if chunk.free == NONE {
            self.open.pop();
        }
        if entry.expiry != 0 {
            chunk.expiry_min = chunk.expiry_min.min(entry.expiry);
        }
        Some(Slot((index << CHUNK_BITS) | at))
    }

    /// Gives a slot back. Its content must have been taken away before.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let chunk = &mut self.chunks[slot.chunk()];
        debug_assert!(
            chunk.contents.get(slot.at()).is_none_or(|c| *c == NONE),
            "content goes before the entry"
        );
        if chunk.free == NONE {
            self.open.push(slot.chunk() as u32);
        }
        chunk.entries[slot.at()] = Entry { owner: chunk.free, ..Entry::EMPTY };
        chunk.free = slot.at() as u32;
        chunk.used -= 1;
        if chunk.used == 0 {
            self.empty += 1;
            if self.empty > 1 {
                self.bytes -= size_of_val(&*chunk.entries) + size_of_val(&*chunk.contents);
                chunk.entries = Box::default();
                chunk.contents = Box::default();
            }
        }
    }

    /// The entry in a slot.
    pub(crate) fn get(&self, slot: Slot) -> &Entry {
        &self.chunks[slot.chunk()].entries[slot.at()]
    }

    /// The entry in the slot of a message that may have gone: an empty one if the chunk has given its memory back.
    pub(crate) fn peek(&self, slot: Slot) -> &Entry {
        self.chunks[slot.chunk()].entries.get(slot.at()).unwrap_or(&Entry::EMPTY)
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> &mut Entry {
        &mut self.chunks[slot.chunk()].entries[slot.at()]
    }

    /// Number of the content of a message, if it is in memory.
    pub(crate) fn content(&self, slot: Slot) -> Option<u32> {
        self.chunks[slot.chunk()].contents.get(slot.at()).copied().filter(|c| *c != NONE)
    }

    /// Says where the content of a message is; returns what was there before.
    pub(crate) fn set_content(&mut self, slot: Slot, content: Option<u32>) -> Option<u32> {
        let chunk = &mut self.chunks[slot.chunk()];
        if chunk.contents.is_empty() {
            content?;
            chunk.contents = vec![NONE; CHUNK_LEN].into_boxed_slice();
            self.bytes += size_of_val(&*chunk.contents);
        }
        let old = std::mem::replace(&mut chunk.contents[slot.at()], content.unwrap_or(NONE));
        chunk.contents_count += u32::from(content.is_some());
        chunk.contents_count -= u32::from(old != NONE);
        if chunk.contents_count == 0 && self.chunks.len() > 4 {
            let contents = std::mem::take(&mut self.chunks[slot.chunk()].contents);
            self.bytes -= size_of_val(&*contents);
        }
        (old != NONE).then_some(old)
    }

    /// Number of chunks: for [`Self::expiry_min`] and [`Self::expired`].
    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// No entry of this chunk expires before; `None` if none ever does.
    pub(crate) fn expiry_min(&self, chunk: usize) -> Option<u32> {
        let chunk = self.chunks.get(chunk)?;
        (!chunk.entries.is_empty() && chunk.expiry_min != NONE).then_some(chunk.expiry_min)
    }

    /// Slots of the free messages of this chunk that have expired; its minimum is made exact for the others.
    /// An expired message that is not free counts as due one `grace` later.
    pub(crate) fn expired(&mut self, index: usize, now: u32, grace: u32, found: &mut Vec<Slot>) {
        let chunk = &mut self.chunks[index];
        let mut min = NONE;
        for (at, entry) in chunk.entries.iter().enumerate() {
            if entry.expiry == 0 || entry.state == State::Gone {
                continue;
            }
            if entry.expiry > now {
                min = min.min(entry.expiry);
            } else if entry.state == State::Free {
                found.push(Slot(((index as u32) << CHUNK_BITS) | at as u32));
            } else {
                min = min.min(now.saturating_add(grace));
            }
        }
        chunk.expiry_min = min;
    }

    /// Bytes held for entries.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::MessageNumber;

    fn entry(number: u64) -> Entry {
        Entry { number: MessageNumber(number), ..Entry::EMPTY }
    }

    #[test]
    fn slots_are_used_again_and_empty_chunks_go() {
        let mut arena = Arena::default();
        let slots: Vec<_> = (0..10_000).map(|n| arena.insert(entry(n)).expect("room")).collect();
        assert_eq!(arena.len(), 10_000);
        assert!(slots.iter().enumerate().all(|(n, slot)| arena.get(*slot).number.0 == n as u64));
        let full = arena.bytes();
        for slot in &slots {
            arena.remove(*slot);
        }
        assert_eq!(arena.len(), 0);
        assert!(arena.bytes() < full / 2);
        assert!(slots.iter().all(|slot| arena.peek(*slot).state == State::Gone));
        let again: Vec<_> = (0..10_000).map(|n| arena.insert(entry(n)).expect("room")).collect();
        assert_eq!(arena.bytes(), full);
        let mut sorted = again.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 10_000, "no slot is given twice");
    }

    #[test]
    fn contents_are_side_tables() {
        let mut arena = Arena::default();
        let slot = arena.insert(entry(1)).expect("room");
        assert_eq!(arena.content(slot), None);
        assert_eq!(arena.set_content(slot, Some(7)), None);
        assert_eq!(arena.content(slot), Some(7));
        assert_eq!(arena.set_content(slot, None), Some(7));
        assert_eq!(arena.content(slot), None);
    }

    #[test]
    fn expired_messages_are_found_by_chunk() {
        let mut arena = Arena::default();
        for (number, expiry, state) in [(1, 50, State::Free), (2, 60, State::Got), (3, 90, State::Free)] {
            arena.insert(Entry { expiry, state, ..entry(number) }).expect("room");
        }
        assert_eq!(arena.expiry_min(0), Some(50));
        let mut found = Vec::new();
        arena.expired(0, 70, 10, &mut found);
        assert_eq!(found.len(), 1);
        assert_eq!(arena.get(found[0]).number.0, 1);
        assert_eq!(arena.expiry_min(0), Some(80), "the got one is looked at again");
    }
}
