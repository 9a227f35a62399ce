//! The cursor that all conversion goes through: reads from the message, writes to the result.
//!
//! Every step reads something, writes its counterpart, and fails before it writes. The message is bounded twice:
//! by its end, where a message that was cut may stop in the middle of anything, and by the end of the structure
//! being read, where stopping early is a format error.

use super::layout::{Described, Field, Header};
use super::{Representation, Rules, Truncation};
use crate::ccsid::{Ccsid, Conversion, ConvertError, Unmappable};
use crate::chars::Chars8;
use crate::reason::Reason;
use crate::wire::{ByteOrder, Charset};

/// Why conversion of a part stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The message was cut here. What follows of it is copied.
    End,
    /// The buffer is full. Nothing follows.
    Full,
    /// The part cannot be converted.
    Because(Reason),
}

pub(super) type Step<T = ()> = Result<T, Stop>;

const FORMAT_ERROR: Stop = Stop::Because(Reason::FORMAT_ERROR);

/// Reads a message in one representation and writes it in another.
pub(super) struct Converter<'a> {
    input: &'a [u8],
    /// Next byte to read.
    at: usize,
    /// End of the structure being read.
    end: usize,
    out: Vec<u8>,
    from: Representation,
    to: Representation,
    rules: &'a Rules,
}

impl<'a> Converter<'a> {
    pub(super) fn new(input: &'a [u8], rules: &'a Rules) -> Self {
        Self {
            input,
            at: 0,
            end: input.len(),
            out: Vec::with_capacity(input.len()),
            from: Representation::default(),
            to: Representation::default(),
            rules,
        }
    }

    /// Says what comes next in the message is in, and what it is wanted in.
    pub(super) fn between(&mut self, from: Representation, to: Representation) {
        (self.from, self.to) = (from, to);
    }

    /// What the message is read as.
    pub(super) fn from(&self) -> Representation {
        self.from
    }

    /// What the result is written in.
    pub(super) fn to(&self) -> Representation {
        self.to
    }

    /// Bytes read and bytes written.
    pub(super) fn position(&self) -> (usize, usize) {
        (self.at, self.out.len())
    }

    /// Undoes what came after a position.
    pub(super) fn go_back(&mut self, (at, length): (usize, usize)) {
        self.at = at;
        self.end = self.input.len();
        self.out.truncate(length);
    }

