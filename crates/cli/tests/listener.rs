//! The listener of a queue manager made by hand: within this machine, unless somebody says otherwise.

mod place;

use std::net::{Ipv4Addr, TcpListener, TcpStream};

use place::Place;

/// An address of this machine that only a listener on all addresses has.
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn check(name: &str, address: &str, is_everywhere: bool) {
    let place = Place::new(&format!("listener-{name}"));
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
    let port = port.expect("a port is free").port();
    let listener = format!("{address}{port}");
    let created = place.run(&["crtmqm", "-p", &listener, "NEVER.STARTED"], "");
    assert!(created.status.success(), "{created:?}");
    let warned = String::from_utf8_lossy(&created.stderr).contains("AMQ8997W");
    assert_eq!(warned, is_everywhere, "{created:?}");
    place.start(&["-p", &listener]);
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    assert_eq!(TcpStream::connect((OTHER, port)).is_ok(), is_everywhere);
    let log = place.paths().errors().join("AMQERR01.LOG");
    let log = std::fs::read_to_string(log).unwrap_or_default();
    assert_eq!(log.contains("AMQ8997W"), is_everywhere, "{log}");
}

#[test]
fn a_port_alone_is_on_this_machine() {
    check("port", "", false);
    check("localhost", "localhost:", false);
}

#[test]
fn all_addresses_must_be_asked_for_and_are_warned_of() {
    check("all", "*:", true);
    check("any", "0.0.0.0:", true);
}

/// A listener object, and a process that listens: without an address, and with one that others reach, they say so.
#[test]
fn listeners_without_an_address_are_warned_of_too() {
    let place = Place::new("listener-objects");
    place.start(&[]);
    let free = || {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        port.expect("a port is free").port()
    };
    let log = || {
        let log = place.paths().errors().join("AMQERR01.LOG");
        std::fs::read_to_string(log).unwrap_or_default()
    };
    for (name, address, is_everywhere) in
        [("ALL", "", true), ("ANY", "IPADDR('0.0.0.0')", true), ("HERE", "IPADDR('127.0.0.1')", false)]
    {
        let port = free();
        let script =
            format!("DEFINE LISTENER({name}) TRPTYPE(TCP) {address} PORT({port})\nSTART LISTENER({name})\n");
        place.succeed(&["runmqsc", "QR"], &script);
        assert_eq!(TcpStream::connect((OTHER, port)).is_ok(), is_everywhere, "{name}");
        assert_eq!(log().contains(&format!("CommentInsert1({name})")), is_everywhere, "{}", log());
    }
    assert_eq!(log().matches("AMQ8997W").count(), 2, "{}", log());
    for (address, is_everywhere) in [(None, true), (Some("127.0.0.1"), false)] {
        let port = free().to_string();
        let mut command = place.command(&["runmqlsr", "-t", "tcp", "-m", "QR", "-p", &port]);
        if let Some(address) = address {
            command.args(["-i", address]);
        }
        let said = place.root.join("said");
        command.stderr(std::fs::File::create(&said).expect("it can be written"));
        let mut process = command.spawn().expect("it runs");
        let begun = std::time::Instant::now();
        while TcpStream::connect(("127.0.0.1", port.parse().expect("a port"))).is_err() {
            assert!(begun.elapsed().as_secs() < 60, "it listens");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let _ = process.kill();
        let _ = process.wait();
        let said = std::fs::read_to_string(said).expect("it is there");
        assert_eq!(said.contains("AMQ8997W"), is_everywhere, "{said}");
    }
}
