//! Why a selector is refused.

use std::fmt;

use mqi::reason::Reason;

/// Why a selector is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelectorError {
    /// It is longer than [`super::LEN_MAX`]: this many bytes.
    Length(usize),
    /// It does not follow the grammar.
    Syntax {
        /// Byte offset of the place.
        at: usize,
        /// What is there.
        what: &'static str,
    },
}

impl SelectorError {
    /// What MQOPEN and MQSUB answer.
    pub(crate) fn reason(self) -> Reason {
        match self {
            Self::Length(_) => Reason::SELECTION_STRING_ERROR,
            Self::Syntax { .. } => Reason::SELECTOR_SYNTAX_ERROR,
        }
    }
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(len) => write!(f, "selector of {len} bytes, the limit is {}", super::LEN_MAX),
            Self::Syntax { at, what } => write!(f, "selector, byte {}: {what}", at + 1),
        }
    }
}
