//! Messages written twice, as a host and as this machine would write them: one has to become the other.

use super::*;
use crate::ccsid::Conversion;
use crate::chars::Chars;
use crate::dh::Dh;
use crate::dlh::Dlh;
use crate::md::Md;
use crate::mde::Mde;
use crate::tm::Tm;
use crate::wire::{Charset, Writer};
use crate::xqh::Xqh;

const HOST: Representation = Representation { encoding: Encoding::S390, ccsid: Ccsid(500) };
const HERE: Representation = Representation { encoding: Encoding::REVERSED, ccsid: Ccsid::UTF_8 };
const LATIN: Representation = Representation { encoding: Encoding::NORMAL, ccsid: Ccsid::LATIN_1 };
const WIDE: Representation = Representation { encoding: Encoding::REVERSED, ccsid: Ccsid::UTF_16 };

fn rules(buffer_limit: usize) -> Rules {
    Rules::new(buffer_limit, HERE)
}

/// Text as it is in a representation.
fn text(is: Representation, text: &str) -> Vec<u8> {
    let order = is.encoding.integer_order().expect("a known one");
    let conversion = Conversion { to_order: order, ..Conversion::new(Ccsid::UTF_8, is.ccsid) };
    conversion.run(text.as_bytes()).expect("it has these characters")
}

fn writer(is: Representation) -> Writer {
    Writer::new(is.encoding.integer_order().expect("a known one"), Charset::of_ccsid(is.ccsid.0))
}

/// A structure or several, as they are in a representation.
fn write(is: Representation, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut w = writer(is);
    write(&mut w);
    w.finish()
}

fn ints(is: Representation, ints: &[i32]) -> Vec<u8> {
    write(is, |w| ints.iter().for_each(|&int| w.i32(int)))
}

/// The begin that most headers have in common, with flags 1.
fn head(
    is: Representation,
    id: &str,
    version: i32,
    length: usize,
    next: Representation,
    format: &str,
) -> Vec<u8> {
    [
        text(is, id),
        ints(is, &[version, length as i32, next.encoding.0, next.ccsid.0]),
        text(is, format),
        ints(is, &[1]),
    ]
    .concat()
}

fn run(format: Chars8, data: &[u8], from: Representation, to: Representation) -> Outcome<'_> {
    convert_message(format, data, from, to, &rules(10_000))
}

#[track_caller]
fn check_outcome(outcome: &Outcome<'_>, data: &[u8], is: Representation, reason: Reason) {
    assert_eq!(outcome.reason, reason);
    assert_eq!(outcome.representation(), is);
    assert!(*outcome.data == *data, "\n is {:02x?}\nnot {:02x?}", &*outcome.data, data);
}

/// A message that both sides can have in full goes either way, and stays where it is wanted as it is.
#[track_caller]
fn check(format: Chars8, build: impl Fn(Representation) -> Vec<u8>) {
    for (from, to) in [(HOST, HERE), (HERE, HOST), (HOST, LATIN), (HERE, LATIN), (HERE, HERE), (HOST, HOST)] {
        check_outcome(&run(format, &build(from), from, to), &build(to), to, Reason::NONE);
    }
}

#[track_caller]
fn check_refused(format: Chars8, data: &[u8], from: Representation, to: Representation, reason: Reason) {
    check_outcome(&run(format, data, from, to), data, from, reason);
}

fn dlh(is: Representation, next: Representation, format: Chars8) -> Vec<u8> {
    let dlh = Dlh {
        reason: 2053,
        dest_q_name: Chars::from_str_padded("ORDERS.IN"),
        dest_q_mgr_name: Chars::from_str_padded("QM1"),
        encoding: next.encoding.0,
        coded_char_set_id: next.ccsid.0,
        format,
        put_appl_type: 6,
        put_appl_name: Chars::from_str_padded("amqsput"),
        put_date: Chars::from_str_padded("20240229"),
        put_time: Chars::from_str_padded("12595999"),
        ..Dlh::default()
    };
    write(is, |w| dlh.encode(w))
}

fn rfh2(is: Representation, next: Representation, format: &str, folders: &[&str]) -> Vec<u8> {
    let folders: Vec<u8> = folders
        .iter()
        .flat_map(|folder| [&ints(is, &[folder.len() as i32]), folder.as_bytes()].concat())
        .collect();
    [&head(is, "RFH ", 2, 36 + folders.len(), next, format), &ints(is, &[1208]), folders.as_slice()].concat()
}

#[test]
fn text_alone() {
    for format in [format::STRING, format::COMMAND_1, format::COMMAND_2] {
        check(format, |is| text(is, "Grüße, 123"));
    }
    check_outcome(&run(format::STRING, b"\0A", LATIN, HERE), b"\0A", HERE, Reason::NONE);
    let wide = run(format::STRING, b"\xC8\x89", HOST, WIDE);
    check_outcome(&wide, b"H\0i\0", WIDE, Reason::NONE);
    let big = Representation { encoding: Encoding::NORMAL, ..WIDE };
    check_outcome(&run(format::STRING, b"H\0i\0", WIDE, big), b"\0H\0i", big, Reason::NONE);
}

