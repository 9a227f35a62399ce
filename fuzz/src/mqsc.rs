//! MQSC text: one command, a script, a session, what may come next. No command is executed here.

use mqi::object::{Kind, Value};
use mqsc::lines::{COMMAND_MAX, Lines};
use mqsc::print::{self, Style};
use mqsc::{Answer, ParseError, Session, SessionOptions, Step};

use crate::vectors;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match mqsc::parse(&text) {
        Ok(command) => {
            for (id, value) in command.given.iter() {
                comes_back(&command, id.0, value);
            }
        }
        Err(error) => {
            let lines = print::parse_error(&error, Style::default());
            assert!(lines[0].starts_with("AMQ"), "{lines:?}");
            if let ParseError::Syntax { segment, .. } = &error {
                assert!(text.starts_with(segment.as_str()), "it points into the text");
            }
        }
    }
    let completion = mqsc::complete::complete(&text);
    assert!(text.is_char_boundary(completion.start));
    script(&text);
    session(&text);
}

/// The value of an attribute is shown so that it can be given again.
fn comes_back(command: &mqi::command::Command, id: i32, value: &Value) {
    let of_object = command.object.and_then(|object| object.attribute_by_id(id).ok());
    let Some(attribute) = of_object.or_else(|| command.class().attribute_by_id(id)) else { return };
    let _ = print::attribute_text(attribute, value);
    if !matches!(attribute.kind, Kind::Secret { .. }) && !value.is_blank() {
        let shown = attribute.show(value);
        let again = attribute.parse(&shown);
        assert_eq!(again.as_ref().ok(), Some(value), "{} {shown:?}", attribute.keyword);
    }
}

fn script(text: &str) {
    let mut lines = Lines::default();
    for line in text.lines() {
        lines.push(line);
        assert!(lines.pending().len() <= COMMAND_MAX);
    }
    assert!(lines.finish().unwrap_or_default().len() <= COMMAND_MAX);
}

fn session(text: &str) {
    let mut session = Session::new(SessionOptions::new("QM1"));
    let mut exits = 0;
    let mut steps = session.begin();
    for line in text.lines().map(Some).chain([None]) {
        steps.extend(match line {
            Some(line) if session.takes_lines() => session.line(line),
            Some(_) => continue,
            None => session.end(),
        });
        while !steps.is_empty() {
            match steps.remove(0) {
                Step::Print(_) => {}
                Step::Send { .. } => steps.extend(session.answer(Answer::default())),
                Step::Done(code) => {
                    assert!(code == 0 || code == 10);
                    exits += 1;
                }
            }
        }
    }
    assert_eq!(exits, 1, "it ends once");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for directory in ["mqsc/tests/golden", "mqsc/scripts", "qmgr/tests/golden/admin"] {
        for (_, text) in vectors::files(directory, ".mqsc") {
            let text = String::from_utf8_lossy(&text).into_owned();
            for line in text.lines() {
                // Golden scripts have the number of the command and its echo.
                let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == ':');
                if line.len() > 4
                    && line.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
                    && !line.starts_with("AMQ")
                {
                    seeds.push(line.as_bytes().to_vec());
                }
            }
        }
    }
    seeds.sort();
    seeds.dedup();
    seeds
}
