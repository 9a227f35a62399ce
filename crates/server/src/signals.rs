//! What ends a process from outside: the signals of terminals, service managers and `endmqm`.
//!
//! ```text
//! SIGTERM, SIGINT   end; the second one does not wait for applications any more
//! SIGHUP            the terminal has gone: as SIGTERM for a program of a terminal, nothing to a service
//! SIGQUIT           end without waiting for anything
//! ```
//!
//! They are taken by the loop that runs the queue manager. Before it runs and after it has ended nobody takes
//! them: SIGQUIT, and a second SIGINT, then end the process where it stands. That is as safe as any other end of it.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::{flag, low_level};

/// Exit code of a process that a signal ended where it stood.
const EXIT: i32 = 71;

/// What the loss of its terminal means to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hangup {
    /// It is to end. One that was told to live on (`nohup`) does.
    Ends,
    /// Nothing: it has no terminal.
    IsIgnored,
}

/// What signals have asked for since they were last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How many asked for an orderly end.
    pub ends: u32,
    /// One asked for an end without waiting.
    pub is_abrupt: bool,
}

/// See the module's text.
#[derive(Debug)]
pub struct EndSignals {
    /// A byte for each signal.
    stream: UnixStream,
    /// One of them has come, ever.
    came: Arc<AtomicBool>,
    /// SIGQUIT has come.
    quit: Arc<AtomicBool>,
    /// SIGQUIT ends the process where it stands.
    quit_ends: Arc<AtomicBool>,
    /// SIGINT does.
    interrupt_ends: Arc<AtomicBool>,
    /// What makes the second SIGINT of a start do so.
    second: Option<SigId>,
}

impl EndSignals {
    /// Takes them from now on.
    pub fn catch(hangup: Hangup) -> io::Result<Self> {
        let (stream, write) = UnixStream::pair()?;
        stream.set_nonblocking(true)?;
        let new = |value| Arc::new(AtomicBool::new(value));
        let (came, quit, quit_ends, interrupt_ends) = (new(false), new(false), new(true), new(false));
        // The first of a signal's actions comes first.
        flag::register_conditional_shutdown(SIGQUIT, EXIT, Arc::clone(&quit_ends))?;
        flag::register_conditional_shutdown(SIGINT, EXIT, Arc::clone(&interrupt_ends))?;
        let second = flag::register(SIGINT, Arc::clone(&interrupt_ends))?;
        flag::register(SIGQUIT, Arc::clone(&quit))?;
        let mut signals = vec![SIGTERM, SIGINT, SIGQUIT];
        match hangup {
            Hangup::Ends if !is_ignored(SIGHUP) => signals.push(SIGHUP),
            Hangup::Ends => {}
            Hangup::IsIgnored => drop(flag::register(SIGHUP, new(false))?),
        }
        for signal in signals {
            flag::register(signal, Arc::clone(&came))?;
            low_level::pipe::register(signal, write.try_clone()?)?;
        }
        Ok(Self { stream, came, quit, quit_ends, interrupt_ends, second: Some(second) })
    }

    /// Whether one has come since the process began.
    pub fn have_come(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// A loop is about to run that takes them.
    pub fn loop_begins(&mut self) {
        if let Some(second) = self.second.take() {
            low_level::unregister(second);
        }
        self.quit_ends.store(false, Ordering::SeqCst);
        self.interrupt_ends.store(false, Ordering::SeqCst);
    }

    /// Nobody takes them any more.
    pub fn loop_ends(&self) {
        self.quit_ends.store(true, Ordering::SeqCst);
        self.interrupt_ends.store(true, Ordering::SeqCst);
    }

    /// What has come.
    pub fn take(&mut self) -> Option<Asked> {
        let mut bytes = [0; 16];
        let mut came = 0;
        while let Ok(n @ 1..) = self.stream.read(&mut bytes) {
            came += u32::try_from(n).unwrap_or(u32::MAX);
        }
        // SIGQUIT says who it is before it has its byte, so that it may be here without one.
        let is_abrupt = self.quit.swap(false, Ordering::SeqCst);
        let asked = Asked { ends: came.saturating_sub(u32::from(is_abrupt)), is_abrupt };
        (came > 0 || is_abrupt).then_some(asked)
    }
}

impl AsFd for EndSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Whether whoever started this process wants a signal ignored.
fn is_ignored(signal: i32) -> bool {
    let status = crate::files::system("/proc/self/status").unwrap_or_default();
    ignores(&status, signal)
}

fn ignores(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nohup_leaves_is_seen() {
        let check = |mask: &str, want: bool| {
            assert_eq!(ignores(&format!("Name:\tx\nSigIgn:\t{mask}\nSigCgt:\t1\n"), SIGHUP), want, "{mask}");
        };
        check("0000000000000000", false);
        check("0000000000000001", true);
        check("0000000000001006", false);
        check("0000000000001007", true);
        assert!(!ignores("", SIGHUP));
    }

    #[test]
    fn signals_are_counted_by_what_they_ask() {
        let mut signals = EndSignals::catch(Hangup::IsIgnored).unwrap();
        signals.loop_begins();
        assert_eq!(signals.take(), None);
        low_level::raise(SIGHUP).unwrap();
        assert_eq!((signals.take(), signals.have_come()), (None, false));
        low_level::raise(SIGTERM).unwrap();
        assert!(signals.have_come());
        assert_eq!(signals.take(), Some(Asked { ends: 1, is_abrupt: false }));
        low_level::raise(SIGINT).unwrap();
        low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.take(), Some(Asked { ends: 2, is_abrupt: false }));
        low_level::raise(SIGTERM).unwrap();
        low_level::raise(SIGQUIT).unwrap();
        assert_eq!(signals.take(), Some(Asked { ends: 1, is_abrupt: true }));
        // What the handler of SIGQUIT does first; its byte comes later.
        signals.quit.store(true, Ordering::SeqCst);
        assert_eq!(signals.take(), Some(Asked { ends: 0, is_abrupt: true }));
        assert_eq!(signals.take(), None);
    }
}
