//! Small dealings with the operating system that belong to a process as a whole.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

/// Makes this process the leader of a session of its own, away from the terminal that started it.
pub fn new_session() {
    // Fails only for a process that leads a group already; then it is what is wanted.
    let _ = rustix::process::setsid();
}

/// Points standard output at nothing, so that whoever waits for its end is released.
pub fn close_stdout() {
    if let Ok(null) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(OwnedFd::from(null));
    }
}

/// Appends what is written to standard error to a file; without the file, to nothing, since whoever started the
/// process may wait for the end of what it says.
pub fn stderr_to(file: &std::path::Path) {
    let null = || std::fs::OpenOptions::new().write(true).open("/dev/null");
    let append = || crate::files::append(file, crate::files::MODE);
    let make = || crate::files::make_anew(file, crate::files::MODE);
    let opened = match append() {
        // It has a second name, to which nothing is to be written.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => make(),
        other => other,
    };
    if let Ok(file) = opened.or_else(|_| null()) {
        let _ = rustix::stdio::dup2_stderr(OwnedFd::from(file));
    }
}

/// Raises the limit of open files to what is allowed: a connection takes one.
pub fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Keeps the memory of this process, which has messages in it, out of core dumps. Whoever wants one can raise the limit
/// again (`prlimit`): the hard one stays.
pub fn no_core_dumps() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Core);
    limit.current = Some(0);
    let _ = setrlimit(Resource::Core, limit);
}

/// Whether a reader that goes away ends the process.
static BROKEN_PIPE_ENDS: AtomicBool = AtomicBool::new(true);

/// A reader that goes away (`dspmq | head`) ends the command quietly, as it ends others.
pub fn end_on_broken_pipe() {
    // Without the handler the write fails instead: louder, no worse.
    let _ = signal_hook::flag::register_conditional_default(signal_hook::consts::SIGPIPE, &BROKEN_PIPE_ENDS);
}

/// A queue manager does not go with those who read what it prints: from now on such a write fails.
pub fn outlive_broken_pipe() {
    BROKEN_PIPE_ENDS.store(false, Ordering::SeqCst);
}

/// Asks a process to end. False: there is no such process, or it is not ours to end.
pub fn terminate(pid: u32) -> bool {
    send(pid, rustix::process::Signal::TERM)
}

/// Ends a process without asking.
pub fn kill(pid: u32) -> bool {
    send(pid, rustix::process::Signal::KILL)
}

fn send(pid: u32, signal: rustix::process::Signal) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|pid| rustix::process::kill_process(pid, signal).is_ok())
}
