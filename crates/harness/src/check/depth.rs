//! I10 DEPTH: while no unit of work is open, CURDEPTH equals the number of messages that a browse shows, and the
//! browse shows every message that is there.
//!
//! A message was there if its put was acknowledged before the census (and, if it was to be delivered later, it was seen
//! before the census) and it is seen after it. (Where the put
//! went unanswered the same fault is I7.)

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use crate::history::{History, How, Verdict};
use crate::message::MessageId;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for census in &history.censuses {
        let shown = census.shown.len() as i64 + i64::from(census.strangers);
        if census.depth != shown {
            let why = format!("census {}: CURDEPTH is {}, browse shows {shown}", census.number, census.depth);
            wrong.push(Violation::new("I10", &census.queue, why));
        }
    }
    let mut shown: BTreeMap<u32, BTreeSet<MessageId>> = BTreeMap::new();
    for census in &history.censuses {
        shown.entry(census.number).or_default().extend(census.shown.iter().map(|(id, _)| *id));
    }
    for (id, story) in &history.messages {
        let Some((put, _)) = &story.put else { continue };
        if history.put_verdict(story) != Some(Verdict::Committed) {
            continue;
        }
        let Some(from) = history.there_from(story) else { continue };
        let Some(last) = story.sightings.last() else { continue };
        // A get in doubt may have been undone by the restart before the census; I7 looks at those.
        let in_doubt = story.sightings.iter().any(
            |s| matches!(s.how, How::Got { unit, .. } if history.units[unit].verdict == Verdict::Unknown),
        );
        let skipped = history.censuses.iter().find(|census| {
            census.queue == put.queue
                && census.t0 > from
                && census.t1 < last.t0
                && !shown.get(&census.number).is_some_and(|ids| ids.contains(id))
        });
        if let (Some(census), false) = (skipped, in_doubt || is_seen_twice(history, story)) {
            let why =
                format!("on {} before and after census {}, which did not show it", put.queue, census.number);
            wrong.push(Violation::new("I10", id, why));
        }
    }
    wrong
}

/// A message that is seen after its consumption is I2's business.
fn is_seen_twice(history: &History, story: &crate::history::Story) -> bool {
    let consumed = history.consumers(story).map(|by| by.ended_t1).min();
    consumed.is_some_and(|at| story.sightings.iter().any(|s| s.t0 > at))
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn the_depth_is_what_a_browse_shows() {
        let put = "put p1.1 A - 10\n";
        check(&format!("{put}census 1 A 20 depth=1 : p1.1\nfinal p1.1 A 90"), &[]);
        check(&format!("{put}census 1 A 20 depth=2 : p1.1\nfinal p1.1 A 90"), &["I10 A"]);
        check("census 1 A 20 depth=-1 :", &["I10 A"]);
    }

    #[test]
    fn a_browse_shows_all_that_is_there() {
        check("put p1.1 A - 10\ncensus 1 A 20 depth=0 :\nfinal p1.1 A 90", &["I10 p1.1"]);
        check("put p1.1 B - 10\ncensus 1 A 20 depth=0 :\nfinal p1.1 B 90", &[]);
        check("put p1.1 A - 10 due=15\ncensus 1 A 20 depth=0 :\nfinal p1.1 A 90", &[]);
        let seen = "put p1.1 A - 10 due=15\nget p1.1 A t2.u1 16\nbackout t2.u1 18\n";
        check(&format!("{seen}census 1 A 20 depth=0 :\nfinal p1.1 A 90"), &["I10 p1.1"]);
        check("put p1.1 A - 18\ncensus 1 A 18 depth=0 :\nfinal p1.1 A 90", &[]);
    }
}
