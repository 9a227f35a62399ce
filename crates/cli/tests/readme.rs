//! The commands of README.md, run as they are printed: on a terminal of 80 columns, and in a pipe.

mod terminal;

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mqi::constants::{MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPMO_NO_SYNCPOINT};
use mqi::{Gmo, Md, Pmo};
use server::attach::{AttachConfig, Attached};
use terminal::Terminal;

const README: &str = include_str!("../../../README.md");
const HELLO: &str = include_str!("../../../examples/java/src/main/java/Hello.java");

/// A clone as the README has it, as far as its commands are concerned, on an account of its own.
struct Account {
    home: PathBuf,
    port: u16,
}

impl Account {
    fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("packhorse-readme-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&home);
        fs::create_dir_all(home.join("target")).expect("the temporary directory can be written");
        let built = Path::new(env!("CARGO_BIN_EXE_packhorse")).parent().expect("it is in a directory");
        std::os::unix::fs::symlink(built, home.join("target/release")).expect("it is not there yet");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        Self { home, port: port.expect("a port is free").port() }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("MQ_OVERRIDE_DATA_PATH", self.home.join("data"))
            .env("PATH", format!("{}:/usr/bin:/bin", self.home.join("target/release").display()));
        command
    }

    /// A script that stops at the first command that fails.
    fn shell(&self, script: &str) -> Command {
        self.command("/bin/sh", &["-ec", script])
    }

    /// Runs a script; `typed` answers the prompts of these words. What it showed.
    #[track_caller]
    fn run(&self, script: &str, is_terminal: bool, typed: &[(&str, &str)]) -> String {
        if is_terminal {
            let mut terminal = Terminal::start(&self.shell(script));
            for (prompt, text) in typed {
                terminal.expect(prompt);
                terminal.send(&format!("{text}\n"));
            }
            let status = terminal.wait();
            assert!(status.success(), "{script}\n{}", terminal.seen());
            return terminal.seen().to_owned();
        }
        let mut command = self.shell(script);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("there is a shell");
        let mut stdin = child.stdin.take().expect("it is piped");
        // What is asked for twice on a terminal is asked for once here.
        let input = typed.first().map_or_else(String::new, |(_, text)| format!("{text}\n"));
        // A script that asks for nothing may be over before.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{script}\n{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        for name in ["QM1", "QM2"] {
            let _ = self.command(env!("CARGO_BIN_EXE_packhorse"), &["endmqm", "-p", name]).output();
        }
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// A process that does not outlive the test.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The block of code that has this in it.
#[track_caller]
fn block(with: &str) -> &'static str {
    let blocks = README.split("```").skip(1).step_by(2);
    let found = blocks.filter_map(|block| block.split_once('\n')).find(|(_, code)| code.contains(with));
    found.unwrap_or_else(|| panic!("README.md has no block with '{with}'")).1
}

#[test]
fn what_it_says_about_versions_and_java_is_what_is_there() {
    let rust = concat!("Rust ", env!("CARGO_PKG_RUST_VERSION"));
    assert!(README.contains(rust), "README.md does not name {rust}");
    assert_eq!(block("class Hello"), HELLO);
}

fn five_minutes(is_terminal: bool) {
    let account = Account::new(&format!("five-{is_terminal}"));
    assert!(block("git clone").ends_with("cargo run --release -- dev\n"), "how to start it");
    let port = account.port.to_string();
    let mut dev = account.command(env!("CARGO_BIN_EXE_packhorse"), &["dev", "--port", &port]);
    let _dev = Background(dev.stdout(Stdio::null()).spawn().expect("it runs"));
    let started = "until packhorse dspmq | grep -q '(Running)'; do sleep 0.1; done";
    account.run(started, false, &[]);
    let seen = account.run(block("amqsput"), is_terminal, &[]);
    assert!(seen.contains("CURDEPTH(1)") && seen.contains("message <hello>"), "{seen}");

    let commands: Vec<&str> = README.split('`').filter(|code| code.starts_with("packhorse ")).collect();
    let passwords = [("New password of app: ", "s3cret"), ("The same again: ", "s3cret")];
    for (command, typed) in [
        ("packhorse passwd -m QM1 app", &passwords[..]),
        ("packhorse endmqm -i QM1", &[]),
        ("packhorse dltmqm QM1", &[]),
        ("packhorse help", &[]),
    ] {
        assert!(commands.contains(&command), "README.md does not say '{command}'");
        account.run(command, is_terminal, typed);
    }
    assert_eq!(account.run("packhorse dspmq", false, &[]), "");
}

