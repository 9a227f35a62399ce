//! MQSC commands that a kernel executes, one a line: each is answered, each answer is printed, and what was defined is
//! there again after a restart.
//!
//! A byte before each line says who gives the command and what happens before it.

use mqi::call::{Body, Call, Long};
use mqi::{Chars, Md, Od, Pmo};
use qmgr::{Facts, Input, Ticket};

use crate::world::World;

pub(crate) fn run(input: &[u8]) {
    let mut world = World::new(1 << 20);
    world.command("DEFINE QLOCAL(Q1)");
    let conversation = world.connect();
    for line in input.split(|byte| *byte == b'\n').take(40) {
        let Some((how, text)) = line.split_first() else { continue };
        if how & 1 == 1 {
            put(&mut world, conversation);
        }
        if how & 2 == 2 {
            world.pass(1000);
        }
        let Ok(text) = std::str::from_utf8(text) else { continue };
        let Ok(command) = mqsc::parse(text) else { continue };
        let user = if how & 4 == 4 { "app" } else { "mqm" }.to_owned();
        world.send(Input::Command { ticket: Ticket(1), user, command, facts: Facts::default() });
        if world.has_ended {
            return;
        }
    }
    let shown = |world: &mut World| {
        ["QUEUE", "CHANNEL", "LISTENER", "CHLAUTH", "AUTHREC"]
            .map(|noun| mqsc::parse(&format!("DISPLAY {noun}(*) ALL")).is_ok().then(|| lines(world, noun)))
    };
    world.send(Input::Gone { conversation });
    world.force();
    // Figures of the moment come anew with a restart; what was defined does not.
    world.restart();
    let before = shown(&mut world);
    world.begin_checkpoint();
    world.force();
    world.restart();
    assert_eq!(shown(&mut world), before, "a restart changes nothing");
}

fn lines(world: &mut World, noun: &str) -> Vec<String> {
    world.command(&format!("DISPLAY {noun}(*) ALL"))
}

fn put(world: &mut World, conversation: qmgr::ConversationId) {
    let od = Box::new(Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() });
    let body = Long::whole(Body::from(b"text".to_vec()));
    let md = Box::new(Md { persistence: 1, ..Md::default() });
    world.call(conversation, Call::Put1 { od, md, pmo: Box::<Pmo>::default(), body });
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let lines: Vec<Vec<u8>> =
        crate::mqsc::seeds().into_iter().map(|line| [&[b'0'][..], &line, b"\n"].concat()).collect();
    lines.chunks(3).map(|some| some.concat()).collect()
}
