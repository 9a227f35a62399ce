//! Calls of the MQI and their replies, in the one form in which every face hands them to the kernel:
//! client channels, local applications, channel agents, the command server, flows.
//!
//! A call is plain data. Character fields are already in the form of [`Chars`], integers in the host's
//! order; `channel` turns segments into calls and replies into segments. One conversation has at most one
//! call in progress; [`Call::Consume`] and [`Call::Notify`] have no reply of their own, what they cause
//! comes as [`Delivery`] and [`Notice`] over time.
//!
//! A body longer than [`PIECE_MAX`] never travels whole: a put begins with its first piece, the rest
//! follows as parts; a reply or a delivery begins with its first piece, and the rest is pulled.

use std::fmt;

use bytes::Bytes;

use crate::chars::Chars;
use crate::gmo::Gmo;
use crate::md::Md;
use crate::od::Od;
use crate::pmo::Pmo;
use crate::putter::Putter;
use crate::reason::{CompCode, Reason};
use crate::sts::Sts;

/// Longest body, in bytes, that is handed over whole: 128 KiB. Longer ones travel in pieces of this size at most.
pub const PIECE_MAX: usize = 128 * 1024;

/// Longest message, in bytes: 100 MiB (queue-manager reference, section 1).
pub const MESSAGE_LENGTH_MAX: u32 = 104_857_600;

/// Flag of [`Consume::request_flags`] that no other client sends: a window under syncpoint. Messages of the window belong
/// to the unit of work when a request with their index has come (`docs/protocol.md`, 4).
pub const AHEAD: i32 = 0x0100_0000;

/// Code of a [`Call::Notify`] that stands for no NOTIFICATION: the handle is about to be closed, and its client says in
/// MQCLOSE that this is the index of the last message that has arrived. What was delivered after it goes back to the
/// queue.
pub const ARRIVED: i32 = -1;

/// Handle of an open object; unique within its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hobj(pub i32);

impl Hobj {
    /// No object.
    pub const NONE: Self = Self(0);
    /// What a handle becomes once closed.
    pub const UNUSABLE: Self = Self(-1);
}

/// Bytes of a message: reference-counted slices of the buffers they arrived in, in order.
///
/// How they are cut has no meaning: two bodies are equal, and look equal, when their bytes are.
///
/// Invariant: no slice is empty, so an empty body has no slices.
#[derive(Clone, Default)]
pub struct Body {
    pieces: Vec<Bytes>,
    len: usize,
}

impl Body {
    /// A body of no bytes.
    pub const fn new() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }

    /// Adds bytes at the end; empty ones leave no trace.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.len += bytes.len();
            self.pieces.push(bytes);
        }
    }

    /// Number of bytes.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True if there is no byte.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slices, in order.
    pub fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    /// All bytes as one slice; copies only when there is more than one piece.
    pub fn to_bytes(&self) -> Bytes {
        match self.pieces.as_slice() {
            [] => Bytes::new(),
            [one] => one.clone(),
            many => {
                let mut all = Vec::with_capacity(self.len);
                for piece in many {
                    all.extend_from_slice(piece);
                }
                Bytes::from(all)
            }
        }
    }

    /// The first `len` bytes, sharing the buffers. A `len` past the end gives the whole body.
    pub fn prefix(&self, len: usize) -> Self {
        let mut out = Self::new();
        let mut left = len;
        for piece in &self.pieces {
            if left == 0 {
                break;
            }
            let take = piece.len().min(left);
            out.push(piece.slice(..take));
            left -= take;
        }
        out
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        let mut body = Self::new();
        body.push(bytes);
        body
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.pieces.iter().flatten().eq(other.pieces.iter().flatten())
    }
}

impl Eq for Body {}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("b\"")?;
        self.pieces.iter().try_for_each(|piece| write!(f, "{}", piece.escape_ascii()))?;
        f.write_str("\"")
    }
}

/// A body of which the first part is here.
///
/// Invariant: `first.len() <= total`; the body is whole when they are equal, else the rest follows in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Long {
    /// Length of the whole body in bytes.
    pub total: u32,
    /// Its beginning.
    pub first: Body,
}

impl Long {
    /// A body that is all here. Longer than 4 GiB cannot be: callers bound it by [`MESSAGE_LENGTH_MAX`].
    pub fn whole(body: Body) -> Self {
        Self { total: u32::try_from(body.len()).unwrap_or(u32::MAX), first: body }
    }

    /// True if nothing follows.
    pub fn is_whole(&self) -> bool {
        self.first.len() as u64 == u64::from(self.total)
    }
}

/// Who is behind a conversation, as far as the shell has proved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// User id that the application runs as when nothing else decides: what it asserted (UID or the
    /// operating system user of a local application).
    pub asserted: String,
    /// User id whose password was checked, or whom the kernel of the operating system vouches for.
    pub verified: Option<String>,
    /// Name of the server-connection channel; none for a local application.
    pub channel: Option<String>,
    /// Address of the peer as shown in CONNAME; blank for a local application.
    pub address: String,
    /// Process id of a local application, 0 if unknown.
    pub pid: u32,
    /// Product id and level of a client, as in its INITIAL_DATA (`MQJM09040000`).
    pub product: String,
}

