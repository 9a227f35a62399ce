//! How many entries of a kind the error log takes, and what it is told of those that it does not.
//!
//! A kind is a message id. Ten entries of it may come at once, one each second after that; what comes beyond them, and
//! what says the same as an entry of the last second, is counted. So nobody who is refused, as often as he likes,
//! turns the logs over and with them what was said before he came.

use std::collections::BTreeMap;

/// For so long, in ms, an entry that says the same is counted; and so much time earns one entry.
const ENTRY_MS: i64 = 1000;

/// Entries of a kind that may come at once.
const BURST: usize = 10;

/// An entry that is to be written now, and how many more it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) inserts: Vec<String>,
    pub(crate) more: More,
}

/// Entries that were not written since the last of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    /// None.
    Nothing,
    /// So many that said the same.
    Same(u64),
    /// So many that said other things; this is the last of them.
    Others(u64),
}

/// See the module's text. Times are wall time in ms, and may go back.
#[derive(Debug, Default)]
pub(crate) struct LogRate {
    kinds: BTreeMap<String, Kind>,
}

#[derive(Debug)]
struct Kind {
    /// Time that entries can be paid with, up to [`BURST`] of them. Telling a count is not refused, so it may be less
    /// than nothing.
    credit_ms: i64,
    /// Since when credit is earned.
    earned_to_ms: i64,
    /// Entries of the last moments.
    recent: Vec<Recent>,
    /// How many others were not written, and what the last of them said.
    others: u64,
    last: Vec<String>,
}

#[derive(Debug)]
struct Recent {
    inserts: Vec<String>,
    since_ms: i64,
    repeats: u64,
}

impl LogRate {
    /// Whether the entry is to be written; if not, it is counted.
    pub(crate) fn admits(&mut self, id: &str, inserts: &[String], now_ms: i64) -> bool {
        let kind = match self.kinds.get_mut(id) {
            Some(kind) => kind,
            None => self.kinds.entry(id.to_owned()).or_insert_with(|| Kind::new(now_ms)),
        };
        kind.earn(now_ms);
        if let Some(same) = kind.recent.iter_mut().find(|recent| recent.inserts == inserts) {
            same.repeats += 1;
            return false;
        }
        if kind.credit_ms < ENTRY_MS || kind.recent.len() == BURST {
            kind.others += 1;
            kind.last = inserts.to_vec();
            return false;
        }
        kind.credit_ms -= ENTRY_MS;
        kind.recent.push(Recent { inserts: inserts.to_vec(), since_ms: now_ms, repeats: 0 });
        true
    }

    /// What is to be told by now of entries that were not written.
    pub(crate) fn due(&mut self, now_ms: i64) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, kind) in &mut self.kinds {
            kind.earn(now_ms);
            kind.tell(id, now_ms, false, &mut told);
        }
        self.kinds.retain(|_, kind| !kind.is_as_new());
        told
    }

    /// Everything that has not been told: the log comes to its end.
    pub(crate) fn rest(&mut self, now_ms: i64) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, kind) in &mut self.kinds {
            kind.tell(id, now_ms, true, &mut told);
        }
        told
    }
}

impl Kind {
    fn new(now_ms: i64) -> Self {
        let credit_ms = BURST as i64 * ENTRY_MS;
        Self { credit_ms, earned_to_ms: now_ms, recent: Vec::new(), others: 0, last: Vec::new() }
    }

    fn earn(&mut self, now_ms: i64) {
        let most = BURST as i64 * ENTRY_MS;
        let passed = now_ms.saturating_sub(self.earned_to_ms).clamp(0, most);
        self.credit_ms = (self.credit_ms + passed).min(most);
        self.earned_to_ms = now_ms;
    }

    fn is_as_new(&self) -> bool {
        self.recent.is_empty() && self.others == 0 && self.credit_ms == BURST as i64 * ENTRY_MS
    }

