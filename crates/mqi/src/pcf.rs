//! PCF: messages made of numbered parameters. Commands, their replies, events, statistics, activity.
//!
//! ```text
//! header    MQCFH: 36 bytes: kind of message, command, position among the replies, result, parameter count
//! parameter type, length, id; then what the type says. Repeated; each a multiple of four bytes long
//! ```
//!
//! A group is a parameter that contains the parameters after it; it counts as one. Integers are in the encoding of
//! the message; each string says its own character set, and is kept here as the bytes that came. Errors of
//! decoding are the codes that a command server answers with (MQRCCF).

use std::borrow::Cow;

use crate::constants::*;
use crate::reason::Reason;
use crate::wire::{ByteOrder, Charset, Reader, Truncated, Writer};

/// How deep groups may nest. The product's own messages have two levels.
const DEPTH_MAX: usize = 16;

/// The header of a PCF message (MQCFH), without length and parameter count: they follow from the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cfh {
    /// What the message is (MQCFT): command, response, event, …
    pub kind: i32,
    /// 1; 3 where filters, groups, byte strings or 64-bit integers may follow.
    pub version: i32,
    /// The command (MQCMD).
    pub command: i32,
    /// Position of the message among those that answer one command, from 1.
    pub msg_seq_number: i32,
    /// Whether it is the last of them (MQCFC).
    pub control: i32,
    /// Completion code (MQCC).
    pub comp_code: i32,
    /// Reason code (MQRC or MQRCCF).
    pub reason: i32,
}

impl Cfh {
    /// Bytes on the wire.
    pub const LEN: usize = 36;

    /// A command as its only message.
    pub fn command(command: i32) -> Self {
        Self { command, ..Self::default() }
    }
}

impl Default for Cfh {
    fn default() -> Self {
        Self {
            kind: MQCFT_COMMAND,
            version: MQCFH_VERSION_1,
            command: MQCMD_NONE,
            msg_seq_number: 1,
            control: MQCFC_LAST,
            comp_code: MQCC_OK,
            reason: MQRC_NONE,
        }
    }
}

/// A numbered parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Which parameter (MQIA, MQCA, MQIACF, MQCACF, MQIACH, MQCACH, MQBACF, MQGACF, …).
    pub id: i32,
    /// Its value, and with it its type.
    pub value: Value,
}

/// The value of a parameter, one variant for each structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// MQCFIN.
    Int(i32),
    /// MQCFIN64.
    Int64(i64),
    /// MQCFIL.
    Ints(Vec<i32>),
    /// MQCFIL64.
    Ints64(Vec<i64>),
    /// MQCFST.
    Text {
        /// Character set; 0 (MQCCSI_DEFAULT): that of the message.
        ccsid: i32,
        /// The characters.
        text: Vec<u8>,
    },
    /// MQCFSL. On the wire all strings have one length: shorter ones are blank padded.
    Texts {
        /// Character set; 0 (MQCCSI_DEFAULT): that of the message.
        ccsid: i32,
        /// The strings.
        texts: Vec<Vec<u8>>,
    },
    /// MQCFBS.
    Bytes(Vec<u8>),
    /// MQCFIF: what an integer attribute must be.
    IntFilter {
        /// MQCFOP.
        operator: i32,
        /// What to compare with.
        value: i32,
    },
    /// MQCFSF: what a string attribute must be.
    TextFilter {
        /// MQCFOP.
        operator: i32,
        /// Character set; 0 (MQCCSI_DEFAULT): that of the message.
        ccsid: i32,
        /// What to compare with.
        text: Vec<u8>,
    },
    /// MQCFBF: what a byte string attribute must be.
    BytesFilter {
        /// MQCFOP.
        operator: i32,
        /// What to compare with.
        bytes: Vec<u8>,
    },
    /// MQCFGR and the parameters that it contains.
    Group(Vec<Parameter>),
}

impl Parameter {
    /// An integer.
    pub fn int(id: i32, value: i32) -> Self {
        Self { id, value: Value::Int(value) }
    }

