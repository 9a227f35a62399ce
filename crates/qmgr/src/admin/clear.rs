//! CLEAR QLOCAL: all messages go, if nobody has the queue open.

use mqi::command::{Message, MessageId};
use mqi::constants::*;

use super::in_use::in_use;
use super::{Answer, Done, Request, not_found};
use crate::authority::STORES;
use crate::kernel::Kernel;
use crate::output::Outputs;

impl Kernel {
    pub(super) fn clear_local_queue(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let name = request.command.name.trim_end();
        let class = request.command.class();
        if self.registry.get(class, name).is_none() {
            return Err(not_found(name));
        }
        let ix = self.queues.by_name(name).ok_or_else(|| {
            Message::new(MessageId::QUEUE_TYPE_ERROR).insert(name).failed(MQRCCF_Q_WRONG_TYPE)
        })?;
        let queue = self.queues.get(ix);
        // The product holds its own stores open.
        if STORES.contains(&name) {
            return Err(in_use());
        }
        if queue.open_count > 0 || queue.uncommitted > 0 {
            return Err(in_use());
        }
        let wait = self.clear_queue(ix, out);
        Ok(Done::new(MessageId::QUEUE_CLEARED, wait))
    }
}
