//! Which objects a command means: generic names, and WHERE (queue-manager reference, 4.4 and 4.5).

use std::cmp::Ordering;
use std::fmt;

use super::attribute::{Attribute, AttributeId, Kind};
use super::error::AttributeError;
use super::value::{AttributeSet, Value};
use crate::constants::*;

/// Whether a name ends in the asterisk that makes it generic.
pub fn is_generic(name: &str) -> bool {
    name.ends_with('*')
}

/// Whether a name is the one meant: equal, or with the same beginning when `pattern` ends in an asterisk.
pub fn generic_matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => name.starts_with(stem),
        None => pattern == name,
    }
}

/// An operator of WHERE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `LT`
    Less,
    /// `GT`
    Greater,
    /// `EQ`
    Equal,
    /// `NE`
    NotEqual,
    /// `LE`
    NotGreater,
    /// `GE`
    NotLess,
    /// `LK`: matches a generic value.
    Like,
    /// `NL`: does not.
    NotLike,
    /// `CT`: the list contains the item.
    Contains,
    /// `EX`: it does not.
    Excludes,
    /// `CTG`: the list contains an item that matches the generic value.
    ContainsGeneric,
    /// `EXG`: it does not.
    ExcludesGeneric,
}

const OPERATORS: &[(Operator, &str, i32)] = &[
    (Operator::Less, "LT", MQCFOP_LESS),
    (Operator::Greater, "GT", MQCFOP_GREATER),
    (Operator::Equal, "EQ", MQCFOP_EQUAL),
    (Operator::NotEqual, "NE", MQCFOP_NOT_EQUAL),
    (Operator::NotGreater, "LE", MQCFOP_NOT_GREATER),
    (Operator::NotLess, "GE", MQCFOP_NOT_LESS),
    (Operator::Like, "LK", MQCFOP_LIKE),
    (Operator::NotLike, "NL", MQCFOP_NOT_LIKE),
    (Operator::Contains, "CT", MQCFOP_CONTAINS),
    (Operator::Excludes, "EX", MQCFOP_EXCLUDES),
    (Operator::ContainsGeneric, "CTG", MQCFOP_CONTAINS_GEN),
    (Operator::ExcludesGeneric, "EXG", MQCFOP_EXCLUDES_GEN),
];

impl Operator {
    /// By its MQSC word in upper case.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        OPERATORS.iter().find(|(_, word, _)| *word == keyword).map(|(operator, ..)| *operator)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        OPERATORS.iter().map(|(operator, ..)| *operator)
    }

    /// By its PCF number, MQCFOP_.
    pub fn from_code(code: i32) -> Option<Self> {
        OPERATORS.iter().find(|(.., number)| *number == code).map(|(operator, ..)| *operator)
    }

    /// Its MQSC word.
    pub fn keyword(self) -> &'static str {
        self.row().1
    }

    /// Its PCF number, MQCFOP_.
    pub fn code(self) -> i32 {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, i32) {
        &OPERATORS[self as usize]
    }

    fn is_on_lists(self) -> bool {
        matches!(self, Self::Contains | Self::Excludes | Self::ContainsGeneric | Self::ExcludesGeneric)
    }

    fn is_generic(self) -> bool {
        matches!(self, Self::Like | Self::NotLike | Self::ContainsGeneric | Self::ExcludesGeneric)
    }

    fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::Greater | Self::NotGreater | Self::NotLess)
    }
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterError {
    /// The operator does not apply to attributes of this kind.
    Operator {
        /// The attribute.
        keyword: &'static str,
        /// The operator.
        operator: Operator,
    },
    /// The value is none of the attribute.
    Value(AttributeError),
}

