//! Administration commands and their replies as plain data.
//!
//! MQSC text, PCF messages, REST and start-up files all become a [`Command`]; the kernel executes it in one
//! place and answers with a [`CommandReply`], which every face prints its own way. Which commands there are,
//! what they are called, and what they take stands in [`table`]: a new command is a row.
//!
//! A command's attributes and options have been checked one by one when it exists: by the parser of the
//! face it came from, with [`Attribute::parse`] or [`Attribute::check`]. What needs the object (exclusions,
//! what must not be blank) is the kernel's to check, with [`ObjectType::check`].

mod message;
mod reply;
pub mod table;

pub use message::{Message, MessageId};
pub use reply::{CommandReply, ObjectRow, ReplyEntry};
pub use table::{CommandRow, DefaultDisplay, NameRule, Takes, Verb};

use crate::constants::*;
use crate::object::{
    Access, Attribute, AttributeId, AttributeSet, Filter, ObjectClass, ObjectType, generic_matches,
};

/// Which attributes DISPLAY shall show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Requested {
    /// What the command shows when none is named.
    #[default]
    Default,
    /// `ALL`.
    All,
    /// These, besides the name and type.
    Some(Vec<AttributeId>),
}

/// One command, checked as far as it can be without the objects.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Which command.
    pub row: &'static CommandRow,
    /// The type of the object, as far as the command names it: `DEFINE QLOCAL`, `CHLTYPE(SVRCONN)`,
    /// `DISPLAY QUEUE TYPE(QALIAS)`.
    pub object: Option<ObjectType>,
    /// The name of the object, a generic name in DISPLAY, blank where the command has none.
    pub name: String,
    /// Attributes given a value.
    pub given: AttributeSet,
    /// Options: REPLACE, LIKE, FORCE, MODE, …, by PCF identifier.
    pub options: AttributeSet,
    /// Attributes to show.
    pub requested: Requested,
    /// `WHERE`.
    pub filter: Option<Filter>,
}

impl Command {
    /// A command with nothing but its name.
    pub fn new(row: &'static CommandRow, name: impl Into<String>) -> Self {
        Self {
            row,
            object: row.object,
            name: name.into(),
            given: AttributeSet::new(),
            options: AttributeSet::new(),
            requested: Requested::Default,
            filter: None,
        }
    }

    /// The verb.
    pub fn verb(&self) -> Verb {
        self.row.verb
    }

    /// The class of objects that the command is about.
    pub fn class(&self) -> ObjectClass {
        match self.object {
            Some(object) => object.class(),
            None => self.row.class,
        }
    }

    /// `REPLACE`: an existing object may be replaced.
    pub fn is_replace(&self) -> bool {
        self.option(MQIACF_REPLACE) == Some(1)
    }

    /// `FORCE`: an open object may be changed.
    pub fn is_force(&self) -> bool {
        self.option(MQIACF_FORCE) == Some(1)
    }

    /// `PURGE`: messages may be lost.
    pub fn is_purge(&self) -> bool {
        self.option(MQIACF_PURGE) == Some(1)
    }

    /// `IGNSTATE(YES)`: that the object is already in the state asked for is success.
    pub fn ignores_state(&self) -> bool {
        self.option(MQIACF_IGNORE_STATE) == Some(1)
    }

    /// `AUTHREC`: whether DELETE removes the authority records of the object, which it does unless told not to.
    pub fn removes_authority(&self) -> bool {
        self.option(MQIACF_REMOVE_AUTHREC) != Some(0)
    }

    /// `DISPLAY QSTATUS TYPE(HANDLE)`: handles are meant, not queues.
    pub fn is_about_handles(&self) -> bool {
        self.object == Some(ObjectType::QStatusHandle)
            || self.option(MQIACF_Q_STATUS_TYPE) == Some(i64::from(MQIACF_Q_HANDLE))
    }

    /// `LIKE`: the object from which DEFINE takes what is not given; blank when not given.
    pub fn like(&self) -> &str {
        self.options.text(table::LIKE)
    }

