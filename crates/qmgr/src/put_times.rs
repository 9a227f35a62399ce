//! When messages were put, told from their numbers: what MSGAGE and QTIME need, without eight bytes a message.
//!
//! Numbers ascend as time does, so a few marks, a number and when it was given, date all numbers between them. A mark
//! is made when time has moved since the last one. When there are too many, those go without which messages are still
//! dated to a small part of their age: what is recent is dated to the millisecond, what is old to that part.
//!
//! Invariant: numbers and times of the marks ascend strictly.

use std::collections::VecDeque;

use crate::number::MessageNumber;
use crate::time::OwnMs;

/// Marks that are kept at most: 64 KiB.
const MARKS_MAX: usize = 4096;
/// Marks that are left when there were too many: years of them, at one part in [`FINE`].
const MARKS_LEFT: usize = 3072;
/// Parts of its age to which a message is dated, and those to which it is when a checkpoint carries the marks.
const FINE: i64 = 64;
const COARSE: i64 = 8;

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PutTimes {
    marks: VecDeque<(MessageNumber, OwnMs)>,
}

impl PutTimes {
    /// Notes that a message with this number is put now.
    pub(crate) fn note(&mut self, number: MessageNumber, now: OwnMs) {
        // A long message has had its number for a while; the marks made meanwhile date it well enough.
        let is_new = self.marks.back().is_none_or(|(last, at)| *last < number && *at < now);
        if !is_new {
            return;
        }
        self.marks.push_back((number, now));
        if self.marks.len() > MARKS_MAX {
            self.thin(FINE);
        }
    }

    /// When a message was put, or shortly before that; none if it is older than all that is known.
    pub(crate) fn of(&self, number: MessageNumber) -> Option<OwnMs> {
        let after = self.marks.partition_point(|(mark, _)| *mark <= number);
        self.marks.get(after.checked_sub(1)?).map(|(_, at)| *at)
    }

    /// When the last message was put that is known.
    pub(crate) fn last(&self) -> Option<OwnMs> {
        self.marks.back().map(|(_, at)| *at)
    }

    /// The marks that a checkpoint keeps.
    pub(crate) fn saved(&self) -> Vec<(MessageNumber, OwnMs)> {
        let mut few = self.clone();
        few.thin(COARSE);
        few.marks.into()
    }

    /// Takes the marks of a checkpoint, and begins again if they do not ascend.
    pub(crate) fn recovered(marks: Vec<(MessageNumber, OwnMs)>) -> Self {
        let ascends = marks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        Self { marks: if ascends { marks.into() } else { VecDeque::new() } }
    }

    /// Takes marks away that are not needed to date every message to one part in so many of its age.
    fn thin(&mut self, parts: i64) {
        let Some((_, now)) = self.marks.back().copied() else { return };
        let marks = std::mem::take(&mut self.marks);
        let mut later: Option<OwnMs> = None;
        for (at, (number, time)) in marks.iter().enumerate().rev() {
            // Without this mark, what follows it is dated by the one before, up to the next one kept.
            let before = at.checked_sub(1).map(|before| marks[before].1);
            let is_needed = match (before, later) {
                (Some(before), Some(later)) => {
                    later.0.saturating_sub(before.0) > now.0.saturating_sub(time.0) / parts
                }
                _ => true,
            };
            if is_needed && (self.marks.len() < MARKS_LEFT || before.is_none()) {
                self.marks.push_front((*number, *time));
                later = Some(*time);
            }
        }
    }
}

/// How long messages have been on a queue before they were got: QTIME, two means that follow the newest figures at
/// different speeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TimeOnQueue {
    means: Option<(i64, i64)>,
}

/// Each figure counts for one part in so many.
const SHORT: i64 = 8;
const LONG: i64 = 128;

impl TimeOnQueue {
    /// A message has been got after so many microseconds.
    pub(crate) fn note(&mut self, us: i64) {
        let (short, long) = self.means.unwrap_or((us, us));
        self.means = Some((short + (us - short) / SHORT, long + (us - long) / LONG));
    }

    /// The means in microseconds, of the recent and of the longer past.
    pub(crate) fn means_us(self) -> Option<(i64, i64)> {
        self.means
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: u64) -> PutTimes {
        let mut times = PutTimes::default();
        for n in 0..count {
            times.note(MessageNumber(10 * n), OwnMs(n as i64));
        }
        times
    }

    #[test]
    fn marks_of_all_times_are_thinned() {
        let marks = [i64::MIN, -1, 0, i64::MAX].map(OwnMs);
        let marks = (1..).map(MessageNumber).zip(marks).collect();
        let times = PutTimes::recovered(marks);
        assert_eq!(times.saved().len(), 4);
    }

    #[test]
    fn numbers_between_marks_are_of_the_mark_before() {
        let mut times = PutTimes::default();
        assert_eq!(times.of(MessageNumber(5)), None);
        times.note(MessageNumber(10), OwnMs(1000));
        times.note(MessageNumber(11), OwnMs(1000));
        times.note(MessageNumber(20), OwnMs(1001));
        // A time that goes back makes no mark.
        times.note(MessageNumber(30), OwnMs(900));
        for (number, want) in
            [(9, None), (10, Some(1000)), (19, Some(1000)), (20, Some(1001)), (40, Some(1001))]
        {
            assert_eq!(times.of(MessageNumber(number)), want.map(OwnMs), "{number}");
        }
    }

    #[test]
    fn many_marks_stay_few_and_date_by_a_part_of_the_age() {
        let end = 1_000_000_u64;
        let times = filled(end);
        assert!(times.marks.len() <= MARKS_MAX);
        assert!(times.saved().len() <= 512);
        for n in (0..end).step_by(997) {
            let at = times.of(MessageNumber(10 * n)).expect("there is a mark before").0;
            let (age, error) = (end - n, n as i64 - at);
            assert!(
                error >= 0 && error as u64 <= age / 60,
                "a message of {age} ms is dated {error} ms wrong"
            );
        }
        assert_eq!(times.of(MessageNumber(10 * (end - 1))), Some(OwnMs(end as i64 - 1)));
    }

    #[test]
    fn marks_come_back_from_a_checkpoint() {
        let times = filled(10);
        assert_eq!(PutTimes::recovered(times.saved()), times);
        let wrong = vec![(MessageNumber(2), OwnMs(1)), (MessageNumber(1), OwnMs(2))];
        assert_eq!(PutTimes::recovered(wrong), PutTimes::default());
    }

    #[test]
    fn the_short_mean_follows_sooner() {
        let mut time = TimeOnQueue::default();
        assert_eq!(time.means_us(), None);
        time.note(1000);
        assert_eq!(time.means_us(), Some((1000, 1000)));
        for _ in 0..20 {
            time.note(9000);
        }
        let (short, long) = time.means_us().expect("measured");
        assert!(1000 < long && long < short && short < 9000, "{short} {long}");
    }
}
