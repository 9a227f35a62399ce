//! What an application is told whose get waits while the queue manager is ended.

mod place;

use place::Place;

/// What `amqsget`, waiting, prints when the queue manager is ended so.
fn interrupted_by(how: &str) -> String {
    let place = Place::new(&format!("ending{how}"));
    place.start(&[]);
    place.succeed(&["runmqsc", "QR"], "define qlocal(Q)\n");
    let mut getter = place.begin(&["amqsget", "Q", "QR"]);
    drop(getter.stdin.take());
    let waits = "display qstatus(Q) type(handle) hstate\n";
    while !String::from_utf8_lossy(&place.run(&["runmqsc", "QR"], waits).stdout).contains("HSTATE(ACTIVE)") {
        assert!(getter.try_wait().expect("it is ours").is_none(), "it has ended already");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    place.succeed(&["endmqm", how, "QR"], "");
    let output = getter.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn an_immediate_end_says_that_the_queue_manager_is_stopping() {
    let said = interrupted_by("-i");
    assert!(said.contains("MQGET ended with reason code 2162\n"), "{said}");
}

#[test]
fn a_controlled_end_says_that_it_is_quiescing() {
    for how in ["-w", "-c"] {
        let said = interrupted_by(how);
        assert!(said.contains("MQGET ended with reason code 2161\n"), "{said}");
        assert!(!said.contains("MQDISC ended"), "the application takes its time: {said}");
    }
}
