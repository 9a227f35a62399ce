//! CONAUTH_INFO: the credentials of a client.
//!
//! ```text
//!  0 CHAR4 `CAUT`
//!  4 LONG  type: 1 user id and password, 2 token
//!  8 LONG  longest user id, says nothing
//! 12 LONG  longest password, says nothing
//! 16 LONG  length of the user id (n)
//! 20 LONG  length of the password (m)
//! 24 n     user id
//!    m     password, in clear: this end never offers a protection
//! ```

use mqi::Chars;
use mqi::secret::Secret;
use mqi::wire::{DecodeError, Reader, Writer};

use super::{count, structure_id};

/// User id and password (MQCSP_AUTH_USER_ID_AND_PWD).
pub const USER_ID_AND_PASSWORD: i32 = 1;

/// Longest user id that is documented.
const USER_ID_MAX: i32 = 1024;
/// Longest password that is documented.
const PASSWORD_MAX: i32 = 256;

/// Body of a CONAUTH_INFO segment.
#[derive(Clone, PartialEq, Eq)]
pub struct Conauth {
    /// MQCSP_AUTH_*.
    pub authentication_type: i32,
    /// Longest user id, as sent.
    pub user_length_max: i32,
    /// Longest password, as sent.
    pub password_length_max: i32,
    /// User id in an ASCII-based set.
    pub user: Vec<u8>,
    /// Password in an ASCII-based set.
    pub password: Secret,
}

impl Conauth {
    /// User id and password.
    pub fn password(user: &str, password: impl Into<Secret>) -> Self {
        Self {
            authentication_type: USER_ID_AND_PASSWORD,
            user_length_max: USER_ID_MAX,
            password_length_max: PASSWORD_MAX,
            user: user.as_bytes().to_vec(),
            password: password.into(),
        }
    }

    /// Reads the body.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        structure_id(r, "CAUT")?;
        let charset = r.charset();
        let (authentication_type, user_length_max, password_length_max) = (r.i32()?, r.i32()?, r.i32()?);
        let (user_length, password_length) = (r.i32()?, r.i32()?);
        let mut text = |length| -> Result<Vec<u8>, DecodeError> {
            let length = count(r, length, 1)?;
            Ok(r.bytes(length)?.iter().map(|byte| charset.to_memory(*byte)).collect())
        };
        Ok(Self {
            authentication_type,
            user_length_max,
            password_length_max,
            user: text(user_length)?,
            password: text(password_length)?.into(),
        })
    }

    /// Appends the body.
    pub fn encode(&self, w: &mut Writer) {
        let length = |text: &[u8]| i32::try_from(text.len()).expect("credentials are short");
        w.chars(&Chars::<4>::from_str_padded("CAUT"));
        w.i32(self.authentication_type);
        w.i32(self.user_length_max);
        w.i32(self.password_length_max);
        w.i32(length(&self.user));
        w.i32(length(self.password.expose()));
        for byte in self.user.iter().chain(self.password.expose()) {
            w.u8(w.charset().of_memory(*byte));
        }
    }
}

/// Passwords are not shown.
impl std::fmt::Debug for Conauth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conauth")
            .field("authentication_type", &self.authentication_type)
            .field("user", &String::from_utf8_lossy(&self.user))
            .field("password_length", &self.password.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::{check_truncations, round_trip};
    use mqi::wire::{ByteOrder, Charset};

    #[test]
    fn user_and_password() {
        let caut = round_trip("conauth-tshm-le", Conauth::decode, Conauth::encode);
        assert_eq!(caut, Conauth::password("alice", "passw0rd"));
        assert!(!format!("{caut:?}").contains("passw0rd"));
        check_truncations("conauth-tshm-le", Conauth::decode);
    }

    #[test]
    fn ebcdic_credentials_are_read_as_characters() {
        let mut w = Writer::new(ByteOrder::Big, Charset::Ebcdic);
        let sent = Conauth::password("alice", "passw0rd");
        sent.encode(&mut w);
        let bytes = w.finish();
        assert_eq!(&bytes[24..29], b"\x81\x93\x89\x83\x85");
        assert_eq!(Conauth::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ebcdic)), Ok(sent));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for length in [-1, 14, i32::MAX] {
            let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
            Conauth::password("alice", "passw0rd").encode(&mut w);
            w.patch_i32(16, length);
            let bytes = w.finish();
            let got = Conauth::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ascii));
            assert_eq!(got, Err(DecodeError::Length(length)));
        }
    }
}
