//! Grammar of a selector, compiled while it is read.
//!
//! ```text
//! condition  = and { OR and }
//! and        = not { AND not }
//! not        = { NOT } predicate
//! predicate  = sum [ comparison sum
//!                  | [NOT] BETWEEN sum AND sum
//!                  | [NOT] IN '(' text { ',' text } ')'
//!                  | [NOT] LIKE text [ ESCAPE text ]
//!                  | IS [NOT] NULL ]
//! sum        = product { ('+' | '-') product }
//! product    = factor { ('*' | '/') factor }
//! factor     = { '+' | '-' } primary
//! primary    = '(' condition ')' | identifier | number | text | bytes | TRUE | FALSE
//! ```
//!
//! A condition may stand in parentheses wherever a value may, so the kind of what was read is checked where it is
//! used: `('a' = b) + 1` and `5 AND c` are syntax errors. A property may be of any kind; that is seen only when a
//! message is there.

use super::error::SelectorError;
use super::identifier::{JmsField, MdField, Property};
use super::lexer::{Token, Word, from_hex, words};
use super::like::Pattern;
use super::program::{Op, Program, STACK_MAX};
use super::value::{Arithmetic, Comparison};

/// Deepest nesting of parentheses: each level costs the parser some stack.
const NESTING_MAX: usize = 100;

/// Compiles the text of a selector.
pub(super) fn compile(text: &str) -> Result<Program, SelectorError> {
    let tokens = words(text).map_err(|(at, what)| SelectorError::Syntax { at, what })?;
    let mut parser = Parser { tokens, next: 0, nesting: 0, program: Program::default() };
    if parser.peek() == &Word::End {
        parser.program.ops.push(Op::Bool(true));
        return Ok(parser.program);
    }
    let at = parser.at();
    let kind = parser.condition()?;
    parser.truth(kind, at)?;
    if parser.peek() != &Word::End {
        return Err(parser.error("something that does not belong here"));
    }
    if parser.program.stack_depth() > STACK_MAX {
        return Err(SelectorError::Syntax { at: 0, what: "an expression nested too deeply" });
    }
    Ok(parser.program)
}

/// What is known about a value before a message is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Number,
    Text,
    Bytes,
    /// A property.
    Any,
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    nesting: usize,
    program: Program,
}

