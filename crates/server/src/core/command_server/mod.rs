//! The command server: an application of the kernel that gets administrators' messages from
//! `SYSTEM.ADMIN.COMMAND.QUEUE` and answers them.
//!
//! ```text
//!  requests   Connecting ─► Opening ─► Waiting ◄─► executes          its own conversation
//!                                                     │ rows, reply
//!  answers    Connecting ─► outbox ◄──────────────────┘              its own conversation
//!                             └─► put1, put1, …
//! ```
//!
//! It is served like any other application: it gives calls, and is given replies. It has two conversations, as an answer
//! may take long and requests are not to wait for it. A request is an Escape PCF
//! message that carries MQSC text, or Inquire Queue Manager, with which agents begin; each part of the answer is a PCF
//! response message, the last one marked so. A response names the command that was asked, whether it is executed or
//! refused, and has the ids that the Report options of the request ask for.
//!
//! A request is executed with the authority of the user who put it, as the queue manager established him: what the
//! descriptor says proves nothing. So are its responses put, with the identity context of the request. When one cannot
//! be put, the rest of the answer is dropped, which the error log tells.
//!
//! | file | what |
//! |---|---|
//! | `asker` | who put a message |
//! | `request`, `inquire`, `end` | what a message asks for |
//! | `answer` | the messages that answer it |
//! | `outbox` | which of them is put when |
//!
//! An answer leaves once what it tells is durable. While one waits for the log the next requests are executed, so that
//! one force serves them all. Short answers leave in the order of their requests; what is long is told as fast as its
//! reader wants it, between the others.

mod answer;
mod asker;
mod end;
mod inquire;
mod outbox;
mod request;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use mqi::call::{Call, Connect, Hobj, Identity, Reply, Returned};
use mqi::command::{Command, CommandReply, Message, MessageId, ObjectRow};
use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::{Chars, CompCode, Reason};
use qmgr::Ticket;
use store::Lsn;

use answer::{Answer, Outcome};
use asker::Asker;
use end::EndRequest;
use outbox::{Next, Outbox, Room};
use request::Asked;

/// Short answers that wait for the log at once; after so many the requests wait too.
const HELD_MAX: usize = 64;
/// Longest request in bytes that is looked at; longer ones are answered with a refusal.
const REQUEST_MAX: i32 = 64 * 1024;

/// Its two conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    /// That gets requests.
    Requests,
    /// That puts answers.
    Answers,
}

/// What the core has to do for it.
#[derive(Debug)]
pub(super) enum Wish {
    /// A call of one of its conversations.
    Call(Seat, Box<Call>),
    /// Execute a command in this user's name, under the ticket that [`CommandServer::executing`] is told, and give what
    /// comes of it to [`CommandServer::rows`] and [`CommandServer::executed`].
    Execute { user: String, command: Box<Command> },
    /// Give the next rows.
    More(Ticket),
    /// Give no more.
    Forget(Ticket),
    /// This user wants the queue manager to end: [`CommandServer::end_begun`] or [`CommandServer::end_refused`].
    End { user: String, request: EndRequest },
    /// An entry of the error log, by message and inserts.
    Note(&'static str, Vec<String>),
}

/// What the conversation for requests does.
#[derive(Debug)]
enum Requests {
    Starting,
    Connecting,
    Opening,
    /// Will get the next one when answers have left.
    Resting,
    Waiting,
    /// Executes this one's, of this command (MQCMD).
    Executing(Box<Asker>, i32),
    Leaving,
    Ended,
}

/// What the conversation for answers does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Starting,
    Connecting,
    Serving,
    Leaving,
    Ended,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct CommandServer {
    requests: Requests,
    answers: Answers,
    queue: Hobj,
    /// Of the commands that are executed.
    asked: BTreeMap<u64, Answer>,
    outbox: Outbox,
    /// What is wanted besides the calls.
    wishes: VecDeque<Wish>,
    /// The request to end, and who asked: what was asked before is answered first.
    end: Option<(Box<Asker>, EndRequest)>,
    /// Who has asked for the end.
    ending: Option<Box<Asker>>,
    user: String,
}

impl CommandServer {
    /// A command server that runs as this user.
    pub(super) fn new(user: &str) -> Self {
        Self {
            requests: Requests::Starting,
            answers: Answers::Starting,
            queue: Hobj::NONE,
            asked: BTreeMap::new(),
            outbox: Outbox::default(),
            wishes: VecDeque::new(),
            end: None,
            ending: None,
            user: user.to_owned(),
        }
    }

