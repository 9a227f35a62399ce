//! Selectors: which messages a consumer wants, in the subset of SQL92 that JMS defines.
//!
//! ```text
//! text ──lexer──► words ──parser──► Program ──evaluate(message)──► TRUE: selected
//!                                                              ╰─► FALSE, unknown: not
//! ```
//!
//! A [`Selector`] is compiled once, at MQOPEN, and evaluated at put of each message, so evaluation allocates
//! nothing. What it may ask is in [`identifier`], how values compare in [`value`], the grammar above [`parser`].
//! A message answers through [`Properties`]; [`MessageProperties`] does it for a descriptor with its MQRFH2.
//!
//! A selector that only asks for one MsgId or CorrelId says so by [`Selector::direct_lookup`]: the kernel then
//! goes through its id table and evaluates nothing.

mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod identifier;
mod lexer;
mod like;
mod message;
#[cfg(any(test, feature = "fuzzing"))]
mod naive;
mod parser;
mod program;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use error::SelectorError;
pub(crate) use message::{MessageProperties, folders_of};
pub(crate) use program::Properties;

use identifier::{MdField, Property};
use program::{Op, Program};
use value::{Comparison, Value};

/// Longest selector in bytes (queue-manager reference, section 1).
pub(crate) const LEN_MAX: usize = 10_240;

/// A compiled selector. Equal ones select the same messages.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    program: Program,
}

/// What a selector of one equality asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectLookup {
    /// The message with this MsgId.
    MsgId([u8; 24]),
    /// Messages with this CorrelId.
    CorrelId([u8; 24]),
}

impl Selector {
    /// Compiles; nothing but blanks selects everything.
    pub(crate) fn compile(text: &str) -> Result<Self, SelectorError> {
        if text.len() > LEN_MAX {
            return Err(SelectorError::Length(text.len()));
        }
        parser::compile(text).map(|program| Self { program })
    }

    /// Whether the message is selected: the condition is neither FALSE nor unknown.
    pub(crate) fn matches(&self, message: &dyn Properties) -> bool {
        self.program.evaluate(message) == Value::Bool(true)
    }

    /// Whether every message is selected.
    pub(crate) fn is_everything(&self) -> bool {
        self.program.ops == [Op::Bool(true)]
    }

    /// Whether a message's MQRFH2 must be looked at; otherwise its descriptor is enough.
    pub(crate) fn needs_folders(&self) -> bool {
        self.program.ops.iter().any(|op| match op {
            Op::Property(slot) => !matches!(self.program.properties[usize::from(*slot)], Property::Md(_)),
            _ => false,
        })
    }

    /// The id, if the selector is an equality of MsgId or CorrelId and nothing else.
    pub(crate) fn direct_lookup(&self) -> Option<DirectLookup> {
        let [left, right, Op::Compare(Comparison::Equal)] = self.program.ops.as_slice() else { return None };
        let ((Op::Property(slot), Op::Bytes(id)) | (Op::Bytes(id), Op::Property(slot))) = (left, right)
        else {
            return None;
        };
        let id = <[u8; 24]>::try_from(id.as_ref()).ok()?;
        match self.program.properties.get(usize::from(*slot))? {
            Property::Md(MdField::MsgId) => Some(DirectLookup::MsgId(id)),
            Property::Md(MdField::CorrelId) => Some(DirectLookup::CorrelId(id)),
            _ => None,
        }
    }
}
