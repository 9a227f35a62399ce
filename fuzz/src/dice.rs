//! Choices drawn from the bytes that the engine gives: the same bytes make the same choices, and a byte more or less
//! changes one of them.

/// A supply of bytes; zeros once they are used up.
#[derive(Clone, Debug)]
pub(crate) struct Dice<'a>(&'a [u8]);

impl<'a> Dice<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// True once nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from(self.u16()) << 16 | u32::from(self.u16())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from(self.u32()) << 32 | u64::from(self.u32())
    }

    /// A number below `n`, by as many bytes as that takes.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let drawn = match n {
            0..=256 => u64::from(self.byte()),
            257..=65_536 => u64::from(self.u16()),
            _ => self.u64(),
        };
        drawn % n.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = self.below(choices.len() as u64);
        choices[usize::try_from(at).unwrap_or(0)]
    }

    /// The next bytes, fewer if there are fewer.
    pub(crate) fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes that say themselves how many they are, in one byte or, from 240 on, in two more.
    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let n = match self.byte() {
            n @ 0..240 => usize::from(n),
            _ => usize::from(self.u16()),
        };
        self.take(n)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}
