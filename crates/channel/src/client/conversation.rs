//! One conversation: what one connection of one application has going on a socket.
//!
//! ```text
//!        CONAUTH_INFO          MQCONN             reply, OK            MQDISC
//! Fresh ─────────────► Fresh ──────────► Connecting ──────────► Connected ───► Fresh
//!  (credentials are checked meanwhile)        │ reply, failed
//!                                             └───────────────► Fresh
//! ```
//!
//! Calls go to the kernel one at a time; only asynchronous puts, whose replies nobody waits for, may be
//! followed by the next call before they are answered. What a client sends too early waits here.

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::Chars;

use super::event::Verdict;
use super::inbound::Inbound;
use super::request::Shape;
use crate::segment::conn::Conn;
use crate::segment::{Header, Segment};

/// Memory that may wait for the reply to a call, in bytes. No client is known to send anything early.
const EARLY_MAX: usize = 64 * 1024;

/// Nothing is read while more calls than this are unanswered.
const PENDING_MAX: usize = 1024;

/// The same for the data of puts, in bytes.
const PENDING_BYTES_MAX: usize = 1024 * 1024;

/// Unanswered requests that are remembered for each conversation.
const QUESTIONS_MAX: usize = 1024;

/// How far the connection of a conversation has come.
#[derive(Debug)]
pub(super) enum State {
    /// Not connected. Credentials may have come.
    Fresh,
    /// MQCONN is waiting for the check of a password.
    Checking { header: Header, conn: Box<Conn> },
    /// MQCONN is with the kernel.
    Connecting { header: Header, conn: Box<Conn> },
    /// Calls may come.
    Connected,
    /// Ended from this side: calls are answered with this reason.
    Broken(mqi::Reason),
}

/// What is known of the credentials that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// None came.
    None,
    /// They are being checked for this user. The number tells this check from one before it, of another user maybe.
    Checking { check: u32, user: String },
    /// The password was that of this user.
    Proved(String),
    /// The password was wrong.
    Wrong,
    /// The queue manager does not check any.
    Unchecked,
}

impl Credentials {
    /// How a check ended. False: it was none of these.
    pub(super) fn decide(&mut self, ended: u32, verdict: Verdict) -> bool {
        let Self::Checking { check, user } = self else { return false };
        if *check != ended {
            return false;
        }
        *self = match verdict {
            Verdict::Proved => Self::Proved(std::mem::take(user)),
            Verdict::Wrong => Self::Wrong,
            Verdict::Unchecked => Self::Unchecked,
        };
        true
    }
}

/// A call that the kernel has and has not answered.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) header: Header,
    pub(super) shape: Shape,
    pub(super) is_silent: bool,
    pub(super) is_wait: bool,
    pub(super) is_disconnect: bool,
    /// Data of a put that went with it, in bytes.
    pub(super) bytes: usize,
}

/// A request whose answer is a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    hobj: i32,
    /// Code of the notification that answers it.
    answer: i32,
    request: u32,
    /// Whether the client wants to see the answer.
    is_asked: bool,
}

/// One conversation.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) state: State,
    pub(super) user: Option<Chars<64>>,
    pub(super) credentials: Credentials,
    pub(super) connection_id: [u8; 24],
    /// Ranges of message ids given out.
    pub(super) reservations: u8,
    pub(super) inbound: Inbound,
    pub(super) pending: VecDeque<Pending>,
    /// Data of the puts among them, in bytes.
    pub(super) pending_bytes: usize,
    early: VecDeque<Segment>,
    early_bytes: usize,
    questions: VecDeque<Question>,
    /// Version of the consumer protocol that the client speaks.
    pub(super) consume_version: i32,
}

