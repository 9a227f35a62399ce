//! The storm of the kernel's own tests, its dice the engine's bytes: calls that make sense and calls that make none,
//! time, forces, crashes, a scratch file that is slow or full; then what is left is what a restart finds, or nothing.

use crate::storm;

/// What the storm draws from.
pub(crate) struct Dice(Vec<u8>, usize);

impl Dice {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_vec(), 0)
    }

    #[allow(dead_code, reason = "the storm's own test draws from a seed")]
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(&seed.to_le_bytes())
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let mut drawn = 0;
        // As many bytes as the range takes: a long one costs two, and only bodies have long ones.
        for _ in 0..if n > 256 { 2 } else { 1 } {
            drawn = drawn << 8 | u64::from(self.0.get(self.1).copied().unwrap_or(0));
            self.1 += 1;
        }
        drawn % n.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// True once all bytes were drawn: zeros from then on.
    pub(crate) fn is_spent(&self) -> bool {
        self.1 >= self.0.len()
    }
}

pub(crate) fn run(input: &[u8]) {
    let Some((last, bytes)) = input.split_last() else { return };
    storm::blow(Dice::of(bytes), 300, last % 2 == 0);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    (1..=24_u64)
        .map(|seed| {
            let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            (0..400)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state >> 32) as u8
                })
                .collect()
        })
        .collect()
}
