//! Structures as bytes that were checked with an independent decoder (`tests/vectors`): each decodes to the value
//! written here and encodes to the same bytes.

use std::fmt::Debug;

use mqi::constants::*;
use mqi::pcf::{self, Parameter};
use mqi::rfh2::Element;
use mqi::*;

use ByteOrder::{Big, Little};
use Charset::{Ascii, Ebcdic};

const CORREL_ID: [u8; 24] = *b"0123456789:;<=>?@ABCDEFG";
const MSG_ID: [u8; 24] = *b"AMQ QM1         \x01\x23\x45\x67\x89\xab\xcd\xef";

/// The bytes of a vector file: hexadecimal after a comment line.
fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}.hex", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let hex = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    hex.map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal")).collect()
}

/// Decodes the vector, compares, encodes again, compares. What follows the structure is returned.
#[track_caller]
fn check<T: Debug + PartialEq, E: Debug + PartialEq>(
    name: &str,
    (order, charset): (ByteOrder, Charset),
    decode: impl Fn(&mut Reader<'_>) -> Result<T, E>,
    encode: impl Fn(&T, &mut Writer),
    want: T,
) -> Vec<u8> {
    let bytes = vector(name);
    let mut r = Reader::new(&bytes, order, charset);
    assert_eq!(decode(&mut r).expect("a valid structure"), want);
    let rest = r.rest().to_vec();
    let mut w = Writer::new(order, charset);
    encode(&want, &mut w);
    w.bytes(&rest);
    assert_eq!(w.finish(), bytes);
    rest
}

#[track_caller]
fn whole<T: Debug + PartialEq, E: Debug + PartialEq>(
    name: &str,
    mix: (ByteOrder, Charset),
    decode: impl Fn(&mut Reader<'_>) -> Result<T, E>,
    encode: impl Fn(&T, &mut Writer),
    want: T,
) {
    assert_eq!(check(name, mix, decode, encode, want), b"");
}

fn text<const N: usize>(text: &str) -> Chars<N> {
    Chars::try_from(text).expect("fits")
}

fn put_md() -> Md {
    Md {
        encoding: 273,
        coded_char_set_id: 1208,
        format: format::STRING,
        priority: 4,
        persistence: MQPER_PERSISTENT,
        correl_id: CORREL_ID,
        reply_to_q: text("REPLY.Q"),
        ..Md::default()
    }
}

#[test]
fn message_descriptors() {
    whole("md-v1-be", (Big, Ascii), Md::decode, Md::encode, put_md());
    whole("md-v2-be", (Big, Ascii), Md::decode, Md::encode, Md { version: 2, ..put_md() });
    let get = Md { encoding: 546, coded_char_set_id: 819, format: format::STRING, ..Md::v2() };
    whole("md-v2-le", (Little, Ascii), Md::decode, Md::encode, get);
}

#[test]
fn put_options() {
    let pmo = |version| Pmo { version, options: 0x2042, ..Pmo::default() };
    whole("pmo-v1-be", (Big, Ascii), Pmo::decode, Pmo::encode, pmo(1));
    whole("pmo-v2-le", (Little, Ascii), Pmo::decode, Pmo::encode, pmo(2));
    whole("pmo-v3-be", (Big, Ascii), Pmo::decode, Pmo::encode, pmo(3));
}

#[test]
fn put_records() {
    const ALL: i32 = 0x1F;
    let record = PutMsgRecord {
        msg_id: MSG_ID,
        correl_id: CORREL_ID,
        group_id: std::array::from_fn(|at| 0x50 + at as u8),
        feedback: 0,
        accounting_token: ACCOUNTING_TOKEN,
    };
    let decode = |r: &mut Reader<'_>| PutMsgRecord::decode(r, ALL);
    let encode = |record: &PutMsgRecord, w: &mut Writer| record.encode(w, ALL);
    let rest = check("pmr-le", (Little, Ascii), decode, encode, record);
    assert_eq!(rest, vector("pmr-le")[..PutMsgRecord::wire_len(ALL)]);
}

#[test]
fn get_options() {
    let gmo = |version| Gmo { version, options: 0x2001, wait_interval: 5000, ..Gmo::default() };
    whole("gmo-v1-be", (Big, Ascii), Gmo::decode, Gmo::encode, gmo(1));
    whole("gmo-v2-le", (Little, Ascii), Gmo::decode, Gmo::encode, gmo(2));
    whole("gmo-v3-be", (Big, Ascii), Gmo::decode, Gmo::encode, gmo(3));
    let reply = Gmo {
        resolved_q_name: text("DEV.QUEUE.1"),
        msg_token: std::array::from_fn(|at| 0x70 + at as u8),
        returned_length: 12,
        ..gmo(4)
    };
    whole("gmo-v4-le", (Little, Ascii), Gmo::decode, Gmo::encode, reply);
}

#[test]
fn object_descriptors() {
    // The vectors leave the character sets of absent strings at zero.
    let none = || Charv { ccsid: 0, ..Charv::default() };
    let od = |version| Od {
        version,
        object_name: text("DEV.QUEUE.1"),
        selection_string: none(),
        res_object_string: none(),
        object_string: none(),
        resolved_type: -3,
        ..Od::default()
    };
    let v1 = Od { object_name: text("DEV.QUEUE.1"), ..Od::default() };
    whole("od-v1-be", (Big, Ascii), Od::decode, Od::encode, v1);
    whole("od-v4-be", (Big, Ascii), Od::decode, Od::encode, od(4));
    let topic = Charv { offset: 540, length: 9, ccsid: 819, ..Charv::default() };
    assert!(topic.is_given());
    let want = Od { object_type: MQOT_TOPIC, object_name: Chars::BLANK, object_string: topic, ..od(4) };
    whole("od-v4-topic-le", (Little, Ascii), Od::decode, Od::encode, want);
}

const ACCOUNTING_TOKEN: [u8; 32] =
    *b"\x16\x01\x05\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19";

#[test]
fn transmission_queue_headers() {
    let xqh = |encoding, coded_char_set_id| Xqh {
        remote_q_name: text("TARGET.Q"),
        remote_q_mgr_name: text("QM2"),
        msg_desc: Md {
            encoding,
            coded_char_set_id,
            format: format::STRING,
            priority: 0,
            persistence: MQPER_PERSISTENT,
            msg_id: MSG_ID,
            user_identifier: text("alice"),
            accounting_token: ACCOUNTING_TOKEN,
            put_appl_type: MQAT_UNIX,
            put_appl_name: text("myapp"),
            put_date: text("20250102"),
            put_time: text("03040506"),
            ..Md::default()
        },
        ..Xqh::default()
    };
    whole("xqh-le", (Little, Ascii), Xqh::decode, Xqh::encode, xqh(546, 819));
    whole("xqh-be-ebcdic", (Big, Ebcdic), Xqh::decode, Xqh::encode, xqh(273, 500));
}

#[test]
fn jms_header() {
    let want = Rfh2 {
        encoding: 273,
        coded_char_set_id: 1208,
        format: format::STRING,
        folders: vec![
            Element::group("mcd").with("Msd", "jms_text"),
            Element::group("jms")
                .with("Dst", "queue:///DEV.QUEUE.1")
                .with("Tms", PropertyValue::Int64(1_735_787_045_000))
                .with("Dlv", PropertyValue::Int32(2)),
        ],
        ..Rfh2::default()
    };
    assert_eq!(check("rfh2-be", (Big, Ascii), Rfh2::decode, Rfh2::encode, want), b"Hello, world");
}

#[test]
fn command() {
    let want = pcf::Message {
        header: pcf::Cfh::command(MQCMD_INQUIRE_Q),
        parameters: vec![
            Parameter {
                id: MQCA_Q_NAME,
                value: pcf::Value::Text { ccsid: 819, text: b"DEV.QUEUE.1".to_vec() },
            },
            Parameter::ints(MQIACF_Q_ATTRS, [MQCA_Q_NAME, MQIA_CURRENT_Q_DEPTH]),
        ],
    };
    let bytes = vector("pcf-le");
    let mut padded = want.to_bytes(Little);
    // Padding is not significant: the vector has a blank where we write a null.
    padded[67] = b' ';
    assert_eq!(padded, bytes);
    assert_eq!(pcf::Message::of_bytes(&bytes, Little), Ok(want));
}
