//! Which message a get, a browse or a consumer gets (queue-manager reference, 9.1 and 9.3).
//!
//! Four ways to find it, the cheapest that serves: by token, through the matches of a selector, through the id tables,
//! or along the queue. All of them give the same message: the first in queue order that is available and fits.

use mqi::call::Hobj;
use mqi::constants::*;
use mqi::{Gmo, Md, Reason};

use crate::arena::Slot;
use crate::conversation::ConvIx;
use crate::entry::{Entry, State};
use crate::handle::{Cursor, Handle};
use crate::hash::{ID_NONE, IdHash};
use crate::id_table::{IdKind, IdTable, Lookup};
use crate::kernel::Kernel;
use crate::number::MessageNumber;
use crate::output::Outputs;
use crate::queue::{PRIORITIES, Queue, QueueIx, Table};
use crate::selection::SelectionIx;
use crate::selector::DirectLookup;

/// What a message must be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Criteria {
    pub(crate) msg_key: IdHash,
    pub(crate) correl_key: IdHash,
    pub(crate) number: Option<MessageNumber>,
    pub(crate) group_id: Option<[u8; 24]>,
    pub(crate) msg_seq_number: Option<i32>,
    pub(crate) offset: Option<i32>,
}

/// Fields of a descriptor and options that a [`Criteria`] is made from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MatchFields {
    pub(crate) match_options: i32,
    pub(crate) msg_id: [u8; 24],
    pub(crate) correl_id: [u8; 24],
    pub(crate) group_id: [u8; 24],
    pub(crate) msg_seq_number: i32,
    pub(crate) offset: i32,
    pub(crate) msg_token: [u8; 16],
}

impl MatchFields {
    /// Of an MQGET. Version 1 of the options matches both ids.
    pub(crate) fn of(md: &Md, gmo: &Gmo) -> Self {
        Self {
            match_options: if gmo.version >= 2 {
                gmo.match_options
            } else {
                MQMO_MATCH_MSG_ID | MQMO_MATCH_CORREL_ID
            },
            msg_id: md.msg_id,
            correl_id: md.correl_id,
            group_id: if md.version >= 2 { md.group_id } else { [0; 24] },
            msg_seq_number: md.msg_seq_number,
            offset: md.offset,
            msg_token: if gmo.version >= 3 { gmo.msg_token } else { [0; 16] },
        }
    }
}

/// A get, browse or consumer, as far as choosing a message goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub(crate) conversation: ConvIx,
    pub(crate) hobj: Hobj,
    /// Number of the handle.
    pub(crate) handle: u32,
    pub(crate) queue: QueueIx,
    /// MQGMO options.
    pub(crate) options: i32,
    pub(crate) criteria: Criteria,
    pub(crate) selection: Option<SelectionIx>,
    /// Most bytes of data that are taken; none: any.
    pub(crate) length_max: Option<u32>,
    /// For MQGMO_CONVERT.
    pub(crate) ccsid: i32,
    pub(crate) encoding: i32,
}

const BROWSES: i32 = MQGMO_BROWSE_FIRST | MQGMO_BROWSE_NEXT | MQGMO_BROWSE_MSG_UNDER_CURSOR;

impl Want {
    /// Whether the message stays where it is.
    pub(crate) fn is_browse(&self) -> bool {
        self.options & BROWSES != 0
    }

    /// Whether it is about the message under the cursor.
    pub(crate) fn is_under_cursor(&self) -> bool {
        self.options & (MQGMO_MSG_UNDER_CURSOR | MQGMO_BROWSE_MSG_UNDER_CURSOR) != 0
    }
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// This message.
    Found(Slot),
    /// None now.
    None,
    /// A selector's scan of the backlog has not come so far.
    NotYet,
}

/// The token of a message: its number, and that it is one.
pub(crate) fn token_of(number: MessageNumber) -> [u8; 16] {
    let mut token = [0; 16];
    token[..8].copy_from_slice(&number.0.to_be_bytes());
    token[15] = 1;
    token
}

fn of_token(token: &[u8; 16]) -> MessageNumber {
    MessageNumber(token.first_chunk().copied().map_or(0, u64::from_be_bytes))
}

