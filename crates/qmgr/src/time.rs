//! Time as the kernel knows it: it comes in with every input, the kernel has no clock.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallMs(pub i64);

/// Milliseconds of a clock that never goes back; waits and intervals are counted in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mono(pub u64);

/// Milliseconds of the queue manager's own time, in which messages age: expiry, delays and the times of puts are kept in
/// it, in memory and on disk.
///
/// It goes as the monotonic clock does while the queue manager runs, whatever the wall clock is set to meanwhile, and as
/// the wall clock did from the end of one run to the next, but never back. So it is about the wall time as long as
/// nobody sets that, and behind or ahead of it by as much as it was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OwnMs(pub(crate) i64);

impl OwnMs {
    /// This many milliseconds later.
    pub(crate) fn after(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// The moment of an input. The shell reads its clocks once a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// For dates that people and other systems see: PutDate, CRDATE. It is what the machine has, and may go back.
    pub wall: WallMs,
    /// For waits.
    pub mono: Mono,
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from March, so that a leap day ends its year; 146,097 days are 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl Mono {
    /// This many milliseconds later.
    pub(crate) fn after(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}
