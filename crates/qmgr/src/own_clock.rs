//! The queue manager's own time ([`OwnMs`]), and how it comes through restarts.
//!
//! ```text
//!            monotonic clock            wall clock, if it went on           monotonic clock
//!  start ──────────────────────► end ─────────────────────────────► start ─────────────────► …
//!             │ Clock record when the wall clock was set
//! ```
//!
//! What own and wall time were at one moment is a *pair*. Checkpoints keep the latest, and a Clock record has the new one
//! each time that the wall clock is seen to have been set, so that a restart knows which wall time the end of the last
//! run had. A clock that was set back between two runs lets no time pass; one that was set forward does, since nobody can
//! tell it from time.

use mqi::wire::Truncated;
use store::{Head, Kind, Record};

use crate::kernel::Kernel;
use crate::log_records::Fields;
use crate::output::Outputs;
use crate::time::{OwnMs, Time, WallMs};

/// A wall clock that is off by more than this, in ms, has been set.
const SET_MS: u64 = 1000;

/// Own and wall time of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) own: OwnMs,
    pub(crate) wall: WallMs,
}

impl Pair {
    /// Both are the same.
    pub(crate) fn same(wall: WallMs) -> Self {
        Self { own: OwnMs(wall.0), wall }
    }

    /// Own time u64, wall time u64.
    pub(crate) fn encode(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.own.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.wall.0.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(r: &mut Fields<'_>) -> Result<Self, Truncated> {
        let mut part = || r.u64().map(u64::cast_signed);
        Ok(Self { own: OwnMs(part()?), wall: WallMs(part()?) })
    }

    /// Own time of a later run's begin.
    fn later(self, wall: WallMs) -> OwnMs {
        self.own.after(wall.0.saturating_sub(self.wall.0).max(0))
    }
}

/// See the module's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnClock {
    /// Now.
    pub(crate) now: OwnMs,
    /// From where the times of entries are counted: nothing that is still to come is before it.
    pub(crate) base: OwnMs,
    /// The pair by which it is seen that the wall clock was set.
    pair: Pair,
}

impl OwnClock {
    /// That of a new queue manager.
    pub(crate) fn new(wall: WallMs) -> Self {
        let pair = Pair::same(wall);
        Self { now: pair.own, base: pair.own, pair }
    }

    /// Takes the pair of a checkpoint, before any record.
    pub(crate) fn recover(&mut self, pair: Pair) {
        *self = Self { now: pair.own, base: pair.own, pair };
    }

    /// Takes the pair of a record.
    fn replay(&mut self, pair: Pair) {
        if pair.own >= self.pair.own {
            self.pair = pair;
        }
    }

    /// All records have been taken: a run begins.
    pub(crate) fn begin(&mut self, wall: WallMs) {
        self.now = self.now.max(self.pair.later(wall));
        self.pair = Pair { own: self.now, wall };
    }

    /// So many milliseconds pass. By how many the wall clock was set meanwhile, if it was.
    fn pass(&mut self, ms: u64, wall: WallMs) -> Option<i64> {
        self.now = self.now.after(i64::try_from(ms).unwrap_or(i64::MAX));
        let passed = self.now.0.saturating_sub(self.pair.own.0);
        let off = wall.0.saturating_sub(self.pair.wall.0.saturating_add(passed));
        (off.unsigned_abs() > SET_MS).then(|| {
            self.pair = Pair { own: self.now, wall };
            off
        })
    }

    /// The pair of this moment.
    pub(crate) fn pair(&self, wall: WallMs) -> Pair {
        Pair { own: self.now, wall }
    }
}

impl Kernel {
    /// Time passes.
    pub(crate) fn advance(&mut self, at: Time, out: &mut Outputs) {
        let mono = self.now.mono.max(at.mono);
        let ms = mono.0 - self.now.mono.0;
        self.now = Time { wall: at.wall, mono };
        if let Some(off) = self.own_clock.pass(ms, at.wall) {
            let head = self.own_clock.pair(at.wall).encode();
            self.append(Record::new(Kind::Clock, Head::from(&head[..])), out);
            let (seconds, to) = (off.unsigned_abs() / 1000, if off < 0 { "back" } else { "forward" });
            Self::log_line("AMQ7493", vec![seconds.to_string(), to.to_owned()], out);
        }
    }

    /// Takes a Clock record.
    pub(crate) fn replay_clock(&mut self, head: &[u8]) -> Result<(), Truncated> {
        let mut r = Fields(head);
        let pair = Pair::decode(&mut r)?;
        self.own_clock.replay(pair);
        r.end(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: WallMs = WallMs(1_700_000_000_000);
    const YEARS: i64 = 10 * 365 * 86_400_000;

    #[test]
    fn time_goes_on_evenly_whatever_the_wall_clock_is_set_to() {
        for set in [YEARS, -YEARS, 3_600_000, -3_600_000, 1001, -1001] {
            let mut clock = OwnClock::new(WALL);
            clock.begin(WALL);
            assert_eq!(clock.pass(500, WallMs(WALL.0 + 500)), None);
            assert_eq!(clock.pass(500, WallMs(WALL.0 + 1000 + set)), Some(set));
            assert_eq!(clock.pass(500, WallMs(WALL.0 + 1500 + set)), None, "it is told once");
            assert_eq!(clock.pass(0, WallMs(WALL.0 + 1500)), Some(-set), "and when it is set right");
            assert_eq!(clock.now, OwnMs(WALL.0 + 1500));
        }
        // One that is slow, by a millisecond in a second, is told of once in a while, and not again at once.
        let mut clock = OwnClock::new(WALL);
        let told = (1..=3000).filter(|n| clock.pass(1000, WallMs(WALL.0 + 999 * n)).is_some()).count();
        assert_eq!(told, 2);
    }

    #[test]
    fn between_runs_time_passes_as_the_wall_clock_did_but_not_back() {
        for (then, wall, want) in [(0, 5000, 5000), (YEARS, 5000, YEARS), (-YEARS, 5000, 5000)] {
            let mut clock = OwnClock::new(WALL);
            clock.recover(Pair { own: OwnMs(WALL.0 + then), wall: WallMs(WALL.0 + then) });
            clock.begin(WallMs(WALL.0 + wall));
            assert_eq!(clock.now, OwnMs(WALL.0 + want));
        }
        // The clock was ahead, and a record says when it was set right: from there on it counts.
        let mut clock = OwnClock::new(WALL);
        clock.recover(Pair::same(WallMs(WALL.0 + YEARS)));
        clock.replay(Pair { own: OwnMs(WALL.0 + YEARS + 60_000), wall: WallMs(WALL.0 + 60_000) });
        clock.begin(WallMs(WALL.0 + 70_000));
        assert_eq!(clock.now, OwnMs(WALL.0 + YEARS + 70_000));
    }

    #[test]
    fn pairs_come_back() {
        let pair = Pair { own: OwnMs(5), wall: WallMs(-7) };
        assert_eq!(Pair::decode(&mut Fields(&pair.encode())), Ok(pair));
    }
}
