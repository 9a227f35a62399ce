//! Streaming consumers: REQUEST_MSGS and what comes of it (`docs/protocol.md`, section 4).
//!
//! A request is an order for messages of a handle. A standing order (MQGMO_WAIT, or a listener) stays until the next
//! request for the handle, its close, or the end of the conversation; any other is a single check. The window is what the
//! client can take: one message as a rule, more bytes with read ahead, which is for messages that are not persistent and
//! outside syncpoint. Each request is followed by one notice CHECK_MSG, after the messages that it released at once; the
//! channel passes it on where the client asked for it.
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

use std::collections::VecDeque;

use bytes::Bytes;
use mqi::Reason;
use mqi::call::{AHEAD, ARRIVED, Body, Consume, Delivery, Hobj, Long, Notice, PIECE_MAX, Selection};
use mqi::constants::*;
use store::{Kind, Lsn, Record};

use crate::arena::Slot;
use crate::content::Content;
use crate::conversation::ConvIx;
use crate::entry::Entry;
use crate::get::Action;
use crate::handle::Cursor;
use crate::kernel::{Kernel, LoadFor};
use crate::log_records::{self, Take};
use crate::matching::{MatchFields, Search, Want};
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::queue::{QueueIx, Waiter};
use crate::shape::take_piece;

/// The queue may no longer be got from; the get in progress fails with 2016.
const GET_INHIBITED: i32 = 1;
/// It may again.
const GET_ALLOWED: i32 = 2;
/// The client's consumers are started or stopped.
const CONN_STATE: i32 = 3;
const CONN_STATE_REPLY: i32 = 4;
/// State of one handle.
const Q_STATE: i32 = 5;
const Q_STATE_REPLY: i32 = 6;
/// The queue manager is quiescing; the get in progress fails with 2161.
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

/// Longest window, in bytes: what one request may set going at once.
const WINDOW_MAX: i32 = 256 * 1024;

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
    /// The client has asked for the close, and was told of what is on its way.
    is_quiescing: bool,
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

/// A message on its way to the client.
#[derive(Debug)]
struct InFlight {
    slot: Slot,
    number: MessageNumber,
    message_index: i32,
    global_index: i32,
    bytes: i64,
    /// Answer to a single check: the client waits for it, and does nothing else before it has come.
    is_checked: bool,
    holding: Holding,
}