/// Parameters of MQCONN and MQCONNX.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// Queue manager asked for; blank or `*` with or without a name: any.
    pub qmgr_name: Chars<48>,
    /// Application name: MQMD.PutApplName, APPLTAG.
    pub appl_name: Chars<28>,
    /// MQAT of the application: MQMD.PutApplType.
    pub appl_type: i32,
    /// Accounting token as sent.
    pub accounting_token: [u8; 32],
    /// MQCNO options.
    pub options: i32,
    /// Of a client that connects again by itself: the beginning of the connection id that it had.
    pub former_connection: Option<[u8; 20]>,
    /// Who asks.
    pub identity: Identity,
}

/// Attributes of an object that its opener caches (FOPA, LPOO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAttributes {
    /// MQPER of DEFPSIST, -1 where it does not apply.
    pub def_persistence: i32,
    /// MQPRT of DEFPRESP, -1 where it does not apply.
    pub def_put_response_type: i32,
    /// MQREADA of DEFREADA, -1 where it does not apply.
    pub def_read_ahead: i32,
    /// MQPROP of PROPCTL, -1 where it does not apply.
    pub property_control: i32,
}

impl OpenAttributes {
    /// For objects that have none of them.
    pub const NONE: Self =
        Self { def_persistence: -1, def_put_response_type: -1, def_read_ahead: -1, property_control: -1 };
}

/// What a streaming consumer asks for: REQUEST_MSGS (wire reference, section 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consume {
    /// Bytes received since the last request.
    pub received_bytes: i32,
    /// Bytes that the client can take now.
    pub requested_bytes: i32,
    /// Longest message that it takes whole.
    pub max_msg_length: i32,
    /// MQGMO options.
    pub options: i32,
    /// Milliseconds, -1 unlimited.
    pub wait_interval_ms: i32,
    /// As sent; see `docs/protocol.md`.
    pub queue_status: i32,
    /// As sent; bit 0x10 tells whether `selection` was there. [`AHEAD`] is of our own clients.
    pub request_flags: i32,
    /// Index of the last message that the client knows.
    pub global_message_index: i32,
    /// Which messages; none: as in the request before.
    pub selection: Option<Selection>,
}

/// The selection block of a [`Consume`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Number of the selection; deliveries carry it, stale ones are dropped by the client.
    pub index: u16,
    /// MQMD version wanted.
    pub md_version: u16,
    /// Character set for MQGMO_CONVERT.
    pub coded_char_set_id: i32,
    /// Encoding for MQGMO_CONVERT.
    pub encoding: i32,
    /// As MQMD.MsgSeqNumber.
    pub msg_seq_number: i32,
    /// As MQMD.Offset.
    pub offset: i32,
    /// MQMO options.
    pub match_options: i32,
    /// For MQMO_MATCH_MSG_ID.
    pub msg_id: [u8; 24],
    /// For MQMO_MATCH_CORREL_ID.
    pub correl_id: [u8; 24],
    /// For MQMO_MATCH_GROUP_ID.
    pub group_id: [u8; 24],
    /// For MQMO_MATCH_MSG_TOKEN.
    pub msg_token: [u8; 16],
}

/// One call.
#[allow(missing_docs, reason = "fields are the parameters of the calls, by their names in the manuals")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// MQCONN, MQCONNX.
    Connect(Box<Connect>),
    /// MQDISC: commits the open unit of work.
    Disconnect,
    /// MQOPEN. Strings of an MQOD version 4 are inside [`Od`].
    Open { od: Box<Od>, options: i32 },
    /// MQCLOSE.
    Close { hobj: Hobj, options: i32 },
    /// MQPUT. When `body` is not whole, parts follow.
    Put { hobj: Hobj, md: Box<Md>, pmo: Box<Pmo>, body: Long },
    /// MQPUT of a message that is to be delivered so many milliseconds later.
    PutLater { hobj: Hobj, md: Box<Md>, pmo: Box<Pmo>, body: Long, delay_ms: u64 },
    /// MQPUT1.
    Put1 { od: Box<Od>, md: Box<Md>, pmo: Box<Pmo>, body: Long },
    /// MQPUT1 that the queue manager's own agents do for a user, whose name may be of any length: with his authority, the
    /// identity context that the descriptor has, and him as the putter. Nothing that an application sends is this call.
    Put1For { user: Box<str>, od: Box<Od>, md: Box<Md>, pmo: Box<Pmo>, body: Long },
    /// MQGET; `buffer_length` bounds what is returned.
    Get { hobj: Hobj, md: Box<Md>, gmo: Box<Gmo>, buffer_length: i32 },
    /// MQINQ.
    Inquire { hobj: Hobj, selectors: Vec<i32>, int_count: i32, char_length: i32 },
    /// MQSET: as many integers as integer selectors; `chars` holds the character values one after another.
    Set { hobj: Hobj, selectors: Vec<i32>, ints: Vec<i32>, chars: Vec<u8> },
    /// MQCMIT.
    Commit,
    /// MQBACK.
    Back,
    /// MQSTAT with its type (MQSTAT_TYPE_*).
    Stat { kind: i32, sts: Box<Sts> },
    /// REQUEST_MSGS: no reply.
    Consume { hobj: Hobj, consume: Box<Consume> },
    /// NOTIFICATION from the client: no reply of its own, though some codes cause a [`Notice`].
    Notify { hobj: Hobj, code: i32, value: i32 },
    /// A call that this queue manager does not have (yet): answered with the reason given.
    Refused { reason: Reason },
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Completion code.
    pub comp_code: CompCode,
    /// Reason code.
    pub reason: Reason,
    /// Output parameters. On failure too: structures as they came in, with what the kernel filled in.
    pub returned: Returned,
}

