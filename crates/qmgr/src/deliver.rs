//! What becomes of a message whose delivery delay is over: it moves from [`DELAY_QUEUE`] to the queue that it is for.
//!
//! The get and the put are one unit of work that begins and ends within one input, so that a restart finds the message
//! on one of the two queues. It keeps its descriptor, ids and context; on the new queue it is the latest one. What its
//! queue does not take is dealt with as a channel deals with a message that it cannot deliver:
//!
//! ```text
//! its queue takes it      delivered
//! MQRO_DISCARD_MSG        discarded          ┐ with an exception report to its reply queue, if MQRO_EXCEPTION
//! dead-letter queue       put there          ┘ asks for one
//! neither                 stays, is tried again
//! ```
//!
//! Contents that are not in memory are read before, some at a time, but delivered in the order in which they were due. A
//! long persistent message is copied part by part, ahead of the unit of work; parts without a Put record mean nothing.

use bytes::Bytes;
use mqi::call::{Body, PIECE_MAX};
use mqi::constants::*;
use mqi::dlh::Dlh;
use mqi::wire::{ByteOrder, Charset, Writer};
use mqi::{Chars, Chars48, Md, Putter, Reason, format};
use store::{Kind, Record};

use crate::arena::Slot;
use crate::content::Content;
use crate::context::put_date_time;
use crate::delay::{DELAY_QUEUE, Waiting};
use crate::entry::Entry;
use crate::kernel::{Ending, Kernel, LoadFor};
use crate::log_records;
use crate::number::MessageNumber;
use crate::object::DefinitionType;
use crate::output::Outputs;
use crate::own_put::{LongOwn, OwnMessage};
use crate::parts::Place;
use crate::properties::HeaderFacts;
use crate::queue::{Queue, QueueIx, QueueNumber};
use crate::resolve::Resolved;
use crate::unit_of_work::UowIx;

/// Messages delivered at one go: about a millisecond.
const SLICE: usize = 128;

/// Data of an exception report that is to have some: as many bytes as the manuals say.
const REPORT_DATA: u32 = 100;

/// Bytes of an MQDLH.
const DLH_LEN: u32 = 172;

/// A message that is being delivered. It is reserved, and what of it is not in memory is being read.
#[derive(Debug)]
pub(crate) struct Due {
    number: MessageNumber,
    slot: Slot,
    from: QueueIx,
    /// The queue that it is for, and which that was.
    to: Chars48,
    to_number: Option<QueueNumber>,
    content: Option<Content>,
    /// The first part of a long one.
    first: Option<Body>,
    /// The part that has just been read.
    piece: Option<Body>,
    copy: Option<Copy>,
    is_loading: bool,
    is_damaged: bool,
}

/// A put that follows from a due message.
#[derive(Debug)]
struct Planned {
    queue: QueueIx,
    message: OwnMessage,
    /// Before the data: a dead-letter header, or nothing.
    prefix: Vec<u8>,
    /// Bytes of the message's data that follow.
    room: u32,
}

impl Planned {
    fn total(&self) -> u32 {
        u32::try_from(self.prefix.len()).unwrap_or(u32::MAX).saturating_add(self.room)
    }
}

/// A long message on its way, part by part.
#[derive(Debug)]
struct Copy {
    sinks: Vec<Sink>,
    /// Index of the next part.
    next: u32,
}

/// Where the parts go, and how many bytes are still wanted.
#[derive(Debug)]
enum Sink {
    Memory(Planned, Body, u32),
    Log(LongOwn, u32),
}

/// What is to be done with a due message.
enum Plan {
    /// These puts follow from it; none: it is discarded.
    Puts(Vec<Planned>, Option<Undelivered>),
    /// It stays where it is.
    Stay(Reason),
}

/// Why a message did not get to its queue, and whether there is a dead letter.
struct Undelivered {
    reason: Reason,
    dead_letter: bool,
}

