//! The structures of the MQI: descriptors, options, headers of messages. The first two bytes say which and how.

use mqi::wire::{ByteOrder, Charset, Reader, Writer};
use mqi::{
    Bno, Cbc, Cbd, Cd, Charv, Cno, Csp, Ctlo, Dh, Dlh, Eph, Gmo, Md, Mde, ObjectRecord, Od, Pmo,
    PropertyValue, PutMsgRecord, Rfh, Sco, Sd, Sro, Sts, Tm, Tmc2, Xqh,
};

use crate::dice::Dice;
use crate::vectors;

const MIXES: [(ByteOrder, Charset); 4] = [
    (ByteOrder::Big, Charset::Ascii),
    (ByteOrder::Big, Charset::Ebcdic),
    (ByteOrder::Little, Charset::Ascii),
    (ByteOrder::Little, Charset::Ebcdic),
];

/// What is decoded is the same after having been written in any order and character set.
macro_rules! survives {
    ($data:ident, $mix:ident, $Name:ident) => {{
        let (order, charset) = $mix;
        if let Ok(it) = $Name::decode(&mut Reader::new($data, order, charset)) {
            for (order, charset) in MIXES {
                let mut w = Writer::new(order, charset);
                it.encode(&mut w);
                let bytes = w.finish();
                let again = $Name::decode(&mut Reader::new(&bytes, order, charset));
                assert_eq!(again.as_ref().ok(), Some(&it), "{order:?} {charset:?}");
            }
        }
    }};
}

macro_rules! structures {
    ($which:expr, $data:ident, $mix:ident, $($Name:ident)*) => {{
        let mut at = 0;
        $(
            if $which == at {
                survives!($data, $mix, $Name);
            }
            at += 1;
        )*
        at
    }};
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let (which, mix) = (dice.byte(), MIXES[usize::from(dice.byte() % 4)]);
    let data = dice.rest();
    let known = structures!(which, data, mix,
        Md Mde Od Gmo Pmo Cno Sd Sro Sts Dlh Xqh Tm Tmc2 Dh Cbd Cbc Ctlo Csp Bno Sco Cd Eph ObjectRecord);
    match which.checked_sub(known) {
        Some(0) => records(data, mix),
        Some(1) => version_1(data, mix),
        Some(2) => property(data),
        Some(3) => compact(data),
        Some(4) => extension(data, mix),
        Some(5) => strings(data),
        _ => {}
    }
}

fn records(data: &[u8], (order, charset): (ByteOrder, Charset)) {
    for fields in 0..32 {
        if let Ok(it) = PutMsgRecord::decode(&mut Reader::new(data, order, charset), fields) {
            let mut w = Writer::new(order, charset);
            it.encode(&mut w, fields);
            assert_eq!(w.finish(), data[..PutMsgRecord::wire_len(fields)]);
        }
    }
}

/// MQRFH, whose string is bytes of its own character set.
fn version_1(data: &[u8], (order, charset): (ByteOrder, Charset)) {
    let Ok(it) = Rfh::decode(&mut Reader::new(data, order, charset)) else { return };
    let _ = it.value("MQPSCommand");
    let mut w = Writer::new(order, charset);
    it.encode(&mut w);
    let bytes = w.finish();
    assert_eq!(Rfh::decode(&mut Reader::new(&bytes, order, charset)).as_ref(), Ok(&it));
}

fn property(data: &[u8]) {
    const TYPES: [Option<&str>; 11] = [
        None,
        Some("string"),
        Some("boolean"),
        Some("i1"),
        Some("i2"),
        Some("i4"),
        Some("i8"),
        Some("int"),
        Some("r4"),
        Some("r8"),
        Some("bin.hex"),
    ];
    let Some((which, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let dt = TYPES[usize::from(*which) % TYPES.len()];
    if let Ok(value) = PropertyValue::parse(dt, text) {
        let _ = value.mqtype();
        let again = PropertyValue::parse(value.dt(), &value.to_string());
        assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, mqi::Reason>(value)));
    }
}

/// The form in which the log has a descriptor.
fn compact(data: &[u8]) {
    let mut rest = data;
    let Ok(md) = Md::read_compact(&mut rest) else { return };
    let mut bytes = Vec::new();
    md.compact(&mut bytes);
    assert_eq!(Md::from_compact(&bytes), Ok(md));
}

fn extension(data: &[u8], (order, charset): (ByteOrder, Charset)) {
    let Ok(mut md) = Md::decode(&mut Reader::new(data, order, charset)) else { return };
    let whole = md.clone();
    if let Some(extension) = Mde::split_from(&mut md) {
        extension.join_to(&mut md);
        assert_eq!(
            (md.group_id, md.msg_seq_number, md.offset, md.msg_flags, md.original_length),
            (whole.group_id, whole.msg_seq_number, whole.offset, whole.msg_flags, whole.original_length)
        );
    }
}

fn strings(data: &[u8]) {
    let mut dice = Dice::new(data);
    let it = Charv {
        offset: dice.u32().cast_signed(),
        length: dice.u32().cast_signed(),
        ccsid: dice.u32().cast_signed(),
        ..Charv::default()
    };
    let base = dice.rest();
    if let Some(bytes) = it.bytes_in(base) {
        assert!(bytes.len() <= base.len());
    }
    let _ = (it.as_str(), it.is_given());
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const VECTORS: [(&str, u8); 4] = [("md-", 0), ("od-", 2), ("gmo-", 3), ("pmo-", 4)];
    let mut seeds = Vec::new();
    for (name, bytes) in vectors::vectors("mqi") {
        let mix = 2 * u8::from(name.ends_with("-le"));
        for (prefix, which) in VECTORS {
            if name.starts_with(prefix) {
                seeds.push([&[which, mix][..], &bytes].concat());
            }
        }
        if name == "md-v2-be" {
            seeds.push([&[27, mix][..], &bytes].concat());
        }
    }
    macro_rules! defaults {
        ($($which:literal $Name:ident)*) => {$(
            for version in $Name::VERSIONS {
                let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
                $Name { version: *version, ..$Name::default() }.encode(&mut w);
                seeds.push([vec![$which, 0], w.finish()].concat());
            }
        )*};
    }
    defaults!(0 Md 1 Mde 5 Cno 6 Sd 7 Sro 8 Sts 9 Dlh 10 Xqh 11 Tm 12 Tmc2 13 Dh 14 Cbd 15 Cbc 16 Ctlo 17 Csp 18 Bno
        19 Sco 20 Cd 21 Eph);
    let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
    Rfh { pairs: vec![(b"a".to_vec(), b"b c".to_vec())], ..Rfh::default() }.encode(&mut w);
    seeds.push([vec![24, 0], w.finish()].concat());
    let mut compact = vec![26, 0];
    Md { reply_to_q: mqi::Chars::from_str_padded("Q"), ..Md::v2() }.compact(&mut compact);
    seeds.push(compact);
    for (which, text) in
        ["text", "1", "0", "-5", "17", "99", "123", "1.5", "1e300", "NaN", "00ff"].iter().enumerate()
    {
        seeds.push([&[25, 0, which as u8][..], text.as_bytes()].concat());
    }
    seeds
}
