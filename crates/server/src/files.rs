//! Files of a queue manager: the only place in which this program opens, makes, replaces or removes one.
//!
//! What is made is made with a mode of its own, whatever the caller's umask; what is replaced is whole after a crash,
//! the old or the new; and an error says which file it is about. Another user may be able to write a directory, or may
//! have been: so no name leads through a link that was planted there, nobody waits for the other end of a FIFO, and
//! nothing is written to what was there before it was expected (`O_NOFOLLOW`, `O_NONBLOCK`, `O_EXCL`), or to what has
//! a second name somewhere else. A [`Directory`] is held open, and its names are looked up in it, whatever takes its
//! path meanwhile.
//!
//! Root works for whoever a queue manager belongs to: what it makes in a directory of another user's is that user's,
//! who could not use his own queue manager afterwards otherwise.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::guard::Owners;

/// Files of a queue manager that are not logs: group may read them.
pub const MODE: u32 = 0o640;
/// Files with secrets.
pub const MODE_SECRET: u32 = 0o600;
/// No file that is read as a whole is longer.
const LEN_MAX: u64 = 64 << 20;

/// Makes a directory and those above it, for owner and group only. They belong to whoever runs this.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o750)
        .create(path)
        .map_err(|error| about(path, no_directory(error)))
}

/// Makes a directory in one that is there, if it is not there, for owner and group of that one only.
pub fn create_dir_in_its_place(path: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o750).create(path) {
        Ok(()) => {
            let made = Directory::open(path)?;
            Directory::of(path)?.0.give(&made.fd);
            Ok(())
        }
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(about(path, no_directory(error))),
    }
}

/// What else is where a directory should be: the system says only that there is something.
fn no_directory(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => io::Error::new(
            error.kind(),
            "it is no directory, and one should be there. Remove it, or put the directory back",
        ),
        _ => error,
    }
}

/// Makes a directory and those above it, for the owner only.
pub fn create_secret_dirs(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| about(path, error))
}

/// Makes a directory that everybody may pass through, and those above it.
pub fn create_public_dirs(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|error| about(path, error))
}

