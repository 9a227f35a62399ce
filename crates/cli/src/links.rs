//! `packhorse links DIR`: a link for every control command, so that scripts find them by their own names.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes the links. A file that is there and is not a link of ours is left alone and reported.
pub(crate) fn run(args: &[String]) -> i32 {
    let [dir] = args else {
        eprintln!("Usage: packhorse links DIR");
        return 20;
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            eprintln!("packhorse links: cannot tell where this program is: {error}");
            return 20;
        }
    };
    if let Err(error) = std::fs::create_dir_all(dir) {
        eprintln!("packhorse links: {dir}: {error}");
        return 20;
    }
    let mut refused = 0;
    for (name, _, _) in crate::COMMANDS {
        let link = Path::new(dir).join(name);
        match symlink(&program, &link) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if std::fs::read_link(&link).is_ok_and(|to| to == program) {
                    continue;
                }
                eprintln!("{}: there is another command of that name; it is left as it is.", link.display());
                refused += 1;
            }
            Err(error) => {
                eprintln!("{}: {error}", link.display());
                refused += 1;
            }
        }
    }
    if refused == 0 { 0 } else { 10 }
}
