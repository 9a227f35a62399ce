//! `packhorse dev`, as somebody meets it who has never seen it: what it prints is true and can be copied.

mod terminal;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use mqi::Reason;
use server::attach::{AttachConfig, Attached};
use terminal::Terminal;

/// The last line of the screen.
const LAST: &str = "to start over";

/// A data root of its own, with no queue manager in it; gone with all that runs there when this is dropped.
struct Home {
    root: PathBuf,
    port: u16,
}

impl Home {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("packhorse-dev-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        Self { root, port: port.expect("a port is free").port() }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_packhorse"));
        command.args(arguments).env("MQ_OVERRIDE_DATA_PATH", &self.root);
        for variable in ["MQ_APP_PASSWORD", "MQ_ADMIN_PASSWORD", "LC_ALL", "LC_CTYPE", "LANG"] {
            command.env_remove(variable);
        }
        command
    }

    fn dev(&self) -> Command {
        self.command(&["dev", "--port", &self.port.to_string()])
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("it is read");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }

    #[track_caller]
    fn mqsc(&self, commands: &str) -> String {
        let output = self.run(&["runmqsc", "QM1"], commands);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn tcp(&self, channel: &str, user: &str, password: Option<&str>) -> Result<(), Reason> {
        let config = AttachConfig {
            channel: channel.to_owned(),
            qmgr_name: "QM1".to_owned(),
            user: user.to_owned(),
            credentials: password.map(|password| (user.to_owned(), password.into())),
            appl_name: "newcomer".to_owned(),
        };
        Attached::tcp(&format!("127.0.0.1:{}", self.port), config, None)?.disconnect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.run(&["endmqm", "-p", "QM1"], "");
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// `dev` with its output in a pipe.
struct Running {
    child: Child,
    screen: String,
    rest: BufReader<std::process::ChildStdout>,
}

impl Running {
    /// Started, with the whole screen read.
    #[track_caller]
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut rest = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut screen = String::new();
        while !screen.contains(LAST) {
            let read = rest.read_line(&mut screen).expect("it is text");
            assert!(read > 0, "it ended: {screen}");
        }
        Self { child, screen, rest }
    }

    /// Ctrl-C; what is said then.
    fn interrupt(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
        let mut said = String::new();
        self.rest.read_to_string(&mut said).expect("it is text");
        assert!(self.child.wait().expect("it ends").success(), "{said}");
        said
    }

    fn password_of(&self, user: &str) -> String {
        let (_, rest) = self.screen.split_once(&format!("{user}, password ")).expect("it is shown");
        rest.split(' ').next().unwrap_or_default().to_owned()
    }

    /// The lines to copy below this one, as a script for a shell.
    fn script_below(&self, title: &str) -> String {
        let (_, below) = self.screen.split_once(title).expect("the title is there");
        let lines = below.lines().skip(1).skip_while(|line| line.is_empty());
        lines.take_while(|line| line.starts_with("  ")).map(|line| format!("{line}\n")).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever has read all has waited, too.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Runs a script as somebody's shell does that knows nothing of Packhorse.
fn shell(script: &str) -> String {
    let output = Command::new("/bin/sh").args(["-ec", script]).env("PATH", "/usr/bin:/bin").output();
    let output = output.expect("there is a shell");
    assert!(output.status.success(), "{script}\n{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_taken_port_leaves_nothing_and_says_what_to_type() {
    let home = Home::new("taken");
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, home.port)).expect("it is free");
    let output = home.dev().output().expect("it runs");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find_map(|line| line.strip_prefix("  packhorse ")).expect("a command is there");
    assert!(said.contains(&format!("port {} is taken", home.port)), "{said}");
    assert!(!home.root.exists(), "something was made");
    // The command works as it is printed.
    let again: Vec<&str> = line.split(' ').collect();
    let running = Running::start(home.command(&again));
    assert!(home.mqsc("DISPLAY QLOCAL(DEV.QUEUE.1)\n").contains("AMQ8409I"), "{}", running.screen);
    drop(taken);
}

#[test]
fn developer_objects_are_made_when_they_are_missing_and_left_alone_when_not() {
    let home = Home::new("objects");
    // As an interrupted start leaves it, or an administrator.
    assert!(home.run(&["crtmqm", "QM1"], "").status.success());
    let running = Running::start(home.dev());
    let shown = home.mqsc("DISPLAY QLOCAL(DEV.*)\nDISPLAY CHANNEL(DEV.*)\nDISPLAY CHLAUTH(DEV.*)\n");
    for object in
        ["DEV.QUEUE.3", "DEV.DEAD.LETTER.QUEUE", "DEV.APP.SVRCONN", "DEV.ADMIN.SVRCONN", "CLNTUSER(admin)"]
    {
        assert!(shown.contains(object), "{object} is missing: {shown}");
    }
    let changed = home.mqsc(
        "DELETE QLOCAL(DEV.QUEUE.2)\nALTER QLOCAL(DEV.QUEUE.1) MAXDEPTH(7)\n\
         SET CHLAUTH(DEV.APP.SVRCONN) TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL) DESCR('mine') ACTION(REPLACE)\n",
    );
    assert!(changed.contains("All valid MQSC commands were processed."), "{changed}");
    running.interrupt();
    let _running = Running::start(home.dev());
    let shown = home.mqsc("DISPLAY QLOCAL(DEV.QUEUE.*) MAXDEPTH\nDISPLAY CHLAUTH(DEV.APP.SVRCONN) DESCR\n");
    for kept in ["DEV.QUEUE.2", "MAXDEPTH(7)", "DESCR(mine)"] {
        assert!(shown.contains(kept), "{kept} is missing: {shown}");
    }
}

#[test]
fn nobody_gets_in_without_a_password() {
    let home = Home::new("password");
    let mut dev = home.dev();
    dev.env("MQ_APP_PASSWORD", "s3cret");
    let running = Running::start(dev);
    assert!(running.screen.contains("app, password as in MQ_APP_PASSWORD"), "{}", running.screen);
    let admin = running.password_of("admin");
    // An address of this machine that only a listener on all addresses has.
    assert!(std::net::TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), home.port)).is_err());
    for (channel, user, password, want) in [
        ("DEV.APP.SVRCONN", "app", Some("s3cret"), Ok(())),
        ("DEV.APP.SVRCONN", "app", None, Err(Reason::NOT_AUTHORIZED)),
        ("DEV.APP.SVRCONN", "app", Some("secret"), Err(Reason::NOT_AUTHORIZED)),
        ("DEV.APP.SVRCONN", "somebody", None, Err(Reason::NOT_AUTHORIZED)),
        ("DEV.ADMIN.SVRCONN", "admin", Some(admin.as_str()), Ok(())),
        ("DEV.ADMIN.SVRCONN", "admin", None, Err(Reason::NOT_AUTHORIZED)),
        ("DEV.ADMIN.SVRCONN", "mqm", None, Err(Reason::NOT_AUTHORIZED)),
        ("SYSTEM.DEF.SVRCONN", "app", Some("s3cret"), Err(Reason::NOT_AUTHORIZED)),
    ] {
        assert_eq!(home.tcp(channel, user, password), want, "{channel} {user} {password:?}");
    }
}

