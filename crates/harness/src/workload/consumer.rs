//! A consumer: 1 to 50 messages of its queues in a unit of work. Where two share a queue, some gets are outside
//! syncpoint; the queues with one reader are read under syncpoint only, which names the reader in the ledger.

use std::sync::atomic::Ordering;

use super::QueueSpec;
use super::application::{Application, Ending, Leave};

pub(super) fn unit(app: &mut Application<'_>, queues: [QueueSpec; 2]) -> Result<(), Leave> {
    if app.shared.consumers_rest.load(Ordering::Relaxed) {
        app.rest();
        return Ok(());
    }
    let [one, other] = queues;
    if one != other && app.rng.percent(15) {
        app.get(one, None)?;
        return Ok(());
    }
    let unit = app.new_unit();
    let mut taken = 0;
    for _ in 0..app.rng.between(1, 50) {
        let queue = if app.rng.percent(50) { one } else { other };
        if app.get(queue, Some(unit))?.is_none() {
            break;
        }
        taken += 1;
    }
    if taken == 0 {
        return Ok(());
    }
    let ending = app.ending();
    let committed = app.end(unit, ending);
    if ending != Ending::Commit || !matches!(committed, Ok(true)) {
        app.shared.backlog.fetch_add(taken, Ordering::Relaxed);
    }
    committed.map(drop)
}
