//! `qm.ini` of one queue manager: what of it this program reads, with defaults and bounds.
//!
//! ```text
//! Identity:
//!    QMgrId=<QMID>  CreatedMs=<wall time of creation>
//! Log:
//!    LogPrimaryFiles=3  LogSecondaryFiles=2  LogFilePages=4096  LogType=CIRCULAR|LINEAR
//!    LogManagement=Manual|Automatic|Archive  LogPath=<dir>  StoreMax=<bytes of log on disk, 0 no bound>
//! Channels:
//!    MaxChannels=10000
//! TuningParameters:
//!    MemoryMax=<bytes>  ScratchMax=<bytes of the scratch file, 0 no bound>
//!    LogSink=adaptive|inline|thread  CommandLevel=<level shown to clients>
//!    LocalUserMax=2000  LocalMax=8000    connections of this machine's users, of each and of all
//! QMErrorLog:
//!    ErrorLogSize=33554432
//! ```

use std::io;
use std::path::{Path, PathBuf};

use crate::files;
use crate::guard::Owners;
use crate::ini::{Ini, SyntaxError};
use crate::paths::QmgrPaths;

/// What a queue manager takes in memory that has nothing to do with its messages: measured, with room to spare.
const SHELL_BYTES: u64 = 16 << 20;

/// How extents are kept once their messages are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogType {
    /// Reused.
    Circular,
    /// Kept until the administrator removes them.
    LinearManual,
    /// Removed or reused when no longer needed for recovery.
    LinearAutomatic,
}

/// Who forces the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSinkChoice {
    /// The core thread when it has nothing else to do and the disk is quick, else the log thread.
    Adaptive,
    /// Always the core thread.
    Inline,
    /// Always the log thread.
    Thread,
}

/// The values in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QmIni {
    /// `-lp`.
    pub primary_files: u32,
    /// `-ls`.
    pub secondary_files: u32,
    /// `-lf`, pages of 4 KiB.
    pub file_pages: u32,
    /// `-lc`, `-ll`, `-lla`.
    pub log_type: LogType,
    /// Directory of the extents.
    pub log_path: PathBuf,
    /// Bound on the log's disk space in bytes; 0: none.
    pub store_max: u64,
    /// Connections over channels at once.
    pub channels_max: u32,
    /// Connections over the local socket that one user may have who does not administer the queue manager.
    pub local_user_max: u32,
    /// The same of all such users.
    pub local_max: u32,
    /// Memory for messages in bytes; none: a quarter of what the machine or its control group has.
    pub memory_max: Option<u64>,
    /// Bound on the scratch file in bytes; 0: none.
    pub scratch_max: u64,
    /// Who forces the log.
    pub log_sink: LogSinkChoice,
    /// Size at which an error log is turned over.
    pub error_log_size: u64,
    /// Command level shown, between 900 and this program's.
    pub command_level: i32,
    /// QMID.
    pub qmid: String,
    /// When the queue manager was created, wall ms.
    pub created_wall_ms: i64,
}

/// A line of a file that is neither stanza, key nor comment.
#[derive(Debug)]
struct StrayLine {
    file: PathBuf,
    syntax: SyntaxError,
}

impl std::fmt::Display for StrayLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.syntax)
    }
}

impl std::error::Error for StrayLine {}

impl QmIni {
    /// Reads the file of a queue manager.
    pub fn load(paths: &QmgrPaths) -> io::Result<Self> {
        let file = paths.qm_ini();
        let text = files::read_guarded(&file, Owners::of(&paths.data)?)?;
        let ini =
            Ini::parse(&text).map_err(|syntax| io::Error::other(StrayLine { file: file.clone(), syntax }))?;
        Self::from_ini(&ini).map_err(|e| io::Error::other(format!("{}: {e}", file.display())))
    }

    /// Line and file, if the error is that of a line which is neither stanza, key nor comment.
    pub fn stray(error: &io::Error) -> Option<(usize, &Path)> {
        let stray = error.get_ref()?.downcast_ref::<StrayLine>()?;
        Some((stray.syntax.line, &stray.file))
    }

