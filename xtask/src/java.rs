//! IBM's Java clients: everything with the newest of both flavours, the smoke set with each older release.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::binaries::program;
use crate::run::{Step, need, output};

/// Flavour, version (none: the newest, as the Maven project says), and whether only the smoke set runs.
pub(crate) const CLIENTS: &[(&str, Option<&str>, bool)] = &[
    ("allclient", None, false),
    ("jakarta", None, false),
    ("allclient", Some("9.3.5.1"), true),
    ("allclient", Some("9.2.5.0"), true),
    ("allclient", Some("9.1.5.0"), true),
    ("allclient", Some("9.0.5.0"), true),
    ("jakarta", Some("9.3.5.1"), true),
];

/// A JDK and Maven, from Debian where they are missing.
pub(crate) fn tools() -> Result<bool> {
    Ok(need("javac", "default-jdk-headless")? && need("mvn", "maven")?)
}

/// All clients.
pub(crate) fn java() -> Result<Step> {
    if !tools()? {
        return Ok(Step::Skipped);
    }
    let mut all = 0;
    for (flavour, version, is_smoke) in CLIENTS {
        let tests = run_one(flavour, *version, *is_smoke)?;
        let version = version.unwrap_or("newest");
        let set = if *is_smoke { "smoke set" } else { "all" };
        println!("    {flavour} {version}, {set}: {tests} tests");
        all += tests;
    }
    println!("    {all} tests with {} clients", CLIENTS.len());
    Ok(Step::Passed)
}

/// One client; the number of tests that ran, all of which passed.
pub(crate) fn run_one(flavour: &str, version: Option<&str>, is_smoke: bool) -> Result<u32> {
    let mut command = Command::new("mvn");
    command.args(["-q", "-B", "-f", "tests/java/pom.xml", "test"]);
    command.arg(format!("-Dpackhorse.bin={}", program("packhorse")?.display()));
    command.arg(format!("-Dmq.flavour={flavour}"));
    if let Some(version) = version {
        command.arg(format!("-Dmq.version={version}"));
    }
    if is_smoke {
        command.arg("-Dgroups=smoke");
    }
    let begun = std::time::SystemTime::now();
    // Maven goes to the registry that the machine is set up for; a lost download is worth a second try.
    if let Err(first) = output(&mut command) {
        let text = format!("{first:#}");
        if !text.contains("Could not transfer") && !text.contains("Could not resolve") {
            return Err(first);
        }
        println!("    trying again: a download failed");
        output(&mut command)?;
    }
    let tests = reported(Path::new("tests/java/target"), begun)?;
    if tests == 0 {
        bail!("{flavour}: Maven has run no test");
    }
    Ok(tests)
}

/// Tests in the reports written since a time.
fn reported(target: &Path, since: std::time::SystemTime) -> Result<u32> {
    let mut tests = 0;
    for client in std::fs::read_dir(target)? {
        let reports = client?.path().join("surefire-reports");
        let Ok(files) = std::fs::read_dir(reports) else { continue };
        for file in files {
            let file = file?;
            let is_report =
                file.file_name().to_str().is_some_and(|n| n.starts_with("TEST-") && n.ends_with(".xml"));
            if is_report && file.metadata()?.modified()? >= since {
                tests += tests_in(&std::fs::read_to_string(file.path())?);
            }
        }
    }
    Ok(tests)
}

/// The attribute `tests` of the root element, less those skipped.
fn tests_in(report: &str) -> u32 {
    let number = |name: &str| -> u32 {
        let (_, rest) = report.split_once(&format!(" {name}=\"")).unwrap_or_default();
        rest.split('"').next().and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    number("tests").saturating_sub(number("skipped"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_report_says_how_many_ran() {
        let report = r#"<testsuite name="x" time="0.1" tests="7" errors="0" skipped="2" failures="0">"#;
        assert_eq!(super::tests_in(report), 5);
        assert_eq!(super::tests_in("<nothing/>"), 0);
    }
}
