//! SOCKET_ACTION: start and end of conversations on a shared socket.
//!
//! ```text
//!  0 LONG conversation, in the segment's byte order
//!  4 LONG request
//!  8 LONG action
//! 12 LONG parameter 1
//! 16 LONG parameter 2
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

/// What is to be done. Actions that this version does not know pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Action(pub i32);

impl Action {
    /// A client starts a conversation.
    pub const START_CONVERSATION: Self = Self(1);
    /// A conversation ends; there is no answer.
    pub const END_CONVERSATION: Self = Self(2);
    /// Answer to a start that is refused. As observed, any answer but [`Self::CONVERSATION_STARTED`] fails the
    /// new conversation with 2273 and leaves the others alone.
    pub const CONVERSATION_REFUSED: Self = Self(3);
    /// Answer to a start: the parameters are thread and trace id of the conversation.
    pub const CONVERSATION_STARTED: Self = Self(8);
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::START_CONVERSATION => f.write_str("START_CONVERSATION"),
            Self::END_CONVERSATION => f.write_str("END_CONVERSATION"),
            Self::CONVERSATION_REFUSED => f.write_str("CONVERSATION_REFUSED"),
            Self::CONVERSATION_STARTED => f.write_str("CONVERSATION_STARTED"),
            Self(other) => write!(f, "{other}"),
        }
    }
}

/// Body of a SOCKET_ACTION segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketAction {
    /// Conversation concerned.
    pub conversation: u32,
    /// Request that an answer belongs to.
    pub request: u32,
    /// What is to be done.
    pub action: Action,
    /// First parameter.
    pub parameter1: i32,
    /// Second parameter.
    pub parameter2: i32,
}

impl SocketAction {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            conversation: r.u32()?,
            request: r.u32()?,
            action: Action(r.i32()?),
            parameter1: r.i32()?,
            parameter2: r.i32()?,
        })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.u32(self.conversation);
        w.u32(self.request);
        w.i32(self.action.0);
        w.i32(self.parameter1);
        w.i32(self.parameter2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};

    #[test]
    fn start_and_its_answer() {
        let got = round_trip("socket-start-tshc-le", SocketAction::decode, SocketAction::encode);
        let start = SocketAction {
            conversation: 3,
            request: 0,
            action: Action::START_CONVERSATION,
            parameter1: 0,
            parameter2: 0,
        };
        assert_eq!(got, start);
        let got = round_trip("socket-start-rep-tshm-le", SocketAction::decode, SocketAction::encode);
        let started =
            SocketAction { action: Action::CONVERSATION_STARTED, parameter1: 21, parameter2: 61, ..start };
        assert_eq!(got, started);
        check_truncations("socket-start-tshc-le", SocketAction::decode);
    }
}
