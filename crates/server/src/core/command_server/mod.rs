//! The command server: an application of the kernel that gets administrators' messages from
//! `SYSTEM.ADMIN.COMMAND.QUEUE` and answers them.
//!
//! ```text
//! Connecting ─► Opening ─► Waiting ─► Running ─► Looking ─► Holding ─► Answering ─┐
//!                             ▲   get    ▲  another? │  for the log    put1, put1, …│
//!                             │          └───────────┘                             │
//!                             └────────────────────────────────────────────────────┘
//! ```
//!
//! It is served like any other conversation: it gives calls, and is given replies. A request is an Escape PCF
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
//!
//! An answer leaves once what it tells is durable, and answers leave in the order of their requests. While one
//! waits for the log the next requests are executed, so that one force serves them all.

mod answer;
mod asker;
mod end;
mod inquire;
mod request;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use mqi::call::{Call, Connect, Hobj, Identity, Reply, Returned};
use mqi::command::{Command, CommandReply, Message, MessageId};
use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::{Chars, CompCode, Reason};
use mqsc::print::{self, Style};
use store::Lsn;

use answer::Outcome;
use asker::Asker;
use end::EndRequest;
use request::Asked;

/// Answers that wait for the log at once; after so many the requests wait too.
const HELD_MAX: usize = 64;
/// Longest request in bytes that is looked at; longer ones are answered with a refusal.
const REQUEST_MAX: i32 = 64 * 1024;

/// What the core has to do for it.
#[derive(Debug)]
pub(super) enum Wish {
    /// A call of its conversation.
    Call(Box<Call>),
    /// Execute a command in this user's name and give [`CommandServer::executed`] the reply.
    Execute { user: String, command: Box<Command> },
    /// This user wants the queue manager to end: [`CommandServer::end_begun`] or [`CommandServer::end_refused`].
    End { user: String, request: EndRequest },
    /// An entry of the error log, by message and inserts; [`CommandServer::noted`] goes on.
    Note(&'static str, Vec<String>),
}

#[derive(Debug)]
enum State {
    Connecting,
    Opening,
    Waiting,
    /// Who put the request, and its command.
    Running(Box<Asker>, i32),
    /// Whether there is another request; answers wait.
    Looking,
    /// Until the log is durable past the first answer.
    Holding,
    /// Puts a response; kept in case its queue takes only what is not persistent.
    Answering(Option<Answer>),
    Ended,
}

/// A response message, and what must be durable before it is put.
#[derive(Clone, Debug)]
struct Answer {
    /// Of the request.
    number: u64,
    wait: Lsn,
    put: Box<Call>,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct CommandServer {
    state: State,
    queue: Hobj,
    answers: VecDeque<Answer>,
    /// The request to end, and who asked: what was asked before is answered first.
    end: Option<(Box<Asker>, EndRequest)>,
    /// Everything before this is durable, as far as it has been told.
    durable: Lsn,
    /// Requests so far.
    requests: u64,
}

impl CommandServer {
    /// A command server that runs as this user, and its first call.
    pub(super) fn start(user: &str) -> (Self, Wish) {
        let connect = Connect {
            appl_name: Chars::from_str_padded("amqpcsea"),
            appl_type: MQAT_QMGR,
            identity: Identity {
                asserted: user.to_owned(),
                verified: Some(user.to_owned()),
                pid: std::process::id(),
                ..Identity::default()
            },
            ..Connect::default()
        };
        let server = Self {
            state: State::Connecting,
            queue: Hobj::NONE,
            answers: VecDeque::new(),
            end: None,
            durable: Lsn::NONE,
            requests: 0,
        };
        (server, Wish::Call(Box::new(Call::Connect(Box::new(connect)))))
    }