impl Kernel {
    /// Delivers what is due, or what one go allows of it.
    pub(crate) fn deliver_due(&mut self, out: &mut Outputs) {
        if self.delays.is_empty() && self.delays.window.is_empty() {
            self.delays.wake = None;
            return;
        }
        let from = self.queues.by_name(DELAY_QUEUE);
        // Whoever inhibits gets from the queue, or ends the queue manager, keeps everything on it.
        let from = from.filter(|ix| self.queues.get(*ix).attributes.is_get_enabled);
        let Some(from) = from.filter(|_| self.ending == Ending::No) else {
            self.delays.wake = None;
            return;
        };
        let mut left = SLICE;
        loop {
            while left > 0
                && let Some((number, waiting)) = self.delays.take_due(self.own_clock.now)
            {
                left -= 1;
                self.begin_delivery(from, number, waiting, out);
            }
            let is_ready = self.delays.window.front().is_some_and(|due| !due.is_loading);
            if is_ready && self.is_pressed_by_front() {
                // What came out of the scratch file goes back there first.
                return self.delays.pause(self.now.mono);
            }
            if left == 0 || !is_ready {
                self.delays.set_wake(self.own_clock.now, self.now.mono, left == 0);
                return;
            }
            if let Some(due) = self.delays.window.pop_front() {
                left -= 1;
                if let Some(due) = self.go_on(due, out) {
                    self.delays.window.push_front(due);
                }
            }
        }
    }

    /// Whether the next message comes out of the scratch file while memory is full.
    fn is_pressed_by_front(&self) -> bool {
        let Some(due) = self.delays.window.front() else { return false };
        let entry = self.arena.peek(due.slot);
        let is_full = self.contents.is_pressed() || self.contents.is_full() && !self.may_spill();
        is_full && !entry.is_persistent() && entry.is_reloadable()
    }

    /// Holds a message that is due and asks for what of it is not in memory.
    fn begin_delivery(&mut self, from: QueueIx, number: MessageNumber, waiting: Waiting, out: &mut Outputs) {
        let slot = waiting.slot;
        if self.queues.get(from).find(&self.arena, number) != Some(slot) {
            // Cleared, or of a queue that has been deleted: it is being given back.
            return;
        }
        let entry = *self.arena.get(slot);
        if !Queue::is_available(&entry, self.now_tenths()) {
            // Someone has got it, who may give it back; or its time is over altogether.
            return;
        }
        if waiting.is_stuck && !self.may_leave(&waiting.queue, &entry) {
            self.delays.put_off(number, self.own_clock.now);
            return self.delays.free(number);
        }
        if self.delays.handle == 0 {
            self.delays.handle = self.next_handle_number();
        }
        self.reserve(from, slot, self.delays.handle);
        let content = self.contents.get(&self.arena, slot).cloned();
        let mut due = Due {
            number,
            slot,
            from,
            to: waiting.queue,
            to_number: waiting.number,
            content,
            first: None,
            piece: None,
            copy: None,
            is_loading: false,
            is_damaged: false,
        };
        self.read_on(&mut due, out);
        self.delays.window.push_back(due);
    }

    /// Whether it is worth reading a message again that nobody took.
    fn may_leave(&self, to: &Chars48, entry: &Entry) -> bool {
        let (len, is_persistent) = (entry.body_len, entry.is_persistent());
        self.own_destination(to, &Chars::BLANK, len, is_persistent).is_ok()
            || self.dead_letter_queue(len, is_persistent).is_ok()
    }

    /// Asks for content and first part, unless they are here.
    fn read_on(&mut self, due: &mut Due, out: &mut Outputs) {
        let is_parted = self.arena.get(due.slot).has(Entry::PARTED);
        if due.content.is_some() && (!is_parted || due.first.is_some()) {
            return;
        }
        let place = self.record_of(due.slot, due.content.is_some());
        due.is_loading = true;
        self.load(LoadFor::Due(due.number), place, true, out);
    }

    /// What was asked for a message in the window has been read, or cannot be.
    pub(crate) fn due_loaded(&mut self, number: MessageNumber, body: Option<Bytes>, out: &mut Outputs) {
        let Some(at) = self.delays.window.iter().position(|due| due.number == number && due.is_loading)
        else {
            return;
        };
        let Some(mut due) = self.delays.window.remove(at) else { return };
        due.is_loading = false;
        let entry = *self.arena.peek(due.slot);
        let is_parted = entry.has(Entry::PARTED);
        match body {
            None => due.is_damaged = true,
            Some(body) if due.content.is_none() => {
                due.content = Content::of_record(body, if is_parted { 0 } else { entry.body_len });
            }
            Some(body) if due.first.is_none() => due.first = Some(body.into()),
            Some(body) => due.piece = Some(body.into()),
        }
        let is_there = self.is_reserved_for(due.slot, number, self.delays.handle);
        if due.content.is_none() {
            due.is_damaged = true;
        } else if is_there && !due.is_damaged {
            self.read_on(&mut due, out);
        }
        self.delays.window.insert(at, due);
    }

