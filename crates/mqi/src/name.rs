//! Names that are checked once, when they are built.
//!
//! Object names have up to 48 characters, channel names up to 20, of letters, digits and `. / _ %`; case
//! matters. Structures carry them blank padded. Whatever is held as an [`ObjectName`] or a [`ChannelName`] needs
//! no further check.

use std::fmt;
use std::sync::Arc;

use crate::chars::Chars;

/// Why text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It is empty or too long: this many bytes.
    Length(usize),
    /// The character at this byte may not stand in a name.
    Character {
        /// Byte offset of the character.
        at: usize,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(0) => f.write_str("the name is blank"),
            Self::Length(len) => write!(f, "the name has {len} characters"),
            Self::Character { at } => write!(f, "character {} may not stand in a name", at + 1),
        }
    }
}

impl std::error::Error for NameError {}

fn parse(raw: &str, len_max: usize) -> Result<Arc<str>, NameError> {
    let name = raw.trim_end_matches([' ', '\0']);
    if name.is_empty() || name.len() > len_max {
        return Err(NameError::Length(name.len()));
    }
    match name.find(|c: char| !c.is_ascii_alphanumeric() && !"./_%".contains(c)) {
        Some(at) => Err(NameError::Character { at }),
        None => Ok(name.into()),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $Name:ident, $len:literal) => {
        $(#[$doc])*
        ///
        /// Cheap to clone: the text is shared.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $Name(Arc<str>);

        impl $Name {
            /// Longest name, in characters.
            pub const LEN_MAX: usize = $len;

            /// Checks a name. Trailing blanks and NULs are padding, not part of it.
            pub fn parse(raw: &str) -> Result<Self, NameError> {
                parse(raw, Self::LEN_MAX).map(Self)
            }

            /// The name without padding.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as its character field.
            pub fn to_chars(&self) -> Chars<$len> {
                Chars::from_str_padded(&self.0)
            }
        }

        impl TryFrom<&Chars<$len>> for $Name {
            type Error = NameError;

            fn try_from(chars: &Chars<$len>) -> Result<Self, NameError> {
                match std::str::from_utf8(chars.trimmed()) {
                    Ok(text) => Self::parse(text),
                    Err(e) => Err(NameError::Character { at: e.valid_up_to() }),
                }
            }
        }

        /// Maps keyed by names can be searched by text.
        impl std::borrow::Borrow<str> for $Name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

name! {
    /// Name of a queue, queue manager, process, namelist, topic object, listener, service or cluster.
    ObjectName, 48
}

name! {
    /// Name of a channel.
    ChannelName, 20
}

impl ObjectName {
    /// Whether the name begins with `SYSTEM.`: reserved for the queue manager's own objects.
    pub fn is_system(&self) -> bool {
        self.0.starts_with("SYSTEM.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, want: Result<&str, NameError>) {
        assert_eq!(ObjectName::parse(raw).as_ref().map(ObjectName::as_str), want.as_ref().copied());
    }

    #[test]
    fn names_are_checked_once() {
        check("ORDERS.IN   ", Ok("ORDERS.IN"));
        check("a/b_c%1\0\0", Ok("a/b_c%1"));
        check("", Err(NameError::Length(0)));
        check("   ", Err(NameError::Length(0)));
        check(" A", Err(NameError::Character { at: 0 }));
        check("A-B", Err(NameError::Character { at: 1 }));
        check("Aé", Err(NameError::Character { at: 1 }));
        check(&"N".repeat(48), Ok(&"N".repeat(48)));
        check(&"N".repeat(49), Err(NameError::Length(49)));
        assert_eq!(ChannelName::parse(&"N".repeat(21)), Err(NameError::Length(21)));
    }

    #[test]
    fn fields_and_names_agree() {
        let name = ObjectName::parse("SYSTEM.DEFAULT.LOCAL.QUEUE").expect("valid");
        assert_eq!(ObjectName::try_from(&name.to_chars()), Ok(name.clone()));
        assert!(name.is_system());
        let not_text = Chars::new([0xC3; 20]);
        assert_eq!(ChannelName::try_from(&not_text), Err(NameError::Character { at: 0 }));
    }
}
