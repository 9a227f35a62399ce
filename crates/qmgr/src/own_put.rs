//! Puts that the queue manager makes itself: messages whose delivery delay is over, reports, dead letters.
//!
//! Such a put has no application. Nobody is asked for authority, the descriptor is complete as it is given, and who
//! wants it put finds out before whether its queue takes it. It is always part of a unit of work, with what it follows
//! from, so that both are there after a restart or neither.
//!
//! ```text
//! own_destination ─► put_own                                  data that is all here
//!                 └► start_own ─► own_piece … ─► finish_own   persistent, in Part records
//!                                             └► abort_own
//! ```

use bytes::Bytes;
use mqi::call::Body;
use mqi::constants::*;
use mqi::{Chars48, Md, Putter, Reason};
use store::{Kind, Lsn, Record};

use crate::arena::Slot;
use crate::content::Content;
use crate::entry::Entry;
use crate::kernel::Kernel;
use crate::log_records::{self, Group, PutHead};
use crate::number::{MessageNumber, UowId};
use crate::object::DefinitionType;
use crate::output::Outputs;
use crate::parts::Part;
use crate::properties::{self, HEADER_MAX, HeaderFacts};
use crate::queue::QueueIx;
use crate::resolve::Resolved;
use crate::time::OwnMs;
use crate::unit_of_work::UowIx;

/// A message that the queue manager puts.
#[derive(Clone, Debug)]
pub(crate) struct OwnMessage {
    /// Complete, but for a MsgId of nulls, which stands for a new one. Priority and persistence are its own.
    pub(crate) md: Md,
    /// Whose message it is, or was that it follows from.
    pub(crate) putter: Putter,
    /// When it expires, if it does.
    pub(crate) expires_at: Option<OwnMs>,
    pub(crate) group: Option<Group>,
    /// What is known of the MQRFH2 that its data begins with.
    pub(crate) header: HeaderFacts,
}

impl OwnMessage {
    pub(crate) fn is_persistent(&self) -> bool {
        self.md.persistence == MQPER_PERSISTENT
    }
}

/// A put whose data comes in pieces.
#[derive(Debug)]
pub(crate) struct LongOwn {
    pub(crate) queue: QueueIx,
    slot: Slot,
    head: PutHead,
    md: Md,
    putter: Putter,
    /// Index of the next piece.
    index: u32,
    /// Its MQRFH2 as far as it has come, if selectors want it.
    header: Body,
    header_len: usize,
}

impl Kernel {
    /// The local queue that a name means, if it takes a message of so many bytes now. RESOURCE_PROBLEM is no fault of
    /// the queue's: the log has no room.
    pub(crate) fn own_destination(
        &self,
        name: &Chars48,
        qmgr: &Chars48,
        len: u32,
        is_persistent: bool,
    ) -> Result<QueueIx, Reason> {
        let Resolved::Local { queue: ix, alias } = self.resolve(name, qmgr)? else {
            return Err(Reason::Q_TYPE_ERROR);
        };
        let attributes = &self.queues.get(ix).attributes;
        let alias = self.alias_attributes(alias.as_ref());
        if !attributes.is_put_enabled || alias.is_some_and(|alias| !alias.is_put_enabled) {
            return Err(Reason::PUT_INHIBITED);
        }
        if is_persistent && attributes.definition_type == DefinitionType::TemporaryDynamic {
            return Err(Reason::PERSISTENT_NOT_ALLOWED);
        }
        if len > attributes.message_length_max {
            return Err(Reason::MSG_TOO_BIG_FOR_Q);
        }
        if self.queues.get(ix).depth >= attributes.depth_max {
            return Err(Reason::Q_FULL);
        }
        if is_persistent && self.space.is_short() {
            // The last one is for commits, gets, backouts and checkpoints.
            return Err(Reason::RESOURCE_PROBLEM);
        }
        Ok(ix)
    }

    /// Puts a message whose data is all here.
    pub(crate) fn put_own(
        &mut self,
        unit: UowIx,
        ix: QueueIx,
        mut message: OwnMessage,
        data: Body,
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        let head = self.own_head(ix, &mut message, u32::try_from(data.len()).unwrap_or(u32::MAX));
        let content = Content::new(&message.md, &message.putter, head.msg_id.is_none(), data);
        self.store_message(Some(unit), ix, head, message.is_persistent(), content, out)?;
        Ok(())
    }

    /// Puts a message that is not persistent and whose data is in the scratch file, where it is of another message: that
    /// one is without it from now on.
    pub(crate) fn put_handed_over(
        &mut self,
        unit: UowIx,
        ix: QueueIx,
        mut message: OwnMessage,
        (of, total): (MessageNumber, u32),
        out: &mut Outputs,
    ) -> Result<(), Reason> {
        let mut head = self.own_head(ix, &mut message, total);
        head.is_parted = true;
        let content = Content::new(&message.md, &message.putter, head.msg_id.is_none(), Body::new());
        let entry = self.entry_of(&head, false);
        let judged = content.clone();
        let slot = self.enter(ix, entry, Some(content), head.group).ok_or(Reason::STORAGE_NOT_AVAILABLE)?;
        self.parts.hand_over(of, head.number);
        self.select_later(ix, slot, &judged, out);
        self.settle_put(ix, slot, Some(unit), None);
        Ok(())
    }

