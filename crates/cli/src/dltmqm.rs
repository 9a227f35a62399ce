//! `dltmqm`: deletes a queue manager, its data and its log.

use server::control::delete;
use server::paths::Root;

use crate::name::{fail, queue_manager, text};
use crate::options::{Spec, misuse};

const SPEC: Spec =
    Spec { usage: "dltmqm [-z] QMgrName", flags: &["-z"], values: &[], missing: &[], names_max: 1 };

/// Deletes it if it does not run.
pub(crate) fn run(args: &[String]) -> i32 {
    let given = match SPEC.parse(args) {
        Ok(given) if given.names.len() == 1 => given,
        Ok(_) => {
            eprintln!("Usage: {}", SPEC.usage);
            return 39;
        }
        Err(usage) => return misuse(&usage, 39),
    };
    let root = Root::find();
    let paths = match queue_manager(&given, &root) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    match delete::delete(&root, &paths) {
        Ok(()) => {
            println!("{}", text("AMQ8002", &[&paths.name]));
            0
        }
        Err(delete::Failure::Running) => fail("AMQ8996", &[&paths.name], 5),
        Err(delete::Failure::Io(error)) => fail("AMQ6090", &[&error.to_string()], 71),
    }
}
