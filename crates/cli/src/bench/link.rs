//! One connection of the generator: a socket that is never waited for, and the client end behind it.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use channel::client::{ClientConfig, ClientEnd};

/// Bytes that are made ready to be sent at once.
const SEND_MAX: usize = 256 * 1024;

/// See the module's text.
pub(super) struct Link {
    stream: TcpStream,
    /// The protocol machine.
    pub(super) end: ClientEnd,
    out: Vec<u8>,
    sent: usize,
}

impl Link {
    /// Connects; what the client end says first waits to be flushed.
    pub(super) fn connect(address: SocketAddr, config: ClientConfig, now_ms: u64) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, end: ClientEnd::new(config, now_ms), out: Vec::new(), sent: 0 })
    }

    /// Takes what has come. A socket that is closed or broken shows as an event of the client end.
    pub(super) fn read(&mut self, buffer: &mut [u8], now_ms: u64) {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return self.end.peer_closed(),
                Ok(n) => {
                    self.end.receive(Bytes::copy_from_slice(&buffer[..n]), now_ms);
                    if n < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.end.peer_closed(),
            }
        }
    }

    /// Sends what is ready. True: the socket takes no more for now.
    pub(super) fn flush(&mut self) -> bool {
        loop {
            if self.sent == self.out.len() {
                self.out.clear();
                self.sent = 0;
                self.end.transmit(&mut self.out, SEND_MAX);
                if self.out.is_empty() {
                    return false;
                }
            }
            match self.stream.write(&self.out[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.end.peer_closed();
                    return false;
                }
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
