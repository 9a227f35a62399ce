//! Objects that the queue manager itself works with: a slip must not leave it without them.
//!
//! Two of them administrators reach it through, `runmqsc` and `endmqm` included: without those nobody could put
//! anything right. The others the product holds open for as long as it runs, so that they cannot be deleted.
//! `strmqm -c` makes all of them anew.

use mqi::command::{CommandReply, Message, MessageId};
use mqi::constants::*;
use mqi::object::ObjectClass;

use super::Answer;
use super::in_use::in_use;
use super::{Done, Lsn};
use crate::object::Definition;

pub(crate) const WAYS_IN_COUNT: u32 = 2;
/// What commands travel on, and what their answers come back on.
pub(crate) const WAYS_IN: [&str; WAYS_IN_COUNT as usize] =
    ["SYSTEM.ADMIN.COMMAND.QUEUE", "SYSTEM.MQSC.REPLY.QUEUE"];

/// Queues that the product's own processes have open.
const HELD: [&str; 17] = [
    "SYSTEM.AUTH.DATA.QUEUE",
    "SYSTEM.BROKER.ADMIN.STREAM",
    "SYSTEM.BROKER.CONTROL.QUEUE",
    "SYSTEM.BROKER.DEFAULT.STREAM",
    "SYSTEM.CHANNEL.INITQ",
    "SYSTEM.CHANNEL.SYNCQ",
    "SYSTEM.CHLAUTH.DATA.QUEUE",
    "SYSTEM.CLUSTER.COMMAND.QUEUE",
    "SYSTEM.CLUSTER.REPOSITORY.QUEUE",
    "SYSTEM.CLUSTER.TRANSMIT.QUEUE",
    "SYSTEM.DDELAY.LOCAL.QUEUE",
    "SYSTEM.DURABLE.SUBSCRIBER.QUEUE",
    "SYSTEM.HIERARCHY.STATE",
    "SYSTEM.INTER.QMGR.CONTROL",
    "SYSTEM.INTER.QMGR.FANREQ",
    "SYSTEM.INTER.QMGR.PUBS",
    "SYSTEM.RETAINED.PUB.QUEUE",
];

/// A command of any length, with what PCF adds, or a piece of an answer.
const MESSAGE_MIN: i64 = 36 * 1024;
/// Commands of a batch of `runmqsc`.
const DEPTH_MIN: i64 = 64;

/// Whether the queue manager cannot be without the object.
pub(super) fn is_needed(definition: &Definition) -> bool {
    let name = definition.name.as_str();
    definition.object.class() == ObjectClass::Queue && (WAYS_IN.contains(&name) || HELD.contains(&name))
}

/// The answer to a command that would take something away: as for what is in use, and what to do.
pub(super) fn refuse_removal(what: &str) -> Answer {
    let mut reply = CommandReply::message(in_use());
    reply.push(Message::new(MessageId::OBJECT_NEEDED).insert(what));
    Ok(Done { reply, wait: Lsn::NONE })
}

/// Refuses a definition by which commands, or their answers, would find no way.
pub(super) fn check_way_in(definition: &Definition) -> Result<(), Message> {
    if definition.object.class() != ObjectClass::Queue || !WAYS_IN.contains(&definition.name.as_str()) {
        return Ok(());
    }
    let is = |id: i32, wanted: i32| definition.attributes.int(id) == Some(i64::from(wanted));
    let is_at_least = |id: i32, least: i64| definition.attributes.int(id).is_some_and(|value| value >= least);
    let is_open = is(MQIA_INHIBIT_GET, MQQA_GET_ALLOWED)
        && is(MQIA_INHIBIT_PUT, MQQA_PUT_ALLOWED)
        && is(MQIA_USAGE, MQUS_NORMAL)
        && is_at_least(MQIA_MAX_MSG_LENGTH, MESSAGE_MIN)
        && is_at_least(MQIA_MAX_Q_DEPTH, DEPTH_MIN);
    match is_open {
        true => Ok(()),
        false => Err(Message::new(MessageId::OBJECT_RESTRICTED)
            .insert(&definition.name)
            .failed(MQRC_OBJECT_IN_USE)),
    }
}