    /// Does the next step for the message at the front. Returns it if it is not done with.
    fn go_on(&mut self, mut due: Due, out: &mut Outputs) -> Option<Due> {
        let (from, slot) = (due.from, due.slot);
        if !self.is_reserved_for(slot, due.number, self.delays.handle) {
            self.abort_copy(due.copy.take(), out);
            return None;
        }
        if self.queues.get(from).is_deleted {
            self.abort_copy(due.copy.take(), out);
            self.return_message(from, slot);
            self.queues.get_mut(from).depth -= 1;
            self.drop_message(from, slot, out);
            self.release_queue(from);
            return None;
        }
        let number = due.number;
        let md = due.content.as_ref().and_then(|content| content.md(|| self.message_id(number)));
        let Some(md) = md.filter(|_| !due.is_damaged) else {
            self.abort_copy(due.copy.take(), out);
            self.delays.remove(due.number);
            self.make_damaged(from, slot, out);
            return None;
        };
        if let Some(copy) = due.copy.take() {
            return self.copy_on(due, copy, out);
        }
        match self.plan(&due, &md, out) {
            Plan::Stay(reason) => self.stay(&due, reason, out),
            Plan::Puts(puts, undelivered) => {
                if let Some(undelivered) = undelivered {
                    self.say_undelivered(&due, &undelivered, out);
                }
                let here = due.first.as_ref().map_or(u32::MAX, |first| first.len() as u32);
                if puts.iter().all(|put| put.room <= here) {
                    self.settle_short(&due, puts, out);
                } else if let [put] = &puts[..]
                    && put.prefix.is_empty()
                    && !put.message.is_persistent()
                {
                    self.settle_handed_over(&due, puts, out);
                } else {
                    return self.start_copy(due, puts, out);
                }
            }
        }
        None
    }

    /// What is to be done with a message that is due.
    fn plan(&self, due: &Due, md: &Md, out: &mut Outputs) -> Plan {
        let entry = self.arena.get(due.slot);
        let (len, is_persistent) = (entry.body_len, entry.is_persistent());
        let expires_at = (entry.expiry != 0).then(|| self.own_of(entry.expiry));
        let group = self.groups.get(&due.number).copied();
        let putter = due.content.as_ref().map(Content::putter).unwrap_or_default();
        let user = putter.user(md);
        let header = header_in(entry, len);
        let message = OwnMessage { md: md.clone(), putter: putter.clone(), expires_at, group, header };
        let destination = self
            .authorize_delivery(user, due, out)
            .and_then(|()| self.own_destination(&due.to, &Chars::BLANK, len, is_persistent));
        let reason = match destination {
            Ok(queue) => {
                return Plan::Puts(vec![Planned { queue, message, prefix: Vec::new(), room: len }], None);
            }
            Err(reason) => reason,
        };
        let mut puts = Vec::new();
        let dead_letter = md.report & MQRO_DISCARD_MSG == 0;
        if reason == Reason::RESOURCE_PROBLEM {
            return Plan::Stay(reason);
        }
        if dead_letter {
            match self.dead_letter_queue(len, is_persistent) {
                Ok(queue) => puts.push(self.dead_letter(queue, message, &due.to, reason, len)),
                Err(_) => return Plan::Stay(reason),
            }
        }
        if let Some((report, room)) = self.exception_report(md, &putter, reason, entry) {
            let to = (&md.reply_to_q, &md.reply_to_q_mgr);
            let destination = self
                .authorize_own(user, to.0, to.1, out)
                .and_then(|()| self.own_destination(to.0, to.1, room, is_persistent));
            match destination {
                Ok(queue) => puts.push(Planned { queue, message: report, prefix: Vec::new(), room }),
                Err(Reason::RESOURCE_PROBLEM) => return Plan::Stay(Reason::RESOURCE_PROBLEM),
                Err(reason) => {
                    // A report that nobody takes is a dead letter itself, or lost.
                    if let Ok(queue) = self.dead_letter_queue(room, is_persistent) {
                        puts.push(self.dead_letter(queue, report, &md.reply_to_q, reason, room));
                    }
                }
            }
        }
        let copied: u32 =
            puts.iter().filter(|_| !is_persistent).map(Planned::total).fold(0, u32::saturating_add);
        if due.first.is_some() && !self.contents.has_ease(copied as usize) {
            // What is in the scratch file is copied through memory.
            return Plan::Stay(Reason::RESOURCE_PROBLEM);
        }
        Plan::Puts(puts, Some(Undelivered { reason, dead_letter }))
    }

