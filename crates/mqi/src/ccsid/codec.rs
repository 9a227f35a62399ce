//! Reading and writing one character at a time in a coded character set.

use super::table::{Meaning, Table};
use super::{Ccsid, ConvertError};
use crate::wire::ByteOrder;

/// A character set with what its bytes depend on.
#[derive(Clone, Copy)]
pub(super) enum Codec {
    /// UTF-8 as the standard has it: surrogates are not characters, the shortest form is the only one.
    Utf8,
    /// UTF-16 in the byte order of the integers around it.
    Utf16(ByteOrder),
    /// A set of one byte, or of one and two bytes, a character.
    Table(&'static Table),
}

/// What stands at one place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A character.
    Is(char),
    /// The byte 15 of an EBCDIC set where it means U+0085: the line end of hosts.
    Newline,
    /// A code of one byte without a meaning.
    Single,
    /// A code of two bytes without a meaning.
    Double,
}

impl Codec {
    /// The codec of a set, if we have it.
    pub(super) fn of(ccsid: Ccsid, order: ByteOrder) -> Option<Self> {
        match ccsid {
            Ccsid::UTF_8 => Some(Self::Utf8),
            Ccsid::UTF_16 | Ccsid::UCS_2 | Ccsid::UCS_2_EURO => Some(Self::Utf16(order)),
            Ccsid(number) => Table::of(number).map(Self::Table),
        }
    }

    /// Whether the set is of the EBCDIC family.
    pub(super) fn is_ebcdic(self) -> bool {
        matches!(self, Self::Table(table) if table.ebcdic)
    }

    /// Whether bytes below 0x80 always are the ASCII characters, each a whole character when it begins one.
    pub(super) fn is_ascii(self) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Utf16(_) => false,
            Self::Table(table) => table.ascii,
        }
    }

    /// Whether the characters of names take one byte each.
    pub(super) fn is_single_byte_for_names(self) -> bool {
        !matches!(self, Self::Utf16(_))
    }

    /// The character that marks a loss, in this set: as the Character Data Representation Architecture has it,
    /// SUB, which is 3F in EBCDIC and 1A elsewhere.
    pub(super) fn encode_substitute(self, out: &mut Vec<u8>) {
        match self {
            Self::Utf8 => out.push(0x1A),
            Self::Utf16(ByteOrder::Big) => out.extend([0, 0x1A]),
            Self::Utf16(ByteOrder::Little) => out.extend([0x1A, 0]),
            Self::Table(table) => out.push(if table.ebcdic { 0x3F } else { 0x1A }),
        }
    }

    /// Appends a character. False, with nothing appended, if the set lacks it.
    pub(super) fn encode(self, character: char, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Utf8 => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Self::Utf16(order) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.extend(match order {
                        ByteOrder::Big => unit.to_be_bytes(),
                        ByteOrder::Little => unit.to_le_bytes(),
                    });
                }
            }
            Self::Table(table) => match table.code(character).map(u16::to_be_bytes) {
                Some([0, byte]) => out.push(byte),
                Some(pair) => out.extend(pair),
                None => return false,
            },
        }
        true
    }

    /// Reads the text from `start` on, character by character, each with its place. Stops at the first error, the
    /// text's own or the sink's.
    pub(super) fn decode(
        self,
        bytes: &[u8],
        start: usize,
        sink: &mut impl FnMut(usize, Item) -> Result<(), ConvertError>,
    ) -> Result<(), ConvertError> {
        match self {
            Self::Utf8 => decode_utf8(bytes, start, sink),
            Self::Utf16(order) => decode_utf16(bytes, start, order, sink),
            Self::Table(table) => decode_table(bytes, start, table, sink),
        }
    }
}

fn decode_utf8(
    bytes: &[u8],
    start: usize,
    sink: &mut impl FnMut(usize, Item) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let rest = &bytes[start..];
    let (valid, error) = match str::from_utf8(rest) {
        Ok(text) => (text, None),
        Err(error) => {
            let at = start + error.valid_up_to();
            let kind = match error.error_len() {
                Some(_) => ConvertError::Malformed { at },
                None => ConvertError::Incomplete { at },
            };
            let valid =
                str::from_utf8(&rest[..error.valid_up_to()]).expect("the error says it is valid up to there");
            (valid, Some(kind))
        }
    };
    for (at, character) in valid.char_indices() {
        sink(start + at, Item::Is(character))?;
    }
    error.map_or(Ok(()), Err)
}

fn decode_utf16(
    bytes: &[u8],
    start: usize,
    order: ByteOrder,
    sink: &mut impl FnMut(usize, Item) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let pairs = bytes[start..].chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| match order {
        ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
        ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
    });
    let mut at = start;
    for character in char::decode_utf16(units) {
        match character {
            Ok(character) => {
                sink(at, Item::Is(character))?;
                at += 2 * character.len_utf16();
            }
            // A high surrogate as the last unit: its partner may have been cut off.
            Err(error) if error.unpaired_surrogate() < 0xDC00 && at + 4 > bytes.len() => {
                return Err(ConvertError::Incomplete { at });
            }
            Err(_) => return Err(ConvertError::Malformed { at }),
        }
    }
    if odd { Err(ConvertError::Incomplete { at }) } else { Ok(()) }
}

fn decode_table(
    bytes: &[u8],
    start: usize,
    table: &Table,
    sink: &mut impl FnMut(usize, Item) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let mut length = 1;
        let item = match table.single(byte) {
            Meaning::Is('\u{85}') if byte == 0x15 && table.ebcdic => Item::Newline,
            Meaning::Is(character) => Item::Is(character),
            Meaning::Nothing => Item::Single,
            Meaning::Lead => {
                let &trail = bytes.get(at + 1).ok_or(ConvertError::Incomplete { at })?;
                length = 2;
                match table.double(byte, trail) {
                    Meaning::Is(character) => Item::Is(character),
                    // No set has a second byte below 40: the pair was never a character.
                    _ if trail < 0x40 => return Err(ConvertError::Malformed { at }),
                    _ => Item::Double,
                }
            }
        };
        sink(at, item)?;
        at += length;
    }
    Ok(())
}
