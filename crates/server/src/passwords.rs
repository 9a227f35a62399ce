//! Users of one queue manager and their passwords: a file that the queue manager owns.
//!
//! ```text
//! user:$argon2id$v=19$m=7168,t=5,p=1$salt$hash        one line a user, mode 0600
//! ```
//!
//! The cost is the one of the usual equivalent recommendations that takes the least memory, since the
//! allocator keeps what a hash has used.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use mqi::secret::Secret;

use crate::files;
use crate::guard::Owners;
use crate::paths::{QmgrPaths, Root};

/// Longest password in bytes (wire reference, section 2.7).
pub const PASSWORD_MAX: usize = 256;

/// Length of a generated one.
const GENERATED_LEN: usize = 12;

/// Memory in KiB, passes and lanes of a hash.
const COST: (u32, u32, u32) = (7168, 5, 1);

/// Checked in place of an unknown user's hash, so that both take the same time. It is nobody's.
const DECOY: &str =
    "$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The users and the hashes of their passwords.
#[derive(Clone, Default)]
pub struct Passwords {
    users: BTreeMap<String, String>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("users", &self.users.keys()).finish_non_exhaustive()
    }
}

/// What tells one content of the file from another: a new one takes the place of the old one, never its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<(u64, u64, i64, i64, u64)>);

impl Stamp {
    /// Of what is there now.
    pub fn of(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let figures = |m: std::fs::Metadata| (m.dev(), m.ino(), m.mtime(), m.mtime_nsec(), m.size());
        Self(std::fs::metadata(path).ok().map(figures))
    }
}

impl Passwords {
    /// Reads the file; one that is not there has no users.
    pub fn load(path: &Path) -> io::Result<Self> {
        let owners = path.parent().map_or_else(|| Ok(Owners::own()), Owners::of);
        let text = match owners.and_then(|owners| files::read_guarded(path, owners)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut passwords = Self::default();
        for (at, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let (user, phc) =
                line.split_once(':').filter(|(_, p)| PasswordHash::new(p).is_ok()).ok_or_else(|| {
                    io::Error::other(format!("{}: line {} is not user:hash", path.display(), at + 1))
                })?;
            passwords.users.insert(user.to_owned(), phc.to_owned());
        }
        Ok(passwords)
    }

    /// Writes the file, durably.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let text: String = self.users.iter().map(|(user, phc)| format!("{user}:{phc}\n")).collect();
        files::replace(path, text.as_bytes(), files::MODE_SECRET)
    }

    /// Changes the file, one change at a time on this machine; `change` says whether there is something to write.
    pub fn change(paths: &QmgrPaths, change: impl FnOnce(&mut Self) -> io::Result<bool>) -> io::Result<()> {
        let _others = Root::at(&paths.prefix).lock_mqs_ini()?;
        let mut passwords = Self::load(&paths.passwords())?;
        if change(&mut passwords)? { passwords.save(&paths.passwords()) } else { Ok(()) }
    }

    /// Sets a user's password.
    pub fn set(&mut self, user: &str, password: &Secret) -> io::Result<()> {
        if user.is_empty() || user.contains(|c: char| c == ':' || c.is_control()) {
            return Err(io::Error::other(format!("'{}' is not a user id", user.escape_debug())));
        }
        if !(1..=PASSWORD_MAX).contains(&password.len()) {
            return Err(io::Error::other(format!("a password has 1 to {PASSWORD_MAX} characters")));
        }
        self.users.insert(user.to_owned(), hash(password)?);
        Ok(())
    }

    /// Takes a user away. False: there is none of that name.
    pub fn remove(&mut self, user: &str) -> bool {
        self.users.remove(user).is_some()
    }

    /// How many users there are.
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// True if the user exists.
    pub fn contains(&self, user: &str) -> bool {
        self.users.contains_key(user)
    }

    /// Checks a password; takes the same time whether the user exists or not.
    pub fn verify(&self, user: &str, password: &Secret) -> bool {
        let known = self.users.get(user);
        let phc = known.map_or(DECOY, String::as_str);
        let right = PasswordHash::new(phc)
            .is_ok_and(|parsed| Argon2::default().verify_password(password.expose(), &parsed).is_ok());
        right && known.is_some() && password.len() <= PASSWORD_MAX
    }
}

fn hash(password: &Secret) -> io::Result<String> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None)
        .map_err(|error| io::Error::other(format!("the cost of a password hash: {error}")))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.expose())
        .map(|phc| phc.to_string())
        .map_err(|error| io::Error::other(format!("hashing a password: {error}")))
}

/// A password to show once: letters and digits, without those that look alike. It is as long as clients in
/// compatibility mode can send (`docs/protocol.md`, section 1), and so has 59 bits that nobody can guess.
pub fn generate() -> io::Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0; GENERATED_LEN];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 31)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_survive_the_file_and_are_not_in_it() {
        let dir = crate::testing::temp_dir("passwords");
        let file = dir.path().join("passwords");
        let mut passwords = Passwords::load(&file).unwrap();
        passwords.set("app", &"s3cret".into()).unwrap();
        passwords.save(&file).unwrap();
        let again = Passwords::load(&file).unwrap();
        assert!(again.verify("app", &"s3cret".into()));
        assert!(!again.verify("app", &"s3cres".into()));
        assert!(!again.verify("other", &Secret::default()));
        assert!(!std::fs::read_to_string(&file).unwrap().contains("s3cret"));
        assert!(!format!("{again:?}").contains("argon2"));
    }

    #[test]
    fn a_file_that_others_may_write_lets_nobody_in() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = crate::testing::temp_dir("passwords");
        let file = dir.path().join("passwords");
        let mut passwords = Passwords::load(&file).unwrap();
        passwords.set("app", &"s3cret".into()).unwrap();
        passwords.save(&file).unwrap();
        for mode in [0o620, 0o602, 0o666] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let said = Passwords::load(&file).unwrap_err().to_string();
            assert!(said.contains("chmod go-w") && said.contains("passwords"), "{said}");
        }
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Passwords::load(&file).unwrap().verify("app", &"s3cret".into()));
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_line() {
        let dir = crate::testing::temp_dir("passwords");
        let file = dir.path().join("passwords");
        std::fs::write(&file, "\napp:nonsense\n").unwrap();
        assert!(Passwords::load(&file).unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn an_unknown_user_costs_a_hash_too() {
        assert!(PasswordHash::new(DECOY).is_ok());
        assert!(hash(&"x".into()).unwrap().starts_with(&DECOY[..30]));
    }

    #[test]
    fn generated_passwords_differ() {
        assert_ne!(generate().unwrap(), generate().unwrap());
        assert_eq!(generate().unwrap().len(), GENERATED_LEN);
    }
}