/// The error, of the same kind, with the file or directory that it is about. Where rights are lacking it says whose
/// what stands in the way is, and who was asking.
pub fn about(path: &Path, error: io::Error) -> io::Error {
    let kind = error.kind();
    let said = error.to_string();
    let said = said.split(" (os error").next().unwrap_or(&said);
    let mut text = format!("{}: {said}", path.display());
    if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        text += "; the disk is full, or what this user may take of it";
    }
    if kind == io::ErrorKind::PermissionDenied
        && let Some((barrier, meta)) =
            path.ancestors().find_map(|p| Some((p, std::fs::symlink_metadata(p).ok()?)))
    {
        let (owner, mode) = (crate::users::name_of(meta.uid()), meta.mode() & 0o7777);
        let asker = crate::users::name_of(rustix::process::geteuid().as_raw());
        let it = if barrier == path { "it".to_owned() } else { barrier.display().to_string() };
        text +=
            &format!("; {it} belongs to user '{owner}' and has mode {mode:04o}, and this is user '{asker}'");
    }
    io::Error::new(kind, text)
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let word = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/%-".contains(c);
    match word.chars().all(is_plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// True if files can be made in this directory.
pub fn is_writable_dir(path: &Path) -> bool {
    path.is_dir() && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// A directory that is held open; see the module's text. Its names have no slashes.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    fd: OwnedFd,
}

impl Directory {
    /// Opens it. The path itself may lead through links.
    pub fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(fd) => Ok(Self { path, fd }),
            Err(error) => Err(about(&path, error.into())),
        }
    }

    /// The directory that a file is in, and its name there.
    fn of(file: &Path) -> io::Result<(Self, &OsStr)> {
        let name = file.file_name().ok_or_else(|| about(file, io::ErrorKind::InvalidFilename.into()))?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        match Self::open(parent.unwrap_or_else(|| Path::new("."))) {
            Ok(directory) => Ok((directory, name)),
            // What is not there is the file that was asked for.
            Err(error) => match rustix::fs::stat(parent.unwrap_or_else(|| Path::new("."))) {
                Err(Errno::NOENT) => Err(about(file, Errno::NOENT.into())),
                _ => Err(error),
            },
        }
    }

    fn about(&self, name: &OsStr, error: io::Error) -> io::Error {
        about(&self.path.join(name), error)
    }

    /// What else than a file has this name.
    fn check_kind(&self, name: &OsStr) -> io::Result<()> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| self.about(name, error.into()))?;
        check_is_file(FileType::from_raw_mode(stat.st_mode)).map_err(|error| self.about(name, error))
    }

    /// Opens a file that is there, never waiting for anything.
    fn open_file(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        self.check_kind(name)?;
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map_err(|error| self.about(name, error.into()))?;
        // Another one may have taken the name since it was looked at.
        let stat = rustix::fs::fstat(&fd).map_err(|error| self.about(name, error.into()))?;
        check_is_file(FileType::from_raw_mode(stat.st_mode)).map_err(|error| self.about(name, error))?;
        Ok(File::from(fd))
    }

    /// Opens a file that is there, to be read.
    fn file(&self, name: &OsStr) -> io::Result<File> {
        self.open_file(name, OFlags::RDONLY)
    }

    fn read_open(&self, name: &OsStr, file: &File) -> io::Result<String> {
        let mut bytes = Vec::new();
        file.take(LEN_MAX + 1).read_to_end(&mut bytes).map_err(|error| self.about(name, error))?;
        if bytes.len() as u64 > LEN_MAX {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it is longer than any such file is");
            return Err(self.about(name, error));
        }
        String::from_utf8(bytes).map_err(|_| {
            let error = io::Error::new(io::ErrorKind::InvalidData, "stream did not contain valid UTF-8");
            self.about(name, error)
        })
    }

    /// Makes a file that must not be there.
    fn make(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        self.make_with(name, OFlags::RDWR, mode)
    }

    fn make_with(&self, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
        let flags =
            flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode))
            .map_err(|error| self.about(name, error.into()))?;
        self.give(&fd);
        Ok(File::from(fd))
    }

    /// Opens a file, made if it is not there.
    fn open_or_make(&self, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
        loop {
            match self.open_file(name, flags) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => return other,
            }
            match self.make_with(name, flags, mode) {
                // Somebody else was quicker.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other,
            }
        }
    }

    /// What root has made here belongs to whoever the directory belongs to; see the module's text.
    fn give(&self, made: &OwnedFd) {
        give_to_owner_of(&self.fd, made);
    }

    /// Makes a file anew, in the place of whatever else had the name and is no directory.
    fn make_anew(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        match self.make(name, mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.remove(name)?;
                self.make(name, mode)
            }
            other => other,
        }
    }

    fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to).map_err(|error| self.about(to, error.into()))
    }

    fn remove(&self, name: &OsStr) -> io::Result<()> {
        rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()).map_err(|error| self.about(name, error.into()))
    }

    /// Makes its names durable.
    pub fn sync(&self) -> io::Result<()> {
        rustix::fs::fsync(&self.fd).map_err(|error| about(&self.path, error.into()))
    }

    fn replace(&self, name: &OsStr, content: &[u8], mode: u32, is_forced: bool) -> io::Result<()> {
        // A link or a directory in its place is somebody's mistake, or worse: it is told, not replaced.
        match self.check_kind(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let beside = with_end(name, ".new");
        let mut file = self.make_anew(&beside, mode)?;
        let written = file.write_all(content).and_then(|()| if is_forced { file.sync_all() } else { Ok(()) });
        if let Err(error) = written.map_err(|error| self.about(name, error)) {
            let _ = self.remove(&beside);
            return Err(error);
        }
        self.rename(&beside, name)?;
        if is_forced { self.sync() } else { Ok(()) }
    }

    /// Replaces a file, durably, with what needs no space once it has been replaced twice: the file before stays under
    /// the name `NAME.old`, takes the next content, and the two exchange their names.
    pub fn exchange(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let (name, spare) = (OsStr::new(name), with_end(OsStr::new(name), ".old"));
        match self.check_kind(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = match self.open_file(&spare, OFlags::RDWR) {
            // One with a second name could be another file of ours, or another user's.
            Ok(file) if file.metadata()?.nlink() == 1 => file,
            _ => {
                let file = self.make_anew(&spare, mode)?;
                if let Err(error) = file.write_all_at(content, 0) {
                    let _ = self.remove(&spare);
                    return Err(self.about(name, error));
                }
                file
            }
        };
        file.set_permissions(std::fs::Permissions::from_mode(mode))
            .and_then(|()| write_over(&file, content))
            .and_then(|()| file.sync_all())
            .map_err(|error| self.about(name, error))?;
        match rustix::fs::renameat_with(&self.fd, &spare, &self.fd, name, RenameFlags::EXCHANGE) {
            Ok(()) => {}
            // There is none before, or the file system cannot.
            Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                self.rename(&spare, name)?
            }
            Err(error) => return Err(self.about(name, error.into())),
        }
        self.sync()
    }

    /// Removes all that is in it but for one name. Links are removed and not followed, and what is mounted below it is
    /// not entered.
    pub fn empty(&self, but: &str) -> io::Result<()> {
        let device = rustix::fs::fstat(&self.fd)?.st_dev;
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(|error| about(&self.path, error.into()))? {
            let entry = entry.map_err(|error| about(&self.path, error.into()))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") || name.to_bytes() == but.as_bytes() {
                continue;
            }
            let path = self.path.join(OsStr::from_encoded(name.to_bytes()));
            let about = |error: Errno| about(&path, error.into());
            let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).map_err(about)?;
            if !FileType::from_raw_mode(stat.st_mode).is_dir() {
                rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()).map_err(about)?;
                continue;
            }
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let fd = rustix::fs::openat(&self.fd, name, flags, Mode::empty()).map_err(about)?;
            if rustix::fs::fstat(&fd).map_err(about)?.st_dev != device {
                let what = format!("{}: something else is mounted there", path.display());
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, what));
            }
            Self { path: path.clone(), fd }.empty("")?;
            rustix::fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR).map_err(about)?;
        }
        Ok(())
    }
}