#[test]
fn what_needs_no_conversion_gets_none() {
    for (format, data) in
        [(format::NONE, &b"x"[..]), (format::STRING, b"\xFF"), (Chars::new(*b"MYFORMAT"), b"x")]
    {
        let outcome = run(format, data, HERE, HERE);
        assert!(matches!(outcome.data, Cow::Borrowed(_)));
        check_outcome(&outcome, data, HERE, Reason::NONE);
        check_outcome(&run(format, b"", HOST, HERE), b"", HOST, Reason::NONE);
    }
    // Sets that we do not have are as good as any while nothing has to become of them.
    let unknown = |encoding| Representation { encoding, ccsid: Ccsid(12345) };
    let (from, to) = (unknown(Encoding::NORMAL), unknown(Encoding::REVERSED));
    check_outcome(&run(format::STRING, b"\xFF", from, to), b"\xFF", to, Reason::NONE);
    let undefined = Representation { encoding: Encoding(0), ..LATIN };
    check_outcome(&run(format::STRING, b"\xFC", undefined, HERE), "ü".as_bytes(), HERE, Reason::NONE);
}

#[test]
fn what_cannot_be_converted_stays_as_it_is() {
    let other = |ccsid| Representation { ccsid: Ccsid(ccsid), ..HOST };
    check_refused(format::NONE, b"x", HOST, HERE, Reason::FORMAT_ERROR);
    check_refused(Chars::new(*b"MYFORMAT"), b"x", HOST, HERE, Reason::FORMAT_ERROR);
    check_refused(format::CHANNEL_COMPLETED, b"x", HOST, HERE, Reason::FORMAT_ERROR);
    check_refused(format::STRING, b"x", other(12345), HERE, Reason::SOURCE_CCSID_ERROR);
    check_refused(format::STRING, b"x", other(0), HERE, Reason::SOURCE_CCSID_ERROR);
    check_refused(format::STRING, b"x", other(-1), HERE, Reason::SOURCE_CCSID_ERROR);
    check_refused(format::STRING, b"x", HERE, other(12345), Reason::TARGET_CCSID_ERROR);
    check_refused(format::STRING, b"x", HERE, other(-3), Reason::TARGET_CCSID_ERROR);
    check_refused(format::STRING, b"a\xFF", HERE, HOST, Reason::DBCS_ERROR);
    check_refused(format::STRING, b"\x93", other(943), HERE, Reason::DBCS_ERROR);
    check_refused(format::TRIGGER, b"TM  ", HERE, HOST, Reason::FORMAT_ERROR);
    check_refused(format::PCF, b"abc", HERE, HOST, Reason::FORMAT_ERROR);
    check_refused(format::DEAD_LETTER_HEADER, &[b' '; 200], HERE, HOST, Reason::FORMAT_ERROR);
    let header = dlh(HERE, HERE, format::NONE);
    let encoded = |encoding, is: Representation| Representation { encoding: Encoding(encoding), ..is };
    check_refused(
        format::DEAD_LETTER_HEADER,
        &header,
        encoded(0, HERE),
        HOST,
        Reason::SOURCE_INTEGER_ENC_ERROR,
    );
    check_refused(
        format::DEAD_LETTER_HEADER,
        &header,
        HERE,
        encoded(0x113, HOST),
        Reason::TARGET_INTEGER_ENC_ERROR,
    );
    check_refused(format::DEAD_LETTER_HEADER, &header, WIDE, HERE, Reason::SOURCE_CCSID_ERROR);
    check_refused(format::DEAD_LETTER_HEADER, &header, HERE, other(12345), Reason::TARGET_CCSID_ERROR);
}

#[test]
fn loss_is_a_matter_of_the_rules() {
    let lossy = run(format::STRING, "a€".as_bytes(), HERE, LATIN);
    check_outcome(&lossy, b"a\x1A", LATIN, Reason::NONE);
    let strict = Rules { unmappable: Unmappable::Refuse, ..rules(100) };
    let outcome = convert_message(format::STRING, "a€".as_bytes(), HERE, LATIN, &strict);
    check_outcome(&outcome, "a€".as_bytes(), HERE, Reason::NOT_CONVERTED);
}

#[test]
fn chains_of_headers() {
    check(format::DEAD_LETTER_HEADER, |is| [dlh(is, is, format::STRING), text(is, "Grüße")].concat());
    check(format::RF_HEADER_2, |is| {
        [rfh2(is, is, "MQSTR   ", &["<usr>ü</usr>", "<a/> "]), text(is, "Grüße")].concat()
    });
    check(format::DEAD_LETTER_HEADER, |is| {
        let folders = &["<mcd><Msd>jms_text</Msd></mcd>  "];
        [dlh(is, is, format::RF_HEADER_2), rfh2(is, is, "MQSTR   ", folders), text(is, "ok")].concat()
    });
    check(format::XMIT_Q_HEADER, |is| {
        let msg_desc = Md {
            encoding: is.encoding.0,
            coded_char_set_id: is.ccsid.0,
            format: format::MD_EXTENSION,
            msg_id: [0xC1; 24],
            reply_to_q: Chars::from_str_padded("REPLY"),
            accounting_token: [7; 32],
            ..Md::default()
        };
        let xqh = Xqh { remote_q_name: Chars::from_str_padded("Q"), msg_desc, ..Xqh::default() };
        let mde = Mde {
            encoding: is.encoding.0,
            coded_char_set_id: is.ccsid.0,
            format: format::STRING,
            group_id: [0x40; 24],
            msg_seq_number: 5,
            ..Mde::default()
        };
        let mut out = write(is, |w| {
            xqh.encode(w);
            mde.encode(w);
        });
        out.extend(text(is, "data"));
        out
    });
}

