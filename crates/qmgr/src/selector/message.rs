//! A message as a selector sees it: its descriptor and the folders of its MQRFH2.
//!
//! What is asked of the message is what it is when it is put: BackoutCount and Expiry do not change for a selector
//! afterwards.

use std::cell::OnceCell;

use mqi::constants::*;
use mqi::property::PropertyValue;
use mqi::rfh2::Rfh2;
use mqi::wire::ByteOrder;
use mqi::{Md, format};

use super::identifier::{JmsField, MdField, Property};
use super::program::Properties;
use super::value::Value;
use crate::properties::charset_of;

/// `ID:` and 24 bytes in hexadecimal.
type IdText = [u8; 51];

/// A message as a selector sees it.
#[derive(Debug)]
pub(crate) struct MessageProperties<'a> {
    md: &'a Md,
    folders: Option<&'a Rfh2>,
    msg_id: OnceCell<IdText>,
    correl_id: OnceCell<IdText>,
    group_id: OnceCell<IdText>,
}

/// What can be read of the MQRFH2 that begins the data of a message, if there is one. `data` may be the beginning of
/// the data, and even of the header.
pub(crate) fn folders_of(md: &Md, data: &[u8]) -> Option<Rfh2> {
    if md.format != format::RF_HEADER_2 {
        return None;
    }
    Rfh2::decode_readable(data, ByteOrder::of_encoding(md.encoding), charset_of(data))
}

impl<'a> MessageProperties<'a> {
    /// A message with this descriptor and this MQRFH2.
    pub(crate) fn new(md: &'a Md, folders: Option<&'a Rfh2>) -> Self {
        Self { md, folders, msg_id: OnceCell::new(), correl_id: OnceCell::new(), group_id: OnceCell::new() }
    }

    fn named(&self, folder: &str, name: &str) -> Option<&PropertyValue> {
        self.folders?.property(folder, name)
    }

    fn descriptor(&self, field: MdField) -> Value<'_> {
        let md = self.md;
        let int = |number: i32| Value::Int(i64::from(number));
        match field {
            MdField::Report => int(md.report),
            MdField::MsgType => int(md.msg_type),
            MdField::Expiry => int(md.expiry),
            MdField::Feedback => int(md.feedback),
            MdField::Encoding => int(md.encoding),
            MdField::CodedCharSetId => int(md.coded_char_set_id),
            MdField::Format => Value::Text(md.format.as_str()),
            MdField::Priority => int(md.priority),
            MdField::Persistence => int(md.persistence),
            MdField::MsgId => Value::Bytes(&md.msg_id),
            MdField::CorrelId => Value::Bytes(&md.correl_id),
            MdField::BackoutCount => int(md.backout_count),
            MdField::ReplyToQ => Value::Text(md.reply_to_q.as_str()),
            MdField::ReplyToQMgr => Value::Text(md.reply_to_q_mgr.as_str()),
            MdField::UserIdentifier => Value::Text(md.user_identifier.as_str()),
            MdField::AccountingToken => Value::Bytes(&md.accounting_token),
            MdField::ApplIdentityData => Value::Text(md.appl_identity_data.as_str()),
            MdField::PutApplType => int(md.put_appl_type),
            MdField::PutApplName => Value::Text(md.put_appl_name.as_str()),
            MdField::PutDate => Value::Text(md.put_date.as_str()),
            MdField::PutTime => Value::Text(md.put_time.as_str()),
            MdField::ApplOriginData => Value::Text(md.appl_origin_data.as_str()),
            MdField::GroupId => Value::Bytes(&md.group_id),
            MdField::MsgSeqNumber => int(md.msg_seq_number),
            MdField::Offset => int(md.offset),
            MdField::MsgFlags => int(md.msg_flags),
            MdField::OriginalLength => int(md.original_length),
        }
    }

    fn jms(&self, field: JmsField) -> Value<'_> {
        let md = self.md;
        let int = |number: i32| Value::Int(i64::from(number));
        let is_persistent = md.persistence == MQPER_PERSISTENT;
        match field {
            JmsField::MessageId => id_text(&self.msg_id, &md.msg_id),
            JmsField::CorrelationId => {
                self.jms_text("Cid").unwrap_or_else(|| id_text(&self.correl_id, &md.correl_id))
            }
            JmsField::GroupId => {
                self.jms_text("Gid").unwrap_or_else(|| id_text(&self.group_id, &md.group_id))
            }
            JmsField::Timestamp => {
                let put_at = || put_wall_ms(md.put_date.as_str(), md.put_time.as_str());
                self.jms_number("Tms").or_else(put_at).map_or(Value::Null, Value::Int)
            }
            JmsField::DeliveryMode => {
                Value::Text(if is_persistent { "PERSISTENT" } else { "NON_PERSISTENT" })
            }
            JmsField::Dlv => int(if is_persistent { 2 } else { 1 }),
            JmsField::Priority => int(md.priority),
            JmsField::Expiration => self.jms_number("Exp").map_or(Value::Null, Value::Int),
            JmsField::GroupSeq => match self.jms_number("Seq") {
                Some(number) => Value::Int(number),
                None if is_of_group(md) => int(md.msg_seq_number),
                // A descriptor says 1 of every message: of one that is in no group, that means nothing.
                None => Value::Null,
            },
            JmsField::DeliveryCount => int(md.backout_count.saturating_add(1)),
            JmsField::Redelivered => Value::Bool(md.backout_count > 0),
            JmsField::LastInGroup => Value::Bool(md.msg_flags & MQMF_LAST_MSG_IN_GROUP != 0),
        }
    }

    fn jms_text(&self, name: &str) -> Option<Value<'_>> {
        match self.named("jms", name)? {
            PropertyValue::String(text) => Some(Value::Text(text)),
            _ => None,
        }
    }

    /// A number of folder `jms`, whose elements have no type: they are written as text.
    fn jms_number(&self, name: &str) -> Option<i64> {
        match self.named("jms", name)? {
            PropertyValue::String(text) => text.trim().parse().ok(),
            value => match value_of(value) {
                Value::Int(number) => Some(number),
                _ => None,
            },
        }
    }
}

