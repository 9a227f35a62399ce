//! Replays a recording in this process: `cargo run --release -p qmgr --example replay FILE [DIGEST]`.
//!
//! Prints the digest of all outputs. With the digest that the first process printed, ends with 1 if they differ.

use std::process::ExitCode;

use qmgr::Replay;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else {
        eprintln!("which recording?");
        return ExitCode::from(2);
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::from(2);
        }
    };
    match Replay::new(&bytes).and_then(Replay::run) {
        Ok(digest) => {
            let digest = format!("{digest:016x}");
            println!("{digest}");
            ExitCode::from(u8::from(args.next().is_some_and(|wanted| wanted != digest)))
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::from(2)
        }
    }
}
