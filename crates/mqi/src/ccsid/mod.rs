//! Coded character sets, and text from one to another.
//!
//! A [`Ccsid`] names a character set in IBM's registry. All conversion goes through Unicode: by tables that are
//! generated from the system's own converters and committed (`tables/`, format in `table.rs`), and for the sets of
//! Unicode itself as UTF-8, UTF-16 and UTF-32. 1200, 13488 and 17584 are UTF-16 in the byte order that the
//! Encoding beside the CCSID gives to integers; the others have an order of their own:
//!
//! ```text
//! 1208 1209              UTF-8
//! 1200 13488 17584       UTF-16, as the Encoding says
//! 1201 13489 17585       UTF-16, high byte first      1202 1203 13490 13491 17586 17587   low byte first
//! 1204 1205              UTF-16 behind a mark
//! 1232 1233              UTF-32, high byte first      1234 1235                           low byte first
//! 1236 1237              UTF-32 behind a mark
//! ```
//!
//! ```
//! use mqi::ccsid::{Ccsid, convert};
//! assert_eq!(convert("Grüße".as_bytes(), Ccsid::UTF_8, Ccsid(273)).unwrap(), b"\xC7\x99\xD0\xA1\x85");
//! ```
//!
//! What no table decides:
//!
//! - **New line.** EBCDIC hosts end lines with 15 (NL, U+0085), and have 25 (LF, U+000A) too. What leaves EBCDIC
//!   turns 15 into a line feed unless [`EbcdicNewline`] says otherwise; LF goes to 25, so a new line that makes
//!   the round trip comes back as 25. That is the product's default (`ConvEBCDICNewline`, `NL_TO_LF`).
//! - **Loss.** A character that the target lacks is refused, or becomes the target's mark of a loss, as
//!   [`Unmappable`] says. Bytes that are no text at all are always refused: half a surrogate pair, a second byte
//!   that cannot be one, shift-out and shift-in that do not come in pairs.
//! - **Shifts.** Host sets of one and two bytes change between them with shift-out and shift-in. A text begins and
//!   ends with single bytes, also where it was cut because the result would be too long.
//! - **Byte order mark.** At the beginning of a text it says in which order the text is, and is no character of
//!   it. Only between the two orders of one set is nothing but the order changed, the mark's too.
//! - **Backslash.** The sets of PCs and workstations in Japan and Korea have 5C and 7E as in ASCII, not as
//!   currency sign and overline, so that program text survives; the currency sign and the overline still go to
//!   5C and 7E.

mod codec;
mod table;

use std::fmt;

use crate::reason::Reason;
use crate::wire::ByteOrder;
use codec::{Codec, Encoder, Item};

/// A coded character set identifier, or one of the special values below zero and zero itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ccsid(pub i32);

impl Ccsid {
    /// None given: MQCCSI_DEFAULT, MQCCSI_UNDEFINED, and MQCCSI_Q_MGR in a descriptor.
    pub const DEFAULT: Self = Self(0);
    /// Each string in the data names its own set (PCF). MQCCSI_EMBEDDED.
    pub const EMBEDDED: Self = Self(-1);
    /// As the structure that the field stands in. MQCCSI_INHERIT.
    pub const INHERIT: Self = Self(-2);
    /// As the application's environment. MQCCSI_APPL.
    pub const APPL: Self = Self(-3);
    /// As the publication was put. MQCCSI_AS_PUBLISHED.
    pub const AS_PUBLISHED: Self = Self(-4);
    /// ISO 8859-1.
    pub const LATIN_1: Self = Self(819);
    /// EBCDIC, international Latin-1.
    pub const EBCDIC_INTERNATIONAL: Self = Self(500);
    /// EBCDIC of open systems on hosts.
    pub const EBCDIC_OPEN_SYSTEMS: Self = Self(1047);
    /// UTF-8.
    pub const UTF_8: Self = Self(1208);
    /// UTF-16.
    pub const UTF_16: Self = Self(1200);
    /// UTF-16 of Unicode 2.0. Read and written as [`Self::UTF_16`].
    pub const UCS_2: Self = Self(13488);
    /// UTF-16 of Unicode 3.0. Read and written as [`Self::UTF_16`].
    pub const UCS_2_EURO: Self = Self(17584);

    /// Whether text in this set can be converted.
    pub fn is_supported(self) -> bool {
        is_supported(self)
    }

    /// Whether the set is a supported one of the EBCDIC family.
    pub fn is_ebcdic(self) -> bool {
        Codec::of(self, ByteOrder::Big).is_some_and(Codec::is_ebcdic)
    }

    /// Whether the set is supported and has the characters of names in one byte each, as MQ headers need.
    pub fn is_single_byte_for_names(self) -> bool {
        Codec::of(self, ByteOrder::Big).is_some_and(Codec::is_single_byte_for_names)
    }

    /// Whether names are in EBCDIC in this set, one byte a character. Reads no table.
    pub fn has_ebcdic_names(self) -> bool {
        table::has_ebcdic_names(self.0)
    }

