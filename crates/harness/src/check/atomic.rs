//! I4 ATOMIC: of each unit of work all puts and gets took effect, or none.
//!
//! Where the owner knows the outcome, the other checkers say so of each message. This one looks at units whose
//! MQCMIT went unanswered, by what is seen of their messages afterwards:
//!
//! ```text
//!                              seen by others           not seen by others
//! persistent put               took effect              did not
//! persistent get               did not                  took effect       (after the get)
//! non-persistent put, get      as above                 says nothing: it may have gone with the process
//! ```
//!
//! "After the get", not "after the MQCMIT": the process may have ended and started again, and others may have been
//! at work, before a slow application comes to call MQCMIT on what is a broken connection by then.
//!
//! On a queue with an unanswered get outside syncpoint, not seeing a message says nothing either.

use super::Violation;
use crate::history::{History, How, Sighting, Unit, Verdict};
use crate::message::MessageId;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let in_doubt = |u: &Unit| u.verdict == Verdict::Unknown && u.name.is_some();
    for (at, unit) in history.units.iter().enumerate().filter(|(_, u)| in_doubt(u)) {
        let puts = unit.puts.iter().map(|id| (id, is_seen(history, id, None)));
        let gets = unit.gets.iter().map(|id| (id, is_seen(history, id, Some(at)).map(|seen| !seen)));
        let (mut did, mut did_not) = (None, None);
        for (id, effect) in puts.chain(gets) {
            match effect {
                Some(true) => did = Some(id),
                Some(false) => did_not = Some(id),
                None => {}
            }
        }
        if let (Some(did), Some(did_not)) = (did, did_not) {
            let why = format!("took effect for {did} and not for {did_not}");
            wrong.push(Violation::new("I4", unit.title(), why));
        }
    }
    wrong
}

/// Whether a message is seen, after the unit `got_by` was given it, if one is named; none: nothing can be said.
fn is_seen(history: &History, id: &MessageId, got_by: Option<usize>) -> Option<bool> {
    let story = history.messages.get(id)?;
    let (put, _) = story.put.as_ref()?;
    let is_own = |s: &&Sighting| matches!(s.how, How::Got { unit, .. } if Some(unit) == got_by);
    let from = match got_by {
        Some(_) => story.sightings.iter().find(is_own)?.t1,
        None => put.t1,
    };
    let seen = |s: &Sighting| got_by.is_none() || (s.t0 > from && !is_own(&s));
    if story.sightings.iter().any(seen) {
        return Some(true);
    }
    (put.is_persistent && !history.may_be_taken_blindly(&put.queue, from)).then_some(false)
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn half_a_unit_is_found() {
        let unit = "put p1.1 A t1.u1 10\nput p1.2 B t1.u1 11\ncommit t1.u1 12 unknown\nkill 13\n";
        check(unit, &[]);
        check(&format!("{unit}final p1.1 A 90\nfinal p1.2 B 91"), &[]);
        check(&format!("{unit}final p1.1 A 90"), &["I4 t1.u1"]);
        check(&format!("{unit}final p1.1 A 90\nget ? B - 60 unknown"), &[]);
    }

    #[test]
    fn gets_and_puts_of_one_unit_go_together() {
        let moved =
            "put p1.1 A - 5\nget p1.1 A t2.u1 10\nput p2.1 B t2.u1 11\ncommit t2.u1 12 unknown\nkill 13\n";
        check(&format!("{moved}final p2.1 B 90"), &[]);
        check(&format!("{moved}final p1.1 A 90"), &[]);
        check(&format!("{moved}final p1.1 A 90\nfinal p2.1 B 91"), &["I4 t2.u1"]);
        check(moved, &["I4 t2.u1"]);
        // Killed after the gets; another has consumed one of them before this one calls its MQCMIT.
        let late = "put p1.1 A - 5\nput p1.2 A - 6\nget p1.1 A t2.u1 10\nget p1.2 A t2.u1 11\nkill 13\n\
                    get p1.1 A t3.u1 20\ncommit t3.u1 22\ncommit t2.u1 30 unknown\nfinal p1.2 A 90";
        check(late, &[]);
    }

    #[test]
    fn non_persistent_messages_prove_only_by_being_there() {
        let unit = "put p1.1 A t1.u1 10\nput p1.2 B t1.u1 11 np\ncommit t1.u1 12 unknown\nkill 13\n";
        check(&format!("{unit}final p1.1 A 90"), &[]);
        check(&format!("{unit}final p1.2 B 90 np"), &["I4 t1.u1"]);
    }
}
