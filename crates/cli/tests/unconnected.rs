//! Clients that are refused, and stay; sockets on which nobody ever connects.

mod place;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use mqi::Reason;
use place::Place;
use server::attach::{AttachConfig, Attached};

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What a client sends up to its MQCONN, to a queue manager of another name.
const SENT: [&str; 3] = [
    include_str!("../../channel/tests/vectors/init-client-first-tsh-be.hex"),
    include_str!("../../channel/tests/vectors/init-client-second-tshm-le.hex"),
    include_str!("../../channel/tests/vectors/conn-req-332-tshm-be.hex"),
];

fn bytes(vector: &str) -> Vec<u8> {
    let digits = vector.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    digits.map(|byte| u8::from_str_radix(byte, 16).expect("it is in hex")).collect()
}

fn free_port() -> u16 {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    port.expect("a port is free").port()
}

/// One of the channel of the vectors who sends so many of them, and what the last was answered with.
fn stranger(port: u16, sends: usize) -> (TcpStream, Vec<u8>) {
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    client.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    let mut answer = vec![0; 65_536];
    let mut length = 0;
    for vector in &SENT[..sends] {
        client.write_all(&bytes(vector)).expect("it is taken");
        length = client.read(&mut answer).expect("it is answered");
        assert!(length > 0, "it was closed");
    }
    answer.truncate(length);
    (client, answer)
}

fn connect(port: u16, channel: &str, password: Option<&str>) -> Result<Attached, Reason> {
    let config = AttachConfig {
        channel: channel.to_owned(),
        user: "app".to_owned(),
        credentials: password.map(|password| ("app".to_owned(), password.into())),
        appl_name: "honest".to_owned(),
        ..AttachConfig::default()
    };
    Attached::tcp(&format!("127.0.0.1:{port}"), config, Some(LIMIT))
}

/// A user with a password, and the channel of the vectors, of which there may be one instance.
const SCRIPT: &str = "\
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT,INQ)
ALTER QMGR CHLAUTH(DISABLED)
DEFINE CHANNEL(SYSTEM.ADMIN.SVRCONN) CHLTYPE(SVRCONN) REPLACE MAXINST(1) MAXINSTC(1)
DEFINE CHANNEL(STOPPED) CHLTYPE(SVRCONN)
DEFINE CHANNEL(RECEIVER) CHLTYPE(RCVR)
STOP CHANNEL(STOPPED)
";

#[test]
fn who_never_connects_keeps_nobody_out() {
    const CHANNEL: &str = "SYSTEM.ADMIN.SVRCONN";
    let place = Place::new("strangers");
    let port = free_port();
    place.succeed(&["crtmqm", "-p", &port.to_string(), "QR"], "");
    let ini = place.data().join("qmgrs/QR/qm.ini");
    let text = std::fs::read_to_string(&ini).expect("there is one") + "\nChannels:\n   MaxChannels=1\n";
    std::fs::write(&ini, text).expect("it can be written");
    place.succeed(&["passwd", "-m", "QR", "app"], "right\n");
    place.succeed(&["strmqm", "QR"], "");
    place.succeed(&["runmqsc", "QR"], SCRIPT);
    let strangers: Vec<_> = (0..60).map(|n| stranger(port, n % 4)).collect();
    let honest = connect(port, CHANNEL, Some("right")).expect("there is room");
    // Nobody who has not proved who he is learns that it is full now.
    for password in [None, Some("wrong")] {
        assert_eq!(connect(port, CHANNEL, password).err(), Some(Reason::NOT_AUTHORIZED));
    }
    assert_eq!(connect(port, CHANNEL, Some("right")).err(), Some(Reason::CHANNEL_NOT_AVAILABLE));
    let log = std::fs::read_to_string(place.paths().errors().join("AMQERR01.LOG")).expect("there is a log");
    assert!(log.contains("AMQ9513E"), "{log}");
    honest.disconnect().expect("it ends");
    // It is gone when its socket is.
    let again = (0..600).find_map(|_| {
        let again = connect(port, CHANNEL, Some("right")).ok();
        if again.is_none() {
            std::thread::sleep(Duration::from_millis(100));
        }
        again
    });
    again.expect("there is room again");
    drop(strangers);
}

