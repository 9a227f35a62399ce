//! The pattern of LIKE: `%` stands for any characters, `_` for one, the ESCAPE character takes the special
//! meaning from what follows it.

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Box<[Token]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Many,
}

impl Pattern {
    /// Compiles; none if the escape character stands before nothing.
    pub(crate) fn compile(text: &str, escape: Option<char>) -> Option<Self> {
        let mut tokens = Vec::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let token = match c {
                c if Some(c) == escape => Token::Char(chars.next()?),
                '%' => Token::Many,
                '_' => Token::One,
                c => Token::Char(c),
            };
            // Two `%` in a row mean the same as one, and would only cost time.
            if token != Token::Many || tokens.last() != Some(&Token::Many) {
                tokens.push(token);
            }
        }
        Some(Self(tokens.into_boxed_slice()))
    }

    /// Whether the whole text fits.
    ///
    /// After a mismatch only the latest `%` need take one more character: an earlier one could do no better.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let mut rest = text;
        let mut at = 0;
        let mut retry: Option<(usize, &str)> = None;
        loop {
            let mut ahead = rest.chars();
            let fits = match (self.0.get(at), ahead.next()) {
                (None, None) => return true,
                (Some(Token::Many), _) => {
                    retry = Some((at + 1, rest));
                    at += 1;
                    continue;
                }
                (Some(Token::One), Some(_)) => true,
                (Some(Token::Char(want)), Some(c)) => *want == c,
                (None, Some(_)) | (Some(_), None) => false,
            };
            if fits {
                at += 1;
                rest = ahead.as_str();
                continue;
            }
            let Some((token, from)) = retry else { return false };
            let mut from = from.chars();
            if from.next().is_none() {
                return false;
            }
            rest = from.as_str();
            at = token;
            retry = Some((token, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, escape: Option<char>, text: &str, want: bool) {
        let compiled = Pattern::compile(pattern, escape).expect("a pattern");
        assert_eq!(compiled.matches(text), want, "{text:?} LIKE {pattern:?}");
    }

    #[test]
    fn patterns_match_whole_texts() {
        check("12%3", None, "123", true);
        check("12%3", None, "12993", true);
        check("12%3", None, "1234", false);
        check("l_se", None, "lose", true);
        check("l_se", None, "loose", false);
        check("l_se", None, "lös", false);
        check("l_s", None, "lös", true);
        check("\\_%", Some('\\'), "_foo", true);
        check("\\_%", Some('\\'), "bar", false);
        check("100!%", Some('!'), "100%", true);
        check("100!%", Some('!'), "1000", false);
        check("!!", Some('!'), "!", true);
        check("", None, "", true);
        check("", None, "a", false);
        check("%", None, "", true);
        check("%%a%%", None, "bab", true);
        check("%ab%abc", None, "abababc", true);
        check("_%_", None, "a", false);
        check("_%_", None, "ab", true);
        assert_eq!(Pattern::compile("a!", Some('!')), None);
    }
}