    /// A string in the character set of the message, which must be one of the ASCII-based ones.
    pub fn text(id: i32, text: &str) -> Self {
        Self { id, value: Value::Text { ccsid: MQCCSI_DEFAULT, text: text.as_bytes().to_vec() } }
    }

    /// Strings in the character set of the message, which must be one of the ASCII-based ones.
    pub fn texts<'a>(id: i32, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts = texts.into_iter().map(|text| text.as_bytes().to_vec()).collect();
        Self { id, value: Value::Texts { ccsid: MQCCSI_DEFAULT, texts } }
    }

    /// A list of integers.
    pub fn ints(id: i32, values: impl IntoIterator<Item = i32>) -> Self {
        Self { id, value: Value::Ints(values.into_iter().collect()) }
    }

    /// A byte string.
    pub fn bytes(id: i32, bytes: &[u8]) -> Self {
        Self { id, value: Value::Bytes(bytes.to_vec()) }
    }

    /// A group.
    pub fn group(id: i32, members: Vec<Parameter>) -> Self {
        Self { id, value: Value::Group(members) }
    }
}

impl Value {
    /// The integer, if it is one of 32 bits.
    pub fn as_int(&self) -> Option<i32> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a string whose character set is ASCII-based, without trailing blanks and NULs.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text { text, .. } => Some(trimmed(text)),
            _ => None,
        }
    }

    /// The texts of a string list, as [`Self::as_text`], or the one of a string.
    pub fn as_texts(&self) -> Option<Vec<Cow<'_, str>>> {
        match self {
            Self::Text { text, .. } => Some(vec![trimmed(text)]),
            Self::Texts { texts, .. } => Some(texts.iter().map(|text| trimmed(text)).collect()),
            _ => None,
        }
    }

    /// The integers of a list, or the one integer.
    pub fn as_ints(&self) -> Option<&[i32]> {
        match self {
            Self::Int(value) => Some(std::slice::from_ref(value)),
            Self::Ints(values) => Some(values),
            _ => None,
        }
    }

    /// Type of the structure (MQCFT).
    pub fn kind(&self) -> i32 {
        match self {
            Self::Int(_) => MQCFT_INTEGER,
            Self::Int64(_) => MQCFT_INTEGER64,
            Self::Ints(_) => MQCFT_INTEGER_LIST,
            Self::Ints64(_) => MQCFT_INTEGER64_LIST,
            Self::Text { .. } => MQCFT_STRING,
            Self::Texts { .. } => MQCFT_STRING_LIST,
            Self::Bytes(_) => MQCFT_BYTE_STRING,
            Self::IntFilter { .. } => MQCFT_INTEGER_FILTER,
            Self::TextFilter { .. } => MQCFT_STRING_FILTER,
            Self::BytesFilter { .. } => MQCFT_BYTE_STRING_FILTER,
            Self::Group(_) => MQCFT_GROUP,
        }
    }
}

fn trimmed(bytes: &[u8]) -> Cow<'_, str> {
    let end = bytes.iter().rposition(|b| !matches!(b, b' ' | 0)).map_or(0, |last| last + 1);
    String::from_utf8_lossy(&bytes[..end])
}

/// A whole PCF message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The header.
    pub header: Cfh,
    /// The parameters.
    pub parameters: Vec<Parameter>,
}

impl Message {
    /// The first parameter with this id, groups not searched.
    pub fn find(&self, id: i32) -> Option<&Value> {
        self.parameters.iter().find(|p| p.id == id).map(|p| &p.value)
    }

    /// The integer with this id.
    pub fn int(&self, id: i32) -> Option<i32> {
        self.find(id)?.as_int()
    }

