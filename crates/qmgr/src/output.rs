//! Everything that the kernel can ask of the shell, in the order in which it is to be done.

use mqi::call::{Body, Delivery, Notice, Reply};
use mqi::command::{CommandReply, ObjectRow};
use store::{Body as Pieces, Lsn, Record};

use crate::input::{ConversationId, ScratchPlace, Ticket};
use crate::number::MessageNumber;

/// Outputs of one or more inputs, in order.
pub type Outputs = Vec<Output>;

/// One output. `wait`: it must not leave before the log is durable past that position; outputs of one
/// conversation leave in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The answer to a call. When the body of a get is not whole, pieces follow on [`crate::Input::Pull`].
    Reply {
        /// Whose call.
        conversation: ConversationId,
        /// The answer.
        reply: Box<Reply>,
        /// See above.
        wait: Lsn,
    },
    /// A message for a streaming consumer. When its body is not whole, pieces follow.
    Deliver {
        /// Whose consumer.
        conversation: ConversationId,
        /// The message.
        delivery: Box<Delivery>,
        /// See above.
        wait: Lsn,
    },
    /// A notification for a client.
    Notify {
        /// Whom.
        conversation: ConversationId,
        /// What.
        notice: Notice,
        /// See above.
        wait: Lsn,
    },
    /// The next bytes of the body being returned to a conversation.
    Piece {
        /// Whose.
        conversation: ConversationId,
        /// At most [`mqi::call::PIECE_MAX`] bytes.
        bytes: Body,
        /// Nothing follows.
        last: bool,
        /// See above.
        wait: Lsn,
    },
    /// The conversation's long put may send its next part.
    Credit {
        /// Whose.
        conversation: ConversationId,
        /// Hold it back until the log is durable past this, so that memory stays bounded.
        wait: Lsn,
    },
    /// The next record of the log; its position is the sum of the lengths before it.
    Append {
        /// Where the kernel says that it will be: asserted by the shell against the store.
        lsn: Lsn,
        /// The record.
        record: Record,
    },
    /// The record at this position is dead.
    Release {
        /// Where.
        lsn: Lsn,
        /// Its whole length in bytes.
        len: u32,
    },
    /// Read the body of the record at this position and answer with [`crate::Input::Loaded`].
    Load {
        /// For the answer.
        ticket: Ticket,
        /// Where.
        lsn: Lsn,
        /// Its whole length in bytes.
        len: u32,
        /// True if the records after it are likely to be wanted next: read ahead.
        sequential: bool,
    },
    /// Write this to the scratch file and answer with [`crate::Input::Spilled`]. It stays in memory until then.
    Spill {
        /// The message that it is of.
        number: MessageNumber,
        /// 0, or the number of the piece of a long message.
        index: u32,
        /// The bytes.
        body: Pieces,
    },
    /// Read this from the scratch file and answer with [`crate::Input::Loaded`].
    LoadSpilled {
        /// For the answer.
        ticket: Ticket,
        /// What must be there.
        number: MessageNumber,
        /// The same.
        index: u32,
        /// Where.
        place: ScratchPlace,
        /// Its length in bytes.
        len: u32,
    },
    /// This place of the scratch file is free again.
    Drop {
        /// Where.
        place: ScratchPlace,
        /// The length of what was there, in bytes.
        len: u32,
    },
    /// The first, or the next, rows of a long answer: more come after [`crate::Input::CommandMore`], the last ones with
    /// [`Self::CommandReply`].
    CommandRows {
        /// Of the command.
        ticket: Ticket,
        /// Some rows, at least one.
        rows: Vec<ObjectRow>,
        /// See above.
        wait: Lsn,
    },
    /// Tell with [`crate::Input::Sockets`] what is known of some sockets.
    AskSockets {
        /// For the answer.
        ticket: Ticket,
        /// Where those before have ended: 0, or as the last answer said.
        after: u64,
    },
    /// The answer to a command.
    CommandReply {
        /// Of the command.
        ticket: Ticket,
        /// The answer.
        reply: Box<CommandReply>,
        /// See above.
        wait: Lsn,
    },
    /// Start or stop listening.
    Listener(ListenerAction),
    /// End this conversation: STOP CONN, STOP CHANNEL, or the end of the queue manager.
    Disconnect {
        /// Which.
        conversation: ConversationId,
        /// What its client is told.
        reason: mqi::reason::Reason,
    },
    /// A line for the error log: message id (AMQ…) and inserts.
    Log(LogLine),
    /// After [`crate::Input::End`]: nothing is left to wait for.
    Ended,
}

/// What to do with a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerAction {
    /// Listen, and say how it went with [`crate::Input::ListenerChanged`].
    Start {
        /// Name of the LISTENER object.
        name: String,
        /// Address to bind, blank for all.
        address: String,
        /// Port; 0 means 1414.
        port: u16,
        /// Backlog; 0 means 100.
        backlog: u32,
    },
    /// Stop listening; connections stay.
    Stop {
        /// Name of the LISTENER object.
        name: String,
    },
}

/// One entry of the error log, without time and process: the shell adds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Message id without severity letter, e.g. `AMQ8077`.
    pub id: &'static str,
    /// Inserts, in the order of the message's text.
    pub inserts: Vec<String>,
}
