//! Where a record is in the log, and which run of the queue manager wrote it.
//!
//! An LSN counts the bytes of all records ever appended, without headers and padding of groups. It
//! therefore does not depend on the disk: whoever appends records can compute the next LSN himself.

use std::fmt;
use std::ops::{Add, Sub};

/// Position of a record in the log: the sum of the lengths of all records before it, plus one.
///
/// A record at `lsn` is durable when the durable LSN is greater than `lsn`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(pub u64);

impl Lsn {
    /// No record: a reply that waits for this waits for nothing.
    pub const NONE: Self = Self(0);
    /// Position of the first record of a new log.
    pub const FIRST: Self = Self(1);
}

impl Add<u64> for Lsn {
    type Output = Self;
    fn add(self, bytes: u64) -> Self {
        Self(self.0 + bytes)
    }
}

impl Add<u32> for Lsn {
    type Output = Self;
    fn add(self, bytes: u32) -> Self {
        Self(self.0 + u64::from(bytes))
    }
}

/// Bytes of records between two positions. The left one must not be the smaller.
impl Sub for Lsn {
    type Output = u64;
    fn sub(self, earlier: Self) -> u64 {
        self.0 - earlier.0
    }
}

impl fmt::Debug for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lsn({})", self.0)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Number of a run of the queue manager. Raised durably at every start, before anything else.
///
/// It has 24 bits, since a message number carries it in front of a counter of 40.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Epoch(pub u32);

impl Epoch {
    /// The last epoch there can be: one start a second for half a year.
    pub const MAX: Self = Self(0x00FF_FFFF);

    /// The epoch of the next run, or nothing when all are used up.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        (self < Self::MAX).then(|| Self(self.0 + 1))
    }
}

/// How far a log has come: of two that were one, the greater one has gone on for longer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Position {
    /// The last run.
    pub epoch: Epoch,
    /// How often its control file has been written.
    pub sequence: u64,
    /// Everything before this was durable.
    pub durable: Lsn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_lsn_counts_bytes_and_epochs_end() {
        assert_eq!(Lsn::FIRST + 12u32, Lsn(13));
        assert_eq!(Lsn(20) - Lsn(13), 7);
        assert_eq!(Epoch(7).next(), Some(Epoch(8)));
        assert_eq!(Epoch::MAX.next(), None);
    }
}
