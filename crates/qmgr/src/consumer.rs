//! Streaming consumers: REQUEST_MSGS and what comes of it (`docs/protocol.md`, section 4).
//!
//! A request is an order for messages of a handle. A standing order (MQGMO_WAIT, or a listener) stays until the next
//! request for the handle, its close, or the end of the conversation; any other is a single check. The window is what the
//! client can take: one message as a rule, more bytes with read ahead, which is for messages that are not persistent and
//! outside syncpoint. Each request is followed by one notice CHECK_MSG, after the messages that it released at once; the
//! channel passes it on where the client asked for it.
//!
//! An order that the queue manager ends is gone before the client is told so, and nothing is delivered for it any more:
//! the get call has returned, and nobody is there to take a message. A listener is told by an event (GET_INHIBITED with
//! the reason as its value), because it takes no notice of a failure. Where it only has to do without messages for a time,
//! its order stays, and a second event (GET_ALLOWED) says when that is over.
//!
//! What was delivered is in flight until the client says that it has it:
//!
//! ```text
//!            deliver                 a request with its index, MQCMIT, MQBACK
//!   Free ────────────► in flight ─────────────────────────────────────────────► got
//!    ▲                     │ a new selection or MQCLOSE that does not name it
//!    └─────────────────────┘ BackoutCount stays
//! ```
//!
//! A client of our own may ask for a window under syncpoint (REQUEST_MSGS with [`AHEAD`]). What it is sent ahead belongs to
//! the unit of work once a request with its index has come, to none before: MQCMIT says nothing about it, and MQBACK, or
//! the end of the unit of work by the queue manager, calls it back and ends the order, so that what is backed out comes
//! before it again.
//!
//! Under syncpoint nothing is logged before that. A persistent message outside syncpoint is taken when it is delivered, and
//! its delivery waits for that record, so that a restart cannot deliver it again; should it turn out that the client never
//! had it, a second record says so before anybody else is given the message. Its Put record and its parts stay live until
//! the flight ends. When the conversation breaks, what was delivered was got: once at most outside syncpoint, and under
//! syncpoint it is backed out like any get.

mod flight;
mod serve;

use std::collections::VecDeque;

use mqi::Reason;
use mqi::call::{AHEAD, ARRIVED, Consume, Hobj, Notice, Selection};
use mqi::constants::*;
use store::Lsn;

use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::ConvIx;
use crate::kernel::Kernel;
use crate::matching::{MatchFields, Want};
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::queue::QueueIx;

pub(crate) use flight::Flight;
use flight::{Holding, InFlight, is_after};

/// The queue may no longer be got from; the get in progress fails with 2016. To a listener an event with any reason.
const GET_INHIBITED: i32 = 1;
/// It may again. As observed: a listener goes on when the value is 2494, and with 0 is dead.
const GET_ALLOWED: i32 = 2;
/// The client's consumers are started or stopped.
const CONN_STATE: i32 = 3;
const CONN_STATE_REPLY: i32 = 4;
/// State of one handle.
const Q_STATE: i32 = 5;
const Q_STATE_REPLY: i32 = 6;
/// The queue manager is quiescing; the get in progress fails with 2161, and a listener hears 2202 with its next event.
const QUIESCING: i32 = 7;
const TXN_REVOKE: i32 = 9;
const TXN_REVOKE_REPLY: i32 = 10;
/// What a request released at once has been sent.
const CHECK_MSG: i32 = 11;
/// The client wants its browse to begin again.
const BROWSE_FIRST: i32 = 12;
/// The get in progress fails with this reason.
const STREAMING_FAILURE: i32 = 14;

/// Value of [`CONN_STATE`]: consumers are started.
const STARTED: i32 = 2;

/// REQUEST_MSGS: of a listener, which is its conversation's only one.
const LISTENER: i32 = 0x01;
/// REQUEST_MSGS: of a get call.
const GET_CALL: i32 = 0x08;
/// REQUEST_MSGS: a single check.
const CHECK: i32 = 0x06;

/// Longest window, in bytes: what a conversation may have unsent. Clients that read ahead ask for a tenth of it unless
/// they are told otherwise, and ask again long before it is used up.
const WINDOW_MAX: i32 = 1024 * 1024;

/// The same under syncpoint, where the rule is ours.
const UNIT_WINDOW_MAX: i32 = 256 * 1024;

