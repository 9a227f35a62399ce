//! Streaming consumers: REQUEST_MSGS and what comes of it (`docs/protocol.md`, section 4).
//!
//! A request is an order for messages of a handle. A standing order (MQGMO_WAIT, or a listener) stays until the next
//! request for the handle, its close, or the end of the conversation; any other is a single check. The window is what the
//! client can take: one message as a rule, more bytes with read ahead, which is for messages that are not persistent and
//! outside syncpoint. Each request is followed by one notice CHECK_MSG, after the messages that it released at once; the
//! channel passes it on where the client asked for it. A message is got when it is delivered: the window of one makes
//! that the moment at which the client asks for it.

use bytes::Bytes;
use mqi::Reason;
use mqi::call::{Body, Consume, Delivery, Hobj, Long, Notice, PIECE_MAX};
use mqi::constants::*;
use store::Lsn;

use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::ConvIx;
use crate::entry::Entry;
use crate::get::Action;
use crate::kernel::{Kernel, LoadFor};
use crate::matching::{MatchFields, Search, Want};
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::queue::Waiter;
use crate::shape::take_piece;

/// The client's consumers are started or stopped.
const CONN_STATE: i32 = 3;
const CONN_STATE_REPLY: i32 = 4;
/// State of one handle.
const Q_STATE: i32 = 5;
const Q_STATE_REPLY: i32 = 6;
/// The queue manager is quiescing.
pub(crate) const NOTICE_QUIESCING: i32 = 7;
const TXN_REVOKE: i32 = 9;
const TXN_REVOKE_REPLY: i32 = 10;
/// What a request released at once has been sent.
const CHECK_MSG: i32 = 11;
/// The client wants its browse to begin again.
const BROWSE_FIRST: i32 = 12;

/// Value of [`CONN_STATE`]: consumers are started.
const STARTED: i32 = 2;

/// REQUEST_MSGS: of a listener, which is its conversation's only one.
const LISTENER: i32 = 0x01;
/// REQUEST_MSGS: of a get call.
const GET_CALL: i32 = 0x08;
/// REQUEST_MSGS: a single check.
const CHECK: i32 = 0x06;

/// Bytes that a message counts besides its data: its descriptor.
const DESCRIPTOR: i64 = 364;

/// What a handle's client has asked for last.
#[derive(Debug)]
pub(crate) struct Consumer {
    want: Want,
    fields: MatchFields,
    selection_index: u16,
    md_version: u16,
    /// Messages may be delivered.
    is_ordered: bool,
    /// The order stays when there is nothing.
    is_standing: bool,
    /// It is of a listener: nothing while the conversation's consumers are stopped.
    is_listener: bool,
    /// Bytes that the client can still take.
    window: i64,
    message_index: i32,
    /// Notices to send when the message that is being read has gone.
    notices: u32,
    loading: Option<Loading>,
}

#[derive(Debug)]
struct Loading {
    ticket: u64,
    slot: Slot,
    number: MessageNumber,
    content: Option<Content>,
}

impl Kernel {
    /// Takes a request for messages.
    pub(crate) fn consume(&mut self, conv: ConvIx, hobj: Hobj, consume: Consume, out: &mut Outputs) {
        if let Err(reason) = self.order(conv, hobj, &consume) {
            self.end_consumer_order(conv, hobj);
            self.deliver_reason(conv, hobj, reason, out);
            return self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            consumer.notices += 1;
        }
        self.poll_consumer(conv, hobj, out);
    }

    fn consumer_mut(&mut self, conv: ConvIx, hobj: Hobj) -> Option<&mut Consumer> {
        self.conversations.get_mut(conv).handles.get_mut(hobj)?.consumer.as_deref_mut()
    }

