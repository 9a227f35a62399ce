//! Memory whose address is a multiple of the page size, as `O_DIRECT` wants it.
//!
//! Safe code cannot ask the allocator for an alignment, so a buffer takes a page too much and starts
//! at the first aligned byte. The bytes do not move when the buffer does.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Size of a page: the alignment of buffers, offsets and lengths of direct reads and writes.
pub const PAGE: usize = 4096;

/// A zeroed buffer that starts at a page boundary and has whole pages.
pub struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Aligned {
    /// A zeroed buffer of `pages` pages.
    #[must_use]
    pub fn pages(pages: usize) -> Self {
        let len = pages * PAGE;
        let bytes = vec![0; len + PAGE];
        let start = bytes.as_ptr().addr().wrapping_neg() % PAGE;
        Self { bytes, start, len }
    }

    /// A zeroed buffer of as many pages as `len` bytes need.
    #[must_use]
    pub fn for_len(len: usize) -> Self {
        Self::pages(len.div_ceil(PAGE))
    }

    /// A copy of `bytes`, filled up with zeros to whole pages.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut buffer = Self::for_len(bytes.len());
        buffer[..bytes.len()].copy_from_slice(bytes);
        buffer
    }
}

impl Deref for Aligned {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.len]
    }
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aligned({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_start_at_a_page_wherever_they_go() {
        for len in [0, 1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE] {
            let buffer = Box::new(Aligned::for_len(len));
            assert_eq!(buffer.len(), len.div_ceil(PAGE) * PAGE);
            let address = buffer.as_ptr().addr();
            assert_eq!(address % PAGE, 0);
            let moved = *buffer;
            assert_eq!(moved.as_ptr().addr(), address);
        }
        assert_eq!(&Aligned::copy_of(b"abc")[..4], b"abc\0");
    }
}
