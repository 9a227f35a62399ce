//! DISPLAY CHSTATUS of a client that is connected: what the shell counts is there.

mod place;

use std::net::TcpListener;
use std::time::Duration;

use mqi::constants::*;
use mqi::{Md, Pmo};
use place::Place;
use server::attach::{AttachConfig, Attached};

/// The figure of an attribute.
#[track_caller]
fn figure(shown: &str, keyword: &str) -> u64 {
    let value = shown.split_once(&format!(" {keyword}(")).and_then(|(_, rest)| rest.split_once(')'));
    value.and_then(|(value, _)| value.parse().ok()).unwrap_or_else(|| panic!("{keyword} in {shown}"))
}

#[test]
fn the_calls_of_a_client_are_counted() {
    let place = Place::new("chstatus");
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("it is bound");
    drop(free);
    place.start(&["-lf", "64", "-p", &address.port().to_string()]);
    let user = server::users::name_of(server::users::current());
    place.succeed(
        &["runmqsc", "QR"],
        &format!(
            "ALTER QMGR CHLAUTH(DISABLED) CONNAUTH(' ')\nREFRESH SECURITY TYPE(CONNAUTH)\nDEFINE QLOCAL(Q)\n\
             DEFINE CHANNEL(C) CHLTYPE(SVRCONN) MCAUSER('{user}')\n"
        ),
    );
    let config = AttachConfig {
        channel: "C".to_owned(),
        qmgr_name: "QR".to_owned(),
        user: user.clone(),
        credentials: None,
        appl_name: "counted".to_owned(),
    };
    let limit = Some(Duration::from_secs(30));
    let mut client = Attached::tcp(&address.to_string(), config, limit).expect("it is let in");
    let show = || place.succeed(&["runmqsc", "-e", "QR"], "DISPLAY CHSTATUS(C) MSGS LSTMSGTI\n");
    let queue = client.open_queue("Q", MQOO_OUTPUT).expect("it is there");
    let before = figure(&show(), "MSGS");
    for _ in 0..3 {
        let pmo = Pmo { version: 2, options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
        client.put(queue, Md::default(), pmo, b"text".to_vec()).expect("it takes messages");
    }
    assert_eq!(figure(&show(), "MSGS"), before + 3);
    assert!(before >= 2, "MQCONN and MQOPEN");
    client.disconnect().expect("it ends");
}
