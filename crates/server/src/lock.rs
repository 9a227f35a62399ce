//! An exclusive lock on a file, held for as long as its value is there, and gone with the process however it ends.
//!
//! It is a lock of the open file description (`F_OFD_SETLK`): it conflicts with other processes and with other
//! opens of this one, stays when another descriptor of the file is closed (the older `fcntl` locks do not), and
//! network file systems carry it to the server, as they do with `fcntl` locks and not all do with `flock`.
//!
//! A lock belongs to the file and not to its name. Whoever removes or replaces the file leaves the lock on what
//! has no name any more, so taking one ends with a look whether the name still leads to what was locked.
//!
//! Whoever can read a file can lock it, against writers: so a file that is locked may be read by its owner alone, and
//! nobody else can keep a queue manager from starting, or a command waiting.
//!
//! Something may be written into a file that was locked. One that has a second name, in a copy of hard links or where
//! somebody planted it, is left to that one before, and another is made ([`LockFile::part`]).

use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::files;

/// A file and the lock on all of it.
#[derive(Debug)]
pub struct LockFile(File);

/// Whether a file is made to be locked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Make {
    Never,
    IfMissing,
    Always,
}

impl LockFile {
    /// Takes the lock of a file, which is made if it is not there; none: somebody has it. Errors name the file.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, Make::IfMissing, &|file| try_lock(file))
    }

    /// As [`Self::try_take`], of a file that must not be there.
    pub fn try_take_new(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, Make::Always, &|file| try_lock(file))
    }

    /// As [`Self::try_take`], of a file that must be there.
    pub fn try_take_existing(path: &Path) -> io::Result<Option<Self>> {
        Self::take(path, Make::Never, &|file| try_lock(file))
    }

    /// Takes the lock, waiting for it.
    pub fn wait(path: &Path) -> io::Result<Self> {
        let taken = Self::take(path, Make::IfMissing, &|file| {
            loop {
                match fcntl(file, FcntlArg::F_OFD_SETLKW(&whole_file())) {
                    Ok(_) => return Ok(true),
                    Err(Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        })?;
        taken.ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    fn take(path: &Path, make: Make, lock: &dyn Fn(&File) -> io::Result<bool>) -> io::Result<Option<Self>> {
        loop {
            let file = match make {
                Make::Never => files::open(path),
                Make::IfMissing => files::open_or_make(path, files::MODE_SECRET),
                Make::Always => files::make(path, files::MODE_SECRET),
            }?;
            if !lock(&file).map_err(|error| files::about(path, error))? {
                return Ok(None);
            }
            let lock = Self(file);
            if !lock.is_at(path).map_err(|error| files::about(path, error))? {
                continue;
            }
            lock.close_to_readers();
            return Ok(Some(lock));
        }
    }

    /// A file of an earlier version, which the group could read. One that others can write is left as it is, for the
    /// message that names it.
    fn close_to_readers(&self) {
        let mode = match self.0.metadata() {
            Ok(meta) if meta.nlink() == 1 => meta.mode() & 0o7777,
            _ => return,
        };
        if mode & 0o044 != 0 && mode & 0o022 == 0 {
            let _ = self.0.set_permissions(std::fs::Permissions::from_mode(mode & !0o044));
        }
    }

    /// Takes the lock of a new file under the same name, if this one has another name too. Nobody has it under that one:
    /// he would have the lock. False: somebody has taken the new one.
    pub fn part(&mut self, path: &Path) -> io::Result<bool> {
        if !files::has_second_name(&self.0)? {
            return Ok(true);
        }
        files::remove(path)?;
        let Some(lock) = Self::try_take(path)? else { return Ok(false) };
        *self = lock;
        Ok(true)
    }

    /// True if the name leads to the file that is locked.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        let ours = self.0.metadata()?;
        match std::fs::symlink_metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes the lock again. False: it was lost, as a network file system may do, and somebody else has it.
    pub fn renew(&self) -> io::Result<bool> {
        try_lock(&self.0)
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.0
    }
}

/// Whether somebody holds the lock of a file. It is not taken, not even for a moment; and one file that is not
/// there is held by nobody.
pub fn is_held(path: &Path) -> io::Result<bool> {
    let file = match files::open_to_read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut lock = whole_file();
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut lock))?;
    Ok(i32::from(lock.l_type) != libc::F_UNLCK)
}

fn try_lock(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_asking_does_not_take_it() {
        let dir = crate::testing::temp_dir("lock");
        let path = dir.path().join("l");
        assert!(!is_held(&path).unwrap());
        let first = LockFile::try_take(&path).unwrap().unwrap();
        assert!(is_held(&path).unwrap());
        assert!(LockFile::try_take(&path).unwrap().is_none());
        // Whoever looks into the file closes a descriptor of it afterwards.
        drop(File::open(&path).unwrap());
        assert!(LockFile::try_take(&path).unwrap().is_none());
        assert!(first.renew().unwrap());
        // It is a record lock, as network file systems carry them: one of the older kind meets it.
        let other = File::options().read(true).write(true).open(&path).unwrap();
        let asked = rustix::fs::fcntl_lock(&other, rustix::fs::FlockOperation::NonBlockingLockExclusive);
        assert!(matches!(asked, Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS)), "{asked:?}");
        drop(other);
        drop(first);
        assert!(!is_held(&path).unwrap());
        assert!(LockFile::try_take_existing(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_is_of_the_file_and_links_lead_to_it_or_are_refused() {
        let dir = crate::testing::temp_dir("lock-links");
        let path = |name| dir.path().join(name);
        let held = LockFile::try_take(&path("l")).unwrap().unwrap();
        std::fs::hard_link(path("l"), path("hard")).unwrap();
        std::os::unix::fs::symlink(path("l"), path("soft")).unwrap();
        assert!(LockFile::try_take(&path("hard")).unwrap().is_none());
        assert!(LockFile::try_take(&path("soft")).is_err());
        std::fs::rename(path("l"), path("moved")).unwrap();
        assert!(!held.is_at(&path("l")).unwrap() && held.is_at(&path("moved")).unwrap());
    }

    #[test]
    fn nobody_else_may_read_what_is_locked() {
        let dir = crate::testing::temp_dir("lock-readers");
        let path = |name| dir.path().join(name);
        for (name, before, want) in
            [("new", None, 0o600), ("old", Some(0o640), 0o600), ("open", Some(0o664), 0o664)]
        {
            if let Some(mode) = before {
                std::fs::write(path(name), "").unwrap();
                std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
            }
            let held = LockFile::try_take(&path(name)).unwrap().unwrap();
            assert_eq!(held.file().metadata().unwrap().mode() & 0o777, want, "{name}");
        }
    }

    #[test]
    fn what_has_a_second_name_is_left_to_that() {
        let dir = crate::testing::temp_dir("lock-second");
        let path = |name| dir.path().join(name);
        std::fs::write(path("victim"), "mine").unwrap();
        std::fs::hard_link(path("victim"), path("l")).unwrap();
        let mut held = LockFile::try_take(&path("l")).unwrap().unwrap();
        assert!(held.part(&path("l")).unwrap());
        files::write_over(held.file(), b"1 2 3").unwrap();
        assert_eq!(std::fs::read_to_string(path("victim")).unwrap(), "mine");
        assert!(LockFile::try_take(&path("l")).unwrap().is_none());
    }
}
