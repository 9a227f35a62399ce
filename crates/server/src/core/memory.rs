//! Memory of sockets: what has come and is not done with, and what waits to be sent.
//!
//! ```text
//! 0 ........ an eighth ............ three quarters ............... limit
//!   the shell's    the kernel has so      who holds more than his     nobody new is taken; who holds more than his
//!   own share      much less: its cache   share is not read, and      share and has not moved for some seconds is
//!                  and spill come first   gets nothing more to send   ended, the largest first
//! ```
//!
//! The limit is half of what the kernel may use. A share is the limit divided by those who hold something. Whoever has not
//! logged in counts in an account of its own besides, which is small: who has not finished a segment when it is used up is
//! refused.

use channel::segment::status_data::StatusCode;
use qmgr::Input;

use super::slab::Token;
use super::{Core, PRESSED_MS};

/// Who holds less is not looked at.
const LITTLE: usize = 4096;

/// What one may hold who has not logged in, however much others hold.
const GREETING: usize = 2048;

/// The window of a conversation closes while so much waits to be sent on it, in bytes.
const WINDOW_MAX: usize = 1024 * 1024;

/// Nobody's share is smaller than if so many held something.
const HOLDERS_MIN: usize = 16;

/// Memory is lent in so many steps.
const STEPS: usize = 32;

/// Who holds too much and does not move for so long, in ms, is ended.
const STUCK_MS: u64 = 5000;

/// Memory that one socket holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) inbound: usize,
    pub(super) outbound: usize,
    /// Somebody has been connected.
    pub(super) was_connected: bool,
}

impl Held {
    pub(super) fn total(self) -> usize {
        self.inbound + self.outbound
    }

    fn unconnected(self) -> usize {
        if self.was_connected { 0 } else { self.total() }
    }
}

/// All sockets together; see the module's header.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) inbound: usize,
    pub(super) outbound: usize,
    /// Of both, what those hold who have not logged in.
    pub(super) unconnected: usize,
    /// Sockets that hold more than little.
    holders: usize,
    pub(super) limit: usize,
    unconnected_max: usize,
    /// What the kernel was told that it has less.
    pub(super) lent: usize,
    /// Since when it has been short, monotonic ms.
    short_since: Option<u64>,
}

impl Memory {
    /// Beside a kernel that may use so much.
    pub(super) fn beside(kernel_max: usize) -> Self {
        Self {
            inbound: 0,
            outbound: 0,
            unconnected: 0,
            holders: 0,
            limit: kernel_max / 2,
            unconnected_max: (kernel_max / 16).clamp(256 << 10, 16 << 20),
            lent: 0,
            short_since: None,
        }
    }

    /// A socket holds something else than before.
    pub(super) fn count(&mut self, was: Held, is: Held) {
        self.inbound = self.inbound + is.inbound - was.inbound;
        self.outbound = self.outbound + is.outbound - was.outbound;
        self.unconnected = self.unconnected + is.unconnected() - was.unconnected();
        self.holders = self.holders + usize::from(is.total() > LITTLE) - usize::from(was.total() > LITTLE);
    }

    fn total(&self) -> usize {
        self.inbound + self.outbound
    }

    fn is_short(&self) -> bool {
        self.total() > self.limit / 4 * 3
    }

    /// Whether nobody new is taken.
    pub(super) fn is_full(&self) -> bool {
        self.total() >= self.limit
    }

    fn share(&self) -> usize {
        self.limit / self.holders.max(HOLDERS_MIN)
    }

    /// Whether who holds so much is to be left alone for a while.
    pub(super) fn is_too_much(&self, held: Held) -> bool {
        self.is_short() && held.total() > self.share()
    }

    /// Whether who holds so much, and has not logged in, is refused.
    pub(super) fn is_too_much_unconnected(&self, held: Held) -> bool {
        self.unconnected > self.unconnected_max && held.unconnected() > GREETING
    }

    /// So much may wait to be sent on one conversation.
    pub(super) fn window(&self) -> usize {
        if self.is_short() { self.share().min(WINDOW_MAX) } else { WINDOW_MAX }
    }

    /// What is to be lent by the kernel, in whole steps; the same as before while it is near.
    fn wanted(&self, unforced: usize) -> usize {
        let step = (self.limit / STEPS).max(1);
        let above = (self.total() + unforced).saturating_sub(self.limit / 8);
        let wanted = above.div_ceil(step) * step;
        // Not back and forth for every byte.
        if wanted < self.lent && wanted + step >= self.lent && wanted > 0 { self.lent } else { wanted }
    }

    /// When somebody may have to be ended, or may go on.
    pub(super) fn deadline(&self) -> Option<u64> {
        self.short_since.map(|since| since + STUCK_MS)
    }
}

impl Core {
    /// Counts what a socket holds now.
    pub(super) fn count_memory(&mut self, token: Token) {
        let now_ms = self.now.mono.0;
        if let Some(socket) = self.sockets.get_mut(token) {
            let is = socket.held_now();
            if is.total() < socket.held.total() {
                socket.moved_ms = now_ms;
            }
            self.memory.count(std::mem::replace(&mut socket.held, is), is);
        }
    }

    /// Refuses a client that has not logged in and holds more than can be had for all of its kind.
    pub(super) fn check_unconnected(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if !socket.is_closing && self.memory.is_too_much_unconnected(socket.held) {
            let host = socket.peer.to_string();
            socket.end.shut_down(StatusCode::CHANNEL_UNAVAILABLE);
            self.errors.write("AMQ8987", &[host], &self.clock);
            self.pumps.push_back(token);
            self.count_memory(token);
        }
    }

