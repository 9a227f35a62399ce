//! DISPLAY of many: made in slices, told in batches, whatever happens meanwhile.

use std::collections::BTreeSet;

use mqi::command::{CommandReply, ObjectRow, ReplyEntry};
use mqi::object::Value;
use qmgr::{ConversationId, Input, SocketFacts, Ticket};

use crate::admin::World;

/// A queue manager with the queues Q000 to Q799.
fn with_queues() -> World {
    let mut world = World::new();
    for number in 0..800 {
        assert!(!world.command(&format!("DEFINE QLOCAL(Q{number:03})")).is_failure);
    }
    world
}

fn name(row: &ObjectRow) -> String {
    row.attributes.first().and_then(|(_, value)| Value::as_text(value)).expect("a name").to_owned()
}

fn names(reply: &CommandReply) -> Vec<String> {
    let rows = reply.entries.iter().map(|entry| match entry {
        ReplyEntry::Object(row) => name(row),
        ReplyEntry::Message(message) => panic!("{message:?}"),
    });
    rows.collect()
}

/// Lets time pass until the reply is there; how many slices that took.
fn finish(world: &mut World, ticket: u64) -> (CommandReply, usize) {
    for count in 0..100_000 {
        if let Some(reply) = world.replied(ticket) {
            return (reply, count);
        }
        assert!(world.kernel.deadline().is_some(), "somebody goes on");
        world.send(Input::Tick);
    }
    panic!("no reply");
}

#[test]
fn a_long_list_is_made_in_slices() {
    let mut world = with_queues();
    world.begin(1_000_000, "DISPLAY QUEUE(Q*) ALL");
    assert_eq!(world.replied(1_000_000), None);
    // What comes meanwhile is answered first; the list sees what is defined before it gets there.
    assert!(!world.command("DEFINE QLOCAL(Q999)").is_failure);
    assert_eq!(world.command("DISPLAY QLOCAL(Q500) CURDEPTH").lines.len(), 3);
    assert_eq!(world.replied(1_000_000), None);
    let (reply, slices) = finish(&mut world, 1_000_000);
    assert_eq!(reply.entries.len(), 801);
    assert!(slices >= 800 / 50 - 1, "{slices}");
    assert_eq!(world.kernel.deadline(), None);
}

#[test]
fn nothing_is_made_for_whoever_has_no_room() {
    let mut world = with_queues();
    world.has_room = false;
    world.begin(1_000_000, "DISPLAY QUEUE(Q*) ALL");
    let mut told = 0;
    for _ in 0..5 {
        for _ in 0..100 {
            world.send(Input::Tick);
        }
        assert_eq!(world.kernel.deadline(), None, "it rests");
        let now = world.told(1_000_000).len();
        assert!(now > told && now - told <= 100, "{now} after {told}");
        told = now;
        world.send(Input::CommandMore { ticket: Ticket(1_000_000) });
    }
    // Whoever has gone is told nothing more, and what he has not asked for is not there.
    world.send(Input::CommandDropped { ticket: Ticket(1_000_000) });
    world.send(Input::CommandMore { ticket: Ticket(1_000_000) });
    world.send(Input::Tick);
    assert_eq!((world.kernel.deadline(), world.replied(1_000_000)), (None, None));
    assert_eq!(world.told(1_000_000).len(), told);
}

#[test]
fn lists_take_turns() {
    let mut world = with_queues();
    for ticket in 1_000_000..1_000_010 {
        world.begin(ticket, "DISPLAY QUEUE(Q*) ALL");
    }
    world.begin(1_000_010, "DISPLAY QUEUE(Q0*) MAXDEPTH");
    // A list of four batches does not wait for ten of thirty-two.
    let (reply, slices) = finish(&mut world, 1_000_010);
    assert_eq!(reply.entries.len(), 100);
    assert!(slices <= 6 * 11, "{slices}");
    for ticket in 1_000_000..1_000_010 {
        assert_eq!(finish(&mut world, ticket).0.entries.len(), 800);
    }
}

