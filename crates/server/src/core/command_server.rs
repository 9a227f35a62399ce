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
use mqi::wire::{ByteOrder, Charset, Reader};
use mqi::{Chars, CompCode, Reason, format};
use mqsc::print::{self, Style};
use store::Lsn;

use super::ending::EndHow;

use super::inquire;

/// Answers that wait for the log at once; after so many the requests wait too.
const HELD_MAX: usize = 64;
/// Longest request in bytes that is looked at; longer ones are answered with a refusal.
const REQUEST_MAX: i32 = 64 * 1024;
/// Longest text in one response message.
const TEXT_MAX: usize = 30_000;

/// What a request that was not read to its end is told.
const TOO_LONG: &str = "the request is too long";

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
    pub(super) how: EndHow,
    /// Clients that can connect again are to do so (`endmqm -r`).
    pub(super) reconnects: bool,
}

#[derive(Debug)]
enum State {
    Connecting,
    Opening,
    Waiting,
    /// Descriptor of the request, and its command.
    Running(Box<Md>, i32),
    /// Whether there is another request; answers wait.
    Looking,
    /// Until the log is durable past the first answer.
    Holding,
    /// Puts a response; kept in case its queue takes only what is not persistent.
    Answering(Option<Box<Call>>),
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
            // Nothing more, or the queue manager is ending: whoever has been served is answered all the same.
            (State::Looking, _) => self.hold(),
            (State::Answering(Some(answer)), _) if reply.reason == Reason::PERSISTENT_NOT_ALLOWED => {
                let again = not_persistent((**answer).clone());
                self.state = State::Answering(None);
                Some(call(again))
            }
            // A response that cannot be put is lost, as its asker is gone.
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
        self.state = State::Answering(Some(answer.put.clone()));
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
            Ok(message) => message,
            // What names no command is answered as if it had asked for none.
            Err(_) if is_truncated => {
                return self.refuse(*md, asked(bytes, order), MQRCCF_MSG_LENGTH_ERROR, TOO_LONG);
            }
            Err(reason) => {
                let what = "the request is not a PCF message";
                return self.refuse(*md, asked(bytes, order), reason.0, what);
            }
        };
        let command = message.header.command;
        let refusal = if is_truncated {
            Some((MQRCCF_MSG_LENGTH_ERROR, TOO_LONG))
        } else if !matches!(message.header.kind, MQCFT_COMMAND | MQCFT_COMMAND_XR) {
            Some((MQRCCF_CFH_TYPE_ERROR, "the message is not a command"))
        } else if message.header.msg_seq_number != 1 {
            Some((MQRCCF_CFH_MSG_SEQ_NUMBER_ERR, "a command is one message"))
        } else if message.header.control != MQCFC_LAST {
            Some((MQRCCF_CFH_CONTROL_ERROR, "a command is one message"))
        } else if !matches!(command, MQCMD_ESCAPE | MQCMD_INQUIRE_Q_MGR) {
            Some((MQRCCF_CFH_COMMAND_ERROR, "only Escape commands with MQSC text are built yet"))
        } else if command == MQCMD_ESCAPE && message.int(MQIACF_ESCAPE_TYPE) != Some(MQET_MQSC) {
            Some((MQRCCF_ESCAPE_TYPE_ERROR, "the escape type is not MQSC"))
        } else {
            None
        };
        if let Some((reason, what)) = refusal {
            return self.refuse(*md, command, reason, what);
        }
        if command == MQCMD_INQUIRE_Q_MGR {
            return match inquire::queue_manager(&message.parameters) {
                Ok(wanted) => Some(self.execute(md, command, wanted)),
                Err(reason) => self.refuse(*md, command, reason, "the command is wrong"),
            };
        }
        let Some(text) = message.text(MQCACF_ESCAPE_TEXT) else {
            return self.refuse(*md, command, MQRCCF_PARM_COUNT_TOO_SMALL, "there is no command");
        };
        if let Some(end) = end_request(&text) {
            self.end = Some((md, end));
            return self.next();
        }
        match mqsc::parse(&text) {
            Ok(wanted) => Some(self.execute(md, command, wanted)),
            Err(error) => {
                let lines = print::parse_error(&error, Style::default());
                let outcome = Outcome::of(command, MQCC_FAILED, MQRCCF_COMMAND_FAILED);
                self.respond(&md, Lsn::NONE, outcome, &lines);
                self.next()
            }
        }
    }

    /// Executes what the request asks for in the name of who put it.
    fn execute(&mut self, md: Box<Md>, asked: i32, command: Command) -> Wish {
        let user = md.user_identifier.as_str().to_owned();
        let user = if user.is_empty() { self.user.clone() } else { user };
        self.state = State::Running(md, asked);
        Wish::Execute { user, command: Box::new(command) }
    }

    /// Takes the reply to the command that was to be executed, which counts once the log is durable past `wait`.
    pub(super) fn executed(&mut self, reply: &CommandReply, wait: Lsn) -> Option<Wish> {
        let State::Running(md, asked) = std::mem::replace(&mut self.state, State::Answering(None)) else {
            return None;
        };
        let outcome = match reply.is_failure() {
            true => Outcome::of(asked, MQCC_FAILED, reply.overall_reason()),
            false => Outcome::of(asked, MQCC_OK, MQRC_NONE),
        };
        if asked == MQCMD_ESCAPE {
            self.respond(&md, wait, outcome, &print::reply(reply, Style::default()));
        } else {
            self.respond_with(&md, wait, outcome, vec![inquire::parameters(reply)]);
        }
        self.next()
    }

    /// The queue manager is to end: whoever asked is answered before it refuses everything.
    fn accept_end(&mut self, md: Md, end: EndRequest) -> Wish {
        let accepted = "Request to end the queue manager accepted.".to_owned();
        self.respond(&md, Lsn::NONE, Outcome::of(MQCMD_ESCAPE, MQCC_OK, MQRC_NONE), &[accepted]);
        self.state = State::Answering(None);
        Wish::End(end)
    }

    /// Goes on after [`Wish::End`] has been seen to.
    pub(super) fn end_begun(&mut self) -> Option<Wish> {
        self.next()
    }

    fn refuse(&mut self, md: Md, command: i32, reason: i32, what: &str) -> Option<Wish> {
        self.respond(&md, Lsn::NONE, Outcome::of(command, MQCC_FAILED, reason), &[what.to_owned()]);
        self.next()
    }

    /// Prepares the response messages: `lines` in messages of bounded size. Only an Escape command is answered with text.
    fn respond(&mut self, request: &Md, wait: Lsn, outcome: Outcome, lines: &[String]) {
        if outcome.command != MQCMD_ESCAPE {
            return self.respond_with(request, wait, outcome, vec![Vec::new()]);
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
        let parameters = |text: &String| {
            vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, text)]
        };
        self.respond_with(request, wait, outcome, texts.iter().map(parameters).collect());
    }

    /// Prepares the response messages, one for each list of parameters.
    fn respond_with(&mut self, request: &Md, wait: Lsn, outcome: Outcome, responses: Vec<Vec<Parameter>>) {
        if request.reply_to_q.is_blank() {
            return;
        }
        let last = responses.len().saturating_sub(1);
        for (at, parameters) in responses.into_iter().enumerate() {
            let header = Cfh {
                kind: MQCFT_RESPONSE,
                msg_seq_number: i32::try_from(at + 1).unwrap_or(i32::MAX),
                control: if at == last { MQCFC_LAST } else { MQCFC_NOT_LAST },
                comp_code: outcome.comp_code,
                reason: outcome.reason,
                ..Cfh::command(outcome.command)
            };
            let bytes = Message { header, parameters }.to_bytes(ByteOrder::Little);
            self.answers.push_back(Answer { wait, put: Box::new(answer(request, bytes)) });
        }
    }
}

