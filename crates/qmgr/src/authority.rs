//! Who may do what: one table, one decision function, and who a connection is in the first place.
//!
//! ```text
//! MQCONN ──► channel_rules: which user is this? ──► User ──► Authority::connect
//! MQOPEN, MQPUT1, MQCLOSE(delete), commands ───────► User ──► Authority::check ──► Ok │ Refusal
//! ```
//!
//! The table holds the authority records (AUTHREC): profile, type of object, principal, authorities. For a user the
//! most specific profile that matches the object counts, and no other. Nobody has what no record gives: there is no
//! implicit authority from an alias, a model queue or an open unit of work. Three exceptions, all here:
//!
//! * Administrators may do everything: `mqm`, `root` and the user that runs the queue manager.
//! * A generic profile does not reach the dead-letter queue, transmission queues and the command queue; a record
//!   must name them exactly, also where they are opened by an alias. Commands are taken from no channel identity but an
//!   administrator's, and nobody becomes one over a channel by acting for another.
//! * The messages on the queues of the queue manager's own stores are nobody's ([`STORES`]).
//! * A dynamic queue is to its creator what the model was from which it was made; names on which others count are not
//!   to be had so ([`dynamic`]).
//!
//! Every refusal is reason 2035 and one line of the error log ([`Refusal`]).

mod access;
mod address;
mod channel_rules;
mod dynamic;
mod profile;
mod refusal;
mod sign_on;
#[cfg(test)]
mod tests;

use mqi::Putter;
use mqi::call::Identity;
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType};

use crate::object::{Definition, Registry};

pub(crate) use access::Access;
pub(crate) use channel_rules::channel_matches;
pub(crate) use dynamic::DynamicName;
pub(crate) use profile::{is_valid as is_valid_profile, matches as profile_matches};
pub(crate) use refusal::Refusal;
use sign_on::SignOn;

/// The name under which records of the queue manager itself are kept and shown.
pub(crate) const QMGR_PROFILE: &str = "self";

/// ENTTYPE of a record for a user.
pub(crate) const ENTITY_PRINCIPAL: i64 = 1;

/// ENTTYPE of a record for a group.
pub(crate) const ENTITY_GROUP: i64 = 2;

/// The queue that the command server reads.
const COMMAND_QUEUE: &str = "SYSTEM.ADMIN.COMMAND.QUEUE";

/// Queues in which a queue manager keeps its own: authority, channel rules, channels in doubt. No call
/// reaches their messages, whatever the records say and whoever asks.
pub(crate) const STORES: [&str; 3] =
    ["SYSTEM.AUTH.DATA.QUEUE", "SYSTEM.CHANNEL.SYNCQ", "SYSTEM.CHLAUTH.DATA.QUEUE"];

/// A user as whom a connection or a command runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    /// User id, as in MQMD.UserIdentifier but not cut.
    pub(crate) name: String,
    /// Channel through which he came; blank for a local application.
    pub(crate) channel: String,
    /// Address from which he came; blank for a local application.
    pub(crate) address: String,
}

/// What is to be opened, changed or shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// MQOT_ number of its type: MQOT_Q, MQOT_Q_MGR, MQOT_TOPIC, ….
    pub(crate) object_type: i32,
    /// Its name as opened: that of an alias, not of its target.
    pub(crate) name: &'a str,
    /// For a dynamic queue: who created it, and from which model.
    pub(crate) dynamic: Option<DynamicOrigin<'a>>,
}

/// Where a dynamic queue comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DynamicOrigin<'a> {
    /// User who opened the model.
    pub(crate) creator: &'a str,
    /// Name of the model.
    pub(crate) model: &'a str,
}

impl<'a> Subject<'a> {
    /// A queue that is not dynamic.
    pub(crate) fn queue(name: &'a str) -> Self {
        Self { object_type: MQOT_Q, name, dynamic: None }
    }

    /// The queue manager.
    pub(crate) fn qmgr() -> Self {
        Self { object_type: MQOT_Q_MGR, name: QMGR_PROFILE, dynamic: None }
    }

    /// An object of a class that has records; none for status and rules.
    pub(crate) fn object(class: ObjectClass, name: &'a str) -> Option<Self> {
        let object_type = class.row().object_type;
        match class {
            ObjectClass::Qmgr => Some(Self::qmgr()),
            _ if object_type == 0 => None,
            _ => Some(Self { object_type, name, dynamic: None }),
        }
    }
}

/// The decision function. The table is the authority records of the [`Registry`].
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    owner: String,
    sign_on: SignOn,
}

