//! The text of a command becomes parameters: keywords, each perhaps with values in brackets.
//!
//! ```text
//! command   = parameter { separator parameter } [ ";" ]
//! parameter = word [ "(" [ item { separator item } ] ")" ]
//! item      = word | "'" { character | "''" } "'"
//! separator = blank { blank } | ","
//! ```
//!
//! Words are folded to upper case, what stands in quotes is kept. A word within brackets may hold balanced
//! brackets of its own: `CONNAME(host(1414))`.

/// A value, as it stands between the brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Folded unless quoted.
    pub(crate) text: String,
}

/// A keyword with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// In upper case.
    pub(crate) keyword: String,
    /// What stands in brackets after it; none without brackets.
    pub(crate) items: Option<Vec<Item>>,
    /// Where in the text the keyword ends.
    pub(crate) keyword_end: usize,
    /// Where in the text the parameter ends.
    pub(crate) end: usize,
}

/// The text is no sequence of parameters from this place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LexError {
    /// The parameters before it, the last perhaps without the values in which the error is.
    pub(crate) before: Vec<Parameter>,
    /// Where in the text the error was noticed.
    pub(crate) end: usize,
    /// What is wrong.
    pub(crate) why: &'static str,
}

/// Splits the text of one command.
pub(crate) fn parameters(text: &str) -> Result<Vec<Parameter>, LexError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut found = Vec::new();
    loop {
        match lexer.parameter() {
            Ok(Some(parameter)) => found.push(parameter),
            Ok(None) => return Ok(found),
            Err((keyword, why)) => {
                found.extend(keyword);
                return Err(LexError { before: found, end: lexer.at, why });
            }
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn parameter(&mut self) -> Result<Option<Parameter>, (Option<Parameter>, &'static str)> {
        self.pass_separators();
        if self.peek() == Some(';') {
            self.next();
            self.pass_separators();
            let is_end = self.peek().is_none();
            return if is_end { Ok(None) } else { Err((None, "text after the end of the command")) };
        }
        if self.peek().is_none() {
            return Ok(None);
        }
        let start = self.at;
        self.pass_while(|c| !is_separator(c) && !"();'".contains(c));
        if self.at == start {
            self.next();
            return Err((None, "a keyword was expected"));
        }
        let keyword = self.text[start..self.at].to_ascii_uppercase();
        let keyword_end = self.at;
        let mut parameter = Parameter { keyword, items: None, keyword_end, end: keyword_end };
        self.pass_while(char::is_whitespace);
        if self.peek() == Some('(') {
            match self.items() {
                Ok(items) => parameter.items = Some(items),
                Err(why) => return Err((Some(parameter), why)),
            }
            parameter.end = self.at;
        }
        Ok(Some(parameter))
    }

    fn items(&mut self) -> Result<Vec<Item>, &'static str> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.pass_separators();
            match self.peek() {
                None => return Err("a closing bracket is missing"),
                Some(')') => {
                    self.next();
                    return Ok(items);
                }
                Some('\'') => items.push(self.quoted()?),
                Some(_) => items.push(self.word()?),
            }
        }
    }

    fn quoted(&mut self) -> Result<Item, &'static str> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err("a closing quote is missing"),
                Some('\'') if self.peek() == Some('\'') => {
                    self.next();
                    text.push('\'');
                }
                Some('\'') => return Ok(Item { text }),
                Some(character) => text.push(character),
            }
        }
    }

    fn word(&mut self) -> Result<Item, &'static str> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(character) = self.peek() {
            match character {
                '(' => depth += 1,
                ')' if depth == 0 => break,
                ')' => depth -= 1,
                '\'' => return Err("a quote within a word"),
                character if is_separator(character) && depth == 0 => break,
                _ => {}
            }
            self.next();
        }
        if depth > 0 {
            return Err("a closing bracket is missing");
        }
        Ok(Item { text: self.text[start..self.at].to_ascii_uppercase() })
    }

    fn pass_separators(&mut self) {
        self.pass_while(is_separator);
    }

    fn pass_while(&mut self, is_passed: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&is_passed) {
            self.next();
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || character == ','
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let show = |parameters: &[Parameter]| {
            let one = |p: &Parameter| match &p.items {
                None => p.keyword.clone(),
                Some(items) => {
                    let items: Vec<_> = items.iter().map(|item| item.text.as_str()).collect();
                    format!("{}[{}]", p.keyword, items.join("|"))
                }
            };
            parameters.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        let got = match parameters(text) {
            Ok(parameters) => show(&parameters),
            Err(error) => {
                format!("{} ! {} at {}", show(&error.before), error.why, error.end).trim_start().to_owned()
            }
        };
        assert_eq!(got, want);
    }

    #[test]
    fn parameters_are_words_with_values() {
        check("def ql(q1) replace", "DEF QL[Q1] REPLACE");
        check("DEF,QL ( q1 ),NOSHARE", "DEF QL[Q1] NOSHARE");
        check("dis qmgr;", "DIS QMGR");
        check("descr('It''s a b')", "DESCR[It's a b]");
        check("descr('') names(a, b c)", "DESCR[] NAMES[A|B|C]");
        check("descr( )", "DESCR[]");
        check("conname(host(1414)) x", "CONNAME[HOST(1414)] X");
        check("where(curdepth gt 0)", "WHERE[CURDEPTH|GT|0]");
        check("descr('Grüße')", "DESCR[Grüße]");
    }

    #[test]
    fn errors_say_where() {
        check("def ql(q1", "DEF QL ! a closing bracket is missing at 9");
        check("def ql('q1", "DEF QL ! a closing quote is missing at 10");
        check("def (x)", "DEF[X]");
        check("(x)", "! a keyword was expected at 1");
        check("def ql(a'b')", "DEF QL ! a quote within a word at 8");
        check("dis q; dis q", "DIS Q ! text after the end of the command at 7");
    }
}
