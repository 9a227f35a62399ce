//! Nothing is taken and ignored: every option of every control command makes a difference in one of the cases below.
//!
//! The options are those that the help of each command lists, which is made from what reads its arguments. Each case is
//! run without and with its option, on a new queue manager; the outcome is the exit code, what is printed, what is then
//! said of the queue manager, and its qm.ini. An option that is refused must say so, whatever stands behind it.

mod place;

use std::net::TcpListener;

use place::Place;

/// One option at work.
struct Case {
    command: &'static str,
    option: &'static str,
    /// The arguments without it. `PORT` stands for a port that is taken, `FREE` for one that is not, `DIR` for a directory.
    without: &'static [&'static str],
    /// The option and its value.
    with: &'static [&'static str],
    /// What is there before: nothing, a queue manager, or one that runs.
    before: Before,
    /// MQSC given to the queue manager afterwards, once it runs.
    after: &'static str,
    /// Standard input.
    input: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Created,
    Runs,
}

use Before::{Created, Nothing, Runs};

const fn case(
    command: &'static str,
    with: &'static [&'static str],
    without: &'static [&'static str],
    before: Before,
) -> Case {
    Case { command, option: with[0], without, with, before, after: "", input: "" }
}

impl Case {
    const fn then(self, after: &'static str) -> Self {
        Self { after, ..self }
    }

    const fn input(self, input: &'static str) -> Self {
        Self { input, ..self }
    }
}

const QR: &[&str] = &["QR"];

const CASES: &[Case] = &[
    case("crtmqm", &["-z"], QR, Created),
    case("crtmqm", &["-q"], QR, Nothing),
    case("crtmqm", &["-c", "text"], QR, Nothing).then("DISPLAY QMGR DESCR"),
    case("crtmqm", &["-d", "XQ"], QR, Nothing).then("DISPLAY QMGR DEFXMITQ"),
    case("crtmqm", &["-h", "9"], QR, Nothing).then("DISPLAY QMGR MAXHANDS"),
    case("crtmqm", &["-x", "9"], QR, Nothing).then("DISPLAY QMGR MAXUMSGS"),
    case("crtmqm", &["-u", "DLQ"], QR, Nothing).then("DISPLAY QMGR DEADQ"),
    case("crtmqm", &["-t", "9"], QR, Nothing).then("DISPLAY QMGR TRIGINT"),
    // The kinds of log exclude each other: what is circular anyway cannot be linear too.
    case("crtmqm", &["-lc"], &["-ll", "QR"], Nothing),
    case("crtmqm", &["-ll"], QR, Nothing),
    case("crtmqm", &["-lla"], QR, Nothing),
    case("crtmqm", &["-lf", "64"], QR, Nothing),
    case("crtmqm", &["-lp", "4"], QR, Nothing),
    case("crtmqm", &["-ls", "4"], QR, Nothing),
    case("crtmqm", &["-ld", "DIR"], QR, Nothing),
    case("crtmqm", &["-md", "DIR"], QR, Nothing),
    case("crtmqm", &["-p", "FREE"], QR, Nothing).then("DISPLAY LISTENER(*) PORT"),
    case("strmqm", &["-c"], QR, Created),
    case("strmqm", &["-ns"], QR, Created).then("DISPLAY LSSTATUS(*)"),
    case("strmqm", &["-z"], QR, Nothing),
    case("strmqm", &["-d", "minimal"], QR, Created),
    case("dltmqm", &["-z"], QR, Nothing),
    case("dspmq", &["-m", "NONE"], &[], Created),
    case("dspmq", &["-o", "all"], &[], Created),
    case("dspmq", &["-s"], &["-o", "default"], Created),
    case("dspmq", &["-x"], &[], Runs),
    case("dspmq", &["-n"], &[], Created),
    case("dspmq", &["-a"], &[], Created),
    case("dspmqver", &["-a"], &["-f", "1"], Nothing),
    case("dspmqver", &["-b"], &[], Nothing),
    case("dspmqver", &["-f", "2"], &[], Nothing),
    case("dspmqver", &["-p", "2"], &[], Nothing),
    case("runmqsc", &["-e"], QR, Runs).input("DISPLAY QMGR QMNAME\n"),
    case("runmqsc", &["-v"], QR, Runs).input("DEFINE QLOCAL(Q)\n"),
    case("runmqsc", &["-f", "/dev/null"], QR, Runs).input("DISPLAY QMGR QMNAME\n"),
    case("runmqlsr", &["-t", "tcp"], &["-p", "PORT", "-m", "QR"], Runs),
    case("runmqlsr", &["-p", "0"], &["-t", "tcp", "-p", "PORT", "-m", "QR"], Runs),
    case("runmqlsr", &["-i", "203.0.113.1"], &["-t", "tcp", "-p", "PORT", "-m", "QR"], Runs),
    case("runmqlsr", &["-m", "NONE"], &["-t", "tcp", "-p", "PORT", "-m", "QR"], Runs),
];