/// What becomes of a message in flight.
#[derive(Debug)]
enum Holding {
    /// Nothing: it was too long, or the client has asked for something else meanwhile.
    Nothing,
    /// It was browsed, and the cursor stood here before.
    Browsed(Option<Cursor>),
    /// It belongs to the unit of work once the client has it.
    Unit,
    /// The same, but the client has it only when it says so.
    Ahead,
    /// It is not persistent, and goes once the client has it.
    Held,
    /// The same, and a restart would find it gone: its Take is logged.
    Taken,
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
            self.withdraw(conv, hobj);
            self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
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
        let message_index = handle.consumer.as_deref().map_or(0, |old| old.message_index);
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
        let consumer = Consumer {
            want,
            selection_index,
            md_version,
            is_ordered: true,
            is_standing,
            is_listener,
            is_ahead: consume.request_flags & AHEAD != 0 && !want.is_browse(),
            window: i64::from(consume.requested_bytes.clamp(1, WINDOW_MAX)) - flying,
            message_index,
            notices: 0,
            loading: None,
            in_flight,
            arrived: None,
            is_quiescing: false,
        };
        if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) {
            handle.consumer = Some(Box::new(consumer));
        }
        if !self.is_get_enabled(&want) {
            if !is_standing {
                return Err(Reason::GET_INHIBITED);
            }
            self.notify(conv, hobj, GET_INHIBITED, Reason::GET_INHIBITED.0, out);
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
        consumer.is_quiescing |= is_expecting;
        is_expecting
    }

    /// The handle closes: its order ends, and what the client never had comes back.
    pub(crate) fn close_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        self.withdraw(conv, hobj);
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        let arrived = consumer.arrived;
        let notices = std::mem::take(&mut consumer.notices);
        let (is_quiescing, is_listener) = (consumer.is_quiescing, consumer.is_listener);
        let never_had = |flight: &InFlight| match arrived {
            _ if matches!(flight.holding, Holding::Ahead) => true,
            Some(arrived) => is_after(flight.message_index, arrived),
            // None has arrived, or the client does not say: then what it has waited for is its own.
            None => !flight.is_checked,
        };
        self.call_back(conv, hobj, never_had, out);
        let is_in_unit = self.consumer(conv, hobj).is_some_and(Consumer::is_unit_in_flight);
        self.confirm_handle(conv, hobj, |_| true, out);
        if is_quiescing
            && is_listener
            && is_in_unit
            && let Some(uow) = self.conversations.get(conv).uow
        {
            // As observed: a JMS client whose connection is closed meanwhile ends without a commit, and without having
            // called the listener.
            self.uows.get_mut(uow).is_unseen = true;
        }
        for _ in 0..notices {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
        }
    }

    /// The client has all messages of the conversation up to this index.
    fn confirm_up_to(&mut self, conv: ConvIx, index: i32, out: &mut Outputs) {
        for hobj in self.consumers(conv, |consumer| !consumer.in_flight.is_empty()) {
            self.confirm_handle(conv, hobj, |flight| !is_after(flight.global_index, index), out);
        }
    }

    /// The client has the messages in flight that belong to the unit of work, which is about to end.
    pub(crate) fn confirm_unit(&mut self, conv: ConvIx, out: &mut Outputs) {
        for hobj in self.consumers(conv, Consumer::is_unit_in_flight) {
            self.confirm_handle(conv, hobj, |flight| matches!(flight.holding, Holding::Unit), out);
        }
    }

    /// The conversation ends in good order. What a get call was given the client has, as its application asked for it; a
    /// listener that has a message under syncpoint would have committed.
    pub(crate) fn confirm_at_end(&mut self, conv: ConvIx, out: &mut Outputs) {
        for hobj in self.consumers(conv, |consumer| !consumer.in_flight.is_empty()) {
            let is_listener = self.consumer(conv, hobj).is_some_and(|consumer| consumer.is_listener);
            let has_it = |flight: &InFlight| match flight.holding {
                Holding::Unit => !is_listener,
                Holding::Ahead => false,
                Holding::Nothing | Holding::Browsed(_) | Holding::Held | Holding::Taken => true,
            };
            self.confirm_handle(conv, hobj, has_it, out);
            self.call_back(conv, hobj, |_| true, out);
        }
    }

    /// The conversation has broken: nobody knows what the client had. A message under syncpoint was got and will be backed
    /// out, which counts; any other is gone, so that nobody gets it twice.
    pub(crate) fn abandon_flights(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.call_back_ahead(conv, out);
        for hobj in self.consumers(conv, |consumer| !consumer.in_flight.is_empty()) {
            self.confirm_handle(conv, hobj, |_| true, out);
        }
    }

    /// What was sent ahead under syncpoint comes back, and its orders end: the client asks anew.
    pub(crate) fn call_back_ahead(&mut self, conv: ConvIx, out: &mut Outputs) {
        for hobj in self.consumers(conv, |consumer| consumer.is_ahead) {
            self.withdraw(conv, hobj);
            self.call_back(conv, hobj, |flight| matches!(flight.holding, Holding::Ahead), out);
            self.finish_requests(conv, hobj, out);
        }
    }

    /// Messages in flight that the client has are got.
    fn confirm_handle(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        has_it: impl Fn(&InFlight) -> bool,
        out: &mut Outputs,
    ) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        let want = consumer.want;
        let (had, left): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut consumer.in_flight).into_iter().partition(has_it);
        consumer.in_flight = left;
        for flight in had {
            if self.is_reserved_for(flight.slot, flight.number, want.handle) {
                self.confirm(&want, flight, out);
            }
        }
    }

    fn confirm(&mut self, want: &Want, flight: InFlight, out: &mut Outputs) {
        let InFlight { slot, number, holding, .. } = flight;
        let is_persistent = self.arena.get(slot).is_persistent();
        match holding {
            Holding::Nothing | Holding::Browsed(_) => {}
            // It was found to have room when the message was delivered.
            Holding::Unit | Holding::Ahead => match self.unit_in_force(want.conversation) {
                Ok(unit) => {
                    if is_persistent {
                        let head = log_records::got(self.uows.get(unit).id, number);
                        let lsn = self.append(Record::new(Kind::Got, head), out);
                        self.uows.get_mut(unit).logged(lsn);
                    }
                    self.queues.get_mut(want.queue).depth += 1;
                    self.make_got(want.queue, slot, unit);
                }
                // The unit of work was backed out by the queue manager, and this with it.
                Err(_) => self.come_back(want.queue, slot, out),
            },
            Holding::Held | Holding::Taken => {
                self.drop_message(want.queue, slot, out);
                self.release_queue(want.queue);
            }
        }
    }

    /// Messages in flight that the client never had come back.
    fn call_back(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        never_had: impl Fn(&InFlight) -> bool,
        out: &mut Outputs,
    ) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        let want = consumer.want;
        let (lost, left): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut consumer.in_flight).into_iter().partition(never_had);
        consumer.in_flight = left;
        // The last first: a cursor ends where it stood before the first.
        for InFlight { slot, number, holding, .. } in lost.into_iter().rev() {
            let is_held = self.is_reserved_for(slot, number, want.handle);
            match holding {
                Holding::Nothing => {}
                Holding::Browsed(before) => self.look_again(&want, slot, before),
                Holding::Unit | Holding::Ahead | Holding::Held if is_held => {
                    self.come_back(want.queue, slot, out)
                }
                Holding::Taken if is_held => {
                    let head = log_records::take(number, Take::Back);
                    self.append(Record::new(Kind::Take, head), out);
                    self.come_back(want.queue, slot, out);
                }
                Holding::Unit | Holding::Ahead | Holding::Held | Holding::Taken => {}
            }
        }
    }

    /// A browse goes back to where it was before this message.
    fn look_again(&mut self, want: &Want, slot: Slot, before: Option<Cursor>) {
        let Some(handle) = self.conversations.get_mut(want.conversation).handles.get_mut(want.hobj) else {
            return;
        };
        handle.cursor = before;
        if handle.locked == Some(slot) {
            self.unlock(want.conversation, want.hobj);
        }
    }

    /// Messages whose Take is logged and which may come back all the same, in ascending order.
    pub(crate) fn sent_messages(&self) -> Vec<MessageNumber> {
        let handles = self.conversations.iter().flat_map(|(_, conversation)| conversation.handles.iter());
        let flights = handles.filter_map(|handle| handle.consumer.as_deref()).flat_map(|c| &c.in_flight);
        let taken = flights.filter(|flight| matches!(flight.holding, Holding::Taken));
        let mut numbers: Vec<_> = taken.map(|flight| flight.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// A message in flight is on its queue again.
    fn come_back(&mut self, ix: QueueIx, slot: Slot, out: &mut Outputs) {
        self.queues.get_mut(ix).depth += 1;
        self.return_message(ix, slot);
        if self.queues.get(ix).is_deleted {
            self.queues.get_mut(ix).depth -= 1;
            self.drop_message(ix, slot, out);
            self.release_queue(ix);
        }
    }

    /// The order of a handle ends because of its queue: the client is told why. One that only has to do without messages
    /// for a time stays.
    pub(crate) fn end_order(&mut self, conv: ConvIx, handle: u32, reason: Reason, out: &mut Outputs) {
        let Some(hobj) = self.conversations.get(conv).handles.by_number(handle).map(|handle| handle.hobj)
        else {
            return;
        };
        if reason == Reason::GET_INHIBITED {
            return self.notify(conv, hobj, GET_INHIBITED, reason.0, out);
        }
        self.withdraw(conv, hobj);
        self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
    }

    /// A queue, or the alias through which a handle is open, may be got from again.
    pub(crate) fn allow_orders(&mut self, ix: Option<QueueIx>, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(conv, _)| conv).collect();
        for conv in all {
            let ordered = |c: &Consumer| c.is_ordered && ix.is_none_or(|ix| c.want.queue == ix);
            for hobj in self.consumers(conv, ordered) {
                let Some(want) = self.consumer(conv, hobj).map(|consumer| consumer.want) else { continue };
                if self.is_get_enabled(&want) {
                    self.notify(conv, hobj, GET_ALLOWED, 0, out);
                    self.poll_consumer(conv, hobj, out);
                }
            }
        }
    }

    /// Consumers of a conversation hear that the queue manager is quiescing.
    pub(crate) fn quiesce_consumers(&mut self, conv: ConvIx, out: &mut Outputs) {
        for hobj in self.consumers(conv, Consumer::is_ordered) {
            let fails = |c: &Consumer| Self::is_fail_if_quiescing(c.want.options);
            if self.consumer(conv, hobj).is_some_and(fails) {
                self.withdraw(conv, hobj);
                self.notify(conv, hobj, QUIESCING, Reason::Q_MGR_QUIESCING.0, out);
            }
        }
    }

    /// Ends the waits of a conversation's consumers: another thread of the client closes what they wait on.
    pub(crate) fn cancel_waits(&mut self, connection_id: &[u8; 24], reason: Reason, out: &mut Outputs) {
        let found = self.conversations.iter().find(|(_, c)| c.connection_id == *connection_id);
        let Some((conv, _)) = found else { return };
        for hobj in self.consumers(conv, Consumer::is_ordered) {
            self.withdraw(conv, hobj);
            self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
        }
        self.end_wait(conv, reason, out);
    }

    /// Serves a consumer as long as its window is open and there are messages.
    pub(crate) fn poll_consumer(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        loop {
            let conversation = self.conversations.get(conv);
            let is_sending = conversation.sending.is_some();
            let Some(handle) = conversation.handles.get(hobj) else { return };
            let Some(consumer) = handle.consumer.as_deref() else { return };
            if consumer.loading.is_some() || is_sending {
                // It goes on when the message has been read, or has gone: nothing is searched, and no notice sent, before.
                return;
            }
            let (want, cursor, is_standing) = (consumer.want, handle.cursor, consumer.is_standing);
            let stops = !consumer.is_ordered
                || consumer.window <= 0
                || !self.is_get_enabled(&want)
                || self.must_wait_for_commit(conv, hobj);
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
                    if want.is_under_cursor() {
                        self.withdraw(conv, hobj);
                        self.notify(conv, hobj, STREAMING_FAILURE, Reason::NO_MSG_UNDER_CURSOR.0, out);
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
    fn finish_requests(&mut self, conv: ConvIx, hobj: Hobj, out: &mut Outputs) {
        let Some(consumer) = self.consumer_mut(conv, hobj) else { return };
        if consumer.window <= 0 {
            consumer.is_ordered = false;
        }
        for _ in 0..std::mem::take(&mut consumer.notices) {
            self.notify(conv, hobj, CHECK_MSG, 0, out);
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
        let is_open = consumer.is_ordered && consumer.loading.is_none() && conversation.sending.is_none();
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
            self.withdraw(conv, hobj);
            self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
            self.finish_requests(conv, hobj, out);
            return false;
        }
        let entry = *self.arena.get(slot);
        match self.contents.get(&self.arena, slot).cloned() {
            Some(content) if !entry.has(Entry::PARTED) => {
                let shown = self.shown_wait(slot);
                self.deliver(conv, hobj, want, slot, shown, &content, None, out);
                true
            }
            content => {
                let shown = self.shown_wait(slot);
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
        self.withdraw(conv, hobj);
        self.notify(conv, hobj, STREAMING_FAILURE, Reason::OBJECT_DAMAGED.0, out);
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
                self.withdraw(conv, hobj);
                return self.notify(conv, hobj, STREAMING_FAILURE, reason.0, out);
            }
        };
        if !matches!(shaped.reason, Reason::TRUNCATED_MSG_ACCEPTED | Reason::TRUNCATED_MSG_FAILED) {
            // As observed: the client takes no other warnings with a message. It sees from the descriptor what it got.
            shaped.reason = Reason::NONE;
        }
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
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            let may_read_ahead = match action {
                Action::Take => !is_persistent,
                Action::Unit => consumer.is_ahead,
                Action::Stay | Action::Browse | Action::Lock => false,
            };
            consumer.window -= bytes;
            if !may_read_ahead || shaped.reason != Reason::NONE {
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

    /// A message has left for its client, or its last piece is about to. Returns the record to wait for.
    pub(crate) fn fly(
        &mut self,
        want: &Want,
        slot: Slot,
        action: Action,
        flight: &Flight,
        md: &mqi::Md,
        out: &mut Outputs,
    ) -> Lsn {
        let (conv, hobj) = (want.conversation, want.hobj);
        let number = self.arena.get(slot).number;
        let consumer = self.consumer(conv, hobj);
        let is_current = consumer.is_some_and(|c| c.selection_index == flight.selection_index);
        let is_ahead = consumer.is_some_and(|c| c.is_ahead);
        let cursor = self.conversations.get(conv).handles.get(hobj).and_then(|handle| handle.cursor);
        let mut wait = Lsn::NONE;
        let holding = match action {
            _ if !is_current => {
                // The client has asked for something else while the pieces were on their way, and drops it.
                self.let_go(want, slot, number);
                Holding::Nothing
            }
            Action::Stay => {
                wait = self.act(want, slot, action, md, out);
                Holding::Nothing
            }
            Action::Browse | Action::Lock => {
                wait = self.act(want, slot, action, md, out);
                Holding::Browsed(cursor)
            }
            Action::Take | Action::Unit => {
                self.forget_lock(want, slot);
                self.hold(want, slot);
                self.note_get(want, md);
                self.queues.get_mut(want.queue).depth -= 1;
                if action == Action::Unit && is_ahead {
                    Holding::Ahead
                } else if action == Action::Unit {
                    Holding::Unit
                } else if self.arena.get(slot).is_persistent() {
                    let head = log_records::take(number, Take::Sent);
                    wait = self.append(Record::new(Kind::Take, head), out);
                    Holding::Taken
                } else {
                    Holding::Held
                }
            }
        };
        if let Some(consumer) = self.consumer_mut(conv, hobj) {
            consumer.in_flight.push_back(InFlight {
                slot,
                number,
                message_index: flight.message_index,
                global_index: flight.global_index,
                bytes: flight.bytes,
                is_checked: flight.is_checked,
                holding,
            });
        }
        wait
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

/// What identifies a delivery, while its pieces are on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    message_index: i32,
    global_index: i32,
    selection_index: u16,
    bytes: i64,
    is_checked: bool,
}

/// Whether an index is later than another. They count on past the greatest.
fn is_after(index: i32, other: i32) -> bool {
    index.wrapping_sub(other) > 0
}