impl Kernel {
    /// Criteria of a get through a handle.
    pub(crate) fn criteria(&self, handle: &Handle, fields: &MatchFields) -> Result<Criteria, Reason> {
        const KNOWN: i32 = MQMO_MATCH_MSG_ID
            | MQMO_MATCH_CORREL_ID
            | MQMO_MATCH_GROUP_ID
            | MQMO_MATCH_MSG_SEQ_NUMBER
            | MQMO_MATCH_OFFSET
            | MQMO_MATCH_MSG_TOKEN;
        let options = fields.match_options;
        if options & !KNOWN != 0 {
            return Err(Reason::MATCH_OPTIONS_ERROR);
        }
        let mut criteria = Criteria::default();
        if options & MQMO_MATCH_MSG_ID != 0 {
            criteria.msg_key = self.id_key.hash(&fields.msg_id);
        }
        if options & MQMO_MATCH_CORREL_ID != 0 {
            criteria.correl_key = self.id_key.hash(&fields.correl_id);
        }
        if options & MQMO_MATCH_GROUP_ID != 0 && fields.group_id != [0; 24] {
            criteria.group_id = Some(fields.group_id);
        }
        if options & MQMO_MATCH_MSG_SEQ_NUMBER != 0 {
            criteria.msg_seq_number = Some(fields.msg_seq_number);
        }
        if options & MQMO_MATCH_OFFSET != 0 {
            criteria.offset = Some(fields.offset);
        }
        if options & MQMO_MATCH_MSG_TOKEN != 0 && fields.msg_token != [0; 16] {
            criteria.number = Some(of_token(&fields.msg_token));
        }
        // A selector that is an equality of an id goes through the id table as well. Both must hold.
        let (key, direct) = match &handle.direct {
            Some(DirectLookup::MsgId(id)) => (&mut criteria.msg_key, self.id_key.hash(id)),
            Some(DirectLookup::CorrelId(id)) => (&mut criteria.correl_key, self.id_key.hash(id)),
            None => return Ok(criteria),
        };
        if *key != ID_NONE && *key != direct {
            // Nothing can be both; the number of no message says so.
            criteria.number = Some(MessageNumber(0));
        }
        *key = direct;
        Ok(criteria)
    }

    /// Whether a message is like that.
    pub(crate) fn fits(&self, entry: &Entry, criteria: &Criteria) -> bool {
        if criteria.msg_key != ID_NONE && entry.msg_key != criteria.msg_key
            || criteria.correl_key != ID_NONE && entry.correl_key != criteria.correl_key
            || criteria.number.is_some_and(|number| entry.number != number)
        {
            return false;
        }
        if criteria.group_id.is_none() && criteria.msg_seq_number.is_none() && criteria.offset.is_none() {
            return true;
        }
        let group = self.groups.get(&entry.number);
        let (id, seq, offset) = group.map_or(([0; 24], 1, 0), |g| (g.group_id, g.msg_seq_number, g.offset));
        criteria.group_id.is_none_or(|wanted| wanted == id)
            && criteria.msg_seq_number.is_none_or(|wanted| wanted == seq)
            && criteria.offset.is_none_or(|wanted| wanted == offset)
    }

    /// Whether a want takes this message of its queue, wherever its cursor is.
    pub(crate) fn takes(&self, want: &Want, slot: Slot) -> bool {
        let entry = self.arena.get(slot);
        if !Queue::is_available(entry, self.now_tenths()) || !self.fits(entry, &want.criteria) {
            return false;
        }
        if !self.allows_marks(want, entry.number) {
            return false;
        }
        let queue = self.queues.get(want.queue);
        want.selection.is_none_or(|selection| queue.selections.is_match(selection, entry))
    }

    /// The same for one that waits: a browse waits for messages behind its cursor.
    pub(crate) fn takes_offer(&self, want: &Want, cursor: Option<Cursor>, slot: Slot) -> bool {
        let cursor = cursor.filter(|_| want.options & MQGMO_BROWSE_NEXT != 0);
        self.takes(want, slot) && cursor.is_none_or(|cursor| is_after(self.arena.get(slot), cursor))
    }

    /// Whether everything that was there when this want came has been looked at: until then it takes no newcomers, which
    /// may have to stand behind what is found yet.
    pub(crate) fn is_searched(&self, want: &Want) -> bool {
        let queue = self.queues.get(want.queue);
        let is_filling = |table: &Option<IdTable>| table.as_ref().is_some_and(|table| table.scan().is_some());
        want.selection.is_none_or(|selection| queue.selections.is_complete(selection))
            && (want.criteria.msg_key == ID_NONE || !is_filling(&queue.msg_ids))
            && (want.criteria.correl_key == ID_NONE || !is_filling(&queue.correl_ids))
    }

    /// Finds the message for a want. Expired ones that are met go.
    pub(crate) fn search(&mut self, want: &Want, cursor: Option<Cursor>, out: &mut Outputs) -> Search {
        if want.is_under_cursor() {
            return self.under_cursor(want, cursor);
        }
        let after = cursor.filter(|_| want.options & MQGMO_BROWSE_NEXT != 0);
        let mut expired = Vec::new();
        let found = self.search_queue(want, after, &mut expired);
        for slot in expired {
            self.expire(want.queue, slot, out);
        }
        found
    }