    /// Whether no character of the set takes a single byte: the sets of Unicode but UTF-8, and those that have
    /// nothing but ideographs.
    pub fn is_wide(self) -> bool {
        Codec::of(self, ByteOrder::Big).is_some_and(|codec| !codec.is_single_byte_for_names())
    }

    /// Whether the set is UTF-16 in the byte order of the integers around it.
    pub fn is_utf_16(self) -> bool {
        matches!(self, Self::UTF_16 | Self::UCS_2 | Self::UCS_2_EURO)
    }

    /// All sets that are supported, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut all: Vec<_> = table::Table::all().chain(Codec::UNICODE).map(Self).collect();
        all.sort();
        all.into_iter()
    }
}

impl fmt::Display for Ccsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What becomes of the EBCDIC new line (15) outside EBCDIC. The values of `ConvEBCDICNewline`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EbcdicNewline {
    /// A line feed, in every target.
    #[default]
    NlToLf,
    /// U+0085, where the target has it.
    Table,
    /// U+0085 in the ISO sets, which have it, and a line feed in all others.
    Iso,
}

impl EbcdicNewline {
    fn character(self, to: Codec, ccsid: Ccsid) -> char {
        const ISO: [i32; 8] = [813, 819, 912, 915, 916, 920, 1051, 1089];
        match self {
            _ if to.is_ebcdic() => '\u{85}',
            Self::NlToLf => '\n',
            Self::Table => '\u{85}',
            Self::Iso if ISO.contains(&ccsid.0) => '\u{85}',
            Self::Iso => '\n',
        }
    }
}

/// What becomes of a character that the target lacks, and of a code that means nothing in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmappable {
    /// The conversion fails.
    #[default]
    Refuse,
    /// It becomes SUB, 3F in EBCDIC and 1A elsewhere; where the set has one for ideographs, theirs.
    Substitute,
}

/// Why text was not converted. Places are in bytes of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvertError {
    /// The source's set is not supported.
    SourceCcsid(Ccsid),
    /// The target's set is not supported.
    TargetCcsid(Ccsid),
    /// These bytes are no text in the source's set.
    Malformed {
        /// Where they begin.
        at: usize,
    },
    /// The source ends within a character.
    Incomplete {
        /// Where that character begins.
        at: usize,
    },
    /// A character that the target lacks, or a code without meaning in the source.
    Unmappable {
        /// Where it begins.
        at: usize,
    },
    /// The result would exceed the limit.
    TooLong {
        /// The first character that would not fit.
        at: usize,
    },
}

impl ConvertError {
    /// The reason that MQGET and MQXCNVC give for this.
    pub fn reason(self) -> Reason {
        match self {
            Self::SourceCcsid(_) => Reason::SOURCE_CCSID_ERROR,
            Self::TargetCcsid(_) => Reason::TARGET_CCSID_ERROR,
            Self::Malformed { .. } | Self::Incomplete { .. } => Reason::DBCS_ERROR,
            Self::Unmappable { .. } => Reason::NOT_CONVERTED,
            Self::TooLong { .. } => Reason::CONVERTED_MSG_TOO_BIG,
        }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceCcsid(ccsid) => write!(f, "source character set {ccsid} is not supported"),
            Self::TargetCcsid(ccsid) => write!(f, "target character set {ccsid} is not supported"),
            Self::Malformed { at } => write!(f, "bytes at {at} are no character of the source's set"),
            Self::Incomplete { at } => write!(f, "the text ends within the character at {at}"),
            Self::Unmappable { at } => write!(f, "the character at {at} has no counterpart"),
            Self::TooLong { at } => write!(f, "the result is too long from the character at {at} on"),
        }
    }
}

impl std::error::Error for ConvertError {}

/// How to convert text.
#[derive(Clone, Copy, Debug)]
pub struct Conversion {
    /// The set that the text is in.
    pub from: Ccsid,
    /// The byte order of the text if it is UTF-16.
    pub from_order: ByteOrder,
    /// The set that it is wanted in.
    pub to: Ccsid,
    /// The byte order of the result if it is UTF-16.
    pub to_order: ByteOrder,
    /// What becomes of the EBCDIC new line.
    pub newline: EbcdicNewline,
    /// What becomes of characters that the target lacks.
    pub unmappable: Unmappable,
    /// Most bytes that the result may have.
    pub limit: usize,
}

impl Conversion {
    /// Between two sets: UTF-16 high byte first, new lines to line feeds, loss refused, as long as it takes.
    pub fn new(from: Ccsid, to: Ccsid) -> Self {
        Self {
            from,
            from_order: ByteOrder::Big,
            to,
            to_order: ByteOrder::Big,
            newline: EbcdicNewline::default(),
            unmappable: Unmappable::default(),
            limit: usize::MAX,
        }
    }

