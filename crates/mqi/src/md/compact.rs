//! The descriptor as the log keeps it: only what is not as usual.
//!
//! A persistent message of a typical JMS program takes about 40 bytes instead of 364. MsgId and CorrelId are not in
//! here: the head of the log record has them. Everything else comes back bit for bit, whatever the version.
//!
//! ```text
//! present   u32   little-endian; bit n: field n of the list below follows. Unused bits are 0
//! fields          in the order of the list
//! ```
//!
//! An integer is a zigzag varint (seven bits a byte, low ones first). Text is a length byte and the bytes before
//! the trailing blanks; for a format, a length byte of 0x80 and more is 0x80 + its place in [`FORMATS`]. Bytes are
//! the length of what precedes the longest possible run of zeros, those bytes, then the length of what follows and
//! those bytes. A date with time in digits is two u32, little-endian.

use super::Md;
use crate::chars::Chars;
use crate::format;
use crate::wire::Truncated;

/// Part of the log's format: places never change, new ones go to the end.
const FORMATS: [Chars<8>; 12] = [
    format::STRING,
    format::RF_HEADER_2,
    format::RF_HEADER_1,
    format::ADMIN,
    format::EVENT,
    format::PCF,
    format::DEAD_LETTER_HEADER,
    format::XMIT_Q_HEADER,
    format::MD_EXTENSION,
    format::TRIGGER,
    format::DIST_HEADER,
    format::EMBEDDED_PCF,
];

const FORMAT_CODE: u8 = 0x80;

/// One call of `$visit` a field, in the order of its bits: kind, field, usual value.
///
/// Part of the log's format: the order and the usual values never change.
macro_rules! fields {
    ($visit:ident) => {
        $visit!(int, version, 1);
        $visit!(int, report, 0);
        $visit!(int, msg_type, 8);
        $visit!(int, expiry, -1);
        $visit!(int, feedback, 0);
        $visit!(int, encoding, 273);
        $visit!(int, coded_char_set_id, 1208);
        $visit!(format, format, Chars::BLANK);
        $visit!(int, priority, 4);
        $visit!(int, persistence, 1);
        $visit!(int, backout_count, 0);
        $visit!(text, reply_to_q, Chars::BLANK);
        $visit!(text, reply_to_q_mgr, Chars::BLANK);
        $visit!(text, user_identifier, Chars::BLANK);
        $visit!(bytes, accounting_token, [0; 32]);
        $visit!(text, appl_identity_data, Chars::BLANK);
        $visit!(int, put_appl_type, 28);
        $visit!(text, put_appl_name, Chars::BLANK);
        $visit!(date_time, put_date, put_time);
        $visit!(text, put_date, Chars::BLANK);
        $visit!(text, put_time, Chars::BLANK);
        $visit!(text, appl_origin_data, Chars::BLANK);
        $visit!(bytes, group_id, [0; 24]);
        $visit!(int, msg_seq_number, 1);
        $visit!(int, offset, 0);
        $visit!(int, msg_flags, 0);
        $visit!(int, original_length, -1);
    };
}

/// Number of bits that `fields!` uses.
const FIELDS: u32 = 27;

impl Md {
    /// Appends the compact form, without MsgId and CorrelId.
    pub fn compact(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut present = 0u32;
        let mut bit = 0u32;
        let date_time = digits(&self.put_date).zip(digits(&self.put_time));
        macro_rules! write {
            (date_time, $date:ident, $time:ident) => {
                if let Some((date, time)) = date_time {
                    present |= 1 << bit;
                    out.extend_from_slice(&date.to_le_bytes());
                    out.extend_from_slice(&time.to_le_bytes());
                }
                bit += 1;
            };
            (text, put_date, $usual:expr) => {
                write!(@unless date_time.is_some(), text, put_date, $usual);
            };
            (text, put_time, $usual:expr) => {
                write!(@unless date_time.is_some(), text, put_time, $usual);
            };
            ($kind:ident, $field:ident, $usual:expr) => {
                write!(@unless false, $kind, $field, $usual);
            };
            (@unless $done:expr, $kind:ident, $field:ident, $usual:expr) => {
                if !$done && self.$field != $usual {
                    present |= 1 << bit;
                    write::$kind(out, &self.$field);
                }
                bit += 1;
            };
        }
        fields!(write);
        debug_assert_eq!(bit, FIELDS);
        out[start..start + 4].copy_from_slice(&present.to_le_bytes());
    }

