//! How long a socket may stay on which nobody is connected.
//!
//! Who has just come has a few seconds to connect. A refused MQCONN does not end that time, and costs some of it; what
//! this end takes to check a password, or to connect somebody, does not count. After the last MQDISC there is a minute:
//! clients end the socket at once, and one that wants to connect again on it has time to.

use super::conversation::State as Connection;
use super::server_end::ServerEnd;

/// A client must have come to a connection after this many milliseconds.
const HANDSHAKE_MS: u64 = 10_000;

/// How long a client may stay that has disconnected.
const DISCONNECTED_MS: u64 = 60_000;

/// What an MQCONN costs that is refused.
const REFUSAL_MS: u64 = 500;

/// The time that is left for somebody to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// It runs, and is over then.
    Until(u64),
    /// So many milliseconds from when nobody is connected any more: it runs once the shell has told the time.
    Left(u64),
}

impl Patience {
    pub(super) fn new(now: u64) -> Self {
        Self::Until(now + HANDSHAKE_MS)
    }
}

impl ServerEnd {
    /// When somebody must be connected, or the time must be told.
    pub(super) fn unconnected_until(&self) -> Option<u64> {
        let is_used = |state: &Connection| match state {
            Connection::Checking { .. } | Connection::Connecting { .. } | Connection::Connected => true,
            Connection::Fresh | Connection::Broken(_) => false,
        };
        if self.conversations.iter().any(|(_, it)| is_used(&it.state)) {
            return None;
        }
        Some(match self.patience {
            Patience::Until(at) => at,
            Patience::Left(_) => self.heard_at,
        })
    }

    /// The time has come that [`ServerEnd::unconnected_until`] says. Returns whether it is over.
    pub(super) fn is_patience_over(&mut self, now: u64) -> bool {
        match self.patience {
            Patience::Until(at) => at <= now,
            Patience::Left(ms) => {
                self.patience = Patience::Until(now + ms);
                ms == 0
            }
        }
    }

    /// Somebody may be about to connect: this end's time does not count.
    pub(super) fn stop_patience(&mut self) {
        if let Patience::Until(at) = self.patience {
            self.patience = Patience::Left(at.saturating_sub(self.heard_at));
        }
    }

    /// Somebody is connected.
    pub(super) fn renew_patience(&mut self) {
        self.patience = Patience::Left(DISCONNECTED_MS);
    }

    /// An MQCONN was refused. That is nothing to those who are connected beside it.
    pub(super) fn spend_patience(&mut self) {
        if self.unconnected_until().is_none() {
            return;
        }
        match &mut self.patience {
            Patience::Until(ms) | Patience::Left(ms) => *ms = ms.saturating_sub(REFUSAL_MS),
        }
    }
}
