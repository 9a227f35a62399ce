//! What displays show that only the shell knows: sockets, and for DISPLAY QMSTATUS log, disks and command server. Figures
//! of the moment, made when somebody asks.

use std::path::Path;

use mqi::command::Command;
use mqi::object::ObjectClass;
use qmgr::{Facts, Input, SocketFacts, Ticket};
use store::Lsn;

use super::Core;
use super::socket::Socket;
use crate::clock::Date;

const MB: u64 = 1 << 20;

/// Sockets that are told of at once.
const SOCKETS_MAX: usize = 50;

impl Core {
    /// What the shell knows, for a command that shows it.
    pub(super) fn facts(&self, command: &Command) -> Facts {
        match command.row.class {
            ObjectClass::QmgrStatus => Facts { qmgr: self.status_facts() },
            _ => Facts::default(),
        }
    }

    /// Tells the kernel of the sockets from this place on.
    pub(super) fn tell_sockets(&mut self, ticket: Ticket, after: u64) {
        let first = usize::try_from(after).unwrap_or(usize::MAX);
        let mut next = None;
        let mut sockets = Vec::new();
        let kernel = self.engine.kernel();
        // What a stranger calls a channel need not be one.
        let is_shown = |socket: &Socket| {
            let channel = socket.end.channel();
            socket.is_instance || channel.is_some_and(|it| kernel.is_server_connection(it.name.as_str()))
        };
        for (token, socket) in self.sockets.iter_from(first) {
            if sockets.len() >= SOCKETS_MAX {
                next = Some(token.place());
                break;
            }
            sockets.extend(socket_facts(socket).filter(|_| is_shown(socket)));
        }
        self.engine.input(Input::Sockets { ticket, sockets, next }, self.now);
    }

    /// Keyword and value of the attributes of QMSTATUS that the shell knows.
    fn status_facts(&self) -> Vec<(String, String)> {
        let mut facts = self.status.clone();
        let mut add = |keyword: &str, value: String| facts.push((keyword.to_owned(), value));
        add("CMDSERV", if self.commands.is_serving() { "RUNNING" } else { "STOPPED" }.to_owned());
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

/// What displays show of a socket; none as long as it has no channel.
fn socket_facts(socket: &Socket) -> Option<SocketFacts> {
    let channel = socket.end.channel()?;
    let counters = socket.end.counters();
    let agreement = socket.end.agreement();
    Some(SocketFacts {
        conversations: socket.conversations.iter().map(|(_, id)| *id).collect(),
        channel: channel.name.to_string(),
        address: socket.peer.to_string(),
        segments_received: counters.segments_received,
        segments_sent: counters.segments_sent,
        bytes_received: counters.bytes_received,
        bytes_sent: counters.bytes_sent,
        calls: socket.calls,
        conversations_max: agreement.map_or(0, |a| a.conversations_max),
        heartbeat_s: agreement.map_or(0, |a| a.heartbeat_s),
        product: socket.end.product().to_owned(),
        started_wall_ms: socket.started_wall_ms,
        last_message_wall_ms: socket.last_message_wall_ms,
    })
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
