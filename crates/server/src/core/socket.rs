//! One accepted connection: its descriptor, the channel machine on it, and what waits for the log.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use channel::client::ServerEnd;
use channel::log::Tap;
use mqi::call::{Body, Delivery, Notice, Reply, Returned};
use qmgr::ConversationId;
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use store::Lsn;

use super::LINGER_MS;
use super::fap_log::FapLog;
use super::memory::Held;
use crate::net::Peer;

/// Bytes taken from the machine for one write.
const WRITE_MAX: usize = 256 * 1024;

/// Structures of a call, about, in bytes.
const STRUCTURES: usize = 800;

/// What the kernel gave for a conversation and the machine has not seen yet.
#[derive(Debug)]
pub(super) enum Outgoing {
    Reply(Box<Reply>),
    Deliver(Box<Delivery>),
    Notify(Notice),
    Piece(Body),
    Credit,
    Disconnect(mqi::Reason),
}

impl Outgoing {
    /// Memory that it takes, in bytes.
    fn held(&self) -> usize {
        let inside = match self {
            Self::Reply(reply) => {
                let body = match &reply.returned {
                    Returned::Get { body, .. } => body.first.len(),
                    _ => 0,
                };
                size_of::<Reply>() + STRUCTURES + body
            }
            Self::Deliver(delivery) => size_of::<Delivery>() + STRUCTURES + delivery.body.first.len(),
            Self::Piece(bytes) => bytes.len(),
            Self::Notify(_) | Self::Credit | Self::Disconnect(_) => 0,
        };
        size_of::<Waiting>() + inside
    }
}

/// An [`Outgoing`] that must not leave before the log is durable past `wait`.
#[derive(Debug)]
struct Waiting {
    wait: Lsn,
    conversation: u32,
    what: Outgoing,
}

/// What a local connection is for: its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Nothing has been read from a local connection yet.
    Unknown,
    /// Calls of applications.
    Calls,
    /// Another process accepts connections and hands them over.
    HandOver,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) fd: OwnedFd,
    pub(super) peer: Peer,
    /// A local connection of the owner, root or `mqm`.
    pub(super) is_administrator: bool,
    pub(super) purpose: Purpose,
    pub(super) end: ServerEnd,
    /// Machine's number of a conversation and the kernel's.
    pub(super) conversations: Vec<(u32, ConversationId)>,
    /// Its number among those on which nobody has connected.
    pub(super) stranger: Option<u64>,
    /// Somebody has connected over it by a channel.
    pub(super) is_instance: bool,
    /// Passwords that are being checked: machine's number and ours.
    pub(super) checks: Vec<(u32, u64)>,
    waiting: VecDeque<Waiting>,
    /// Memory that it takes, in bytes.
    waiting_bytes: usize,
    /// What all of it holds, as it was counted last.
    pub(super) held: Held,
    /// When it last held less than before, monotonic ms.
    pub(super) moved_ms: u64,
    /// Conversations whose consumers are given nothing more for the time being.
    pub(super) closed_windows: Vec<u32>,
    /// Bytes that the socket would not take yet.
    unsent: Vec<u8>,
    unsent_from: usize,
    /// Interest registered with epoll: read, write.
    pub(super) interest: (bool, bool),
    /// The machine wants the socket closed once everything is sent.
    pub(super) is_closing: bool,
    /// When what is unsent at the end is given up.
    pub(super) close_by: Option<u64>,
    pub(super) is_dirty: bool,
    /// Calls that have come over it.
    pub(super) calls: u64,
    /// Some call of it has been a put.
    pub(super) puts: bool,
    /// It is not read because memory is nearly full.
    pub(super) is_paused: bool,
    pub(super) started_wall_ms: i64,
    pub(super) last_message_wall_ms: i64,
    /// The deadline that the heap of timers knows.
    pub(super) timer: Option<u64>,
    /// For the protocol log.
    pub(super) tap: Option<Box<Tap>>,
}

impl Socket {
    pub(super) fn new(fd: OwnedFd, peer: Peer, end: ServerEnd, wall_ms: i64) -> Self {
        let purpose = if matches!(peer, Peer::Local { .. }) { Purpose::Unknown } else { Purpose::Calls };
        Self {
            fd,
            peer,
            is_administrator: false,
            purpose,
            end,
            conversations: Vec::new(),
            stranger: None,
            is_instance: false,
            checks: Vec::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            held: Held::default(),
            moved_ms: 0,
            closed_windows: Vec::new(),
            unsent: Vec::new(),
            unsent_from: 0,
            interest: (false, false),
            is_closing: false,
            close_by: None,
            is_dirty: false,
            calls: 0,
            puts: false,
            is_paused: false,
            started_wall_ms: wall_ms,
            last_message_wall_ms: 0,
            timer: None,
            tap: None,
        }
    }

    /// Closes it once everything is sent, or that takes too long.
    pub(super) fn close_soon(&mut self, now_ms: u64) {
        self.is_closing = true;
        self.close_by = Some(now_ms + LINGER_MS);
    }

