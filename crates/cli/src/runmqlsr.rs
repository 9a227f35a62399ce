//! `runmqlsr`: a listener of its own process, in the foreground.
//!
//! It accepts connections and hands them over to the queue manager; the connections outlive it.

use server::listener_process::{Failure, ListenerProcess};
use server::paths::Root;

use crate::name::{fail, queue_manager};
use crate::options::{Spec, misuse};

const SPEC: Spec = Spec {
    usage: "runmqlsr -t tcp [-p port] [-i address] [-b backlog] [-m QMgrName]",
    flags: &[],
    values: &["-t", "-p", "-i", "-b", "-m"],
    missing: &["-n", "-s", "-o"],
    names_max: 0,
};

/// Listens until it is ended by a signal, or the queue manager ends.
pub(crate) fn run(args: &[String]) -> i32 {
    let parsed = SPEC.parse(args).and_then(|given| {
        if !given.value("-t").is_some_and(|t| t.eq_ignore_ascii_case("tcp")) {
            return Err(format!("Option -t tcp is needed.\nUsage: {}", SPEC.usage));
        }
        let port = given.number("-p", 1, 65_535)?.unwrap_or(1414);
        let backlog = given.number("-b", 0, 65_535)?.unwrap_or(0);
        Ok((given, u16::try_from(port).unwrap_or(1414), backlog))
    });
    let (given, port, backlog) = match parsed {
        Ok(parsed) => parsed,
        Err(usage) => return misuse(&usage, 20),
    };
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(_) => return 20,
    };
    let started = ListenerProcess::start(&paths, given.value("-i").unwrap_or(""), port, backlog);
    match started.and_then(ListenerProcess::run) {
        Ok(()) => 0,
        Err(Failure::Listen(error)) => fail("AMQ9218", &[&port.to_string(), &error.to_string()], 10),
        Err(Failure::QueueManager) => fail("AMQ8146", &[&paths.name], 10),
    }
}
