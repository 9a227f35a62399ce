//! Who may write what a queue manager goes by: its owner and root, and nobody else.
//!
//! Whoever can write `qm.ini`, the users' passwords, the log, or a directory that has them, can do what the owner can.
//! So files and directories that group or world may write, or that belong to somebody else, are not used, and the
//! message says what mends that. A sticky directory is safe for what is in it, but is nobody's data or log directory.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::users;

/// Group and world may write.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In such a directory only the owner of a file may rename or remove it.
const STICKY: u32 = 0o1000;

/// Whose files are used.
#[derive(Clone, Copy, Debug)]
pub struct Owners {
    /// The user of this process.
    user: u32,
    /// The owner of the data directory.
    owner: u32,
}

/// What others may write; see the module's text.
#[derive(Debug)]
struct Exposed {
    path: PathBuf,
    why: String,
    mended_by: String,
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. This mends it: {}", self.path.display(), self.why, self.mended_by)
    }
}

impl std::error::Error for Exposed {}

/// Whether an error says that others may write a file.
pub fn is_exposed(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Exposed>())
}

impl Owners {
    /// Those of a data directory. Root works for whoever it belongs to; every other user for himself.
    pub fn of(data: &Path) -> io::Result<Self> {
        let user = users::current();
        let owner = std::fs::metadata(data).map_err(|error| crate::files::about(data, error))?.uid();
        Ok(Self { user, owner: if user == 0 { owner } else { user } })
    }

    /// Those of a file that is not a queue manager's.
    pub fn own() -> Self {
        let user = users::current();
        Self { user, owner: user }
    }

    /// That nobody else may write what has this owner and this mode.
    pub fn check(self, path: &Path, uid: u32, mode: u32) -> io::Result<()> {
        let shell = crate::files::quoted(path);
        let exposed = |why: String, mended_by: String| {
            Err(io::Error::other(Exposed { path: path.to_owned(), why, mended_by }))
        };
        if ![0, self.user, self.owner].contains(&uid) {
            let (name, owner) = (users::name_of(uid), users::name_of(self.owner));
            let why = format!("it belongs to user '{name}', and neither to '{owner}' nor to root");
            return exposed(why, format!("chown {owner} {shell}"));
        }
        if mode & WRITABLE_BY_OTHERS != 0 {
            let why = format!("mode {:04o} lets others than its owner write it", mode & 0o7777);
            return exposed(why, format!("chmod go-w {shell}"));
        }
        Ok(())
    }

    /// The same of what is at a path. Nothing there is nothing to check.
    pub fn check_path(self, path: &Path) -> io::Result<()> {
        match std::fs::metadata(path) {
            Ok(meta) => self.check(path, meta.uid(), meta.mode()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(crate::files::about(path, error)),
        }
    }

    /// That nobody else decides to which directories the names of queue managers lead. For root that is whoever may
    /// write the directory of `mqs.ini` too; everybody else works in his own directories only.
    pub fn check_mqs_ini(self, root: &Path) -> io::Result<()> {
        let file = root.join("mqs.ini");
        let is_root = self.user == 0;
        match std::fs::metadata(&file) {
            Ok(meta) => self.check(&file, if is_root { meta.uid() } else { self.user }, meta.mode())?,
            Err(_) => return Ok(()),
        }
        let meta = std::fs::metadata(root)?;
        if is_root && meta.mode() & STICKY == 0 {
            return self.check(root, meta.uid(), meta.mode());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_write_is_named_with_what_mends_it() {
        let owners = Owners { user: 1000, owner: 1000 };
        let check = |uid, mode, want: &str| {
            let said = owners.check(Path::new("/a b/qm.ini"), uid, mode).err();
            assert_eq!(said.as_ref().map(ToString::to_string).unwrap_or_default(), want);
            assert!(said.as_ref().is_none_or(is_exposed));
        };
        for (uid, mode) in [(1000, 0o640), (0, 0o600), (1000, 0o644), (1000, 0o755)] {
            check(uid, mode, "");
        }
        for mode in [0o660, 0o602, 0o666] {
            let want = "lets others than its owner write it. This mends it: chmod go-w '/a b/qm.ini'";
            check(1000, mode, &format!("/a b/qm.ini: mode {mode:04o} {want}"));
        }
        let (other, name) = (users::name_of(4242), users::name_of(1000));
        let want = format!(
            "/a b/qm.ini: it belongs to user '{other}', and neither to '{name}' nor to root. This mends it: chown {name} '/a b/qm.ini'"
        );
        check(4242, 0o600, &want);
        assert!(!is_exposed(&io::ErrorKind::NotFound.into()));
    }
}
