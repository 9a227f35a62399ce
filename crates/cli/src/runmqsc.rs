//! `runmqsc`: MQSC commands from a terminal, standard input or a file.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal as _, Write as _};

use mqi::Reason;
use mqsc::session::{Answer, Session, SessionOptions, Step};
use server::paths::Root;

use crate::mqsc_client::{Failure, MqscClient};
use crate::name::{fail, queue_manager, text};
use crate::options::{Spec, flag, misuse, value};

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
    let (input, is_terminal): (Box<dyn BufRead>, bool) = match given.value("-f") {
        Some(file) => match File::open(file) {
            Ok(open) => (Box::new(BufReader::new(open)), false),
            Err(error) => return fail("AMQ6090", &[&format!("{file}: {error}")], 20),
        },
        None => (Box::new(std::io::stdin().lock()), std::io::stdin().is_terminal()),
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
    converse(Session::new(options), client, input)
}

fn converse(mut session: Session, mut client: Option<MqscClient>, mut input: Box<dyn BufRead>) -> i32 {
    let mut steps: VecDeque<Step> = session.begin().into();
    let mut line = Vec::new();
    let exit = loop {
        match steps.pop_front() {
            Some(Step::Print(text)) => println!("{text}"),
            Some(Step::Send { text, .. }) => {
                let answer = match &mut client {
                    Some(client) => client.run(&text),
                    None => Err(Failure::Broken),
                };
                match answer {
                    Ok(answer) => {
                        let answer = Answer { lines: answer.lines, is_failure: answer.is_failure };
                        steps.extend(session.answer(answer));
                    }
                    Err(failure) => {
                        if failure != Failure::Broken {
                            eprintln!("{}", text_of(&failure));
                        }
                        client = None;
                        steps.extend(session.broken());
                    }
                }
            }
            Some(Step::Done(exit)) => break exit,
            None => {
                let _ = std::io::stdout().flush();
                line.clear();
                match input.read_until(b'\n', &mut line) {
                    Ok(n) if n > 0 => {
                        let text = String::from_utf8_lossy(&line);
                        steps.extend(session.line(text.trim_end_matches(['\n', '\r'])));
                    }
                    _ => steps.extend(session.end()),
                }
            }
        }
    };
    if let Some(client) = client {
        client.end();
    }
    exit
}

fn text_of(failure: &Failure) -> String {
    text("AMQ6090", &[&failure.to_string()])
}
