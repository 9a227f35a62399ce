//! Known traffic for an independent reader of the wire: calls with chosen parameters, and a JSON line for each
//! saying what was sent, in the order sent.
//!
//! ```json
//! {"port":40123}
//! {"call":"MQOPEN","queue":"DEV.SURVIVAL.1","options":8250}
//! {"call":"MQPUT","correl":"4c444731…","priority":3,"persistence":1,"length":812,"options":2}
//! {"call":"MQGET","options":4,"wait":20,"buffer":4096,"correl":"4c444731…","length":812}   what came back, too
//! ```

use std::path::Path;

use mqi::constants::{
    MQGMO_NO_SYNCPOINT, MQGMO_SYNCPOINT, MQGMO_WAIT, MQOO_BROWSE, MQOO_FAIL_IF_QUIESCING, MQOO_INPUT_SHARED,
    MQOO_INQUIRE, MQOO_OUTPUT, MQPMO_NO_SYNCPOINT, MQPMO_SYNCPOINT,
};
use mqi::{Gmo, Md, Pmo, Reason};
use serde_json::{Value, json};
use server::attach::Attached;

use crate::client::config;
use crate::message::{Label, MessageId};
use crate::process::{QueueManager, Settings};
use crate::workload::QUEUES;

/// Lengths of bodies: up to the longest that travels in one segment.
const LENGTHS: &[u32] = &[0, 1, 34, 100, 812, 4000, 20_000];

/// Starts a queue manager, makes the calls, and tells what was sent.
pub fn run_scenario(program: &Path, seed: u64, tell: &mut dyn FnMut(&Value)) -> Result<(), String> {
    let subject = QueueManager::create(program, &Settings::small_extents())?;
    tell(&json!({"port": subject.address().port()}));
    let mut attached = Attached::tcp(&subject.address().to_string(), config(), None)
        .map_err(|r| format!("connect: {r:?}"))?;
    traffic(&mut attached, seed, tell).map_err(|reason| format!("a call failed: {reason:?}"))?;
    attached.disconnect().map_err(|reason| format!("MQDISC: {reason:?}"))
}

fn traffic(attached: &mut Attached, run: u64, tell: &mut dyn FnMut(&Value)) -> Result<(), Reason> {
    let mut sequence = 0u64;
    for (n, queue) in QUEUES.iter().enumerate() {
        let browse = if n.is_multiple_of(2) { MQOO_BROWSE } else { MQOO_INQUIRE };
        let options = MQOO_INPUT_SHARED | MQOO_OUTPUT | MQOO_FAIL_IF_QUIESCING | browse;
        tell(&json!({"call": "MQOPEN", "queue": queue.name, "options": options}));
        let hobj = attached.open_queue(queue.name, options)?;
        for (at, length) in LENGTHS.iter().enumerate() {
            sequence += 1;
            let syncpoint = at.is_multiple_of(2);
            let is_persistent = !sequence.is_multiple_of(3);
            let priority = u8::try_from(sequence % 10).unwrap_or(0);
            let id = MessageId { producer: 1, sequence };
            let label = Label { run, id, priority, is_persistent, length: *length, delay_ms: 0 };
            let options = if syncpoint { MQPMO_SYNCPOINT } else { MQPMO_NO_SYNCPOINT };
            tell(&json!({"call": "MQPUT", "correl": hex(&label.correl_id()), "priority": priority,
                "persistence": u8::from(is_persistent), "length": length, "options": options}));
            let md = Md {
                correl_id: label.correl_id(),
                priority: i32::from(priority),
                persistence: i32::from(is_persistent),
                ..Md::default()
            };
            attached.put(hobj, md, Pmo { options, ..Pmo::default() }, label.body())?;
            if syncpoint {
                attached.commit()?;
            }
            let options = MQGMO_WAIT | if syncpoint { MQGMO_SYNCPOINT } else { MQGMO_NO_SYNCPOINT };
            let (wait, buffer) = (20 + i32::from(priority), 65_536);
            let gmo = Gmo { options, wait_interval: wait, ..Gmo::default() };
            let got = attached.get(hobj, Md::default(), gmo, buffer)?;
            tell(&json!({"call": "MQGET", "options": options, "wait": wait, "buffer": buffer,
                "correl": hex(&got.md.correl_id), "length": got.data_length}));
            if syncpoint {
                attached.commit()?;
            }
        }
        attached.close(hobj, 0)?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