    /// Takes the reply to the last call of a conversation.
    pub(super) fn reply(&mut self, seat: Seat, reply: Reply) {
        let is_ok = reply.comp_code != CompCode::Failed;
        match seat {
            Seat::Requests => self.requests = self.request_replied(is_ok, reply),
            Seat::Answers => match self.answers {
                Answers::Connecting if is_ok => self.answers = Answers::Serving,
                Answers::Serving => {
                    let lost = self.outbox.put(is_ok, reply.reason);
                    // The kernel has said what authority is missing.
                    if let Some(asker) = lost.filter(|_| reply.reason != Reason::NOT_AUTHORIZED) {
                        self.note("AMQ8506", Some(reply.reason), &asker);
                    }
                }
                Answers::Starting | Answers::Connecting | Answers::Leaving | Answers::Ended => {
                    self.answers = Answers::Ended;
                }
            },
        }
    }

    fn request_replied(&mut self, is_ok: bool, reply: Reply) -> Requests {
        match (&self.requests, reply.returned) {
            (Requests::Connecting, _) if is_ok => Requests::Opening,
            (Requests::Opening, Returned::Open { hobj, .. }) if is_ok => {
                self.queue = hobj;
                Requests::Resting
            }
            (Requests::Waiting, Returned::Get { md, body, putter, .. }) if is_ok => {
                let is_truncated = reply.reason != Reason::NONE || !body.is_whole();
                let asker = Box::new(Asker::new(*md, &putter));
                self.request(asker, &body.first.to_bytes(), is_truncated)
            }
            // The queue manager ends, or the queue cannot be used.
            (Requests::Waiting, _) => Requests::Leaving,
            _ => Requests::Ended,
        }
    }

    /// The log is durable up to here.
    pub(super) fn durable(&mut self, durable: Lsn) {
        self.outbox.durable(durable);
    }

    /// Whether it gets no more requests: it could not connect, or could not get from its queue.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.requests, Requests::Leaving | Requests::Ended)
    }

    /// Whether it has nothing left to do after that.
    pub(super) fn has_left(&self) -> bool {
        self.answers == Answers::Ended
    }

    /// Whether answers wait for the log.
    pub(super) fn is_holding(&self) -> bool {
        self.outbox.is_holding()
    }

