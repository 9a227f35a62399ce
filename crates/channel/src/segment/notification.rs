//! NOTIFICATION: state of a streaming consumer, both ways.
//!
//! ```text
//!  0 LONG version, 1
//!  4 LONG handle
//!  8 LONG code
//! 12 LONG value, often a reason code or a state
//! ```

use mqi::wire::{DecodeError, Reader, Writer};

/// What happened. Codes that this version does not know pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NotificationCode(pub i32);

macro_rules! notification_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl NotificationCode {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// Name as the wire reference has it; `None` for a code that is not known.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

notification_codes! {
    /// Server: gets are disabled on the queue.
    GET_INHIBITED = 1;
    /// Server: gets are enabled again.
    GET_ALLOWED = 2;
    /// Client: consumers of the connection are started, stopped or suspended.
    CONN_STATE = 3;
    /// Server: answer to that.
    CONN_STATE_REPLY = 4;
    /// Client: state of one consumer.
    Q_STATE = 5;
    /// Server: answer to that.
    Q_STATE_REPLY = 6;
    /// Server: the queue manager is quiescing.
    QM_QUIESCING = 7;
    /// Transactional streaming may go on.
    TXN_ALLOWED = 8;
    /// Transactional streaming must stop.
    TXN_REVOKE = 9;
    /// Answer to that.
    TXN_REVOKE_REPLY = 10;
    /// Server: nothing more now.
    CHECK_MSG = 11;
    /// Client: the browse cursor goes back to the start.
    BROWSE_FIRST = 12;
    /// A message is too large.
    MESSAGE_TOO_LARGE = 13;
    /// Streaming failed.
    STREAMING_FAILURE = 14;
    /// Client: it has nothing left.
    CLIENT_ASYNC_EMPTY = 15;
    /// Streaming waits for a unit of work.
    STREAMING_TXN_PAUSED = 16;
    /// A client that was lost is back.
    RECONNECTION_COMPLETE = 17;
}

impl NotificationCode {
    /// Whether it only ever answers a request.
    pub(crate) fn is_answer(self) -> bool {
        matches!(
            self,
            Self::CONN_STATE_REPLY | Self::Q_STATE_REPLY | Self::TXN_REVOKE_REPLY | Self::CHECK_MSG
        )
    }
}

impl std::fmt::Debug for NotificationCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Body of a NOTIFICATION segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Version of the body.
    pub version: i32,
    /// Handle concerned; 0 for the connection.
    pub hobj: i32,
    /// What happened.
    pub code: NotificationCode,
    /// A value that goes with the code.
    pub value: i32,
}

impl Notification {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { version: r.i32()?, hobj: r.i32()?, code: NotificationCode(r.i32()?), value: r.i32()? })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(self.version);
        w.i32(self.hobj);
        w.i32(self.code.0);
        w.i32(self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};

    #[test]
    fn nothing_more_now() {
        let got = round_trip("notif-check-tshm-le", Notification::decode, Notification::encode);
        assert_eq!(got, Notification { version: 1, hobj: 2, code: NotificationCode::CHECK_MSG, value: 0 });
        check_truncations("notif-check-tshm-le", Notification::decode);
    }
}
