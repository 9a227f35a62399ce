//! `runmqsc`: MQSC commands from a terminal, standard input or a file.
//!
//! `ahead` has the commands that are on their way, `script` reads lines.

mod ahead;
mod script;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};

use mqi::Reason;
use mqsc::session::{Answer, Session, SessionOptions, Step};
use server::paths::Root;

use crate::mqsc_client::{Failure, MqscClient};
use crate::name::{fail, queue_manager, text};
use crate::options::{Spec, flag, misuse, value};
use ahead::Ahead;
use script::Script;

pub(crate) const SPEC: Spec = Spec {
    name: "runmqsc",
    summary: "run MQSC commands",
    options: &[
        flag("-e", "do not repeat the commands"),
        flag("-v", "check the commands, run none"),
        value("-f", "file", "commands of this file, not of standard input"),
    ],
    missing: &["-w", "-x", "-m", "-c", "-u", "-r", "-n"],
    names: &["[QMgrName]"],
    notes: "",
};

/// Runs commands until the input ends.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        // Whatever keeps it from running, it has not run.
        Err(_) => return 20,
    };
    let (input, is_terminal): (Box<dyn Read>, bool) = match given.value("-f") {
        Some(file) => match File::open(file) {
            Ok(open) => (Box::new(open), false),
            Err(error) => return fail("AMQ6090", &[&format!("{file}: {error}")], 20),
        },
        None => (Box::new(std::io::stdin()), std::io::stdin().is_terminal()),
    };
    let is_verify = given.has("-v");
    let client = match is_verify {
        true => None,
        false => match MqscClient::attach(&paths, "runmqsc") {
            Ok(client) => Some(client),
            Err(Failure::Connect(Reason::NOT_AUTHORIZED)) => return fail("AMQ8135", &[], 20),
            Err(Failure::Connect(_)) => return fail("AMQ8146", &[&paths.name], 20),
            Err(failure) => return fail("AMQ6090", &[&failure.to_string()], 20),
        },
    };
    let options = SessionOptions {
        has_echo: !given.has("-e") && !is_terminal,
        is_verify,
        ..SessionOptions::new(&paths.name)
    };
    converse(Session::new(options), Ahead::new(client), Script::new(input))
}

/// Reads, sends and prints until the session is over. Gives the exit code.
fn converse(mut session: Session, mut ahead: Ahead, mut input: Script) -> i32 {
    let mut steps: VecDeque<Step> = session.begin().into();
    loop {
        match steps.pop_front() {
            Some(Step::Print(text)) => println!("{text}"),
            Some(Step::Send { text, command }) => match ahead.send(&text, &command) {
                Ok(true) => {}
                Ok(false) => {
                    let answered = answer(&mut session, &mut ahead);
                    if ahead.is_lost() {
                        steps.clear();
                    } else {
                        steps.push_front(Step::Send { text, command });
                    }
                    for step in answered.into_iter().rev() {
                        steps.push_front(step);
                    }
                }
                Err(failure) => steps = lost(&mut session, &mut ahead, &failure).into(),
            },
            Some(Step::Done(exit)) => {
                ahead.end();
                return exit;
            }
            None if ahead.is_waiting() && !(input.is_ready() && session.takes_lines()) => {
                let _ = std::io::stdout().flush();
                steps.extend(answer(&mut session, &mut ahead));
            }
            None => {
                let _ = std::io::stdout().flush();
                match input.line() {
                    Ok(Some(line)) => steps.extend(session.line(&line)),
                    Ok(None) | Err(_) => steps.extend(session.end()),
                }
            }
        }
    }
}

/// Waits for the first answer.
fn answer(session: &mut Session, ahead: &mut Ahead) -> Vec<Step> {
    match ahead.answer() {
        Ok(answer) => session.answer(Answer { lines: answer.lines, is_failure: answer.is_failure }),
        Err(failure) => lost(session, ahead, &failure),
    }
}

/// The connection is of no use any more.
fn lost(session: &mut Session, ahead: &mut Ahead, failure: &Failure) -> Vec<Step> {
    if *failure != Failure::Broken {
        eprintln!("{}", text_of(failure));
    }
    let unknown = ahead.give_up();
    if unknown > 0 {
        eprintln!("{}", text("AMQ8998", &[&unknown.to_string()]));
    }
    session.broken()
}

fn text_of(failure: &Failure) -> String {
    text("AMQ6090", &[&failure.to_string()])
}