    /// Whether a message may go where its queue's name leads now. Its putter was asked when he opened the queue; where
    /// the name has become that of an alias or of another queue meanwhile, he is asked again. After a restart it is
    /// not known which queue had the name, so he is asked about those that applications make.
    fn authorize_delivery(&self, user: Option<&str>, due: &Due, out: &mut Outputs) -> Result<(), Reason> {
        let Resolved::Local { queue, alias } = self.resolve(&due.to, &Chars::BLANK)? else { return Ok(()) };
        let queue = self.queues.get(queue);
        let is_same = match due.to_number {
            Some(number) => queue.number == number,
            None => queue.attributes.definition_type == DefinitionType::Predefined,
        };
        if alias.is_none() && is_same {
            return Ok(());
        }
        self.authorize_own(user, &due.to, &Chars::BLANK, out)
    }

    /// The dead-letter queue, if it takes a message of so many bytes.
    fn dead_letter_queue(&self, len: u32, is_persistent: bool) -> Result<QueueIx, Reason> {
        let name = Chars48::from_str_padded(&self.qmgr.dead_letter_queue);
        if name.is_blank() {
            return Err(Reason::UNKNOWN_OBJECT_NAME);
        }
        self.own_destination(&name, &Chars::BLANK, len.saturating_add(DLH_LEN), is_persistent)
    }

    /// A message as a dead letter: the header says why, and where it should have gone.
    fn dead_letter(
        &self,
        queue: QueueIx,
        mut message: OwnMessage,
        to: &Chars48,
        reason: Reason,
        room: u32,
    ) -> Planned {
        let md = &mut message.md;
        let (put_date, put_time) = put_date_time(self.now.wall);
        let header = Dlh {
            reason: reason.0,
            dest_q_name: *to,
            dest_q_mgr_name: self.config.name.to_chars(),
            encoding: md.encoding,
            coded_char_set_id: md.coded_char_set_id,
            format: md.format,
            put_appl_type: MQAT_QMGR,
            put_appl_name: Chars::from_str_padded(self.config.name.as_str()),
            put_date,
            put_time,
            ..Dlh::default()
        };
        (md.encoding, md.coded_char_set_id) = (MQENC_NATIVE, self.qmgr.ccsid);
        md.format = format::DEAD_LETTER_HEADER;
        message.header = HeaderFacts::default();
        let order = ByteOrder::of_encoding(MQENC_NATIVE);
        let mut w = Writer::new(order, Charset::Ascii);
        header.encode(&mut w);
        let prefix = w.finish();
        debug_assert_eq!(prefix.len(), DLH_LEN as usize);
        Planned { queue, message, prefix, room }
    }

    /// The exception report that a message asks for, and how much of its data is to be in it.
    fn exception_report(
        &self,
        md: &Md,
        putter: &Putter,
        reason: Reason,
        entry: &Entry,
    ) -> Option<(OwnMessage, u32)> {
        let len = entry.body_len;
        if md.report & MQRO_EXCEPTION == 0 || md.reply_to_q.is_blank() {
            return None;
        }
        let room = match md.report & MQRO_EXCEPTION_WITH_FULL_DATA {
            MQRO_EXCEPTION_WITH_FULL_DATA => len,
            MQRO_EXCEPTION_WITH_DATA => len.min(REPORT_DATA),
            _ => 0,
        };
        let (put_date, put_time) = put_date_time(self.now.wall);
        let mut report = Md {
            msg_type: MQMT_REPORT,
            feedback: reason.0,
            encoding: md.encoding,
            coded_char_set_id: md.coded_char_set_id,
            format: if room > 0 { md.format } else { Chars::BLANK },
            priority: md.priority,
            persistence: md.persistence,
            reply_to_q_mgr: self.config.name.to_chars(),
            user_identifier: md.user_identifier,
            accounting_token: md.accounting_token,
            appl_identity_data: md.appl_identity_data,
            put_appl_type: MQAT_QMGR,
            put_appl_name: Chars::from_str_padded(self.config.name.as_str()),
            put_date,
            put_time,
            ..Md::v2()
        };
        let asked = Md { expiry: self.life_left(entry).unwrap_or(md.expiry), ..md.clone() };
        report.answers(&asked);
        let expires_at =
            (report.expiry > 0).then(|| self.own_clock.now.after(i64::from(report.expiry) * 100));
        let header = header_in(entry, room);
        // It has the same identity context.
        let putter = putter.clone();
        Some((OwnMessage { md: report, putter, expires_at, group: None, header }, room))
    }