    /// Whether a socket is to be left alone for want of memory.
    pub(super) fn is_held_back(&mut self, token: Token) -> bool {
        let Some(socket) = self.sockets.get(token) else { return false };
        let (puts, held) = (socket.puts, socket.held);
        (puts && self.is_pressed()) || self.memory.is_too_much(held)
    }

    /// Closes the window of a conversation on which too much waits to be sent.
    pub(super) fn check_window(&mut self, token: Token, number: u32) {
        let window = self.memory.window();
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if socket.unsent_for(number) < window || socket.closed_windows.contains(&number) {
            return;
        }
        if let Some(conversation) = socket.conversation(number) {
            socket.closed_windows.push(number);
            self.engine.input(Input::Window { conversation, is_open: false }, self.now);
        }
    }

    /// Opens windows again.
    pub(super) fn open_windows(&mut self, token: Token) {
        let below = self.memory.window() / 2;
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if socket.closed_windows.is_empty() {
            return;
        }
        let closed = std::mem::take(&mut socket.closed_windows);
        let (open, closed): (Vec<u32>, Vec<u32>) =
            closed.into_iter().partition(|number| socket.unsent_for(*number) <= below);
        socket.closed_windows = closed;
        let open: Vec<_> = open.into_iter().filter_map(|number| socket.conversation(number)).collect();
        for conversation in open {
            self.engine.input(Input::Window { conversation, is_open: true }, self.now);
        }
    }

    /// Once a turn: tells the kernel what it has, and ends those who hold too much for too long.
    pub(super) fn tend_memory(&mut self) {
        let unforced = usize::try_from(self.engine.log().unforced()).unwrap_or(usize::MAX);
        let wanted = self.memory.wanted(unforced);
        if wanted != self.memory.lent {
            self.memory.lent = wanted;
            self.input(Input::Lent { bytes: wanted });
        }
        if !self.memory.is_short() {
            self.memory.short_since = None;
            return;
        }
        let now_ms = self.now.mono.0;
        if *self.memory.short_since.get_or_insert(now_ms) + STUCK_MS > now_ms {
            return;
        }
        self.memory.short_since = Some(now_ms);
        let share = self.memory.share();
        let mut stuck: Vec<(usize, Token)> = self
            .sockets
            .iter()
            .filter(|(_, socket)| {
                !socket.is_closing && socket.held.total() > share && socket.moved_ms + STUCK_MS <= now_ms
            })
            .map(|(token, socket)| (socket.held.total(), token))
            .collect();
        stuck.sort_unstable_by_key(|(held, _)| std::cmp::Reverse(*held));
        let mut over = self.memory.total().saturating_sub(self.memory.limit / 2);
        for (held, token) in stuck {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(held);
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            let inserts = [held.to_string(), socket.channel_name(), socket.peer.to_string()];
            self.errors.write("AMQ8988", &inserts, &self.clock);
            // At once: what waits to be sent is what it does not take.
            self.peer_closed(token);
        }
    }

    /// Goes on with the sockets that were left alone.
    pub(super) fn resume(&mut self) {
        if self.paused.is_empty() {
            return;
        }
        for token in std::mem::take(&mut self.paused) {
            if self.is_held_back(token) {
                self.paused.push(token);
                continue;
            }
            if let Some(socket) = self.sockets.get_mut(token) {
                socket.is_paused = false;
                socket.end.resume();
            }
            self.pumps.push_back(token);
        }
    }

    /// When sockets that were left alone may have to be looked at though nothing comes.
    pub(super) fn resumes_at(&self) -> Option<u64> {
        let pressed = self.pressed_since.filter(|_| !self.paused.is_empty()).map(|since| since + PRESSED_MS);
        pressed.into_iter().chain(self.memory.deadline()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(inbound: usize, outbound: usize, was_connected: bool) -> Held {
        Held { inbound, outbound, was_connected }
    }

    #[test]
    fn what_was_counted_is_counted_back() {
        let mut memory = Memory::beside(64 << 20);
        let states = [held(0, 0, false), held(9000, 70, false), held(100, 5000, true), held(0, 20, true)];
        let mut is = Held::default();
        for next in states.into_iter().chain([Held::default()]) {
            memory.count(std::mem::replace(&mut is, next), next);
            assert_eq!((memory.inbound, memory.outbound), (next.inbound, next.outbound));
            assert_eq!(memory.unconnected, if next.was_connected { 0 } else { next.total() });
            assert_eq!(memory.holders, usize::from(next.total() > LITTLE));
        }
    }

    #[test]
    fn who_holds_most_is_left_alone_first() {
        let mut memory = Memory::beside(64 << 20);
        let honest = held(160 << 10, 0, true);
        let mut attackers = 0;
        while !memory.is_full() {
            memory.count(Held::default(), held(1300 << 10, 0, true));
            attackers += 1;
        }
        memory.count(Held::default(), honest);
        assert!(attackers <= 26, "{attackers}");
        assert!(memory.is_too_much(held(1301 << 10, 0, true)));
        assert!(!memory.is_too_much(honest));
        assert!(memory.window() >= 1 << 20 || memory.window() == memory.share());
        assert_eq!(memory.wanted(0), memory.wanted(1), "in steps");
        assert!(memory.wanted(0) >= memory.total() - memory.limit / 8);
    }
}
