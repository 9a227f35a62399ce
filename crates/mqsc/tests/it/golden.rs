//! Transcripts of `runmqsc`, replayed: what stands after a number and colon is input, the rest is output.
//!
//! ```text
//! # A comment about the transcript.
//! # options: -e -v            how the session is called, when not plainly
//!      1 : DEFINE QLOCAL(Q1)  input
//! AMQ8006I: …                 output
//! ! depth Q1 2                what happens between the commands
//! ```
//!
//! Without echo, input lines begin with `> `. With `UPDATE_GOLDEN=1` the outputs are written anew.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use mqsc::print::Style;
use mqsc::{Answer, Session, SessionOptions, Step};

use crate::executor::Executor;

#[test]
fn transcripts_replay() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<_> = fs::read_dir(&directory)
        .expect("the directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let want = fs::read_to_string(&path).expect("a transcript");
        let got = replay(&want, false);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &got).expect("to be written");
        } else {
            assert_eq!(got, want, "{}", path.display());
            assert_eq!(replay(&want, true), want, "{}, with late answers", path.display());
        }
    }
}

struct Run {
    session: Session,
    executor: Executor,
    /// Answers are given only when there is no other way, as to a script that is sent ahead.
    is_late: bool,
    answers: VecDeque<Answer>,
    out: String,
}

/// The transcript with its outputs made anew.
fn replay(transcript: &str, is_late: bool) -> String {
    let mut options = SessionOptions::new("QM1");
    let flags = transcript.lines().find_map(|line| line.strip_prefix("# options: ")).unwrap_or_default();
    for flag in flags.split_whitespace() {
        match flag {
            "-e" => options.has_echo = false,
            "-v" => options.is_verify = true,
            "plain" => options.style = Style { has_severity: false },
            other => panic!("no option {other}"),
        }
    }
    let has_echo = options.has_echo;
    let session = Session::new(options);
    let begin = session.begin();
    let mut run = Run {
        session,
        executor: Executor::new("QM1"),
        is_late,
        answers: VecDeque::new(),
        out: String::new(),
    };
    for line in transcript.lines().take_while(|line| line.starts_with('#')) {
        run.say(line);
    }
    run.take(begin);
    for line in transcript.lines() {
        if let Some(directive) = line.strip_prefix("! ") {
            run.take_answers();
            run.say(line);
            let words: Vec<&str> = directive.split_whitespace().collect();
            match words.as_slice() {
                ["depth", queue, depth] => run.executor.put(queue, depth.parse().expect("a depth")),
                _ => panic!("no directive {directive}"),
            }
        } else if let Some(input) = input_of(line, has_echo) {
            if !has_echo {
                run.take_answers();
                run.say(line);
            }
            let steps = run.session.line(input);
            run.take(steps);
        }
    }
    // The input ends here, if it has not ended itself.
    let steps = run.session.end();
    run.take(steps);
    run.take_answers();
    run.out
}

impl Run {
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }

    fn take_answers(&mut self) {
        while let Some(answer) = self.answers.pop_front() {
            let steps = self.session.answer(answer);
            self.take(steps);
        }
    }

    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Print(line) => self.say(&line),
                Step::Send { command, text } => {
                    assert_eq!(mqsc::parse(&text).as_ref(), Ok(&*command));
                    let style = Style { has_severity: !self.out.contains("# options: plain") };
                    let answer = Answer::of(&self.executor.execute(&command), style);
                    self.answers.push_back(answer);
                    if !self.is_late {
                        self.take_answers();
                    }
                }
                Step::Done(code) => self.say(&format!("= exit {code}")),
            }
        }
    }
}

/// The input that a line of the transcript shows.
fn input_of(line: &str, has_echo: bool) -> Option<&str> {
    if !has_echo {
        return line.strip_prefix("> ").or((line == ">").then_some(""));
    }
    let (number, input) = line.split_at_checked(9)?;
    let is_number = number.ends_with(" : ") && number[..6].trim().bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(input)
}
