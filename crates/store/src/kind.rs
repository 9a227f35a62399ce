//! The kinds of records. The store knows no more of a record than how long it must be kept.
//!
//! ```text
//!  1 Put      anchored    a message, or the list of its parts      7 Prepare  anchored
//!  2 Part     anchored    a piece of a long body                   8 Forget
//!  3 Got      a get inside a unit of work                          9 Discard
//!  4 Take     a get outside                                       10 Object   anchored
//!  5 Commit   6 Back                                              11 Clock
//!                                                                 14, 15      never used in a record
//! ```
//!
//! An *anchored* record is live until whoever appended it releases it: its extent stays. Every other
//! record matters only until the next checkpoint. A record that packing has moved keeps its kind and
//! carries the flag [`MOVED`].

/// Flag of a record that was copied forward by packing; the record it replaces is released.
pub const MOVED: u8 = 1;

/// What a record is. Closed: a log with a kind that this version does not know is refused at restart,
/// since skipping a record could bring back what it took away.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A message put.
    Put = 1,
    /// A piece of the body of a message that is too long for one record.
    Part = 2,
    /// A message got inside a unit of work.
    Got = 3,
    /// A message got outside a unit of work.
    Take = 4,
    /// A unit of work committed.
    Commit = 5,
    /// A unit of work backed out.
    Back = 6,
    /// A unit of work prepared for two-phase commit.
    Prepare = 7,
    /// A prepared unit of work resolved and forgotten.
    Forget = 8,
    /// Messages discarded: expired or cleared.
    Discard = 9,
    /// An object defined, altered or deleted.
    Object = 10,
    /// The clock of the machine was set.
    Clock = 11,
}

impl Kind {
    /// One more than the greatest number of a kind: the size of a table by kind.
    pub(crate) const COUNT: usize = 12;

    /// The kind with this number, if this version knows it.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Put,
            2 => Self::Part,
            3 => Self::Got,
            4 => Self::Take,
            5 => Self::Commit,
            6 => Self::Back,
            7 => Self::Prepare,
            8 => Self::Forget,
            9 => Self::Discard,
            10 => Self::Object,
            11 => Self::Clock,
            _ => return None,
        })
    }

    /// Whether a record of this kind stays live until it is released, checkpoints notwithstanding.
    #[must_use]
    pub fn is_anchored(self) -> bool {
        match self {
            Self::Put | Self::Part | Self::Prepare | Self::Object => true,
            Self::Got
            | Self::Take
            | Self::Commit
            | Self::Back
            | Self::Forget
            | Self::Discard
            | Self::Clock => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_kinds() {
        let known: Vec<u8> = (0..=255).filter(|n| Kind::from_u8(*n).is_some()).collect();
        assert_eq!(known, (1..=11).collect::<Vec<u8>>());
        for n in known {
            assert_eq!(Kind::from_u8(n).map(|k| k as u8), Some(n));
            assert!(usize::from(n) < Kind::COUNT);
        }
    }
}
