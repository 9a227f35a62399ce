//! Values of message properties, their types and their text in an MQRFH2.

use std::fmt;

use crate::constants::*;
use crate::reason::Reason;

/// A typed property value.
#[derive(Clone, Debug, PartialEq)]
pub enum PropertyValue {
    /// No value; `xsi:nil='true'` in a folder.
    Null,
    /// `boolean`: 0 or 1.
    Boolean(bool),
    /// `i1`
    Int8(i8),
    /// `i2`
    Int16(i16),
    /// `i4`
    Int32(i32),
    /// `i8`, and `int`
    Int64(i64),
    /// `r4`
    Float32(f32),
    /// `r8`
    Float64(f64),
    /// `string`, also when no type is given.
    String(String),
    /// `bin.hex`
    Bytes(Vec<u8>),
}

impl PropertyValue {
    /// The value that `text` is for the data type `dt` of a folder. A type that does not exist is a string.
    /// MQRC_RFH_FORMAT_ERROR when the text does not suit the type.
    pub fn parse(dt: Option<&str>, text: &str) -> Result<Self, Reason> {
        let number = text.trim_matches([' ', '\t', '\r', '\n']);
        let value = match dt {
            Some("boolean") => match number {
                "1" | "true" | "TRUE" => Some(Self::Boolean(true)),
                "0" | "false" | "FALSE" => Some(Self::Boolean(false)),
                _ => None,
            },
            Some("i1") => number.parse().ok().map(Self::Int8),
            Some("i2") => number.parse().ok().map(Self::Int16),
            Some("i4") => number.parse().ok().map(Self::Int32),
            Some("i8" | "int") => number.parse().ok().map(Self::Int64),
            Some("r4") => number.parse().ok().map(Self::Float32),
            Some("r8") => number.parse().ok().map(Self::Float64),
            Some("bin.hex") => of_hex(number).map(Self::Bytes),
            _ => Some(Self::String(text.to_owned())),
        };
        value.ok_or(Reason::RFH_FORMAT_ERROR)
    }

    /// The data type as folders name it. None for strings, which need none, and for null.
    pub fn dt(&self) -> Option<&'static str> {
        match self {
            Self::Null | Self::String(_) => None,
            Self::Boolean(_) => Some("boolean"),
            Self::Int8(_) => Some("i1"),
            Self::Int16(_) => Some("i2"),
            Self::Int32(_) => Some("i4"),
            Self::Int64(_) => Some("i8"),
            Self::Float32(_) => Some("r4"),
            Self::Float64(_) => Some("r8"),
            Self::Bytes(_) => Some("bin.hex"),
        }
    }

    /// The data type as the property calls name it (MQTYPE).
    pub fn mqtype(&self) -> i32 {
        match self {
            Self::Null => MQTYPE_NULL,
            Self::Boolean(_) => MQTYPE_BOOLEAN,
            Self::Int8(_) => MQTYPE_INT8,
            Self::Int16(_) => MQTYPE_INT16,
            Self::Int32(_) => MQTYPE_INT32,
            Self::Int64(_) => MQTYPE_INT64,
            Self::Float32(_) => MQTYPE_FLOAT32,
            Self::Float64(_) => MQTYPE_FLOAT64,
            Self::String(_) => MQTYPE_STRING,
            Self::Bytes(_) => MQTYPE_BYTE_STRING,
        }
    }
}

impl From<&str> for PropertyValue {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

/// The text that a folder has for the value, before escaping.
impl fmt::Display for PropertyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Boolean(value) => write!(f, "{}", u8::from(*value)),
            Self::Int8(value) => write!(f, "{value}"),
            Self::Int16(value) => write!(f, "{value}"),
            Self::Int32(value) => write!(f, "{value}"),
            Self::Int64(value) => write!(f, "{value}"),
            // The shortest digits that read back the same, with an exponent where that is shorter.
            Self::Float32(value) => write!(f, "{value:?}"),
            Self::Float64(value) => write!(f, "{value:?}"),
            Self::String(value) => f.write_str(value),
            Self::Bytes(value) => value.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
        }
    }
}

/// The bytes that pairs of hexadecimal digits write.
fn of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_value_for_its_type() {
        use PropertyValue::*;
        for (dt, text, want) in [
            (None, " a ", Some(PropertyValue::from(" a "))),
            (Some("string"), "", Some("".into())),
            (Some("wonder"), "x", Some("x".into())),
            (Some("boolean"), "1", Some(Boolean(true))),
            (Some("boolean"), "2", None),
            (Some("i1"), "-128", Some(Int8(-128))),
            (Some("i1"), "128", None),
            (Some("i2"), " 7 ", Some(Int16(7))),
            (Some("i4"), "2147483647", Some(Int32(i32::MAX))),
            (Some("i4"), "", None),
            (Some("int"), "9", Some(Int64(9))),
            (Some("i8"), "9x", None),
            (Some("r4"), "1.5", Some(Float32(1.5))),
            (Some("r8"), "-1e300", Some(Float64(-1e300))),
            (Some("r8"), "one", None),
            (Some("bin.hex"), "00fF", Some(Bytes(vec![0, 255]))),
            (Some("bin.hex"), "00f", None),
            (Some("bin.hex"), "zz", None),
        ] {
            let got = PropertyValue::parse(dt, text);
            assert_eq!(got, want.clone().ok_or(Reason::RFH_FORMAT_ERROR), "{dt:?} {text}");
            if let Some(value) = want {
                assert_eq!(PropertyValue::parse(value.dt(), &value.to_string()), Ok(value));
            }
        }
    }
}
