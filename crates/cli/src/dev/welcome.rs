//! The first screen: what a newcomer needs, in lines that fit a terminal of 80 columns and can be copied as they are.
//! It is longer than one of 24 lines. What is shown once, and how to stop, comes last, so as not to be scrolled away.
//!
//! A line that is to be copied stands alone, with nothing before it but blanks and nothing behind it. The rules
//! around it all are for terminals only.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use server::paths::{QmgrPaths, Root};

use super::ADDRESS;
use crate::screen::{is_searched, path_line, shell_word};

/// Columns of the rules, and of every line but for the paths that are longer.
const WIDTH: usize = 79;

/// A user and what is known of the password.
pub(super) struct Login {
    pub(super) user: &'static str,
    pub(super) password: Password,
}

/// Where a password comes from.
pub(super) enum Password {
    /// This environment variable.
    Given(&'static str),
    /// An earlier start.
    Kept,
    /// Made now, and shown now only.
    Generated(String),
}

/// What the screen is about.
pub(super) struct Welcome<'a> {
    name: &'a str,
    data: &'a Path,
    port: u16,
    logins: &'a [Login],
    /// Directory of the program, if the shell does not find it by itself.
    bin: Option<PathBuf>,
    /// The data root, if it was chosen.
    root: Option<PathBuf>,
}

