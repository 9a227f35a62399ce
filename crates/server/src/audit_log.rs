//! The audit log of one queue manager: who came in, who was refused, what was changed by whom, start and end.
//!
//! `AUDIT01.json` (newest) to `AUDIT03.json`, beside the error logs. One JSON object a line, only ever appended:
//!
//! ```text
//! {"time":"2026-11-22T03:12:09.123Z","event":"refused","id":"AMQ8077W","text":"Entity 'app' has …","inserts":["app",…]}
//! {"time":…,"event":"command","user":"mqm","command":"SET AUTHREC PROFILE(Q1) …","outcome":"AMQ8862I"}
//! {"time":…,"event":"connect","user":"app","channel":"APP","address":"10.0.0.7","program":"amqsput"}
//! {"time":…,"event":"start","user":"mqm"}
//! ```
//!
//! What strangers can cause, connections and refusals, is counted where it comes too often, as in the error log: `more`
//! says how many entries a line stands for besides itself, and `same` whether they said the same. Commands that change
//! something are never left out.

use std::io;
use std::path::PathBuf;

use mqsc::catalog;
use serde_json::Value;

use crate::clock::{Date, WallClock};
use crate::log_files::LogFiles;
use crate::log_rate::{LogRate, More};

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Audited {
    /// The queue manager takes connections.
    Start,
    /// It has ended, in this way.
    End(String),
    /// Somebody has connected.
    Connect {
        /// As whom he runs.
        user: String,
        /// By which channel; blank for a program of this machine.
        channel: String,
        /// From where.
        address: String,
        /// His program, as it calls itself.
        program: String,
    },
    /// A command that changes something, executed or refused.
    Command {
        /// In whose name.
        user: String,
        /// What was asked for, without secrets.
        command: String,
        /// The message that answers it.
        outcome: String,
    },
}

/// See the module's text.
pub(crate) struct AuditLog {
    files: LogFiles,
    rate: LogRate,
    user: String,
}

impl AuditLog {
    /// Opens the newest file, making it as needed.
    pub(crate) fn open(directory: PathBuf, size_max: u64) -> io::Result<Self> {
        let files = LogFiles::open(directory, "AUDIT", "json", size_max)?;
        let user = crate::users::name_of(crate::users::current());
        Ok(Self { files, rate: LogRate::default(), user })
    }

    /// Writes an entry, or counts it.
    pub(crate) fn write(&mut self, entry: Audited, clock: &dyn WallClock) {
        match entry {
            Audited::Start => {
                let user = self.user.as_str().into();
                self.put("start", &[("user", user)], clock.now_ms());
            }
            Audited::End(how) => self.put("end", &[("how", how.into())], clock.now_ms()),
            Audited::Command { user, command, outcome } => {
                let fields =
                    [("user", user.into()), ("command", command.into()), ("outcome", outcome.into())];
                self.put("command", &fields, clock.now_ms());
            }
            Audited::Connect { user, channel, address, program } => {
                self.rated("connect", &[user, channel, address, program], clock);
            }
        }
    }

    /// An entry of the error log: a refusal, or of no matter here.
    pub(crate) fn noticed(&mut self, id: &str, inserts: &[String], clock: &dyn WallClock) {
        if REFUSALS.contains(&id) {
            self.rated(id, inserts, clock);
        }
    }

    fn rated(&mut self, id: &str, inserts: &[String], clock: &dyn WallClock) {
        self.tell_repeats(clock);
        if self.rate.admits(id, inserts, clock.now_ms()) {
            self.put_rated(id, inserts, More::Nothing, clock.now_ms());
        }
    }

    /// Says of entries that were counted how many they are, once it is time.
    pub(crate) fn tell_repeats(&mut self, clock: &dyn WallClock) {
        for told in self.rate.due(clock.now_ms()) {
            self.put_rated(&told.id, &told.inserts, told.more, clock.now_ms());
        }
    }

    /// Says it of all that were: nothing more will be written.
    pub(crate) fn tell_rest(&mut self, clock: &dyn WallClock) {
        for told in self.rate.rest(clock.now_ms()) {
            self.put_rated(&told.id, &told.inserts, told.more, clock.now_ms());
        }
    }

