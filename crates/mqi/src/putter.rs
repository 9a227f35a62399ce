//! Who put a message, as its queue manager itself established it: what commands are executed as.
//!
//! MQMD.UserIdentifier does not say it. It may be blank or chosen by the application, and has twelve characters: a
//! longer name, cut, is another user's. So the putter is carried beside the descriptor, of full length; by name only
//! where the descriptor says something else, which is seldom.

use crate::md::Md;

/// See the module's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Putter {
    /// Nobody knows: the message is of a version that did not keep it. Whatever the descriptor says proves nothing.
    #[default]
    Unknown,
    /// The user whom MQMD.UserIdentifier names.
    AsDescribed,
    /// This user, whatever the descriptor says.
    User(Box<str>),
}

impl Putter {
    /// Longest name of a user who may put: a connection with a longer one is refused.
    pub const NAME_MAX: usize = 255;

    /// For a message that this user puts with this descriptor.
    pub fn of(user: &str, md: &Md) -> Self {
        let is_described = !user.is_empty() && md.user_identifier.as_str() == user;
        if is_described { Self::AsDescribed } else { Self::User(user.into()) }
    }

    /// The user, given the descriptor of the message; none if he is not known.
    pub fn user<'a>(&'a self, md: &'a Md) -> Option<&'a str> {
        let user = match self {
            Self::Unknown => return None,
            Self::AsDescribed => md.user_identifier.as_str(),
            Self::User(user) => user,
        };
        (!user.is_empty()).then_some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chars;

    #[test]
    fn a_name_is_carried_where_the_descriptor_does_not_say_it() {
        let described = |text: &str| Md { user_identifier: Chars::from_str_padded(text), ..Md::v2() };
        let check = |user: &str, md: &Md, is_described: bool| {
            let putter = Putter::of(user, md);
            assert_eq!(putter == Putter::AsDescribed, is_described, "{user}");
            assert_eq!(putter.user(md), Some(user));
        };
        check("app", &described("app"), true);
        check("twelve_chars", &described("twelve_chars"), true);
        check("app", &described(""), false);
        check("app", &described("mqm"), false);
        // Cut, this is the user before.
        check("twelve_chars_and_more", &described("twelve_chars_and_more"), false);
        check("ends_in_blank ", &described("ends_in_blank "), false);
        // A descriptor whose bytes are no text names nobody.
        let broken = Md { user_identifier: Chars::new(*b"app\xFFroot    "), ..Md::v2() };
        check("app\u{FFFD}root", &broken, false);
        assert_eq!(Putter::Unknown.user(&described("mqm")), None);
        assert_eq!(Putter::of("", &described("")).user(&described("")), None);
    }
}
