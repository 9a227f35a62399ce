//! Values of attributes, and a set of them by attribute.

use std::fmt;

use super::attribute::AttributeId;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, or the number of a word.
    Int(i64),
    /// Text without its trailing blanks; blank is the empty one.
    Text(String),
    /// Texts or names.
    List(Vec<String>),
    /// Numbers, or the numbers of words.
    Ints(Vec<i64>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// The number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The list of texts, if it is one.
    pub fn as_list(&self) -> Option<&[String]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The list of numbers, if it is one.
    pub fn as_ints(&self) -> Option<&[i64]> {
        match self {
            Self::Ints(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The bytes, if it is bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it is an empty text or list.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Int(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Ints(numbers) => numbers.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => f.write_str(&items.join(",")),
            Self::Ints(numbers) => {
                for (at, number) in numbers.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{number}")?;
                }
                Ok(())
            }
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.trim_end().to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

impl From<Vec<i64>> for Value {
    fn from(numbers: Vec<i64>) -> Self {
        Self::Ints(numbers)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Values by attribute, at most one each: the definition of an object, what a command gives, what a reply shows.
///
/// Kept in ascending order of [`AttributeId`], so that two sets with the same values are equal and encode to
/// the same bytes. The order in which a set is shown is that of the table, not of the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeSet {
    entries: Vec<(AttributeId, Value)>,
}

impl AttributeSet {
    /// An empty set.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Number of attributes with a value.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no attribute has a value.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of an attribute. `id` is its PCF identifier, an MQIA_, MQCA_, … constant.
    pub fn get(&self, id: i32) -> Option<&Value> {
        let at = self.find(AttributeId(id)).ok()?;
        Some(&self.entries[at].1)
    }

    /// The number of an attribute; none when it is absent or not a number.
    pub fn int(&self, id: i32) -> Option<i64> {
        self.get(id)?.as_int()
    }

    /// The text of an attribute; blank when it is absent.
    pub fn text(&self, id: i32) -> &str {
        self.get(id).and_then(Value::as_text).unwrap_or_default()
    }

    /// The list of an attribute; empty when it is absent.
    pub fn list(&self, id: i32) -> &[String] {
        self.get(id).and_then(Value::as_list).unwrap_or_default()
    }

    /// Whether the attribute has a value.
    pub fn contains(&self, id: i32) -> bool {
        self.find(AttributeId(id)).is_ok()
    }

    /// Gives an attribute a value and returns the one it had.
    pub fn set(&mut self, id: i32, value: impl Into<Value>) -> Option<Value> {
        let value = value.into();
        match self.find(AttributeId(id)) {
            Ok(at) => Some(std::mem::replace(&mut self.entries[at].1, value)),
            Err(at) => {
                self.entries.insert(at, (AttributeId(id), value));
                None
            }
        }
    }

    /// Takes the value of an attribute away.
    pub fn remove(&mut self, id: i32) -> Option<Value> {
        let at = self.find(AttributeId(id)).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// Gives every attribute of `other` the value it has there.
    pub fn merge(&mut self, other: &Self) {
        for (id, value) in other.iter() {
            self.set(id.0, value.clone());
        }
    }

    /// Attributes and values, by ascending identifier.
    pub fn iter(&self) -> impl Iterator<Item = (AttributeId, &Value)> {
        self.entries.iter().map(|(id, value)| (*id, value))
    }

    fn find(&self, id: AttributeId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&id, |(id, _)| *id)
    }
}

impl<V: Into<Value>> FromIterator<(i32, V)> for AttributeSet {
    fn from_iter<T: IntoIterator<Item = (i32, V)>>(entries: T) -> Self {
        let mut set = Self::new();
        for (id, value) in entries {
            set.set(id, value);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_one_value_an_attribute_in_order() {
        let mut set: AttributeSet = [(9, "b"), (3, "a "), (9, "c")].into_iter().collect();
        assert_eq!(set.iter().map(|(id, v)| format!("{}={v}", id.0)).collect::<Vec<_>>(), ["3=a", "9=c"]);
        assert_eq!(set.set(3, 7), Some(Value::from("a")));
        assert_eq!((set.int(3), set.text(3), set.text(4)), (Some(7), "", ""));
        assert_eq!(set.remove(3), Some(Value::Int(7)));
        assert!(!set.contains(3));
    }

    #[test]
    fn a_merge_overwrites() {
        let mut set: AttributeSet = [(1, 1), (2, 2)].into_iter().collect();
        set.merge(&[(2, 3), (4, 4)].into_iter().collect());
        assert_eq!(set, [(1, 1), (2, 3), (4, 4)].into_iter().collect());
    }
}