    fn put_rated(&mut self, id: &str, inserts: &[String], more: More, now_ms: i64) {
        let (event, mut fields): (_, Vec<(&str, Value)>) = match (id, inserts) {
            ("connect", [user, channel, address, program]) => {
                let names = ["user", "channel", "address", "program"];
                let values = [user, channel, address, program];
                ("connect", names.into_iter().zip(values.map(|value| value.as_str().into())).collect())
            }
            _ => {
                let text = catalog::message(id, inserts).text;
                let (id, text) = text.split_once(": ").unwrap_or((id, &text));
                ("refused", vec![("id", id.into()), ("text", text.into()), ("inserts", inserts.into())])
            }
        };
        match more {
            More::Nothing | More::Others(1) => {}
            More::Same(n) => fields.extend([("more", n.into()), ("same", true.into())]),
            More::Others(n) => fields.extend([("more", (n - 1).into()), ("same", false.into())]),
        }
        self.put(event, &fields, now_ms);
    }

    fn put(&mut self, event: &str, fields: &[(&str, Value)], now_ms: i64) {
        let time = [("time", Date::of(now_ms).iso().into()), ("event", event.into())];
        let all = time.iter().chain(fields);
        let all: Vec<String> = all.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        self.files.append(&format!("{{{}}}\n", all.join(",")));
    }
}

/// Messages of the error log that tell of a refusal.
const REFUSALS: [&str; 13] = [
    "AMQ5534", "AMQ5540", "AMQ8077", "AMQ8986", "AMQ9489", "AMQ9490", "AMQ9503", "AMQ9513", "AMQ9519",
    "AMQ9534", "AMQ9547", "AMQ9776", "AMQ9777",
];

#[cfg(test)]
mod tests {
    use super::*;

    struct At(i64);

    impl WallClock for At {
        fn now_ms(&self) -> i64 {
            self.0
        }
    }

    fn strings(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_line_is_one_object_whatever_peers_say() {
        let dir = crate::testing::temp_dir("audit-log");
        let mut log = AuditLog::open(dir.path().to_owned(), 1 << 20).expect("opened");
        let at = At(1_700_000_000_123);
        log.write(Audited::Start, &at);
        let program = "two\nlines \"quoted\" \u{1b}[2J".to_owned();
        let (user, channel, address) = ("app".to_owned(), "APP".to_owned(), "10.0.0.7".to_owned());
        log.write(Audited::Connect { user, channel, address, program: program.clone() }, &at);
        log.noticed("AMQ8077", &strings(&["app", "APP", "10.0.0.7", "Q1", "no AUTHREC for PUT"]), &at);
        log.noticed("AMQ9213", &strings(&["accept", "no matter"]), &at);
        let (user, command) = ("mqm".to_owned(), "SET AUTHREC PROFILE(Q1)".to_owned());
        log.write(Audited::Command { user, command, outcome: "AMQ8862I".to_owned() }, &at);
        log.write(Audited::End("for a reason".to_owned()), &at);
        let text = std::fs::read_to_string(dir.path().join("AUDIT01.json")).expect("readable");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
        let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(events, ["start", "connect", "refused", "command", "end"]);
        assert!(text.starts_with("{\"time\":\"2023-11-14T22:13:20.123Z\",\"event\":\"start\""), "{text}");
        assert_eq!(lines[1]["program"], program.as_str());
        assert_eq!(lines[2]["id"], "AMQ8077W");
        assert_eq!(lines[2]["inserts"][3], "Q1");
        assert_eq!(lines[3]["outcome"], "AMQ8862I");
    }

    /// Strangers do not turn it over, and changes are all there.
    #[test]
    fn floods_are_counted_and_changes_are_not() {
        let dir = crate::testing::temp_dir("audit-log");
        let mut log = AuditLog::open(dir.path().to_owned(), 1 << 20).expect("opened");
        for n in 0..100_000_i64 {
            log.noticed("AMQ5534", &strings(&[&n.to_string(), "APP", "10.0.0.7"]), &At(n / 100));
            if n % 1000 == 0 {
                let (user, command) = ("mqm".to_owned(), format!("DELETE QUEUE(Q{n})"));
                log.write(Audited::Command { user, command, outcome: "AMQ8007I".to_owned() }, &At(n / 100));
            }
        }
        log.tell_rest(&At(1000));
        let text = std::fs::read_to_string(dir.path().join("AUDIT01.json")).expect("readable");
        assert_eq!(text.matches("DELETE QUEUE").count(), 100);
        let refused = text.lines().filter(|line| line.contains("AMQ5534"));
        let lines: Vec<Value> = refused.map(|line| serde_json::from_str(line).expect("an object")).collect();
        assert!(lines.len() < 20, "{}", lines.len());
        let counted: u64 = lines.iter().map(|line| 1 + line["more"].as_u64().unwrap_or(0)).sum();
        assert_eq!(counted, 100_000);
    }
}
