//! `packhorse passwd USER [-m QMgrName]`: sets the password of a user, or takes the user away.
//!
//! On a terminal it is asked for twice, unseen; else it is the first line of standard input. A running queue manager
//! goes by it from the next connection on.

use std::io::{self, IsTerminal as _};

use mqi::secret::Secret;
use server::passwords::Passwords;
use server::paths::Root;

use crate::name::{fail_io, queue_manager};
use crate::options::{Spec, flag, misuse, value};
use crate::password::{self, Unseen};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse passwd",
    summary: "set the password of a user of a queue manager",
    options: &[
        value("-m", "QMgrName", "else the default queue manager"),
        flag("--remove", "take the user away; nobody gets in by this name any more"),
    ],
    missing: &[],
    names: &["USER"],
    notes: "On a terminal the password is asked for, twice; else it is the first line of standard input. It counts \
            from the next connection on, also while the queue manager runs; connections that are there stay.",
};

/// What was done.
enum Done {
    Set,
    Added,
    Removed,
}

/// Sets it, or removes the user.
pub(crate) fn run(args: &[String]) -> i32 {
    let mut given = match SPEC.parse(args) {
        Ok(given) => given,
        Err(usage) => return misuse(&usage, 20),
    };
    // What is left names the queue manager.
    let user = given.names.pop().unwrap_or_default();
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    let is_removal = given.has("--remove");
    let password = match is_removal {
        true => Ok(Secret::default()),
        false => ask(&user),
    };
    let mut done = Done::Set;
    let result = password.and_then(|password| {
        Passwords::change(&paths, |all| {
            let is_known = all.contains(&user);
            if is_removal && !all.remove(&user) {
                return Err(io::Error::other(format!("there is no user '{user}'")));
            }
            if !is_removal {
                all.set(&user, &password)?;
            }
            done = match (is_removal, is_known) {
                (true, _) => Done::Removed,
                (false, true) => Done::Set,
                (false, false) => Done::Added,
            };
            Ok(true)
        })
    });
    if let Err(error) = result {
        if error.kind() == io::ErrorKind::PermissionDenied {
            return fail_io(&error, 119);
        }
        eprintln!("Nothing was changed: {error}.");
        return 20;
    }
    let what = match done {
        Done::Set => format!("The password of '{user}' is set."),
        Done::Added => {
            format!("User '{user}' is new, with this password; it still needs authority (SET AUTHREC).")
        }
        Done::Removed => format!("User '{user}' is removed."),
    };
    println!("{what} Queue manager '{}' goes by it from now on.", paths.name);
    0
}

fn ask(user: &str) -> io::Result<Secret> {
    if !io::stdin().is_terminal() {
        return password::line();
    }
    let unseen = Unseen::begin()?;
    let password = unseen.ask(&format!("New password of {user}: "))?;
    if unseen.ask("The same again: ")? != password {
        return Err(io::Error::other("the two passwords differ"));
    }
    Ok(password)
}
