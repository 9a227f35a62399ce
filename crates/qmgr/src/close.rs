//! MQCLOSE, and what closing a handle sets free.

use mqi::Reason;
use mqi::call::{Hobj, Returned};
use mqi::constants::*;
use mqi::object::ObjectClass;
use store::{Kind, Lsn, Record};

use crate::authority::Access;
use crate::conversation::ConvIx;
use crate::entry::State;
use crate::kernel::{Discarded, Kernel, OK, Outcome, failed, warning};
use crate::log_records::Discard;
use crate::number::MessageNumber;
use crate::object::{DefinitionType, ObjectRecord};
use crate::output::Outputs;
use crate::queue::{QueueIx, QueueNumber};

impl Kernel {
    pub(crate) fn close(&mut self, conv: ConvIx, hobj: Hobj, options: i32, out: &mut Outputs) {
        let (outcome, wait) = self.try_close(conv, hobj, options, out);
        self.reply(conv, outcome, Returned::Close, wait, out);
    }

    fn try_close(&mut self, conv: ConvIx, hobj: Hobj, options: i32, out: &mut Outputs) -> (Outcome, Lsn) {
        if self.conversations.get(conv).handles.get(hobj).is_none() {
            return (failed(Reason::HOBJ_ERROR), Lsn::NONE);
        }
        if options & !(MQCO_DELETE | MQCO_DELETE_PURGE | MQCO_QUIESCE) != 0
            || options & (MQCO_DELETE | MQCO_DELETE_PURGE) == MQCO_DELETE | MQCO_DELETE_PURGE
        {
            return (failed(Reason::OPTIONS_ERROR), Lsn::NONE);
        }
        if options & MQCO_QUIESCE != 0 && self.is_expecting(conv, hobj) {
            // The handle stays until the client has what is on its way to it.
            return (warning(Reason::READ_AHEAD_MSGS), Lsn::NONE);
        }
        let Some(handle) = self.conversations.get(conv).handles.get(hobj) else {
            return (failed(Reason::HOBJ_ERROR), Lsn::NONE);
        };
        let (queue, is_creator, is_by_name) = (handle.queue(), handle.is_creator, handle.alias.is_none());
        let alternate_user = handle.alternate_user.clone();
        let mut wait = Lsn::NONE;
        if options & (MQCO_DELETE | MQCO_DELETE_PURGE) != 0 {
            let queue = queue.filter(|_| is_by_name);
            let is_purge = options & MQCO_DELETE_PURGE != 0;
            match self.delete_on_close(conv, alternate_user.as_deref(), queue, is_purge, is_creator, out) {
                Ok(lsn) => wait = lsn,
                Err(reason) => return (failed(reason), Lsn::NONE),
            }
        }
        self.close_handle(conv, hobj, out);
        (OK, wait)
    }

    /// Deletes a dynamic queue because a handle to it is closed so, or marks it to go with its last handle.
    fn delete_on_close(
        &mut self,
        conv: ConvIx,
        alternate_user: Option<&str>,
        queue: Option<QueueIx>,
        purge: bool,
        is_creator: bool,
        out: &mut Outputs,
    ) -> Result<Lsn, Reason> {
        let Some(ix) = queue else { return Err(Reason::OPTION_NOT_VALID_FOR_TYPE) };
        let queue = self.queues.get(ix);
        match queue.attributes.definition_type {
            DefinitionType::Predefined => return Err(Reason::OPTION_NOT_VALID_FOR_TYPE),
            // It goes with its creator's handle anyway, and with no other.
            DefinitionType::TemporaryDynamic if is_creator => return Ok(Lsn::NONE),
            DefinitionType::TemporaryDynamic => return Err(Reason::OPTION_NOT_VALID_FOR_TYPE),
            DefinitionType::PermanentDynamic => {}
        }
        let name = queue.name.clone();
        self.authorize(conv, alternate_user, ObjectClass::Queue, name.as_str(), Access::DELETE, out)?;
        let queue = self.queues.get(ix);
        if queue.is_deleted {
            return Ok(Lsn::NONE);
        }
        if queue.uncommitted > 0 || (!purge && queue.depth > 0) {
            return Err(Reason::Q_NOT_EMPTY);
        }
        if purge {
            self.clear_queue(ix, out);
        }
        if self.queues.get(ix).open_count > 1 {
            self.queues.get_mut(ix).goes_when_closed = true;
            return Ok(Lsn::NONE);
        }
        self.delete_queue(ix, out)
    }

    /// Deletes a local queue with all that is on it, and says which record to wait for.
    pub(crate) fn delete_queue(&mut self, ix: QueueIx, out: &mut Outputs) -> Result<Lsn, Reason> {
        self.clear_queue(ix, out);
        let name = self.queues.get(ix).name.clone();
        let Some(definition) = self.registry.get(ObjectClass::Queue, name.as_str()) else {
            return Err(Reason::UNEXPECTED_ERROR);
        };
        self.record_object(ObjectRecord::deletion(definition), out)
    }

