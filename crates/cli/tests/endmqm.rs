//! `endmqm` in every state of a queue manager: what it prints, how it exits, what `dspmq` says then. Each row has its
//! time: what is not over by then hangs.

mod place;

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use mqi::Reason;
use mqi::constants::{
    MQGMO_NO_SYNCPOINT, MQGMO_WAIT, MQOO_INPUT_AS_Q_DEF, MQOO_OUTPUT, MQPMO_SYNCPOINT, MQWI_UNLIMITED,
};
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::pmo::Pmo;
use place::Place;
use rustix::process::Signal;
use server::attach::{AttachConfig, Attached};
use server::holder::{self, Holder, Process};
use server::lock::LockFile;

/// What a queue manager is brought into before `endmqm` is tried on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There is none of that name.
    Missing,
    /// Ended, in each way.
    EndedNormally,
    EndedImmediately,
    EndedPreemptively,
    Killed,
    /// Another command works on its files.
    Busy,
    /// Nobody is connected.
    Idle,
    /// An application is connected and makes no calls.
    Staying,
    /// An application waits in a get, and heeds a quiesce.
    Waiting,
    /// A client waits in a get, and does not.
    Ignoring,
    /// As `Staying`, and quiescing.
    Quiescing,
    /// Ending immediately, and hanging in its last deeds.
    Closing,
    /// Its process is stopped.
    Stopped,
    /// As `Quiescing`, and its process is stopped.
    QuiescingStopped,
    /// Its start hangs.
    StartHangs,
    /// Its command queue is full of messages that nobody has committed.
    Clogged,
}

impl State {
    /// Whether the command waits for something that does not come.
    fn hangs(self) -> bool {
        use State::*;
        matches!(self, Busy | Closing | Stopped | QuiescingStopped | StartHangs | Clogged)
    }
}

/// `endmqm` with these options, in this state.
struct Row {
    options: &'static str,
    exit: i32,
    /// What is printed: lines, and for a failure the number of its message.
    says: &'static [&'static str],
    /// What `dspmq` says afterwards, or soon.
    status: &'static str,
}

