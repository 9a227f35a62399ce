//! PCF: a header of nine integers, then parameters, each a structure with type and length.
//!
//! A string names its character set, or says 0 for that of the message. Strings follow the message when its
//! character set is converted: those with 0 stay 0, the others say the new one. With MQCCSI_EMBEDDED (-1) as the
//! set of the message every string must name its own; with that as the target strings stay as they are.

use super::converter::{Converter, Step, Stop};
use crate::ccsid::Ccsid;
use crate::reason::Reason;

const FORMAT_ERROR: Stop = Stop::Because(Reason::FORMAT_ERROR);

/// Length of MQCFH.
const CFH_LENGTH: usize = 36;

impl Converter<'_> {
    /// MQCFH and parameters, to the end of what is being read.
    pub(super) fn pcf_message(&mut self) -> Step {
        let start = self.position().0;
        self.ints(1)?; // Type
        let length = self.length()?;
        if length < CFH_LENGTH {
            return Err(FORMAT_ERROR);
        }
        self.ints(CFH_LENGTH / 4 - 2)?;
        let outer = self.enter(start.saturating_add(length))?;
        self.leave(outer);
        while self.remaining() > 0 {
            self.parameter()?;
        }
        Ok(())
    }

    fn parameter(&mut self) -> Step {
        let (start, written_from) = self.position();
        let kind = self.int()?;
        let length_at = self.position().1;
        let length = self.length()?;
        let outer = self.enter(start.checked_add(length).ok_or(FORMAT_ERROR)?)?;
        self.ints(1)?; // Parameter
        match kind {
            cft::INTEGER | cft::GROUP => self.ints(1)?,
            cft::INTEGER_FILTER => self.ints(2)?,
            cft::INTEGER_LIST => {
                let count = self.length()?;
                self.ints(count)?;
            }
            cft::INTEGER64 => {
                self.ints(1)?; // Reserved
                self.int64()?;
            }
            cft::INTEGER64_LIST => {
                let count = self.length()?;
                (0..count).try_for_each(|_| self.int64())?;
            }
            cft::BYTE_STRING => {
                let count = self.length()?;
                self.bytes(count)?;
            }
            cft::BYTE_STRING_FILTER => {
                self.ints(1)?; // Operator
                let count = self.length()?;
                self.bytes(count)?;
            }
            cft::STRING => return self.string_structure(written_from, length_at, outer),
            cft::STRING_FILTER => {
                self.ints(1)?; // Operator
                return self.string_structure(written_from, length_at, outer);
            }
            cft::STRING_LIST => return self.string_list(written_from, length_at, outer),
            _ => return Err(FORMAT_ERROR),
        }
        self.leave(outer);
        Ok(())
    }

    /// CodedCharSetId, length and string, to the end of the structure.
    fn string_structure(&mut self, written_from: usize, length_at: usize, outer: usize) -> Step {
        let sets = self.string_sets()?;
        let string_length_at = self.position().1;
        let length = self.length()?;
        let new = match sets {
            Some((from, to)) => self.text_between(length, from, to)?,
            None => self.bytes(length).map(|()| length)?,
        };
        self.put_length(string_length_at, new);
        self.end_strings(written_from, length_at, outer)
    }

    /// CodedCharSetId, count, length of each and strings, to the end of the structure. All strings have the
    /// length of the longest: the others get blanks.
    fn string_list(&mut self, written_from: usize, length_at: usize, outer: usize) -> Step {
        let sets = self.string_sets()?;
        let count = self.length()?;
        let string_length_at = self.position().1;
        let length = self.length()?;
        let all = count.checked_mul(length).ok_or(FORMAT_ERROR)?;
        self.expect(all)?;
        let Some((from, to)) = sets.filter(|_| length > 0) else {
            self.bytes(all)?;
            return self.end_strings(written_from, length_at, outer);
        };
        let strings: Vec<_> =
            (0..count).map(|index| self.text_aside(index * length, length, from, to)).collect::<Step<_>>()?;
        self.skip(all)?;
        let longest = strings.iter().map(Vec::len).max().unwrap_or(length);
        let blank = self.blank(to);
        for mut string in strings {
            while string.len() + blank.len() <= longest {
                string.extend_from_slice(&blank);
            }
            self.write(&string);
        }
        self.put_length(string_length_at, longest);
        self.end_strings(written_from, length_at, outer)
    }

    /// Leaves a structure that ends with strings: behind them there is only padding, to a multiple of four.
    fn end_strings(&mut self, written_from: usize, length_at: usize, outer: usize) -> Step {
        self.skip(self.remaining())?;
        self.leave(outer);
        let length = self.position().1 - written_from;
        self.write(&[0; 3][..length.next_multiple_of(4) - length]);
        self.put_length(length_at, length.next_multiple_of(4));
        Ok(())
    }

    /// Reads the CodedCharSetId of strings and writes the new one. Returns between which sets they go, if they do.
    fn string_sets(&mut self) -> Step<Option<(Ccsid, Ccsid)>> {
        let at = self.position().1;
        let own = Ccsid(self.int()?);
        let (message, wanted) = (self.from().ccsid, self.to().ccsid);
        if own == Ccsid::DEFAULT && message == Ccsid::EMBEDDED {
            return Err(Stop::Because(Reason::SOURCE_CCSID_ERROR));
        }
        let from = if own == Ccsid::DEFAULT { message } else { own };
        let to = if wanted == Ccsid::EMBEDDED { from } else { wanted };
        // As documented: strings are converted only when the sets of the descriptors differ.
        let converted = message != wanted;
        if converted && (own != Ccsid::DEFAULT || wanted == Ccsid::EMBEDDED) {
            self.put_int(at, to.0, self.to());
        }
        // UTF-16 follows the integers even then.
        Ok((converted || from.is_utf_16()).then_some((from, if converted { to } else { from })))
    }
}

/// The types of parameters: MQCFT values.
mod cft {
    pub(super) const INTEGER: i32 = 3;
    pub(super) const STRING: i32 = 4;
    pub(super) const INTEGER_LIST: i32 = 5;
    pub(super) const STRING_LIST: i32 = 6;
    pub(super) const BYTE_STRING: i32 = 9;
    pub(super) const INTEGER_FILTER: i32 = 13;
    pub(super) const STRING_FILTER: i32 = 14;
    pub(super) const BYTE_STRING_FILTER: i32 = 15;
    pub(super) const GROUP: i32 = 20;
    pub(super) const INTEGER64: i32 = 23;
    pub(super) const INTEGER64_LIST: i32 = 25;
}
