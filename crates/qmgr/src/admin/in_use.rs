//! What an object in use must not suffer.

use mqi::command::{Message, MessageId};
use mqi::constants::*;
use mqi::object::ObjectClass;

use crate::handle::{Handle, Opened};
use crate::kernel::Kernel;
use crate::object::Definition;

impl Kernel {
    /// Refuses a change that would pull an open object from under its handles, or that its messages forbid.
    ///
    /// Most attributes may change while the object is open and count at once. Those that say where a name leads,
    /// or what a queue is for, may not.
    pub(super) fn check_in_use(
        &self,
        old: &Definition,
        new: &Definition,
        is_forced: bool,
    ) -> Result<(), Message> {
        let has_changed = |id: i32| old.attributes.get(id) != new.attributes.get(id);
        if old.object.class() != ObjectClass::Queue {
            return Ok(());
        }
        if has_changed(MQIA_USAGE)
            && let Some(ix) = self.queues.by_name(&old.name)
        {
            let queue = self.queues.get(ix);
            if queue.depth > 0 || queue.uncommitted > 0 {
                return Err(Message::new(MessageId::USAGE_WITH_MESSAGES).failed(MQRC_Q_NOT_EMPTY));
            }
        }
        let is_touched = old.object.attributes().any(|a| a.force && has_changed(a.id.0));
        if is_touched && !is_forced && self.is_open(old) {
            return Err(in_use());
        }
        Ok(())
    }

    /// Whether a handle mentions the object: the queue itself, or an alias or remote definition on the way.
    pub(super) fn is_open(&self, definition: &Definition) -> bool {
        if definition.object.class() == ObjectClass::Queue
            && let Some(ix) = self.queues.by_name(&definition.name)
        {
            return self.queues.get(ix).open_count > 0;
        }
        let name = definition.name.as_str();
        let is_of = |handle: &Handle| match (definition.object.class(), &handle.opened) {
            (ObjectClass::Queue, Opened::Definition) => handle.name.as_str() == name,
            (ObjectClass::Queue, _) => handle.alias.as_ref().is_some_and(|alias| alias.as_str() == name),
            (ObjectClass::Process, Opened::Process) | (ObjectClass::Namelist, Opened::Namelist) => {
                handle.name.as_str() == name
            }
            _ => false,
        };
        self.conversations.iter().any(|(_, conversation)| conversation.handles.iter().any(is_of))
    }
}

pub(super) fn in_use() -> Message {
    Message::new(MessageId::OBJECT_IN_USE).failed(MQRC_OBJECT_IN_USE)
}
