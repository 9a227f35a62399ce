//! DUE: nobody sees a message before its delivery delay is over, and in the end none waits any more. (That each comes, and
//! comes once, is I1 and I2.)
//!
//! Its time begins when the put is called, before the queue manager hears of it, and a sighting counts when the answer is
//! back: both leave the queue manager more room than it has.

use super::Violation;
use crate::history::History;

/// The queue manager counts whole milliseconds of a wall clock, and that one may be slewed against ours.
const COARSE_NS: u64 = 2_000_000;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for (id, story) in &history.messages {
        let Some((put, _)) = &story.put else { continue };
        let Some(due) = put.due else { continue };
        if let Some(early) = story.sightings.iter().find(|s| s.t1 + COARSE_NS < due) {
            let why = format!("seen {} us before it was due", (due - early.t1) / 1000);
            wrong.push(Violation::new("DUE", id, why));
        }
    }
    for waiting in history.waiting.iter().filter(|waiting| waiting.messages > 0) {
        let why = "wait for a delivery that was due".to_owned();
        wrong.push(Violation::new("DUE", format!("{} messages", waiting.messages), why));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn nothing_comes_before_it_is_due() {
        let put = "put p1.1 A - 10 due=5000010\n";
        check(&format!("{put}final p1.1 A 5000020"), &[]);
        check(&format!("{put}final p1.1 A 4000000"), &[]);
        check(&format!("{put}final p1.1 A 2000000"), &["DUE p1.1"]);
        check(&format!("{put}census 1 A 20 depth=1 : p1.1\nfinal p1.1 A 5000020"), &["DUE p1.1"]);
    }

    #[test]
    fn in_the_end_none_waits() {
        check("waiting 0 99", &[]);
        check("waiting 2 99", &["DUE 2 messages"]);
    }

    #[test]
    fn it_comes_and_comes_once() {
        let put = "put p1.1 A - 10 due=40\nkill 20\n";
        check(put, &["I1 p1.1"]);
        check(&format!("{put}get p1.1 A - 50\nfinal p1.1 A 90"), &["I2 p1.1"]);
    }
}