    /// The string with this id: see [`Value::as_text`].
    pub fn text(&self, id: i32) -> Option<Cow<'_, str>> {
        self.find(id)?.as_text()
    }

    /// Reads header and parameters; what follows them is left to the caller. A command message must have nothing
    /// left: MQRCCF_MSG_LENGTH_ERROR.
    pub fn decode(r: &mut Reader<'_>) -> Result<Self, Reason> {
        let truncated = |_| Reason(MQRCCF_CFH_LENGTH_ERROR);
        let kind = r.i32().map_err(truncated)?;
        let length = r.i32().map_err(truncated)?;
        if length != Cfh::LEN as i32 {
            return Err(Reason(MQRCCF_CFH_LENGTH_ERROR));
        }
        let mut fields = [0; 7];
        for field in &mut fields {
            *field = r.i32().map_err(truncated)?;
        }
        let [version, command, msg_seq_number, control, comp_code, reason, count] = fields;
        if !(MQCFH_VERSION_1..=MQCFH_CURRENT_VERSION).contains(&version) {
            return Err(Reason(MQRCCF_CFH_VERSION_ERROR));
        }
        let header = Cfh { kind, version, command, msg_seq_number, control, comp_code, reason };
        let parameters = decode_parameters(r, count, Reason(MQRCCF_CFH_PARM_COUNT_ERROR), DEPTH_MAX)?;
        Ok(Self { header, parameters })
    }

    /// Writes header and parameters.
    pub fn encode(&self, w: &mut Writer) {
        let Cfh { kind, version, command, msg_seq_number, control, comp_code, reason } = self.header;
        w.i32(kind);
        w.i32(Cfh::LEN as i32);
        for field in [version, command, msg_seq_number, control, comp_code, reason] {
            w.i32(field);
        }
        w.i32(self.parameters.len() as i32);
        for parameter in &self.parameters {
            parameter.encode(w);
        }
    }

    /// The message as bytes in this order.
    pub fn to_bytes(&self, order: ByteOrder) -> Vec<u8> {
        let mut w = Writer::new(order, Charset::Ascii);
        self.encode(&mut w);
        w.finish()
    }

    /// The message that `bytes` are, whole: a remainder is MQRCCF_MSG_LENGTH_ERROR.
    pub fn of_bytes(bytes: &[u8], order: ByteOrder) -> Result<Self, Reason> {
        let mut r = Reader::new(bytes, order, Charset::Ascii);
        let message = Self::decode(&mut r)?;
        if r.remaining() == 0 { Ok(message) } else { Err(Reason(MQRCCF_MSG_LENGTH_ERROR)) }
    }
}

/// Reads `count` parameters; `miscount` is the error when there are fewer.
fn decode_parameters(
    r: &mut Reader<'_>,
    count: i32,
    miscount: Reason,
    depth: usize,
) -> Result<Vec<Parameter>, Reason> {
    let count = usize::try_from(count).map_err(|_| miscount)?;
    if depth == 0 {
        return Err(Reason(MQRCCF_STRUCTURE_TYPE_ERROR));
    }
    // Twelve bytes are the least that a parameter takes: a count that the data cannot hold allocates nothing.
    if count > r.remaining() / 12 {
        return Err(miscount);
    }
    (0..count).map(|_| Parameter::decode(r, depth)).collect()
}

impl Parameter {
    /// Reads one parameter; a group with what it contains.
    fn decode(r: &mut Reader<'_>, depth: usize) -> Result<Self, Reason> {
        let short = Reason(MQRCCF_MSG_LENGTH_ERROR);
        let kind = r.i32().map_err(|_| short)?;
        let length = r.i32().map_err(|_| short)?;
        let errors = Errors::of(kind).ok_or(Reason(MQRCCF_STRUCTURE_TYPE_ERROR))?;
        let body = usize::try_from(length)
            .ok()
            .filter(|length| length % 4 == 0)
            .and_then(|length| length.checked_sub(8))
            .ok_or(errors.length)?;
        let mut p = r.part(body).map_err(|_| errors.length)?;
        let id = p.i32().map_err(|_| errors.length)?;
        if kind == MQCFT_GROUP {
            let count = p.i32().map_err(|_| errors.length)?;
            let members = decode_parameters(r, count, errors.content, depth - 1)?;
            return Ok(Self { id, value: Value::Group(members) });
        }
        let value = decode_value(kind, &mut p, &errors)?;
        Ok(Self { id, value })
    }

