//! One attribute of an object: its MQSC keyword, its PCF identifier, what values it takes, its default.
//!
//! Attributes are rows. A class of objects has one table of them, in the order in which DISPLAY shows them,
//! and every face reads the same row: the MQSC parser takes keyword and kind from it, the printer keyword and
//! order, PCF the identifier, MQINQ and MQSET the selector, the kernel the default.
//!
//! A value has one form in memory, whatever face it came from ([`Value`]): words are the numbers that PCF
//! uses for them, so `DEFPSIST(YES)` is `Value::Int(MQPER_PERSISTENT)`.

use super::error::AttributeError;
use super::types::ObjectType;
use super::value::Value;

/// The PCF parameter identifier of an attribute: MQIA_, MQCA_, MQIACH_, MQCACH_, MQIACF_, MQCACF_ or MQBACF_.
///
/// Identifiers below zero are our own, for what MQSC shows and PCF has no parameter for. Since the ranges do
/// not overlap, one number names an attribute on every face and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(pub i32);

/// A word and the number it stands for.
pub type Word = (&'static str, i32);

/// What values an attribute takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decimal number from `min` to `max`; some values outside may have a word (`NOLIMIT` is -1).
    Number {
        /// Least number.
        min: i64,
        /// Greatest number.
        max: i64,
        /// Values with a word.
        words: &'static [Word],
    },
    /// One of a closed set of words.
    Choice(&'static [Word]),
    /// A keyword without a value, one of a set: `TRIGGER` or `NOTRIGGER`.
    Flag(&'static [Word]),
    /// Up to `max` bytes of text.
    Text {
        /// Greatest length in bytes.
        max: usize,
    },
    /// The name of an object, or blank.
    Name {
        /// Greatest length in bytes.
        max: usize,
    },
    /// A password: like text, never shown.
    Secret {
        /// Greatest length in bytes.
        max: usize,
    },
    /// A list of texts.
    Texts {
        /// Greatest number of items.
        count: usize,
        /// Greatest length of an item in bytes.
        max: usize,
    },
    /// A list of object names.
    Names {
        /// Greatest number of items.
        count: usize,
        /// Greatest length of an item in bytes.
        max: usize,
    },
    /// A list of words.
    Choices {
        /// Greatest number of items.
        count: usize,
        /// The words.
        words: &'static [Word],
    },
    /// A list of numbers of a fixed count, some with a word.
    Numbers {
        /// Number of items.
        count: usize,
        /// Values with a word.
        words: &'static [Word],
    },
    /// Bytes, written as hexadecimal digits.
    Bytes {
        /// Greatest length in bytes.
        max: usize,
    },
}

/// Who may give an attribute its value, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The name of the object.
    Key,
    /// Chosen when the object is created, fixed from then on (`CHLTYPE`, `TOPICSTR`).
    Fixed,
    /// Given by DEFINE and ALTER.
    Alterable,
    /// Set by the queue manager only (`CRDATE`, `CURDEPTH`).
    Shown,
}

/// The value that an attribute has when nobody has given it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    /// No value: the queue manager fills it in, or the object has none.
    None,
    /// A number, or the number of a word.
    Int(i32),
    /// A text; blank is the empty one.
    Text(&'static str),
    /// A list of numbers.
    Ints(&'static [i32]),
    /// A list of texts.
    Texts(&'static [&'static str]),
}

/// A row of an attribute table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The MQSC keyword, in upper case.
    pub keyword: &'static str,
    /// Other keywords for the same attribute.
    pub synonyms: &'static [&'static str],
    /// Its PCF identifier, which is its MQINQ and MQSET selector as well.
    pub id: AttributeId,
    /// What values it takes.
    pub kind: Kind,
    /// Who gives it a value.
    pub access: Access,
    /// Its value when nobody gave one.
    pub initial: Initial,
    /// The object types that have it; empty means every type of the class.
    pub types: &'static [ObjectType],
    /// DEFINE must give it, to be other than blank.
    pub required: bool,
    /// MQSET may set it.
    pub settable: bool,
    /// A change needs FORCE while the object is open.
    pub force: bool,
    /// DISPLAY begins a new line before it.
    pub new_line: bool,
    /// DISPLAY gives every item of the list a line of its own.
    pub stacked: bool,
    /// MQRCCF for a value out of range, when not the general one.
    pub value_reason: i32,
}

