//! What the operating system counts about a process: CPU time, resident memory, writes.

/// Ticks of `/proc/<pid>/stat` in a second: fixed for user space on Linux.
const TICKS: f64 = 100.0;

/// Figures of a process at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// CPU seconds, user and system.
    pub(crate) cpu_s: f64,
    /// Resident bytes.
    pub(crate) resident: u64,
}

/// Reads the figures; none: the process is gone.
pub(crate) fn usage(pid: u32) -> Option<Usage> {
    let stat = server::files::system(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
    let statm = server::files::system(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(Usage { cpu_s: (ticks(11)? + ticks(12)?) / TICKS, resident: pages * 4096 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_figures() {
        let usage = usage(std::process::id()).unwrap();
        assert!(usage.resident > 100_000 && usage.cpu_s >= 0.0);
        assert!(super::usage(u32::MAX).is_none());
    }
}
