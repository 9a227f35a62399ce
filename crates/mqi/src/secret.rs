//! A password on its way to whoever checks it: it is shown to nobody, and wiped when it is dropped.
//!
//! What made it (a buffer, a line that was typed) is wiped by whom it belongs to.

use bytes::Bytes;
use zeroize::Zeroizing;

/// Bytes that are not to be seen.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Nothing yet, with room for so many bytes: one that grows beyond its room leaves a copy behind.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Appends one, if there is room for it.
    pub fn push(&mut self, byte: u8) {
        if self.0.len() < self.0.capacity() {
            self.0.push(byte);
        }
    }

    /// Takes the last one away.
    pub fn pop(&mut self) -> Option<u8> {
        let byte = self.0.last().copied()?;
        let end = self.0.len() - 1;
        self.0[end] = 0;
        self.0.truncate(end);
        Some(byte)
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Bytes of which some may be secret, as they were read: wiped when the last slice of them is dropped.
pub fn wiped_bytes(bytes: Vec<u8>) -> Bytes {
    struct Wiped(Vec<u8>);

    impl AsRef<[u8]> for Wiped {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Drop for Wiped {
        fn drop(&mut self) {
            wipe(&mut self.0);
        }
    }

    Bytes::from_owner(Wiped(bytes))
}

/// Fills memory with zeros even if nobody reads it any more.
pub fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.as_bytes().to_vec().into()
    }
}

/// In a time that does not tell how much of it is equal.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.0.iter().zip(other.0.iter()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        assert_eq!(format!("{:?} {:?}", Secret::from("s3cret"), Secret::default()), "*** ***");
    }

    #[test]
    fn equal_ones_are_equal() {
        assert_eq!(Secret::from("a"), Secret::from("a".to_owned()));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert_ne!(Secret::from("a"), Secret::from("ab"));
    }

    #[test]
    fn it_never_moves_to_make_room() {
        let mut secret = Secret::with_capacity(2);
        let room = secret.0.capacity();
        (0..=room).for_each(|_| secret.push(b'x'));
        assert_eq!((secret.len(), secret.pop(), secret.len()), (room, Some(b'x'), room - 1));
    }
}
