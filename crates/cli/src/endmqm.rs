//! `endmqm`: ends a queue manager.
//!
//! A running queue manager gets the request over its command queue, like any command. One that lets nobody in,
//! because it starts or is ending, is told by signals; its process is found by the lock that it holds. What does not
//! end in its time is taken further, as [`plan`] says, until the process is gone or the command gives up.

mod plan;
mod request;

use std::io;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use server::holder::{self, Holder, Process};
use server::lock::LockFile;
use server::paths::{QmgrPaths, Root};
use server::status::{self, Status};

use crate::name::{explain, fail, fail_io, queue_manager, text};
use crate::options::{Given, Spec, flag, misuse, value};
use plan::{Plan, Step, Target};
use request::Answer;

pub(crate) const SPEC: Spec = Spec {
    name: "endmqm",
    summary: "end a queue manager",
    options: &[
        flag("-z", "print no errors"),
        flag(
            "-c",
            "when applications have disconnected, without waiting for it; so it is if nothing is said",
        ),
        flag("-w", "when applications have disconnected, and wait for it").or(),
        flag("-i", "once the calls under way are done").or(),
        flag("-p", "at once").or(),
        flag("-r", "clients that can are to connect again"),
        value("-t", "seconds", "after so many seconds go on to the next harder way"),
        value("-tp", "seconds", "the same, down to the hardest").or(),
    ],
    missing: &["-s", "-x"],
    names: &["QMgrName"],
    notes: "",
};

/// How long a request may take to be answered.
const REQUEST_MAX: Duration = Duration::from_secs(10);
/// How long a queue manager that did not answer may take to follow a signal.
const SIGNAL_MAX: Duration = Duration::from_secs(5);
/// How long the process behind a lock may take to say that it is the one.
const FIND_MAX: Duration = Duration::from_secs(2);
/// How often it is looked who is waited for.
const LOOK: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

/// What was asked for on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    first: Step,
    target: Option<Target>,
    /// `-c` alone: the command returns when the request is accepted.
    returns_at_once: bool,
    /// `-w`: says that it waits, and for whom.
    says_that_it_waits: bool,
    /// `-r`: clients that can connect again are to do so.
    reconnects: bool,
}

/// Asks for the end, and waits for it where the option says so.
pub(crate) fn run(args: &[String]) -> i32 {
    let (given, wanted) = match SPEC.parse(args).and_then(|given| wanted(&given).map(|w| (given, w))) {
        Ok(both) => both,
        Err(usage) => return misuse(&usage, 39),
    };
    if given.has("-z") {
        server::sys::stderr_to("/dev/null".as_ref());
    }
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    let result = find(&paths).and_then(|process| {
        let end = End { paths: &paths, process, wanted, begun: Instant::now(), said: Vec::new() };
        end.run()
    });
    match result {
        Ok(()) => 0,
        Err(exit) => exit,
    }
}

fn wanted(given: &Given) -> Result<Wanted, String> {
    let wrong = |what: &str| Err(SPEC.wrong(what));
    let ways =
        [("-c", Step::Quiesce), ("-w", Step::Quiesce), ("-i", Step::Immediate), ("-p", Step::Preemptive)];
    let mut chosen = ways.iter().filter(|(flag, _)| given.has(flag));
    let first = chosen.next().map_or(Step::Quiesce, |(_, step)| *step);
    if chosen.next().is_some() {
        return wrong("Options -c, -w, -i and -p exclude each other.");
    }
    let target = |option, ends_process| {
        let seconds = given.number(option, 0, 999_999)?;
        let within = seconds.map(|s| Duration::from_secs(u64::from(s)));
        Ok::<_, String>(within.map(|within| Target { within, ends_process }))
    };
    let target = match (target("-t", false)?, target("-tp", true)?) {
        (Some(_), Some(_)) => return wrong("Options -t and -tp exclude each other."),
        (one, other) => one.or(other),
    };
    let says_that_it_waits = given.has("-w");
    let returns_at_once = first == Step::Quiesce && target.is_none() && !says_that_it_waits;
    let reconnects = given.has("-r");
    Ok(Wanted { first, target, returns_at_once, says_that_it_waits, reconnects })
}

/// The process that runs the queue manager.
fn find(paths: &QmgrPaths) -> Result<Process, i32> {
    let begun = Instant::now();
    loop {
        if !state(paths)?.is_up() {
            return Err(fail("AMQ8146", &[], 40));
        }
        match holder::find(paths).map_err(broken)? {
            Holder::Process(process) => return Ok(process),
            // It may not have come as far as to say who it is, and what is said is of the one before.
            _ if begun.elapsed() < FIND_MAX => std::thread::sleep(PAUSE),
            Holder::Elsewhere(host) => {
                let exit = fail("AMQ8146", &[], 40);
                eprintln!("It runs on {host}, which shares its directory.");
                return Err(exit);
            }
            // Another command works on its files.
            Holder::Nobody => return Err(fail("AMQ7028", &[], 3)),
        }
    }
}

