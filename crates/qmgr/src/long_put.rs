//! Puts whose data comes in pieces: a message over 128 KiB is never whole in memory.
//!
//! A persistent message is logged piece by piece, as Part records, and its Put record follows the last piece. Its
//! entry is in the queue's order from the beginning, seen by nobody. The shell is given credit for the next piece with
//! each one taken; it holds that back until the log has caught up. What never got its Put record is forgotten at
//! restart.
//!
//! One that is not persistent is kept in memory if there is plenty. Otherwise each piece goes to the scratch file as it
//! comes, credit for the next is given when it is there, and so is the answer: a call that comes meanwhile waits.

use bytes::Bytes;
use mqi::Reason;
use mqi::call::{Body, Long, PIECE_MAX};
use store::Lsn;

use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::{ConvIx, InCall};
use crate::entry::Entry;
use crate::input::ConversationId;
use crate::kernel::{Kernel, failed};
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::parts::Part;
use crate::properties::{HEADER_MAX, HeaderFacts};
use crate::put::{Prepared, PutCall};
use crate::queue::QueueIx;

/// A put in progress.
#[derive(Debug)]
pub(crate) struct LongPut {
    pub(crate) queue: QueueIx,
    pub(crate) slot: Slot,
    pub(crate) prepared: Prepared,
    call: PutCall,
    total: u32,
    /// The MQRFH2, as far as it has come and will be looked at.
    header: Body,
    received: u32,
    /// Index of the next piece.
    index: u32,
    /// Pieces on their way to the scratch file.
    writing: u32,
}

impl LongPut {
    /// All data has come.
    pub(crate) fn is_complete(&self) -> bool {
        self.received == self.total
    }

    /// Keeps what a piece has of the header.
    fn keep_header(&mut self, piece: &Body) {
        let missing = self.prepared.header_len.min(HEADER_MAX) - self.header.len();
        if missing > 0 {
            // A copy: a short header must not hold on to what comes behind it.
            self.header.push(Bytes::copy_from_slice(&piece.prefix(missing).to_bytes()));
        }
    }
}

impl Kernel {
    pub(crate) fn start_long_put(
        &mut self,
        conv: ConvIx,
        mut prepared: Prepared,
        call: PutCall,
        body: Long,
        out: &mut Outputs,
    ) {
        let (ix, total) = (prepared.queue, body.total as usize);
        let in_memory = !prepared.is_persistent && self.contents.has_ease(total);
        prepared.head.is_parted = !in_memory;
        let entry = self.entry_of(&prepared.head, prepared.is_persistent);
        // A persistent one keeps only its descriptor in memory, and not even that before its record is written.
        let content = (!prepared.is_persistent)
            .then(|| Content::new(&call.md, &prepared.putter, prepared.head.msg_id.is_none(), Body::new()));
        let Some(slot) = self.enter(ix, entry, content, prepared.head.group) else {
            return self.finish_put_call(conv, call, failed(Reason::STORAGE_NOT_AVAILABLE), Lsn::NONE, out);
        };
        if let Some(delay) = &prepared.head.delay {
            let queue = self.queue_number(&delay.queue);
            self.delays.insert(prepared.head.number, slot, delay, queue);
        }
        if in_memory {
            self.contents.promise(total);
        }
        self.queues.get_mut(ix).uncommitted += 1;
        let put = LongPut {
            queue: ix,
            slot,
            prepared,
            call,
            total: body.total,
            header: Body::new(),
            received: 0,
            index: 0,
            writing: 0,
        };
        self.conversations.get_mut(conv).in_call = InCall::Receiving(Box::new(put));
        self.take_piece(conv, body.first, out);
    }

    /// The next piece of a put. One that belongs to no put is dropped: its put has been refused already.
    pub(crate) fn part(&mut self, id: ConversationId, bytes: Body, out: &mut Outputs) {
        let Some(conv) = self.conversations.find(id) else { return };
        if matches!(self.conversations.get(conv).in_call, InCall::Receiving(_)) {
            self.take_piece(conv, bytes, out);
        } else {
            out.push(Output::Credit { conversation: id, wait: Lsn::NONE });
        }
    }

