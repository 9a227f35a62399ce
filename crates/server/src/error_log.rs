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

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use mqi::text::inert;
use mqsc::catalog;

use crate::audit_log::AuditLog;
use crate::clock::{Date, WallClock};
use crate::log_files::LogFiles;
use crate::log_rate::{LogRate, More, Told};

/// Size in bytes after which a log is turned over (ErrorLogSize).
pub const SIZE_MAX: u64 = 33_554_432;

/// The open log.
pub struct ErrorLog {
    qmgr: String,
    user: String,
    host: String,
    files: LogFiles,
    rate: LogRate,
    audit: AuditLog,
}

impl ErrorLog {
    /// Opens the newest log, and the audit log beside it, making directory and files as needed.
    pub fn open(directory: PathBuf, qmgr: &str, size_max: u64) -> io::Result<Self> {
        Ok(Self {
            qmgr: qmgr.to_owned(),
            user: crate::users::name_of(rustix::process::getuid().as_raw()),
            host: crate::users::host(),
            files: LogFiles::open(directory.clone(), "AMQERR", "LOG", size_max)?,
            rate: LogRate::default(),
            audit: AuditLog::open(directory, size_max)?,
        })
    }

    /// The audit log beside it, which hears of every refusal that is told here.
    pub(crate) fn audit(&mut self) -> &mut AuditLog {
        &mut self.audit
    }

    /// Writes one entry, or counts it ([`LogRate`]). A log that cannot be written is no reason to stop: the entry is
    /// lost.
    pub fn write(&mut self, id: &str, inserts: &[String], clock: &dyn WallClock) {
        self.audit.noticed(id, inserts, clock);
        self.tell_repeats(clock);
        if self.rate.admits(id, inserts, clock.now_ms()) {
            self.put(id, inserts, More::Nothing, clock.now_ms());
        }
    }

    /// Says of entries that were counted how many they are, once it is time.
    pub fn tell_repeats(&mut self, clock: &dyn WallClock) {
        let due = self.rate.due(clock.now_ms());
        self.tell(due, clock);
        self.audit.tell_repeats(clock);
    }

    /// Says it of all that were: nothing more will be written.
    pub fn tell_rest(&mut self, clock: &dyn WallClock) {
        let rest = self.rate.rest(clock.now_ms());
        self.tell(rest, clock);
        self.audit.tell_rest(clock);
    }

    fn tell(&mut self, all: Vec<Told>, clock: &dyn WallClock) {
        for Told { id, inserts, more } in all {
            self.put(&id, &inserts, more, clock.now_ms());
        }
    }

    fn put(&mut self, id: &str, inserts: &[String], more: More, now_ms: i64) {
        let text = self.entry(id, inserts, more, now_ms);
        self.files.append(&text);
    }

    fn entry(&self, id: &str, inserts: &[String], more: More, wall_ms: i64) -> String {
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
            let _ = writeln!(out, "{indent}CommentInsert{}({})", n + 1, inert(insert));
        }
        let counted = match more {
            More::Nothing => String::new(),
            More::Same(1) => "\nIt has come once more since the last such entry.".to_owned(),
            More::Same(n) => format!("\nIt has come {n} times more since the last such entry."),
            More::Others(1) => String::new(),
            More::Others(n) => {
                format!("\nIt stands for {n} of this kind, of which the others are not shown.")
            }
        };
        let _ = write!(
            out,
            "\n{}\n\nEXPLANATION:\n{}{counted}\nACTION:\n{}\n{}\n",
            message.text,
            message.explanation,
            message.action,
            "-".repeat(77),
        );
        out
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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

    /// The logs, oldest first.
    fn all_text(directory: &Path) -> String {
        let text = |n: u32| std::fs::read_to_string(directory.join(format!("AMQERR{n:02}.LOG")));
        [3, 2, 1].into_iter().map(|n| text(n).unwrap_or_default()).collect()
    }

    #[test]
    fn what_comes_again_at_once_is_counted() {
        let dir = crate::testing::temp_dir("error-log");
        let mut log = ErrorLog::open(dir.path().to_owned(), "QM1", SIZE_MAX).expect("opened");
        let user = |name: &str| [name.to_owned(), "C".to_owned(), "10.0.0.7".to_owned()];
        for ms in 0..500 {
            log.write("AMQ5534", &user("app"), &At(ms));
        }
        log.write("AMQ5534", &user("other"), &At(600));
        assert_eq!(all_text(dir.path()).matches("AMQ5534E").count(), 2);
        log.tell_repeats(&At(999));
        assert_eq!(all_text(dir.path()).matches("AMQ5534E").count(), 2);
        log.tell_repeats(&At(1000));
        assert_eq!(all_text(dir.path()).matches("It has come 499 times more").count(), 1);
        for n in 0..100 {
            log.write("AMQ5534", &user(&n.to_string()), &At(60_000));
        }
        assert_eq!(all_text(dir.path()).matches("AMQ5534E").count(), 3 + 10);
        log.tell_rest(&At(60_000));
        assert_eq!(all_text(dir.path()).matches("It stands for 90 of this kind").count(), 1);
    }

    #[test]
    fn a_million_refusals_do_not_turn_the_past_over() {
        let dir = crate::testing::temp_dir("error-log");
        let mut log = ErrorLog::open(dir.path().to_owned(), "QM1", 64 * 1024).expect("opened");
        log.write("AMQ8003", &["before".to_owned(), "1".to_owned()], &At(0));
        // A minute of a stranger who calls himself something else each time, and of one who does not.
        for n in 0..1_000_000 {
            let name = if n % 2 == 0 { n.to_string() } else { "same".to_owned() };
            log.write("AMQ5534", &[name, "C".to_owned(), "10.0.0.7".to_owned()], &At(n * 60 / 1000));
            log.write("AMQ9519", &[n.to_string(), "10.0.0.7".to_owned()], &At(n * 60 / 1000));
        }
        log.tell_rest(&At(60_000));
        let text = all_text(dir.path());
        assert!(text.contains("CommentInsert1(before)"));
        assert!(text.len() < 150 * 1024, "{}", text.len());
        let counted = |id: &str| -> u64 {
            let entries = text.split("-----\n").filter(|entry| entry.contains(id));
            let number = |words: &str| words.split(' ').find_map(|word| word.parse().ok());
            let more =
                |entry: &str, before: &str| entry.split_once(before).and_then(|(_, rest)| number(rest));
            let stands_for = |entry: &str| match more(entry, "It has come ") {
                Some(more) => more,
                None if entry.contains("It has come once") => 1,
                None => more(entry, "It stands for ").unwrap_or(1),
            };
            entries.map(stands_for).sum()
        };
        assert_eq!((counted("AMQ5534E"), counted("AMQ9519E")), (1_000_000, 1_000_000));
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
