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

/// The naive second implementation: a tree, evaluated by recursion, with the tables of the SQL92 standard.
mod naive {
    /// A generator of small random numbers from a seed.
    pub(super) struct Random(pub(super) u64);

    impl Random {
        pub(super) fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % n
        }

        fn of<T: Clone>(&mut self, choices: &[T]) -> T {
            let at = self.below(choices.len() as u64);
            choices[usize::try_from(at).expect("small")].clone()
        }
    }

    #[derive(Clone, Debug, PartialEq)]
    pub(super) enum V {
        Null,
        Bool(bool),
        Int(i64),
        Float(f64),
        Text(String),
    }

    #[derive(Clone, Debug)]
    pub(super) enum Sum {
        Literal(V),
        Property(&'static str),
        Minus(Box<Sum>),
        Op(Box<Sum>, char, Box<Sum>),
    }

    #[derive(Clone, Debug)]
    pub(super) enum Cond {
        Property(&'static str),
        Literal(bool),
        Not(Box<Cond>),
        And(Box<Cond>, Box<Cond>),
        Or(Box<Cond>, Box<Cond>),
        Compare(Sum, &'static str, Sum),
        Between(Sum, bool, Sum, Sum),
        In(&'static str, bool, Vec<String>),
        Like(&'static str, bool, String),
        IsNull(&'static str, bool),
    }

    pub(super) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
    const TEXTS: [&str; 5] = ["", "x", "xy", "it's", "yx"];
    const PATTERNS: [&str; 6] = ["%", "x%", "_", "%y", "_%x", "x"];

    pub(super) fn value(r: &mut Random) -> V {
        match r.below(6) {
            0 => V::Null,
            1 => V::Bool(r.below(2) == 0),
            2 | 3 => V::Int(i64::try_from(r.below(5)).expect("small") - 2),
            4 => V::Float(r.of(&[-1.5, 0.5, 1.0, 2.0])),
            _ => V::Text(r.of(&TEXTS).to_owned()),
        }
    }

    fn sum(r: &mut Random, depth: u32) -> Sum {
        match if depth == 0 { r.below(2) } else { r.below(4) } {
            0 => Sum::Property(r.of(&NAMES)),
            1 => Sum::Literal(match r.below(2) {
                0 => V::Int(i64::try_from(r.below(4)).expect("small")),
                _ => V::Float(r.of(&[0.5, 1.0, 1.5, 2.0])),
            }),
            2 => Sum::Minus(Box::new(sum(r, depth - 1))),
            _ => {
                let op = r.of(&['+', '-', '*', '/']);
                Sum::Op(Box::new(sum(r, depth - 1)), op, Box::new(sum(r, depth - 1)))
            }
        }
    }

    pub(super) fn cond(r: &mut Random, depth: u32) -> Cond {
        let negated = r.below(2) == 0;
        match if depth == 0 { 3 + r.below(8) } else { r.below(11) } {
            0 => Cond::Not(Box::new(cond(r, depth - 1))),
            1 => Cond::And(Box::new(cond(r, depth - 1)), Box::new(cond(r, depth - 1))),
            2 => Cond::Or(Box::new(cond(r, depth - 1)), Box::new(cond(r, depth - 1))),
            3 => Cond::Property(r.of(&NAMES)),
            4 => Cond::Literal(negated),
            5 => Cond::Compare(
                Sum::Property(r.of(&NAMES)),
                r.of(&["=", "<>"]),
                Sum::Literal(V::Text(r.of(&TEXTS).to_owned())),
            ),
            6 => Cond::Between(sum(r, 1), negated, sum(r, 1), sum(r, 1)),
            7 => Cond::In(r.of(&NAMES), negated, vec![r.of(&TEXTS).into(), r.of(&TEXTS).into()]),
            8 => Cond::Like(r.of(&NAMES), negated, r.of(&PATTERNS).to_owned()),
            9 => Cond::IsNull(r.of(&NAMES), negated),
            _ => Cond::Compare(sum(r, 2), r.of(&["=", "<>", "<", "<=", ">", ">="]), sum(r, 2)),
        }
    }

    fn quoted(text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    impl Sum {
        fn print(&self, level: u32) -> String {
            let (mine, text) = match self {
                Self::Literal(V::Int(i)) => (3, i.to_string()),
                Self::Literal(V::Float(f)) => (3, format!("{f:?}")),
                Self::Literal(V::Text(t)) => (3, quoted(t)),
                Self::Literal(_) => unreachable!("not generated"),
                Self::Property(name) => (3, (*name).to_owned()),
                Self::Minus(of) => (2, format!("-{}", of.print(2))),
                Self::Op(a, op, b) => {
                    let mine = if "+-".contains(*op) { 0 } else { 1 };
                    (mine, format!("{} {op} {}", a.print(mine), b.print(mine + 1)))
                }
            };
            if mine < level { format!("({text})") } else { text }
        }

        fn value(&self, of: &dyn Fn(&str) -> V) -> V {
            match self {
                Self::Literal(v) => v.clone(),
                Self::Property(name) => of(name),
                Self::Minus(a) => match a.value(of) {
                    V::Int(i) => V::Int(-i),
                    V::Float(f) => V::Float(-f),
                    _ => V::Null,
                },
                Self::Op(a, op, b) => match (a.value(of), b.value(of)) {
                    (V::Int(_), V::Int(0)) if *op == '/' => V::Null,
                    (V::Int(a), V::Int(b)) => V::Int(match op {
                        '+' => a + b,
                        '-' => a - b,
                        '*' => a * b,
                        _ => a / b,
                    }),
                    (a, b) => match (a.float(), b.float()) {
                        (Some(a), Some(b)) => V::Float(match op {
                            '+' => a + b,
                            '-' => a - b,
                            '*' => a * b,
                            _ => a / b,
                        }),
                        _ => V::Null,
                    },
                },
            }
        }
    }

    impl V {
        fn float(&self) -> Option<f64> {
            match self {
                V::Int(i) => Some(*i as f64),
                V::Float(f) => Some(*f),
                _ => None,
            }
        }
    }

    fn compare(a: &V, op: &str, b: &V) -> Option<bool> {
        if *a == V::Null || *b == V::Null {
            return None;
        }
        if let (Some(a), Some(b)) = (a.float(), b.float()) {
            return Some(match op {
                "=" => a == b,
                "<>" => a != b,
                "<" => a < b,
                "<=" => a <= b,
                ">" => a > b,
                _ => a >= b,
            });
        }
        let alike = matches!((a, b), (V::Text(_), V::Text(_)) | (V::Bool(_), V::Bool(_)));
        Some(alike && ((op == "=" && a == b) || (op == "<>" && a != b)))
    }

    fn like(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('%', rest)), _) => (0..=text.len()).any(|n| like(rest, &text[n..])),
            (Some(('_', p)), Some((_, t))) => like(p, t),
            (Some((p, ps)), Some((t, ts))) => p == t && like(ps, ts),
            _ => false,
        }
    }

    fn not(truth: Option<bool>, negated: bool) -> Option<bool> {
        truth.map(|t| t != negated)
    }

    impl Cond {
        pub(super) fn print(&self, level: u32) -> String {
            let not = |negated: &bool| if *negated { "NOT " } else { "" };
            let (mine, text) = match self {
                Self::Property(name) => (3, (*name).to_owned()),
                Self::Literal(b) => (3, if *b { "true" } else { "FALSE" }.to_owned()),
                Self::Not(a) => (2, format!("NOT {}", a.print(2))),
                Self::And(a, b) => (1, format!("{} AND {}", a.print(1), b.print(1))),
                Self::Or(a, b) => (0, format!("{} or {}", a.print(0), b.print(0))),
                Self::Compare(a, op, b) => (3, format!("{}{op}{}", a.print(0), b.print(0))),
                Self::Between(a, n, b, c) => {
                    (3, format!("{} {}BETWEEN {} AND {}", a.print(0), not(n), b.print(0), c.print(0)))
                }
                Self::In(name, n, list) => {
                    let list: Vec<_> = list.iter().map(|t| quoted(t)).collect();
                    (3, format!("{name} {}IN ({})", not(n), list.join(",")))
                }
                Self::Like(name, n, pattern) => (3, format!("{name} {}LIKE {}", not(n), quoted(pattern))),
                Self::IsNull(name, n) => (3, format!("{name} IS {}NULL", not(n))),
            };
            if mine < level { format!("({text})") } else { text }
        }

        pub(super) fn truth(&self, of: &dyn Fn(&str) -> V) -> Option<bool> {
            match self {
                Self::Property(name) => match of(name) {
                    V::Bool(b) => Some(b),
                    _ => None,
                },
                Self::Literal(b) => Some(*b),
                Self::Not(a) => not(a.truth(of), true),
                Self::And(a, b) => match (a.truth(of), b.truth(of)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
                Self::Or(a, b) => match (a.truth(of), b.truth(of)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
                Self::Compare(a, op, b) => compare(&a.value(of), op, &b.value(of)),
                Self::Between(a, n, b, c) => {
                    let low = compare(&a.value(of), ">=", &b.value(of));
                    let high = compare(&a.value(of), "<=", &c.value(of));
                    let both = match (low, high) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    };
                    not(both, *n)
                }
                Self::In(name, n, list) => match of(name) {
                    V::Null => None,
                    V::Text(t) => not(Some(list.contains(&t)), *n),
                    _ => not(Some(false), *n),
                },
                Self::Like(name, n, pattern) => match of(name) {
                    V::Null => None,
                    V::Text(t) => {
                        let (pattern, text): (Vec<_>, Vec<_>) =
                            (pattern.chars().collect(), t.chars().collect());
                        not(Some(like(&pattern, &text)), *n)
                    }
                    _ => not(Some(false), *n),
                },
                Self::IsNull(name, n) => not(Some(of(name) == V::Null), *n),
            }
        }
    }
}

#[test]
fn compiled_and_naive_agree() {
    let mut random = naive::Random(0x9E37_79B9_7F4A_7C15);
    let mut counts = [0_usize; 3];
    for _ in 0..20_000 {
        let cond = naive::cond(&mut random, 4);
        let values: Vec<_> = naive::NAMES.iter().map(|name| (*name, naive::value(&mut random))).collect();
        let of =
            |name: &str| values.iter().find(|(n, _)| *n == name).map_or(naive::V::Null, |(_, v)| v.clone());
        let want = cond.truth(&of);
        let text = cond.print(0);
        let selector = Selector::compile(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let message = Own(values.clone());
        let got = selector.program.evaluate(&message);
        assert_eq!(got, want.map_or(Value::Null, Value::Bool), "{text} with {values:?}");
        counts[want.map_or(2, usize::from)] += 1;
    }
    assert!(counts.iter().all(|n| *n > 1000), "the generator leaves something out: {counts:?}");
}

struct Own(Vec<(&'static str, naive::V)>);

impl Properties for Own {
    fn value(&self, property: &Property) -> Value<'_> {
        let Property::Named { name, .. } = property else { return Value::Null };
        match self.0.iter().find(|(n, _)| **n == **name).map(|(_, v)| v) {
            None | Some(naive::V::Null) => Value::Null,
            Some(naive::V::Bool(b)) => Value::Bool(*b),
            Some(naive::V::Int(i)) => Value::Int(*i),
            Some(naive::V::Float(f)) => Value::Float(*f),
            Some(naive::V::Text(t)) => Value::Text(t),
        }
    }
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
    let mut random = naive::Random(42);
    let mut compiled = 0;
    for _ in 0..50_000 {
        let text: Vec<_> =
            (0..random.below(12)).map(|_| WORDS[usize::try_from(random.below(34)).expect("small")]).collect();
        if let Ok(selector) = Selector::compile(&text.join(" ")) {
            selector.matches(&message());
            compiled += 1;
        }
    }
    assert!(compiled > 100, "{compiled}");
}
