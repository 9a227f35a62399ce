//! Text of variable length as programs send it: UTF-8 and UTF-16, well formed or nearly so.
//!
//! Some clients write a character beyond U+FFFF into UTF-8 as its two surrogates, three bytes each. That is no UTF-8,
//! but there is no doubt about what is meant, so it is read as the character. Halves of pairs, and bytes that mean
//! nothing, become U+FFFD where the reader does not mind.

use std::borrow::Cow;

use crate::wire::ByteOrder;

/// Whether a terminal or a log might do something else with this character than to show it: control characters, and what
/// turns the direction of the text around it, hides in it, or ends a line. Letters and their joiners are none.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Soft hyphen, Arabic letter mark, Mongolian separator.
            '\u{AD}' | '\u{61C}' | '\u{180E}'
            // Zero width, direction marks, line and paragraph ends, embeddings and overrides, invisible operators,
            // isolates; the two joiners between them are parts of words.
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            // Byte order mark, annotations, tags.
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// The text as it may be shown to people: what is no character to look at stands there as its number, `\x1B` or
/// `\u{202E}`, and does nothing. A backslash that was there before is left alone: this is to be read, not to be read back.
pub fn inert(text: &str) -> Cow<'_, str> {
    inert_but(text, &[])
}

/// The same for text of several lines.
pub fn inert_lines(text: &str) -> Cow<'_, str> {
    inert_but(text, &['\n', '\t'])
}

fn inert_but<'a>(text: &'a str, kept: &[char]) -> Cow<'a, str> {
    let is_shown = |c: char| !is_active(c) || kept.contains(&c);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match u32::from(c) {
            _ if is_shown(c) => shown.push(c),
            number @ ..=0xFF => shown.push_str(&format!("\\x{number:02X}")),
            number => shown.push_str(&format!("\\u{{{number:X}}}")),
        }
    }
    Cow::Owned(shown)
}

/// A byte order mark.
const MARK: u16 = 0xFEFF;

/// The text of these bytes. None if something in them means no character.
pub fn of_utf8(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (text, is_whole) = read_utf8(bytes);
    is_whole.then_some(text)
}

/// The text of these bytes, with U+FFFD for what means no character.
pub fn of_utf8_lossy(bytes: &[u8]) -> Cow<'_, str> {
    read_utf8(bytes).0
}

/// The text of these UTF-16 units, and whether all of them mean something. A mark at the start decides about the byte
/// order and is no part of the text.
pub fn of_utf16_lossy(bytes: &[u8], order: ByteOrder) -> (String, bool) {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2], order: ByteOrder| match order {
        ByteOrder::Big => u16::from_be_bytes(*pair),
        ByteOrder::Little => u16::from_le_bytes(*pair),
    };
    let other = match order {
        ByteOrder::Big => ByteOrder::Little,
        ByteOrder::Little => ByteOrder::Big,
    };
    let (pairs, order) = match pairs.split_first() {
        Some((first, rest)) if unit(first, order) == MARK => (rest, order),
        Some((first, rest)) if unit(first, other) == MARK => (rest, other),
        _ => (pairs, order),
    };
    let mut is_whole = odd.is_empty();
    let text = char::decode_utf16(pairs.iter().map(|pair| unit(pair, order)))
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                is_whole = false;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, is_whole)
}

fn read_utf8(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), true);
    }
    let (mut text, mut is_whole, mut rest) = (String::with_capacity(bytes.len()), true, bytes);
    while !rest.is_empty() {
        let error = match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                break;
            }
            Err(error) => error,
        };
        let (valid, from) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        let (character, len) = match (half(from), from.get(3..).and_then(half)) {
            (Some(high @ 0xD800..0xDC00), Some(low @ 0xDC00..)) => {
                let code = 0x1_0000 + ((u32::from(high) & 0x3FF) << 10) + (u32::from(low) & 0x3FF);
                (char::from_u32(code), 6)
            }
            (Some(_), _) => (None, 3),
            (None, _) => (None, error.error_len().unwrap_or(from.len())),
        };
        is_whole &= character.is_some();
        text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = &from[len..];
    }
    (Cow::Owned(text), is_whole)
}

