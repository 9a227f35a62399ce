//! I3 NO-GHOST: nothing appears that was never put, whose put failed or was backed out, or that is not byte for
//! byte what was put.

use super::Violation;
use crate::history::{History, How, Verdict};

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (id, story) in &history.messages {
        let Some(first) = story.sightings.iter().min_by_key(|s| s.t0) else { continue };
        match history.put_verdict(story) {
            None => wrong.push(Violation::new("I3", id, "seen, but nobody put it")),
            Some(Verdict::BackedOut) => {
                wrong.push(Violation::new("I3", id, "seen, but its put did not count"))
            }
            Some(_) => {}
        }
        let Some((put, _)) = &story.put else { continue };
        if first.t1 < put.t0 {
            wrong.push(Violation::new("I3", id, "seen before it was put"));
        }
        for sighting in &story.sightings {
            let difference = match &sighting.how {
                How::Got { get, .. } => {
                    let fields = [
                        ("queue", get.queue != put.queue),
                        ("length", get.length != put.length),
                        ("body", get.crc != put.crc),
                        ("persistence", get.is_persistent != put.is_persistent),
                        ("priority", get.priority != put.priority),
                    ];
                    fields.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
                }
                How::Counted(at) => (history.censuses[*at].queue != put.queue).then_some("queue"),
            };
            if let Some(field) = difference {
                wrong.push(Violation::new(
                    "I3",
                    id,
                    format!("came back with another {field} than it was put with"),
                ));
                break;
            }
        }
    }
    for get in &history.strangers {
        wrong.push(Violation::new("I3", &get.queue, "a get returned a message that is not of this run"));
    }
    for census in history.censuses.iter().filter(|c| c.strangers > 0) {
        let why = format!("{} messages that are not of this run", census.strangers);
        wrong.push(Violation::new("I3", &census.queue, why));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn what_was_not_put_does_not_appear() {
        check("final p1.1 A 90", &["I3 p1.1"]);
        check("put p1.1 A - 10 fail\nfinal p1.1 A 90", &["I3 p1.1"]);
        check("put p1.1 A t1.u1 10\nbackout t1.u1 12\nfinal p1.1 A 90", &["I3 p1.1"]);
        // The connection broke before MQCMIT was called.
        check("put p1.1 A t1.u1 10\nkill 12\nfinal p1.1 A 90", &["I3 p1.1"]);
        check("put p1.1 A - 10 unknown\nfinal p1.1 A 90", &[]);
        check("get ! A - 20", &["I3 A"]);
        check("census 1 A 20 depth=1 strangers=1 :", &["I3 A"]);
    }

    #[test]
    fn a_message_comes_back_as_it_was_put() {
        check("put p1.1 A - 10\nfinal p1.1 A 90 crc=2", &["I3 p1.1"]);
        check("put p1.1 A - 10\nfinal p1.1 A 90 len=9", &["I3 p1.1"]);
        check("put p1.1 A - 10\nfinal p1.1 B 90", &["I3 p1.1"]);
        check("put p1.1 A - 10\nfinal p1.1 A 90 np", &["I3 p1.1"]);
        check("put p1.1 A - 10 prio=3\nfinal p1.1 A 90 prio=4", &["I3 p1.1"]);
    }
}
