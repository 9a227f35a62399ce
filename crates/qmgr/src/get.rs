//! MQGET: options, the search, the wait, what is recorded, the answer (queue-manager reference, section 9).
//!
//! ```text
//!          found, in memory
//!  get ──────────────────────────────────────► deliver ──► answer
//!   │  found, not in memory                     ▲  ▲ │
//!   ├─────────────────────► Loading ── loaded ──┘  │ └ long ─► Sending ── all pulled
//!   │  none                                        │
//!   └───────────────► Waiting ── offered ──────────┘
//!                        └── time is over ─► 2033
//! ```

use bytes::Bytes;
use mqi::call::{Body, Hobj, Long, PIECE_MAX, Returned};
use mqi::constants::*;
use mqi::{Gmo, Md, Putter, Reason};
use store::{Kind, Lsn, Record};

use crate::arena::Slot;
use crate::consumer::Flight;
use crate::content::Content;
use crate::context::Context;
use crate::conversation::{ConvIx, GetCall, InCall, LoadingGet, WaitingGet};
use crate::entry::{Entry, State};
use crate::handle::{Cursor, Handle};
use crate::kernel::{Inhibited, Kernel, LoadFor, OK, Outcome, failed, warning};
use crate::log_records;
use crate::marks;
use crate::matching::{MatchFields, Search, Want};
use crate::number::MessageNumber;
use crate::output::Outputs;
use crate::parts::Place;
use crate::queue::{QueueIx, Waiter};
use crate::sending::{Rest, Sending};
use crate::shape::{Shaped, take_piece};
use crate::time::Mono;
use crate::timers::Due;

/// Options that are built; any other bit is 2046.
const KNOWN: i32 = MQGMO_WAIT
    | MQGMO_SYNCPOINT
    | MQGMO_NO_SYNCPOINT
    | MQGMO_SYNCPOINT_IF_PERSISTENT
    | MQGMO_BROWSE_FIRST
    | MQGMO_BROWSE_NEXT
    | MQGMO_BROWSE_MSG_UNDER_CURSOR
    | MQGMO_MSG_UNDER_CURSOR
    | MQGMO_LOCK
    | MQGMO_UNLOCK
    | MQGMO_ACCEPT_TRUNCATED_MSG
    | MQGMO_CONVERT
    | MQGMO_FAIL_IF_QUIESCING
    | MQGMO_PROPERTIES_FORCE_MQRFH2
    | MQGMO_NO_PROPERTIES
    | MQGMO_PROPERTIES_IN_HANDLE
    | MQGMO_PROPERTIES_COMPATIBILITY
    | marks::OPTIONS;

const BROWSES: i32 = MQGMO_BROWSE_FIRST | MQGMO_BROWSE_NEXT | MQGMO_BROWSE_MSG_UNDER_CURSOR;
const SYNCPOINTS: i32 = MQGMO_SYNCPOINT | MQGMO_NO_SYNCPOINT | MQGMO_SYNCPOINT_IF_PERSISTENT;

/// What becomes of a message that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// It stays as it is: it was too long.
    Stay,
    /// The cursor is on it now.
    Browse,
    /// The cursor is on it, and nobody else sees it.
    Lock,
    /// It is gone.
    Take,
    /// It is gone when the unit of work commits.
    Unit,
}

impl Kernel {
    pub(crate) fn get(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        md: Box<Md>,
        gmo: Box<Gmo>,
        buffer_length: i32,
        out: &mut Outputs,
    ) {
        let get = GetCall { hobj, md, gmo, buffer_length };
        let want = match self.want_of_get(conv, &get) {
            Ok(want) => want,
            Err(reason) => return self.answer_get(conv, get, failed(reason), out),
        };
        if want.options & MQGMO_UNLOCK != 0 {
            let outcome = if self.unlock(conv, hobj) { OK } else { warning(Reason::NO_MSG_LOCKED) };
            return self.answer_get(conv, get, outcome, out);
        }
        if !want.is_under_cursor() {
            self.unlock(conv, hobj);
        }
        let wait = want.options & MQGMO_WAIT != 0;
        let until = match get.gmo.wait_interval {
            ms if wait && ms >= 0 => Some(self.now.mono.after(ms.unsigned_abs().into())),
            _ => None,
        };
        self.try_get(conv, get, want, wait, until, out);
    }

