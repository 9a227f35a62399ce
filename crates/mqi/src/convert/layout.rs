//! The structures that message data may begin with, field by field: what each field is decides how it converts.

use super::Encoding;
use crate::ccsid::Ccsid;
use crate::chars::Chars8;

/// One field of a structure.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// The four characters that say which structure it is.
    Id(&'static [u8; 4]),
    /// Version of the structure.
    Version,
    /// Length of the structure, with all that it holds behind these fields.
    Length,
    /// Encoding of the part behind the structure.
    Encoding,
    /// Character set of the part behind the structure.
    Ccsid,
    /// Format of the part behind the structure.
    Format,
    /// Any other MQLONG.
    Int,
    /// Characters in a field of so many bytes.
    Chars(usize),
    /// Bytes that are not converted.
    Bytes(usize),
}

use Field::{Bytes, Chars, Format, Id, Int, Length, Version};

/// What the fields of a structure say of itself and of what is behind it. The places are those in the result.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Described {
    pub(super) version: i32,
    pub(super) length: usize,
    pub(super) length_at: usize,
    pub(super) encoding: Encoding,
    pub(super) encoding_at: usize,
    pub(super) ccsid: Ccsid,
    pub(super) ccsid_at: usize,
    pub(super) format: Chars8,
}

/// The headers that may stand before other data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// For the CICS bridge.
    Cih,
    /// Distribution list.
    Dh,
    /// Dead letter.
    Dlh,
    /// PCF before other data.
    Eph,
    /// For the IMS bridge.
    Iih,
    /// Descriptor extension.
    Mde,
    /// Rules and formatting, version 1.
    Rfh,
    /// Rules and formatting, version 2.
    Rfh2,
    /// Reference message.
    Rmh,
    /// Work information.
    Wih,
    /// Transmission queue header with the descriptor of the message.
    Xqh,
}

impl Header {
    /// Whether encoding and character set of what is behind the header are its own to say. Behind MQCIH and MQIIH
    /// all is as in the header itself: their fields are reserved.
    pub(super) fn describes_next(self) -> bool {
        !matches!(self, Self::Cih | Self::Iih)
    }

    /// The fields that every version has.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Cih => CIH_1,
            Self::Dh => DH,
            Self::Dlh => DLH,
            Self::Eph => EPH,
            Self::Iih => IIH,
            Self::Mde => MDE,
            Self::Rfh => RFH,
            Self::Rfh2 => RFH_2,
            Self::Rmh => RMH,
            Self::Wih => WIH,
            Self::Xqh => XQH,
        }
    }
}

