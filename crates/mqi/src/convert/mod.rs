//! Conversion of message data, as MQGMO_CONVERT asks for it.
//!
//! A message is a chain of parts. The descriptor says format, encoding and character set of the first; each header
//! says them of the part behind it:
//!
//! ```text
//! MQMD ──describes──► MQDLH ──describes──► MQRFH2 ──describes──► text
//!   MQDEAD, 785, 500    MQHRF2, 785, 500     MQSTR, 546, 1208
//! ```
//!
//! [`convert_message`] walks that chain. Each header is read and written by the table of its fields
//! (`layout.rs`), what varies in length by a few functions (`header.rs`), PCF by `pcf.rs`. Then the fields that
//! describe the next part are set to what that part has become, so that every part is always described as it is.
//!
//! The rules are those of the product's "Conversion processing" and "Processing conventions":
//!
//! - Data that is as wanted already is left alone. So is what follows a header without a format (MQFMT_NONE); at
//!   the beginning of a message that is reason 2110.
//! - When a part fails, it and all behind it stay as they were, the parts before it are converted, and the reason
//!   is that part's. The data of MQCIH and MQIIH has no description of its own: such a header stays with it.
//! - Strings of their own length grow and shrink, with the lengths that say so. Strings in fields shrink with
//!   blanks and grow at the cost of trailing blanks and of what follows a null; if that is not enough, 2190.
//! - Headers cannot be in UTF-16, or another set whose characters take no single byte. When that is wanted they go
//!   to the queue manager's own representation, the data behind them goes where it was wanted, and the reason is
//!   2272.
//! - A result that is too long for the buffer is given up, 2120, or cut, 2079, as the application accepts.
//! - Only integers depend on the encoding in these formats. The decimal and float parts of it are not looked at.
//!
//! ```
//! use mqi::ccsid::Ccsid;
//! use mqi::convert::{Encoding, Representation, Rules, convert_message};
//! let host = Representation { encoding: Encoding::S390, ccsid: Ccsid(500) };
//! let here = Representation { encoding: Encoding::REVERSED, ccsid: Ccsid::UTF_8 };
//! let outcome = convert_message(mqi::format::STRING, b"\xC8\x89", host, here, &Rules::new(100, here));
//! assert_eq!(&*outcome.data, b"Hi");
//! assert_eq!(outcome.representation(), here);
//! ```

mod converter;
mod header;
mod layout;
mod pcf;

use std::borrow::Cow;

use crate::ccsid::{Ccsid, EbcdicNewline, Unmappable};
use crate::chars::Chars8;
use crate::format;
use crate::reason::Reason;
use crate::wire::ByteOrder;
use converter::{Converter, Step, Stop};
use layout::Header;

/// How numbers are laid out: MQENC values, of which only the integer part matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Encoding(pub i32);

impl Encoding {
    /// All parts normal: high byte first. MQENC_NORMAL.
    pub const NORMAL: Self = Self(273);
    /// All parts reversed: low byte first. MQENC_REVERSED.
    pub const REVERSED: Self = Self(546);
    /// High byte first, hexadecimal floating point. MQENC_S390.
    pub const S390: Self = Self(785);

    /// The byte order of integers, unless that part of the value is undefined or unknown.
    pub fn integer_order(self) -> Option<ByteOrder> {
        match self.0 & 0x0F {
            1 => Some(ByteOrder::Big),
            2 => Some(ByteOrder::Little),
            _ => None,
        }
    }
}

/// What data looks like: how its numbers are laid out and what its characters are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Representation {
    /// Of the numbers.
    pub encoding: Encoding,
    /// Of the characters. In a descriptor MQCCSI_Q_MGR must have been replaced by the queue manager's.
    pub ccsid: Ccsid,
}

/// What the length of the buffer did or may do to the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truncation {
    /// The data is whole and has to stay so.
    #[default]
    Refused,
    /// The data is whole, and may be cut when it grows (MQGMO_ACCEPT_TRUNCATED_MSG).
    Accepted,
    /// The data has been cut to the buffer already: what is whole of it is converted.
    Happened,
}

/// Everything else that decides how a message is converted.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Length of the application's buffer: most bytes that the result may have.
    pub buffer_limit: usize,
    /// What becomes of the message if it does not fit.
    pub truncation: Truncation,
    /// Where headers go that cannot be in the wanted character set.
    pub queue_manager: Representation,
    /// What becomes of the EBCDIC new line.
    pub newline: EbcdicNewline,
    /// What becomes of characters that the target lacks.
    pub unmappable: Unmappable,
}

