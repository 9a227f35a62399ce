//! A listener outside the queue manager's process: what `runmqlsr` is.
//!
//! It connects to the local socket, says `FDS `, and sends each connection that it accepts as a descriptor
//! with one byte. The queue manager's end of it is `core/handover.rs`.

use std::io::{self, IoSlice, Write as _};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use crate::local_socket;
use crate::net::{self, Listener, ListenerKind};
use crate::paths::QmgrPaths;
use crate::signals::{EndSignals, Hangup};

/// How long nobody is accepted after that has failed.
const ACCEPT_PAUSE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Why it does not listen, or listens no more.
#[derive(Debug)]
pub enum Failure {
    /// The port cannot be listened on.
    Listen(io::Error),
    /// The queue manager does not run, or has ended.
    QueueManager,
}

/// See the module's text.
pub struct ListenerProcess {
    listener: Listener,
    queue_manager: UnixStream,
    signals: EndSignals,
}

impl ListenerProcess {
    /// Listens, and reaches the queue manager.
    pub fn start(paths: &QmgrPaths, address: &str, port: u16, backlog: u32) -> Result<Self, Failure> {
        let mut queue_manager = local_socket::connect(paths).map_err(|_| Failure::QueueManager)?;
        queue_manager.write_all(b"FDS ").map_err(|_| Failure::QueueManager)?;
        let listener = net::listen_tcp("runmqlsr", address, port, backlog).map_err(Failure::Listen)?;
        let mut signals = EndSignals::catch(Hangup::Ends).map_err(Failure::Listen)?;
        signals.loop_begins();
        Ok(Self { listener, queue_manager, signals })
    }

    /// Where it listens, if that is beyond this machine.
    pub fn exposed(&self) -> Option<SocketAddr> {
        match &self.listener.kind {
            ListenerKind::Tcp { address, .. } if !net::is_loopback(address) => Some(*address),
            ListenerKind::Tcp { .. } | ListenerKind::Local(_) => None,
        }
    }

    /// Accepts until a signal asks for the end. Fails when the queue manager has gone.
    pub fn run(self) -> Result<(), Failure> {
        let mut is_paused = false;
        loop {
            let listens = if is_paused { PollFlags::empty() } else { PollFlags::IN };
            let pause = is_paused.then_some(ACCEPT_PAUSE);
            is_paused = false;
            let mut ready = [
                PollFd::new(&self.listener.fd, listens),
                PollFd::new(&self.queue_manager, PollFlags::IN),
                PollFd::new(&self.signals, PollFlags::IN),
            ];
            match poll(&mut ready, pause.as_ref()) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(Failure::Listen(error.into())),
            }
            let [listener, queue_manager, signals] = ready.map(|fd| !fd.revents().is_empty());
            if signals {
                return Ok(());
            }
            // It never sends anything: what can be read is its end.
            if queue_manager {
                return Err(Failure::QueueManager);
            }
            if listener {
                is_paused = self.accept()?.is_err();
            }
        }
    }

    /// Hands over all that wait. Says whether that has failed, for lack of descriptors mostly.
    fn accept(&self) -> Result<io::Result<()>, Failure> {
        loop {
            match self.listener.accept() {
                Ok(Some(accepted)) => self.hand_over(&accepted.fd).map_err(|_| Failure::QueueManager)?,
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn hand_over(&self, fd: &OwnedFd) -> io::Result<()> {
        let fds = [fd.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        ancillary.push(SendAncillaryMessage::ScmRights(&fds));
        sendmsg(&self.queue_manager, &[IoSlice::new(b"+")], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}