    /// When somebody must look after it. A listener process has nothing to say until somebody connects to it.
    pub(super) fn deadline(&self) -> Option<u64> {
        if self.is_closing {
            return self.close_by;
        }
        if self.purpose == Purpose::HandOver { None } else { self.end.deadline() }
    }

    /// Name of the channel that it was let in by; blank before that.
    pub(super) fn channel_name(&self) -> String {
        self.end.channel().map_or_else(String::new, |channel| channel.name.to_string())
    }

    /// The kernel's number of a conversation.
    pub(super) fn conversation(&self, number: u32) -> Option<ConversationId> {
        self.conversations.iter().find(|(n, _)| *n == number).map(|(_, id)| *id)
    }

    /// Hands something to the machine, now or when the log is durable past `wait`. What a conversation is
    /// given leaves in order. Returns true if it went to the machine.
    pub(super) fn give(&mut self, conversation: u32, what: Outgoing, wait: Lsn, durable: Lsn) -> bool {
        let is_behind = self.waiting.iter().any(|w| w.conversation == conversation);
        if !is_behind && is_past(wait, durable) {
            self.hand_over(conversation, what);
            return true;
        }
        self.waiting_bytes += what.held();
        self.waiting.push_back(Waiting { wait, conversation, what });
        false
    }

    /// Hands over what no longer has to wait. Returns true if anything went.
    pub(super) fn release(&mut self, durable: Lsn) -> bool {
        let mut blocked: Vec<u32> = Vec::new();
        let mut went = false;
        let mut at = 0;
        while at < self.waiting.len() {
            let Waiting { wait, conversation, .. } = self.waiting[at];
            if is_past(wait, durable) && !blocked.contains(&conversation) {
                if let Some(waiting) = self.waiting.remove(at) {
                    self.waiting_bytes -= waiting.what.held();
                    self.hand_over(conversation, waiting.what);
                    went = true;
                }
            } else {
                if !blocked.contains(&conversation) {
                    blocked.push(conversation);
                }
                at += 1;
            }
        }
        went
    }

    /// Memory that it holds.
    pub(super) fn held_now(&self) -> Held {
        Held {
            inbound: self.end.inbound_held(),
            outbound: self.end.outbound_held() + self.waiting_bytes + self.unsent.capacity(),
            was_connected: self.end.was_connected(),
        }
    }

    /// What waits to be sent on one conversation, and to be durable on all of them, in bytes.
    pub(super) fn unsent_for(&self, number: u32) -> usize {
        self.end.outbound_held_for(number) + self.waiting_bytes
    }

    /// True while something waits for the log.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn hand_over(&mut self, conversation: u32, what: Outgoing) {
        match what {
            Outgoing::Reply(reply) => self.end.reply(conversation, *reply),
            Outgoing::Deliver(delivery) => self.end.deliver(conversation, *delivery),
            Outgoing::Notify(notice) => self.end.notify(conversation, notice),
            Outgoing::Piece(bytes) => self.end.piece(conversation, &bytes),
            Outgoing::Credit => self.end.credit(conversation),
            Outgoing::Disconnect(reason) => self.end.disconnect(conversation, reason),
        }
    }

    /// Writes what the machine has, as far as the socket takes it. Says whether anything went. An error: the
    /// peer is gone.
    pub(super) fn write(
        &mut self,
        buffer: &mut Vec<u8>,
        mut log: Option<&mut FapLog>,
        now_ms: u64,
    ) -> io::Result<bool> {
        let mut went = false;
        loop {
            if self.unsent_from == self.unsent.len() {
                self.unsent = Vec::new();
                self.unsent_from = 0;
                buffer.clear();
                self.end.transmit(buffer, WRITE_MAX);
                if buffer.is_empty() {
                    return Ok(went);
                }
                if let Some(log) = log.as_deref_mut() {
                    let tap = self.tap.get_or_insert_default();
                    log.sent(tap, &self.peer.to_string(), now_ms, buffer);
                }
                let sent = send_some(&self.fd, buffer)?;
                went |= sent > 0;
                if sent < buffer.len() {
                    self.unsent.extend_from_slice(&buffer[sent..]);
                    return Ok(went);
                }
            } else {
                let sent = send_some(&self.fd, &self.unsent[self.unsent_from..])?;
                self.unsent_from += sent;
                went |= sent > 0;
                if self.unsent_from < self.unsent.len() {
                    return Ok(went);
                }
            }
        }
    }

    /// True if the socket did not take everything.
    pub(super) fn wants_write(&self) -> bool {
        self.unsent_from < self.unsent.len()
    }

    /// Sends bytes outside the protocol, for local connections that ask for figures.
    pub(super) fn send_text(&mut self, text: &str) {
        self.unsent.extend_from_slice(text.as_bytes());
    }
}

/// A record at `wait` is durable when the durable position has gone past it.
fn is_past(wait: Lsn, durable: Lsn) -> bool {
    wait == Lsn::NONE || wait < durable
}

/// Sends until the socket takes no more. Returns how many bytes went.
fn send_some(fd: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    let mut sent = 0;
    while sent < bytes.len() {
        match send(fd, &bytes[sent..], SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(n) => sent += n,
            Err(Errno::AGAIN) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}
