//! The command server: an application of the kernel that gets administrators' messages from
//! `SYSTEM.ADMIN.COMMAND.QUEUE` and answers them.
//!
//! ```text
//! Connecting ─► Opening ─► Waiting ─► Running ─► Answering ─┐
//!                             ▲   get          put1, put1, …│
//!                             └─────────────────────────────┘
//! ```
//!
//! It is served like any other conversation: it gives calls, and is given replies. A request is an Escape PCF
//! message that carries MQSC text; each part of the answer is a PCF response message, the last one marked so.

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
    Answering,
    Ended,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct CommandServer {
    state: State,
    queue: Hobj,
    answers: VecDeque<Call>,
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
            (State::Waiting, Returned::Get { md, body, .. }) if is_ok => {
                let is_truncated = reply.reason != Reason::NONE || !body.is_whole();
                Some(self.request(md, &body.first.to_bytes(), is_truncated))
            }
            // A response that cannot be put is lost, as its asker is gone.
            (State::Answering, _) => Some(self.next_answer()),
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

    fn wait(&mut self) -> Wish {
        self.state = State::Waiting;
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
        call(Call::Get { hobj: self.queue, md: Box::new(md), gmo: Box::new(gmo), buffer_length: REQUEST_MAX })
    }

    fn request(&mut self, md: Box<Md>, bytes: &[u8], is_truncated: bool) -> Wish {
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
            self.respond(*md, MQCC_OK, MQRC_NONE, &["Request to end the queue manager accepted.".to_owned()]);
            // The answer is put before the queue manager refuses everything.
            self.answers.push_front(Call::Refused { reason: Reason::NONE });
            return Wish::End(end);
        }
        match mqsc::parse(&text) {
            Ok(command) => {
                let user = md.user_identifier.as_str().to_owned();
                let user = if user.is_empty() { self.user.clone() } else { user };
                self.state = State::Running(md);
                Wish::Execute { user, command: Box::new(command) }
            }
            Err(error) => {
                self.respond(
                    *md,
                    MQCC_FAILED,
                    MQRCCF_COMMAND_FAILED,
                    &print::parse_error(&error, Style::default()),
                );
                self.next_answer()
            }
        }
    }

    /// Takes the reply to the command that was to be executed.
    pub(super) fn executed(&mut self, reply: &CommandReply) -> Option<Wish> {
        let State::Running(md) = std::mem::replace(&mut self.state, State::Answering) else { return None };
        let (comp_code, reason) = match reply.is_failure() {
            true => (MQCC_FAILED, reply.overall_reason()),
            false => (MQCC_OK, MQRC_NONE),
        };
        self.respond(*md, comp_code, reason, &print::reply(reply, Style::default()));
        Some(self.next_answer())
    }

    /// Goes on after [`Wish::End`] has been seen to.
    pub(super) fn next_answer(&mut self) -> Wish {
        self.state = State::Answering;
        match self.answers.pop_front() {
            Some(Call::Refused { .. }) => self.next_answer(),
            Some(answer) => call(answer),
            None => self.wait(),
        }
    }

    fn refuse(&mut self, md: Md, reason: i32, what: &str) -> Wish {
        self.respond(md, MQCC_FAILED, reason, &[what.to_owned()]);
        self.next_answer()
    }

    /// Prepares the response messages: `lines` in messages of bounded size.
    fn respond(&mut self, request: Md, comp_code: i32, reason: i32, lines: &[String]) {
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
            self.answers.push_back(answer(&request, bytes));
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