    /// When it is to be polled, in monotonic ms, if nothing happens before.
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.outbox.deadline_ms()
    }

    /// Commands whose replies nobody needs when it has gone.
    pub(super) fn tickets(&self) -> impl Iterator<Item = Ticket> {
        self.asked.keys().copied().map(Ticket).chain(self.outbox.tickets())
    }

    /// What it wants next, until that is nothing. `room`: how full a reply queue is.
    pub(super) fn poll(&mut self, now_ms: u64, room: Room<'_>) -> Option<Wish> {
        if let Some(wish) = self.wishes.pop_front() {
            return Some(wish);
        }
        if let Some(call) = self.next_of_requests() {
            return Some(Wish::Call(Seat::Requests, Box::new(call)));
        }
        if self.outbox.short_count() == 0
            && let Some((asker, request)) = self.end.take()
        {
            let user = asker.user.to_string();
            self.ending = Some(asker);
            return Some(Wish::End { user, request });
        }
        self.next_of_answers(now_ms, room)
    }

    fn next_of_requests(&mut self) -> Option<Call> {
        match self.requests {
            Requests::Starting => {
                self.requests = Requests::Connecting;
                Some(self.connect())
            }
            Requests::Opening if self.queue == Hobj::NONE => {
                self.queue = Hobj::UNUSABLE;
                let name = Chars::from_str_padded("SYSTEM.ADMIN.COMMAND.QUEUE");
                let od = Box::new(Od { object_name: name, ..Od::default() });
                Some(Call::Open { od, options: MQOO_INPUT_SHARED | MQOO_FAIL_IF_QUIESCING })
            }
            Requests::Resting
                if self.outbox.short_count() < HELD_MAX
                    && self.asked.len() < outbox::LONG_MAX
                    && self.end.is_none() =>
            {
                self.requests = Requests::Waiting;
                Some(self.get())
            }
            Requests::Leaving => {
                self.requests = Requests::Ended;
                Some(Call::Disconnect)
            }
            _ => None,
        }
    }

    fn next_of_answers(&mut self, now_ms: u64, room: Room<'_>) -> Option<Wish> {
        match self.answers {
            Answers::Starting => {
                self.answers = Answers::Connecting;
                return Some(Wish::Call(Seat::Answers, Box::new(self.connect())));
            }
            Answers::Serving => {}
            Answers::Connecting | Answers::Leaving | Answers::Ended => return None,
        }
        let is_ending = matches!(self.requests, Requests::Ended);
        match self.outbox.poll(now_ms, room, is_ending) {
            Some(Next::Put(call)) => Some(Wish::Call(Seat::Answers, call)),
            Some(Next::More(ticket)) => Some(Wish::More(ticket)),
            Some(Next::Forget(ticket)) => Some(Wish::Forget(ticket)),
            Some(Next::Drop(ticket, answer)) => {
                self.note("AMQ8507", None, answer.asker());
                self.wishes.extend(ticket.map(Wish::Forget));
                self.wishes.pop_front()
            }
            None if is_ending && self.outbox.is_empty() => {
                self.answers = Answers::Leaving;
                Some(Wish::Call(Seat::Answers, Box::new(Call::Disconnect)))
            }
            None => None,
        }
    }

    fn connect(&self) -> Call {
        let connect = Connect {
            appl_name: Chars::from_str_padded("amqpcsea"),
            appl_type: MQAT_QMGR,
            identity: Identity {
                asserted: self.user.clone(),
                verified: Some(self.user.clone()),
                pid: std::process::id(),
                ..Identity::default()
            },
            ..Connect::default()
        };
        Call::Connect(Box::new(connect))
    }

    fn get(&self) -> Call {
        let gmo = Gmo {
            version: 2,
            options: MQGMO_WAIT
                | MQGMO_FAIL_IF_QUIESCING
                | MQGMO_CONVERT
                | MQGMO_NO_SYNCPOINT
                | MQGMO_ACCEPT_TRUNCATED_MSG,
            wait_interval: MQWI_UNLIMITED,
            match_options: MQMO_NONE,
            ..Gmo::default()
        };
        let md = Md { coded_char_set_id: 1208, ..Md::v2() };
        Call::Get { hobj: self.queue, md: Box::new(md), gmo: Box::new(gmo), buffer_length: REQUEST_MAX }
    }

    fn request(&mut self, asker: Box<Asker>, bytes: &[u8], is_truncated: bool) -> Requests {
        match request::read(&asker.md, bytes, is_truncated) {
            Asked::Command(asked, command) => {
                // In the name of who put it.
                let user = asker.user.to_string();
                self.wishes.push_back(Wish::Execute { user, command });
                return Requests::Executing(asker, asked);
            }
            Asked::End(end) => self.end = Some((asker, end)),
            Asked::Refused(command, outcome, lines) => {
                let mut answer = Answer::new(asker, command);
                answer.finish_with(outcome, &lines);
                self.outbox.add(answer);
            }
        }
        Requests::Resting
    }

    /// The command of [`Wish::Execute`] has this ticket. The next request need not wait for its reply.
    pub(super) fn executing(&mut self, ticket: Ticket) {
        if let Requests::Executing(asker, asked) = std::mem::replace(&mut self.requests, Requests::Resting) {
            self.asked.insert(ticket.0, Answer::new(asker, asked));
        }
    }

    /// Takes rows of a command whose reply is long, which count once the log is durable past `wait`.
    pub(super) fn rows(&mut self, ticket: Ticket, rows: Vec<ObjectRow>, wait: Lsn) {
        let begun = self.asked.remove(&ticket.0);
        if begun.as_ref().is_some_and(|answer| !answer.is_wanted()) {
            self.wishes.push_back(Wish::Forget(ticket));
            return;
        }
        self.outbox.rows(ticket, begun, rows, wait);
    }

    /// Takes the reply of a command, or the rest of it, which counts once the log is durable past `wait`.
    pub(super) fn executed(&mut self, ticket: Ticket, reply: &CommandReply, wait: Lsn) {
        match self.asked.remove(&ticket.0) {
            Some(mut answer) => {
                answer.finish(reply, wait);
                self.outbox.add(answer);
            }
            None => self.outbox.finish(ticket, reply, wait),
        }
    }

    /// The queue manager is to end: whoever asked is answered before it refuses everything.
    pub(super) fn end_begun(&mut self) {
        self.answer_end(|answer| {
            answer.finish_with(Outcome::OK, &["Request to end the queue manager accepted.".to_owned()]);
        });
    }

    /// Whoever asked for the end may not.
    pub(super) fn end_refused(&mut self) {
        let refused = Message::new(MessageId::NOT_AUTHORIZED).failed(MQRC_NOT_AUTHORIZED);
        self.answer_end(|answer| answer.finish(&CommandReply::message(refused), Lsn::NONE));
    }

    fn answer_end(&mut self, finish: impl FnOnce(&mut Answer)) {
        if let Some(asker) = self.ending.take() {
            let mut answer = Answer::new(asker, MQCMD_ESCAPE);
            finish(&mut answer);
            self.outbox.add(answer);
        }
    }

    /// An answer is lost.
    fn note(&mut self, id: &'static str, reason: Option<Reason>, asker: &Asker) {
        let mut inserts: Vec<String> = reason.iter().map(|reason| reason.0.to_string()).collect();
        inserts.extend([asker.md.reply_to_q.to_string(), asker.user.to_string()]);
        self.wishes.push_back(Wish::Note(id, inserts));
    }
}
