//! The lines in which checks of passwords wait: one for each source, which take turns.
//!
//! In a line those come first who are users and have not failed often from there. Then users who have and names that
//! are nobody's take turns, the newest first and the oldest next, so that neither a heap of guesses before one nor one
//! after it keeps an honest one waiting. Of those so many may wait; who waits longest is pushed out then.

use std::collections::{BTreeMap, VecDeque};

use super::delays::Pair;
use crate::source::Source;

/// Checks of one source that may wait, in each of the two parts of its line in which guesses are.
const WAITING_MAX: usize = 64;
/// The same of users who have not failed often: as many as there may be behind one address when all come back at once.
const GOOD_MAX: usize = 1024;

/// How much a check deserves to be done soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Of a user who has not been wrong often from there.
    Good,
    /// Of another user.
    Doubtful,
    /// Of nobody who is known.
    Unknown,
}

/// A check that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) job: u64,
    pub(super) pair: Pair,
}

#[derive(Debug, Default)]
struct Line {
    good: VecDeque<Place>,
    doubtful: VecDeque<Place>,
    unknown: VecDeque<Place>,
    /// Counts the turns of the last two: whose it is, and whether it is that of the newest.
    turn: u8,
    /// Counts those of the first.
    good_turn: u8,
}

impl Line {
    fn is_empty(&self) -> bool {
        self.good.is_empty() && self.doubtful.is_empty() && self.unknown.is_empty()
    }

    fn parts(&mut self) -> [&mut VecDeque<Place>; 3] {
        [&mut self.good, &mut self.doubtful, &mut self.unknown]
    }

    fn next(&mut self, only_good: bool, may_start: &impl Fn(Pair) -> bool) -> Option<Place> {
        if let Some(place) = self.next_good() {
            return Some(place);
        }
        if only_good {
            return None;
        }
        let turn = self.turn;
        self.turn = turn.wrapping_add(1);
        let is_newest_first = turn & 2 == 0;
        let (first, second) = (&mut self.doubtful, &mut self.unknown);
        let (first, second) = if turn & 1 == 0 { (first, second) } else { (second, first) };
        [first, second].into_iter().find_map(|part| {
            let mut may = part.iter().enumerate().filter(|(_, place)| may_start(place.pair));
            let (at, _) = if is_newest_first { may.next_back() } else { may.next() }?;
            part.remove(at)
        })
    }

    fn next_good(&mut self) -> Option<Place> {
        self.good_turn = self.good_turn.wrapping_add(1);
        let is_newest_first = self.good_turn & 1 == 0 && self.good.len() > WAITING_MAX;
        if is_newest_first { self.good.pop_back() } else { self.good.pop_front() }
    }
}

/// All lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    lines: BTreeMap<Source, Line>,
    /// Whose turn it is.
    turns: VecDeque<Source>,
}

impl Lines {
    /// Puts a check in line. Gives back one that has to leave for it.
    pub(super) fn push(&mut self, place: Place, standing: Standing) -> Option<Place> {
        let source = place.pair.0;
        let line = self.lines.entry(source).or_default();
        if line.is_empty() {
            self.turns.push_back(source);
        }
        let part = match standing {
            Standing::Good if line.good.len() < GOOD_MAX => &mut line.good,
            Standing::Good | Standing::Doubtful => &mut line.doubtful,
            Standing::Unknown => &mut line.unknown,
        };
        part.push_back(place);
        [&mut line.doubtful, &mut line.unknown].into_iter().find(|part| part.len() > WAITING_MAX)?.pop_front()
    }

    /// The next one that may start.
    pub(super) fn next(&mut self, only_good: bool, may_start: impl Fn(Pair) -> bool) -> Option<Place> {
        for at in 0..self.turns.len() {
            let source = self.turns[at];
            let Some(line) = self.lines.get_mut(&source) else { continue };
            if let Some(place) = line.next(only_good, &may_start) {
                self.turns.remove(at);
                if line.is_empty() {
                    self.lines.remove(&source);
                } else {
                    self.turns.push_back(source);
                }
                return Some(place);
            }
        }
        None
    }

