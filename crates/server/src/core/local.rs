//! Connections of this machine: how many each user may have, and what they may ask for besides calls.
//!
//! A user has so many, all users together so many, counted from when they are accepted; more are closed at once. Those
//! who administer the queue manager are not counted, and nobody else has what is kept for them (`accepting.rs`).
//!
//! ```text
//! first bytes    asks for                                                            answered
//! FDS            connections that it accepts are taken, with their addresses         administrators
//! CTR            what the log has done so far, as text                               administrators
//! anything else  calls                                                               everybody
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Core;
use super::slab::Token;
use super::socket::Purpose;
use crate::net::Peer;

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalLimits {
    /// Of one user.
    pub user_max: u32,
    /// Of all users.
    pub all_max: u32,
}

/// How many there are.
#[derive(Debug)]
pub(super) struct LocalConnections {
    limits: LocalLimits,
    by_user: BTreeMap<u32, u32>,
    /// Of users who do not administer.
    others: u32,
}

/// Why one more is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crowd {
    /// The user has as many as he may have.
    User(u32),
    /// All users have.
    All(u32),
}

impl LocalConnections {
    pub(super) fn new(limits: LocalLimits) -> Self {
        Self { limits, by_user: BTreeMap::new(), others: 0 }
    }

    /// Counts one more, if there may be one.
    pub(super) fn add(&mut self, uid: u32, is_administrator: bool) -> Result<(), Crowd> {
        if !is_administrator {
            if self.others >= self.limits.all_max {
                return Err(Crowd::All(self.limits.all_max));
            }
            let count = self.by_user.entry(uid).or_insert(0);
            if *count >= self.limits.user_max {
                return Err(Crowd::User(self.limits.user_max));
            }
            *count += 1;
            self.others += 1;
        }
        Ok(())
    }

    /// One that was counted is gone.
    pub(super) fn remove(&mut self, uid: u32, is_administrator: bool) {
        if is_administrator {
            return;
        }
        self.others -= 1;
        if let Some(count) = self.by_user.get_mut(&uid) {
            *count -= 1;
            if *count == 0 {
                self.by_user.remove(&uid);
            }
        }
    }
}

impl Core {
    /// What a local connection is for, by its first bytes. None: it has been answered.
    pub(super) fn purpose_of(&mut self, token: Token, chunk: &Bytes) -> Option<Purpose> {
        let is_administrator = self.sockets.get(token).is_some_and(|socket| socket.is_administrator);
        match chunk.get(..4) {
            Some(b"FDS ") if is_administrator => return Some(Purpose::HandOver),
            Some(b"FDS ") => self.log_hand_over_refused(token, "only the owner, root and mqm may"),
            Some(b"CTR ") if is_administrator => {
                let text = self.log_figures();
                self.say_and_close(token, &text);
                return None;
            }
            Some(b"CTR ") => self.log_request_refused(token, "the figures of the log"),
            _ => return Some(Purpose::Calls),
        }
        self.say_and_close(token, "refused: only the owner, root and mqm may ask for this\n");
        None
    }

    fn log_figures(&self) -> String {
        let counts = self.engine.counts();
        format!(
            "forces={} records={} bytes={} live_extent_bytes={} pid={}\n",
            counts.forces,
            counts.records,
            counts.bytes_written,
            self.engine.log().live_extent_bytes(),
            std::process::id()
        )
    }

    fn say_and_close(&mut self, token: Token, text: &str) {
        let now_ms = self.now.mono.0;
        if let Some(socket) = self.sockets.get_mut(token) {
            socket.send_text(text);
            socket.close_soon(now_ms);
        }
    }

    /// Whether a peer is of this machine, and administers the queue manager.
    pub(super) fn is_administrator(&mut self, peer: &Peer) -> bool {
        let Peer::Local { uid, .. } = *peer else { return false };
        self.users.refresh(self.now.mono.0);
        self.users.is_administrator(uid)
    }

    /// Counts a local connection that has just been accepted; one too many is told in the log.
    pub(super) fn admit_local(&mut self, uid: u32, is_administrator: bool) -> bool {
        let crowd = match self.local.add(uid, is_administrator) {
            Ok(()) => return true,
            Err(crowd) => crowd,
        };
        let (id, inserts) = match crowd {
            Crowd::User(max) => ("AMQ8984", vec![self.users.name_of(uid), max.to_string()]),
            Crowd::All(max) => ("AMQ8983", vec![max.to_string()]),
        };
        self.errors.write(id, &inserts, &self.clock);
        false
    }

    /// A connection that was accepted is gone.
    pub(super) fn discount(&mut self, peer: &Peer, is_administrator: bool) {
        if let Peer::Local { uid, .. } = *peer {
            self.local.remove(uid, is_administrator);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_limited_each_and_together_and_administrators_are_not() {
        let mut local = LocalConnections::new(LocalLimits { user_max: 2, all_max: 3 });
        assert_eq!([local.add(7, false), local.add(7, false)], [Ok(()); 2]);
        assert_eq!(local.add(7, false), Err(Crowd::User(2)));
        assert_eq!(local.add(8, false), Ok(()));
        assert_eq!(local.add(9, false), Err(Crowd::All(3)));
        assert_eq!([local.add(0, true), local.add(0, true), local.add(0, true)], [Ok(()); 3]);
        local.remove(0, true);
        assert_eq!(local.add(9, false), Err(Crowd::All(3)));
        local.remove(7, false);
        assert_eq!(local.add(9, false), Ok(()));
        for uid in [7, 8, 9] {
            local.remove(uid, false);
        }
        assert!(local.by_user.is_empty());
    }
}
