//! What a command takes, said once: its [`Spec`] reads the arguments, and its usage and help are made from it.
//!
//! Options are in the manner of the control commands: `-lf 64`, flags of one or more letters, names last. An option
//! that the product has and this command has not yet is refused by name, never ignored.

/// Longest line of a usage or a help.
const WIDTH: usize = 79;
/// Column in which the text about an option begins.
const TEXT: usize = 19;

/// What one command takes.
pub(crate) struct Spec {
    /// As it is called: `crtmqm`, or `packhorse dev`.
    pub(crate) name: &'static str,
    /// One line about it.
    pub(crate) summary: &'static str,
    /// Its options, in the order of the usage.
    pub(crate) options: &'static [Known],
    /// Options of the product that are not built yet.
    pub(crate) missing: &'static [&'static str],
    /// The names that follow: `QMgrName` is needed, `[QMgrName]` is not, `[Name...]` are any number.
    pub(crate) names: &'static [&'static str],
    /// What else the help says, a paragraph a line.
    pub(crate) notes: &'static str,
}

/// An option that is known.
pub(crate) struct Known {
    name: &'static str,
    value: Option<&'static str>,
    text: &'static str,
    is_alternative: bool,
}

/// An option without a value.
pub(crate) const fn flag(name: &'static str, text: &'static str) -> Known {
    Known { name, value: None, text, is_alternative: false }
}

/// An option with a value; `value` is how the usage calls it.
pub(crate) const fn value(name: &'static str, value: &'static str, text: &'static str) -> Known {
    Known { name, value: Some(value), text, is_alternative: false }
}

impl Known {
    /// Excludes the option before it.
    pub(crate) const fn or(self) -> Self {
        Self { is_alternative: true, ..self }
    }

    fn shown(&self) -> String {
        self.value.map_or_else(|| self.name.to_owned(), |value| format!("{} {value}", self.name))
    }
}

/// What was given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    flags: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
    /// The names, in order.
    pub(crate) names: Vec<String>,
}

/// What is asked about a command instead of running it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// `--help`, or `-h` where that is not an option.
    Help,
    /// `--version`.
    Version,
}

/// Prints what was wrong and gives back the exit code.
pub(crate) fn misuse(usage: &str, exit: i32) -> i32 {
    eprintln!("{usage}");
    exit
}

impl Spec {
    /// Reads arguments. On misuse the text says what is wrong and how the command is used.
    pub(crate) fn parse(&self, args: &[String]) -> Result<Given, String> {
        let mut given = Given::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if !arg.starts_with('-') || arg == "-" {
                given.names.push(arg.clone());
            } else if let Some(option) = self.options.iter().find(|known| known.name == arg) {
                if option.value.is_none() {
                    given.flags.push(option.name);
                    continue;
                }
                let value = args.next();
                let value =
                    value.ok_or_else(|| self.wrong(&format!("Option {} needs a value.", option.name)))?;
                given.values.push((option.name, value.clone()));
            } else if let Some((option, value)) = self.attached(arg) {
                given.values.push((option, value));
            } else if self.missing.contains(&arg.as_str()) {
                return Err(self.wrong(&format!("Option {arg} is not built yet; see docs/compatibility.md.")));
            } else {
                return Err(self.wrong(&format!("Option {arg} is not known.")));
            }
        }
        if let Some(name) = given.names.get(self.names_max()) {
            return Err(self.wrong(&format!("'{name}' is one name too many.")));
        }
        let mut needed = self.names.iter().filter(|name| !name.starts_with('['));
        if let Some(name) = needed.nth(given.names.len()) {
            return Err(self.wrong(&format!("{name} is missing.")));
        }
        Ok(given)
    }

    /// What is asked about the command, if anything: a value of an option asks for nothing, and `-h` only where the
    /// command has no such option, or when it stands alone and so has no value.
    pub(crate) fn question(&self, args: &[String]) -> Option<Question> {
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            match self.options.iter().find(|known| known.name == arg) {
                Some(option) if option.value.is_none() => {}
                Some(_) if arg == "-h" && args.len() == 1 => return Some(Question::Help),
                Some(_) => {
                    rest.next();
                }
                None if arg == "--help" || arg == "-h" => return Some(Question::Help),
                None if arg == "--version" => return Some(Question::Version),
                None => {}
            }
        }
        None
    }

    /// What was wrong, and how the command is used.
    pub(crate) fn wrong(&self, what: &str) -> String {
        format!("{what}\n{}", self.usage())
    }

    /// How the command is used.
    pub(crate) fn usage(&self) -> String {
        let mut groups: Vec<String> = Vec::new();
        for known in self.options {
            match groups.last_mut() {
                Some(group) if known.is_alternative => *group += &format!("|{}", known.shown()),
                _ => groups.push(known.shown()),
            }
        }
        let words = groups.into_iter().map(|group| format!("[{group}]"));
        let words: Vec<String> = words.chain(self.names.iter().map(|name| (*name).to_owned())).collect();
        let start = format!("Usage: {}", self.name);
        hanging(&start, start.len() + 1, words.iter().map(String::as_str))
    }

    /// All there is to say about it, with a line end.
    pub(crate) fn help(&self) -> String {
        let mut out = format!("{}: {}\n\n{}\n", self.name, self.summary, self.usage());
        if !self.options.is_empty() {
            out.push('\n');
        }
        for known in self.options {
            out += &hanging(&format!("  {}", known.shown()), TEXT, known.text.split(' '));
            out.push('\n');
        }
        for note in self.notes.lines() {
            out += &format!("\n{}\n", filled(note.split(' '), WIDTH).join("\n"));
        }
        if !self.missing.is_empty() {
            let start = "Refused, because not built yet:";
            out += &format!("\n{}\n", hanging(start, start.len() + 1, self.missing.iter().copied()));
        }
        out
    }

    /// The last word of its name, by which it is found.
    pub(crate) fn word(&self) -> &'static str {
        self.name.rsplit(' ').next().unwrap_or(self.name)
    }

    fn names_max(&self) -> usize {
        if self.names.iter().any(|name| name.contains("...")) { usize::MAX } else { self.names.len() }
    }

    /// `-mQM1` for `-m QM1`: the product takes both for options of one letter.
    fn attached(&self, arg: &str) -> Option<(&'static str, String)> {
        let with_value = self.options.iter().filter(|known| known.value.is_some());
        let option = with_value.map(|known| known.name).find(|v| v.len() == 2 && arg.starts_with(v))?;
        Some((option, arg[option.len()..].to_owned()))
    }
}

