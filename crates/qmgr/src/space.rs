//! Whether the log has room for persistent puts, and what is said about it.
//!
//! ```text
//!            one empty extent is left, no other can be had
//!  roomy ─────────────────────────────────────────────────► short: puts are refused (2102) and counted
//!        ◄─────────────────────────────────────────────────
//! ```
//!
//! Each change is an entry in the error log; while it lasts, refusals are one entry a minute, with their number.

use mqi::Reason;

use crate::kernel::Kernel;
use crate::output::Outputs;
use crate::time::Mono;

/// The last extent is for commits, gets, backouts and checkpoints.
const RESERVE: u32 = 1;

/// Refusals are told at most once in this time, in ms.
const TELL_MS: u64 = 60_000;

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Space {
    /// Empty ones of the log; many until the shell says otherwise.
    free_extents: u32,
    /// Persistent puts.
    of_log: Refusals,
    /// Others.
    of_memory: Refusals,
}

impl Default for Space {
    fn default() -> Self {
        Self { free_extents: u32::MAX, of_log: Refusals::default(), of_memory: Refusals::default() }
    }
}

/// Puts that were refused and have not been told of.
#[derive(Debug, Default)]
struct Refusals {
    count: u64,
    told: Option<Mono>,
}

impl Refusals {
    /// Counts one. Returns how many are to be told of now.
    fn count(&mut self, now: Mono) -> Option<u64> {
        self.count += 1;
        if self.told.is_some_and(|told| now.0 < told.0 + TELL_MS) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }

    /// Those that are left to be told of: it is over.
    fn rest(&mut self) -> u64 {
        self.told = None;
        std::mem::take(&mut self.count)
    }
}

impl Space {
    /// Whether persistent puts must be refused.
    pub(crate) fn is_short(&self) -> bool {
        self.free_extents <= RESERVE
    }
}

impl Kernel {
    /// The shell says how many extents are free.
    pub(crate) fn space_changed(&mut self, free_extents: u32, out: &mut Outputs) {
        let was_short = self.space.is_short();
        self.space.free_extents = free_extents;
        let name = self.config.name.as_str().to_owned();
        match (was_short, self.space.is_short()) {
            (false, true) => Self::log_line("AMQ7463", vec![name], out),
            (true, false) => {
                let refused = self.space.of_log.rest();
                Self::log_line("AMQ7464", vec![name, refused.to_string()], out);
            }
            _ => {}
        }
    }

    /// Refuses a put for which there is no room, and says so.
    pub(crate) fn refuse_for_space(&mut self, is_persistent: bool, out: &mut Outputs) -> Reason {
        let (refusals, lacking) = if is_persistent {
            (&mut self.space.of_log, "the log has no room for persistent messages")
        } else {
            (
                &mut self.space.of_memory,
                "memory has none for more messages, and the scratch file for those that are not persistent",
            )
        };
        if let Some(count) = refusals.count(self.now.mono) {
            Self::log_line("AMQ7479", vec![count.to_string(), lacking.to_owned()], out);
        }
        Reason::RESOURCE_PROBLEM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_once_a_minute() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.count(Mono(0)), Some(1));
        assert_eq!(refusals.count(Mono(1)), None);
        assert_eq!(refusals.count(Mono(59_999)), None);
        assert_eq!(refusals.count(Mono(60_000)), Some(3));
        assert_eq!(refusals.count(Mono(60_001)), None);
        assert_eq!(refusals.rest(), 1);
        assert_eq!(refusals.count(Mono(60_002)), Some(1));
    }
}
