//! Responses: what a request came to, as the messages that tell it.

use mqi::call::{Call, Long};
use mqi::constants::*;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pcf::{Cfh, Message, Parameter};
use mqi::pmo::Pmo;
use mqi::wire::ByteOrder;
use mqi::{Reason, format};

use super::asker::Asker;

/// Longest text in one response message.
const TEXT_MAX: usize = 30_000;

/// What a request came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// The command that was asked (MQCMD).
    pub(super) command: i32,
    comp_code: i32,
    reason: i32,
}

impl Outcome {
    pub(super) fn of(command: i32, comp_code: i32, reason: i32) -> Self {
        Self { command, comp_code, reason }
    }
}

/// The responses that tell these lines, in messages of bounded size. Only an Escape command is answered with text.
pub(super) fn of_lines(asker: &Asker, outcome: Outcome, lines: &[String]) -> Vec<Call> {
    if outcome.command != MQCMD_ESCAPE {
        return of_parameters(asker, outcome, vec![Vec::new()]);
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
    of_parameters(asker, outcome, texts.iter().map(parameters).collect())
}

/// The responses with these parameters, one for each list. Who names no reply queue wants none.
pub(super) fn of_parameters(asker: &Asker, outcome: Outcome, responses: Vec<Vec<Parameter>>) -> Vec<Call> {
    if asker.md.reply_to_q.is_blank() {
        return Vec::new();
    }
    let last = responses.len().saturating_sub(1);
    let of_one = |(at, parameters)| {
        let header = Cfh {
            kind: MQCFT_RESPONSE,
            msg_seq_number: i32::try_from(at + 1).unwrap_or(i32::MAX),
            control: if at == last { MQCFC_LAST } else { MQCFC_NOT_LAST },
            comp_code: outcome.comp_code,
            reason: outcome.reason,
            ..Cfh::command(outcome.command)
        };
        answer(asker, Message { header, parameters }.to_bytes(ByteOrder::Little))
    };
    responses.into_iter().enumerate().map(of_one).collect()
}

/// A message to the reply queue of a request: as urgent and as durable as that, with the ids that it asks for, put for
/// the same user with the same identity context.
fn answer(asker: &Asker, bytes: Vec<u8>) -> Call {
    let Asker { md: request, user, .. } = asker;
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

/// What the error log is told of an answer that is lost, as its asker is gone, say: reason, queue, user.
pub(super) fn undelivered(answer: &Call, reason: Reason) -> Vec<String> {
    let Call::Put1For { user, od, .. } = answer else { return Vec::new() };
    vec![reason.0.to_string(), od.object_name.to_string(), user.to_string()]
}

pub(super) fn is_persistent(answer: &Call) -> bool {
    matches!(answer, Call::Put1For { md, .. } if md.persistence != MQPER_NOT_PERSISTENT)
}

/// The same for a queue that holds nothing persistent.
pub(super) fn not_persistent(mut answer: Call) -> Call {
    if let Call::Put1For { md, .. } = &mut answer {
        md.persistence = MQPER_NOT_PERSISTENT;
    }
    answer
}