impl FilterError {
    /// The command reason code, MQRCCF_, that PCF answers.
    pub fn reason(&self) -> i32 {
        match self {
            Self::Operator { .. } => MQRCCF_CFIF_OPERATOR_ERROR,
            Self::Value(error) => error.reason(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator { keyword, operator } => {
                write!(f, "{} does not apply to {keyword}", operator.keyword())
            }
            Self::Value(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FilterError {}

/// `WHERE(attribute operator value)`.
///
/// The value has the form of one item of the attribute: a number, a word's number, or a text, which is a
/// stem and an asterisk for the generic operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The attribute looked at.
    pub id: AttributeId,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub value: Value,
}

impl Filter {
    /// Reads a filter as MQSC and JSON write it.
    pub fn parse(attribute: &Attribute, operator: Operator, text: &str) -> Result<Self, FilterError> {
        let refused = || FilterError::Operator { keyword: attribute.keyword, operator };
        let words = match attribute.kind {
            Kind::Choice(_) | Kind::Flag(_) => operator.is_order() || operator.is_generic(),
            Kind::Number { .. } | Kind::Numbers { .. } => operator.is_generic(),
            _ => false,
        };
        if words || operator.is_on_lists() != attribute.is_list() {
            return Err(refused());
        }
        let value = match attribute.kind {
            Kind::Number { .. } | Kind::Choice(_) | Kind::Flag(_) => {
                attribute.read(text).map_err(FilterError::Value)?
            }
            Kind::Choices { .. } if operator.is_generic() => return Err(refused()),
            Kind::Choices { .. } => attribute.read(text).map_err(FilterError::Value)?,
            Kind::Numbers { .. } => return Err(refused()),
            _ => Value::from(text),
        };
        Ok(Self { id: attribute.id, operator, value })
    }

    /// Whether an object with these attributes is meant. One without the attribute never is.
    pub fn matches(&self, attributes: &AttributeSet) -> bool {
        let Some(value) = attributes.get(self.id.0) else {
            return false;
        };
        match self.operator {
            Operator::Contains | Operator::ContainsGeneric => self.some_item(value),
            Operator::Excludes | Operator::ExcludesGeneric => !self.some_item(value),
            Operator::Like => generic_matches(self.value.as_text().unwrap_or_default(), &value.to_string()),
            Operator::NotLike => {
                !generic_matches(self.value.as_text().unwrap_or_default(), &value.to_string())
            }
            Operator::Equal => compare(value, &self.value) == Ordering::Equal,
            Operator::NotEqual => compare(value, &self.value) != Ordering::Equal,
            Operator::Less => compare(value, &self.value) == Ordering::Less,
            Operator::Greater => compare(value, &self.value) == Ordering::Greater,
            Operator::NotLess => compare(value, &self.value) != Ordering::Less,
            Operator::NotGreater => compare(value, &self.value) != Ordering::Greater,
        }
    }

    fn some_item(&self, list: &Value) -> bool {
        match (list, &self.value) {
            (Value::List(items), Value::Text(text)) if self.operator.is_generic() => {
                items.iter().any(|item| generic_matches(text, item))
            }
            (Value::List(items), Value::Text(text)) => items.iter().any(|item| item == text),
            (Value::Ints(numbers), Value::Int(number)) => numbers.contains(number),
            _ => false,
        }
    }
}

/// Numbers by value, everything else as the text that shows it.
fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (left, right) => left.to_string().cmp(&right.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ObjectClass;
    use super::*;

    #[track_caller]
    fn check(keyword: &str, operator: &str, text: &str, want: &str) {
        let queue: AttributeSet = [
            (MQCA_Q_NAME, Value::from("APP.IN")),
            (MQIA_CURRENT_Q_DEPTH, Value::from(7)),
            (MQIA_DEF_PERSISTENCE, Value::from(MQPER_PERSISTENT)),
            (MQCA_Q_DESC, Value::from("")),
        ]
        .into_iter()
        .collect();
        let attribute = ObjectClass::Queue.attribute(keyword).expect("an attribute of queues");
        let operator = Operator::from_keyword(operator).expect("an operator");
        let got = match Filter::parse(attribute, operator, text) {
            Ok(filter) => filter.matches(&queue).to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(got, want);
    }

    #[test]
    fn numbers_and_words_and_texts_compare() {
        check("CURDEPTH", "GT", "6", "true");
        check("CURDEPTH", "GT", "7", "false");
        check("CURDEPTH", "GE", "7", "true");
        check("CURDEPTH", "LT", "10", "true");
        check("CURDEPTH", "LE", "6", "false");
        check("CURDEPTH", "NE", "0", "true");
        check("CURDEPTH", "LK", "7*", "LK does not apply to CURDEPTH");
        check("CURDEPTH", "EQ", "X", "X is not a value of CURDEPTH");
        check("DEFPSIST", "EQ", "YES", "true");
        check("DEFPSIST", "NE", "YES", "false");
        check("DEFPSIST", "GT", "YES", "GT does not apply to DEFPSIST");
        check("QUEUE", "LK", "APP*", "true");
        check("QUEUE", "NL", "APP*", "false");
        check("DESCR", "EQ", " ", "true");
        check("DESCR", "NE", "", "false");
        check("DESCR", "CT", "x", "CT does not apply to DESCR");
        // Attributes that the object does not have never match, not even by being different.
        check("MAXDEPTH", "NE", "5", "false");
    }

    #[test]
    fn lists_contain_items() {
        let names: AttributeSet =
            [(MQCA_NAMES, Value::List(vec!["A.ONE".to_owned(), "B".to_owned()]))].into_iter().collect();
        let attribute = ObjectClass::Namelist.attribute("NAMES").expect("an attribute of namelists");
        for (operator, text, want) in [
            (Operator::Contains, "B", true),
            (Operator::Contains, "A", false),
            (Operator::Excludes, "A", true),
            (Operator::ContainsGeneric, "A*", true),
            (Operator::ExcludesGeneric, "A*", false),
        ] {
            let filter = Filter::parse(attribute, operator, text).expect("a filter");
            assert_eq!(filter.matches(&names), want, "{operator:?} {text}");
        }
        assert!(Filter::parse(attribute, Operator::Equal, "B").is_err());
    }

    #[test]
    fn an_operator_is_the_index_of_its_row() {
        for (operator, word, code) in OPERATORS {
            assert_eq!(Operator::from_keyword(word), Some(*operator));
            assert_eq!(Operator::from_code(*code), Some(*operator));
            assert_eq!((operator.keyword(), operator.code()), (*word, *code));
        }
    }

    #[test]
    fn generic_names_match_by_stem() {
        for (pattern, name, want) in
            [("*", "X", true), ("A*", "AB", true), ("A*", "BA", false), ("A", "A", true), ("A", "AB", false)]
        {
            assert_eq!(generic_matches(pattern, name), want, "{pattern} {name}");
        }
    }
}