    fn tell(&mut self, id: &str, now_ms: i64, is_last: bool, told: &mut Vec<Told>) {
        let mut tell = |inserts: &[String], more| {
            told.push(Told { id: id.to_owned(), inserts: inserts.to_vec(), more });
        };
        self.recent.retain_mut(|recent| {
            // A clock that was set back must not keep anything from being told.
            let is_over = !(recent.since_ms..recent.since_ms.saturating_add(ENTRY_MS)).contains(&now_ms);
            if !is_over && !is_last {
                return true;
            }
            if recent.repeats == 0 {
                return false;
            }
            tell(&recent.inserts, More::Same(recent.repeats));
            self.credit_ms = (self.credit_ms - ENTRY_MS).max(-ENTRY_MS);
            (recent.since_ms, recent.repeats) = (now_ms, 0);
            true
        });
        if self.others > 0 && (self.credit_ms >= ENTRY_MS || is_last) {
            tell(&self.last, More::Others(self.others));
            self.credit_ms -= ENTRY_MS;
            self.others = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserts(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn what_says_the_same_is_one_entry_a_second() {
        let (mut rate, mut written, mut counted) = (LogRate::default(), 0, 0);
        for ms in 0..60_000 {
            written += u64::from(rate.admits("A", &inserts("x"), ms));
            for told in rate.due(ms) {
                written += 1;
                let More::Same(n) = told.more else { panic!("{told:?}") };
                counted += n;
            }
        }
        for told in rate.rest(60_000) {
            written += 1;
            let More::Same(n) = told.more else { panic!("{told:?}") };
            counted += n;
        }
        assert_eq!((written, counted), (61, 60_000 - 1));
    }

    #[test]
    fn what_always_says_something_else_is_one_entry_a_second_after_the_first_ten() {
        let (mut rate, mut written, mut counted) = (LogRate::default(), 0_u64, 0);
        let mut take = |told: Vec<Told>, written: &mut u64| {
            for told in told {
                *written += 1;
                let More::Others(n) = told.more else { panic!("{told:?}") };
                counted += n;
            }
        };
        for ms in 0..60_000 {
            let is_written = rate.admits("A", &inserts(&ms.to_string()), ms);
            assert!(is_written || ms >= 10);
            written += u64::from(is_written);
            take(rate.due(ms), &mut written);
        }
        take(rate.rest(60_000), &mut written);
        // Of those that are counted the last is shown.
        let shown_first = 10 + 60;
        assert!((shown_first..=shown_first + 1).contains(&written), "{written}");
        assert!(counted >= 60_000 - 10 - 60, "{counted}");
        // Another kind is not held up.
        assert!(rate.admits("B", &inserts("x"), 60_000));
    }

    #[test]
    fn a_few_different_entries_are_written_whole() {
        let mut rate = LogRate::default();
        for n in 0..10 {
            assert!(rate.admits("A", &inserts(&n.to_string()), 0));
        }
        assert_eq!(rate.due(999), []);
        assert_eq!(rate.due(1000), []);
        for n in 0..10 {
            assert!(rate.admits("A", &inserts(&n.to_string()), 20_000));
        }
    }

    #[test]
    fn a_clock_that_jumps_keeps_nothing_back() {
        let mut rate = LogRate::default();
        for _ in 0..3 {
            rate.admits("A", &inserts("x"), 1_000_000);
        }
        let told = Told { id: "A".into(), inserts: inserts("x"), more: More::Same(2) };
        assert_eq!(rate.due(5), [told]);
        assert_eq!(rate.due(10_005), []);
        assert!(rate.admits("A", &inserts("x"), i64::MAX));
        assert!(!rate.admits("A", &inserts("x"), i64::MAX));
        let told = Told { id: "A".into(), inserts: inserts("x"), more: More::Same(1) };
        assert_eq!(rate.due(i64::MIN), [told]);
    }

    #[test]
    fn kinds_are_forgotten() {
        let mut rate = LogRate::default();
        for n in 0..1000 {
            rate.admits(&n.to_string(), &inserts("x"), 0);
        }
        rate.due(60_000);
        rate.due(60_000);
        assert!(rate.kinds.is_empty(), "{}", rate.kinds.len());
    }
}
