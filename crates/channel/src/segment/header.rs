//! The header that every segment starts with.
//!
//! ```text
//! TSH / TSHC            TSHM
//!  0  CHAR4             0   structure id, tells the kind of header and ASCII from EBCDIC
//!  4  u32 BE            4   length of the whole segment, this header included
//!     -                 8   u32 BE conversation
//!     -                12   u32 BE request: a reply repeats it
//!  8  u8               16   byte order of the segment's integers: 1 big, 2 little
//!  9  u8               17   segment type
//! 10  u8               18   control flags 1
//! 11  u8               19   control flags 2
//! 12  BYTE8            20   logical unit of work id, message channels only
//! 20  u32              28   encoding of the sender, says nothing about this segment
//! 24  u16              32   CCSID of the character fields
//! 26  u16              34   reserved
//! 28                   36   body
//! ```
//!
//! The byte order is a field of the segment and never follows from the encoding: a Java client was
//! seen with byte order 2 and encoding 0x111.

use mqi::wire::{ByteOrder, Charset};

/// Bytes that must be there before [`peek`] can tell the length of a segment.
pub const PEEK_LEN: usize = 8;

/// Which of the three headers a segment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderKind {
    /// `TSH `: the first exchange of every socket, and everything on one that is not shared.
    Plain,
    /// `TSHC`: about a shared socket and not about one of its conversations.
    Common,
    /// `TSHM`: belongs to one conversation of a shared socket.
    Multiplexed,
}

impl HeaderKind {
    /// Bytes of the header.
    pub const fn header_len(self) -> usize {
        match self {
            Self::Plain | Self::Common => 28,
            Self::Multiplexed => 36,
        }
    }

    /// Structure id as it is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "TSH",
            Self::Common => "TSHC",
            Self::Multiplexed => "TSHM",
        }
    }
}

const STRUCTURE_IDS: [([u8; 4], HeaderKind, Charset); 6] = [
    (*b"TSHM", HeaderKind::Multiplexed, Charset::Ascii),
    (*b"TSH ", HeaderKind::Plain, Charset::Ascii),
    (*b"TSHC", HeaderKind::Common, Charset::Ascii),
    ([0xE3, 0xE2, 0xC8, 0xD4], HeaderKind::Multiplexed, Charset::Ebcdic),
    ([0xE3, 0xE2, 0xC8, 0x40], HeaderKind::Plain, Charset::Ebcdic),
    ([0xE3, 0xE2, 0xC8, 0xC3], HeaderKind::Common, Charset::Ebcdic),
];

/// What a segment carries. Types that this version does not know pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentType(pub u8);

macro_rules! segment_types {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*) => {
        impl SegmentType {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// Name as the wire reference has it; `None` for a type that is not known.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }
    };
}

