//! What the delayed messages of a ledger went through: a campaign that kills at no telling moment proves nothing.

use crate::history::{History, Verdict};

/// Acknowledged messages that were to be delivered later, and how many of them met what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delayed {
    /// All of them.
    pub messages: u64,
    /// Killed while they waited.
    pub held: u64,
    /// Due while the queue manager was down.
    pub down: u64,
    /// Killed when they were due and had not been got: waiting for their move, in it, or just moved.
    pub moved: u64,
}

impl Delayed {
    /// Counts.
    pub fn of(history: &History) -> Self {
        let mut delayed = Self::default();
        for story in history.messages.values() {
            let Some((put, unit)) = &story.put else { continue };
            let Some(due) = put.due else { continue };
            if history.put_verdict(story) != Some(Verdict::Committed) {
                continue;
            }
            delayed.messages += 1;
            let from = history.units[*unit].ended_t1;
            let kills_between = |from, to| history.kill_after(from).is_some_and(|kill| kill < to);
            let seen = story.sightings.first().map_or(u64::MAX, |first| first.t1);
            delayed.held += u64::from(kills_between(from, due));
            delayed.moved += u64::from(kills_between(due.max(from), seen));
            let last =
                |times: &[u64]| times.partition_point(|time| *time <= due).checked_sub(1).map(|at| times[at]);
            delayed.down += u64::from(last(&history.kills) > last(&history.starts));
        }
        delayed
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.held += other.held;
        self.down += other.down;
        self.moved += other.moved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tale::history;

    #[test]
    fn what_they_went_through_is_counted() {
        let tale = "put p1.1 A - 10\nput p1.2 A - 12 due=20\nput p1.3 A - 14 due=40\nput p1.4 A - 16 due=90\n\
                    put p1.5 A t1.u1 18 due=40\nbackout t1.u1 19\nget p1.2 A - 22\nkill 30\nready 50\nkill 60\nready 70\n\
                    final p1.3 A 80\nfinal p1.4 A 95\nfinal p1.1 A 96";
        let want = Delayed { messages: 3, held: 2, down: 1, moved: 1 };
        assert_eq!(Delayed::of(&history(tale)), want);
    }
}
