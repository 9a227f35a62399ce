//! Nothing that is typed or sent makes the parser, the session or the printer fail.

use mqsc::lines::{COMMAND_MAX, Lines};
use mqsc::print::{Style, parse_error};
use mqsc::{Answer, Session, SessionOptions, Step, parse};
use proptest::prelude::*;

use crate::executor::Executor;

/// Text that comes near to commands: their words, brackets, quotes, and anything else.
fn near_command() -> impl Strategy<Value = String> {
    let words = [
        "DEFINE",
        "ALTER",
        "DISPLAY",
        "DELETE",
        "SET",
        "QLOCAL",
        "QUEUE",
        "CHANNEL",
        "CHLAUTH",
        "AUTHREC",
        "QMGR",
        "CONN",
        "QSTATUS",
        "TOPIC",
        "NAMELIST",
        "(A)",
        "(*)",
        "('x''y')",
        "CHLTYPE(SDR)",
        "TYPE(HANDLE)",
        "MAXDEPTH(5)",
        "MAXDEPTH(99999999999999999999)",
        "NAMES(A,B)",
        "WHERE(DESCR LK 'a*')",
        "WHERE(CURDEPTH GT 0)",
        "ALL",
        "SHARE",
        "(",
        ")",
        "'",
        ";",
        ",",
        "-",
        "+",
        "*",
        "é",
        "\u{0}",
    ];
    let piece =
        prop_oneof![4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn a_parse_ends_in_a_command_or_an_error_within_the_text(text in near_command()) {
        if let Err(error) = parse(&text) {
            let lines = parse_error(&error, Style::default());
            prop_assert!(lines[0].starts_with("AMQ"));
            if let mqsc::ParseError::Syntax { segment, .. } = &error {
                prop_assert!(text.starts_with(segment.as_str()));
            }
        }
    }

    #[test]
    fn what_parses_executes_and_prints(texts in prop::collection::vec(near_command(), 1..4)) {
        let mut executor = Executor::new("QM1");
        for command in texts.iter().filter_map(|text| parse(text).ok()) {
            Answer::of(&executor.execute(&command), Style::default());
        }
    }

    #[test]
    fn a_session_takes_any_lines_and_counts_them(lines in prop::collection::vec(near_command(), 0..20)) {
        let mut session = Session::new(SessionOptions::new("QM1"));
        let mut executor = Executor::new("QM1");
        let mut done = None;
        let mut waiting: Vec<Step> = Vec::new();
        for line in lines.iter().map(String::as_str).map(Some).chain([None, None]) {
            waiting.extend(match line {
                Some(line) => session.line(line),
                None => session.end(),
            });
            while let Some(step) = waiting.pop() {
                match step {
                    Step::Print(_) => {}
                    Step::Send { command, .. } => {
                        let answer = Answer::of(&executor.execute(&command), Style::default());
                        waiting.extend(session.answer(answer));
                    }
                    Step::Done(code) => {
                        prop_assert!(done.is_none() && (code == 0 || code == 10));
                        done = Some(code);
                    }
                }
            }
        }
        prop_assert!(done.is_some());
    }

    #[test]
    fn lines_never_collect_more_than_a_command(bytes in prop::collection::vec(any::<u8>(), 0..5000), times in 1_usize..20) {
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = Lines::default();
        for _ in 0..times {
            for line in text.split('\n') {
                lines.push(&format!("{line}+"));
            }
        }
        prop_assert!(lines.finish().unwrap_or_default().len() <= COMMAND_MAX);
    }
}
