//! Sockets that another process of this machine has accepted and hands over, and other descriptors that come
//! unasked.
//!
//! `runmqlsr` connects to the local socket, sends the four bytes `FDS `, and then one byte for each connection
//! it has accepted, with the descriptor attached.
//!
//! Whoever has sent a descriptor may still have it, and can set to blocking what we have set not to block. So no
//! call on a foreign descriptor relies on how it is set, and one that cannot be used is closed where nobody waits:
//! to close a file can take as long as its file system likes.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Sender, channel};

use rustix::io::{Errno, IoSliceMut};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg, sockopt};

/// Descriptors that may come with one read: no more can be sent at once, so that the kernel drops none here.
const DESCRIPTORS_MAX: usize = 253;

/// Reads bytes, and the descriptors that came with them.
pub(super) fn receive(fd: &OwnedFd, buffer: &mut [u8]) -> Result<(usize, Vec<OwnedFd>), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let received = recvmsg(fd, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags)?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok((received.bytes, descriptors))
}

/// Closes descriptors that nobody asked for, on a thread of its own once there are any.
#[derive(Debug, Default)]
pub(super) struct Closer {
    thread: Option<Sender<OwnedFd>>,
}

impl Closer {
    /// Closes one.
    pub(super) fn close(&mut self, fd: OwnedFd) {
        if do_not_linger(&fd) {
            return;
        }
        let thread = self.thread.get_or_insert_with(|| {
            let (sender, receiver) = channel::<OwnedFd>();
            let closer = std::thread::Builder::new().name("closer".to_owned());
            // Without the thread they are closed here.
            let _ = closer.spawn(move || receiver.into_iter().for_each(drop));
            sender
        });
        let _ = thread.send(fd);
    }
}

/// Makes closing a socket return at once, whatever has not been sent. Returns false for what is no socket.
pub(super) fn do_not_linger(fd: &OwnedFd) -> bool {
    sockopt::set_socket_linger(fd, None).is_ok()
}
