//! MQCHARV: the description of a string of any length that stands elsewhere.
//!
//! Twenty bytes on the wire: pointer, offset, buffer size, length, CCSID. The text itself follows the fixed part of
//! the structure, or of the whole call; where exactly is the business of whoever decodes the call, who then fills
//! [`Charv::text`]. Encoding a structure writes the description only.

use crate::structure::{Field, Pointer};
use crate::wire::{Reader, Truncated, Writer};

/// A string of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charv {
    /// Address of the text in the process that made it.
    pub pointer: Pointer,
    /// Where the text is, in bytes from the start of the structure. 0 when there is none.
    pub offset: i32,
    /// Size of the buffer that a returned string must fit, in bytes.
    pub buf_size: i32,
    /// Length of the text in bytes; -1 (MQVS_NULL_TERMINATED): up to a NUL.
    pub length: i32,
    /// Character set of the text; -3 (MQCCSI_APPL): that of the application.
    pub ccsid: i32,
    /// The text, once found. Not part of the twenty bytes.
    pub text: Option<String>,
}

impl Charv {
    /// A string to be sent: UTF-8, of this length. The offset is for the encoder of the call to fill in.
    pub fn new(text: &str) -> Self {
        Self {
            length: i32::try_from(text.len()).unwrap_or(i32::MAX),
            ccsid: 1208,
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }

    /// The text, or nothing.
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Whether the description announces a text.
    pub fn is_given(&self) -> bool {
        self.length != 0 && (self.offset != 0 || self.pointer != Pointer(0))
    }

    /// The bytes of the text within `base`, which starts where the offset counts from. None when the description
    /// points outside.
    pub fn bytes_in<'a>(&self, base: &'a [u8]) -> Option<&'a [u8]> {
        let from = base.get(usize::try_from(self.offset).ok()?..)?;
        match self.length {
            -1 => from.split(|b| *b == 0).next(),
            length => from.get(..usize::try_from(length).ok()?),
        }
    }
}

impl Default for Charv {
    fn default() -> Self {
        Self { pointer: Pointer(0), offset: 0, buf_size: 0, length: 0, ccsid: -3, text: None }
    }
}

impl Field for Charv {
    const LEN: usize = 20;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        Ok(Self {
            pointer: Field::decode(r)?,
            offset: r.i32()?,
            buf_size: r.i32()?,
            length: r.i32()?,
            ccsid: r.i32()?,
            text: None,
        })
    }

    fn encode(&self, w: &mut Writer) {
        self.pointer.encode(w);
        w.i32(self.offset);
        w.i32(self.buf_size);
        w.i32(self.length);
        w.i32(self.ccsid);
    }
}

#[cfg(test)]
impl crate::structure::samples::Sample for Charv {
    fn sample(dice: &mut crate::structure::samples::Dice) -> Self {
        Self {
            pointer: Pointer::sample(dice),
            offset: i32::sample(dice),
            buf_size: i32::sample(dice),
            length: i32::sample(dice),
            ccsid: i32::sample(dice),
            text: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_found_or_refused() {
        let base = b"0123TOPIC\0x";
        for (offset, length, want) in [
            (4, 5, Some(&b"TOPIC"[..])),
            (4, -1, Some(b"TOPIC")),
            (10, -1, Some(b"x")),
            (4, 0, Some(b"")),
            (4, 8, None),
            (12, 0, None),
            (-1, 1, None),
            (4, -2, None),
            (i32::MAX, i32::MAX, None),
        ] {
            assert_eq!(
                Charv { offset, length, ..Charv::default() }.bytes_in(base),
                want,
                "{offset} {length}"
            );
        }
    }
}