    /// The number of an option, by PCF identifier.
    pub fn option(&self, id: i32) -> Option<i64> {
        self.options.int(id)
    }

    /// Whether it changes nothing.
    pub fn only_shows(&self) -> bool {
        matches!(self.verb(), Verb::Display | Verb::Ping)
    }

    /// The command as MQSC has it, with all that was given and without secrets: for those who read what was done.
    pub fn text(&self) -> String {
        let mut text = format!("{} {}", self.verb().keyword(), self.row.noun);
        if !self.name.is_empty() {
            text.push_str(&format!("({})", self.name));
        }
        if let (None, Some(object)) = (self.row.object, self.object) {
            text.push_str(&format!(" TYPE({})", object.keyword()));
        }
        let of_option = |id: i32| self.row.options.iter().find(|option| option.id.0 == id);
        let options = self.options.iter().map(|(id, value)| (of_option(id.0), value));
        let of_class = |id: i32| self.class().attribute_by_id(id);
        let given = self.given.iter().map(|(id, value)| (of_class(id.0), value));
        for (attribute, value) in options.chain(given) {
            if let Some(attribute) = attribute {
                text.push_str(&format!(" {}({})", attribute.keyword, attribute.show(value).join(",")));
            }
        }
        text
    }

    /// Whether DISPLAY means an object of this type and name, `WHERE` aside.
    pub fn means(&self, object: ObjectType, name: &str) -> bool {
        self.object.is_none_or(|wanted| wanted == object) && generic_matches(&self.name, name)
    }

    /// Whether `WHERE` admits an object with these attributes.
    pub fn admits(&self, attributes: &AttributeSet) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(attributes))
    }

    /// What DISPLAY shows of an object: name and type, what was asked for, and what `WHERE` looked at, in
    /// display order. `attributes` is all there is to show of the object; what it lacks is left out.
    pub fn show(&self, object: ObjectType, attributes: &AttributeSet) -> ObjectRow {
        let mut shown = Vec::new();
        for attribute in object.class().attributes() {
            if !attribute.is_on(object) || !self.shows(object, attribute) {
                continue;
            }
            if let Some(value) = attributes.get(attribute.id.0) {
                shown.push((attribute.id, value.clone()));
            }
        }
        ObjectRow { object, attributes: shown, handles: Vec::new() }
    }

    /// Whether DISPLAY shows all there is: it was asked for, or one object is meant and nothing was asked for.
    pub fn shows_all(&self) -> bool {
        match &self.requested {
            Requested::All => true,
            Requested::Some(_) => false,
            Requested::Default => match self.row.display {
                DefaultDisplay::All => true,
                DefaultDisplay::NameWhenGeneric => !self.name.ends_with('*'),
                DefaultDisplay::Some(_) => false,
            },
        }
    }

    fn shows(&self, object: ObjectType, attribute: &Attribute) -> bool {
        let id = attribute.id;
        if attribute.access == Access::Key
            || object.shows_type() && object.type_attribute() == Some(id)
            || self.row.always.contains(&id.0)
            || self.filter.as_ref().is_some_and(|filter| filter.id == id)
        {
            return true;
        }
        // Asked for handles, a connection shows no more of itself than what names it.
        if object == ObjectType::Connection
            && self.object == Some(ObjectType::ConnectionHandle)
            && !matches!(self.requested, Requested::Some(_))
        {
            return false;
        }
        // MONITOR names attributes like the command itself would, in the place of what it shows by default.
        let is_monitor = self.option(table::MONITOR) == Some(1);
        if is_monitor && table::MONITORING.contains(&id.0) {
            return true;
        }
        match (&self.requested, self.row.display) {
            (Requested::Default, _) if is_monitor => false,
            (Requested::Some(ids), _) => ids.contains(&id),
            (Requested::Default, DefaultDisplay::Some(ids)) => ids.contains(&id.0),
            _ => self.shows_all(),
        }
    }
}

#[cfg(test)]
mod tests;
