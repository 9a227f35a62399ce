//! MQRFH2, strict and lenient. The first byte says how the rest is to be read.

use mqi::Rfh2;
use mqi::wire::{ByteOrder, Charset, Reader, Writer};

use crate::dice::Dice;
use crate::vectors;

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let how = dice.byte();
    let order = if how & 1 == 0 { ByteOrder::Big } else { ByteOrder::Little };
    let charset = if how & 2 == 0 { Charset::Ascii } else { Charset::Ebcdic };
    let data = dice.rest();
    let readable = Rfh2::decode_readable(data, order, charset);
    if let Some(readable) = &readable {
        look(readable);
        settles(readable, order, charset);
    }
    let mut r = Reader::new(data, order, charset);
    let length = Rfh2::length_at(r);
    if let Ok(strict) = Rfh2::decode(&mut r) {
        assert_eq!(length, Ok(data.len() - r.remaining()), "it is as long as it says");
        look(&strict);
        // What is right is not read otherwise by whoever is lenient.
        same(readable.as_ref(), Some(&strict));
        comes_back(&strict, order, charset);
    }
}

/// A NaN is as good as another: what is not equal is compared as text.
fn same(left: Option<&Rfh2>, right: Option<&Rfh2>) {
    if left != right {
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
    }
}

fn look(it: &Rfh2) {
    let mut names = Vec::new();
    it.for_each_property(|name, value| names.push((name.to_owned(), value.to_string())));
    for (name, _) in &names {
        let _ = it.find(name);
    }
    for folder in &it.folders {
        let _ = (folder.has_properties(), folder.find("a"), it.property(&folder.name, "a.b"));
    }
}

/// What could be read of a header that is wrong is written as one that need not be right either: a name may begin with
/// a digit, a number may be none, elements may lie deeper than they are read. It can be read as the first one was, and no
/// value comes to it.
fn settles(it: &Rfh2, order: ByteOrder, charset: Charset) {
    let values = |it: &Rfh2| {
        let mut values = 0;
        it.for_each_property(|_, _| values += 1);
        values
    };
    let mut w = Writer::new(order, charset);
    it.encode(&mut w);
    let again = Rfh2::decode_readable(&w.finish(), order, charset).expect("what is written is a header");
    assert!(values(&again) <= values(it), "{it:?} becomes {again:?}");
}

fn comes_back(it: &Rfh2, order: ByteOrder, charset: Charset) {
    let mut w = Writer::new(order, charset);
    it.encode(&mut w);
    let bytes = w.finish();
    let again = Rfh2::decode(&mut Reader::new(&bytes, order, charset));
    let again = again.unwrap_or_else(|reason| panic!("{it:?} is not read again: {reason:?}"));
    // Without folders any character set may be given for them, and one that they can be in is written.
    let is_known = [1208, 1200, 13488, 17584].contains(&it.name_value_ccsid);
    let want = Rfh2 { name_value_ccsid: if is_known { it.name_value_ccsid } else { 1208 }, ..it.clone() };
    same(Some(&again), Some(&want));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (name, bytes) in vectors::vectors("mqi") {
        if name.starts_with("rfh2") {
            seeds.push([&[0][..], &bytes].concat());
        }
    }
    for folders in [
        "<usr><a dt='i4'>1</a><b dt=\"bin.hex\">00ff</b><c xsi:nil='true'/></usr>",
        "<jms><Dst>queue:///Q</Dst><Pri>4</Pri><Tms>1</Tms></jms><mcd><Msd>jms_text</Msd></mcd>",
        "<x content='properties'><y><z dt='r8'>1e5</z></y>&lt;&#65;&#x42;</x>",
    ] {
        let text = format!("{folders:<width$}", width = folders.len().next_multiple_of(4));
        for (how, order) in [(0, ByteOrder::Big), (1, ByteOrder::Little)] {
            let mut w = Writer::new(order, Charset::Ascii);
            Rfh2::default().encode(&mut w);
            w.i32(i32::try_from(text.len()).unwrap_or(0));
            w.bytes(text.as_bytes());
            let length = i32::try_from(w.len()).unwrap_or(0);
            w.patch_i32(8, length);
            seeds.push([vec![how], w.finish()].concat());
        }
    }
    seeds
}
