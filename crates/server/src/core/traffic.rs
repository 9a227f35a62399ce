//! Connections and bytes: taken, read, held back, written, closed.

use std::cmp::Reverse;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use channel::client::{CloseReason, Config as EndConfig, Local, ServerEnd};
use mqi::secret;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};

use super::accepting::is_of_the_last;
use super::slab::Token;
use super::socket::{Purpose, Socket};
use super::{Core, READ_MAX, READS_MAX, handover, memory};
use crate::net::{self, Accepted, Peer};
use crate::source::Source;

/// What is read at once and is shorter than this is wiped: there may be a password in it.
const SECRETS_MAX: usize = 16 * 1024;

impl Core {
    pub(super) fn accepted(&mut self, accepted: Accepted) {
        let Accepted { fd, peer } = accepted;
        let is_remote = matches!(peer, Peer::Network(_));
        if is_remote && self.ending.is_some() {
            return;
        }
        let is_administrator = self.is_administrator(&peer);
        if !is_administrator && self.memory.is_full() {
            self.errors.write("AMQ8989", &[], &self.clock);
            return;
        }
        let local = match peer {
            Peer::Local { uid, pid } => {
                if (!is_administrator && is_of_the_last(&fd)) || !self.admit_local(uid, is_administrator) {
                    return;
                }
                Some(Local { user: self.users.name_of(uid), pid })
            }
            Peer::Network(_) => None,
        };
        let address = if is_remote { peer.to_string() } else { String::new() };
        let config = EndConfig { qmgr: self.qmgr.clone(), address, local };
        let end = ServerEnd::new(config, self.now.mono.0);
        let mut socket = Socket::new(fd, peer, end, self.now.wall.0);
        socket.is_administrator = is_administrator;
        let token = self.sockets.insert(socket);
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.interest = (true, false);
        let data = epoll::EventData::new_u64(token.to_u64());
        if epoll::add(&self.epoll, &socket.fd, data, epoll::EventFlags::IN).is_err() {
            return self.remove(token);
        }
        if is_remote {
            self.has_come(token);
        }
        self.touch(token);
    }

    pub(super) fn socket_ready(&mut self, token: Token, flags: epoll::EventFlags) {
        let readable = epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
        if flags.intersects(readable) {
            self.read(token);
        }
        self.touch(token);
    }

    pub(super) fn read(&mut self, token: Token) {
        for _ in 0..READS_MAX {
            if self.is_held_back(token) {
                if let Some(socket) = self.sockets.get_mut(token)
                    && !std::mem::replace(&mut socket.is_paused, true)
                {
                    socket.end.pause();
                    self.paused.push(token);
                }
                return;
            }
            let Some(socket) = self.sockets.get_mut(token) else { return };
            if socket.is_closing || (!socket.end.wants_read() && socket.purpose == Purpose::Calls) {
                return;
            }
            if !self.engine.has_room() {
                self.held_back.get_or_insert(token);
                return;
            }
            let result = match socket.peer {
                Peer::Local { .. } => handover::receive(&socket.fd, &mut self.read_buffer),
                Peer::Network(_) => recv(&socket.fd, &mut self.read_buffer[..], RecvFlags::DONTWAIT)
                    .map(|(n, _)| (n, Vec::new())),
            };
            match result {
                Ok((0, descriptors)) => {
                    descriptors.into_iter().for_each(|fd| self.closer.close(fd));
                    return self.peer_closed(token);
                }
                Ok((n, descriptors)) => {
                    // A copy of its own size: a message that is kept must not hold a whole buffer. Passwords come in
                    // small pieces.
                    let read = &mut self.read_buffer[..n];
                    let chunk = match n {
                        0..SECRETS_MAX => secret::wiped_bytes(read.to_vec()),
                        _ => Bytes::copy_from_slice(read),
                    };
                    secret::wipe(read);
                    self.receive(token, chunk);
                    self.take_descriptors(token, descriptors);
                    self.pump();
                    self.count_memory(token);
                    self.check_unconnected(token);
                    if n < READ_MAX / 4 {
                        // More would have come with it: asking again would only be told to wait.
                        return;
                    }
                }
                Err(Errno::AGAIN) => return,
                Err(Errno::INTR) => {}
                Err(_) => return self.peer_closed(token),
            }
        }
    }

    pub(super) fn receive(&mut self, token: Token, chunk: Bytes) {
        let now_ms = self.now.mono.0;
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if socket.purpose == Purpose::Unknown {
            let Some(purpose) = self.purpose_of(token, &chunk) else { return };
            let Some(socket) = self.sockets.get_mut(token) else { return };
            socket.purpose = purpose;
        }
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if socket.purpose == Purpose::Calls {
            if let Some(log) = &mut self.fap_log {
                let tap = socket.tap.get_or_insert_default();
                log.received(tap, &socket.peer.to_string(), now_ms, chunk.clone());
            }
            socket.end.receive(chunk, now_ms);
            self.pumps.push_back(token);
        }
    }