    /// The descriptor whose compact form `bytes` starts with. MsgId and CorrelId are zeros.
    ///
    /// Fails on anything that [`Self::compact`] does not write.
    pub fn from_compact(mut bytes: &[u8]) -> Result<Self, Truncated> {
        Self::read_compact(&mut bytes)
    }

    /// Like [`Self::from_compact`], and leaves in `bytes` what follows the compact form.
    pub fn read_compact(bytes: &mut &[u8]) -> Result<Self, Truncated> {
        let present = u32::from_le_bytes(read::array(bytes)?);
        if present >> FIELDS != 0 {
            return Err(Truncated);
        }
        let mut md = Self::default();
        let mut bit = 0u32;
        macro_rules! read {
            (date_time, $date:ident, $time:ident) => {
                if present & 1 << bit != 0 {
                    md.$date = of_digits(u32::from_le_bytes(read::array(bytes)?))?;
                    md.$time = of_digits(u32::from_le_bytes(read::array(bytes)?))?;
                }
                bit += 1;
            };
            ($kind:ident, $field:ident, $usual:expr) => {
                if present & 1 << bit != 0 {
                    md.$field = read::$kind(bytes)?;
                } else if !matches!(stringify!($field), "put_date" | "put_time") {
                    md.$field = $usual;
                }
                bit += 1;
            };
        }
        fields!(read);
        debug_assert_eq!(bit, FIELDS);
        Ok(md)
    }
}

/// The number that eight digits write, if they are digits.
fn digits(chars: &Chars<8>) -> Option<u32> {
    chars
        .padded()
        .iter()
        .try_fold(0, |number, c| c.is_ascii_digit().then(|| number * 10 + u32::from(c - b'0')))
}

/// The reverse of [`digits`].
fn of_digits(mut number: u32) -> Result<Chars<8>, Truncated> {
    let mut text = [b'0'; 8];
    for digit in text.iter_mut().rev() {
        *digit += (number % 10) as u8;
        number /= 10;
    }
    if number == 0 { Ok(Chars::new(text)) } else { Err(Truncated) }
}

mod write {
    use super::{Chars, FORMAT_CODE, FORMATS};

    pub(super) fn int(out: &mut Vec<u8>, value: &i32) {
        let mut rest = (value << 1 ^ value >> 31) as u32;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }

    pub(super) fn text<const N: usize>(out: &mut Vec<u8>, chars: &Chars<N>) {
        let text = chars.trimmed();
        out.push(text.len() as u8);
        out.extend_from_slice(text);
    }

    pub(super) fn format(out: &mut Vec<u8>, chars: &Chars<8>) {
        match FORMATS.iter().position(|known| known == chars) {
            Some(at) => out.push(FORMAT_CODE + at as u8),
            None => text(out, chars),
        }
    }

    pub(super) fn bytes<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N]) {
        let (start, end) = longest_zeros(bytes);
        for part in [&bytes[..start], &bytes[end..]] {
            out.push(part.len() as u8);
            out.extend_from_slice(part);
        }
    }

    /// Start and end of the longest run of zeros.
    fn longest_zeros(bytes: &[u8]) -> (usize, usize) {
        let (mut best, mut start) = ((0, 0), 0);
        for (at, byte) in bytes.iter().enumerate() {
            if *byte != 0 {
                start = at + 1;
            } else if at + 1 - start > best.1 - best.0 {
                best = (start, at + 1);
            }
        }
        best
    }
}

mod read {
    use super::{Chars, FORMAT_CODE, FORMATS, Truncated};