impl Attribute {
    const fn new(keyword: &'static str, id: i32, kind: Kind, initial: Initial) -> Self {
        Self {
            keyword,
            synonyms: &[],
            id: AttributeId(id),
            kind,
            access: Access::Alterable,
            initial,
            types: &[],
            required: false,
            settable: false,
            force: false,
            new_line: false,
            stacked: false,
            value_reason: 0,
        }
    }

    /// A number within bounds.
    pub(crate) const fn number(keyword: &'static str, id: i32, min: i64, max: i64, initial: i32) -> Self {
        Self::new(keyword, id, Kind::Number { min, max, words: &[] }, Initial::Int(initial))
    }

    /// One of some words.
    pub(crate) const fn choice(keyword: &'static str, id: i32, words: &'static [Word], initial: i32) -> Self {
        Self::new(keyword, id, Kind::Choice(words), Initial::Int(initial))
    }

    /// A keyword without a value.
    pub(crate) const fn flag(id: i32, words: &'static [Word], initial: i32) -> Self {
        Self::new(words[0].0, id, Kind::Flag(words), Initial::Int(initial))
    }

    /// Text, blank at first.
    pub(crate) const fn text(keyword: &'static str, id: i32, max: usize) -> Self {
        Self::new(keyword, id, Kind::Text { max }, Initial::Text(""))
    }

    /// The name of an object, blank at first.
    pub(crate) const fn name(keyword: &'static str, id: i32) -> Self {
        Self::new(keyword, id, Kind::Name { max: 48 }, Initial::Text(""))
    }

    /// A password.
    pub(crate) const fn secret(keyword: &'static str, id: i32, max: usize) -> Self {
        Self::new(keyword, id, Kind::Secret { max }, Initial::Text(""))
    }

    /// A list of texts, empty at first.
    pub(crate) const fn texts(keyword: &'static str, id: i32, count: usize, max: usize) -> Self {
        Self::new(keyword, id, Kind::Texts { count, max }, Initial::Texts(&[]))
    }

    /// A list of names, empty at first.
    pub(crate) const fn names(keyword: &'static str, id: i32, count: usize, max: usize) -> Self {
        Self::new(keyword, id, Kind::Names { count, max }, Initial::Texts(&[]))
    }

    /// A list of words.
    pub(crate) const fn choices(
        keyword: &'static str,
        id: i32,
        count: usize,
        words: &'static [Word],
        initial: &'static [i32],
    ) -> Self {
        Self::new(keyword, id, Kind::Choices { count, words }, Initial::Ints(initial))
    }

    /// A fixed number of figures, as the queue manager shows them; -1 is shown as blank.
    pub(crate) const fn numbers(keyword: &'static str, id: i32, count: usize) -> Self {
        Self::new(keyword, id, Kind::Numbers { count, words: &[("", -1)] }, Initial::None).shown()
    }

    /// Bytes.
    pub(crate) const fn bytes(keyword: &'static str, id: i32, max: usize) -> Self {
        Self::new(keyword, id, Kind::Bytes { max }, Initial::None)
    }

    /// A figure that the queue manager shows; -1 is shown as blank.
    pub(crate) const fn figure(keyword: &'static str, id: i32) -> Self {
        Self::new(
            keyword,
            id,
            Kind::Number { min: i64::MIN, max: i64::MAX, words: &[("", -1)] },
            Initial::None,
        )
        .shown()
    }

