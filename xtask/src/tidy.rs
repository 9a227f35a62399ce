//! The rules of the house that a program can check.
//!
//! Crates point one way only; every Rust file begins with a module header; below `server` nothing opens a
//! socket or a file, starts a thread, reads a clock or iterates in random order; no file holds what must
//! not be published. Formatting and lints are cargo's.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::run::{cargo, output, run, step};

/// Which crates of the workspace a crate may depend on outside its tests.
const ARROWS: &[(&str, &[&str])] = &[
    ("mqi", &[]),
    ("store", &[]),
    ("mqsc", &["mqi"]),
    ("channel", &["mqi"]),
    ("qmgr", &["mqi", "store"]),
    ("sim", &["mqi", "store", "qmgr"]),
    ("server", &["mqi", "store", "qmgr", "mqsc", "channel"]),
    ("packhorse", &["mqi", "store", "qmgr", "mqsc", "channel", "server"]),
    ("harness", &["mqi", "store", "qmgr", "mqsc", "channel", "server", "sim"]),
    ("fuzz", &["mqi", "store", "qmgr", "mqsc", "channel", "server", "sim"]),
    ("xtask", &[]),
];

/// Crates in which the outside world does not exist.
const CORES: &[&str] = &["mqi", "store", "qmgr", "mqsc", "channel"];

/// The one file that may name a hash map: it gives it a hasher that is the same in every run.
const HASHER: &str = "crates/qmgr/src/hash.rs";

/// Words that open a door to it.
const DOORS: &[&str] = &[
    "std::fs",
    "std::net",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "collections::{HashMap",
    "RandomState",
    "getrandom",
    "std::process::Command",
];

/// The one file through which the shell opens, makes, replaces and removes files, never through a link or a FIFO.
const FILES: &str = "crates/server/src/files.rs";

/// Those that do so by themselves: with files that an administrator names, or that are the system's.
const FILES_OF_OTHERS: &[&str] = &[
    // The memory of this process, as the system shows it.
    "crates/server/src/environ.rs",
    "crates/server/src/core/fap_log.rs",
    "crates/server/src/sys.rs",
    "crates/server/src/tape.rs",
    "crates/cli/src/replay.rs",
    "crates/cli/src/runmqsc/client.rs",
    "crates/cli/src/runmqsc/mod.rs",
];

/// Words that go past it.
const WAYS_PAST_FILES: &[&str] = &[
    "fs::read(",
    "fs::read_to_string",
    "fs::write(",
    "fs::copy(",
    "fs::rename(",
    "fs::remove_file(",
    "fs::create_dir",
    "File::open(",
    "File::create",
    "File::options",
    "OpenOptions",
    "DirBuilder",
];

/// Checks everything, reporting all that is wrong at once.
pub(crate) fn tidy() -> Result<()> {
    let mut wrong = Vec::new();
    if let Err(error) = step("formatting", || run(&mut cargo(&["fmt", "--all", "--check"]))) {
        wrong.push(format!("{error:#}"));
    }
    arrows(&mut wrong)?;
    for file in sources()? {
        let text = std::fs::read_to_string(&file)?;
        header(&file, &text, &mut wrong);
        doors(&file, &text, &mut wrong);
        files(&file, &text, &mut wrong);
        unfinished(&file, &text, &mut wrong);
    }
    for file in tracked()? {
        private(&file, &mut wrong);
    }
    let lints = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    if let Err(error) = step("lints", || run(&mut cargo(&lints))) {
        wrong.push(format!("{error:#}"));
    }
    if !wrong.is_empty() {
        bail!("{} untidy places:\n{}", wrong.len(), wrong.join("\n"));
    }
    Ok(())
}

