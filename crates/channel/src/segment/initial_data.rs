//! INITIAL_DATA: the negotiation at the start of every channel.
//!
//! ```text
//!   0 CHAR4  `ID  `             44 u8     capabilities 2          128 u32    conversations per socket
//!   4 u8     level              45 u8     refused of those        132 u8     capabilities 3
//!   5 u8     capabilities 1     46 u16    CCSID                   133 u8     refused of those
//!   6 u8     refused of those   48 CHAR48 queue manager           134 u16    reserved
//!   7 u8     errors 1           96 u32    heartbeat interval, s   136 u32    process, thread, trace (x3)
//!   8 u16    reserved          100 u16    bytes that follow       148 CHAR12 product
//!  10 u16    messages a batch  102 u8     errors 2                160 CHAR48 queue manager id
//!  12 u32    segment length    103 u8     reserved                208        end of level 9 and 10
//!  16 u32    message length    104 BYTE2  header compression      208 u16x10 password protections
//!  20 u32    sequence wrap     106 BYTE16 message compression     228 BYTE12 nonce
//!  24 CHAR20 channel           122 u16    reserved                240        end of level 11 and above
//!  44        end of level 3    124 u32    bytes before new keys
//! ```
//!
//! The structure ends after 44, 102, 128, 160, 208 or 240 bytes. Its length, not the level, says which
//! fields there are; the others have their neutral values here.

use mqi::Chars;
use mqi::wire::{DecodeError, Reader, Writer};

use super::structure_id;

/// Bits of [`InitialData::capabilities1`].
pub mod capability1 {
    /// Message sequence numbers are used: a message channel.
    pub const MSG_SEQ: u8 = 0x01;
    /// Data can be converted.
    pub const CONVERSION: u8 = 0x02;
    /// Messages can be split over segments.
    pub const SPLIT_MESSAGE: u8 = 0x04;
    /// The partner should start to send: a requester.
    pub const REQUEST_INITIATION: u8 = 0x08;
    /// A security exchange is wanted.
    pub const REQUEST_SECURITY: u8 = 0x10;
    /// An MQI channel: the caller is a client.
    pub const MQ_REQUEST: u8 = 0x20;
}

/// Bits of [`InitialData::capabilities2`].
pub mod capability2 {
    /// Distribution lists.
    pub const DISTRIBUTION_LISTS: u8 = 0x01;
    /// XA flows.
    pub const XA_REQUEST: u8 = 0x10;
    /// SPI flows.
    pub const SPI_REQUEST: u8 = 0x40;
}

/// Bits of [`InitialData::capabilities3`].
pub mod capability3 {
    /// MQGET with its own request on a multiplexed socket.
    pub const MULTIPLEX_SYNCGET: u8 = 0x08;
    /// Generated connection tags.
    pub const GENERATED_CONNECTION_TAG: u8 = 0x20;
}

/// Bits of [`InitialData::errors1`]: which value must change.
pub mod error1 {
    /// The CCSID is not supported.
    pub const CCSID: u8 = 0x01;
    /// The encoding is not supported.
    pub const ENCODING: u8 = 0x02;
    /// The segment length.
    pub const MAX_TRANSMISSION_SIZE: u8 = 0x04;
    /// The level.
    pub const FAP_LEVEL: u8 = 0x08;
    /// The message length.
    pub const MAX_MESSAGE_SIZE: u8 = 0x10;
    /// Messages a batch.
    pub const MAX_MESSAGES_PER_BATCH: u8 = 0x20;
    /// The wrap of sequence numbers.
    pub const SEQUENCE_WRAP: u8 = 0x40;
    /// The heartbeat interval.
    pub const HEARTBEAT_INTERVAL: u8 = 0x80;
}

/// Bits of [`InitialData::errors2`]: which value must change.
pub mod error2 {
    /// The header compressions.
    pub const HEADER_COMPRESSION: u8 = 0x01;
    /// The message compressions.
    pub const MESSAGE_COMPRESSION: u8 = 0x02;
    /// The bytes between key changes.
    pub const SSL_KEY_RESET: u8 = 0x04;
}

