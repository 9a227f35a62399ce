//! MQSC text to a queue manager of this machine and its answer back: an Escape PCF message to the command
//! queue, responses from a dynamic queue.

use mqi::call::Hobj;
use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::pmo::Pmo;
use mqi::wire::ByteOrder;
use mqi::{Chars, Reason, format};
use server::attach::Attached;
use server::paths::QmgrPaths;

/// How long nothing may come of an answer.
const WAIT_MS: i32 = 60_000;
const RESPONSE_MAX: i32 = 64 * 1024;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The queue manager did not let us in.
    Connect(Reason),
    /// A call failed.
    Call(&'static str, Reason),
    /// The connection was lost.
    Broken,
    /// What came is not an answer.
    Response(Reason),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(reason) => write!(f, "connecting ended with reason code {}", reason.0),
            Self::Call(call, reason) => write!(f, "{call} ended with reason code {}", reason.0),
            Self::Broken => f.write_str("the connection was lost"),
            Self::Response(reason) => write!(f, "the response is not valid: reason code {}", reason.0),
        }
    }
}

/// The answer to a command, or the next part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// What to print.
    pub(crate) lines: Vec<String>,
    /// The command failed.
    pub(crate) is_failure: bool,
    /// Nothing follows.
    pub(crate) is_last: bool,
}

/// A command that has been sent, by the identifier of its message.
pub(crate) struct Sent([u8; 24]);

/// A connection to the command server.
pub(crate) struct MqscClient {
    connection: Attached,
    commands: Hobj,
    replies: Hobj,
    reply_queue: Chars<48>,
}

impl MqscClient {
    /// Connects and opens the queues.
    pub(crate) fn attach(paths: &QmgrPaths, program: &str) -> Result<Self, Failure> {
        Self::over(Attached::local(paths, program).map_err(Failure::Connect)?)
    }

    /// Opens the queues of a connection.
    pub(crate) fn over(mut connection: Attached) -> Result<Self, Failure> {
        let commands =
            connection.open_queue("SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_OUTPUT).map_err(failed("MQOPEN"))?;
        let model = Od {
            object_name: Chars::from_str_padded("SYSTEM.MQSC.REPLY.QUEUE"),
            dynamic_q_name: Chars::from_str_padded("MQSC.*"),
            ..Od::default()
        };
        let (replies, od) = connection.open(model, MQOO_INPUT_EXCLUSIVE).map_err(failed("MQOPEN"))?;
        Ok(Self { connection, commands, replies, reply_queue: od.object_name })
    }

    /// Runs one command.
    pub(crate) fn run(&mut self, command: &str) -> Result<Answer, Failure> {
        self.run_up_to(command, usize::MAX)
    }

    /// The same; of a longer answer only so many lines are kept.
    pub(crate) fn run_up_to(&mut self, command: &str, lines_max: usize) -> Result<Answer, Failure> {
        let sent = self.send(command, MQPMO_NO_SYNCPOINT)?;
        let mut answer = Answer::default();
        while !answer.is_last {
            let part = self.answer(&sent)?;
            let left = lines_max - answer.lines.len();
            answer.lines.extend(part.lines.into_iter().take(left));
            answer.is_failure |= part.is_failure;
            answer.is_last = part.is_last;
        }
        Ok(answer)
    }

    /// Sends a command that is not seen before [`Self::commit`].
    pub(crate) fn send_uncommitted(&mut self, command: &str) -> Result<Sent, Failure> {
        self.send(command, MQPMO_SYNCPOINT)
    }

    /// Lets the command server see what has been sent.
    pub(crate) fn commit(&mut self) -> Result<(), Failure> {
        self.connection.commit().map_err(failed("MQCMIT"))
    }

    fn send(&mut self, command: &str, syncpoint: i32) -> Result<Sent, Failure> {
        let request = Message {
            header: Cfh::command(MQCMD_ESCAPE),
            parameters: vec![
                Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC),
                Parameter::text(MQCACF_ESCAPE_TEXT, command),
            ],
        };
        let md = Md {
            msg_type: MQMT_REQUEST,
            format: format::ADMIN,
            coded_char_set_id: 1208,
            persistence: MQPER_NOT_PERSISTENT,
            reply_to_q: self.reply_queue,
            ..Md::default()
        };
        let pmo = Pmo { version: 2, options: syncpoint | MQPMO_NEW_MSG_ID, ..Pmo::default() };
        let put = self
            .connection
            .put(self.commands, md, pmo, request.to_bytes(ByteOrder::Little))
            .map_err(failed("MQPUT"))?;
        Ok(Sent(put.msg_id))
    }

    /// Waits for the next part of the answer to a command.
    pub(crate) fn answer(&mut self, sent: &Sent) -> Result<Answer, Failure> {
        let gmo = Gmo {
            version: 2,
            options: MQGMO_WAIT | MQGMO_NO_SYNCPOINT | MQGMO_CONVERT,
            wait_interval: WAIT_MS,
            match_options: MQMO_MATCH_CORREL_ID,
            ..Gmo::default()
        };
        let md = Md { correl_id: sent.0, coded_char_set_id: 1208, ..Md::default() };
        let got = self.connection.get(self.replies, md, gmo, RESPONSE_MAX).map_err(failed("MQGET"))?;
        let order = ByteOrder::of_encoding(got.md.encoding);
        let response = Message::of_bytes(&got.body, order).map_err(Failure::Response)?;
        let text = response.text(MQCACF_ESCAPE_TEXT).filter(|text| !text.is_empty());
        Ok(Answer {
            lines: text.iter().flat_map(|text| text.split('\n')).map(str::to_owned).collect(),
            is_failure: response.header.comp_code == MQCC_FAILED,
            is_last: response.header.control == MQCFC_LAST,
        })
    }

    /// Disconnects; the reply queue goes with it.
    pub(crate) fn end(self) {
        // There is nobody to tell if this fails, and nothing that it could leave behind.
        let _ = self.connection.disconnect();
    }
}

fn failed(call: &'static str) -> impl Fn(Reason) -> Failure {
    move |reason| match reason {
        Reason::CONNECTION_BROKEN => Failure::Broken,
        reason => Failure::Call(call, reason),
    }
}
