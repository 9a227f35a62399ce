//! What a name in a selector addresses.
//!
//! | name | addresses |
//! |---|---|
//! | `colour`, `usr.colour` | property `colour` of folder `usr` |
//! | `folder.name`, `a.b.c` | property `name` of folder `folder`, `b.c` of folder `a` |
//! | `Root.MQMD.Priority`, `JMS_IBM_MQMD_Priority` | a field of the message descriptor |
//! | `JMSPriority`, `jms.Pri`, … | folder `jms`, or what the descriptor says when it is not there |
//! | `JMSType` | `mcd.Type` |
//!
//! Names are case-sensitive. The JMS names are those of the JMS specification and of the public table of
//! JMS_IBM_ properties.

/// What a selector may ask of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    /// A field of the message descriptor.
    Md(MdField),
    /// A JMS header or property that comes from more than one place.
    Jms(JmsField),
    /// A property in a folder of the MQRFH2.
    Named {
        /// Folder.
        folder: Box<str>,
        /// Name in it, with dots for nested groups.
        name: Box<str>,
    },
}

/// Fields of the message descriptor by their C names.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MdField {
    Report,
    MsgType,
    Expiry,
    Feedback,
    Encoding,
    CodedCharSetId,
    Format,
    Priority,
    Persistence,
    MsgId,
    CorrelId,
    BackoutCount,
    ReplyToQ,
    ReplyToQMgr,
    UserIdentifier,
    AccountingToken,
    ApplIdentityData,
    PutApplType,
    PutApplName,
    PutDate,
    PutTime,
    ApplOriginData,
    GroupId,
    MsgSeqNumber,
    Offset,
    MsgFlags,
    OriginalLength,
}

/// JMS names with a meaning of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JmsField {
    /// JMSMessageID: `ID:` and the MsgId in hexadecimal.
    MessageId,
    /// JMSCorrelationID, `jms.Cid`: the folder's text, else `ID:` and the CorrelId in hexadecimal.
    CorrelationId,
    /// JMSTimestamp, `jms.Tms`: milliseconds since 1970.
    Timestamp,
    /// JMSDeliveryMode: `PERSISTENT` or `NON_PERSISTENT`.
    DeliveryMode,
    /// `jms.Dlv`: 2 persistent, 1 not.
    Dlv,
    /// JMSPriority, `jms.Pri`.
    Priority,
    /// JMSExpiration, `jms.Exp`: only the folder knows it absolutely.
    Expiration,
    /// JMSXGroupID, `jms.Gid`: the folder's text, else `ID:` and the GroupId in hexadecimal.
    GroupId,
    /// JMSXGroupSeq, `jms.Seq`.
    GroupSeq,
    /// JMSXDeliveryCount: BackoutCount + 1.
    DeliveryCount,
    /// JMSRedelivered: whether BackoutCount is not 0.
    Redelivered,
    /// JMS_IBM_Last_Msg_In_Group: whether MsgFlags has MQMF_LAST_MSG_IN_GROUP.
    LastInGroup,
}

impl MdField {
    /// Whether it is a character field, in which trailing blanks are padding.
    pub(crate) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Format
                | Self::ReplyToQ
                | Self::ReplyToQMgr
                | Self::UserIdentifier
                | Self::ApplIdentityData
                | Self::PutApplName
                | Self::PutDate
                | Self::PutTime
                | Self::ApplOriginData
        )
    }

    fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "Report" => Self::Report,
            "MsgType" => Self::MsgType,
            "Expiry" => Self::Expiry,
            "Feedback" => Self::Feedback,
            "Encoding" => Self::Encoding,
            "CodedCharSetId" => Self::CodedCharSetId,
            "Format" => Self::Format,
            "Priority" => Self::Priority,
            "Persistence" => Self::Persistence,
            "MsgId" => Self::MsgId,
            "CorrelId" => Self::CorrelId,
            "BackoutCount" => Self::BackoutCount,
            "ReplyToQ" => Self::ReplyToQ,
            "ReplyToQMgr" => Self::ReplyToQMgr,
            "UserIdentifier" => Self::UserIdentifier,
            "AccountingToken" => Self::AccountingToken,
            "ApplIdentityData" => Self::ApplIdentityData,
            "PutApplType" => Self::PutApplType,
            "PutApplName" => Self::PutApplName,
            "PutDate" => Self::PutDate,
            "PutTime" => Self::PutTime,
            "ApplOriginData" => Self::ApplOriginData,
            "GroupId" => Self::GroupId,
            "MsgSeqNumber" => Self::MsgSeqNumber,
            "Offset" => Self::Offset,
            "MsgFlags" => Self::MsgFlags,
            "OriginalLength" => Self::OriginalLength,
            _ => return None,
        })
    }
}