#[test]
fn parts_may_be_in_representations_of_their_own() {
    let message = [dlh(HOST, LATIN, format::STRING), b"\xFC".to_vec()].concat();
    let want = [dlh(HERE, HERE, format::STRING), "ü".as_bytes().to_vec()].concat();
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, Reason::NONE);
    // Also where the descriptor says that nothing is to do.
    let message = [dlh(HERE, LATIN, format::STRING), b"\xFC".to_vec()].concat();
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HERE, HERE), &want, HERE, Reason::NONE);

    let inherit = |is: Representation| Representation { ccsid: Ccsid::INHERIT, ..is };
    check(format::RF_HEADER_2, |is| [rfh2(is, inherit(is), "MQSTR   ", &[]), text(is, "ü")].concat());
}

#[test]
fn data_without_a_format_stays_behind_its_header() {
    let message = [dlh(HOST, HOST, format::NONE), b"\xC1\0".to_vec()].concat();
    let want = [dlh(HERE, HOST, format::NONE), b"\xC1\0".to_vec()].concat();
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, Reason::NONE);
    // What inherited its set has to name it when the header is in another.
    let inherit = Representation { ccsid: Ccsid::INHERIT, ..HOST };
    let message = [rfh2(HOST, inherit, "        ", &["<a/>"]), b"\xC1".to_vec()].concat();
    let want = [rfh2(HERE, HOST, "        ", &["<a/>"]), b"\xC1".to_vec()].concat();
    check_outcome(&run(format::RF_HEADER_2, &message, HOST, HERE), &want, HERE, Reason::NONE);
    // Nothing behind the header: nothing new to say of it.
    let message = dlh(HOST, HOST, format::STRING);
    let want = dlh(HERE, HOST, format::STRING);
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, Reason::NONE);
}

#[test]
fn a_part_that_fails_stays_with_what_is_behind_it() {
    let odd = Representation { ccsid: Ccsid(12345), ..HOST };
    for (format, next, reason) in [
        (Chars::new(*b"MYFORMAT"), HOST, Reason::FORMAT_ERROR),
        (format::STRING, odd, Reason::SOURCE_CCSID_ERROR),
        (format::PCF, HOST, Reason::FORMAT_ERROR),
        (format::RF_HEADER_2, HOST, Reason::FORMAT_ERROR),
    ] {
        let message = [dlh(HOST, next, format), b"\x01\x02\x03".to_vec()].concat();
        let want = [dlh(HERE, next, format), b"\x01\x02\x03".to_vec()].concat();
        check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, reason);
    }
    // A second header is either converted with its folders or not at all.
    let bad = {
        let mut bad = rfh2(HOST, HOST, "MQSTR   ", &["<a/>"]);
        bad[39] = 200; // longer than the header
        bad
    };
    let message = [dlh(HOST, HOST, format::RF_HEADER_2), bad.clone(), text(HOST, "x")].concat();
    let want = [dlh(HERE, HOST, format::RF_HEADER_2), bad, text(HOST, "x")].concat();
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, Reason::FORMAT_ERROR);
}

#[test]
fn headers_stay_out_of_utf_16() {
    let message = [dlh(HOST, HOST, format::STRING), text(HOST, "Hi")].concat();
    let want = [dlh(HERE, WIDE, format::STRING), text(WIDE, "Hi")].concat();
    let outcome = run(format::DEAD_LETTER_HEADER, &message, HOST, WIDE);
    check_outcome(&outcome, &want, HERE, Reason::PARTIALLY_CONVERTED);
}