    fn encode(&self, w: &mut Writer) {
        let start = w.len();
        w.i32(self.value.kind());
        w.i32(0);
        w.i32(self.id);
        match &self.value {
            Value::Int(value) => w.i32(*value),
            Value::Int64(value) => {
                w.i32(0);
                w.i64(*value);
            }
            Value::Ints(values) => {
                w.i32(values.len() as i32);
                values.iter().for_each(|value| w.i32(*value));
            }
            Value::Ints64(values) => {
                w.i32(values.len() as i32);
                values.iter().for_each(|value| w.i64(*value));
            }
            Value::Text { ccsid, text } => {
                w.i32(*ccsid);
                w.i32(text.len() as i32);
                w.bytes(text);
            }
            Value::Texts { ccsid, texts } => {
                let width = texts.iter().map(Vec::len).max().unwrap_or(0);
                w.i32(*ccsid);
                w.i32(texts.len() as i32);
                w.i32(width as i32);
                // The padding must be blanks of the strings' own character set.
                let blank = Charset::of_ccsid(*ccsid).blank();
                for text in texts {
                    w.bytes(text);
                    (text.len()..width).for_each(|_| w.u8(blank));
                }
            }
            Value::Bytes(bytes) => {
                w.i32(bytes.len() as i32);
                w.bytes(bytes);
            }
            Value::IntFilter { operator, value } => {
                w.i32(*operator);
                w.i32(*value);
            }
            Value::TextFilter { operator, ccsid, text } => {
                w.i32(*operator);
                w.i32(*ccsid);
                w.i32(text.len() as i32);
                w.bytes(text);
            }
            Value::BytesFilter { operator, bytes } => {
                w.i32(*operator);
                w.i32(bytes.len() as i32);
                w.bytes(bytes);
            }
            Value::Group(members) => w.i32(members.len() as i32),
        }
        w.zeros((w.len() - start).next_multiple_of(4) - (w.len() - start));
        w.patch_i32(start + 4, (w.len() - start) as i32);
        if let Value::Group(members) = &self.value {
            members.iter().for_each(|member| member.encode(w));
        }
    }
}

/// What is wrong with a structure of one type: its length, or a count or length inside it.
struct Errors {
    length: Reason,
    content: Reason,
}

impl Errors {
    fn of(kind: i32) -> Option<Self> {
        let (length, content) = match kind {
            MQCFT_INTEGER | MQCFT_INTEGER64 => (MQRCCF_CFIN_LENGTH_ERROR, MQRCCF_CFIN_LENGTH_ERROR),
            MQCFT_INTEGER_LIST | MQCFT_INTEGER64_LIST => (MQRCCF_CFIL_LENGTH_ERROR, MQRCCF_CFIL_COUNT_ERROR),
            MQCFT_STRING => (MQRCCF_CFST_LENGTH_ERROR, MQRCCF_CFST_STRING_LENGTH_ERR),
            MQCFT_STRING_LIST => (MQRCCF_CFSL_LENGTH_ERROR, MQRCCF_CFSL_STRING_LENGTH_ERR),
            MQCFT_BYTE_STRING => (MQRCCF_CFBS_LENGTH_ERROR, MQRCCF_CFBS_STRING_LENGTH_ERR),
            MQCFT_INTEGER_FILTER => (MQRCCF_CFIF_LENGTH_ERROR, MQRCCF_CFIF_LENGTH_ERROR),
            MQCFT_STRING_FILTER => (MQRCCF_CFSF_LENGTH_ERROR, MQRCCF_CFSF_FILTER_VAL_LEN_ERR),
            MQCFT_BYTE_STRING_FILTER => (MQRCCF_CFBF_LENGTH_ERROR, MQRCCF_CFBF_FILTER_VAL_LEN_ERR),
            MQCFT_GROUP => (MQRCCF_CFGR_LENGTH_ERROR, MQRCCF_CFGR_PARM_COUNT_ERROR),
            _ => return None,
        };
        Some(Self { length: Reason(length), content: Reason(content) })
    }
}