impl Conversation {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self {
            state: State::Fresh,
            user: None,
            credentials,
            connection_id: [0; 24],
            reservations: 0,
            inbound: Inbound::Idle,
            pending: VecDeque::new(),
            pending_bytes: 0,
            early: VecDeque::new(),
            early_bytes: 0,
            questions: VecDeque::new(),
            consume_version: 1,
        }
    }

    /// Whether the kernel knows this conversation.
    pub(super) fn is_with_kernel(&self) -> bool {
        matches!(self.state, State::Connecting { .. } | State::Connected)
    }

    /// Whether the next call must wait for the reply to one before it.
    pub(super) fn is_busy(&self) -> bool {
        self.inbound.is_waiting_for_credit() || !self.pending.iter().all(|call| call.is_silent)
    }

    /// Whether so much is unanswered that nothing more is taken: asynchronous puts have no other brake.
    pub(super) fn has_too_much_pending(&self) -> bool {
        self.pending.len() >= PENDING_MAX || self.pending_bytes >= PENDING_BYTES_MAX
    }

    /// Whether nothing more may be taken from the socket before the kernel takes the next part of a put: of the same
    /// put, or of the call that an asynchronous one did not keep from coming.
    pub(super) fn is_blocked(&self) -> bool {
        self.inbound.is_blocked() || (self.has_parked() && self.inbound.is_waiting_for_credit())
    }

    /// Whether a get is waiting for a message.
    pub(super) fn is_in_wait(&self) -> bool {
        self.pending.iter().any(|call| call.is_wait)
    }

    /// Keeps a segment for later. False when too much waits already.
    pub(super) fn park(&mut self, segment: Segment) -> bool {
        // A copy: what was read with it must not wait.
        let segment = Segment { body: Bytes::copy_from_slice(&segment.body), ..segment };
        self.early_bytes += segment.body.len() + size_of::<Segment>();
        self.early.push_back(segment);
        self.early_bytes <= EARLY_MAX
    }

    /// Whether segments wait: what comes after them must wait as well.
    pub(super) fn has_parked(&self) -> bool {
        !self.early.is_empty()
    }

    /// The next segment that waited, if it may go on now.
    pub(super) fn unpark(&mut self) -> Option<Segment> {
        if self.is_busy() {
            return None;
        }
        let segment = self.early.pop_front()?;
        self.early_bytes -= segment.body.len() + size_of::<Segment>();
        Some(segment)
    }

    /// Memory that it takes for what has come and is not done with, in bytes.
    pub(super) fn held(&self) -> usize {
        let conn = match &self.state {
            State::Checking { conn, .. } | State::Connecting { conn, .. } => conn.held(),
            State::Fresh | State::Connected | State::Broken(_) => 0,
        };
        let pending: usize = self.pending.iter().map(|call| size_of::<Pending>() + call.shape.held()).sum();
        let questions = self.questions.capacity() * size_of::<Question>();
        size_of::<Self>()
            + conn
            + self.inbound.held()
            + self.early_bytes
            + pending
            + self.pending_bytes
            + questions
    }

    /// Remembers which request a notification will answer.
    pub(super) fn ask(&mut self, hobj: i32, answer: i32, request: u32, is_asked: bool) {
        if self.questions.len() >= QUESTIONS_MAX {
            self.questions.pop_front();
        }
        self.questions.push_back(Question { hobj, answer, request, is_asked });
    }

    /// The request that a notification answers and whether the client wants it; `None` when it answers none.
    pub(super) fn answered(&mut self, hobj: i32, code: i32) -> Option<(u32, bool)> {
        let at = self.questions.iter().position(|q| q.hobj == hobj && q.answer == code)?;
        self.questions.remove(at).map(|question| (question.request, question.is_asked))
    }

    /// Forgets the questions of a handle that is being closed.
    pub(super) fn forget_handle(&mut self, hobj: i32) {
        self.questions.retain(|question| question.hobj != hobj);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_find_their_requests() {
        let mut conversation = Conversation::new(Credentials::None);
        conversation.ask(2, 11, 3, true);
        conversation.ask(4, 11, 5, false);
        conversation.ask(2, 6, 7, true);
        assert_eq!(conversation.answered(2, 6), Some((7, true)));
        assert_eq!(conversation.answered(4, 11), Some((5, false)));
        assert_eq!(conversation.answered(4, 11), None);
        conversation.forget_handle(2);
        assert_eq!(conversation.answered(2, 11), None);
    }

    #[test]
    fn questions_that_nobody_answers_do_not_pile_up() {
        let mut conversation = Conversation::new(Credentials::None);
        for request in 0..5000 {
            conversation.ask(2, 11, request, true);
        }
        assert_eq!(conversation.answered(2, 11), Some((5000 - QUESTIONS_MAX as u32, true)));
    }
}
