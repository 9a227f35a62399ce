//! `hacrtmqm`: creates a queue manager whose data and log lie on shared disks (requirements HA-27 to HA-30).
//!
//! `MQHAFSDATA` and `MQHAFSLOG` name the directories on those disks. What must never be shared, the local
//! socket, has no place in any directory, so nothing else has to be linked: the other machines learn of the
//! queue manager through `halinkmqm`, whose command line is printed.

use std::path::PathBuf;

use server::paths::Root;

use crate::name::{fail, fail_io};
use crate::options::{Spec, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "hacrtmqm",
    summary: "create a queue manager on shared disks",
    options: &[],
    missing: &[],
    names: &["QMgrName", "[crtmqm-options...]"],
    notes: "The environment variables MQHAFSDATA and MQHAFSLOG name directories on the shared \
            disks. What to run on the other machines is printed.",
};

/// Variables and what they name.
const DIRECTORIES: [(&str, &str); 2] = [("MQHAFSDATA", "data"), ("MQHAFSLOG", "log")];

/// Creates it by way of `crtmqm`, whose other options may follow the name.
pub(crate) fn run(args: &[String]) -> i32 {
    let Some((name, options)) = args.split_first().filter(|(name, _)| !name.starts_with('-')) else {
        return misuse(&SPEC.usage(), 39);
    };
    let mut directories = Vec::new();
    for (variable, what) in DIRECTORIES {
        match directory(variable) {
            Ok(path) => directories.push(path),
            Err(why) => {
                eprintln!("hacrtmqm: {variable} must name the {what} directory on the shared disk: {why}");
                return 20;
            }
        }
    }
    let mut crtmqm: Vec<String> = options.to_vec();
    for (option, path) in ["-md", "-ld"].into_iter().zip(&directories) {
        crtmqm.extend([option.to_owned(), path.display().to_string()]);
    }
    crtmqm.push(name.clone());
    let exit = crate::crtmqm::run(&crtmqm);
    if exit != 0 {
        return exit;
    }
    let paths = match Root::find().queue_manager(name) {
        Ok(Some(paths)) => paths,
        Ok(None) => return fail("AMQ8118", &[name], 20),
        Err(error) => return fail_io(&error, 20),
    };
    let shared = paths.data.parent().unwrap_or(&paths.data).display().to_string();
    println!();
    println!("hacrtmqm has linked queue manager '{name}' on this machine as halinkmqm does.");
    println!("On any other machine that may take over this queue manager, run the following");
    println!("command while logged on as mqm:");
    println!();
    println!("halinkmqm {} {} {}", quoted(name), quoted(&paths.directory), quoted(&shared));
    0
}

/// A word as a shell takes it: the directory of `A/B` is `A&B`.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/%-".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn directory(variable: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os(variable).filter(|p| !p.is_empty()).ok_or("it is not set")?;
    let path = PathBuf::from(path);
    server::files::create_dirs(&path).map_err(|error| error.to_string())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_pasted() {
        for (word, want) in [
            ("esbqm", "esbqm"),
            ("/mqhafs/esbqm/data", "/mqhafs/esbqm/data"),
            ("A&B", "'A&B'"),
            ("a'b", r"'a'\''b'"),
        ] {
            assert_eq!(quoted(word), want);
        }
    }
}
