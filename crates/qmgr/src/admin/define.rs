//! DEFINE: a new object, or with REPLACE another definition of an existing one.
//!
//! What the command does not give comes from the object that LIKE names, else from SYSTEM.DEFAULT.x as it is now,
//! else from the attribute table. A replaced local queue keeps its messages.

use mqi::command::{Message, MessageId};
use mqi::constants::*;
use mqi::object::{
    Access as AttributeAccess, AttributeError, AttributeSet, ObjectClass, ObjectType, is_name_byte,
};

use super::needed::check_way_in;
use super::{Answer, Done, Request, failed, missing, not_built, not_found};
use crate::kernel::Kernel;
use crate::object::{DYNAMIC_CREATOR, DYNAMIC_MODEL, Definition, Key};
use crate::output::Outputs;

/// Attributes that belong to one object and are not copied to another.
const OF_ONE_OBJECT: [i32; 11] = [
    MQCA_ALTERATION_DATE,
    MQCA_ALTERATION_TIME,
    MQCA_CREATION_DATE,
    MQCA_CREATION_TIME,
    MQCA_TOPIC_STRING,
    MQBACF_SUB_ID,
    MQCACF_SUB_NAME,
    // Whose a dynamic queue is.
    DYNAMIC_CREATOR,
    DYNAMIC_MODEL,
    // Stopped by an administrator.
    MQIACH_CHANNEL_STATUS,
    MQIA_DEFINITION_TYPE,
];

impl Kernel {
    pub(super) fn define_object(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let object = command.object.ok_or_else(|| missing("TYPE"))?;
        let class = object.class();
        let name = name_of(object, &command.name)?;
        if object == ObjectType::QCluster || (object == ObjectType::Sub && name != object.row().default_name)
        {
            return Err(not_built(command));
        }
        let existing = self.registry.get(class, &name).cloned();
        if let Some(existing) = &existing
            && (existing.object != object || !command.is_replace())
        {
            return Err(exists(class));
        }
        let mut attributes = self.base(request, object, &name)?;
        if let Some(existing) = &existing {
            keep_fixed(existing, &command.given, &mut attributes).map_err(|error| error.message())?;
        }
        object.check_given(&command.given, true).map_err(|error| error.message())?;
        attributes.merge(&command.given);
        object.check_required(&command.given, &attributes).map_err(|error| error.message())?;
        object.check(&attributes).map_err(|error| error.message())?;
        self.check_definition(object, &name, &attributes)?;
        if object == ObjectType::Sub {
            // The only one so far is the pattern of all others, which has no identifier of its own.
            attributes.set(MQBACF_SUB_ID, vec![0_u8; 24]);
        }
        let mut definition = Definition::new(object, &name, attributes);
        check_way_in(&definition)?;
        refuse_policies(&definition)?;
        definition.altered_at(self.now.wall);
        match &existing {
            Some(existing) => self.check_in_use(existing, &definition, command.is_force())?,
            None => definition.created_at(self.now.wall),
        }
        let wait = self.put_definition(definition.clone(), out).map_err(failed)?;
        if let Some(existing) = &existing {
            self.outdate_handles(existing, &definition, out);
        }
        Ok(Done::new(class.row().created, wait))
    }

    /// The attributes that the command does not give.
    fn base(&self, request: &Request<'_>, object: ObjectType, name: &str) -> Result<AttributeSet, Message> {
        let like = request.command.like();
        let base = if like.is_empty() {
            // SYSTEM.DEFAULT.x itself begins from the table again when it is replaced.
            self.registry.default_of(object).filter(|default| default.name != name)
        } else {
            let base = self.registry.get(object.class(), like).ok_or_else(|| not_found(like))?;
            if base.object != object {
                return Err(
                    Message::new(MessageId::QUEUE_OPEN_FOR_LIKE).failed(MQRCCF_LIKE_OBJECT_WRONG_TYPE)
                );
            }
            Some(base)
        };
        // The table's defaults are below, for attributes that a definition of an older version does not have.
        let mut attributes = object.defaults();
        if let Some(base) = base {
            let mut copied = base.attributes.clone();
            for id in OF_ONE_OBJECT {
                // What a model makes is an attribute of the model; a queue's own origin is not to be copied.
                if id != MQIA_DEFINITION_TYPE || object == ObjectType::QLocal {
                    copied.remove(id);
                }
            }
            attributes.merge(&copied);
        }
        Ok(attributes)
    }