    /// One attempt: serves the get, lets it wait, or ends it.
    fn try_get(
        &mut self,
        conv: ConvIx,
        get: GetCall,
        want: Want,
        wait: bool,
        until: Option<Mono>,
        out: &mut Outputs,
    ) {
        let cursor = self.conversations.get(conv).handles.get(get.hobj).and_then(|handle| handle.cursor);
        let is_over = until.is_some_and(|until| until <= self.now.mono);
        match self.search(&want, cursor, out) {
            Search::Found(slot) => self.serve_get(conv, get, want, slot, until, out),
            Search::None if want.is_under_cursor() => {
                self.answer_get(conv, get, failed(Reason::NO_MSG_UNDER_CURSOR), out);
            }
            Search::None if !wait || is_over => {
                self.answer_get(conv, get, failed(Reason::NO_MSG_AVAILABLE), out);
            }
            Search::None => self.wait_get(conv, get, want, until, false, out),
            Search::NotYet => self.wait_get(conv, get, want, until, !wait, out),
        }
    }

    fn wait_get(
        &mut self,
        conv: ConvIx,
        get: GetCall,
        want: Want,
        until: Option<Mono>,
        is_check: bool,
        _out: &mut Outputs,
    ) {
        if let Some(until) = until {
            self.timers.set(until, Due::Wait(conv));
        }
        let queue = self.queues.get_mut(want.queue);
        let (msg_key, correl_key) = (want.criteria.msg_key, want.criteria.correl_key);
        queue.waiters.push_back(Waiter { conversation: conv, handle: want.handle, msg_key, correl_key });
        let waiting = WaitingGet { get, want, until, is_check };
        self.conversations.get_mut(conv).in_call = InCall::Waiting(Box::new(waiting));
    }

    /// Takes a get out of its wait.
    fn stop_waiting(&mut self, conv: ConvIx) -> Option<Box<WaitingGet>> {
        let in_call = &mut self.conversations.get_mut(conv).in_call;
        match std::mem::take(in_call) {
            InCall::Waiting(waiting) => {
                if let Some(until) = waiting.until {
                    self.timers.cancel(until, Due::Wait(conv));
                }
                self.queues.get_mut(waiting.want.queue).forget(waiting.want.handle);
                Some(waiting)
            }
            other => {
                *in_call = other;
                None
            }
        }
    }

    /// Ends the wait of a conversation's get.
    pub(crate) fn end_wait(&mut self, conv: ConvIx, reason: Reason, out: &mut Outputs) {
        if let Some(waiting) = self.stop_waiting(conv) {
            self.answer_get(conv, waiting.get, failed(reason), out);
        }
    }

    /// A waiting handle tries again: a scan has come further.
    pub(crate) fn retry(&mut self, conv: ConvIx, handle: u32, out: &mut Outputs) {
        if !self.conversations.contains(conv) {
            return;
        }
        let is_get = matches!(&self.conversations.get(conv).in_call,
            InCall::Waiting(waiting) if waiting.want.handle == handle);
        if !is_get {
            return self.poll_consumer_number(conv, handle, out);
        }
        if let Some(waiting) = self.stop_waiting(conv) {
            let WaitingGet { get, want, until, is_check } = *waiting;
            self.try_get(conv, get, want, !is_check, until, out);
        }
    }

    /// Ends all waits on a queue: it was deleted or inhibited.
    pub(crate) fn end_waits(&mut self, ix: QueueIx, reason: Reason, out: &mut Outputs) {
        for waiter in std::mem::take(&mut self.queues.get_mut(ix).waiters) {
            self.end_waiter(waiter, reason, out);
        }
    }

    fn end_waiter(&mut self, waiter: Waiter, reason: Reason, out: &mut Outputs) {
        let conversation = self.conversations.get(waiter.conversation);
        if matches!(&conversation.in_call, InCall::Waiting(w) if w.want.handle == waiter.handle) {
            self.end_wait(waiter.conversation, reason, out);
        } else {
            self.end_waiting_order(waiter.conversation, waiter.handle, reason, out);
        }
    }

