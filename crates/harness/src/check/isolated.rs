//! I5 ISOLATED: nobody sees a message before the commit of its unit was called, and a message that a unit has got
//! goes to nobody else until that unit ends.

use super::Violation;
use crate::history::{History, How, Sighting, Verdict};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (id, story) in &history.messages {
        if let Some((_, unit)) = &story.put {
            let unit = &history.units[*unit];
            let committed = unit.verdict != Verdict::BackedOut;
            if committed && unit.name.is_some() && story.sightings.iter().any(|s| s.t1 < unit.ended_t0) {
                let why = format!("seen before the commit of {} was called", unit.title());
                wrong.push(Violation::new("I5", id, why));
            }
        }
        // Sightings are few per message, so every pair is looked at.
        let stolen = story.sightings.iter().find(|holder| {
            held_until(history, holder).is_some_and(|until| {
                story.sightings.iter().any(|other| other.t0 > holder.t1 && other.t1 < until)
            })
        });
        if stolen.is_some() {
            wrong.push(Violation::new("I5", id, "given to another while a unit of work held it"));
        }
    }
    wrong
}

/// Until when the unit that got a message surely held it. An end without an answer may have met a broken
/// connection, and the queue manager then has let go when its process ended.
fn held_until(history: &History, sighting: &Sighting) -> Option<u64> {
    let How::Got { unit, .. } = sighting.how else { return None };
    let unit = &history.units[unit];
    unit.name?;
    match history.kill_after(sighting.t1) {
        Some(kill) if !unit.end_answered => Some(unit.ended_t0.min(kill)),
        _ => Some(unit.ended_t0),
    }
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn uncommitted_messages_are_not_seen() {
        let put = "put p1.1 A t1.u1 10\ncommit t1.u1 30\n";
        check(&format!("{put}get p1.1 A - 20"), &["I5 p1.1"]);
        check(&format!("{put}get p1.1 A - 29"), &[]);
        check(&format!("{put}census 1 A 20 depth=1 : p1.1\nfinal p1.1 A 90"), &["I5 p1.1"]);
    }

    #[test]
    fn a_locked_message_is_not_given_away() {
        let held = "put p1.1 A - 10\nget p1.1 A t2.u1 20\nbackout t2.u1 40\n";
        check(&format!("{held}get p1.1 A t3.u1 30\nbackout t3.u1 50\nfinal p1.1 A 90"), &["I5 p1.1"]);
        check(&format!("{held}get p1.1 A t3.u1 45\nbackout t3.u1 50\nfinal p1.1 A 90"), &[]);
        // The process ended in between: the lock was gone, though its owner heard of it later.
        let lost = "put p1.1 A - 10\nget p1.1 A t2.u1 20\nkill 25\ncommit t2.u1 40 unknown\n";
        check(&format!("{lost}get p1.1 A t3.u1 30\nbackout t3.u1 50\nfinal p1.1 A 90"), &[]);
    }
}
