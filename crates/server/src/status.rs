//! How a queue manager is doing, as `dspmq` shows it.
//!
//! A running instance holds the lock of `<data>/active` and keeps its state in `<data>/status`. The lock goes
//! with the process: a line that says *Running* beside a free lock means that the process was killed.
//!
//! ```text
//! Quiescing                                          the state, in the product's words
//! application 'amqsget' (user app, process 4711)     while it ends: who is waited for, a line each
//! ```

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::files;
use crate::holding;
use crate::lock::{self, LockFile};
use crate::paths::QmgrPaths;

/// States, with the product's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Replaying its log.
    Starting,
    /// Open for connections.
    Running,
    /// A process of another machine is behind it, in whatever state.
    RunningElsewhere,
    /// Waiting for applications to disconnect.
    Quiescing,
    /// Ending without waiting for applications.
    EndingImmediately,
    /// Ending without waiting for anything.
    EndingPreemptively,
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
    (Status::RunningElsewhere, "Running elsewhere"),
    (Status::Quiescing, "Quiescing"),
    (Status::EndingImmediately, "Ending immediately"),
    (Status::EndingPreemptively, "Ending pre-emptively"),
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
        self.is_ending() || matches!(self, Self::Starting | Self::Running | Self::RunningElsewhere)
    }

    /// True while a process is about to end.
    pub fn is_ending(self) -> bool {
        matches!(self, Self::Quiescing | Self::EndingImmediately | Self::EndingPreemptively)
    }
}

/// Reads the state.
pub fn read(paths: &QmgrPaths) -> io::Result<Status> {
    let text = text_of(paths)?;
    let line = text.lines().next().unwrap_or_default().trim();
    let said = TEXTS.iter().find(|(_, text)| *text == line).map(|(status, _)| *status);
    let held = lock::is_held(&paths.lock())?;
    Ok(match (held, said) {
        (true, Some(status)) if status.is_up() => match holding::other_host(paths) {
            Some(_) => Status::RunningElsewhere,
            None => status,
        },
        (true, _) => Status::Starting,
        (false, Some(status)) if !status.is_up() => status,
        (false, _) => Status::EndedUnexpectedly,
    })
}

/// Whom an ending queue manager waits for, a line each, as it said last.
pub fn waited_for(paths: &QmgrPaths) -> io::Result<Vec<String>> {
    Ok(text_of(paths)?.lines().skip(1).map(str::to_owned).collect())
}

fn text_of(paths: &QmgrPaths) -> io::Result<String> {
    use io::ErrorKind::{InvalidData, InvalidInput, NotFound};
    match files::read(&paths.status()) {
        // Something else than a state stands for none: nothing depends on it but what is shown.
        Err(error) if matches!(error.kind(), NotFound | InvalidData | InvalidInput) => Ok(String::new()),
        other => other,
    }
}

/// The state of a running queue manager, which is told again when the file is taken away.
#[derive(Debug)]
pub struct StatusFile {
    paths: QmgrPaths,
    /// What was written last.
    told: Mutex<Option<(Status, Vec<String>)>>,
}

impl StatusFile {
    /// Nothing is told yet.
    pub fn new(paths: &QmgrPaths) -> Self {
        Self { paths: paths.clone(), told: Mutex::new(None) }
    }

    fn told(&self) -> MutexGuard<'_, Option<(Status, Vec<String>)>> {
        // It is replaced as a whole.
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the state.
    pub fn tell(&self, status: Status) -> io::Result<()> {
        self.tell_waiting(status, &[])
    }

    /// As [`write_waiting`].
    pub fn tell_waiting(&self, status: Status, waited_for: &[String]) -> io::Result<()> {
        let mut told = self.told();
        *told = Some((status, waited_for.to_vec()));
        write_waiting(&self.paths, status, waited_for)
    }

    /// Writes it again if it is not there.
    pub fn renew(&self) -> io::Result<()> {
        let told = self.told();
        let is_there = self.paths.status().symlink_metadata().is_ok();
        match &*told {
            Some((status, waited_for)) if !is_there => write_waiting(&self.paths, *status, waited_for),
            _ => Ok(()),
        }
    }
}

