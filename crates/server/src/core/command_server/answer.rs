//! Responses: what a request came to, as the messages that tell it.
//!
//! ```text
//! rows ──► lines ──► text ── 30,000 bytes ──► response, more follows ─┐
//! reply ─► lines ──► text ─────────────────► response, the last one ──┴──► ready: put when the log is durable so far
//! ```

use std::collections::VecDeque;

use mqi::call::{Call, Long};
use mqi::command::{CommandReply, ObjectRow, ReplyEntry};
use mqi::constants::*;
use mqi::format;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::pmo::Pmo;
use mqi::wire::ByteOrder;
use mqsc::print::{self, Style};
use store::Lsn;

use super::asker::Asker;
use super::inquire;

/// Longest text in one response message.
const TEXT_MAX: usize = 30_000;

/// What a request came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    comp_code: i32,
    reason: i32,
}

impl Outcome {
    pub(super) const OK: Self = Self { comp_code: MQCC_OK, reason: MQRC_NONE };

    pub(super) fn failed(reason: i32) -> Self {
        Self { comp_code: MQCC_FAILED, reason }
    }
}

/// The answer to one request.
#[derive(Debug)]
pub(super) struct Answer {
    asker: Box<Asker>,
    /// The command that was asked (MQCMD).
    command: i32,
    /// Responses, and what must be durable before each is put.
    ready: VecDeque<(Lsn, Box<Call>)>,
    /// Lines that no response has yet.
    text: String,
    /// Responses so far.
    count: i32,
    is_complete: bool,
}

impl Answer {
    /// An answer of which nothing is known yet.
    pub(super) fn new(asker: Box<Asker>, command: i32) -> Self {
        let (ready, text) = (VecDeque::new(), String::new());
        Self { asker, command, ready, text, count: 0, is_complete: false }
    }

    /// Who is answered.
    pub(super) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Whether anybody is to be told. Who names no reply queue wants no answer.
    pub(super) fn is_wanted(&self) -> bool {
        !self.asker.md.reply_to_q.is_blank()
    }

    /// Whether all of it is there: nothing but what is ready is to be put.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// What must be durable before the next response is put; none: there is none ready.
    pub(super) fn next_wait(&self) -> Option<Lsn> {
        self.ready.front().map(|(wait, _)| *wait)
    }

    /// The next response.
    pub(super) fn next(&mut self) -> Option<Box<Call>> {
        self.ready.pop_front().map(|(_, put)| put)
    }

    /// A response that could not be put comes again.
    pub(super) fn again(&mut self, put: Box<Call>) {
        self.ready.push_front((Lsn::NONE, put));
    }

    /// Adds rows of a list that is not complete.
    pub(super) fn add(&mut self, rows: Vec<ObjectRow>, wait: Lsn) {
        for row in rows {
            if self.command == MQCMD_ESCAPE {
                self.add_lines(&print::object(&row, Style::default()), wait);
            } else {
                self.respond(inquire::parameters(&row), Outcome::OK, MQCFC_NOT_LAST, wait);
            }
        }
    }

    /// Completes it with the reply of the command.
    pub(super) fn finish(&mut self, reply: &CommandReply, wait: Lsn) {
        let outcome = match reply.is_failure() {
            true => Outcome::failed(reply.overall_reason()),
            false => Outcome::OK,
        };
        if self.command == MQCMD_ESCAPE {
            for entry in &reply.entries {
                self.add_lines(&print::entry_lines(entry, Style::default()), wait);
            }
            return self.end(outcome, wait);
        }
        let mut rows = reply.entries.iter().filter_map(|entry| match entry {
            ReplyEntry::Object(row) => Some(inquire::parameters(row)),
            ReplyEntry::Message(_) => None,
        });
        let mut last = rows.next().unwrap_or_default();
        for row in rows {
            self.respond(std::mem::replace(&mut last, row), outcome, MQCFC_NOT_LAST, wait);
        }
        self.respond(last, outcome, MQCFC_LAST, wait);
    }

    /// Completes it with these lines. Only an Escape command is answered with text.
    pub(super) fn finish_with(&mut self, outcome: Outcome, lines: &[String]) {
        if self.command == MQCMD_ESCAPE {
            self.add_lines(lines, Lsn::NONE);
            self.end(outcome, Lsn::NONE);
        } else {
            self.respond(Vec::new(), outcome, MQCFC_LAST, Lsn::NONE);
        }
    }

    fn add_lines(&mut self, lines: &[String], wait: Lsn) {
        for line in lines {
            if !self.text.is_empty() && self.text.len() + line.len() >= TEXT_MAX {
                self.respond_with_text(Outcome::OK, MQCFC_NOT_LAST, wait);
            }
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(line);
        }
    }

    fn end(&mut self, outcome: Outcome, wait: Lsn) {
        // All of a short answer say how it went; of a list, that is known at its end only.
        self.respond_with_text(outcome, MQCFC_LAST, wait);
    }

    fn respond_with_text(&mut self, outcome: Outcome, control: i32, wait: Lsn) {
        let text = std::mem::take(&mut self.text);
        let parameters =
            vec![Parameter::int(MQIACF_ESCAPE_TYPE, MQET_MQSC), Parameter::text(MQCACF_ESCAPE_TEXT, &text)];
        self.respond(parameters, outcome, control, wait);
    }

    fn respond(&mut self, parameters: Vec<Parameter>, outcome: Outcome, control: i32, wait: Lsn) {
        self.is_complete |= control == MQCFC_LAST;
        if !self.is_wanted() {
            return;
        }
        self.count = self.count.saturating_add(1);
        let header = Cfh {
            kind: MQCFT_RESPONSE,
            msg_seq_number: self.count,
            control,
            comp_code: outcome.comp_code,
            reason: outcome.reason,
            ..Cfh::command(self.command)
        };
        let bytes = Message { header, parameters }.to_bytes(ByteOrder::Little);
        self.ready.push_back((wait, Box::new(response(&self.asker, bytes))));
    }
}

/// A message to the reply queue of a request: as urgent and as durable as that, with the ids that it asks for, put for
/// the same user with the same identity context.
fn response(asker: &Asker, bytes: Vec<u8>) -> Call {
    let Asker { md: request, user } = asker;
    let od =
        Od { object_name: request.reply_to_q, object_q_mgr_name: request.reply_to_q_mgr, ..Od::default() };
    let mut md = Md {
        msg_type: MQMT_REPLY,
        format: format::ADMIN,
        encoding: MQENC_NATIVE,
        coded_char_set_id: 1208,
        persistence: request.persistence,
        priority: request.priority,
        user_identifier: request.user_identifier,
        accounting_token: request.accounting_token,
        appl_identity_data: request.appl_identity_data,
        ..Md::v2()
    };
    md.answers(request);
    let options = MQPMO_NO_SYNCPOINT | MQPMO_SET_IDENTITY_CONTEXT;
    let pmo = Pmo { version: 2, options, ..Pmo::default() };
    let (od, md, pmo) = (Box::new(od), Box::new(md), Box::new(pmo));
    Call::Put1For { user: user.clone(), od, md, pmo, body: Long::whole(bytes.into()) }
}

pub(super) fn is_persistent(response: &Call) -> bool {
    matches!(response, Call::Put1For { md, .. } if md.persistence != MQPER_NOT_PERSISTENT)
}

/// The same for a queue that holds nothing persistent.
pub(super) fn not_persistent(mut response: Box<Call>) -> Box<Call> {
    if let Call::Put1For { md, .. } = response.as_mut() {
        md.persistence = MQPER_NOT_PERSISTENT;
    }
    response
}
