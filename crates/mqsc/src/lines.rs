//! Lines of input become commands: comments, blank lines and continuation (queue-manager reference, 4.1).
//!
//! ```text
//! * a comment
//! DEFINE QLOCAL(Q1) +        plus: goes on at the first non-blank of the next line
//!        DESCR('to be -      minus: goes on at its column 1
//! continued')
//! ```
//!
//! A comment or blank line between the lines of a command does not end it.

/// Longest line, in bytes.
pub const LINE_MAX: usize = 2048;

/// Longest command, in bytes, its lines joined.
pub const COMMAND_MAX: usize = 32_768;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A comment, a blank line, or the part of a command that goes on: no command yet.
    Nothing,
    /// `END`, `QUIT` or `EXIT`.
    End,
    /// The last line of a command, which is whole now.
    Command(String),
    /// The line or the command that it ends is too long; what was collected is dropped.
    TooLong(String),
}

/// Collects lines until a command is whole.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    command: String,
    is_open: bool,
    keeps_blanks: bool,
}

impl Lines {
    /// Whether a command has begun and not ended.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// What there is of the command that has begun.
    pub fn pending(&self) -> &str {
        &self.command
    }

    /// Whether the line begins a command, or is `END`: then its echo has a number.
    pub fn begins(&self, line: &str) -> bool {
        !self.is_open && !is_passed_over(clean(line))
    }

    /// Takes a line without its end.
    pub fn push(&mut self, line: &str) -> Line {
        let line = clean(line);
        if is_passed_over(line) {
            return Line::Nothing;
        }
        if !self.is_open && is_end(line) {
            return Line::End;
        }
        if line.len() > LINE_MAX {
            return self.drop_too_long(line);
        }
        let text = if self.is_open && !self.keeps_blanks { line.trim_start() } else { line };
        let trimmed = text.trim_end();
        self.keeps_blanks = trimmed.ends_with('-');
        self.is_open = self.keeps_blanks || trimmed.ends_with('+');
        self.command.push_str(if self.is_open { &trimmed[..trimmed.len() - 1] } else { trimmed });
        if self.command.len() > COMMAND_MAX {
            return self.drop_too_long(line);
        }
        if self.is_open {
            return Line::Nothing;
        }
        Line::Command(std::mem::take(&mut self.command))
    }

    /// What is left of a command whose continuation never came, at the end of the input.
    pub fn finish(&mut self) -> Option<String> {
        self.is_open = false;
        let command = std::mem::take(&mut self.command);
        (!command.trim().is_empty()).then_some(command)
    }

    fn drop_too_long(&mut self, line: &str) -> Line {
        *self = Self::default();
        let end = (0..=72.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        Line::TooLong(line[..end].to_owned())
    }
}

/// Files of other systems: a byte order mark before the first line, a carriage return after each.
fn clean(line: &str) -> &str {
    line.strip_prefix('\u{feff}').unwrap_or(line).trim_end_matches(['\r', '\n'])
}

fn is_passed_over(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('*')
}

fn is_end(line: &str) -> bool {
    let word = line.trim().trim_end_matches(';').trim_end();
    ["END", "QUIT", "EXIT"].iter().any(|end| word.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], want: &[&str]) {
        let mut input = Lines::default();
        let mut got = Vec::new();
        for line in lines {
            match input.push(line) {
                Line::Nothing => {}
                Line::End => got.push("<end>".to_owned()),
                Line::Command(text) => got.push(text),
                Line::TooLong(text) => got.push(format!("<too long> {}", text.len())),
            }
        }
        got.extend(input.finish().map(|text| format!("<open> {text}")));
        assert_eq!(got, want);
    }

    #[test]
    fn lines_join_as_their_ends_say() {
        check(&["dis q(*)"], &["dis q(*)"]);
        check(&["", "  * comment", "dis +", "   q(*)"], &["dis q(*)"]);
        check(&["dis -", "   q(*)"], &["dis    q(*)"]);
        check(&["dis + ", "* comment", "", "  qmgr\r"], &["dis qmgr"]);
        check(&["def ql(a-", "b)"], &["def ql(ab)"]);
        check(&["\u{feff}ping qmgr"], &["ping qmgr"]);
        check(&["end", "Quit", " exit ;"], &["<end>", "<end>", "<end>"]);
        // Within a command, END is a part of it.
        check(&["def ql(a) +", "end"], &["def ql(a) end"]);
        check(&["def ql(a) +"], &["<open> def ql(a) "]);
    }

    #[test]
    fn long_input_is_bounded() {
        let long = "x".repeat(LINE_MAX + 1);
        check(&[&long, "dis q"], &["<too long> 72", "dis q"]);
        let part = format!("{}+", "y".repeat(2000));
        let many = vec![part.as_str(); 17];
        check(&many, &["<too long> 72"]);
        let wide = "é".repeat(LINE_MAX);
        check(&[&wide], &["<too long> 72"]);
    }
}
