//! Whether a user may give a dynamic queue its name.
//!
//! Whoever may open a model chooses the name of the queue that is made, and that queue is his: what others put there he
//! gets. So a name on which others count is not to be had for the asking:
//!
//! * `SYSTEM.…`: only by an authority record of the user whose profile itself begins so, whichever the model is.
//! * A name that a definition has for a queue (TARGET, XMITQ, INITQ, BOQNAME, DEADQ, DEFXMITQ): only by one that
//!   names the queue exactly.
//! * A name that an authority record of somebody else claims: one that names it exactly, or one by a generic profile
//!   that has a literal beginning and lets him get. Only by a record of the user that is as specific. Records by which
//!   others only put are no claim: answers on dynamic queues need them.
//!
//! The record must hold what the queue is opened for. All other names are free, as they are where the product runs, and
//! so are names with a generated end that begin with `AMQ.`, the pattern of those who name none.

use std::cmp::Ordering;

use mqi::constants::*;
use mqi::object::ObjectClass;

use super::refusal::Refusal;
use super::{Access, Authority, ENTITY_GROUP, User, authorities, profile, record_for};
use crate::object::{Definition, Registry};

/// A name that is wanted for a new queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DynamicName<'a> {
    /// The name.
    pub(crate) name: &'a str,
    /// Whether its end was generated, so that nobody could choose it.
    pub(crate) is_generated: bool,
}

/// Names that are the queue manager's own.
const SYSTEM: &str = "SYSTEM.";

/// What generated names begin with where nothing else is asked for.
const ANYBODYS: &str = "AMQ.";

impl Authority {
    /// Decides.
    pub(crate) fn check_dynamic_name(
        &self,
        user: &User,
        dynamic: DynamicName<'_>,
        wanted: Access,
        registry: &Registry,
    ) -> Result<(), Box<Refusal>> {
        let DynamicName { name, is_generated } = dynamic;
        if self.is_administrator(&user.name) {
            return Ok(());
        }
        let own = record_for(&user.name, MQOT_Q, name, false, registry);
        let (is_reached, why) = if name.starts_with(SYSTEM) {
            (own.is_some_and(|own| own.name.starts_with(SYSTEM)), "it is the queue manager's".to_owned())
        } else if !is_generated && registry.is_relied_on(name) {
            let is_exact = own.is_some_and(|own| !profile::is_generic(&own.name));
            (is_exact, "other definitions name it".to_owned())
        } else if is_generated && name.starts_with(ANYBODYS) {
            return Ok(());
        } else if let Some(claim) = claim_of_others(&user.name, name, registry) {
            let is_as_specific =
                |own: &Definition| profile::by_specificity(&own.name, &claim.name) != Ordering::Greater;
            let whose = claim.attributes.text(MQCACF_ENTITY_NAME);
            let why = format!("AUTHREC PROFILE({}) PRINCIPAL({whose}) claims it", claim.name);
            (own.is_some_and(is_as_specific), why)
        } else {
            return Ok(());
        };
        let has = own.map_or(Access::NONE, |own| authorities(&own.attributes));
        if is_reached && wanted.without(has).is_none() {
            return Ok(());
        }
        Err(Box::new(Refusal {
            id: Refusal::AUTHORITY,
            user: user.name.clone(),
            channel: user.channel.clone(),
            address: user.address.clone(),
            object: name.to_owned(),
            rule: format!("no AUTHREC for {} on a new queue of this name, and {why}", wanted.words()),
        }))
    }
}

/// The most specific record by which somebody else counts on a queue of this name.
fn claim_of_others<'a>(user: &str, name: &str, registry: &'a Registry) -> Option<&'a Definition> {
    let claims = registry.of_class(ObjectClass::AuthRecord).filter(|record| {
        let a = &record.attributes;
        let reads = || !authorities(a).common(Access::GET).is_none();
        a.int(MQIACF_OBJECT_TYPE) == Some(i64::from(MQOT_Q))
            && a.text(MQCACF_ENTITY_NAME) != user
            && a.int(MQIACF_ENTITY_TYPE) != Some(ENTITY_GROUP)
            && !record.name.starts_with(['*', '?'])
            && (!profile::is_generic(&record.name) || reads())
            && profile::matches(&record.name, name)
    });
    claims.min_by(|a, b| profile::by_specificity(&a.name, &b.name))
}
