//! `cargo xtask`: everything that builds, checks and measures the project.
//!
//! ```text
//! cargo xtask test          all that CI checks, setting up what it needs
//! cargo xtask tidy          formatting, lints, crate arrows, module headers, nothing forbidden below server
//! cargo xtask long NAME     kills | power | flips | java | bench: prints a line for docs/evidence.md
//! cargo xtask bench         our benchmark; --peers beside RabbitMQ and Redis
//! ```

mod run;
mod test;
mod tidy;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask test | tidy | long NAME | bench [--peers]";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    std::env::set_current_dir(run::root())?;
    match words.as_slice() {
        ["test", only @ ..] => test::test(only),
        ["tidy"] => tidy::tidy(),
        _ => bail!("{USAGE}"),
    }
}