impl Rules {
    /// The product's defaults: no truncation, new lines become line feeds, and a character that the target lacks
    /// becomes its SUB, as in the tables of the Character Data Representation Architecture.
    pub fn new(buffer_limit: usize, queue_manager: Representation) -> Self {
        Self {
            buffer_limit,
            truncation: Truncation::default(),
            queue_manager,
            newline: EbcdicNewline::default(),
            unmappable: Unmappable::Substitute,
        }
    }
}

/// A message after conversion, with what its descriptor has to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The data. Borrowed when nothing was converted.
    pub data: Cow<'a, [u8]>,
    /// Format of the data: conversion keeps it.
    pub format: Chars8,
    /// Encoding of the data.
    pub encoding: Encoding,
    /// Character set of the data.
    pub ccsid: Ccsid,
    /// None, or why something was not converted: all of them warnings.
    pub reason: Reason,
}

impl Outcome<'_> {
    /// Encoding and character set of the data.
    pub fn representation(&self) -> Representation {
        Representation { encoding: self.encoding, ccsid: self.ccsid }
    }
}

/// Converts the data of a message, all of its parts, from what its descriptor says to what the getter wants.
///
/// It does not fail: what cannot be converted comes back as it is, with a reason. The result is at most
/// `rules.buffer_limit` long, unless the data was longer before, which is the caller's to prevent.
pub fn convert_message<'a>(
    format: Chars8,
    data: &'a [u8],
    from: Representation,
    to: Representation,
    rules: &Rules,
) -> Outcome<'a> {
    let outcome = |data, is: Representation, reason| Outcome {
        data,
        format,
        encoding: is.encoding,
        ccsid: is.ccsid,
        reason,
    };
    let part = Part::of(format);
    if data.is_empty() || (from == to && !matches!(part, Part::Header(_))) {
        return outcome(Cow::Borrowed(data), from, Reason::NONE);
    }
    if matches!(part, Part::Nothing) {
        return outcome(Cow::Borrowed(data), from, Reason::FORMAT_ERROR);
    }
    let (converted, is, reason) = Chain::new(data, from, to, rules).walk(part);
    match converted {
        Some(converted) => outcome(Cow::Owned(converted), is, reason),
        None => outcome(Cow::Borrowed(data), is, reason),
    }
}

/// What a format name says of a part.
#[derive(Clone, Copy)]
enum Part {
    /// MQFMT_NONE: never converted.
    Nothing,
    /// A name that is not built in. Conversion of such data is a matter of the application's exits.
    Unknown,
    /// Characters to the end.
    Text,
    /// IMS variable strings to the end.
    ImsStrings,
    /// PCF to the end.
    Pcf,
    /// A trigger message.
    Trigger,
    /// A header, with a part behind it.
    Header(Header),
}

impl Part {
    fn of(name: Chars8) -> Self {
        match name {
            format::NONE => Self::Nothing,
            // The replies of a host's MQSC command server are text.
            format::STRING | format::COMMAND_1 | format::COMMAND_2 => Self::Text,
            format::ADMIN | format::EVENT | format::PCF => Self::Pcf,
            format::IMS_VAR_STRING => Self::ImsStrings,
            format::TRIGGER => Self::Trigger,
            format::CICS => Self::Header(Header::Cih),
            format::DEAD_LETTER_HEADER => Self::Header(Header::Dlh),
            format::DIST_HEADER => Self::Header(Header::Dh),
            format::EMBEDDED_PCF => Self::Header(Header::Eph),
            format::IMS => Self::Header(Header::Iih),
            format::MD_EXTENSION => Self::Header(Header::Mde),
            format::REF_MSG_HEADER => Self::Header(Header::Rmh),
            format::RF_HEADER_1 => Self::Header(Header::Rfh),
            format::RF_HEADER_2 => Self::Header(Header::Rfh2),
            format::WORK_INFO_HEADER => Self::Header(Header::Wih),
            format::XMIT_Q_HEADER => Self::Header(Header::Xqh),
            _ => Self::Unknown,
        }
    }
}

/// Where a header that has been written describes the part behind it.
#[derive(Clone, Copy)]
struct Link {
    encoding_at: usize,
    ccsid_at: usize,
    /// Whether it says MQCCSI_INHERIT.
    inherits: bool,
    /// What the header itself is in now.
    header: Representation,
}

/// The walk along the parts of one message.
struct Chain<'a> {
    converter: Converter<'a>,
    /// What the next part is in.
    from: Representation,
    /// What data is wanted in.
    data_to: Representation,
    /// What headers are wanted in.
    header_to: Representation,
    /// Whether a header went elsewhere than the application wanted.
    astray: bool,
    /// What the first part has become.
    first: Representation,
    /// Up to where parts have been converted for good: places in the input and in the result.
    done: (usize, usize),
    /// What the part at `done` was in.
    undone: Representation,
    /// Where the part at `done` is described, if it is not the first.
    link: Option<Link>,
}

