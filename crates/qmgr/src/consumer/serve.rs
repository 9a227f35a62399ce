//! Serving consumers: the search, the read of what is not in memory, the delivery.

use bytes::Bytes;
use mqi::Reason;
use mqi::call::{Body, Delivery, Hobj, Long, PIECE_MAX};
use store::Lsn;

use super::{CHECK_MSG, DESCRIPTOR, Flight, Loading};
use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::ConvIx;
use crate::entry::Entry;
use crate::get::Action;
use crate::input::ConversationId;
use crate::kernel::{Kernel, LoadFor};
use crate::matching::{Search, Want};
use crate::output::{Output, Outputs};
use crate::queue::Waiter;
use crate::shape::take_piece;

impl Kernel {
    /// Serves a consumer as long as its window is open and there are messages.
    pub(crate) fn poll_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        loop {
            let conversation = self.conversations.get(conv);
            let is_sending = conversation.sending.is_some() || conversation.is_window_closed;
            let Some(handle) = conversation.handles.get(hobj) else { return };
            let Some(consumer) = handle.consumer.as_deref() else { return };
            if consumer.loading.is_some() || is_sending {
                // It goes on when the message has been read, or has gone, and what waits to be sent has: nothing is
                // searched, and no notice sent, before.
                return;
            }
            let (want, cursor, is_standing) = (consumer.want, handle.cursor, consumer.is_standing);
            let is_open = consumer.is_ordered && consumer.window > 0;
            let is_enabled = self.is_get_enabled(&want);
            if is_open && !is_enabled {
                self.inhibit_order(conv, hobj, out);
            }
            self.queues.get_mut(want.queue).forget(want.handle);
            if !is_open || !is_enabled || self.must_wait_for_commit(conv, hobj) {
                return self.finish_requests(conv, hobj, out);
            }
            match self.search(&want, cursor, out) {
                Search::Found(slot) => {
                    if !self.serve_consumer(conv, hobj, &want, slot, out) {
                        return;
                    }
                }
                Search::NotYet => return self.await_message(&want),
                Search::None => {
                    if want.is_under_cursor() {
                        return self.fail_order(conv, hobj, Reason::NO_MSG_UNDER_CURSOR, out);
                    } else if is_standing {
                        self.await_message(&want);
                    } else {
                        self.withdraw(conv, hobj);
                    }
                    return self.finish_requests(conv, hobj, out);
                }
            }
        }
    }

    /// A session's listeners run one at a time: while one has a message under syncpoint, no other is given one, so that
    /// the commit is about that message and no other.
    fn must_wait_for_commit(&self, conv: ConvIx, hobj: Hobj) -> bool {
        self.consumer(conv, hobj).is_some_and(|consumer| consumer.is_listener) && self.is_unit_in_flight(conv)
    }

    fn await_message(&mut self, want: &Want) {
        let waiter = Waiter {
            conversation: want.conversation,
            handle: want.handle,
            msg_key: want.criteria.msg_key,
            correl_key: want.criteria.correl_key,
        };
        self.queues.get_mut(want.queue).waiters.push_back(waiter);
    }

    /// Sends the notices of the requests that have been served.
    pub(super) fn finish_requests(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        if consumer.window <= 0 {
            consumer.is_ordered = false;
        }
        for _ in 0..std::mem::take(&mut consumer.notices) {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
    }

    /// The shell has much to send for a conversation, or no longer.
    pub(crate) fn window_changed(&mut self, id: ConversationId, is_open: bool, out: &mut Outputs) {
        let Some(conv) = self.conversations.find(id) else { return };
        self.conversations.get_mut(conv).is_window_closed = !is_open;
        if is_open {
            self.poll_consumers(conv, out);
        }
    }

    /// Serves all consumers of a conversation that have an order.
    pub(crate) fn poll_consumers(&mut self, conv: ConvIx, out: &mut Outputs) {
        for hobj in self.consumers(conv, |c| (c.is_ordered || c.notices > 0) && c.loading.is_none()) {
            if self.conversations.contains(conv) {
                self.poll_consumer(conv, hobj, out);
            }
        }
    }

    /// Serves the consumer with this handle number.
    pub(crate) fn poll_consumer_number(&mut self, conv: ConvIx, handle: u32, out: &mut Outputs) {
        if let Some(hobj) = self.conversations.get(conv).handles.by_number(handle).map(|handle| handle.hobj) {
            self.poll_consumer(conv, hobj, out);
        }
    }

    /// Offers a message to a consumer that waits. Returns whether it is no longer in its place among the waiters.
    pub(crate) fn offer_to_consumer(&mut self, waiter: Waiter, slot: Slot, out: &mut Outputs) -> bool {
        let conv = waiter.conversation;
        let conversation = self.conversations.get(conv);
        let Some(handle) = conversation.handles.by_number(waiter.handle) else { return false };
        let (hobj, cursor) = (handle.hobj, handle.cursor);
        let Some(consumer) = handle.consumer.as_deref() else { return false };
        let want = consumer.want;
        let is_free = conversation.sending.is_none() && !conversation.is_window_closed;
        let is_open = consumer.is_ordered && consumer.loading.is_none() && is_free;
        if !is_open || !self.is_searched(&want) || !self.is_get_enabled(&want) {
            return false;
        }
        if self.must_wait_for_commit(conv, hobj) || !self.takes_offer(&want, cursor, slot) {
            return false;
        }
        self.queues.get_mut(want.queue).forget(want.handle);
        if self.serve_consumer(conv, hobj, &want, slot, out) {
            self.poll_consumer(conv, hobj, out);
        }
        true
    }

    /// Delivers a message, or asks for its record. Returns whether the consumer may be served further at once.
    fn serve_consumer(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        want: &Want,
        slot: Slot,
        out: &mut Outputs,
    ) -> bool {
        if let Err(reason) = self.action_for(want, slot) {
            self.fail_order(conv, hobj, reason, out);
            return false;
        }
        let entry = *self.arena.get(slot);
        let shown = self.shown_wait(slot);
        match self.contents.get(&self.arena, slot).cloned() {
            Some(content) if !entry.has(Entry::PARTED) => {
                self.deliver(conv, hobj, want, slot, shown, &content, None, out);
                true
            }
            content => {
                self.hold(want, slot);
                self.load_for_consumer(conv, hobj, slot, shown, content, out);
                false
            }
        }
    }

    fn load_for_consumer(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        slot: Slot,
        shown: Lsn,
        content: Option<Content>,
        out: &mut Outputs,
    ) {
        let id = self.conversations.get(conv).id;
        let number = self.arena.get(slot).number;
        let place = self.record_of(slot, content.is_some());
        let ticket = self.load(LoadFor::Consumer(id, hobj), place, true, out);
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            consumer.loading = Some(Loading { ticket, slot, number, shown, content });
        }
    }

    pub(crate) fn consumer_loaded(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        ticket: u64,
        body: Option<Bytes>,
        out: &mut Outputs,
    ) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        let want = consumer.want;
        let Some(Loading { slot, number, shown, content, .. }) =
            consumer.loading.take_if(|l| l.ticket == ticket)
        else {
            return;
        };
        if self.is_still_there(&want, slot, number) {
            let is_parted = self.arena.get(slot).has(Entry::PARTED);
            let (content, first) = match (content, body) {
                (_, None) => (None, None),
                (Some(content), Some(part)) => (Some(content), Some(Body::from(part))),
                (None, Some(body)) => (self.keep_loaded(slot, body), None),
            };
            match (content, first) {
                (None, _) => self.fail_damaged(conv, hobj, &want, slot, out),
                (content, None) if is_parted => {
                    return self.load_for_consumer(conv, hobj, slot, shown, content, out);
                }
                (Some(content), first) => {
                    self.deliver(conv, hobj, &want, slot, shown, &content, first.as_ref(), out);
                }
            }
        }
        self.poll_consumer(conv, hobj, out);
    }

    fn fail_damaged(&mut self, conv: ConvIx, hobj: Hobj, want: &Want, slot: Slot, out: &mut Outputs) {
        self.make_damaged(want.queue, slot, out);
        self.fail_order(conv, hobj, Reason::OBJECT_DAMAGED, out);
    }

    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        want: &Want,
        slot: Slot,
        shown: Lsn,
        content: &Content,
        first: Option<&Body>,
        out: &mut Outputs,
    ) {
        let number = self.arena.get(slot).number;
        let Some(mut shaped) = self.shape(want, slot, content, first) else {
            return self.fail_damaged(conv, hobj, want, slot, out);
        };
        let action = match self.action_for(want, slot) {
            _ if shaped.stays() => Action::Stay,
            Ok(action) => action,
            Err(reason) => {
                self.let_go(want, slot, number);
                return self.fail_order(conv, hobj, reason, out);
            }
        };
        let is_whole = shaped.sent_len as usize == shaped.data.len() && shaped.data.len() <= PIECE_MAX;
        let piece = if is_whole { std::mem::take(&mut shaped.data) } else { take_piece(&mut shaped.data) };
        let sent = piece.len();
        let mut delivery = self.delivery(conv, hobj, shaped.reason);
        delivery.total_length = shaped.data_len;
        delivery.msg_token = crate::matching::token_of(number);
        delivery.resolved_q_name = self.queues.get(want.queue).name_chars;
        let version = delivery.md.version;
        *delivery.md = shaped.md.clone();
        delivery.md.version = version;
        delivery.body = Long { total: shaped.sent_len, first: piece };
        let bytes = i64::from(shaped.sent_len) + DESCRIPTOR;
        let is_persistent = self.arena.get(slot).is_persistent();
        let is_cut = matches!(shaped.reason, Reason::TRUNCATED_MSG_ACCEPTED | Reason::TRUNCATED_MSG_FAILED);
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            let may_read_ahead = match action {
                Action::Take => !is_persistent,
                Action::Unit => consumer.is_ahead,
                Action::Stay | Action::Browse | Action::Lock => false,
            };
            consumer.window -= bytes;
            if !may_read_ahead || is_cut {
                consumer.window = 0;
            }
            if consumer.window <= 0 {
                consumer.is_ordered = false;
            }
        }
        let id = self.conversations.get(conv).id;
        let flight = Flight {
            message_index: delivery.message_index,
            global_index: delivery.global_message_index,
            selection_index: delivery.selection_index,
            bytes,
            is_checked: self.consumer(conv, hobj).is_some_and(|consumer| !consumer.is_standing),
        };
        if is_whole {
            let wait = self.fly(want, slot, action, &flight, &delivery.md, out).max(shown);
            self.emit(conv, Output::Deliver { conversation: id, delivery, wait }, out);
        } else {
            self.emit(conv, Output::Deliver { conversation: id, delivery, wait: shown }, out);
            self.start_sending(want, slot, action, shaped, sent, Some(flight));
        }
    }

    /// A delivery of the handle's consumer, counted.
    fn delivery(&mut self, conv: ConvIx, hobj: Hobj, reason: Reason) -> Box<Delivery> {
        let conversation = self.conversations.get_mut(conv);
        conversation.global_message_index = conversation.global_message_index.wrapping_add(1);
        let global_message_index = conversation.global_message_index;
        let consumer = conversation.handles.get_mut(hobj).and_then(|handle| {
            handle.told_of_end = 0;
            handle.consumer.as_deref_mut()
        });
        let (message_index, selection_index, md_version) = consumer.map_or((1, 0, 2), |consumer| {
            consumer.message_index = consumer.message_index.wrapping_add(1);
            (consumer.message_index, consumer.selection_index, consumer.md_version)
        });
        Box::new(Delivery {
            hobj,
            message_index,
            global_message_index,
            selection_index,
            reason,
            total_length: 0,
            msg_token: [0; 16],
            status: 1,
            resolved_q_name: mqi::Chars::BLANK,
            md: Box::new(mqi::Md { version: i32::from(md_version.clamp(1, 2)), ..mqi::Md::default() }),
            body: Long::default(),
        })
    }
}
