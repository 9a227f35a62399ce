//! Reading and writing one character at a time in a coded character set.

use super::table::{Meaning, Shape, Table};
use super::{Ccsid, ConvertError};
use crate::wire::ByteOrder;

/// Shift-out: codes of two bytes follow.
const SHIFT_OUT: u8 = 0x0E;

/// Shift-in: codes of one byte follow.
const SHIFT_IN: u8 = 0x0F;

/// The byte order mark.
const MARK: char = '\u{FEFF}';

/// A character set with what its bytes depend on.
#[derive(Clone, Copy)]
pub(super) enum Codec {
    /// UTF-8 as the standard has it: surrogates are not characters, the shortest form is the only one.
    Utf8,
    /// UTF-16.
    Utf16(Units),
    /// UTF-32.
    Utf32(Units),
    /// A set that is read and written by a table.
    Table(&'static Table),
}

/// What the bytes of UTF-16 and UTF-32 depend on.
#[derive(Clone, Copy)]
pub(super) struct Units {
    /// The byte order, unless a mark at the beginning of the text says otherwise.
    order: ByteOrder,
    /// Whether what is written begins with a mark.
    is_marked: bool,
}

/// What stands at one place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A character.
    Is(char),
    /// Two characters that are one code.
    Pair(char, char),
    /// The byte 15 of an EBCDIC set where it means U+0085: the line end of hosts.
    Newline,
    /// A code of one byte without a meaning.
    Single,
    /// A longer code without a meaning.
    Double,
}

/// Takes the items of a text, each with its place.
pub(super) trait Sink: FnMut(usize, Item) -> Result<(), ConvertError> {}

impl<F: FnMut(usize, Item) -> Result<(), ConvertError>> Sink for F {}

impl Codec {
    /// The codec of a set, if we have it.
    pub(super) fn of(ccsid: Ccsid, order: ByteOrder) -> Option<Self> {
        let units = |order| Units { order, is_marked: false };
        let marked = Units { order: ByteOrder::Big, is_marked: true };
        Some(match ccsid.0 {
            1208 | 1209 => Self::Utf8,
            _ if ccsid.is_utf_16() => Self::Utf16(units(order)),
            1201 | 13489 | 17585 => Self::Utf16(units(ByteOrder::Big)),
            1202 | 1203 | 13490 | 13491 | 17586 | 17587 => Self::Utf16(units(ByteOrder::Little)),
            1204 | 1205 => Self::Utf16(marked),
            1232 | 1233 => Self::Utf32(units(ByteOrder::Big)),
            1234 | 1235 => Self::Utf32(units(ByteOrder::Little)),
            1236 | 1237 => Self::Utf32(marked),
            number => Self::Table(Table::of(number)?),
        })
    }

    /// The sets of Unicode, which have no table.
    pub(super) const UNICODE: [i32; 22] = [
        1200, 1201, 1202, 1203, 1204, 1205, 1208, 1209, 1232, 1233, 1234, 1235, 1236, 1237, 13488, 13489,
        13490, 13491, 17584, 17585, 17586, 17587,
    ];

    /// Whether the set is of the EBCDIC family.
    pub(super) fn is_ebcdic(self) -> bool {
        matches!(self, Self::Table(table) if table.ebcdic)
    }

    /// Whether bytes below 0x80 always are the ASCII characters, each a whole character when it begins one.
    pub(super) fn is_ascii(self) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Utf16(_) | Self::Utf32(_) => false,
            Self::Table(table) => table.ascii,
        }
    }

    /// Whether the characters of names take one byte each.
    pub(super) fn is_single_byte_for_names(self) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Utf16(_) | Self::Utf32(_) => false,
            Self::Table(table) => table.shape != Shape::Wide,
        }
    }

    /// Reads the text from `start` on, character by character, each with its place. Stops at the first error, the
    /// text's own or the sink's. A byte order mark at the beginning of the text says how to read it, and is no
    /// character.
    pub(super) fn decode(self, bytes: &[u8], start: usize, sink: &mut impl Sink) -> Result<(), ConvertError> {
        match self {
            Self::Utf8 if start == 0 && bytes.starts_with(&[0xEF, 0xBB, 0xBF]) => decode_utf8(bytes, 3, sink),
            Self::Utf8 => decode_utf8(bytes, start, sink),
            Self::Utf16(units) => match bytes {
                [0xFE, 0xFF, ..] => decode_utf16(bytes, 2, ByteOrder::Big, sink),
                [0xFF, 0xFE, ..] => decode_utf16(bytes, 2, ByteOrder::Little, sink),
                _ => decode_utf16(bytes, 0, units.order, sink),
            },
            Self::Utf32(units) => match bytes {
                [0, 0, 0xFE, 0xFF, ..] => decode_utf32(bytes, 4, ByteOrder::Big, sink),
                [0xFF, 0xFE, 0, 0, ..] => decode_utf32(bytes, 4, ByteOrder::Little, sink),
                _ => decode_utf32(bytes, 0, units.order, sink),
            },
            Self::Table(table) => match table.shape {
                Shape::Shifted => decode_shifted(bytes, table, sink),
                Shape::Wide => decode_wide(bytes, table, sink),
                Shape::Single | Shape::Mixed | Shape::Euc | Shape::Four => {
                    decode_table(bytes, start, table, sink)
                }
            },
        }
    }
}

