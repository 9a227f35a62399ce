//! What DISPLAY QMSTATUS shows of log, disks and command server: figures of the moment, made when somebody asks.

use std::path::Path;

use mqi::command::Command;
use mqi::object::ObjectClass;
use store::Lsn;

use super::Core;
use crate::clock::Date;

const MB: u64 = 1 << 20;

impl Core {
    /// Keyword and value of what the shell knows, for a command that shows it.
    pub(super) fn status_facts(&self, command: &Command) -> Vec<(String, String)> {
        if command.row.class != ObjectClass::QmgrStatus {
            return Vec::new();
        }
        let mut facts = self.status.clone();
        let mut add = |keyword: &str, value: String| facts.push((keyword.to_owned(), value));
        let is_serving = self.command_server.as_ref().is_some_and(|(_, server)| !server.has_ended());
        add("CMDSERV", if is_serving { "RUNNING" } else { "STOPPED" }.to_owned());
        let log = self.engine.log();
        let config = log.config();
        let primary = (u64::from(config.primary) * config.extent_bytes()).max(1);
        // What a restart would read, and what the messages take, each against what the log was made for.
        let since = log.lsn_next().0.saturating_sub(log.checkpoint().0);
        add("LOGINUSE", percent(since, primary));
        add("LOGUTIL", percent(log.live_extent_bytes(), primary));
        add("CHKPTCNT", log.checkpoint_count().to_string());
        add("CHKPTSZ", since.div_ceil(MB).to_string());
        add("LOGSTRL", lsn_text(log.checkpoint()));
        // What an earlier run wrote has no date here.
        let at = self.engine.checkpoint_wall_ms().map(Date::of);
        let text = |text: Option<String>| text.unwrap_or_default();
        add("LOGSTRDA", text(at.as_ref().map(|d| format!("{:04}-{:02}-{:02}", d.year, d.month, d.day))));
        add("LOGSTRTI", text(at.as_ref().map(|d| format!("{:02}.{:02}.{:02}", d.hour, d.minute, d.second))));
        // Kilobytes: what it is used for is often less than one of the megabytes that disks are told in.
        let memory = self.engine.kernel().memory_use();
        for (keyword, bytes) in [
            ("MEMMAX", memory.max),
            ("MEMMSGS", memory.kept),
            ("MEMCACHE", memory.cached),
            ("MEMINDEX", memory.index),
            ("MEMOBJS", memory.objects),
            ("MEMLOG", usize::try_from(log.unforced()).unwrap_or(usize::MAX)),
            ("MEMIN", self.memory.inbound),
            ("MEMOUT", self.memory.outbound),
            ("MEMNOAUT", self.memory.unconnected),
        ] {
            add(keyword, bytes.div_ceil(1024).to_string());
        }
        for (size, used, path) in [
            ("DATFSSZ", "DATFSUSE", "DATPATH"),
            ("QMFSSZ", "QMFSUSE", "DATPATH"),
            ("LOGFSSZ", "LOGFSUSE", "LOGPATH"),
        ] {
            let path =
                self.status.iter().find(|(keyword, _)| keyword == path).map(|(_, path)| Path::new(path));
            if let Some((all, taken)) = path.and_then(file_system) {
                facts.push((size.to_owned(), (all / MB).to_string()));
                facts.push((used.to_owned(), percent(taken, all)));
            }
        }
        facts
    }
}

/// Size of the file system of a path and what is taken of it, in bytes; none if it cannot be told.
fn file_system(path: &Path) -> Option<(u64, u64)> {
    let figures = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(figures.f_frsize);
    (figures.f_blocks > 0).then(|| (bytes(figures.f_blocks), bytes(figures.f_blocks - figures.f_bfree)))
}

fn percent(part: u64, whole: u64) -> String {
    (u128::from(part) * 100).div_ceil(u128::from(whole.max(1))).to_string()
}

fn lsn_text(lsn: Lsn) -> String {
    format!("<0:0:{}:{}>", lsn.0 >> 16, lsn.0 & 0xFFFF)
}
