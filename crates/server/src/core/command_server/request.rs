//! A request: an Escape PCF message that carries MQSC text, or one of the inquiries that are built.

use mqi::command::Command;
use mqi::constants::*;
use mqi::md::Md;
use mqi::pcf::Message;
use mqi::wire::{ByteOrder, Charset, Reader};
use mqsc::print::{self, Style};

use super::answer::Outcome;
use super::end::{EndRequest, end_request};
use super::inquire;

/// What a request that was not read to its end is told.
const TOO_LONG: &str = "the request is too long";

/// What a request wants.
#[derive(Debug)]
pub(super) enum Asked {
    /// A command, and how it was asked for (MQCMD).
    Command(i32, Box<Command>),
    /// The end of the queue manager.
    End(EndRequest),
    /// Nothing that there is: as which command that is answered, and how.
    Refused(i32, Outcome, Vec<String>),
}

/// Reads a request; a truncated one was too long to be read to its end.
pub(super) fn read(md: &Md, bytes: &[u8], is_truncated: bool) -> Asked {
    let order = ByteOrder::of_encoding(md.encoding);
    let message = match Message::of_bytes(bytes, order) {
        Ok(message) => message,
        // What names no command is answered as if it had asked for none.
        Err(_) if is_truncated => return refused(asked(bytes, order), MQRCCF_MSG_LENGTH_ERROR, TOO_LONG),
        Err(reason) => {
            return refused(asked(bytes, order), reason.0, "the request is not a PCF message");
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
        return refused(command, reason, what);
    }
    if command == MQCMD_INQUIRE_Q_MGR {
        return match inquire::queue_manager(&message.parameters) {
            Ok(wanted) => Asked::Command(command, Box::new(wanted)),
            Err(reason) => refused(command, reason, "the command is wrong"),
        };
    }
    let Some(text) = message.text(MQCACF_ESCAPE_TEXT) else {
        return refused(command, MQRCCF_PARM_COUNT_TOO_SMALL, "there is no command");
    };
    if let Some(end) = end_request(&text) {
        return Asked::End(end);
    }
    match mqsc::parse(&text) {
        Ok(wanted) => Asked::Command(command, Box::new(wanted)),
        Err(error) => {
            let lines = print::parse_error(&error, Style::default());
            Asked::Refused(command, Outcome::failed(MQRCCF_COMMAND_FAILED), lines)
        }
    }
}

fn refused(command: i32, reason: i32, what: &str) -> Asked {
    Asked::Refused(command, Outcome::failed(reason), vec![what.to_owned()])
}

/// The command of a request that is not one for another reason, if it says so much.
fn asked(bytes: &[u8], order: ByteOrder) -> i32 {
    let mut r = Reader::new(bytes, order, Charset::Ascii);
    r.skip(12).and_then(|()| r.i32()).unwrap_or(MQCMD_NONE)
}
