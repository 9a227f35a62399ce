//! Strings of any length (MQCHARV) inside a call: where they are and what they say.
//!
//! As observed, they stand right after their structure, each padded to a word, and their offsets count from
//! its start; the length does not count the padding. A public dissector expects them at the end of the
//! body, with offsets from the start of the segment, so that is understood as well: whatever is not right
//! behind the structure is looked for there, and never inside what comes before.

use mqi::charv::Charv;
use mqi::text;
use mqi::wire::{ByteOrder, DecodeError, Reader};

/// The bytes that offsets may point into.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    body: &'a [u8],
    header_len: usize,
    structure: usize,
}

impl<'a> Base<'a> {
    /// The body of a segment (or of a transfer, assembled) behind a header of `header_len` bytes.
    pub fn whole(body: &'a [u8], header_len: usize) -> Self {
        Self { body, header_len, structure: 0 }
    }

    /// The same, for a structure that starts `at` bytes into the body.
    pub fn structure_at(self, at: usize) -> Self {
        Self { structure: at, ..self }
    }

    /// Where a string is in the body: at `structure_end` or later.
    fn range(&self, string: &Charv, structure_end: usize) -> Option<std::ops::Range<usize>> {
        let length = usize::try_from(string.length).ok()?;
        let offset = usize::try_from(string.offset).ok()?;
        let starts = [Some(self.structure + offset), offset.checked_sub(self.header_len)];
        starts
            .into_iter()
            .flatten()
            .map(|start| start..start + length)
            .find(|range| range.start >= structure_end && range.end <= self.body.len())
    }
}

/// Finds the text of strings. `r` stands behind their structure, and behind the strings afterwards if that
/// is where they are.
pub fn fill(strings: &mut [&mut Charv], base: Base<'_>, r: &mut Reader<'_>) -> Result<(), DecodeError> {
    let structure_end = r.position();
    let mut end = structure_end;
    for string in strings {
        string.text = None;
        if string.length <= 0 || string.offset <= 0 {
            continue;
        }
        let range = base.range(string, structure_end).ok_or(DecodeError::Length(string.length))?;
        string.text = Some(text(&base.body[range.clone()], string.ccsid, r.order()));
        if range.start <= end.next_multiple_of(WORD) {
            end = end.max(range.end);
        }
    }
    let padding = end.next_multiple_of(WORD) - end;
    r.skip(end - structure_end)?;
    if end > structure_end {
        r.skip(padding.min(r.remaining()))?;
    }
    Ok(())
}

/// Gives strings their places in `tail`, which starts `tail_at` bytes after the start of their structure.
pub fn place(strings: &mut [&mut Charv], tail_at: usize, tail: &mut Vec<u8>) {
    for string in strings {
        string.pointer = Default::default();
        (string.offset, string.length) = (0, 0);
        let Some(text) = string.text.as_deref().filter(|text| !text.is_empty()) else { continue };
        let (Ok(at), Ok(length)) = (i32::try_from(tail_at + tail.len()), i32::try_from(text.len())) else {
            continue;
        };
        (string.offset, string.length, string.ccsid) = (at, length, CCSID_UTF_8);
        tail.extend_from_slice(text.as_bytes());
        tail.resize(tail.len().next_multiple_of(WORD), 0);
    }
}

/// Strings start on a word.
const WORD: usize = 4;

const CCSID_UTF_8: i32 = 1208;
const CCSIDS_UTF_16: [i32; 3] = [1200, 13488, 17584];

/// Text in a character set. Java clients send UTF-8 or UTF-16; anything else that is not UTF-8 is read as
/// ISO 8859-1, which never fails.
fn text(bytes: &[u8], ccsid: i32, order: ByteOrder) -> String {
    if CCSIDS_UTF_16.contains(&ccsid) {
        return text::of_utf16_lossy(bytes, order).0;
    }
    match text::of_utf8(bytes) {
        Some(text) => text.into_owned(),
        None if ccsid == CCSID_UTF_8 => text::of_utf8_lossy(bytes).into_owned(),
        None => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqi::wire::Charset;

    fn string(offset: i32, length: i32, ccsid: i32) -> Charv {
        Charv { offset, length, ccsid, ..Charv::default() }
    }

    #[track_caller]
    fn check(mut string: Charv, want: Result<(Option<&str>, usize), DecodeError>) {
        let body = b"fixed part..topic/1 t\0o\0\xe9";
        let mut r = Reader::new(body, ByteOrder::Little, Charset::Ascii);
        r.skip(12).expect("longer than that");
        let got = fill(&mut [&mut string], Base::whole(body, 36).structure_at(4), &mut r);
        assert_eq!(got.map(|()| (string.text.as_deref(), r.position())), want);
    }

    #[test]
    fn texts_are_found_behind_the_structure_only() {
        check(string(0, 0, 0), Ok((None, 12)));
        check(string(8, 7, 1208), Ok((Some("topic/1"), 20)));
        check(string(48, 7, 1208), Ok((Some("topic/1"), 20)));
        check(string(16, 4, 1200), Ok((Some("to"), 12)));
        check(string(20, 1, 819), Ok((Some("é"), 12)));
        check(string(4, 2, 1208), Err(DecodeError::Length(2)));
        check(string(8, i32::MAX, 1208), Err(DecodeError::Length(i32::MAX)));
        check(string(i32::MAX, 1, 1208), Err(DecodeError::Length(1)));
    }
}
