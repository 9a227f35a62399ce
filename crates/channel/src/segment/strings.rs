//! Strings of any length (MQCHARV) inside a call: where they are and what they say.
//!
//! A structure says offset, length and character set; the text stands after the fixed part of the body.
//! The offset counts from the start of the structure, by the rule of the MQI. The public dissector counts
//! from the start of the segment, so that is tried as well: only one of the two can lie behind the fixed
//! part and end within the body, unless a sender leaves gaps.

use mqi::charv::Charv;
use mqi::od::Od;
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

    /// Where a string is in the body: at `fixed_end` or later.
    fn find_range(&self, string: &Charv, fixed_end: usize) -> Option<std::ops::Range<usize>> {
        let length = usize::try_from(string.length).ok()?;
        let offset = usize::try_from(string.offset).ok()?;
        let starts = [Some(self.structure + offset), offset.checked_sub(self.header_len)];
        starts
            .into_iter()
            .flatten()
            .map(|start| start..start + length)
            .find(|range| range.start >= fixed_end && range.end <= self.body.len())
    }

    /// The bytes of a string that must lie at `fixed_end` of the body or later.
    fn find(&self, string: &Charv, fixed_end: usize) -> Option<&'a [u8]> {
        self.find_range(string, fixed_end).and_then(|range| self.body.get(range))
    }
}

/// Finds the text of one string. `r` stands at the end of the fixed part.
pub fn fill(string: &mut Charv, base: Base<'_>, r: &Reader<'_>) -> Result<(), DecodeError> {
    string.text = None;
    if string.length <= 0 || string.offset <= 0 {
        return Ok(());
    }
    let bytes = base.find(string, r.position()).ok_or(DecodeError::Length(string.length))?;
    string.text = Some(text(bytes, string.ccsid, r.order()));
    Ok(())
}

/// Finds the strings that a caller gives in an MQOD of version 4.
pub fn fill_od(od: &mut Od, base: Base<'_>, r: &Reader<'_>) -> Result<(), DecodeError> {
    if od.version >= 4 {
        fill(&mut od.object_string, base, r)?;
        fill(&mut od.selection_string, base, r)?;
        fill(&mut od.res_object_string, base, r)?;
    }
    Ok(())
}

/// Where the last string of an MQOD ends in the body, padded to a word; 0 when it has none.
pub fn end(od: &Od, base: Base<'_>, r: &Reader<'_>) -> usize {
    if od.version < 4 {
        return 0;
    }
    [&od.object_string, &od.selection_string, &od.res_object_string]
        .into_iter()
        .filter(|string| string.length > 0 && string.offset > 0)
        .filter_map(|string| base.find_range(string, r.position()))
        .map(|range| range.end.next_multiple_of(4))
        .max()
        .unwrap_or(0)
}

/// Gives a string its place at the end of `tail`, which starts `tail_at` bytes after its structure.
pub fn place(string: &mut Charv, tail_at: usize, tail: &mut Vec<u8>) {
    string.pointer = Default::default();
    let Some(text) = string.text.as_deref().filter(|text| !text.is_empty()) else {
        (string.offset, string.length) = (0, 0);
        return;
    };
    let at = i32::try_from(tail_at + tail.len());
    let length = i32::try_from(text.len());
    let (Ok(at), Ok(length)) = (at, length) else {
        (string.offset, string.length) = (0, 0);
        return;
    };
    (string.offset, string.length, string.ccsid) = (at, length, CCSID_UTF_8);
    tail.extend_from_slice(text.as_bytes());
    // The next structure or string starts on a word.
    tail.resize(tail.len().next_multiple_of(4), 0);
}

/// Places the strings of an MQOD of version 4.
pub fn place_od(od: &mut Od, tail_at: usize, tail: &mut Vec<u8>) {
    if od.version >= 4 {
        place(&mut od.object_string, tail_at, tail);
        place(&mut od.selection_string, tail_at, tail);
        place(&mut od.res_object_string, tail_at, tail);
    }
}

const CCSID_UTF_8: i32 = 1208;
const CCSIDS_UTF_16: [i32; 3] = [1200, 13488, 17584];

/// Text in a character set. Java clients send UTF-8 or UTF-16; anything else that is not UTF-8 is read as
/// ISO 8859-1, which never fails.
fn text(bytes: &[u8], ccsid: i32, order: ByteOrder) -> String {
    if CCSIDS_UTF_16.contains(&ccsid) {
        let units = bytes.chunks_exact(2).map(|pair| match order {
            ByteOrder::Big => u16::from_be_bytes([pair[0], pair[1]]),
            ByteOrder::Little => u16::from_le_bytes([pair[0], pair[1]]),
        });
        return char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
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
    fn check(mut string: Charv, want: Result<Option<&str>, DecodeError>) {
        let body = b"fixed part..topic/1 t\0o\0\xe9";
        let mut r = Reader::new(body, ByteOrder::Little, Charset::Ascii);
        r.skip(12).expect("longer than that");
        let got = fill(&mut string, Base::whole(body, 36).structure_at(4), &r);
        assert_eq!(got.map(|()| string.text.as_deref()), want);
    }

    #[test]
    fn texts_are_found_behind_the_fixed_part_only() {
        check(string(0, 0, 0), Ok(None));
        check(string(8, 7, 1208), Ok(Some("topic/1")));
        check(string(48, 7, 1208), Ok(Some("topic/1")));
        check(string(16, 4, 1200), Ok(Some("to")));
        check(string(20, 1, 819), Ok(Some("é")));
        check(string(4, 2, 1208), Err(DecodeError::Length(2)));
        check(string(8, i32::MAX, 1208), Err(DecodeError::Length(i32::MAX)));
        check(string(i32::MAX, 1, 1208), Err(DecodeError::Length(1)));
    }
}