segment_types! {
    /// Negotiation at the start of a channel.
    INITIAL_DATA = 0x01, "INITIAL_DATA";
    /// Message channels: where both ends stopped.
    RESYNC_DATA = 0x02, "RESYNC_DATA";
    /// Message channels: a new sequence number.
    RESET_DATA = 0x03, "RESET_DATA";
    /// Message channels: a message.
    MESSAGE_DATA = 0x04, "MESSAGE_DATA";
    /// An error, a confirmation or the end of a channel.
    STATUS_DATA = 0x05, "STATUS_DATA";
    /// Data of security exits.
    SECURITY_DATA = 0x06, "SECURITY_DATA";
    /// Message channels: PING CHANNEL.
    PING_DATA = 0x07, "PING_DATA";
    /// User id of a client.
    USERID_DATA = 0x08, "USERID_DATA";
    /// Sign of life.
    HEARTBEAT = 0x09, "HEARTBEAT";
    /// Credentials of a client.
    CONAUTH_INFO = 0x0A, "CONAUTH_INFO";
    /// New keys on a secured channel.
    RENEGOTIATE_DATA = 0x0B, "RENEGOTIATE_DATA";
    /// Start and end of conversations on a shared socket.
    SOCKET_ACTION = 0x0C, "SOCKET_ACTION";
    /// A message for a consumer.
    ASYNC_MESSAGE = 0x0D, "ASYNC_MESSAGE";
    /// A consumer asks for messages.
    REQUEST_MSGS = 0x0E, "REQUEST_MSGS";
    /// State of a consumer.
    NOTIFICATION = 0x0F, "NOTIFICATION";
    /// MQCONN, MQCONNX.
    MQCONN = 0x81, "MQCONN";
    /// MQDISC.
    MQDISC = 0x82, "MQDISC";
    /// MQOPEN.
    MQOPEN = 0x83, "MQOPEN";
    /// MQCLOSE.
    MQCLOSE = 0x84, "MQCLOSE";
    /// MQGET.
    MQGET = 0x85, "MQGET";
    /// MQPUT.
    MQPUT = 0x86, "MQPUT";
    /// MQPUT1.
    MQPUT1 = 0x87, "MQPUT1";
    /// MQSET.
    MQSET = 0x88, "MQSET";
    /// MQINQ.
    MQINQ = 0x89, "MQINQ";
    /// MQCMIT.
    MQCMIT = 0x8A, "MQCMIT";
    /// MQBACK.
    MQBACK = 0x8B, "MQBACK";
    /// System programming interface: a verb inside says what.
    SPI = 0x8C, "SPI";
    /// MQSTAT.
    MQSTAT = 0x8D, "MQSTAT";
    /// MQSUB.
    MQSUB = 0x8E, "MQSUB";
    /// MQSUBRQ.
    MQSUBRQ = 0x8F, "MQSUBRQ";
    /// Reply to MQCONN.
    MQCONN_REPLY = 0x91, "MQCONN_REPLY";
    /// Reply to MQDISC.
    MQDISC_REPLY = 0x92, "MQDISC_REPLY";
    /// Reply to MQOPEN.
    MQOPEN_REPLY = 0x93, "MQOPEN_REPLY";
    /// Reply to MQCLOSE.
    MQCLOSE_REPLY = 0x94, "MQCLOSE_REPLY";
    /// Reply to MQGET.
    MQGET_REPLY = 0x95, "MQGET_REPLY";
    /// Reply to MQPUT.
    MQPUT_REPLY = 0x96, "MQPUT_REPLY";
    /// Reply to MQPUT1.
    MQPUT1_REPLY = 0x97, "MQPUT1_REPLY";
    /// Reply to MQSET.
    MQSET_REPLY = 0x98, "MQSET_REPLY";
    /// Reply to MQINQ.
    MQINQ_REPLY = 0x99, "MQINQ_REPLY";
    /// Reply to MQCMIT.
    MQCMIT_REPLY = 0x9A, "MQCMIT_REPLY";
    /// Reply to MQBACK.
    MQBACK_REPLY = 0x9B, "MQBACK_REPLY";
    /// Reply to an SPI verb.
    SPI_REPLY = 0x9C, "SPI_REPLY";
    /// Reply to MQSTAT.
    MQSTAT_REPLY = 0x9D, "MQSTAT_REPLY";
    /// Reply to MQSUB.
    MQSUB_REPLY = 0x9E, "MQSUB_REPLY";
    /// Reply to MQSUBRQ.
    MQSUBRQ_REPLY = 0x9F, "MQSUBRQ_REPLY";
    /// xa_start.
    XA_START = 0xA1, "XA_START";
    /// xa_end.
    XA_END = 0xA2, "XA_END";
    /// xa_open.
    XA_OPEN = 0xA3, "XA_OPEN";
    /// xa_close.
    XA_CLOSE = 0xA4, "XA_CLOSE";
    /// xa_prepare.
    XA_PREPARE = 0xA5, "XA_PREPARE";
    /// xa_commit.
    XA_COMMIT = 0xA6, "XA_COMMIT";
    /// xa_rollback.
    XA_ROLLBACK = 0xA7, "XA_ROLLBACK";
    /// xa_forget.
    XA_FORGET = 0xA8, "XA_FORGET";
    /// xa_recover.
    XA_RECOVER = 0xA9, "XA_RECOVER";
    /// xa_complete.
    XA_COMPLETE = 0xAA, "XA_COMPLETE";
    /// Reply to xa_start.
    XA_START_REPLY = 0xB1, "XA_START_REPLY";
    /// Reply to xa_end.
    XA_END_REPLY = 0xB2, "XA_END_REPLY";
    /// Reply to xa_open.
    XA_OPEN_REPLY = 0xB3, "XA_OPEN_REPLY";
    /// Reply to xa_close.
    XA_CLOSE_REPLY = 0xB4, "XA_CLOSE_REPLY";
    /// Reply to xa_prepare.
    XA_PREPARE_REPLY = 0xB5, "XA_PREPARE_REPLY";
    /// Reply to xa_commit.
    XA_COMMIT_REPLY = 0xB6, "XA_COMMIT_REPLY";
    /// Reply to xa_rollback.
    XA_ROLLBACK_REPLY = 0xB7, "XA_ROLLBACK_REPLY";
    /// Reply to xa_forget.
    XA_FORGET_REPLY = 0xB8, "XA_FORGET_REPLY";
    /// Reply to xa_recover.
    XA_RECOVER_REPLY = 0xB9, "XA_RECOVER_REPLY";
    /// Reply to xa_complete.
    XA_COMPLETE_REPLY = 0xBA, "XA_COMPLETE_REPLY";
}

