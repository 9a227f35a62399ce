//! I1 NO-LOSS: each acknowledged persistent message is at the end consumed by a committed unit, or still there.
//!
//! Two answers excuse a message that nobody has: it was last seen by a unit whose commit went unanswered, which
//! may have consumed it; or a get outside syncpoint on its queue went unanswered, and each such get excuses one
//! message. A non-persistent message may go when the process ends, and only then. A message whose put went
//! unanswered but which has been seen is held to the same rule: it was there.

use super::Violation;
use crate::history::{History, How, Story, Verdict};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut missing: Vec<(&str, u64, Violation)> = Vec::new();
    for (id, story) in &history.messages {
        let Some((put, unit)) = &story.put else { continue };
        let was_there = match history.put_verdict(story) {
            Some(Verdict::Committed) => true,
            Some(Verdict::Unknown) => !story.sightings.is_empty(),
            Some(Verdict::BackedOut) | None => false,
        };
        let known_until = story.sightings.last().map_or(history.units[*unit].ended_t0, |last| last.t0);
        let may_vanish = !put.is_persistent && history.kill_after(known_until).is_some();
        if was_there && !may_vanish && !is_accounted_for(history, story) {
            let seen = story.sightings.len();
            let why = format!("put on {} and acknowledged, then gone; it was seen {seen} times", put.queue);
            missing.push((&put.queue, known_until, Violation::new("I1", id, why)));
        }
    }
    excuse_by_blind_gets(history, missing)
}

fn is_accounted_for(history: &History, story: &Story) -> bool {
    let consumed = history.consumers(story).next().is_some();
    let in_doubt = story.sightings.last().is_some_and(|last| match last.how {
        How::Got { unit, .. } => history.units[unit].verdict == Verdict::Unknown,
        How::Counted(_) => false,
    });
    consumed || in_doubt
}

/// Each unanswered get outside syncpoint may have taken one message that was there before it ended.
///
/// A message that was known to be there until later has fewer gets to choose from, all of which would do for
/// the earlier ones too: so the latest chooses first.
fn excuse_by_blind_gets(history: &History, mut missing: Vec<(&str, u64, Violation)>) -> Vec<Violation> {
    let mut used = vec![false; history.blind.len()];
    missing.sort_by_key(|(_, known_until, _)| std::cmp::Reverse(*known_until));
    missing.retain(|(queue, known_until, _)| {
        let excuse = history
            .blind
            .iter()
            .zip(&mut used)
            .find(|(get, used)| !**used && get.queue == *queue && get.t1 > *known_until);
        match excuse {
            Some((_, used)) => {
                *used = true;
                false
            }
            None => true,
        }
    });
    missing.into_iter().map(|(_, _, violation)| violation).collect()
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn an_acknowledged_message_must_be_somewhere() {
        check("put p1.1 A - 10\nfinal p1.1 A 90", &[]);
        check("put p1.1 A - 10", &["I1 p1.1"]);
        check("put p1.1 A t1.u1 10\nput p1.2 A t1.u1 11\ncommit t1.u1 12\nfinal p1.2 A 90", &["I1 p1.1"]);
        check("put p1.1 A t1.u1 10\ncommit t1.u1 12 unknown", &[]);
        check("put p1.1 A t1.u1 10\nbackout t1.u1 12", &[]);
    }

    #[test]
    fn a_backed_out_get_must_give_it_back() {
        check("put p1.1 A - 10\nget p1.1 A t2.u1 20\nbackout t2.u1 22", &["I1 p1.1"]);
        check("put p1.1 A - 10\nget p1.1 A t2.u1 20\nkill 22", &["I1 p1.1"]);
        check("put p1.1 A - 10\nget p1.1 A t2.u1 20\ncommit t2.u1 22 unknown", &[]);
        // It came back from the unit in doubt, so that one is no excuse any more.
        check(
            "put p1.1 A - 10\nget p1.1 A t2.u1 20\ncommit t2.u1 22 unknown\nget p1.1 A t2.u2 30\nbackout t2.u2 32",
            &["I1 p1.1"],
        );
    }

    #[test]
    fn non_persistent_messages_go_with_the_process_only() {
        check("put p1.1 A - 10 np\nkill 20", &[]);
        check("put p1.1 A - 10 np", &["I1 p1.1"]);
        check("kill 5\nput p1.1 A - 10 np", &["I1 p1.1"]);
    }

    #[test]
    fn an_unanswered_get_excuses_one_message_of_its_queue() {
        let two = "put p1.1 A - 10\nput p1.2 A - 12\n";
        check(&format!("{two}get ? A - 20 unknown\nget ? A - 22 unknown"), &[]);
        check(&format!("{two}get ? A - 20 unknown\nfinal p1.2 A 90"), &[]);
        check(&format!("{two}get ? A - 20 unknown"), &["I1 p1.1"]);
        check(&format!("{two}get ? B - 20 unknown\nfinal p1.2 A 90"), &["I1 p1.1"]);
        check("get ? A - 5 unknown\nput p1.1 A - 10", &["I1 p1.1"]);
        // Inside a unit of work it took nothing: the unit was never committed.
        check("put p1.1 A - 10\nget ? A t2.u1 20 unknown", &["I1 p1.1"]);
    }

    #[test]
    fn an_unanswered_put_that_was_seen_stays() {
        let seen = "put p1.1 A - 10 unknown\ncensus 1 A 20 depth=1 : p1.1\n";
        check(seen, &["I1 p1.1"]);
        check(&format!("{seen}final p1.1 A 90"), &[]);
    }
}
