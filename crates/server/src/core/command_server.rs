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
//! message that carries MQSC text; each part of the answer is a PCF response message, the last one marked so.
//!
//! An answer leaves once what it tells is durable, and answers leave in the order of their requests. While one
//! waits for the log the next requests are executed, so that one force serves them all.

use std::collections::VecDeque;

use mqi::call::{Call, Connect, Hobj, Identity, Long, Reply, Returned};
use mqi::command::{Command, CommandReply};
use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::pmo::Pmo;
use mqi::wire::ByteOrder;
use mqi::{Chars, CompCode, Reason, format};
use mqsc::print::{self, Style};
use qmgr::EndMode;
use store::Lsn;

/// Answers that wait for the log at once; after so many the requests wait too.
const HELD_MAX: usize = 64;
/// Longest request in bytes that is looked at; longer ones are answered with a refusal.
const REQUEST_MAX: i32 = 64 * 1024;
/// Longest text in one response message.
const TEXT_MAX: usize = 30_000;

/// What the core has to do for it.
#[derive(Debug)]
pub(super) enum Wish {
    /// A call of its conversation.
    Call(Box<Call>),
    /// Execute a command in this user's name and give [`CommandServer::executed`] the reply.
    Execute { user: String, command: Box<Command> },
    /// The queue manager is to end.
    End(EndRequest),
}

/// How an administrator wants the queue manager to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndRequest {
    pub(super) mode: EndMode,
    /// Without waiting for anything (`endmqm -p`).
    pub(super) is_preemptive: bool,
}

#[derive(Debug)]
enum State {
    Connecting,
    Opening,
    Waiting,
    Running(Box<Md>),
    /// Whether there is another request; answers wait.
    Looking,
    /// Until the log is durable past the first answer.
    Holding,
    Answering,
    Ended,
}

/// A response message, and what must be durable before it is put.
#[derive(Debug)]
struct Answer {
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
    end: Option<(Box<Md>, EndRequest)>,
    /// Everything before this is durable, as far as it has been told.
    durable: Lsn,
    user: String,
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
            user: user.to_owned(),
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
            (State::Waiting | State::Looking, Returned::Get { md, body, .. }) if is_ok => {
                let is_truncated = reply.reason != Reason::NONE || !body.is_whole();
                self.request(md, &body.first.to_bytes(), is_truncated)
            }
            (State::Looking, _) if reply.reason == Reason::NO_MSG_AVAILABLE => self.hold(),
            // A response that cannot be put is lost, as its asker is gone.
            (State::Answering, _) => self.next(),
            // The queue manager ends, or the queue cannot be used.
            (State::Waiting | State::Looking, _) => {
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
                Some((md, end)) => self.accept_end(*md, end),
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
        self.state = State::Answering;
        Some(Wish::Call(answer.put))
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

    fn request(&mut self, md: Box<Md>, bytes: &[u8], is_truncated: bool) -> Option<Wish> {
        let order = ByteOrder::of_encoding(md.encoding);
        let message = match Message::of_bytes(bytes, order) {
            Ok(message) if !is_truncated => message,
            Ok(_) => return self.refuse(*md, MQRCCF_MSG_LENGTH_ERROR, "the request is too long"),
            Err(reason) => return self.refuse(*md, reason.0, "the request is not a PCF message"),
        };
        if message.header.command != MQCMD_ESCAPE {
            let what = "only MQSC text in an Escape command is built yet";
            return self.refuse(*md, MQRCCF_CFH_COMMAND_ERROR, what);
        }
        if message.int(MQIACF_ESCAPE_TYPE) != Some(MQET_MQSC) {
            return self.refuse(*md, MQRCCF_ESCAPE_TYPE_ERROR, "the escape type is not MQSC");
        }
        let Some(text) = message.text(MQCACF_ESCAPE_TEXT) else {
            return self.refuse(*md, MQRCCF_PARM_COUNT_TOO_SMALL, "there is no command");
        };
        if let Some(end) = end_request(&text) {
            self.end = Some((md, end));
            return self.next();
        }
        match mqsc::parse(&text) {
            Ok(command) => {
                let user = md.user_identifier.as_str().to_owned();
                let user = if user.is_empty() { self.user.clone() } else { user };
                self.state = State::Running(md);
                Some(Wish::Execute { user, command: Box::new(command) })
            }
            Err(error) => {
                let lines = print::parse_error(&error, Style::default());
                self.respond(*md, Lsn::NONE, (MQCC_FAILED, MQRCCF_COMMAND_FAILED), &lines);
                self.next()
            }
        }
    }

    /// Takes the reply to the command that was to be executed, which counts once the log is durable past `wait`.
    pub(super) fn executed(&mut self, reply: &CommandReply, wait: Lsn) -> Option<Wish> {
        let State::Running(md) = std::mem::replace(&mut self.state, State::Answering) else { return None };
        let completion = match reply.is_failure() {
            true => (MQCC_FAILED, reply.overall_reason()),
            false => (MQCC_OK, MQRC_NONE),
        };
        self.respond(*md, wait, completion, &print::reply(reply, Style::default()));
        self.next()
    }

    /// The queue manager is to end: whoever asked is answered before it refuses everything.
    fn accept_end(&mut self, md: Md, end: EndRequest) -> Wish {
        let accepted = "Request to end the queue manager accepted.".to_owned();
        self.respond(md, Lsn::NONE, (MQCC_OK, MQRC_NONE), &[accepted]);
        self.state = State::Answering;
        Wish::End(end)
    }

    /// Goes on after [`Wish::End`] has been seen to.
    pub(super) fn end_begun(&mut self) -> Option<Wish> {
        self.next()
    }

    fn refuse(&mut self, md: Md, reason: i32, what: &str) -> Option<Wish> {
        self.respond(md, Lsn::NONE, (MQCC_FAILED, reason), &[what.to_owned()]);
        self.next()
    }

    /// Prepares the response messages: `lines` in messages of bounded size.
    fn respond(&mut self, request: Md, wait: Lsn, (comp_code, reason): (i32, i32), lines: &[String]) {
        if request.reply_to_q.is_blank() {
            return;
        }
        let mut texts: Vec<String> = vec![String::new()];
        for line in lines {
            let text = texts.last_mut().expect("there is always one");
            if !text.is_empty() && text.len() + line.len() >= TEXT_MAX {
                texts.push(line.clone());
            } else {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(line);
            }
        }
        let last = texts.len() - 1;
        for (at, text) in texts.iter().enumerate() {
            let header = Cfh {
                kind: MQCFT_RESPONSE,
                msg_seq_number: i32::try_from(at + 1).unwrap_or(i32::MAX),
                control: if at == last { MQCFC_LAST } else { MQCFC_NOT_LAST },
                comp_code,
                reason,
                ..Cfh::command(MQCMD_ESCAPE)
            };
            let parameters = vec![
                Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC),
                Parameter::text(MQCACF_ESCAPE_TEXT, text),
            ];
            let bytes = Message { header, parameters }.to_bytes(ByteOrder::Little);
            self.answers.push_back(Answer { wait, put: Box::new(answer(&request, bytes)) });
        }
    }
}