#[test]
fn bridge_headers_take_their_data_with_them() {
    let none = Representation::default();
    let iih = |is: Representation, format: &str| {
        let names = text(is, "LTERM   MAP     MQSTR   SECRET  ");
        [head(is, "IIH ", 1, 84, none, format), names, vec![0xC1; 16], text(is, "C0F ")].concat()
    };
    let cih = |is: Representation, version: i32, format: &str| {
        let length = if version == 1 { 164 } else { 180 };
        let mut out = head(is, "CIH ", version, length, none, format);
        out.extend(ints(is, &(1..=10).collect::<Vec<_>>()));
        out.extend(ints(is, &[-1]));
        out.extend([0xC1; 8]);
        out.extend(text(is, &"ABCD".repeat(20)));
        out.extend(if version == 1 { vec![] } else { ints(is, &[20, 21, 22, 0]) });
        out
    };
    let strings = |is: Representation| {
        ["ABCD", "ü"]
            .iter()
            .flat_map(|string| {
                let string = text(is, string);
                let length = (string.len() + 4) as u16;
                let length = match is.encoding.integer_order() {
                    Some(ByteOrder::Little) => length.to_le_bytes(),
                    _ => length.to_be_bytes(),
                };
                [&length[..], &[0x12, 0x34], &string].concat()
            })
            .collect::<Vec<u8>>()
    };
    check(format::IMS_VAR_STRING, strings);
    check(format::IMS, |is| [iih(is, "MQIMSVS "), strings(is)].concat());
    check(format::CICS, |is| [cih(is, 1, "MQSTR   "), text(is, "TRAN data")].concat());
    check(format::CICS, |is| [cih(is, 2, "MQSTR   "), text(is, "TRAN data")].concat());
    check(format::CICS, |is| cih(is, 2, "        "));
    // The data has no description of its own, so the header waits for it.
    let message = [iih(HOST, "MYFORMAT"), b"x".to_vec()].concat();
    check_refused(format::IMS, &message, HOST, HERE, Reason::FORMAT_ERROR);
    let message = [dlh(HOST, HOST, format::IMS), iih(HOST, "MQIMSVS "), b"\0\x03".to_vec()].concat();
    let want = [dlh(HERE, HOST, format::IMS), iih(HOST, "MQIMSVS "), b"\0\x03".to_vec()].concat();
    check_outcome(&run(format::DEAD_LETTER_HEADER, &message, HOST, HERE), &want, HERE, Reason::FORMAT_ERROR);
    // And data that is never converted does not hold it back.
    let message = [iih(HOST, "        "), b"x".to_vec()].concat();
    let want = [iih(HERE, "        "), b"x".to_vec()].concat();
    check_outcome(&run(format::IMS, &message, HOST, HERE), &want, HERE, Reason::NONE);
    // A string that grows out of its length.
    let long = [&[0xFF, 0xFF, 0, 0][..], &[0xFC; 0xFFFB]].concat();
    let outcome = convert_message(format::IMS_VAR_STRING, &long, LATIN, HERE, &rules(1 << 20));
    check_outcome(&outcome, &long, LATIN, Reason::CONVERTED_STRING_TOO_BIG);
}

#[test]
fn structures_of_their_own() {
    check(format::TRIGGER, |is| {
        let tm = Tm {
            q_name: Chars::from_str_padded("ORDERS"),
            appl_type: 6,
            appl_id: Chars::from_str_padded("/opt/bin/start"),
            ..Tm::default()
        };
        write(is, |w| tm.encode(w))
    });
    check(format::WORK_INFO_HEADER, |is| {
        let service = text(is, "SERVICE                         STEP    ");
        let reserved = text(is, &" ".repeat(32));
        [head(is, "WIH ", 1, 120, is, "MQSTR   "), service, vec![0xC1; 16], reserved, text(is, "x")].concat()
    });
}

#[test]
fn distribution_lists() {
    let message = |is: Representation, objects_at: usize, puts_at: usize| {
        let objects = text(is, &format!("{:48}{:48}{:48}{:48}", "Q1", "QM1", "Q2", "QM2"));
        let put = |feedback| [vec![0xC1; 24], ints(is, &[feedback]), vec![0x40; 32]].concat();
        let puts = [put(1), put(2)].concat();
        let dh = Dh {
            struc_length: 360,
            encoding: is.encoding.0,
            coded_char_set_id: is.ccsid.0,
            format: format::STRING,
            put_msg_rec_fields: 0x01 | 0x08 | 0x10,
            recs_present: 2,
            object_rec_offset: objects_at as i32,
            put_msg_rec_offset: puts_at as i32,
            ..Dh::default()
        };
        let mut out = write(is, |w| dh.encode(w));
        out.extend(if objects_at < puts_at { [objects, puts].concat() } else { [puts, objects].concat() });
        out.extend(text(is, "data"));
        out
    };
    check(format::DIST_HEADER, |is| message(is, 48, 240));
    check(format::DIST_HEADER, |is| message(is, 168, 48));
    for (objects_at, puts_at) in [(20, 240), (48, 100), (48, 10_000), (usize::MAX, 48)] {
        check_refused(
            format::DIST_HEADER,
            &message(HOST, objects_at, puts_at),
            HOST,
            HERE,
            Reason::FORMAT_ERROR,
        );
    }
}

#[test]
fn strings_that_a_header_points_to_move() {
    let message = |is: Representation, shared: bool| {
        let (source, target) = (text(is, "Grüße"), text(is, "Ziel"));
        let target_at = 108 + source.len() + 1;
        let end = target_at + target.len();
        let mut out = head(is, "RMH ", 1, end.next_multiple_of(4), is, "MQSTR   ");
        out.extend(text(is, "FLATFILE"));
        out.extend([0xC1; 24]);
        let second = if shared { (source.len(), 108) } else { (target.len(), target_at) };
        for (length, offset) in [(0, 0), (source.len(), 108), (0, 0), second] {
            out.extend(ints(is, &[length as i32, offset as i32]));
        }
        out.extend(ints(is, &[1, 2, 3]));
        out.extend(source);
        out.push(0xEE); // between the strings
        let rest = if shared { vec![0xDD; target.len()] } else { target };
        out.extend(rest);
        (out, end)
    };
    for shared in [false, true] {
        let pad = |is: Representation, (mut message, end): (Vec<u8>, usize), how: &[u8]| {
            message.extend(how.iter().cycle().take(end.next_multiple_of(4) - end));
            message.extend(text(is, "data"));
            message
        };
        // On the host one byte less, so the padding is one byte more: what was there stays there.
        let from = pad(HOST, message(HOST, shared), b"\xAA");
        let outcome = run(format::REF_MSG_HEADER, &from, HOST, HERE);
        assert_eq!((outcome.reason, outcome.representation()), (Reason::NONE, HERE));
        let (want, end) = message(HERE, shared);
        assert_eq!(outcome.data[12..end], want[12..end]);
        assert_eq!(outcome.data[..8], want[..8]);
        let length = i32::from_le_bytes(outcome.data[8..12].try_into().expect("four bytes")) as usize;
        assert!(length >= end && length.is_multiple_of(4), "{length} {end}");
        assert_eq!(&outcome.data[length..], b"data");
    }
    let (mut wrong, _) = message(HOST, false);
    wrong[79] = 20; // an offset into the fixed part
    wrong.extend([0; 8]);
    check_refused(format::REF_MSG_HEADER, &wrong, HOST, HERE, Reason::FORMAT_ERROR);
}