    /// Nobody takes a message: it is tried again in a while.
    fn stay(&mut self, due: &Due, reason: Reason, out: &mut Outputs) {
        self.delays.put_off(due.number, self.own_clock.now);
        self.return_message(due.from, due.slot);
        if self.delays.may_say(self.now.mono) {
            let inserts = vec![due.to.to_string(), reason.0.to_string(), DELAY_QUEUE.to_owned()];
            Self::log_line("AMQ7491", inserts, out);
        }
    }

    fn say_undelivered(&mut self, due: &Due, undelivered: &Undelivered, out: &mut Outputs) {
        if self.delays.may_say(self.now.mono) {
            let where_to = match undelivered.dead_letter {
                true => format!("put on '{}'", self.qmgr.dead_letter_queue),
                false => "discarded, as they ask for it".to_owned(),
            };
            let inserts = vec![due.to.to_string(), undelivered.reason.0.to_string(), where_to];
            Self::log_line("AMQ7492", inserts, out);
        }
    }

    /// Gets the message and does the puts that follow from it, in one unit of work.
    fn settle_delivery(
        &mut self,
        due: &Due,
        puts: impl FnOnce(&mut Self, UowIx, &mut Outputs) -> Result<(), Reason>,
        out: &mut Outputs,
    ) {
        let unit = self.uows.begin(self.numbers.uow(), self.now.wall.0);
        // Should the puts fail, it is back in order, and not at once.
        self.delays.put_off(due.number, self.own_clock.now);
        let entry = self.arena.get(due.slot);
        if entry.is_persistent() {
            let head = log_records::got(self.uows.get(unit).id, entry.number);
            let lsn = self.append(Record::new(Kind::Got, head), out);
            self.uows.get_mut(unit).logged(lsn);
        }
        self.make_got(due.from, due.slot, unit);
        match puts(self, unit, out) {
            Ok(()) => {
                self.commit_uow(unit, out);
            }
            Err(_) => self.back_uow(unit, out),
        }
    }

    /// All that is needed is in memory.
    fn settle_short(&mut self, due: &Due, puts: Vec<Planned>, out: &mut Outputs) {
        let data = match (&due.first, &due.content) {
            (Some(first), _) => first.clone(),
            (None, Some(content)) => content.data(),
            (None, None) => Body::new(),
        };
        let puts = |this: &mut Self, unit, out: &mut Outputs| {
            puts.into_iter().try_for_each(|put| {
                let Planned { queue, message, prefix, room } = put;
                let mut body = Body::from(prefix);
                data.prefix(room as usize).pieces().iter().for_each(|piece| body.push(piece.clone()));
                this.put_own(unit, queue, message, body, out)
            })
        };
        self.settle_delivery(due, puts, out);
    }

    /// The data stays where it is in the scratch file.
    fn settle_handed_over(&mut self, due: &Due, puts: Vec<Planned>, out: &mut Outputs) {
        let number = due.number;
        let puts = |this: &mut Self, unit, out: &mut Outputs| {
            puts.into_iter().try_for_each(|put| {
                let Planned { queue, message, room, .. } = put;
                this.put_handed_over(unit, queue, message, (number, room), out)
            })
        };
        self.settle_delivery(due, puts, out);
    }

