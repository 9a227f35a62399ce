//! The real disk of the log: one directory, files written with `O_DIRECT|O_DSYNC`.
//!
//! Where a file system refuses direct I/O, writes are buffered and followed by `fdatasync`. Either way a
//! write is durable when it returns. The file descriptor that wrote is the one that forces, so that no
//! error is lost between two of them.
//!
//! The directory is held open, and every name is looked up in it: another directory that takes its path is
//! never written to. No name is followed as a symbolic link.
//!
//! **Whoever holds the locks of all control files holds the log** ([`RealDisk::hold`]). A lock stays with the
//! file and not with the name, so a control file is locked before it takes the name of an older one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags};
use rustix::io::Errno;
use store::{CONTROL_FILES, Disk};

use crate::files;
use crate::guard::Owners;
use crate::lock::{self, LockFile};

/// Bytes zeroed with one write when a file is made.
const ZEROS: usize = 1 << 20;

/// A directory of log files.
#[derive(Debug)]
pub struct RealDisk {
    directory: PathBuf,
    fd: OwnedFd,
    /// The control files that are locked; none of them before [`RealDisk::hold`].
    held: Mutex<Option<BTreeMap<String, LockFile>>>,
    /// The extents that are there, as far as this process knows; empty before [`RealDisk::hold`].
    extents: Mutex<BTreeSet<String>>,
}