#[test]
fn name_value_strings_grow_with_their_header() {
    let message = |is: Representation, blanks: &str| {
        let string = text(is, &format!("MQPSTopic Grüße{blanks}"));
        [head(is, "RFH ", 1, 32 + string.len(), is, "MQSTR   "), string, text(is, "data")].concat()
    };
    let outcome = message(HOST, " ");
    let outcome = run(format::RF_HEADER_1, &outcome, HOST, HERE);
    // 16 bytes become 18, then blanks to 20.
    check_outcome(&outcome, &message(HERE, "   "), HERE, Reason::NONE);
    let mut version = message(HOST, "");
    version[7] = 2;
    check_refused(format::RF_HEADER_1, &version, HOST, HERE, Reason::FORMAT_ERROR);
}

#[test]
fn folders_keep_their_unicode() {
    let message = |is: Representation, ccsid: i32, folder: Vec<u8>| {
        let tail = [ints(is, &[ccsid, folder.len() as i32]), folder].concat();
        [head(is, "RFH ", 2, 32 + tail.len(), LATIN, "        "), tail].concat()
    };
    let wide = |is: Representation| text(Representation { ccsid: Ccsid::UTF_16, ..is }, "<a>ü</a>");
    for ccsid in [1200, 13488, 17584] {
        check(format::RF_HEADER_2, |is| message(is, ccsid, wide(is)));
    }
    check(format::RF_HEADER_2, |is| message(is, 1208, "<a>ü</a>".as_bytes().to_vec()));
    let latin = message(HOST, 819, b"<a/>".to_vec());
    check_refused(format::RF_HEADER_2, &latin, HOST, HERE, Reason::SOURCE_CCSID_ERROR);
}

/// A parameter: type, integers before the string, string, padding.
fn parameter(is: Representation, kind: i32, middle: &[i32], tail: &[u8]) -> Vec<u8> {
    let length = 12 + 4 * middle.len() + tail.len();
    let padding = vec![0; length.next_multiple_of(4) - length];
    let head = ints(is, &[kind, length.next_multiple_of(4) as i32, 2016]);
    [head, ints(is, middle), tail.to_vec(), padding].concat()
}

fn pcf(is: Representation, parameters: &[Vec<u8>]) -> Vec<u8> {
    let head = ints(is, &[1, 36, 3, 13, 1, 1, 0, 0, parameters.len() as i32]);
    [head, parameters.concat()].concat()
}

fn int64(is: Representation, value: i64) -> Vec<u8> {
    write(is, |w| w.i64(value))
}

#[test]
fn pcf_parameters_of_every_type() {
    let all = |is: Representation| {
        let string = text(is, "Grüße");
        let length = string.len() as i32;
        let list = text(is, "abcdef    ");
        pcf(
            is,
            &[
                parameter(is, 3, &[-5], &[]),
                parameter(is, 4, &[0, length], &string),
                parameter(is, 4, &[is.ccsid.0, length], &string),
                parameter(is, 4, &[0, 0], &[]),
                parameter(is, 5, &[3, 1, 2, 3], &[]),
                parameter(is, 6, &[0, 2, 5], &list),
                parameter(is, 6, &[0, 0, 0], &[]),
                parameter(is, 9, &[3], b"\xC1\xC2\xC3"),
                parameter(is, 13, &[2, 100], &[]),
                parameter(is, 14, &[18, 0, length], &string),
                parameter(is, 15, &[2, 3], b"\xC1\xC2\xC3"),
                parameter(is, 20, &[1], &[]),
                parameter(is, 3, &[7], &[]),
                parameter(is, 23, &[0], &int64(is, -9_000_000_000)),
                parameter(is, 25, &[2], &[int64(is, 1), int64(is, i64::MIN)].concat()),
            ],
        )
    };
    for format in [format::ADMIN, format::EVENT, format::PCF] {
        check(format, all);
    }
    check(format::EMBEDDED_PCF, |is| {
        let pcf = all(is);
        [head(is, "EPH ", 1, 32 + pcf.len(), is, "MQSTR   "), pcf, text(is, "data")].concat()
    });
}

