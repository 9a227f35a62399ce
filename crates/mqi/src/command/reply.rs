//! The reply to a command: messages and objects, in order, and how it went.

use super::message::{Message, MessageId};
use crate::constants::{MQCC_FAILED, MQCC_OK, MQRCCF_COMMAND_FAILED};
use crate::object::{AttributeId, AttributeSet, ObjectType, Value};

/// What DISPLAY shows of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// Its type, whose class has the rows of the attributes and the heading.
    pub object: ObjectType,
    /// Attributes in display order, the name first.
    pub attributes: Vec<(AttributeId, Value)>,
    /// Handles shown under a connection or queue, in the two commands that nest.
    pub handles: Vec<ObjectRow>,
}

impl ObjectRow {
    /// The value of an attribute, by PCF identifier.
    pub fn get(&self, id: i32) -> Option<&Value> {
        self.attributes.iter().find(|(shown, _)| shown.0 == id).map(|(_, value)| value)
    }

    /// The attributes as a set.
    pub fn to_set(&self) -> AttributeSet {
        self.attributes.iter().map(|(id, value)| (id.0, value.clone())).collect()
    }
}

/// One result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyEntry {
    /// A message.
    Message(Message),
    /// An object shown.
    Object(ObjectRow),
}

/// The reply to a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandReply {
    /// Results in order. Objects come before the message that ends the reply, if any.
    pub entries: Vec<ReplyEntry>,
    /// MQCC_: how the command went.
    pub comp_code: i32,
    /// MQRC_ or MQRCCF_: why; zero for success.
    pub reason: i32,
}

impl CommandReply {
    /// A reply of one message, with its completion.
    pub fn message(message: Message) -> Self {
        let mut reply = Self::default();
        reply.push(message);
        reply
    }

    /// A reply of success.
    pub fn done(id: MessageId) -> Self {
        Self::message(Message::new(id))
    }

    /// A reply that shows objects.
    pub fn objects(rows: Vec<ObjectRow>) -> Self {
        let entries = rows.into_iter().map(ReplyEntry::Object).collect();
        Self { entries, comp_code: MQCC_OK, reason: 0 }
    }

    /// Adds a message; the worst one decides how the command went.
    pub fn push(&mut self, message: Message) {
        if message.comp_code > self.comp_code {
            self.comp_code = message.comp_code;
            self.reason = message.reason;
        }
        self.entries.push(ReplyEntry::Message(message));
    }

    /// Adds an object.
    pub fn push_object(&mut self, row: ObjectRow) {
        self.entries.push(ReplyEntry::Object(row));
    }

    /// Whether the command failed.
    pub fn is_failure(&self) -> bool {
        self.comp_code == MQCC_FAILED
    }

    /// The reason that PCF and REST give for the command as a whole: an MQRCCF_ where the reply has several
    /// results, one of them bad.
    pub fn overall_reason(&self) -> i32 {
        if self.is_failure() && self.entries.len() > 1 { MQRCCF_COMMAND_FAILED } else { self.reason }
    }
}