#[test]
fn what_comes_and_goes_meanwhile_is_shown_once_or_not() {
    let mut world = with_queues();
    let kept: BTreeSet<String> = (0..800).filter(|n| n % 3 != 0).map(|n| format!("Q{n:03}")).collect();
    world.begin(1_000_000, "DISPLAY QUEUE(Q*)");
    // Everywhere: before the cursor, at it, behind it; some come again.
    for number in (0..800).step_by(3) {
        assert!(!world.command(&format!("DELETE QLOCAL(Q{number:03})")).is_failure);
        world.command(&format!("DEFINE QLOCAL(Q{number:03}.NEW)"));
        if number % 2 == 0 {
            world.command(&format!("DEFINE QALIAS(Q{number:03}) TARGET(X)"));
        }
        if number % 4 == 0 {
            world.send(Input::Tick);
        }
    }
    let (reply, _) = finish(&mut world, 1_000_000);
    let shown = names(&reply);
    let once: BTreeSet<String> = shown.iter().cloned().collect();
    assert_eq!(shown.len(), once.len(), "nothing twice");
    assert!(kept.is_subset(&once), "what stays is shown");
}

#[test]
fn a_list_without_its_last_object_ends_as_well() {
    let mut world = with_queues();
    world.begin(1_000_000, "DISPLAY QUEUE(Q*)");
    for number in 0..800 {
        assert!(!world.command(&format!("DELETE QLOCAL(Q{number:03})")).is_failure);
    }
    let (reply, _) = finish(&mut world, 1_000_000);
    assert!(!reply.is_failure() && !reply.entries.is_empty());
}

#[test]
fn every_list_is_in_slices() {
    let mut world = World::new();
    world.directive("run default");
    for number in 0..200 {
        for command in [
            format!("DEFINE QLOCAL(Q{number:03})"),
            format!("DEFINE CHANNEL(C{number:03}) CHLTYPE(SVRCONN)"),
            format!("DEFINE CHANNEL(C{number:03}) CHLTYPE(CLNTCONN) CONNAME(X)"),
            format!("SET CHLAUTH(C{number:03}) TYPE(ADDRESSMAP) ADDRESS('1.2.3.4') USERSRC(CHANNEL)"),
            format!("SET AUTHREC PROFILE(Q{number:03}) OBJTYPE(QUEUE) PRINCIPAL('joe') AUTHADD(GET)"),
            format!("DEFINE LISTENER(L{number:03}) TRPTYPE(TCP) PORT(2000)"),
            format!("START LISTENER(L{number:03})"),
            format!("STOP CHANNEL(C{number:03}) STATUS(STOPPED)"),
        ] {
            let answer = world.command(&command);
            assert!(!answer.is_failure, "{command}: {:?}", answer.lines);
        }
    }
    world.directive("connect A mqm proved");
    for number in 0..200 {
        world.directive("open A Q000 output");
        world.sockets.push(SocketFacts {
            channel: format!("C{number:03}"),
            conversations: vec![ConversationId(1)],
            ..SocketFacts::default()
        });
    }
    for (ticket, (command, count)) in (1_000_000..).zip([
        ("DISPLAY QUEUE(Q*)", 200),
        ("DISPLAY QSTATUS(Q*)", 200),
        ("DISPLAY CHANNEL(C*)", 400),
        ("DISPLAY CHSTATUS(C*)", 400),
        ("DISPLAY CHLAUTH(C*) MATCH(EXACT)", 0),
        ("DISPLAY CHLAUTH(*) MATCH(ALL)", 200),
        ("DISPLAY CHLAUTH(C007) MATCH(RUNCHECK) ADDRESS('1.2.3.4')", 1),
        ("DISPLAY AUTHREC PRINCIPAL('joe')", 200),
        ("DISPLAY LSSTATUS(L*)", 200),
        ("DISPLAY LISTENER(L*)", 200),
    ]) {
        world.begin(ticket, command);
        assert!(count < 100 || world.replied(ticket).is_none(), "{command}: a slice is not all");
        let (reply, slices) = finish(&mut world, ticket);
        let shown = reply.entries.iter().filter(|entry| matches!(entry, ReplyEntry::Object(_))).count();
        assert!(shown >= count && (count != 1 || shown == 1), "{command}: {shown}");
        assert!(count < 100 || slices >= count / 50 - 1, "{command}: {slices}");
    }
    let channels = world.objects("DISPLAY CHANNEL(C*)").iter().map(name).collect::<Vec<_>>();
    assert!(channels.is_sorted() && channels.len() == 400, "client channels stand with the others");
    // One queue with many handles.
    world.begin(1, "DISPLAY QSTATUS(Q000) TYPE(HANDLE)");
    let reply = finish(&mut world, 1).0;
    assert_eq!(reply.entries.len(), 200, "{:?}", reply.entries.first());
}