/// Bytes that a message counts besides its data: its descriptor.
const DESCRIPTOR: i64 = 364;

/// What a handle's client has asked for last.
#[derive(Debug)]
pub(crate) struct Consumer {
    want: Want,
    selection_index: u16,
    md_version: u16,
    /// Messages may be delivered.
    is_ordered: bool,
    /// The order stays when there is nothing.
    is_standing: bool,
    /// It is of a listener, not of a get call.
    is_listener: bool,
    /// A listener that was told that its queue may not be got from for the time being.
    is_inhibited: bool,
    /// Messages under syncpoint may be sent ahead.
    is_ahead: bool,
    /// Bytes that the client can still take.
    window: i64,
    message_index: i32,
    /// Notices to send when the message that is being read has gone.
    notices: u32,
    loading: Option<Loading>,
    in_flight: VecDeque<InFlight>,
    /// Index of the last message that arrived at the client, which it says at MQCLOSE.
    arrived: Option<i32>,
}

/// Which messages a handle's client wants, and how: the last selection block that it sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected {
    fields: MatchFields,
    selection_index: u16,
    md_version: u16,
    ccsid: i32,
    encoding: i32,
}

impl Default for Selected {
    fn default() -> Self {
        Self {
            fields: MatchFields::default(),
            selection_index: 0,
            md_version: 2,
            ccsid: MQCCSI_Q_MGR,
            encoding: MQENC_NATIVE,
        }
    }
}

impl Selected {
    fn of(selection: &Selection) -> Self {
        Self {
            fields: MatchFields {
                match_options: selection.match_options,
                msg_id: selection.msg_id,
                correl_id: selection.correl_id,
                group_id: selection.group_id,
                msg_seq_number: selection.msg_seq_number,
                offset: selection.offset,
                msg_token: selection.msg_token,
            },
            selection_index: selection.index,
            md_version: selection.md_version,
            ccsid: selection.coded_char_set_id,
            encoding: selection.encoding,
        }
    }
}

#[derive(Debug)]
struct Loading {
    ticket: u64,
    slot: Slot,
    number: MessageNumber,
    /// Position that must be durable before the message may be shown.
    shown: Lsn,
    content: Option<Content>,
}

impl Consumer {
    /// Whether it waits for messages now.
    pub(crate) fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    fn is_unit_in_flight(&self) -> bool {
        self.in_flight.iter().any(|flight| matches!(flight.holding, Holding::Unit))
    }
}

impl Kernel {
    /// Takes a request for messages.
    pub(crate) fn consume(&mut self, conv: ConvIx, hobj: Hobj, consume: Consume, out: &mut Outputs) {
        let was_busy = self.is_unit_in_flight(conv);
        self.confirm_up_to(conv, consume.global_message_index, out);
        if let Err(reason) = self.order(conv, hobj, &consume, out) {
            let is_listener = consume.request_flags & GET_CALL == 0;
            self.end_order(conv, hobj, is_listener, reason, out);
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        } else {
            if let Some(consumer) = self.consumer_mut(conv, hobj) {
                consumer.notices += 1;
            }
            self.poll_consumer(conv, hobj, out);
        }
        self.after_unit(conv, was_busy, out);
    }

    /// Whether a message under syncpoint is in flight to any consumer of a conversation.
    pub(crate) fn is_unit_in_flight(&self, conv: ConvIx) -> bool {
        let mut handles = self.conversations.get(conv).handles.iter();
        handles.any(|handle| handle.consumer.as_deref().is_some_and(Consumer::is_unit_in_flight))
    }

    /// Serves the consumers that had to wait for the message under syncpoint, if there was one and is no more.
    pub(crate) fn after_unit(&mut self, conv: ConvIx, was_busy: bool, out: &mut Outputs) {
        if was_busy && self.conversations.contains(conv) && !self.is_unit_in_flight(conv) {
            self.poll_consumers(conv, out);
        }
    }

    fn consumer_mut(&mut self, conv: ConvIx, hobj: Hobj) -> Option<&mut Consumer> {
        self.conversations.get_mut(conv).handles.get_mut(hobj)?.consumer.as_deref_mut()
    }

    fn consumer(&self, conv: ConvIx, hobj: Hobj) -> Option<&Consumer> {
        self.conversations.get(conv).handles.get(hobj)?.consumer.as_deref()
    }

