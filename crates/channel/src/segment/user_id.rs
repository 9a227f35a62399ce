//! USERID_DATA: who a client says that it is.
//!
//! ```text
//!  0 CHAR4  `UID `
//!  4 CHAR12 user id
//! 16 CHAR12 password, only in compatibility mode
//! 28        end of the short form
//! 28 CHAR64 long user id: the one that counts
//! 92 u8     bytes of the security id that follow, its type included
//! 93 BYTE39 type and security id
//! ```

use mqi::Chars;
use mqi::secret::Secret;
use mqi::wire::{DecodeError, Reader, Writer};

use super::structure_id;

/// Length of the password.
const PASSWORD_LEN: usize = 12;

/// Body of a USERID_DATA segment.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId {
    /// User id in its short form.
    pub user: Chars<12>,
    /// Password, without its padding; nothing when there is none.
    pub password: Secret,
    /// What the long form adds.
    pub long: Option<LongUserId>,
}

/// What the long form of a UID adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongUserId {
    /// User id.
    pub user: Chars<64>,
    /// Length, type and bytes of a security id, as they came.
    pub security_id: [u8; 40],
}

impl UserId {
    /// The long user id, or the short one where that is all there is.
    pub fn user(&self) -> &str {
        match &self.long {
            Some(long) if !long.user.is_blank() => long.user.as_str(),
            _ => self.user.as_str(),
        }
    }

    /// Reads the body. Passwords may be padded with NULs.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_id(r, "UID")?;
        Ok(Self {
            user: r.chars()?,
            password: password(r)?,
            long: match r.remaining() {
                0 => None,
                _ => Some(LongUserId { user: r.chars()?, security_id: r.array()? }),
            },
        })
    }

    /// Appends the body. A blank password is sent as NULs, as clients do.
    pub fn encode(&self, w: &mut Writer) {
        w.chars(&Chars::<4>::from_str_padded("UID"));
        w.chars(&self.user);
        let charset = w.charset();
        for byte in self.password.expose().iter().take(PASSWORD_LEN) {
            w.u8(charset.of_memory(*byte));
        }
        let padding = if self.password.is_empty() { 0 } else { charset.blank() };
        for _ in self.password.len()..PASSWORD_LEN {
            w.u8(padding);
        }
        if let Some(long) = &self.long {
            w.chars(&long.user);
            w.bytes(&long.security_id);
        }
    }
}

fn password(r: &mut Reader<'_>) -> Result<Secret, DecodeError> {
    let charset = r.charset();
    let mut password = Secret::with_capacity(PASSWORD_LEN);
    for byte in r.bytes(PASSWORD_LEN)? {
        password.push(charset.to_memory(*byte));
    }
    while let Some(byte) = password.pop() {
        if !matches!(byte, 0 | b' ') {
            password.push(byte);
            break;
        }
    }
    Ok(password)
}

/// Passwords are not shown.
impl std::fmt::Debug for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let password = if self.password.is_empty() { "none" } else { "given" };
        f.debug_struct("UserId").field("user", &self.user()).field("password", &password).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, decode, round_trip};

    #[test]
    fn long_and_short_forms() {
        let uid = round_trip("uid-tshm-le", UserId::decode, UserId::encode);
        assert_eq!((uid.user(), uid.password.is_empty()), ("alice", true));
        for vector in ["uid-tsh-be-ebcdic", "uid-short-tsh-le"] {
            let uid = decode(vector, UserId::decode);
            assert_eq!((uid.user(), uid.password.is_empty()), ("alice", true), "{vector}");
        }
        let uid = decode("uid-password-tshm-be", UserId::decode);
        assert_eq!((uid.user(), uid.password.expose()), ("alice", &b"secret"[..]));
        assert!(!format!("{uid:?}").contains("secret"));
        check_truncations("uid-tshm-le", UserId::decode);
    }
}
