//! Numbers that the kernel gives and never gives again: of messages and of units of work.
//!
//! ```text
//! 63        40 39                       0
//! epoch (24)   counter within the epoch
//! ```
//!
//! The store raises the epoch durably at every start, so a number is new even after a restart that lost the
//! end of the log. The order of numbers is the order in which they were given.

/// Names a message for as long as it exists, wherever its record moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageNumber(pub u64);

/// Names a unit of work. Zero: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UowId(pub u64);

impl UowId {
    /// Outside any unit of work.
    pub const NONE: Self = Self(0);
}

const COUNTER_BITS: u32 = 40;

/// Gives numbers of one epoch.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    next: u64,
}

impl Numbers {
    /// Numbers of this epoch, of which 24 bits count, from 1 on.
    pub(crate) fn of_epoch(epoch: u32) -> Self {
        assert!(epoch < 1 << 24, "an epoch has 24 bits");
        Self { next: (u64::from(epoch) << COUNTER_BITS) | 1 }
    }

    fn next(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        // 2^40 a run: a million a second for twelve days short of thirteen.
        assert!(self.next << (64 - COUNTER_BITS) != 0, "the numbers of this epoch are used up: restart");
        number
    }

    /// A number greater than all that have been given.
    pub(crate) fn peek(&self) -> MessageNumber {
        MessageNumber(self.next)
    }

    /// The next message's.
    pub(crate) fn message(&mut self) -> MessageNumber {
        MessageNumber(self.next())
    }

    /// The next unit of work's.
    pub(crate) fn uow(&mut self) -> UowId {
        UowId(self.next())
    }

    /// For names that must be new: of dynamic queues and connections.
    pub(crate) fn unique(&mut self) -> u64 {
        self.next()
    }

    /// The epoch that a number is of.
    pub(crate) fn epoch_of(number: u64) -> u32 {
        (number >> COUNTER_BITS) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_epoch_gives_greater_numbers() {
        let (mut one, mut two) = (Numbers::of_epoch(1), Numbers::of_epoch(2));
        let first = one.message();
        assert!(first < one.message());
        assert!(MessageNumber(one.uow().0) < two.message());
        assert_eq!(first.0, (1 << 40) + 1);
    }
}