    /// Ends the waits on what has been inhibited.
    pub(crate) fn settle_inhibited(&mut self, out: &mut Outputs) {
        while let Some(inhibited) = self.inhibited.pop() {
            match inhibited {
                Inhibited::Queue(ix) if self.queues.find(ix).is_some() => {
                    self.end_waits(ix, Reason::GET_INHIBITED, out);
                }
                Inhibited::Queue(_) => {}
                Inhibited::Allowed(ix) => self.allow_orders(ix, out),
                Inhibited::Alias(alias) => {
                    let waiters = self.queues.iter().flat_map(|(_, queue)| queue.waiters.iter().copied());
                    let through = |w: &Waiter| {
                        let handle = self.conversations.get(w.conversation).handles.by_number(w.handle);
                        handle.is_some_and(|handle| handle.alias.as_ref() == Some(&alias))
                    };
                    let through: Vec<Waiter> = waiters.filter(through).collect();
                    for waiter in through {
                        self.end_waiter(waiter, Reason::GET_INHIBITED, out);
                    }
                }
            }
        }
    }

    /// Offers a message that has become free to those that wait on its queue, in the order in which they came.
    pub(crate) fn offer(&mut self, ix: QueueIx, slot: Slot, number: MessageNumber, out: &mut Outputs) {
        let mut at = 0;
        loop {
            let Some(queue) = self.queues.find(ix) else { return };
            let entry = *self.arena.peek(slot);
            if entry.number != number || entry.state != State::Free {
                return;
            }
            let fits = |w: &Waiter| {
                (w.msg_key == crate::hash::ID_NONE || w.msg_key == entry.msg_key)
                    && (w.correl_key == crate::hash::ID_NONE || w.correl_key == entry.correl_key)
            };
            let Some(found) = queue.waiters.iter().skip(at).position(fits) else { return };
            at += found;
            let waiter = queue.waiters[at];
            if !self.offer_to(waiter, slot, out) {
                at += 1;
            }
        }
    }

    /// Returns whether the waiter took the message, or has gone from his place in any case.
    fn offer_to(&mut self, waiter: Waiter, slot: Slot, out: &mut Outputs) -> bool {
        let conv = waiter.conversation;
        let conversation = self.conversations.get(conv);
        let want = match &conversation.in_call {
            InCall::Waiting(waiting) if waiting.want.handle == waiter.handle => waiting.want,
            _ => return self.offer_to_consumer(waiter, slot, out),
        };
        let cursor = conversation.handles.get(want.hobj).and_then(|handle| handle.cursor);
        if !self.is_searched(&want) || !self.takes_offer(&want, cursor, slot) {
            return false;
        }
        if let Some(waiting) = self.stop_waiting(conv) {
            self.serve_get(conv, waiting.get, want, slot, waiting.until, out);
        }
        true
    }

    /// Options and handle of a get, checked.
    fn want_of_get(&self, conv: ConvIx, get: &GetCall) -> Result<Want, Reason> {
        if get.buffer_length < 0 {
            return Err(Reason::BUFFER_LENGTH_ERROR);
        }
        let fields = MatchFields::of(&get.md, &get.gmo);
        let mut want = self.want_of(conv, get.hobj, get.gmo.options, &fields)?;
        if !self.is_get_enabled(&want) {
            return Err(Reason::GET_INHIBITED);
        }
        if get.gmo.options & MQGMO_WAIT != 0 && get.gmo.wait_interval < MQWI_UNLIMITED {
            return Err(Reason::WAIT_INTERVAL_ERROR);
        }
        want.length_max = Some(get.buffer_length.unsigned_abs());
        (want.ccsid, want.encoding) = (get.md.coded_char_set_id, get.md.encoding);
        Ok(want)
    }

    /// What gets and consumers have in common.
    pub(crate) fn want_of(
        &self,
        conv: ConvIx,
        hobj: Hobj,
        options: i32,
        fields: &MatchFields,
    ) -> Result<Want, Reason> {
        self.check_ending(Self::is_fail_if_quiescing(options))?;
        let conversation = self.conversations.get(conv);
        let handle = conversation.handles.get(hobj).ok_or(Reason::HOBJ_ERROR)?;
        if handle.is_changed {
            return Err(Reason::OBJECT_CHANGED);
        }
        check_options(options, handle)?;
        let queue_ix = handle.queue().ok_or(Reason::NOT_OPEN_FOR_INPUT)?;
        if self.queues.get(queue_ix).is_deleted {
            return Err(Reason::Q_DELETED);
        }
        Ok(Want {
            conversation: conv,
            hobj,
            handle: handle.number,
            queue: queue_ix,
            options,
            criteria: self.criteria(handle, fields)?,
            selection: handle.selection,
            length_max: None,
            ccsid: MQCCSI_Q_MGR,
            encoding: MQENC_NATIVE,
        })
    }