impl<'a> Welcome<'a> {
    pub(super) fn new(
        root: &Root,
        paths: &'a QmgrPaths,
        addresses: &[SocketAddr],
        logins: &'a [Login],
    ) -> Self {
        let bin = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_path_buf));
        Self {
            name: &paths.name,
            data: &paths.data,
            port: addresses.first().map_or(super::PORT, SocketAddr::port),
            logins,
            bin: bin.filter(|directory| !is_searched(directory)),
            root: std::env::var_os("MQ_OVERRIDE_DATA_PATH").map(|_| root.path().to_path_buf()),
        }
    }

    /// All of it; with rules around it if the terminal can show them.
    pub(super) fn text(&self, has_rules: bool) -> String {
        let mut lines = Vec::new();
        lines.push(format!("Packhorse {}: queue manager {} is running.", mqi::version::PROGRAM, self.name));
        self.commands(&mut lines);
        self.java(&mut lines);
        self.facts(&mut lines);
        self.end(&mut lines);
        if has_rules {
            let rule = "─".repeat(WIDTH);
            lines.insert(0, rule.clone());
            lines.push(rule);
        }
        lines.join("\n")
    }

    fn facts(&self, lines: &mut Vec<String>) {
        let Self { name, port, .. } = self;
        lines.extend([String::new(), format!("Queue manager {name}:"), String::new()]);
        let mut fact = |key: &str, value: &str| lines.push(format!("  {key:8} {value}"));
        fact("address", &format!("{ADDRESS}, port {port}; this machine only, in clear text"));
        fact("channel", "DEV.APP.SVRCONN");
        fact("queues", "DEV.QUEUE.1, DEV.QUEUE.2, DEV.QUEUE.3");
        for login in self.logins {
            let (password, remark) = match &login.password {
                Password::Given(variable) => (format!("as in {variable}"), ""),
                Password::Kept => ("as before".to_owned(), ""),
                Password::Generated(password) => (password.clone(), " (shown once)"),
            };
            let channel = if login.user == "admin" { ", channel DEV.ADMIN.SVRCONN" } else { "" };
            fact("user", &format!("{}, password {password}{remark}{channel}", login.user));
        }
        fact("data", &self.data.display().to_string());
    }

    fn commands(&self, lines: &mut Vec<String>) {
        let name = self.name;
        let mut say = |line: String| lines.push(line);
        say(String::new());
        say("A first message, from another terminal:".to_owned());
        say(String::new());
        if let Some(bin) = &self.bin {
            say(format!("  {}", path_line(bin)));
        }
        if let Some(root) = &self.root {
            say(format!("  export MQ_OVERRIDE_DATA_PATH={}", shell_word(&root.display().to_string())));
        }
        say(format!("  echo hello | packhorse amqsput DEV.QUEUE.1 {name}"));
        say(format!("  echo 'DISPLAY QLOCAL(DEV.QUEUE.1) CURDEPTH' | packhorse runmqsc {name}"));
        say(format!("  packhorse amqsget DEV.QUEUE.1 {name}"));
    }

    fn java(&self, lines: &mut Vec<String>) {
        let Self { name, port, .. } = self;
        let app = self.logins.iter().find(|login| login.user == "app");
        let password = match app.map(|login| &login.password) {
            Some(Password::Generated(password)) => format!("\"{password}\""),
            Some(Password::Given(variable)) => format!("System.getenv(\"{variable}\")"),
            Some(Password::Kept) | None => "\"PASSWORD\"".to_owned(),
        };
        lines.extend([
            String::new(),
            "In Java, with com.ibm.mq:com.ibm.mq.jakarta.client (README.md has all of it):".to_owned(),
            String::new(),
            "  var factory = new com.ibm.mq.jakarta.jms.MQConnectionFactory();".to_owned(),
            format!("  factory.setTransportType(1); factory.setHostName(\"{ADDRESS}\");"),
            format!("  factory.setPort({port}); factory.setChannel(\"DEV.APP.SVRCONN\");"),
            format!("  factory.setQueueManager(\"{name}\");"),
            format!("  var context = factory.createContext(\"app\", {password});"),
            "  var queue = context.createQueue(\"DEV.QUEUE.1\");".to_owned(),
            "  context.createProducer().send(queue, \"hello\");".to_owned(),
        ]);
    }

    fn end(&self, lines: &mut Vec<String>) {
        let name = self.name;
        lines.extend([
            String::new(),
            "Everything is kept for the next start, messages on these queues too.".to_owned(),
            format!("  to stop          Ctrl-C here, or: packhorse endmqm -i {name}"),
            format!("  new password     packhorse passwd -m {name} app"),
            format!("  to start over    stop it, then: packhorse dltmqm {name}"),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, password: Password, has_rules: bool) -> String {
        let again = match &password {
            Password::Kept => Password::Kept,
            Password::Given(_) => Password::Given("MQ_ADMIN_PASSWORD"),
            Password::Generated(text) => Password::Generated(text.clone()),
        };
        let logins = [Login { user: "app", password }, Login { user: "admin", password: again }];
        let welcome = Welcome {
            name,
            data: Path::new("/var/mqm/qmgrs/QM1"),
            port: 65_535,
            logins: &logins,
            bin: Some("/home/somebody/src/packhorse/target/release".into()),
            root: Some("/tmp/a b".into()),
        };
        welcome.text(has_rules)
    }

    #[test]
    fn every_line_fits_and_lines_to_copy_stand_alone() {
        for password in
            [Password::Kept, Password::Given("MQ_APP_PASSWORD"), Password::Generated("abcdefghjkmn".into())]
        {
            let shown = text("QM1", password, true);
            for line in shown.lines() {
                assert!(line.chars().count() < 80, "{line}");
            }
            assert!(shown.contains("\n  echo hello | packhorse amqsput DEV.QUEUE.1 QM1\n"), "{shown}");
            assert!(shown.contains("\n  export MQ_OVERRIDE_DATA_PATH='/tmp/a b'\n"), "{shown}");
        }
        assert!(text("QM1", Password::Kept, false).is_ascii());
    }

    /// On the smallest of terminals, whose last line is the cursor's.
    #[test]
    fn what_is_shown_once_and_how_to_stop_are_not_scrolled_away() {
        let shown = text("QM1", Password::Generated("abcdefghjkmn".into()), true);
        let lines: Vec<&str> = shown.lines().collect();
        let left = lines[lines.len().saturating_sub(23)..].join("\n");
        for part in [
            "address  127.0.0.1",
            "user     app, password",
            "user     admin, password",
            "to stop",
            "createContext(",
        ] {
            assert!(left.contains(part), "no {part:?} in {left}");
        }
    }

    #[test]
    fn the_java_lines_have_the_password_where_it_may_be_shown() {
        let shown = text("QM1", Password::Generated("abcdefghjkmn".into()), false);
        assert!(shown.contains("createContext(\"app\", \"abcdefghjkmn\");"), "{shown}");
        let shown = text("QM1", Password::Given("MQ_APP_PASSWORD"), false);
        assert!(shown.contains("createContext(\"app\", System.getenv(\"MQ_APP_PASSWORD\"));"), "{shown}");
    }
}