/// Bytes of a name as the system has it.
trait FromEncoded {
    fn from_encoded(bytes: &[u8]) -> &OsStr;
}

impl FromEncoded for OsStr {
    fn from_encoded(bytes: &[u8]) -> &OsStr {
        std::os::unix::ffi::OsStrExt::from_bytes(bytes)
    }
}

fn with_end(name: &OsStr, end: &str) -> std::ffi::OsString {
    let mut name = name.to_owned();
    name.push(end);
    name
}

fn check_is_file(kind: FileType) -> io::Result<()> {
    let what = match kind {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "something unknown",
    };
    let what = format!("it is {what} where a file should be. Remove it, or put the file back");
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// Writes over what is there: the space that it has is enough, or nearly, when no more can be had.
pub fn write_over(file: &File, content: &[u8]) -> io::Result<()> {
    file.write_all_at(content, 0)?;
    file.set_len(content.len() as u64)
}

/// The text of a file.
pub fn read(path: &Path) -> io::Result<String> {
    let (directory, name) = Directory::of(path)?;
    directory.read_open(name, &directory.file(name)?)
}

/// The text of a file that this program goes by, which nobody else may be able to write.
pub fn read_guarded(path: &Path, owners: Owners) -> io::Result<String> {
    let (directory, name) = Directory::of(path)?;
    let file = directory.file(name)?;
    let meta = file.metadata().map_err(|error| about(path, error))?;
    owners.check(path, meta.uid(), meta.mode())?;
    directory.read_open(name, &file)
}

/// The text of a file that the system keeps, below `/proc`, `/sys` or `/etc`.
pub fn system(path: impl AsRef<Path>) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Gives what root has made in a directory to the owner of that one; see the module's text. Where the system does not
/// let it, as over some networks, it stays root's.
pub fn give_to_owner_of(directory: &OwnedFd, made: &OwnedFd) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    if let Ok(stat) = rustix::fs::fstat(directory)
        && stat.st_uid != 0
    {
        let (uid, gid) = (rustix::fs::Uid::from_raw(stat.st_uid), rustix::fs::Gid::from_raw(stat.st_gid));
        let _ = rustix::fs::fchown(made, Some(uid), Some(gid));
    }
}

/// Opens a file to be read and written, made if it is not there.
pub fn open_or_make(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    directory.open_or_make(name, OFlags::RDWR, mode)
}

/// Whether a file has a second name: what is written to it is written to another user's file, or to a copy that should
/// stay as it is.
pub fn has_second_name(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.nlink() > 1)
}

