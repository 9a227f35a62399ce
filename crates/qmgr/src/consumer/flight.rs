//! Messages on their way to a client: what becomes of them when it says that it has them, drops them, or is gone.

use std::collections::VecDeque;

use mqi::call::Hobj;
use store::{Kind, Lsn, Record};

use super::Consumer;
use crate::arena::Slot;
use crate::conversation::ConvIx;
use crate::get::Action;
use crate::handle::Cursor;
use crate::kernel::Kernel;
use crate::log_records::{self, Take};
use crate::matching::Want;
use crate::number::MessageNumber;
use crate::output::Outputs;
use crate::queue::QueueIx;

/// A message on its way to the client.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) slot: Slot,
    pub(super) number: MessageNumber,
    pub(super) message_index: i32,
    pub(super) global_index: i32,
    pub(super) bytes: i64,
    /// Answer to a single check: the client waits for it, and does nothing else before it has come.
    pub(super) is_checked: bool,
    pub(super) holding: Holding,
}

/// What becomes of a message in flight.
#[derive(Debug)]
pub(super) enum Holding {
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

/// What identifies a delivery, while its pieces are on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    pub(super) message_index: i32,
    pub(super) global_index: i32,
    pub(super) selection_index: u16,
    pub(super) bytes: i64,
    pub(super) is_checked: bool,
}

impl Kernel {
    /// The client has all messages of the conversation up to this index.
    pub(super) fn confirm_up_to(&mut self, conv: ConvIx, index: i32, out: &mut Outputs) {
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
    pub(super) fn confirm_handle(
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
    pub(super) fn call_back(
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
                self.note_get(want, number, md);
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
}

/// Whether an index is later than another. They count on past the greatest.
pub(super) fn is_after(index: i32, other: i32) -> bool {
    index.wrapping_sub(other) > 0
}
