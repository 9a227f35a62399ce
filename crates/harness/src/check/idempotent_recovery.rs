//! I11 IDEMPOTENT-RECOVERY: a restart without work in between changes nothing, also when the restart itself was
//! killed on the way: two censuses with only restarts between them show the same persistent messages in the
//! same order. Messages whose delivery was to come later may have come in the meantime.

use super::Violation;
use crate::history::History;
use crate::ledger::Census;
use crate::message::MessageId;

pub(super) fn check(history: &History) -> Vec<Violation> {
    let mut wrong = Vec::new();
    for census in history.censuses.iter().filter(|c| c.is_quiet) {
        let before =
            history.censuses.iter().find(|b| b.number + 1 == census.number && b.queue == census.queue);
        let Some(before) = before else { continue };
        let (was, mut is) = (persistent(before), persistent(census));
        is.retain(|id| was.contains(id) || !history.is_delayed(id));
        if was != is {
            let why = match was.iter().zip(&is).find(|(was, is)| was != is) {
                Some((was, is)) => format!("a restart put {is} where {was} had been"),
                None => format!("a restart made {} messages of {}", is.len(), was.len()),
            };
            wrong.push(Violation::new("I11", &census.queue, why));
        }
    }
    wrong
}

fn persistent(census: &Census) -> Vec<MessageId> {
    census.shown.iter().filter(|(_, is_persistent)| *is_persistent).map(|(id, _)| *id).collect()
}

#[cfg(test)]
mod tests {
    use crate::ledger::tale::check;

    #[test]
    fn a_restart_changes_nothing() {
        let first = "put p1.1 A - 1\nput p1.2 A - 3\nput p1.3 A - 5 np\ncensus 1 A 10 depth=3 : p1.1 p1.2 p1.3/np\nkill 12\n";
        let rest = "final p1.1 A 90\nfinal p1.2 A 92";
        check(&format!("{first}census 2 A 20 quiet depth=2 : p1.1 p1.2\n{rest}"), &[]);
        check(&format!("{first}census 2 A 20 quiet depth=2 : p1.2 p1.1\n{rest}"), &["I11 A"]);
        check(&format!("{first}census 2 A 20 quiet depth=1 : p1.1\n{rest}"), &["I10 p1.2", "I11 A"]);
        check(&format!("{first}census 2 A 20 depth=2 : p1.2 p1.1\n{rest}"), &[]);
        let later = format!("put p1.4 A - 6 due=15\n{first}census 2 A 20 quiet");
        check(&format!("{later} depth=3 : p1.1 p1.2 p1.4\n{rest}\nfinal p1.4 A 94"), &[]);
        check(&format!("{later} depth=3 : p1.2 p1.4 p1.1\n{rest}\nfinal p1.4 A 94"), &["I11 A"]);
    }
}
