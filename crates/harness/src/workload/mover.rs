//! The mover: gets messages from one queue and puts a new one for each to another, in one unit of work.

use std::sync::atomic::Ordering;

use super::application::{Application, Ending, Leave};
use super::{FIFO_ALONE, FIFO_SHARED, MOVED};

pub(super) fn unit(app: &mut Application<'_>) -> Result<(), Leave> {
    if app.shared.consumers_rest.load(Ordering::Relaxed) {
        app.rest();
        return Ok(());
    }
    let unit = app.new_unit();
    let (mut taken, mut given) = (0, 0);
    for _ in 0..app.rng.between(1, 10) {
        if app.get(MOVED, Some(unit))?.is_none() {
            break;
        }
        taken += 1;
        let label = app.new_label();
        let to = *app.rng.pick(&[FIFO_ALONE, FIFO_SHARED]);
        given += i64::from(app.put(to, Some(unit), &label)?);
    }
    if taken == 0 {
        return Ok(());
    }
    // Where a put was refused, what was got goes back too.
    let ending = if given < taken { Ending::Backout } else { app.ending() };
    let committed = app.end(unit, ending);
    if ending != Ending::Commit || !matches!(committed, Ok(true)) {
        app.shared.backlog.fetch_add(taken - given, Ordering::Relaxed);
    }
    committed.map(drop)
}
