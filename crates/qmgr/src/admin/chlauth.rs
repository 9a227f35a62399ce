//! SET CHLAUTH and DISPLAY CHLAUTH: channel authentication records.
//!
//! A record is known by profile, type and what it matches. ADD refuses one that exists, except that lists of blocked
//! users and addresses grow; REPLACE takes its place; REMOVE takes it, or items of its list, away; REMOVEALL takes
//! all of a type away for a profile.

use std::collections::BTreeSet;

use mqi::command::{Command, Message, MessageId, ObjectRow, Requested};
use mqi::constants::*;
use mqi::object::{
    AttributeError, AttributeId, AttributeSet, ObjectClass, ObjectType, Value, address, is_name_byte,
};
use store::Lsn;

use super::list::Position;
use super::{Answer, Done, Request, failed, missing};
use crate::kernel::Kernel;
use crate::object::{Definition, Key, ObjectRecord};
use crate::output::Outputs;

impl Kernel {
    pub(super) fn set_channel_rule(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let object = command.object.ok_or_else(|| missing("TYPE"))?;
        let profile = profile_of(object, &command.name)?;
        let action = command.option(MQIACF_ACTION).and_then(|n| i32::try_from(n).ok());
        let action = action.unwrap_or(MQACT_ADD);
        if action == MQACT_REMOVEALL {
            return self.remove_all(object, &profile, out);
        }
        object.check_given(&command.given, true).map_err(|error| error.message())?;
        let mut attributes = object.defaults();
        attributes.merge(&command.given);
        let mut rule = Definition::new(object, &profile, attributes);
        let existing = self.registry.get_key(&rule.key()).cloned();
        if action == MQACT_REMOVE {
            let existing = existing.ok_or_else(not_found)?;
            return self.remove_rule(existing, &command.given, out);
        }
        if let (Some(existing), MQACT_ADD) = (&existing, action) {
            let list = list_of(object).ok_or_else(|| {
                Message::new(MessageId::OBJECT_EXISTS).failed(MQRCCF_CHLAUTH_ALREADY_EXISTS)
            })?;
            let mut items = existing.attributes.list(list).to_vec();
            items.extend(rule.attributes.list(list).iter().cloned());
            rule.attributes.set(list, items);
        }
        if let Some(list) = list_of(object) {
            let mut seen = BTreeSet::new();
            let mut items = rule.attributes.list(list).to_vec();
            items.retain(|item| seen.insert(item.clone()));
            rule.attributes.set(list, items);
        }
        check(&rule, &command.given).map_err(|error| error.message())?;
        check_addresses(&rule)?;
        rule.altered_at(self.now.wall);
        let wait = self.put_definition(rule, out).map_err(failed)?;
        Ok(Done::new(MessageId::CHANNEL_AUTH_SET, wait))
    }

    fn remove_rule(&mut self, mut rule: Definition, given: &AttributeSet, out: &mut Outputs) -> Answer {
        if let Some(list) = list_of(rule.object)
            && given.contains(list)
        {
            let gone = given.list(list);
            let left: Vec<String> =
                rule.attributes.list(list).iter().filter(|item| !gone.contains(item)).cloned().collect();
            if !left.is_empty() {
                rule.attributes.set(list, left);
                rule.altered_at(self.now.wall);
                let wait = self.put_definition(rule, out).map_err(failed)?;
                return Ok(Done::new(MessageId::CHANNEL_AUTH_SET, wait));
            }
        }
        let wait = self.record_object(ObjectRecord::deletion(&rule), out).map_err(failed)?;
        Ok(Done::new(MessageId::CHANNEL_AUTH_SET, wait))
    }

    fn remove_all(&mut self, object: ObjectType, profile: &str, out: &mut Outputs) -> Answer {
        let rules: Vec<Definition> = self
            .registry
            .of_class(ObjectClass::ChannelAuth)
            .filter(|rule| rule.object == object && rule.name == profile)
            .cloned()
            .collect();
        let mut wait = Lsn::NONE;
        for rule in &rules {
            wait = self.record_object(ObjectRecord::deletion(rule), out).map_err(failed)?;
        }
        if rules.is_empty() {
            return Err(not_found());
        }
        Ok(Done::new(MessageId::CHANNEL_AUTH_SET, wait))
    }

