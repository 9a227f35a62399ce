//! DISPLAY QMSTATUS of a queue manager that runs: what its table lists is there and says something.

mod place;

use std::time::{Duration, Instant};

use mqi::object::ObjectType;
use mqi::object::standing::{self, Standing};
use place::Place;

/// The attributes that are not as the lists say.
fn wrong(shown: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for attribute in ObjectType::QmgrStatus.attributes() {
        let value = shown.split_once(&format!(" {}(", attribute.keyword)).map(|(_, rest)| {
            let (value, _) = rest.split_once(')').expect("a closing bracket");
            value.trim().to_owned()
        });
        let is_right = match (standing::of(ObjectType::QmgrStatus, attribute), &value) {
            (Standing::Absent, value) => value.is_none(),
            (Standing::Constant, value) => value.is_some(),
            (_, value) => value.as_ref().is_some_and(|value| !value.is_empty()),
        };
        if !is_right {
            wrong.push(format!("{}: {value:?}", attribute.keyword));
        }
    }
    wrong
}

#[test]
fn every_figure_is_there() {
    let place = Place::new("qmstatus");
    place.start(&["-lf", "64"]);
    let show = || place.succeed(&["runmqsc", "-e", "QR"], "DISPLAY QMSTATUS ALL\n");
    // The first checkpoint of a run dates what a restart would read from.
    let limit = Instant::now() + Duration::from_secs(60);
    while !wrong(&show()).is_empty() && Instant::now() < limit {
        place.succeed(&["runmqsc", "QR"], "DEFINE QLOCAL(Q) REPLACE\n");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(wrong(&show()), Vec::<String>::new(), "{}", show());
    assert!(show().contains("CMDSERV(RUNNING)"));
}

#[test]
fn the_command_server_is_part_of_the_system_and_runmqsc_hides_its_queue() {
    let place = Place::new("system");
    place.start(&["-lf", "64"]);
    let commands = "DISPLAY CONN(*) APPLTYPE WHERE(APPLTAG EQ 'amqpcsea')\nDISPLAY QLOCAL(MQSC*)\n";
    let shown = String::from_utf8_lossy(&place.run(&["runmqsc", "-e", "QR"], commands).stdout).into_owned();
    assert!(shown.contains("APPLTYPE(SYSTEM)"), "{shown}");
    assert!(shown.contains("AMQ8147E: Packhorse object MQSC* not found."), "{shown}");
}