impl SegmentType {
    /// The type of the reply to this request.
    pub const fn reply(self) -> Self {
        Self(self.0 | 0x10)
    }

    /// Requests of the MQI: those with an API header, known or not.
    pub const fn is_mqi_request(self) -> bool {
        matches!(self.0, 0x80..=0x8F)
    }

    /// Replies of the MQI.
    pub const fn is_mqi_reply(self) -> bool {
        matches!(self.0, 0x90..=0x9F)
    }

    /// Requests of the XA interface.
    pub const fn is_xa_request(self) -> bool {
        matches!(self.0, 0xA0..=0xAF)
    }

    /// Requests and replies of the XA interface.
    pub const fn is_xa(self) -> bool {
        matches!(self.0, 0xA0..=0xBF)
    }
}

impl std::fmt::Debug for SegmentType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:02X}", self.0),
        }
    }
}

impl std::fmt::Display for SegmentType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

/// Control flags 1, a set of bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ControlFlags(pub u8);

impl ControlFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// The sender wants an answer.
    pub const CONFIRM_REQUEST: Self = Self(0x01);
    /// An error, or a value of the negotiation that must change.
    pub const ERROR: Self = Self(0x02);
    /// The sender asks its partner to close the channel.
    pub const REQUEST_CLOSE: Self = Self(0x04);
    /// The channel is being closed.
    pub const CLOSE_CHANNEL: Self = Self(0x08);
    /// First segment of a transfer.
    pub const FIRST: Self = Self(0x10);
    /// Last segment of a transfer.
    pub const LAST: Self = Self(0x20);
    /// A positive answer.
    pub const REQUEST_ACCEPTED: Self = Self(0x40);
    /// A message of the batch went to the dead-letter queue.
    pub const DLQ_USED: Self = Self(0x80);
    /// The whole transfer is in this segment.
    pub const WHOLE: Self = Self(0x30);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Names of the bits, joined by `|`; `-` when none is set.
    pub fn names(self) -> String {
        const NAMES: [&str; 8] =
            ["CONFIRM", "ERROR", "REQUEST_CLOSE", "CLOSE", "FIRST", "LAST", "ACCEPTED", "DLQ_USED"];
        let set: Vec<_> = NAMES
            .iter()
            .enumerate()
            .filter(|(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, name)| *name)
            .collect();
        if set.is_empty() { "-".to_owned() } else { set.join("|") }
    }
}

impl std::fmt::Debug for ControlFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.names())
    }
}