/// Writes text in a set.
pub(super) struct Encoder {
    codec: Codec,
    /// Whether the next code of two bytes needs no shift-out before it.
    is_shifted: bool,
    is_begun: bool,
}

impl Encoder {
    pub(super) fn new(codec: Codec) -> Self {
        Self { codec, is_shifted: false, is_begun: false }
    }

    /// Appends a character. False, with nothing appended, if the set lacks it.
    pub(super) fn encode(&mut self, character: char, out: &mut Vec<u8>) -> bool {
        match self.codec {
            Codec::Utf8 => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Codec::Utf16(units) => {
                self.begin(units, out);
                push_utf16(character, units.order, out);
            }
            Codec::Utf32(units) => {
                self.begin(units, out);
                push_utf32(character, units.order, out);
            }
            Codec::Table(table) => match table.code(character) {
                Some(code) => self.put(code, table.shape, out),
                None => return false,
            },
        }
        true
    }

    /// Appends two characters as the one code that they are in the set. False, with nothing appended, if they are
    /// not.
    pub(super) fn encode_pair(&mut self, first: char, second: char, out: &mut Vec<u8>) -> bool {
        let Codec::Table(table) = self.codec else { return false };
        let Some(code) = table.pair_code(first, second) else { return false };
        self.put(code, table.shape, out);
        true
    }

    /// Whether the character behind this one has to be known before it can be written.
    pub(super) fn begins_pair(&self, character: char) -> bool {
        matches!(self.codec, Codec::Table(table) if table.begins_pair(character))
    }

    /// Appends what marks a loss, as the Character Data Representation Architecture has it: for a character of one
    /// byte SUB, which is 3F in EBCDIC and 1A elsewhere, for others the code that the set has for that, or U+FFFD.
    pub(super) fn substitute(&mut self, is_wide: bool, out: &mut Vec<u8>) {
        let Codec::Table(table) = self.codec else {
            self.encode(if is_wide { char::REPLACEMENT_CHARACTER } else { '\u{1A}' }, out);
            return;
        };
        let single = if table.ebcdic { 0x3F } else { 0x1A };
        let code = match table.substitute {
            Some(code) if is_wide || table.shape == Shape::Wide => code,
            _ => single,
        };
        self.put(code, table.shape, out);
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.is_shifted {
            out.push(SHIFT_IN);
            self.is_shifted = false;
        }
    }

    /// How many bytes [`Self::finish`] is going to append.
    pub(super) fn length_to_finish(&self) -> usize {
        usize::from(self.is_shifted)
    }

    /// Where the encoder is, to go back to with [`Self::go_back`].
    pub(super) fn state(&self) -> (bool, bool) {
        (self.is_shifted, self.is_begun)
    }

    /// Forgets what was written since.
    pub(super) fn go_back(&mut self, (is_shifted, is_begun): (bool, bool)) {
        (self.is_shifted, self.is_begun) = (is_shifted, is_begun);
    }

    fn begin(&mut self, units: Units, out: &mut Vec<u8>) {
        if units.is_marked && !self.is_begun {
            match self.codec {
                Codec::Utf32(_) => push_utf32(MARK, units.order, out),
                _ => push_utf16(MARK, units.order, out),
            }
        }
        self.is_begun = true;
    }

    fn put(&mut self, code: u32, shape: Shape, out: &mut Vec<u8>) {
        let bytes = code.to_be_bytes();
        let length = match shape {
            Shape::Wide => 2,
            _ => 4 - bytes[..3].iter().take_while(|&&byte| byte == 0).count(),
        };
        if shape == Shape::Shifted && self.is_shifted != (length > 1) {
            self.is_shifted = length > 1;
            out.push(if self.is_shifted { SHIFT_OUT } else { SHIFT_IN });
        }
        out.extend_from_slice(&bytes[4 - length..]);
    }
}

fn push_utf16(character: char, order: ByteOrder, out: &mut Vec<u8>) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.extend(match order {
            ByteOrder::Big => unit.to_be_bytes(),
            ByteOrder::Little => unit.to_le_bytes(),
        });
    }
}

