//! A corpus as one file: the inputs one after the other, each behind its length (u32, little-endian).
//!
//! The engine wants a directory with a file for each; the repository is better off with one file for all.

use std::io;
use std::path::{Path, PathBuf};

/// Where the corpora are.
#[must_use]
pub fn directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
}

/// The inputs of a target's corpus; none if it has no corpus yet.
pub fn inputs(name: &str) -> io::Result<Vec<Vec<u8>>> {
    match std::fs::read(directory().join(format!("{name}.pack"))) {
        Ok(bytes) => parse(&bytes).ok_or_else(|| io::Error::other(format!("{name}.pack is torn"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn parse(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut inputs = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (input, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        inputs.push(input.to_vec());
        bytes = rest;
    }
    Some(inputs)
}

/// Makes a file of each input.
pub fn unpack(inputs: &[Vec<u8>], directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for (at, input) in inputs.iter().enumerate() {
        std::fs::write(directory.join(format!("{at:05}")), input)?;
    }
    Ok(())
}

/// Makes a corpus of the files in a directory, shortest first. Returns how many they were.
pub fn pack(name: &str, from: &Path) -> io::Result<usize> {
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(from)? {
        inputs.push(std::fs::read(entry?.path())?);
    }
    inputs.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    inputs.dedup();
    let mut bytes = Vec::new();
    for input in &inputs {
        let length = u32::try_from(input.len()).map_err(io::Error::other)?;
        bytes.extend(length.to_le_bytes());
        bytes.extend(input);
    }
    std::fs::create_dir_all(directory())?;
    std::fs::write(directory().join(format!("{name}.pack")), bytes)?;
    Ok(inputs.len())
}
