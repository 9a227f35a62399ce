//! The compiled form: a flat postfix program over a small stack.
//!
//! Evaluation allocates nothing and does not recurse: the parser has computed how deep the stack gets, and
//! AND and OR jump over what cannot change their result. Truth is three-valued: NULL stands for unknown.

use super::identifier::Property;
use super::like::Pattern;
use super::value::{Arithmetic, Comparison, Value, compare, compute, negate};

/// Deepest stack that a program may need.
pub(super) const STACK_MAX: usize = 64;

/// Whatever can tell the values of properties: a message.
pub(crate) trait Properties {
    /// The value of a property, NULL if the message does not have it.
    fn value(&self, property: &Property) -> Value<'_>;
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    /// Pushes a boolean.
    Bool(bool),
    /// Pushes an exact number.
    Int(i64),
    /// Pushes an approximate number.
    Float(f64),
    /// Pushes text.
    Text(Box<str>),
    /// Pushes bytes.
    Bytes(Box<[u8]>),
    /// Pushes what the message says.
    Property(u16),
    /// Changes the sign of the top.
    Negate,
    /// Replaces two by their result.
    Compute(Arithmetic),
    /// Replaces two by whether they compare so.
    Compare(Comparison),
    /// Replaces value, lower and upper bound by whether the value is between.
    Between,
    /// Replaces the top by whether it is one of these, in ascending order.
    In(Box<[Box<str>]>),
    /// Replaces the top by whether it fits.
    Like(Pattern),
    /// Replaces the top by whether it is NULL.
    IsNull,
    /// Replaces the top by TRUE, FALSE or unknown.
    Truth,
    /// Negates a condition.
    Not,
    /// Joins two conditions.
    And,
    /// Joins two conditions.
    Or,
    /// Goes to the step with this number, leaving the top, if it is this.
    JumpIf(bool, u16),
}

/// Steps and the properties that they name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Program {
    /// In order of execution.
    pub(super) ops: Vec<Op>,
    /// Each one once.
    pub(super) properties: Vec<Property>,
}

impl Program {
    /// Runs to the end.
    ///
    /// The parser guarantees that the stack never holds more than [`STACK_MAX`] values or fewer than a step
    /// takes, and that jumps go forward.
    pub(super) fn evaluate<'a>(&'a self, message: &'a dyn Properties) -> Value<'a> {
        let mut stack = [Value::Null; STACK_MAX];
        let mut top = 0;
        let mut next = 0;
        while let Some(op) = self.ops.get(next) {
            next += 1;
            let pushed = match op {
                Op::Bool(b) => Value::Bool(*b),
                Op::Int(i) => Value::Int(*i),
                Op::Float(f) => Value::Float(*f),
                Op::Text(text) => Value::Text(text),
                Op::Bytes(bytes) => Value::Bytes(bytes),
                Op::Property(at) => {
                    self.properties.get(usize::from(*at)).map_or(Value::Null, |p| message.value(p))
                }
                Op::JumpIf(truth, to) => {
                    if stack[top - 1] == Value::Bool(*truth) {
                        next = usize::from(*to);
                    }
                    continue;
                }
                Op::Between => {
                    top -= 2;
                    stack[top - 1] = between(stack[top - 1], stack[top], stack[top + 1]);
                    continue;
                }
                Op::Compute(_) | Op::Compare(_) | Op::And | Op::Or => {
                    top -= 1;
                    stack[top - 1] = binary(op, stack[top - 1], stack[top]);
                    continue;
                }
                Op::Negate | Op::In(_) | Op::Like(_) | Op::IsNull | Op::Truth | Op::Not => {
                    stack[top - 1] = unary(op, stack[top - 1]);
                    continue;
                }
            };
            stack[top] = pushed;
            top += 1;
        }
        stack[0]
    }

    /// The same without jumps: what AND and OR leave out changes nothing.
    #[cfg(feature = "fuzzing")]
    pub(super) fn evaluate_all<'a>(&'a self, message: &'a dyn Properties) -> Value<'a> {
        let mut stack: Vec<Value<'a>> = Vec::new();
        for op in &self.ops {
            let mut pop = || stack.pop().expect("as many as the step takes");
            let value = match op {
                Op::JumpIf(..) => continue,
                Op::Between => {
                    let (upper, lower) = (pop(), pop());
                    between(pop(), lower, upper)
                }
                Op::Compute(_) | Op::Compare(_) | Op::And | Op::Or => {
                    let right = pop();
                    binary(op, pop(), right)
                }
                Op::Negate | Op::In(_) | Op::Like(_) | Op::IsNull | Op::Truth | Op::Not => unary(op, pop()),
                Op::Bool(b) => Value::Bool(*b),
                Op::Int(i) => Value::Int(*i),
                Op::Float(f) => Value::Float(*f),
                Op::Text(text) => Value::Text(text),
                Op::Bytes(bytes) => Value::Bytes(bytes),
                Op::Property(at) => {
                    self.properties.get(usize::from(*at)).map_or(Value::Null, |p| message.value(p))
                }
            };
            stack.push(value);
        }
        assert_eq!(stack.len(), 1, "a condition has one value");
        stack[0]
    }

    /// Deepest stack that the steps need.
    pub(super) fn stack_depth(&self) -> usize {
        let mut depth: usize = 0;
        let mut deepest = 0;
        for op in &self.ops {
            match op {
                Op::Bool(_) | Op::Int(_) | Op::Float(_) | Op::Text(_) | Op::Bytes(_) | Op::Property(_) => {
                    depth += 1
                }
                Op::Compute(_) | Op::Compare(_) | Op::And | Op::Or => depth -= 1,
                Op::Between => depth -= 2,
                Op::Negate | Op::In(_) | Op::Like(_) | Op::IsNull | Op::Truth | Op::Not | Op::JumpIf(..) => {}
            }
            deepest = deepest.max(depth);
        }
        deepest
    }
}

fn unary<'a>(op: &Op, value: Value<'a>) -> Value<'a> {
    match (op, value) {
        (Op::IsNull, value) => Value::Bool(value == Value::Null),
        (Op::Negate, value) => negate(value),
        (Op::Truth, value) => value.truth(),
        (Op::Not, Value::Bool(b)) => Value::Bool(!b),
        (Op::Not, _) | (_, Value::Null) => Value::Null,
        (Op::In(list), Value::Text(text)) => {
            Value::Bool(list.binary_search_by(|item| item.as_ref().cmp(text)).is_ok())
        }
        (Op::Like(pattern), Value::Text(text)) => Value::Bool(pattern.matches(text)),
        // A value of another type is like nothing and in no list of texts.
        _ => Value::Bool(false),
    }
}

fn binary<'a>(op: &Op, left: Value<'a>, right: Value<'a>) -> Value<'a> {
    match op {
        Op::Compute(how) => compute(left, *how, right),
        Op::Compare(how) => compare(left, *how, right),
        Op::And => and(left, right),
        _ => or(left, right),
    }
}

fn between<'a>(value: Value<'a>, low: Value<'a>, high: Value<'a>) -> Value<'a> {
    and(compare(value, Comparison::GreaterEqual, low), compare(value, Comparison::LessEqual, high))
}

fn and<'a>(left: Value<'a>, right: Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), Value::Bool(true)) => Value::Bool(true),
        _ => Value::Null,
    }
}

fn or<'a>(left: Value<'a>, right: Value<'a>) -> Value<'a> {
    match (left, right) {
        (Value::Bool(true), _) | (_, Value::Bool(true)) => Value::Bool(true),
        (Value::Bool(false), Value::Bool(false)) => Value::Bool(false),
        _ => Value::Null,
    }
}