    /// Whether the queue, and the alias on the way to it, may be got from.
    pub(crate) fn is_get_enabled(&self, want: &Want) -> bool {
        let handle = self.conversations.get(want.conversation).handles.get(want.hobj);
        let alias = handle.and_then(|handle| self.alias_attributes(handle.alias.as_ref()));
        self.queues.get(want.queue).attributes.is_get_enabled
            && alias.is_none_or(|alias| alias.is_get_enabled)
    }

    /// What will become of a message that this want has found.
    pub(crate) fn action_for(&mut self, want: &Want, slot: Slot) -> Result<Action, Reason> {
        if want.is_browse() {
            return Ok(if want.options & MQGMO_LOCK != 0 { Action::Lock } else { Action::Browse });
        }
        let is_persistent = self.arena.get(slot).is_persistent();
        let in_unit = want.options & MQGMO_SYNCPOINT != 0
            || (want.options & MQGMO_SYNCPOINT_IF_PERSISTENT != 0 && is_persistent);
        if !in_unit {
            return Ok(Action::Take);
        }
        self.unit_for_more(want.conversation)?;
        Ok(Action::Unit)
    }

    /// Holds a message for a get or a consumer while it is read or sent. A browse holds nothing.
    pub(crate) fn hold(&mut self, want: &Want, slot: Slot) {
        if !want.is_browse() && self.arena.get(slot).state == State::Free {
            self.reserve(want.queue, slot, want.handle);
        }
    }

    /// Whether the message that was being read or sent is still there for this want.
    pub(crate) fn is_still_there(&self, want: &Want, slot: Slot, number: MessageNumber) -> bool {
        let entry = self.arena.peek(slot);
        entry.number == number
            && match entry.state {
                State::Reserved => entry.owner == want.handle,
                State::Free => want.is_browse(),
                _ => false,
            }
    }

    /// Lets a message go that was held, unless the handle's browse has it locked.
    pub(crate) fn let_go(&mut self, want: &Want, slot: Slot, number: MessageNumber) {
        let handle = self.conversations.get(want.conversation).handles.get(want.hobj);
        let is_locked = handle.is_some_and(|handle| handle.locked == Some(slot));
        if !is_locked && self.is_reserved_for(slot, number, want.handle) {
            self.return_message(want.queue, slot);
        }
    }

    fn serve_get(
        &mut self,
        conv: ConvIx,
        get: GetCall,
        want: Want,
        slot: Slot,
        until: Option<Mono>,
        out: &mut Outputs,
    ) {
        if let Err(reason) = self.action_for(&want, slot) {
            return self.answer_get(conv, get, failed(reason), out);
        }
        let entry = *self.arena.get(slot);
        let shown = self.shown_wait(slot);
        let content = self.contents.get(&self.arena, slot).cloned();
        match content {
            Some(content) if !entry.has(Entry::PARTED) => {
                self.deliver_get(conv, get, &want, slot, shown, &content, None, out);
            }
            content => {
                self.hold(&want, slot);
                self.load_get(conv, get, want, slot, shown, content, until, out);
            }
        }
    }

    /// Asks for the record of a message, or for the first part of a long one whose record is here.
    #[allow(clippy::too_many_arguments)]
    fn load_get(
        &mut self,
        conv: ConvIx,
        get: GetCall,
        want: Want,
        slot: Slot,
        shown: Lsn,
        content: Option<Content>,
        until: Option<Mono>,
        out: &mut Outputs,
    ) {
        let number = self.arena.get(slot).number;
        let id = self.conversations.get(conv).id;
        let place = self.record_of(slot, content.is_some());
        let ticket = self.load(LoadFor::Get(id), place, true, out);
        let loading = LoadingGet { get, want, ticket, slot, number, shown, content, until };
        self.conversations.get_mut(conv).in_call = InCall::Loading(Box::new(loading));
    }

    /// Place and length of a message's record, or of the first part of a long one.
    pub(crate) fn record_of(&self, slot: Slot, first_part: bool) -> Place {
        let entry = self.arena.get(slot);
        match self.parts.at(entry.number, 0) {
            Some(part) if first_part => Place::of_part(entry, part, self.parts.written_as(entry.number)),
            _ => Place::of(entry),
        }
    }

