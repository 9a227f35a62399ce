//! All definitions, in order of class and name.

use std::collections::BTreeMap;
use std::ops::Bound;

use mqi::constants::*;
use mqi::object::{ObjectClass, ObjectType};

use super::definition::{Definition, Key};
use super::record::ObjectRecord;

/// Attributes by which one definition has another queue do something for it.
const QUEUES_OF: [i32; 7] = [
    MQCA_BASE_OBJECT_NAME,
    MQCA_XMIT_Q_NAME,
    MQCA_INITIATION_Q_NAME,
    MQCA_BACKOUT_REQ_Q_NAME,
    MQCA_DEAD_LETTER_Q_NAME,
    MQCA_DEF_XMIT_Q_NAME,
    MQCACH_XMIT_Q_NAME,
];

/// All definitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    definitions: BTreeMap<Key, Definition>,
    /// Queues that definitions name in these attributes, whether they are there or not, and how often.
    relied_on: BTreeMap<String, u32>,
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
        self.range(class, Bound::Included(&Key::object(class, name)))
    }

    /// Definitions from this key on. Channels and client-connection channels, which have names of their own, are shown
    /// together, by name.
    pub(crate) fn from(&self, key: &Key) -> Box<dyn Iterator<Item = &Definition> + '_> {
        use ObjectClass::{Channel, ClientChannel};
        let channel = Key::object(Channel, &key.name);
        let (channels, clients) = match key.class {
            Channel => (Bound::Included(key), &Key::object(ClientChannel, &key.name)),
            // The channel of the same name comes first, and has been.
            ClientChannel => (Bound::Excluded(&channel), key),
            class => return Box::new(self.range(class, Bound::Included(key))),
        };
        let mut channels = self.range(Channel, channels).peekable();
        let mut clients = self.range(ClientChannel, Bound::Included(clients)).peekable();
        Box::new(std::iter::from_fn(move || match (channels.peek(), clients.peek()) {
            (Some(channel), Some(client)) if client.name < channel.name => clients.next(),
            (None, _) => clients.next(),
            _ => channels.next(),
        }))
    }

    fn range(&self, class: ObjectClass, from: Bound<&Key>) -> impl Iterator<Item = &Definition> + use<'_> {
        let range = self.definitions.range((from, Bound::Unbounded));
        range.map(|(_, definition)| definition).take_while(move |d| d.object.class() == class)
    }

    /// Puts a definition in the place of the one with the same key, which is returned.
    pub(crate) fn insert(&mut self, definition: Definition) -> Option<Definition> {
        for name in queues_of(&definition) {
            *self.relied_on.entry(name.to_owned()).or_default() += 1;
        }
        let before = self.definitions.insert(definition.key(), definition);
        self.rely_no_longer(before.as_ref());
        before
    }

    /// Whether a definition has a queue of this name do something for it.
    pub(crate) fn is_relied_on(&self, queue: &str) -> bool {
        self.relied_on.contains_key(queue)
    }

    fn rely_no_longer(&mut self, definition: Option<&Definition>) {
        for name in definition.into_iter().flat_map(queues_of) {
            if let Some(count) = self.relied_on.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.relied_on.remove(name);
                }
            }
        }
    }

    /// Takes a definition away.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Definition> {
        let before = self.definitions.remove(key);
        self.rely_no_longer(before.as_ref());
        before
    }

    /// Does what a record of the log says, now or at restart, and returns the definition that was there before.
    pub(crate) fn apply(&mut self, record: ObjectRecord) -> Option<Definition> {
        match record {
            ObjectRecord::Defined(definition) => self.insert(definition),
            ObjectRecord::Deleted(definition) => self.remove(&definition.key()),
        }
    }
}

fn queues_of(definition: &Definition) -> impl Iterator<Item = &str> {
    QUEUES_OF.into_iter().map(|id| definition.attributes.text(id)).filter(|name| !name.is_empty())
}
