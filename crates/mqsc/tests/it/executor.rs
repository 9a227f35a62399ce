//! A queue manager of objects only: enough of one to answer the golden scripts. It knows nothing but the tables.

use std::collections::BTreeMap;

use mqi::command::{Command, CommandReply, Message, MessageId, ObjectRow, Requested, Takes, Verb};
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType, is_generic};

/// Objects by class and name, with their type and definition.
#[derive(Default)]
pub(crate) struct Executor {
    objects: BTreeMap<(ObjectClass, String), (ObjectType, AttributeSet)>,
}

impl Executor {
    /// A queue manager of a name, with its own object.
    pub(crate) fn new(qmgr: &str) -> Self {
        let mut definition = ObjectType::Qmgr.defaults();
        definition.set(MQCA_Q_MGR_NAME, qmgr);
        let mut objects = BTreeMap::new();
        objects.insert((ObjectClass::Qmgr, String::new()), (ObjectType::Qmgr, definition));
        Self { objects }
    }

    /// Sets the number of messages that a queue shows.
    pub(crate) fn put(&mut self, queue: &str, depth: i64) {
        if let Some((_, definition)) = self.objects.get_mut(&(ObjectClass::Queue, queue.to_owned())) {
            definition.set(MQIA_CURRENT_Q_DEPTH, depth);
        }
    }

    pub(crate) fn execute(&mut self, command: &Command) -> CommandReply {
        match (command.verb(), command.class()) {
            (Verb::Define, _) => self.define(command),
            (Verb::Alter, _) => self.alter(command),
            (Verb::Delete, _) if command.row.takes == Takes::Options => self.delete(command),
            (Verb::Display, _) => self.display(command),
            (Verb::Clear, ObjectClass::Queue) => self.clear(command),
            (Verb::Ping, ObjectClass::Qmgr) => CommandReply::done(MessageId::PING_QMGR_COMPLETE),
            (Verb::Refresh, ObjectClass::Security) => CommandReply::done(MessageId::SECURITY_REFRESHED),
            (Verb::Set, _) => CommandReply::done(command.class().row().created),
            _ => failure(Message::new(MessageId::COMMAND_FAILED), MQRCCF_COMMAND_FAILED),
        }
    }

    fn define(&mut self, command: &Command) -> CommandReply {
        let object = command.object.expect("DEFINE has a type");
        let key = (command.class(), command.name.clone());
        let existing = self.objects.get(&key).cloned();
        if existing.is_some() && !command.is_replace() {
            return failure(Message::new(MessageId::OBJECT_EXISTS), MQRCCF_OBJECT_ALREADY_EXISTS);
        }
        let like = if command.like().is_empty() { object.row().default_name } else { command.like() };
        let mut definition = match self.objects.get(&(command.class(), like.to_owned())) {
            Some((_, definition)) => definition.clone(),
            None if command.like().is_empty() => object.defaults(),
            None => return not_found(like),
        };
        definition.merge(&command.given);
        let checked = object
            .check_given(&command.given, true)
            .and_then(|()| object.check_required(&command.given, &definition))
            .and_then(|()| object.check(&definition));
        if let Err(error) = checked {
            return CommandReply::message(error.message());
        }
        let named = object.key().map_or(MQCACF_SUB_NAME, |key| key.id.0);
        definition.set(named, command.name.as_str());
        if let Some(depth) = existing.and_then(|(_, old)| old.int(MQIA_CURRENT_Q_DEPTH)) {
            definition.set(MQIA_CURRENT_Q_DEPTH, depth);
        } else if object == ObjectType::QLocal {
            definition.set(MQIA_CURRENT_Q_DEPTH, 0);
        }
        if object == ObjectType::Namelist {
            definition.set(MQIA_NAME_COUNT, definition.list(MQCA_NAMES).len() as i64);
        }
        self.objects.insert(key, (object, definition));
        CommandReply::done(command.class().row().created)
    }

    fn alter(&mut self, command: &Command) -> CommandReply {
        let key = (command.class(), command.name.clone());
        let Some((object, definition)) = self.objects.get_mut(&key) else {
            return not_found(&command.name);
        };
        let mut altered = definition.clone();
        altered.merge(&command.given);
        if let Err(error) = object.check_given(&command.given, false).and(object.check(&altered)) {
            return CommandReply::message(error.message());
        }
        *definition = altered;
        CommandReply::done(command.class().row().changed)
    }

    fn delete(&mut self, command: &Command) -> CommandReply {
        let key = (command.class(), command.name.clone());
        match self.objects.get(&key) {
            None => not_found(&command.name),
            Some((_, definition))
                if definition.int(MQIA_CURRENT_Q_DEPTH) > Some(0) && !command.is_purge() =>
            {
                failure(Message::new(MessageId::QUEUE_NOT_EMPTY), MQRC_Q_NOT_EMPTY)
            }
            Some(_) => {
                self.objects.remove(&key);
                CommandReply::done(command.class().row().deleted)
            }
        }
    }

    fn clear(&mut self, command: &Command) -> CommandReply {
        if !self.objects.contains_key(&(ObjectClass::Queue, command.name.clone())) {
            return not_found(&command.name);
        }
        self.put(&command.name, 0);
        CommandReply::done(MessageId::QUEUE_CLEARED)
    }

    fn display(&self, command: &Command) -> CommandReply {
        if command.class() == ObjectClass::ChannelStatus {
            let none = Message::new(MessageId::CHANNEL_STATUS_NOT_FOUND);
            return failure(none, MQRCCF_CHL_STATUS_NOT_FOUND);
        }
        let is_class = |class: ObjectClass| {
            class == command.class() || command.class() == ObjectClass::Channel && class.is_channel()
        };
        let found: Vec<ObjectRow> = self
            .objects
            .iter()
            .filter(|((class, name), (object, definition))| {
                is_class(*class)
                    && (command.means(*object, name) || *class == ObjectClass::Qmgr)
                    && command.admits(definition)
            })
            .map(|(_, (object, definition))| command.show(*object, definition))
            .collect();
        if found.is_empty() {
            return not_found(&command.name);
        }
        // A generic name with nothing asked for shows names only; that much of the table is tested here.
        if is_generic(&command.name) && command.requested == Requested::Default && command.filter.is_none() {
            assert!(found.iter().all(|row| row.attributes.len() <= 2));
        }
        CommandReply::objects(found)
    }
}

fn not_found(name: &str) -> CommandReply {
    failure(Message::new(MessageId::OBJECT_NOT_FOUND).insert(name), MQRC_UNKNOWN_OBJECT_NAME)
}

fn failure(message: Message, reason: i32) -> CommandReply {
    CommandReply::message(message.failed(reason))
}
