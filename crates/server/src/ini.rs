//! Stanza files: `mqs.ini` and `qm.ini` (queue manager reference, section 21).
//!
//! ```text
//! Name:
//!    Key=Value          # and ; begin comments; keys are case-insensitive
//! ```
//!
//! A stanza may occur several times (`QueueManager:` does). Reading keeps order; what is written is what
//! was read plus the changes, comments apart.

use std::fmt::Write as _;

/// One stanza: a name and its keys with their values, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza {
    /// As written, without the colon.
    pub name: String,
    entries: Vec<(String, String)>,
}

impl Stanza {
    /// An empty stanza.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), entries: Vec::new() }
    }

    /// Value of a key; the last one counts when a key is repeated.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.as_str())
    }

    /// Sets a key, in place if it is there.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        let value = value.into();
        match self.entries.iter_mut().find(|(k, _)| k.eq_ignore_ascii_case(key)) {
            Some(entry) => entry.1 = value,
            None => self.entries.push((key.to_owned(), value)),
        }
    }

    /// The same, as an expression.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.set(key, value);
        self
    }

    /// Keys and values in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }
}

/// A line that is neither stanza, key nor comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// 1, 2, …
    pub line: usize,
    /// The offending text.
    pub text: String,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: unexpected token '{}'", self.line, self.text)
    }
}

impl std::error::Error for SyntaxError {}

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    /// In order.
    pub stanzas: Vec<Stanza>,
}

impl Ini {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut ini = Self::default();
        for (at, raw) in text.lines().enumerate() {
            let line = raw.trim();
            let wrong = || SyntaxError { line: at + 1, text: line.chars().take(80).collect() };
            if line.is_empty() || line.starts_with(['#', ';', '*']) {
                continue;
            }
            match line.split_once('=') {
                Some((key, value)) => {
                    let stanza = ini.stanzas.last_mut().ok_or_else(wrong)?;
                    stanza.entries.push((key.trim().to_owned(), value.trim().to_owned()));
                }
                None => {
                    let name = line.strip_suffix(':').ok_or_else(wrong)?;
                    ini.stanzas.push(Stanza::new(name.trim()));
                }
            }
        }
        Ok(ini)
    }

    /// The first stanza of that name.
    pub fn stanza(&self, name: &str) -> Option<&Stanza> {
        self.stanzas.iter().find(|s| s.name.eq_ignore_ascii_case(name))
    }

    /// A value of the first stanza of that name that has it.
    pub fn value(&self, stanza: &str, key: &str) -> Option<&str> {
        self.stanzas.iter().filter(|s| s.name.eq_ignore_ascii_case(stanza)).find_map(|s| s.value(key))
    }

    /// All stanzas of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Stanza> {
        self.stanzas.iter().filter(move |s| s.name.eq_ignore_ascii_case(name))
    }

    /// The text of the file.
    pub fn print(&self) -> String {
        let mut out = String::new();
        for stanza in &self.stanzas {
            let _ = writeln!(out, "{}:", stanza.name);
            for (key, value) in &stanza.entries {
                let _ = writeln!(out, "   {key}={value}");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let text = "Log:\n   LogPrimaryFiles=3\n   LogPath=/a=b\nQueueManager:\n   Name=A\nQueueManager:\n   Name=B\n";
        let ini = Ini::parse(text).unwrap();
        assert_eq!(ini.print(), text);
        assert_eq!(ini.value("log", "LOGPATH"), Some("/a=b"));
        assert_eq!(ini.all("QueueManager").count(), 2);
    }

    #[test]
    fn comments_are_passed_over_and_strays_are_named() {
        let ini = Ini::parse("# c\n; d\n\nLog:\n * e\n Key = 1 \n").unwrap();
        assert_eq!(ini.value("Log", "key"), Some("1"));
        assert_eq!(Ini::parse("Log:\nstray\n"), Err(SyntaxError { line: 2, text: "stray".into() }));
        assert_eq!(Ini::parse("a=b\n").unwrap_err().line, 1);
    }
}
