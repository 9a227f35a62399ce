//! Corpora in and out of their files: `corpus list | unpack NAME DIR | pack NAME DIR`.
//!
//! What is unpacked are the seeds too, so that a target without a corpus has something to begin with.

use std::io;
use std::path::Path;

use fuzz::{TARGETS, corpus};

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => TARGETS.iter().for_each(|target| println!("{}", target.name)),
        ["unpack", name, directory] => {
            let target = TARGETS.iter().find(|target| target.name == *name);
            let mut inputs = corpus::inputs(name)?;
            inputs.extend(target.map_or_else(Vec::new, |target| (target.seeds)()));
            corpus::unpack(&inputs, Path::new(directory))?;
        }
        ["pack", name, directory] => println!("{}", corpus::pack(name, Path::new(directory))?),
        _ => return Err(io::Error::other("list | unpack NAME DIR | pack NAME DIR")),
    }
    Ok(())
}