impl<'a> Chain<'a> {
    fn new(data: &'a [u8], from: Representation, to: Representation, rules: &'a Rules) -> Self {
        let header_to = if to.ccsid.is_wide() { rules.queue_manager } else { to };
        Self {
            converter: Converter::new(data, rules),
            from,
            data_to: to,
            header_to,
            astray: false,
            first: from,
            done: (0, 0),
            undone: from,
            link: None,
        }
    }

    /// Converts part after part. The result is `None` if nothing was converted.
    fn walk(mut self, mut part: Part) -> (Option<Vec<u8>>, Representation, Reason) {
        let from = self.from;
        let mut reason = loop {
            let to = if matches!(part, Part::Header(_)) { self.header_to } else { self.data_to };
            self.converter.between(self.from, to);
            match self.step(part) {
                Ok(Some(next)) => part = next,
                Ok(None) | Err(Stop::End) => {
                    self.describe(to);
                    self.converter.copy_rest();
                    break Reason::NONE;
                }
                Err(Stop::Full) => {
                    self.describe(to);
                    break Reason::TRUNCATED_MSG_ACCEPTED;
                }
                // What is as wanted need not make sense.
                Err(Stop::Because(reason)) => {
                    let reason = if self.from == to { Reason::NONE } else { reason };
                    if self.done == (0, 0) {
                        return (None, from, reason);
                    }
                    self.converter.go_back(self.done);
                    self.describe(self.undone);
                    self.converter.copy_rest();
                    break reason;
                }
            }
        };
        if reason == Reason::NONE && self.astray {
            reason = Reason::PARTIALLY_CONVERTED;
        }
        let (mut out, rules) = self.converter.finish();
        if out.len() > rules.buffer_limit {
            if rules.truncation == Truncation::Refused {
                return (None, from, Reason::CONVERTED_MSG_TOO_BIG);
            }
            out.truncate(rules.buffer_limit);
            reason = Reason::TRUNCATED_MSG_ACCEPTED;
        }
        (Some(out), self.first, reason)
    }

    /// Converts one part. `None` after the last.
    fn step(&mut self, part: Part) -> Step<Option<Part>> {
        match part {
            Part::Header(header) => return self.header(header),
            _ if self.from == self.converter.to() => {}
            Part::Nothing => {
                // Behind MQCIH and MQIIH there is no place to say so.
                let described = self.converter.position() == self.done;
                self.describe(if described { self.from } else { self.converter.to() });
                self.link = None;
            }
            Part::Unknown => return Err(Stop::Because(Reason::FORMAT_ERROR)),
            Part::Text => self.converter.text_to_end()?,
            Part::ImsStrings => self.converter.ims_strings()?,
            Part::Pcf => self.converter.pcf_message()?,
            Part::Trigger => self.converter.trigger()?,
        }
        Ok(None)
    }

    /// Converts one header, and finds out what comes behind it.
    fn header(&mut self, header: Header) -> Step<Option<Part>> {
        let (from, to) = (self.from, self.converter.to());
        if from != to {
            if !from.ccsid.is_single_byte_for_names() {
                return Err(Stop::Because(Reason::SOURCE_CCSID_ERROR));
            }
            if !to.ccsid.is_single_byte_for_names() {
                return Err(Stop::Because(Reason::TARGET_CCSID_ERROR));
            }
        }
        let next = self.converter.header(header)?;
        self.astray |= self.header_to != self.data_to;
        self.describe(to);
        if header.describes_next() {
            let inherits = next.ccsid == Ccsid::INHERIT;
            let ccsid = if inherits { from.ccsid } else { next.ccsid };
            self.from = Representation { encoding: next.encoding, ccsid };
            self.undone = self.from;
            self.done = self.converter.position();
            self.link =
                Some(Link { encoding_at: next.encoding_at, ccsid_at: next.ccsid_at, inherits, header: to });
        } else {
            self.data_to = self.header_to;
        }
        if self.converter.is_at_end() {
            // Nothing is described, so nothing is said anew.
            self.link = None;
            return Ok(None);
        }
        Ok(Some(Part::of(next.format)))
    }

    /// Says what the part at `done` is in now.
    fn describe(&mut self, is: Representation) {
        if let Some(link) = self.link {
            self.converter.put_int(link.encoding_at, is.encoding.0, link.header);
            if !link.inherits || link.header.ccsid != is.ccsid {
                self.converter.put_int(link.ccsid_at, is.ccsid.0, link.header);
            }
        } else if self.done == (0, 0) {
            self.first = is;
        }
    }
}

#[cfg(test)]
mod tests;