/// Opens a file that is there to be read and written.
pub fn open(path: &Path) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    directory.open_file(name, OFlags::RDWR)
}

/// Opens a file that is there to be looked at.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    directory.file(name)
}

/// Opens a file to be appended to, made if it is not there. One that has a second name is not written to: the error is
/// [`io::ErrorKind::AlreadyExists`].
pub fn append(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    let file = directory.open_or_make(name, OFlags::WRONLY | OFlags::APPEND, mode)?;
    if has_second_name(&file)? {
        let what = "it has a second name. Make a copy of it, and let that take the name";
        return Err(directory.about(name, io::Error::new(io::ErrorKind::AlreadyExists, what)));
    }
    Ok(file)
}

/// Makes a file that must not be there.
pub fn make(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    directory.make(name, mode)
}

/// Makes a file anew, in the place of the one that was there.
pub fn make_anew(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    directory.make_anew(name, mode)
}

/// Makes a file that has no name any more when this returns.
pub fn make_nameless(path: &Path, mode: u32) -> io::Result<File> {
    let (directory, name) = Directory::of(path)?;
    let file = directory.make_anew(name, mode)?;
    directory.remove(name)?;
    Ok(file)
}

/// Replaces a file so that after a crash either the old or the new content is there, whole: write
/// beside it, force, rename, force the directory.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (directory, name) = Directory::of(path)?;
    directory.replace(name, content, mode, true)
}

/// The same for a file whose loss in a crash matters to nobody. A reader sees the old content or the new one.
pub fn replace_unforced(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (directory, name) = Directory::of(path)?;
    directory.replace(name, content, mode, false)
}

/// Gives a file another name in its directory.
pub fn rename(path: &Path, to: &str) -> io::Result<()> {
    let (directory, name) = Directory::of(path)?;
    directory.rename(name, OsStr::new(to))
}

/// Removes a file, or a link.
pub fn remove(path: &Path) -> io::Result<()> {
    let (directory, name) = Directory::of(path)?;
    directory.remove(name)
}