    /// What depends on other objects.
    pub(super) fn check_definition(
        &self,
        object: ObjectType,
        name: &str,
        attributes: &AttributeSet,
    ) -> Result<(), Message> {
        if object == ObjectType::Topic {
            let string = attributes.text(MQCA_TOPIC_STRING);
            let other = self
                .registry
                .of_class(ObjectClass::Topic)
                .find(|topic| topic.name != name && topic.attributes.text(MQCA_TOPIC_STRING) == string);
            // SYSTEM.DEFAULT.TOPIC has the string of the root without being its object.
            if let Some(other) = other.filter(|topic| !is_default(topic) && !is_default_name(object, name)) {
                return Err(Message::new(MessageId::OBJECT_EXISTS)
                    .insert(&other.name)
                    .failed(MQRCCF_TOPICSTR_ALREADY_EXISTS));
            }
        }
        Ok(())
    }
}

fn is_default(definition: &Definition) -> bool {
    is_default_name(definition.object, &definition.name)
}

fn is_default_name(object: ObjectType, name: &str) -> bool {
    object.row().default_name == name
}

/// Attributes that are fixed when an object is created stay with it when it is replaced, as does what is not an
/// attribute of the tables.
fn keep_fixed(
    existing: &Definition,
    given: &AttributeSet,
    attributes: &mut AttributeSet,
) -> Result<(), AttributeError> {
    for id in OF_ONE_OBJECT {
        if let Some(value) = existing.attributes.get(id) {
            attributes.set(id, value.clone());
        }
    }
    for attribute in existing.object.attributes().filter(|a| a.access == AttributeAccess::Fixed) {
        let Some(old) = existing.attributes.get(attribute.id.0) else { continue };
        if given.get(attribute.id.0).is_some_and(|new| new != old) {
            return Err(AttributeError::NotAlterable { keyword: attribute.keyword });
        }
        attributes.set(attribute.id.0, old.clone());
    }
    Ok(())
}

/// Checks the name of an object to be defined.
pub(super) fn name_of(object: ObjectType, name: &str) -> Result<String, Message> {
    let name = name.trim_end();
    let max = if object.class().is_channel() { 20 } else { 48 };
    let is_text = matches!(object.class(), ObjectClass::Subscription);
    if name.is_empty() || (!is_text && (name.len() > max || !name.bytes().all(is_name_byte))) {
        return Err(Message::new(MessageId::NAME_ERROR).insert(name).failed(MQRCCF_OBJECT_NAME_ERROR));
    }
    Ok(name.to_owned())
}

/// The queue of the policies of message protection, which is not built. As observed, once there is one a Java client needs
/// authority to browse it for each queue that it opens; and what is on it would protect nothing.
fn refuse_policies(definition: &Definition) -> Result<(), Message> {
    const POLICIES: &str = "SYSTEM.PROTECTION.POLICY.QUEUE";
    if definition.object.class() != ObjectClass::Queue || definition.name != POLICIES {
        return Ok(());
    }
    let what = format!("DEFINE {}({POLICIES})", definition.object.keyword());
    Err(Message::new(MessageId::NOT_BUILT).insert(what).failed(MQRCCF_FUNCTION_RESTRICTED))
}

fn exists(class: ObjectClass) -> Message {
    if class.is_channel() {
        return Message::new(MessageId::CHANNEL_EXISTS).failed(MQRCCF_CHANNEL_ALREADY_EXISTS);
    }
    Message::new(MessageId::OBJECT_EXISTS).failed(MQRCCF_OBJECT_ALREADY_EXISTS)
}

impl Kernel {
    /// The object that a command names, of whatever type of its class.
    pub(super) fn find_named(&self, request: &Request<'_>) -> Option<&Definition> {
        let command = request.command;
        let name = command.name.trim_end();
        // CHLTABLE says in which of the two tables of channels the name is to be looked up.
        let class = match command.option(MQIACH_CHANNEL_TABLE) {
            Some(table) if table == i64::from(MQCHTAB_CLNTCONN) => ObjectClass::ClientChannel,
            _ => command.class(),
        };
        let found = match class {
            ObjectClass::Qmgr => self.registry.of_class(class).next(),
            _ => self.registry.get_key(&Key::object(class, name)),
        };
        match found {
            None if class == ObjectClass::Channel
                && command.object.is_none()
                && !command.options.contains(MQIACH_CHANNEL_TABLE) =>
            {
                self.registry.get(ObjectClass::ClientChannel, name)
            }
            found => found,
        }
    }

    /// The object that a command names, of the type that it names.
    pub(super) fn object_named(&self, request: &Request<'_>) -> Result<&Definition, Message> {
        let command = request.command;
        let name = command.name.trim_end();
        let found = self.find_named(request).ok_or_else(|| match command.class().is_channel() {
            true => Message::new(MessageId::CHANNEL_NOT_FOUND).insert(name).failed(MQRCCF_CHANNEL_NOT_FOUND),
            false => not_found(name),
        })?;
        if command.object.is_some_and(|object| object != found.object) {
            return Err(Message::new(MessageId::OBJECT_WRONG_TYPE).failed(MQRCCF_OBJECT_WRONG_TYPE));
        }
        Ok(found)
    }
}