    /// Where DISPLAY CHLAUTH begins, if what it asks for can be.
    pub(super) fn first_rule(&self, request: &Request<'_>) -> Result<Position, Message> {
        let command = request.command;
        let name = command.name.trim_end();
        let matching = matching_of(command);
        let says = |id| !command.options.text(id).is_empty();
        if says(MQCA_REMOTE_Q_MGR_NAME) || says(MQCACH_SSL_PEER_NAME) {
            // No partner has a queue manager or a certificate yet.
            let message = Message::new(MessageId::NOT_BUILT).insert("DISPLAY CHLAUTH for QMNAME and SSLPEER");
            return Err(message.failed(MQRCCF_FUNCTION_RESTRICTED));
        }
        if matching != MQMATCH_RUNCHECK && (says(MQCACH_CONNECTION_NAME) || says(MQCACH_CLIENT_USER_ID)) {
            let message = Message::new(MessageId::ATTRIBUTE_CONFLICT).insert("ADDRESS or CLNTUSER");
            return Err(message.insert("MATCH without RUNCHECK").failed(MQRCCF_PARM_CONFLICT));
        }
        if matching != MQMATCH_RUNCHECK {
            return Ok(Position::Definition(Key::object(ObjectClass::ChannelAuth, "")));
        }
        let address = command.options.text(MQCACH_CONNECTION_NAME);
        if name.contains('*') {
            return Err(name_error(name).failed(MQRCCF_CHLAUTH_RUNCHECK_ERROR));
        }
        if address.is_empty() {
            return Err(missing("ADDRESS").failed(MQRCCF_CHLAUTH_RUNCHECK_ERROR));
        }
        if !address::is_address(address) {
            return Err(Message::new(MessageId::STRING_ERROR).failed(MQRCCF_ADDRESS_ERROR));
        }
        let user = command.options.text(MQCACH_CLIENT_USER_ID);
        let rule = self.authority.rule_for(name, user, address, &self.registry);
        Ok(rule.map_or(Position::End, |rule| Position::Definition(rule.key())))
    }

    /// The row of a rule, if it is meant.
    pub(super) fn rule_row(&self, request: &Request<'_>, rule: &Definition) -> Option<ObjectRow> {
        let command = request.command;
        let name = command.name.trim_end();
        let matches = crate::authority::channel_matches;
        let is_meant = match matching_of(command) {
            // The list begins with the one rule that counts.
            MQMATCH_RUNCHECK => {
                let address = command.options.text(MQCACH_CONNECTION_NAME);
                let user = command.options.text(MQCACH_CLIENT_USER_ID);
                let counts = self.authority.rule_for(name, user, address, &self.registry);
                counts.is_some_and(|counts| counts.key() == rule.key())
            }
            MQMATCH_EXACT => rule.name == name,
            MQMATCH_ALL => matches(name, &rule.name) || matches(&rule.name, name),
            _ => matches(name, &rule.name),
        };
        if !is_meant || command.object.is_some_and(|object| rule.object != object) {
            return None;
        }
        let mut attributes = self.attributes_of(rule);
        // What a rule does not need is not shown: no user where none is mapped, no check where nobody comes in.
        if rule.attributes.int(MQIACH_USER_SOURCE) != Some(i64::from(MQUSRC_MAP)) {
            attributes.remove(MQCACH_MCA_USER_ID);
        }
        if rule.attributes.int(MQIACH_USER_SOURCE) == Some(i64::from(MQUSRC_NOACCESS)) {
            attributes.remove(MQIA_CHECK_CLIENT_BINDING);
        }
        if !command.admits(&attributes) {
            return None;
        }
        if !command.shows_all() {
            leave_out_what_says_nothing(&mut attributes, &command.requested);
        }
        Some(command.show(rule.object, &attributes))
    }
}

/// MATCH of DISPLAY CHLAUTH.
fn matching_of(command: &Command) -> i32 {
    let matching = command.option(MQIACH_MATCH).and_then(|n| i32::try_from(n).ok());
    matching.unwrap_or(MQMATCH_GENERIC)
}

pub(super) fn not_found() -> Message {
    Message::new(MessageId::CHANNEL_AUTH_NOT_FOUND).failed(MQRCCF_CHLAUTH_NOT_FOUND)
}