    /// Begins a persistent put of so many bytes, of which `first` is the first piece: it is not put yet.
    pub(crate) fn start_own(
        &mut self,
        ix: QueueIx,
        mut message: OwnMessage,
        total: u32,
        first: &Body,
    ) -> Option<LongOwn> {
        let mut head = self.own_head(ix, &mut message, total);
        head.is_parted = true;
        let entry = self.entry_of(&head, true);
        let slot = self.enter(ix, entry, None, head.group)?;
        self.queues.get_mut(ix).uncommitted += 1;
        let header_len = properties::indexed_len(&message.md, message.header.len, first).min(HEADER_MAX);
        let OwnMessage { md, putter, .. } = message;
        Some(LongOwn { queue: ix, slot, head, md, putter, index: 0, header: Body::new(), header_len })
    }

    /// Writes the next piece of its data.
    pub(crate) fn own_piece(&mut self, put: &mut LongOwn, bytes: &Body, out: &mut Outputs) {
        let missing = put.header_len - put.header.len();
        if missing > 0 {
            // A copy: a short header must not hold on to what comes behind it.
            put.header.push(Bytes::copy_from_slice(&bytes.prefix(missing).to_bytes()));
        }
        self.append_part(put.head.number, put.index, bytes, out);
        put.index += 1;
    }

    /// Its data is complete: it is put.
    pub(crate) fn finish_own(&mut self, unit: UowIx, put: LongOwn, out: &mut Outputs) {
        let LongOwn { queue, slot, head, md, putter, header, .. } = put;
        self.queues.get_mut(queue).uncommitted -= 1;
        let lsn = self.append_long(slot, head, &md, &putter, Some(unit), out);
        let content = Content::new(&md, &putter, head.msg_id.is_none(), Body::new());
        self.select(queue, slot, &content, Some(&header));
        self.settle_put(queue, slot, Some(unit), Some(lsn));
    }

    /// It will not be put.
    pub(crate) fn abort_own(&mut self, put: &LongOwn, out: &mut Outputs) {
        debug_assert_eq!(self.arena.get(put.slot).owner, Entry::NO_OWNER);
        let queue = self.queues.get_mut(put.queue);
        queue.depth -= 1;
        queue.uncommitted -= 1;
        self.drop_message(put.queue, put.slot, out);
        self.release_queue(put.queue);
    }

    /// The head of a message's record, and the id that it needs.
    fn own_head(&mut self, ix: QueueIx, message: &mut OwnMessage, total: u32) -> PutHead {
        let number = self.numbers.message();
        let md = &mut message.md;
        let generates = md.msg_id == [0; 24];
        if generates {
            md.msg_id = self.message_id(number);
        }
        let HeaderFacts { len: rfh2_len, is_kept: rfh2_kept } = message.header;
        let queue = self.queues.get(ix);
        PutHead {
            number,
            uow: UowId::NONE,
            queue: queue.number,
            body_len: total,
            rfh2_len,
            priority: queue.ordering(md.priority),
            is_parted: false,
            rfh2_kept,
            expires_at: message.expires_at,
            msg_id: (!generates).then_some(md.msg_id),
            correl_id: (md.correl_id != [0; 24]).then_some(md.correl_id),
            group: message.group,
            delay: None,
        }
    }

    /// Writes a piece of a long message.
    pub(crate) fn append_part(
        &mut self,
        number: MessageNumber,
        index: u32,
        bytes: &Body,
        out: &mut Outputs,
    ) -> Lsn {
        let mut body = store::Body::default();
        bytes.pieces().iter().for_each(|piece| body.push(piece.clone()));
        let record = Record::new(Kind::Part, log_records::part(number, index)).with_body(body);
        let lsn = self.append(record, out);
        self.parts.insert(number, Part { index, lsn, len: bytes.len() as u32 });
        lsn
    }

    /// Writes the Put record of a long message behind its last piece.
    pub(crate) fn append_long(
        &mut self,
        slot: Slot,
        mut head: PutHead,
        md: &Md,
        putter: &Putter,
        unit: Option<UowIx>,
        out: &mut Outputs,
    ) -> Lsn {
        head.uow = unit.map_or(UowId::NONE, |unit| self.uows.get(unit).id);
        let content = Content::new(md, putter, head.msg_id.is_none(), Body::new());
        let record = Record::new(Kind::Put, head.encode()).with_body(content.to_record());
        self.arena.get_mut(slot).set_place(self.lsn_next, record.len());
        let lsn = self.append(record, out);
        self.contents.insert(&mut self.arena, slot, content);
        lsn
    }
}
