//! Checkers: pure functions over a history, one file per invariant.
//!
//! The numbers are those of the project's reliability reference: I1 no loss, I2 no duplicate, I3 no ghost,
//! I4 units of work are atomic, I5 isolated, I6 in order, I7 unknown outcomes are decided once, I10 depth,
//! I11 recovery changes nothing. DUE is the delivery delay's. Each checker is shown to find a planted fault, by the table at the bottom of
//! its file; there every checker runs on every tale, so that the tables also show that none cries wolf.

mod atomic;
mod depth;
mod due;
mod idempotent_recovery;
mod isolated;
mod no_dup;
mod no_ghost;
mod no_loss;
mod order;
mod unknown_both;

use crate::history::History;

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// `I1` to `I11`, or `DUE`.
    pub invariant: &'static str,
    /// The message, unit of work or queue concerned.
    pub about: String,
    /// What was seen.
    pub why: String,
}

impl Violation {
    fn new(invariant: &'static str, about: impl ToString, why: impl Into<String>) -> Self {
        Self { invariant, about: about.to_string(), why: why.into() }
    }
}

/// Names of all checkers, for reports.
pub const INVARIANTS: &[&str] = &["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I10", "I11", "DUE"];

/// Runs every checker.
pub fn all(history: &History) -> Vec<Violation> {
    let checkers: [fn(&History) -> Vec<Violation>; 10] = [
        no_loss::check,
        no_dup::check,
        no_ghost::check,
        atomic::check,
        isolated::check,
        order::check,
        unknown_both::check,
        depth::check,
        idempotent_recovery::check,
        due::check,
    ];
    checkers.iter().flat_map(|check| check(history)).collect()
}
