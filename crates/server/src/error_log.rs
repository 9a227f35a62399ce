//! The error logs of one queue manager: `AMQERR01.LOG` (newest) to `AMQERR03.LOG`, in the product's form.
//!
//! ```text
//! 11/22/26 03:12:09 - Process(1234.1) User(mqm) Program(packhorse)
//!                     Host(node1) Installation(Installation1)
//!                     VRMF(9.4.0.0) QMgr(QM1)
//!                     Time(2026-11-22T03:12:09.123Z)
//!                     CommentInsert1(app)
//!
//! AMQ8077W: Entity 'app' has insufficient authority to access object 'Q1'.
//!
//! EXPLANATION:
//! …
//! ACTION:
//! …
//! -----------------------------------------------------------------------------
//! ```

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use mqsc::catalog;

use crate::clock::{Date, WallClock};

/// Size in bytes after which a log is turned over (ErrorLogSize).
pub const SIZE_MAX: u64 = 33_554_432;

/// The open log.
pub struct ErrorLog {
    directory: PathBuf,
    qmgr: String,
    user: String,
    host: String,
    file: File,
    size: u64,
    size_max: u64,
    /// Entries of the last moments, oldest first.
    recent: VecDeque<Recent>,
}

/// An entry that is counted, not written, when it comes again soon.
struct Recent {
    id: String,
    inserts: Vec<String>,
    until_ms: i64,
    repeats: u64,
}

/// For so long, in ms.
const REPEAT_MS: i64 = 1000;

/// Entries that are remembered.
const RECENT_MAX: usize = 64;

impl ErrorLog {
    /// Opens the newest log, making directory and file as needed.
    pub fn open(directory: PathBuf, qmgr: &str, size_max: u64) -> io::Result<Self> {
        crate::files::create_dirs(&directory)?;
        let file = open_append(&directory.join("AMQERR01.LOG"))?;
        let size = file.metadata()?.len();
        Ok(Self {
            directory,
            qmgr: qmgr.to_owned(),
            user: crate::users::name_of(rustix::process::getuid().as_raw()),
            host: crate::users::host(),
            file,
            size,
            size_max,
            recent: VecDeque::new(),
        })
    }

    /// Writes one entry. A log that cannot be written is no reason to stop: the entry is lost.
    pub fn write(&mut self, id: &str, inserts: &[String], clock: &dyn WallClock) {
        self.tell_repeats(clock);
        if let Some(same) = self.recent.iter_mut().find(|r| r.id == id && r.inserts == inserts) {
            same.repeats += 1;
            return;
        }
        if self.recent.len() == RECENT_MAX {
            self.tell_oldest(clock.now_ms());
        }
        let until_ms = clock.now_ms() + REPEAT_MS;
        self.recent.push_back(Recent { id: id.to_owned(), inserts: inserts.to_vec(), until_ms, repeats: 0 });
        self.put(id, inserts, 0, clock.now_ms());
    }

    /// Says how often entries have come again whose time is over.
    pub fn tell_repeats(&mut self, clock: &dyn WallClock) {
        // A clock that was set back must not keep anything from being told.
        let is_over = |r: &Recent, now_ms: i64| r.until_ms <= now_ms || r.until_ms > now_ms + REPEAT_MS;
        while self.recent.front().is_some_and(|oldest| is_over(oldest, clock.now_ms())) {
            self.tell_oldest(clock.now_ms());
        }
    }

    fn tell_oldest(&mut self, now_ms: i64) {
        if let Some(Recent { id, inserts, repeats, .. }) = self.recent.pop_front()
            && repeats > 0
        {
            self.put(&id, &inserts, repeats, now_ms);
        }
    }

    fn put(&mut self, id: &str, inserts: &[String], repeats: u64, now_ms: i64) {
        let text = self.entry(id, inserts, repeats, now_ms);
        if self.size + text.len() as u64 > self.size_max {
            // As long as it cannot be turned over, out of descriptors say, the log that there is goes on.
            let _ = self.turn_over();
        }
        if self.file.write_all(text.as_bytes()).is_ok() {
            self.size += text.len() as u64;
        }
    }