const CIH_1: &[Field] = &[
    Id(b"CIH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,      // Flags
    Int,      // ReturnCode
    Int,      // CompCode
    Int,      // Reason
    Int,      // UOWControl
    Int,      // GetWaitInterval
    Int,      // LinkType
    Int,      // OutputDataLength
    Int,      // FacilityKeepTime
    Int,      // ADSDescriptor
    Int,      // ConversationalTask
    Int,      // TaskEndStatus
    Bytes(8), // Facility
    Chars(4), // Function
    Chars(4), // AbendCode
    Chars(8), // Authenticator
    Chars(8), // Reserved1
    Chars(8), // ReplyToFormat
    Chars(4), // RemoteSysId
    Chars(4), // RemoteTransId
    Chars(4), // TransactionId
    Chars(4), // FacilityLike
    Chars(4), // AttentionId
    Chars(4), // StartCode
    Chars(4), // CancelCode
    Chars(4), // NextTransactionId
    Chars(8), // Reserved2
    Chars(8), // Reserved3
];

/// What version 2 of MQCIH has behind version 1.
pub(super) const CIH_2: &[Field] = &[
    Int, // CursorPosition
    Int, // ErrorOffset
    Int, // InputItem
    Int, // Reserved4
];

const DH: &[Field] = &[
    Id(b"DH  "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int, // Flags
         // Behind these: PutMsgRecFields, RecsPresent, ObjectRecOffset, PutMsgRecOffset and the records.
];

/// A record of an object that a message goes to.
pub(super) const OBJECT_RECORD: &[Field] = &[
    Chars(48), // ObjectName
    Chars(48), // ObjectQMgrName
];

/// The fields that a put message record may have, each with its bit in PutMsgRecFields, in their order.
pub(super) const PUT_MESSAGE_RECORD: &[(i32, Field)] = &[
    (0x01, Bytes(24)), // MsgId
    (0x02, Bytes(24)), // CorrelId
    (0x04, Bytes(24)), // GroupId
    (0x08, Int),       // Feedback
    (0x10, Bytes(32)), // AccountingToken
];

const DLH: &[Field] = &[
    Id(b"DLH "),
    Version,
    Int,       // Reason
    Chars(48), // DestQName
    Chars(48), // DestQMgrName
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,       // PutApplType
    Chars(28), // PutApplName
    Chars(8),  // PutDate
    Chars(8),  // PutTime
];

const EPH: &[Field] = &[
    Id(b"EPH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int, // Flags
         // Behind these: MQCFH and parameters.
];

const IIH: &[Field] = &[
    Id(b"IIH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,       // Flags
    Chars(8),  // LTermOverride
    Chars(8),  // MFSMapName
    Chars(8),  // ReplyToFormat
    Chars(8),  // Authenticator
    Bytes(16), // TranInstanceId
    Chars(1),  // TranState
    Chars(1),  // CommitMode
    Chars(1),  // SecurityScope
    Chars(1),  // Reserved
];

const MDE: &[Field] = &[
    Id(b"MDE "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,       // Flags
    Bytes(24), // GroupId
    Int,       // MsgSeqNumber
    Int,       // Offset
    Int,       // MsgFlags
    Int,       // OriginalLength
];

const RFH: &[Field] = &[
    Id(b"RFH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int, // Flags
         // Behind these: NameValueString.
];

const RFH_2: &[Field] = &[
    Id(b"RFH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int, // Flags
         // Behind these: NameValueCCSID and folders.
];

const RMH: &[Field] = &[
    Id(b"RMH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,      // Flags
    Chars(8), // ObjectType
    Bytes(24), // ObjectInstanceId
              // Behind these: lengths and offsets of four strings, three MQLONGs of the bulk data, and the strings.
];

/// A trigger message.
pub(super) const TM: &[Field] = &[
    Id(b"TM  "),
    Version,
    Chars(48),  // QName
    Chars(48),  // ProcessName
    Chars(64),  // TriggerData
    Int,        // ApplType
    Chars(256), // ApplId
    Chars(128), // EnvData
    Chars(128), // UserData
];

const WIH: &[Field] = &[
    Id(b"WIH "),
    Version,
    Length,
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,       // Flags
    Chars(32), // ServiceName
    Chars(8),  // ServiceStep
    Bytes(16), // MsgToken
    Chars(32), // Reserved
];

const XQH: &[Field] = &[
    Id(b"XQH "),
    Version,
    Chars(48), // RemoteQName
    Chars(48), // RemoteQMgrName
    // The descriptor of the message, version 1. It describes what is behind it.
    Id(b"MD  "),
    Int, // Version: behind MQXQH always 1; the rest of a later one is in an MQMDE
    Int, // Report
    Int, // MsgType
    Int, // Expiry
    Int, // Feedback
    Field::Encoding,
    Field::Ccsid,
    Format,
    Int,       // Priority
    Int,       // Persistence
    Bytes(24), // MsgId
    Bytes(24), // CorrelId
    Int,       // BackoutCount
    Chars(48), // ReplyToQ
    Chars(48), // ReplyToQMgr
    Chars(12), // UserIdentifier
    Bytes(32), // AccountingToken
    Chars(32), // ApplIdentityData
    Int,       // PutApplType
    Chars(28), // PutApplName
    Chars(8),  // PutDate
    Chars(8),  // PutTime
    Chars(4),  // ApplOriginData
];

#[cfg(test)]
mod tests {
    use super::*;

    fn length(fields: &[Field]) -> usize {
        let width = |field: &Field| match field {
            Id(_) | Version | Length | Field::Encoding | Field::Ccsid | Int => 4,
            Format => 8,
            Chars(width) | Bytes(width) => *width,
        };
        fields.iter().map(width).sum()
    }

    #[test]
    fn structures_have_their_documented_lengths() {
        for (header, want) in [
            (Header::Cih, 164),
            (Header::Dh, 32),
            (Header::Dlh, 172),
            (Header::Eph, 32),
            (Header::Iih, 84),
            (Header::Mde, 72),
            (Header::Rfh, 32),
            (Header::Rfh2, 32),
            (Header::Rmh, 64),
            (Header::Wih, 120),
            (Header::Xqh, 428),
        ] {
            assert_eq!(length(header.fields()), want, "{header:?}");
        }
        assert_eq!(length(CIH_2), 180 - 164);
        assert_eq!(length(TM), 684);
        assert_eq!(length(OBJECT_RECORD), 96);
    }
}