/// Why a log cannot be held.
#[derive(Debug)]
pub enum NotHeld {
    /// Another process has it.
    InUse,
    /// A file of it has a second name, so that another log may be written with it.
    Linked(String),
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for NotHeld {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file of it.
#[derive(Debug)]
pub struct RealFile {
    fd: OwnedFd,
    /// Its name when it was opened, for errors.
    path: PathBuf,
    /// True if each write must be followed by a force.
    buffered: bool,
}

impl RealDisk {
    /// Opens the directory.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&directory, flags, Mode::empty())
            .map_err(|error| files::about(&directory, error.into()))?;
        Ok(Self { directory, fd, held: Mutex::new(None), extents: Mutex::default() })
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// That every file of the log has one name only, and that nobody else may write it.
    pub fn check_files(&self, owners: Owners) -> Result<(), NotHeld> {
        for name in self.list()? {
            let stat =
                rustix::fs::statat(&self.fd, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(io::Error::from)?;
            let is_file = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file();
            let is_ours = CONTROL_FILES.contains(&name.as_str()) || name.ends_with(".LOG");
            if is_ours && !(is_file && stat.st_nlink == 1) {
                return Err(NotHeld::Linked(name));
            }
            if is_ours {
                owners.check(&self.directory.join(&name), stat.st_uid, stat.st_mode)?;
            }
        }
        Ok(())
    }

    /// Whether another process has the log. Its locks are not taken, not even for a moment.
    pub fn is_in_use(&self) -> io::Result<bool> {
        for name in CONTROL_FILES {
            if lock::is_held(&self.directory.join(name))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes the locks of the control files that are there. From then on every file that becomes one is locked
    /// first. Nothing is written.
    pub fn hold(&self) -> Result<(), NotHeld> {
        let mut locks = BTreeMap::new();
        for name in CONTROL_FILES {
            match LockFile::try_take_existing(&self.directory.join(name)) {
                Ok(Some(lock)) => drop(locks.insert(name.to_owned(), lock)),
                Ok(None) => return Err(NotHeld::InUse),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        *self.held() = Some(locks);
        *self.extents() = self.list()?.into_iter().filter(|name| is_extent(name)).collect();
        Ok(())
    }

    fn extents(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // A set of names is whole between any two of its methods.
        self.extents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An extent that somebody else has taken away. `may_go`: one that nobody needs.
    pub fn taken_away(&self, may_go: impl Fn(&str) -> bool) -> io::Result<Option<String>> {
        // No extent gets another name in the meantime.
        let extents = self.extents();
        let there: BTreeSet<String> = self.list()?.into_iter().collect();
        for name in extents.difference(&there).filter(|name| !may_go(name)) {
            // A list over a network may lack what is there.
            match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => return Ok(Some(name.clone())),
                other => drop(other?),
            }
        }
        Ok(None)
    }

    fn held(&self) -> MutexGuard<'_, Option<BTreeMap<String, LockFile>>> {
        // A map of locks is whole between any two of its methods.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the path still leads to this directory, and the names of control files to the files that are
    /// locked. False: somebody has taken the log away or put another in its place, or a lock was lost.
    pub fn is_still_held(&self) -> io::Result<bool> {
        let held = self.held();
        let Some(locks) = &*held else { return Ok(true) };
        let ours = rustix::fs::fstat(&self.fd)?;
        let there = match std::fs::metadata(&self.directory) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if (there.dev(), there.ino()) != (ours.st_dev, ours.st_ino) {
            return Ok(false);
        }
        let mut found = 0;
        for name in CONTROL_FILES {
            let path = self.directory.join(name);
            if !path.try_exists()? {
                // Made again by the next checkpoint; the other copies tell that this is the log.
                continue;
            }
            let Some(lock) = locks.get(name) else { return Ok(false) };
            if !(lock.is_at(&path)? && lock.renew()?) {
                return Ok(false);
            }
            found += 1;
        }
        Ok(found > 0)
    }

    fn open_with(&self, name: &str, more: OFlags) -> io::Result<RealFile> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW | more;
        let mode = Mode::from_raw_mode(0o640);
        let path = self.directory.join(name);
        let opened = match rustix::fs::openat(&self.fd, name, flags | OFlags::DIRECT | OFlags::DSYNC, mode) {
            // File systems in memory and some overlays have no direct I/O.
            Err(Errno::INVAL) => rustix::fs::openat(&self.fd, name, flags, mode).map(|fd| (fd, true)),
            direct => direct.map(|fd| (fd, false)),
        };
        match opened {
            Ok((fd, buffered)) => Ok(RealFile { fd, path, buffered }),
            Err(error) => Err(files::about(&path, error.into())),
        }
    }

    fn fill(&self, file: &RealFile, bytes: u64) -> io::Result<()> {
        // Some file systems cannot preallocate; the zeros below do it then.
        match rustix::fs::fallocate(&file.fd, FallocateFlags::empty(), 0, bytes) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(error) => return Err(error.into()),
        }
        let zeros = store::Aligned::for_len(ZEROS);
        let mut at = 0;
        while at < bytes {
            let len = usize::try_from(bytes - at).unwrap_or(ZEROS).min(ZEROS);
            write_all(&file.fd, at, &zeros[..len])?;
            at += len as u64;
        }
        Ok(rustix::fs::fsync(&file.fd)?)
    }
}

impl RealFile {
    /// The error, with the file that it is about.
    fn about(&self, error: io::Error) -> io::Error {
        files::about(&self.path, error)
    }
}

fn is_extent(name: &str) -> bool {
    name.ends_with(".LOG")
}

fn is_gone(result: &io::Result<()>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Continues short writes and repeats interrupted ones; every other failure is final.
fn write_all(fd: &OwnedFd, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(fd, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                bytes = &bytes[written..];
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Disk for RealDisk {
    type File = RealFile;

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let about = |error: Errno| files::about(&self.directory, error.into());
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(about)? {
            names.extend(entry.map_err(about)?.file_name().to_str().map(str::to_owned));
        }
        names.retain(|name| name != "." && name != "..");
        Ok(names)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<RealFile> {
        let make = || self.open_with(name, OFlags::CREATE | OFlags::EXCL);
        let file = match make() {
            // What a creation left that was interrupted; or a link to another file, which stays as it is.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())
                    .map_err(|error| files::about(&self.directory.join(name), error.into()))?;
                make()?
            }
            other => other?,
        };
        files::give_to_owner_of(&self.fd, &file.fd);
        match self.fill(&file, bytes) {
            Ok(()) => Ok(file),
            Err(error) => {
                let _ = self.remove(name);
                Err(file.about(error))
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<RealFile> {
        self.open_with(name, OFlags::empty())
    }

    fn size(&self, file: &RealFile) -> io::Result<u64> {
        let size = rustix::fs::fstat(&file.fd).map_err(|error| file.about(error.into()))?.st_size;
        u64::try_from(size).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    fn read_at(&self, file: &RealFile, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            match rustix::io::pread(&file.fd, &mut *out, offset) {
                Ok(0) => return Err(file.about(io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => {
                    offset += read as u64;
                    out = &mut out[read..];
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(file.about(error.into())),
            }
        }
        Ok(())
    }

    fn write_at(&self, file: &RealFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(&file.fd, offset, bytes).map_err(|error| file.about(error))?;
        if file.buffered { self.sync(file) } else { Ok(()) }
    }

    fn sync(&self, file: &RealFile) -> io::Result<()> {
        rustix::fs::fdatasync(&file.fd).map_err(|error| file.about(error.into()))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut extents = self.extents();
        let mut held = self.held();
        let renamed = || {
            rustix::fs::renameat(&self.fd, from, &self.fd, to)
                .map_err(|error| files::about(&self.directory.join(to), error.into()))
        };
        let Some(locks) = held.as_mut().filter(|_| CONTROL_FILES.contains(&to)) else {
            let result = renamed();
            if result.is_ok() || is_gone(&result) {
                extents.remove(from);
            }
            if result.is_ok() && is_extent(to) {
                extents.insert(to.to_owned());
            }
            return result;
        };
        let lock = LockFile::try_take_existing(&self.directory.join(from))?;
        let lock = lock.ok_or_else(|| io::Error::other(format!("{from} is locked by another process")))?;
        // The one before is let go when nothing leads to it any more.
        renamed()?;
        locks.insert(to.to_owned(), lock);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut extents = self.extents();
        let result = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())
            .map_err(|error| files::about(&self.directory.join(name), error.into()));
        if result.is_ok() || is_gone(&result) {
            extents.remove(name);
        }
        result
    }

    fn sync_dir(&self) -> io::Result<()> {
        rustix::fs::fsync(&self.fd).map_err(|error| files::about(&self.directory, error.into()))
    }

    fn free_space(&self) -> io::Result<u64> {
        let stat = rustix::fs::fstatvfs(&self.fd)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Aligned, PAGE};

    #[test]
    fn what_is_written_is_read_and_the_rest_is_zero() {
        let dir = crate::testing::temp_dir("disk");
        let disk = RealDisk::open(dir.path()).unwrap();
        let file = disk.create("a", 8 * PAGE as u64).unwrap();
        disk.write_at(&file, 2 * PAGE as u64, &Aligned::copy_of(b"hello")).unwrap();
        disk.rename("a", "b").unwrap();
        disk.sync_dir().unwrap();
        assert_eq!(disk.list().unwrap(), ["b"]);

        let file = disk.open("b").unwrap();
        assert_eq!(disk.size(&file).unwrap(), 8 * PAGE as u64);
        let mut out = Aligned::pages(8);
        disk.read_at(&file, 0, &mut out).unwrap();
        assert_eq!(&out[2 * PAGE..2 * PAGE + 6], b"hello\0");
        assert!(out[..2 * PAGE].iter().all(|b| *b == 0));
        let past = disk.read_at(&file, 8 * PAGE as u64, &mut out).unwrap_err();
        assert_eq!(past.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_has_the_name_of_a_new_file_stays_as_it_is() {
        let dir = crate::testing::temp_dir("disk-planted");
        let path = |name: &str| dir.path().join(name);
        let disk = RealDisk::open(dir.path()).unwrap();
        std::fs::write(path("victim"), "mine").unwrap();
        let links: [fn(&Path, &Path); 2] = [
            |to, at| std::fs::hard_link(to, at).unwrap(),
            |to, at| std::os::unix::fs::symlink(to, at).unwrap(),
        ];
        for link in links {
            link(&path("victim"), &path("a"));
            let file = disk.create("a", PAGE as u64).unwrap();
            disk.write_at(&file, 0, &Aligned::copy_of(b"ours")).unwrap();
            assert_eq!(std::fs::read(path("victim")).unwrap(), b"mine");
            disk.remove("a").unwrap();
        }
    }

    #[test]
    fn an_extent_that_somebody_takes_away_is_missed_and_no_other() {
        let dir = crate::testing::temp_dir("disk-extents");
        let path = |name: &str| dir.path().join(name);
        let disk = RealDisk::open(dir.path()).unwrap();
        for name in ["S0000001.LOG", "S0000002.LOG", "control.1"] {
            disk.create(name, PAGE as u64).unwrap();
        }
        disk.hold().unwrap();
        disk.create("extent.new", PAGE as u64).unwrap();
        disk.rename("extent.new", "S0000003.LOG").unwrap();
        disk.rename("S0000001.LOG", "S0000004.LOG").unwrap();
        disk.remove("S0000002.LOG").unwrap();
        assert_eq!(disk.taken_away(|_| false).unwrap(), None);
        std::fs::rename(path("S0000004.LOG"), path("aside")).unwrap();
        assert_eq!(disk.taken_away(|_| false).unwrap().as_deref(), Some("S0000004.LOG"));
        assert_eq!(disk.taken_away(|name| name == "S0000004.LOG").unwrap(), None);
        std::fs::rename(path("aside"), path("S0000004.LOG")).unwrap();
        assert_eq!(disk.taken_away(|_| false).unwrap(), None);
    }

    #[test]
    fn errors_say_which_file_they_are_about() {
        let dir = crate::testing::temp_dir("disk-errors");
        let disk = RealDisk::open(dir.path()).unwrap();
        let file = disk.create("a", PAGE as u64).unwrap();
        std::fs::create_dir(dir.path().join("d")).unwrap();
        let missing = dir.path().join("missing");
        let errors = [
            (disk.open("missing").unwrap_err(), "missing"),
            (disk.open("d").unwrap_err(), "d"),
            (disk.create("d", PAGE as u64).unwrap_err(), "d"),
            (disk.rename("a", "d").unwrap_err(), "d"),
            (disk.remove("missing").unwrap_err(), "missing"),
            (disk.read_at(&file, PAGE as u64, &mut Aligned::pages(1)).unwrap_err(), "a"),
            (RealDisk::open(&missing).unwrap_err(), "missing"),
        ];
        for (error, name) in errors {
            let error = error.to_string();
            let place = format!("{}: ", dir.path().join(name).display());
            assert!(error.starts_with(&place) && !error.contains("os error"), "{error}");
        }
    }

    #[test]
    fn a_control_file_whose_name_nothing_takes_stays_locked() {
        let dir = crate::testing::temp_dir("disk-rename");
        let path = |name| dir.path().join(name);
        let disk = RealDisk::open(dir.path()).unwrap();
        for name in ["control.1", "new"] {
            disk.create(name, PAGE as u64).unwrap();
        }
        disk.hold().unwrap();
        // A directory in its place makes the rename fail.
        std::fs::rename(path("control.1"), path("aside")).unwrap();
        std::fs::create_dir(path("control.1")).unwrap();
        assert!(disk.rename("new", "control.1").is_err());
        std::fs::remove_dir(path("control.1")).unwrap();
        std::fs::rename(path("aside"), path("control.1")).unwrap();
        assert!(disk.is_still_held().unwrap() && lock::is_held(&path("control.1")).unwrap());

        disk.rename("new", "control.1").unwrap();
        assert!(disk.is_still_held().unwrap() && lock::is_held(&path("control.1")).unwrap());
    }
}
