//! The `packhorse` command, and every control command it answers to.
//!
//! Called under another name (a link made by `packhorse links DIR`), or with that name as its first word, it
//! is that command. One file a command; [`COMMANDS`] lists them.

mod adopt;
mod amqsbcg;
mod amqsget;
mod amqsput;
mod bench;
#[cfg(test)]
mod compatibility;
mod crtmqm;
mod dev;
mod dltmqm;
mod dspmq;
mod dspmqver;
mod endmqm;
mod hacrtmqm;
mod halinkmqm;
mod links;
mod mqrc;
mod mqsc_client;
mod name;
mod options;
mod passwd;
mod password;
mod replay;
mod runmqlsr;
mod runmqsc;
mod sample;
mod screen;
mod strmqm;

use options::{Question, Spec};

/// A command: its arguments in, its exit code out.
type Run = fn(&[String]) -> i32;

/// What a user may call by its own name.
const COMMANDS: &[(&Spec, Run)] = &[
    (&crtmqm::SPEC, crtmqm::run),
    (&strmqm::SPEC, strmqm::run),
    (&endmqm::SPEC, endmqm::run),
    (&dltmqm::SPEC, dltmqm::run),
    (&dspmq::SPEC, dspmq::run),
    (&dspmqver::SPEC, dspmqver::run),
    (&runmqsc::SPEC, runmqsc::run),
    (&runmqlsr::SPEC, runmqlsr::run),
    (&hacrtmqm::SPEC, hacrtmqm::run),
    (&halinkmqm::SPEC, halinkmqm::run),
    (&mqrc::SPEC, mqrc::run),
    (&amqsput::SPEC, amqsput::run),
    (&amqsget::SPEC, amqsget::run),
    (&amqsbcg::SPEC, amqsbcg::run),
];

/// Words of our own.
const WORDS: &[(&Spec, Run)] = &[
    (&dev::SPEC, dev::run),
    (&adopt::SPEC, adopt::run),
    (&passwd::SPEC, passwd::run),
    (&links::SPEC, links::run),
    (&bench::SPEC, bench::run),
    (&replay::SPEC, replay::run),
];

fn main() {
    let mut args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let called = if args.is_empty() { String::new() } else { args.remove(0) };
    let called = called.rsplit('/').next().unwrap_or_default().to_owned();
    if called == strmqm::PROCESS_NAME {
        std::process::exit(strmqm::run_process(&args));
    }
    server::sys::end_on_broken_pipe();
    if let Some(command) = find(COMMANDS, &called) {
        std::process::exit(perform(command, &args));
    }
    let code = match args.split_first() {
        Some((word, rest)) => packhorse(word, rest),
        None => {
            println!("{}", overview());
            0
        }
    };
    std::process::exit(code);
}

/// `packhorse WORD …`.
fn packhorse(word: &str, rest: &[String]) -> i32 {
    let find_any = |word| find(COMMANDS, word).or_else(|| find(WORDS, word));
    if let Some(command) = find_any(word) {
        return perform(command, rest);
    }
    let (unknown, is_question) = match (word, rest.first()) {
        ("--version", _) => {
            println!("Packhorse {}", mqi::version::PROGRAM);
            return 0;
        }
        ("help" | "--help" | "-h", Some(about)) => match find_any(about) {
            Some((spec, _)) => {
                print!("{}", spec.help());
                return 0;
            }
            None => (about.as_str(), matches!(about.as_str(), "--help" | "-h" | "help")),
        },
        ("help" | "--help" | "-h", None) => ("", true),
        _ => (word, false),
    };
    if is_question {
        println!("{}", overview());
        return 0;
    }
    eprintln!("packhorse: '{unknown}' is not a command.\n\n{}", overview());
    20
}

/// Runs a command, or answers what is asked about it.
fn perform((spec, run): (&Spec, Run), args: &[String]) -> i32 {
    match spec.question(args) {
        Some(Question::Help) => print!("{}", spec.help()),
        Some(Question::Version) => println!("{} (Packhorse) {}", spec.name, mqi::version::PROGRAM),
        None => return run(args),
    }
    0
}

fn find(table: &[(&'static Spec, Run)], word: &str) -> Option<(&'static Spec, Run)> {
    table.iter().find(|(spec, _)| spec.word() == word).copied()
}

fn overview() -> String {
    let mut out = format!("Packhorse {}\n\nUsage: packhorse COMMAND [arguments]\n", mqi::version::PROGRAM);
    for (title, table) in [("Words of its own", WORDS), ("Control commands and samples", COMMANDS)] {
        out += &format!("\n{title}:\n");
        for (spec, _) in table {
            out += &format!("  {:10} {}\n", spec.word(), spec.summary);
        }
    }
    out + "\n'packhorse help COMMAND' or 'COMMAND --help' says more."
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `command` that a message of the catalogue advises is one.
    #[test]
    fn no_message_advises_a_command_that_does_not_exist() {
        let mut advised = 0;
        for row in mqsc::catalog::rows() {
            let texts =
                [row.text, row.explanation, row.action].map(|text| text.split('`').skip(1).step_by(2));
            for command in texts.into_iter().flatten() {
                let mut words = command.split(' ').filter(|word| *word != "packhorse");
                let word = words.next().unwrap_or_default();
                let is_there = find(COMMANDS, word).or_else(|| find(WORDS, word)).is_some();
                assert!(is_there, "{}: `{command}`", row.name());
                advised += 1;
            }
        }
        assert!(advised > 5, "{advised}");
    }
}