    /// Begins to copy a long message. Its first part is here.
    fn start_copy(&mut self, mut due: Due, puts: Vec<Planned>, out: &mut Outputs) -> Option<Due> {
        let first = due.first.clone().unwrap_or_default();
        let mut copy = Copy { sinks: Vec::new(), next: 1 };
        for put in puts {
            let (total, room) = (put.total(), put.room);
            if !put.message.is_persistent() || total as usize <= PIECE_MAX {
                let body = Body::from(put.prefix.clone());
                copy.sinks.push(Sink::Memory(put, body, room));
                continue;
            }
            let Planned { queue, message, prefix, .. } = put;
            let prefix = Body::from(prefix);
            let begins = if prefix.is_empty() { &first } else { &prefix };
            let Some(mut long) = self.start_own(queue, message, total, begins) else {
                self.abort_copy(Some(copy), out);
                self.stay(&due, Reason::STORAGE_NOT_AVAILABLE, out);
                return None;
            };
            if !prefix.is_empty() {
                self.own_piece(&mut long, &prefix, out);
            }
            copy.sinks.push(Sink::Log(long, room));
        }
        due.piece = Some(first);
        self.copy_on(due, copy, out)
    }

    /// Writes the part that has been read and asks for the next one. After the last one the message is delivered.
    fn copy_on(&mut self, mut due: Due, mut copy: Copy, out: &mut Outputs) -> Option<Due> {
        let is_cut_off =
            copy.sinks.iter().any(|sink| matches!(sink, Sink::Log(long, _) if self.is_cut_off(long)));
        if is_cut_off || self.space.is_short() {
            self.abort_copy(Some(copy), out);
            if !is_cut_off {
                self.stay(&due, Reason::RESOURCE_PROBLEM, out);
                return None;
            }
            // It is looked for another place.
            due.piece = None;
            return Some(due);
        }
        if let Some(piece) = due.piece.take() {
            for sink in &mut copy.sinks {
                match sink {
                    Sink::Memory(_, body, left) => {
                        let piece = piece.prefix(*left as usize);
                        *left -= piece.len() as u32;
                        piece.pieces().iter().for_each(|piece| body.push(piece.clone()));
                    }
                    Sink::Log(long, left) => {
                        let piece = piece.prefix(*left as usize);
                        *left -= piece.len() as u32;
                        if !piece.is_empty() {
                            self.own_piece(long, &piece, out);
                        }
                    }
                }
            }
        }
        let is_complete =
            copy.sinks.iter().all(|sink| matches!(sink, Sink::Memory(_, _, 0) | Sink::Log(_, 0)));
        if is_complete {
            let puts = |this: &mut Self, unit, out: &mut Outputs| {
                copy.sinks.into_iter().try_for_each(|sink| match sink {
                    Sink::Memory(put, body, _) => this.put_own(unit, put.queue, put.message, body, out),
                    Sink::Log(long, _) => {
                        this.finish_own(unit, long, out);
                        Ok(())
                    }
                })
            };
            self.settle_delivery(&due, puts, out);
            return None;
        }
        match self.parts.at(due.number, copy.next).copied() {
            Some(part) => {
                let place =
                    Place::of_part(self.arena.get(due.slot), &part, self.parts.written_as(due.number));
                due.is_loading = true;
                self.load(LoadFor::Due(due.number), place, true, out);
                copy.next += 1;
            }
            // A part is missing.
            None => due.is_damaged = true,
        }
        due.copy = Some(copy);
        Some(due)
    }

    /// Whether the queue of a put in progress has gone.
    fn is_cut_off(&self, put: &LongOwn) -> bool {
        self.queues.get(put.queue).is_deleted
    }

    fn abort_copy(&mut self, copy: Option<Copy>, out: &mut Outputs) {
        for sink in copy.into_iter().flat_map(|copy| copy.sinks) {
            if let Sink::Log(long, _) = sink {
                self.abort_own(&long, out);
            }
        }
    }
}

/// What is known of the MQRFH2 of a message of which the first `room` bytes are taken.
fn header_in(entry: &Entry, room: u32) -> HeaderFacts {
    let is_whole =
        room == entry.body_len || (entry.rfh2_len != HeaderFacts::LONG && u32::from(entry.rfh2_len) <= room);
    match is_whole {
        true => HeaderFacts { len: entry.rfh2_len, is_kept: entry.has(Entry::RFH2_KEPT) },
        false => HeaderFacts::default(),
    }
}
