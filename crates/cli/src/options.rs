//! Options in the manner of the control commands: `-lf 64`, flags of one or more letters, names last.
//!
//! An option that the product has and this command has not yet is refused by name, never ignored.

/// What one command takes.
pub(crate) struct Spec {
    /// Shown on misuse.
    pub(crate) usage: &'static str,
    /// Options without a value.
    pub(crate) flags: &'static [&'static str],
    /// Options with a value.
    pub(crate) values: &'static [&'static str],
    /// Options of the product that are not built yet.
    pub(crate) missing: &'static [&'static str],
    /// How many names may follow.
    pub(crate) names_max: usize,
}

/// What was given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    flags: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
    /// The names, in order.
    pub(crate) names: Vec<String>,
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
        let wrong = |what: String| format!("{what}\nUsage: {}", self.usage);
        while let Some(arg) = args.next() {
            if !arg.starts_with('-') || arg == "-" {
                given.names.push(arg.clone());
            } else if let Some(flag) = self.flags.iter().find(|f| *f == arg) {
                given.flags.push(flag);
            } else if let Some(option) = self.values.iter().find(|v| *v == arg) {
                let value = args.next().ok_or_else(|| wrong(format!("Option {option} needs a value.")))?;
                given.values.push((option, value.clone()));
            } else if let Some((option, value)) = self.attached(arg) {
                given.values.push((option, value));
            } else if self.missing.contains(&arg.as_str()) {
                return Err(wrong(format!("Option {arg} is not built yet; see docs/compatibility.md.")));
            } else {
                return Err(wrong(format!("Option {arg} is not known.")));
            }
        }
        if given.names.len() > self.names_max {
            return Err(wrong(format!("'{}' is one name too many.", given.names[self.names_max])));
        }
        Ok(given)
    }

    /// `-mQM1` for `-m QM1`: the product takes both for options of one letter.
    fn attached(&self, arg: &str) -> Option<(&'static str, String)> {
        let option = self.values.iter().find(|v| v.len() == 2 && arg.starts_with(**v))?;
        Some((option, arg[option.len()..].to_owned()))
    }
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
        usage: "cmd [-z] [-lf pages] [-m name] [name]",
        flags: &["-z"],
        values: &["-lf", "-m"],
        missing: &["-sax"],
        names_max: 1,
    };

    fn parse(line: &str) -> Result<Given, String> {
        SPEC.parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_and_names() {
        let given = parse("-z -lf 64 -mQM2 QM1").unwrap();
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
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(what) && error.contains("Usage: cmd"), "{error}");
        }
    }
}