    /// A queue is no longer defined: it stays until nothing mentions it. Who waits for it hears so.
    pub(crate) fn forget_queue(&mut self, ix: QueueIx) {
        self.queues.unname(ix);
        self.deleted_queues.push(ix);
    }

    /// Ends the waits on deleted queues.
    pub(crate) fn settle_deleted(&mut self, out: &mut Outputs) {
        while let Some(ix) = self.deleted_queues.pop() {
            if self.queues.find(ix).is_none_or(|queue| !queue.is_deleted) {
                // Its last handle was closed meanwhile.
                continue;
            }
            self.end_waits(ix, Reason::Q_DELETED, out);
            self.discard_messages(ix, None, out);
            self.release_queue(ix);
        }
    }

    /// Gives the index of a deleted queue back once nothing mentions it.
    pub(crate) fn release_queue(&mut self, ix: QueueIx) {
        let queue = self.queues.get(ix);
        let is_unused = queue.open_count == 0 && queue.uncommitted == 0 && queue.reserved == 0;
        if queue.is_deleted && is_unused {
            let lanes = std::mem::take(&mut self.queues.get_mut(ix).lanes);
            for lane in lanes.into_iter().filter(|lane| !lane.is_empty()) {
                self.discarded.push(Discarded { lane, limit: None });
            }
            self.budget.forget_queue(self.queues.get(ix).counted_bytes);
            self.queues.remove(ix);
        }
    }

    /// Empties a queue of what is committed. Returns the record to wait for.
    pub(crate) fn clear_queue(&mut self, ix: QueueIx, out: &mut Outputs) -> Lsn {
        let queue = self.queues.get(ix);
        let number = queue.number;
        let mut wait = Lsn::NONE;
        let mut logged = None;
        if queue.persistent > 0 {
            let limit = MessageNumber(self.numbers.unique());
            let head = Discard::Below { queue: number, limit }.encode();
            wait = self.append(Record::new(Kind::Discard, head), out);
            logged = Some((number, limit));
        }
        self.discard_messages(ix, logged, out);
        wait
    }

    /// Takes all free messages off a queue; the work is done in slices.
    fn discard_messages(
        &mut self,
        ix: QueueIx,
        limit: Option<(QueueNumber, MessageNumber)>,
        out: &mut Outputs,
    ) {
        let queue = self.queues.get_mut(ix);
        if queue.uncommitted == 0 && queue.reserved == 0 {
            (queue.msg_ids, queue.correl_ids, queue.depth, queue.persistent) = (None, None, 0, 0);
            queue.spillable = 0;
            let lanes = std::mem::take(&mut queue.lanes);
            for lane in lanes.into_iter().filter(|lane| !lane.is_empty()) {
                self.discarded.push(Discarded { lane, limit });
            }
            return;
        }
        let free: Vec<_> = self
            .queues
            .get(ix)
            .slots(&self.arena)
            .filter(|slot| matches!(self.arena.get(*slot).state, State::Free | State::Damaged))
            .collect();
        for slot in free {
            self.queues.get_mut(ix).depth -= 1;
            self.drop_message(ix, slot, out);
        }
    }

    /// Closes a handle: its locks, window and cursor go, and a temporary queue with its creator.
    pub(crate) fn close_handle(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        self.unlock(conv, hobj);
        self.close_consumer(conv, hobj, out);
        let Some(handle) = self.conversations.get_mut(conv).handles.remove(hobj) else { return };
        self.budget.close(handle.cost);
        self.marks.remove_handle(handle.number);
        let Some(ix) = handle.queue() else { return };
        let queue = self.queues.get_mut(ix);
        queue.forget(handle.number);
        if let Some(selection) = handle.selection {
            queue.selections.close(selection);
        }
        queue.open_count -= 1;
        if handle.is_output() {
            queue.output_count -= 1;
        }
        if handle.is_input() {
            queue.input_count -= 1;
            queue.is_exclusive = false;
        }
        let goes = queue.goes_when_closed && queue.open_count == 0 && !queue.is_deleted;
        if handle.is_creator && !queue.is_deleted {
            let name = queue.name.as_str().to_owned();
            if let Some(definition) = self.registry.get(ObjectClass::Queue, &name) {
                let deletion = ObjectRecord::deletion(definition);
                self.apply_object(deletion, queue_number_of(&self.queues, ix));
            }
        } else if goes {
            // The record need not be waited for: nobody can open the queue again.
            let _ = self.delete_queue(ix, out);
        } else {
            self.release_queue(ix);
        }
    }
}

fn queue_number_of(queues: &crate::queue::Queues, ix: QueueIx) -> crate::queue::QueueNumber {
    queues.get(ix).number
}
