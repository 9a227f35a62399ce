//! `packhorse passwd USER [-m QMgrName]`: sets the password of a user, read from standard input.

use std::io::BufRead as _;

use server::passwords::{PASSWORD_MAX, Passwords};
use server::paths::Root;

use crate::name::queue_manager;
use crate::options::{Spec, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse passwd",
    summary: "set the password of a user of a queue manager",
    options: &[value("-m", "QMgrName", "else the default queue manager")],
    missing: &[],
    names: &["USER"],
    notes: "The password is one line of standard input.",
};

/// Sets it; a running queue manager uses it from its next start.
pub(crate) fn run(args: &[String]) -> i32 {
    let mut given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    let user = given.names.pop().unwrap_or_default();
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    let mut password = String::new();
    let result = std::io::stdin().lock().read_line(&mut password).and_then(|_| {
        let password = password.trim_end_matches(['\n', '\r']);
        if password.is_empty() {
            return Err(std::io::Error::other(format!("a password has 1 to {PASSWORD_MAX} characters")));
        }
        let mut passwords = Passwords::load(&paths.passwords())?;
        passwords.set(&user, password)?;
        passwords.save(&paths.passwords())
    });
    match result {
        Ok(()) => {
            println!(
                "The password of '{user}' is set; it is in force from the next start of '{}'.",
                paths.name
            );
            0
        }
        Err(error) => {
            eprintln!("The password was not set: {error}");
            20
        }
    }
}
