//! A password typed at a terminal, which does not show it.
//!
//! ```text
//! shown ──begin──► hidden ──prompt, line──► hidden ──drop──► shown
//!                    ▲ │
//!      prompt again  │ │ a signal: ends this program, stops it, or does nothing
//!                    │ ▼
//!                   shown
//! ```
//!
//! Signals wait while the terminal is hidden; each is taken from the queue, and does what it does when the terminal is as
//! it was. No handler is set, so that nothing is left of this afterwards.

use std::io::{self, BufRead as _, Write as _};

use mqi::secret::{self, Secret};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Signals that end or stop a program from outside, and the one with which it goes on.
const SIGNALS: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGCONT];
/// Longest line: of what a terminal gives at once.
const LINE_MAX: usize = 4096;

/// The terminal that standard input is, as long as it does not show what is typed.
pub(crate) struct Unseen {
    before: Termios,
    hidden: Termios,
    signals: SignalFd,
    mask_before: SigSet,
}

impl Unseen {
    /// Hides what is typed from now on.
    pub(crate) fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown all the same.
        hidden.local_modes.insert(LocalModes::ECHONL);
        let signals: SigSet = SIGNALS.into_iter().collect();
        let queue = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let mask_before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        let unseen = Self { before, hidden, signals: queue, mask_before };
        unseen.hide()?;
        Ok(unseen)
    }

    /// Asks and reads a line, without its end.
    pub(crate) fn ask(&self, prompt: &str) -> io::Result<Secret> {
        let mut line = Secret::with_capacity(LINE_MAX);
        // Whoever sees the prompt may type.
        say(prompt);
        loop {
            let (is_typed, is_signalled) = self.wait()?;
            if is_signalled && let Some(signal) = self.signals.read_signal()? {
                self.undergo(signal.ssi_signo)?;
                // What had been typed is gone with the signal.
                line = Secret::with_capacity(LINE_MAX);
                say(prompt);
            } else if is_typed {
                let mut bytes = [0; LINE_MAX];
                match rustix::io::read(io::stdin(), &mut bytes) {
                    Ok(0) if line.is_empty() => {
                        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing was typed"));
                    }
                    Ok(count) => bytes[..count].iter().for_each(|byte| line.push(*byte)),
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(error.into()),
                }
                secret::wipe(&mut bytes);
                if line.expose().ends_with(b"\n") || line.len() >= LINE_MAX {
                    return Ok(without_end(line));
                }
            }
        }
    }

    /// Whether something has been typed, and whether a signal has come.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let input = io::stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN), PollFd::new(&self.signals, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) => Ok((!ready[0].revents().is_empty(), !ready[1].revents().is_empty())),
            Err(Errno::INTR) => Ok((false, false)),
            Err(error) => Err(error.into()),
        }
    }

    /// Lets a signal do what it does. If this program goes on then, it hides what is typed again.
    fn undergo(&self, number: u32) -> io::Result<()> {
        self.show();
        let signal = i32::try_from(number).ok().and_then(|number| Signal::try_from(number).ok());
        let signals: SigSet = SIGNALS.into_iter().collect();
        self.mask_before.thread_set_mask()?;
        if let Some(signal) = signal {
            raise(signal)?;
        }
        signals.thread_block()?;
        self.hide()
    }

    fn hide(&self) -> io::Result<()> {
        // What was typed before the question is no answer to it.
        Ok(tcsetattr(io::stdin(), OptionalActions::Flush, &self.hidden)?)
    }

    fn show(&self) {
        // A terminal that has gone away has nothing to be restored.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        self.show();
        // A signal that came since does now what it does.
        let _ = self.mask_before.thread_set_mask();
    }
}

/// The next line of standard input, without its end; nothing when there is none.
pub(crate) fn line() -> io::Result<Secret> {
    let mut line = Secret::with_capacity(LINE_MAX);
    let mut input = io::stdin().lock();
    while let Some(byte) = input.fill_buf()?.first().copied() {
        input.consume(1);
        line.push(byte);
        if byte == b'\n' {
            break;
        }
    }
    Ok(without_end(line))
}

fn without_end(mut line: Secret) -> Secret {
    while let Some(byte) = line.pop() {
        if !matches!(byte, b'\n' | b'\r') {
            line.push(byte);
            break;
        }
    }
    line
}

/// Asks for one password.
pub(crate) fn ask(prompt: &str) -> io::Result<Secret> {
    Unseen::begin()?.ask(prompt)
}

fn say(prompt: &str) {
    eprint!("{prompt}");
    let _ = io::stderr().flush();
}