/// Forces the directory that holds `path`.
pub fn sync_dir_of(path: &Path) -> io::Result<()> {
    Directory::of(path)?.0.sync()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn entries(directory: &Path) -> Vec<String> {
        let names = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn errors_say_what_they_are_about() {
        let path = Path::new("/nowhere/at/all");
        let error = about(path, io::ErrorKind::NotFound.into());
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), "/nowhere/at/all: entity not found");
        assert_eq!(read(path).unwrap_err().kind(), io::ErrorKind::NotFound);
        let error = about(path, rustix::io::Errno::ACCESS.into()).to_string();
        assert!(error.starts_with("/nowhere/at/all: Permission denied; / belongs to user 'root'"), "{error}");
        assert!(!error.contains("os error"), "{error}");
    }

    #[test]
    fn replacing_leaves_the_new_content_and_no_other_file() {
        let dir = crate::testing::temp_dir("replace");
        let file = dir.path().join("a");
        replace(&file, b"one", MODE).unwrap();
        replace(&file, b"two", MODE).unwrap();
        assert_eq!(read(&file).unwrap(), "two");
        assert_eq!(entries(dir.path()), ["a"]);
    }

    #[test]
    fn exchanging_needs_no_new_file_and_leaves_the_new_content() {
        let dir = crate::testing::temp_dir("exchange");
        let directory = Directory::open(dir.path()).unwrap();
        let file = dir.path().join("a");
        let mut inodes = std::collections::BTreeSet::new();
        for content in ["one", "two, longer", "3", "four", ""] {
            directory.exchange("a", content.as_bytes(), MODE).unwrap();
            assert_eq!(read(&file).unwrap(), content);
            assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, MODE);
            inodes.insert(std::fs::metadata(&file).unwrap().ino());
        }
        assert_eq!(entries(dir.path()), ["a", "a.old"]);
        assert_eq!(inodes.len(), 2);
        // Neither goes the content to where a planted name leads.
        let victim = dir.path().join("victim");
        std::fs::write(&victim, "mine").unwrap();
        let links: [fn(&Path, &Path); 2] =
            [|to, at| symlink(to, at).unwrap(), |to, at| std::fs::hard_link(to, at).unwrap()];
        for link in links {
            std::fs::remove_file(dir.path().join("a.old")).unwrap();
            link(&victim, &dir.path().join("a.old"));
            directory.exchange("a", b"secret", MODE).unwrap();
            assert_eq!(read(&file).unwrap(), "secret");
            assert_eq!(read(&victim).unwrap(), "mine");
        }
    }

    /// Every way in which a name is written to, or read.
    type Way = (&'static str, fn(&Path) -> io::Result<()>);
    const WAYS: &[Way] = &[
        ("read", |path| read(path).map(drop)),
        ("open", |path| open(path).map(drop)),
        ("open to read", |path| open_to_read(path).map(drop)),
        // Whoever writes to it has parted it from other names first (`lock.rs`).
        ("open or make", |path| open_or_make(path, MODE).map(drop)),
        ("append", |path| append(path, MODE)?.write_all(b"x")),
        ("make", |path| make(path, MODE)?.write_all(b"x")),
        ("make anew", |path| make_anew(path, MODE)?.write_all(b"x")),
        ("make nameless", |path| make_nameless(path, MODE)?.write_all(b"x")),
        ("replace", |path| replace(path, b"x", MODE)),
        ("replace, unforced", |path| replace_unforced(path, b"x", MODE)),
        ("exchange", |path| Directory::open(path.parent().unwrap())?.exchange("f", b"x", MODE)),
    ];

    #[test]
    fn what_is_planted_is_neither_followed_nor_waited_for() {
        type Plant = (&'static str, fn(&Path, &Path));
        let plants: [Plant; 6] = [
            ("a second name", |at, victim| std::fs::hard_link(victim, at).unwrap()),
            ("a symbolic link", |at, victim| symlink(victim, at).unwrap()),
            ("a symbolic link", |at, _| symlink("nowhere-yet", at).unwrap()),
            ("a FIFO", |at, _| rustix::fs::mkfifoat(rustix::fs::CWD, at, Mode::RWXU).unwrap()),
            ("a directory", |at, _| std::fs::create_dir(at).unwrap()),
            ("a socket", |at, _| drop(std::os::unix::net::UnixListener::bind(at).unwrap())),
        ];
        for (kind, plant) in plants {
            for (way, act) in WAYS {
                for beside in ["", ".new", ".old"] {
                    let dir = crate::testing::temp_dir("planted");
                    let inner = dir.path().join("d");
                    std::fs::create_dir(&inner).unwrap();
                    let victim = dir.path().join("victim");
                    std::fs::write(&victim, "mine").unwrap();
                    if !beside.is_empty() {
                        std::fs::write(inner.join("f"), "").unwrap();
                    }
                    plant(&inner.join(format!("f{beside}")), &victim);
                    let done = act(&inner.join("f"));
                    let row = format!("{way}, {kind} at f{beside}");
                    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine", "{row}");
                    assert!(!inner.join("nowhere-yet").exists(), "{row}");
                    if kind == "a second name" {
                        // What is replaced gets a file of its own.
                        if *way == "append" {
                            assert_eq!(done.is_err(), beside.is_empty(), "{row}");
                        }
                        continue;
                    }
                    // What has the name itself is told, but where it is to be replaced by a new file.
                    if beside.is_empty() && !way.starts_with("make") {
                        let said = done.expect_err(&row).to_string();
                        assert!(said.contains(&format!("f: it is {kind}")), "{row}: {said}");
                    }
                }
            }
        }
    }

    #[test]
    fn emptying_removes_links_and_not_what_they_lead_to() {
        let dir = crate::testing::temp_dir("empty");
        let victim = dir.path().join("victim");
        std::fs::create_dir(&victim).unwrap();
        std::fs::write(victim.join("letter"), "dear").unwrap();
        let inner = dir.path().join("d");
        std::fs::create_dir_all(inner.join("deep/deeper")).unwrap();
        for at in ["link", "deep/link", "deep/deeper/link"] {
            symlink(&victim, inner.join(at)).unwrap();
        }
        std::fs::hard_link(victim.join("letter"), inner.join("deep/letter")).unwrap();
        std::fs::write(inner.join("kept"), "").unwrap();
        Directory::open(&inner).unwrap().empty("kept").unwrap();
        assert_eq!(entries(&inner), ["kept"]);
        assert_eq!(std::fs::read_to_string(victim.join("letter")).unwrap(), "dear");
    }
}