fn tracked() -> Result<Vec<PathBuf>> {
    let list = output(std::process::Command::new("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    Ok(list.lines().map(PathBuf::from).filter(|p| p.is_file()).collect())
}

fn sources() -> Result<Vec<PathBuf>> {
    Ok(tracked()?.into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).collect())
}

fn arrows(wrong: &mut Vec<String>) -> Result<()> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(n, _)| *n == name) else {
            wrong.push(format!("{name}: a crate without arrows in xtask/src/tidy.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let ours = ARROWS.iter().any(|(n, _)| *n == to);
            if ours && dependency["kind"].is_null() && !allowed.contains(&to) {
                wrong.push(format!("{name}: must not depend on {to}"));
            }
        }
    }
    Ok(())
}

fn header(file: &Path, text: &str, wrong: &mut Vec<String>) {
    if !text.starts_with("//!") {
        wrong.push(format!("{}: does not begin with a module header (//!)", file.display()));
    }
}

fn core_of(file: &Path) -> Option<&'static str> {
    let mut parts = file.iter().filter_map(|p| p.to_str());
    (parts.next() == Some("crates")).then_some(())?;
    let name = parts.next()?;
    (parts.next() == Some("src")).then_some(())?;
    CORES.iter().find(|c| **c == name).copied()
}

/// True for a module that its parent declares for tests only: `#[cfg(test)] mod name;`.
fn is_for_tests(file: &Path) -> bool {
    let Some((name, dir)) = file.file_stem().and_then(|n| n.to_str()).zip(file.parent()) else {
        return false;
    };
    let parents = ["mod.rs", "lib.rs", "main.rs"].map(|name| dir.join(name));
    let parents = parents.into_iter().chain([dir.with_extension("rs")]);
    parents.filter_map(|parent| std::fs::read_to_string(parent).ok()).any(|text| {
        text.split("#[cfg(test)]").skip(1).any(|rest| {
            let declared = rest.trim_start().trim_start_matches("pub(crate) ");
            declared.starts_with(&format!("mod {name};"))
        })
    })
}

fn doors(file: &Path, text: &str, wrong: &mut Vec<String>) {
    if core_of(file).is_none() || is_for_tests(file) || HASHER == file.to_string_lossy() {
        return;
    }
    // Tests at the bottom of a file may look at the world.
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    for (at, line) in code.lines().enumerate() {
        let line = line.split("//").next().unwrap_or(line);
        for door in DOORS.iter().filter(|door| line.contains(**door)) {
            wrong.push(format!("{}:{}: {door} below server", file.display(), at + 1));
        }
    }
}

/// What is a queue manager's is opened in one place only.
fn files(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let name = file.to_string_lossy();
    let is_shell = ["crates/server/src/", "crates/cli/src/"].iter().any(|shell| name.starts_with(shell));
    let is_exempt = name == FILES || FILES_OF_OTHERS.contains(&&*name) || name.ends_with("/testing.rs");
    if !is_shell || is_exempt || name.ends_with("/tests.rs") || is_for_tests(file) {
        return;
    }
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    for (at, line) in code.lines().enumerate() {
        let line = line.split("//").next().unwrap_or(line);
        // Not at the end of a longer name.
        let has = |way: &str| {
            line.match_indices(way)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        for way in WAYS_PAST_FILES.iter().filter(|way| has(way)) {
            wrong.push(format!("{name}:{}: {way} goes past server/files.rs", at + 1));
        }
    }
}

fn unfinished(file: &Path, text: &str, wrong: &mut Vec<String>) {
    let marks = [concat!("todo", "!("), concat!("unimpl", "emented!("), concat!("#[", "ignore")];
    for (at, line) in text.lines().enumerate() {
        if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
            wrong.push(format!("{}:{}: {mark}", file.display(), at + 1));
        }
    }
}

fn private(file: &Path, wrong: &mut Vec<String>) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let marks =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("crates", ".io/"), concat!("repo1", ".maven")];
    for (at, line) in text.lines().enumerate() {
        // A lock file names the registry's index for each package; it is cargo's and names no mirror.
        if file.file_name().is_some_and(|n| n == "Cargo.lock") {
            continue;
        }
        if let Some(mark) = marks.iter().find(|mark| line.contains(**mark)) {
            wrong.push(format!("{}:{}: names {mark}", file.display(), at + 1));
        }
    }
}
