//! `packhorse links DIR`: a link for every control command, so that scripts find them by their own names.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

use server::files::{about, create_public_dirs};

use crate::options::{Spec, misuse};
use crate::screen::{is_searched, path_line};

pub(crate) const SPEC: Spec = Spec {
    name: "packhorse links",
    summary: "make links for the control commands in a directory",
    options: &[],
    missing: &[],
    names: &["DIR"],
    notes: "The directory is made if it is not there. Another command of the same name in it is left as it is.",
};

/// Makes the links. A file that is there and is not a link of ours is left alone and reported.
pub(crate) fn run(args: &[String]) -> i32 {
    let dir = match SPEC.parse(args) {
        Ok(given) => given.names.concat(),
        Err(usage) => return misuse(&usage, 20),
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            eprintln!("packhorse links: cannot tell where this program is: {error}");
            return 20;
        }
    };
    let dir = Path::new(&dir);
    let whole = || std::fs::canonicalize(dir).map_err(|error| about(dir, error));
    let directory = match create_public_dirs(dir).and_then(|()| whole()) {
        Ok(directory) => directory,
        Err(error) => {
            eprintln!("packhorse links: {error}");
            return 20;
        }
    };
    let names: Vec<&str> = crate::COMMANDS.iter().map(|(spec, _)| spec.word()).chain(["packhorse"]).collect();
    let mut refused = 0;
    for name in &names {
        let link = directory.join(name);
        // It is there already when the directory is the program's own.
        if link == program {
            continue;
        }
        match symlink(&program, &link) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if std::fs::read_link(&link).is_ok_and(|to| to == program) {
                    continue;
                }
                eprintln!("{}: there is another command of that name; it is left as it is.", link.display());
                refused += 1;
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                // So it will be for all of them.
                eprintln!("packhorse links: {}", about(&directory, error));
                eprintln!("Name a directory of your own, as in: packhorse links ~/bin");
                return 20;
            }
            Err(error) => {
                eprintln!("{}", about(&link, error));
                refused += 1;
            }
        }
    }
    println!("{} of {} commands are in {}.", names.len() - refused, names.len(), directory.display());
    if !is_searched(&directory) {
        println!("To call them by name, here and (in ~/.profile) in shells to come:");
        println!("  {}", path_line(&directory));
    }
    if refused == 0 { 0 } else { 10 }
}