    /// Whether the whole message has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.input.len()
    }

    /// Bytes left in the structure being read.
    pub(super) fn remaining(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Copies what is left of the message as it is.
    pub(super) fn copy_rest(&mut self) {
        self.out.extend_from_slice(&self.input[self.at..]);
        self.at = self.input.len();
    }

    /// The result.
    pub(super) fn finish(self) -> (Vec<u8>, &'a Rules) {
        (self.out, self.rules)
    }

    /// Whether bytes may be missing at the end of what is being read, because the message was cut.
    fn may_be_cut(&self) -> bool {
        self.rules.truncation == Truncation::Happened && self.end == self.input.len()
    }

    fn too_short(&self) -> Stop {
        if self.may_be_cut() { Stop::End } else { FORMAT_ERROR }
    }

    /// Makes sure that so many bytes are left.
    pub(super) fn expect(&self, length: usize) -> Step {
        if length <= self.remaining() { Ok(()) } else { Err(self.too_short()) }
    }

    fn take(&mut self, length: usize) -> Step<&'a [u8]> {
        self.expect(length)?;
        let bytes = &self.input[self.at..self.at + length];
        self.at += length;
        Ok(bytes)
    }

    /// Bounds what is read to a structure that ends there, counted as [`Self::position`] does. Returns the bound
    /// before, for [`Self::leave`].
    pub(super) fn enter(&mut self, end: usize) -> Step<usize> {
        let outer = self.end;
        if end < self.at {
            return Err(FORMAT_ERROR);
        }
        if end <= outer {
            self.end = end;
        } else if !self.may_be_cut() {
            return Err(FORMAT_ERROR);
        }
        Ok(outer)
    }

    /// Copies what is left of the structure entered, and goes back to the bound before it.
    pub(super) fn leave(&mut self, outer: usize) {
        self.out.extend_from_slice(&self.input[self.at..self.end]);
        self.at = self.end;
        self.end = outer;
    }

    fn orders(&self) -> Step<(ByteOrder, ByteOrder)> {
        let from = self.from.encoding.integer_order();
        let from = from.ok_or(Stop::Because(Reason::SOURCE_INTEGER_ENC_ERROR))?;
        let to = self.to.encoding.integer_order();
        Ok((from, to.ok_or(Stop::Because(Reason::TARGET_INTEGER_ENC_ERROR))?))
    }

    /// A number of so many bytes, in the other order if need be.
    fn number(&mut self, length: usize) -> Step<&'a [u8]> {
        let (from, to) = self.orders()?;
        let bytes = self.take(length)?;
        if from == to {
            self.out.extend_from_slice(bytes);
        } else {
            self.out.extend(bytes.iter().rev());
        }
        Ok(bytes)
    }

    /// An MQLONG.
    pub(super) fn int(&mut self) -> Step<i32> {
        let (from, _) = self.orders()?;
        let bytes = self.number(4)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(match from {
            ByteOrder::Big => i32::from_be_bytes(bytes),
            ByteOrder::Little => i32::from_le_bytes(bytes),
        })
    }

    /// So many MQLONGs whose values do not matter.
    pub(super) fn ints(&mut self, count: usize) -> Step {
        (0..count).try_for_each(|_| self.int().map(drop))
    }

    /// An MQINT64.
    pub(super) fn int64(&mut self) -> Step {
        self.number(8).map(drop)
    }

    /// A length or count, which is not negative.
    pub(super) fn length(&mut self) -> Step<usize> {
        usize::try_from(self.int()?).map_err(|_| FORMAT_ERROR)
    }

    /// Bytes that are not converted.
    pub(super) fn bytes(&mut self, length: usize) -> Step {
        let bytes = self.take(length)?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Puts an integer over one written before, in the representation it was written in. Lengths are never so
    /// long that they do not fit; if one were, the field would say the most it can.
    pub(super) fn put_int(&mut self, at: usize, value: i32, written: Representation) {
        let bytes = match written.encoding.integer_order() {
            Some(ByteOrder::Little) => value.to_le_bytes(),
            Some(ByteOrder::Big) | None => value.to_be_bytes(),
        };
        if let Some(place) = self.out.get_mut(at..at + 4) {
            place.copy_from_slice(&bytes);
        }
    }

    /// Puts a length over one written before in this structure.
    pub(super) fn put_length(&mut self, at: usize, length: usize) {
        self.put_int(at, i32::try_from(length).unwrap_or(i32::MAX), self.to);
    }

    fn conversion(&self, from: Ccsid, to: Ccsid) -> Conversion {
        // An encoding without a byte order only matters to UTF-16, for which high byte first is the rule.
        let order = |is: Representation| is.encoding.integer_order().unwrap_or(ByteOrder::Big);
        Conversion {
            from_order: order(self.from),
            to_order: order(self.to),
            newline: self.rules.newline,
            unmappable: self.rules.unmappable,
            limit: self.rules.buffer_limit.saturating_sub(self.out.len()),
            ..Conversion::new(from, to)
        }
    }

    /// A blank in a set, in the byte order of the result. Sets of ideographs alone have a wide one.
    pub(super) fn blank(&self, ccsid: Ccsid) -> Vec<u8> {
        let conversion = Conversion {
            unmappable: Unmappable::Refuse,
            limit: usize::MAX,
            ..self.conversion(Ccsid::UTF_8, ccsid)
        };
        // What the second one adds: before the first there may be a mark.
        let second = |blank: &str| {
            let one = conversion.run(blank.as_bytes())?;
            Ok::<_, ConvertError>(conversion.run(blank.repeat(2).as_bytes())?.split_off(one.len()))
        };
        second(" ").or_else(|_| second("\u{3000}")).unwrap_or_else(|_| b" ".to_vec())
    }

    /// A character field: what it holds, in as many bytes.
    pub(super) fn chars(&mut self, width: usize) -> Step {
        let field = self.take(width)?;
        let fitted = self.fit(field)?;
        self.out.extend(fitted);
        Ok(())
    }

    fn fit(&self, field: &[u8]) -> Step<Vec<u8>> {
        let conversion = Conversion { limit: usize::MAX, ..self.conversion(self.from.ccsid, self.to.ccsid) };
        let blank = self.blank(self.to.ccsid);
        let mut fitted = match conversion.run(field) {
            Ok(whole) if whole.len() <= field.len() => whole,
            outcome => {
                // What follows a null says nothing, so it need not convert, and blanks at the end need not be
                // kept. In wide sets a null byte is a part of many characters.
                let significant = match field.iter().position(|&byte| byte == 0) {
                    Some(end) if !self.from.ccsid.is_wide() => &field[..end],
                    _ if outcome.is_err() => return Err(refusal(outcome.err())),
                    _ => field,
                };
                let mut shortened = conversion.run(significant).map_err(|error| refusal(Some(error)))?;
                while shortened.len() > field.len() && shortened.ends_with(&blank) {
                    shortened.truncate(shortened.len() - blank.len());
                }
                shortened
            }
        };
        if fitted.len() > field.len() {
            return Err(Stop::Because(Reason::CONVERTED_STRING_TOO_BIG));
        }
        while fitted.len() + blank.len() <= field.len() {
            fitted.extend_from_slice(&blank);
        }
        fitted.resize(field.len(), 0);
        Ok(fitted)
    }

    /// Text of any length, which may grow and shrink, between two sets. Returns its new length.
    pub(super) fn text_between(&mut self, length: usize, from: Ccsid, to: Ccsid) -> Step<usize> {
        let conversion = self.conversion(from, to);
        let cut = length > self.remaining();
        if cut {
            self.expect(length).or_else(|stop| if stop == Stop::End { Ok(()) } else { Err(stop) })?;
        }
        let text = self.take(length.min(self.remaining()))?;
        let before = self.out.len();
        match conversion.append(text, &mut self.out) {
            Ok(()) if cut => Err(Stop::End),
            Ok(()) => Ok(self.out.len() - before),
            // The last character was cut with the message: it stays as it is.
            Err(ConvertError::Incomplete { at })
                if self.rules.truncation == Truncation::Happened && self.is_at_end() =>
            {
                self.at -= text.len() - at;
                Err(Stop::End)
            }
            Err(ConvertError::TooLong { .. }) if self.rules.truncation != Truncation::Refused => {
                Err(Stop::Full)
            }
            Err(error) => {
                self.out.truncate(before);
                Err(refusal(Some(error)))
            }
        }
    }

    /// Text of any length in the set of what is being read.
    pub(super) fn text(&mut self, length: usize) -> Step<usize> {
        self.text_between(length, self.from.ccsid, self.to.ccsid)
    }

    /// Text to the end of the message.
    pub(super) fn text_to_end(&mut self) -> Step {
        self.text(self.remaining()).map(drop)
    }

    /// Text of a known length, aside: neither read past nor written.
    pub(super) fn text_aside(&self, offset: usize, length: usize, from: Ccsid, to: Ccsid) -> Step<Vec<u8>> {
        self.expect(offset + length)?;
        let text = &self.input[self.at + offset..self.at + offset + length];
        self.conversion(from, to).run(text).map_err(|error| match error {
            ConvertError::TooLong { .. } if self.rules.truncation != Truncation::Refused => Stop::Full,
            error => refusal(Some(error)),
        })
    }

    /// Writes what has no counterpart in the message.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Reads past bytes whose counterpart has been written otherwise.
    pub(super) fn skip(&mut self, length: usize) -> Step {
        self.take(length).map(drop)
    }

    /// IMS variable strings, one behind the other: a length of two bytes that counts itself, two bytes of flags,
    /// which are not a number, and text.
    pub(super) fn ims_strings(&mut self) -> Step {
        const HEAD: usize = 4;
        let (from, to) = self.orders()?;
        while self.remaining() > 0 {
            self.expect(HEAD)?;
            let length_at = self.out.len();
            let length = self.number(2)?;
            let length = match from {
                ByteOrder::Big => u16::from_be_bytes([length[0], length[1]]),
                ByteOrder::Little => u16::from_le_bytes([length[0], length[1]]),
            };
            self.bytes(2)?;
            let text = usize::from(length).checked_sub(HEAD).ok_or(FORMAT_ERROR)?;
            let new = self.text(text)? + HEAD;
            // The length is an MQSHORT.
            let new = i16::try_from(new).map_err(|_| Stop::Because(Reason::CONVERTED_STRING_TOO_BIG))?;
            self.out[length_at..length_at + 2].copy_from_slice(&match to {
                ByteOrder::Big => new.to_be_bytes(),
                ByteOrder::Little => new.to_le_bytes(),
            });
        }
        Ok(())
    }

    /// The fields of a structure, in order.
    pub(super) fn fields(&mut self, fields: &[Field]) -> Step<Described> {
        let mut described = Described::default();
        for field in fields {
            let at = self.out.len();
            match *field {
                Field::Id(id) => self.id(id)?,
                Field::Version => described.version = self.int()?,
                Field::Length => (described.length, described.length_at) = (self.length()?, at),
                Field::Encoding => (described.encoding.0, described.encoding_at) = (self.int()?, at),
                Field::Ccsid => (described.ccsid.0, described.ccsid_at) = (self.int()?, at),
                Field::Format => described.format = self.format()?,
                Field::Int => self.ints(1)?,
                Field::Chars(width) => self.chars(width)?,
                Field::Bytes(width) => self.bytes(width)?,
            }
        }
        Ok(described)
    }

    /// A structure identifier: without it the data is something else.
    fn id(&mut self, id: &[u8; 4]) -> Step {
        self.expect(4)?;
        match self.text_aside(0, 4, self.from.ccsid, Ccsid::LATIN_1) {
            Ok(found) if found == id => self.chars(4),
            _ => Err(FORMAT_ERROR),
        }
    }

    fn format(&mut self) -> Step<Chars8> {
        self.expect(8)?;
        let name = self.text_aside(0, 8, self.from.ccsid, Ccsid::LATIN_1)?;
        self.chars(8)?;
        let name = <[u8; 8]>::try_from(name).map_err(|_| FORMAT_ERROR)?;
        Ok(Chars8::from_wire(name, Charset::Ascii))
    }

    /// A trigger message.
    pub(super) fn trigger(&mut self) -> Step {
        self.fields(super::layout::TM).map(drop)
    }

    /// A header. What it describes is still that of the source.
    pub(super) fn header(&mut self, header: Header) -> Step<Described> {
        super::header::convert(self, header)
    }
}

fn refusal(error: Option<ConvertError>) -> Stop {
    Stop::Because(error.map_or(Reason::NOT_CONVERTED, ConvertError::reason))
}