    /// A text that the queue manager shows.
    pub(crate) const fn shown_text(keyword: &'static str, id: i32, max: usize) -> Self {
        Self::new(keyword, id, Kind::Text { max }, Initial::None).shown()
    }

    /// A word that the queue manager shows.
    pub(crate) const fn shown_word(keyword: &'static str, id: i32, words: &'static [Word]) -> Self {
        Self::new(keyword, id, Kind::Choice(words), Initial::None).shown()
    }

    /// The name of the object itself.
    pub(crate) const fn key(keyword: &'static str, id: i32, max: usize) -> Self {
        let mut row = Self::new(keyword, id, Kind::Name { max }, Initial::None);
        row.access = Access::Key;
        row
    }

    /// Gives some values of a number a word.
    pub(crate) const fn or(mut self, words: &'static [Word]) -> Self {
        if let Kind::Number { min, max, .. } = self.kind {
            self.kind = Kind::Number { min, max, words };
        }
        self
    }

    /// Another first value.
    pub(crate) const fn initially(mut self, initial: Initial) -> Self {
        self.initial = initial;
        self
    }

    /// Limits the attribute to some types of its class.
    pub(crate) const fn on(mut self, types: &'static [ObjectType]) -> Self {
        self.types = types;
        self
    }

    /// Other keywords.
    pub(crate) const fn also(mut self, synonyms: &'static [&'static str]) -> Self {
        self.synonyms = synonyms;
        self
    }

    /// Only the queue manager sets it.
    pub(crate) const fn shown(mut self) -> Self {
        self.access = Access::Shown;
        self
    }

    /// Only DEFINE sets it.
    pub(crate) const fn fixed(mut self) -> Self {
        self.access = Access::Fixed;
        self
    }

    /// DEFINE must give it.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// MQSET may set it.
    pub(crate) const fn settable(mut self) -> Self {
        self.settable = true;
        self
    }

    /// Changing it under an open handle needs FORCE.
    pub(crate) const fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// DISPLAY begins a new line before it.
    pub(crate) const fn new_line(mut self) -> Self {
        self.new_line = true;
        self
    }

    /// DISPLAY gives every item a line of its own.
    pub(crate) const fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }

    /// The MQRCCF for a value out of range.
    pub(crate) const fn reason(mut self, reason: i32) -> Self {
        self.value_reason = reason;
        self
    }

    /// Whether objects of this type have the attribute.
    pub fn is_on(&self, object: ObjectType) -> bool {
        self.types.is_empty() || self.types.contains(&object)
    }

    /// Whether `keyword`, in upper case, names this attribute: by its keyword, a synonym, or a flag's other word.
    pub fn is_named(&self, keyword: &str) -> bool {
        self.keyword == keyword
            || self.synonyms.contains(&keyword)
            || matches!(self.kind, Kind::Flag(words) if words.iter().any(|(word, _)| *word == keyword))
    }

    /// Whether the value is a list, which JSON shows as an array.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::Texts { .. } | Kind::Names { .. } | Kind::Choices { .. })
    }

    /// Whether the value is one or several numbers on the wire.
    pub fn is_integer(&self) -> bool {
        matches!(
            self.kind,
            Kind::Number { .. }
                | Kind::Choice(_)
                | Kind::Flag(_)
                | Kind::Choices { .. }
                | Kind::Numbers { .. }
        )
    }

    /// Length in bytes that MQINQ and MQSET give a character attribute; none for an integer one.
    pub fn character_length(&self) -> Option<usize> {
        match self.kind {
            Kind::Text { max } | Kind::Name { max } | Kind::Secret { max } => Some(max),
            Kind::Texts { count, max } | Kind::Names { count, max } => Some(count * max),
            _ => None,
        }
    }

    /// The value that the table gives, when it gives one.
    pub fn initial_value(&self) -> Option<Value> {
        match self.initial {
            Initial::None => None,
            Initial::Int(number) => Some(Value::Int(i64::from(number))),
            Initial::Text(text) => Some(Value::Text(text.to_owned())),
            Initial::Ints(numbers) => Some(Value::Ints(numbers.iter().map(|n| i64::from(*n)).collect())),
            Initial::Texts(texts) => Some(Value::List(texts.iter().map(|t| (*t).to_owned()).collect())),
        }
    }

    /// Reads a value as MQSC and JSON write it: `items` is what stands between the brackets, one item unless
    /// the attribute is a list. Words are expected in upper case.
    pub fn parse(&self, items: &[String]) -> Result<Value, AttributeError> {
        let value = match self.kind {
            Kind::Texts { .. } | Kind::Names { .. } => Value::List(self.text_items(items)),
            Kind::Choices { words, .. } => {
                Value::Ints(items.iter().map(|item| self.word(words, item)).collect::<Result<_, _>>()?)
            }
            Kind::Numbers { words, .. } => Value::Ints(
                items
                    .iter()
                    .map(|item| self.word(words, item).or_else(|_| self.decimal(item)))
                    .collect::<Result<_, _>>()?,
            ),
            _ => {
                // A comma inside an unquoted text is part of no single value.
                let [item] = items else {
                    return Err(AttributeError::Value { keyword: self.keyword, value: items.join(",") });
                };
                match self.kind {
                    Kind::Choice(words) | Kind::Flag(words) => Value::Int(self.word(words, item)?),
                    Kind::Number { words, .. } => {
                        Value::Int(self.word(words, item).or_else(|_| self.decimal(item))?)
                    }
                    Kind::Bytes { .. } => Value::Bytes(self.hexadecimal(item)?),
                    _ => Value::Text(item.trim_end().to_owned()),
                }
            }
        };
        self.check(&value)?;
        Ok(value)
    }

    /// Reads one item and nothing but its form: the number of a word, a number, or a text. Ranges and lengths
    /// do not matter to what a value is compared with.
    pub(super) fn read(&self, item: &str) -> Result<Value, AttributeError> {
        Ok(match self.kind {
            Kind::Choice(words) | Kind::Flag(words) | Kind::Choices { words, .. } => {
                Value::Int(self.word(words, item)?)
            }
            Kind::Number { words, .. } | Kind::Numbers { words, .. } => {
                Value::Int(self.word(words, item).or_else(|_| self.decimal(item))?)
            }
            _ => Value::from(item),
        })
    }

    /// Checks form, range and length of a value from any face.
    pub fn check(&self, value: &Value) -> Result<(), AttributeError> {
        let keyword = self.keyword;
        match (self.kind, value) {
            (Kind::Number { min, max, words }, Value::Int(number)) => {
                if (min..=max).contains(number) || has_number(words, *number) {
                    return Ok(());
                }
                let reason = self.value_reason;
                Err(AttributeError::Range { keyword, value: *number, min, max, reason })
            }
            (Kind::Choice(words) | Kind::Flag(words), Value::Int(number)) => self.check_word(words, *number),
            (Kind::Choices { count, words }, Value::Ints(numbers)) => {
                self.check_count(numbers.len(), count)?;
                numbers.iter().try_for_each(|number| self.check_word(words, *number))
            }
            (Kind::Numbers { count, .. }, Value::Ints(numbers)) => self.check_count(numbers.len(), count),
            (Kind::Text { max } | Kind::Secret { max }, Value::Text(text)) => {
                self.check_length(text.len(), max)
            }
            (Kind::Name { max }, Value::Text(name)) => self.check_name(name, max),
            (Kind::Texts { count, max }, Value::List(items)) => {
                self.check_count(items.len(), count)?;
                items.iter().try_for_each(|item| self.check_length(item.len(), max))
            }
            (Kind::Names { count, max }, Value::List(items)) => {
                self.check_count(items.len(), count)?;
                items.iter().try_for_each(|item| self.check_name(item, max))
            }
            (Kind::Bytes { max }, Value::Bytes(bytes)) => self.check_length(bytes.len(), max),
            (_, value) => Err(AttributeError::Value { keyword, value: value.to_string() }),
        }
    }

    /// The value as MQSC and JSON show it: one text per item, words instead of their numbers, bytes in
    /// hexadecimal, passwords hidden. A value that is not of this kind is shown as it is.
    pub fn show(&self, value: &Value) -> Vec<String> {
        let word = |words: &[Word], number: i64| {
            let found = words.iter().find(|(_, n)| i64::from(*n) == number);
            found.map_or_else(|| number.to_string(), |(word, _)| (*word).to_owned())
        };
        match (self.kind, value) {
            (Kind::Number { words, .. } | Kind::Choice(words) | Kind::Flag(words), Value::Int(number)) => {
                vec![word(words, *number)]
            }
            (Kind::Choices { words, .. } | Kind::Numbers { words, .. }, Value::Ints(numbers)) => {
                numbers.iter().map(|number| word(words, *number)).collect()
            }
            (Kind::Secret { .. }, Value::Text(text)) if !text.is_empty() => vec!["********".to_owned()],
            (_, Value::Text(text)) => vec![text.clone()],
            (_, Value::List(items)) => items.clone(),
            (_, Value::Ints(numbers)) => numbers.iter().map(ToString::to_string).collect(),
            (_, value) => vec![value.to_string()],
        }
    }

    /// One blank item is how MQSC writes an empty list.
    fn text_items(&self, items: &[String]) -> Vec<String> {
        let mut items: Vec<String> = items.iter().map(|item| item.trim_end().to_owned()).collect();
        if items.len() == 1 && items[0].is_empty() {
            items.clear();
        }
        items
    }

    fn word(&self, words: &[Word], item: &str) -> Result<i64, AttributeError> {
        match words.iter().find(|(word, _)| !word.is_empty() && *word == item) {
            Some((_, number)) => Ok(i64::from(*number)),
            None => Err(AttributeError::Value { keyword: self.keyword, value: item.to_owned() }),
        }
    }

    fn decimal(&self, item: &str) -> Result<i64, AttributeError> {
        let digits = item.strip_prefix('-').unwrap_or(item);
        let error = || AttributeError::Value { keyword: self.keyword, value: item.to_owned() };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(error());
        }
        item.parse().map_err(|_| error())
    }

    fn hexadecimal(&self, item: &str) -> Result<Vec<u8>, AttributeError> {
        let error = || AttributeError::Value { keyword: self.keyword, value: item.to_owned() };
        if !item.len().is_multiple_of(2) || !item.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(error());
        }
        let byte = |at: usize| u8::from_str_radix(&item[at..at + 2], 16).map_err(|_| error());
        (0..item.len()).step_by(2).map(byte).collect()
    }

    fn check_word(&self, words: &[Word], number: i64) -> Result<(), AttributeError> {
        if has_number(words, number) {
            return Ok(());
        }
        Err(AttributeError::Word { keyword: self.keyword, value: number, reason: self.value_reason })
    }

    fn check_length(&self, length: usize, max: usize) -> Result<(), AttributeError> {
        if length <= max {
            return Ok(());
        }
        Err(AttributeError::Length { keyword: self.keyword, length, max })
    }

    fn check_count(&self, count: usize, max: usize) -> Result<(), AttributeError> {
        if count <= max {
            return Ok(());
        }
        Err(AttributeError::Count { keyword: self.keyword, count, max })
    }

    fn check_name(&self, name: &str, max: usize) -> Result<(), AttributeError> {
        self.check_length(name.len(), max)?;
        if name.bytes().all(is_name_byte) {
            return Ok(());
        }
        Err(AttributeError::Name { keyword: self.keyword, value: name.to_owned() })
    }
}

/// Whether a byte may stand in an object name (queue-manager reference, section 1).
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"./_%".contains(&byte)
}

fn has_number(words: &[Word], number: i64) -> bool {
    words.iter().any(|(_, n)| i64::from(*n) == number)
}
