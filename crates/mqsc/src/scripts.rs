//! The scripts that make objects: those that every queue manager has, and those of a developer's.

use mqi::command::Command;

use crate::lines::{Line, Lines};
use crate::parser::{ParseError, parse};

/// The default objects, which `crtmqm` makes (queue-manager reference, 19).
pub const DEFAULT: &str = include_str!("../scripts/default.mqsc");

/// The objects of a developer's queue manager, which tutorials, samples and tests rely on.
pub const DEVELOPER: &str = include_str!("../scripts/dev.mqsc");

/// The commands of a script, each with its text, in order.
pub fn commands(script: &str) -> Vec<(String, Result<Command, ParseError>)> {
    let mut input = Lines::default();
    let mut found = Vec::new();
    for line in script.lines() {
        match input.push(line) {
            Line::Nothing => {}
            Line::End => break,
            // What is too long is cut, and so no command: its parse says so.
            Line::Command(text) | Line::TooLong(text) => found.push(text),
        }
    }
    found.extend(input.finish());
    let parsed = |text: String| {
        let command = parse(&text);
        (text, command)
    };
    found.into_iter().map(parsed).collect()
}
