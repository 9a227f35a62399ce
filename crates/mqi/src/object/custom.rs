//! CUSTOM: names and values, `NAME(VALUE)` with blanks between, of what has no attribute of its own in every version.
//!
//! Known so far is CAPEXPRY of queues and topics. What is not known is refused: it would be kept and do nothing.

use super::error::AttributeError;
use super::types::ObjectClass;
use crate::constants::*;

/// What CUSTOM says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Custom {
    /// CAPEXPRY in tenths of a second; MQCEX_NOLIMIT when it says so.
    pub expiry_cap_tenths: Option<i32>,
}

impl Custom {
    /// Reads the attribute as objects of a class may have it.
    pub fn parse(text: &str, class: ObjectClass) -> Result<Self, AttributeError> {
        let refused = || AttributeError::Custom { value: text.to_owned() };
        let mut custom = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('(').ok_or_else(refused)?;
            let (value, after) = after.split_once(')').ok_or_else(refused)?;
            let is_known = name == "CAPEXPRY" && matches!(class, ObjectClass::Queue | ObjectClass::Topic);
            if !is_known || custom.expiry_cap_tenths.is_some() {
                return Err(refused());
            }
            custom.expiry_cap_tenths = Some(match value.trim() {
                "NOLIMIT" => MQCEX_NOLIMIT,
                "ASPARENT" if class == ObjectClass::Topic => MQCEX_AS_PARENT,
                figure => {
                    figure.parse().ok().filter(|n| (1..=999_999_999).contains(n)).ok_or_else(refused)?
                }
            });
            if !after.is_empty() && !after.starts_with(' ') {
                return Err(refused());
            }
            rest = after.trim_start();
        }
        Ok(custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, class: ObjectClass, want: Option<Option<i32>>) {
        assert_eq!(Custom::parse(text, class).ok().map(|custom| custom.expiry_cap_tenths), want, "{text}");
    }

    #[test]
    fn what_is_known_is_read_and_the_rest_refused() {
        use ObjectClass::{Qmgr, Queue, Topic};
        check("", Queue, Some(None));
        check("  ", Qmgr, Some(None));
        check("CAPEXPRY(20)", Queue, Some(Some(20)));
        check(" CAPEXPRY( 999999999 ) ", Queue, Some(Some(999_999_999)));
        check("CAPEXPRY(NOLIMIT)", Topic, Some(Some(MQCEX_NOLIMIT)));
        check("CAPEXPRY(ASPARENT)", Topic, Some(Some(MQCEX_AS_PARENT)));
        for wrong in [
            "CAPEXPRY",
            "CAPEXPRY(",
            "CAPEXPRY()",
            "CAPEXPRY(0)",
            "CAPEXPRY(-5)",
            "CAPEXPRY(1000000000)",
            "CAPEXPRY(ASPARENT)",
            "CAPEXPRY(x)",
            "CAPEXPRY (5)",
            "CAPEXPRY(5)CAPEXPRY(6)",
            "CAPEXPRY(5) CAPEXPRY(6)",
            "OTHER(5)",
            "capexpry(5)",
            "5",
            "ä(5)",
        ] {
            check(wrong, Queue, None);
        }
        check("CAPEXPRY(20)", Qmgr, None);
    }
}
