//! `cargo xtask test`: what CI checks, from cheap to dear. A word selects one step.

use anyhow::{Result, bail};

use crate::run::{cargo, run, step};
use crate::tidy;

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[("tidy", tidy::tidy), ("rust", rust)];

/// Runs all steps, or those named.
pub(crate) fn test(only: &[&str]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| !STEPS.iter().any(|(n, _)| n == *name)) {
        bail!("no step '{unknown}'; there are {:?}", STEPS.map_names());
    }
    for (name, body) in STEPS.iter().filter(|(name, _)| only.is_empty() || only.contains(name)) {
        step(name, body)?;
    }
    Ok(())
}

trait Names {
    fn map_names(&self) -> Vec<&'static str>;
}

impl Names for [Step] {
    fn map_names(&self) -> Vec<&'static str> {
        self.iter().map(|(name, _)| *name).collect()
    }
}

fn rust() -> Result<()> {
    run(&mut cargo(&["test", "--workspace", "--quiet"]))
}
