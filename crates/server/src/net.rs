//! Sockets: listening, accepting, and who is at the other end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::sockopt;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto};

use crate::local_socket::{Door, Name};

/// Backlog when a listener's BACKLOG is 0: enough for those who come while the log is forced.
const BACKLOG_DEFAULT: u32 = 1024;

/// A socket that accepts.
#[derive(Debug)]
pub struct Listener {
    /// For epoll.
    pub fd: OwnedFd,
    /// What it accepts.
    pub kind: ListenerKind,
    /// Of a local socket: it goes with it.
    pub(crate) _name: Option<Name>,
}

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// TCP, for the LISTENER object of this name.
    Tcp {
        /// Name of the object.
        name: String,
        /// Bound address.
        address: SocketAddr,
    },
    /// One of the local sockets.
    Local(Door),
}

/// A connection just accepted.
#[derive(Debug)]
pub struct Accepted {
    /// Non-blocking.
    pub fd: OwnedFd,
    /// Who it is.
    pub peer: Peer,
}

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address of the network.
    Network(IpAddr),
    /// A process of this machine, as the operating system vouches for it.
    Local {
        /// User id.
        uid: u32,
        /// Process id.
        pid: u32,
    },
}

/// Listens on a TCP port. A blank address or `*` is every one.
pub fn listen_tcp(name: &str, address: &str, port: u16, backlog: u32) -> io::Result<Listener> {
    let ip = address_of(address).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("'{}' is not an IP address", address.trim()))
    })?;
    let address = SocketAddr::new(ip, port);
    let family = if ip.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let fd = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    // Connections of an earlier run that linger in the kernel must not keep the port.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    rustix::net::bind(&fd, &address)?;
    let backlog = if backlog == 0 { BACKLOG_DEFAULT } else { backlog };
    rustix::net::listen(&fd, i32::try_from(backlog).unwrap_or(i32::MAX))?;
    let bound = SocketAddr::try_from(rustix::net::getsockname(&fd)?)
        .map_err(|_| io::Error::other("a TCP socket has an IP address"))?;
    Ok(Listener { fd, kind: ListenerKind::Tcp { name: name.to_owned(), address: bound }, _name: None })
}

/// What a listener's address means; none: it is none.
pub fn address_of(text: &str) -> Option<IpAddr> {
    match text.trim() {
        "" | "*" => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        "localhost" => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        text => text.parse().ok(),
    }
}

impl Listener {
    /// Accepts the next connection that waits; none: nobody waits.
    pub fn accept(&self) -> io::Result<Option<Accepted>> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            let fd = match rustix::net::accept_with(&self.fd, flags) {
                Ok(fd) => fd,
                Err(rustix::io::Errno::AGAIN) => return Ok(None),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => continue,
                Err(error) => return Err(error.into()),
            };
            // One that broke while it waited says nothing about the next.
            if let Ok(peer) = self.peer(&fd) {
                return Ok(Some(Accepted { fd, peer }));
            }
        }
    }

    fn peer(&self, fd: &OwnedFd) -> io::Result<Peer> {
        match self.kind {
            ListenerKind::Local(_) => {
                let credentials = sockopt::socket_peercred(fd)?;
                Ok(Peer::Local {
                    uid: credentials.uid.as_raw(),
                    pid: u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or(0),
                })
            }
            ListenerKind::Tcp { .. } => network_peer(fd),
        }
    }
}

/// Whether a descriptor from elsewhere is a TCP socket that does not listen.
pub fn is_tcp_connection(fd: &OwnedFd) -> bool {
    matches!(sockopt::socket_domain(fd), Ok(AddressFamily::INET | AddressFamily::INET6))
        && sockopt::socket_type(fd) == Ok(SocketType::STREAM)
        && sockopt::socket_protocol(fd) == Ok(Some(ipproto::TCP))
        && sockopt::socket_acceptconn(fd) == Ok(false)
}

/// Prepares a TCP connection, accepted here or handed over, and tells who is at its other end.
pub fn network_peer(fd: &OwnedFd) -> io::Result<Peer> {
    sockopt::set_tcp_nodelay(fd, true)?;
    sockopt::set_socket_keepalive(fd, true)?;
    let address = rustix::net::getpeername(fd)?
        .and_then(|address| SocketAddr::try_from(address).ok())
        .ok_or_else(|| io::Error::other("a TCP socket has an IP address"))?;
    Ok(Peer::Network(plain(address.ip())))
}

/// An IPv4 address in IPv6 clothes is shown as what it is.
fn plain(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Network(ip) => ip.fmt(f),
            Self::Local { pid, .. } => write!(f, "process {pid}"),
        }
    }
}

/// True for addresses of this machine only.
pub fn is_loopback(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip == Ipv6Addr::LOCALHOST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_taken_port_is_an_error_and_a_peer_is_known() {
        let listener = listen_tcp("L", "127.0.0.1", 0, 0).unwrap();
        let ListenerKind::Tcp { address, .. } = listener.kind.clone() else { panic!("a TCP listener") };
        let taken = listen_tcp("L", "127.0.0.1", address.port(), 0).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        assert!(listener.accept().unwrap().is_none());
        let _client = TcpStream::connect(address).unwrap();
        let accepted = loop {
            if let Some(accepted) = listener.accept().unwrap() {
                break accepted;
            }
        };
        assert_eq!(accepted.peer, Peer::Network(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
}
