//! Who something comes from, as far as limits go: what nobody can have many of at no cost.

use std::net::IpAddr;

use crate::net::Peer;

/// One source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// An IPv4 address.
    V4([u8; 4]),
    /// A network of IPv6: whoever has one address of it has all 2^64.
    V6([u8; 8]),
    /// A user of this machine, who may have many processes.
    User(u32),
}

impl From<&Peer> for Source {
    fn from(peer: &Peer) -> Self {
        match peer {
            Peer::Network(IpAddr::V4(ip)) => Self::V4(ip.octets()),
            Peer::Network(IpAddr::V6(ip)) => {
                let octets = ip.octets();
                let (network, _) = octets.split_first_chunk().expect("an address has 16 bytes");
                Self::V6(*network)
            }
            Peer::Local { uid, .. } => Self::User(*uid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_nothing_makes_no_other_source() {
        let source = |ip: &str| Source::from(&Peer::Network(ip.parse().unwrap()));
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("10.0.0.1"), source("10.0.0.2"));
        let local = |pid| Source::from(&Peer::Local { uid: 7, pid });
        assert_eq!(local(1), local(2));
    }
}