/// `start` and these words after it; further lines begin where the first word does, in column `indent`.
fn hanging<'a>(start: &str, indent: usize, words: impl Iterator<Item = &'a str>) -> String {
    let new_line = format!("\n{:indent$}", "");
    let text = filled(words, WIDTH - indent).join(&new_line);
    if start.len() < indent { format!("{start:indent$}{text}") } else { format!("{start}{new_line}{text}") }
}

/// The words in lines of at most so many characters.
fn filled<'a>(words: impl Iterator<Item = &'a str>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

impl Given {
    /// True if the flag was there.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// Value of an option; the last one counts.
    pub(crate) fn value(&self, option: &str) -> Option<&str> {
        self.values.iter().rev().find(|(o, _)| *o == option).map(|(_, v)| v.as_str())
    }

    /// Values of an option that may be given several times, in order.
    pub(crate) fn every(&self, option: &str) -> impl Iterator<Item = &str> {
        self.values.iter().filter(move |(o, _)| *o == option).map(|(_, v)| v.as_str())
    }

    /// A number between two bounds, or a text that says what was wrong.
    pub(crate) fn number(&self, option: &str, min: u32, max: u32) -> Result<Option<u32>, String> {
        self.value(option)
            .map(|text| {
                text.parse::<u32>()
                    .ok()
                    .filter(|n| (min..=max).contains(n))
                    .ok_or_else(|| format!("Option {option}: '{text}' is not a number from {min} to {max}."))
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec {
        name: "cmd",
        summary: "does something",
        options: &[
            flag("-z", "print nothing"),
            value("-lf", "pages", "pages of an extent"),
            value("-m", "name", "which one"),
            value("-h", "handles", "how many"),
        ],
        missing: &["-sax"],
        names: &["name"],
        notes: "",
    };

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn options_and_names() {
        let given = SPEC.parse(&args("-z -lf 64 -mQM2 QM1")).unwrap();
        assert!(given.has("-z"));
        assert_eq!(given.number("-lf", 64, 65535), Ok(Some(64)));
        assert_eq!(given.value("-m"), Some("QM2"));
        assert_eq!(given.names, ["QM1"]);
        assert!(given.number("-lf", 65, 70).unwrap_err().contains("65 to 70"));
    }

    #[test]
    fn misuse_is_named() {
        for (line, what) in [
            ("-lf", "needs a value"),
            ("-q", "not known"),
            ("-sax", "not built yet"),
            ("a b", "'b' is one name too many"),
            ("-z", "name is missing"),
        ] {
            let error = SPEC.parse(&args(line)).unwrap_err();
            assert!(error.contains(what) && error.contains("Usage: cmd"), "{error}");
        }
    }

    #[test]
    fn a_question_is_not_a_value_and_a_value_is_not_a_question() {
        for (line, want) in [
            ("--help", Some(Question::Help)),
            ("QM1 --help", Some(Question::Help)),
            ("-z --version", Some(Question::Version)),
            ("-h", Some(Question::Help)),
            ("-h 100 QM1", None),
            ("-m --help QM1", None),
            ("-lf 64 QM1", None),
        ] {
            assert_eq!(SPEC.question(&args(line)), want, "{line}");
        }
        let without = Spec { options: &[], ..SPEC };
        assert_eq!(without.question(&args("QM1 -h")), Some(Question::Help));
    }

    #[test]
    fn usage_and_help_are_wrapped() {
        const LONG: Spec = Spec {
            options: &[
                flag("-c", "one"),
                flag("-w", "or another").or(),
                value("--a-long-option", "with-a-value", "has its text below itself"),
                value(
                    "-u",
                    "deadQ",
                    "a text of many words that goes on and on until the line has no more room for it",
                ),
            ],
            missing: &["-q"],
            names: &["[first-name]", "[second-name]", "[name...]"],
            notes: "A note.",
            ..SPEC
        };
        assert_eq!(
            LONG.help(),
            "cmd: does something\n\
             \n\
             Usage: cmd [-c|-w] [--a-long-option with-a-value] [-u deadQ] [first-name]\n\
             \x20          [second-name] [name...]\n\
             \n\
             \x20 -c               one\n\
             \x20 -w               or another\n\
             \x20 --a-long-option with-a-value\n\
             \x20                  has its text below itself\n\
             \x20 -u deadQ         a text of many words that goes on and on until the line has\n\
             \x20                  no more room for it\n\
             \n\
             A note.\n\
             \n\
             Refused, because not built yet: -q\n"
        );
    }
}
