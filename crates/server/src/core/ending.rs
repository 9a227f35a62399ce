//! How a queue manager ends.
//!
//! ```text
//!            quiesce                all disconnected, or (by signal) 2 s
//! Running ─────────────► Quiescing ─────────────────────────────────────► Closing ─► ended
//!    │                       │ immediate                                    ▲
//!    └───────────────────────┴──────────────────────────────────────────────┘
//! ```

use qmgr::{EndMode, Input};

use super::Core;

/// How long a signal lets applications finish before they are cut off.
const SIGNAL_QUIESCE_MS: u64 = 2000;
/// How long clients may take to accept what they are sent at the end.
const CLOSE_MS: u64 = 1000;

/// State of the end.
#[derive(Debug)]
pub(super) struct Ending {
    mode: EndMode,
    /// When a quiesce becomes an immediate end, or the wait for clients is over.
    at: Option<u64>,
    is_kernel_done: bool,
}

impl Ending {
    pub(super) fn deadline(&self) -> Option<u64> {
        self.at
    }
}

impl Core {
    /// A signal: quiesce for two seconds, then end; a second signal ends at once.
    pub(super) fn signalled(&mut self) {
        use std::io::Read as _;
        let mut bytes = [0; 16];
        let came = self.signals.as_mut().and_then(|s| s.read(&mut bytes).ok()).unwrap_or(0);
        if came == 0 {
            return;
        }
        if self.ending.is_some() {
            return self.begin_end(EndMode::Immediate, false);
        }
        self.begin_end(EndMode::Quiesce, false);
        if let Some(ending) = &mut self.ending {
            ending.at = Some(self.now.mono.0 + SIGNAL_QUIESCE_MS);
        }
    }

    /// Begins to end, or goes on from a quiesce to an immediate end.
    pub(super) fn begin_end(&mut self, mode: EndMode, is_preemptive: bool) {
        let is_new = match &self.ending {
            None => true,
            Some(ending) => ending.mode == EndMode::Quiesce && mode == EndMode::Immediate,
        };
        if !is_new {
            return;
        }
        let at = match mode {
            EndMode::Quiesce => None,
            EndMode::Immediate if is_preemptive => Some(self.now.mono.0),
            EndMode::Immediate => Some(self.now.mono.0 + CLOSE_MS),
        };
        let is_kernel_done = self.ending.as_ref().is_some_and(|e| e.is_kernel_done);
        self.ending = Some(Ending { mode, at, is_kernel_done });
        if let Some(on_ending) = &mut self.on_ending {
            on_ending(mode);
        }
        // Nobody new is let in.
        self.listeners.clear();
        self.input(Input::End(mode));
    }

    pub(super) fn kernel_ended(&mut self) {
        if let Some(ending) = &mut self.ending {
            ending.is_kernel_done = true;
            ending.at.get_or_insert(self.now.mono.0 + CLOSE_MS);
        }
    }

    /// Lets time take a quiesce further.
    pub(super) fn progress_ending(&mut self) {
        if let Some(request) = self.end_asked.take() {
            self.begin_end(request.mode, request.is_preemptive);
        }
        let now_ms = self.now.mono.0;
        let Some(ending) = &self.ending else { return };
        if ending.mode == EndMode::Quiesce
            && !ending.is_kernel_done
            && ending.at.is_some_and(|at| at <= now_ms)
        {
            self.begin_end(EndMode::Immediate, false);
        }
    }

    /// True when nobody is connected any more, or has had its time.
    pub(super) fn has_ended(&self) -> bool {
        let Some(ending) = &self.ending else { return false };
        let is_late = ending.at.is_some_and(|at| at <= self.now.mono.0);
        match ending.mode {
            EndMode::Quiesce => ending.is_kernel_done && (self.sockets.len() == 0 || is_late),
            EndMode::Immediate => is_late || (ending.is_kernel_done && self.sockets.len() == 0),
        }
    }

    /// How it ends, once it does.
    pub fn end_mode(&self) -> Option<EndMode> {
        self.ending.as_ref().map(|ending| ending.mode)
    }
}
