//! DISPLAY of objects: their definitions, with the counters that belong to them.

use mqi::command::{Command, ObjectRow, Requested};
use mqi::constants::*;
use mqi::object::{AttributeId, AttributeSet, ObjectClass, ObjectType, Value};

use super::{Answer, Request, not_found};
use crate::authority::Access;
use crate::kernel::Kernel;
use crate::object::Definition;
use crate::output::Outputs;

impl Kernel {
    pub(super) fn display_objects(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let class = command.row.class;
        if class == ObjectClass::Qmgr {
            self.permit(request, class, "", Access::DISPLAY, out)?;
            let rows: Vec<ObjectRow> = self.rows(command, class, |_| true);
            return self.shown(rows, not_found(self.config.name.as_str()));
        }
        let mut with_names = command.clone();
        if let (ObjectClass::Subscription, Requested::Some(ids)) = (class, &mut with_names.requested) {
            ids.extend([AttributeId(MQBACF_SUB_ID), AttributeId(MQCACF_SUB_NAME)]);
        }
        let command = &with_names;
        let is_generic = command.name.ends_with('*');
        if !is_generic {
            self.permit(request, class, &command.name, Access::DISPLAY, out)?;
        }
        let may_see = |definition: &Definition| {
            !is_generic || self.may(request, class, &definition.name, Access::DISPLAY).is_ok()
        };
        let mut rows = self.rows(command, class, may_see);
        if class == ObjectClass::Channel {
            rows.extend(self.rows(command, ObjectClass::ClientChannel, may_see));
            rows.sort_by(|a, b| name_shown(a).cmp(name_shown(b)));
        }
        self.shown(rows, not_found(&command.name))
    }

    fn rows(
        &self,
        command: &Command,
        class: ObjectClass,
        may_see: impl Fn(&Definition) -> bool,
    ) -> Vec<ObjectRow> {
        let stem = match class {
            ObjectClass::Qmgr => "",
            _ => command.name.strip_suffix('*').unwrap_or(&command.name),
        };
        let mut rows = Vec::new();
        for definition in self.registry.after(class, stem).take_while(|d| d.name.starts_with(stem)) {
            let object = definition.object;
            let is_meant = class == ObjectClass::Qmgr || command.means(object, &definition.name);
            if !is_meant || !may_see(definition) {
                continue;
            }
            let attributes = self.attributes_wanted(command, definition);
            if command.admits(&attributes) {
                rows.push(command.show(object, &attributes));
            }
        }
        rows
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
            ObjectType::Sub => {
                set.set(MQCACF_SUB_NAME, definition.name.as_str());
            }
            _ => {}
        }
    }
}

fn name_shown(row: &ObjectRow) -> &str {
    row.attributes.first().and_then(|(_, value)| Value::as_text(value)).unwrap_or_default()
}