fn name_error(name: &str) -> Message {
    Message::new(MessageId::NAME_ERROR).insert(name)
}

/// Of what is always shown, what is blank or as usual is shown only where it was asked for.
fn leave_out_what_says_nothing(attributes: &mut AttributeSet, requested: &Requested) {
    let asked = |id: i32| matches!(requested, Requested::Some(ids) if ids.contains(&AttributeId(id)));
    for id in [MQCACH_CONNECTION_NAME, MQCACH_MCA_USER_ID] {
        if attributes.text(id).is_empty() && !asked(id) {
            attributes.remove(id);
        }
    }
    if attributes.int(MQIACH_WARNING) == Some(i64::from(MQWARN_NO)) && !asked(MQIACH_WARNING) {
        attributes.remove(MQIACH_WARNING);
    }
}

/// Checks that every address of the record can be one: a rule with a slip in it would block nobody, and say so to
/// nobody. Host names would have to be looked up.
fn check_addresses(rule: &Definition) -> Result<(), Message> {
    let wrong = || Message::new(MessageId::STRING_ERROR).failed(MQRCCF_ADDRESS_ERROR);
    let users = rule.attributes.list(MQCACH_MCA_USER_ID_LIST);
    if users.iter().any(|user| user.trim().is_empty()) {
        return Err(Message::new(MessageId::STRING_ERROR).failed(MQRCCF_CFSL_STRING_LENGTH_ERR));
    }
    if rule.attributes.list(MQCACH_CONNECTION_NAME_LIST).iter().any(|item| !address::is_pattern(item)) {
        return Err(wrong());
    }
    let one = rule.attributes.text(MQCACH_CONNECTION_NAME).trim();
    let may_be_blank = rule.object != ObjectType::ChlauthAddressMap;
    if list_of(rule.object).is_some() || address::is_pattern(one) || one.is_empty() && may_be_blank {
        return Ok(());
    }
    if address::is_host_name(one) {
        let message = Message::new(MessageId::NOT_BUILT).insert("SET CHLAUTH for host names");
        return Err(message.failed(MQRCCF_FUNCTION_RESTRICTED));
    }
    Err(wrong())
}

/// The attribute in which a blocking rule keeps its list.
fn list_of(object: ObjectType) -> Option<i32> {
    match object {
        ObjectType::ChlauthBlockUser => Some(MQCACH_MCA_USER_ID_LIST),
        ObjectType::ChlauthBlockAddr => Some(MQCACH_CONNECTION_NAME_LIST),
        _ => None,
    }
}

/// Channels that a record is for: a name, with any number of `*`; all of them where no channel is known yet.
fn profile_of(object: ObjectType, name: &str) -> Result<String, Message> {
    let name = name.trim_end();
    let is_valid = !name.is_empty()
        && name.len() <= 20
        && name.bytes().all(|b| is_name_byte(b) || b == b'*')
        && (object != ObjectType::ChlauthBlockAddr || name == "*");
    if is_valid {
        return Ok(name.to_owned());
    }
    Err(name_error(name).failed(MQRCCF_PROFILE_NAME_ERROR))
}

/// Checks what the record says as a whole. A user to map to is needed exactly when the source is MAP, which it is
/// when nothing else is said.
fn check(rule: &Definition, given: &AttributeSet) -> Result<(), AttributeError> {
    rule.object.check_required(given, &rule.attributes)?;
    rule.object.check(&rule.attributes)?;
    if let Some(list) = list_of(rule.object) {
        let keyword = rule.object.attribute_by_id(list)?.keyword;
        if rule.attributes.get(list).is_none_or(Value::is_blank) {
            return Err(AttributeError::Missing { keyword });
        }
        return Ok(());
    }
    let is_map = rule.attributes.int(MQIACH_USER_SOURCE) == Some(i64::from(MQUSRC_MAP));
    let has_user = !rule.attributes.text(MQCACH_MCA_USER_ID).is_empty();
    match (is_map, has_user) {
        (true, false) => Err(AttributeError::Missing { keyword: "MCAUSER" }),
        (false, true) => Err(AttributeError::Conflict { keyword: "MCAUSER", other: "USERSRC" }),
        _ => Ok(()),
    }
}
