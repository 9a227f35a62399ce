//! `cargo xtask test`: what CI checks, from cheap to dear. Words select steps.
//!
//! A step that fails does not keep the others from running. The last line is `N passed, N failed`, with the
//! steps counted.

use anyhow::{Result, bail};

use crate::run::{Step, cargo, need, run, step};
use crate::{binaries, counts, crash, example, fuzz, java, tidy, wire};

type Body = fn() -> Result<Step>;

/// Name and body of each step.
const STEPS: &[(&str, Body)] = &[
    ("tidy", tidy_step),
    ("rust", rust),
    ("tables", tables),
    ("build", binaries::build),
    ("counts", counts::counts),
    ("sim", crash::sim),
    ("kills", crash::kills),
    ("replay", crash::replay),
    ("disk", crash::disk),
    ("attacks", crash::attacks),
    ("wire", wire::wire),
    ("fuzz", fuzz::step),
    ("java", java::java),
    ("example", example::java),
];

/// Runs all steps, or those named.
pub(crate) fn test(only: &[&str]) -> Result<()> {
    let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(name)) {
        bail!("no step '{unknown}'; there are {names:?}");
    }
    let (mut passed, mut skipped, mut failed) = (0, 0, 0);
    for (name, body) in STEPS.iter().filter(|(name, _)| only.is_empty() || only.contains(name)) {
        match step(name, body) {
            Ok(Step::Passed) => passed += 1,
            Ok(Step::Skipped) => skipped += 1,
            Err(error) => {
                println!("!!! {error:#}");
                failed += 1;
            }
        }
    }
    let skips = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    println!("{passed} passed, {failed} failed{skips}");
    if failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn tidy_step() -> Result<Step> {
    tidy::tidy().map(|()| Step::Passed)
}

fn rust() -> Result<Step> {
    run(&mut cargo(&["test", "--workspace", "--quiet", "--no-fail-fast"])).map(|()| Step::Passed)
}

/// The character set tables are what the tools say that they were made with.
fn tables() -> Result<Step> {
    if !need("iconv", "libc-bin")?
        || !need("uconv", "icu-devtools")?
        || !need("java", "default-jre-headless")?
    {
        return Ok(Step::Skipped);
    }
    crate::tables(true).map(|()| Step::Passed)
}
