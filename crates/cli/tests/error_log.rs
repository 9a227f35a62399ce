//! What the error log has a line for, and what it has none for.

mod place;

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use mqi::Reason;
use place::Place;
use server::attach::{AttachConfig, Attached};

/// A started queue manager with a user `app`, whose password is `right`.
struct Logged {
    place: Place,
    address: SocketAddr,
}

/// A port that nobody uses at the moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    listener.local_addr().expect("it is bound").port()
}

impl Logged {
    fn start(name: &str, script: &str) -> Self {
        let (place, port) = (Place::new(name), free_port());
        place.succeed(&["crtmqm", "-lf", "64", "-p", &port.to_string(), "QR"], "");
        place.succeed(&["passwd", "-m", "QR", "app"], "right\n");
        place.succeed(&["strmqm", "QR"], "");
        place.succeed(&["runmqsc", "QR"], script);
        Self { place, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    fn connect(&self, channel: &str, user: &str, password: Option<&str>) -> Result<Attached, Reason> {
        let config = AttachConfig {
            channel: channel.to_owned(),
            qmgr_name: "QR".to_owned(),
            user: user.to_owned(),
            credentials: password.map(|password| (user.to_owned(), password.into())),
            appl_name: "logged".to_owned(),
        };
        Attached::tcp(&self.address.to_string(), config, Some(Duration::from_secs(30)))
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.paths().errors().join("AMQERR01.LOG")).expect("it is there")
    }

    /// The entry with this id, once it is there, whose inserts are these among others.
    #[track_caller]
    fn entry(&self, id: &str, inserts: &[&str]) -> String {
        let (limit, rule) = (Instant::now() + Duration::from_secs(30), "-".repeat(77));
        loop {
            let log = self.log();
            let mut entries = log.split(&*rule);
            let is_it = |entry: &&str| {
                entry.contains(&format!("\n{id}: "))
                    && inserts.iter().all(|insert| entry.contains(&format!("({insert})")))
            };
            if let Some(entry) = entries.find(is_it) {
                return entry.to_owned();
            }
            assert!(Instant::now() < limit, "no {id} with {inserts:?} in:\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

const CHANNELS: &str = "\
DEFINE CHANNEL(APP) CHLTYPE(SVRCONN) MAXINST(5) MAXINSTC(1)
DEFINE CHANNEL(CLOSED) CHLTYPE(SVRCONN)
STOP CHANNEL(CLOSED)
DEFINE CHANNEL(TO.OTHER) CHLTYPE(SDR) CONNAME('other') XMITQ(OTHER)
SET CHLAUTH(APP) TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL) CHCKCLNT(REQUIRED)
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT)
";

#[test]
fn who_is_refused_is_named() {
    let logged = Logged::start("refusals", CHANNELS);
    for (channel, user, password, reason, id, inserts) in [
        ("APP", "app", Some("wrong"), 2035, "AMQ5534E", &["app", "APP", "127.0.0.1"][..]),
        ("APP", "nobody", Some("right"), 2035, "AMQ5534E", &["nobody", "APP", "127.0.0.1"]),
        ("APP", "app", None, 2035, "AMQ5540E", &["app", "APP", "127.0.0.1"]),
        ("NO.SUCH.CHANNEL", "app", Some("right"), 2540, "AMQ9519E", &["NO.SUCH.CHANNEL", "127.0.0.1"]),
        ("CLOSED", "app", Some("right"), 2537, "AMQ9534E", &["CLOSED", "127.0.0.1"]),
        ("TO.OTHER", "app", Some("right"), 2539, "AMQ9547E", &["TO.OTHER", "127.0.0.1"]),
    ] {
        let refused = logged.connect(channel, user, password).map(drop);
        assert_eq!(refused, Err(Reason(reason)), "{channel} {user} {password:?}");
        logged.entry(id, inserts);
    }
    let first = logged.connect("APP", "app", Some("right"));
    let first = first.unwrap_or_else(|reason| panic!("{reason}: {}", logged.log()));
    let second = logged.connect("APP", "app", Some("right")).map(drop);
    assert_eq!(second, Err(Reason(2537)));
    logged.entry("AMQ9490E", &["1", "APP", "127.0.0.1"]);
    drop(first);
    assert!(!logged.log().contains("AMQ9999E"), "{}", logged.log());
}

#[test]
fn administrators_who_end_others_are_named() {
    let logged = Logged::start("stops", CHANNELS);
    let user = server::users::name_of(server::users::current());
    let mut first = logged.connect("APP", "app", Some("right")).expect("connected");
    logged.place.succeed(&["runmqsc", "QR"], "STOP CHANNEL(APP) MODE(FORCE)\n");
    logged.entry("AMQ9528I", &["APP", &user, "1"]);
    assert!(first.commit().is_err());
    logged.place.succeed(&["runmqsc", "QR"], "START CHANNEL(APP)\n");
    let _second = logged.connect("APP", "app", Some("right")).expect("connected");
    let shown = logged.place.succeed(&["runmqsc", "QR"], "DISPLAY CONN(*) WHERE(CHANNEL EQ APP)\n");
    let (_, id) = shown.split_once("   CONN(").expect("shown");
    let id = &id[..id.find(')').expect("closed")];
    logged.place.succeed(&["runmqsc", "QR"], &format!("STOP CONN({id})\n"));
    logged.entry("AMQ8457I", &["logged", "app", "APP", "127.0.0.1", &user]);
}

#[test]
fn an_orderly_life_is_told_from_start_to_end() {
    let logged = Logged::start("life", "DEFINE QLOCAL(Q)\n");
    let mut getter = logged.place.begin(&["amqsget", "Q", "QR"]);
    drop(getter.stdin.take());
    while !logged.place.succeed(&["runmqsc", "QR"], "DISPLAY QSTATUS(Q) IPPROCS\n").contains("IPPROCS(1)") {
        std::thread::sleep(Duration::from_millis(20));
    }
    logged.place.succeed(&["endmqm", "-i", "QR"], "");
    getter.wait().expect("it ends");
    logged.entry("AMQ8003I", &["QR", mqi::version::VRMF]);
    logged.entry("AMQ8004I", &["QR"]);
    let log = logged.log();
    let ids: Vec<&str> = log.lines().filter(|line| line.starts_with("AMQ")).map(|line| &line[..8]).collect();
    assert_eq!(ids, ["AMQ8003I", "AMQ8004I"], "{log}");
}

#[test]
fn a_listener_that_cannot_listen_is_told_once() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there are free ports");
    let port = taken.local_addr().expect("it is bound").port();
    let place = Place::new("taken");
    place.start(&["-p", &port.to_string()]);
    let log = std::fs::read_to_string(place.paths().errors().join("AMQERR01.LOG")).expect("it is there");
    assert_eq!(log.matches("\nAMQ9218E: ").count(), 1, "{log}");
}

#[test]
fn lack_of_space_is_told_and_its_end() {
    let place = Place::new("space");
    place.succeed(&["crtmqm", "-lf", "64", "QR"], "");
    let ini = place.paths().qm_ini();
    let text = std::fs::read_to_string(&ini).expect("it is there");
    std::fs::write(&ini, text.replace("Log:\n", "Log:\n   StoreMax=2097152\n")).expect("it can be written");
    place.succeed(&["strmqm", "QR"], "");
    let logged = Logged { place, address: SocketAddr::from(([127, 0, 0, 1], 1)) };
    logged.place.succeed(&["runmqsc", "QR"], "DEFINE QLOCAL(Q) DEFPSIST(YES)\n");
    let lines = format!("{}\n", "x".repeat(1000)).repeat(3000);
    let mut putter = logged.place.begin(&["amqsput", "Q", "QR"]);
    // It ends when it is refused, and reads no further.
    let _ = std::io::Write::write_all(&mut putter.stdin.take().expect("it is piped"), lines.as_bytes());
    putter.wait_with_output().expect("it ends");
    logged.entry("AMQ7463W", &["QR"]);
    logged.entry("AMQ7479W", &["1"]);
    let log = logged.log();
    assert_eq!(log.matches("\nAMQ7479W: ").count(), 1, "once a minute: {log}");
    logged.place.succeed(&["runmqsc", "QR"], "CLEAR QLOCAL(Q)\n");
    logged.entry("AMQ7464I", &["QR"]);
}

#[test]
fn strangers_do_not_turn_the_logs_over() {
    const STRANGERS: u64 = 1000;
    let port = free_port();
    let place = Place::new("strangers");
    place.succeed(&["crtmqm", "-lf", "64", "-p", &port.to_string(), "QR"], "");
    let ini = place.paths().qm_ini();
    let text = std::fs::read_to_string(&ini).expect("it is there");
    // Three of these hold 160 entries.
    std::fs::write(&ini, text + "\nQMErrorLog:\n   ErrorLogSize=32768\n").expect("it can be written");
    place.succeed(&["strmqm", "QR"], "");
    let logged = Logged { place, address: SocketAddr::from(([127, 0, 0, 1], port)) };
    for n in 0..STRANGERS {
        let refused = logged.connect(&format!("NO.CHANNEL.{n}"), "app", None).map(drop);
        assert_eq!(refused, Err(Reason(2035)));
    }
    logged.place.succeed(&["endmqm", "-i", "QR"], "");
    let directory = logged.place.paths().errors();
    let log = |n: u32| std::fs::read_to_string(directory.join(format!("AMQERR{n:02}.LOG")));
    let logs: String = [3, 2, 1].into_iter().map(|n| log(n).unwrap_or_default()).collect();
    assert!(logs.contains("\nAMQ8003I: "), "the start has been forgotten:\n{logs}");
    // None of them goes uncounted.
    let rule = "-".repeat(77);
    let stands_for = |entry: &str| -> u64 {
        match entry.split_once("It stands for ") {
            Some((_, rest)) => rest.split(' ').next().and_then(|n| n.parse().ok()).expect("a number"),
            None => 1,
        }
    };
    let refusals = logs.split(&*rule).filter(|entry| entry.contains("\nAMQ5540E: "));
    assert_eq!(refusals.map(stands_for).sum::<u64>(), STRANGERS, "{logs}");
}
