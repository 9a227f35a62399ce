//! The two commands that ask for a password, and signals that come meanwhile.

mod administrator;
mod place;
#[expect(dead_code, reason = "not all that can be done with it is done here")]
mod terminal;

use std::process::Command;

use place::Place;
use terminal::Terminal;

/// What asks, and its question.
const ASKERS: &[(&str, &str)] =
    &[("passwd -m QR app", "New password of app: "), ("runmqsc -u app QR", "Enter password: ")];

/// A terminal on which a shell runs the program, and says afterwards how that ended and how the terminal is.
fn begin(place: &Place, before: &str, asker: &str) -> Terminal {
    let program = env!("CARGO_BIN_EXE_packhorse");
    // The program's own process id is in its name for whoever sends the signal.
    let script = format!(
        "{before}; stty -a; sh -c 'echo pid $$ here; exec {program} {asker}'; echo ended $?; stty -a; echo done"
    );
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script]).env("MQ_OVERRIDE_DATA_PATH", place.data());
    Terminal::start(&command)
}

fn pid(terminal: &Terminal) -> String {
    let (_, rest) = terminal.seen().split_once("pid ").expect("it has been said");
    rest.split(' ').next().expect("a number").to_owned()
}

fn kill(terminal: &Terminal, signal: &str) {
    let status = Command::new("kill").args(["-s", signal, &pid(terminal)]).status();
    assert!(status.expect("there is kill").success());
}

#[track_caller]
fn assert_shows(terminal: &Terminal) {
    let seen = terminal.seen();
    assert!(!seen.contains("-echo ") && seen.matches(" echo ").count() == 2, "{seen}");
}

#[test]
fn every_end_by_signal_leaves_the_terminal_as_it_was() {
    let place = Place::new("prompt-signals");
    place.start(&[]);
    for (asker, question) in ASKERS {
        for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
            let mut terminal = begin(&place, "trap : INT QUIT; ulimit -c 0", asker);
            terminal.expect(question);
            terminal.send("s3cr");
            kill(&terminal, signal);
            terminal.expect("done");
            assert!(terminal.seen().contains(&format!("ended {code}")), "{signal}: {}", terminal.seen());
            assert_shows(&terminal);
            assert!(!terminal.seen().contains("s3cr"), "{}", terminal.seen());
        }
    }
}

#[test]
fn what_is_ignored_stays_ignored_and_the_question_is_asked_again() {
    let place = Place::new("prompt-ignored");
    place.start(&[]);
    for (asker, question) in ASKERS {
        let mut terminal = begin(&place, "trap '' INT", asker);
        terminal.expect(question);
        kill(&terminal, "INT");
        terminal.expect(&format!("{question}{question}"));
        kill(&terminal, "TERM");
        terminal.expect("done");
        assert!(terminal.seen().contains("ended 143"), "{}", terminal.seen());
        assert_shows(&terminal);
    }
}

#[test]
fn a_stopped_question_shows_what_is_typed_until_it_goes_on() {
    let place = Place::new("prompt-stopped");
    place.start(&[]);
    for (asker, question) in ASKERS {
        let program = env!("CARGO_BIN_EXE_packhorse");
        let mut command = Command::new("/bin/bash");
        // A shell that controls jobs, as people have it.
        let script = format!(
            "set -m; {program} {asker}; echo stopped $?; echo pid $(jobs -p) here; stty -a; fg; echo ended $?; stty -a; echo done"
        );
        command.args(["-c", &script]).env("MQ_OVERRIDE_DATA_PATH", place.data());
        let mut terminal = Terminal::start(&command);
        terminal.expect(question);
        terminal.send("\x1a");
        terminal.expect("stopped 148");
        // What the shell says is what it puts in the foreground.
        terminal.expect(&format!("{program} {asker}\r\n{question}"));
        kill(&terminal, "TERM");
        terminal.expect("done");
        assert!(terminal.seen().contains("ended 143"), "{}", terminal.seen());
        assert_shows(&terminal);
    }
}

#[test]
fn signals_do_afterwards_what_they_did_before() {
    let place = Place::new("prompt-afterwards");
    administrator::start(&place);
    let mut terminal = begin(&place, "trap : INT", "runmqsc -e -u mqm QR");
    terminal.expect("Enter password: ");
    terminal.send("secret\n");
    terminal.expect("Starting MQSC");
    kill(&terminal, "TERM");
    terminal.expect("done");
    assert!(terminal.seen().contains("ended 143"), "{}", terminal.seen());
}
