//! I6 ORDER: on a queue with one reader, committed gets of one producer's messages of equal priority and
//! persistence come in the order of the puts; and with MSGDLVSQ(PRIORITY) no message is given while one of higher
//! priority is surely on the queue. A message that was to be delivered later has its place from then on.

use std::collections::BTreeMap;

use super::Violation;
use crate::history::{History, How, Story, Verdict};
use crate::ledger::Get;
use crate::message::MessageId;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut gets: BTreeMap<&str, Vec<(&Get, usize)>> = BTreeMap::new();
    for story in history.messages.values() {
        for sighting in &story.sightings {
            if let How::Got { unit, get } = &sighting.how {
                gets.entry(&get.queue).or_default().push((get, *unit));
            }
        }
    }
    let mut wrong = Vec::new();
    for (queue, mut gets) in gets {
        gets.sort_by_key(|(get, _)| get.t1);
        if !has_one_reader(&gets) {
            continue;
        }
        in_order(history, &gets, &mut wrong);
        if history.by_priority.iter().any(|q| q == queue) {
            by_priority(history, &gets, &mut wrong);
        }
    }
    wrong
}

/// Calls of one reader do not overlap; the final drain comes after all others and counts as its continuation.
fn has_one_reader(gets: &[(&Get, usize)]) -> bool {
    let mut readers = gets.iter().filter(|(get, _)| !get.is_final).map(|(get, _)| get.unit.map(|u| u.thread));
    let first = readers.next();
    // Outside syncpoint nothing names the thread.
    readers.all(|reader| Some(reader) == first && reader.is_some()) && first != Some(None)
}

fn in_order(history: &History, gets: &[(&Get, usize)], wrong: &mut Vec<Violation>) {
    let mut last: BTreeMap<(u32, u8, bool), u64> = BTreeMap::new();
    for (get, unit) in gets {
        if history.units[*unit].verdict != Verdict::Committed {
            continue;
        }
        let Some(id) = get.id.filter(|id| !history.is_delayed(id)) else { continue };
        let before = last.entry((id.producer, get.priority, get.is_persistent)).or_default();
        if id.sequence < *before {
            let why =
                format!("consumed from {} after p{}.{before}, which was put later", get.queue, id.producer);
            wrong.push(Violation::new("I6", id, why));
        }
        *before = (*before).max(id.sequence);
    }
}

/// For each get of a lower priority: was something higher surely there?
///
/// The higher one is surely there from the answer to its commit to the call of the get that next gave it; and
/// again, once a unit that had got it has been backed out with an answer.
fn by_priority(history: &History, gets: &[(&Get, usize)], wrong: &mut Vec<Violation>) {
    let mut there: Vec<(u8, u64, u64, MessageId)> = Vec::new();
    let ids: std::collections::BTreeSet<MessageId> = gets.iter().filter_map(|(get, _)| get.id).collect();
    for id in ids {
        if let Some(story) = history.messages.get(&id) {
            stays(history, story, &mut there);
        }
    }
    there.sort_by_key(|(_, from, ..)| *from);
    let mut next = 0;
    let mut now: Vec<(u8, u64, u64, MessageId)> = Vec::new();
    let mut in_call_order = gets.to_vec();
    in_call_order.sort_by_key(|(get, _)| get.t0);
    for (get, _) in in_call_order {
        while there.get(next).is_some_and(|(_, from, ..)| *from < get.t0) {
            now.push(there[next]);
            next += 1;
        }
        now.retain(|(_, _, until, _)| *until > get.t1);
        if let Some((priority, _, _, id)) = now.iter().find(|(priority, ..)| *priority > get.priority) {
            let why =
                format!("given with priority {} while {id} of priority {priority} was there", get.priority);
            wrong.push(Violation::new("I6", get.id.map_or(String::new(), |i| i.to_string()), why));
        }
    }
}

/// The times during which a message was surely on its queue, up to each get that gave it.
fn stays(history: &History, story: &Story, there: &mut Vec<(u8, u64, u64, MessageId)>) {
    let Some((put, unit)) = &story.put else { return };
    if history.put_verdict(story) != Some(Verdict::Committed) {
        return;
    }
    let mut from = put.due.is_none().then_some(history.units[*unit].ended_t1);
    for sighting in &story.sightings {
        let How::Got { unit, .. } = sighting.how else { continue };
        if let Some(from) = from {
            there.push((put.priority, from, sighting.t0, put.id));
        }
        let unit = &history.units[unit];
        from = (unit.verdict == Verdict::BackedOut && unit.end_answered).then_some(unit.ended_t1);
    }
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    const TWO: &str = "put p1.1 A - 10\nput p1.2 A - 12\n";

    #[test]
    fn one_reader_gets_a_producers_messages_in_order() {
        let right = "get p1.1 A t2.u1 20\nget p1.2 A t2.u1 22\ncommit t2.u1 24";
        let turned = "get p1.2 A t2.u1 20\nget p1.1 A t2.u1 22\ncommit t2.u1 24";
        check(&format!("{TWO}{right}"), &[]);
        check(&format!("{TWO}{turned}"), &["I6 p1.1"]);
        check(&format!("{TWO}final p1.2 A 90\nfinal p1.1 A 92"), &["I6 p1.1"]);
        check(&format!("put p1.1 A - 10 due=14\nput p1.2 A - 12\n{turned}"), &[]);
        // Backed out and got again: only what is committed counts.
        let again = "get p1.1 A t2.u0 14\nbackout t2.u0 16\n";
        check(&format!("{TWO}{again}{right}"), &[]);
    }

    #[test]
    fn two_readers_may_overtake_each_other() {
        let both = "get p1.2 A t2.u1 20\nget p1.1 A t3.u1 22\ncommit t2.u1 24\ncommit t3.u1 26";
        check(&format!("{TWO}{both}"), &[]);
    }

    #[test]
    fn higher_priorities_go_first_on_a_queue_that_says_so() {
        let put = "put p1.1 A - 10 prio=1\nput p1.2 A - 12 prio=7\n";
        let low_first = "get p1.1 A t2.u1 20 prio=1\nget p1.2 A t2.u1 22 prio=7\ncommit t2.u1 24";
        let high_first = "get p1.2 A t2.u1 20 prio=7\nget p1.1 A t2.u1 22 prio=1\ncommit t2.u1 24";
        check(&format!("{put}{low_first}"), &[]);
        check(&format!("queue A priority\n{put}{high_first}"), &[]);
        check(&format!("queue A priority\n{put}{low_first}"), &["I6 p1.1"]);
        let delayed = "put p1.1 A - 10 prio=1\nput p1.2 A - 12 prio=7 due=14\n";
        check(&format!("queue A priority\n{delayed}{low_first}"), &[]);
        // The higher one came after the get had begun, or was not yet committed.
        let late = "put p1.1 A - 10 prio=1\nput p1.2 A - 20 prio=7\n";
        check(&format!("queue A priority\n{late}{low_first}"), &[]);
        let given_back = "get p1.2 A t2.u1 14 prio=7\nbackout t2.u1 16\nget p1.1 A t2.u2 20 prio=1\n\
                          get p1.2 A t2.u2 22 prio=7\ncommit t2.u2 24";
        check(&format!("queue A priority\n{put}{given_back}"), &["I6 p1.1"]);
    }
}
