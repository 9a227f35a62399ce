//! `dltmqm`: deletes a queue manager, its data and its log.

use server::control::delete;
use server::paths::Root;

use crate::name::{fail, fail_io, queue_manager, text};
use crate::options::{Spec, flag, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "dltmqm",
    summary: "delete a queue manager, its data and its log",
    options: &[flag("-z", "print no errors")],
    missing: &[],
    names: &["QMgrName"],
    notes: "It must have ended. Its messages are gone for good.",
};

/// Deletes it if it does not run.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 39),
    };
    if given.has("-z") {
        server::sys::stderr_to("/dev/null".as_ref());
    }
    let root = Root::find();
    let paths = match queue_manager(&given, &root) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    match delete::delete(&root, &paths) {
        Ok(kept) => {
            if let Some(kept) = kept {
                eprintln!("The log was not deleted. {}", kept.why);
            }
            println!("{}", text("AMQ8002", &[&paths.name]));
            0
        }
        Err(delete::Failure::Running) => fail("AMQ8996", &[&paths.name], 5),
        Err(delete::Failure::Io(error)) => fail_io(&error, 71),
    }
}
