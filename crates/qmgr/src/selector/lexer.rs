//! Words of a selector.
//!
//! Reserved words in any case; identifiers of Java, with dots between folder and name; text in single quotes, a quote
//! doubled; numbers as in Java: `5`, `0x1F`, `017` (octal), `1.5e3`, with `L`, `F` or `D` after them. What stands in
//! double quotes is a byte string if it begins with `0x`, and otherwise an identifier of any characters.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// One word and where it begins, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    /// Byte offset.
    pub(crate) at: usize,
    /// The word.
    pub(crate) word: Word,
}

/// A word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    /// NOT
    Not,
    /// AND
    And,
    /// OR
    Or,
    /// BETWEEN
    Between,
    /// LIKE
    Like,
    /// ESCAPE
    Escape,
    /// IN
    In,
    /// IS
    Is,
    /// NULL
    Null,
    /// TRUE or FALSE
    Bool(bool),
    /// A property's name.
    Identifier(String),
    /// Text in single quotes.
    Text(String),
    /// Bytes: `"0x…"`.
    Bytes(Vec<u8>),
    /// An exact number without sign: up to 2^63, so that -2^63 can be written.
    Int(u64),
    /// An approximate number.
    Float(f64),
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
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// Nothing follows.
    End,
}

/// A place that cannot be read: byte offset and why.
pub(crate) type LexError = (usize, &'static str);

/// Reads all words; the last one is [`Word::End`].
pub(crate) fn words(text: &str) -> Result<Vec<Token>, LexError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let is_end = token.word == Word::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| accept(*c)) {
            self.at += c.len_utf8();
        }
        &self.text[start..self.at]
    }

    fn take_if(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn next(&mut self) -> Result<Token, LexError> {
        self.take_while(char::is_whitespace);
        let at = self.at;
        let Some(c) = self.peek() else { return Ok(Token { at, word: Word::End }) };
        let word = match c {
            '\'' => Word::Text(self.quoted('\'')?),
            '"' => self.double_quoted()?,
            c if c.is_ascii_digit() => self.number()?,
            '.' if self.text[at + 1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
            c if is_identifier_start(c) => {
                let text = self.take_while(|c| is_identifier_part(c) || c == '.').to_owned();
                if text.ends_with('.') || text.contains("..") {
                    return Err((at, "a name with an empty part"));
                }
                reserved(&text).unwrap_or(Word::Identifier(text))
            }
            c => self.symbol(c)?,
        };
        Ok(Token { at, word })
    }

    fn symbol(&mut self, c: char) -> Result<Word, LexError> {
        let at = self.at;
        self.at += c.len_utf8();
        Ok(match c {
            '=' => Word::Equal,
            '<' if self.take_if('>') => Word::NotEqual,
            '<' if self.take_if('=') => Word::LessEqual,
            '<' => Word::Less,
            '>' if self.take_if('=') => Word::GreaterEqual,
            '>' => Word::Greater,
            '+' => Word::Plus,
            '-' => Word::Minus,
            '*' => Word::Star,
            '/' => Word::Slash,
            '(' => Word::Open,
            ')' => Word::Close,
            ',' => Word::Comma,
            _ => return Err((at, "a character that has no meaning here")),
        })
    }

    /// Text between quotes; a doubled quote is one.
    fn quoted(&mut self, quote: char) -> Result<String, LexError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != quote));
            if !self.take_if(quote) {
                return Err((start, "a quote that is not closed"));
            }
            if !self.take_if(quote) {
                return Ok(text);
            }
            text.push(quote);
        }
    }

    fn double_quoted(&mut self) -> Result<Word, LexError> {
        let at = self.at;
        let text = self.quoted('"')?;
        if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            return from_hex(digits)
                .map(Word::Bytes)
                .ok_or((at, "a byte string with a digit that is not hexadecimal"));
        }
        if text.is_empty() {
            return Err((at, "an empty name"));
        }
        Ok(Word::Identifier(text))
    }

    fn number(&mut self) -> Result<Word, LexError> {
        let at = self.at;
        if let Some(hex) = self.hexadecimal(at) {
            return hex;
        }
        self.take_while(|c| c.is_ascii_digit());
        let mut is_float = false;
        if self.take_if('.') {
            is_float = true;
            self.take_while(|c| c.is_ascii_digit());
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            is_float = true;
            self.at += 1;
            let _ = self.take_if('+') || self.take_if('-');
            if self.take_while(|c| c.is_ascii_digit()).is_empty() {
                return Err((at, "an exponent without digits"));
            }
        }
        let digits = &self.text[at..self.at];
        let suffix = self.peek().map(|c| c.to_ascii_lowercase());
        // `010F` is ten: only whole numbers are octal.
        let is_float = is_float || matches!(suffix, Some('f' | 'd'));
        let word = if is_float {
            digits.parse().map(Word::Float).map_err(|_| (at, "a number that cannot be read"))
        } else {
            match digits.strip_prefix('0') {
                None | Some("") => integer(digits, 10, at),
                Some(octal) if octal.contains(['8', '9']) => {
                    Err((at, "a number that begins with 0 is octal and has no digits 8 and 9"))
                }
                Some(octal) => integer(octal, 8, at),
            }
        }?;
        match suffix {
            Some('f' | 'd') => self.at += 1,
            Some('l') if !is_float => self.at += 1,
            _ => {}
        }
        self.ends_here(at, word)
    }

    fn hexadecimal(&mut self, at: usize) -> Option<Result<Word, LexError>> {
        let rest = &self.text[at..];
        if !rest.starts_with("0x") && !rest.starts_with("0X") {
            return None;
        }
        self.at += 2;
        let digits = self.take_while(|c| c.is_ascii_hexdigit()).to_owned();
        let _ = self.take_if('l') || self.take_if('L');
        Some(integer(&digits, 16, at).and_then(|word| self.ends_here(at, word)))
    }

    /// `3x` is neither a number nor a name.
    fn ends_here(&self, at: usize, word: Word) -> Result<Word, LexError> {
        match self.peek() {
            Some(c) if is_identifier_part(c) || c == '.' => Err((at, "a number with letters after it")),
            _ => Ok(word),
        }
    }
}

