//! Passwords leave nothing behind: not in the memory of the queue manager, not in what the system shows of a process.

mod place;

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use mqi::Reason;
use place::Place;
use server::attach::{AttachConfig, Attached};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

fn free_port() -> u16 {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    port.expect("a port is free").port()
}

fn connect(port: u16, user: &str, password: &str) -> Result<Attached, Reason> {
    let config = AttachConfig {
        channel: "DEV.ADMIN.SVRCONN".to_owned(),
        user: user.to_owned(),
        credentials: Some((user.to_owned(), password.into())),
        appl_name: "secrets".to_owned(),
        ..AttachConfig::default()
    };
    Attached::tcp(&format!("127.0.0.1:{port}"), config, Some(LIMIT))
}

/// Places in the memory of a process where this is to be read.
fn found_in_memory(pid: u32, text: &str) -> Vec<String> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("it runs");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("it is a process of this user");
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let what = words.nth(3).unwrap_or("anonymous");
        if !rights.starts_with("rw") {
            continue;
        }
        let (start, end) = range.split_once('-').expect("a range");
        let number = |text| u64::from_str_radix(text, 16).expect("in hex");
        let (start, end) = (number(start), number(end));
        let mut bytes = vec![0; usize::try_from(end - start).expect("it is in memory")];
        if memory.read_exact_at(&mut bytes, start).is_err() {
            continue;
        }
        for (at, window) in bytes.windows(text.len()).enumerate() {
            if window == text.as_bytes() {
                let around = &bytes[at.saturating_sub(48)..(at + 64).min(bytes.len())];
                found.push(format!("{what}+{at:x}: {}", around.escape_ascii()));
            }
        }
    }
    found
}

#[test]
fn a_password_is_nowhere_in_memory_after_a_log_in() {
    let port = free_port();
    let place = Place::new("secrets");
    // As a user of the same name everywhere, so that the password alone is secret.
    let (right, wrong) = ("Tr0mbone-quartet-9", "Xylophone-octet-7");
    place.start(&["-p", &port.to_string()]);
    place.succeed(&["passwd", "-m", "QR", "app"], &format!("{right}\n"));
    let script = "DEFINE CHANNEL(DEV.ADMIN.SVRCONN) CHLTYPE(SVRCONN)\n\
                  SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT,INQ)\n";
    place.succeed(&["runmqsc", "QR"], script);
    let pid = server::attach::process_id(&place.paths()).expect("it runs");
    for _ in 0..3 {
        // In this order: the second is remembered.
        let connected = connect(port, "app", right).expect("it is the right one");
        assert_eq!(connect(port, "app", wrong).err(), Some(Reason::NOT_AUTHORIZED));
        assert_eq!(connect(port, "nobody", wrong).err(), Some(Reason::NOT_AUTHORIZED));
        drop(connected);
    }
    for (password, what) in [(right, "right"), (wrong, "wrong")] {
        // Half of it would be too much.
        let found = found_in_memory(pid, &password[..password.len() / 2]);
        assert!(found.is_empty(), "the {what} password is left: {found:#?}");
    }
    // The search finds what is there.
    assert!(!found_in_memory(pid, "DEV.ADMIN.SVRCONN").is_empty());
}

#[test]
fn a_password_is_in_no_environment_and_on_no_command_line() {
    let place = Place::new("environ");
    let password = "Bassoon-nonet-5";
    let mut dev = place.command(&["dev", "--name", "QR", "--port", &free_port().to_string()]);
    let mut child = dev.env("MQ_APP_PASSWORD", password).spawn().expect("the binary was built");
    let paths = loop {
        let paths = server::paths::Root::at(place.data()).queue_manager("QR").ok().flatten();
        if let Some(paths) = paths.filter(|paths| server::attach::process_id(paths).is_some()) {
            break paths;
        }
        assert!(child.try_wait().expect("it is ours").is_none(), "it has ended");
        std::thread::sleep(Duration::from_millis(20));
    };
    let pid = server::attach::process_id(&paths).expect("it runs");
    for what in ["environ", "cmdline"] {
        let shown = std::fs::read(format!("/proc/{pid}/{what}")).expect("it runs");
        assert!(!shown.windows(password.len()).any(|window| window == password.as_bytes()), "{what}");
        if what == "environ" {
            let path = b"MQ_OVERRIDE_DATA_PATH=";
            assert!(shown.windows(path.len()).any(|window| window == path), "the rest is there");
        }
    }
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("there is one");
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    place.run(&["endmqm", "-i", "QR"], "");
    child.wait().expect("it ends");
}