#[test]
fn the_strings_of_a_list_get_the_length_of_the_longest() {
    let list = |is: Representation, length: i32, strings: &str| {
        pcf(is, &[parameter(is, 6, &[0, 2, length], &text(is, strings))])
    };
    let (latin, utf_8, wide) = (list(LATIN, 2, "üüab"), list(HERE, 4, "üüab  "), list(WIDE, 4, "üüab"));
    check_outcome(&run(format::PCF, &latin, LATIN, HERE), &utf_8, HERE, Reason::NONE);
    check_outcome(&run(format::PCF, &latin, LATIN, WIDE), &wide, WIDE, Reason::NONE);
    // The blanks that made the strings equally long are part of them by then.
    let longer = list(LATIN, 4, "üü  ab  ");
    check_outcome(&run(format::PCF, &utf_8, HERE, LATIN), &longer, LATIN, Reason::NONE);
}

#[test]
fn pcf_strings_may_name_their_sets() {
    let string = |is: Representation, ccsid: i32, bytes: &[u8]| {
        pcf(is, &[parameter(is, 4, &[ccsid, bytes.len() as i32], bytes), parameter(is, 3, &[1], &[])])
    };
    let embedded = |is: Representation| Representation { ccsid: Ccsid::EMBEDDED, ..is };
    let outcome = string(embedded(HOST), 819, b"\xFC");
    let outcome = run(format::ADMIN, &outcome, embedded(HOST), HERE);
    check_outcome(&outcome, &string(HERE, 1208, "ü".as_bytes()), HERE, Reason::NONE);
    let default = string(HOST, 0, b"\xC1");
    check_refused(format::ADMIN, &default, embedded(HOST), HERE, Reason::SOURCE_CCSID_ERROR);
    // Wanted embedded: strings stay, and say what they are in.
    let want = string(HERE, 500, b"\xC1");
    check_outcome(&run(format::ADMIN, &default, HOST, embedded(HERE)), &want, embedded(HERE), Reason::NONE);
    // The descriptors' sets are the same: strings stay, numbers do not.
    let (from, to) = (Representation { ccsid: Ccsid::UTF_8, ..HOST }, HERE);
    let mixed = string(from, 819, b"\xFC");
    check_outcome(&run(format::ADMIN, &mixed, from, to), &string(to, 819, b"\xFC"), to, Reason::NONE);
    // Strings may be UTF-16, which no header may.
    let want = string(WIDE, 0, &text(WIDE, "A"));
    check_outcome(&run(format::ADMIN, &default, HOST, WIDE), &want, WIDE, Reason::NONE);
}

#[test]
fn pcf_that_contradicts_itself_is_a_format_error() {
    let bad = |parameter: &[i32]| [pcf(HOST, &[]), ints(HOST, parameter)].concat();
    for message in [
        ints(HOST, &[1, 35, 3, 13, 1, 1, 0, 0, 0]),
        ints(HOST, &[1, 36, 3]),
        bad(&[3, 16]),
        bad(&[3, 12, 1]),
        bad(&[3, 20, 1, 1]),
        bad(&[3, -16, 1, 1]),
        bad(&[99, 16, 1, 1]),
        bad(&[5, 20, 1, 2, 1]),
        bad(&[5, 20, 1, -1, 1]),
        bad(&[5, 20, 1, i32::MAX, 1]),
        bad(&[4, 20, 1, 0, 4]),
        bad(&[4, 20, 1, 0, -4]),
        bad(&[6, 24, 1, 0, i32::MAX, i32::MAX]),
        bad(&[6, 24, 1, 0, 1, 1]),
        bad(&[9, 16, 1, 1]),
    ] {
        check_refused(format::PCF, &message, HOST, HERE, Reason::FORMAT_ERROR);
    }
    // Any number of strings without characters is a legal list, and stays short.
    let many = bad(&[6, 24, 1, 0, i32::MAX, 0]);
    assert_eq!(run(format::PCF, &many, HOST, HERE).reason, Reason::NONE);
}

#[test]
fn fields_shrink_with_blanks_and_grow_at_the_cost_of_what_says_nothing() {
    let named = |is: Representation, name: &[u8]| {
        let mut header = dlh(is, is, format::NONE);
        header[12..60].fill(text(is, " ")[0]);
        header[12..12 + name.len()].copy_from_slice(name);
        header
    };
    let run = |from, name: &[u8], to| {
        let message = named(from, name);
        let outcome = convert_message(format::DEAD_LETTER_HEADER, &message, from, to, &rules(1000));
        (outcome.reason, outcome.data[12..60].to_vec())
    };
    // 40 letters of two bytes each in UTF-8 do not fit, 24 do.
    let grown: Vec<u8> = "ü".repeat(24).into_bytes();
    assert_eq!(run(LATIN, &[0xFC; 24], HERE), (Reason::NONE, grown.clone()));
    let with_null = [&[0xFC; 24][..], &[0; 24]].concat();
    assert_eq!(run(LATIN, &with_null, HERE), (Reason::NONE, grown.clone()));
    assert_eq!(run(LATIN, &[0xFC; 25], HERE).0, Reason::CONVERTED_STRING_TOO_BIG);
    // Shrinking leaves blanks.
    let shrunk = [&[0xFC; 24][..], &[b' '; 24]].concat();
    assert_eq!(run(HERE, &grown, LATIN), (Reason::NONE, shrunk));
    // What stands behind a null need not be text.
    let noise = [&b"AB\0"[..], &[0xFF; 45]].concat();
    assert_eq!(run(HERE, &noise, LATIN), (Reason::NONE, [&b"AB"[..], &[b' '; 46]].concat()));
    // Nulls stay where nothing has to move.
    let nulls = [&b"AB"[..], &[0; 46]].concat();
    assert_eq!(run(HERE, &nulls, LATIN), (Reason::NONE, nulls));
}

