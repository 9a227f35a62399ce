//! Coded character sets, and text from one to another.
//!
//! A [`Ccsid`] names a character set in IBM's registry. All conversion goes through Unicode: the sets of one byte,
//! 943 (Japanese) and 1386 (Chinese) by tables that are generated from the system's own converters and committed
//! (`tables/`, format in `table.rs`), 1208 as UTF-8, and 1200, 13488 and 17584 as UTF-16 in the byte order that
//! the Encoding beside the CCSID gives to integers.
//!
//! ```
//! use mqi::ccsid::{Ccsid, convert};
//! assert_eq!(convert("Grüße".as_bytes(), Ccsid::UTF_8, Ccsid(273)).unwrap(), b"\xC7\x99\xD0\xA1\x85");
//! ```
//!
//! Three things that no table decides:
//!
//! - **New line.** EBCDIC hosts end lines with 15 (NL, U+0085), and have 25 (LF, U+000A) too. What leaves EBCDIC
//!   turns 15 into a line feed unless [`EbcdicNewline`] says otherwise; LF goes to 25, so a new line that makes
//!   the round trip comes back as 25. That is the product's default (`ConvEBCDICNewline`, `NL_TO_LF`).
//! - **Loss.** A character that the target lacks is refused, or becomes SUB, as [`Unmappable`] says. Bytes that
//!   are no text at all are always refused.
//! - **Backslash.** 943 has 5C and 7E as in ASCII, not as yen sign and overline, so that program text survives;
//!   yen sign and overline still go to 5C and 7E.

mod codec;
mod table;

use std::fmt;

use crate::reason::Reason;
use crate::wire::ByteOrder;
use codec::{Codec, Item};

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

    /// Whether the set is supported and has the characters of names in one byte each, as MQ headers need: all
    /// but UTF-16.
    pub fn is_single_byte_for_names(self) -> bool {
        Codec::of(self, ByteOrder::Big).is_some_and(Codec::is_single_byte_for_names)
    }

    /// Whether the set is UTF-16, so that its bytes depend on the byte order.
    pub fn is_utf_16(self) -> bool {
        matches!(Codec::of(self, ByteOrder::Big), Some(Codec::Utf16(_)))
    }

    /// All sets that are supported, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        let unicode = [Self::UTF_16, Self::UTF_8, Self::UCS_2, Self::UCS_2_EURO];
        let mut all: Vec<_> = table::Table::all().map(Self).chain(unicode).collect();
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
    /// It becomes SUB: 3F in EBCDIC, 1A elsewhere.
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
        let same = self.from == self.to && (self.from_order == self.to_order || !self.from.is_utf_16());
        if same {
            let whole = text.len() <= self.limit;
            out.extend_from_slice(if whole { text } else { &text[..self.limit] });
            return if whole { Ok(()) } else { Err(ConvertError::TooLong { at: self.limit }) };
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

        let newline = self.newline.character(to, self.to);
        from.decode(text, plain, &mut |at, item| {
            let before = out.len();
            let done = match item {
                Item::Is(character) => to.encode(character, out),
                Item::Newline => to.encode(newline, out),
                Item::Single | Item::Double => false,
            };
            if !done {
                match self.unmappable {
                    Unmappable::Refuse => return Err(ConvertError::Unmappable { at }),
                    // A lost ideograph shows as such where the target can: the architecture's FFFD.
                    Unmappable::Substitute if item == Item::Double && to.encode('\u{FFFD}', out) => {}
                    Unmappable::Substitute => to.encode_substitute(out),
                }
            }
            if out.len() > end {
                out.truncate(before);
                return Err(ConvertError::TooLong { at });
            }
            Ok(())
        })
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
        for ccsid in [0, -1, -2, -3, -4, 1, 12345, i32::MAX, i32::MIN] {
            assert!(!is_supported(Ccsid(ccsid)), "{ccsid}");
        }
        assert!(Ccsid::all().all(Ccsid::is_supported));
        assert!(Ccsid(37).is_ebcdic() && Ccsid(1141).is_ebcdic() && Ccsid(924).is_ebcdic());
        assert!(!Ccsid(819).is_ebcdic() && !Ccsid(1208).is_ebcdic() && !Ccsid(1200).is_ebcdic());
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
        check(1252, b"A\x81", 1208, unmappable(1));
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
        assert_eq!(lossy(1252, b"\x81", 1200).as_deref(), Ok(b"\0\x1A".as_slice()));
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
    fn no_bytes_make_it_panic() {
        // A fixed walk through byte values, so that a failure can be repeated.
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        })
        .take(4096)
        .collect();
        for from in Ccsid::all() {
            for to in [Ccsid::UTF_8, Ccsid::UTF_16, Ccsid(500), Ccsid(943)] {
                for part in noise.chunks(61) {
                    let lossy = Conversion {
                        unmappable: Unmappable::Substitute,
                        limit: 100,
                        ..Conversion::new(from, to)
                    };
                    if let Ok(out) = lossy.run(part) {
                        assert!(out.len() <= 100);
                    }
                }
            }
        }
    }
}
