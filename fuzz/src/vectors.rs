//! Bytes that are known to be right, as the beginning of the corpora.

use std::path::PathBuf;

fn crates() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates"))
}

/// The contents of all files of a directory with this ending, by name.
pub(crate) fn files(directory: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(crates().join(directory))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let name = name.strip_suffix(ending)?.to_owned();
            Some((name, std::fs::read(entry.path()).ok()?))
        })
        .collect();
    files.sort();
    files
}

/// The vectors of a crate: hexadecimal text with comments.
pub(crate) fn vectors(of: &str) -> Vec<(String, Vec<u8>)> {
    let unhex = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let digits: Vec<u32> = lines.flat_map(str::chars).filter_map(|c| c.to_digit(16)).collect();
        digits.chunks(2).map(|pair| (pair[0] * 16 + pair.get(1).unwrap_or(&0)) as u8).collect()
    };
    files(&format!("{of}/tests/vectors"), ".hex")
        .into_iter()
        .map(|(name, text)| (name, unhex(&text)))
        .collect()
}