fn push_utf32(character: char, order: ByteOrder, out: &mut Vec<u8>) {
    let unit = u32::from(character);
    out.extend(match order {
        ByteOrder::Big => unit.to_be_bytes(),
        ByteOrder::Little => unit.to_le_bytes(),
    });
}

fn decode_utf8(bytes: &[u8], start: usize, sink: &mut impl Sink) -> Result<(), ConvertError> {
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
    sink: &mut impl Sink,
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

fn decode_utf32(
    bytes: &[u8],
    start: usize,
    order: ByteOrder,
    sink: &mut impl Sink,
) -> Result<(), ConvertError> {
    let units = bytes[start..].chunks_exact(4);
    let end = bytes.len() - units.remainder().len();
    for (at, unit) in (start..).step_by(4).zip(units) {
        let unit = match order {
            ByteOrder::Big => u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]),
            ByteOrder::Little => u32::from_le_bytes([unit[0], unit[1], unit[2], unit[3]]),
        };
        let character = char::from_u32(unit).ok_or(ConvertError::Malformed { at })?;
        sink(at, Item::Is(character))?;
    }
    if end < bytes.len() { Err(ConvertError::Incomplete { at: end }) } else { Ok(()) }
}

/// A code of one byte.
fn single(table: &Table, byte: u8) -> Item {
    match table.single(byte) {
        Meaning::Is('\u{85}') if byte == 0x15 && table.ebcdic => Item::Newline,
        meaning => item(meaning, Item::Single),
    }
}

/// What a code means, or what it is when it means nothing.
fn item(meaning: Meaning, nothing: Item) -> Item {
    match meaning {
        Meaning::Is(character) => Item::Is(character),
        Meaning::Pair(first, second) => Item::Pair(first, second),
        Meaning::Nothing | Meaning::Lead(_) => nothing,
    }
}

/// Sets whose codes say themselves how long they are.
fn decode_table(bytes: &[u8], start: usize, table: &Table, sink: &mut impl Sink) -> Result<(), ConvertError> {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let Meaning::Lead(mut length) = table.single(byte) else {
            sink(at, single(table, byte))?;
            at += 1;
            continue;
        };
        let incomplete = ConvertError::Incomplete { at };
        let &second = bytes.get(at + 1).ok_or(incomplete)?;
        if table.shape == Shape::Four && second.is_ascii_digit() {
            length = 4;
        }
        // What is there of a cut code may say already that it is none.
        let code = &bytes[at..bytes.len().min(at + length)];
        let can_be = match (table.shape, code) {
            (Shape::Euc, [_, rest @ ..]) => rest.iter().all(|&byte| byte >= 0xA1),
            (Shape::Four, [_, second, rest @ ..]) if second.is_ascii_digit() => {
                rest.first().is_none_or(|&byte| byte >= 0x81) && rest.get(1).is_none_or(u8::is_ascii_digit)
            }
            // No set has a second byte below 40.
            _ => second >= 0x40,
        };
        if !can_be {
            return Err(ConvertError::Malformed { at });
        }
        if code.len() < length {
            return Err(incomplete);
        }
        let number = code.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
        sink(at, item(table.longer(number), Item::Double))?;
        at += length;
    }
    Ok(())
}

/// Host sets of one and two bytes. The shifts come in pairs, and begin with single bytes.
fn decode_shifted(bytes: &[u8], table: &Table, sink: &mut impl Sink) -> Result<(), ConvertError> {
    let (mut at, mut is_shifted) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        if byte == if is_shifted { SHIFT_IN } else { SHIFT_OUT } {
            is_shifted = !is_shifted;
            at += 1;
        } else if is_shifted {
            sink(at, double(bytes, at, table)?)?;
            at += 2;
        } else if byte == SHIFT_IN {
            return Err(ConvertError::Malformed { at });
        } else {
            sink(at, single(table, byte))?;
            at += 1;
        }
    }
    if is_shifted { Err(ConvertError::Incomplete { at }) } else { Ok(()) }
}

/// Sets of two bytes a code.
fn decode_wide(bytes: &[u8], table: &Table, sink: &mut impl Sink) -> Result<(), ConvertError> {
    for at in (0..bytes.len()).step_by(2) {
        sink(at, double(bytes, at, table)?)?;
    }
    Ok(())
}

/// The code of two bytes that begins at a place. None has a byte below 40.
fn double(bytes: &[u8], at: usize, table: &Table) -> Result<Item, ConvertError> {
    match bytes.get(at..).unwrap_or_default() {
        [first, ..] if *first < 0x40 => Err(ConvertError::Malformed { at }),
        [_, second, ..] if *second < 0x40 => Err(ConvertError::Malformed { at }),
        [first, second, ..] => {
            let code = u32::from(*first) << 8 | u32::from(*second);
            Ok(item(table.longer(code), Item::Double))
        }
        _ => Err(ConvertError::Incomplete { at }),
    }
}