/// Reads what follows the id. Bytes between the value and the structure's length are not significant.
fn decode_value(kind: i32, p: &mut Reader<'_>, errors: &Errors) -> Result<Value, Reason> {
    let length = |_: Truncated| errors.length;
    Ok(match kind {
        MQCFT_INTEGER => Value::Int(p.i32().map_err(length)?),
        MQCFT_INTEGER64 => {
            p.skip(4).map_err(length)?;
            Value::Int64(p.i64().map_err(length)?)
        }
        MQCFT_INTEGER_LIST => {
            let count = checked(p.i32().map_err(length)?, p.remaining() / 4, errors)?;
            Value::Ints((0..count).map(|_| p.i32()).collect::<Result<_, _>>().map_err(length)?)
        }
        MQCFT_INTEGER64_LIST => {
            let count = checked(p.i32().map_err(length)?, p.remaining() / 8, errors)?;
            Value::Ints64((0..count).map(|_| p.i64()).collect::<Result<_, _>>().map_err(length)?)
        }
        MQCFT_STRING => {
            let ccsid = p.i32().map_err(length)?;
            Value::Text { ccsid, text: bytes(p, errors)? }
        }
        MQCFT_STRING_LIST => {
            let ccsid = p.i32().map_err(length)?;
            let count = p.i32().map_err(length)?;
            let width = p.i32().map_err(length)?;
            let count = usize::try_from(count).map_err(|_| Reason(MQRCCF_CFSL_COUNT_ERROR))?;
            let width = checked(width, p.remaining(), errors)?;
            // Empty strings take no bytes: only their number in a structure of this size bounds them.
            if count > p.remaining().checked_div(width).unwrap_or(MQCFSL_EMPTY_MAX) {
                return Err(Reason(MQRCCF_CFSL_TOTAL_LENGTH_ERROR));
            }
            let texts = (0..count).map(|_| p.bytes(width).map(<[u8]>::to_vec));
            Value::Texts { ccsid, texts: texts.collect::<Result<_, _>>().map_err(length)? }
        }
        MQCFT_BYTE_STRING => Value::Bytes(bytes(p, errors)?),
        MQCFT_INTEGER_FILTER => {
            let operator = p.i32().map_err(length)?;
            Value::IntFilter { operator, value: p.i32().map_err(length)? }
        }
        MQCFT_STRING_FILTER => {
            let operator = p.i32().map_err(length)?;
            let ccsid = p.i32().map_err(length)?;
            Value::TextFilter { operator, ccsid, text: bytes(p, errors)? }
        }
        MQCFT_BYTE_STRING_FILTER => {
            let operator = p.i32().map_err(length)?;
            Value::BytesFilter { operator, bytes: bytes(p, errors)? }
        }
        _ => return Err(Reason(MQRCCF_STRUCTURE_TYPE_ERROR)),
    })
}

/// Most empty strings that a list may have.
const MQCFSL_EMPTY_MAX: usize = 256;

/// A length field and as many bytes.
fn bytes(p: &mut Reader<'_>, errors: &Errors) -> Result<Vec<u8>, Reason> {
    let length = p.i32().map_err(|_| errors.length)?;
    let length = checked(length, p.remaining(), errors)?;
    Ok(p.bytes(length).map_err(|_| errors.length)?.to_vec())
}

