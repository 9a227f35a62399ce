//! `strmqm`: starts a queue manager in the background and returns once its listeners are up.
//!
//! The process that stays is this program under the name [`PROCESS_NAME`], in a session of its own, with the
//! queue manager's name on its command line so that monitors find it. Until it is ready it reports through
//! its standard output: lines to show (`L …`), then `R` or `F exit-code`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use server::instance::{self, Progress, RunOptions};
use server::paths::{QmgrPaths, Root};
use server::signals::Hangup;
use server::status::{self, Status};

use crate::name::{explain, fail, fail_io, queue_manager, text};
use crate::options::{Spec, flag, misuse, value};

/// Under this name the program is a running queue manager.
pub(crate) const PROCESS_NAME: &str = "amqzxma0";

pub(crate) const SPEC: Spec = Spec {
    name: "strmqm",
    summary: "start a queue manager",
    options: &[
        flag("-c", "make the default and system objects anew, then end"),
        flag("-ns", "without its listeners"),
        flag("-z", "print no errors"),
        value("-d", "detail", "what is said while it starts: none, minimal or all"),
    ],
    missing: &["-x", "-a", "-r", "-f", "-si", "-ss", "-e"],
    names: &["[QMgrName]"],
    notes: "",
};

/// Starts it and relays what it reports.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 39),
    };
    if given.has("-z") {
        server::sys::stderr_to("/dev/null".as_ref());
    }
    let detail = match given.value("-d") {
        None | Some("all") => Detail::All,
        Some("minimal") => Detail::Minimal,
        Some("none") => Detail::None,
        Some(other) => return misuse(&SPEC.wrong(&format!("Option -d {other} is not known.")), 39),
    };
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    match status::read(&paths) {
        Ok(Status::Starting | Status::Running) => return fail("AMQ8996", &[&paths.name], 5),
        Ok(status) if status.is_ending() => return fail("AMQ8044", &[&paths.name], 49),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return fail_io(&error, 119),
        Err(error) => return explain("AMQ7072", &[&paths.name, &error.to_string()], 71),
    }
    if given.has("-c") {
        return restore(&paths, detail == Detail::None);
    }
    match spawn(&paths, given.has("-ns"), detail) {
        Ok(exit) => exit,
        Err(error) => fail_io(&error, 71),
    }
}

/// Makes the default objects anew, in this process.
fn restore(paths: &QmgrPaths, is_silent: bool) -> i32 {
    let mut say = |line: &str| {
        if !is_silent {
            println!("{line}");
        }
    };
    match server::control::restore::restore(paths, &mut say) {
        Ok(failed) if failed.is_empty() => 0,
        Ok(failed) => {
            failed.iter().for_each(|message| eprintln!("{message}"));
            10
        }
        Err(error) => fail_io(&error, 71),
    }
}

/// What is said while the queue manager starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    None,
    /// Begin and end.
    Minimal,
    All,
}

impl Detail {
    fn shows(self, line: &str, name: &str) -> bool {
        let of_name = |what: &str| line.contains(&format!("queue manager '{name}' {what}"));
        match self {
            Self::None => false,
            Self::Minimal => of_name("starting") || of_name("started"),
            Self::All => true,
        }
    }
}

fn spawn(paths: &QmgrPaths, no_services: bool, detail: Detail) -> std::io::Result<i32> {
    let user = server::users::name_of(server::users::current());
    let mut command = Command::new(std::env::current_exe()?);
    command.arg0(PROCESS_NAME).args(["-m", &paths.name, "-u", &user]);
    if no_services {
        command.arg("-ns");
    }
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).current_dir("/").spawn()?;
    let reports = child.stdout.take().ok_or_else(|| std::io::Error::other("the pipe was asked for"))?;
    for line in BufReader::new(reports).lines() {
        let line = line?;
        match line.split_at_checked(2) {
            Some(("L ", shown)) if detail.shows(shown, &paths.name) => println!("{shown}"),
            Some(("E ", shown)) => eprintln!("{shown}"),
            Some(("F ", exit)) => {
                child.wait()?;
                return Ok(exit.parse().unwrap_or(71));
            }
            _ if line == "R" => return Ok(0),
            _ => {}
        }
    }
    let ended = child.wait()?;
    eprintln!("{}", text("AMQ5008", &[&child.id().to_string(), PROCESS_NAME]));
    eprintln!("It ended before queue manager '{}' had started: {ended}.", paths.name);
    Ok(71)
}

/// What the background process does.
pub(crate) fn run_process(args: &[String]) -> i32 {
    const PROCESS: Spec = Spec {
        name: PROCESS_NAME,
        summary: "be a running queue manager",
        options: &[
            flag("-ns", "without its services"),
            value("-m", "QMgrName", "which one"),
            value("-u", "user", "who started it, for those who look at the list of processes"),
        ],
        missing: &[],
        names: &[],
        notes: "",
    };
    let report = |line: String| {
        let mut out = std::io::stdout().lock();
        // Nobody reads any more: the command that waited was killed, the queue manager goes on.
        let _ = writeln!(out, "{line}");
        let _ = out.flush();
    };
    let Ok(given) = PROCESS.parse(args) else { return 39 };
    let name = given.value("-m").unwrap_or_default();
    let paths = match Root::find().known_queue_manager(name) {
        Ok(Some(paths)) => paths,
        _ => {
            report("F 16".to_owned());
            return 16;
        }
    };
    server::sys::new_session();
    let options =
        RunOptions { services: !given.has("-ns"), signals: Some(Hangup::IsIgnored), needs_listeners: false };
    let (mut holds, mut ready) = (false, false);
    let result = instance::run(&paths, &options, &mut |progress| {
        if !holds {
            // It holds its directories: from now on its last words go there, and not to who started it.
            holds = true;
            server::sys::stderr_to(&paths.errors().join("stderr.log"));
        }
        match progress {
            Progress::Line(line) => report(format!("L {line}")),
            Progress::Ready(_) => {
                ready = true;
                report("R".to_owned());
                server::sys::close_stdout();
            }
            Progress::Ending(_) => {}
        }
    });
    match result {
        Ok(()) => 0,
        Err(failure) => {
            if ready {
                eprintln!("{}", failure.message);
            } else {
                failure.message.lines().for_each(|line| report(format!("E {line}")));
                report(format!("F {}", failure.exit));
            }
            failure.exit
        }
    }
}
