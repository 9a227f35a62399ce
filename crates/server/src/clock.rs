//! The clocks of this process, read once a turn, and the calendar.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use qmgr::time::{Mono, Time, WallMs};
use rustix::time::{ClockId, clock_gettime};

/// A source of wall time.
pub trait WallClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// The operating system's clocks.
#[derive(Debug, Default)]
pub struct Clock;

impl Clock {
    /// Now.
    pub fn now(&self) -> Time {
        Time { wall: WallMs(self.now_ms()), mono: Mono(mono_ms()) }
    }
}

impl WallClock for Clock {
    fn now_ms(&self) -> i64 {
        // The C library's clock, so that a test can set it for one process.
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => ms(since),
            Err(before) => -ms(before.duration()),
        }
    }
}

/// Milliseconds of the monotonic clock.
pub fn mono_ms() -> u64 {
    mono_ns() / 1_000_000
}

/// Nanoseconds of the monotonic clock, which goes on while the machine is suspended.
pub fn mono_ns() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0).saturating_mul(1_000_000_000)
        + u64::try_from(now.tv_nsec).unwrap_or(0)
}

/// A moment in the calendar, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// With century.
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 59.
    pub second: u32,
    /// 0 to 999.
    pub millisecond: u32,
}

impl Date {
    /// The moment of a wall time.
    pub fn of(wall_ms: i64) -> Self {
        let (days, ms) = (wall_ms.div_euclid(86_400_000), wall_ms.rem_euclid(86_400_000));
        // Days from the first of March of year 0, in cycles of 400 years: leap days come last in each year.
        let shifted = days + 719_468;
        let (cycle, in_cycle) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (in_cycle - in_cycle / 1460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
        let in_year = in_cycle - (365 * year + year / 4 - year / 100);
        let march = (5 * in_year + 2) / 153;
        let day = in_year - (153 * march + 2) / 5 + 1;
        let month = if march < 10 { march + 3 } else { march - 9 };
        let small = |n: i64| u32::try_from(n).expect("parts of a date are small and not negative");
        Self {
            year: year + cycle * 400 + i64::from(month <= 2),
            month: small(month),
            day: small(day),
            hour: small(ms / 3_600_000),
            minute: small(ms / 60_000 % 60),
            second: small(ms / 1000 % 60),
            millisecond: small(ms % 1000),
        }
    }

    /// `2026-11-22T03:12:09.123Z`.
    pub fn iso(&self) -> String {
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.year, self.month, self.day, self.hour, self.minute, self.second, self.millisecond
        )
    }

    /// `2026-11-22_03.12.09`, as in a queue manager identifier.
    pub fn qmid(&self) -> String {
        format!(
            "{:04}-{:02}-{:02}_{:02}.{:02}.{:02}",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wall_ms: i64, want: &str) {
        assert_eq!(Date::of(wall_ms).iso(), want);
    }

    #[test]
    fn dates() {
        check(0, "1970-01-01T00:00:00.000Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        check(951_782_400_000, "2000-02-29T00:00:00.000Z");
        check(4_107_542_399_999, "2100-02-28T23:59:59.999Z");
        check(4_107_542_400_000, "2100-03-01T00:00:00.000Z");
        check(1_795_317_129_123, "2026-11-22T03:12:09.123Z");
    }
}