    fn from_ini(ini: &Ini) -> Result<Self, String> {
        let number = |stanza, key, default: u64, min: u64, max: u64| match ini.value(stanza, key) {
            None => Ok(default),
            Some(text) => text
                .parse::<u64>()
                .ok()
                .filter(|n| (min..=max).contains(n))
                .ok_or_else(|| format!("{stanza}: {key}={text} is not a number from {min} to {max}")),
        };
        let small = |n: u64| u32::try_from(n).expect("bounded above");
        let management = ini.value("Log", "LogManagement").unwrap_or("Manual");
        let log_type = match ini.value("Log", "LogType").unwrap_or("CIRCULAR") {
            t if t.eq_ignore_ascii_case("CIRCULAR") => LogType::Circular,
            t if t.eq_ignore_ascii_case("LINEAR") && management.eq_ignore_ascii_case("Automatic") => {
                LogType::LinearAutomatic
            }
            t if t.eq_ignore_ascii_case("LINEAR") && management.eq_ignore_ascii_case("Manual") => {
                LogType::LinearManual
            }
            t => return Err(format!("Log: LogType={t} with LogManagement={management} is not built")),
        };
        let log_sink = match ini.value("TuningParameters", "LogSink").unwrap_or("adaptive") {
            "adaptive" => LogSinkChoice::Adaptive,
            "inline" => LogSinkChoice::Inline,
            "thread" => LogSinkChoice::Thread,
            other => {
                return Err(format!("TuningParameters: LogSink={other} is not adaptive, inline or thread"));
            }
        };
        let level = mqi::version::COMMAND_LEVEL;
        Ok(Self {
            primary_files: small(number("Log", "LogPrimaryFiles", 3, 2, 510)?),
            secondary_files: small(number("Log", "LogSecondaryFiles", 2, 1, 509)?),
            file_pages: small(number("Log", "LogFilePages", 4096, 64, 65_535)?),
            log_type,
            log_path: ini.value("Log", "LogPath").map(PathBuf::from).ok_or("Log: LogPath is missing")?,
            store_max: number("Log", "StoreMax", 0, 0, u64::MAX)?,
            channels_max: small(number("Channels", "MaxChannels", 10_000, 1, 65_535)?),
            local_user_max: small(number("TuningParameters", "LocalUserMax", 2000, 1, 1_000_000)?),
            local_max: small(number("TuningParameters", "LocalMax", 8000, 1, 1_000_000)?),
            memory_max: ini
                .value("TuningParameters", "MemoryMax")
                .map(|_| number("TuningParameters", "MemoryMax", 0, 16 << 20, u64::MAX))
                .transpose()?,
            scratch_max: number("TuningParameters", "ScratchMax", 0, 0, u64::MAX)?,
            log_sink,
            error_log_size: number("QMErrorLog", "ErrorLogSize", 33_554_432, 32_768, 2_147_483_648)?,
            qmid: ini.value("Identity", "QMgrId").unwrap_or_default().to_owned(),
            created_wall_ms: i64::try_from(number("Identity", "CreatedMs", 0, 0, i64::MAX as u64)?)
                .expect("bounded above"),
            command_level: i32::try_from(number(
                "TuningParameters",
                "CommandLevel",
                level as u64,
                900,
                level as u64,
            )?)
            .expect("bounded above"),
        })
    }

    /// Memory for messages in bytes: what is left when buffers, threads and the program itself have theirs.
    pub fn message_memory(&self) -> u64 {
        let all = self.memory_max.unwrap_or_else(|| available_memory() / 4);
        all - SHELL_BYTES.min(all / 2)
    }
}

/// Memory of the machine, or of the control group if that is less.
fn available_memory() -> u64 {
    let read = |path: &str| files::system(path).ok();
    let machine = read("/proc/meminfo")
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("MemTotal:"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(1 << 30, |kib| kib * 1024);
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .into_iter()
        .find_map(|path| read(path)?.trim().parse::<u64>().ok());
    group.map_or(machine, |group| group.min(machine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<QmIni, String> {
        QmIni::from_ini(&Ini::parse(text).unwrap())
    }

    #[test]
    fn defaults_and_bounds() {
        let ini = parse("Log:\n LogPath=/l\n").unwrap();
        assert_eq!((ini.primary_files, ini.secondary_files, ini.file_pages), (3, 2, 4096));
        assert_eq!((ini.log_type, ini.channels_max), (LogType::Circular, 10_000));
        assert_eq!((ini.local_user_max, ini.local_max), (2000, 8000));
        assert!(
            parse("Log:\n LogPath=/l\nTuningParameters:\n LocalMax=0\n").unwrap_err().contains("LocalMax")
        );
        assert!(parse("Log:\n LogPath=/l\n LogFilePages=63\n").unwrap_err().contains("64 to 65535"));
        assert!(parse("Log:\n").unwrap_err().contains("LogPath"));
        let added = parse("Log:\n LogPath=/l\nChannels:\nLog:\n StoreMax=7\n").unwrap();
        assert_eq!(added.store_max, 7, "a line may be added below a stanza of its own");
        assert!(parse("Log:\n LogPath=/l\n LogType=LINEAR\n LogManagement=Archive\n").is_err());
        let linear = parse("Log:\n LogPath=/l\n LogType=linear\n LogManagement=automatic\n").unwrap();
        assert_eq!(linear.log_type, LogType::LinearAutomatic);
    }
}