/// Writes the state.
pub fn write(paths: &QmgrPaths, status: Status) -> io::Result<()> {
    write_waiting(paths, status, &[])
}

/// Writes the state and whom the queue manager waits for. The loss of it matters to nobody but a reader, so it is
/// not forced; a reader sees the old text or the new one.
pub fn write_waiting(paths: &QmgrPaths, status: Status, waited_for: &[String]) -> io::Result<()> {
    let mut text = format!("{}\n", status.text());
    for line in waited_for {
        text += line;
        text.push('\n');
    }
    match files::replace_unforced(&paths.status(), text.as_bytes(), files::MODE) {
        Err(error) if error.kind() == io::ErrorKind::StorageFull => overwrite(&paths.status(), &text),
        other => other,
    }
}

/// Writes over what is there: the space that it has is enough, or nearly, when no more can be had.
fn overwrite(file: &Path, text: &str) -> io::Result<()> {
    files::write_over(&files::open(file)?, text.as_bytes()).map_err(|error| files::about(file, error))
}

/// Waits until no process has the lock.
pub fn wait_for_end(paths: &QmgrPaths) -> io::Result<()> {
    LockFile::wait(&paths.lock()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(dir: &std::path::Path) -> QmgrPaths {
        QmgrPaths { name: "Q".into(), directory: "Q".into(), prefix: dir.into(), data: dir.into() }
    }

    #[test]
    fn the_lock_decides_whether_a_line_is_believed() {
        let dir = crate::testing::temp_dir("status");
        let paths = paths(dir.path());
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

    #[test]
    fn what_is_no_state_is_passed_over() {
        let dir = crate::testing::temp_dir("no-state");
        let paths = paths(dir.path());
        for garbage in [&b"\xff\xfe\0"[..], b"", b"Sleeping\nxyz"] {
            std::fs::write(paths.status(), garbage).unwrap();
            assert_eq!(read(&paths).unwrap(), Status::EndedUnexpectedly, "{garbage:?}");
        }
    }

    #[test]
    fn a_state_is_written_over_another_where_there_is_no_space() {
        let dir = crate::testing::temp_dir("overwrite");
        let paths = paths(dir.path());
        for status in [Status::EndedPreemptively, Status::Running, Status::EndedUnexpectedly] {
            write(&paths, Status::Running).unwrap();
            overwrite(&paths.status(), &format!("{}\n", status.text())).unwrap();
            let text = std::fs::read_to_string(paths.status()).unwrap();
            assert_eq!(text, format!("{}\n", status.text()));
        }
    }

    #[test]
    fn what_runs_on_another_machine_runs_elsewhere() {
        let check = |said: &str, want: Status| {
            let dir = crate::testing::temp_dir("elsewhere");
            let paths = paths(dir.path());
            write(&paths, Status::Running).unwrap();
            std::fs::write(paths.lock(), said).unwrap();
            assert_eq!(read(&paths).unwrap(), Status::EndedUnexpectedly, "{said}: nobody holds it");
            let lock = LockFile::try_take(&paths.lock()).unwrap();
            assert_eq!(read(&paths).unwrap(), want, "{said}");
            drop(lock);
        };
        check("77 1234 another-boot another-host\n", Status::RunningElsewhere);
        // The one before, which ended with the machine: the one that starts has not said yet that it is the one.
        check(&format!("77 1234 another-boot {}\n", crate::users::host()), Status::Running);
        check("", Status::Running);
    }

    #[test]
    fn who_is_waited_for_is_read_back() {
        let dir = crate::testing::temp_dir("waited");
        let paths = paths(dir.path());
        assert_eq!(waited_for(&paths).unwrap(), Vec::<String>::new());
        let lock = LockFile::try_take(&paths.lock()).unwrap();
        write_waiting(&paths, Status::Quiescing, &["application 'a' (user b)".to_owned()]).unwrap();
        assert_eq!(read(&paths).unwrap(), Status::Quiescing);
        assert_eq!(waited_for(&paths).unwrap(), ["application 'a' (user b)"]);
        write(&paths, Status::EndedNormally).unwrap();
        assert_eq!(waited_for(&paths).unwrap(), Vec::<String>::new());
        drop(lock);
    }
}
