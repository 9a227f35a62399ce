//! What signals do to a queue manager, in a terminal (`packhorse dev`) and in the background (`strmqm`).

mod place;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use place::Place;
use rustix::process::Signal;
use server::holder::{self, Holder, Process};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(90);

/// Who runs the queue manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// A program of a terminal.
    Dev,
    /// The same, told to survive its terminal.
    NohupDev,
    /// A process in the background.
    Strmqm,
}

struct Scene {
    place: Place,
    dev: Option<(Child, BufReader<ChildStdout>)>,
    application: Option<Child>,
}

impl Scene {
    fn new(name: &str, program: Program, stays: bool) -> Self {
        let place = Place::new(&format!("signals-{name}"));
        let dev = match program {
            Program::Strmqm => {
                place.start(&[]);
                place.succeed(&["runmqsc", "QR"], "define qlocal(DEV.QUEUE.1)\n");
                None
            }
            Program::Dev | Program::NohupDev => Some(dev(&place, program)),
        };
        let application = stays.then(|| place.begin(&["amqsput", "DEV.QUEUE.1", "QR"]));
        let scene = Self { place, dev, application };
        if stays {
            let shown = || scene.place.succeed(&["runmqsc", "QR"], "display qstatus(DEV.QUEUE.1) opprocs\n");
            until(|| shown().contains("OPPROCS(1)"));
        }
        scene
    }

    fn process(&self) -> Process {
        match holder::find(&self.place.paths()) {
            Ok(Holder::Process(process)) => process,
            other => panic!("no process: {other:?}"),
        }
    }

    fn status(&self) -> String {
        let shown = self.place.succeed(&["dspmq", "-m", "QR"], "");
        let text = shown.split_once("STATUS(").and_then(|(_, text)| text.split_once(')'));
        text.map_or(shown.clone(), |(text, _)| text.to_owned())
    }

