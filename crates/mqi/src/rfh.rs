//! MQRFH: rules and formatting header, version 1. Queued publish/subscribe commands use it.
//!
//! After 32 bytes comes a string of names and values, separated by blanks. One that has blanks or double quotes
//! itself stands in double quotes, and a quote inside is doubled. A NUL ends the string early.
//!
//! ```text
//! MQPSCommand RegSub MQPSTopic "News/West Coast" MQPSRegOpts Local
//! ```

use crate::chars::Chars;
use crate::constants::{MQCCSI_UNDEFINED, MQENC_NATIVE, MQRFH_NONE};
use crate::reason::Reason;
use crate::wire::{Reader, Truncated, Writer};

/// Rules and formatting header, version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rfh {
    /// Encoding of the data that follows.
    pub encoding: i32,
    /// Character set of the data that follows.
    pub coded_char_set_id: i32,
    /// Format of the data that follows.
    pub format: Chars<8>,
    /// Flags: none are defined.
    pub flags: i32,
    /// Names and values, in order. Their bytes are in the character set of the header; only blanks and quotes of
    /// ASCII and EBCDIC are understood here.
    pub pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Rfh {
    /// The characters that the structure starts with.
    pub const STRUC_ID: [u8; 4] = *b"RFH ";

    /// The versions that there are. Version 2 is another structure: [`crate::rfh2::Rfh2`].
    pub const VERSIONS: &'static [i32] = &[1];

    /// Reason code of a call that is given a wrong one.
    pub const REASON: Reason = Reason::RFH_ERROR;

    /// Bytes before the string.
    pub const FIXED_LEN: usize = 32;

    /// Reads the header with its string. MQRC_RFH_ERROR when the fixed part is wrong, MQRC_RFH_STRING_ERROR when
    /// the string is.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Reason> {
        let wrong = |_: Truncated| Self::REASON;
        let available = r.remaining();
        let (id, version) = (r.chars::<4>().map_err(wrong)?, r.i32().map_err(wrong)?);
        let length = usize::try_from(r.i32().map_err(wrong)?).map_err(|_| Self::REASON)?;
        let is_header = id == Chars::new(Self::STRUC_ID) && version == 1;
        if !is_header || length < Self::FIXED_LEN || length > available {
            return Err(Self::REASON);
        }
        let (encoding, coded_char_set_id) = (r.i32().map_err(wrong)?, r.i32().map_err(wrong)?);
        let (format, flags) = (r.chars().map_err(wrong)?, r.i32().map_err(wrong)?);
        let charset = r.charset();
        let text = r.bytes(length - Self::FIXED_LEN).map_err(wrong)?;
        let pairs = parse(text, charset.blank(), charset.of_memory(b'"')).ok_or(Reason::RFH_STRING_ERROR)?;
        Ok(Self { encoding, coded_char_set_id, format, flags, pairs })
    }

    /// Writes the header with its string, blank padded to a multiple of four.
    pub fn encode(&self, w: &mut Writer) {
        let start = w.len();
        w.chars(&Chars::new(Self::STRUC_ID));
        w.i32(1);
        w.i32(0);
        w.i32(self.encoding);
        w.i32(self.coded_char_set_id);
        w.chars(&self.format);
        w.i32(self.flags);
        let (blank, quote) = (w.charset().blank(), w.charset().of_memory(b'"'));
        let words = self.pairs.iter().flat_map(|(name, value)| [name, value]);
        for (at, word) in words.enumerate() {
            if at > 0 {
                w.u8(blank);
            }
            if word.is_empty() || word.iter().any(|b| *b == blank || *b == quote) {
                w.u8(quote);
                for byte in word {
                    if *byte == quote {
                        w.u8(quote);
                    }
                    w.u8(*byte);
                }
                w.u8(quote);
            } else {
                w.bytes(word);
            }
        }
        while !(w.len() - start).is_multiple_of(4) {
            w.u8(blank);
        }
        w.patch_i32(start + 8, (w.len() - start) as i32);
    }

    /// The value of the first pair with this name, in a header whose character set is ASCII-based.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.pairs.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, value)| value.as_slice())
    }
}

impl Default for Rfh {
    fn default() -> Self {
        Self {
            encoding: MQENC_NATIVE,
            coded_char_set_id: MQCCSI_UNDEFINED,
            format: Chars::BLANK,
            flags: MQRFH_NONE,
            pairs: Vec::new(),
        }
    }
}