/// Options whose effect is seen elsewhere, or cannot be seen from outside.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("dspmqver", "-i", "there is one installation, which is shown anyway"),
    ("runmqlsr", "-b", "goes to listen(2)"),
    ("endmqm", "-c", "tests of ending"),
    ("endmqm", "-w", "tests of ending"),
    ("endmqm", "-i", "tests of ending"),
    ("endmqm", "-p", "tests of ending"),
    ("endmqm", "-t", "tests of ending"),
    ("endmqm", "-tp", "tests of ending"),
    ("endmqm", "-z", "tests of ending"),
    ("endmqm", "-r", "tests of ending"),
    ("runmqsc", "-c", "tests of runmqsc"),
    ("runmqsc", "-u", "tests of runmqsc"),
];

/// What a command comes to.
fn outcome(case: &Case, has_option: bool, at: usize) -> String {
    let place = Place::new(&format!("option{at}{has_option}"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port().to_string();
    let (taken_port, free_port) = (port(&taken), port(&free));
    drop(free);
    let small = ["-lf", "64", "-p", &free_port, "QR"];
    match case.before {
        Nothing => {}
        Created => drop(place.succeed(&[&["crtmqm"], &small[..]].concat(), "")),
        Runs => place.start(&small[..4]),
    }
    let directory = place.root.join("elsewhere").display().to_string();
    let mut arguments = vec![case.command];
    // Names come last.
    let names = case.without.iter().rposition(|word| *word != "QR").map_or(0, |last| last + 1);
    arguments.extend(&case.without[..names]);
    if has_option {
        arguments.extend(case.with);
    }
    arguments.extend(&case.without[names..]);
    for word in &mut arguments {
        match *word {
            "PORT" => *word = &taken_port,
            "FREE" => *word = &free_port,
            "DIR" => *word = &directory,
            _ => {}
        }
    }
    let output = place.run(&arguments, case.input);
    let mut said = format!("{:?}\n", output.status.code());
    said += &String::from_utf8_lossy(&output.stdout);
    said += &String::from_utf8_lossy(&output.stderr);
    if !case.after.is_empty() {
        if case.command == "crtmqm" {
            place.succeed(&["strmqm", "QR"], "");
        }
        let shown = place.run(&["runmqsc", "-e", "QR"], &format!("{}\n", case.after));
        said += &String::from_utf8_lossy(&shown.stdout);
    }
    if case.command == "crtmqm" {
        said += &place.succeed(&["dspmq", "-o", "default"], "");
        if output.status.success() {
            let ini = std::fs::read_to_string(place.paths().qm_ini()).expect("it was created");
            said += &ini
                .lines()
                .filter(|line| !line.contains("QMgrId") && !line.contains("CreatedMs"))
                .collect::<String>();
        }
    }
    // Places and ports are different each time.
    said.replace(&place.root.display().to_string(), "ROOT")
        .replace(&taken_port, "PORT")
        .replace(&free_port, "FREE")
}

/// The options that the help of a command lists, and those that it refuses.
fn options_of(place: &Place, command: &str) -> (Vec<String>, Vec<String>) {
    let help = place.succeed(&["help", command], "");
    let listed = help.lines().filter_map(|line| line.strip_prefix("  -"));
    let known =
        listed.filter_map(|line| line.split([' ', ',']).next()).map(|word| format!("-{word}")).collect();
    let (_, refused) = help.split_once("Refused, because not built yet:").unwrap_or_default();
    (known, refused.split_whitespace().map(str::to_owned).collect())
}

const COMMANDS: &[&str] = &[
    "crtmqm",
    "strmqm",
    "endmqm",
    "dltmqm",
    "dspmq",
    "dspmqver",
    "runmqsc",
    "runmqlsr",
    "hacrtmqm",
    "halinkmqm",
    "mqrc",
];

#[test]
fn every_option_has_a_case() {
    let place = Place::new("options");
    let mut wrong = Vec::new();
    for command in COMMANDS {
        let (known, refused) = options_of(&place, command);
        for option in &known {
            let cases = CASES.iter().filter(|case| case.command == *command && case.option == option).count();
            let is_elsewhere = ELSEWHERE.iter().any(|(c, o, _)| c == command && o == option);
            if cases + usize::from(is_elsewhere) != 1 {
                wrong
                    .push(format!("{command} {option}: {cases} cases; it needs one, or a line in ELSEWHERE"));
            }
        }
        for (case, option) in CASES.iter().map(|case| (case.command, case.option)) {
            if case == *command && !known.iter().any(|known| known == option) {
                wrong.push(format!("{command} {option} is no option"));
            }
        }
        for option in refused {
            let output = place.run(&[command, &option, "QR"], "");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.success() || !said.contains(&format!("Option {option} is not built yet")) {
                wrong.push(format!("{command} {option} is not refused by name: {said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[track_caller]
fn check(command: &str) {
    for (at, case) in CASES.iter().enumerate().filter(|(_, case)| case.command == command) {
        let (without, with) = (outcome(case, false, at), outcome(case, true, at));
        assert!(without != with, "{command} {:?} makes no difference: {with}", case.with);
    }
}

#[test]
fn options_of_crtmqm_act() {
    check("crtmqm");
}

#[test]
fn options_of_strmqm_act() {
    check("strmqm");
}

#[test]
fn options_of_dltmqm_act() {
    check("dltmqm");
}

#[test]
fn options_of_dspmq_act() {
    check("dspmq");
}

#[test]
fn options_of_dspmqver_act() {
    check("dspmqver");
}

#[test]
fn options_of_runmqsc_act() {
    check("runmqsc");
}

#[test]
fn options_of_runmqlsr_act() {
    check("runmqlsr");
}
