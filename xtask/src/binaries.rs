//! The programs that the steps run, built once, as a user would build them.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use crate::run::{Step, cargo, output, run};

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// Where `packhorse`, `harness` and `sim` are, optimised; built at the first call.
pub(crate) fn directory() -> Result<PathBuf> {
    if let Some(directory) = DIRECTORY.get() {
        return Ok(directory.clone());
    }
    // The product alone: built together with the others it would get the features that their tests ask for.
    run(&mut cargo(&["build", "--release", "--quiet", "-p", "packhorse"]))?;
    run(&mut cargo(&["build", "--release", "--quiet", "-p", "harness", "-p", "sim"]))?;
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let target = metadata["target_directory"].as_str().context("cargo tells where it builds")?;
    Ok(DIRECTORY.get_or_init(|| PathBuf::from(target).join("release")).clone())
}

/// The step that builds them.
pub(crate) fn build() -> Result<Step> {
    directory().map(|_| Step::Passed)
}

/// One of them.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    Ok(directory()?.join(name))
}