    /// The text converted.
    pub fn run(&self, text: &[u8]) -> Result<Vec<u8>, ConvertError> {
        let mut out = Vec::with_capacity(text.len().min(self.limit));
        self.append(text, &mut out)?;
        Ok(out)
    }

    /// Appends the text converted. After an error, what stands before the place of the error has been appended.
    /// Text whose set and byte order are the wanted ones is copied as it is, be the set supported or not.
    pub fn append(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ConvertError> {
        let end = out.len().saturating_add(self.limit);
        if self.from == self.to {
            return self.keep(text, out);
        }
        let from = Codec::of(self.from, self.from_order).ok_or(ConvertError::SourceCcsid(self.from))?;
        let to = Codec::of(self.to, self.to_order).ok_or(ConvertError::TargetCcsid(self.to))?;

        let plain = if from.is_ascii() && to.is_ascii() {
            text.iter().position(|byte| !byte.is_ascii()).unwrap_or(text.len())
        } else {
            0
        };
        if plain > self.limit {
            out.extend_from_slice(&text[..self.limit]);
            return Err(ConvertError::TooLong { at: self.limit });
        }
        out.extend_from_slice(&text[..plain]);
        if plain == text.len() {
            return Ok(());
        }

        let mut transfer = Transfer {
            encoder: Encoder::new(to),
            out,
            end,
            newline: self.newline.character(to, self.to),
            unmappable: self.unmappable,
            held: None,
        };
        let read = from.decode(text, plain, &mut |at, item| transfer.take(at, item));
        transfer.finish().and(read)
    }

    /// Text that stays in its set: at most its byte order changes.
    fn keep(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ConvertError> {
        let is_swapped = self.from.is_utf_16() && self.from_order != self.to_order;
        let fits = text.len().min(self.limit);
        if !is_swapped {
            out.extend_from_slice(&text[..fits]);
            return if fits == text.len() { Ok(()) } else { Err(ConvertError::TooLong { at: fits }) };
        }
        let fits = fits & !1;
        out.extend(text[..fits].chunks_exact(2).flat_map(|unit| [unit[1], unit[0]]));
        match text.len() - fits {
            0 => Ok(()),
            1 if text.len() <= self.limit => Err(ConvertError::Incomplete { at: fits }),
            _ => Err(ConvertError::TooLong { at: fits }),
        }
    }
}

/// One conversion in progress: what has been read, on its way to what is written.
struct Transfer<'a> {
    encoder: Encoder,
    out: &'a mut Vec<u8>,
    /// Most bytes that there may be in the end.
    end: usize,
    newline: char,
    unmappable: Unmappable,
    /// A character, with its place, that may be one code with the next one.
    held: Option<(usize, char)>,
}

impl Transfer<'_> {
    fn take(&mut self, at: usize, item: Item) -> Result<(), ConvertError> {
        let item = if item == Item::Newline { Item::Is(self.newline) } else { item };
        if let Some((held_at, held)) = self.held.take() {
            if let Item::Is(character) = item
                && self.write(held_at, |encoder, out| encoder.encode_pair(held, character, out))?
            {
                return Ok(());
            }
            self.put(held_at, Item::Is(held))?;
        }
        match item {
            Item::Is(character) if self.encoder.begins_pair(character) => {
                self.held = Some((at, character));
                Ok(())
            }
            _ => self.put(at, item),
        }
    }

    /// What is left to write at the end of the text, or before an error.
    fn finish(mut self) -> Result<(), ConvertError> {
        let held = self.held.take().map_or(Ok(()), |(at, held)| self.put(at, Item::Is(held)));
        self.encoder.finish(self.out);
        held
    }

    fn put(&mut self, at: usize, item: Item) -> Result<(), ConvertError> {
        let done = self.write(at, |encoder, out| match item {
            Item::Is(character) => encoder.encode(character, out),
            Item::Pair(first, second) => {
                encoder.encode_pair(first, second, out)
                    || encoder.encode(first, out) && encoder.encode(second, out)
            }
            Item::Newline | Item::Single | Item::Double => false,
        })?;
        if done {
            return Ok(());
        }
        if self.unmappable == Unmappable::Refuse {
            return Err(ConvertError::Unmappable { at });
        }
        let is_wide = match item {
            Item::Is(character) => character > '\u{FF}',
            Item::Pair(..) | Item::Double => true,
            Item::Newline | Item::Single => false,
        };
        self.write(at, |encoder, out| {
            encoder.substitute(is_wide, out);
            true
        })
        .map(drop)
    }

    /// Writes what one place of the text becomes, or nothing at all.
    fn write(
        &mut self,
        at: usize,
        what: impl FnOnce(&mut Encoder, &mut Vec<u8>) -> bool,
    ) -> Result<bool, ConvertError> {
        let (length, state) = (self.out.len(), self.encoder.state());
        let done = what(&mut self.encoder, self.out);
        let fits = self.out.len() + self.encoder.length_to_finish() <= self.end;
        if !done || !fits {
            self.out.truncate(length);
            self.encoder.go_back(state);
        }
        if fits { Ok(done) } else { Err(ConvertError::TooLong { at }) }
    }
}

