//! The naive second implementation: a tree, made at random and evaluated by recursion, with the tables of the SQL92
//! standard. For tests and fuzz targets.

use super::Selector;
use super::identifier::Property;
use super::program::Properties;
use super::value::Value;

/// Choices: `below(n)` is a number below `n`.
pub(crate) struct Random<'a>(pub(crate) &'a mut dyn FnMut(u64) -> u64);

impl Random<'_> {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        (self.0)(n)
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        let at = self.below(choices.len() as u64);
        choices[usize::try_from(at).expect("small")].clone()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum V {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Sum {
    Literal(V),
    Property(&'static str),
    Minus(Box<Sum>),
    Op(Box<Sum>, char, Box<Sum>),
}

#[derive(Clone, Debug)]
pub(crate) enum Cond {
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

pub(crate) const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const TEXTS: [&str; 5] = ["", "x", "xy", "it's", "yx"];
const PATTERNS: [&str; 6] = ["%", "x%", "_", "%y", "_%x", "x"];

pub(crate) fn value(r: &mut Random<'_>) -> V {
    match r.below(6) {
        0 => V::Null,
        1 => V::Bool(r.below(2) == 0),
        2 | 3 => V::Int(i64::try_from(r.below(5)).expect("small") - 2),
        4 => V::Float(r.of(&[-1.5, 0.5, 1.0, 2.0])),
        _ => V::Text(r.of(&TEXTS).to_owned()),
    }
}

fn sum(r: &mut Random<'_>, depth: u32) -> Sum {
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

pub(crate) fn cond(r: &mut Random<'_>, depth: u32) -> Cond {
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
    pub(crate) fn print(&self, level: u32) -> String {
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

    pub(crate) fn truth(&self, of: &dyn Fn(&str) -> V) -> Option<bool> {
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
                    let (pattern, text): (Vec<_>, Vec<_>) = (pattern.chars().collect(), t.chars().collect());
                    not(Some(like(&pattern, &text)), *n)
                }
                _ => not(Some(false), *n),
            },
            Self::IsNull(name, n) => not(Some(of(name) == V::Null), *n),
        }
    }
}

/// Properties by name.
pub(crate) struct Own(pub(crate) Vec<(&'static str, V)>);

impl Own {
    /// Any values of all of them.
    fn any(r: &mut Random<'_>) -> Self {
        Self(NAMES.iter().map(|name| (*name, value(r))).collect())
    }

    fn of(&self, name: &str) -> V {
        self.0.iter().find(|(n, _)| *n == name).map_or(V::Null, |(_, v)| v.clone())
    }
}

impl Properties for Own {
    fn value(&self, property: &Property) -> Value<'_> {
        let Property::Named { name, .. } = property else { return Value::Null };
        match self.0.iter().find(|(n, _)| **n == **name).map(|(_, v)| v) {
            None | Some(V::Null) => Value::Null,
            Some(V::Bool(b)) => Value::Bool(*b),
            Some(V::Int(i)) => Value::Int(*i),
            Some(V::Float(f)) => Value::Float(*f),
            Some(V::Text(t)) => Value::Text(t),
        }
    }
}

/// Makes a condition and a message, and panics unless the compiled program says of them what the tree says: TRUE,
/// FALSE, or none for unknown.
pub(crate) fn agree(r: &mut Random<'_>) -> Option<bool> {
    let cond = cond(r, 4);
    let message = Own::any(r);
    let want = cond.truth(&|name| message.of(name));
    let text = cond.print(0);
    let selector = Selector::compile(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let got = selector.program.evaluate(&message);
    assert_eq!(got, want.map_or(Value::Null, Value::Bool), "{text} with {:?}", message.0);
    want
}
