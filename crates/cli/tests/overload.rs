//! What is too much is refused with its reason, and others go on: a client beside each attempt puts and gets. The table
//! is in `docs/security.md`.

mod place;

use std::net::{Ipv4Addr, TcpListener};

use mqi::constants::*;
use mqi::{Gmo, Md, Pmo, Reason};
use place::Place;
use server::attach::{AttachConfig, Attached};

struct Scene {
    place: Place,
    port: u16,
}

impl Scene {
    /// With extents of 256 KiB, of which a unit of work may stretch over three.
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = port.expect("a port is free").port();
        place.start(&["-p", &port.to_string(), "-lf", "64", "-lp", "2", "-ls", "1"]);
        place.succeed(&["passwd", "-m", "QR", "app"], "secret\n");
        place.succeed(
            &["runmqsc", "QR"],
            "DEFINE CHANNEL(APP) CHLTYPE(SVRCONN) MAXMSGL(1000000)\n\
             ALTER QMGR MAXMSGL(500000) MAXUMSGS(100)\n\
             DEFINE QLOCAL(FULL) MAXDEPTH(3)\n\
             DEFINE QLOCAL(SMALL) MAXMSGL(100)\n\
             DEFINE QLOCAL(LARGE) MAXMSGL(400000)\n\
             DEFINE QLOCAL(HONEST)\n\
             SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT,INQ)\n\
             SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT,GET,BROWSE,INQ)\n",
        );
        Self { place, port }
    }

    fn client(&self) -> Attached {
        let config = AttachConfig {
            channel: "APP".to_owned(),
            qmgr_name: "QR".to_owned(),
            user: "app".to_owned(),
            credentials: Some(("app".to_owned(), "secret".into())),
            appl_name: "overload".to_owned(),
        };
        Attached::tcp(&format!("127.0.0.1:{}", self.port), config, None).expect("it gets in")
    }

    /// An honest client beside: what it puts it gets.
    #[track_caller]
    fn goes_on(&self) {
        let mut client = self.client();
        let queue = client.open_queue("HONEST", MQOO_OUTPUT | MQOO_INPUT_SHARED).expect("it is opened");
        let md = Md { persistence: MQPER_PERSISTENT, ..Md::v2() };
        client.put(queue, md, Pmo::default(), b"honest".to_vec()).expect("it is put");
        let got = client.get(queue, Md::v2(), Gmo::default(), 100).expect("it is there");
        assert_eq!(got.body, b"honest"[..]);
    }
}

fn persistent() -> Md {
    Md { persistence: MQPER_PERSISTENT, ..Md::v2() }
}

fn in_unit() -> Pmo {
    Pmo { options: MQPMO_SYNCPOINT, ..Pmo::default() }
}

#[test]
fn what_is_too_much_for_a_queue_is_refused() {
    let scene = Scene::new("overload-queue");
    let mut client = scene.client();
    let full = client.open_queue("FULL", MQOO_OUTPUT).expect("it is opened");
    for n in 0..5 {
        let put = client.put(full, Md::v2(), Pmo::default(), b"text".to_vec()).map(|_| ());
        assert_eq!(put, if n < 3 { Ok(()) } else { Err(Reason::Q_FULL) }, "{n}");
    }
    for (queue, length, want) in [
        ("SMALL", 100, Ok(())),
        ("SMALL", 101, Err(Reason::MSG_TOO_BIG_FOR_Q)),
        ("LARGE", 400_000, Ok(())),
        ("LARGE", 400_001, Err(Reason::MSG_TOO_BIG_FOR_Q)),
        ("LARGE", 500_001, Err(Reason::MSG_TOO_BIG_FOR_CHANNEL)),
    ] {
        let mut client = scene.client();
        let to = client.open_queue(queue, MQOO_OUTPUT).expect("it is opened");
        let put = client.put(to, Md::v2(), Pmo::default(), vec![b'x'; length]).map(|_| ());
        assert_eq!(put, want, "{queue} {length}");
    }
    scene.goes_on();
}

#[test]
fn a_unit_of_work_has_an_end() {
    let scene = Scene::new("overload-unit");
    let mut client = scene.client();
    let queue = client.open_queue("LARGE", MQOO_OUTPUT).expect("it is opened");
    for n in 0..=100 {
        let put = client.put(queue, Md::v2(), in_unit(), b"text".to_vec()).map(|_| ());
        assert_eq!(put, if n < 100 { Ok(()) } else { Err(Reason::SYNCPOINT_LIMIT_REACHED) }, "{n}");
    }
    client.back().expect("it is backed out");
    // One that holds more of the log than may be is backed out while others go on.
    let mut is_backed_out = false;
    for _ in 0..90 {
        let put = client.put(queue, persistent(), in_unit(), vec![b'x'; 50_000]);
        scene.goes_on();
        if let Err(reason) = put {
            assert_eq!(reason, Reason::BACKED_OUT);
            is_backed_out = true;
            break;
        }
    }
    assert!(is_backed_out || client.commit() == Err(Reason::BACKED_OUT), "it may not go on for ever");
    let log =
        std::fs::read_to_string(scene.place.paths().errors().join("AMQERR01.LOG")).expect("it is there");
    assert!(log.contains("AMQ7469"), "{log}");
    scene.goes_on();
}

/// How often a message was backed out is counted, so that whoever gets it can put it aside.
#[test]
fn a_message_that_is_always_backed_out_says_so() {
    let scene = Scene::new("overload-poison");
    let mut client = scene.client();
    let queue = client.open_queue("HONEST", MQOO_OUTPUT | MQOO_INPUT_SHARED).expect("it is opened");
    client.put(queue, persistent(), Pmo::default(), b"poison".to_vec()).expect("it is put");
    for n in 0..5 {
        let gmo = Gmo { options: MQGMO_SYNCPOINT, ..Gmo::default() };
        let got = client.get(queue, Md::v2(), gmo, 100).expect("it is there");
        assert_eq!(got.md.backout_count, n);
        client.back().expect("it is backed out");
    }
}

/// A selector costs what its length does, however it is made.
#[test]
fn selectors_are_bounded() {
    let scene = Scene::new("overload-selector");
    let mut client = scene.client();
    let nested = format!("{}1=1{}", "(".repeat(5000), ")".repeat(5000));
    let like = format!("A LIKE '{}'", "%a".repeat(2000));
    for selector in [nested, like, "NOT ".repeat(2500) + "TRUE", "A=1 OR ".repeat(1400) + "A=2"] {
        let od = mqi::Od {
            version: 4,
            object_name: mqi::Chars::from_str_padded("HONEST"),
            selection_string: mqi::charv::Charv::new(&selector),
            ..mqi::Od::default()
        };
        // Refused or taken: the client hears of it, and nobody waits.
        let _ = client.open(od, MQOO_INPUT_SHARED);
        let queue = client.open_queue("HONEST", MQOO_OUTPUT).expect("the connection goes on");
        client.put(queue, Md::v2(), Pmo::default(), vec![b'a'; 10_000]).expect("it is put");
    }
    drop(client);
    scene.place.succeed(&["runmqsc", "QR"], "CLEAR QLOCAL(HONEST)\n");
    scene.goes_on();
}
