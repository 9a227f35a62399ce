//! DISPLAY of objects: from their definitions, with the counters that belong to them. What runs is shown by
//! `queue_status`, `connection` and others; `list` makes what they show into slices.

use mqi::command::{Command, ObjectRow, Requested};
use mqi::constants::*;
use mqi::object::{AttributeId, AttributeSet, ObjectClass, ObjectType};

use super::Request;
use crate::authority::Access;
use crate::kernel::Kernel;
use crate::object::{Definition, DefinitionType};

/// The model of the queues on which runmqsc has its answers.
const REPLY_MODEL: &str = "SYSTEM.MQSC.REPLY.QUEUE";

impl Kernel {
    /// The row of one object of a list, if it is meant.
    pub(super) fn object_row(&self, request: &Request<'_>, definition: &Definition) -> Option<ObjectRow> {
        let command = request.command;
        let (object, class) = (definition.object, definition.object.class());
        let is_generic = command.name.ends_with('*');
        // Topics of clusters are of other queue managers.
        let is_elsewhere =
            object == ObjectType::Topic && command.option(MQIA_TOPIC_TYPE) == Some(i64::from(MQTOPT_CLUSTER));
        let is_meant = class == ObjectClass::Qmgr || command.means(object, &definition.name) && !is_elsewhere;
        if !is_meant
            || (is_generic && self.is_reply_queue_of_runmqsc(&definition.name))
            || self.may(request, class, &definition.name, Access::DISPLAY).is_err()
        {
            return None;
        }
        let attributes = self.attributes_wanted(command, definition);
        command.admits(&attributes).then(|| command.show(object, &attributes))
    }

    /// Whether this is a queue that runmqsc made to have its answers on: an administrator who lists queues did not
    /// make it, and does not want to see it.
    pub(super) fn is_reply_queue_of_runmqsc(&self, name: &str) -> bool {
        let queue = self.queues.by_name(name).map(|ix| self.queues.get(ix));
        queue.is_some_and(|queue| {
            queue.attributes.definition_type == DefinitionType::TemporaryDynamic
                && queue.origin.as_ref().is_some_and(|origin| origin.model.as_str() == REPLY_MODEL)
        })
    }

    /// What the command wants to show or compare of an object. A list of a thousand names costs a thousand names.
    fn attributes_wanted(&self, command: &Command, definition: &Definition) -> AttributeSet {
        let ids: &[AttributeId] = match &command.requested {
            Requested::Some(ids) => ids,
            Requested::Default if command.name.ends_with('*') => &[],
            Requested::All | Requested::Default => return self.attributes_of(definition),
        };
        let mut set = AttributeSet::new();
        let always = command.row.always.iter().map(|id| AttributeId(*id));
        let filtered = command.filter.as_ref().map(|filter| filter.id);
        let wanted = ids.iter().copied().chain(always).chain(filtered);
        for id in wanted.chain(definition.object.type_attribute()) {
            if let Some(value) = definition.attributes.get(id.0) {
                set.set(id.0, value.clone());
            }
        }
        self.add_live(definition, &mut set);
        set
    }

    /// All there is to show of an object: its definition, its name, and its counters.
    pub(crate) fn attributes_of(&self, definition: &Definition) -> AttributeSet {
        let mut set = definition.attributes.clone();
        self.add_live(definition, &mut set);
        set
    }

    /// Adds name and counters.
    fn add_live(&self, definition: &Definition, set: &mut AttributeSet) {
        if let Some(key) = definition.object.key() {
            set.set(key.id.0, definition.name.as_str());
        }
        match definition.object {
            ObjectType::QLocal => {
                if let Some(ix) = self.queues.by_name(&definition.name) {
                    let queue = self.queues.get(ix);
                    set.set(MQIA_CURRENT_Q_DEPTH, i64::from(queue.depth));
                    set.set(MQIA_OPEN_INPUT_COUNT, i64::from(queue.input_count));
                    set.set(MQIA_OPEN_OUTPUT_COUNT, i64::from(queue.output_count));
                }
            }
            ObjectType::Namelist => {
                let count = definition.attributes.list(MQCA_NAMES).len();
                set.set(MQIA_NAME_COUNT, i64::try_from(count).unwrap_or(i64::MAX));
            }
            ObjectType::Qmgr => {
                // Of the program that runs, whichever wrote the definition.
                set.set(MQIA_COMMAND_LEVEL, self.config.command_level);
                set.set(MQCA_VERSION, mqi::version::VERSION);
            }
            ObjectType::Sub => {
                set.set(MQCACF_SUB_NAME, definition.name.as_str());
            }
            _ => {}
        }
    }
}