/// Entry of a list that means nothing.
pub const UNUSED: u16 = 0xFFFF;

/// No compression of headers.
pub const HEADER_COMPRESSION_NONE: [u8; 2] = [0x00, 0xFF];

/// No compression of messages.
pub const MESSAGE_COMPRESSION_NONE: [u8; 16] =
    [0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// Passwords travel as they are: the only protection that is public.
pub const PASSWORD_PROTECTION_NONE: [u16; 10] =
    [0, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED];

/// Lengths that the structure has been seen with.
const LENGTHS: [usize; 6] = [44, 102, 128, 160, 208, 240];

/// What one end proposes or answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialData {
    /// Bytes of the structure: 44, 102, 128, 160, 208 or 240.
    pub length: usize,
    /// Level of the protocol.
    pub fap_level: u8,
    /// Capabilities, first byte.
    pub capabilities1: u8,
    /// Those of the partner's that are refused.
    pub refused1: u8,
    /// Values that must change, first byte.
    pub errors1: u8,
    /// Messages a batch; 0 on client channels.
    pub max_messages_per_batch: u16,
    /// Longest segment in bytes, header included.
    pub max_transmission_size: u32,
    /// Longest message in bytes.
    pub max_message_size: u32,
    /// Where sequence numbers start over; 0 on client channels.
    pub sequence_wrap: u32,
    /// Name of the channel.
    pub channel: Chars<20>,
    /// Capabilities, second byte.
    pub capabilities2: u8,
    /// Those of the partner's that are refused.
    pub refused2: u8,
    /// Character set of the sender.
    pub ccsid: u16,
    /// Queue manager: asked for by a client, its own name from a server.
    pub qmgr_name: Chars<48>,
    /// Seconds; 0 for no heartbeats.
    pub heartbeat_interval_s: u32,
    /// Bytes after this field. A server was seen sending 0, so nothing follows from it.
    pub extension_length: u16,
    /// Values that must change, second byte.
    pub errors2: u8,
    /// Header compressions offered, unused entries 0xFF.
    pub header_compression: [u8; 2],
    /// Message compressions offered, unused entries 0xFF.
    pub message_compression: [u8; 16],
    /// Bytes between changes of TLS keys.
    pub ssl_key_reset: u32,
    /// Conversations that may share the socket; 0 for none of that.
    pub conversations_per_socket: u32,
    /// Capabilities, third byte.
    pub capabilities3: u8,
    /// Those of the partner's that are refused.
    pub refused3: u8,
    /// For diagnosis.
    pub process_id: u32,
    /// For diagnosis.
    pub thread_id: u32,
    /// For diagnosis.
    pub trace_id: u32,
    /// Product and level, as `MQJM09040000`.
    pub product_id: Chars<12>,
    /// Identifier of the queue manager, or what a client takes for one.
    pub qmgr_id: Chars<48>,
    /// Password protections, best first, unused entries 0xFFFF.
    pub password_protections: [u16; 10],
    /// Nonce of the password protection.
    pub nonce: [u8; 12],
}

impl Default for InitialData {
    /// A structure of full length that proposes nothing.
    fn default() -> Self {
        Self {
            length: 240,
            fap_level: mqi::version::FAP_LEVEL,
            capabilities1: 0,
            refused1: 0,
            errors1: 0,
            max_messages_per_batch: 0,
            max_transmission_size: 32748,
            max_message_size: 0,
            sequence_wrap: 0,
            channel: Chars::default(),
            capabilities2: 0,
            refused2: 0,
            ccsid: 0,
            qmgr_name: Chars::default(),
            heartbeat_interval_s: 0,
            extension_length: 0,
            errors2: 0,
            header_compression: HEADER_COMPRESSION_NONE,
            message_compression: MESSAGE_COMPRESSION_NONE,
            ssl_key_reset: 0,
            conversations_per_socket: 0,
            capabilities3: 0,
            refused3: 0,
            process_id: 0,
            thread_id: 0,
            trace_id: 0,
            product_id: Chars::default(),
            qmgr_id: Chars::default(),
            password_protections: [UNUSED; 10],
            nonce: [0; 12],
        }
    }
}

