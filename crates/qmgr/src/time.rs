//! Time as the kernel knows it: it comes in with every input, the kernel has no clock.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallMs(pub i64);

/// Milliseconds of a clock that never goes back; waits and intervals are counted in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mono(pub u64);

/// The moment of an input. The shell reads its clocks once a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// For dates that people and other systems see: PutDate, expiry, CRDATE.
    pub wall: WallMs,
    /// For waits.
    pub mono: Mono,
}