#[test]
fn shifts_come_and_go_and_the_lengths_follow() {
    let host = Representation { encoding: Encoding::S390, ccsid: Ccsid(930) };
    let pc = Representation { encoding: Encoding::REVERSED, ccsid: Ccsid(943) };
    let (there, here) = (&b"\x0E\x45\x62\x45\x66\x0F"[..], &b"\x93\xFA\x96\x7B"[..]);
    check_outcome(&run(format::STRING, here, pc, host), there, host, Reason::NONE);
    check_outcome(&run(format::STRING, there, host, pc), here, pc, Reason::NONE);
    check_refused(format::STRING, b"\x0E\x45\x62", host, pc, Reason::DBCS_ERROR);
    check_refused(format::STRING, b"\x45\x0F", host, pc, Reason::DBCS_ERROR);

    let within = |limit, truncation| {
        let rules = Rules { truncation, ..rules(limit) };
        let outcome = convert_message(format::STRING, here, pc, host, &rules);
        (outcome.reason, outcome.ccsid, outcome.data.into_owned())
    };
    let cut = b"\x0E\x45\x62\x0F".to_vec();
    assert_eq!(within(6, Truncation::Refused), (Reason::NONE, host.ccsid, there.to_vec()));
    assert_eq!(within(5, Truncation::Refused), (Reason::CONVERTED_MSG_TOO_BIG, pc.ccsid, here.to_vec()));
    assert_eq!(within(5, Truncation::Accepted), (Reason::TRUNCATED_MSG_ACCEPTED, host.ccsid, cut));

    // PCF says how long its strings have become.
    let string = |is: Representation, text: &[u8]| {
        let padded = [text, &vec![0; text.len().next_multiple_of(4) - text.len()]].concat();
        pcf(is, &[parameter(is, 4, &[0, text.len() as i32], &padded)])
    };
    check_outcome(&run(format::PCF, &string(pc, here), pc, host), &string(host, there), host, Reason::NONE);
    check_outcome(&run(format::PCF, &string(host, there), host, pc), &string(pc, here), pc, Reason::NONE);

    // A field keeps its length: the shifts take the place of blanks.
    let field = |is: Representation, name: &[u8]| {
        let mut header = dlh(is, is, format::NONE);
        header[12..60].fill(text(is, " ")[0]);
        header[12..12 + name.len()].copy_from_slice(name);
        header
    };
    let convert = |from, name: &[u8], to| {
        let message = field(from, name);
        let outcome = run(format::DEAD_LETTER_HEADER, &message, from, to);
        (outcome.reason, outcome.data[12..60].to_vec())
    };
    let shifted = |count: usize| [&b"\x0E"[..], &b"\x45\x62".repeat(count), b"\x0F"].concat();
    let blanks = |mut name: Vec<u8>, blank| {
        name.resize(48, blank);
        name
    };
    assert_eq!(convert(pc, &b"\x93\xFA".repeat(23), host), (Reason::NONE, shifted(23)));
    assert_eq!(convert(pc, &b"\x93\xFA".repeat(3), host), (Reason::NONE, blanks(shifted(3), 0x40)));
    assert_eq!(convert(host, &shifted(23), pc), (Reason::NONE, blanks(b"\x93\xFA".repeat(23), b' ')));
    assert_eq!(convert(pc, &b"\x93\xFA".repeat(24), host).0, Reason::CONVERTED_STRING_TOO_BIG);
}

#[test]
fn a_mark_before_text_is_not_text_and_half_a_pair_is_none() {
    let big = Representation { encoding: Encoding::NORMAL, ..WIDE };
    check_outcome(&run(format::STRING, b"\xFE\xFF\0A", big, HERE), b"A", HERE, Reason::NONE);
    check_outcome(&run(format::STRING, b"\xFE\xFF\0A", WIDE, HERE), b"A", HERE, Reason::NONE);
    check_outcome(&run(format::STRING, b"\xFE\xFF\0A", big, WIDE), b"\xFF\xFEA\0", WIDE, Reason::NONE);
    check_refused(format::STRING, b"\0A\xD8\x3D\0B", big, HERE, Reason::DBCS_ERROR);
    check_refused(format::STRING, b"\0A\xDE\0", big, HOST, Reason::DBCS_ERROR);
    check_refused(format::STRING, b"\0A\xD8\x3D", big, HOST, Reason::DBCS_ERROR);
    // Between the orders of one set nothing is read.
    check_outcome(&run(format::STRING, b"\xD8\x3D\0B", big, WIDE), b"\x3D\xD8B\0", WIDE, Reason::NONE);
}

