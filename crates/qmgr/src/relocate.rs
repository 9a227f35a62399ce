//! Packing: the store wants a live record moved forward, so that its extent can be freed.

use store::{Kind, Lsn, MOVED, Record};

use crate::entry::{Entry, State};
use crate::kernel::Kernel;
use crate::log_records::{self, Fields, PutHead};
use crate::number::UowId;
use crate::object::ObjectRecord;
use crate::output::{Output, Outputs};
use crate::parts::Part;
use crate::unit_of_work::UowIx;

impl Kernel {
    /// Appends the record again and releases the old one. One that nobody refers to at that place any more is dead or
    /// about to be released: nothing is done. A damaged one stays where it is; it is found out when someone wants it.
    pub(crate) fn relocate(&mut self, lsn: Lsn, record: Option<Record>, out: &mut Outputs) {
        let Some(mut record) = record else { return };
        let len = record.len();
        record.flags |= MOVED;
        let is_moved = match record.kind {
            Kind::Put => self.relocate_put(lsn, &mut record),
            Kind::Part => self.relocate_part(lsn, &record),
            Kind::Object => self.relocate_object(lsn, &record),
            // The other kinds are not kept for longer than a checkpoint.
            _ => false,
        };
        if is_moved {
            self.append(record, out);
            out.push(Output::Release { lsn, len });
        }
    }

    /// Says where the message will be, and gives the record the head that it needs now.
    fn relocate_put(&mut self, lsn: Lsn, record: &mut Record) -> bool {
        let Ok(mut head) = PutHead::decode(&record.head) else { return false };
        let Some(ix) = self.queues.by_number(head.queue) else { return false };
        let Some(slot) = self.queues.get(ix).find(&self.arena, head.number) else { return false };
        let entry = *self.arena.get(slot);
        if !entry.is_persistent() || entry.lsn() != lsn {
            return false;
        }
        let is_in_flight = entry.state == State::Putting && entry.owner != Entry::NO_OWNER;
        head.uow = if is_in_flight { self.uows.get(UowIx(entry.owner)).id } else { UowId::NONE };
        record.head = head.encode();
        let (next, len) = (self.lsn_next, record.len());
        self.arena.get_mut(slot).set_place(next, len);
        true
    }

    fn relocate_part(&mut self, lsn: Lsn, record: &Record) -> bool {
        let Ok((number, index)) = log_records::of_part(&record.head) else { return false };
        match self.parts.at(number, index).copied() {
            Some(part) if part.lsn == lsn => {
                self.parts.insert(number, Part { lsn: self.lsn_next, ..part });
                true
            }
            _ => false,
        }
    }

    fn relocate_object(&mut self, lsn: Lsn, record: &Record) -> bool {
        let mut r = Fields(&record.head);
        let Ok(_queue) = r.u32() else { return false };
        let Ok(ObjectRecord::Defined(definition)) = ObjectRecord::decode(r.0) else { return false };
        let Some(current) = self.registry.get_key(&definition.key()) else { return false };
        if current.place.is_none_or(|(place, _)| place != lsn) {
            return false;
        }
        let mut moved = current.clone();
        moved.place = Some((self.lsn_next, record.len()));
        self.registry.insert(moved);
        true
    }
}
