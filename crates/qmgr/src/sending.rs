//! A long body on its way out: pieces go as the socket takes them, out of memory, the log or the scratch file.
//!
//! The answer, or the delivery, has left with the first piece. What becomes of the message is recorded when the last
//! piece is in memory, and that piece waits for the record: until then the client has not got the message, and a
//! conversation that breaks leaves it where it was.

use bytes::Bytes;
use mqi::call::Body;
use mqi::{Md, Reason};
use store::Lsn;

use crate::arena::Slot;
use crate::consumer::Flight;
use crate::conversation::{ConvIx, InCall};
use crate::get::Action;
use crate::input::ConversationId;
use crate::kernel::{Kernel, LoadFor};
use crate::matching::Want;
use crate::number::MessageNumber;
use crate::output::{Output, Outputs};
use crate::parts::Place;
use crate::shape::take_piece;

/// Where the rest of a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// In memory.
    Memory,
    /// In Part records or in the scratch file, this one next once `memory` is empty.
    Parts { index: u32 },
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) want: Want,
    pub(crate) slot: Slot,
    pub(crate) number: MessageNumber,
    pub(crate) action: Action,
    /// Of a consumer's delivery.
    pub(crate) flight: Option<Flight>,
    pub(crate) md: Md,
    /// Bytes that are here already.
    pub(crate) memory: Body,
    pub(crate) rest: Rest,
    /// Bytes that are still to be passed over.
    pub(crate) skip: u32,
    /// Bytes still to be sent.
    pub(crate) left: u32,
    /// The socket has room for a piece.
    pub(crate) is_pulled: bool,
    pub(crate) is_loading: bool,
}

impl Kernel {
    /// The socket of a conversation has room for the next piece.
    pub(crate) fn pull(&mut self, id: ConversationId, out: &mut Outputs) {
        let Some(conv) = self.conversations.find(id) else { return };
        if let Some(sending) = &mut self.conversations.get_mut(conv).sending {
            sending.is_pulled = true;
            self.send_piece(conv, out);
        }
    }

    /// Sends a piece if one is wanted and here, else asks for it.
    fn send_piece(&mut self, conv: ConvIx, out: &mut Outputs) {
        let conversation = self.conversations.get_mut(conv);
        let id = conversation.id;
        let Some(sending) = &mut conversation.sending else { return };
        if !sending.is_pulled || sending.is_loading {
            return;
        }
        if sending.memory.is_empty() {
            let Rest::Parts { index } = sending.rest else { return };
            let Some(part) = self.parts.at(sending.number, index) else {
                return self.break_off(conv, out);
            };
            let place =
                Place::of_part(self.arena.get(sending.slot), part, self.parts.written_as(sending.number));
            sending.is_loading = true;
            sending.rest = Rest::Parts { index: index + 1 };
            self.load(LoadFor::Piece(id), place, true, out);
            return;
        }
        let piece = take_piece(&mut sending.memory);
        let piece = piece.prefix(sending.left as usize);
        sending.left -= piece.len() as u32;
        sending.is_pulled = false;
        if sending.left > 0 {
            out.push(Output::Piece { conversation: id, bytes: piece, last: false, wait: Lsn::NONE });
            return;
        }
        self.finish_sending(conv, piece, out);
    }

    pub(crate) fn piece_loaded(&mut self, conv: ConvIx, body: Option<Bytes>, out: &mut Outputs) {
        let Some(sending) = &mut self.conversations.get_mut(conv).sending else { return };
        if !sending.is_loading {
            return;
        }
        sending.is_loading = false;
        match body {
            Some(body) if !body.is_empty() => {
                let skipped = body.len().min(sending.skip as usize);
                sending.skip -= skipped as u32;
                sending.memory.push(body.slice(skipped..));
                self.send_piece(conv, out);
            }
            _ => self.break_off(conv, out),
        }
    }

    /// The last piece is here: what becomes of the message is recorded, and the piece waits for that.
    fn finish_sending(&mut self, conv: ConvIx, piece: Body, out: &mut Outputs) {
        let conversation = self.conversations.get_mut(conv);
        let id = conversation.id;
        let Some(sending) = conversation.sending.take() else { return };
        let want = sending.want;
        let unit_is_lost = sending.action == Action::Unit && self.unit_for_more(conv).is_err();
        if unit_is_lost || !self.may_finish(&sending) {
            // The browsed message is gone, or the unit of work was backed out meanwhile: the client has the beginning of
            // something that it must not get.
            self.let_go(&want, sending.slot, sending.number);
            return self.stop_conversation(conv, Reason::BACKED_OUT, out);
        }
        let mut wait = Lsn::NONE;
        if self.arena.peek(sending.slot).number == sending.number {
            let Sending { slot, action, md, .. } = &*sending;
            wait = match &sending.flight {
                Some(flight) => self.fly(&want, *slot, *action, flight, md, out),
                None => self.act(&want, *slot, *action, md, out),
            };
        }
        out.push(Output::Piece { conversation: id, bytes: piece, last: true, wait });
        if matches!(self.conversations.get(conv).in_call, InCall::Sending) {
            self.conversations.get_mut(conv).in_call = InCall::None;
        }
        self.after_sending(conv, out);
    }

    fn may_finish(&self, sending: &Sending) -> bool {
        match sending.action {
            Action::Stay => true,
            // All of a browsed message has been read: that it has gone since does not matter.
            Action::Browse => true,
            _ => self.is_still_there(&sending.want, sending.slot, sending.number),
        }
    }

    /// What was held back behind a long body goes.
    fn after_sending(&mut self, conv: ConvIx, out: &mut Outputs) {
        let held = std::mem::take(&mut self.conversations.get_mut(conv).held);
        out.extend(held);
        self.take_deferred(conv, out);
        if self.conversations.contains(conv) {
            self.poll_consumers(conv, out);
        }
    }

    /// Calls that came meanwhile are made.
    pub(crate) fn take_deferred(&mut self, conv: ConvIx, out: &mut Outputs) {
        while self.conversations.contains(conv) {
            let conversation = self.conversations.get_mut(conv);
            if conversation.sending.is_some() || conversation.is_storing() {
                break;
            }
            let Some(call) = conversation.deferred.pop_front() else { break };
            self.call_of(conv, call, out);
        }
    }

    /// A part cannot be read. The client has the beginning of the message already, so there is no other way to tell it
    /// than to end the conversation.
    fn break_off(&mut self, conv: ConvIx, out: &mut Outputs) {
        if let Some(sending) = self.conversations.get_mut(conv).sending.take()
            && self.arena.peek(sending.slot).number == sending.number
        {
            self.make_damaged(sending.want.queue, sending.slot, out);
        }
        self.stop_conversation(conv, Reason::OBJECT_DAMAGED, out);
    }

    /// Forgets a body on its way out; its message stays.
    pub(crate) fn stop_sending(&mut self, conv: ConvIx) {
        if let Some(sending) = self.conversations.get_mut(conv).sending.take() {
            self.let_go(&sending.want, sending.slot, sending.number);
            self.conversations.get_mut(conv).held.clear();
        }
    }
}