    pub(crate) fn get_loaded(&mut self, conv: ConvIx, ticket: u64, body: Option<Bytes>, out: &mut Outputs) {
        let in_call = &mut self.conversations.get_mut(conv).in_call;
        let loading = match std::mem::take(in_call) {
            InCall::Loading(loading) if loading.ticket == ticket => *loading,
            other => {
                *in_call = other;
                return;
            }
        };
        let LoadingGet { get, want, slot, number, shown, content, until, .. } = loading;
        if !self.is_still_there(&want, slot, number) {
            // Someone has got the message that was to be browsed.
            let wait = want.options & MQGMO_WAIT != 0;
            return self.try_get(conv, get, want, wait, until, out);
        }
        let is_parted = self.arena.get(slot).has(Entry::PARTED);
        let (content, first) = match (content, body) {
            (_, None) => (None, None),
            (Some(content), Some(part)) => (Some(content), Some(Body::from(part))),
            (None, Some(body)) => (self.keep_loaded(slot, body), None),
        };
        match (content, first) {
            (None, _) => {
                self.make_damaged(want.queue, slot, out);
                self.answer_get(conv, get, failed(Reason::OBJECT_DAMAGED), out);
            }
            (content, None) if is_parted => {
                self.load_get(conv, get, want, slot, shown, content, until, out);
            }
            (Some(content), first) => {
                self.deliver_get(conv, get, &want, slot, shown, &content, first.as_ref(), out);
            }
        }
    }

    /// Makes a content of the body of a record that was read, and keeps it for the next who asks. None if it is not one.
    pub(crate) fn keep_loaded(&mut self, slot: Slot, body: Bytes) -> Option<Content> {
        let entry = *self.arena.get(slot);
        let data_len = if entry.has(Entry::PARTED) { 0 } else { entry.body_len };
        let content = Content::of_record(body, data_len)?;
        content.md(|| [0; 24])?;
        if self.contents.get(&self.arena, slot).is_none() && entry.state == State::Free {
            // A message that is about to go is not worth keeping.
            self.contents.insert(&mut self.arena, slot, content.clone());
        }
        Some(content)
    }

    #[allow(clippy::too_many_arguments)]
    fn deliver_get(
        &mut self,
        conv: ConvIx,
        get: GetCall,
        want: &Want,
        slot: Slot,
        shown: Lsn,
        content: &Content,
        first: Option<&Body>,
        out: &mut Outputs,
    ) {
        let Some(mut shaped) = self.shape(want, slot, content, first) else {
            self.make_damaged(want.queue, slot, out);
            return self.answer_get(conv, get, failed(Reason::OBJECT_DAMAGED), out);
        };
        let action = match self.action_for(want, slot) {
            _ if shaped.stays() => Action::Stay,
            Ok(action) => action,
            Err(reason) => {
                let number = self.arena.get(slot).number;
                self.let_go(want, slot, number);
                return self.answer_get(conv, get, failed(reason), out);
            }
        };
        let is_whole = shaped.sent_len as usize == shaped.data.len() && shaped.data.len() <= PIECE_MAX;
        let mut body = Long { total: shaped.sent_len, first: Body::new() };
        let returned = |this: &Self, get: GetCall, shaped: &Shaped, body: Long| {
            let (md, gmo) = this.filled(get, want, slot, shaped);
            let data_length = i32::try_from(shaped.data_len).unwrap_or(i32::MAX);
            Returned::Get { md, gmo, data_length, body, putter: content.putter() }
        };
        let outcome = if shaped.reason == Reason::NONE { OK } else { warning(shaped.reason) };
        if is_whole {
            body.first = std::mem::take(&mut shaped.data);
            let returned = returned(self, get, &shaped, body);
            let wait = self.act(want, slot, action, &shaped.md, out).max(shown);
            return self.reply(conv, outcome, returned, wait, out);
        }
        body.first = take_piece(&mut shaped.data);
        let returned = returned(self, get, &shaped, body.clone());
        self.reply(conv, outcome, returned, shown, out);
        self.conversations.get_mut(conv).in_call = InCall::Sending;
        self.start_sending(want, slot, action, shaped, body.first.len(), None);
    }

    /// Position that must be durable before a message may be shown. To be asked before the message is held: a free one
    /// knows since when it is visible, of one that is held this is forgotten.
    pub(crate) fn shown_wait(&self, slot: Slot) -> Lsn {
        let entry = self.arena.get(slot);
        match entry.state {
            State::Free => self.shown_after(entry),
            // It was free when it was held, and `owner` has changed since: any record so far may have made it so.
            _ => Lsn(self.lsn_next.0 - 1),
        }
    }

