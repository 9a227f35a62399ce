//! What the queue manager's end of a socket and its shell tell each other.

use mqi::call::{Body, Call};
use mqi::secret::Secret;
use mqi::{Chars, Reason};

use super::negotiate::QueueManager;
use crate::segment::status_data::StatusCode;

/// What the shell has to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Find the channel and answer with [`super::ServerEnd::admit`]. Nothing is read meanwhile.
    LookupChannel {
        /// Its name, as the client gave it.
        name: Chars<20>,
        /// The caller is a client. If not it is a queue manager, for which this is the wrong machine.
        is_client: bool,
    },
    /// Check a password and answer with [`super::ServerEnd::verified`].
    Verify {
        /// Whose.
        conversation: u32,
        /// Number of the check, which comes back with the verdict.
        check: u32,
        /// User id.
        user: String,
        /// Password.
        password: Secret,
    },
    /// Nobody wants to know any more what this check would say.
    ForgetCheck {
        /// Its number.
        check: u32,
    },
    /// Hand the call to the kernel and its answer to [`super::ServerEnd::reply`]. A connect begins what the
    /// kernel calls a conversation.
    Call {
        /// Who calls.
        conversation: u32,
        /// What.
        call: Call,
    },
    /// The next bytes of a put; the kernel gives credit for it before it comes.
    Part {
        /// Whose put.
        conversation: u32,
        /// At most [`mqi::call::PIECE_MAX`] bytes.
        bytes: Body,
    },
    /// There is room for the next piece of a body; it goes to [`super::ServerEnd::piece`].
    Pull {
        /// Whose.
        conversation: u32,
    },
    /// Tell the kernel to end what another connection waits for: a thread of the same application is closing it.
    CancelWaits {
        /// Who asks.
        conversation: u32,
        /// Connection that waits, on this socket or another.
        connection_id: [u8; 24],
        /// What its calls are told.
        reason: Reason,
    },
    /// The conversation has disconnected: the kernel knows.
    Ended {
        /// Which.
        conversation: u32,
    },
    /// The conversation has broken: the kernel must be told.
    Gone {
        /// Which.
        conversation: u32,
    },
    /// Send what is still to be sent, then close the socket. Nothing comes after this.
    Close {
        /// Why.
        reason: CloseReason,
    },
}

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client has ended it, or is gone.
    Ended,
    /// The client was refused, or the queue manager ends the channel.
    Refused(StatusCode),
    /// The client broke the protocol; the text says how.
    Protocol(String),
    /// The client said nothing for too long.
    Silence,
}

/// A local application, whom the kernel of the operating system vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its user.
    pub user: String,
    /// Its process id.
    pub pid: u32,
}

/// What the machine knows of its surroundings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The queue manager.
    pub qmgr: QueueManager,
    /// Address of the peer as CONNAME shows it; blank for a local application.
    pub address: String,
    /// A local application.
    pub local: Option<Local>,
}

/// How the check of a password ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the user's.
    Proved,
    /// It is not.
    Wrong,
    /// This queue manager checks no passwords.
    Unchecked,
}

/// What DISPLAY CHSTATUS shows of a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Segments received.
    pub segments_received: u64,
    /// Segments sent.
    pub segments_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
}
