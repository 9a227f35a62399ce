//! All definitions, in order of class and name.

use std::collections::BTreeMap;
use std::ops::Bound;

use mqi::object::{ObjectClass, ObjectType};

use super::definition::{Definition, Key};
use super::record::ObjectRecord;

/// All definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    definitions: BTreeMap<Key, Definition>,
}

impl Registry {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.definitions.len()
    }

    /// The definition of an object.
    pub(crate) fn get(&self, class: ObjectClass, name: &str) -> Option<&Definition> {
        self.definitions.get(&Key::object(class, name))
    }

    /// The definition with this key.
    pub(crate) fn get_key(&self, key: &Key) -> Option<&Definition> {
        self.definitions.get(key)
    }

    /// The object that DEFINE copies for this type: SYSTEM.DEFAULT.x as it is now.
    pub(crate) fn default_of(&self, object: ObjectType) -> Option<&Definition> {
        let name = object.row().default_name;
        self.get(object.class(), name).filter(|definition| definition.object == object)
    }

    /// Definitions of a class, by name.
    pub(crate) fn of_class(&self, class: ObjectClass) -> impl Iterator<Item = &Definition> {
        self.after(class, "")
    }

    /// Definitions of a class from this name on, by name: to go on with a long display.
    pub(crate) fn after(&self, class: ObjectClass, name: &str) -> impl Iterator<Item = &Definition> {
        let from = Key::object(class, name);
        let range = self.definitions.range((Bound::Included(from), Bound::Unbounded));
        range.map(|(_, definition)| definition).take_while(move |d| d.object.class() == class)
    }

    /// Puts a definition in the place of the one with the same key, which is returned.
    pub(crate) fn insert(&mut self, definition: Definition) -> Option<Definition> {
        self.definitions.insert(definition.key(), definition)
    }

    /// Takes a definition away.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Definition> {
        self.definitions.remove(key)
    }

    /// Does what a record of the log says, now or at restart, and returns the definition that was there before.
    pub(crate) fn apply(&mut self, record: ObjectRecord) -> Option<Definition> {
        match record {
            ObjectRecord::Defined(definition) => self.insert(definition),
            ObjectRecord::Deleted(definition) => self.remove(&definition.key()),
        }
    }
}