    /// Makes the request the handle's order, in the place of the one before.
    fn order(&mut self, conv: ConvIx, hobj: Hobj, consume: &Consume) -> Result<(), Reason> {
        let handle = self.conversations.get(conv).handles.get(hobj).ok_or(Reason::HOBJ_ERROR)?;
        let old = handle.consumer.as_deref();
        let (fields, selection_index, md_version, ccsid, encoding) = match (&consume.selection, old) {
            (Some(new), _) => {
                let fields = MatchFields {
                    match_options: new.match_options,
                    msg_id: new.msg_id,
                    correl_id: new.correl_id,
                    group_id: new.group_id,
                    msg_seq_number: new.msg_seq_number,
                    offset: new.offset,
                    msg_token: new.msg_token,
                };
                (fields, new.index, new.md_version, new.coded_char_set_id, new.encoding)
            }
            (None, Some(old)) => {
                let want = &old.want;
                (old.fields, old.selection_index, old.md_version, want.ccsid, want.encoding)
            }
            (None, None) => (MatchFields::default(), 0, 2, MQCCSI_Q_MGR, MQENC_NATIVE),
        };
        let message_index = old.map_or(0, |old| old.message_index);
        self.withdraw(conv, hobj);
        let mut want = self.want_of(conv, hobj, consume.options, &fields)?;
        want.length_max = u32::try_from(consume.max_msg_length).ok();
        (want.ccsid, want.encoding) = (ccsid, encoding);
        let is_check = consume.request_flags & CHECK == CHECK;
        let is_standing = !is_check
            && (consume.options & MQGMO_WAIT != 0
                || consume.request_flags & LISTENER != 0
                || consume.request_flags & GET_CALL == 0);
        let consumer = Consumer {
            want,
            fields,
            selection_index,
            md_version,
            is_ordered: true,
            is_standing,
            is_listener: consume.request_flags & GET_CALL == 0,
            window: i64::from(consume.requested_bytes.max(1)),
            message_index,
            notices: 0,
            loading: None,
        };
        if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
            handle.consumer = Some(Box::new(consumer));
        }
        Ok(())
    }

    /// Takes back what the handle's order holds.
    fn withdraw(&mut self, conv: ConvIx, hobj: Hobj) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        consumer.is_ordered = false;
        let (want, loading) = (consumer.want, consumer.loading.take());
        self.queues.get_mut(want.queue).forget(want.handle);
        if let Some(loading) = loading {
            self.let_go(&want, loading.slot, loading.number);
        }
    }

    fn end_consumer_order(&mut self, conv: ConvIx, hobj: Hobj) {
        self.withdraw(conv, hobj);
    }

    /// The handle closes.
    pub(crate) fn close_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        self.withdraw(conv, hobj);
        let notices =
            self.consumer_mut(conv, hobj).map_or(0, |consumer| std::mem::take(&mut consumer.notices));
        for _ in 0..notices {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
    }

    /// The order of a handle ends because of its queue: the client is told why.
    pub(crate) fn end_order(&mut self, conv: ConvIx, handle: u32, reason: Reason, out: &mut Outputs) {
        let Some(hobj) = self.conversations.get(conv).handles.by_number(handle).map(|handle| handle.hobj)
        else {
            return;
        };
        self.withdraw(conv, hobj);
        self.deliver_reason(conv, hobj, reason, out);
    }

    /// Serves a consumer as long as its window is open and there are messages.
    pub(crate) fn poll_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        loop {
            let conversation = self.conversations.get(conv);
            let is_sending = conversation.sending.is_some();
            let is_suspended = conversation.is_suspended;
            let Some(handle) = conversation.handles.get(hobj) else { return };
            let Some(consumer) = handle.consumer.as_deref() else { return };
            if consumer.loading.is_some() {
                return;
            }
            let stops = !consumer.is_ordered
                || consumer.window <= 0
                || is_sending
                || (consumer.is_listener && is_suspended);
            let (want, cursor, is_standing) = (consumer.want, handle.cursor, consumer.is_standing);
            self.queues.get_mut(want.queue).forget(want.handle);
            if stops {
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
                    if is_standing {
                        self.await_message(&want);
                    } else {
                        self.withdraw(conv, hobj);
                    }
                    return self.finish_requests(conv, hobj, out);
                }
            }
        }
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
    fn finish_requests(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        if consumer.window <= 0 {
            consumer.is_ordered = false;
        }
        for _ in 0..std::mem::take(&mut consumer.notices) {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
    }

    /// Serves all consumers of a conversation: they have been started, or a long body has gone.
    pub(crate) fn poll_consumers(&mut self, conv: ConvIx, out: &mut Outputs) {
        let consumers: Vec<Hobj> = self
            .conversations
            .get(conv)
            .handles
            .iter()
            .filter(|handle| handle.consumer.as_ref().is_some_and(|c| c.is_ordered || c.notices > 0))
            .map(|handle| handle.hobj)
            .collect();
        for hobj in consumers {
            if self.conversations.contains(conv) {
                self.poll_consumer(conv, hobj, out);
            }
        }
    }

    /// The same for the consumer with this handle number.
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
        let is_open = consumer.is_ordered
            && consumer.loading.is_none()
            && conversation.sending.is_none()
            && !(consumer.is_listener && conversation.is_suspended)
            && self.is_searched(&want);
        if !is_open || !self.takes_offer(&want, cursor, slot) {
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
            self.withdraw(conv, hobj);
            self.deliver_reason(conv, hobj, reason, out);
            self.finish_requests(conv, hobj, out);
            return false;
        }
        let entry = *self.arena.get(slot);
        match self.contents.get(&self.arena, slot).cloned() {
            Some(content) if !entry.has(Entry::PARTED) => {
                self.deliver(conv, hobj, want, slot, &content, None, out);
                true
            }
            content => {
                self.hold(want, slot);
                self.load_for_consumer(conv, hobj, slot, content, out);
                false
            }
        }
    }

    fn load_for_consumer(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        slot: Slot,
        content: Option<Content>,
        out: &mut Outputs,
    ) {
        let id = self.conversations.get(conv).id;
        let number = self.arena.get(slot).number;
        let (lsn, len) = self.record_of(slot, content.is_some());
        let ticket = self.load(LoadFor::Consumer(id, hobj), lsn, len, true, out);
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            consumer.loading = Some(Loading { ticket, slot, number, content });
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
        let Some(Loading { slot, number, content, .. }) = consumer.loading.take_if(|l| l.ticket == ticket)
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
                (None, _) => {
                    self.make_damaged(want.queue, slot, out);
                    self.deliver_reason(conv, hobj, Reason::OBJECT_DAMAGED, out);
                }
                (content, None) if is_parted => {
                    return self.load_for_consumer(conv, hobj, slot, content, out);
                }
                (Some(content), first) => {
                    self.deliver(conv, hobj, &want, slot, &content, first.as_ref(), out);
                }
            }
        }
        self.poll_consumer(conv, hobj, out);
    }

    #[allow(clippy::too_many_arguments)]
    fn deliver(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        want: &Want,
        slot: Slot,
        content: &Content,
        first: Option<&Body>,
        out: &mut Outputs,
    ) {
        let number = self.arena.get(slot).number;
        let Some(mut shaped) = self.shape(want, slot, content, first) else {
            self.make_damaged(want.queue, slot, out);
            return self.deliver_reason(conv, hobj, Reason::OBJECT_DAMAGED, out);
        };
        let action = match self.action_for(want, slot) {
            _ if shaped.stays() => Action::Stay,
            Ok(action) => action,
            Err(reason) => {
                self.let_go(want, slot, number);
                self.withdraw(conv, hobj);
                return self.deliver_reason(conv, hobj, reason, out);
            }
        };
        let shown = self.shown_wait(slot);
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
        let may_read_ahead = action == Action::Take && !self.arena.get(slot).is_persistent();
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            consumer.window -= i64::from(shaped.sent_len) + DESCRIPTOR;
            if !may_read_ahead || shaped.reason != Reason::NONE {
                consumer.window = 0;
            }
            if consumer.window <= 0 {
                consumer.is_ordered = false;
            }
        }
        let id = self.conversations.get(conv).id;
        if is_whole {
            let wait = self.act(want, slot, action, &delivery.md, out).max(shown);
            self.emit(conv, Output::Deliver { conversation: id, delivery, wait }, out);
        } else {
            self.emit(conv, Output::Deliver { conversation: id, delivery, wait: shown }, out);
            self.start_sending(want, slot, action, shaped, sent, out);
        }
    }

    /// A delivery of the handle's consumer, counted.
    fn delivery(&mut self, conv: ConvIx, hobj: Hobj, reason: Reason) -> Box<Delivery> {
        let conversation = self.conversations.get_mut(conv);
        conversation.global_message_index = conversation.global_message_index.wrapping_add(1);
        let global_message_index = conversation.global_message_index;
        let consumer = conversation.handles.get_mut(hobj).and_then(|handle| handle.consumer.as_deref_mut());
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

    /// Tells a consumer something in the place of a message.
    fn deliver_reason(&mut self, conv: ConvIx, hobj: Hobj, reason: Reason, out: &mut Outputs) {
        let id = self.conversations.get(conv).id;
        let delivery = self.delivery(conv, hobj, reason);
        self.emit(conv, Output::Deliver { conversation: id, delivery, wait: Lsn::NONE }, out);
    }

    fn notify(&mut self, conv: ConvIx, hobj: Hobj, code: i32, value: i32, out: &mut Outputs) {
        let id = self.conversations.get(conv).id;
        let notice = Notice { hobj, code, value };
        self.emit(conv, Output::Notify { conversation: id, notice, wait: Lsn::NONE }, out);
    }

    /// Takes a notification of the client.
    pub(crate) fn notified(&mut self, conv: ConvIx, hobj: Hobj, code: i32, value: i32, out: &mut Outputs) {
        match code {
            CONN_STATE => {
                self.conversations.get_mut(conv).is_suspended = value != STARTED;
                self.notify(conv, hobj, CONN_STATE_REPLY, value, out);
                self.poll_consumers(conv, out);
            }
            Q_STATE => self.notify(conv, hobj, Q_STATE_REPLY, value, out),
            TXN_REVOKE => self.notify(conv, hobj, TXN_REVOKE_REPLY, value, out),
            BROWSE_FIRST => {
                if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
                    handle.cursor = None;
                }
            }
            // The rest only informs.
            _ => {}
        }
    }
}
