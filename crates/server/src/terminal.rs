//! A terminal that does not show what is typed, for passwords.

use std::io::{self, BufRead as _, Write as _};
use std::os::fd::AsFd;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// Standard input without echo, until this is dropped or a signal ends the process.
pub struct Unseen {
    before: Termios,
    watch: Handle,
}

impl Unseen {
    /// Standard input must be a terminal.
    pub fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
        let watch = signals.handle();
        let unseen = Self { before: before.clone(), watch };
        let mut without = before.clone();
        without.local_modes.remove(LocalModes::ECHO);
        // The end of the line is shown all the same.
        without.local_modes.insert(LocalModes::ECHONL);
        std::thread::Builder::new().name("echo".into()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                restore(&before);
                eprintln!();
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })?;
        tcsetattr(io::stdin(), OptionalActions::Drain, &without)?;
        Ok(unseen)
    }

    /// Asks and reads a line, without its end.
    pub fn ask(&self, prompt: &str) -> io::Result<String> {
        eprint!("{prompt}");
        io::stderr().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "nothing was typed"));
        }
        Ok(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        restore(&self.before);
        self.watch.close();
    }
}

fn restore(before: &Termios) {
    // A terminal that has gone away has nothing to be restored.
    let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Now, before);
}