fn state(paths: &QmgrPaths) -> Result<Status, i32> {
    status::read(paths).map_err(broken)
}

fn broken(error: io::Error) -> i32 {
    fail_io(&error, 71)
}

/// An end that is asked for.
struct End<'a> {
    paths: &'a QmgrPaths,
    process: Process,
    wanted: Wanted,
    begun: Instant,
    /// Whom it waits for, as it was said last.
    said: Vec<String>,
}

impl End<'_> {
    fn run(mut self) -> Result<(), i32> {
        let mut plan = Plan::new(self.wanted.first, self.wanted.target);
        let mut last = self.wanted.first;
        let steps = std::mem::take(&mut plan.steps);
        for (at, (due, step)) in steps.iter().enumerate() {
            if self.ends_by(Some(*due))? {
                return self.ended(last);
            }
            last = *step;
            self.announce(*step);
            let next = steps.get(at + 1).map(|(due, _)| *due);
            let limit = next.map_or(REQUEST_MAX, |next| next.saturating_sub(self.begun.elapsed()));
            if !self.ask(*step, limit.min(REQUEST_MAX))? && next.is_none() {
                // The signal that was sent instead, if any, is its last chance.
                let chance = if *step == Step::Quiesce { Duration::ZERO } else { SIGNAL_MAX };
                if self.ends_by(Some(self.begun.elapsed() + chance))? {
                    return self.ended(last);
                }
                return Err(self.gives_up("AMQ8980", 40));
            }
        }
        if self.wanted.returns_at_once {
            println!(
                "Quiesce request accepted. The queue manager will stop when all outstanding work is complete."
            );
            return Ok(());
        }
        if self.ends_by(plan.give_up)? { self.ended(last) } else { Err(self.gives_up("AMQ8981", 49)) }
    }

    fn gives_up(&self, id: &str, exit: i32) -> i32 {
        fail(id, &[&self.paths.name, &self.process.id().to_string()], exit)
    }

    /// Says what is about to be asked for.
    fn announce(&self, step: Step) {
        let name = &self.paths.name;
        if self.wanted.says_that_it_waits && step == Step::Quiesce {
            println!("Waiting for queue manager '{name}' to end.");
        }
        // The steps after this one belong to it.
        if step == Step::Immediate || step == self.wanted.first && step == Step::Preemptive {
            println!("{} queue manager '{name}' ending.", mqi::version::PRODUCT_NAME);
        }
    }

    /// Asks for a step. False: there was no answer.
    fn ask(&self, step: Step, limit: Duration) -> Result<bool, i32> {
        let until = Instant::now() + limit;
        let mode = match step {
            Step::Quiesce => "QUIESCE",
            Step::Immediate => "FORCE",
            Step::Preemptive if self.signal(Signal::QUIT)? => return Ok(true),
            Step::Preemptive => "TERMINATE",
            Step::Kill if self.signal(Signal::KILL)? => return Ok(true),
            Step::Kill => return Err(self.not_ours()),
        };
        loop {
            let by_signal = match state(self.paths)? {
                Status::Starting => true,
                Status::Quiescing => step > Step::Quiesce,
                Status::EndingImmediately | Status::EndingPreemptively => {
                    if self.wanted.returns_at_once {
                        return Err(fail("AMQ8044", &[&self.paths.name], 49));
                    }
                    false
                }
                Status::Running => {
                    let left = until.saturating_duration_since(Instant::now());
                    let is_ending = || status::read(self.paths).is_ok_and(Status::is_ending);
                    match request::ask(self.paths, mode, self.wanted.reconnects, left, is_ending) {
                        Answer::Accepted => return Ok(true),
                        Answer::NotAuthorized => return Err(fail("AMQ8135", &[], 119)),
                        // A full command queue, say. The harder ways do without it, and a target goes on to them.
                        Answer::Failed(_) if step > Step::Quiesce && self.signal(Signal::TERM)? => {
                            // The first signal asks for a quiesce. What comes of it is asked for more.
                            while state(self.paths)? == Status::Running && Instant::now() < until {
                                std::thread::sleep(PAUSE);
                            }
                            continue;
                        }
                        Answer::Failed(_) if self.wanted.target.is_some() => return Ok(false),
                        Answer::Failed(what) => return Err(fail("AMQ6090", &[&what], 71)),
                        Answer::Late => {
                            if step > Step::Quiesce {
                                self.signal(Signal::TERM)?;
                            }
                            return Ok(false);
                        }
                        // Its state has changed since it was read, or is about to.
                        Answer::NotLetIn if Instant::now() < until => {
                            std::thread::sleep(PAUSE);
                            continue;
                        }
                        Answer::NotLetIn => return Ok(false),
                    }
                }
                _ => false,
            };
            if by_signal && !self.signal(Signal::TERM)? {
                return Err(self.not_ours());
            }
            return Ok(true);
        }
    }

    /// The process is another user's.
    fn not_ours(&self) -> i32 {
        let whose = format!("The process of queue manager '{}' belongs to another user", self.paths.name);
        explain("AMQ7077", &[&self.paths.name, &whose], 119)
    }

    /// Sends a signal. False: the system does not let us.
    fn signal(&self, signal: Signal) -> Result<bool, i32> {
        match self.process.signal(signal) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(false),
            Err(error) => Err(broken(error)),
        }
    }

    /// Waits until the process has ended, up to a moment counted from the begin. Says whether it has.
    fn ends_by(&mut self, due: Option<Duration>) -> Result<bool, i32> {
        loop {
            let left = due.map_or(LOOK, |due| due.saturating_sub(self.begun.elapsed()));
            if self.process.wait(left.min(LOOK)).map_err(broken)? {
                return Ok(true);
            }
            if due.is_some_and(|due| due <= self.begun.elapsed()) {
                return Ok(false);
            }
            self.say_who_is_waited_for()?;
        }
    }

    fn say_who_is_waited_for(&mut self) -> Result<(), i32> {
        if !self.wanted.says_that_it_waits || state(self.paths)? != Status::Quiescing {
            return Ok(());
        }
        let now = status::waited_for(self.paths).map_err(broken)?;
        if now != self.said {
            println!("Waiting for queue manager '{}' to end.", self.paths.name);
            now.iter().for_each(|who| println!("Waiting for {who} to disconnect."));
            self.said = now;
        }
        Ok(())
    }

    /// The process has gone.
    fn ended(&self, last: Step) -> Result<(), i32> {
        if state(self.paths)? == Status::EndedUnexpectedly {
            if last < Step::Preemptive {
                return Err(fail("AMQ8982", &[&self.paths.name], 71));
            }
            // It had no time to say how it ended. Whoever has started it again since knows better.
            if let Some(_lock) = LockFile::try_take(&self.paths.lock()).map_err(broken)? {
                status::write(self.paths, Status::EndedPreemptively).map_err(broken)?;
            }
        }
        println!("{}", text("AMQ8004", &[&self.paths.name]).trim_start_matches("AMQ8004I: "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_say_what_is_wanted() {
        type Want = Result<(Step, Option<(u64, bool)>, bool), &'static str>;
        let check = |line: &str, want: Want| {
            let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let got = SPEC.parse(&args).and_then(|given| wanted(&given)).map(|wanted| {
                let target = wanted.target.map(|t| (t.within.as_secs(), t.ends_process));
                (wanted.first, target, wanted.returns_at_once)
            });
            match (got, want) {
                (Ok(got), Ok(want)) => assert_eq!(got, want, "{line}"),
                (Err(got), Err(want)) => assert!(got.contains(want), "{line}: {got}"),
                (got, want) => panic!("{line}: {got:?} instead of {want:?}"),
            }
        };
        check("Q", Ok((Step::Quiesce, None, true)));
        check("-c Q", Ok((Step::Quiesce, None, true)));
        check("-w Q", Ok((Step::Quiesce, None, false)));
        check("-i Q", Ok((Step::Immediate, None, false)));
        check("-p Q", Ok((Step::Preemptive, None, false)));
        check("-t 5 Q", Ok((Step::Quiesce, Some((5, false)), false)));
        check("-w -tp 5 Q", Ok((Step::Quiesce, Some((5, true)), false)));
        check("-i -t 0 Q", Ok((Step::Immediate, Some((0, false)), false)));
        check("-c -w Q", Err("exclude each other"));
        check("-i -p Q", Err("exclude each other"));
        check("-t 1 -tp 1 Q", Err("-t and -tp exclude each other"));
        check("-t x Q", Err("is not a number"));
        check("-t -1 Q", Err("is not a number"));
        check("-t", Err("needs a value"));
        check("-y Q", Err("not known"));
        check("Q R", Err("one name too many"));
    }
}
