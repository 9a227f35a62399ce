//! Making a queue manager on shared disks known to this machine: its stanza in `mqs.ini`.
//!
//! It may be running on another machine, so no lock is taken and nothing but `mqs.ini` is written.

use std::io;

use crate::holding::{self, Refusal};
use crate::pairing::{self, LogOwner, Pairing};
use crate::paths::{QmgrPaths, Root};
use crate::qm_ini::QmIni;

/// Why it was not linked.
#[derive(Debug)]
pub enum Failure {
    /// This machine knows another queue manager of that name, or this data directory under another name.
    Known(QmgrPaths),
    /// The directories are not this queue manager's, or not of each other.
    NotOurs(Refusal),
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Adds the stanza if it is not there.
pub fn link(root: &Root, paths: &QmgrPaths) -> Result<(), Failure> {
    let _others = root.lock_mqs_ini()?;
    let existing = root.queue_managers()?;
    let is_this =
        |known: &QmgrPaths| known.data == paths.data || pairing::is_same_directory(&known.data, &paths.data);
    if let Some(known) = existing.iter().find(|known| known.name == paths.name || is_this(known)) {
        let is_linked = known.name == paths.name && is_this(known);
        return if is_linked { Ok(()) } else { Err(Failure::Known(known.clone())) };
    }
    check(paths).map_err(Failure::NotOurs)?;
    let mut mqs = root.mqs_ini()?;
    mqs.stanzas.push(paths.stanza());
    Ok(root.write_mqs_ini(&mqs)?)
}

/// That data and log are this queue manager's. A log that is not mounted here is looked at when it is started.
fn check(paths: &QmgrPaths) -> Result<(), Refusal> {
    let ini = QmIni::load(paths).map_err(Refusal::QmIni)?;
    holding::check_name(paths, &ini)?;
    if !ini.log_path.exists() {
        return Ok(());
    }
    let disk = holding::open_log(&ini.log_path).map_err(|error| Refusal::Log(error.into()))?;
    let found = store::ownership(&disk).map_err(Refusal::Log)?;
    let ours = Pairing::load(paths).map_err(Refusal::Data)?;
    pairing::check(paths, &ini, ours.as_ref(), LogOwner::decode(&found.owner).as_ref(), found.position)
        .map_err(|mismatch| Refusal::NotOurs(ini.log_path.clone(), mismatch))
}