    fn entry(&self, id: &str, inserts: &[String], repeats: u64, wall_ms: i64) -> String {
        let at = Date::of(wall_ms);
        let message = catalog::message(id, inserts);
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:02}/{:02}/{:02} {:02}:{:02}:{:02} - Process({}.1) User({}) Program(packhorse)",
            at.month,
            at.day,
            at.year % 100,
            at.hour,
            at.minute,
            at.second,
            std::process::id(),
            self.user,
        );
        let indent = " ".repeat(20);
        let _ = writeln!(out, "{indent}Host({}) Installation(Installation1)", self.host);
        let _ = writeln!(out, "{indent}VRMF({}) QMgr({})", mqi::version::VRMF, self.qmgr);
        let _ = writeln!(out, "{indent}Time({})", at.iso());
        for (n, insert) in inserts.iter().enumerate() {
            let _ = writeln!(out, "{indent}CommentInsert{}({})", n + 1, printable(insert));
        }
        let repeated = match repeats {
            0 => String::new(),
            1 => "\nIt has come once more since the last such entry.".to_owned(),
            more => format!("\nIt has come {more} times more since the last such entry."),
        };
        let _ = write!(
            out,
            "\n{}\n\nEXPLANATION:\n{}{repeated}\nACTION:\n{}\n{}\n",
            printable(&message.text),
            printable(&message.explanation),
            printable(&message.action),
            "-".repeat(77),
        );
        out
    }

    fn turn_over(&mut self) -> io::Result<()> {
        // The next file is there before any other is touched.
        let next = self.directory.join("AMQERR01.NEW");
        let file = open_append(&next)?;
        let log = |n: u32| self.directory.join(format!("AMQERR{n:02}.LOG"));
        for n in [2, 1] {
            match std::fs::rename(log(n), log(n + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(next, log(1))?;
        self.file = file;
        self.size = 0;
        Ok(())
    }
}

fn open_append(file: &Path) -> io::Result<File> {
    let opened = OpenOptions::new().append(true).create(true).mode(0o640).open(file);
    opened.map_err(|error| crate::files::about(file, error))
}

/// What a peer sent must not forge lines or steer a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '.' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(i64);

    impl WallClock for At {
        fn now_ms(&self) -> i64 {
            self.0
        }
    }

    fn entry(id: &str, inserts: &[&str]) -> String {
        let dir = crate::testing::temp_dir("error-log");
        let mut log = ErrorLog::open(dir.path().to_owned(), "QM1", SIZE_MAX).expect("opened");
        let inserts: Vec<String> = inserts.iter().map(|insert| (*insert).to_owned()).collect();
        log.write(id, &inserts, &At(1_700_000_000_123));
        std::fs::read_to_string(dir.path().join("AMQERR01.LOG")).expect("readable")
    }

    #[test]
    fn a_refusal_names_everything() {
        let entry = entry("AMQ8077", &["app", "DEV.APP.SVRCONN", "10.0.0.7", "Q1", "no AUTHREC for PUT"]);
        assert!(entry.starts_with("11/14/23 22:13:20 - Process("), "{entry}");
        let want = "\nAMQ8077W: Entity 'app' has insufficient authority to access object 'Q1'.\n\nEXPLANATION:\n\
            Missing is: no AUTHREC for PUT. The entity came by channel 'DEV.APP.SVRCONN' from '10.0.0.7'.\nACTION:\n";
        assert!(entry.contains(want), "{entry}");
    }

    #[test]
    fn what_comes_again_at_once_is_counted() {
        let dir = crate::testing::temp_dir("error-log");
        let mut log = ErrorLog::open(dir.path().to_owned(), "QM1", SIZE_MAX).expect("opened");
        let text = || std::fs::read_to_string(dir.path().join("AMQERR01.LOG")).expect("readable");
        let user = |name: &str| [name.to_owned(), "C".to_owned(), "10.0.0.7".to_owned()];
        for ms in 0..500 {
            log.write("AMQ5534", &user("app"), &At(ms));
        }
        log.write("AMQ5534", &user("other"), &At(600));
        assert_eq!(text().matches("AMQ5534E").count(), 2, "{}", text());
        log.tell_repeats(&At(999));
        assert_eq!(text().matches("AMQ5534E").count(), 2);
        log.tell_repeats(&At(1000));
        assert_eq!(text().matches("It has come 499 times more").count(), 1, "{}", text());
        for n in 0..10 * RECENT_MAX {
            log.write("AMQ5534", &user(&n.to_string()), &At(2000));
        }
        assert_eq!(log.recent.len(), RECENT_MAX);
        assert_eq!(text().matches("AMQ5534E").count(), 3 + 10 * RECENT_MAX);
    }

    #[test]
    fn a_log_that_cannot_be_turned_over_goes_on() {
        let dir = crate::testing::temp_dir("error-log");
        let mut log = ErrorLog::open(dir.path().to_owned(), "QM1", 1000).expect("opened");
        let text = |n: u32| {
            std::fs::read_to_string(dir.path().join(format!("AMQERR{n:02}.LOG"))).unwrap_or_default()
        };
        let mut write = |n: i64| log.write("AMQ5534", &[format!("user{n}.")], &At(n));
        (0..3).for_each(&mut write);
        let (second, third) = (text(2), text(3));
        assert!(!third.is_empty());
        // No file can be made here.
        let next = dir.path().join("AMQERR01.NEW");
        std::fs::create_dir(&next).expect("made");
        (3..6).for_each(&mut write);
        assert_eq!((text(2), text(3)), (second, third));
        for n in 2..6 {
            assert!(text(1).contains(&format!("user{n}.")), "{}", text(1));
        }
        std::fs::remove_dir(&next).expect("removed");
        write(6);
        assert!(text(1).contains("user6.") && !text(1).contains("user5.") && text(2).contains("user5."));
        assert!(!next.exists());
    }

    #[test]
    fn nobody_forges_lines() {
        let lines = |entry: String| entry.lines().count();
        let honest = ["app", "DEV.APP.SVRCONN", "10.0.0.7", "Q1", "none"];
        let forger = ["app\nAMQ0000E: all is lost", "C\r\nD", "10.0.0.7\u{1b}[2J", "Q1\n", "none\n-----"];
        let forged = entry("AMQ8077", &forger);
        assert!(!forged.contains('\u{1b}') && !forged.contains('\r'), "{forged:?}");
        assert_eq!(lines(forged), lines(entry("AMQ8077", &honest)));
    }
}