    fn under_cursor(&self, want: &Want, cursor: Option<Cursor>) -> Search {
        let Some(cursor) = cursor else { return Search::None };
        let queue = self.queues.get(want.queue);
        let lane = &queue.lanes[usize::from(cursor.priority)];
        let Some(slot) = lane.find(&self.arena, cursor.number) else { return Search::None };
        let entry = self.arena.get(slot);
        // Its own lock does not keep a handle from the message; what it has in flight is the client's already.
        let handle = self.conversations.get(want.conversation).handles.get(want.hobj);
        let is_locked = handle.is_some_and(|handle| handle.locked == Some(slot));
        let is_own = is_locked && entry.state == State::Reserved && entry.owner == want.handle;
        if is_own || Queue::is_available(entry, self.now_tenths()) {
            Search::Found(slot)
        } else {
            Search::None
        }
    }

    fn search_queue(&mut self, want: &Want, after: Option<Cursor>, expired: &mut Vec<Slot>) -> Search {
        let now = self.now_tenths();
        if let Some(number) = want.criteria.number {
            let found = self.queues.get(want.queue).find(&self.arena, number);
            return match found {
                Some(slot) if self.takes_offer(want, after, slot) => Search::Found(slot),
                _ => Search::None,
            };
        }
        if let Some(selection) = want.selection {
            return self.search_selection(want, selection, after);
        }
        let (kind, key) = match (want.criteria.msg_key, want.criteria.correl_key) {
            (ID_NONE, ID_NONE) => (IdKind::Msg, ID_NONE),
            (ID_NONE, key) => (IdKind::Correl, key),
            (key, _) => (IdKind::Msg, key),
        };
        if key != ID_NONE {
            let next = self.numbers.peek();
            match self.queues.get_mut(want.queue).table(&self.arena, kind, next) {
                Table::Walk => {}
                Table::Filling => {
                    self.fill_later(want.queue, kind);
                    return Search::NotYet;
                }
                Table::Ready(table) => {
                    if let Lookup::Slots(slots) = table.find(&self.arena, key) {
                        let fits = slots.into_iter().filter(|slot| self.takes_offer(want, after, *slot));
                        let first = fits.min_by_key(|slot| order_of(self.arena.get(*slot)));
                        return first.map_or(Search::None, Search::Found);
                    }
                }
            }
        }
        if want.is_browse() {
            return self.walk(want, after, now, expired);
        }
        // The usual case: the first free message, with whatever else must fit.
        let mut lanes = std::mem::take(&mut self.queues.get_mut(want.queue).lanes);
        let mut found = Search::None;
        for lane in lanes.iter_mut().rev() {
            let first = lane.first_free(&self.arena, |slot| {
                let entry = self.arena.get(slot);
                if entry.expiry != 0 && entry.expiry <= now {
                    expired.push(slot);
                    return false;
                }
                self.fits(entry, &want.criteria)
            });
            if let Some(slot) = first {
                found = Search::Found(slot);
                break;
            }
        }
        self.queues.get_mut(want.queue).lanes = lanes;
        found
    }

    fn fill_later(&mut self, ix: QueueIx, kind: IdKind) {
        if !self.filling.contains(&(ix, kind)) {
            self.filling.push_back((ix, kind));
        }
    }

    /// Goes on with filling one table; gets that wait for it try again when it is complete.
    pub(crate) fn fill_slice(&mut self, out: &mut Outputs) {
        let Some((ix, kind)) = self.filling.pop_front() else { return };
        let Some(queue) = self.queues.find_mut(ix) else { return };
        if queue.fill_table(&self.arena, kind) {
            self.filling.push_back((ix, kind));
        } else {
            self.scanned(ix, out);
        }
    }

    /// Along the queue, for browses.
    fn walk(&self, want: &Want, after: Option<Cursor>, now: u32, expired: &mut Vec<Slot>) -> Search {
        let queue = self.queues.get(want.queue);
        for priority in (0..PRIORITIES as u8).rev() {
            let number = match after {
                Some(cursor) if priority > cursor.priority => continue,
                Some(cursor) if priority == cursor.priority => cursor.number,
                _ => MessageNumber(0),
            };
            for slot in queue.lanes[usize::from(priority)].after(&self.arena, number) {
                let entry = self.arena.get(slot);
                if entry.state == State::Free && entry.expiry != 0 && entry.expiry <= now {
                    expired.push(slot);
                } else if self.takes(want, slot) {
                    return Search::Found(slot);
                }
            }
        }
        Search::None
    }

    fn search_selection(&self, want: &Want, selection: SelectionIx, after: Option<Cursor>) -> Search {
        let selections = &self.queues.get(want.queue).selections;
        let from = after.map(|cursor| (9 - cursor.priority, cursor.number));
        let mut found = selections.matches(selection, from);
        match found.find(|slot| self.takes(want, *slot)) {
            Some(slot) => Search::Found(slot),
            None if selections.is_complete(selection) => Search::None,
            None => Search::NotYet,
        }
    }
}

/// Key of the queue order: most urgent first, then by number.
pub(crate) fn order_of(entry: &Entry) -> (u8, MessageNumber) {
    (9 - entry.priority(), entry.number)
}

fn is_after(entry: &Entry, cursor: Cursor) -> bool {
    order_of(entry) > (9 - cursor.priority, cursor.number)
}
