//! Fixed-length character fields: MQCHARn.
//!
//! A CHARn field is `n` bytes, blank padded; a NUL ends the text early. In memory the bytes are those of an
//! ASCII-based set (UTF-8 where the sender used it) and the padding is always blanks, so that two fields that
//! mean the same compare equal. Other character sets are left behind at the edge, in [`crate::wire`].

use std::borrow::Cow;
use std::fmt;

use crate::wire::Charset;

/// A character field of `N` bytes. Blank padded, free of NULs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chars<const N: usize>([u8; N]);

/// A format name, a date or a time of the message descriptor.
pub type Chars8 = Chars<8>;
/// A user identifier.
pub type Chars12 = Chars<12>;
/// A channel name.
pub type Chars20 = Chars<20>;
/// An application name.
pub type Chars28 = Chars<28>;
/// Application identity data.
pub type Chars32 = Chars<32>;
/// The name of a queue, a queue manager or another object.
pub type Chars48 = Chars<48>;

/// Text that is longer than its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// Bytes of the text, trailing blanks not counted.
    pub len: usize,
    /// Bytes of the field.
    pub max: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {} bytes for a field of {}", self.len, self.max)
    }
}

impl std::error::Error for TooLong {}

impl<const N: usize> Chars<N> {
    /// All blanks.
    pub const BLANK: Self = Self([b' '; N]);

    /// From `N` bytes of an ASCII-based set. Everything from the first NUL on becomes blank: that is what the
    /// queue manager does with the character fields that applications fill.
    pub const fn new(mut bytes: [u8; N]) -> Self {
        let mut at = 0;
        while at < N && bytes[at] != 0 {
            at += 1;
        }
        while at < N {
            bytes[at] = b' ';
            at += 1;
        }
        Self(bytes)
    }

    /// From bytes as they travel.
    pub fn from_wire(bytes: [u8; N], charset: Charset) -> Self {
        match charset {
            Charset::Ascii => Self::new(bytes),
            Charset::Ebcdic => Self::new(bytes.map(|b| charset.to_memory(b))),
        }
    }

    /// The bytes as they travel.
    pub fn to_wire(&self, charset: Charset) -> [u8; N] {
        match charset {
            Charset::Ascii => self.0,
            Charset::Ebcdic => self.0.map(|b| charset.of_memory(b)),
        }
    }

    /// From text, cut to the field at a character boundary. Where text that does not fit is an error, use
    /// `TryFrom`.
    pub fn from_str_padded(text: &str) -> Self {
        let mut end = text.len().min(N);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [b' '; N];
        bytes[..end].copy_from_slice(&text.as_bytes()[..end]);
        Self::new(bytes)
    }

    /// All `N` bytes, padding included.
    pub fn padded(&self) -> &[u8; N] {
        &self.0
    }

    /// The bytes before the padding.
    pub fn trimmed(&self) -> &[u8] {
        let end = self.0.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
        &self.0[..end]
    }

    /// The text before the padding, as far as it is UTF-8: a byte that is not ends it. Names always are; use
    /// [`Self::to_text`] to show free text.
    pub fn as_str(&self) -> &str {
        let bytes = self.trimmed();
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(),
        }
    }

    /// The text before the padding, with U+FFFD for what is not UTF-8.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.trimmed())
    }

    /// Whether there is nothing but padding.
    pub fn is_blank(&self) -> bool {
        self.trimmed().is_empty()
    }
}

impl<const N: usize> Default for Chars<N> {
    fn default() -> Self {
        Self::BLANK
    }
}

impl<const N: usize> TryFrom<&str> for Chars<N> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        let text = text.trim_end_matches([' ', '\0']);
        if text.len() > N {
            return Err(TooLong { len: text.len(), max: N });
        }
        Ok(Self::from_str_padded(text))
    }
}

/// The text before the padding.
impl<const N: usize> fmt::Display for Chars<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl<const N: usize> fmt::Debug for Chars<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

impl<const N: usize> PartialEq<str> for Chars<N> {
    fn eq(&self, other: &str) -> bool {
        self.trimmed() == other.trim_end_matches(' ').as_bytes()
    }
}

impl<const N: usize> PartialEq<&str> for Chars<N> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_normalised() {
        for (raw, want) in [
            (b"QM1     ", "QM1"),
            (b"QM1\0\0\0\0\0", "QM1"),
            (b"QM1\0junk", "QM1"),
            (b"        ", ""),
            (b"\0\0\0\0\0\0\0\0", ""),
            (b" A B    ", " A B"),
            (b"A\t\n     ", "A\t\n"),
            (b"ABCDEFGH", "ABCDEFGH"),
        ] {
            let chars = Chars::new(*raw);
            assert_eq!(chars.as_str(), want);
            assert_eq!(chars.to_string(), want);
            assert_eq!(chars.is_blank(), want.is_empty());
            assert_eq!(chars, Chars::try_from(want).expect("fits"));
            assert_eq!(chars, want);
        }
    }

    #[test]
    fn text_that_is_too_long_is_an_error_or_cut() {
        assert_eq!(Chars::<3>::try_from("ABCD"), Err(TooLong { len: 4, max: 3 }));
        assert_eq!(Chars::<3>::try_from("ABC  "), Ok(Chars::new(*b"ABC")));
        assert_eq!(Chars::<3>::from_str_padded("ABCD").as_str(), "ABC");
        assert_eq!(Chars::<3>::from_str_padded("ABé").as_str(), "AB");
    }

    #[test]
    fn bytes_that_are_not_utf8_do_no_harm() {
        let chars = Chars::new(*b"AB\xE9C");
        assert_eq!(chars.as_str(), "AB");
        assert_eq!(chars.to_text(), "AB\u{FFFD}C");
        assert_eq!(chars.trimmed(), b"AB\xE9C");
    }

    #[test]
    fn ebcdic_stays_at_the_edge() {
        let chars = Chars::from_wire(*b"\xC4\xC5\xE5\x4B\xD8\x4B\xF1\x40", Charset::Ebcdic);
        assert_eq!(chars.as_str(), "DEV.Q.1");
        assert_eq!(&chars.to_wire(Charset::Ebcdic), b"\xC4\xC5\xE5\x4B\xD8\x4B\xF1\x40");
        assert_eq!(Chars::<4>::BLANK.to_wire(Charset::Ebcdic), [0x40; 4]);
    }
}
