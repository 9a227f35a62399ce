//! How large the log may be and when it tidies itself. The figures of `crtmqm` and `qm.ini`.

use crate::buffer::PAGE;
use crate::error::Error;
use crate::group;
use crate::record::Record;
use crate::summary;

/// What becomes of an extent that restart no longer needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogType {
    /// `-lc`: reused.
    #[default]
    Circular,
    /// `-ll`: kept until somebody takes it away.
    Linear,
    /// `-lla`: kept until media recovery needs it no more ([`crate::Log::set_media_lsn`]), then reused.
    LinearAutomatic,
    /// `-lln`: kept as for `-lla` and until it has been archived ([`crate::Log::archived`]).
    LinearArchive,
}

/// The settings of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// `-lf`: pages of 4 KiB of an extent. Fixed at creation; a later value is not looked at.
    pub extent_pages: u32,
    /// `-lp`: empty extents kept ready.
    pub primary: u32,
    /// `-ls`: with `primary`, how many extents one unit of work may stretch over, and how many empty
    /// extents are kept rather than removed when they become free.
    pub secondary: u32,
    /// What becomes of extents that restart no longer needs.
    pub log_type: LogType,
    /// `StoreMax`: greatest size of all extents together in bytes.
    pub store_max: Option<u64>,
    /// Bytes of records after which a checkpoint is due.
    pub checkpoint_bytes: u64,
    /// Milliseconds after which a checkpoint is due when there are new records.
    pub checkpoint_ms: u64,
    /// Milliseconds without a write after which a marker confirms the last group.
    pub marker_ms: u64,
    /// Milliseconds without new records after which extents three quarters live are packed too.
    pub idle_ms: u64,
    /// Groups that may be under way to the disk at once.
    pub in_flight_max: usize,
    /// Whose the log is, in the caller's words: written into every control file from the start on that gives
    /// it. Nothing: as the log has it.
    pub owner: Option<Vec<u8>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            extent_pages: 4096,
            primary: 3,
            secondary: 2,
            log_type: LogType::Circular,
            store_max: None,
            checkpoint_bytes: 64 << 20,
            checkpoint_ms: 10_000,
            marker_ms: 50,
            idle_ms: 3_000,
            in_flight_max: 4,
            owner: None,
        }
    }
}

impl Config {
    /// The greatest extent that a command makes, and that offsets in the log have room for.
    pub const EXTENT_PAGES_MAX: u32 = 65_535;
    /// The smallest extent the library accepts; commands ask for 64 at least.
    pub const EXTENT_PAGES_MIN: u32 = 4;

    /// Size of an extent in bytes.
    #[must_use]
    pub fn extent_bytes(&self) -> u64 {
        u64::from(self.extent_pages) * PAGE as u64
    }

    /// Empty extents to have: one more than asked for, see [`crate::Space`]; and one more than two, so that
    /// puts need not wait each time that an extent has been used up.
    pub(crate) fn ready_target(&self) -> u32 {
        self.primary.max(3) + 1
    }

    /// Empty extents to keep rather than remove.
    pub(crate) fn ready_max(&self) -> u32 {
        self.ready_target() + self.secondary
    }

    /// The longest record with a head of `head_len` bytes that can be appended. With extents of 64 pages
    /// or more and a head of at most 3,000 bytes this is [`Record::LEN_MAX`].
    #[must_use]
    pub fn record_len_max(&self, head_len: usize) -> u32 {
        let summary = summary::blocks_for(summary::entry_bound(head_len) + summary::GROUP_BOUND);
        let blocks = (self.extent_pages - 1).saturating_sub(summary);
        (blocks as usize * PAGE).saturating_sub(group::HEADER).min(Record::LEN_MAX as usize) as u32
    }

    /// Bytes of records at which a group is closed: 1 MiB, less where extents are small, so that little
    /// of an extent is lost when a group does not fit its rest.
    pub(crate) fn group_bytes_max(&self) -> usize {
        let share = self.extent_pages as usize * PAGE / 8;
        share.clamp(PAGE, group::LEN_MAX) - group::HEADER
    }

    /// Refuses settings with which a log could not work.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |why: &str| Err(Error::Config(why.to_owned()));
        if !(Self::EXTENT_PAGES_MIN..=Self::EXTENT_PAGES_MAX).contains(&self.extent_pages) {
            return refuse("log extents must have 4 to 65535 pages");
        }
        if self.primary < 2 {
            return refuse("at least two log extents must be kept ready");
        }
        if self.in_flight_max == 0 {
            return refuse("at least one group must be allowed in flight");
        }
        let needed = self.extent_bytes().saturating_mul(u64::from(self.ready_target()) + 1);
        if self.store_max.is_some_and(|max| max < needed) {
            return refuse("StoreMax is smaller than the extents that are kept ready and two more");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_extent_of_a_command_takes_the_longest_record() {
        let config = Config { extent_pages: 64, ..Config::default() };
        assert_eq!(config.record_len_max(92), Record::LEN_MAX);
        assert_eq!(config.record_len_max(3000), Record::LEN_MAX);
        assert!(config.record_len_max(8000) < Record::LEN_MAX);
        let tiny = Config { extent_pages: 4, ..Config::default() };
        assert_eq!(tiny.record_len_max(28), 2 * 4096 - 64);
    }

    #[test]
    fn impossible_settings_are_refused() {
        assert!(Config::default().check().is_ok());
        for bad in [
            Config { extent_pages: 3, ..Config::default() },
            Config { extent_pages: 65_536, ..Config::default() },
            Config { primary: 1, ..Config::default() },
            Config { store_max: Some(4 << 24), ..Config::default() },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