/// A count that is neither negative nor more than `max`.
fn checked(count: i32, max: usize, errors: &Errors) -> Result<usize, Reason> {
    usize::try_from(count).ok().filter(|count| *count <= max).ok_or(errors.content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let text = || prop::collection::vec(1u8.., 0..20);
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::Int),
            any::<i64>().prop_map(Value::Int64),
            prop::collection::vec(any::<i32>(), 0..5).prop_map(Value::Ints),
            prop::collection::vec(any::<i64>(), 0..5).prop_map(Value::Ints64),
            (any::<i32>(), text()).prop_map(|(ccsid, text)| Value::Text { ccsid, text }),
            (any::<i32>(), 0usize..9, 0usize..5).prop_map(|(ccsid, width, count)| Value::Texts {
                ccsid,
                texts: vec![vec![b'x'; width]; count]
            }),
            text().prop_map(Value::Bytes),
            any::<(i32, i32)>().prop_map(|(operator, value)| Value::IntFilter { operator, value }),
            (any::<(i32, i32)>(), text()).prop_map(|((operator, ccsid), text)| Value::TextFilter {
                operator,
                ccsid,
                text
            }),
            (any::<i32>(), text()).prop_map(|(operator, bytes)| Value::BytesFilter { operator, bytes }),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            let member = (any::<i32>(), inner).prop_map(|(id, value)| Parameter { id, value });
            prop::collection::vec(member, 0..4).prop_map(Value::Group)
        })
    }

    fn messages() -> impl Strategy<Value = Message> {
        let parameter = (any::<i32>(), values()).prop_map(|(id, value)| Parameter { id, value });
        (any::<[i32; 6]>(), 1..=MQCFH_CURRENT_VERSION, prop::collection::vec(parameter, 0..6)).prop_map(
            |([kind, command, msg_seq_number, control, comp_code, reason], version, parameters)| Message {
                header: Cfh { kind, version, command, msg_seq_number, control, comp_code, reason },
                parameters,
            },
        )
    }

    proptest! {
        #[test]
        fn any_message_comes_back(message in messages()) {
            for order in [ByteOrder::Big, ByteOrder::Little] {
                let bytes = message.to_bytes(order);
                prop_assert_eq!(bytes.len() % 4, 0);
                let back = Message::of_bytes(&bytes, order);
                prop_assert_eq!(back.as_ref(), Ok(&message));
                prop_assert_eq!(
                    Message::of_bytes(&[bytes.as_slice(), b"more"].concat(), order),
                    Err(Reason(MQRCCF_MSG_LENGTH_ERROR))
                );
            }
        }

        #[test]
        fn any_damage_is_safe(message in messages(), at in any::<prop::sample::Index>(), value in any::<i32>()) {
            let mut bytes = message.to_bytes(ByteOrder::Little);
            let at = at.index(bytes.len() / 4) * 4;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            let _ = Message::of_bytes(&bytes, ByteOrder::Little);
            bytes.truncate(at);
            prop_assert!(Message::of_bytes(&bytes, ByteOrder::Little).is_err());
        }
    }

    /// A message of one parameter whose words are given.
    #[track_caller]
    fn check(words: &[i32], want: Result<Value, i32>) {
        let header = [MQCFT_COMMAND, 36, 3, MQCMD_INQUIRE_Q, 1, 1, 0, 0, 1];
        let bytes: Vec<u8> = header.iter().chain(words).flat_map(|word| word.to_be_bytes()).collect();
        let got = Message::of_bytes(&bytes, ByteOrder::Big);
        assert_eq!(got.map(|m| m.parameters[0].value.clone()), want.map_err(Reason), "{words:?}");
    }

    #[test]
    fn each_mistake_has_its_code() {
        const ABCD: i32 = i32::from_be_bytes(*b"ABCD");
        check(&[3, 16, 1, 7], Ok(Value::Int(7)));
        check(&[3, 12, 1], Err(MQRCCF_CFIN_LENGTH_ERROR));
        check(&[3, 20, 1, 7], Err(MQRCCF_CFIN_LENGTH_ERROR));
        check(&[3, -4, 1, 7], Err(MQRCCF_CFIN_LENGTH_ERROR));
        check(&[3, 15, 1, 7], Err(MQRCCF_CFIN_LENGTH_ERROR));
        check(&[4, 24, 1, 819, 4, ABCD], Ok(Value::Text { ccsid: 819, text: b"ABCD".to_vec() }));
        check(&[4, 24, 1, 819, 3, ABCD], Ok(Value::Text { ccsid: 819, text: b"ABC".to_vec() }));
        check(&[4, 24, 1, 819, 5, ABCD], Err(MQRCCF_CFST_STRING_LENGTH_ERR));
        check(&[4, 24, 1, 819, -1, ABCD], Err(MQRCCF_CFST_STRING_LENGTH_ERR));
        check(&[4, 28, 1, 819, 4, ABCD], Err(MQRCCF_CFST_LENGTH_ERROR));
        check(&[5, 24, 1, 2, 8, 9], Ok(Value::Ints(vec![8, 9])));
        check(&[5, 24, 1, 3, 8, 9], Err(MQRCCF_CFIL_COUNT_ERROR));
        check(
            &[6, 28, 1, 0, 2, 2, ABCD],
            Ok(Value::Texts { ccsid: 0, texts: vec![b"AB".into(), b"CD".into()] }),
        );
        check(&[6, 28, 1, 0, 3, 2, ABCD], Err(MQRCCF_CFSL_TOTAL_LENGTH_ERROR));
        check(&[6, 28, 1, 0, i32::MAX, 0, ABCD], Err(MQRCCF_CFSL_TOTAL_LENGTH_ERROR));
        check(&[6, 28, 1, 0, -1, 2, ABCD], Err(MQRCCF_CFSL_COUNT_ERROR));
        check(&[6, 28, 1, 0, 1, 5, ABCD], Err(MQRCCF_CFSL_STRING_LENGTH_ERR));
        check(&[9, 20, 1, 4, ABCD], Ok(Value::Bytes(b"ABCD".to_vec())));
        check(&[9, 20, 1, 9, ABCD], Err(MQRCCF_CFBS_STRING_LENGTH_ERR));
        check(&[13, 20, 1, 2, 5], Ok(Value::IntFilter { operator: 2, value: 5 }));
        check(&[13, 16, 1, 2], Err(MQRCCF_CFIF_LENGTH_ERROR));
        check(&[14, 28, 1, 18, 0, 9, ABCD], Err(MQRCCF_CFSF_FILTER_VAL_LEN_ERR));
        check(&[15, 24, 1, 18, 9, ABCD], Err(MQRCCF_CFBF_FILTER_VAL_LEN_ERR));
        check(&[20, 16, 1, 1, 3, 16, 2, 7], Ok(Value::Group(vec![Parameter::int(2, 7)])));
        check(&[20, 16, 1, 2, 3, 16, 2, 7], Err(MQRCCF_CFGR_PARM_COUNT_ERROR));
        check(&[23, 24, 1, 0, 1, 2], Ok(Value::Int64(1 << 32 | 2)));
        check(&[25, 24, 1, 1, 0, 9], Ok(Value::Ints64(vec![9])));
        check(&[77, 16, 1, 7], Err(MQRCCF_STRUCTURE_TYPE_ERROR));
        check(&[], Err(MQRCCF_CFH_PARM_COUNT_ERROR));
        check(&[3, 16, 1, 7, 3, 16, 1, 7], Err(MQRCCF_MSG_LENGTH_ERROR));
    }

    #[test]
    fn groups_nest_only_so_deep() {
        let nested =
            |depth| (0..depth).fold(Parameter::int(1, 1), |inner, _| Parameter::group(2, vec![inner]));
        let message = |depth| Message { parameters: vec![nested(depth)], ..Message::default() };
        let back = |depth| Message::of_bytes(&message(depth).to_bytes(ByteOrder::Big), ByteOrder::Big);
        assert_eq!(back(DEPTH_MAX - 1), Ok(message(DEPTH_MAX - 1)));
        assert_eq!(back(DEPTH_MAX), Err(Reason(MQRCCF_STRUCTURE_TYPE_ERROR)));
    }

    #[test]
    fn values_are_found() {
        let message = Message {
            header: Cfh::command(MQCMD_INQUIRE_Q),
            parameters: vec![
                Parameter::text(MQCA_Q_NAME, "DEV.*  "),
                Parameter::int(MQIA_Q_TYPE, MQQT_LOCAL),
                Parameter::ints(MQIACF_Q_ATTRS, [MQIA_CURRENT_Q_DEPTH]),
                Parameter::texts(MQCA_NAMES, ["A", "BB"]),
            ],
        };
        assert_eq!(message.text(MQCA_Q_NAME).as_deref(), Some("DEV.*"));
        assert_eq!(message.int(MQIA_Q_TYPE), Some(MQQT_LOCAL));
        assert_eq!(message.int(MQCA_Q_NAME), None);
        assert_eq!(message.find(MQIACF_Q_ATTRS).and_then(Value::as_ints), Some(&[MQIA_CURRENT_Q_DEPTH][..]));
        let bytes = message.to_bytes(ByteOrder::Little);
        let back = Message::of_bytes(&bytes, ByteOrder::Little).expect("just written");
        let names = back.find(MQCA_NAMES).and_then(Value::as_texts).expect("strings");
        assert_eq!(names, ["A", "BB"]);
    }
}
