//! `runmqlsr`: a listener of its own process, in the foreground.
//!
//! It accepts connections and hands them over to the queue manager; the connections outlive it.

use server::listener_process::{Failure, ListenerProcess};
use server::paths::Root;

use crate::name::{fail, queue_manager, text};
use crate::options::{Spec, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "runmqlsr",
    summary: "run a listener in the foreground",
    options: &[
        value("-t", "tcp", "protocol; it must be said"),
        value("-p", "port", "else 1414"),
        value("-i", "address", "only on this one of the machine's addresses"),
        value("-b", "backlog", "connections that may wait to be accepted"),
        value("-m", "QMgrName", "else the default queue manager"),
    ],
    missing: &["-n", "-s", "-o"],
    names: &[],
    notes: "",
};

/// Listens until it is ended by a signal, or the queue manager ends.
pub(crate) fn run(args: &[String]) -> i32 {
    let parsed = SPEC.parse(args).and_then(|given| {
        if !given.value("-t").is_some_and(|t| t.eq_ignore_ascii_case("tcp")) {
            return Err(SPEC.wrong("Option -t tcp is needed."));
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
    if let Ok(address) = started.as_ref().map(ListenerProcess::exposed)
        && let Some(address) = address
    {
        eprintln!("{}", text("AMQ8997", &["runmqlsr", &address.to_string()]));
    }
    match started.and_then(ListenerProcess::run) {
        Ok(()) => 0,
        Err(Failure::Listen(error)) => fail("AMQ9218", &[&port.to_string(), &error.to_string()], 10),
        Err(Failure::QueueManager) => fail("AMQ8146", &[&paths.name], 10),
    }
}
