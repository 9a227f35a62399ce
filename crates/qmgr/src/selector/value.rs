//! Values that a selector computes with, and how two of them compare.
//!
//! Numbers are exact (64-bit integers) or approximate (64-bit floats) and comparable with each other without
//! loss: 2^53 + 1 is greater than 2^53 as a float. Text, bytes and booleans compare for equality only. Values of
//! unlike types are never equal and never unequal either: such a comparison is FALSE, as JMS has it. NULL makes
//! every comparison unknown.

use std::cmp::Ordering;

/// A value, borrowed from the message or from the selector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// A property that is not there; as the result of a condition: unknown.
    Null,
    /// A boolean, or the result of a condition.
    Bool(bool),
    /// An exact number.
    Int(i64),
    /// An approximate number.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// A byte string.
    Bytes(&'a [u8]),
}

/// The six comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Comparison {
    /// Whether it needs an order, which only numbers have.
    pub(crate) fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterEqual => ordering.is_ge(),
        }
    }
}

/// Compares two values: NULL, TRUE or FALSE.
pub(crate) fn compare(left: Value<'_>, how: Comparison, right: Value<'_>) -> Value<'static> {
    let truth = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Value::Null,
        (Value::Bool(a), Value::Bool(b)) => !how.is_ordering() && how.accepts(a.cmp(&b)),
        (Value::Text(a), Value::Text(b)) => !how.is_ordering() && how.accepts(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => !how.is_ordering() && how.accepts(a.cmp(b)),
        (a, b) => match numeric_order(a, b) {
            Some(ordering) => how.accepts(ordering),
            // NaN is unequal to everything; unlike types are neither.
            None => how == Comparison::NotEqual && a.is_number() && b.is_number(),
        },
    };
    Value::Bool(truth)
}

fn numeric_order(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
        (Value::Int(a), Value::Float(b)) => order_int_float(a, b),
        (Value::Float(a), Value::Int(b)) => order_int_float(b, a).map(Ordering::reverse),
        _ => None,
    }
}

fn order_int_float(int: i64, float: f64) -> Option<Ordering> {
    const TWO_POW_63: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= TWO_POW_63 {
        return Some(Ordering::Less);
    }
    if float < -TWO_POW_63 {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc() as i64;
    Some(int.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

impl Value<'_> {
    /// Whether it is a number.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_))
    }

    /// The value as a condition: what is neither TRUE nor FALSE is unknown.
    pub(crate) fn truth(self) -> Self {
        match self {
            Self::Bool(_) => self,
            _ => Value::Null,
        }
    }
}

/// The four operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Computes. Exact numbers stay exact while the result fits 64 bits and become approximate where it does not;
/// exact division truncates and is NULL by zero, as is anything with an operand that is not a number.
pub(crate) fn compute<'a>(left: Value<'a>, how: Arithmetic, right: Value<'a>) -> Value<'a> {
    if let (Value::Int(a), Value::Int(b)) = (left, right) {
        let exact = match how {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Subtract => a.checked_sub(b),
            Arithmetic::Multiply => a.checked_mul(b),
            Arithmetic::Divide if b == 0 => return Value::Null,
            Arithmetic::Divide => a.checked_div(b),
        };
        if let Some(exact) = exact {
            return Value::Int(exact);
        }
    }
    match (as_float(left), as_float(right)) {
        (Some(a), Some(b)) => Value::Float(match how {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
        }),
        _ => Value::Null,
    }
}

/// Changes the sign; NULL for what is not a number.
pub(crate) fn negate(value: Value<'_>) -> Value<'_> {
    match value {
        Value::Int(i) => i.checked_neg().map_or(Value::Float(-(i as f64)), Value::Int),
        Value::Float(f) => Value::Float(-f),
        _ => Value::Null,
    }
}

fn as_float(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Int(i) => Some(i as f64),
        Value::Float(f) => Some(f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Comparison::{Equal, Greater, Less, LessEqual, NotEqual};

    #[track_caller]
    fn check(left: Value<'_>, how: Comparison, right: Value<'_>, want: Option<bool>) {
        assert_eq!(compare(left, how, right), want.map_or(Value::Null, Value::Bool));
    }

    #[test]
    fn values_compare_within_their_type() {
        check(Value::Int(1), Equal, Value::Int(1), Some(true));
        check(Value::Int(1), Less, Value::Float(1.5), Some(true));
        check(Value::Float(1.5), Greater, Value::Int(1), Some(true));
        check(Value::Int(-1), Greater, Value::Float(-1.5), Some(true));
        check(Value::Int(2), Equal, Value::Float(2.0), Some(true));
        check(Value::Int(0), Equal, Value::Float(-0.0), Some(true));
        check(Value::Int((1 << 53) + 1), Greater, Value::Float((1_i64 << 53) as f64), Some(true));
        check(Value::Int(i64::MAX), Less, Value::Float(9.3e18), Some(true));
        check(Value::Int(i64::MIN), LessEqual, Value::Float(-9_223_372_036_854_775_808.0), Some(true));
        check(Value::Int(i64::MIN), Greater, Value::Float(-1e300), Some(true));
        check(Value::Float(f64::NAN), Equal, Value::Float(f64::NAN), Some(false));
        check(Value::Float(f64::NAN), NotEqual, Value::Int(1), Some(true));
        check(Value::Text("a"), Equal, Value::Text("a"), Some(true));
        check(Value::Text("a"), Less, Value::Text("b"), Some(false));
        check(Value::Text("1"), Equal, Value::Int(1), Some(false));
        check(Value::Text("1"), NotEqual, Value::Int(1), Some(false));
        check(Value::Bool(true), NotEqual, Value::Bool(false), Some(true));
        check(Value::Bytes(b"a"), Equal, Value::Text("a"), Some(false));
        check(Value::Null, Equal, Value::Null, None);
        check(Value::Int(1), NotEqual, Value::Null, None);
    }

    #[test]
    fn arithmetic_stays_exact_while_it_fits() {
        let sum = |a, how, b| compute(a, how, b);
        assert_eq!(sum(Value::Int(7), Arithmetic::Divide, Value::Int(2)), Value::Int(3));
        assert_eq!(sum(Value::Int(7), Arithmetic::Divide, Value::Int(0)), Value::Null);
        assert_eq!(sum(Value::Int(7), Arithmetic::Divide, Value::Float(2.0)), Value::Float(3.5));
        assert_eq!(
            sum(Value::Int(i64::MAX), Arithmetic::Add, Value::Int(1)),
            Value::Float(9_223_372_036_854_775_808.0)
        );
        assert_eq!(
            sum(Value::Int(i64::MIN), Arithmetic::Divide, Value::Int(-1)),
            Value::Float(9_223_372_036_854_775_808.0)
        );
        assert_eq!(sum(Value::Text("1"), Arithmetic::Add, Value::Int(1)), Value::Null);
        assert_eq!(negate(Value::Int(i64::MIN)), Value::Float(9_223_372_036_854_775_808.0));
        assert_eq!(negate(Value::Text("1")), Value::Null);
    }
}
