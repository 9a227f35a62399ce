//! Where things are: the data root, `mqs.ini`, and the directories of each queue manager.
//!
//! ```text
//! <root>/mqs.ini
//! <root>/qmgrs/<dir>/qm.ini, errors/AMQERR0n.LOG, …      crtmqm -md puts <dir> elsewhere
//! <root>/log/<dir>/active/…                              crtmqm -ld puts <dir> elsewhere
//! <root>/errors/
//! <root>/sockets/<dir>/…                                 see `local_socket.rs`
//! ```
//!
//! The root is `MQ_OVERRIDE_DATA_PATH`, else `/var/mqm` if it can be written, else the user's data directory. A user
//! whose root is the last finds the queue managers of `/var/mqm` too, by `mqs.ini` there: he may connect to them, with
//! the authority that they give him, and see them; what else he tries fails by the rights of their files.

use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::ini::{Ini, Stanza};
use crate::lock::LockFile;

/// The product's data root.
pub const SHARED: &str = "/var/mqm";

/// The data root of this process.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

impl Root {
    /// Finds the root by the environment; see the module's text.
    pub fn find() -> Self {
        if let Some(path) = std::env::var_os("MQ_OVERRIDE_DATA_PATH").filter(|p| !p.is_empty()) {
            // The process that stays works in another directory than the command that starts it.
            let path = PathBuf::from(path);
            return Self(std::path::absolute(&path).unwrap_or(path));
        }
        let product = PathBuf::from(SHARED);
        if files::is_writable_dir(&product) {
            return Self(product);
        }
        let home = || std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let data = std::env::var_os("XDG_DATA_HOME")
            .filter(|p| Path::new(p).is_absolute())
            .map_or_else(|| home().join(".local/share"), PathBuf::from);
        Self(data.join("packhorse"))
    }

    /// A root at a given place.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// `mqs.ini`; empty if there is none yet.
    pub fn mqs_ini(&self) -> io::Result<Ini> {
        let file = self.0.join("mqs.ini");
        match files::read(&file) {
            Ok(text) => Ini::parse(&text).map_err(|e| io::Error::other(format!("{}: {e}", file.display()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ini::default()),
            Err(error) => Err(error),
        }
    }

    /// Replaces `mqs.ini`, durably.
    pub fn write_mqs_ini(&self, ini: &Ini) -> io::Result<()> {
        let write = || {
            files::create_public_dirs(&self.0)?;
            files::replace(&self.0.join("mqs.ini"), ini.print().as_bytes(), 0o644)
        };
        write().map_err(|error| self.unusable(error))
    }

    /// Holds `mqs.ini` against other commands until the returned lock is dropped.
    pub fn lock_mqs_ini(&self) -> io::Result<LockFile> {
        let lock = || {
            files::create_public_dirs(&self.0)?;
            LockFile::wait(&self.0.join("mqs.ini.lock"))
        };
        lock().map_err(|error| self.unusable(error))
    }

    /// The error, with what can be done about it.
    fn unusable(&self, error: io::Error) -> io::Error {
        use io::ErrorKind::{NotADirectory, PermissionDenied, ReadOnlyFilesystem};
        if !matches!(error.kind(), NotADirectory | PermissionDenied | ReadOnlyFilesystem) {
            return error;
        }
        let what = format!("{error}. MQ_OVERRIDE_DATA_PATH can name another directory for the data");
        io::Error::new(error.kind(), what)
    }

    /// All queue managers, in the order of their creation.
    pub fn queue_managers(&self) -> io::Result<Vec<QmgrPaths>> {
        Ok(self.mqs_ini()?.all("QueueManager").filter_map(|s| QmgrPaths::from_stanza(s, &self.0)).collect())
    }

    /// The product's own root, when this one is a user's.
    fn shared(&self) -> Option<Self> {
        let is_given = std::env::var_os("MQ_OVERRIDE_DATA_PATH").is_some_and(|p| !p.is_empty());
        let product = Path::new(SHARED);
        (!is_given && self.0 != product && product.join("mqs.ini").exists()).then(|| Self(product.to_owned()))
    }

    /// All queue managers that this user can name: those of this root, and those of [`SHARED`] that have other names.
    pub fn known_queue_managers(&self) -> io::Result<Vec<QmgrPaths>> {
        let mut all = self.queue_managers()?;
        for other in self.shared().map_or(Ok(Vec::new()), |shared| shared.queue_managers())? {
            if all.iter().all(|own| own.name != other.name) {
                all.push(other);
            }
        }
        Ok(all)
    }

    /// One of them.
    pub fn known_queue_manager(&self, name: &str) -> io::Result<Option<QmgrPaths>> {
        Ok(self.known_queue_managers()?.into_iter().find(|q| q.name == name))
    }

    /// One of this root.
    pub fn queue_manager(&self, name: &str) -> io::Result<Option<QmgrPaths>> {
        Ok(self.queue_managers()?.into_iter().find(|q| q.name == name))
    }

    /// Name of the default queue manager, if one is set.
    pub fn default_queue_manager(&self) -> io::Result<Option<String>> {
        for root in std::iter::once(self.clone()).chain(self.shared()) {
            let ini = root.mqs_ini()?;
            if let Some(name) = ini.value("DefaultQueueManager", "Name").filter(|name| !name.is_empty()) {
                return Ok(Some(name.to_owned()));
            }
        }
        Ok(None)
    }

    /// A directory name for a new queue manager: the name in characters that files may have, made unique.
    pub fn directory_for(&self, name: &str, taken: &[QmgrPaths]) -> String {
        let plain = mangle(name);
        let is_taken = |dir: &str| taken.iter().any(|q| q.directory.eq_ignore_ascii_case(dir));
        if !is_taken(&plain) {
            return plain;
        }
        (0u32..)
            .map(|n| format!("{plain}.{n:03}"))
            .find(|dir| !is_taken(dir))
            .expect("there are more numbers than queue managers")
    }
}

/// A queue manager's name in characters that every file system takes (reference, section 1).
pub fn mangle(name: &str) -> String {
    name.replace('.', "!").replace('/', "&")
}

/// Names and places of one queue manager, as in its stanza of `mqs.ini`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QmgrPaths {
    /// Name of the queue manager.
    pub name: String,
    /// Its directory name.
    pub directory: String,
    /// Root that it was created under.
    pub prefix: PathBuf,
    /// Data directory, with `qm.ini`.
    pub data: PathBuf,
}

impl QmgrPaths {
    fn from_stanza(stanza: &Stanza, root: &Path) -> Option<Self> {
        let name = stanza.value("Name")?.to_owned();
        let directory = stanza.value("Directory").map_or_else(|| mangle(&name), str::to_owned);
        let prefix = stanza.value("Prefix").map_or_else(|| root.to_path_buf(), PathBuf::from);
        let data =
            stanza.value("DataPath").map_or_else(|| prefix.join("qmgrs").join(&directory), PathBuf::from);
        Some(Self { name, directory, prefix, data })
    }

