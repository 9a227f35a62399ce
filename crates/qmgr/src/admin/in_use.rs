//! What an object in use must not suffer.

use mqi::Reason;
use mqi::call::Hobj;
use mqi::command::{Message, MessageId};
use mqi::constants::*;
use mqi::object::ObjectClass;

use crate::conversation::{ConvIx, InCall};
use crate::handle::{Handle, Opened};
use crate::kernel::Kernel;
use crate::object::Definition;
use crate::output::Outputs;

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
        if !is_forced && !self.touched_handles(old, new).is_empty() {
            return Err(in_use());
        }
        Ok(())
    }

    /// Handles that a change takes something away from.
    fn touched_handles(&self, old: &Definition, new: &Definition) -> Vec<(ConvIx, Hobj)> {
        let has_changed = |id: i32| old.attributes.get(id) != new.attributes.get(id);
        if old.object.attributes().any(|attribute| attribute.force && has_changed(attribute.id.0)) {
            return self.handles_on(old);
        }
        // A queue that is shared no longer may have one that gets, not several.
        let is_alone = new.attributes.int(MQIA_SHAREABILITY) == Some(i64::from(MQQA_NOT_SHAREABLE));
        if is_alone && has_changed(MQIA_SHAREABILITY) {
            let is_input = |(conv, hobj): &(ConvIx, Hobj)| {
                self.conversations.get(*conv).handles.get(*hobj).is_some_and(Handle::is_input)
            };
            let inputs: Vec<_> = self.handles_on(old).into_iter().filter(is_input).collect();
            return if inputs.len() > 1 { inputs } else { Vec::new() };
        }
        Vec::new()
    }

    /// After a forced change: handles that were opened by the old definition can only be closed (2041).
    pub(super) fn outdate_handles(&mut self, old: &Definition, new: &Definition, out: &mut Outputs) {
        for (conv, hobj) in self.touched_handles(old, new) {
            let conversation = self.conversations.get_mut(conv);
            if let Some(handle) = conversation.handles.get_mut(hobj) {
                handle.is_changed = true;
            }
            if matches!(&conversation.in_call, InCall::Waiting(get) if get.get.hobj == hobj) {
                self.end_wait(conv, Reason::OBJECT_CHANGED, out);
            }
            self.fail_order(conv, hobj, Reason::OBJECT_CHANGED, out);
        }
    }

    /// Whether a handle mentions the object.
    pub(super) fn is_open(&self, definition: &Definition) -> bool {
        !self.handles_on(definition).is_empty()
    }

    /// Handles of the object: of the queue itself, or through an alias or remote definition on the way.
    fn handles_on(&self, definition: &Definition) -> Vec<(ConvIx, Hobj)> {
        let name = definition.name.as_str();
        let local = match definition.object.class() {
            ObjectClass::Queue => self.queues.by_name(name),
            _ => None,
        };
        let is_of = |handle: &Handle| match (definition.object.class(), &handle.opened) {
            (ObjectClass::Queue, Opened::Definition) => handle.name.as_str() == name,
            (ObjectClass::Queue, Opened::Queue(ix)) if local.is_some() => local == Some(*ix),
            (ObjectClass::Queue, _) => handle.alias.as_ref().is_some_and(|alias| alias.as_str() == name),
            (ObjectClass::Process, Opened::Process) | (ObjectClass::Namelist, Opened::Namelist) => {
                handle.name.as_str() == name
            }
            _ => false,
        };
        let mut found = Vec::new();
        for (ix, conversation) in self.conversations.iter() {
            let handles = conversation.handles.iter().filter(|handle| is_of(handle));
            found.extend(handles.map(|handle| (ix, handle.hobj)));
        }
        found
    }
}

pub(super) fn in_use() -> Message {
    Message::new(MessageId::OBJECT_IN_USE).failed(MQRC_OBJECT_IN_USE)
}
