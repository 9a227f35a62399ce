//! `packhorse adopt`: says that a queue manager goes on with the log that its qm.ini names, although data directory
//! and log are of different times (`docs/operating.md`, backup and restore).

use server::control::adopt;
use server::holding::Refusal;
use server::paths::Root;

use crate::name::{explain, fail, queue_manager};
use crate::options::{Spec, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse adopt",
    summary: "go on with a log that was restored without its data",
    options: &[],
    missing: &[],
    names: &["QMgrName"],
    notes: "The next start takes the log that qm.ini names as it is. Every other copy of \
            the data directory is refused that log afterwards.",
};

/// Adopts the log, for the next start.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    match adopt::adopt(&paths) {
        Ok(owner) => {
            if let Some(owner) = owner {
                println!("The log was last used with the data directory {}.", owner.data.display());
            }
            println!("Queue manager '{}' goes on with this log; every other copy is refused it.", paths.name);
            0
        }
        Err(refusal) => match refusal.exit() {
            (exit, id) if matches!(refusal, Refusal::Running) => fail(id, &[&paths.name], exit),
            (exit, id) => explain(id, &[&paths.name, &refusal.why()], exit),
        },
    }
}