const fn row(options: &'static str, exit: i32, says: &'static [&'static str], status: &'static str) -> Row {
    Row { options, exit, says, status }
}

/// How long a queue manager may take to get into a state, and what is no row: the machine may be busy.
const LIMIT: Duration = Duration::from_secs(90);

/// What a slow machine is allowed in each row, in seconds, where an idle one takes some hundredths of a second.
const SLOW_S: u64 = 15;

/// What the command grants a hanging process, in seconds: to answer and to end; and behind a time that it was given.
const HANGING_S: u64 = 15;
const LATE_S: u64 = 5;

const ACCEPTED: &str =
    "Quiesce request accepted. The queue manager will stop when all outstanding work is complete.";
const WAITING: &str = "Waiting for queue manager 'QR' to end.";
const ENDING: &str = "Packhorse queue manager 'QR' ending.";
const ENDED: &str = "Packhorse queue manager 'QR' ended.";

const NORMALLY: &str = "Ended normally";
const IMMEDIATELY: &str = "Ended immediately";
const PREEMPTIVELY: &str = "Ended pre-emptively";
const UNEXPECTEDLY: &str = "Ended unexpectedly";

/// A queue manager in a state, and what keeps it there.
struct Scene {
    /// A lock of another command.
    _lock: Option<LockFile>,
    state: State,
    place: Place,
    children: Vec<Child>,
    /// A connection with a unit of work.
    clog: Option<Attached>,
}

impl Scene {
    fn new(state: State, options: &str) -> Self {
        let name: String = options.chars().filter(char::is_ascii_alphanumeric).collect();
        let place = Place::new(&format!("endmqm-{state:?}-{name}"));
        let mut scene = Self { _lock: None, state, place, children: Vec::new(), clog: None };
        scene.enter(state);
        scene
    }

    fn enter(&mut self, state: State) {
        if state == State::Missing {
            return;
        }
        match state {
            State::StartHangs | State::Closing | State::Busy => {
                drop(self.place.succeed(&["crtmqm", "QR"], ""))
            }
            _ => self.place.start(&[]),
        }
        match state {
            State::Busy => {
                self._lock = LockFile::try_take(&self.place.paths().lock()).expect("the lock can be taken");
                assert!(self._lock.is_some());
            }
            State::StartHangs => self.start_through("tape", |scene| scene.status() == "Starting"),
            State::Closing => {
                self.start_through("digest", |scene| scene.status() == "Running");
                self.children.push(self.place.begin(&["endmqm", "-i", "QR"]));
                self.until(|scene| scene.status() == "Ending immediately");
            }
            _ => drop(self.place.succeed(&["runmqsc", "QR"], "define qlocal(Q)\n")),
        }
        let end = |how: &str| drop(self.place.succeed(&["endmqm", how, "QR"], ""));
        match state {
            State::EndedNormally => end("-w"),
            State::EndedImmediately => end("-i"),
            State::EndedPreemptively => end("-p"),
            State::Killed => {
                let process = self.process();
                process.signal(Signal::KILL).expect("it is ours");
                assert!(process.wait(LIMIT).expect("it can be waited for"));
            }
            State::Stopped => self.stop(),
            State::Staying => self.stay(),
            State::Quiescing | State::QuiescingStopped => {
                self.stay();
                self.place.succeed(&["endmqm", "QR"], "");
                self.until(|scene| scene.status() == "Quiescing");
                if state == State::QuiescingStopped {
                    self.stop();
                }
            }
            State::Waiting => {
                self.children.push(self.place.begin(&["amqsget", "Q", "QR"]));
                self.until(|scene| scene.is_open());
            }
            State::Ignoring => self.ignore(),
            State::Clogged => self.clog(),
            State::Missing | State::Busy | State::Idle | State::Closing | State::StartHangs => {}
        }
    }

    /// Starts it with a recording into a pipe that nobody reads: where it is opened the process hangs.
    fn start_through(&mut self, what: &str, is_there: fn(&Self) -> bool) {
        for epoch in 1..10 {
            let name = match what {
                "tape" => format!("tape.{epoch}"),
                _ => format!("tape.{epoch}.digest"),
            };
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            let path = self.place.root.join(name);
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0)
                .expect("a pipe can be made");
        }
        let mut command = self.place.command(&["strmqm", "QR"]);
        command.env("PACKHORSE_RECORD", self.place.root.join("tape"));
        self.children.push(command.spawn().expect("the binary was built for this test"));
        self.until(is_there);
        // The process has said who it is as soon as it can be found.
        self.until(|scene| matches!(holder::find(&scene.place.paths()), Ok(Holder::Process(_))));
    }

    fn process(&self) -> Process {
        match holder::find(&self.place.paths()) {
            Ok(Holder::Process(process)) => process,
            other => panic!("no process: {other:?}"),
        }
    }

    fn stop(&self) {
        self.process().signal(Signal::STOP).expect("it is ours");
    }

    /// Connects an application that has nothing to do.
    fn stay(&mut self) {
        self.children.push(self.place.begin(&["amqsput", "Q", "QR"]));
        self.until(|scene| scene.is_open());
    }

    fn is_open(&self) -> bool {
        let shown = self.place.succeed(&["runmqsc", "QR"], "display qstatus(Q) ipprocs opprocs\n");
        shown.contains("IPPROCS(1)") || shown.contains("OPPROCS(1)")
    }

    /// Connects a client whose get does not fail when the queue manager quiesces.
    fn ignore(&self) {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port")
            .port();
        let user = server::users::name_of(server::users::current());
        let script = format!(
            "alter qmgr chlauth(disabled) connauth(' ')\nrefresh security type(connauth)\n\
             define channel(C) chltype(svrconn) mcauser('{user}')\n\
             define listener(L) trptype(tcp) ipaddr('127.0.0.1') port({port})\nstart listener(L)\n"
        );
        self.place.succeed(&["runmqsc", "QR"], &script);
        let address = format!("127.0.0.1:{port}");
        std::thread::spawn(move || {
            let config = AttachConfig {
                channel: "C".to_owned(),
                qmgr_name: "QR".to_owned(),
                user,
                appl_name: "deaf".to_owned(),
                ..AttachConfig::default()
            };
            let mut connection = Attached::tcp(&address, config, None).expect("the channel lets us in");
            let queue = connection.open_queue("Q", MQOO_INPUT_AS_Q_DEF).expect("the queue is there");
            let gmo = Gmo {
                version: 2,
                options: MQGMO_WAIT | MQGMO_NO_SYNCPOINT,
                wait_interval: MQWI_UNLIMITED,
                ..Gmo::default()
            };
            // It ends with the queue manager.
            connection.get(queue, Md::default(), gmo, 100).map(drop)
        });
        self.until(|scene| scene.is_open());
    }

    /// Fills the command queue, and does not commit.
    fn clog(&mut self) {
        let command = "alter qlocal(SYSTEM.ADMIN.COMMAND.QUEUE) maxdepth(64)\n";
        self.place.succeed(&["runmqsc", "QR"], command);
        let mut connection = Attached::local(&self.place.paths(), "clog").expect("the queue manager runs");
        let queue = connection.open_queue("SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_OUTPUT).expect("it is there");
        let pmo = Pmo { version: 2, options: MQPMO_SYNCPOINT, ..Pmo::default() };
        let mut put = || connection.put(queue, Md::default(), pmo.clone(), Vec::new());
        let failure = (0..=64).find_map(|_| put().err());
        assert_eq!(failure, Some(Reason::Q_FULL));
        self.clog = Some(connection);
    }

    /// The text of dspmq.
    fn status(&self) -> String {
        let shown = self.place.succeed(&["dspmq", "-m", "QR"], "");
        let text = shown.split_once("STATUS(").and_then(|(_, text)| text.split_once(')'));
        text.map_or(shown.clone(), |(text, _)| text.to_owned())
    }

    /// Waits for something that comes.
    #[track_caller]
    fn until(&self, is_there: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_there(self) {
            assert!(begun.elapsed() < LIMIT, "it does not come; the status is {}", self.status());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs `endmqm` in its time.
    fn end(&self, options: &str) -> Output {
        let arguments: Vec<&str> =
            ["endmqm"].into_iter().chain(options.split_whitespace()).chain(["QR"]).collect();
        finish_within(self.limit(options), self.place.begin(&arguments), options)
    }

    /// How long a row may take: the time that it names, and what the command itself waits for.
    fn limit(&self, options: &str) -> Duration {
        let named = options.split_whitespace().find_map(|word| word.parse::<u64>().ok());
        let own = match (self.state.hangs(), named) {
            (false, _) => 0,
            (true, Some(_)) => LATE_S,
            (true, None) => HANGING_S,
        };
        Duration::from_secs(named.unwrap_or(0) + own + SLOW_S)
    }

    fn check(&self, row: &Row) {
        let Row { options, exit, says, status } = row;
        let begun = Instant::now();
        let output = self.end(options);
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let what = format!("endmqm {options}: {out}{error}");
        assert_eq!(output.status.code(), Some(*exit), "{what}");
        if *exit == 0 {
            assert_eq!(out.lines().collect::<Vec<_>>(), *says, "{what}");
            assert_eq!(error, "", "{what}");
        } else {
            for text in *says {
                assert!(error.contains(text) || out.contains(text), "'{text}' is missing: {what}");
            }
        }
        if !status.is_empty() {
            while self.status() != *status {
                assert!(
                    begun.elapsed() < self.limit(options),
                    "{what}: {} instead of {status}",
                    self.status()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // A place that hangs is not ended by what the test is about.
        if self.place.root.join("data/mqs.ini").exists()
            && let Ok(Holder::Process(process)) = holder::find(&self.place.paths())
        {
            let _ = process.signal(Signal::KILL);
        }
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits for a command to end that is no row.
#[track_caller]
fn finish(child: Child, what: &str) -> Output {
    finish_within(LIMIT, child, what)
}

/// Waits for a command to end, in its time.
#[track_caller]
fn finish_within(limit: Duration, mut child: Child, what: &str) -> Output {
    let begun = Instant::now();
    while child.try_wait().expect("it can be waited for").is_none() {
        if begun.elapsed() > limit {
            let _ = child.kill();
            panic!("endmqm {what} has not ended in {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("it has ended")
}

/// Rows that leave the queue manager as it is: one scene for all.
#[track_caller]
fn check_at_rest(state: State, rows: &[Row]) {
    let scene = Scene::new(state, "");
    rows.iter().for_each(|row| scene.check(row));
}

/// Rows that each need the state anew.
#[track_caller]
fn check_each(state: State, rows: &[Row]) {
    for row in rows {
        let scene = Scene::new(state, row.options);
        scene.check(row);
    }
}

#[test]
fn a_start_that_is_cut_short_says_which_process_has_gone() {
    let mut scene = Scene::new(State::StartHangs, "says");
    let process = scene.process().id();
    scene.check(&row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY));
    let output = finish(scene.children.pop().expect("strmqm"), "strmqm");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(71), "{said}");
    assert!(said.contains(&format!("process {process} (amqzxma0) cannot be found")), "{said}");
    assert!(said.contains("before queue manager 'QR' had started"), "{said}");
}

#[test]
fn requests_made_at_once_are_all_heard() {
    for round in 0..3 {
        let scene = Scene::new(State::Staying, &format!("at once {round}"));
        let ends: Vec<Child> = (0..5).map(|_| scene.place.begin(&["endmqm", "-c", "QR"])).collect();
        for end in ends {
            let output = finish(end, "-c, at once");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "round {round}");
        }
        scene.check(&row("-i", 0, &[ENDING, ENDED], IMMEDIATELY));
    }
}

#[test]
fn without_a_queue_manager() {
    let missing = |options| row(options, 16, &["AMQ8118E"], "");
    let rows = ["", "-c", "-w", "-i", "-p", "-t 2", "-tp 2", "-w -t 2", "-i -tp 2"].map(missing);
    check_at_rest(State::Missing, &rows);
    let scene = Scene::new(State::Missing, "z");
    let output = scene.end("-z -i");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(16), &b""[..]));
}

#[test]
fn what_has_ended_is_not_available_and_stays_as_it_ended() {
    let ends = [
        (State::EndedNormally, NORMALLY),
        (State::EndedImmediately, IMMEDIATELY),
        (State::EndedPreemptively, PREEMPTIVELY),
        (State::Killed, UNEXPECTEDLY),
    ];
    for (state, status) in ends {
        let over = |options| row(options, 40, &["AMQ8146E"], status);
        check_at_rest(state, &["", "-w", "-i", "-p", "-t 2", "-tp 2", "-w -t 2"].map(over));
    }
}

#[test]
fn misuse_is_named_and_changes_nothing() {
    check_at_rest(
        State::Idle,
        &[
            row("-c -i", 39, &["exclude each other", "Usage: endmqm"], "Running"),
            row("-w -p", 39, &["exclude each other"], "Running"),
            row("-t 1 -tp 1", 39, &["-t and -tp exclude each other"], "Running"),
            row("-t soon", 39, &["'soon' is not a number"], "Running"),
            row("-tp -1", 39, &["'-1' is not a number"], "Running"),
            row("-y", 39, &["Option -y is not known"], "Running"),
            row("-s", 39, &["Option -s is not built yet"], "Running"),
            row("-x", 39, &["Option -x is not built yet"], "Running"),
            row("QX", 39, &["'QR' is one name too many"], "Running"),
        ],
    );
}

#[test]
fn idle() {
    check_each(
        State::Idle,
        &[
            row("", 0, &[ACCEPTED], NORMALLY),
            row("-c", 0, &[ACCEPTED], NORMALLY),
            row("-w", 0, &[WAITING, ENDED], NORMALLY),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-t 30", 0, &[ENDED], NORMALLY),
            row("-tp 30", 0, &[ENDED], NORMALLY),
            row("-w -t 30", 0, &[WAITING, ENDED], NORMALLY),
            row("-i -t 30", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p -tp 30", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-z -i", 0, &[ENDING, ENDED], IMMEDIATELY),
        ],
    );
}

#[test]
fn the_command_queue_is_full() {
    check_each(
        State::Clogged,
        &[
            row("", 71, &["AMQ6090S", "2053"], "Running"),
            row("-w", 71, &["AMQ6090S", "2053"], "Running"),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-w -t 10", 0, &[WAITING, ENDING, ENDED], IMMEDIATELY),
        ],
    );
}

#[test]
fn an_application_stays() {
    check_each(
        State::Staying,
        &[
            row("", 0, &[ACCEPTED], "Quiescing"),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-t 10", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-i -tp 20", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-i -t 20", 0, &[ENDING, ENDED], IMMEDIATELY),
        ],
    );
}

#[test]
fn an_application_heeds_a_quiesce() {
    check_each(
        State::Waiting,
        &[
            row("", 0, &[ACCEPTED], NORMALLY),
            row("-w", 0, &[WAITING, ENDED], NORMALLY),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-tp 60", 0, &[ENDED], NORMALLY),
        ],
    );
}

#[test]
fn a_client_ignores_a_quiesce() {
    check_each(
        State::Ignoring,
        &[
            row("", 0, &[ACCEPTED], "Quiescing"),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-i -t 20", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-tp 10", 0, &[ENDING, ENDED], IMMEDIATELY),
        ],
    );
}

#[test]
fn a_quiesce_goes_on() {
    check_each(
        State::Quiescing,
        &[
            row("", 0, &[ACCEPTED], "Quiescing"),
            row("-c", 0, &[ACCEPTED], "Quiescing"),
            row("-i", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-t 10", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-i -tp 20", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-i -t 20", 0, &[ENDING, ENDED], IMMEDIATELY),
            row("-p -t 2", 0, &[ENDING, ENDED], PREEMPTIVELY),
        ],
    );
}

#[test]
fn who_waits_is_told_for_whom() {
    for (state, options) in [(State::Staying, "-w -t 10"), (State::Quiescing, "-w -tp 10")] {
        let scene = Scene::new(state, options);
        let waiter = scene.children.last().expect("an application stays").id();
        let output = scene.end(options);
        let out = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{out}");
        let user = server::users::name_of(server::users::current());
        let who = format!("Waiting for application 'amqsput' (user {user}, process {waiter}) to disconnect.");
        let want = [WAITING, WAITING, &who, ENDING, ENDED];
        assert_eq!(out.lines().collect::<Vec<_>>(), want);
        assert_eq!(scene.status(), IMMEDIATELY);
    }
}

#[test]
fn a_wait_ends_when_the_last_application_goes() {
    for state in [State::Staying, State::Quiescing] {
        let mut scene = Scene::new(state, "wait");
        let command = scene.place.begin(&["endmqm", "-w", "QR"]);
        scene.until(|scene| scene.status() == "Quiescing");
        let mut application = scene.children.pop().expect("an application stays");
        drop(application.stdin.take());
        application.wait().expect("it ends");
        let output = finish(command, "-w");
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).ends_with(&format!("{ENDED}\n")));
        assert_eq!(scene.status(), NORMALLY);
    }
}

#[test]
fn an_end_by_somebody_else_is_not_called_a_success() {
    let scene = Scene::new(State::Staying, "killed");
    let command = scene.place.begin(&["endmqm", "-w", "QR"]);
    scene.until(|scene| scene.status() == "Quiescing");
    scene.process().signal(Signal::KILL).expect("it is ours");
    let output = finish(command, "-w");
    assert_eq!(output.status.code(), Some(71));
    assert!(String::from_utf8_lossy(&output.stderr).contains("AMQ8982E"));
    assert_eq!(scene.status(), UNEXPECTEDLY);
}

#[test]
fn an_end_that_hangs_is_cut_short() {
    check_each(
        State::Closing,
        &[
            row("", 49, &["AMQ8044E"], "Ending immediately"),
            row("-w -t 1", 0, &[WAITING, ENDING, ENDED], PREEMPTIVELY),
            row("-i -t 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-tp 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
        ],
    );
}

#[test]
fn a_stopped_process_is_ended_by_what_ends_processes() {
    check_each(
        State::Stopped,
        &[
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-tp 2", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-w -tp 1", 0, &[WAITING, ENDING, ENDED], PREEMPTIVELY),
            row("-i -tp 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-p -t 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-t 1", 49, &["AMQ8981E"], "Running"),
        ],
    );
    check_each(
        State::QuiescingStopped,
        &[
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-tp 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-t 1", 49, &["AMQ8981E"], "Quiescing"),
        ],
    );
}

#[test]
fn a_stopped_process_does_not_hang_the_others() {
    check_each(
        State::Stopped,
        &[
            row("", 40, &["AMQ8980E", "does not answer"], "Running"),
            row("-w", 40, &[WAITING, "AMQ8980E"], "Running"),
            row("-i", 40, &[ENDING, "AMQ8980E"], "Running"),
        ],
    );
}

#[test]
fn a_start_that_hangs_is_ended() {
    check_each(
        State::StartHangs,
        &[
            row("", 0, &[ACCEPTED], "Starting"),
            row("-p", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-i -t 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
            row("-tp 1", 0, &[ENDING, ENDED], PREEMPTIVELY),
        ],
    );
}

#[test]
fn a_start_that_goes_on_ends_where_it_is() {
    let mut scene = Scene::new(State::StartHangs, "goes-on");
    // It has been told when the command returns, and hears of it when it goes on.
    scene.check(&row("", 0, &[ACCEPTED], "Starting"));
    for epoch in 1..10 {
        let pipe = scene.place.root.join(format!("tape.{epoch}"));
        // Whoever writes into it goes on; the others have nobody at their other end.
        std::thread::spawn(move || {
            std::fs::File::open(pipe).and_then(|mut pipe| pipe.read_to_end(&mut Vec::new()))
        });
    }
    let start = finish(scene.children.pop().expect("it was started"), "strmqm");
    assert_eq!(start.status.code(), Some(49), "{}", String::from_utf8_lossy(&start.stderr));
    assert_eq!(scene.status(), IMMEDIATELY);
}

#[test]
fn files_that_another_command_works_on_are_left_to_it() {
    let busy = |options| row(options, 3, &["AMQ7028E"], "Starting");
    check_at_rest(State::Busy, &["", "-w", "-i", "-p", "-tp 1"].map(busy));
}
