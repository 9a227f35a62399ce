//! I7 UNKNOWN-BOTH: an operation with unknown outcome is wholly effective or wholly absent, and stays so.
//!
//! A census after the operation decides: a message whose put went unanswered is there or is not; a message
//! got by a unit whose commit went unanswered is there again or is not. What the first census after the
//! operation does not show must not be seen later, unless its delivery was to come later. (What it shows must not vanish:
//! that is I1.)

use super::Violation;
use crate::history::{History, How, Verdict};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (id, story) in &history.messages {
        let Some((put, unit)) = &story.put else { continue };
        let mut doubts = Vec::new();
        if history.put_verdict(story) == Some(Verdict::Unknown) && put.due.is_none() {
            doubts.push(history.units[*unit].ended_t1);
        }
        for sighting in &story.sightings {
            if let How::Got { unit, .. } = sighting.how
                && history.units[unit].verdict == Verdict::Unknown
            {
                doubts.push(history.units[unit].ended_t1);
            }
        }
        for doubt in doubts {
            let decided = history.censuses.iter().find(|c| c.queue == put.queue && c.t0 > doubt);
            let Some(census) = decided else { continue };
            let is_shown = census.shown.iter().any(|(shown, _)| shown == id);
            let seen_before = story.sightings.iter().any(|s| s.t0 > doubt && s.t1 < census.t0);
            let seen_later = story.sightings.iter().any(|s| s.t0 > census.t1);
            if !is_shown && !seen_before && seen_later {
                let why = format!(
                    "its fate was unknown, census {} did not show it, but it came later",
                    census.number
                );
                wrong.push(Violation::new("I7", id, why));
                break;
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn what_was_absent_stays_absent() {
        let put = "put p1.1 A - 10 unknown\nkill 12\n";
        check(&format!("{put}census 1 A 20 depth=0 :"), &[]);
        check(&format!("{put}census 1 A 20 depth=1 : p1.1\nfinal p1.1 A 90"), &[]);
        check(&format!("{put}census 1 A 20 depth=0 :\nfinal p1.1 A 90"), &["I7 p1.1"]);
        check("put p1.1 A - 10 due=30 unknown\nkill 12\ncensus 1 A 20 depth=0 :\nfinal p1.1 A 90", &[]);
    }

    #[test]
    fn a_get_in_doubt_is_decided_once() {
        let got = "put p1.1 A - 5\nget p1.1 A t2.u1 8\ncommit t2.u1 10 unknown\nkill 12\n";
        check(&format!("{got}census 1 A 20 depth=0 :"), &[]);
        check(&format!("{got}census 1 A 20 depth=1 : p1.1\nfinal p1.1 A 90"), &[]);
        check(&format!("{got}census 1 A 20 depth=0 :\nfinal p1.1 A 90"), &["I7 p1.1"]);
    }
}