impl Properties for MessageProperties<'_> {
    fn value(&self, property: &Property) -> Value<'_> {
        match property {
            Property::Md(field) => self.descriptor(*field),
            Property::Jms(field) => self.jms(*field),
            Property::Named { folder, name } => self.named(folder, name).map_or(Value::Null, value_of),
        }
    }
}

/// Whether a message is part of a group.
fn is_of_group(md: &Md) -> bool {
    md.group_id != [0; 24] || md.msg_flags & (MQMF_MSG_IN_GROUP | MQMF_LAST_MSG_IN_GROUP) != 0
}

fn value_of(value: &PropertyValue) -> Value<'_> {
    match value {
        PropertyValue::Null => Value::Null,
        PropertyValue::Boolean(b) => Value::Bool(*b),
        PropertyValue::Int8(i) => Value::Int(i64::from(*i)),
        PropertyValue::Int16(i) => Value::Int(i64::from(*i)),
        PropertyValue::Int32(i) => Value::Int(i64::from(*i)),
        PropertyValue::Int64(i) => Value::Int(*i),
        PropertyValue::Float32(f) => Value::Float(f64::from(*f)),
        PropertyValue::Float64(f) => Value::Float(*f),
        PropertyValue::String(text) => Value::Text(text),
        PropertyValue::Bytes(bytes) => Value::Bytes(bytes),
    }
}

/// An id as JMS writes it; NULL if there is none.
fn id_text<'a>(cell: &'a OnceCell<IdText>, id: &[u8; 24]) -> Value<'a> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    if id == &[0; 24] {
        return Value::Null;
    }
    let text = cell.get_or_init(|| {
        let mut text = [0; 51];
        text[..3].copy_from_slice(b"ID:");
        for (pair, byte) in text[3..].chunks_exact_mut(2).zip(id) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    });
    std::str::from_utf8(text).map_or(Value::Null, Value::Text)
}

