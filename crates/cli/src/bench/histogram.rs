//! Latencies: counts in buckets whose width is at most 1/64 of their value, from 1 ns to 18 minutes.

/// Sub-buckets of each power of two.
const STEPS: usize = 64;
const POWERS: usize = 40;

/// Counts of durations in nanoseconds.
#[derive(Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max_ns: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; STEPS * POWERS], total: 0, max_ns: 0 }
    }
}

impl Histogram {
    /// Counts one duration.
    pub(crate) fn add(&mut self, ns: u64) {
        let last = self.counts.len() - 1;
        self.counts[bucket(ns).min(last)] += 1;
        self.total += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    /// How many were counted.
    pub(crate) fn len(&self) -> u64 {
        self.total
    }

    /// The largest.
    pub(crate) fn max_ns(&self) -> u64 {
        self.max_ns
    }

    /// The smallest duration that at least this part of all do not exceed; 0 when empty.
    pub(crate) fn quantile_ns(&self, part: f64) -> u64 {
        let rank = (part * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper(at).min(self.max_ns);
            }
        }
        self.max_ns
    }

    /// A picture: one bar a power of two in microseconds that holds anything.
    pub(crate) fn picture(&self) -> String {
        let mut rows: Vec<(u64, u64)> = Vec::new();
        for (at, count) in self.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            let edge = (upper(at) / 1000).max(1).next_power_of_two();
            match rows.last_mut() {
                Some((last, sum)) if *last == edge => *sum += count,
                _ => rows.push((edge, *count)),
            }
        }
        let most = rows.iter().map(|(_, c)| *c).max().unwrap_or(1);
        rows.iter()
            .map(|(edge, count)| {
                let bar = "█".repeat(((count * 40).div_ceil(most)) as usize);
                format!("  ≤ {:>9} µs {:>10}  {bar}\n", edge, count)
            })
            .collect()
    }
}

fn bucket(ns: u64) -> usize {
    if ns < STEPS as u64 {
        return ns as usize;
    }
    let power = 63 - ns.leading_zeros() as usize;
    let shift = power - 6;
    (shift + 1) * STEPS + ((ns >> shift) as usize - STEPS)
}

/// The largest duration of a bucket.
fn upper(at: usize) -> u64 {
    if at < STEPS {
        return at as u64;
    }
    let shift = at / STEPS - 1;
    (((at % STEPS + STEPS) as u64 + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_what_they_say() {
        for ns in (0..5000).chain((1..36).map(|p| (1u64 << p) + 7)) {
            let at = bucket(ns);
            assert!(ns <= upper(at), "{ns} in {at}");
            assert!(at == 0 || ns > upper(at - 1), "{ns} in {at}");
            assert!(upper(at) - ns <= ns / 32 + 1);
        }
    }

    #[test]
    fn quantiles() {
        let mut all = Histogram::default();
        for n in 1..=990u64 {
            all.add(n * 1000);
        }
        for _ in 0..10 {
            all.add(5_000_000);
        }
        assert_eq!(all.len(), 1000);
        let within = |got: u64, want: u64| got.abs_diff(want) * 50 <= want;
        assert!(within(all.quantile_ns(0.5), 500_000));
        assert!(within(all.quantile_ns(0.99), 990_000));
        assert_eq!(all.quantile_ns(0.999), 5_000_000);
        assert_eq!(Histogram::default().quantile_ns(0.5), 0);
    }
}
