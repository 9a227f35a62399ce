//! For whoever must put things in order before the process ends: waits until it is told to end, or until nobody reads
//! any more what it prints.

use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM};

/// See the module's text. From its making on, these signals no longer end the process by themselves.
pub struct EndWatch {
    signals: Vec<(i32, UnixStream)>,
}

impl EndWatch {
    /// Takes over the signals that end a process.
    pub fn begin() -> io::Result<Self> {
        let mut signals = Vec::new();
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            let (read, write) = UnixStream::pair()?;
            read.set_nonblocking(true)?;
            signal_hook::low_level::pipe::register(signal, write)?;
            signals.push((signal, read));
        }
        crate::sys::outlive_broken_pipe();
        Ok(Self { signals })
    }

    /// Waits. The number of the signal that came, or of the one that a closed output stands for.
    pub fn wait(&self, output: &impl AsFd) -> io::Result<i32> {
        loop {
            let streams = self.signals.iter().map(|(_, stream)| PollFd::new(stream, PollFlags::IN));
            // Nothing is asked of the output: that its reader is gone is told unasked.
            let mut ready: Vec<PollFd<'_>> =
                streams.chain([PollFd::new(output, PollFlags::empty())]).collect();
            match poll(&mut ready, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let is_closed = ready.last().is_some_and(|fd| !fd.revents().is_empty());
            let came =
                self.signals.iter().find(|(_, stream)| matches!((&mut &*stream).read(&mut [0]), Ok(1)));
            match came {
                Some((signal, _)) => return Ok(*signal),
                None if is_closed => return Ok(SIGPIPE),
                None => {}
            }
        }
    }
}

/// Ends this process as the signal would have.
pub fn end_by(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}

/// Ends this process as one whose reader has gone away.
pub fn end_by_broken_pipe() -> ! {
    end_by(SIGPIPE)
}
