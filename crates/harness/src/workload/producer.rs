//! A producer: 1 to 50 messages over two queues in a unit of work; one time in ten a message on its own.

use std::sync::atomic::Ordering;

use super::QUEUES;
use super::application::{Application, Ending, Leave};

pub(super) fn unit(app: &mut Application<'_>) -> Result<(), Leave> {
    if app.shared.producers_rest.load(Ordering::Relaxed) || app.shared.has_backlog() {
        app.rest();
        return Ok(());
    }
    let first = *app.rng.pick(QUEUES);
    if app.rng.percent(10) {
        let label = app.new_label();
        app.put(first, None, &label)?;
        return Ok(());
    }
    let second = *app.rng.pick(QUEUES);
    let unit = app.new_unit();
    let mut taken = 0;
    for n in 0..app.rng.between(1, 50) {
        let label = app.new_label();
        let queue = if n == 1 || app.rng.percent(50) { second } else { first };
        taken += i64::from(app.put(queue, Some(unit), &label)?);
    }
    let ending = app.ending();
    let committed = app.end(unit, ending);
    if ending != Ending::Commit || !matches!(committed, Ok(true)) {
        app.shared.backlog.fetch_sub(taken, Ordering::Relaxed);
    }
    committed.map(drop)
}
