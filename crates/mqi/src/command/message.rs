//! Operator messages by number, with the texts that go into them. What a message says stands in the catalogue
//! of crate `mqsc`; below it a message is its number and its inserts.

use crate::constants::{MQCC_FAILED, MQCC_OK, MQCC_WARNING};

/// The number of an operator message, 8006 of `AMQ8006I`. Its severity letter is the catalogue's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub i32);

#[allow(missing_docs)] // The names say it; the catalogue has the texts.
impl MessageId {
    pub const START_CHANNEL_ACCEPTED: Self = Self(8018);
    pub const STOP_CHANNEL_ACCEPTED: Self = Self(8019);
    pub const PING_CHANNEL_COMPLETE: Self = Self(8020);
    pub const START_LISTENER_ACCEPTED: Self = Self(8021);
    pub const QUEUE_CLEARED: Self = Self(8022);
    pub const CHANNEL_RESET: Self = Self(8023);
    pub const CHANNEL_INITIATOR_STARTED: Self = Self(8024);
    pub const CHANNEL_RESOLVED: Self = Self(8025);
    pub const NOT_AUTHORIZED: Self = Self(8135);
    pub const QUEUE_NOT_EMPTY: Self = Self(8143);
    pub const CONNECTION_BROKEN: Self = Self(8145);
    pub const QMGR_NOT_AVAILABLE: Self = Self(8146);
    pub const OBJECT_NOT_FOUND: Self = Self(8147);
    pub const OBJECT_IN_USE: Self = Self(8148);
    pub const OBJECT_DAMAGED: Self = Self(8149);
    pub const OBJECT_EXISTS: Self = Self(8150);
    pub const OBJECT_WRONG_TYPE: Self = Self(8151);
    pub const QUEUE_OPEN_FOR_LIKE: Self = Self(8152);
    pub const CHANNEL_EXISTS: Self = Self(8226);
    pub const CHANNEL_NOT_FOUND: Self = Self(8227);
    pub const CIPHER_SPEC_WRONG: Self = Self(8242);
    pub const SYNTAX_ERROR: Self = Self(8405);
    pub const PING_QMGR_COMPLETE: Self = Self(8415);
    pub const CHANNEL_STATUS_NOT_FOUND: Self = Self(8420);
    pub const PARAMETER_MISSING: Self = Self(8421);
    pub const NAME_ERROR: Self = Self(8424);
    pub const STRING_ERROR: Self = Self(8425);
    pub const VALID_SYNTAX: Self = Self(8427);
    pub const TYPE_NOT_FIRST: Self = Self(8428);
    pub const REPOSITORY_CONFLICT: Self = Self(8432);
    pub const CLUSTER_CONFLICT: Self = Self(8433);
    pub const USAGE_WITH_MESSAGES: Self = Self(8442);
    pub const CONNECTION_STOPPED: Self = Self(8457);
    pub const SECURITY_REFRESHED: Self = Self(8560);
    pub const STOP_LISTENER_ACCEPTED: Self = Self(8706);
    pub const CHANNEL_AUTH_SET: Self = Self(8877);
    pub const CHANNEL_AUTH_NOT_FOUND: Self = Self(8884);
    pub const AUTHORITY_SET: Self = Self(8862);
    pub const AUTHORITY_DELETED: Self = Self(8861);
    pub const CHANNEL_IN_USE: Self = Self(9514);
    pub const CHANNEL_DEFINITION_NOT_FOUND: Self = Self(9519);
    pub const CHANNEL_NOT_ACTIVE: Self = Self(9533);
    pub const INTERNAL_ERROR: Self = Self(6125);
    pub const LISTENER_RUNNING: Self = Self(8730);
    pub const LISTENER_NOT_RUNNING: Self = Self(8731);
    pub const LISTENER_IN_USE: Self = Self(8732);
    // Numbers of our own, outside the product's.
    pub const NOT_BUILT: Self = Self(8990);
    pub const ATTRIBUTE_FIXED: Self = Self(8991);
    pub const ATTRIBUTE_CONFLICT: Self = Self(8992);
    pub const COMMAND_FAILED: Self = Self(8993);
    pub const OBJECT_RESTRICTED: Self = Self(8994);
    pub const QUEUE_TYPE_ERROR: Self = Self(8995);
    pub const OBJECT_NEEDED: Self = Self(8999);
}

/// A message with what goes into its text, and what it means for the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// Texts that go into it, in the order of the catalogue.
    pub inserts: Vec<String>,
    /// MQCC_ of the command, as far as this message goes.
    pub comp_code: i32,
    /// MQRC_ or MQRCCF_.
    pub reason: i32,
}

impl Message {
    /// A message of success, without inserts.
    pub fn new(id: MessageId) -> Self {
        Self { id, inserts: Vec::new(), comp_code: MQCC_OK, reason: 0 }
    }

    /// Adds an insert.
    #[must_use]
    pub fn insert(mut self, text: impl Into<String>) -> Self {
        self.inserts.push(text.into());
        self
    }

    /// Says that the command failed, and why (MQRC_ or MQRCCF_).
    #[must_use]
    pub fn failed(mut self, reason: i32) -> Self {
        self.comp_code = MQCC_FAILED;
        self.reason = reason;
        self
    }

    /// Says that the command did less than it should, and why.
    #[must_use]
    pub fn warning(mut self, reason: i32) -> Self {
        self.comp_code = MQCC_WARNING;
        self.reason = reason;
        self
    }

    /// Whether the command failed.
    pub fn is_failure(&self) -> bool {
        self.comp_code == MQCC_FAILED
    }
}
