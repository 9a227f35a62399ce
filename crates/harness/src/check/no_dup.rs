//! I2 NO-DUP: no message has more than one committed get, and none is seen again after a committed get.

use super::Violation;
use crate::history::History;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (id, story) in &history.messages {
        let consumed = history.consumers(story).count();
        if consumed > 1 {
            wrong.push(Violation::new("I2", id, format!("consumed by {consumed} committed gets")));
            continue;
        }
        let Some(by) = history.consumers(story).next() else { continue };
        if story.sightings.iter().any(|s| s.t0 > by.ended_t1) {
            let why = format!("seen again after its consumption by {} was acknowledged", by.title());
            wrong.push(Violation::new("I2", id, why));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn a_message_is_consumed_once() {
        let got = "put p1.1 A - 10\nget p1.1 A t2.u1 20\ncommit t2.u1 22\n";
        check(got, &[]);
        check(&format!("{got}final p1.1 A 90"), &["I2 p1.1"]);
        check(&format!("{got}get p1.1 A t2.u2 30\nbackout t2.u2 32"), &["I2 p1.1"]);
        check(&format!("{got}census 1 A 50 depth=1 : p1.1"), &["I2 p1.1"]);
        check("put p1.1 A - 10\nget p1.1 A - 20\nget p1.1 A - 30", &["I2 p1.1"]);
        check("put p1.1 A - 10 np\nfinal p1.1 A 90 np\nfinal p1.1 A 91 np", &["I2 p1.1"]);
    }

    #[test]
    fn a_get_that_may_not_have_counted_may_be_repeated() {
        check("put p1.1 A - 10\nget p1.1 A t2.u1 20\ncommit t2.u1 22 unknown\nfinal p1.1 A 90", &[]);
        check("put p1.1 A - 10\nget p1.1 A t2.u1 20\nbackout t2.u1 22\nfinal p1.1 A 90", &[]);
        check("put p1.1 A - 10\ncensus 1 A 15 depth=1 : p1.1\nfinal p1.1 A 90", &[]);
    }
}