/// Text from one set to another: [`Conversion::new`] has the details.
pub fn convert(text: &[u8], from: Ccsid, to: Ccsid) -> Result<Vec<u8>, ConvertError> {
    Conversion::new(from, to).run(text)
}

/// Whether text in this set can be converted.
pub fn is_supported(ccsid: Ccsid) -> bool {
    Codec::of(ccsid, ByteOrder::Big).is_some()
}

#[cfg(test)]
mod oracle;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(from: i32, text: &[u8], to: i32, want: Result<&[u8], ConvertError>) {
        assert_eq!(convert(text, Ccsid(from), Ccsid(to)), want.map(<[u8]>::to_vec));
    }

    #[test]
    fn the_sets_that_matter_are_there() {
        for ccsid in [
            819, 850, 437, 1208, 1200, 37, 500, 1047, 273, 1140, 943, 1386, 13488, 17584, 858, 1252, 923, 924,
        ] {
            assert!(is_supported(Ccsid(ccsid)), "{ccsid}");
        }
        // Those that the product's page on Unicode lists for AIX, and the others of its pages on languages.
        for ccsid in [
            37, 273, 278, 280, 284, 285, 297, 423, 437, 500, 813, 819, 850, 852, 856, 857, 858, 860, 861,
            865, 867, 869, 875, 878, 880, 901, 902, 912, 915, 916, 920, 923, 924, 932, 933, 935, 937, 938,
            939, 942, 943, 948, 949, 950, 954, 964, 970, 1026, 1046, 1089, 1129, 1130, 1131, 1132, 1133,
            1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147, 1148, 1149, 1153, 1156, 1157, 1200, 1208, 1250,
            1251, 1253, 1254, 1258, 1280, 1281, 1282, 1283, 1284, 1285, 1363, 1364, 1381, 1383, 1386, 1388,
            4899, 5026, 5035, 5050, 5346, 5347, 5348, 5349, 5350, 5351, 5352, 5353, 5354, 5488, 9044, 9048,
            9449, 12712, 13488, 17584, 33722,
        ]
        .into_iter()
        .chain([
            930, 931, 1390, 1399, 1370, 1371, 277, 290, 420, 424, 720, 737, 775, 803, 838, 848, 855, 862,
            863, 864, 866, 868, 870, 871, 872, 874, 918, 921, 922, 1006, 1025, 1027, 1047, 1051, 1097, 1098,
            1112, 1122, 1123, 1124, 1125, 1154, 1155, 1158, 1160, 1161, 1162, 1163, 1164, 1252, 1255, 1256,
            1257, 1275, 4909, 4971, 5012, 9049, 9061, 9066, 16804, 17248, 28709,
        ]) {
            assert!(is_supported(Ccsid(ccsid)), "{ccsid}");
        }
        for ccsid in [0, -1, -2, -3, -4, 1, 12345, i32::MAX, i32::MIN] {
            assert!(!is_supported(Ccsid(ccsid)), "{ccsid}");
        }
        assert!(Ccsid::all().all(Ccsid::is_supported));
        assert!(Ccsid(37).is_ebcdic() && Ccsid(1141).is_ebcdic() && Ccsid(924).is_ebcdic());
        assert!(!Ccsid(819).is_ebcdic() && !Ccsid(1208).is_ebcdic() && !Ccsid(1200).is_ebcdic());
        assert!(!Ccsid(300).is_single_byte_for_names() && Ccsid(300).is_wide() && !Ccsid(930).is_wide());
        assert!(!Ccsid(1200).is_single_byte_for_names() && Ccsid(943).is_single_byte_for_names());
    }

    #[test]
    fn text_goes_from_set_to_set() {
        check(1208, "AMQ ü".as_bytes(), 819, Ok(b"AMQ \xFC"));
        check(819, b"AMQ \xFC", 1208, Ok("AMQ ü".as_bytes()));
        check(819, b"Hello", 500, Ok(b"\xC8\x85\x93\x93\x96"));
        check(500, b"\xC8\x85\x93\x93\x96", 850, Ok(b"Hello"));
        check(37, b"\xBA\xBB", 1047, Ok(b"\xAD\xBD"));
        check(1140, b"\x9F", 1208, Ok("€".as_bytes()));
        check(924, b"\x9F", 1208, Ok("€".as_bytes()));
        check(858, b"\xD5", 1252, Ok(b"\x80"));
        check(437, b"\xE1", 850, Ok(b"\xE1"));
        check(819, b"AB", 1200, Ok(b"\0A\0B"));
        check(943, b"\x93\xFA\x96\x7B\xB1", 1208, Ok("日本ｱ".as_bytes()));
        check(1208, "日本ｱ".as_bytes(), 943, Ok(b"\x93\xFA\x96\x7B\xB1"));
        check(1386, b"\xD6\xD0\xB9\xFA", 1208, Ok("中国".as_bytes()));
        check(1208, "中国".as_bytes(), 1386, Ok(b"\xD6\xD0\xB9\xFA"));
        check(1208, "😀".as_bytes(), 1200, Ok(b"\xD8\x3D\xDE\x00"));
        check(13488, b"\xD8\x3D\xDE\x00", 1208, Ok("😀".as_bytes()));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let malformed = |at| Err(ConvertError::Malformed { at });
        let incomplete = |at| Err(ConvertError::Incomplete { at });
        let unmappable = |at| Err(ConvertError::Unmappable { at });
        check(1208, b"ab\xFF", 819, malformed(2));
        check(1208, b"ab\xC0\x80", 819, malformed(2));
        check(1208, b"\xED\xA0\xBD\xED\xB8\x80", 1200, malformed(0));
        check(1208, b"ab\xE2\x82", 1252, incomplete(2));
        check(1200, b"\0A\0", 819, incomplete(2));
        check(1200, b"\0A\xD8\x3D", 1208, incomplete(2));
        check(1200, b"\xD8\x3D\0A", 1208, malformed(0));
        check(1200, b"\xDE\x00\0A", 1208, malformed(0));
        check(943, b"A\x81", 1208, incomplete(1));
        check(943, b"A\x81\x20", 1208, malformed(1));
        check(869, b"A\x80", 1208, unmappable(1));
        check(1208, "a€".as_bytes(), 819, unmappable(1));
        check(1208, "😀".as_bytes(), 943, unmappable(0));
        check(7, b"a", 819, Err(ConvertError::SourceCcsid(Ccsid(7))));
        check(819, b"a", 7, Err(ConvertError::TargetCcsid(Ccsid(7))));
    }

    #[test]
    fn loss_becomes_sub_where_that_is_asked_for() {
        let lossy = |from, text: &[u8], to| {
            Conversion { unmappable: Unmappable::Substitute, ..Conversion::new(Ccsid(from), Ccsid(to)) }
                .run(text)
        };
        assert_eq!(lossy(1208, "a€b".as_bytes(), 819).as_deref(), Ok(b"a\x1Ab".as_slice()));
        assert_eq!(lossy(1208, "a€b".as_bytes(), 37).as_deref(), Ok(b"\x81\x3F\x82".as_slice()));
        assert_eq!(lossy(869, b"\x80", 1200).as_deref(), Ok(b"\0\x1A".as_slice()));
        assert_eq!(lossy(943, b"\xFC\xFC", 1208).as_deref(), Ok("\u{FFFD}".as_bytes()));
        assert_eq!(lossy(943, b"\xFC\xFC", 819).as_deref(), Ok(b"\x1A".as_slice()));
        assert_eq!(lossy(1208, b"a\xFF", 819), Err(ConvertError::Malformed { at: 1 }));
    }

    #[test]
    fn new_lines_leave_ebcdic_as_line_feeds() {
        let by = |newline, to, text: &[u8]| {
            Conversion { newline, ..Conversion::new(Ccsid(1047), Ccsid(to)) }.run(text).expect("it converts")
        };
        assert_eq!(by(EbcdicNewline::NlToLf, 1208, b"\x15\x25\x0D"), b"\n\n\r");
        assert_eq!(by(EbcdicNewline::NlToLf, 819, b"\x15\x25"), b"\n\n");
        assert_eq!(by(EbcdicNewline::NlToLf, 37, b"\x15\x25"), b"\x15\x25");
        assert_eq!(by(EbcdicNewline::Table, 819, b"\x15\x25"), b"\x85\n");
        assert_eq!(by(EbcdicNewline::Table, 1208, b"\x15"), "\u{85}".as_bytes());
        assert_eq!(by(EbcdicNewline::Iso, 819, b"\x15"), b"\x85");
        assert_eq!(by(EbcdicNewline::Iso, 850, b"\x15"), b"\n");
        check(819, b"\n\x85", 1047, Ok(b"\x25\x15"));
    }

    #[test]
    fn utf_16_follows_the_byte_order() {
        let both = Conversion {
            from_order: ByteOrder::Little,
            to_order: ByteOrder::Big,
            ..Conversion::new(Ccsid::UTF_16, Ccsid::UTF_16)
        };
        assert_eq!(both.run(b"A\0\xAC\x20").as_deref(), Ok(b"\0A\x20\xAC".as_slice()));
        let little =
            Conversion { to_order: ByteOrder::Little, ..Conversion::new(Ccsid::UTF_8, Ccsid::UCS_2) };
        assert_eq!(little.run("€😀".as_bytes()).as_deref(), Ok(b"\xAC\x20\x3D\xD8\x00\xDE".as_slice()));
    }

    #[test]
    fn the_limit_ends_the_result_at_a_whole_character() {
        let run = |text: &[u8], limit| {
            let mut out = b"kept".to_vec();
            let result =
                Conversion { limit, ..Conversion::new(Ccsid::LATIN_1, Ccsid::UTF_8) }.append(text, &mut out);
            (out, result)
        };
        assert_eq!(run(b"ab\xFC", 4), (b"keptab\xC3\xBC".to_vec(), Ok(())));
        assert_eq!(run(b"ab\xFC", 3), (b"keptab".to_vec(), Err(ConvertError::TooLong { at: 2 })));
        assert_eq!(run(b"abc", 2), (b"keptab".to_vec(), Err(ConvertError::TooLong { at: 2 })));
        assert_eq!(run(b"", 0), (b"kept".to_vec(), Ok(())));
    }

    #[test]
    fn the_same_set_is_a_copy_even_of_what_is_no_text() {
        check(1208, b"\xFF\xFE", 1208, Ok(b"\xFF\xFE"));
        check(943, b"\x81", 943, Ok(b"\x81"));
        check(12345, b"\x81", 12345, Ok(b"\x81"));
    }

    #[test]
    fn names_read_the_same_in_every_set_that_headers_may_be_in() {
        // Without the per cent sign, which is the Arabic one in 864, and small letters, of which 290 has few.
        let name = b"SYSTEM.DEFAULT_Q/1";
        for ccsid in Ccsid::all().filter(|ccsid| ccsid.is_single_byte_for_names()) {
            let there =
                convert(name, Ccsid::LATIN_1, ccsid).unwrap_or_else(|error| panic!("{ccsid}: {error}"));
            assert_eq!(there.len(), name.len(), "{ccsid}");
            assert_eq!(convert(&there, ccsid, Ccsid::LATIN_1).as_deref(), Ok(name.as_slice()), "{ccsid}");
        }
    }

    #[test]
    fn hosts_are_told_by_their_sets() {
        for ccsid in Ccsid::all() {
            let names = ccsid.is_ebcdic() && ccsid.is_single_byte_for_names();
            assert_eq!(ccsid.has_ebcdic_names(), names, "{ccsid}");
        }
        assert!(Ccsid(5026).has_ebcdic_names() && Ccsid(28709).has_ebcdic_names());
        assert!(!Ccsid(12345).has_ebcdic_names() && !Ccsid(300).has_ebcdic_names());
    }

    #[test]
    fn the_names_of_the_wire_are_those_of_ccsid_500() {
        for byte in (0x40..=0xFF_u8).filter(u8::is_ascii_graphic).chain(*b" ABCxyz019._/%") {
            let there = crate::wire::Charset::Ebcdic.of_memory(byte);
            assert_eq!(
                convert(&[there], Ccsid::EBCDIC_INTERNATIONAL, Ccsid::LATIN_1).as_deref(),
                Ok([byte].as_slice())
            );
        }
    }

    #[test]
    fn host_text_shifts_between_one_and_two_bytes() {
        check(1208, "A日本B".as_bytes(), 930, Ok(b"\xC1\x0E\x45\x62\x45\x66\x0F\xC2"));
        check(930, b"\xC1\x0E\x45\x62\x45\x66\x0F\xC2", 1208, Ok("A日本B".as_bytes()));
        check(943, b"\x93\xFA\x96\x7B", 939, Ok(b"\x0E\x45\x62\x45\x66\x0F"));
        check(930, b"\x0E\x45\x62\x0F\x0E\x45\x66\x0F", 943, Ok(b"\x93\xFA\x96\x7B"));
        check(933, b"\x0E\x88\x61\x0F", 949, Ok(b"\xB0\xA1"));
        check(1388, b"\x0E\x5B\xCF\x0F", 1386, Ok(b"\xD6\xD0"));
        check(950, b"\xA4\xA4", 937, Ok(b"\x0E\x4C\x84\x0F"));
        check(930, b"\x15\x0E\x0F\x15", 1208, Ok(b"\n\n"));
        // Pairs that are none.
        check(930, b"\xC1\x0E\x45\x62", 1208, Err(ConvertError::Incomplete { at: 4 }));
        check(930, b"\xC1\x0E\x45", 1208, Err(ConvertError::Incomplete { at: 2 }));
        check(930, b"\x0E\x45\x0F", 1208, Err(ConvertError::Malformed { at: 1 }));
        check(930, b"\x0E\x0E\x45\x62\x0F", 1208, Err(ConvertError::Malformed { at: 1 }));
        check(930, b"\xC1\x0F", 1208, Err(ConvertError::Malformed { at: 1 }));
        check(1208, b"\x0E", 930, Err(ConvertError::Unmappable { at: 0 }));
        check(1208, b"\x0E", 37, Ok(b"\x0E"));
    }

    #[test]
    fn a_text_that_is_cut_ends_with_single_bytes() {
        let run = |limit| {
            let mut out = Vec::new();
            let to_host = Conversion { limit, ..Conversion::new(Ccsid::UTF_8, Ccsid(930)) };
            (to_host.append("A日本".as_bytes(), &mut out), out)
        };
        let (too_long, cut) = (|at| Err(ConvertError::TooLong { at }), b"\xC1\x0E\x45\x62\x0F".to_vec());
        assert_eq!(run(7), (Ok(()), b"\xC1\x0E\x45\x62\x45\x66\x0F".to_vec()));
        assert_eq!(run(6), (too_long(4), cut.clone()));
        assert_eq!(run(5), (too_long(4), cut));
        assert_eq!(run(4), (too_long(1), b"\xC1".to_vec()));
        assert_eq!(run(0), (too_long(0), Vec::new()));
    }

    #[test]
    fn workstations_have_codes_of_up_to_four_bytes() {
        check(1208, "A日ｱ丂".as_bytes(), 954, Ok(b"A\xC6\xFC\x8E\xB1\x8F\xB0\xA1"));
        check(954, b"A\xC6\xFC\x8E\xB1\x8F\xB0\xA1", 1208, Ok("A日ｱ丂".as_bytes()));
        check(33722, b"A\xC6\xFC\x8E\xB1\x8F\xA2\xC3", 1208, Ok("A日ｱ¦".as_bytes()));
        check(5050, b"\xC6\xFC", 930, Ok(b"\x0E\x45\x62\x0F"));
        check(964, b"\x8E\xA2\xA1\xA1\xC4\xE3", 1208, Ok("乂中".as_bytes()));
        check(1208, "乂中".as_bytes(), 964, Ok(b"\x8E\xA2\xA1\xA1\xC4\xE3"));
        check(970, b"\xB0\xA1", 1364, Ok(b"\x0E\x88\x61\x0F"));
        check(1383, b"\xD6\xD0", 1381, Ok(b"\xD6\xD0"));
        check(1208, "中ࢀ😀".as_bytes(), 5488, Ok(b"\xD6\xD0\x81\x31\xC0\x30\x94\x39\xFC\x36"));
        check(5488, b"\xD6\xD0\x81\x31\xC0\x30\x94\x39\xFC\x36", 1208, Ok("中ࢀ😀".as_bytes()));
        let (incomplete, malformed) =
            (|at| Err(ConvertError::Incomplete { at }), |at| Err(ConvertError::Malformed { at }));
        check(954, b"A\x8F\xB0", 1208, incomplete(1));
        check(954, b"A\x8F\xB0\x41", 1208, malformed(1));
        check(964, b"\x8E\xA2\xA1", 1208, incomplete(0));
        check(964, b"\x8E\xA2\x41", 1208, malformed(0));
        check(5488, b"\x81\x30\x81", 1208, incomplete(0));
        check(5488, b"\x81\x30\x41\x30", 1208, malformed(0));
        check(5488, b"\x81\x30\x81\x41", 1208, malformed(0));
    }

    #[test]
    fn sets_have_the_meanings_that_ibm_gives_them() {
        check(875, b"\x6A", 1208, Ok(b"|"));
        check(924, b"\x4A\xB0\xBA", 1208, Ok("Ý¢¬".as_bytes()));
        check(943, b"\x81\x60\x5C\x7E", 1208, Ok("〜\\~".as_bytes()));
        check(930, b"\x5B\xB2", 943, Ok(b"\\\\"));
        check(1208, "～〜".as_bytes(), 930, Ok(b"\x0E\x43\xA1\x43\xA1\x0F"));
        check(1208, "ＡＢ".as_bytes(), 37, Ok(b"\xC1\xC2"));
        check(437, b"\xE6", 850, Ok(b"\xE6"));
        check(865, b"\xE6", 819, Ok(b"\xB5"));
        check(1208, "Ａ〜".as_bytes(), 819, Err(ConvertError::Unmappable { at: 3 }));
        check(808, b"\xFD", 1154, Ok(b"\xE1"));
        check(1208, "か゚か".as_bytes(), 1390, Ok(b"\x0E\xEC\xB5\x44\x86\x0F"));
        check(1390, b"\x0E\xEC\xB5\x0F", 1208, Ok("か゚".as_bytes()));
        check(1390, b"\x0E\xEC\xB5\x0F", 930, Err(ConvertError::Unmappable { at: 1 }));
        check(300, b"\x45\x62", 930, Ok(b"\x0E\x45\x62\x0F"));
        check(300, b"\x45", 930, Err(ConvertError::Incomplete { at: 0 }));
    }

    #[test]
    fn a_lost_ideograph_shows_as_one_where_the_set_has_a_mark_for_that() {
        let lossy = |from, text: &[u8], to| {
            Conversion { unmappable: Unmappable::Substitute, ..Conversion::new(Ccsid(from), Ccsid(to)) }
                .run(text)
        };
        assert_eq!(lossy(1208, "한é".as_bytes(), 930).as_deref(), Ok(b"\x0E\xFE\xFE\x0F\x3F".as_slice()));
        assert_eq!(lossy(1208, "한".as_bytes(), 943).as_deref(), Ok(b"\xFC\xFC".as_slice()));
        assert_eq!(lossy(1208, "x".as_bytes(), 300).as_deref(), Ok(b"\xFE\xFE".as_slice()));
        assert_eq!(lossy(1208, "😀".as_bytes(), 819).as_deref(), Ok(b"\x1A".as_slice()));
        assert_eq!(lossy(943, b"\xFC\xFC", 930).as_deref(), Ok(b"\x0E\xFE\xFE\x0F".as_slice()));
    }

    #[test]
    fn a_byte_order_mark_is_no_character() {
        check(1200, b"\xFE\xFF\0A", 1208, Ok(b"A"));
        check(1200, b"\xFF\xFEA\0", 1208, Ok(b"A"));
        check(13488, b"\xFF\xFEA\0", 500, Ok(b"\xC1"));
        check(17584, b"\xFE\xFF\0A", 819, Ok(b"A"));
        check(1208, b"\xEF\xBB\xBFA", 1200, Ok(b"\0A"));
        check(1208, b"\xEF\xBB\xBFA", 930, Ok(b"\xC1"));
        check(1202, b"A\0", 1200, Ok(b"\0A"));
        check(1204, b"\xFF\xFEA\0", 1232, Ok(b"\0\0\0A"));
        check(1208, b"A", 1204, Ok(b"\xFE\xFF\0A"));
        check(1234, b"A\0\0\0", 1208, Ok(b"A"));
        check(1236, b"\xFF\xFE\0\0A\0\0\0", 1208, Ok(b"A"));
        check(1232, b"\0\0\xD8\0", 1208, Err(ConvertError::Malformed { at: 0 }));
        check(1232, b"\0\0\0A\0", 1208, Err(ConvertError::Incomplete { at: 4 }));
        // Elsewhere it is a character, and between two orders of a set it keeps its place.
        check(1200, b"\0A\xFE\xFF", 1208, Ok("A\u{FEFF}".as_bytes()));
        let swapped =
            Conversion { to_order: ByteOrder::Little, ..Conversion::new(Ccsid::UTF_16, Ccsid::UTF_16) };
        assert_eq!(swapped.run(b"\xFE\xFF\0A\xD8\x3D").as_deref(), Ok(b"\xFF\xFEA\0\x3D\xD8".as_slice()));
        assert_eq!(swapped.run(b"\0A\0"), Err(ConvertError::Incomplete { at: 2 }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_bytes_make_it_panic_and_what_comes_out_is_text(
            from in any_set(),
            to in any_set(),
            orders in any::<(bool, bool)>(),
            text in noise(),
            limit in 0..80_usize,
            is_lossy in any::<bool>(),
        ) {
            let order = |is_big| if is_big { ByteOrder::Big } else { ByteOrder::Little };
            let unmappable = if is_lossy { Unmappable::Substitute } else { Unmappable::Refuse };
            let conversion = Conversion {
                from_order: order(orders.0),
                to_order: order(orders.1),
                limit,
                unmappable,
                ..Conversion::new(from, to)
            };
            let mut out = b"kept".to_vec();
            let result = conversion.append(&text, &mut out);
            prop_assert!(out.len() <= limit + 4);
            let is_unmappable = matches!(result, Err(ConvertError::Unmappable { .. }));
            prop_assert!(!(is_lossy && is_unmappable));
            if from != to {
                // What stands there is whole text of the target, whatever the error.
                let check = Conversion {
                    from_order: order(orders.1),
                    unmappable: Unmappable::Substitute,
                    ..Conversion::new(to, if to == Ccsid::UTF_8 { Ccsid::UTF_16 } else { Ccsid::UTF_8 })
                };
                prop_assert!(check.run(&out[4..]).is_ok(), "{:02X?}", &out[4..]);
            }
        }

        #[test]
        fn characters_of_a_set_make_the_round_trip(ccsid in table_set(), choices in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
            let table = table::Table::of(ccsid.0).expect("it is listed");
            let repertoire = table::tests::repertoire(table);
            let text: String = choices.iter().flat_map(|choice| choice.get(&repertoire).1.clone()).collect();
            let there = convert(text.as_bytes(), Ccsid::UTF_8, ccsid).expect("the set has them");
            let back = Conversion { newline: EbcdicNewline::Table, ..Conversion::new(ccsid, Ccsid::UTF_8) };
            prop_assert_eq!(back.run(&there), Ok(text.into_bytes()));
        }
    }

    fn any_set() -> impl Strategy<Value = Ccsid> {
        prop::sample::select(Ccsid::all().collect::<Vec<_>>())
    }

    fn table_set() -> impl Strategy<Value = Ccsid> {
        prop::sample::select(table::Table::all().map(Ccsid).collect::<Vec<_>>())
    }

    /// Bytes of all kinds, those that shift and lead more often than others.
    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let telling =
            prop::sample::select(&b"\x0E\x0F\x45\x62\x8E\x8F\xA1\xA2\x81\x30\xFE\xFF\xD8\xDC\0A"[..]);
        prop::collection::vec(prop_oneof![telling, any::<u8>()], 0..60)
    }
}