fn call(call: Call) -> Wish {
    Wish::Call(Box::new(call))
}

/// A message to the reply queue of a request.
fn answer(request: &Md, bytes: Vec<u8>) -> Call {
    let od =
        Od { object_name: request.reply_to_q, object_q_mgr_name: request.reply_to_q_mgr, ..Od::default() };
    let md = Md {
        msg_type: MQMT_REPLY,
        format: format::ADMIN,
        encoding: MQENC_NATIVE,
        coded_char_set_id: 1208,
        persistence: MQPER_NOT_PERSISTENT,
        priority: request.priority,
        correl_id: request.msg_id,
        ..Md::v2()
    };
    let pmo = Pmo { version: 2, options: MQPMO_NO_SYNCPOINT | MQPMO_NEW_MSG_ID, ..Pmo::default() };
    Call::Put1 { od: Box::new(od), md: Box::new(md), pmo: Box::new(pmo), body: Long::whole(bytes.into()) }
}

/// `STOP QMGR MODE(…)`: how `endmqm` says what it wants. The product has this command on another platform.
fn end_request(text: &str) -> Option<EndRequest> {
    let words = text.to_ascii_uppercase();
    let mode = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mode = mode.strip_prefix("STOP QMGR MODE(")?.strip_suffix(')')?;
    let (mode, is_preemptive) = match mode {
        "QUIESCE" => (EndMode::Quiesce, false),
        "FORCE" => (EndMode::Immediate, false),
        "TERMINATE" => (EndMode::Immediate, true),
        _ => return None,
    };
    Some(EndRequest { mode, is_preemptive })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_end_a_queue_manager() {
        let check = |text: &str, want: Option<(EndMode, bool)>| {
            assert_eq!(end_request(text).map(|e| (e.mode, e.is_preemptive)), want, "{text}");
        };
        check("stop qmgr  mode(quiesce)", Some((EndMode::Quiesce, false)));
        check("STOP QMGR MODE(FORCE)", Some((EndMode::Immediate, false)));
        check("STOP QMGR MODE(TERMINATE)", Some((EndMode::Immediate, true)));
        check("STOP QMGR MODE(NEVER)", None);
        check("STOP QMGR", None);
        check("STOP LISTENER(L)", None);
    }
}