fn integer(digits: &str, radix: u32, at: usize) -> Result<Word, LexError> {
    const INT_MAX: u64 = 1 << 63;
    match u64::from_str_radix(digits, radix) {
        Ok(i) if i <= INT_MAX => Ok(Word::Int(i)),
        _ => Err((at, "a number that does not fit 64 bits")),
    }
}

/// Bytes of an even number of hexadecimal digits.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |c: u8| char::from(c).to_digit(16);
    digits.chunks_exact(2).map(|pair| u8::try_from(nibble(pair[0])? * 16 + nibble(pair[1])?).ok()).collect()
}

/// As Java has it: letters of any script, letter numbers, currency signs, and what connects like `_`.
fn is_identifier_start(c: char) -> bool {
    use GeneralCategory as Is;
    match c {
        'a'..='z' | 'A'..='Z' | '_' | '$' => true,
        c if c.is_ascii() => false,
        c => matches!(
            c.general_category(),
            Is::UppercaseLetter
                | Is::LowercaseLetter
                | Is::TitlecaseLetter
                | Is::ModifierLetter
                | Is::OtherLetter
                | Is::LetterNumber
                | Is::CurrencySymbol
                | Is::ConnectorPunctuation
        ),
    }
}

/// Also digits of any script, combining marks, and characters that are not seen.
fn is_identifier_part(c: char) -> bool {
    use GeneralCategory as Is;
    if c.is_ascii() {
        return c.is_ascii_digit() || is_identifier_start(c);
    }
    let is_mark = matches!(
        c.general_category(),
        Is::DecimalNumber | Is::NonspacingMark | Is::SpacingMark | Is::Format | Is::Control
    );
    is_mark || is_identifier_start(c)
}

fn reserved(text: &str) -> Option<Word> {
    Some(match text.to_ascii_uppercase().as_str() {
        "NOT" => Word::Not,
        "AND" => Word::And,
        "OR" => Word::Or,
        "BETWEEN" => Word::Between,
        "LIKE" => Word::Like,
        "ESCAPE" => Word::Escape,
        "IN" => Word::In,
        "IS" => Word::Is,
        "NULL" => Word::Null,
        "TRUE" => Word::Bool(true),
        "FALSE" => Word::Bool(false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: Result<Word, usize>) {
        match (words(text), want) {
            (Ok(tokens), Ok(want)) => assert_eq!(tokens[0].word, want, "{text}"),
            (Err((at, _)), Err(want)) => assert_eq!(at, want, "{text}"),
            (got, want) => panic!("{text}: {got:?}, not {want:?}"),
        }
    }

    #[test]
    fn words_are_told_apart() {
        check("", Ok(Word::End));
        check("between", Ok(Word::Between));
        check("betweens", Ok(Word::Identifier("betweens".into())));
        check("usr.colour_1", Ok(Word::Identifier("usr.colour_1".into())));
        check("größe", Ok(Word::Identifier("größe".into())));
        for name in ["$total", "price€", "a1", "e\u{301}tat", "价格", "मूल्य", "цена", "_", "ⅷ", "a٣", "x‿y"]
        {
            check(name, Ok(Word::Identifier(name.into())));
        }
        for wrong in ["\u{301}e", "٣", "a😀", "①", "#a"] {
            let text = format!("{wrong} = 1");
            assert!(words(&text).is_err(), "{text}");
        }
        check("\"a-b c\"", Ok(Word::Identifier("a-b c".into())));
        check("\"0x0aFF\"", Ok(Word::Bytes(vec![10, 255])));
        check("\"0x0a f\"", Err(0));
        check("'it''s'", Ok(Word::Text("it's".into())));
        check("'open", Err(0));
        check("a = 'open", Err(4));
        check("12", Ok(Word::Int(12)));
        check("12L", Ok(Word::Int(12)));
        check("0", Ok(Word::Int(0)));
        check("0L", Ok(Word::Int(0)));
        check("00", Ok(Word::Int(0)));
        check("017", Ok(Word::Int(15)));
        check("0017l", Ok(Word::Int(15)));
        check("09", Err(0));
        check("a > 018", Err(4));
        check("09L", Err(0));
        check("09.5", Ok(Word::Float(9.5)));
        check("010e1", Ok(Word::Float(100.0)));
        check("010F", Ok(Word::Float(10.0)));
        check("09d", Ok(Word::Float(9.0)));
        check("01777777777777777777777", Err(0));
        check("1.5L", Err(0));
        check("0x1F", Ok(Word::Int(31)));
        check("0x", Err(0));
        check(".5", Ok(Word::Float(0.5)));
        check("5.", Ok(Word::Float(5.0)));
        check("57.9E2", Ok(Word::Float(5790.0)));
        check("7e+3", Ok(Word::Float(7000.0)));
        check("7e", Err(0));
        check("7F", Ok(Word::Float(7.0)));
        check("7x", Err(0));
        check("9223372036854775808", Ok(Word::Int(1 << 63)));
        check("9223372036854775809", Err(0));
        check("a..b", Err(0));
        check("a # b", Err(2));
    }
}