    /// Handles of a conversation that have a consumer.
    fn consumers(&self, conv: ConvIx, which: impl Fn(&Consumer) -> bool) -> Vec<Hobj> {
        let handles = self.conversations.get(conv).handles.iter();
        handles
            .filter(|handle| handle.consumer.as_deref().is_some_and(&which))
            .map(|handle| handle.hobj)
            .collect()
    }

    /// Makes the request the handle's order, in the place of the one before.
    fn order(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        consume: &Consume,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        let handle = self.conversations.get_mut(conv).handles.get_mut(hobj).ok_or(Reason::HOBJ_ERROR)?;
        if let Some(new) = &consume.selection {
            // Kept even if this request is refused: the client does not send it again.
            handle.selected = Some(Box::new(Selected::of(new)));
        }
        let Selected { fields, selection_index, md_version, ccsid, encoding } =
            handle.selected.as_deref().copied().unwrap_or_default();
        let old = handle.consumer.as_deref();
        let (message_index, is_inhibited) =
            old.map_or((0, false), |old| (old.message_index, old.is_inhibited));
        self.withdraw(conv, hobj);
        if consume.selection.is_some() {
            // The client drops what comes with the old selection.
            self.call_back(conv, hobj, |_| true, out);
        }
        let in_flight = self.consumer_mut(conv, hobj).map(|old| std::mem::take(&mut old.in_flight));
        let in_flight = in_flight.unwrap_or_default();
        let mut options = consume.options;
        if options & MQGMO_BROWSE_FIRST != 0 {
            // As observed: first comes as first and next together.
            options &= !MQGMO_BROWSE_NEXT;
        }
        let want = self.want_of(conv, hobj, options, &fields);
        let mut want = match want {
            Ok(want) => want,
            Err(reason) => {
                if let Some(consumer) = self.consumer_mut(conv, hobj) {
                    consumer.in_flight = in_flight;
                }
                return Err(reason);
            }
        };
        if !want.is_under_cursor() {
            // As with MQGET: whatever is wanted next, the message that the browse has locked is free for it.
            self.unlock(conv, hobj);
        }
        want.length_max = u32::try_from(consume.max_msg_length).ok();
        (want.ccsid, want.encoding) = (ccsid, encoding);
        let is_check = consume.request_flags & CHECK == CHECK;
        let is_listener = consume.request_flags & GET_CALL == 0;
        let is_standing =
            !is_check && (options & MQGMO_WAIT != 0 || consume.request_flags & LISTENER != 0 || is_listener);
        let mut flying: i64 = in_flight.iter().map(|flight| flight.bytes).sum();
        if let Some(sending) = self.conversations.get(conv).sending.as_deref()
            && let Some(flight) = sending.flight.filter(|flight| flight.selection_index == selection_index)
            && sending.want.hobj == hobj
        {
            // The rest of a long message is on its way.
            flying += flight.bytes;
        }
        let is_ahead = consume.request_flags & AHEAD != 0 && !want.is_browse();
        let window_max = if is_ahead { UNIT_WINDOW_MAX } else { WINDOW_MAX };
        let window = i64::from(consume.requested_bytes.clamp(1, window_max));
        let consumer = Consumer {
            want,
            selection_index,
            md_version,
            is_ordered: true,
            is_standing,
            is_listener,
            is_inhibited: is_listener && is_inhibited,
            is_ahead,
            window: window - flying,
            message_index,
            notices: 0,
            loading: None,
            in_flight,
            arrived: None,
        };
        if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
            handle.consumer = Some(Box::new(consumer));
        }
        if self.is_get_enabled(&want) {
            self.allow_order(conv, hobj, out);
        } else if is_standing {
            self.inhibit_order(conv, hobj, out);
        } else {
            return Err(Reason::GET_INHIBITED);
        }
        Ok(())
    }

    /// Ends the handle's order, if it has one.
    fn withdraw(&mut self, conv: ConvIx, hobj: Hobj) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        consumer.is_ordered = false;
        let (want, loading) = (consumer.want, consumer.loading.take());
        self.queues.get_mut(want.queue).forget(want.handle);
        if let Some(loading) = loading {
            self.let_go(&want, loading.slot, loading.number);
        }
    }

    /// Whether something is on its way to the handle's client that had not arrived when it asked for the close.
    pub(crate) fn is_expecting(&mut self, conv: ConvIx, hobj: Hobj) -> bool {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return false };
        let arrived = consumer.arrived.take();
        let mut in_flight = consumer.in_flight.iter().filter(|f| !matches!(f.holding, Holding::Ahead));
        let is_expecting = in_flight.any(|flight| match arrived {
            Some(arrived) => is_after(flight.message_index, arrived),
            None => !flight.is_checked,
        });
        consumer.arrived = arrived.filter(|_| !is_expecting);
        is_expecting
    }

    /// The handle closes: its order ends, and what the client never had comes back.
    pub(crate) fn close_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        self.withdraw(conv, hobj);
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        let arrived = consumer.arrived;
        let notices = std::mem::take(&mut consumer.notices);
        let is_listener = consumer.is_listener;
        let never_had = |flight: &InFlight| match arrived {
            _ if matches!(flight.holding, Holding::Ahead) => true,
            Some(arrived) => is_after(flight.message_index, arrived),
            // None has arrived, or the client does not say: then what it has waited for is its own.
            None => !flight.is_checked,
        };
        self.call_back(conv, hobj, never_had, out);
        let is_in_unit = self.consumer(conv, hobj).is_some_and(Consumer::is_unit_in_flight);
        self.confirm_handle(conv, hobj, |_| true, out);
        if is_listener
            && is_in_unit
            && let Some(uow) = self.conversations.get(conv).uow
        {
            // As observed: a JMS client whose connection is closed while it reconnects ends without a commit, and without
            // having called the listener. One that has called it commits before it closes.
            self.uows.get_mut(uow).is_unseen = true;
        }
        for _ in 0..notices {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
    }

    /// Ends the order of a waiting handle because of its queue. A listener on a queue that may not be got from only has to
    /// do without messages for a time.
    pub(crate) fn end_waiting_order(&mut self, conv: ConvIx, handle: u32, reason: Reason, out: &mut Outputs) {
        let handle = self.conversations.get(conv).handles.by_number(handle);
        let Some(hobj) = handle.filter(|handle| handle.consumer.is_some()).map(|handle| handle.hobj) else {
            return;
        };
        if reason == Reason::GET_INHIBITED {
            self.inhibit_order(conv, hobj, out);
        } else {
            self.fail_order(conv, hobj, reason, out);
        }
    }

    /// The order of a handle ends, if it has one, and its client is told why.
    pub(crate) fn fail_order(&mut self, conv: ConvIx, hobj: Hobj, reason: Reason, out: &mut Outputs) {
        let Some(consumer) = self.consumer(conv, hobj) else { return };
        if consumer.is_ordered || consumer.is_listener {
            self.end_order(conv, hobj, consumer.is_listener, reason, out);
        }
    }

    fn end_order(&mut self, conv: ConvIx, hobj: Hobj, is_listener: bool, reason: Reason, out: &mut Outputs) {
        self.withdraw(conv, hobj);
        let reason = self.reason_for(conv, reason);
        match (is_listener, reason) {
            (false, Reason::Q_MGR_QUIESCING) => self.notify(conv, hobj, QUIESCING, reason.0, out),
            (false, _) => self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out),
            (true, _) if !self.may_tell_of_end(conv, hobj) => {}
            // A client that may connect again does so on a failure, and on an event tells its application.
            (true, Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING) if self.goes_elsewhere(conv) => {
                self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
            }
            (true, Reason::Q_MGR_QUIESCING) => {
                self.notify(conv, hobj, QUIESCING, reason.0, out);
                // As observed: the notification is looked at when the next event comes.
                self.notify(conv, hobj, GET_ALLOWED, Reason::GET_ENABLED.0, out);
            }
            (true, _) => self.notify(conv, hobj, GET_INHIBITED, reason.0, out),
        }
        self.finish_requests(conv, hobj, out);
    }

    /// Counts how often a listener is told that no more messages will come. As observed: it may miss that at its start, and
    /// asks again; one that has heard it and asks all the same is not told for ever.
    fn may_tell_of_end(&mut self, conv: ConvIx, hobj: Hobj) -> bool {
        const TIMES_MAX: u8 = 3;
        let handle = self.conversations.get_mut(conv).handles.get_mut(hobj);
        let Some(told) = handle.map(|handle| &mut handle.told_of_end) else { return true };
        *told = told.saturating_add(1);
        *told <= TIMES_MAX
    }

    /// The queue of an order may not be got from. A get call fails, and its order ends with it; a listener stays.
    pub(super) fn inhibit_order(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        match self.consumer_mut(conv, hobj) {
            Some(consumer) if consumer.is_listener && consumer.is_inhibited => {}
            Some(consumer) if consumer.is_listener => {
                consumer.is_inhibited = true;
                self.notify(conv, hobj, GET_INHIBITED, Reason::GET_INHIBITED.0, out);
            }
            Some(consumer) if consumer.is_standing => {
                self.withdraw(conv, hobj);
                self.notify(conv, hobj, GET_INHIBITED, Reason::GET_INHIBITED.0, out);
                self.finish_requests(conv, hobj, out);
            }
            Some(_) => self.end_order(conv, hobj, false, Reason::GET_INHIBITED, out),
            None => {}
        }
    }

    /// The queue of a listener may be got from again: it hears so, if it was told otherwise.
    fn allow_order(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        if let Some(consumer) = self.consumer_mut(conv, hobj)
            && consumer.is_inhibited
        {
            consumer.is_inhibited = false;
            self.notify(conv, hobj, GET_ALLOWED, Reason::GET_ENABLED.0, out);
        }
    }

    /// A queue, or the alias through which a handle is open, may be got from again.
    pub(crate) fn allow_orders(&mut self, ix: Option<QueueIx>, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(conv, _)| conv).collect();
        for conv in all {
            let waits = |c: &Consumer| c.is_inhibited && ix.is_none_or(|ix| c.want.queue == ix);
            for hobj in self.consumers(conv, waits) {
                let Some(want) = self.consumer(conv, hobj).map(|consumer| consumer.want) else { continue };
                if self.is_get_enabled(&want) {
                    self.allow_order(conv, hobj, out);
                    self.poll_consumer(conv, hobj, out);
                }
            }
        }
    }

    /// Consumers of a conversation hear that the queue manager is quiescing.
    pub(crate) fn quiesce_consumers(&mut self, conv: ConvIx, out: &mut Outputs) {
        let fails = |c: &Consumer| Self::is_fail_if_quiescing(c.want.options);
        for hobj in self.consumers(conv, fails) {
            self.fail_order(conv, hobj, Reason::Q_MGR_QUIESCING, out);
        }
    }

    /// Whether somebody at the other end waits for messages.
    pub(crate) fn has_waiting_consumer(&self, conv: ConvIx) -> bool {
        !self.consumers(conv, |consumer| consumer.is_ordered || consumer.is_listener).is_empty()
    }

    /// All consumers of a conversation end: it is being ended from this side.
    pub(crate) fn stop_consumers(&mut self, conv: ConvIx, reason: Reason, out: &mut Outputs) {
        for hobj in self.consumers(conv, |_| true) {
            self.fail_order(conv, hobj, reason, out);
        }
    }

    /// Ends the waits of a conversation's get calls: another thread of the client closes what they wait on.
    pub(crate) fn cancel_waits(&mut self, connection_id: &[u8; 24], reason: Reason, out: &mut Outputs) {
        let found = self.conversations.iter().find(|(_, c)| c.connection_id == *connection_id);
        let Some((conv, _)) = found else { return };
        for hobj in self.consumers(conv, |consumer| consumer.is_ordered && !consumer.is_listener) {
            self.fail_order(conv, hobj, reason, out);
        }
        self.end_wait(conv, reason, out);
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
                if value != STARTED {
                    // As observed: all orders are void, and given again after the next start.
                    for hobj in self.consumers(conv, Consumer::is_ordered) {
                        self.withdraw(conv, hobj);
                        self.finish_requests(conv, hobj, out);
                    }
                }
                self.notify(conv, hobj, CONN_STATE_REPLY, value, out);
            }
            Q_STATE => self.notify(conv, hobj, Q_STATE_REPLY, value, out),
            TXN_REVOKE => self.notify(conv, hobj, TXN_REVOKE_REPLY, value, out),
            BROWSE_FIRST => {
                if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
                    handle.cursor = None;
                }
            }
            ARRIVED => {
                if let Some(consumer) = self.consumer_mut(conv, hobj) {
                    consumer.arrived = Some(value);
                }
            }
            // The rest only informs.
            _ => {}
        }
    }
}