    /// Begins to send the rest of a long body.
    pub(crate) fn start_sending(
        &mut self,
        want: &Want,
        slot: Slot,
        action: Action,
        shaped: Shaped,
        sent: usize,
        flight: Option<Flight>,
    ) {
        let number = self.arena.get(slot).number;
        if action != Action::Stay {
            self.hold(want, slot);
        }
        let left = shaped.sent_len - sent as u32;
        let rest =
            if self.arena.get(slot).has(Entry::PARTED) { Rest::Parts { index: 1 } } else { Rest::Memory };
        let sending = Sending {
            want: *want,
            slot,
            number,
            action,
            flight,
            md: shaped.md,
            memory: shaped.data,
            rest,
            skip: shaped.skip,
            left,
            is_pulled: false,
            is_loading: false,
        };
        self.conversations.get_mut(want.conversation).sending = Some(Box::new(sending));
    }

    /// Records what becomes of a message that is being given out, and does it. Returns the record to wait for.
    pub(crate) fn act(&mut self, want: &Want, slot: Slot, action: Action, md: &Md, out: &mut Outputs) -> Lsn {
        let entry = *self.arena.get(slot);
        let (conv, ix) = (want.conversation, want.queue);
        if action != Action::Stay {
            self.mark(want, slot);
        }
        let cursor = Cursor { priority: entry.priority(), number: entry.number };
        let mut wait = Lsn::NONE;
        match action {
            Action::Stay => self.let_go(want, slot, entry.number),
            Action::Browse | Action::Lock => {
                if action == Action::Lock && entry.state == State::Free {
                    self.reserve(ix, slot, want.handle);
                }
                if let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(want.hobj) {
                    handle.cursor = Some(cursor);
                    if action == Action::Lock {
                        handle.locked = Some(slot);
                    }
                }
            }
            Action::Take => {
                self.forget_lock(want, slot);
                if entry.is_persistent() {
                    let head = log_records::take(entry.number, log_records::Take::Got);
                    wait = self.append(Record::new(Kind::Take, head), out);
                }
                self.queues.get_mut(ix).depth -= 1;
                self.drop_message(ix, slot, out);
            }
            Action::Unit => {
                self.forget_lock(want, slot);
                // `action_for` has seen that there is one with room.
                if let Ok(unit) = self.unit_for_more(conv) {
                    if entry.is_persistent() {
                        let head = log_records::got(self.uows.get(unit).id, entry.number);
                        let lsn = self.append(Record::new(Kind::Got, head), out);
                        self.uows.get_mut(unit).logged(lsn);
                    }
                    self.make_got(ix, slot, unit);
                }
            }
        }
        if matches!(action, Action::Take | Action::Unit) {
            self.note_get(want, entry.number, md);
        }
        wait
    }

    /// Notes that a message was given out for good.
    pub(crate) fn note_get(&mut self, want: &Want, number: MessageNumber, md: &Md) {
        let now = self.own_clock.now;
        let queue = self.queues.get_mut(want.queue);
        queue.last_get = Some(self.now.wall);
        if queue.attributes.monitoring.under(self.qmgr.queue_monitoring).is_on()
            && let Some(at) = self.put_times.of(number)
        {
            queue.time_on_queue.note((now.0 - at.0).max(0) * 1000);
        }
        if let Some(handle) = self.conversations.get_mut(want.conversation).handles.get_mut(want.hobj)
            && handle.options & MQOO_SAVE_ALL_CONTEXT != 0
        {
            handle.saved_context = Some(Box::new(Context::of(md)));
        }
    }

    /// The handle's browse no longer locks a message that it is about to take.
    pub(crate) fn forget_lock(&mut self, want: &Want, slot: Slot) {
        if let Some(handle) = self.conversations.get_mut(want.conversation).handles.get_mut(want.hobj)
            && handle.locked == Some(slot)
        {
            handle.locked = None;
        }
    }

    /// Unlocks the message that a handle's browse has locked. Returns whether there was one.
    pub(crate) fn unlock(&mut self, conv: ConvIx, hobj: Hobj) -> bool {
        let Some(handle) = self.conversations.get_mut(conv).handles.get_mut(hobj) else { return false };
        let (Some(slot), Some(ix)) = (handle.locked.take(), handle.queue()) else { return false };
        let (number, owner) = (self.arena.get(slot).number, handle.number);
        let is_held = self.is_reserved_for(slot, number, owner);
        if is_held {
            self.return_message(ix, slot);
        }
        is_held
    }

