//! A refusal: reason code 2035 to the caller, one line in the error log, and nothing else.
//!
//! Who has proved who he is, and has named a channel that nobody can use, is told that. Otherwise the caller never learns which rule refused him or whether what he asked for exists; the log says all.

use mqi::reason::Reason;

use super::{QMGR_PROFILE, User};
use crate::output::LogLine;

/// Why someone was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Message for the error log.
    pub(crate) id: &'static str,
    /// Who asked: the user in whose name, or whom he said he was.
    pub(crate) user: String,
    /// Over which channel; blank for a local application.
    pub(crate) channel: String,
    /// From which address; blank for a local application.
    pub(crate) address: String,
    /// For which object.
    pub(crate) object: String,
    /// The rule that refused, or what was missing.
    pub(crate) rule: String,
}

impl Refusal {
    /// An entity has insufficient authority for an object.
    pub(crate) const AUTHORITY: &'static str = "AMQ8077";
    /// A channel authentication record has blocked the user.
    pub(crate) const USER_BLOCKED: &'static str = "AMQ9776";
    /// A channel authentication record has blocked the connection.
    pub(crate) const CHANNEL_BLOCKED: &'static str = "AMQ9777";
    /// There is no channel of that name.
    pub(crate) const CHANNEL_UNKNOWN: &'static str = "AMQ9519";
    /// It is not one for clients.
    pub(crate) const CHANNEL_OF_OTHER_TYPE: &'static str = "AMQ9547";
    /// It has been stopped.
    pub(crate) const CHANNEL_STOPPED: &'static str = "AMQ9534";
    /// Credentials are required and were not given.
    pub(crate) const CREDENTIALS_MISSING: &'static str = "AMQ5540";

    /// Of a user who lacks authority for an object.
    pub(super) fn of_user(user: &User, object: &str, rule: String) -> Box<Self> {
        let User { name, channel, address } = user.clone();
        Box::new(Self { id: Self::AUTHORITY, user: name, channel, address, object: object.to_owned(), rule })
    }

    /// What the caller is told.
    pub(crate) fn reason(&self) -> Reason {
        match self.id {
            Self::CHANNEL_UNKNOWN => Reason::UNKNOWN_CHANNEL_NAME,
            Self::CHANNEL_OF_OTHER_TYPE => Reason::CHANNEL_CONFIG_ERROR,
            Self::CHANNEL_STOPPED => Reason::CHANNEL_NOT_AVAILABLE,
            _ => Reason::NOT_AUTHORIZED,
        }
    }

    /// The line for the error log: user, channel, address, object and rule, whatever the message, which is how the
    /// texts of the catalogue number them; of a channel that nobody can use, channel and address. The queue manager itself goes by its name.
    pub(crate) fn log_line(&self, qmgr_name: &str) -> LogLine {
        let Self { user, channel, address, object, rule, .. } = self;
        let object = if object == QMGR_PROFILE { qmgr_name } else { object };
        if self.reason() != Reason::NOT_AUTHORIZED {
            return LogLine { id: self.id, inserts: vec![channel.clone(), address.clone()] };
        }
        let inserts = [user, channel, address, object, rule].map(str::to_owned);
        LogLine { id: self.id, inserts: inserts.to_vec() }
    }
}
