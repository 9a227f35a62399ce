//! Fuzzing: the targets of `fuzz/`, built with the compiler's coverage and libFuzzer, each for a minute in CI and for an
//! hour in a long run. Whatever brings one down fails the run, and is left in `target/fuzz-runs/NAME/findings`.
//!
//! ```text
//! fuzz/corpus/NAME.pack ─► target/fuzz-runs/NAME/corpus ─► NAME ─► findings
//!                                         └──► cargo xtask fuzz merge ─► fuzz/corpus/NAME.pack
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::run::{Step, cargo, need, output, root, run};

/// Flags of the stable compiler for the coverage that libFuzzer is guided by: edges, and what is compared with what.
const COVERAGE: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What no input may take: memory in all and at once, and time.
const LIMITS: &[&str] = &["-rss_limit_mb=2048", "-malloc_limit_mb=512", "-timeout=20"];

/// Seconds that each target has in CI.
const CI_SECONDS: u64 = 60;

/// Targets that run side by side.
const SIDE_BY_SIDE: usize = 2;

/// Targets of streams, of which long segments are part.
const STREAMS: &[&str] = &["client_end", "segments", "server_end"];

/// The variable that tells a target where to put the files that it reads (`fuzz/src/place.rs`).
const SCRATCH: &str = "PACKHORSE_FUZZ_SCRATCH";

/// A directory for the files of one run, in memory where there is a place for that. libFuzzer ends its process without a
/// word, so it is removed here.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self> {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let path = parent.join(format!("packhorse-fuzz-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What came of one target.
#[derive(Clone, Debug, Default)]
struct Outcome {
    name: String,
    executions: u64,
    per_second: u64,
    coverage: String,
    corpus: String,
    finding: Option<String>,
}

/// All targets for a minute each.
///
/// What is in the corpora passes or fails the tests (`cargo test -p fuzz`). What chance finds beyond them is as old as the
/// code, not as the change that happens to be checked: here it is told and kept and fails nothing, in a long run it fails.
pub(crate) fn step() -> Result<Step> {
    if !need("g++", "g++")? {
        return Ok(Step::Skipped);
    }
    let (came_of_it, _) = all(CI_SECONDS)?;
    println!("    {came_of_it}");
    Ok(Step::Passed)
}

/// All targets for so many minutes each, and a table for `docs/evidence.md`.
pub(crate) fn long(minutes: &str) -> Result<String> {
    let minutes: u64 = minutes.parse().context("minutes are a number")?;
    if !need("g++", "g++")? {
        bail!("without g++ nothing can be fuzzed");
    }
    let (came_of_it, findings) = all(minutes * 60)?;
    if findings > 0 {
        bail!("{came_of_it}");
    }
    Ok(came_of_it)
}

/// `merge [DIR]`, or a target with libFuzzer's arguments.
pub(crate) fn by_hand(words: &[&str]) -> Result<()> {
    match words {
        ["merge"] => merge(None),
        ["merge", found] => merge(Some(Path::new(found))),
        [name, arguments @ ..] => {
            let binaries = build()?;
            let (place, scratch) = (unpack(name)?, Scratch::new(name)?);
            run(command(&binaries, name, &place).env(SCRATCH, &scratch.0).args(arguments))
        }
        [] => bail!("fuzz NAME [ARGUMENTS] | merge [DIRECTORY]"),
    }
}

