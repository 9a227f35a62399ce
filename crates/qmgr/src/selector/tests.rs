//! Selectors against messages made by hand, and against a second, naive implementation.

use super::identifier::{JmsField, MdField, Property};
use super::value::Value;
use super::*;

/// Properties by name, as the identifier is written.
struct Fake(Vec<(Property, Value<'static>)>);

impl Fake {
    fn new(pairs: &[(&str, Value<'static>)]) -> Self {
        Self(pairs.iter().map(|(name, value)| (Property::of_name(name).expect("a name"), *value)).collect())
    }
}

impl Properties for Fake {
    fn value(&self, property: &Property) -> Value<'_> {
        self.0.iter().find(|(p, _)| p == property).map_or(Value::Null, |(_, value)| *value)
    }
}

fn message() -> Fake {
    Fake::new(&[
        ("colour", Value::Text("red")),
        ("weight", Value::Int(2500)),
        ("rate", Value::Float(1.5)),
        ("flag", Value::Bool(true)),
        ("off", Value::Bool(false)),
        ("quote", Value::Text("it's")),
        ("raw", Value::Bytes(&[1, 0xff])),
        ("a-b", Value::Int(1)),
        ("JMSPriority", Value::Int(7)),
        ("JMSType", Value::Text("order")),
        ("Root.MQMD.Format", Value::Text("MQSTR")),
        ("Root.MQMD.MsgId", Value::Bytes(&[0xab; 24])),
        ("JMSMessageID", Value::Text("ID:abababababababababababababababababababababababab")),
    ])
}

/// TRUE, FALSE, or none for unknown.
#[track_caller]
fn check(text: &str, want: Option<bool>) {
    let selector = Selector::compile(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let message = message();
    assert_eq!(selector.program.evaluate(&message), want.map_or(Value::Null, Value::Bool), "{text}");
    assert_eq!(selector.matches(&message), want == Some(true), "{text}");
    let negated = Selector::compile(&format!("NOT ({text})")).expect("as good as without NOT");
    assert_eq!(
        negated.program.evaluate(&message),
        want.map_or(Value::Null, |b| Value::Bool(!b)),
        "NOT ({text})"
    );
}

#[test]
fn conditions_are_true_false_or_unknown() {
    const TRUE: Option<bool> = Some(true);
    const FALSE: Option<bool> = Some(false);
    check("colour = 'red'", TRUE);
    check("colour='blue'", FALSE);
    check("colour <> 'blue'", TRUE);
    check("size = 1", None);
    check("size <> 1", None);
    check("size IS NULL", TRUE);
    check("size is not null", FALSE);
    check("colour IS NOT NULL", TRUE);
    check("weight > 2000 AND colour = 'red'", TRUE);
    check("weight > 2000 AND size = 1", None);
    check("weight > 3000 AND size = 1", FALSE);
    check("size = 1 AND weight > 3000", FALSE);
    check("size = 1 OR weight > 2000", TRUE);
    check("weight > 2000 OR size = 1", TRUE);
    check("size = 1 OR weight > 3000", None);
    check("colour = 'blue' OR colour = 'green' OR colour = 'red'", TRUE);
    check("colour = 'blue' AND colour = 'green' AND size = 1", FALSE);
    check("colour = 'blue' OR colour = 'red' AND flag", TRUE);
    check("(colour = 'blue' OR colour = 'red') AND off", FALSE);
    check("NOT colour = 'blue' AND flag", TRUE);
    check("NOT NOT flag", TRUE);
    check("flag", TRUE);
    check("flag = TRUE", TRUE);
    check("off <> true", TRUE);
    check("flag = (weight > 1)", TRUE);
    check("missing", None);
    check("weight", None);
    check("TRUE", TRUE);
    check("weight BETWEEN 2500 AND 2600", TRUE);
    check("weight NOT BETWEEN 2500 AND 2600", FALSE);
    check("weight BETWEEN 2600 AND 2500", FALSE);
    check("size BETWEEN 1 AND 2", None);
    check("weight BETWEEN 3000 AND size", FALSE);
    check("weight BETWEEN 1 AND 2 OR flag", TRUE);
    check("colour IN ('blue', 'red')", TRUE);
    check("colour NOT IN ('blue', 'red')", FALSE);
    check("size IN ('a')", None);
    check("size NOT IN ('a')", None);
    check("weight IN ('2500')", FALSE);
    check("colour LIKE 'r%'", TRUE);
    check("colour NOT LIKE '_e_'", FALSE);
    check("colour LIKE '!r%' ESCAPE '!'", TRUE);
    check("size LIKE 'x'", None);
    check("weight LIKE '25%'", FALSE);
    check("weight = '2500'", FALSE);
    check("weight + 500 = 3000", TRUE);
    check("weight / 1000 = 2", TRUE);
    check("weight / 1000.0 = 2.5", TRUE);
    check("weight / 0 = 1", None);
    check("-weight < -2499.5", TRUE);
    check("2 + 3 * 4 = 14 AND (2 + 3) * 4 = 20 AND 10 - 4 - 3 = 3", TRUE);
    check("- -1 = 1 AND -(1 + 1) = -2", TRUE);
    check("weight = 0x9C4", TRUE);
    check("weight = 2.5e3", TRUE);
    check("rate * 2 = 3", TRUE);
    check("rate >= 1.5 AND rate <= 1.5", TRUE);
    check("size + 1 > 0", None);
    check("colour + 1 > 0", None);
    check("quote = 'it''s'", TRUE);
    check("raw = \"0x01FF\"", TRUE);
    check("raw <> \"0x01\"", TRUE);
    check("\"a-b\" = 1", TRUE);
    check("\"colour\" = 'red'", TRUE);
    check("usr.colour = 'red'", TRUE);
    check("\"jms.Pri\" > 5", TRUE);
    check("JMSPriority = 7 AND JMSType = 'order'", TRUE);
    check("Root.MQMD.Format = 'MQSTR   '", TRUE);
    check("JMSMessageID LIKE 'ID:ab%'", TRUE);
    check("JMSMessageID = 'ID:ABABABABABABABABABABABABABABABABABABABABABABABAB'", TRUE);
    check("JMSMessageID = 'nonsense'", FALSE);
    check("9223372036854775807 > 9223372036854775806", TRUE);
    check("-9223372036854775808 < 0", TRUE);
}

#[test]
fn blanks_select_everything() {
    for text in ["", "   ", "\t\n"] {
        let selector = Selector::compile(text).expect("no condition");
        assert!(selector.is_everything() && selector.matches(&message()));
    }
    assert!(!Selector::compile("flag").expect("a condition").is_everything());
}

#[track_caller]
fn refused(text: &str, want: usize) {
    match Selector::compile(text) {
        Err(SelectorError::Syntax { at, .. }) => assert_eq!(at, want, "{text}"),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn errors_point_at_their_place() {
    refused("colour =", 8);
    refused("colour = = 1", 9);
    refused("colour 'red'", 7);
    refused("(colour = 'red'", 15);
    refused("colour = 'red')", 14);
    refused("5", 0);
    refused("'red'", 0);
    refused("flag AND 5", 9);
    refused("5 OR flag", 0);
    refused("NOT 5", 4);
    refused("'a' + 1 = 2", 0);
    refused("1 + 'a' = 2", 4);
    refused("(a = 1) + 1 = 2", 0);
    refused("colour < 'red'", 9);
    refused("TRUE < FALSE", 0);
    refused("5 IS NULL", 0);
    refused("a IS 5", 5);
    refused("a NOT 5", 6);
    refused("a IN (1, 2)", 6);
    refused("a IN ()", 6);
    refused("a IN ('x' 'y')", 10);
    refused("a LIKE b", 7);
    refused("a LIKE 'x!' ESCAPE '!'", 7);
    refused("a LIKE 'x' ESCAPE '!!'", 18);
    refused("a BETWEEN 1 OR 2", 12);
    refused("a BETWEEN 'x' AND 'y'", 10);
    refused("Root.MQMD.Colour = 1", 0);
    refused("a = 9223372036854775808", 4);
    refused("a = 'open", 4);
    refused(&format!("{}a", "(".repeat(200)), 100);
    refused(&format!("{}a{} = 1", "(a + ".repeat(80), ")".repeat(80)), 0);
    assert_eq!(Selector::compile(&" ".repeat(10_241)), Err(SelectorError::Length(10_241)));
    assert_eq!(SelectorError::Length(10_241).reason().0, 2519);
    assert_eq!(Selector::compile("a =").expect_err("no value").reason().0, 2459);
    // Long but flat is fine.
    let long = vec!["a=1"; 1400].join(" OR ");
    assert!(Selector::compile(&long).is_ok());
    assert!(Selector::compile(&"NOT ".repeat(2000).replace("NOT NOT", "not NOT")).is_err());
}

#[test]
fn an_equality_of_an_id_is_looked_up() {
    let id = "0102030405060708090a0b0c0d0e0f101112131415161718";
    let bytes: [u8; 24] = std::array::from_fn(|i| u8::try_from(i + 1).expect("small"));
    let lookup = |text: &str| Selector::compile(text).expect("a selector").direct_lookup();
    assert_eq!(lookup(&format!("JMSMessageID = 'ID:{id}'")), Some(DirectLookup::MsgId(bytes)));
    assert_eq!(lookup(&format!("'ID:{id}' = JMSCorrelationID")), Some(DirectLookup::CorrelId(bytes)));
    assert_eq!(lookup(&format!("(Root.MQMD.CorrelId = \"0x{id}\")")), Some(DirectLookup::CorrelId(bytes)));
    assert_eq!(lookup(&format!("JMSMessageID <> 'ID:{id}'")), None);
    assert_eq!(lookup(&format!("JMSMessageID = 'ID:{id}' AND flag")), None);
    assert_eq!(lookup(&format!("JMSMessageID = 'ID:{}'", &id[2..])), None);
    assert_eq!(lookup("JMSCorrelationID = 'order-1'"), None);
    let selector = Selector::compile(&format!("JMSMessageID = 'ID:{id}'")).expect("a selector");
    assert!(!selector.needs_folders());
    assert!(Selector::compile("JMSPriority = 1 OR colour = 'red'").expect("a selector").needs_folders());
    assert_eq!(
        Selector::compile("JMSPriority = 1").expect("a selector").program.properties,
        [Property::Jms(JmsField::Priority)]
    );
    assert_eq!(
        Selector::compile("Root.MQMD.Priority = 1").expect("a selector").program.properties,
        [Property::Md(MdField::Priority)]
    );
}

/// Small random numbers from a seed.
fn random(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |n| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % n
    }
}

#[test]
fn compiled_and_naive_agree() {
    let mut random = random(0x9E37_79B9_7F4A_7C15);
    let mut counts = [0_usize; 3];
    for _ in 0..20_000 {
        let truth = naive::agree(&mut naive::Random(&mut random));
        counts[truth.map_or(2, usize::from)] += 1;
    }
    assert!(counts.iter().all(|n| *n > 1000), "the generator leaves something out: {counts:?}");
}

#[test]
fn no_text_makes_the_compiler_panic() {
    const WORDS: [&str; 34] = [
        "a",
        "b.c",
        "Root.MQMD.MsgId",
        "JMSMessageID",
        "NOT",
        "AND",
        "OR",
        "BETWEEN",
        "LIKE",
        "ESCAPE",
        "IN",
        "IS",
        "NULL",
        "TRUE",
        "'x'",
        "''",
        "'%'",
        "\"0xff\"",
        "1",
        "2.5",
        "=",
        "<>",
        "<",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "(",
        ")",
        ",",
        "'",
        "\"",
        "é",
    ];
    let mut random = random(42);
    let mut compiled = 0;
    for _ in 0..50_000 {
        let text: Vec<_> =
            (0..random(12)).map(|_| WORDS[usize::try_from(random(34)).expect("small")]).collect();
        if let Ok(selector) = Selector::compile(&text.join(" ")) {
            selector.matches(&message());
            compiled += 1;
        }
    }
    assert!(compiled > 100, "{compiled}");
}
