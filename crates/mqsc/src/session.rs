//! The conversation of `runmqsc` (queue-manager reference, 4.2): lines in, lines out, commands to be sent.
//!
//! The session does no I/O. It is given a line at a time and returns steps; each [`Step::Send`] is followed, in
//! its turn, by [`Session::answer`].
//!
//! ```text
//!          line                      Send
//! Reading ──────► echo, parse ───────────────► Reading, one more answer awaited
//!    │                │ error: printed
//!    │ END, end       ▼
//!    │ of input    Reading
//!    ▼                  all answers there
//! Ending ──────────────────────────────────► summary, Done
//! ```
//!
//! A command with a syntax error never leaves the session: it is counted and its answer printed here.
//!
//! More lines may be given while answers are awaited. What is printed is the same as if each answer had been
//! waited for: what follows a command's echo is kept back until its answer is there.

use std::collections::VecDeque;

use mqi::command::{Command, CommandReply, Message, MessageId};
use mqi::text::inert_lines;

use crate::catalog;
use crate::lines::{Line, Lines};
use crate::parser::{ParseError, parse};
use crate::print::{self, Style};

/// The first line that `runmqsc` prints.
pub const NOTICE: &str = "Packhorse, an open queue manager. Licensed under Apache-2.0.";

/// How a session behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// Name of the queue manager, for the second line.
    pub qmgr: String,
    /// Input is echoed; `-e` turns it off.
    pub has_echo: bool,
    /// Commands are checked and not sent; `-v`.
    pub is_verify: bool,
    /// How messages look.
    pub style: Style,
}

impl SessionOptions {
    /// The usual behaviour.
    pub fn new(qmgr: impl Into<String>) -> Self {
        Self { qmgr: qmgr.into(), has_echo: true, is_verify: false, style: Style::default() }
    }
}

/// What the caller shall do.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Print a line.
    Print(String),
    /// Have this command executed, after those before it, and call [`Session::answer`]. The text is what an Escape
    /// PCF carries.
    Send {
        /// The command's text, its lines joined.
        text: String,
        /// The command.
        command: Box<Command>,
    },
    /// The conversation is over; leave with this exit code.
    Done(i32),
}

/// The answer to a command that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Lines to print.
    pub lines: Vec<String>,
    /// The command could not be processed.
    pub is_failure: bool,
}

impl Answer {
    /// The answer that a reply makes.
    pub fn of(reply: &CommandReply, style: Style) -> Self {
        Self { lines: print::reply(reply, style), is_failure: reply.is_failure() }
    }
}

/// One run of `runmqsc`.
#[derive(Debug)]
pub struct Session {
    options: SessionOptions,
    input: Lines,
    number: u32,
    count_read: u32,
    count_syntax: u32,
    count_failed: u32,
    /// What has not been printed yet, from the first awaited answer on.
    behind: VecDeque<Behind>,
    /// The input has ended.
    is_ending: bool,
    is_done: bool,
}

/// What comes after an answer that is awaited.
#[derive(Debug)]
enum Behind {
    Answer,
    Line(String),
}

impl Session {
    /// A session that has printed nothing yet.
    pub fn new(options: SessionOptions) -> Self {
        Self {
            options,
            input: Lines::default(),
            number: 0,
            count_read: 0,
            count_syntax: 0,
            count_failed: 0,
            behind: VecDeque::new(),
            is_ending: false,
            is_done: false,
        }
    }

    /// What is printed before the first line is read, once the queue manager is connected to.
    pub fn begin(&self) -> Vec<Step> {
        let starting = format!("Starting MQSC for queue manager {}.", self.options.qmgr);
        [NOTICE.to_owned(), starting, String::new(), String::new()].map(Step::Print).to_vec()
    }

    /// Whether a sent command has not been answered.
    pub fn is_waiting(&self) -> bool {
        !self.behind.is_empty()
    }

    /// The command that has begun and not ended, as far as it has come.
    pub fn pending(&self) -> &str {
        self.input.pending()
    }

    /// Whether another line may come: neither `END` nor the end of the input has been.
    pub fn takes_lines(&self) -> bool {
        !self.is_ending
    }

    /// Takes a line of input, without its end.
    pub fn line(&mut self, line: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.is_ending {
            return steps;
        }
        self.echo(line, &mut steps);
        match self.input.push(line) {
            Line::Nothing => {}
            Line::End => self.finish(&mut steps),
            Line::Command(text) => self.command(text, &mut steps),
            Line::TooLong(segment) => {
                self.count_read += 1;
                self.count_syntax += 1;
                let why = "the line or the command is too long".to_owned();
                let error = ParseError::Syntax { segment, why, verb: None, row: None, object: None };
                self.print(print::parse_error(&error, self.options.style), &mut steps);
            }
        }
        steps
    }