/// The words of the string, by pairs. None when a quote does not close or a name has no value.
fn parse(text: &[u8], blank: u8, quote: u8) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut rest = text.split(|b| *b == 0).next()?;
    let mut words = Vec::new();
    while let Some(start) = rest.iter().position(|b| *b != blank) {
        rest = &rest[start..];
        words.push(if rest[0] == quote { quoted(&mut rest, quote)? } else { plain(&mut rest, blank) });
        if rest.first().is_some_and(|next| *next != blank) {
            return None;
        }
    }
    let (pairs, odd) = words.as_chunks_mut::<2>();
    let take = |[name, value]: &mut [Vec<u8>; 2]| (std::mem::take(name), std::mem::take(value));
    odd.is_empty().then(|| pairs.iter_mut().map(take).collect())
}

fn plain(rest: &mut &[u8], blank: u8) -> Vec<u8> {
    let len = rest.iter().position(|b| *b == blank).unwrap_or(rest.len());
    let (word, after) = rest.split_at(len);
    *rest = after;
    word.to_vec()
}

fn quoted(rest: &mut &[u8], quote: u8) -> Option<Vec<u8>> {
    let mut word = Vec::new();
    *rest = &rest[1..];
    loop {
        let len = rest.iter().position(|b| *b == quote)?;
        word.extend_from_slice(&rest[..len]);
        *rest = &rest[len + 1..];
        if rest.first() != Some(&quote) {
            return Some(word);
        }
        word.push(quote);
        *rest = &rest[1..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{ByteOrder, Charset};

    #[track_caller]
    fn check(text: &str, want: Option<&[(&str, &str)]>) {
        let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
        Rfh::default().encode(&mut w);
        w.bytes(text.as_bytes());
        w.patch_i32(8, w.len() as i32);
        let bytes = w.finish();
        let decoded = Rfh::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ascii));
        let pairs = want
            .map(|pairs| pairs.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect());
        assert_eq!(decoded.map(|it| it.pairs), pairs.ok_or(Reason::RFH_STRING_ERROR), "{text}");
    }

    #[test]
    fn strings_are_names_and_values() {
        check("", Some(&[]));
        check("    ", Some(&[]));
        check(
            "MQPSCommand RegSub  MQPSTopic News",
            Some(&[("MQPSCommand", "RegSub"), ("MQPSTopic", "News")]),
        );
        check(
            "Famous_Words \"The program displayed \"\"Hello World\"\"\"",
            Some(&[("Famous_Words", "The program displayed \"Hello World\"")]),
        );
        check("a \"\"", Some(&[("a", "")]));
        check("a b\0rubbish", Some(&[("a", "b")]));
        check("a", None);
        check("a b c", None);
        check("a \"b", None);
        check("a \"b\"c", None);
    }

    proptest! {
        #[test]
        fn any_pairs_come_back(
            pairs in prop::collection::vec(("[a-z \"]{0,9}", "[a-z \"]{0,9}"), 0..5),
            flags in any::<i32>(),
        ) {
            for charset in [Charset::Ascii, Charset::Ebcdic] {
                let bytes = |text: &str| text.bytes().map(|b| charset.of_memory(b)).collect::<Vec<u8>>();
                let pairs = pairs.iter().map(|(name, value)| (bytes(name), bytes(value))).collect();
                let it = Rfh { flags, pairs, ..Rfh::default() };
                let mut w = Writer::new(ByteOrder::Little, charset);
                it.encode(&mut w);
                w.bytes(b"body");
                let bytes = w.finish();
                let mut r = Reader::new(&bytes, ByteOrder::Little, charset);
                prop_assert_eq!(Rfh::decode(&mut r), Ok(it));
                prop_assert_eq!(r.rest(), b"body");
            }
        }

        #[test]
        fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
            Rfh::default().encode(&mut w);
            w.bytes(&bytes);
            w.patch_i32(8, w.len() as i32);
            let bytes = w.finish();
            let _ = Rfh::decode(&mut Reader::new(&bytes, ByteOrder::Little, Charset::Ascii));
            let _ = Rfh::decode(&mut Reader::new(&bytes[..bytes.len() / 2], ByteOrder::Little, Charset::Ascii));
        }
    }
}
