//! Running other programs, and telling where time goes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// The directory of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_owned()
}

/// True in CI, where a missing tool is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false")
}

/// Runs a command with its output shown; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// Runs a command and gives back what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let out = command.stdin(Stdio::null()).output().with_context(|| format!("starting {shown}"))?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stdout);
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(60)..].join("\n");
        bail!("{shown}: {}\n{last}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// `cargo` with the toolchain that runs this.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    command
}

/// Runs a command with its output shown as it comes; its last line.
pub(crate) fn passing_through(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {shown}"))?;
    let mut last = String::new();
    for line in BufReader::new(child.stdout.take().context("the pipe was asked for")?).lines() {
        let line = line?;
        println!("    {line}");
        last = line;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(last)
}

/// How a step ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All of it was run.
    Passed,
    /// A tool is missing, which has been said.
    Skipped,
}

/// One named step: says that it begins and how long it took.
pub(crate) fn step<T>(name: &str, body: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("==> {name}");
    let begun = Instant::now();
    let result = body().with_context(|| format!("step '{name}' failed"));
    println!("<== {name}: {:.1} s", begun.elapsed().as_secs_f64());
    result
}

/// True if a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// As [`need`], for a package with a service: it is installed without being started.
pub(crate) fn need_quietly(program: &str, package: &str) -> Result<bool> {
    if has(program) {
        return Ok(true);
    }
    // Debian asks this program whether a service may be started; 101 says no.
    let policy = Path::new("/usr/sbin/policy-rc.d");
    let is_ours = !policy.exists() && std::fs::write(policy, "#!/bin/sh\nexit 101\n").is_ok();
    if is_ours {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(policy, std::fs::Permissions::from_mode(0o755))?;
    }
    let needed = need(program, package);
    if is_ours {
        std::fs::remove_file(policy)?;
    }
    needed
}

/// Makes sure that a program is there, installing its Debian package as root.
///
/// Returns false, having said so loudly, where it cannot be had and this is not CI.
pub(crate) fn need(program: &str, package: &str) -> Result<bool> {
    if has(program) {
        return Ok(true);
    }
    let installed = has("apt-get")
        && run(Command::new("apt-get").args(["update", "-q"])).is_ok()
        && run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args([
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            package,
        ]))
        .is_ok();
    if installed && has(program) {
        return Ok(true);
    }
    if in_ci() {
        bail!("{program} (Debian package {package}) is missing and cannot be installed");
    }
    println!("!!! SKIPPED: {program} (Debian package {package}) is missing and cannot be installed");
    Ok(false)
}
