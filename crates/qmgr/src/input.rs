//! Everything that can happen to the kernel. A recording is the sequence of these with their times.

use bytes::Bytes;
use mqi::call::{Body, Call};
use mqi::command::Command;
use store::Lsn;

use crate::number::MessageNumber;

/// A conversation: one connection of one application. Given by the shell, never reused within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(pub u64);

/// Pairs a question of the kernel, or of the command server, with its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Where the scratch file has something: given by the shell, opaque to the kernel. Never 0, less than 2^54.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScratchPlace(pub u64);

/// How a queue manager is asked to end (endmqm -c and -w, -i, -p).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndMode {
    /// No new connections; calls with FAIL_IF_QUIESCING get 2161; ends when all have disconnected.
    Quiesce,
    /// Calls in progress complete, later ones get 2162; units of work are backed out.
    Immediate,
}

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A call of an application. It is answered by one [`crate::Output::Reply`] unless it has none.
    Call {
        /// Who calls.
        conversation: ConversationId,
        /// What.
        call: Call,
    },
    /// The next bytes of a put that began with a body that was not whole.
    Part {
        /// Whose put.
        conversation: ConversationId,
        /// At most [`mqi::call::PIECE_MAX`] bytes.
        bytes: Body,
    },
    /// The socket of a conversation has room for the next piece of the body being returned.
    Pull {
        /// Whose.
        conversation: ConversationId,
    },
    /// What [`crate::Output::Load`] or [`crate::Output::LoadSpilled`] asked for; none: it is damaged.
    Loaded {
        /// Of the question.
        ticket: Ticket,
        /// The body of the record, verified by the store.
        body: Option<Bytes>,
    },
    /// What [`crate::Output::Spill`] handed over has been written to the scratch file, or had no room there.
    Spilled {
        /// Of the message.
        number: MessageNumber,
        /// Of its pieces.
        index: u32,
        /// Where it is now; none: it is not.
        place: Option<ScratchPlace>,
    },
    /// All of the log before this position is durable.
    Durable(Lsn),
    /// What the log can still take.
    Space {
        /// Empty extents that are ready or can be made.
        free_extents: u32,
    },
    /// The store wants this record moved forward so that its extent can be freed.
    Relocate {
        /// Where it is.
        lsn: Lsn,
        /// The record, verified; none: it is damaged.
        record: Option<store::Record>,
    },
    /// A unit of work has stretched over more extents than it may: back it out (AMQ7469W).
    LogFull,
    /// The conversation has broken: back out and forget.
    Gone {
        /// Which.
        conversation: ConversationId,
    },
    /// An administrator's command, parsed.
    Command {
        /// Comes back with the reply.
        ticket: Ticket,
        /// User in whose name it runs.
        user: String,
        /// What to do.
        command: Command,
        /// What only the shell knows and some displays show.
        facts: Facts,
    },
    /// Whoever is told a long reply has room for the next rows of it.
    CommandMore {
        /// Of the command.
        ticket: Ticket,
    },
    /// Nobody wants the rest of a long reply.
    CommandDropped {
        /// Of the command.
        ticket: Ticket,
    },
    /// What [`crate::Output::AskSockets`] asked for.
    Sockets {
        /// Of the command.
        ticket: Ticket,
        /// The next sockets.
        sockets: Vec<SocketFacts>,
        /// After which the ones after them come; none: there are no more.
        next: Option<u64>,
    },
    /// A listener that was to be started or stopped has changed.
    ListenerChanged {
        /// Name of the LISTENER object.
        name: String,
        /// Process id, address and port when running; the error otherwise.
        state: Result<Option<ListenerFacts>, String>,
    },
    /// Another thread of the client closes what a connection waits on (SPI NOTIFY): its waits end with the reason.
    CancelWaits {
        /// Who asks. Only waits of the same user, come by the same channel from the same address, are ended.
        by: ConversationId,
        /// The connection that waits: of MQCONN.
        connection_id: [u8; 24],
        /// What the waiting calls are told.
        reason: mqi::reason::Reason,
    },
    /// The shell holds so much for its sockets beyond its own share of memory: the kernel has less.
    Lent {
        /// In bytes.
        bytes: usize,
    },
    /// So much waits to be sent on a conversation that its consumers are to be given nothing more, or no longer.
    Window {
        /// Which.
        conversation: ConversationId,
        /// Whether they may have more.
        is_open: bool,
    },
    /// Whether clients that can connect again by themselves are to do so at the end that follows (endmqm -r), or are to
    /// end with this queue manager.
    Reconnect(bool),
    /// The queue manager is to end.
    End(EndMode),
    /// Nothing but time has passed: a deadline is due.
    Tick,
}

/// What the shell knows about a running listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerFacts {
    /// Process id.
    pub pid: u32,
    /// Address bound, `*` for all.
    pub address: String,
    /// Port bound.
    pub port: u16,
}

/// Facts of the shell that displays show: sent along with the commands that need them. Those of sockets, which are many,
/// are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Keyword and value of the QMSTATUS attributes that come from disk and process (LOGPATH, DATFSSZ, …).
    pub qmgr: Vec<(String, String)>,
}

/// What the shell knows about one socket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketFacts {
    /// Conversations on it.
    pub conversations: Vec<ConversationId>,
    /// Channel name.
    pub channel: String,
    /// Peer address without port, as CONNAME shows it.
    pub address: String,
    /// Segments and bytes in both directions.
    pub segments_received: u64,
    /// Sent.
    pub segments_sent: u64,
    /// Received.
    pub bytes_received: u64,
    /// Sent.
    pub bytes_sent: u64,
    /// Calls that came over it.
    pub calls: u64,
    /// Negotiated SHARECNV.
    pub conversations_max: u32,
    /// Negotiated heartbeat interval in seconds.
    pub heartbeat_s: u32,
    /// Product of the partner, e.g. `MQJM`, and its version digits.
    pub product: String,
    /// When the channel started, wall ms.
    pub started_wall_ms: i64,
    /// When the last call was answered or message delivered, wall ms, 0 if none.
    pub last_message_wall_ms: i64,
}