impl Authority {
    /// `owner` is the user that runs the queue manager.
    pub(crate) fn new(owner: &str) -> Self {
        Self { owner: owner.to_owned(), sign_on: SignOn::default() }
    }

    /// Goes by what the object says now that CONNAUTH names now.
    pub(crate) fn refresh_sign_on(&mut self, registry: &Registry) {
        self.sign_on = SignOn::of(registry);
    }

    /// How late a client hears at least that its password was wrong, in seconds.
    pub(crate) fn fail_delay_s(&self) -> u32 {
        self.sign_on.fail_delay_s()
    }

    /// Whether the user may do everything.
    pub(crate) fn is_administrator(&self, user: &str) -> bool {
        !user.is_empty() && (user == "mqm" || user == "root" || user == self.owner)
    }

    /// Finds out as whom a connection runs, and whether he may connect.
    ///
    /// `identity` says what the shell has proved. What comes in over a channel is subject to the channel's
    /// definition and the channel authentication records; a local application is who the operating system says.
    pub(crate) fn connect(&self, identity: &Identity, registry: &Registry) -> Result<User, Box<Refusal>> {
        let user = match &identity.channel {
            Some(channel) => channel_rules::user_of(self, identity, channel, registry)?,
            None => self.local_user(identity)?,
        };
        if user.name.len() > Putter::NAME_MAX {
            let rule = format!("the user id is longer than {} bytes", Putter::NAME_MAX);
            return Err(Refusal::of_user(&user, QMGR_PROFILE, rule));
        }
        self.check(&user, Subject::qmgr(), Access::CONNECT, registry)?;
        Ok(user)
    }

    /// The channel authentication record that decides about a client, for DISPLAY CHLAUTH MATCH(RUNCHECK): the one
    /// that blocks the user, else the one that maps him. `user` is taken as proved.
    pub(crate) fn rule_for<'a>(
        &self,
        channel: &str,
        user: &str,
        address: &str,
        registry: &'a Registry,
    ) -> Option<&'a Definition> {
        channel_rules::rule_for(self, channel, user, address, registry)
    }

    fn local_user(&self, identity: &Identity) -> Result<User, Box<Refusal>> {
        match &identity.verified {
            Some(name) if !name.is_empty() => Ok(User { name: name.clone(), ..User::default() }),
            _ => Err(Box::new(Refusal {
                id: Refusal::CREDENTIALS_MISSING,
                user: identity.asserted.clone(),
                channel: String::new(),
                address: identity.address.clone(),
                object: QMGR_PROFILE.to_owned(),
                rule: "local user is not known to the operating system".to_owned(),
            })),
        }
    }

    /// Decides.
    pub(crate) fn check(
        &self,
        user: &User,
        subject: Subject<'_>,
        wanted: Access,
        registry: &Registry,
    ) -> Result<(), Box<Refusal>> {
        let refuse = |rule: String| Err(Refusal::of_user(user, subject.name, rule));
        let is_queue = subject.object_type == MQOT_Q;
        if is_queue && STORES.contains(&subject.name) && !wanted.common(Access::MESSAGES).is_none() {
            return refuse("it is a store of the queue manager".to_owned());
        }
        if self.is_administrator(&user.name) {
            return Ok(());
        }
        if user.name.is_empty() {
            return refuse("it is not known who asks".to_owned());
        }
        if is_queue && subject.name == COMMAND_QUEUE && !user.channel.is_empty() {
            return refuse("commands over a channel are taken from administrators only".to_owned());
        }
        let name = match subject.dynamic {
            Some(origin) if origin.creator == user.name => origin.model,
            _ => subject.name,
        };
        // The right to create objects of a type is no right to an object, nor the other way round.
        let record = record_for(&user.name, subject.object_type, name, name.starts_with('@'), registry);
        // An exact profile is the most specific one, so where a generic one was found there is no exact one.
        let is_generic = record.is_some_and(|record| profile::is_generic(&record.name));
        let is_protected = is_queue && (is_generic || record.is_none()) && is_protected(name, registry);
        let record = record.filter(|_| !is_protected);
        let missing = wanted.without(record.map_or(Access::NONE, |record| authorities(&record.attributes)));
        if missing.is_none() {
            return self.check_qmgr_context(user, subject, wanted, registry);
        }
        refuse(match record {
            Some(record) => format!("AUTHREC PROFILE({}) without {}", record.name, missing.words()),
            None if is_protected => format!("no AUTHREC names the queue itself for {}", missing.words()),
            None => format!("no AUTHREC for {}", missing.words()),
        })
    }

    /// Decides about the queue to which an alias leads, after the alias itself.
    pub(crate) fn check_target(
        &self,
        user: &User,
        target: &str,
        wanted: Access,
        registry: &Registry,
    ) -> Result<(), Box<Refusal>> {
        let wanted = wanted.common(Access::MESSAGES);
        let is_closed = STORES.contains(&target) || is_protected(target, registry);
        if wanted.is_none() || !is_closed {
            return Ok(());
        }
        self.check(user, Subject::queue(target), wanted, registry)
    }

    /// Whether the queue manager may put something for a user on this queue that he has not put himself.
    pub(crate) fn check_own(&self, user: &User, target: &str) -> Result<(), Box<Refusal>> {
        if target != COMMAND_QUEUE {
            return Ok(());
        }
        Err(Refusal::of_user(user, target, "the queue manager puts no commands itself".to_owned()))
    }

    /// Whether a user who has the authority to act for others may act for this one.
    pub(crate) fn check_alternate(&self, user: &User, alternate: &str) -> Result<(), Box<Refusal>> {
        let is_rise = self.is_administrator(alternate) && !self.is_administrator(&user.name);
        if is_rise && !user.channel.is_empty() {
            let rule = format!("nobody becomes administrator '{alternate}' over a channel");
            return Err(Refusal::of_user(user, QMGR_PROFILE, rule));
        }
        Ok(())
    }

    /// Whether a user may do what no record can grant.
    pub(crate) fn check_administrator(&self, user: &User) -> Result<(), Box<Refusal>> {
        if self.is_administrator(&user.name) {
            return Ok(());
        }
        Err(Refusal::of_user(user, QMGR_PROFILE, "only administrators may".to_owned()))
    }

    /// Setting context on a queue needs the same authority for the queue manager (queue-manager reference, 17.1).
    fn check_qmgr_context(
        &self,
        user: &User,
        subject: Subject<'_>,
        wanted: Access,
        registry: &Registry,
    ) -> Result<(), Box<Refusal>> {
        let context = wanted.common(Access::SET_ALL.and(Access::SET_IDENTITY));
        if subject.object_type == MQOT_Q_MGR || context.is_none() {
            return Ok(());
        }
        self.check(user, Subject::qmgr(), context, registry)
    }
}

