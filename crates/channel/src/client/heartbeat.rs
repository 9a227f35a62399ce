//! Signs of life, and what is overdue.
//!
//! A shared socket that has been quiet for the agreed interval gets a heartbeat, and is given up when nothing
//! comes back. On one that is not shared the client hears heartbeats while it waits in a get, and only then.

use super::conversation::Conversation;
use super::event::CloseReason;
use super::server_end::{ServerEnd, State};
use crate::segment::status_data::StatusCode;
use crate::segment::{ControlFlags, Header, HeaderKind, SegmentType};

impl ServerEnd {
    /// When [`ServerEnd::handle_timeout`] is due.
    pub fn deadline(&self) -> Option<u64> {
        if matches!(self.state, State::Closing) {
            return None;
        }
        [self.unconnected_until(), self.heartbeat_due(), self.silence_until()].into_iter().flatten().min()
    }

    /// Sends a heartbeat, or gives the client up.
    pub fn handle_timeout(&mut self, now: u64) {
        let is_due = |deadline: Option<u64>| deadline.is_some_and(|at| at <= now);
        if matches!(self.state, State::Closing) {
        } else if is_due(self.unconnected_until()) {
            if self.is_patience_over(now) {
                self.refuse(StatusCode::TIMEOUT_EXPIRED, CloseReason::Silence);
            }
        } else if self.is_blocked() {
            // Who is not read cannot be heard.
            (self.heard_at, self.is_asked) = (now, false);
        } else if is_due(self.silence_until()) {
            self.refuse(StatusCode::TIMEOUT_EXPIRED, CloseReason::Silence);
        } else if is_due(self.heartbeat_due()) {
            let kind = if self.is_shared() { HeaderKind::Common } else { HeaderKind::Plain };
            let header = self.header(kind, 0, 0, SegmentType::HEARTBEAT);
            let flags = ControlFlags::WHOLE.with(ControlFlags::CONFIRM_REQUEST);
            self.outbound.urgent(Header { flags, ..header }, &[]);
            self.is_asked = true;
            if !self.is_shared() {
                // The client is in a get and answers nothing: the next one is due after another interval.
                (self.heard_at, self.is_asked) = (now, false);
            }
        }
    }

    pub(super) fn heartbeat_ms(&self) -> Option<u64> {
        let seconds = self.agreement.map_or(0, |agreement| agreement.heartbeat_s);
        let is_due =
            self.is_shared() || self.conversations.iter().map(|(_, it)| it).any(Conversation::is_in_wait);
        (seconds > 0 && is_due && matches!(self.state, State::Running)).then_some(u64::from(seconds) * 1000)
    }

    pub(super) fn heartbeat_due(&self) -> Option<u64> {
        self.heartbeat_ms().filter(|_| !self.is_asked).map(|interval| self.heard_at + interval)
    }

    /// A partner is silent when twice the interval has passed, or a minute more than it when it is longer.
    pub(super) fn silence_until(&self) -> Option<u64> {
        let interval = self.heartbeat_ms().filter(|_| self.is_shared() && self.is_asked)?;
        Some(self.heard_at + if interval < 60_000 { 2 * interval } else { interval + 60_000 })
    }
}
