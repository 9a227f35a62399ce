//! What a name means: local queue, alias, model, remote definition (queue-manager reference, 7.1).
//!
//! Remote definitions lead to transmission queues, which need message channels: until those are built, a name that
//! resolves to another queue manager is refused with 2087 or 2196 as if no transmission queue were there.

use mqi::name::ObjectName;
use mqi::{Chars48, Reason};

use crate::kernel::Kernel;
use crate::object::{QueueAttributes, QueueKind};
use crate::queue::QueueIx;

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// A local queue, perhaps by an alias.
    Local { queue: QueueIx, alias: Option<ObjectName> },
    /// A model: a dynamic queue is to be made.
    Model { model: ObjectName },
}

/// A definition of a queue on this queue manager.
enum Found<'a> {
    Local(QueueIx),
    Other(&'a QueueAttributes),
    None,
}

impl Kernel {
    fn queue_named(&self, name: &str) -> Found<'_> {
        if let Some(ix) = self.queues.by_name(name) {
            return Found::Local(ix);
        }
        self.other_queues.get(name).map_or(Found::None, Found::Other)
    }

    /// How many messages are on the queue that these names mean, and how many it takes; none: it is no queue of this queue
    /// manager's.
    pub fn room_on(&self, name: &Chars48, qmgr: &Chars48) -> Option<(u32, u32)> {
        let Ok(Resolved::Local { queue, .. }) = self.resolve(name, qmgr) else { return None };
        let queue = self.queues.get(queue);
        Some((queue.depth, queue.attributes.depth_max))
    }

    /// Resolves the names of an MQOD.
    pub(crate) fn resolve(&self, name: &Chars48, qmgr: &Chars48) -> Result<Resolved, Reason> {
        let qmgr = qmgr.as_str();
        if qmgr.is_empty() || qmgr == self.config.name.as_str() {
            return self.resolve_local(name);
        }
        // A queue manager's name is that of a transmission queue, of an alias (a remote definition without RNAME), or
        // unknown.
        match self.queue_named(qmgr) {
            Found::Local(ix) if self.queues.get(ix).attributes.is_transmission => Err(Reason::UNKNOWN_XMIT_Q),
            Found::Other(alias) if alias.kind == QueueKind::Remote => {
                if !alias.remote_queue.is_empty() {
                    return Err(Reason::REMOTE_Q_NAME_ERROR);
                }
                if alias.remote_qmgr == self.config.name.as_str() {
                    return self.resolve_local(name);
                }
                Err(self.no_route(alias))
            }
            _ => Err(Reason::UNKNOWN_REMOTE_Q_MGR),
        }
    }

    /// Why a remote definition cannot be used.
    fn no_route(&self, definition: &QueueAttributes) -> Reason {
        if !definition.transmission_queue.is_empty() {
            Reason::UNKNOWN_XMIT_Q
        } else {
            Reason::UNKNOWN_REMOTE_Q_MGR
        }
    }

    fn resolve_local(&self, name: &Chars48) -> Result<Resolved, Reason> {
        let text = name.as_str();
        match self.queue_named(text) {
            Found::Local(queue) => Ok(Resolved::Local { queue, alias: None }),
            Found::Other(attributes) => match attributes.kind {
                QueueKind::Model => {
                    let model = ObjectName::parse(text).map_err(|_| Reason::OBJECT_NAME_ERROR)?;
                    Ok(Resolved::Model { model })
                }
                QueueKind::Alias => {
                    let alias = ObjectName::parse(text).map_err(|_| Reason::OBJECT_NAME_ERROR)?;
                    self.resolve_target(alias, attributes)
                }
                QueueKind::Remote => Err(self.no_route(attributes)),
                QueueKind::Local => Err(Reason::UNEXPECTED_ERROR),
            },
            Found::None if ObjectName::parse(text).is_err() => Err(Reason::OBJECT_NAME_ERROR),
            Found::None => Err(Reason::UNKNOWN_OBJECT_NAME),
        }
    }

    fn resolve_target(&self, alias: ObjectName, attributes: &QueueAttributes) -> Result<Resolved, Reason> {
        if attributes.is_target_topic {
            // Publish/subscribe is not built.
            return Err(Reason::FUNCTION_NOT_SUPPORTED);
        }
        match self.queue_named(&attributes.target) {
            Found::Local(queue) => Ok(Resolved::Local { queue, alias: Some(alias) }),
            Found::Other(target) if target.kind == QueueKind::Remote => Err(self.no_route(target)),
            Found::Other(_) => Err(Reason::ALIAS_BASE_Q_TYPE_ERROR),
            Found::None => Err(Reason::UNKNOWN_ALIAS_BASE_Q),
        }
    }
}