/// Why bytes are not the header of a segment. The stream cannot be followed past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// The four bytes are no structure id of a segment: the peer does not speak this protocol.
    StructureId([u8; 4]),
    /// A length that cannot hold its own header.
    Length(u32),
    /// A byte order that is neither 1 nor 2.
    ByteOrder(u8),
}

impl std::fmt::Display for HeaderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StructureId(id) => write!(f, "no segment starts with {id:02X?}"),
            Self::Length(length) => write!(f, "segment length {length} does not hold its header"),
            Self::ByteOrder(value) => write!(f, "byte order {value} is neither 1 nor 2"),
        }
    }
}

/// Header of a segment, without its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which header it is.
    pub kind: HeaderKind,
    /// Conversation; 0 where the header has none.
    pub conversation: u32,
    /// Request; 0 where the header has none.
    pub request: u32,
    /// Order of the integers in the body.
    pub order: ByteOrder,
    /// What the body is.
    pub segment_type: SegmentType,
    /// Control flags 1.
    pub flags: ControlFlags,
    /// Control flags 2: compression, which is never negotiated here.
    pub flags2: u8,
    /// Logical unit of work id of a message channel.
    pub luwid: [u8; 8],
    /// MQENC_* of the sender. One real capture has 0x01000222: only the low 12 bits mean something.
    pub encoding: u32,
    /// CCSID of the character fields.
    pub ccsid: u16,
    /// Character set of the structure ids and character fields.
    pub charset: Charset,
}

/// Kind, character set and length of the segment that starts with these bytes.
pub fn peek(start: [u8; PEEK_LEN]) -> Result<(HeaderKind, Charset, usize), HeaderError> {
    let [a, b, c, d, length @ ..] = start;
    let id = [a, b, c, d];
    let length = u32::from_be_bytes(length);
    let (_, kind, charset) =
        *STRUCTURE_IDS.iter().find(|known| known.0 == id).ok_or(HeaderError::StructureId(id))?;
    match usize::try_from(length) {
        Ok(bytes) if bytes >= kind.header_len() => Ok((kind, charset, bytes)),
        _ => Err(HeaderError::Length(length)),
    }
}

impl Header {
    /// Reads the header at the start of a whole segment.
    pub fn decode(segment: &[u8]) -> Result<Self, HeaderError> {
        let start = *segment.first_chunk().ok_or(HeaderError::Length(segment.len() as u32))?;
        let (kind, charset, _) = peek(start)?;
        let short = HeaderError::Length(segment.len() as u32);
        let (mut conversation, mut request) = (0, 0);
        let mut rest = &segment[PEEK_LEN..];
        if kind == HeaderKind::Multiplexed {
            let (ids, after) = rest.split_first_chunk::<8>().ok_or(short)?;
            let [a, b, c, d, request_id @ ..] = *ids;
            conversation = u32::from_be_bytes([a, b, c, d]);
            request = u32::from_be_bytes(request_id);
            rest = after;
        }
        let [order, segment_type, flags, flags2, tail @ ..] = *rest.first_chunk::<20>().ok_or(short)?;
        let [l0, l1, l2, l3, l4, l5, l6, l7, e0, e1, e2, e3, c0, c1, _, _] = tail;
        let order = match order {
            1 => ByteOrder::Big,
            2 => ByteOrder::Little,
            other => return Err(HeaderError::ByteOrder(other)),
        };
        let (encoding, ccsid) = match order {
            ByteOrder::Big => (u32::from_be_bytes([e0, e1, e2, e3]), u16::from_be_bytes([c0, c1])),
            ByteOrder::Little => (u32::from_le_bytes([e0, e1, e2, e3]), u16::from_le_bytes([c0, c1])),
        };
        Ok(Self {
            kind,
            conversation,
            request,
            order,
            segment_type: SegmentType(segment_type),
            flags: ControlFlags(flags),
            flags2,
            luwid: [l0, l1, l2, l3, l4, l5, l6, l7],
            encoding,
            ccsid,
            charset,
        })
    }