fn call(call: Call) -> Wish {
    Wish::Call(Box::new(call))
}

/// What a request came to.
#[derive(Clone, Copy)]
struct Outcome {
    /// The command that was asked (MQCMD).
    command: i32,
    comp_code: i32,
    reason: i32,
}

impl Outcome {
    fn of(command: i32, comp_code: i32, reason: i32) -> Self {
        Self { command, comp_code, reason }
    }
}

/// The command of a request that is not one for another reason, if it says so much.
fn asked(bytes: &[u8], order: ByteOrder) -> i32 {
    let mut r = Reader::new(bytes, order, Charset::Ascii);
    r.skip(12).and_then(|()| r.i32()).unwrap_or(MQCMD_NONE)
}

/// A message to the reply queue of a request: as urgent and as durable as that, with the ids that it asks for.
fn answer(request: &Md, bytes: Vec<u8>) -> Call {
    let od =
        Od { object_name: request.reply_to_q, object_q_mgr_name: request.reply_to_q_mgr, ..Od::default() };
    let mut md = Md {
        msg_type: MQMT_REPLY,
        format: format::ADMIN,
        encoding: MQENC_NATIVE,
        coded_char_set_id: 1208,
        persistence: request.persistence,
        priority: request.priority,
        ..Md::v2()
    };
    md.answers(request);
    let pmo = Pmo { version: 2, options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
    Call::Put1 { od: Box::new(od), md: Box::new(md), pmo: Box::new(pmo), body: Long::whole(bytes.into()) }
}

/// The same for a queue that holds nothing persistent.
fn not_persistent(mut answer: Call) -> Call {
    if let Call::Put1 { md, .. } = &mut answer {
        md.persistence = MQPER_NOT_PERSISTENT;
    }
    answer
}

/// `STOP QMGR MODE(…)`: how `endmqm` says what it wants. The product has this command on another platform.
fn end_request(text: &str) -> Option<EndRequest> {
    let words = text.to_ascii_uppercase();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest = words.strip_prefix("STOP QMGR MODE(")?;
    let (mode, reconnects) = match rest.strip_suffix(") RECONNECT") {
        Some(mode) => (mode, true),
        None => (rest.strip_suffix(')')?, false),
    };
    let how = match mode {
        "QUIESCE" => EndHow::Quiesce,
        "FORCE" => EndHow::Immediate,
        "TERMINATE" => EndHow::Preemptive,
        _ => return None,
    };
    Some(EndRequest { how, reconnects })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command server that waits for a request.
    fn waiting() -> CommandServer {
        let (mut server, _) = CommandServer::start("owner");
        server.state = State::Waiting;
        server
    }

    fn ok(returned: Returned) -> Reply {
        Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned }
    }

    fn request_of(md: Md, bytes: Vec<u8>) -> Reply {
        let md = Box::new(Md { reply_to_q: Chars::from_str_padded("REPLIES"), ..md });
        let data_length = bytes.len() as i32;
        ok(Returned::Get { md, gmo: Box::default(), data_length, body: Long::whole(bytes.into()) })
    }

    /// Descriptor and header of the response that a wish puts.
    fn response(wish: Option<Wish>) -> (Md, Message) {
        let Some(Wish::Call(call)) = wish else { panic!("{wish:?}") };
        let Call::Put1 { od, md, body, .. } = *call else { panic!("{call:?}") };
        assert_eq!(od.object_name.as_str(), "REPLIES");
        let message = Message::of_bytes(&body.first.to_bytes(), ByteOrder::Little).expect("PCF");
        (*md, message)
    }

    fn escape(text: &str) -> Vec<u8> {
        let parameters =
            vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, text)];
        Message { header: Cfh::command(MQCMD_ESCAPE), parameters }.to_bytes(ByteOrder::Little)
    }

    #[test]
    fn a_refusal_names_the_command_that_was_asked() {
        let check = |header: Cfh, reason: i32| {
            let bytes = Message { header, parameters: Vec::new() }.to_bytes(ByteOrder::Little);
            let mut server = waiting();
            let (_, message) = response(server.reply(request_of(Md::v2(), bytes)));
            let want = Cfh {
                kind: MQCFT_RESPONSE,
                comp_code: MQCC_FAILED,
                reason,
                control: MQCFC_LAST,
                ..Cfh::command(header.command)
            };
            assert_eq!(message.header, want);
            let is_waiting = matches!(server.reply(ok(Returned::Nothing)), Some(Wish::Call(call))
                if matches!(*call, Call::Get { .. }));
            assert!(is_waiting, "there is one response");
        };
        check(Cfh::command(MQCMD_INQUIRE_Q), MQRCCF_CFH_COMMAND_ERROR);
        check(Cfh::command(9999), MQRCCF_CFH_COMMAND_ERROR);
        check(Cfh { kind: MQCFT_COMMAND_XR, ..Cfh::command(MQCMD_PING_Q_MGR) }, MQRCCF_CFH_COMMAND_ERROR);
        check(Cfh { kind: MQCFT_EVENT, ..Cfh::command(MQCMD_PING_Q_MGR) }, MQRCCF_CFH_TYPE_ERROR);
        check(Cfh { msg_seq_number: 2, ..Cfh::command(MQCMD_ESCAPE) }, MQRCCF_CFH_MSG_SEQ_NUMBER_ERR);
        check(Cfh { control: MQCFC_NOT_LAST, ..Cfh::command(MQCMD_ESCAPE) }, MQRCCF_CFH_CONTROL_ERROR);
        check(Cfh::command(MQCMD_ESCAPE), MQRCCF_ESCAPE_TYPE_ERROR);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_it_names() {
        let whole = Message { header: Cfh::command(MQCMD_INQUIRE_Q), parameters: Vec::new() };
        let whole = whole.to_bytes(ByteOrder::Little);
        for (bytes, command) in
            [(&whole[..20], MQCMD_INQUIRE_Q), (&whole[..10], MQCMD_NONE), (&[], MQCMD_NONE)]
        {
            let (_, message) = response(waiting().reply(request_of(Md::v2(), bytes.to_vec())));
            assert_eq!((message.header.command, message.header.comp_code), (command, MQCC_FAILED));
            assert_ne!(message.header.reason, MQRC_NONE);
        }
        let cut = Reply { reason: Reason::TRUNCATED_MSG_ACCEPTED, ..request_of(Md::v2(), whole) };
        let (_, message) = response(waiting().reply(cut));
        assert_eq!(
            (message.header.command, message.header.reason),
            (MQCMD_INQUIRE_Q, MQRCCF_MSG_LENGTH_ERROR)
        );
    }

    #[test]
    fn responses_have_the_ids_and_the_weight_that_the_request_asks_for() {
        let check = |report: i32, msg_id: [u8; 24], correl_id: [u8; 24]| {
            let (persistence, priority) = (MQPER_PERSISTENT, 7);
            let asked = Md { report, persistence, priority, msg_id: [1; 24], correl_id: [2; 24], ..Md::v2() };
            let mut server = waiting();
            let (md, message) = response(server.reply(request_of(asked, escape("DEFINE"))));
            assert_eq!((md.msg_id, md.correl_id), (msg_id, correl_id), "{report:#x}");
            assert_eq!((md.persistence, md.priority, md.msg_type), (persistence, priority, MQMT_REPLY));
            assert_eq!(
                (message.header.command, message.header.reason),
                (MQCMD_ESCAPE, MQRCCF_COMMAND_FAILED)
            );
            // The reply queue is a temporary one: the response is put again.
            let reason = Reason::PERSISTENT_NOT_ALLOWED;
            let refused = Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing };
            let (md, again) = response(server.reply(refused));
            assert_eq!((md.persistence, again), (MQPER_NOT_PERSISTENT, message));
        };
        check(MQRO_NONE, [0; 24], [1; 24]);
        check(MQRO_PASS_CORREL_ID, [0; 24], [2; 24]);
        check(MQRO_PASS_MSG_ID, [1; 24], [1; 24]);
        check(MQRO_PASS_MSG_ID | MQRO_PASS_CORREL_ID, [1; 24], [2; 24]);
    }

    #[test]
    fn a_long_answer_comes_in_several_responses() {
        let mut server = waiting();
        let request = Md { reply_to_q: Chars::from_str_padded("REPLIES"), ..Md::v2() };
        let lines: Vec<String> = (0..70).map(|n| format!("{n:01000}")).collect();
        server.respond(&request, Lsn::NONE, Outcome::of(MQCMD_ESCAPE, MQCC_OK, MQRC_NONE), &lines);
        let mut wish = server.next().expect("a response");
        let mut texts = Vec::new();
        for (number, control) in [(1, MQCFC_NOT_LAST), (2, MQCFC_NOT_LAST), (3, MQCFC_LAST)] {
            let (_, message) = response(Some(wish));
            assert_eq!((message.header.msg_seq_number, message.header.control), (number, control));
            texts.push(message.text(MQCACF_ESCAPE_TEXT).expect("text").to_string());
            wish = server.reply(ok(Returned::Nothing)).expect("it goes on");
        }
        assert_eq!(texts.join("\n"), lines.join("\n"));
        assert!(matches!(wish, Wish::Call(call) if matches!(*call, Call::Get { .. })));
    }

    fn done() -> Reply {
        ok(Returned::Nothing)
    }

    fn failed(reason: Reason) -> Reply {
        Reply { comp_code: CompCode::Failed, reason, returned: Returned::Nothing }
    }

    fn request(text: &str) -> Reply {
        request_of(Md::v2(), escape(text))
    }

    /// One word for what it wants.
    fn word(wish: Option<Wish>) -> &'static str {
        match wish {
            None => "nothing",
            Some(Wish::Execute { .. }) => "execute",
            Some(Wish::End(_)) => "end",
            Some(Wish::Call(call)) => match *call {
                Call::Get { gmo, .. } if gmo.options & MQGMO_WAIT != 0 => "wait",
                Call::Get { .. } => "look",
                Call::Put1 { .. } => "answer",
                Call::Disconnect => "disconnect",
                _ => "another call",
            },
        }
    }

    fn executed(server: &mut CommandServer, wait: Lsn) -> &'static str {
        word(server.executed(&CommandReply::default(), wait))
    }

    #[test]
    fn requests_are_executed_while_answers_wait_and_answered_in_order() {
        let mut s = waiting();
        assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
        assert_eq!(executed(&mut s, Lsn(100)), "look");
        assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
        assert_eq!(executed(&mut s, Lsn(200)), "look");
        // A refusal waits for nothing but its turn.
        assert_eq!(word(s.reply(request("NONSENSE"))), "look");
        assert_eq!(word(s.reply(failed(Reason::NO_MSG_AVAILABLE))), "nothing");
        assert_eq!(word(s.durable(Lsn(100))), "nothing", "a record at 100 is durable past 100");
        assert_eq!(word(s.durable(Lsn(101))), "answer");
        assert_eq!(word(s.reply(done())), "look");
        assert_eq!(word(s.reply(failed(Reason::NO_MSG_AVAILABLE))), "nothing");
        assert_eq!(word(s.durable(Lsn(300))), "answer");
        assert_eq!(word(s.reply(done())), "answer");
        assert_eq!(word(s.reply(done())), "wait");
        assert!(!s.is_holding());
    }

    #[test]
    fn so_many_answers_wait_and_no_more() {
        let mut s = waiting();
        for n in 1..=HELD_MAX {
            assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
            let wanted = if n < HELD_MAX { "look" } else { "nothing" };
            assert_eq!(executed(&mut s, Lsn(100)), wanted, "{n}");
        }
        assert_eq!(word(s.durable(Lsn(101))), "answer");
    }

    #[test]
    fn the_end_comes_after_the_answers_before_it() {
        let mut s = waiting();
        assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
        assert_eq!(executed(&mut s, Lsn(100)), "look");
        assert_eq!(word(s.reply(request("STOP QMGR MODE(QUIESCE)"))), "nothing");
        assert_eq!(word(s.durable(Lsn(101))), "answer");
        assert_eq!(word(s.reply(done())), "end");
        assert_eq!(word(s.end_begun()), "answer");
    }

    #[test]
    fn what_was_executed_before_the_queue_manager_quiesces_is_answered() {
        let mut s = waiting();
        assert_eq!(word(s.reply(request("PING QMGR"))), "execute");
        assert_eq!(executed(&mut s, Lsn(100)), "look");
        assert_eq!(word(s.reply(failed(Reason::Q_MGR_QUIESCING))), "nothing");
        assert_eq!(word(s.durable(Lsn(101))), "answer");
        assert_eq!(word(s.reply(done())), "wait");
        assert_eq!(word(s.reply(failed(Reason::Q_MGR_QUIESCING))), "disconnect");
    }

    #[test]
    fn a_get_that_fails_ends_it() {
        let mut s = waiting();
        assert_eq!(word(s.reply(failed(Reason::GET_INHIBITED))), "disconnect");
        assert!(s.has_ended());
    }

    #[test]
    fn only_the_exact_words_end_a_queue_manager() {
        let check = |text: &str, want: Option<(EndHow, bool)>| {
            assert_eq!(end_request(text).map(|end| (end.how, end.reconnects)), want, "{text}");
        };
        check("stop qmgr  mode(quiesce)", Some((EndHow::Quiesce, false)));
        check("STOP QMGR MODE(FORCE)", Some((EndHow::Immediate, false)));
        check("STOP QMGR MODE(FORCE) RECONNECT", Some((EndHow::Immediate, true)));
        check("STOP QMGR MODE(TERMINATE)", Some((EndHow::Preemptive, false)));
        check("STOP QMGR MODE(FORCE) RECONNECTS", None);
        check("STOP QMGR MODE(NEVER)", None);
        check("STOP QMGR", None);
        check("STOP LISTENER(L)", None);
    }
}
