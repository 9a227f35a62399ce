//! Keyed digests of what must not be kept in clear.

use blake2::Blake2bMac;
use blake2::digest::{KeyInit as _, Mac as _, consts::U32};

/// A 256-bit digest under a key of this process: tells whether two secrets are equal, nothing else.
pub fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Blake2bMac::<U32>::new_from_slice(key).expect("BLAKE2b takes keys of 32 bytes");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The first 64 bits of such a digest.
pub fn keyed_u64(key: &[u8; 32], bytes: &[u8]) -> u64 {
    let digest = keyed(key, &[bytes]);
    let (first, _) = digest.split_first_chunk().expect("it has 32 bytes");
    u64::from_le_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let key = [7; 32];
        assert_ne!(keyed(&key, &[b"ab", b"c"]), keyed(&key, &[b"a", b"bc"]));
        assert_eq!(keyed(&key, &[b"ab", b"c"]), keyed(&key, &[b"ab", b"c"]));
    }
}
