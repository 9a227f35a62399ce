//! Deleting a queue manager: its data, its log, its stanza.
//!
//! A log is deleted only when it shows that it is this queue manager's; every other one is left alone, and the
//! caller is told.

use std::io;
use std::path::Path;

use crate::control::claim::{Claim, check_alone};
use crate::files;
use crate::guard::is_exposed;
use crate::holding::{self, Holding, Refusal, UNFINISHED};
use crate::local_socket;
use crate::pairing::Pairing;
use crate::paths::{QmgrPaths, Root};
use crate::qm_ini::QmIni;

/// Why it was not deleted.
#[derive(Debug)]
pub enum Failure {
    /// It runs.
    Running,
    /// Files could not be removed; what is left can be deleted again.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A log that was not deleted.
#[derive(Debug)]
pub struct Kept {
    /// Which, as far as that is known, and why.
    pub why: String,
}

/// Deletes it. The stanza goes last, so that a deletion that was interrupted can be repeated.
pub fn delete(root: &Root, paths: &QmgrPaths) -> Result<Option<Kept>, Failure> {
    let _others = root.lock_mqs_ini()?;
    let kept = if paths.data.is_dir() {
        remove_directories(paths)?
    } else {
        let data = paths.data.display();
        let why = format!("{data}: the data directory is not there, which says where the log is");
        has_log(paths).then_some(Kept { why })
    };
    let mut mqs = root.mqs_ini()?;
    mqs.stanzas.retain(|s| {
        let ours = s.value("Name") == Some(&paths.name);
        let kind = s.name.as_str();
        !(ours
            && (kind.eq_ignore_ascii_case("QueueManager")
                || kind.eq_ignore_ascii_case("DefaultQueueManager")))
    });
    root.write_mqs_ini(&mqs)?;
    local_socket::remove(paths);
    Ok(kept)
}

/// Takes hold of everything first, and removes it then.
fn remove_directories(paths: &QmgrPaths) -> Result<Option<Kept>, Failure> {
    let active = match holding::take_data(paths) {
        Ok(active) => active,
        Err(Refusal::Running) => return Err(Failure::Running),
        Err(other) => return Err(Failure::Io(other.into_io(""))),
    };
    let ini = match QmIni::load(paths) {
        Ok(ini) => ini,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied || is_exposed(&error) => {
            return Err(error.into());
        }
        // Nobody knows where the log is.
        Err(error) => {
            let is_unfinished = paths.data.join(UNFINISHED).exists();
            check_alone(&paths.data, None)?;
            remove(claim(&paths.data)?, &paths.data)?;
            return Ok((!is_unfinished).then(|| Kept { why: error.to_string() }));
        }
    };
    holding::check_name(paths, &ini).map_err(|refusal| Failure::Io(refusal.into_io("")))?;
    let log = &ini.log_path;
    let (holding, kept) = match Holding::take_log(paths, &ini, active.clone()) {
        Ok(holding) => (Some(holding), None),
        // Whoever can write it may have planted something: an administrator looks at it first.
        Err(Refusal::Data(error) | Refusal::Log(store::Error::Io(error))) if is_exposed(&error) => {
            return Err(error.into());
        }
        Err(Refusal::LogInUse(..)) if is_ours(paths, log) => return Err(Failure::Running),
        Err(_) if !log.exists() || is_half_removed(paths, log) => (None, None),
        Err(refusal) => (None, Some(Kept { why: refusal.why() })),
    };
    check_alone(&paths.data, kept.is_none().then_some(log))?;
    if kept.is_none() && log.exists() {
        check_alone(log, None)?;
    }
    // Both are marked before anything is removed: what is left after an interruption does not start.
    let data = claim(&paths.data)?;
    if kept.is_none() && log.exists() {
        remove(claim(log)?, log)?;
    }
    drop(holding);
    remove(data, &paths.data)?;
    Ok(kept)
}

/// Whether a deletion was interrupted in the middle of the log, or just before its directory was gone.
fn is_half_removed(paths: &QmgrPaths, log: &Path) -> bool {
    let is_marked = |directory: &Path| directory.join(UNFINISHED).exists();
    let has_control = store::CONTROL_FILES.iter().all(|name| log.join("active").join(name).exists());
    let is_empty = std::fs::read_dir(log).is_ok_and(|mut entries| entries.next().is_none());
    is_marked(&paths.data) && (is_empty || is_marked(log) && !has_control)
}

/// Whether there is a log where one is if nothing is said, and it is not what an interrupted command left.
fn has_log(paths: &QmgrPaths) -> bool {
    let log = paths.prefix.join("log").join(&paths.directory);
    log.join("active").is_dir() && !log.join(UNFINISHED).exists()
}

/// Whether a log that another process has open is this queue manager's: then that is the queue manager.
fn is_ours(paths: &QmgrPaths, log: &Path) -> bool {
    let ours = Pairing::load(paths).ok().flatten();
    let owner = holding::log_owner(log).ok().flatten();
    match (ours, owner) {
        (Some(ours), Some(owner)) => owner.data_id == ours.data_id && owner.start == ours.start,
        _ => true,
    }
}

fn claim(directory: &Path) -> io::Result<Claim> {
    Claim::mark(directory)?.ok_or_else(|| {
        let what = format!("{}: another command is at it", directory.display());
        io::Error::new(io::ErrorKind::WouldBlock, what)
    })
}

/// Removes a directory and, where the path is one, the link that led to it.
fn remove(claim: Claim, path: &Path) -> io::Result<()> {
    claim.remove()?;
    if path.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
        files::remove(path)?;
    }
    Ok(())
}