    fn take<'a>(from: &mut &'a [u8], n: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = from.split_at_checked(n).ok_or(Truncated)?;
        *from = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], Truncated> {
        let (taken, rest) = from.split_first_chunk().ok_or(Truncated)?;
        *from = rest;
        Ok(*taken)
    }

    pub(super) fn int(from: &mut &[u8]) -> Result<i32, Truncated> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let [byte] = array(from)?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                let value = u32::try_from(value).map_err(|_| Truncated)?;
                return Ok((value >> 1) as i32 ^ -((value & 1) as i32));
            }
        }
        Err(Truncated)
    }

    pub(super) fn text<const N: usize>(from: &mut &[u8]) -> Result<Chars<N>, Truncated> {
        let [len] = array(from)?;
        let text = take(from, usize::from(len))?;
        let mut padded = [b' '; N];
        padded.get_mut(..text.len()).ok_or(Truncated)?.copy_from_slice(text);
        Ok(Chars::new(padded))
    }

    pub(super) fn format(from: &mut &[u8]) -> Result<Chars<8>, Truncated> {
        match from.first() {
            Some(&code) if code >= FORMAT_CODE => {
                *from = &from[1..];
                FORMATS.get(usize::from(code - FORMAT_CODE)).copied().ok_or(Truncated)
            }
            _ => text(from),
        }
    }

    pub(super) fn bytes<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], Truncated> {
        let mut all = [0; N];
        let [len] = array(from)?;
        let front = take(from, usize::from(len))?;
        let [len] = array(from)?;
        let back = take(from, usize::from(len))?;
        if front.len() + back.len() > N {
            return Err(Truncated);
        }
        all[..front.len()].copy_from_slice(front);
        all[N - back.len()..].copy_from_slice(back);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::structure::samples::{Dice, Sample};

    fn wire(md: &Md) -> Vec<u8> {
        let mut w = crate::wire::Writer::new(crate::wire::ByteOrder::Big, crate::wire::Charset::Ascii);
        Md { version: 2, ..md.clone() }.encode(&mut w);
        w.finish()
    }

    #[track_caller]
    fn check(md: &Md, len_max: usize) {
        let mut bytes = Vec::new();
        md.compact(&mut bytes);
        assert!(bytes.len() <= len_max, "{} bytes", bytes.len());
        bytes.extend_from_slice(b"data");
        let mut rest = bytes.as_slice();
        let back = Md::read_compact(&mut rest).expect("just written");
        assert_eq!(rest, b"data");
        let want = Md { msg_id: [0; 24], correl_id: [0; 24], ..md.clone() };
        assert_eq!(back, want);
        assert_eq!(wire(&back), wire(&want));
    }

    fn typical_jms() -> Md {
        let mut token = [0; 32];
        token[..5].copy_from_slice(b"\x041000");
        token[31] = 6;
        Md {
            encoding: 273,
            coded_char_set_id: 1208,
            format: format::RF_HEADER_2,
            priority: 4,
            persistence: 1,
            msg_id: [7; 24],
            user_identifier: Chars::from_str_padded("app"),
            accounting_token: token,
            put_appl_type: 28,
            put_appl_name: Chars::from_str_padded("OrderService"),
            put_date: Chars::new(*b"20250102"),
            put_time: Chars::new(*b"03040506"),
            ..Md::default()
        }
    }

    #[test]
    fn a_typical_message_is_small() {
        check(&typical_jms(), 40);
        check(&Md { msg_type: 1, reply_to_q: Chars::from_str_padded("REPLY.Q"), ..typical_jms() }, 50);
        check(&Md::default(), 20);
        check(&Md::v2(), 21);
    }

    #[test]
    fn unusual_values_come_back() {
        check(&Md { put_date: Chars::from_str_padded("2025"), ..typical_jms() }, 60);
        check(&Md { put_time: Chars::BLANK, ..typical_jms() }, 60);
        check(&Md { report: i32::MIN, expiry: i32::MAX, feedback: -1, ..typical_jms() }, 60);
        check(&Md { format: Chars::from_str_padded("MYFORMAT"), ..typical_jms() }, 60);
        check(&Md { accounting_token: [0xFF; 32], group_id: [1; 24], ..typical_jms() }, 120);
    }

    proptest! {
        #[test]
        fn any_descriptor_comes_back(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
            check(&Md::sample(&mut Dice::new(bytes)), 500);
        }

        #[test]
        fn any_bytes_are_safe(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(md) = Md::from_compact(&bytes) {
                check(&md, 500);
            }
        }

        #[test]
        fn a_cut_is_noticed(cut in 0usize..39) {
            let mut bytes = Vec::new();
            typical_jms().compact(&mut bytes);
            bytes.truncate(cut.min(bytes.len() - 1));
            prop_assert_eq!(Md::from_compact(&bytes), Err(Truncated));
        }
    }
}