    /// Appends the header of a segment whose body has `body_len` bytes.
    pub fn encode(&self, body_len: usize, out: &mut Vec<u8>) {
        let id = STRUCTURE_IDS
            .iter()
            .find(|(_, kind, charset)| *kind == self.kind && *charset == self.charset)
            .expect("the table has every kind in both character sets");
        let length =
            u32::try_from(self.kind.header_len() + body_len).expect("segments are cut far below 4 GiB");
        out.extend_from_slice(&id.0);
        out.extend_from_slice(&length.to_be_bytes());
        if self.kind == HeaderKind::Multiplexed {
            out.extend_from_slice(&self.conversation.to_be_bytes());
            out.extend_from_slice(&self.request.to_be_bytes());
        }
        let order = match self.order {
            ByteOrder::Big => 1,
            ByteOrder::Little => 2,
        };
        out.extend_from_slice(&[order, self.segment_type.0, self.flags.0, self.flags2]);
        out.extend_from_slice(&self.luwid);
        match self.order {
            ByteOrder::Big => {
                out.extend_from_slice(&self.encoding.to_be_bytes());
                out.extend_from_slice(&self.ccsid.to_be_bytes());
            }
            ByteOrder::Little => {
                out.extend_from_slice(&self.encoding.to_le_bytes());
                out.extend_from_slice(&self.ccsid.to_le_bytes());
            }
        }
        out.extend_from_slice(&[0, 0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: Header, body_len: usize, want: &str) {
        let mut bytes = Vec::new();
        header.encode(body_len, &mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, want.replace(' ', ""));
        bytes.resize(bytes.len() + body_len, 0);
        assert_eq!(Header::decode(&bytes), Ok(header));
    }

    const LITTLE: Header = Header {
        kind: HeaderKind::Multiplexed,
        conversation: 3,
        request: 9,
        order: ByteOrder::Little,
        segment_type: SegmentType::NOTIFICATION,
        flags: ControlFlags::FIRST,
        flags2: 0,
        luwid: [0; 8],
        encoding: 546,
        ccsid: 819,
        charset: Charset::Ascii,
    };

    #[test]
    fn headers_in_both_orders_and_character_sets() {
        check(
            LITTLE,
            16,
            "5453484d 00000034 00000003 00000009 02 0f 10 00 0000000000000000 22020000 3303 0000",
        );
        let plain = Header { kind: HeaderKind::Plain, conversation: 0, request: 0, ..LITTLE };
        let big = Header { order: ByteOrder::Big, encoding: 273, ccsid: 1208, ..plain };
        check(big, 0, "54534820 0000001c 01 0f 10 00 0000000000000000 00000111 04b8 0000");
        let ebcdic = Header { charset: Charset::Ebcdic, ccsid: 500, luwid: *b"abcdefgh", ..plain };
        check(ebcdic, 2, "e3e2c840 0000001e 02 0f 10 00 6162636465666768 22020000 f401 0000");
    }

    #[test]
    fn what_is_no_header_says_why() {
        let mut bytes = Vec::new();
        LITTLE.encode(0, &mut bytes);
        for end in 0..bytes.len() {
            assert!(matches!(Header::decode(&bytes[..end]), Err(HeaderError::Length(_))), "{end} bytes");
        }
        bytes[16] = 3;
        assert_eq!(Header::decode(&bytes), Err(HeaderError::ByteOrder(3)));
        assert_eq!(peek(*b"GET / HT"), Err(HeaderError::StructureId(*b"GET ")));
        assert_eq!(peek(*b"TSHM\0\0\0\x23"), Err(HeaderError::Length(35)));
    }

    #[test]
    fn flags_and_types_have_names() {
        assert_eq!(ControlFlags(0x31).names(), "CONFIRM|FIRST|LAST");
        assert_eq!(ControlFlags::NONE.names(), "-");
        assert_eq!(SegmentType(0x86).reply().to_string(), "MQPUT_REPLY");
        assert_eq!(SegmentType(0x77).to_string(), "0x77");
    }
}