    /// The stanza of `mqs.ini`. `DataPath` is left out when it follows from the prefix.
    pub fn stanza(&self) -> Stanza {
        let stanza = Stanza::new("QueueManager")
            .with("Name", &self.name)
            .with("Prefix", self.prefix.display().to_string())
            .with("Directory", &self.directory);
        let stanza = if self.data == self.prefix.join("qmgrs").join(&self.directory) {
            stanza
        } else {
            stanza.with("DataPath", self.data.display().to_string())
        };
        stanza.with("InstallationName", "Installation1")
    }

    /// `qm.ini`.
    pub fn qm_ini(&self) -> PathBuf {
        self.data.join("qm.ini")
    }

    /// Directory of the error logs.
    pub fn errors(&self) -> PathBuf {
        self.data.join("errors")
    }

    /// The file whose lock says that an instance runs.
    pub fn lock(&self) -> PathBuf {
        self.data.join("active")
    }

    /// Which start of which log the data goes with.
    pub fn pairing(&self) -> PathBuf {
        self.data.join("pairing")
    }

    /// One line about how the last instance ended, for dspmq.
    pub fn status(&self) -> PathBuf {
        self.data.join("status")
    }

    /// The scratch file, for the moment in which it has a name.
    pub fn scratch(&self) -> PathBuf {
        self.data.join("scratch")
    }

    /// Users and their password hashes.
    pub fn passwords(&self) -> PathBuf {
        self.data.join("passwords")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_mangled_and_unique() {
        let root = Root::at("/r");
        let qmgr = |name: &str, directory: &str| QmgrPaths {
            name: name.into(),
            directory: directory.into(),
            prefix: "/r".into(),
            data: Path::new("/r/qmgrs").join(directory),
        };
        assert_eq!(root.directory_for("A.B/C", &[]), "A!B&C");
        assert_eq!(root.directory_for("a.b", &[qmgr("A.B", "A!B")]), "a!b.000");
        assert_eq!(root.directory_for("a.b", &[qmgr("A.B", "A!B"), qmgr("x", "a!b.000")]), "a!b.001");
    }

    #[test]
    fn stanzas_read_back() {
        let mut qmgr = QmgrPaths {
            name: "A.B".into(),
            directory: "A!B".into(),
            prefix: "/r".into(),
            data: "/r/qmgrs/A!B".into(),
        };
        assert_eq!(QmgrPaths::from_stanza(&qmgr.stanza(), Path::new("/other")), Some(qmgr.clone()));
        assert_eq!(qmgr.stanza().value("DataPath"), None);
        qmgr.data = "/shared/A!B".into();
        assert_eq!(QmgrPaths::from_stanza(&qmgr.stanza(), Path::new("/other")), Some(qmgr.clone()));
    }
}
