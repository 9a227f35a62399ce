//! Errors injected into system calls by `strace`, and the proof that they hit what they should.
//!
//! `strace` counts calls per thread, so a rule names every call from the n-th on of one kind on one file name
//! pattern is not to be had; instead the log that it writes says of each injected call which file it was on
//! (`-y` prints the path behind a descriptor), and only what the log shows counts:
//!
//! ```text
//! 4711  pwrite64(7</…/S0000003.LOG>, "PHGR"..., 4096, 8192) = -1 EIO (Input/output error) (INJECTED)
//! ```

use std::path::Path;

/// What to inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    /// The system call.
    pub call: &'static str,
    /// The error.
    pub error: &'static str,
    /// Which of the calls of a thread, counted from the start of tracing.
    pub when: u32,
}

impl Injection {
    /// Arguments of `strace` for a process that runs.
    pub fn attach(&self, pid: u32, log: &Path) -> Vec<String> {
        let Self { call, error, when } = self;
        [
            "-f".to_owned(),
            "-y".to_owned(),
            "-s".to_owned(),
            "16".to_owned(),
            "-o".to_owned(),
            log.display().to_string(),
            "-e".to_owned(),
            format!("trace={call}"),
            "-e".to_owned(),
            format!("inject={call}:error={error}:when={when}"),
            "-p".to_owned(),
            pid.to_string(),
        ]
        .to_vec()
    }
}

/// A call that an error was injected into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The system call.
    pub call: String,
    /// The file behind its first descriptor.
    pub path: String,
    /// The error.
    pub error: String,
    /// The whole line, as proof.
    pub line: String,
}

/// The injected calls in a log of `strace -y`.
pub fn hits(log: &str) -> Vec<Hit> {
    log.lines().filter(|line| line.ends_with("(INJECTED)")).filter_map(hit).collect()
}

fn hit(line: &str) -> Option<Hit> {
    let (_, call) = line.split_once(char::is_whitespace)?;
    let (name, rest) = call.trim_start().split_once('(')?;
    let (_, rest) = rest.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    let (_, result) = rest.rsplit_once(" = -1 ")?;
    let error = result.split_whitespace().next()?;
    Some(Hit { call: name.to_owned(), path: path.to_owned(), error: error.to_owned(), line: line.to_owned() })
}

/// True for the files of the log that hold groups: `S0000001.LOG`, …
pub fn is_extent(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.strip_prefix('S').and_then(|n| n.strip_suffix(".LOG")).is_some_and(|n| n.parse::<u32>().is_ok())
}

/// True for the file that becomes an extent when it is ready.
pub fn is_new_extent(path: &str) -> bool {
    path.ends_with("/extent.new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_what_was_hit() {
        let log = "4711  pwrite64(7</m/log/QM1/active/S0000003.LOG>, \"PHGR\"..., 4096, 8192) = 4096\n\
                   4712  pwrite64(7</m/log/QM1/active/S0000003.LOG>, \"a = -1 (\"..., 4096, 8192) = -1 EIO (Input/output error) (INJECTED)\n\
                   4712  fallocate(9</m/log/QM1/active/extent.new>, 0, 0, 262144) = -1 ENOSPC (No space left on device) (INJECTED)\n\
                   4711  +++ exited with 71 +++\n";
        let hits = hits(log);
        let found: Vec<_> =
            hits.iter().map(|h| (h.call.as_str(), h.path.as_str(), h.error.as_str())).collect();
        assert_eq!(
            found,
            [
                ("pwrite64", "/m/log/QM1/active/S0000003.LOG", "EIO"),
                ("fallocate", "/m/log/QM1/active/extent.new", "ENOSPC"),
            ]
        );
        assert!(is_extent(&hits[0].path) && !is_extent(&hits[1].path) && is_new_extent(&hits[1].path));
        assert!(!is_extent("/m/qmgrs/QM1/qm.ini") && !is_extent("/m/S.LOG"));
    }
}