    fn take_piece(&mut self, conv: ConvIx, bytes: Body, out: &mut Outputs) {
        let conversation = self.conversations.get_mut(conv);
        let id = conversation.id;
        let InCall::Receiving(mut put) = std::mem::take(&mut conversation.in_call) else { return };
        let len = bytes.len();
        if len > PIECE_MAX || len > (put.total - put.received) as usize {
            // More than was announced: the shell has let something through that it should not have.
            self.abort_put(&put, out);
            return self.finish_put_call(conv, put.call, failed(Reason::DATA_LENGTH_ERROR), Lsn::NONE, out);
        }
        if put.prepared.is_persistent && self.space.is_short() {
            self.abort_put(&put, out);
            let reason = self.refuse_for_space(true, out);
            return self.finish_put_call(conv, put.call, failed(reason), Lsn::NONE, out);
        }
        put.keep_header(&bytes);
        let (mut wait, mut is_spilling) = (Lsn::NONE, false);
        if len > 0 && put.prepared.is_persistent {
            let number = put.prepared.head.number;
            wait = self.append_part(number, put.index, &bytes, out);
            put.index += 1;
        } else if len > 0 && put.prepared.head.is_parted {
            is_spilling = true;
            self.spill_arriving(id, put.queue, put.slot, put.index, &bytes, out);
            put.writing += 1;
            put.index += 1;
        } else if len > 0 {
            self.contents.use_promise(len);
            self.contents.push(&self.arena, put.slot, bytes);
        }
        put.received += len as u32;
        if put.received < put.total || put.writing > 0 {
            self.conversations.get_mut(conv).in_call = InCall::Receiving(put);
            if !is_spilling {
                out.push(Output::Credit { conversation: id, wait });
            }
            return;
        }
        self.finish_long_put(conv, *put, out);
    }

    /// A piece of a put is in the scratch file, or could not be written. Returns false if there is no such put any more.
    pub(crate) fn piece_spilled(
        &mut self,
        id: ConversationId,
        number: MessageNumber,
        part: Part,
        is_written: bool,
        out: &mut Outputs,
    ) -> bool {
        let Some(conv) = self.conversations.find(id) else { return false };
        let in_call = &mut self.conversations.get_mut(conv).in_call;
        let mut put = match std::mem::take(in_call) {
            InCall::Receiving(put) if put.prepared.head.number == number => put,
            other => {
                *in_call = other;
                return false;
            }
        };
        if !is_written {
            self.abort_put(&put, out);
            let reason = self.refuse_for_space(false, out);
            self.finish_put_call(conv, put.call, failed(reason), Lsn::NONE, out);
        } else {
            self.parts.insert(number, part);
            put.writing -= 1;
            if put.is_complete() && put.writing == 0 {
                self.finish_long_put(conv, *put, out);
            } else {
                if !put.is_complete() {
                    out.push(Output::Credit { conversation: id, wait: Lsn::NONE });
                }
                self.conversations.get_mut(conv).in_call = InCall::Receiving(put);
            }
        }
        self.take_deferred(conv, out);
        true
    }

    fn finish_long_put(&mut self, conv: ConvIx, mut put: LongPut, out: &mut Outputs) {
        let (queue, slot) = (put.queue, put.slot);
        let facts = HeaderFacts::of(&put.call.md, put.prepared.header_len, &put.header);
        put.prepared.head.rfh2_kept = facts.is_kept;
        self.arena.get_mut(slot).set(Entry::RFH2_KEPT, facts.is_kept);
        let refusal = if self.queues.get(queue).is_deleted { Some(Reason::Q_DELETED) } else { None };
        let unit = match (refusal, put.prepared.in_unit) {
            (Some(reason), _) => Err(reason),
            (None, true) => self.unit_for_more(conv).map(Some),
            (None, false) => Ok(None),
        };
        let unit = match unit {
            Ok(unit) => unit,
            Err(reason) => {
                self.abort_put(&put, out);
                return self.finish_put_call(conv, put.call, failed(reason), Lsn::NONE, out);
            }
        };
        self.queues.get_mut(queue).uncommitted -= 1;
        let mut lsn = None;
        if put.prepared.is_persistent {
            lsn = Some(self.append_long(
                slot,
                put.prepared.head,
                &put.call.md,
                &put.prepared.putter,
                unit,
                out,
            ));
        } else if !put.prepared.head.is_parted {
            self.now_spillable(queue, slot);
        }
        if !self.queues.get(queue).selections.is_empty() {
            let content = Content::new(
                &put.call.md,
                &put.prepared.putter,
                put.prepared.head.msg_id.is_none(),
                Body::new(),
            );
            self.select(queue, slot, &content, Some(&put.header));
        }
        self.settle_put(queue, slot, unit, lsn);
        let wait = lsn.filter(|_| unit.is_none()).unwrap_or(Lsn::NONE);
        self.finish_put_call(conv, put.call, put.prepared.outcome, wait, out);
    }

    /// Forgets a put that will not be finished.
    pub(crate) fn abort_put(&mut self, put: &LongPut, out: &mut Outputs) {
        debug_assert_eq!(self.arena.get(put.slot).owner, Entry::NO_OWNER);
        if !put.prepared.head.is_parted {
            self.contents.use_promise((put.total - put.received) as usize);
        }
        let queue = self.queues.get_mut(put.queue);
        queue.depth -= 1;
        queue.uncommitted -= 1;
        self.drop_message(put.queue, put.slot, out);
        self.release_queue(put.queue);
    }
}