impl InitialData {
    /// Reads a structure that fills the rest of its segment. One that is longer than any known is cut: a
    /// later level may add fields, and what it adds is refused by answering a level that we know.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let present = r.remaining();
        let length = *LENGTHS.iter().rev().find(|known| **known <= present).ok_or(DecodeError::Truncated)?;
        // Missing fields are read from zeros, so that the order of the fields is written down only once.
        let mut padded = [0; 240];
        padded[..length].copy_from_slice(r.bytes(length)?);
        r.skip(present - length)?;
        let mut decoded = Self::fields(&mut Reader::new(&padded, r.order(), r.charset()), length)?;
        let neutral = Self::default();
        if length < 128 {
            decoded.header_compression = neutral.header_compression;
            decoded.message_compression = neutral.message_compression;
        }
        if length < 240 {
            decoded.password_protections = neutral.password_protections;
        }
        Ok(decoded)
    }

    fn fields(r: &mut Reader<'_>, length: usize) -> Result<Self, DecodeError> {
        structure_id(r, "ID")?;
        Ok(Self {
            length,
            fap_level: r.u8()?,
            capabilities1: r.u8()?,
            refused1: r.u8()?,
            errors1: r.u8()?,
            max_messages_per_batch: {
                r.skip(2)?;
                r.u16()?
            },
            max_transmission_size: r.u32()?,
            max_message_size: r.u32()?,
            sequence_wrap: r.u32()?,
            channel: r.chars()?,
            capabilities2: r.u8()?,
            refused2: r.u8()?,
            ccsid: r.u16()?,
            qmgr_name: r.chars()?,
            heartbeat_interval_s: r.u32()?,
            extension_length: r.u16()?,
            errors2: r.u8()?,
            header_compression: {
                r.skip(1)?;
                r.array()?
            },
            message_compression: r.array()?,
            ssl_key_reset: {
                r.skip(2)?;
                r.u32()?
            },
            conversations_per_socket: r.u32()?,
            capabilities3: r.u8()?,
            refused3: r.u8()?,
            process_id: {
                r.skip(2)?;
                r.u32()?
            },
            thread_id: r.u32()?,
            trace_id: r.u32()?,
            product_id: r.chars()?,
            qmgr_id: r.chars()?,
            password_protections: {
                let mut list = [UNUSED; 10];
                for entry in &mut list {
                    *entry = r.u16()?;
                }
                list
            },
            nonce: r.array()?,
        })
    }

    /// Appends the first [`Self::length`] bytes of the structure.
    pub fn encode(&self, w: &mut Writer) {
        let mut all = Writer::new(w.order(), w.charset());
        all.chars(&Chars::<4>::from_str_padded("ID"));
        all.u8(self.fap_level);
        all.u8(self.capabilities1);
        all.u8(self.refused1);
        all.u8(self.errors1);
        all.u16(0);
        all.u16(self.max_messages_per_batch);
        all.u32(self.max_transmission_size);
        all.u32(self.max_message_size);
        all.u32(self.sequence_wrap);
        all.chars(&self.channel);
        all.u8(self.capabilities2);
        all.u8(self.refused2);
        all.u16(self.ccsid);
        all.chars(&self.qmgr_name);
        all.u32(self.heartbeat_interval_s);
        all.u16(self.extension_length);
        all.u8(self.errors2);
        all.u8(0);
        all.bytes(&self.header_compression);
        all.bytes(&self.message_compression);
        all.u16(0);
        all.u32(self.ssl_key_reset);
        all.u32(self.conversations_per_socket);
        all.u8(self.capabilities3);
        all.u8(self.refused3);
        all.u16(0);
        all.u32(self.process_id);
        all.u32(self.thread_id);
        all.u32(self.trace_id);
        all.chars(&self.product_id);
        all.chars(&self.qmgr_id);
        for entry in self.password_protections {
            all.u16(entry);
        }
        all.bytes(&self.nonce);
        let bytes = all.finish();
        w.bytes(bytes.get(..self.length).unwrap_or(&bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{body_of, check_truncations, round_trip};

    #[track_caller]
    fn check(vector: &str) -> InitialData {
        round_trip(vector, InitialData::decode, InitialData::encode)
    }

    #[test]
    fn first_proposal_of_a_java_client() {
        let id = check("init-client-first-tsh-be");
        let want = InitialData {
            fap_level: 13,
            capabilities1: 0x26,
            max_message_size: 104_857_600,
            channel: Chars::from_str_padded("SYSTEM.ADMIN.SVRCONN"),
            capabilities2: 0x51,
            ccsid: 1208,
            qmgr_name: Chars::from_str_padded("QM1"),
            heartbeat_interval_s: 1,
            extension_length: 138,
            conversations_per_socket: 10,
            capabilities3: capability3::MULTIPLEX_SYNCGET,
            trace_id: 27,
            product_id: Chars::from_str_padded("MQMM09000000"),
            qmgr_id: Chars::from_str_padded("MQMID"),
            password_protections: [1, 0, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED, UNUSED],
            nonce: [0xf1, 0x18, 0xa6, 0x93, 0x2b, 0x8a, 0x44, 0x3c, 0x67, 0x53, 0x73, 0x08],
            ..InitialData::default()
        };
        assert_eq!(id, want);
    }

    #[test]
    fn answers_of_servers() {
        for vector in
            ["init-server-adjust-tsh-le", "init-server-adjust-tsh-be", "init-server-adjust-tsh-be-ebcdic"]
        {
            let id = check(vector);
            assert_eq!(id.errors1, 0x94, "{vector}");
            assert_eq!(
                (id.max_message_size, id.heartbeat_interval_s, id.refused3),
                (4_194_304, 300, 8),
                "{vector}"
            );
            assert_eq!(id.qmgr_name, "QM1", "{vector}");
        }
        let id = check("init-server-accept-tshm-le");
        assert_eq!((id.errors1, id.process_id, id.thread_id, id.trace_id), (0, 922, 21, 60));
        assert_eq!(id.product_id, "MQMM09010200");
        assert_eq!(check("init-accept-noshare-tsh-le").conversations_per_socket, 0);
        assert_eq!(check("init-sender-tsh-le").sequence_wrap, 999_999_999);
        assert_eq!(check("init-client-second-tshm-le").password_protections, PASSWORD_PROTECTION_NONE);
    }

    #[test]
    fn shorter_structures_of_older_levels() {
        for (vector, length, level) in [
            ("init-fap4-102-tsh-be", 102, 4),
            ("init-fap8-128-tsh-le", 128, 8),
            ("init-fap10-208-tsh-le", 208, 10),
        ] {
            let id = check(vector);
            assert_eq!((id.length, id.fap_level), (length, level), "{vector}");
            assert_eq!(id.message_compression, MESSAGE_COMPRESSION_NONE, "{vector}");
            assert_eq!(id.password_protections, [UNUSED; 10], "{vector}");
        }
    }

    #[test]
    fn any_length_is_taken_without_harm() {
        check_truncations("init-client-first-tsh-be", InitialData::decode);
        let longer = [&body_of("init-client-first-tsh-be").body[..], &[9; 33]].concat();
        let mut r = Reader::new(&longer, mqi::wire::ByteOrder::Big, mqi::wire::Charset::Ascii);
        assert_eq!(InitialData::decode(&mut r).map(|id| id.length), Ok(240));
        assert_eq!(r.remaining(), 0);
    }
}
