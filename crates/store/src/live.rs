//! Which records of a stretch of log are live: four bytes and a bit for each anchored one.

/// A growing row of bits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Bits {
    pub(crate) count: u32,
    pub(crate) words: Vec<u64>,
}

impl Bits {
    pub(crate) fn push(&mut self, bit: bool) {
        let at = self.count;
        self.count += 1;
        if at.is_multiple_of(64) {
            self.words.push(0);
        }
        if bit {
            self.words[(at / 64) as usize] |= 1 << (at % 64);
        }
    }

    pub(crate) fn get(&self, at: u32) -> bool {
        at < self.count && self.words[(at / 64) as usize] >> (at % 64) & 1 == 1
    }

    /// Clears a bit; says whether it was set.
    pub(crate) fn clear(&mut self, at: u32) -> bool {
        let was = self.get(at);
        if was {
            self.words[(at / 64) as usize] &= !(1 << (at % 64));
        }
        was
    }

    pub(crate) fn extend(&mut self, more: &Self) {
        if self.count.is_multiple_of(64) {
            self.words.extend_from_slice(&more.words);
            self.count += more.count;
            return;
        }
        for at in 0..more.count {
            self.push(more.get(at));
        }
    }

    fn clear_all(&mut self) {
        self.count = 0;
        self.words.clear();
    }
}

/// The anchored records of a stretch of log, sorted by their distance from its start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Live {
    pub(crate) offsets: Vec<u32>,
    pub(crate) bits: Bits,
    /// Live records and their bytes.
    pub(crate) count: u32,
    pub(crate) bytes: u64,
}

impl Live {
    /// Adds the next record; offsets only grow.
    pub(crate) fn push(&mut self, offset: u32, len: u32, is_live: bool) {
        debug_assert!(self.offsets.last().is_none_or(|last| *last < offset));
        self.offsets.push(offset);
        self.bits.push(is_live);
        if is_live {
            self.count += 1;
            self.bytes += u64::from(len);
        }
    }

    /// Marks the record at `offset` dead. Says whether there was a live one.
    pub(crate) fn release(&mut self, offset: u32, len: u32) -> bool {
        let Ok(at) = self.offsets.binary_search(&offset) else { return false };
        let was = self.bits.clear(at as u32);
        if was {
            self.count -= 1;
            self.bytes = self.bytes.saturating_sub(u64::from(len));
        }
        was
    }

    /// The offset of the first live record at or after `offset`.
    pub(crate) fn next_from(&self, offset: u32) -> Option<u32> {
        let from = self.offsets.partition_point(|o| *o < offset);
        (from..self.offsets.len()).find(|at| self.bits.get(*at as u32)).map(|at| self.offsets[at])
    }

    /// Forgets everything but keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.offsets.clear();
        self.bits.clear_all();
        self.count = 0;
        self.bytes = 0;
    }

    /// Gives the memory back once no record is live.
    pub(crate) fn shrink(&mut self) {
        if self.count == 0 {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_die_once() {
        let mut live = Live::default();
        for i in 0..200 {
            live.push(i * 10, 10, i % 3 != 0);
        }
        assert_eq!((live.count, live.bytes), (133, 1330));
        assert!(live.release(10, 10));
        assert!(!live.release(10, 10), "dead already");
        assert!(!live.release(0, 10), "never live");
        assert!(!live.release(11, 10), "no such record");
        assert_eq!((live.count, live.bytes), (132, 1320));
        assert_eq!(live.next_from(0), Some(20));
        assert_eq!(live.next_from(21), Some(40));
        assert_eq!(live.next_from(2000), None);
        let mut twice = Bits::default();
        twice.extend(&live.bits);
        twice.extend(&live.bits);
        assert_eq!(twice.count, 400);
        for at in 0..200 {
            assert_eq!((twice.get(at), twice.get(at + 200)), (live.bits.get(at), live.bits.get(at)));
        }
        assert!(!twice.get(400));
    }
}
