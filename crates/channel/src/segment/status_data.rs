//! STATUS_DATA: an error, a confirmation, or the end of a channel.
//!
//! ```text
//! 0 LONG length of this body: 8, or 12 with a value
//! 4 LONG code
//! 8 LONG value
//! ```
//!
//! A body may also be empty, which says that all is well.

use mqi::wire::{DecodeError, Reader, Writer};

/// Why a channel ends, or that it does not. Codes that this version does not know pass through unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusCode(pub i32);

macro_rules! status_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl StatusCode {
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

status_codes! {
    /// All is well.
    OK = 0x00;
    /// No channel of that name.
    NO_CHANNEL = 0x01;
    /// The channel is of a type that does not go with the caller's.
    CHANNEL_WRONG_TYPE = 0x02;
    /// The queue manager is not running.
    QM_UNAVAILABLE = 0x03;
    /// Sequence numbers of both ends differ.
    MSG_SEQUENCE_ERROR = 0x04;
    /// The queue manager is ending.
    QM_TERMINATING = 0x05;
    /// A message could not be put anywhere.
    CAN_NOT_STORE = 0x06;
    /// A normal end.
    USER_CLOSED = 0x07;
    /// The disconnect interval is over.
    TIMEOUT_EXPIRED = 0x08;
    /// The target queue is not known.
    TARGET_Q_UNKNOWN = 0x09;
    /// A segment type that has no place here.
    PROTOCOL_SEGMENT_TYPE = 0x0A;
    /// A length that contradicts another.
    PROTOCOL_LENGTH_ERROR = 0x0B;
    /// A value that cannot be.
    PROTOCOL_INVALID_DATA = 0x0C;
    /// Segments of a transfer do not follow each other.
    PROTOCOL_SEGMENT_ERROR = 0x0D;
    /// A structure id that is not the expected one.
    PROTOCOL_ID_ERROR = 0x0E;
    /// A message header that cannot be.
    PROTOCOL_MSH_ERROR = 0x0F;
    /// Another error of the protocol.
    PROTOCOL_GENERAL = 0x10;
    /// A batch could not be committed.
    BATCH_FAILURE = 0x11;
    /// A message longer than agreed; the value is the limit.
    MESSAGE_LENGTH_ERROR = 0x12;
    /// A segment number out of order.
    SEGMENT_NUMBER_ERROR = 0x13;
    /// Refused for reasons of security.
    SECURITY_FAILURE = 0x14;
    /// Both ends wrap sequence numbers at different values.
    WRAP_VALUE_ERROR = 0x15;
    /// The channel is stopped, or all its instances are in use.
    CHANNEL_UNAVAILABLE = 0x16;
    /// An exit closed the channel.
    CLOSED_BY_EXIT = 0x17;
    /// TLS is required, or not the same on both ends.
    CIPHER_SPEC = 0x18;
    /// The name in the certificate is not the expected one.
    PEER_NAME = 0x19;
    /// A certificate is required.
    SSL_CLIENT_CERTIFICATE = 0x1A;
    /// Resources of the partner are in recovery.
    RMT_RSRCS_IN_RECOVERY = 0x1B;
    /// The TLS environment is being refreshed.
    SSL_REFRESHING = 0x1C;
    /// A handle that is not known.
    INVALID_HOBJ = 0x1D;
    /// A conversation that is not known.
    CONV_ID_ERROR = 0x1E;
    /// A socket action that is not known.
    SOCKET_ACTION_TYPE = 0x1F;
    /// The queue manager is a standby instance.
    STANDBY_Q_MGR = 0x20;
    /// The character set is not supported.
    CCSID_NOT_SUPPORTED = 0xF0;
    /// The encoding is not supported.
    ENCODING_INVALID = 0xF1;
    /// The level is not supported.
    FAP_LEVEL = 0xF2;
    /// Both ends could not agree.
    NEGOTIATION_FAILED = 0xF3;
}

impl std::fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:02X}", self.0),
        }
    }
}

/// Body of a STATUS_DATA segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusData {
    /// What happened.
    pub code: StatusCode,
    /// A value that goes with the code.
    pub value: Option<i32>,
}

impl StatusData {
    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if r.remaining() == 0 {
            return Ok(Self { code: StatusCode::OK, value: None });
        }
        let length = r.i32()?;
        let code = StatusCode(r.i32()?);
        let value = if length >= 12 { Some(r.i32()?) } else { None };
        Ok(Self { code, value })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        w.i32(if self.value.is_some() { 12 } else { 8 });
        w.i32(self.code.0);
        if let Some(value) = self.value {
            w.i32(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};
    use mqi::wire::{ByteOrder, Charset};

    #[test]
    fn with_and_without_a_value() {
        let got = round_trip("status-no-channel-tsh-le", StatusData::decode, StatusData::encode);
        assert_eq!(got, StatusData { code: StatusCode::NO_CHANNEL, value: None });
        let got = round_trip("status-value-tsh-be", StatusData::decode, StatusData::encode);
        assert_eq!(got, StatusData { code: StatusCode::MESSAGE_LENGTH_ERROR, value: Some(4_194_304) });
        check_truncations("status-value-tsh-be", StatusData::decode);
        let empty = StatusData::decode(&mut Reader::new(&[], ByteOrder::Big, Charset::Ascii));
        assert_eq!(empty, Ok(StatusData { code: StatusCode::OK, value: None }));
    }
}
