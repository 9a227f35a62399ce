//! `cargo xtask`: everything that builds, checks and measures the project.
//!
//! ```text
//! cargo xtask test [STEP…]      all that CI checks, setting up what it needs
//! cargo xtask tidy              formatting, lints, crate arrows, module headers, nothing forbidden below server
//! cargo xtask tables [--check]  the character set tables, made or compared
//! cargo xtask counts [--update] instruction counts of put, get and commit, compared or written
//! cargo xtask fuzz NAME [ARGS]  one fuzz target by hand; `fuzz merge [DIR]` makes the corpora small again
//! cargo xtask harness WORDS     the survival harness by hand
//! cargo xtask long NAME [N]     kills | full | errors | power | flips | java | bench | fuzz: a row for docs/evidence.md
//! cargo xtask bench --peers     our benchmark beside RabbitMQ and Redis, in interleaved rounds
//! ```

mod binaries;
mod ccsid_tables;
mod counts;
mod crash;
mod example;
mod figures;
mod fuzz;
mod java;
mod long;
mod peers;
mod run;
mod test;
mod tidy;
mod wire;

use std::path::Path;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask test [STEP…] | tidy | tables [--check] | counts [--update] | bench --peers | harness WORDS \
                     | fuzz WORDS | long NAME [N]";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    std::env::set_current_dir(run::root())?;
    match words.as_slice() {
        ["test", only @ ..] => test::test(only),
        ["tidy"] => tidy::tidy(),
        ["tables"] => tables(false),
        ["tables", "--check"] => tables(true),
        ["counts"] => counts::counts().map(drop),
        ["counts", "--update"] => counts::update(),
        ["bench", "--peers"] => peers::peers(),
        ["fuzz", words @ ..] => fuzz::by_hand(words),
        ["harness", words @ ..] => crash::by_hand(words),
        ["long", name, rest @ ..] => long::long(name, rest),
        _ => bail!("{USAGE}"),
    }
}

/// Makes the character set tables, or compares them with what the tools of this machine say.
fn tables(check: bool) -> Result<()> {
    let directory = Path::new("crates/mqi/tables");
    if check { ccsid_tables::check(directory) } else { ccsid_tables::write(directory) }
}
