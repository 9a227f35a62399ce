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
