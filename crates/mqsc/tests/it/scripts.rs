//! The scripts that make objects: every line is a command, and a queue manager takes them all.

use std::collections::BTreeSet;

use mqi::command::{ReplyEntry, Verb};
use mqi::object::{ObjectClass, ObjectType};
use mqsc::scripts;

use crate::executor::Executor;

#[test]
fn every_command_of_the_scripts_works() {
    let mut executor = Executor::new("QM1");
    for script in [scripts::DEFAULT, scripts::DEVELOPER] {
        for (text, command) in scripts::commands(script) {
            let command = command.unwrap_or_else(|error| panic!("{text}: {error:?}"));
            let reply = executor.execute(&command);
            assert!(!reply.is_failure(), "{text}: {reply:?}");
            assert!(matches!(reply.entries.as_slice(), [ReplyEntry::Message(_)]));
        }
    }
}

#[test]
fn the_default_objects_are_all_there() {
    let commands: Vec<_> = scripts::commands(scripts::DEFAULT)
        .into_iter()
        .map(|(text, command)| command.unwrap_or_else(|error| panic!("{text}: {error:?}")))
        .collect();
    let mut names = BTreeSet::new();
    for command in &commands {
        assert!(matches!(command.verb(), Verb::Define | Verb::Set), "{}", command.name);
        assert!(
            command.name.starts_with("SYSTEM.") || command.class() == ObjectClass::ChannelAuth,
            "{}",
            command.name
        );
        assert!(names.insert((command.class(), command.name.clone())), "{} twice", command.name);
    }
    // What DEFINE of a type begins from exists, for every type that has such an object.
    for object in ObjectType::all().filter(|object| !object.row().default_name.is_empty()) {
        let default = commands.iter().find(|command| command.name == object.row().default_name);
        assert_eq!(default.and_then(|command| command.object), Some(object), "{object:?}");
    }
    let count = |class: ObjectClass| commands.iter().filter(|command| command.class() == class).count();
    assert_eq!(count(ObjectClass::Queue), 53);
    assert_eq!(count(ObjectClass::Channel) + count(ObjectClass::ClientChannel), 11);
    assert_eq!(count(ObjectClass::Topic), 6);
    assert_eq!(count(ObjectClass::AuthInfo), 4);
    assert_eq!(count(ObjectClass::ChannelAuth), 2);
    assert_eq!(commands.len(), 85);
}