#[test]
fn five_minutes_on_a_terminal() {
    five_minutes(true);
}

#[test]
fn five_minutes_in_a_pipe() {
    five_minutes(false);
}

fn by_hand(is_terminal: bool) {
    let account = Account::new(&format!("hand-{is_terminal}"));
    let script = block("crtmqm -p 1415").replace("1415", &account.port.to_string());
    let typed = [("New password of orders: ", "s3cret"), ("The same again: ", "s3cret")];
    let seen = account.run(&script, is_terminal, &typed);
    assert!(seen.contains("No commands have a syntax error."), "{seen}");
    assert!(seen.contains("All valid MQSC commands were processed."), "{seen}");

    // What Java does.
    let connect = |password: Option<&str>| {
        let config = AttachConfig {
            channel: "ORDERS.CLIENTS".to_owned(),
            qmgr_name: "QM2".to_owned(),
            user: "orders".to_owned(),
            credentials: password.map(|password| ("orders".to_owned(), password.into())),
            appl_name: "reader".to_owned(),
        };
        Attached::tcp(&format!("127.0.0.1:{}", account.port), config, None)
    };
    let mut connection = connect(Some("s3cret")).expect("the user may connect");
    let hobj = connection.open_queue("ORDERS", MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("and use the queue");
    let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
    connection.put(hobj, Md::default(), pmo, b"hello".to_vec()).expect("and put");
    let got = connection.get(hobj, Md::v2(), Gmo::default(), 100).expect("and get");
    assert_eq!((&got.body[..], got.md.persistence), (&b"hello"[..], 1));
    drop(connection);
    assert!(connect(None).is_err(), "a name proves nothing");

    let path = "export PATH=\"$HOME/bin:$PATH\"\n";
    account.run(&format!("{path}{}", block("endmqm -i QM2")), is_terminal, &[]);
    assert_eq!(account.run("packhorse dspmq", false, &[]), "");
}

#[test]
fn by_hand_on_a_terminal() {
    by_hand(true);
}

#[test]
fn by_hand_in_a_pipe() {
    by_hand(false);
}

/// The MQSC of docs/operating.md is known here, and its commands are.
#[test]
fn what_the_manual_says_to_watch_can_be_asked() {
    let manual = include_str!("../../../docs/operating.md");
    let (_, watching) = manual.split_once("## Watching it").expect("the section is there");
    let (watching, _) = watching.split_once("\n## ").expect("another one follows");
    let spans: Vec<&str> = watching.split('`').skip(1).step_by(2).collect();
    let mqsc: Vec<&str> = spans.iter().copied().filter(|span| span.starts_with("DISPLAY ")).collect();
    assert!(mqsc.len() >= 8, "{spans:?}");
    let account = Account::new("manual");
    account.run("packhorse crtmqm QM1; packhorse strmqm QM1", false, &[]);
    let mut connection = account.command("packhorse", &["amqsget", "Q1", "QM1"]);
    account.run("echo 'DEFINE QLOCAL(Q1)' | packhorse runmqsc QM1", false, &[]);
    account.run("echo hello | packhorse amqsput Q1 QM1", false, &[]);
    let _getter = Background(connection.stdout(Stdio::null()).spawn().expect("it runs"));
    let script = format!("packhorse runmqsc QM1 << END || true\n{}\nEND", mqsc.join("\n"));
    let seen = account.run(&script, false, &[]);
    assert!(seen.contains("No commands have a syntax error."), "{seen}");
    assert!(!seen.contains("AMQ8990E") && !seen.contains("AMQ8405"), "{seen}");
    let shown = account.run("packhorse dspmq -m QM1; packhorse mqrc 2035", false, &[]);
    assert!(shown.contains("STATUS(Running)") && shown.contains("MQRC_NOT_AUTHORIZED"), "{shown}");
}
