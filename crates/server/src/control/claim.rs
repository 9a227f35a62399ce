//! A directory that a command makes or removes, claimed so that nobody else's is ever taken for it.
//!
//! ```text
//!              not there, or empty ──► claimed
//!   marked, nobody holds the mark ──► what an interrupted command left: emptied, claimed
//!      marked, and the mark is held ──► another command is at it
//!                   anything else ──► used: not ours to touch
//! ```
//!
//! The mark is the file `unfinished` in the directory, locked while the command works. It is the first file that
//! is made and the last one that is removed, so what is marked belongs to no queue manager that could run.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::files;
use crate::guard::Owners;
use crate::holding::UNFINISHED;
use crate::lock::LockFile;

/// A claimed directory. Dropping it without [`Claim::finish`] leaves the mark, and so what an interrupted
/// command leaves.
#[derive(Debug)]
pub(super) struct Claim {
    directory: PathBuf,
    _mark: LockFile,
}

/// Why a directory cannot be claimed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is in use, or lies in one that is; the text says by what.
    Used(String),
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Claim {
    /// Claims a directory for something new.
    pub(super) fn make(directory: &Path) -> Result<Self, Refusal> {
        let used = |what: &str| Refusal::Used(format!("{}: {what}", directory.display()));
        if let Some(parent) = directory.parent() {
            files::create_dirs(parent)?;
            if let Some((of, what)) = lies_in(&parent.canonicalize()?) {
                return Err(used(&format!("it would lie in {}, {what}", of.display())));
            }
        }
        check_link(directory)?;
        files::create_dirs(directory)?;
        let directory_found = directory.canonicalize()?;
        tighten(&directory_found)?;
        let mark_path = directory_found.join(UNFINISHED);
        loop {
            // Only what was found marked is emptied: a directory that was finished just now has lost its mark.
            let (mark, is_new) = match LockFile::try_take_new(&mark_path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    match LockFile::try_take_existing(&mark_path) {
                        Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                        mark => (mark?, false),
                    }
                }
                mark => (mark?, true),
            };
            let mark = mark.ok_or_else(|| used("another command is making or removing it"))?;
            let is_empty = std::fs::read_dir(&directory_found)?
                .all(|entry| entry.is_ok_and(|entry| entry.file_name() == UNFINISHED));
            if is_new && !is_empty {
                files::remove(&mark_path)?;
                let what = match contents(&directory_found) {
                    Some(what) => format!("it is {what}"),
                    None => "it is not empty".to_owned(),
                };
                return Err(used(&format!(
                    "{what}. Name another directory; or, if nothing in it is wanted any more, remove it"
                )));
            }
            check_alone(&directory_found, None)?;
            files::Directory::open(&directory_found)?.empty(UNFINISHED)?;
            return Ok(Self { directory: directory_found, _mark: mark });
        }
    }

    /// Claims a directory for its removal. The caller holds the queue manager whose it is. None: another command
    /// does the same.
    pub(super) fn mark(directory: &Path) -> io::Result<Option<Self>> {
        // What is removed is the directory, not a link that leads to it.
        let directory = directory.canonicalize()?;
        let mark = LockFile::try_take(&directory.join(UNFINISHED))?;
        Ok(mark.map(|mark| Self { directory, _mark: mark }))
    }

    /// It is whole: from now on it belongs to a queue manager.
    pub(super) fn finish(self) -> io::Result<()> {
        let mark = self.directory.join(UNFINISHED);
        files::remove(&mark)?;
        files::sync_dir_of(&mark)
    }

    /// Removes the directory with everything in it, the mark last. One that cannot be removed because something
    /// is mounted there is left empty.
    pub(super) fn remove(self) -> io::Result<()> {
        files::Directory::open(&self.directory)?.empty(UNFINISHED)?;
        files::remove(&self.directory.join(UNFINISHED))?;
        match std::fs::remove_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(()),
            other => other,
        }
    }
}

/// A link in the place of a directory is an administrator's: of this user or root. Another user's leads anywhere.
fn check_link(directory: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(directory) {
        Ok(meta) if meta.is_symlink() => Owners::own().check(directory, meta.uid(), 0),
        _ => Ok(()),
    }
}

/// An empty directory that was there is another user's, or becomes one that nobody else may write.
fn tighten(directory: &Path) -> io::Result<()> {
    let meta = std::fs::metadata(directory)?;
    Owners::own().check(directory, meta.uid(), 0)?;
    if meta.uid() == crate::users::current() && meta.mode() & 0o022 != 0 {
        let mode = std::fs::Permissions::from_mode(meta.mode() & 0o7750);
        std::fs::set_permissions(directory, mode).map_err(|error| files::about(directory, error))?;
    }
    Owners::own().check_path(directory)
}

/// That no other queue manager has a directory below this one. `own`: a log that may be there.
pub(super) fn check_alone(directory: &Path, own: Option<&Path>) -> io::Result<()> {
    let own = own.and_then(|own| own.canonicalize().ok());
    match another_in(&directory.canonicalize()?, own.as_deref())? {
        None => Ok(()),
        Some(another) => {
            let what = format!("{}: a queue manager has its directory here", another.display());
            Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, what))
        }
    }
}

fn another_in(directory: &Path, own: Option<&Path>) -> io::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let path = entry.path();
        // The files of a log are in `active`.
        let is_own = entry.file_name() == "active" || own == Some(path.as_path());
        if !is_own && contents(&path).is_some() {
            return Ok(Some(path));
        }
        if let Some(another) = another_in(&path, own)? {
            return Ok(Some(another));
        }
    }
    Ok(None)
}

/// The data or log directory that a place lies in.
fn lies_in(place: &Path) -> Option<(&Path, &'static str)> {
    place.ancestors().find_map(|directory| Some((directory, contents(directory)?)))
}

/// What of a queue manager a directory is.
fn contents(directory: &Path) -> Option<&'static str> {
    let has_control = |in_it: &Path| store::CONTROL_FILES.iter().any(|name| in_it.join(name).exists());
    if directory.join("qm.ini").exists() {
        return Some("the data directory of a queue manager");
    }
    if directory.join(UNFINISHED).exists() {
        return Some("a directory that another command is making or removing");
    }
    (has_control(&directory.join("active")) || has_control(directory)).then_some("the log of a queue manager")
}
