//! The books of the scratch file: which units are free.
//!
//! Pieces are laid one behind the other into the current hole, which is the largest there is, or the end of the
//! file; so messages that are spilled together lie together. What is given back is joined with its neighbours,
//! and what is free at the end is no longer part of the file.

use std::collections::{BTreeMap, BTreeSet};

/// See the module's text. Unit 0 is never given.
#[derive(Debug)]
pub(super) struct Space {
    /// Free units before the end: first and count.
    free: BTreeMap<u64, u64>,
    /// The same by count.
    by_count: BTreeSet<(u64, u64)>,
    /// Where the next piece goes, in the current hole: first and count.
    hole: (u64, u64),
    /// All units from here on are free.
    end: u64,
    units_max: u64,
    used: u64,
}

impl Space {
    /// Of at most so many units.
    pub(super) fn new(units_max: u64) -> Self {
        Self { free: BTreeMap::new(), by_count: BTreeSet::new(), hole: (0, 0), end: 1, units_max, used: 0 }
    }

    /// Whether nothing is in use.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Nothing is in use from here on.
    pub(super) fn end(&self) -> u64 {
        if self.is_empty() { 0 } else { self.end }
    }

    /// Takes so many units; none: there are not as many in one place.
    pub(super) fn take(&mut self, count: u64) -> Option<u64> {
        if self.hole.1 < count {
            let (first, rest) = std::mem::take(&mut self.hole);
            self.insert(first, rest);
            self.hole = match self.by_count.last().copied() {
                Some((largest, first)) if largest >= count => {
                    self.remove(first, largest);
                    (first, largest)
                }
                _ if self.end - 1 + count > self.units_max => return None,
                _ => {
                    let first = self.end;
                    self.end += count;
                    (first, count)
                }
            };
        }
        let unit = self.hole.0;
        self.hole = (unit + count, self.hole.1 - count);
        self.used += count;
        Some(unit)
    }

    /// Gives units back.
    pub(super) fn give(&mut self, unit: u64, count: u64) {
        assert!(unit > 0 && unit + count <= self.end && count <= self.used, "what is given back was taken");
        self.used -= count;
        if self.used == 0 {
            (self.end, self.hole) = (1, (0, 0));
            self.free.clear();
            self.by_count.clear();
            return;
        }
        if unit + count == self.hole.0 {
            self.hole = (unit, self.hole.1 + count);
        } else {
            self.insert(unit, count);
        }
        // What is free at the end goes.
        loop {
            let (first, count) = self.hole;
            if count > 0 && first + count == self.end {
                (self.end, self.hole) = (first, (0, 0));
                continue;
            }
            match self.free.last_key_value().map(|(first, count)| (*first, *count)) {
                Some((first, count)) if first + count == self.end => {
                    self.remove(first, count);
                    self.end = first;
                }
                _ => break,
            }
        }
    }

    fn remove(&mut self, first: u64, count: u64) {
        self.free.remove(&first);
        self.by_count.remove(&(count, first));
    }

    /// Adds free units, joined with those before and behind.
    fn insert(&mut self, mut first: u64, mut count: u64) {
        if count == 0 {
            return;
        }
        if let Some((before, len)) = self.free.range(..first).next_back().map(|(f, c)| (*f, *c))
            && before + len == first
        {
            self.remove(before, len);
            (first, count) = (before, count + len);
        }
        if let Some(len) = self.free.get(&(first + count)).copied() {
            self.remove(first + count, len);
            count += len;
        }
        self.free.insert(first, count);
        self.by_count.insert((count, first));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_used_again_and_the_end_comes_back() {
        let mut space = Space::new(u64::MAX);
        assert_eq!(
            (0..4).map(|_| space.take(10)).collect::<Vec<_>>(),
            [Some(1), Some(11), Some(21), Some(31)]
        );
        space.give(11, 10);
        space.give(1, 10);
        assert_eq!((space.take(15), space.take(5), space.take(1)), (Some(1), Some(16), Some(41)));
        space.give(31, 10);
        space.give(41, 1);
        assert_eq!(space.end(), 31);
        for (unit, count) in [(1, 15), (16, 5), (21, 10)] {
            space.give(unit, count);
        }
        assert_eq!((space.end(), space.take(7)), (0, Some(1)));
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut space = Space::new(10);
        assert_eq!((space.take(8), space.take(3), space.take(2)), (Some(1), None, Some(9)));
        space.give(1, 8);
        assert_eq!((space.take(8), space.take(1)), (Some(1), None));
    }

    #[test]
    fn no_unit_is_given_twice() {
        let mut dice = 7u64;
        let mut below = |n: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            (dice >> 11) % n
        };
        let (mut space, mut taken) = (Space::new(3000), BTreeMap::new());
        for _ in 0..50_000 {
            if below(100) < 55 {
                let count = 1 + below(33);
                if let Some(unit) = space.take(count) {
                    let before = taken.range(..unit + count).next_back().map(|(u, c)| u + c);
                    assert!(unit > 0 && before.is_none_or(|end| end <= unit), "{unit} is taken");
                    assert!(unit + count <= space.end());
                    taken.insert(unit, count);
                }
            } else if let Some(unit) = taken.range(below(4000)..).next().map(|(unit, _)| *unit) {
                space.give(unit, taken.remove(&unit).expect("just seen"));
                let last = taken.last_key_value().map_or(0, |(unit, count)| unit + count);
                assert_eq!(space.end(), last, "nothing free is left at the end");
            }
        }
        for (unit, count) in taken {
            space.give(unit, count);
        }
        assert!(space.is_empty() && space.free.is_empty());
    }
}
