//! What is counted while a scenario runs: operations, and two kinds of durations.

use super::histogram::Histogram;

/// Counts since the generator started, and those of the measured time.
#[derive(Default)]
pub(super) struct Meter {
    /// The measured time is running.
    pub(super) is_on: bool,
    /// Operations since the start.
    pub(super) total: u64,
    /// Operations in the measured time.
    pub(super) measured: u64,
    /// Durations of the operations.
    pub(super) main: Histogram,
    /// Durations of a step of them, or of something beside them.
    pub(super) other: Histogram,
}

impl Meter {
    /// One operation has ended.
    pub(super) fn operation(&mut self, begun_ns: u64, now_ns: u64) {
        self.count(1);
        self.main(begun_ns, now_ns);
    }

    /// So many operations have ended.
    pub(super) fn count(&mut self, operations: u64) {
        self.total += operations;
        if self.is_on {
            self.measured += operations;
        }
    }

    /// One duration of the first kind.
    pub(super) fn main(&mut self, begun_ns: u64, now_ns: u64) {
        if self.is_on {
            self.main.add(now_ns.saturating_sub(begun_ns));
        }
    }

    /// One duration of the second kind.
    pub(super) fn other(&mut self, begun_ns: u64, now_ns: u64) {
        if self.is_on {
            self.other.add(now_ns.saturating_sub(begun_ns));
        }
    }
}
