//! A client that is refused, and stays.

mod place;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use place::Place;

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
