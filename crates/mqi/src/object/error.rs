//! Why a value or a set of attributes is refused.

use std::fmt;

use super::types::ObjectType;
use crate::command::{Message, MessageId};
use crate::constants::*;

/// Why an attribute cannot have a value. Every variant has a command reason code for PCF and an operator
/// message for MQSC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeError {
    /// No attribute of the class has this keyword.
    Unknown {
        /// As given.
        keyword: String,
    },
    /// No attribute of the class has this PCF identifier.
    UnknownId {
        /// As given.
        id: i32,
        /// Whether it came as an integer parameter.
        integer: bool,
    },
    /// Objects of this type do not have the attribute.
    NotForType {
        /// The attribute.
        keyword: &'static str,
        /// The type of the object.
        object: ObjectType,
    },
    /// The attribute is fixed when the object is created, or set by the queue manager only.
    NotAlterable {
        /// The attribute.
        keyword: &'static str,
    },
    /// The value has not the form that the attribute takes: not a number, not one of the words.
    Value {
        /// The attribute.
        keyword: &'static str,
        /// As given.
        value: String,
    },
    /// The number stands for none of the words.
    Word {
        /// The attribute.
        keyword: &'static str,
        /// As given.
        value: i64,
        /// The attribute's own MQRCCF, or zero.
        reason: i32,
    },
    /// The number is out of range.
    Range {
        /// The attribute.
        keyword: &'static str,
        /// As given.
        value: i64,
        /// Least number.
        min: i64,
        /// Greatest number.
        max: i64,
        /// The attribute's own MQRCCF, or zero.
        reason: i32,
    },
    /// The text is too long.
    Length {
        /// The attribute.
        keyword: &'static str,
        /// Bytes given.
        length: usize,
        /// Greatest length.
        max: usize,
    },
    /// The list has too many items.
    Count {
        /// The attribute.
        keyword: &'static str,
        /// Items given.
        count: usize,
        /// Greatest number.
        max: usize,
    },
    /// The text is not an object name.
    Name {
        /// The attribute.
        keyword: &'static str,
        /// As given.
        value: String,
    },
    /// CUSTOM says something that is not known, or in a wrong form.
    Custom {
        /// As given.
        value: String,
    },
    /// There is no CipherSpec of this name.
    CipherSpec {
        /// As given.
        value: String,
    },
    /// It is not an address to listen at. Names would have to be looked up.
    Address {
        /// As given.
        value: String,
    },
    /// Two attributes that exclude each other.
    Conflict {
        /// One.
        keyword: &'static str,
        /// The other.
        other: &'static str,
    },
    /// An attribute without which the object cannot be.
    Missing {
        /// The attribute.
        keyword: &'static str,
    },
}

impl AttributeError {
    /// The command reason code, MQRCCF_, that PCF answers.
    pub fn reason(&self) -> i32 {
        match self {
            Self::UnknownId { integer: true, .. } => MQRCCF_CFIN_PARM_ID_ERROR,
            Self::UnknownId { integer: false, .. } => MQRCCF_CFST_PARM_ID_ERROR,
            Self::Unknown { .. } => MQRCCF_PARM_SYNTAX_ERROR,
            Self::NotForType { object, .. } if object.class().is_channel() => MQRCCF_CHANNEL_TYPE_ERROR,
            Self::NotForType { .. } => MQRCCF_Q_TYPE_ERROR,
            Self::NotAlterable { .. } => MQRCCF_ATTR_VALUE_FIXED,
            Self::Range { reason, .. } | Self::Word { reason, .. } if *reason != 0 => *reason,
            Self::Value { .. } | Self::Word { .. } | Self::Range { .. } => MQRCCF_ATTR_VALUE_ERROR,
            Self::Length { .. } => MQRCCF_CFST_STRING_LENGTH_ERR,
            Self::Count { .. } => MQRCCF_CFSL_COUNT_ERROR,
            Self::Name { .. } => MQRCCF_OBJECT_NAME_ERROR,
            Self::Custom { .. } => MQRCCF_CUSTOM_ERROR,
            Self::CipherSpec { .. } => MQRCCF_SSL_CIPHER_SPEC_ERROR,
            Self::Address { .. } => MQRCCF_ADDRESS_ERROR,
            Self::Conflict { keyword, .. } => match *keyword {
                "CLUSTER" => MQRCCF_CLUSTER_NAME_CONFLICT,
                "REPOS" => MQRCCF_REPOS_NAME_CONFLICT,
                _ => MQRCCF_PARM_CONFLICT,
            },
            Self::Missing { keyword } => match *keyword {
                "CONNAME" => MQRCCF_MISSING_CONN_NAME,
                "XMITQ" => MQRCCF_XMIT_Q_NAME_ERROR,
                _ => MQRCCF_PARM_MISSING,
            },
        }
    }

    /// The operator message that MQSC answers.
    pub fn message(&self) -> Message {
        match self {
            Self::Name { value, .. } => Message::new(MessageId::NAME_ERROR).insert(value),
            Self::Custom { .. } | Self::Address { .. } => Message::new(MessageId::STRING_ERROR),
            Self::CipherSpec { .. } => Message::new(MessageId::CIPHER_SPEC_WRONG),
            Self::Missing { keyword } => Message::new(MessageId::PARAMETER_MISSING).insert(*keyword),
            Self::NotAlterable { keyword } => Message::new(MessageId::ATTRIBUTE_FIXED).insert(*keyword),
            Self::Conflict { keyword: "CLUSTER", .. } => Message::new(MessageId::CLUSTER_CONFLICT),
            Self::Conflict { keyword: "REPOS", .. } => Message::new(MessageId::REPOSITORY_CONFLICT),
            Self::Conflict { keyword, other } => {
                Message::new(MessageId::ATTRIBUTE_CONFLICT).insert(*keyword).insert(*other)
            }
            _ => Message::new(MessageId::SYNTAX_ERROR),
        }
        .failed(self.reason())
    }
}

impl fmt::Display for AttributeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { keyword } => write!(f, "no attribute {keyword}"),
            Self::UnknownId { id, .. } => write!(f, "no attribute with identifier {id}"),
            Self::NotForType { keyword, object } => {
                write!(f, "{keyword} is not an attribute of {}", object.keyword())
            }
            Self::NotAlterable { keyword } => write!(f, "{keyword} cannot be changed"),
            Self::Value { keyword, value } => write!(f, "{value} is not a value of {keyword}"),
            Self::Word { keyword, value, .. } => write!(f, "{value} is not a value of {keyword}"),
            Self::Range { keyword, value, min, max, .. } => {
                write!(f, "{keyword} takes {min} to {max}, not {value}")
            }
            Self::Length { keyword, length, max } => {
                write!(f, "{keyword} takes at most {max} characters, not {length}")
            }
            Self::Count { keyword, count, max } => {
                write!(f, "{keyword} takes at most {max} items, not {count}")
            }
            Self::Name { keyword, value } => write!(f, "{value} in {keyword} is not a name"),
            Self::Custom { value } => write!(f, "{value} is not known in CUSTOM"),
            Self::Address { value } => write!(f, "{value} is not an IP address"),
            Self::CipherSpec { value } => write!(f, "there is no CipherSpec {value}"),
            Self::Conflict { keyword, other } => write!(f, "{keyword} and {other} exclude each other"),
            Self::Missing { keyword } => write!(f, "{keyword} must be given"),
        }
    }
}

impl std::error::Error for AttributeError {}