/// Samples go on to their end when a queue cannot be opened, as the product's do; and whoever has no authority over
/// the command server is told so, not which call failed.
#[test]
fn what_is_refused_is_said_as_on_the_product() {
    let home = Home::new("refused");
    let running = Running::start(home.dev());
    for (sample, id, io) in [("amqsput", "AMQSPUT0", "output"), ("amqsget", "AMQSGET0", "input")] {
        let output = home.run(&[sample, "NOPE", "QM1"], "");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let want =
            format!("MQOPEN ended with reason code 2085\nunable to open queue for {io}\nSample {id} end\n");
        assert!(said.starts_with(&format!("Sample {id} start\n")) && said.ends_with(&want), "{said}");
        assert_eq!(output.status.code(), Some(2085 % 256), "{said}");
    }
    let mut command = home.command(&["runmqsc", "-c", "-u", "app", "QM1"]);
    command.env("MQSERVER", format!("DEV.APP.SVRCONN/TCP/127.0.0.1({})", home.port));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let input = format!("{}\nDISPLAY QMGR\n", running.password_of("app"));
    let mut stdin = child.stdin.take().expect("it is piped");
    // It may be refused before all is read.
    let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "AMQ8135E: Not authorized.\n");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
}

/// The lines to copy work, and what they put is there after a restart, as the screen says.
#[test]
fn what_is_printed_in_a_pipe_works_as_printed() {
    let home = Home::new("pipe");
    let running = Running::start(home.dev());
    assert!(running.screen.is_ascii(), "{}", running.screen);
    assert!(home.tcp("DEV.APP.SVRCONN", "app", Some(&running.password_of("app"))).is_ok());
    let script = running.script_below("from another terminal:");
    let (get, before): (Vec<&str>, Vec<&str>) = script.lines().partition(|line| line.contains("amqsget"));
    let exports: Vec<&str> = before.iter().copied().filter(|line| line.contains("export")).collect();
    let shown = shell(&before.join("\n"));
    assert!(shown.contains("CURDEPTH(1)"), "{script}\n{shown}");

    let said = running.interrupt();
    assert!(said.contains("QM1"), "{said}");
    // The port is kept, too.
    let again = Running::start(home.command(&["dev"]));
    assert!(again.screen.contains(&format!("port {};", home.port)), "{}", again.screen);
    assert!(again.screen.contains("app, password as before"), "{}", again.screen);
    let got = shell(&[&exports[..], &get].concat().join("\n"));
    assert!(got.contains("message <hello>"), "{got}");

    // How to stop, and how to start over.
    let command = |screen: &str, after: &str| {
        let (_, rest) = screen.split_once(after).expect("it is there");
        let (_, rest) = rest.split_once(": ").expect("a command follows");
        let command = rest.lines().next().expect("a command follows");
        [&exports[..], &[command]].concat().join("\n")
    };
    let screen = again.screen.clone();
    shell(&command(&screen, "to stop"));
    drop(again);
    shell(&command(&screen, LAST));
    assert!(home.run(&["dspmq"], "").stdout.is_empty());
}

#[test]
fn on_a_terminal_it_fits_and_has_rules_only_where_they_can_be_shown() {
    let home = Home::new("terminal");
    for (locale, has_rules) in [("C.UTF-8", true), ("C", false)] {
        let mut command = home.dev();
        command.env("LC_ALL", locale);
        let mut terminal = Terminal::start(&command);
        terminal.expect(LAST);
        terminal.send("\x03");
        assert!(terminal.wait().success(), "{}", terminal.seen());
        assert_eq!(terminal.seen().contains('─'), has_rules, "{}", terminal.seen());
        // What the terminal itself shows of the key may come before what was still to be printed.
        for line in terminal.seen().replace("^C", "").lines() {
            assert!(line.trim_end().chars().count() <= 80, "too wide: {line}");
        }
    }
}