/// Runs all and prints what came of each. Returns what came of all, and how many were brought down.
fn all(seconds: u64) -> Result<(String, usize)> {
    let begun = Instant::now();
    let binaries = build()?;
    println!("    built in {:.0} s", begun.elapsed().as_secs_f64());
    let waiting = Mutex::new(targets()?.into_iter().rev().collect::<Vec<_>>());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(name) = waiting.lock().ok().and_then(|mut names| names.pop()) {
                    let outcome = one(&binaries, &name, seconds).unwrap_or_else(|error| Outcome {
                        name,
                        finding: Some(format!("{error:#}")),
                        ..Outcome::default()
                    });
                    if let Ok(mut done) = done.lock() {
                        done.push(outcome);
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by(|a, b| a.name.cmp(&b.name));
    println!("    | target | executions | a second | edges | corpus |");
    println!("    |---|---|---|---|---|");
    for it in &done {
        let Outcome { name, executions, per_second, coverage, corpus, .. } = it;
        println!("    | {name} | {executions} | {per_second} | {coverage} | {corpus} |");
    }
    let found: Vec<&Outcome> = done.iter().filter(|it| it.finding.is_some()).collect();
    for it in &found {
        println!("!!! {}: {}", it.name, it.finding.as_deref().unwrap_or_default());
    }
    let executions: u64 = done.iter().map(|it| it.executions).sum();
    let findings = found.len();
    Ok((format!("{} targets, {executions} executions, {findings} brought down", done.len()), findings))
}

/// Builds all targets. Returns where they are.
fn build() -> Result<PathBuf> {
    let host = output(Command::new("rustc").args(["--print", "host-tuple"]))?.trim().to_owned();
    // With a target named, build scripts and macros are built without the flags.
    let args = [
        "build",
        "--quiet",
        "--profile",
        "fuzz",
        "-p",
        "fuzz",
        "--features",
        "engine",
        "--bins",
        "--target",
        &host,
    ];
    run(cargo(&args).env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f")))?;
    Ok(target()?.join(host).join("fuzz"))
}

fn target() -> Result<PathBuf> {
    let metadata = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    Ok(metadata["target_directory"].as_str().context("cargo tells where it builds")?.into())
}

fn corpora(words: &[&str]) -> Result<String> {
    let args = ["run", "--quiet", "-p", "fuzz", "--example", "corpus", "--"];
    output(cargo(&args).args(words))
}

fn targets() -> Result<Vec<String>> {
    Ok(corpora(&["list"])?.lines().map(str::to_owned).collect())
}

/// The corpus and the seeds of a target as files. Returns the directory of this target.
fn unpack(name: &str) -> Result<PathBuf> {
    let place = target()?.join("fuzz-runs").join(name);
    let corpus = place.join("corpus");
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(place.join("findings"))?;
    corpora(&["unpack", name, &corpus.display().to_string()])?;
    Ok(place)
}

fn command(binaries: &Path, name: &str, place: &Path) -> Command {
    let mut command = Command::new(binaries.join(name));
    let findings = place.join("findings").display().to_string();
    command.args(LIMITS).arg(format!("-artifact_prefix={findings}/")).arg("-print_final_stats=1");
    command.arg(if STREAMS.contains(&name) { "-max_len=40000" } else { "-max_len=4096" });
    let dictionary = root().join(format!("fuzz/dictionaries/{name}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command.arg(place.join("corpus"));
    command
}

/// Replays the corpus and goes on from there for so long.
fn one(binaries: &Path, name: &str, seconds: u64) -> Result<Outcome> {
    let (place, scratch) = (unpack(name)?, Scratch::new(name)?);
    let mut command = command(binaries, name, &place);
    let out = command.env(SCRATCH, &scratch.0).arg(format!("-max_total_time={seconds}")).output()?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    std::fs::write(place.join("log"), &said)?;
    let stat = |what: &str| {
        let line = said.lines().rev().find_map(|line| line.strip_prefix(what));
        line.and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    };
    // `#4096 NEW cov: 17 ft: 20 corp: 5/40b …`
    let status = said.lines().rev().find(|line| line.contains(" cov: ")).unwrap_or_default();
    let word = |name: &str| {
        let after = status.split_once(name).map(|(_, after)| after).unwrap_or_default();
        after.split_whitespace().next().unwrap_or("0").to_owned()
    };
    let finding = (!out.status.success()).then(|| {
        let marks = ["panicked at", "ERROR: libFuzzer", "Test unit written", "SUMMARY"];
        let mut lines = said.lines().skip_while(|line| !marks.iter().any(|mark| line.contains(mark)));
        let what: Vec<&str> = lines.by_ref().take(4).collect();
        format!("{}\n{}\n{}", out.status, what.join("\n"), place.join("findings").display())
    });
    Ok(Outcome {
        name: name.to_owned(),
        executions: stat("stat::number_of_executed_units:"),
        per_second: stat("stat::average_exec_per_sec:"),
        coverage: word("cov: "),
        corpus: word("corp: "),
        finding,
    })
}

/// Makes each corpus the fewest and shortest inputs that reach what is reached now, by it, by the seeds and by what lies
/// in `found/NAME`.
fn merge(found: Option<&Path>) -> Result<()> {
    let binaries = build()?;
    for name in targets()? {
        let (place, scratch) = (unpack(&name)?, Scratch::new(&name)?);
        let least = place.join("least");
        std::fs::create_dir_all(&least)?;
        let mut command = Command::new(binaries.join(&name));
        command.args(LIMITS).args(["-merge=1", "-max_len=40000"]).arg(&least).arg(place.join("corpus"));
        if let Some(more) = found.map(|found| found.join(&name)).filter(|more| more.is_dir()) {
            command.arg(more);
        }
        let out = command.env(SCRATCH, &scratch.0).output()?;
        if !out.status.success() {
            bail!("{name}: {}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
        }
        println!("    {name}: {} inputs", corpora(&["pack", &name, &least.display().to_string()])?.trim());
    }
    Ok(())
}