impl Property {
    /// What a name addresses; none for a field that the descriptor does not have.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        if let Some(field) = name.strip_prefix("Root.MQMD.").or_else(|| name.strip_prefix("JMS_IBM_MQMD_")) {
            return MdField::of_name(field).map(Self::Md);
        }
        if let Some(property) = jms_name(name) {
            return Some(property);
        }
        match name.split_once('.') {
            Some(("Root", _)) => None,
            Some((folder, name)) => Some(Self::Named { folder: folder.into(), name: name.into() }),
            None => Some(Self::Named { folder: "usr".into(), name: name.into() }),
        }
    }
}

fn jms_name(name: &str) -> Option<Property> {
    let named = |folder: &str, name: &str| Property::Named { folder: folder.into(), name: name.into() };
    Some(match name {
        "JMSMessageID" => Property::Jms(JmsField::MessageId),
        "JMSCorrelationID" | "jms.Cid" => Property::Jms(JmsField::CorrelationId),
        "JMSTimestamp" | "jms.Tms" => Property::Jms(JmsField::Timestamp),
        "JMSDeliveryMode" => Property::Jms(JmsField::DeliveryMode),
        "jms.Dlv" => Property::Jms(JmsField::Dlv),
        "JMSPriority" | "jms.Pri" => Property::Jms(JmsField::Priority),
        "JMSExpiration" | "jms.Exp" => Property::Jms(JmsField::Expiration),
        "JMSXGroupID" | "jms.Gid" => Property::Jms(JmsField::GroupId),
        "JMSXGroupSeq" | "jms.Seq" => Property::Jms(JmsField::GroupSeq),
        "JMSXDeliveryCount" => Property::Jms(JmsField::DeliveryCount),
        "JMSRedelivered" => Property::Jms(JmsField::Redelivered),
        "JMS_IBM_Last_Msg_In_Group" => Property::Jms(JmsField::LastInGroup),
        "JMSType" => named("mcd", "Type"),
        "JMSDestination" => named("jms", "Dst"),
        "JMSReplyTo" => named("jms", "Rto"),
        "JMSXUserID" => Property::Md(MdField::UserIdentifier),
        "JMSXAppID" => Property::Md(MdField::PutApplName),
        "JMS_IBM_Format" => Property::Md(MdField::Format),
        "JMS_IBM_MsgType" => Property::Md(MdField::MsgType),
        "JMS_IBM_Feedback" => Property::Md(MdField::Feedback),
        "JMS_IBM_PutApplType" => Property::Md(MdField::PutApplType),
        "JMS_IBM_PutDate" => Property::Md(MdField::PutDate),
        "JMS_IBM_PutTime" => Property::Md(MdField::PutTime),
        "JMS_IBM_Encoding" => Property::Md(MdField::Encoding),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, want: Option<Property>) {
        assert_eq!(Property::of_name(name), want, "{name}");
    }

    #[test]
    fn names_address_descriptor_folders_and_jms_headers() {
        let named = |folder: &str, name: &str| Property::Named { folder: folder.into(), name: name.into() };
        check("colour", Some(named("usr", "colour")));
        check("usr.colour", Some(named("usr", "colour")));
        check("a.b.c", Some(named("a", "b.c")));
        check("JMSType", Some(named("mcd", "Type")));
        check("jmstype", Some(named("usr", "jmstype")));
        check("JMSPriority", Some(Property::Jms(JmsField::Priority)));
        check("jms.Pri", Some(Property::Jms(JmsField::Priority)));
        check("Root.MQMD.Priority", Some(Property::Md(MdField::Priority)));
        check("JMS_IBM_MQMD_MsgId", Some(Property::Md(MdField::MsgId)));
        check("Root.MQMD.Color", None);
        check("Root.Body", None);
    }
}
