//! Which process runs a queue manager, whether or not it answers.
//!
//! Whoever has the lock of `<data>/active` has written there who it is (see [`crate::holding`]). A process id may be
//! given to another process between looking and acting. Therefore a descriptor of the process is opened, and it is
//! looked again: if the lock is still of the same process, the descriptor is of the holder, and of nobody else from
//! then on.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::holding;
use crate::paths::QmgrPaths;

/// How often the holder is looked for again when it changes while it is looked at.
const LOOKS_MAX: u32 = 10;

/// Who runs it.
#[derive(Debug)]
pub enum Holder {
    /// No process, or one that has not said yet who it is.
    Nobody,
    /// A process of this machine.
    Process(Process),
    /// A process of this host, which is another one.
    Elsewhere(String),
}

/// A process, held by a descriptor: what is done to it is done to no other one.
#[derive(Debug)]
pub struct Process {
    id: Pid,
    fd: OwnedFd,
}

/// Finds the holder.
pub fn find(paths: &QmgrPaths) -> io::Result<Holder> {
    for _ in 0..LOOKS_MAX {
        let Some(number) = holding::process(paths) else {
            return Ok(holding::other_host(paths).map_or(Holder::Nobody, Holder::Elsewhere));
        };
        let Some(id) = i32::try_from(number).ok().and_then(Pid::from_raw) else { return Ok(Holder::Nobody) };
        let fd = match pidfd_open(id, PidfdFlags::empty()) {
            Ok(fd) => fd,
            // It has ended since.
            Err(Errno::SRCH) => continue,
            Err(error) => return Err(error.into()),
        };
        if holding::process(paths) == Some(number) {
            return Ok(Holder::Process(Process { id, fd }));
        }
    }
    Ok(Holder::Nobody)
}

impl Process {
    /// Its number, to be shown.
    pub fn id(&self) -> u32 {
        u32::try_from(self.id.as_raw_nonzero().get()).unwrap_or(0)
    }

    /// Sends it a signal. One that has ended takes it as well as any other.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        match pidfd_send_signal(&self.fd, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until it has ended, and with it its locks, but no longer than this. Says whether it has.
    pub fn wait(&self, limit: Duration) -> io::Result<bool> {
        let until = Instant::now().checked_add(limit);
        loop {
            let left = until.map_or(limit, |until| until.saturating_duration_since(Instant::now()));
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(left.subsec_nanos()),
            };
            match poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], Some(&timeout)) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_number_that_was_given_again_is_nobody() {
        let dir = crate::testing::temp_dir("holder");
        let data = dir.path().to_path_buf();
        let paths = QmgrPaths { name: "Q".into(), directory: "Q".into(), prefix: data.clone(), data };
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        let (boot, me) = (boot.trim(), std::process::id());
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let start = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap();
        let find = |said: &str| {
            std::fs::write(paths.lock(), said).unwrap();
            match find(&paths).unwrap() {
                Holder::Nobody => "nobody".to_owned(),
                Holder::Process(process) => process.id().to_string(),
                Holder::Elsewhere(host) => host,
            }
        };
        let whole = format!("{me} {start} {boot} here\n");
        assert_eq!(find(&whole), "nobody", "nobody has the lock");
        let _lock = crate::lock::LockFile::try_take(&paths.lock()).unwrap().unwrap();
        assert_eq!(find(&whole), me.to_string());
        assert_eq!(find(&format!("{me} 1 {boot} here\n")), "nobody", "another process has the number now");
        assert_eq!(find(&format!("{me} {start} other-boot there\n")), "there");
        assert_eq!(find(""), "nobody");
        assert_eq!(find("-1 x"), "nobody");
        assert_eq!(find(&format!("4000000000 {start} {boot} here")), "nobody");
    }

    #[test]
    fn a_process_is_found_stopped_and_ended() {
        let mut child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        let id = Pid::from_child(&child);
        let process = Process { id, fd: pidfd_open(id, PidfdFlags::empty()).unwrap() };
        assert_eq!(process.id(), child.id());
        process.signal(Signal::STOP).unwrap();
        assert!(!process.wait(Duration::from_millis(1)).unwrap());
        process.signal(Signal::KILL).unwrap();
        assert!(process.wait(Duration::from_secs(60)).unwrap());
        child.wait().unwrap();
        process.signal(Signal::KILL).unwrap();
    }
}