/// The most specific record of a user for an object.
///
/// A record for a group gives nothing to anybody: whose member a user is, is not known here.
fn record_for<'a>(
    user: &str,
    object_type: i32,
    name: &str,
    exact_only: bool,
    registry: &'a Registry,
) -> Option<&'a Definition> {
    let records = registry.of_class(ObjectClass::AuthRecord).filter(|record| {
        let a = &record.attributes;
        a.int(MQIACF_OBJECT_TYPE) == Some(i64::from(object_type))
            && a.text(MQCACF_ENTITY_NAME) == user
            && a.int(MQIACF_ENTITY_TYPE) != Some(ENTITY_GROUP)
            && !(exact_only && profile::is_generic(&record.name))
            && (object_type == MQOT_Q_MGR || profile::matches(&record.name, name))
    });
    records.min_by(|a, b| profile::by_specificity(&a.name, &b.name))
}

/// The authorities that an authority record holds.
pub(crate) fn authorities(a: &AttributeSet) -> Access {
    let numbers = a.get(MQIACF_AUTHORIZATION_LIST).and_then(|value| value.as_ints());
    Access::of_numbers(numbers.unwrap_or_default())
}

/// Whether a queue is one of those that only a record with its exact name reaches.
fn is_protected(name: &str, registry: &Registry) -> bool {
    if name == COMMAND_QUEUE {
        return true;
    }
    let is_dead_letter_queue = registry.of_class(ObjectClass::Qmgr).any(|d| {
        let dead_letter = d.attributes.text(MQCA_DEAD_LETTER_Q_NAME);
        // DEADQ may be an alias.
        let alias = registry.get(ObjectClass::Queue, dead_letter).filter(|d| d.object == ObjectType::QAlias);
        let target = alias.map(|d| d.attributes.text(MQCA_BASE_OBJECT_NAME));
        !name.is_empty() && (dead_letter == name || target == Some(name))
    });
    is_dead_letter_queue
        || registry
            .get(ObjectClass::Queue, name)
            .is_some_and(|d| d.attributes.int(MQIA_USAGE) == Some(i64::from(MQUS_TRANSMISSION)))
}