/// Output parameters of each call.
#[allow(missing_docs, reason = "fields are the parameters of the calls, by their names in the manuals")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// The queue manager's real name and the connection id (`AMQC` + name in 12 characters + 8 unique bytes).
    Connect { qmgr_name: Chars<48>, connection_id: [u8; 24] },
    /// MQDISC.
    Disconnect,
    /// The handle, or [`Hobj::UNUSABLE`] on failure.
    Open { hobj: Hobj, od: Box<Od>, attributes: OpenAttributes },
    /// MQCLOSE.
    Close,
    /// MQMD and MQPMO as completed.
    Put { md: Box<Md>, pmo: Box<Pmo> },
    /// MQOD, MQMD and MQPMO as completed.
    Put1 { od: Box<Od>, md: Box<Md>, pmo: Box<Pmo> },
    /// `data_length` is the full length of the message; `body` what fits the buffer. The putter is for the queue
    /// manager's own agents: no segment has a field for him.
    Get { md: Box<Md>, gmo: Box<Gmo>, data_length: i32, body: Long, putter: Putter },
    /// Values in selector order; `chars` is exactly as long as asked.
    Inquire { selectors: Vec<i32>, ints: Vec<i32>, chars: Vec<u8> },
    /// MQSET.
    Set,
    /// MQCMIT.
    Commit,
    /// MQBACK.
    Back,
    /// MQSTAT.
    Stat { kind: i32, sts: Box<Sts> },
    /// A refused call has no output parameters.
    Nothing,
}

/// A message, or the end of a wait, for a streaming consumer: ASYNC_MESSAGE (wire reference, section 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The consumer.
    pub hobj: Hobj,
    /// 1, 2, … per handle.
    pub message_index: i32,
    /// 1, 2, … per connection.
    pub global_message_index: i32,
    /// Of the request that it answers.
    pub selection_index: u16,
    /// 0 or what the consumer is to be told.
    pub reason: Reason,
    /// Full length of the message in bytes.
    pub total_length: u32,
    /// Token of the message.
    pub msg_token: [u8; 16],
    /// As `docs/protocol.md` describes.
    pub status: u16,
    /// Queue that the message came from.
    pub resolved_q_name: Chars<48>,
    /// The descriptor, in the version asked for.
    pub md: Box<Md>,
    /// What of the body is delivered: shorter than `total_length` when truncated.
    pub body: Long,
}

/// A NOTIFICATION to the client (wire reference, section 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Handle concerned, [`Hobj::NONE`] for the connection.
    pub hobj: Hobj,
    /// What happened.
    pub code: i32,
    /// Often a reason code.
    pub value: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(pieces: &[&'static [u8]]) -> Body {
        let mut body = Body::new();
        for piece in pieces {
            body.push(Bytes::from_static(piece));
        }
        body
    }

    #[test]
    fn bodies_are_compared_by_bytes_and_cut_without_copying() {
        assert_eq!(body(&[b"ab", b"", b"cd"]), body(&[b"a", b"bcd"]));
        assert_ne!(body(&[b"ab"]), body(&[b"ac"]));
        assert_eq!(format!("{:?}", body(&[b"ab\"", b"\0cd"])), r#"b"ab\"\x00cd""#);
        assert_eq!(body(&[b"ab", b"cd"]).prefix(3), body(&[b"abc"]));
        assert_eq!(body(&[b"ab", b"cd"]).prefix(9), body(&[b"abcd"]));
        assert_eq!(body(&[b"ab", b"cd"]).prefix(0).pieces().len(), 0);
        assert_eq!(body(&[b"ab", b"cd"]).to_bytes(), Bytes::from_static(b"abcd"));
        assert!(Long::whole(body(&[b"ab"])).is_whole());
        assert!(!Long { total: 3, first: body(&[b"ab"]) }.is_whole());
    }
}