    /// Descriptor and options as a successful get returns them.
    fn filled(&self, get: GetCall, want: &Want, slot: Slot, shaped: &Shaped) -> (Box<Md>, Box<Gmo>) {
        let GetCall { mut md, mut gmo, .. } = get;
        let version = md.version;
        *md = shaped.md.clone();
        md.version = version;
        gmo.resolved_q_name = self.queues.get(want.queue).name_chars;
        if gmo.version >= 2 {
            let (group, segment) = group_status(shaped.md.msg_flags);
            gmo.group_status = group;
            gmo.segment_status = segment;
            gmo.segmentation = mqi::Chars::BLANK;
        }
        if gmo.version >= 3 {
            gmo.msg_token = crate::matching::token_of(self.arena.get(slot).number);
            gmo.returned_length = i32::try_from(shaped.sent_len).unwrap_or(i32::MAX);
        }
        (md, gmo)
    }

    /// Answers a get that returns no message.
    pub(crate) fn answer_get(&mut self, conv: ConvIx, get: GetCall, outcome: Outcome, out: &mut Outputs) {
        let GetCall { md, gmo, .. } = get;
        let returned =
            Returned::Get { md, gmo, data_length: 0, body: Long::default(), putter: Putter::Unknown };
        self.reply(conv, outcome, returned, Lsn::NONE, out);
    }

    /// Ends whatever a conversation is in the middle of, without an answer.
    pub(crate) fn cancel_call(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.stop_waiting(conv);
        self.stop_sending(conv);
        let conversation = self.conversations.get_mut(conv);
        conversation.deferred.clear();
        match std::mem::take(&mut conversation.in_call) {
            InCall::Loading(loading) => self.let_go(&loading.want, loading.slot, loading.number),
            InCall::Receiving(put) => self.abort_put(&put, out),
            InCall::None | InCall::Waiting(_) | InCall::Sending => {}
        }
    }
}

/// MQGS and MQSS of a message with these flags.
fn group_status(msg_flags: i32) -> (mqi::Chars<1>, mqi::Chars<1>) {
    let group = if msg_flags & MQMF_LAST_MSG_IN_GROUP != 0 {
        b'L'
    } else if msg_flags & MQMF_MSG_IN_GROUP != 0 {
        b'G'
    } else {
        b' '
    };
    let segment = if msg_flags & MQMF_LAST_SEGMENT != 0 {
        b'L'
    } else if msg_flags & MQMF_SEGMENT != 0 {
        b'S'
    } else {
        b' '
    };
    (mqi::Chars::new([group]), mqi::Chars::new([segment]))
}

/// Options against each other and against those of the open.
fn check_options(options: i32, handle: &Handle) -> Result<(), Reason> {
    const CURSOR: i32 = BROWSES | MQGMO_MSG_UNDER_CURSOR;
    if options & !KNOWN != 0 || (options & SYNCPOINTS).count_ones() > 1 || (options & CURSOR).count_ones() > 1
    {
        return Err(Reason::OPTIONS_ERROR);
    }
    let browses = options & BROWSES != 0;
    if browses && options & (MQGMO_SYNCPOINT | MQGMO_SYNCPOINT_IF_PERSISTENT) != 0 {
        return Err(Reason::OPTIONS_ERROR);
    }
    if options & MQGMO_LOCK != 0 && !browses {
        return Err(Reason::OPTIONS_ERROR);
    }
    marks::check(options, browses, handle)?;
    if options & MQGMO_UNLOCK != 0 {
        // Nothing but waiting, and that means nothing.
        let allowed = MQGMO_UNLOCK | MQGMO_NO_SYNCPOINT | MQGMO_FAIL_IF_QUIESCING | MQGMO_WAIT;
        if options & !allowed != 0 {
            return Err(Reason::OPTIONS_ERROR);
        }
        return if handle.is_browse() { Ok(()) } else { Err(Reason::NOT_OPEN_FOR_BROWSE) };
    }
    if (browses || options & MQGMO_MSG_UNDER_CURSOR != 0) && !handle.is_browse() {
        return Err(Reason::NOT_OPEN_FOR_BROWSE);
    }
    if !browses && !handle.is_input() {
        return Err(Reason::NOT_OPEN_FOR_INPUT);
    }
    Ok(())
}