    /// Sends the signals, waits for the end, and gives back what was printed meanwhile.
    fn end_by(&mut self, signals: &[Signal]) -> String {
        let process = self.process();
        signals.iter().for_each(|signal| process.signal(*signal).expect("it is ours"));
        assert!(process.wait(LIMIT).expect("it can be waited for"), "it hangs");
        let mut said = String::new();
        if let Some((mut child, mut out)) = self.dev.take() {
            out.read_to_string(&mut said).expect("it is text");
            let exit = child.wait().expect("it has ended");
            assert_eq!(exit.code(), Some(0), "{said}");
        }
        said
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(mut application) = self.application.take() {
            let _ = application.kill();
            let _ = application.wait();
        }
        if let Some((mut child, _)) = self.dev.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn dev(place: &Place, program: Program) -> (Child, BufReader<ChildStdout>) {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("it is bound").port().to_string();
    drop(socket);
    let mut command = place.command(&["dev", "--name", "QR", "--port", &port]);
    if program == Program::NohupDev {
        let direct = command;
        command = Command::new("sh");
        command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(direct.get_program());
        command.args(direct.get_args()).stdin(Stdio::null()).stdout(Stdio::piped());
        command.envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    }
    command.stderr(Stdio::inherit());
    let mut child = command.spawn().expect("the binary was built for this test");
    let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut line = String::new();
    // What it shows comes when it is ready, with a last line that is the frame or says how to look.
    while !line.contains("runmqsc QR") {
        line.clear();
        assert!(out.read_line(&mut line).expect("it is text") > 0, "it has ended");
    }
    (child, out)
}

#[track_caller]
fn until(is_there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < LIMIT, "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const FAREWELL: &str = "Queue manager 'QR' has ended; persistent messages are kept.";
const NORMALLY: &str = "Ended normally";
const IMMEDIATELY: &str = "Ended immediately";
const PREEMPTIVELY: &str = "Ended pre-emptively";

#[test]
fn without_applications_a_signal_ends_it() {
    let rows = [
        (Program::Dev, Signal::TERM, NORMALLY),
        (Program::Dev, Signal::INT, NORMALLY),
        (Program::Dev, Signal::HUP, NORMALLY),
        (Program::Dev, Signal::QUIT, PREEMPTIVELY),
        (Program::NohupDev, Signal::TERM, NORMALLY),
        (Program::Strmqm, Signal::TERM, NORMALLY),
        (Program::Strmqm, Signal::INT, NORMALLY),
        (Program::Strmqm, Signal::QUIT, PREEMPTIVELY),
    ];
    for (program, signal, status) in rows {
        let what = format!("idle-{program:?}-{signal:?}");
        let mut scene = Scene::new(&what, program, false);
        let said = scene.end_by(&[signal]);
        assert_eq!(scene.status(), status, "{what}");
        if program != Program::Strmqm {
            assert!(said.contains(FAREWELL), "{what}: {said}");
            assert!(!said.contains("Waiting"), "{what}: nobody is waited for: {said}");
        }
    }
}

#[test]
fn applications_are_waited_for_and_named() {
    let user = server::users::name_of(server::users::current());
    let rows: [(Program, &[Signal], &str); 7] = [
        (Program::Dev, &[Signal::INT], IMMEDIATELY),
        (Program::Dev, &[Signal::TERM], IMMEDIATELY),
        (Program::Dev, &[Signal::HUP], IMMEDIATELY),
        (Program::Dev, &[Signal::QUIT], PREEMPTIVELY),
        (Program::Strmqm, &[Signal::TERM], IMMEDIATELY),
        (Program::Strmqm, &[Signal::TERM, Signal::INT], IMMEDIATELY),
        (Program::Strmqm, &[Signal::TERM, Signal::QUIT], PREEMPTIVELY),
    ];
    for (program, signals, status) in rows {
        let what = format!("staying-{program:?}-{signals:?}");
        let mut scene = Scene::new(&what.replace(|c: char| !c.is_ascii_alphanumeric(), "-"), program, true);
        let application = scene.application.as_ref().expect("an application stays").id();
        let said = scene.end_by(signals);
        assert_eq!(scene.status(), status, "{what}");
        if program == Program::Dev && signals != [Signal::QUIT] {
            let who = format!("  application 'amqsput' (user {user}, process {application})\n");
            let waiting = "Waiting up to 2 s for applications to disconnect; Ctrl-C ends at once:\n";
            assert!(said.contains(&(waiting.to_owned() + &who)), "{what}: {said}");
            assert!(said.contains("Ending without those that have not disconnected.\n"), "{what}: {said}");
            assert!(said.contains(FAREWELL), "{what}: {said}");
        }
    }
}

#[test]
fn a_second_interrupt_ends_a_wait_that_has_no_limit() {
    let mut scene = Scene::new("second", Program::Dev, true);
    // The command that only quiesces waits for as long as the application stays.
    scene.place.succeed(&["endmqm", "QR"], "");
    until(|| scene.status() == "Quiescing");
    let said = scene.end_by(&[Signal::INT]);
    assert!(said.contains("Waiting for applications to disconnect; Ctrl-C ends at once:\n"), "{said}");
    assert_eq!(scene.status(), IMMEDIATELY);
}

#[test]
fn a_hangup_is_nothing_to_those_without_a_terminal() {
    for program in [Program::Strmqm, Program::NohupDev] {
        let mut scene = Scene::new(&format!("hangup-{program:?}"), program, false);
        scene.process().signal(Signal::HUP).expect("it is ours");
        // Whoever is answered after the signal is answered by a process that has survived it.
        scene.place.succeed(&["runmqsc", "QR"], "ping qmgr\n");
        assert_eq!(scene.status(), "Running");
        scene.end_by(&[Signal::TERM]);
        assert_eq!(scene.status(), NORMALLY);
    }
}

#[test]
fn a_terminal_that_has_gone_takes_no_words() {
    let mut scene = Scene::new("gone", Program::Dev, true);
    let (child, out) = scene.dev.take().expect("it runs");
    drop(out);
    let process = scene.process();
    process.signal(Signal::HUP).expect("it is ours");
    assert!(process.wait(LIMIT).expect("it can be waited for"), "it hangs");
    let exit = child.wait_with_output().expect("it has ended").status;
    assert_eq!(exit.code(), Some(0));
    assert_eq!(scene.status(), IMMEDIATELY);
}
