//! Accepting connections, so that no flood of them keeps this thread from those who are connected, and the last
//! descriptors from those who administer the queue manager.
//!
//! In one turn a listener is asked for so many connections and no more. The socket that is open to everybody has a rate
//! besides: what comes faster waits. The last descriptors are kept: while there are no others, nobody is accepted from
//! the network for a second at a time, and of local users only the administrators. They have a socket of their own, so
//! that they need not wait behind others.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::event::epoll;
use rustix::process::{Resource, getrlimit};

use super::{Core, listen_for};
use crate::local_socket::Door;
use crate::net::ListenerKind;

/// How long nobody is accepted after that has failed.
const PAUSE_MS: u64 = 1000;

/// Connections that one listener is asked for in one turn.
const ACCEPTS_MAX: u32 = 64;

/// Descriptors that are kept for administrators, and for the files that they need opened.
const KEPT: u64 = 32;

/// Of the socket that is open to everybody: so much is spent in [`WINDOW_MS`], and what is left waits for the next.
const SPENT_MAX: u32 = 160;
const WINDOW_MS: u64 = 10;
/// What a connection costs that is taken, and one that is closed at once.
const TAKEN: u32 = 4;
const CLOSED: u32 = 1;

/// How fast connections are accepted from everybody.
#[derive(Debug, Default)]
pub(super) struct Pace {
    until_ms: u64,
    spent: u32,
}

impl Pace {
    /// When the next may be accepted, if not now.
    fn waits_until(&mut self, now_ms: u64) -> Option<u64> {
        if now_ms >= self.until_ms {
            *self = Self { until_ms: now_ms + WINDOW_MS, spent: 0 };
        }
        (self.spent >= SPENT_MAX).then_some(self.until_ms)
    }

    fn spend(&mut self, is_taken: bool) {
        self.spent += if is_taken { TAKEN } else { CLOSED };
    }
}

impl Core {
    pub(super) fn accept(&mut self, number: u32) {
        let now_ms = self.now.mono.0;
        for _ in 0..ACCEPTS_MAX {
            let Some(listener) = self.listeners.get(&number) else { return };
            let is_open_to_all = listener.kind == ListenerKind::Local(Door::Everyone);
            if is_open_to_all && let Some(until_ms) = self.pace.waits_until(now_ms) {
                return self.pause_listener(number, until_ms);
            }
            if matches!(listener.kind, ListenerKind::Tcp { .. }) && is_short(&self.epoll) {
                let why = "the last descriptors are kept for administrators".to_owned();
                self.errors.write("AMQ9213", &["accept".to_owned(), why], &self.clock);
                return self.pause_listener(number, now_ms + PAUSE_MS);
            }
            match listener.accept() {
                Ok(Some(accepted)) => {
                    let before = self.sockets.len();
                    self.accepted(accepted);
                    if is_open_to_all {
                        self.pace.spend(self.sockets.len() > before);
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    // Out of descriptors, mostly: those connected are served on, and those who wait are not
                    // asked for until some may have become free.
                    self.errors.write("AMQ9213", &["accept".to_owned(), error.to_string()], &self.clock);
                    return self.pause_listener(number, now_ms + PAUSE_MS);
                }
            }
        }
    }

    fn pause_listener(&mut self, number: u32, until_ms: u64) {
        if let Some(listener) = self.listeners.get(&number)
            && listen_for(&self.epoll, number, listener, epoll::EventFlags::empty()).is_ok()
        {
            self.paused_listeners.insert(number, until_ms);
        }
    }

    /// When the first of those that pause goes on.
    pub(super) fn accepts_again_at(&self) -> Option<u64> {
        self.paused_listeners.values().min().copied()
    }

    /// Accepts again after a pause.
    pub(super) fn tend_listeners(&mut self) {
        let now_ms = self.now.mono.0;
        if self.accepts_again_at().is_none_or(|at| at > now_ms) {
            return;
        }
        for (number, until_ms) in std::mem::take(&mut self.paused_listeners) {
            let Some(listener) = self.listeners.get(&number) else { continue };
            if until_ms > now_ms {
                self.paused_listeners.insert(number, until_ms);
            } else if listen_for(&self.epoll, number, listener, epoll::EventFlags::IN).is_err() {
                self.paused_listeners.insert(number, now_ms + PAUSE_MS);
            }
        }
    }
}

/// Whether this descriptor is one of the last: numbers are given out from below.
pub(super) fn is_of_the_last(fd: &OwnedFd) -> bool {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return false };
    u64::try_from(fd.as_raw_fd()).is_ok_and(|number| number + KEPT.min(limit / 4) >= limit)
}

/// Whether no others than the last descriptors are left. `any`: one that is open.
fn is_short(any: &OwnedFd) -> bool {
    rustix::io::fcntl_dupfd_cloexec(any, 0).map_or(true, |next| is_of_the_last(&next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_faster_waits() {
        let mut pace = Pace::default();
        for _ in 0..SPENT_MAX / TAKEN {
            assert_eq!(pace.waits_until(100), None);
            pace.spend(true);
        }
        assert_eq!(pace.waits_until(100), Some(100 + WINDOW_MS));
        for _ in 0..SPENT_MAX / CLOSED {
            assert_eq!(pace.waits_until(100 + WINDOW_MS), None);
            pace.spend(false);
        }
        assert_eq!(pace.waits_until(101 + WINDOW_MS), Some(100 + 2 * WINDOW_MS));
    }
}
