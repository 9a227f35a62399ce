//! Deleting a queue manager: its data, its log, its stanza.

use std::io;

use crate::paths::{QmgrPaths, Root};
use crate::qm_ini::QmIni;
use crate::status;

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

/// Deletes it. The stanza goes last, so that a deletion that was interrupted can be repeated.
pub fn delete(root: &Root, paths: &QmgrPaths) -> Result<(), Failure> {
    let _others = root.lock_mqs_ini()?;
    // Without its directory there is nothing to hold, and nothing that could run.
    let _lock = match paths.data.is_dir() {
        true => Some(status::hold(paths)?.ok_or(Failure::Running)?),
        false => None,
    };
    if let Ok(ini) = QmIni::load(paths) {
        remove(&ini.log_path)?;
    }
    remove(&paths.data)?;
    let mut mqs = root.mqs_ini()?;
    mqs.stanzas.retain(|s| {
        let ours = s.value("Name") == Some(&paths.name);
        let kind = s.name.as_str();
        !(ours
            && (kind.eq_ignore_ascii_case("QueueManager")
                || kind.eq_ignore_ascii_case("DefaultQueueManager")))
    });
    root.write_mqs_ini(&mqs)?;
    Ok(())
}

fn remove(dir: &std::path::Path) -> io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
