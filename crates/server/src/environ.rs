//! Passwords in the environment: taken out of it, so that neither `/proc/PID/environ` nor a process that this one
//! starts has them.
//!
//! The environment that a process was started with lies in its memory, as `NAME=value` and a NUL, one after the other,
//! and is what `/proc/PID/environ` shows. There the value is written over with NULs, through `/proc/self/mem`: it stays
//! a variable, which has no value.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use mqi::secret::Secret;

/// Longest environment that is looked through.
const ENVIRONMENT_MAX: usize = 8 * 1024 * 1024;

/// Places of the beginning and the end of the environment among the fields of `/proc/self/stat` after the name.
const FIELDS: (usize, usize) = (47, 48);

/// Takes the value of a variable out of the environment; none: it is not there, or has no value. Called before there
/// is a second thread, which might be reading it.
pub fn take(name: &str) -> Option<Secret> {
    let value = Secret::from(std::env::var(name).ok()?);
    // What cannot be wiped, for lack of /proc, can only be read by those who can read all of this process.
    let _ = wipe(name);
    Some(value).filter(|value| !value.is_empty())
}

fn wipe(name: &str) -> io::Result<()> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let Some(Range { start, end }) = place(&stat) else { return Ok(()) };
    let memory = OpenOptions::new().read(true).write(true).open("/proc/self/mem")?;
    let length = usize::try_from(end - start).unwrap_or(usize::MAX).min(ENVIRONMENT_MAX);
    let mut environment = vec![0; length];
    memory.read_exact_at(&mut environment, start)?;
    let found = values(&environment, name);
    environment.fill(0);
    std::hint::black_box(&environment);
    found.into_iter().try_for_each(|value| blank(&memory, start, value))
}

fn blank(memory: &File, start: u64, value: Range<usize>) -> io::Result<()> {
    memory.write_all_at(&vec![0; value.len()], start + value.start as u64)
}

/// Where the environment is, as `/proc/self/stat` says. The name in it, in brackets, may have blanks and brackets.
fn place(stat: &str) -> Option<Range<u64>> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let (start, end): (u64, u64) = (number(FIELDS.0)?, number(FIELDS.1)?);
    (start < end).then_some(start..end)
}

/// Where the values of a variable are.
fn values(environment: &[u8], name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for entry in environment.split(|byte| *byte == 0) {
        if let Some(value) = entry.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) {
            found.push(at + entry.len() - value.len()..at + entry.len());
        }
        at += entry.len() + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_whole_name() {
        let environment = b"A=1\0AB=22\0XA=3\0A\0A=\0A=4=5\0";
        let found: Vec<&[u8]> =
            values(environment, "A").into_iter().map(|value| &environment[value]).collect();
        assert_eq!(found, [&b"1"[..], b"", b"4=5"]);
    }

    #[test]
    fn the_environment_of_this_process_is_found() {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let Range { start, end } = place(&stat).unwrap();
        let environment = std::fs::read("/proc/self/environ").unwrap();
        assert_eq!(end - start, environment.len() as u64);
        let name = std::env::vars_os().next().unwrap().0;
        assert!(!values(&environment, name.to_str().unwrap()).is_empty());
    }
}