    /// Takes the connections that a listener process hands over. Who sends what nobody asked for is not heard
    /// any more.
    fn take_descriptors(&mut self, token: Token, descriptors: Vec<OwnedFd>) {
        for fd in descriptors {
            let is_asked =
                self.sockets.get(token).is_some_and(|s| s.purpose == Purpose::HandOver && !s.is_closing);
            if !is_asked {
                self.closer.close(fd);
                if let Some(socket) = self.sockets.get_mut(token) {
                    socket.close_soon(self.now.mono.0);
                }
                continue;
            }
            let is_connection = net::is_tcp_connection(&fd) && handover::do_not_linger(&fd);
            if is_connection && is_of_the_last(&fd) {
                let why = "the last descriptors are kept for administrators".to_owned();
                self.errors.write("AMQ9213", &["recvmsg".to_owned(), why], &self.clock);
                continue;
            }
            match net::network_peer(&fd) {
                Ok(peer) if is_connection => self.accepted(Accepted { fd, peer }),
                // Broken since it was accepted.
                Err(_) if is_connection => {}
                _ => {
                    self.closer.close(fd);
                    self.log_hand_over_refused(token, "a descriptor is not a TCP connection");
                }
            }
        }
    }

    pub(super) fn peer_closed(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.end.peer_closed();
        self.pumps.push_back(token);
        self.pump();
        self.remove(token);
    }

    pub(super) fn close(&mut self, token: Token, reason: &CloseReason) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        socket.close_soon(self.now.mono.0);
        for (_, id) in std::mem::take(&mut socket.checks) {
            self.checks.remove(&id);
            self.checker.forget(id);
        }
        self.log_closed(token, reason);
        self.touch(token);
    }

    /// Puts a socket on the list of those that are looked after before the next wait.
    pub(super) fn touch(&mut self, token: Token) {
        if let Some(socket) = self.sockets.get_mut(token)
            && !socket.is_dirty
        {
            socket.is_dirty = true;
            self.dirty.push(token);
        }
    }

    /// Hands over what no longer has to wait for the log.
    pub(super) fn release(&mut self) {
        let durable = self.engine.durable();
        self.release_commands(durable);
        for token in std::mem::take(&mut self.waiting) {
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            let went = socket.release(durable);
            if socket.is_waiting() {
                self.waiting.insert(token);
            }
            if went {
                self.pumps.push_back(token);
            }
        }
    }

    /// Sends, sets what epoll and the timers must know, and removes what is finished.
    pub(super) fn transmit(&mut self) {
        for token in std::mem::take(&mut self.dirty) {
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            socket.is_dirty = false;
            let mut buffer = std::mem::take(&mut self.write_buffer);
            let result = socket.write(&mut buffer, self.fap_log.as_mut(), self.now.mono.0);
            self.write_buffer = buffer;
            match result {
                Ok(false) => {}
                // Room in the outbound queue may let the machine go on reading, or pull the next piece.
                Ok(true) => self.pumps.push_back(token),
                Err(_) => {
                    self.peer_closed(token);
                    continue;
                }
            }
            self.after_write(token);
        }
    }

    pub(super) fn after_write(&mut self, token: Token) {
        self.count_memory(token);
        self.open_windows(token);
        let Some(socket) = self.sockets.get_mut(token) else { return };
        let is_empty = !socket.wants_write() && socket.end.outbound_bytes() == 0;
        if socket.is_closing && is_empty && !socket.is_waiting() {
            return self.remove(token);
        }
        let is_read = !socket.is_closing && !socket.is_paused;
        let wants_read = is_read && (socket.end.wants_read() || socket.purpose != Purpose::Calls);
        let interest = (wants_read, socket.wants_write());
        if interest != socket.interest {
            let mut flags = epoll::EventFlags::empty();
            flags.set(epoll::EventFlags::IN, interest.0);
            flags.set(epoll::EventFlags::OUT, interest.1);
            let data = epoll::EventData::new_u64(token.to_u64());
            if epoll::modify(&self.epoll, &socket.fd, data, flags).is_ok() {
                socket.interest = interest;
            }
        }
        if let Some(at) = socket.deadline()
            && socket.timer.is_none_or(|known| at < known)
        {
            socket.timer = Some(at);
            self.timers.push(Reverse((at, token)));
        }
    }

    pub(super) fn remove(&mut self, token: Token) {
        let Some(socket) = self.sockets.remove(token) else { return };
        self.memory.count(socket.held, memory::Held::default());
        let _ = epoll::delete(&self.epoll, &socket.fd);
        self.discount(&socket.peer, socket.is_administrator);
        // One that was handed over may have been set otherwise since.
        handover::do_not_linger(&socket.fd);
        self.waiting.remove(&token);
        let source = Source::from(&socket.peer);
        if let Some(number) = socket.stranger {
            self.strangers.leave(source, number);
        }
        if let Some(channel) = socket.end.channel().filter(|_| socket.is_instance) {
            self.instances.remove(channel.name, source);
        }
        for (_, id) in socket.checks {
            self.checks.remove(&id);
            self.checker.forget(id);
        }
        for (_, id) in socket.conversations {
            self.depart(id);
        }
        self.route();
    }

    /// Timers of sockets that are due. The heap may know an older deadline than the machine has.
    pub(super) fn due(&mut self) {
        let now_ms = self.now.mono.0;
        while let Some(Reverse((at, token))) =
            self.timers.peek().copied().filter(|Reverse((at, _))| *at <= now_ms)
        {
            self.timers.pop();
            let Some(socket) = self.sockets.get_mut(token) else { continue };
            if socket.timer != Some(at) {
                continue;
            }
            socket.timer = None;
            if socket.is_closing {
                if socket.close_by.is_some_and(|by| by <= now_ms) {
                    self.remove(token);
                }
                continue;
            }
            if socket.deadline().is_some_and(|due| due <= now_ms) {
                socket.end.handle_timeout(now_ms);
                self.pumps.push_back(token);
            }
            self.touch(token);
        }
    }
}