#[test]
fn strangers_take_places_from_each_other_only() {
    let place = Place::new("places");
    let port = free_port();
    place.succeed(&["crtmqm", "-p", &port.to_string(), "QR"], "");
    place.succeed(&["passwd", "-m", "QR", "app"], "right\n");
    // A quarter of the descriptors is for strangers, three quarters of that for those of one address.
    let packhorse = env!("CARGO_BIN_EXE_packhorse");
    let start = std::process::Command::new("sh")
        .args(["-c", &format!("ulimit -n 256 && exec {packhorse} strmqm QR")])
        .env("MQ_OVERRIDE_DATA_PATH", place.data())
        .output();
    assert!(start.expect("there is a shell").status.success());
    place.succeed(&["runmqsc", "QR"], SCRIPT);
    let honest = connect(port, "SYSTEM.ADMIN.SVRCONN", Some("right")).expect("there is room");
    let mut strangers: Vec<_> =
        (0..400).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens")).collect();
    let (mut last, answer) = stranger(port, 1);
    assert!(!answer.is_empty(), "the newest is heard");
    // The oldest have gone.
    for stranger in &mut strangers[..300] {
        stranger.set_read_timeout(Some(LIMIT)).expect("it is a socket");
        assert!(matches!(stranger.read(&mut [0; 8]), Ok(0) | Err(_)));
    }
    last.write_all(&bytes(SENT[1])).expect("it is there still");
    assert!(last.read(&mut [0; 4096]).expect("it is answered") > 0);
    // Who is connected has not noticed.
    honest.disconnect().expect("it was there all the time");
    connect(port, "SYSTEM.ADMIN.SVRCONN", Some("right"))
        .expect("there is room")
        .disconnect()
        .expect("it ends");
}

#[test]
fn an_answer_does_not_tell_whether_there_is_a_channel() {
    let place = Place::new("uniform");
    let port = free_port();
    place.start(&["-p", &port.to_string()]);
    place.succeed(&["passwd", "-m", "QR", "app"], "right\n");
    place.succeed(&["runmqsc", "QR"], SCRIPT);
    for (channel, reason) in [
        ("NOT.DEFINED", Reason::UNKNOWN_CHANNEL_NAME),
        ("STOPPED", Reason::CHANNEL_NOT_AVAILABLE),
        ("RECEIVER", Reason::CHANNEL_CONFIG_ERROR),
    ] {
        for password in [None, Some("wrong")] {
            let refused = connect(port, channel, password).err();
            assert_eq!(refused, Some(Reason::NOT_AUTHORIZED), "{channel} {password:?}");
        }
        assert_eq!(connect(port, channel, Some("right")).err(), Some(reason), "{channel}");
    }
    // Byte for byte.
    let answers = || [1, 2, 3].map(|sends| stranger(port, sends).1);
    let defined = answers();
    place.succeed(&["runmqsc", "QR"], "DELETE CHANNEL(SYSTEM.ADMIN.SVRCONN)\n");
    assert_eq!(answers(), defined);
    let shown = place.run(&["runmqsc", "QR"], "DISPLAY CHSTATUS(*)\n");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(!shown.contains("NOT.DEFINED"), "{shown}");
}

#[test]
fn the_channel_of_one_who_was_refused_is_free_for_another() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let port = port.expect("a port is free").port();
    let place = Place::new("unconnected");
    place.start(&["-p", &port.to_string()]);
    let script = "DEFINE CHANNEL(SYSTEM.ADMIN.SVRCONN) CHLTYPE(SVRCONN) REPLACE MAXINST(1)\n";
    place.succeed(&["runmqsc", "QR"], script);
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    client.set_read_timeout(Some(LIMIT)).expect("it is a socket");
    let mut segment = vec![0; 65_536];
    for vector in SENT {
        client.write_all(&bytes(vector)).expect("it is taken");
        let length = client.read(&mut segment).expect("it is answered");
        assert!(length > 0, "it was closed");
        if vector == SENT[2] {
            assert!(
                segment[..length]
                    .windows(4)
                    .any(|word| word == 2058_i32.to_le_bytes() || word == 2058_i32.to_be_bytes())
            );
        }
    }
    let shown = || {
        let output = place.run(&["runmqsc", "QR"], "DISPLAY CHSTATUS(SYSTEM.ADMIN.SVRCONN)\n");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(shown().contains("AMQ8417I"), "{}", shown());
    while client.read(&mut segment).expect("it is not closed") > 0 {}
    assert!(shown().contains("AMQ8420"), "{}", shown());
}
