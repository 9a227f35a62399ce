//! SET, DELETE and DISPLAY AUTHREC: the rows of the authority table.
//!
//! Records are for users. Whose members the groups of the operating system are is not known to the kernel, so a
//! record for a group, which would give nothing to anybody, is refused.

use mqi::Reason;
use mqi::command::{Command, Message, MessageId, ObjectRow};
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType, generic_matches};
use store::Lsn;

use super::list::Position;
use super::{Answer, Done, Request, failed, missing};
use crate::authority::{self, Access, ENTITY_PRINCIPAL, QMGR_PROFILE};
use crate::kernel::Kernel;
use crate::object::{Definition, Key, ObjectRecord};
use crate::output::Outputs;

/// MATCH(EXACT) of DISPLAY AUTHREC.
const MATCH_EXACT: i64 = 2;

impl Kernel {
    pub(super) fn set_authority(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let rows = rows_of(request.command)?;
        let options = &request.command.options;
        let numbers = |id| options.get(id).and_then(|value| value.as_ints()).unwrap_or_default();
        let (added, removed) = (numbers(MQIACF_AUTH_ADD_AUTHS), numbers(MQIACF_AUTH_REMOVE_AUTHS));
        let mut wait = Lsn::NONE;
        for mut row in rows {
            let object_type = row.attributes.int(MQIACF_OBJECT_TYPE).unwrap_or_default();
            let valid = Access::valid_for(i32::try_from(object_type).unwrap_or_default());
            // ALL means all that there are for the type; a single one that is not among them is an error.
            let is_wrong = |numbers: &[i64]| {
                let single = numbers.iter().filter(|n| !is_many(**n)).copied().collect::<Vec<_>>();
                !Access::of_numbers(&single).without(valid).is_none()
            };
            if is_wrong(added) || is_wrong(removed) {
                return Err(Message::new(MessageId::STRING_ERROR).failed(MQRCCF_AUTH_VALUE_ERROR));
            }
            let existing = self.registry.get_key(&row.key());
            let before = existing.map_or(Access::NONE, |d| authority::authorities(&d.attributes));
            let after =
                before.without(Access::of_numbers(removed)).and(Access::of_numbers(added).common(valid));
            row.attributes.set(MQIACF_AUTHORIZATION_LIST, after.numbers());
            wait = self.put_definition(row, out).map_err(failed)?;
        }
        Ok(Done::new(MessageId::AUTHORITY_SET, wait))
    }

    pub(super) fn delete_authority(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let mut wait = Lsn::NONE;
        for row in rows_of(request.command)? {
            let existing =
                self.registry.get_key(&row.key()).cloned().ok_or_else(|| super::not_found(&row.name))?;
            wait = self.record_object(ObjectRecord::deletion(&existing), out).map_err(failed)?;
        }
        Ok(Done::new(MessageId::AUTHORITY_DELETED, wait))
    }

    /// Takes the records away that name a deleted object.
    pub(super) fn delete_authorities_of(
        &mut self,
        object: &Definition,
        out: &mut Outputs,
    ) -> Result<Lsn, Reason> {
        let object_type = i64::from(object.object.class().row().object_type);
        let records: Vec<Definition> = self
            .registry
            .after(ObjectClass::AuthRecord, &object.name)
            .take_while(|record| record.name == object.name)
            .filter(|record| record.attributes.int(MQIACF_OBJECT_TYPE) == Some(object_type))
            .cloned()
            .collect();
        let mut wait = Lsn::NONE;
        for record in &records {
            wait = self.record_object(ObjectRecord::deletion(record), out)?;
        }
        Ok(wait)
    }

    /// Where DISPLAY AUTHREC begins, if what it asks for can be.
    pub(super) fn first_authority(&self, request: &Request<'_>) -> Result<Position, Message> {
        if !request.command.options.list(MQCACF_GROUP_ENTITY_NAMES).is_empty() {
            return Err(no_groups(request.command));
        }
        Ok(Position::Definition(Key::object(ObjectClass::AuthRecord, "")))
    }

    /// The row of a record, if it is meant.
    pub(super) fn authority_row(&self, request: &Request<'_>, record: &Definition) -> Option<ObjectRow> {
        let command = request.command;
        let profile = command.options.text(MQCACF_AUTH_PROFILE_NAME);
        let object_type = command.option(MQIACF_OBJECT_TYPE);
        let principals = command.options.list(MQCACF_PRINCIPAL_ENTITY_NAMES);
        // The profile asked for by itself, or those that reach an object of that name.
        let is_exact = command.option(MQIACH_MATCH) == Some(MATCH_EXACT);
        let name = record.name.as_str();
        let is_profile = profile.is_empty()
            || name == profile
            || !is_exact && (generic_matches(profile, name) || authority::profile_matches(name, profile));
        let a = &record.attributes;
        let is_meant = is_profile
            && object_type.is_none_or(|wanted| a.int(MQIACF_OBJECT_TYPE) == Some(wanted))
            && (principals.is_empty() || principals.iter().any(|p| p == a.text(MQCACF_ENTITY_NAME)));
        if !is_meant {
            return None;
        }
        let mut set = a.clone();
        set.set(MQCACF_AUTH_PROFILE_NAME, name);
        command.admits(&set).then(|| command.show(ObjectType::AuthRec, &set))
    }
}

/// The rows that SET or DELETE means: one for each user.
fn rows_of(command: &Command) -> Result<Vec<Definition>, Message> {
    let options = &command.options;
    if !options.list(MQCACF_GROUP_ENTITY_NAMES).is_empty() {
        return Err(no_groups(command));
    }
    let users = options.list(MQCACF_PRINCIPAL_ENTITY_NAMES);
    if users.is_empty() {
        return Err(missing("PRINCIPAL").failed(MQRCCF_ENTITY_NAME_MISSING));
    }
    let object_type = command
        .option(MQIACF_OBJECT_TYPE)
        .ok_or_else(|| missing("OBJTYPE").failed(MQRCCF_OBJECT_TYPE_MISSING))?;
    let profile = match options.text(MQCACF_AUTH_PROFILE_NAME) {
        _ if object_type == i64::from(MQOT_Q_MGR) => QMGR_PROFILE,
        "" => return Err(missing("PROFILE").failed(MQRCCF_PROFILE_NAME_ERROR)),
        profile if authority::is_valid_profile(profile) => profile,
        profile => {
            let message = Message::new(MessageId::NAME_ERROR).insert(profile);
            return Err(message.failed(MQRCCF_PROFILE_NAME_ERROR));
        }
    };
    let row = |user: &String| {
        let mut attributes = AttributeSet::new();
        attributes.set(MQIACF_OBJECT_TYPE, object_type);
        attributes.set(MQCACF_ENTITY_NAME, user.as_str());
        attributes.set(MQIACF_ENTITY_TYPE, ENTITY_PRINCIPAL);
        Definition::new(ObjectType::AuthRec, profile, attributes)
    };
    Ok(users.iter().map(row).collect())
}

fn no_groups(command: &Command) -> Message {
    let text = format!("{} AUTHREC GROUP", command.verb().keyword());
    Message::new(MessageId::NOT_BUILT).insert(text).failed(MQRCCF_FUNCTION_RESTRICTED)
}

/// Whether a number stands for many authorities.
fn is_many(number: i64) -> bool {
    [MQAUTH_ALL, MQAUTH_ALL_ADMIN, MQAUTH_ALL_MQI, MQAUTH_NONE]
        .into_iter()
        .any(|many| number == i64::from(many))
}