    /// Takes the reply to its last call.
    pub(super) fn reply(&mut self, reply: Reply) -> Option<Wish> {
        let is_ok = reply.comp_code != CompCode::Failed;
        match (&self.state, reply.returned) {
            (State::Connecting, _) if is_ok => {
                self.state = State::Opening;
                let od =
                    Od { object_name: Chars::from_str_padded("SYSTEM.ADMIN.COMMAND.QUEUE"), ..Od::default() };
                let options = MQOO_INPUT_SHARED | MQOO_FAIL_IF_QUIESCING;
                Some(call(Call::Open { od: Box::new(od), options }))
            }
            (State::Opening, Returned::Open { hobj, .. }) if is_ok => {
                self.queue = hobj;
                Some(self.wait())
            }
            (State::Waiting | State::Looking, Returned::Get { md, body, putter, .. }) if is_ok => {
                let is_truncated = reply.reason != Reason::NONE || !body.is_whole();
                self.requests += 1;
                let asker = Asker::new(self.requests, *md, &putter);
                self.request(Box::new(asker), &body.first.to_bytes(), is_truncated)
            }
            // Nothing more, or the queue manager is ending: whoever has been served is answered all the same.
            (State::Looking, _) => self.hold(),
            (State::Answering(Some(answer)), _)
                if reply.reason == Reason::PERSISTENT_NOT_ALLOWED && answer::is_persistent(&answer.put) =>
            {
                let put = Box::new(answer::not_persistent((*answer.put).clone()));
                Some(self.put(Answer { put, ..answer.clone() }))
            }
            (State::Answering(Some(answer)), _) if !is_ok => {
                let number = answer.number;
                let inserts = answer::undelivered(&answer.put, reply.reason);
                self.answers.retain(|answer| answer.number != number);
                self.state = State::Answering(None);
                // The kernel has said what authority is missing.
                match reply.reason {
                    Reason::NOT_AUTHORIZED => self.next(),
                    _ => Some(Wish::Note("AMQ8506", inserts)),
                }
            }
            (State::Answering(_), _) => self.next(),
            // The queue manager ends, or the queue cannot be used.
            (State::Waiting, _) => {
                self.state = State::Ended;
                Some(call(Call::Disconnect))
            }
            _ => {
                self.state = State::Ended;
                None
            }
        }
    }

    /// The log is durable up to here.
    pub(super) fn durable(&mut self, durable: Lsn) -> Option<Wish> {
        self.durable = durable;
        match self.state {
            State::Holding => self.hold(),
            _ => None,
        }
    }

