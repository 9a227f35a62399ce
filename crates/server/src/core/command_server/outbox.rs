//! Answers on their way to the queues that requests name.
//!
//! ```text
//! short ──── in the order of the requests, each when the log is durable so far ──┐
//!   │ its queue is full                                                           ├──► one MQPUT1 at a time
//!   ▼                                                                             │
//! long ───── in turns: while their queues hold less than WINDOW of messages ──────┘
//!   │ nothing can be put for STALL_MS, or others need the place
//!   ▼
//! dropped, with an entry in the error log
//! ```
//!
//! A list is long: its next rows are asked for when its responses so far have been put and there is room for more. So it
//! takes as much memory as is worth having ahead, and lasts as long as its reader wants.

use std::collections::VecDeque;

use mqi::call::Call;
use mqi::command::{CommandReply, ObjectRow};
use mqi::{Chars48, Reason};
use qmgr::Ticket;
use store::Lsn;

use super::answer::{self, Answer};
use super::asker::Asker;

/// Messages on a reply queue from which on a long answer waits: half a megabyte.
const WINDOW: u32 = 16;
/// How long nothing can be put before an answer is dropped.
pub(super) const STALL_MS: u64 = 300_000;
/// Long answers at once; then the one that has stood still longest makes room.
pub(super) const LONG_MAX: usize = 100;

/// Messages on a queue, and how many it takes; none: it is not here.
pub(in crate::core) type Room<'a> = &'a dyn Fn(&Chars48, &Chars48) -> Option<(u32, u32)>;

/// How soon a queue that was full is tried again, if it seems to have room.
const RETRY_MS: u64 = 200;

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next {
    /// Put a response.
    Put(Box<Call>),
    /// The next rows of a list are wanted.
    More(Ticket),
    /// They are not: nobody is left who would read them.
    Forget(Ticket),
    /// Nor is the rest of an answer whose reader has not made room for it.
    Drop(Option<Ticket>, Box<Answer>),
}

/// A long answer.
#[derive(Debug)]
struct Long {
    answer: Answer,
    /// Of the list that it tells; none once that is complete.
    ticket: Option<Ticket>,
    /// The next rows have been asked for.
    is_asked: bool,
    /// Its asker is gone.
    is_lost: bool,
    /// Nothing is put before this.
    retry_ms: u64,
    /// When something could last be put.
    since_ms: u64,
}

impl Long {
    fn new(answer: Answer, ticket: Option<Ticket>, now_ms: u64) -> Self {
        Self { answer, ticket, is_asked: false, is_lost: false, retry_ms: 0, since_ms: now_ms }
    }

    fn has_room(&self, room: Room<'_>) -> bool {
        let md = &self.answer.asker().md;
        room(&md.reply_to_q, &md.reply_to_q_mgr).is_none_or(|(depth, max)| depth < WINDOW.min(max))
    }

    fn is_over(&self) -> bool {
        self.is_lost || self.answer.is_complete() && self.answer.next_wait().is_none()
    }
}

/// What is being put; kept until it has been.
#[derive(Debug, Default)]
enum Putting {
    #[default]
    Nothing,
    /// A response of the first short answer.
    Short(Box<Call>),
    /// A response of the long answer that is the last in turn.
    Long(Box<Call>),
}

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    short: VecDeque<Answer>,
    long: VecDeque<Long>,
    putting: Putting,
    /// Everything before this is durable, as far as it has been told.
    durable: Option<Lsn>,
    now_ms: u64,
}

impl Outbox {
    /// Short answers that have not been put.
    pub(super) fn short_count(&self) -> usize {
        self.short.len()
    }

    /// Whether there is nothing to be put.
    pub(super) fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    /// Whether answers wait for the log.
    pub(super) fn is_holding(&self) -> bool {
        let waits = |answer: &Answer| answer.next_wait().is_some_and(|wait| !self.is_durable(wait));
        self.short.iter().any(waits) || self.long.iter().any(|long| waits(&long.answer))
    }

    /// Lists that are being told.
    pub(super) fn tickets(&self) -> impl Iterator<Item = Ticket> {
        self.long.iter().filter_map(|long| long.ticket)
    }

