//! Looking at the queues while no application is connected: a census browses them, the drain empties them.

use std::time::{Duration, Instant};

use mqi::Reason;

use crate::application::{Connection, Target};
use crate::ledger::{Census, Event, Outcome, Writer};
use crate::message::{Label, MessageId};
use crate::workload::{QUEUES, Shared, empty_get, fill_get};

/// Longest time in which messages that are to be delivered later may come.
const ARRIVALS: Duration = Duration::from_secs(20);

/// Longest time between the first and the last part of one of them.
const PARTS: Duration = Duration::from_millis(500);

/// Bytes of each message that a short census asks for: enough to see the beginning of a label.
const SHORT: u32 = 30;

/// Connects, trying for a while: the queue manager has said that it is ready.
pub fn connect<T: Target>(target: &T) -> Result<Box<dyn Connection>, Reason> {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        match target.connect() {
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            result => return result,
        }
    }
}

/// Browses all queues and inquires their depth. `is_quiet`: nothing but restarts since the census before.
pub fn take<T: Target>(
    target: &T,
    shared: &Shared,
    ledger: &mut Writer,
    number: u32,
    is_quiet: bool,
) -> Result<u64, String> {
    let mut connection = connect(target).map_err(|reason| format!("connect for a census: {reason:?}"))?;
    // Every other one reads whole messages, so that both ways of browsing are used.
    let length_max = if number.is_multiple_of(2) { shared.load.length_max } else { SHORT };
    let mut seen = 0;
    for queue in QUEUES {
        let begun = Instant::now();
        let census = loop {
            let before = depth(&mut *connection, queue.name)?;
            let t0 = shared.clock.now();
            let (shown, strangers) = browse(&mut *connection, queue.name, length_max, shared.run)?;
            let depth = depth(&mut *connection, queue.name)?;
            // Nobody gets: a message has come that was to be delivered later, perhaps behind the cursor, or is coming: a
            // long one is counted from its first part on and seen after its last. What is wrong stays so.
            let is_whole = depth == shown.len() as i64 + i64::from(strangers);
            let is_late = |wait: Duration| Instant::now() >= begun + wait;
            if depth > before && !is_late(ARRIVALS) || !is_whole && !is_late(PARTS) {
                continue;
            }
            let (queue, t1) = (queue.name.to_owned(), shared.clock.now());
            break Census { number, queue, is_quiet, depth, shown, strangers, t0, t1 };
        };
        seen += census.shown.len() as u64;
        ledger.note(&Event::Census(census)).map_err(|error| format!("ledger of the campaign: {error}"))?;
    }
    connection.disconnect();
    Ok(seen)
}

fn depth(connection: &mut dyn Connection, queue: &str) -> Result<i64, String> {
    connection.depth(queue).map_err(|reason| format!("depth of {queue}: {reason:?}"))
}

/// The messages of this run that a queue shows, each with whether it is persistent, and the number of others.
fn browse(
    connection: &mut dyn Connection,
    queue: &str,
    length_max: u32,
    run: u64,
) -> Result<(Vec<(MessageId, bool)>, u32), String> {
    let (mut shown, mut strangers) = (Vec::new(), 0);
    let mut first = true;
    loop {
        match connection.browse(queue, first, length_max) {
            Ok(message) => match Label::of_correl_id(&message.correl_id) {
                Some((of, id)) if of == run => shown.push((id, message.is_persistent)),
                _ => strangers += 1,
            },
            Err(Reason(2033)) => return Ok((shown, strangers)),
            Err(reason) => return Err(format!("browse of {queue}: {reason:?}")),
        }
        first = false;
    }
}

/// Gets everything that is left, outside syncpoint; the number of messages.
pub fn drain<T: Target>(target: &T, shared: &Shared, ledger: &mut Writer) -> Result<u64, String> {
    let mut connection = connect(target).map_err(|reason| format!("connect for the drain: {reason:?}"))?;
    let mut drained = 0;
    for queue in QUEUES {
        loop {
            let mut entry = empty_get(queue.name, None, shared.clock.now());
            entry.is_final = true;
            let result = connection.get(queue.name, false, 0);
            entry.t1 = shared.clock.now();
            fill_get(&mut entry, &result, shared.run);
            match (entry.outcome, &result) {
                (Outcome::None, _) => break,
                (_, Err(reason)) => return Err(format!("drain of {}: {reason:?}", queue.name)),
                (_, Ok(_)) => drained += 1,
            }
            ledger.note(&Event::Get(entry)).map_err(|error| format!("ledger of the campaign: {error}"))?;
        }
    }
    connection.disconnect();
    Ok(drained)
}