    /// Whether it has stopped: it could not connect, or could not get from its queue.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Whether answers wait for the log.
    pub(super) fn is_holding(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Answers what is durable, then looks for the next request.
    fn next(&mut self) -> Option<Wish> {
        if let Some(put) = self.durable_answer() {
            return Some(put);
        }
        if self.answers.is_empty() {
            return Some(match self.end.take() {
                Some((asker, end)) => self.ask_end(asker, end),
                None => self.wait(),
            });
        }
        if self.answers.len() >= HELD_MAX || self.end.is_some() {
            return self.hold();
        }
        self.state = State::Looking;
        Some(self.get(MQGMO_NO_WAIT, 0))
    }

    /// Answers what is durable, or waits until something is.
    fn hold(&mut self) -> Option<Wish> {
        match self.durable_answer() {
            None => {
                self.state = State::Holding;
                None
            }
            put => put,
        }
    }

    fn durable_answer(&mut self) -> Option<Wish> {
        let wait = self.answers.front()?.wait;
        if wait != Lsn::NONE && wait >= self.durable {
            return None;
        }
        let answer = self.answers.pop_front()?;
        Some(self.put(answer))
    }

    fn put(&mut self, answer: Answer) -> Wish {
        let put = answer.put.clone();
        self.state = State::Answering(Some(answer));
        Wish::Call(put)
    }

    /// Goes on after [`Wish::Note`].
    pub(super) fn noted(&mut self) -> Option<Wish> {
        self.next()
    }

    fn wait(&mut self) -> Wish {
        self.state = State::Waiting;
        self.get(MQGMO_WAIT, MQWI_UNLIMITED)
    }

    fn get(&self, wait: i32, wait_interval: i32) -> Wish {
        let gmo = Gmo {
            version: 2,
            options: wait
                | MQGMO_FAIL_IF_QUIESCING
                | MQGMO_CONVERT
                | MQGMO_NO_SYNCPOINT
                | MQGMO_ACCEPT_TRUNCATED_MSG,
            wait_interval,
            match_options: MQMO_NONE,
            ..Gmo::default()
        };
        let md = Md { coded_char_set_id: 1208, ..Md::v2() };
        call(Call::Get { hobj: self.queue, md: Box::new(md), gmo: Box::new(gmo), buffer_length: REQUEST_MAX })
    }

    fn request(&mut self, asker: Box<Asker>, bytes: &[u8], is_truncated: bool) -> Option<Wish> {
        match request::read(&asker.md, bytes, is_truncated) {
            Asked::Command(asked, command) => return Some(self.execute(asker, asked, command)),
            Asked::End(end) => self.end = Some((asker, end)),
            Asked::Refused(outcome, lines) => {
                let responses = answer::of_lines(&asker, outcome, &lines);
                self.respond(&asker, Lsn::NONE, responses);
            }
        }
        self.next()
    }

    /// Executes what the request asks for in the name of who put it.
    fn execute(&mut self, asker: Box<Asker>, asked: i32, command: Box<Command>) -> Wish {
        let user = asker.user.to_string();
        self.state = State::Running(asker, asked);
        Wish::Execute { user, command }
    }

    /// Takes the reply to the command that was to be executed, which counts once the log is durable past `wait`.
    pub(super) fn executed(&mut self, reply: &CommandReply, wait: Lsn) -> Option<Wish> {
        let State::Running(asker, asked) = std::mem::replace(&mut self.state, State::Answering(None)) else {
            return None;
        };
        let outcome = match reply.is_failure() {
            true => Outcome::of(asked, MQCC_FAILED, reply.overall_reason()),
            false => Outcome::of(asked, MQCC_OK, MQRC_NONE),
        };
        let responses = match asked {
            MQCMD_ESCAPE => answer::of_lines(&asker, outcome, &print::reply(reply, Style::default())),
            _ => answer::of_parameters(&asker, outcome, vec![inquire::parameters(reply)]),
        };
        self.respond(&asker, wait, responses);
        self.next()
    }

    fn ask_end(&mut self, asker: Box<Asker>, request: EndRequest) -> Wish {
        let user = asker.user.to_string();
        self.state = State::Running(asker, MQCMD_ESCAPE);
        Wish::End { user, request }
    }

    /// The queue manager is to end: whoever asked is answered before it refuses everything.
    pub(super) fn end_begun(&mut self) -> Option<Wish> {
        let State::Running(asker, asked) = std::mem::replace(&mut self.state, State::Answering(None)) else {
            return None;
        };
        let accepted = "Request to end the queue manager accepted.".to_owned();
        let responses = answer::of_lines(&asker, Outcome::of(asked, MQCC_OK, MQRC_NONE), &[accepted]);
        self.respond(&asker, Lsn::NONE, responses);
        self.next()
    }

    /// Whoever asked for the end may not.
    pub(super) fn end_refused(&mut self) -> Option<Wish> {
        let refused = Message::new(MessageId::NOT_AUTHORIZED).failed(MQRC_NOT_AUTHORIZED);
        self.executed(&CommandReply::message(refused), Lsn::NONE)
    }

    /// Puts these responses once the log is durable past `wait`.
    fn respond(&mut self, asker: &Asker, wait: Lsn, responses: Vec<Call>) {
        let number = asker.number;
        self.answers.extend(responses.into_iter().map(|put| Answer { number, wait, put: Box::new(put) }));
    }
}

fn call(call: Call) -> Wish {
    Wish::Call(Box::new(call))
}
