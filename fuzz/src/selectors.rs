//! Selectors: texts compiled and evaluated, with and without the jumps, and related texts that must say the same; and
//! conditions made by the engine's choices, evaluated by the compiled program and by a tree.

use mqi::rfh2::Element;
use mqi::{Md, PropertyValue, Reason, Rfh2};
use qmgr::selectors::{compare, select};

use crate::dice::Dice;

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let how = dice.byte();
    if how.is_multiple_of(4) {
        return compare(&mut |n| dice.below(n));
    }
    let (md, folders) = message(how);
    let Ok(text) = std::str::from_utf8(dice.rest()) else { return };
    let judge = |text: &str| select(text, &md, folders.as_ref());
    let truth = judge(text);
    let negated = judge(&format!("NOT ({text})"));
    match truth {
        // Blanks are everything, and no condition that could be negated.
        Ok(Some(true)) if text.trim_ascii().is_empty() => {}
        Ok(truth) => {
            // Deeper or longer than may be is a refusal, and nothing else is.
            let is = |other: Result<Option<bool>, Reason>, want: Option<bool>| {
                assert!(other.is_err() || other == Ok(want), "{text}: {other:?}, not {want:?}");
            };
            is(negated, truth.map(|truth| !truth));
            is(judge(&format!("({text})")), truth);
            is(judge(&format!("({text}) AND TRUE")), truth);
            is(judge(&format!("FALSE OR ({text})")), truth);
            is(judge(&format!("({text}) AND ({text})")), truth);
        }
        // With brackets around it, it may be one: `a) OR (b`.
        Err(_) => {}
    }
}

fn message(how: u8) -> (Md, Option<Rfh2>) {
    let md = Md {
        priority: i32::from(how >> 4),
        persistence: i32::from(how & 1),
        msg_id: [0xAB; 24],
        format: mqi::format::RF_HEADER_2,
        ..Md::v2()
    };
    let usr = Element::group("usr")
        .with("colour", "red")
        .with("weight", PropertyValue::Int64(2500))
        .with("rate", PropertyValue::Float64(1.5))
        .with("flag", PropertyValue::Boolean(true))
        .with("raw", PropertyValue::Bytes(vec![1, 255]))
        .with("a", PropertyValue::Int32(-1))
        .with("b", "it's");
    let jms = Element::group("jms").with("Cid", "order-1").with("Tms", "1700000000000");
    let folders = (how & 8 == 0).then(|| Rfh2 { folders: vec![usr, jms], ..Rfh2::default() });
    (md, folders)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "colour = 'red'",
        "weight > 2000 AND colour <> 'blue' OR NOT flag",
        "size IS NULL",
        "weight NOT BETWEEN 1 AND 2.5e3",
        "colour IN ('blue', 'red')",
        "colour LIKE '!r%_' ESCAPE '!'",
        "weight / 1000.0 = 2.5 + 1 - -1 * 3",
        "raw = \"0x01FF\"",
        "\"a-b\" = 1 AND usr.colour = 'it''s'",
        "JMSPriority = 7 AND JMSType = 'order'",
        "Root.MQMD.Format = 'MQHRF2'",
        "JMSMessageID = 'ID:abababababababababababababababababababababababab'",
        "JMSCorrelationID LIKE 'order%' AND JMSTimestamp > 0",
        "JMSDeliveryMode = 'PERSISTENT' OR JMSRedelivered = FALSE",
        "9223372036854775807 > -9223372036854775808",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| [&[1][..], text.as_bytes()].concat()).collect();
    seeds.extend(crate::kernel::seeds().into_iter().map(|seed| [&[0][..], &seed[..60]].concat()));
    seeds
}
