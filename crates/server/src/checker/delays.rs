//! How often passwords have been wrong lately, of a user from a source and of a source in all, and what that costs.
//!
//! Nobody is ever barred. A wrong password is told the later the more there were, and the next one of that user from
//! there is checked the later. Half of the failures are forgotten every minute.
//!
//! Users are counted by the names that were given, whether they exist or not: the delays do not tell.

use std::collections::BTreeMap;

use crate::source::Source;

/// A user from a source; the user as a keyed digest, so that long names take no more room than short ones.
pub(super) type Pair = (Source, u64);

/// Failures that cost nothing but the delay of every failure.
const PAIR_FREE: u32 = 3;
const SOURCE_FREE: u32 = 20;
/// The longest that a failure is told later for these.
const PAIR_DELAY_MAX_MS: u64 = 8000;
const SOURCE_DELAY_MAX_MS: u64 = 4000;
/// The longest from one check of a user from a source to the next.
const GAP_MAX_MS: u64 = 2000;
/// Half of the failures are forgotten in this time.
const HALF_LIFE_MS: u64 = 60_000;
/// Pairs, and sources, that are remembered. Those with the fewest failures are forgotten first.
const REMEMBERED_MAX: usize = 8192;

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    count: u32,
    /// Since when it has been halved.
    since_ms: u64,
    /// The next check may begin then.
    next_ms: u64,
}

impl Count {
    fn at(&self, now_ms: u64) -> u32 {
        let halvings = now_ms.saturating_sub(self.since_ms) / HALF_LIFE_MS;
        self.count.checked_shr(u32::try_from(halvings).unwrap_or(u32::MAX)).unwrap_or(0)
    }
}

#[derive(Debug, Default)]
pub(super) struct Delays {
    pairs: BTreeMap<Pair, Count>,
    sources: BTreeMap<Source, Count>,
}

impl Delays {
    /// One more password was wrong.
    pub(super) fn failed(&mut self, pair: Pair, now_ms: u64) {
        count(&mut self.pairs, pair, now_ms);
        count(&mut self.sources, pair.0, now_ms);
    }

    /// A password was right. The source is not forgiven: an attacker may have one account.
    pub(super) fn succeeded(&mut self, pair: Pair) {
        self.pairs.remove(&pair);
    }

    /// Failures of the user from there.
    pub(super) fn failures(&self, pair: Pair, now_ms: u64) -> u32 {
        self.pairs.get(&pair).map_or(0, |count| count.at(now_ms))
    }

    /// Whether few enough of them to be a human's mistakes.
    pub(super) fn is_free(&self, pair: Pair, waiting: usize, now_ms: u64) -> bool {
        self.failures(pair, now_ms) as usize + waiting < PAIR_FREE as usize
    }

    /// How much later than it was asked for a failure is told at least.
    pub(super) fn tell_ms(&self, pair: Pair, now_ms: u64) -> u64 {
        let of_pair = grown(self.failures(pair, now_ms), PAIR_FREE, 1, PAIR_DELAY_MAX_MS);
        let of_source = self.sources.get(&pair.0).map_or(0, |count| count.at(now_ms));
        of_pair.max(grown(of_source, SOURCE_FREE, 10, SOURCE_DELAY_MAX_MS))
    }

    /// When the next check of the user from there may begin.
    pub(super) fn start_ms(&self, pair: Pair) -> u64 {
        self.pairs.get(&pair).map_or(0, |count| count.next_ms)
    }

    /// A check begins.
    pub(super) fn started(&mut self, pair: Pair, now_ms: u64) {
        let gap = grown(self.failures(pair, now_ms), PAIR_FREE, 1, GAP_MAX_MS) / 2;
        if let Some(count) = self.pairs.get_mut(&pair) {
            count.next_ms = now_ms + gap;
        }
    }
}

/// Half a second that doubles with every `step` failures beyond those that are free.
fn grown(failures: u32, free: u32, step: u32, max_ms: u64) -> u64 {
    match failures.checked_sub(free) {
        None | Some(0) => 0,
        Some(over) => 500u64.checked_shl((over - 1) / step).filter(|ms| *ms < max_ms).unwrap_or(max_ms),
    }
}

fn count<K: Copy + Ord>(counts: &mut BTreeMap<K, Count>, key: K, now_ms: u64) {
    if counts.len() >= REMEMBERED_MAX && !counts.contains_key(&key) {
        counts.retain(|_, count| count.at(now_ms) > 0);
        if counts.len() >= REMEMBERED_MAX
            && let Some(fewest) = counts.iter().min_by_key(|(_, count)| count.at(now_ms)).map(|(key, _)| *key)
        {
            counts.remove(&fewest);
        }
    }
    let entry = counts.entry(key).or_default();
    *entry = Count { count: entry.at(now_ms).saturating_add(1), since_ms: now_ms, ..*entry };
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Source = Source::V4([10, 0, 0, 1]);
    const THERE: Source = Source::V4([10, 0, 0, 2]);

    #[test]
    fn delays_grow_and_are_forgotten() {
        let mut delays = Delays::default();
        let told: Vec<u64> = (0..12)
            .map(|_| {
                delays.failed((HERE, 1), 0);
                delays.tell_ms((HERE, 1), 0)
            })
            .collect();
        assert_eq!(told, [0, 0, 0, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000]);
        assert_eq!((delays.tell_ms((HERE, 2), 0), delays.tell_ms((THERE, 1), 0)), (0, 0));
        assert_eq!(delays.tell_ms((HERE, 1), HALF_LIFE_MS), 2000);
        assert_eq!(delays.failures((HERE, 1), 64 * HALF_LIFE_MS), 0);
        delays.succeeded((HERE, 1));
        assert_eq!(delays.tell_ms((HERE, 1), 0), 0);
    }

    #[test]
    fn a_source_that_tries_many_users_is_told_late_and_no_other() {
        let mut delays = Delays::default();
        (0..100).for_each(|user| delays.failed((HERE, user), 0));
        assert_eq!((delays.tell_ms((HERE, 1000), 0), delays.tell_ms((THERE, 1000), 0)), (4000, 0));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut delays = Delays::default();
        (0..3).for_each(|_| delays.failed((HERE, 0), 0));
        (1..20_000).for_each(|user| delays.failed((HERE, user), 0));
        assert_eq!((delays.pairs.len(), delays.failures((HERE, 0), 0)), (REMEMBERED_MAX, 3));
    }
}
