//! What a run that is cut short leaves behind: nothing.
//!
//! Directories and processes of a run are noted here for as long as they exist. When the process is told to end, or
//! nobody reads the results any more, a thread ends and removes them, and then the process. It never gives the notes
//! back: whoever would make something new waits for the end instead.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};
use server::watch::{EndWatch, end_by};

static NOTES: Mutex<Notes> = Mutex::new(Notes { directories: Vec::new(), processes: Vec::new() });

/// How long a process that was killed may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(10);

struct Notes {
    directories: Vec<PathBuf>,
    processes: Vec<u32>,
}

fn notes() -> MutexGuard<'static, Notes> {
    NOTES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on nothing is left behind.
pub(super) fn watch() -> io::Result<()> {
    let watch = EndWatch::begin()?;
    std::thread::Builder::new().name("leftovers".into()).spawn(move || {
        let Ok(signal) = watch.wait(&io::stdout()) else { return };
        let mut notes = notes();
        notes.remove();
        end_by(signal);
    })?;
    Ok(())
}

/// Makes a directory and, below it, what `fill` makes: all of it or, in the end, nothing.
pub(super) fn directory<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let mut notes = notes();
    notes.directories.push(path.to_owned());
    server::files::create_dirs(path)?;
    fill()
}

/// Removes a directory.
pub(super) fn remove(path: &Path) {
    let mut notes = notes();
    let _ = std::fs::remove_dir_all(path);
    notes.directories.retain(|noted| noted != path);
}

/// Starts a process, in a group of its own: Ctrl-C is ours to handle.
pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    use std::os::unix::process::CommandExt as _;
    let mut notes = notes();
    let child = command.process_group(0).spawn()?;
    notes.processes.push(child.id());
    Ok(child)
}

/// How the process ended, if it has.
pub(super) fn try_wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let mut notes = notes();
    let ended = child.try_wait()?;
    if ended.is_some() {
        notes.processes.retain(|noted| *noted != child.id());
    }
    Ok(ended)
}

/// Kills the process and waits for its end.
pub(super) fn kill(child: &mut Child) -> io::Result<()> {
    let mut notes = notes();
    child.kill()?;
    child.wait()?;
    notes.processes.retain(|noted| *noted != child.id());
    Ok(())
}

/// Waits for ever if the run is being cut short: what fails now fails because of that.
pub(super) fn wait_if_ending() {
    drop(notes());
}

impl Notes {
    fn remove(&mut self) {
        for pid in &self.processes {
            server::sys::kill(*pid);
        }
        let until = Instant::now() + GONE_MAX;
        while self.processes.iter().any(|pid| is_there(*pid)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        for directory in &self.directories {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// True if this child has not been waited for yet.
fn is_there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(None)))
}