#[test]
fn a_result_that_is_too_long_is_given_up_or_cut() {
    let ask = |limit, truncation| Rules { truncation, ..rules(limit) };
    let run = |data: &[u8], limit, truncation| {
        let rules = ask(limit, truncation);
        let outcome = convert_message(format::STRING, data, LATIN, HERE, &rules);
        (outcome.reason, outcome.ccsid, outcome.data.into_owned())
    };
    let ue = "ü".as_bytes().to_vec();
    let one = (Reason::TRUNCATED_MSG_ACCEPTED, HERE.ccsid, ue.clone());
    assert_eq!(run(b"\xFC", 2, Truncation::Refused), (Reason::NONE, HERE.ccsid, ue.clone()));
    assert_eq!(
        run(b"\xFC\xFC", 3, Truncation::Refused),
        (Reason::CONVERTED_MSG_TOO_BIG, LATIN.ccsid, b"\xFC\xFC".to_vec())
    );
    assert_eq!(run(b"\xFC\xFC", 3, Truncation::Accepted), one);
    assert_eq!(run(b"\xFC\xFC", 3, Truncation::Happened), one);
    assert_eq!(run(b"\xFC", 2, Truncation::Happened), (Reason::NONE, HERE.ccsid, ue));

    // The data behind a header: the header is converted, the data is not.
    let message = [dlh(LATIN, LATIN, format::STRING), vec![0xFC; 4]].concat();
    let outcome =
        convert_message(format::DEAD_LETTER_HEADER, &message, LATIN, HERE, &ask(176, Truncation::Refused));
    let want = [dlh(HERE, LATIN, format::STRING), vec![0xFC; 4]].concat();
    check_outcome(&outcome, &want, HERE, Reason::CONVERTED_MSG_TOO_BIG);
}

#[test]
fn a_message_that_was_cut_is_converted_as_far_as_it_goes() {
    let cut = Rules { truncation: Truncation::Happened, ..rules(10_000) };
    let whole =
        |is| [dlh(is, is, format::PCF), pcf(is, &[parameter(is, 4, &[0, 4], &text(is, "ABCD"))])].concat();
    let (from, want) = (whole(HOST), whole(HERE));
    for length in 1..from.len() {
        let outcome = convert_message(format::DEAD_LETTER_HEADER, &from[..length], HOST, HERE, &cut);
        assert_eq!((outcome.reason, outcome.representation()), (Reason::NONE, HERE), "{length}");
        assert_eq!(outcome.data.len(), length);
        let converted = length - length % 4;
        // The last character field may have been cut; all others are as they would be in the whole message.
        let sure = [12, 60, 108, 116, 128, 156, 164, 172]
            .into_iter()
            .filter(|&end| end <= converted)
            .max()
            .unwrap_or(0);
        let sure = if length >= 172 { converted } else { sure };
        let link = 108..116;
        for at in (0..sure).filter(|at| length > 172 || !link.contains(at)) {
            assert_eq!(outcome.data[at], want[at], "byte {at} of {length}");
        }
    }
    let outcome = convert_message(format::STRING, b"ab\xC3", HERE, LATIN, &cut);
    check_outcome(&outcome, b"ab\xC3", LATIN, Reason::NONE);
}

#[test]
fn no_bytes_make_it_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let message = |is: Representation| {
        let pcf = pcf(is, &[parameter(is, 4, &[0, 4], &text(is, "ABCD")), parameter(is, 5, &[1, 2], &[])]);
        [dlh(is, is, format::RF_HEADER_2), rfh2(is, is, "MQPCF   ", &["<a/>"]), pcf].concat()
    };
    let formats = [
        format::DEAD_LETTER_HEADER,
        format::RF_HEADER_2,
        format::RF_HEADER_1,
        format::DIST_HEADER,
        format::REF_MSG_HEADER,
        format::EMBEDDED_PCF,
        format::PCF,
        format::IMS,
        format::CICS,
        format::IMS_VAR_STRING,
        format::WORK_INFO_HEADER,
        format::XMIT_Q_HEADER,
        format::MD_EXTENSION,
        format::TRIGGER,
    ];
    for round in 0..20_000 {
        let (from, to) = [(HOST, HERE), (HERE, HOST), (HERE, WIDE)][round % 3];
        let format = formats[round % formats.len()];
        let start = [0, 172, 212][(next() % 3) as usize];
        let mut data = message(from)[start..].to_vec();
        if start == 172 && format != format::RF_HEADER_2 {
            data[..4].copy_from_slice(&text(
                from,
                ["RMH ", "DH  ", "EPH ", "RFH ", "CIH "][(next() % 5) as usize],
            ));
        }
        for _ in 0..next() % 6 {
            let at = (next() as usize) % data.len();
            data[at] = [0, 1, 48, 0xFF, next() as u8][(next() % 5) as usize];
        }
        data.truncate(1 + (next() as usize) % (2 * data.len()));
        let truncation =
            [Truncation::Refused, Truncation::Accepted, Truncation::Happened][(next() % 3) as usize];
        let limit = data.len() + (next() % 40) as usize;
        let rules = Rules { truncation, ..rules(limit) };
        let outcome = convert_message(format, &data, from, to, &rules);
        assert!(outcome.data.len() <= limit);
        if outcome.reason == Reason::NONE && truncation == Truncation::Refused {
            assert!(outcome.representation() == to || outcome.representation() == from);
        }
    }
}
