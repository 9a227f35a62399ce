//! The queue manager that a command is about: the one named, or the default one.

use server::paths::{QmgrPaths, Root};

use crate::options::Given;

/// Finds it. On failure the message has been printed and the exit code of the command is given back.
pub(crate) fn queue_manager(given: &Given, root: &Root) -> Result<QmgrPaths, i32> {
    let name = match given.names.first().map(String::as_str).or_else(|| given.value("-m")) {
        Some(name) => name.to_owned(),
        None => match root.default_queue_manager() {
            Ok(Some(name)) => name,
            Ok(None) => return Err(fail("AMQ8138", &[], 20)),
            Err(error) => return Err(fail_io(&error, 71)),
        },
    };
    match root.known_queue_manager(&name) {
        Ok(Some(paths)) => Ok(paths),
        Ok(None) => Err(fail("AMQ8118", &[&name], 16)),
        Err(error) => Err(fail_io(&error, 71)),
    }
}

/// Prints a message of the catalogue to standard error and gives back the exit code.
pub(crate) fn fail(id: &str, inserts: &[&str], exit: i32) -> i32 {
    eprintln!("{}", text(id, inserts));
    exit
}

/// As [`fail`], for an error of the operating system: 119 where rights are lacking, else `exit`.
pub(crate) fn fail_io(error: &std::io::Error, exit: i32) -> i32 {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => explain("AMQ7077", &["", &error.to_string()], 119),
        _ => fail("AMQ6090", &[&error.to_string()], exit),
    }
}

/// As [`fail`], with what the message means: that says which file and why.
pub(crate) fn explain(id: &str, inserts: &[&str], exit: i32) -> i32 {
    let inserts: Vec<String> = inserts.iter().map(|s| (*s).to_owned()).collect();
    let message = mqsc::catalog::message(id, &inserts);
    eprintln!("{}\n{}", message.text, message.explanation);
    exit
}

/// A message of the catalogue, with its id.
pub(crate) fn text(id: &str, inserts: &[&str]) -> String {
    let inserts: Vec<String> = inserts.iter().map(|s| (*s).to_owned()).collect();
    mqsc::catalog::message(id, &inserts).text
}