    /// Takes a part of an answer of which more follows.
    pub fn part(&self, lines: Vec<String>) -> Vec<Step> {
        lines.iter().map(|line| shown(line)).collect()
    }

    /// Takes the answer, or the last part of it, to the first of the commands that were sent and have none yet.
    pub fn answer(&mut self, answer: Answer) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.behind.pop_front().is_none() {
            return steps;
        }
        self.count_failed += u32::from(answer.is_failure);
        steps.extend(answer.lines.iter().map(|line| shown(line)));
        while let Some(Behind::Line(_)) = self.behind.front()
            && let Some(Behind::Line(line)) = self.behind.pop_front()
        {
            steps.push(Step::Print(line));
        }
        if self.is_ending && self.behind.is_empty() {
            self.summary(&mut steps);
        }
        steps
    }

    /// The input has ended. A command whose continuation never came is taken as it is.
    pub fn end(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.is_ending {
            return steps;
        }
        if let Some(text) = self.input.finish() {
            self.command(text, &mut steps);
        }
        self.finish(&mut steps);
        steps
    }

    /// The input broke off. A command that has begun and not ended is dropped: the rest of it may change what it does.
    pub fn cut_off(&mut self) -> Vec<Step> {
        self.input = Lines::default();
        self.end()
    }

    /// The connection to the queue manager is lost: says so and ends.
    pub fn broken(&mut self) -> Vec<Step> {
        self.is_ending = true;
        self.is_done = true;
        self.behind.clear();
        let broken = Message::new(MessageId::CONNECTION_BROKEN);
        vec![Step::Print(catalog::text(&broken, self.options.style.has_severity)), Step::Done(20)]
    }

    fn echo(&mut self, line: &str, steps: &mut Vec<Step>) {
        let begins = self.input.begins(line);
        self.number += u32::from(begins);
        if self.options.has_echo {
            let number = if begins { self.number.to_string() } else { String::new() };
            let text = line.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
            self.print(vec![format!("{number:>6} : {}", inert_lines(text))], steps);
        }
    }

    fn command(&mut self, text: String, steps: &mut Vec<Step>) {
        self.count_read += 1;
        match parse(&text) {
            Ok(_) if self.options.is_verify => {}
            Ok(command) => {
                self.behind.push_back(Behind::Answer);
                steps.push(Step::Send { text, command: Box::new(command) });
            }
            Err(error) => {
                let count = if error.is_syntax() { &mut self.count_syntax } else { &mut self.count_failed };
                *count += 1;
                self.print(print::parse_error(&error, self.options.style), steps);
            }
        }
    }

    fn finish(&mut self, steps: &mut Vec<Step>) {
        self.is_ending = true;
        if self.behind.is_empty() {
            self.summary(steps);
        }
    }

    fn summary(&mut self, steps: &mut Vec<Step>) {
        if std::mem::replace(&mut self.is_done, true) {
            return;
        }
        let read = match self.count_read {
            1 => "One MQSC command read.".to_owned(),
            0 => "No MQSC commands read.".to_owned(),
            count => format!("{count} MQSC commands read."),
        };
        let syntax = match self.count_syntax {
            0 => "No commands have a syntax error.".to_owned(),
            1 => "One command has a syntax error.".to_owned(),
            count => format!("{count} commands have a syntax error."),
        };
        let failed = match self.count_failed {
            0 => "All valid MQSC commands were processed.".to_owned(),
            1 => "One valid MQSC command could not be processed.".to_owned(),
            count => format!("{count} valid MQSC commands could not be processed."),
        };
        steps.extend([Step::Print(read), Step::Print(syntax)]);
        // Nothing was processed when commands were only verified.
        if !self.options.is_verify {
            steps.push(Step::Print(failed));
        }
        let is_clean = self.count_syntax == 0 && self.count_failed == 0;
        steps.push(Step::Done(if is_clean { 0 } else { 10 }));
    }

    fn print(&mut self, lines: Vec<String>, steps: &mut Vec<Step>) {
        if self.behind.is_empty() {
            steps.extend(lines.into_iter().map(Step::Print));
        } else {
            self.behind.extend(lines.into_iter().map(Behind::Line));
        }
    }
}

/// A line of an answer. It may be of a queue manager that lets through what applications have put into it.
fn shown(line: &str) -> Step {
    Step::Print(inert_lines(line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broken_input_has_begun_is_not_executed() {
        let sends = |steps: Vec<Step>| steps.iter().filter(|step| matches!(step, Step::Send { .. })).count();
        let begun = || {
            let mut session = Session::new(SessionOptions::new("QM1"));
            assert_eq!(sends(session.line("DELETE QLOCAL(Q1) +")), 0);
            session
        };
        assert_eq!(sends(begun().end()), 1);
        assert_eq!(sends(begun().cut_off()), 0);
    }
}
