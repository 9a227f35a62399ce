//! Conversion of message data between character sets and encodings.

use mqi::ccsid::{self, Ccsid};
use mqi::convert::{Encoding, Representation, Rules, Truncation, convert_message};
use mqi::{Chars, Reason};

use crate::dice::Dice;
use crate::vectors;

const FORMATS: [&str; 20] = [
    "MQSTR", "MQHRF2", "MQHRF", "MQDEAD", "MQXMIT", "MQHMDE", "MQADMIN", "MQPCF", "MQEVENT", "MQTRIG",
    "MQTMC", "MQHDIST", "MQIMS", "MQCICS", "MQHEPCF", "MQHWIH", "MQHREF", "MQCMD1", "MQIMSVS", "",
];
const SETS: [i32; 20] = [
    819, 500, 1208, 1200, 13488, 37, 1047, 850, 437, 932, 943, 1381, 935, 954, 1386, 5348, 367, 273, 1390, 0,
];
const ENCODINGS: [i32; 5] = [273, 546, 785, 0, 17];

fn representation(dice: &mut Dice<'_>) -> Representation {
    Representation { encoding: Encoding(dice.of(&ENCODINGS)), ccsid: Ccsid(dice.of(&SETS)) }
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    if dice.byte().is_multiple_of(4) {
        return text(&mut dice);
    }
    let format = Chars::from_str_padded(dice.of(&FORMATS));
    let (from, to) = (representation(&mut dice), representation(&mut dice));
    let limit = if dice.chance(80) { 1 << 16 } else { usize::from(dice.u16()) };
    let truncation = dice.of(&[Truncation::Refused, Truncation::Accepted, Truncation::Happened]);
    let queue_manager = Representation { encoding: Encoding::REVERSED, ccsid: Ccsid::LATIN_1 };
    let rules = Rules { truncation, ..Rules::new(limit, queue_manager) };
    let data = dice.rest();
    let outcome = convert_message(format, data, from, to, &rules);
    assert!(outcome.data.len() <= limit.max(data.len()), "{} bytes", outcome.data.len());
    assert_eq!(outcome.format, format, "conversion keeps the format");
    if outcome.reason == Reason::NONE {
        // What is as wanted stays as it is.
        let rules = Rules { truncation: Truncation::Refused, ..Rules::new(usize::MAX, queue_manager) };
        let again = convert_message(format, &outcome.data, outcome.representation(), to, &rules);
        assert_eq!((&again.data, again.reason), (&outcome.data, Reason::NONE), "a second time");
    }
}

/// Text alone: what has gone to Unicode and has no substitutes comes back.
fn text(dice: &mut Dice<'_>) {
    let (from, to) = (Ccsid(dice.of(&SETS)), Ccsid(dice.of(&SETS)));
    let text = dice.rest();
    let Ok(there) = ccsid::convert(text, from, to) else { return };
    assert!(there.len() <= 16 + 8 * text.len());
    // What is as wanted already is left alone, whatever it is.
    if to == Ccsid::UTF_8 && from != to {
        assert!(std::str::from_utf8(&there).is_ok(), "what is UTF-8 is UTF-8");
    }
    let _ = ccsid::convert(&there, to, from);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![b"\0\0\x02Gr\xfc\xdfe".to_vec(), b"\0\x01\x02\xc8\x89".to_vec()];
    for (name, bytes) in vectors::vectors("mqi") {
        let le = u8::from(name.ends_with("le"));
        let format = match name.split('-').next() {
            Some("rfh2") => 1,
            Some("xqh") => 4,
            Some("pcf") => 6,
            _ => continue,
        };
        for to in 0..3 {
            let from = u8::from(name.ends_with("ebcdic"));
            seeds.push([&[1, format, le, from, 1 - le, to, 0, 0][..], &bytes].concat());
        }
    }
    seeds
}
