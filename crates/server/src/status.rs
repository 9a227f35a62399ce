//! How a queue manager is doing, as `dspmq` shows it.
//!
//! A running instance holds the lock of `<data>/active` and keeps one line in `<data>/status`. The lock goes
//! with the process: a line that says *Running* beside a free lock means that the process was killed.

use std::io;

use crate::lock::{self, LockFile};
use crate::paths::QmgrPaths;

/// States, with the product's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Replaying its log.
    Starting,
    /// Open for connections.
    Running,
    /// Waiting for applications to disconnect.
    Quiescing,
    /// Ending without waiting for applications.
    EndingImmediately,
    /// Ended by a quiesce.
    EndedNormally,
    /// Ended at once, or never started.
    EndedImmediately,
    /// Ended without waiting for anything.
    EndedPreemptively,
    /// Killed.
    EndedUnexpectedly,
}

const TEXTS: &[(Status, &str)] = &[
    (Status::Starting, "Starting"),
    (Status::Running, "Running"),
    (Status::Quiescing, "Quiescing"),
    (Status::EndingImmediately, "Ending immediately"),
    (Status::EndedNormally, "Ended normally"),
    (Status::EndedImmediately, "Ended immediately"),
    (Status::EndedPreemptively, "Ended pre-emptively"),
    (Status::EndedUnexpectedly, "Ended unexpectedly"),
];

impl Status {
    /// The product's text.
    pub fn text(self) -> &'static str {
        TEXTS.iter().find(|(s, _)| *s == self).map_or("", |(_, text)| text)
    }

    /// True while a process is behind it.
    pub fn is_up(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Quiescing | Self::EndingImmediately)
    }
}

/// Reads the state.
pub fn read(paths: &QmgrPaths) -> io::Result<Status> {
    let line = match std::fs::read_to_string(paths.status()) {
        Ok(line) => line,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let said = TEXTS.iter().find(|(_, text)| *text == line.trim()).map(|(status, _)| *status);
    let held = lock::is_held(&paths.lock())?;
    Ok(match (held, said) {
        (true, Some(status)) if status.is_up() => status,
        (true, _) => Status::Starting,
        (false, Some(status)) if !status.is_up() => status,
        (false, _) => Status::EndedUnexpectedly,
    })
}

/// Writes the state. Its loss matters to nobody but a reader, so it is not forced.
pub fn write(paths: &QmgrPaths, status: Status) -> io::Result<()> {
    std::fs::write(paths.status(), format!("{}\n", status.text()))
}

/// Waits until no process has the lock.
pub fn wait_for_end(paths: &QmgrPaths) -> io::Result<()> {
    LockFile::wait(&paths.lock()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_decides_whether_a_line_is_believed() {
        let dir = crate::testing::temp_dir("status");
        let paths = QmgrPaths {
            name: "Q".into(),
            directory: "Q".into(),
            prefix: dir.path().into(),
            data: dir.path().into(),
        };
        assert_eq!(read(&paths).unwrap(), Status::EndedUnexpectedly);
        write(&paths, Status::EndedNormally).unwrap();
        assert_eq!(read(&paths).unwrap(), Status::EndedNormally);
        let lock = LockFile::try_take(&paths.lock()).unwrap().unwrap();
        assert_eq!(read(&paths).unwrap(), Status::Starting);
        write(&paths, Status::Running).unwrap();
        assert_eq!(read(&paths).unwrap(), Status::Running);
        drop(lock);
        assert_eq!(read(&paths).unwrap(), Status::EndedUnexpectedly);
    }
}