    /// When something is due, if nothing happens before.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.long.iter().map(|long| long.retry_ms).filter(|at| *at > self.now_ms).min()
    }

    /// The log is durable up to here.
    pub(super) fn durable(&mut self, durable: Lsn) {
        self.durable = Some(durable);
    }

    /// Takes a complete answer.
    pub(super) fn add(&mut self, answer: Answer) {
        if answer.is_wanted() {
            self.short.push_back(answer);
        }
    }

    /// Takes rows of a long answer: the first ones, with the answer, or the next.
    pub(super) fn rows(&mut self, ticket: Ticket, begun: Option<Answer>, rows: Vec<ObjectRow>, wait: Lsn) {
        if let Some(answer) = begun {
            self.long.push_back(Long::new(answer, Some(ticket), self.now_ms));
        }
        if let Some(long) = self.long.iter_mut().find(|long| long.ticket == Some(ticket)) {
            long.is_asked = false;
            long.answer.add(rows, wait);
        }
    }

    /// Takes the last ones.
    pub(super) fn finish(&mut self, ticket: Ticket, reply: &CommandReply, wait: Lsn) {
        if let Some(long) = self.long.iter_mut().find(|long| long.ticket == Some(ticket)) {
            long.ticket = None;
            long.answer.finish(reply, wait);
        }
    }

    /// Takes the reply to a put. When a response cannot be put, the rest of its answer is lost: who is not answered.
    pub(super) fn put(&mut self, is_ok: bool, reason: Reason) -> Option<Asker> {
        let is_full = !is_ok && reason == Reason::Q_FULL;
        let is_refused = !is_ok && reason == Reason::PERSISTENT_NOT_ALLOWED;
        let is_again = |call: &Call| is_refused && answer::is_persistent(call);
        match std::mem::take(&mut self.putting) {
            Putting::Nothing => {}
            Putting::Short(call) => {
                let mut answer = self.short.pop_front()?;
                if is_full {
                    answer.again(call);
                    let mut long = Long::new(answer, None, self.now_ms);
                    long.retry_ms = self.now_ms + RETRY_MS;
                    self.long.push_back(long);
                    return None;
                }
                if is_again(&call) {
                    answer.again(answer::not_persistent(call));
                } else if !is_ok {
                    return Some(answer.asker().clone());
                }
                if answer.next_wait().is_some() {
                    self.short.push_front(answer);
                }
            }
            Putting::Long(call) => {
                let long = self.long.back_mut()?;
                if is_ok {
                    long.since_ms = self.now_ms;
                } else if is_again(&call) {
                    long.answer.again(answer::not_persistent(call));
                } else if is_full {
                    long.answer.again(call);
                    long.retry_ms = self.now_ms + RETRY_MS;
                } else {
                    long.is_lost = true;
                    return Some(long.answer.asker().clone());
                }
            }
        }
        None
    }

    /// What is to be done next. `is_ending`: no reader is waited for.
    pub(super) fn poll(&mut self, now_ms: u64, room: Room<'_>, is_ending: bool) -> Option<Next> {
        self.now_ms = now_ms;
        if !matches!(self.putting, Putting::Nothing) {
            return None;
        }
        if self.short.front().and_then(Answer::next_wait).is_some_and(|wait| self.is_durable(wait)) {
            let call = self.short.front_mut().and_then(Answer::next)?;
            self.putting = Putting::Short(call.clone());
            return Some(Next::Put(call));
        }
        while let Some(at) = self.long.iter().position(Long::is_over) {
            let over = self.long.remove(at)?;
            if let Some(ticket) = over.ticket {
                return Some(Next::Forget(ticket));
            }
        }
        if let Some(at) = self.stalled(room, is_ending) {
            let long = self.long.remove(at)?;
            return Some(Next::Drop(long.ticket, Box::new(long.answer)));
        }
        let at = self.long.iter().position(|long| {
            let wants_more = long.ticket.is_some() && !long.is_asked;
            let is_next = long.answer.next_wait().map_or(wants_more, |wait| self.is_durable(wait));
            is_next && now_ms >= long.retry_ms && long.has_room(room)
        })?;
        // The others have their turns first.
        let mut long = self.long.remove(at)?;
        let next = match long.answer.next() {
            Some(call) => {
                self.putting = Putting::Long(call.clone());
                Some(Next::Put(call))
            }
            None => {
                long.is_asked = true;
                long.ticket.map(Next::More)
            }
        };
        self.long.push_back(long);
        next
    }

    /// A long answer that has stood still too long, or makes room for others.
    fn stalled(&self, room: Room<'_>, is_ending: bool) -> Option<usize> {
        let is_stalled =
            |long: &Long| (is_ending || self.now_ms >= long.since_ms + STALL_MS) && !long.has_room(room);
        let oldest = || {
            let by_age = self.long.iter().enumerate().min_by_key(|(_, long)| long.since_ms);
            by_age.filter(|_| self.long.len() > LONG_MAX).map(|(at, _)| at)
        };
        self.long.iter().position(is_stalled).or_else(oldest)
    }

    fn is_durable(&self, wait: Lsn) -> bool {
        wait == Lsn::NONE || self.durable.is_some_and(|durable| wait < durable)
    }
}
