//! The live bar: how far a run is and how fast it goes, on a terminal only.

use std::io::{IsTerminal as _, Write as _};

use super::report::grouped;

/// Characters of the bar.
const WIDTH: usize = 24;

/// See the module's text.
pub(super) struct Bar {
    title: String,
    is_shown: bool,
    last: Option<(u64, u64)>,
}

impl Bar {
    /// A bar with this title; shown if standard error is a terminal and nobody wants quiet.
    pub(super) fn new(title: &str, is_quiet: bool) -> Self {
        let is_shown = !is_quiet && std::io::stderr().is_terminal();
        Self { title: title.to_owned(), is_shown, last: None }
    }

    /// Draws it: `part` of all done, `operations` so far.
    pub(super) fn draw(&mut self, part: f64, operations: u64, now_ns: u64) {
        if !self.is_shown {
            return;
        }
        let rate = match self.last {
            Some((then, before)) if now_ns > then => {
                operations.saturating_sub(before) as f64 * 1e9 / (now_ns - then) as f64
            }
            _ => 0.0,
        };
        self.last = Some((now_ns, operations));
        let full = ((part.clamp(0.0, 1.0) * WIDTH as f64) as usize).min(WIDTH);
        let bar: String = "█".repeat(full) + &"░".repeat(WIDTH - full);
        eprint!("\r\x1b[K{}  {bar}  {}/s", self.title, grouped(rate));
        let _ = std::io::stderr().flush();
    }

    /// Takes it away.
    pub(super) fn clear(&self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }
}
