//! Instructions of put, get and commit in kernel and log, counted by callgrind, against `xtask/instructions.txt`.
//!
//! ```text
//! put 6100       a comment, for whoever reads why it is what it is
//! ```
//!
//! More than 3 % above the file fails: a commit that makes an operation dearer changes the file
//! (`cargo xtask counts --update`) and says why. More than 3 % below is told, so that the gain is kept.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::binaries::program;
use crate::run::{Step, need};

const FILE: &str = "xtask/instructions.txt";
const TOLERANCE_PERCENT: u64 = 3;
/// The two amounts of work whose difference is measured.
const FEW: u64 = 500;
const MANY: u64 = 1500;

const HEADER: &str = "\
# Instructions that one operation takes in kernel and log, persistent message of 2 KiB, counted by callgrind:
# `cargo xtask counts` compares, `cargo xtask counts --update` writes. A commit that changes a number says why.
";

/// Operations, each as the slope of one amount of work less that of another.
const OPERATIONS: &[(&str, &str, Option<&str>)] = &[
    ("put", "put", None),
    ("get", "put-get", Some("put")),
    ("put-in-unit", "unit-put", None),
    ("commit", "unit-commit", Some("unit-put")),
];

/// Compares with the file.
pub(crate) fn counts() -> Result<Step> {
    if !need("valgrind", "valgrind")? {
        return Ok(Step::Skipped);
    }
    let file = std::fs::read_to_string(FILE).with_context(|| FILE.to_owned())?;
    let mut dearer = Vec::new();
    for (operation, counted) in measure()? {
        let allowed =
            in_file(&file, operation).with_context(|| format!("{FILE} has no line '{operation}'"))?;
        println!("    {operation}: {counted} instructions, {allowed} in {FILE}");
        if counted * 100 > allowed * (100 + TOLERANCE_PERCENT) {
            dearer.push(format!("{operation} takes {counted} instructions, more than {allowed} + 3 %"));
        } else if counted * 100 < allowed * (100 - TOLERANCE_PERCENT) {
            println!("    {operation} has become cheaper: keep it with `cargo xtask counts --update`");
        }
    }
    if dearer.is_empty() {
        Ok(Step::Passed)
    } else {
        bail!("{}; if it must be, update {FILE} and say why in the commit", dearer.join("; "))
    }
}

/// Writes the file anew, keeping the comments behind the numbers.
pub(crate) fn update() -> Result<()> {
    if !need("valgrind", "valgrind")? {
        bail!("nothing was counted");
    }
    let before = std::fs::read_to_string(FILE).unwrap_or_default();
    let mut text = HEADER.to_owned();
    for (operation, counted) in measure()? {
        let comment = before
            .lines()
            .find_map(|line| line.strip_prefix(operation)?.trim_start().split_once(' '))
            .map_or("", |(_, comment)| comment.trim());
        text += format!("{operation} {counted}       {comment}").trim_end();
        text.push('\n');
    }
    std::fs::write(FILE, &text)?;
    print!("{text}");
    Ok(())
}

fn in_file(text: &str, operation: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(operation)).then(|| words.next()?.parse().ok()).flatten()
    })
}

fn measure() -> Result<Vec<(&'static str, u64)>> {
    let mut all = Vec::new();
    for (operation, work, less) in OPERATIONS {
        let slope = slope(work)?;
        let base = less.map(self::slope).transpose()?.unwrap_or(0);
        all.push((*operation, slope.saturating_sub(base)));
    }
    Ok(all)
}

/// Instructions of one more repetition.
fn slope(work: &str) -> Result<u64> {
    let (few, many) = (total(work, FEW)?, total(work, MANY)?);
    Ok(many.saturating_sub(few) / (MANY - FEW))
}

fn total(work: &str, count: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program("counted")?)
        .args([work, &count.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("counted {work} {count}: {}\n{said}", output.status);
    }
    said.lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
        .with_context(|| format!("callgrind has told no number:\n{said}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_is_found_by_its_name() {
        let file = "# put 1\nput-in-unit 7\nput 6100   dearer since\n";
        assert_eq!(super::in_file(file, "put"), Some(6100));
        assert_eq!(super::in_file(file, "get"), None);
    }
}