    /// Takes a check out of its line.
    pub(super) fn remove(&mut self, place: Place) {
        let source = place.pair.0;
        let Some(line) = self.lines.get_mut(&source) else { return };
        line.parts().into_iter().for_each(|part| part.retain(|other| *other != place));
        if line.is_empty() {
            self.lines.remove(&source);
            self.turns.retain(|other| *other != source);
        }
    }

    /// How many of a source wait.
    pub(super) fn len(&self, source: Source) -> usize {
        self.lines.get(&source).map_or(0, |line| line.good.len() + line.doubtful.len() + line.unknown.len())
    }

    /// How many of a user from a source wait.
    pub(super) fn of_pair(&self, pair: Pair) -> usize {
        let Some(line) = self.lines.get(&pair.0) else { return 0 };
        let all = line.good.iter().chain(&line.doubtful).chain(&line.unknown);
        all.filter(|place| place.pair == pair).count()
    }

    /// Users who wait although they may not start.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.lines.values().flat_map(|line| line.doubtful.iter().chain(&line.unknown)).map(|place| place.pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Standing::{Doubtful, Good, Unknown};

    const A: Source = Source::V4([10, 0, 0, 1]);
    const B: Source = Source::V4([10, 0, 0, 2]);

    fn lines(places: &[(Source, u64, Standing)]) -> (Lines, Vec<u64>) {
        let mut lines = Lines::default();
        let mut left = Vec::new();
        for (job, (source, user, standing)) in places.iter().enumerate() {
            let place = Place { job: job as u64, pair: (*source, *user) };
            left.extend(lines.push(place, *standing).map(|place| place.job));
        }
        (lines, left)
    }

    fn order(mut lines: Lines) -> Vec<u64> {
        std::iter::from_fn(|| lines.next(false, |_| true)).map(|place| place.job).collect()
    }

    #[test]
    fn sources_take_turns() {
        let (lines, _) = lines(&[(A, 1, Good), (A, 1, Good), (A, 1, Good), (B, 1, Good), (B, 1, Good)]);
        assert_eq!(order(lines), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn an_honest_one_of_the_same_address_waits_for_one_check_at_most() {
        let mut places = vec![(A, 1, Doubtful); 50];
        places.extend((0..50).map(|user| (A, 100 + user, Unknown)));
        places.push((A, 2, Good));
        assert_eq!(order(lines(&places).0)[0], 100);
        // One whose own name is being guessed: next of its part, whatever comes from strangers.
        *places.last_mut().unwrap() = (A, 1, Doubtful);
        assert_eq!(order(lines(&places).0)[0], 100);
        // And one that a guess comes after.
        places.push((A, 1, Doubtful));
        let (lines, _) = lines(&places);
        assert!(order(lines).iter().position(|job| *job == 100).unwrap() < 6);
    }

    #[test]
    fn the_line_of_a_source_is_bounded() {
        let places: Vec<_> = (0..1100).map(|user| (A, user, Unknown)).collect();
        let (mut lines, left) = lines(&places);
        assert_eq!((lines.len(A), left.len(), left[0]), (WAITING_MAX, 1100 - WAITING_MAX, 0));
        assert_eq!(lines.next(true, |_| true), None);
        assert_eq!(lines.next(false, |_| false), None);
    }

    #[test]
    fn users_who_come_back_all_at_once_wait_and_are_not_pushed_out() {
        let all: Vec<u64> = (0..GOOD_MAX as u64).collect();
        let users: Vec<_> = all.iter().map(|user| (A, *user, Good)).collect();
        let (lines, left) = lines(&users);
        assert_eq!(left, [0; 0]);
        let mut served = order(lines);
        // Neither the first nor the last waits for all the others.
        assert!(served[..2].contains(&0) && served[..2].contains(&(GOOD_MAX as u64 - 1)));
        served.sort_unstable();
        assert_eq!(served, all);
    }

    #[test]
    fn who_is_taken_out_is_not_served() {
        let (mut lines, _) = lines(&[(A, 1, Good), (B, 1, Good)]);
        lines.remove(Place { job: 0, pair: (A, 1) });
        assert_eq!(order(lines), [1]);
    }
}