impl Parser {
    fn peek(&self) -> &Word {
        self.tokens.get(self.next).map_or(&Word::End, |token| &token.word)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |token| token.at)
    }

    fn take(&mut self) -> Word {
        let word = self.peek().clone();
        self.next += 1;
        word
    }

    fn take_if(&mut self, word: &Word) -> bool {
        let found = self.peek() == word;
        if found {
            self.next += 1;
        }
        found
    }

    fn expect(&mut self, word: &Word, what: &'static str) -> Result<(), SelectorError> {
        if self.take_if(word) { Ok(()) } else { Err(self.error(what)) }
    }

    fn error(&self, what: &'static str) -> SelectorError {
        SelectorError::Syntax { at: self.at(), what }
    }

    fn emit(&mut self, op: Op) {
        self.program.ops.push(op);
    }

    fn condition(&mut self) -> Result<Kind, SelectorError> {
        self.chain(&Word::Or, true, &Op::Or, Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Kind, SelectorError> {
        self.chain(&Word::And, false, &Op::And, Self::negation)
    }

    /// Conditions joined by one word. Each but the last may decide the whole and jump to its end.
    fn chain(
        &mut self,
        word: &Word,
        decides: bool,
        join: &Op,
        part: fn(&mut Self) -> Result<Kind, SelectorError>,
    ) -> Result<Kind, SelectorError> {
        let at = self.at();
        let mut kind = part(self)?;
        if self.peek() != word {
            return Ok(kind);
        }
        self.truth(kind, at)?;
        let mut jumps = Vec::new();
        while self.take_if(word) {
            jumps.push(self.program.ops.len());
            self.emit(Op::JumpIf(decides, 0));
            let at = self.at();
            kind = part(self)?;
            self.truth(kind, at)?;
            self.emit(join.clone());
        }
        let end = u16::try_from(self.program.ops.len()).map_err(|_| self.error("too many terms"))?;
        for jump in jumps {
            self.program.ops[jump] = Op::JumpIf(decides, end);
        }
        Ok(Kind::Bool)
    }

    /// Makes a condition of what was read at `at`.
    fn truth(&mut self, kind: Kind, at: usize) -> Result<(), SelectorError> {
        match kind {
            Kind::Bool => Ok(()),
            Kind::Any => {
                self.emit(Op::Truth);
                Ok(())
            }
            Kind::Number | Kind::Text | Kind::Bytes => {
                Err(SelectorError::Syntax { at, what: "a value where a condition belongs" })
            }
        }
    }

    fn negation(&mut self) -> Result<Kind, SelectorError> {
        let mut count = 0_usize;
        while self.take_if(&Word::Not) {
            count += 1;
        }
        let at = self.at();
        let kind = self.predicate()?;
        if count == 0 {
            return Ok(kind);
        }
        self.truth(kind, at)?;
        if count % 2 == 1 {
            self.emit(Op::Not);
        }
        Ok(Kind::Bool)
    }

    fn predicate(&mut self) -> Result<Kind, SelectorError> {
        let at = self.at();
        let start = self.program.ops.len();
        let kind = self.sum()?;
        if let Some(how) = self.comparison() {
            return self.compared(start, kind, how, at);
        }
        if self.take_if(&Word::Is) {
            let is_negated = self.take_if(&Word::Not);
            self.expect(&Word::Null, "IS without NULL")?;
            if kind != Kind::Any {
                return Err(SelectorError::Syntax { at, what: "IS NULL after what is not a property" });
            }
            self.emit(Op::IsNull);
            return Ok(self.negated(is_negated));
        }
        let is_negated = self.take_if(&Word::Not);
        match self.peek() {
            Word::Between => self.between(kind, at)?,
            Word::In => self.listed(kind, at)?,
            Word::Like => self.like(kind, at)?,
            _ if is_negated => return Err(self.error("NOT without BETWEEN, IN or LIKE")),
            _ => return Ok(kind),
        }
        Ok(self.negated(is_negated))
    }

    fn negated(&mut self, is_negated: bool) -> Kind {
        if is_negated {
            self.emit(Op::Not);
        }
        Kind::Bool
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let how = match self.peek() {
            Word::Equal => Comparison::Equal,
            Word::NotEqual => Comparison::NotEqual,
            Word::Less => Comparison::Less,
            Word::LessEqual => Comparison::LessEqual,
            Word::Greater => Comparison::Greater,
            Word::GreaterEqual => Comparison::GreaterEqual,
            _ => return None,
        };
        self.next += 1;
        Some(how)
    }

    fn compared(
        &mut self,
        start: usize,
        left: Kind,
        how: Comparison,
        at: usize,
    ) -> Result<Kind, SelectorError> {
        let right_at = self.at();
        let right_start = self.program.ops.len();
        let right = self.sum()?;
        if how.is_ordering() {
            numeric(left, at, "an order of what is not a number")?;
            numeric(right, right_at, "an order of what is not a number")?;
        }
        self.adapt_literals(start, right_start);
        self.emit(Op::Compare(how));
        Ok(Kind::Bool)
    }

    /// Where a property of known form meets a literal text, the text is brought into that form once, here: ids
    /// become bytes, and padding of character fields goes.
    fn adapt_literals(&mut self, left: usize, right: usize) {
        if self.program.ops.len() != left + 2 || right != left + 1 {
            return;
        }
        let (property_at, text_at) = match (&self.program.ops[left], &self.program.ops[right]) {
            (Op::Property(_), Op::Text(_)) => (left, right),
            (Op::Text(_), Op::Property(_)) => (right, left),
            _ => return,
        };
        let (Op::Property(property), Op::Text(text)) =
            (&self.program.ops[property_at], &self.program.ops[text_at])
        else {
            return;
        };
        let property = &self.program.properties[usize::from(*property)];
        match property {
            Property::Md(field) if field.is_text() => {
                let trimmed = text.trim_end_matches(' ').into();
                self.program.ops[text_at] = Op::Text(trimmed);
            }
            Property::Jms(field) => {
                let field = match field {
                    JmsField::MessageId => MdField::MsgId,
                    JmsField::CorrelationId => MdField::CorrelId,
                    _ => return,
                };
                if let Some(id) = text.strip_prefix("ID:").and_then(from_hex).filter(|id| id.len() == 24) {
                    self.program.ops[text_at] = Op::Bytes(id.into_boxed_slice());
                    let slot = self.intern(Property::Md(field));
                    self.program.ops[property_at] = Op::Property(slot);
                }
            }
            _ => {}
        }
    }

    fn between(&mut self, kind: Kind, at: usize) -> Result<(), SelectorError> {
        const WHAT: &str = "BETWEEN of what is not a number";
        self.next += 1;
        numeric(kind, at, WHAT)?;
        let (low_at, low) = (self.at(), self.sum()?);
        numeric(low, low_at, WHAT)?;
        self.expect(&Word::And, "BETWEEN without AND")?;
        let (high_at, high) = (self.at(), self.sum()?);
        numeric(high, high_at, WHAT)?;
        self.emit(Op::Between);
        Ok(())
    }

    fn listed(&mut self, kind: Kind, at: usize) -> Result<(), SelectorError> {
        self.next += 1;
        textual(kind, at, "IN of what is not text")?;
        self.expect(&Word::Open, "IN without a list")?;
        let mut list: Vec<Box<str>> = Vec::new();
        loop {
            list.push(self.text("an entry of IN that is not text")?.into());
            if !self.take_if(&Word::Comma) {
                break;
            }
        }
        self.expect(&Word::Close, "a list that is not closed")?;
        list.sort_unstable();
        list.dedup();
        self.emit(Op::In(list.into_boxed_slice()));
        Ok(())
    }

    fn like(&mut self, kind: Kind, at: usize) -> Result<(), SelectorError> {
        self.next += 1;
        textual(kind, at, "LIKE of what is not text")?;
        let pattern_at = self.at();
        let pattern = self.text("LIKE without a pattern in quotes")?;
        let mut escape = None;
        if self.take_if(&Word::Escape) {
            let at = self.at();
            let text = self.text("ESCAPE without a character in quotes")?;
            let mut chars = text.chars();
            escape = chars.next();
            if escape.is_none() || chars.next().is_some() {
                return Err(SelectorError::Syntax { at, what: "ESCAPE with other than one character" });
            }
        }
        let pattern = Pattern::compile(&pattern, escape)
            .ok_or(SelectorError::Syntax { at: pattern_at, what: "a pattern that ends with its escape" })?;
        self.emit(Op::Like(pattern));
        Ok(())
    }

    fn text(&mut self, what: &'static str) -> Result<String, SelectorError> {
        match self.peek() {
            Word::Text(text) => {
                let text = text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.error(what)),
        }
    }

    fn sum(&mut self) -> Result<Kind, SelectorError> {
        let operation = |word: &Word| match word {
            Word::Plus => Some(Arithmetic::Add),
            Word::Minus => Some(Arithmetic::Subtract),
            _ => None,
        };
        self.operations(operation, Self::product)
    }

    fn product(&mut self) -> Result<Kind, SelectorError> {
        let operation = |word: &Word| match word {
            Word::Star => Some(Arithmetic::Multiply),
            Word::Slash => Some(Arithmetic::Divide),
            _ => None,
        };
        self.operations(operation, Self::factor)
    }

    fn operations(
        &mut self,
        operation: fn(&Word) -> Option<Arithmetic>,
        part: fn(&mut Self) -> Result<Kind, SelectorError>,
    ) -> Result<Kind, SelectorError> {
        const WHAT: &str = "arithmetic on what is not a number";
        let at = self.at();
        let mut kind = part(self)?;
        while let Some(how) = operation(self.peek()) {
            numeric(kind, at, WHAT)?;
            self.next += 1;
            let at = self.at();
            let right = part(self)?;
            numeric(right, at, WHAT)?;
            self.emit(Op::Compute(how));
            kind = Kind::Number;
        }
        Ok(kind)
    }

    fn factor(&mut self) -> Result<Kind, SelectorError> {
        let mut signs = 0_usize;
        let mut is_negative = false;
        loop {
            match self.peek() {
                Word::Plus => {}
                Word::Minus => is_negative = !is_negative,
                _ => break,
            }
            signs += 1;
            self.next += 1;
        }
        if let Word::Int(magnitude) = *self.peek() {
            let value = i128::from(magnitude) * if is_negative { -1 } else { 1 };
            let value = i64::try_from(value).map_err(|_| self.error("a number that does not fit 64 bits"))?;
            self.next += 1;
            self.emit(Op::Int(value));
            return Ok(Kind::Number);
        }
        let at = self.at();
        let kind = self.primary()?;
        if signs == 0 {
            return Ok(kind);
        }
        numeric(kind, at, "a sign before what is not a number")?;
        // An even number of signs keeps the value, but still makes NULL of what turns out to be no number.
        self.emit(Op::Negate);
        if !is_negative {
            self.emit(Op::Negate);
        }
        Ok(Kind::Number)
    }

    fn primary(&mut self) -> Result<Kind, SelectorError> {
        let at = self.at();
        match self.take() {
            Word::Open => {
                self.nesting += 1;
                if self.nesting > NESTING_MAX {
                    return Err(SelectorError::Syntax { at, what: "parentheses nested too deeply" });
                }
                let kind = self.condition()?;
                self.expect(&Word::Close, "a parenthesis that is not closed")?;
                self.nesting -= 1;
                Ok(kind)
            }
            Word::Identifier(name) => {
                let property = Property::of_name(&name)
                    .ok_or(SelectorError::Syntax { at, what: "a name that no message can have" })?;
                let slot = self.intern(property);
                self.emit(Op::Property(slot));
                Ok(Kind::Any)
            }
            Word::Bool(truth) => {
                self.emit(Op::Bool(truth));
                Ok(Kind::Bool)
            }
            Word::Float(number) => {
                self.emit(Op::Float(number));
                Ok(Kind::Number)
            }
            Word::Text(text) => {
                self.emit(Op::Text(text.into()));
                Ok(Kind::Text)
            }
            Word::Bytes(bytes) => {
                self.emit(Op::Bytes(bytes.into()));
                Ok(Kind::Bytes)
            }
            _ => Err(SelectorError::Syntax { at, what: "a value is missing" }),
        }
    }

    /// The slot of a property; the length cap of selectors keeps their number far below the limit.
    fn intern(&mut self, property: Property) -> u16 {
        let properties = &mut self.program.properties;
        let slot = properties.iter().position(|p| *p == property).unwrap_or_else(|| {
            properties.push(property);
            properties.len() - 1
        });
        u16::try_from(slot).expect("a selector has at most 10240 bytes, so fewer names")
    }
}

fn numeric(kind: Kind, at: usize, what: &'static str) -> Result<(), SelectorError> {
    match kind {
        Kind::Number | Kind::Any => Ok(()),
        Kind::Bool | Kind::Text | Kind::Bytes => Err(SelectorError::Syntax { at, what }),
    }
}

fn textual(kind: Kind, at: usize, what: &'static str) -> Result<(), SelectorError> {
    match kind {
        Kind::Text | Kind::Any => Ok(()),
        Kind::Bool | Kind::Number | Kind::Bytes => Err(SelectorError::Syntax { at, what }),
    }
}
