//! MQCMIT, MQBACK, and the units of work behind them (queue-manager reference, section 11).

use mqi::Reason;
use mqi::call::Returned;
use store::{Kind, Lsn, Record};

use crate::conversation::ConvIx;
use crate::entry::State;
use crate::kernel::{Kernel, OK, Outcome, failed};
use crate::log_records;
use crate::output::Outputs;
use crate::unit_of_work::{UnitOfWork, UowIx};

impl Kernel {
    pub(crate) fn commit_call(&mut self, conv: ConvIx, out: &mut Outputs) {
        let was_busy = self.is_unit_in_flight(conv);
        self.confirm_unit(conv, out);
        let (outcome, wait) = self.commit_unit(conv, out);
        self.reply(conv, outcome, Returned::Commit, wait, out);
        self.after_unit(conv, was_busy, out);
    }

    pub(crate) fn back_call(&mut self, conv: ConvIx, out: &mut Outputs) {
        let was_busy = self.is_unit_in_flight(conv);
        self.confirm_unit(conv, out);
        self.conversations.get_mut(conv).uow_backed_out = false;
        self.back_unit(conv, out);
        self.reply(conv, OK, Returned::Back, Lsn::NONE, out);
        self.after_unit(conv, was_busy, out);
    }

    /// The unit of work of a conversation, begun if there is none. 2024 when it has all it may have, 2003 when the
    /// queue manager has backed it out.
    pub(crate) fn unit_for_more(&mut self, conv: ConvIx) -> Result<UowIx, Reason> {
        let ix = self.unit_in_force(conv)?;
        if self.uows.get(ix).len() >= self.qmgr.uncommitted_max as usize {
            return Err(Reason::SYNCPOINT_LIMIT_REACHED);
        }
        Ok(ix)
    }

    /// The same for what was let into it already, however much that is by now.
    pub(crate) fn unit_in_force(&mut self, conv: ConvIx) -> Result<UowIx, Reason> {
        let conversation = self.conversations.get_mut(conv);
        if conversation.uow_backed_out {
            return Err(Reason::BACKED_OUT);
        }
        let ix = match conversation.uow {
            Some(ix) => ix,
            None => {
                let ix = self.uows.begin(self.numbers.uow(), self.now.wall.0);
                conversation.uow = Some(ix);
                ix
            }
        };
        Ok(ix)
    }

    /// Commits the unit of work of a conversation, if it has one. Returns the record to wait for.
    pub(crate) fn commit_unit(&mut self, conv: ConvIx, out: &mut Outputs) -> (Outcome, Lsn) {
        let conversation = self.conversations.get_mut(conv);
        if std::mem::take(&mut conversation.uow_backed_out) {
            self.back_unit(conv, out);
            return (failed(Reason::BACKED_OUT), Lsn::NONE);
        }
        let Some(ix) = conversation.uow.take() else { return (OK, Lsn::NONE) };
        (OK, self.commit_uow(ix, out))
    }

    /// Commits a unit of work. Returns the record to wait for.
    pub(crate) fn commit_uow(&mut self, ix: UowIx, out: &mut Outputs) -> Lsn {
        let uow = self.uows.get(ix);
        let mut wait = Lsn::NONE;
        if uow.first_lsn.is_some() {
            wait = self.append(Record::new(Kind::Commit, log_records::one(uow.id.0)), out);
        }
        let uow = self.uows.end(ix);
        self.apply_commit(uow, wait, out);
        wait
    }

    /// Backs out the unit of work of a conversation, if it has one.
    pub(crate) fn back_unit(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.call_back_ahead(conv, out);
        let Some(ix) = self.conversations.get_mut(conv).uow.take() else { return };
        self.back_uow(ix, out);
    }

    /// Backs out a unit of work. Nobody waits for the record: what it undoes was never shown.
    pub(crate) fn back_uow(&mut self, ix: UowIx, out: &mut Outputs) {
        let uow = self.uows.get(ix);
        if uow.first_lsn.is_some() {
            self.append(Record::new(Kind::Back, log_records::one(uow.id.0)), out);
        }
        let uow = self.uows.end(ix);
        self.apply_back(uow, out);
    }

    /// The puts of a committed unit of work are there for all, its gets are gone. `since`: its Commit record.
    pub(crate) fn apply_commit(&mut self, uow: UnitOfWork, since: Lsn, out: &mut Outputs) {
        for touched in &uow.puts {
            self.queues.get_mut(touched.queue).uncommitted -= 1;
            self.make_free(touched.queue, touched.slot, since);
            if self.queues.get(touched.queue).is_deleted {
                self.queues.get_mut(touched.queue).depth -= 1;
                self.drop_message(touched.queue, touched.slot, out);
                self.release_queue(touched.queue);
            }
        }
        for touched in &uow.gets {
            self.queues.get_mut(touched.queue).uncommitted -= 1;
            self.drop_message(touched.queue, touched.slot, out);
            self.release_queue(touched.queue);
        }
        self.uows.recycle(uow);
    }

    /// The puts of a backed-out unit of work are gone, its gets are back in their places and counted.
    pub(crate) fn apply_back(&mut self, uow: UnitOfWork, out: &mut Outputs) {
        for touched in &uow.puts {
            let queue = self.queues.get_mut(touched.queue);
            queue.uncommitted -= 1;
            queue.depth -= 1;
            self.drop_message(touched.queue, touched.slot, out);
            self.release_queue(touched.queue);
        }
        for touched in &uow.gets {
            let queue = self.queues.get_mut(touched.queue);
            queue.uncommitted -= 1;
            queue.depth += 1;
            self.count_backout(touched.slot);
            debug_assert_eq!(self.arena.get(touched.slot).state, State::Got);
            self.return_message(touched.queue, touched.slot);
            if self.queues.get(touched.queue).is_deleted {
                self.queues.get_mut(touched.queue).depth -= 1;
                self.drop_message(touched.queue, touched.slot, out);
                self.release_queue(touched.queue);
            }
        }
        self.uows.recycle(uow);
    }

    /// The log is running out of room for old units of work: the one that holds the oldest record is backed out.
    pub(crate) fn back_out_longest(&mut self, out: &mut Outputs) {
        let oldest = self
            .conversations
            .iter()
            .filter_map(|(conv, conversation)| {
                let first = self.uows.get(conversation.uow?).first_lsn?;
                Some((first, conv))
            })
            .min();
        let Some((_, conv)) = oldest else { return };
        self.back_unit(conv, out);
        self.conversations.get_mut(conv).uow_backed_out = true;
        let conversation = self.conversations.get(conv);
        let inserts = vec![conversation.appl_name.to_string(), conversation.user.name.clone()];
        Self::log_line("AMQ7469", inserts, out);
    }
}