/// The surrogate that these bytes begin with, written as if it were a character: D800 to DFFF.
fn half(bytes: &[u8]) -> Option<u16> {
    let &[0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] = bytes else { return None };
    Some(0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_character_in_two_halves_is_read() {
        for (bytes, want, is_whole) in [
            (&b"abc"[..], "abc", true),
            ("x\u{1F600}y".as_bytes(), "x\u{1F600}y", true),
            (b"x\xED\xA0\xBD\xED\xB8\x80y", "x\u{1F600}y", true),
            (b"\xED\xA0\xBD\xED\xB8\x80\xED\xA0\xBD\xED\xB8\x80", "\u{1F600}\u{1F600}", true),
            (b"x\xED\xA0\xBDy", "x\u{FFFD}y", false),
            (b"\xED\xB8\x80\xED\xA0\xBD", "\u{FFFD}\u{FFFD}", false),
            (b"\xED\xA0\xBD\xED\xA0\xBD\xED\xB8\x80", "\u{FFFD}\u{1F600}", false),
            (b"\xED\xA0", "\u{FFFD}\u{FFFD}", false),
            (b"a\xFFb\xC3", "a\u{FFFD}b\u{FFFD}", false),
        ] {
            assert_eq!(of_utf8_lossy(bytes), want, "{bytes:x?}");
            assert_eq!(of_utf8(bytes).as_deref(), is_whole.then_some(want), "{bytes:x?}");
        }
    }

    #[test]
    fn utf_16_has_a_byte_order_and_may_say_so() {
        for (bytes, order, want) in [
            (&b"\0a\x20\xAC"[..], ByteOrder::Big, ("a\u{20AC}", true)),
            (b"a\0\xAC\x20", ByteOrder::Little, ("a\u{20AC}", true)),
            (b"\xFE\xFF\0a", ByteOrder::Big, ("a", true)),
            (b"\xFF\xFEa\0", ByteOrder::Big, ("a", true)),
            (b"\xFE\xFF\0a", ByteOrder::Little, ("a", true)),
            (b"\xD8\x3D\xDE\x00", ByteOrder::Big, ("\u{1F600}", true)),
            (b"\xD8\x3D\0a", ByteOrder::Big, ("\u{FFFD}a", false)),
            (b"\0ab", ByteOrder::Big, ("a", false)),
            (b"", ByteOrder::Big, ("", true)),
        ] {
            let (text, is_whole) = of_utf16_lossy(bytes, order);
            assert_eq!((text.as_str(), is_whole), want, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back_with_its_pairs_written_either_way(text in any::<String>()) {
            let mut bytes = Vec::new();
            for c in text.chars() {
                match c.encode_utf16(&mut [0; 2]) {
                    [high, low] => {
                        for unit in [*high, *low] {
                            bytes.extend([unit >> 12 | 0xE0, unit >> 6 & 0x3F | 0x80, unit & 0x3F | 0x80].map(|b| b as u8));
                        }
                    }
                    _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            let read = of_utf8(&bytes);
            prop_assert_eq!(read.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let text = of_utf8_lossy(&bytes);
            prop_assert!(text.chars().count() <= bytes.len());
            let _ = of_utf16_lossy(&bytes, ByteOrder::Big);
        }
    }

    #[test]
    fn what_is_shown_does_nothing() {
        for (text, want) in [
            ("plain \\ text, Umläute, 漢字, עברית", "plain \\ text, Umläute, 漢字, עברית"),
            ("\u{1b}[2J\u{7}\0\r\n\t\u{7f}", r"\x1B[2J\x07\x00\x0D\x0A\x09\x7F"),
            ("\u{9b}2J\u{85}", r"\x9B2J\x85"),
            (
                "abc\u{202e}cba\u{2066}\u{200f}\u{feff}\u{2028}",
                r"abc\u{202E}cba\u{2066}\u{200F}\u{FEFF}\u{2028}",
            ),
            ("na\u{200d}me می\u{200c}خواهم", "na\u{200d}me می\u{200c}خواهم"),
            ("\u{e0041}", r"\u{E0041}"),
            ("\u{fffd}", "\u{fffd}"),
        ] {
            assert_eq!(inert(text), want);
        }
        assert_eq!(inert_lines("a\n\tb\r"), "a\n\tb\\x0D");
    }
}