/// Milliseconds since 1970 of a PutDate `YYYYMMDD` and PutTime `HHMMSSTH`.
fn put_wall_ms(date: &str, time: &str) -> Option<i64> {
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(date, 0, 4)?, number(date, 4, 6)?, number(date, 6, 8)?);
    let (hour, minute) = (number(time, 0, 2)?, number(time, 2, 4)?);
    let (second, hundredth) = (number(time, 4, 6)?, number(time, 6, 8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + hundredth * 10)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted from March so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Selector;
    use mqi::wire::{Charset, Writer};

    /// A message as JMS sends it.
    fn message() -> (Md, Vec<u8>) {
        let mut md = Md::v2();
        md.format = "MQHRF2".try_into().expect("short");
        md.priority = 7;
        md.persistence = MQPER_PERSISTENT;
        md.msg_id = [0xAB; 24];
        md.put_date = "20250131".try_into().expect("short");
        md.put_time = "12345678".try_into().expect("short");
        md.user_identifier = "app".try_into().expect("short");
        md.msg_flags = MQMF_LAST_MSG_IN_GROUP;
        let folders = [
            "<mcd><Msd>jms_text</Msd><Type>order</Type></mcd>",
            "<jms><Dst>queue:///DEV.QUEUE.1</Dst><Tms>1738326896789</Tms><Cid>abc</Cid><Dlv>2</Dlv></jms>",
            "<usr><colour>red</colour><size dt='i4'>3</size><rate dt='r8'>1.5</rate><ok dt='boolean'>1</ok>\
             <raw dt='bin.hex'>00FF</raw></usr>",
        ];
        let mut names = Writer::new(ByteOrder::Little, Charset::Ascii);
        for folder in folders {
            let padding = folder.len().next_multiple_of(4) - folder.len();
            names.u32((folder.len() + padding) as u32);
            names.bytes(format!("{folder}{}", " ".repeat(padding)).as_bytes());
        }
        let names = names.finish();
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        w.bytes(b"RFH ");
        for number in [2, 36 + names.len() as i32, md.encoding, 1208] {
            w.i32(number);
        }
        w.bytes(b"MQSTR   ");
        w.i32(0);
        w.i32(1208);
        w.bytes(&names);
        (md, w.finish())
    }

    #[track_caller]
    fn check(text: &str, want: bool) {
        let (md, data) = message();
        let folders = folders_of(&md, &data);
        assert!(folders.is_some());
        let message = MessageProperties::new(&md, folders.as_ref());
        let selector = Selector::compile(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(selector.matches(&message), want, "{text}");
    }

    #[test]
    fn a_jms_message_answers() {
        check("colour = 'red' AND size = 3 AND rate > 1 AND ok", true);
        check("usr.raw = \"0x00ff\"", true);
        check("JMSType = 'order' AND mcd.Msd = 'jms_text'", true);
        check("JMSPriority = 7 AND \"jms.Pri\" = 7 AND Root.MQMD.Priority = 7", true);
        check("JMSDeliveryMode = 'PERSISTENT' AND \"jms.Dlv\" = 2 AND Root.MQMD.Persistence = 1", true);
        check("JMSTimestamp = 1738326896789", true);
        check("JMSCorrelationID = 'abc'", true);
        check("JMSMessageID LIKE 'ID:ab%'", true);
        check(&format!("JMSMessageID = 'ID:{}'", "ab".repeat(24)), true);
        check("Root.MQMD.Format = 'MQHRF2'", true);
        check("JMSXUserID = 'app' AND JMSXDeliveryCount = 1 AND NOT JMSRedelivered", true);
        check("JMS_IBM_Last_Msg_In_Group", true);
        check("JMSDestination = 'queue:///DEV.QUEUE.1' AND JMSReplyTo IS NULL", true);
        check("JMSExpiration IS NULL", true);
        check("missing IS NULL AND colour <> 'blue'", true);
        check("missing = 1 OR missing <> 1", false);
    }

    #[test]
    fn without_folders_the_descriptor_answers() {
        let (mut md, data) = message();
        md.correl_id = [1; 24];
        let message = MessageProperties::new(&md, None);
        let is = |text: &str| Selector::compile(text).expect("a selector").matches(&message);
        assert!(is("JMSTimestamp = 1738326896780"));
        assert!(is(&format!("JMSCorrelationID = 'ID:{}'", "01".repeat(24))));
        assert!(is(&format!("JMSCorrelationID LIKE 'ID:{}'", "01".repeat(24))));
        assert!(is("colour IS NULL AND JMSType IS NULL"));
        md.format = "MQSTR".try_into().expect("short");
        assert_eq!(folders_of(&md, &data), None);
        md.format = "MQHRF2".try_into().expect("short");
        for end in 0..Rfh2::FIXED_LEN {
            assert_eq!(folders_of(&md, &data[..end]), None);
        }
    }

    #[test]
    fn a_message_of_no_group_has_no_place_in_one() {
        let check = |group_id: [u8; 24], msg_flags, text: &str, want| {
            let md = Md { group_id, msg_flags, msg_seq_number: 1, ..Md::v2() };
            let selector = Selector::compile(text).expect("a selector");
            assert_eq!(selector.matches(&MessageProperties::new(&md, None)), want, "{text} {md:?}");
        };
        check([0; 24], 0, "JMSXGroupSeq = 1", false);
        check([0; 24], 0, "JMSXGroupSeq IS NULL AND JMSXGroupID IS NULL", true);
        check([0; 24], 0, "JMSXGroupSeq <> 2 OR JMSXGroupSeq > 0", false);
        check([0; 24], 0, "Root.MQMD.MsgSeqNumber = 1", true);
        check([7; 24], 0, "JMSXGroupSeq = 1", true);
        check([7; 24], MQMF_MSG_IN_GROUP, "JMSXGroupSeq = 1 AND JMSXGroupID IS NOT NULL", true);
    }

    #[test]
    fn a_header_that_is_cut_shows_what_is_there() {
        let (md, data) = message();
        let at = |text: &str| data.windows(text.len()).position(|w| w == text.as_bytes()).expect("there");
        let is = |end: usize, text: &str| {
            let folders = folders_of(&md, &data[..end]);
            Selector::compile(text)
                .expect("a selector")
                .matches(&MessageProperties::new(&md, folders.as_ref()))
        };
        assert!(is(at("<size"), "colour = 'red' AND size IS NULL AND JMSType = 'order'"));
        assert!(is(at("</colour"), "colour IS NULL AND JMSType = 'order'"));
    }

    #[test]
    fn put_times_are_read() {
        for (date, time, want) in [
            ("19700101", "00000000", Some(0)),
            ("20000229", "12345699", Some(951_827_696_990)),
            ("", "", None),
            ("20001301", "00000000", None),
            ("2000AB01", "00000000", None),
            ("20000101", "0000", None),
        ] {
            assert_eq!(put_wall_ms(date, time), want, "{date} {time}");
        }
    }
}
