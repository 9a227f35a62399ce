//! Short tales for the tests of the checkers: a ledger as lines of words.
//!
//! ```text
//! queue A priority
//! put p1.1 A t1.u1 10 [np] [prio=5] [len=100] [crc=1] [due=40] [unknown|fail]      called at 10, answered at 11
//! commit t1.u1 12 [unknown|fail]      backout t1.u1 12
//! get p1.1 A - 20                     outside syncpoint; `?` in place of a message: nobody knows which,
//! final p1.1 A 90                     `!`: one of nobody's
//! census 1 A 50 [quiet] [strangers=1] depth=2 : p1.1 p1.2/np
//! kill 40
//! ready 44
//! waiting 2 99
//! ```

use super::event::{Census, End, EndKind, Event, Fault, Get, Outcome, Put, Queue, Waiting};
use crate::history::History;

/// Runs every checker on a tale and compares what they find, each as `I1 p1.1`.
#[track_caller]
pub(crate) fn check(tale: &str, want: &[&str]) {
    let mut found: Vec<String> = crate::check::all(&history(tale))
        .into_iter()
        .map(|v| format!("{} {}", v.invariant, v.about))
        .collect();
    found.sort();
    assert_eq!(found, want, "{tale}");
}

/// The history of a tale.
pub(crate) fn history(tale: &str) -> History {
    History::new(read(tale))
}

fn read(tale: &str) -> Vec<Event> {
    tale.lines().map(|line| event(&line.split_whitespace().collect::<Vec<_>>())).collect()
}

fn event(words: &[&str]) -> Event {
    let at = |i: usize| words[i].parse::<u64>().unwrap();
    let named = |name: &str| words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('='));
    let is_persistent = !words.contains(&"np");
    let priority = named("prio").map_or(5, |v| v.parse().unwrap());
    let length = named("len").map_or(100, |v| v.parse().unwrap());
    let crc = named("crc").map_or(1, |v| v.parse().unwrap());
    let outcome = match (words.contains(&"unknown"), words.contains(&"fail")) {
        (true, _) => Outcome::Unknown,
        (_, true) => Outcome::Fail,
        _ => Outcome::Ok,
    };
    match words[0] {
        "put" => Event::Put(Put {
            id: words[1].parse().unwrap(),
            queue: words[2].into(),
            unit: words[3].parse().ok(),
            is_persistent,
            priority,
            length,
            crc,
            due: named("due").map(|v| v.parse().unwrap()),
            t0: at(4),
            t1: at(4) + 1,
            outcome,
            reason: 0,
        }),
        what @ ("get" | "final") => {
            let time = at(if what == "get" { 4 } else { 3 });
            Event::Get(Get {
                id: words[1].parse().ok(),
                queue: words[2].into(),
                unit: if what == "get" { words[3].parse().ok() } else { None },
                backout_count: 0,
                length,
                crc,
                is_persistent,
                priority,
                t0: time,
                t1: time + 1,
                outcome,
                reason: 0,
                is_final: what == "final",
            })
        }
        what @ ("commit" | "backout") => Event::End(End {
            unit: words[1].parse().unwrap(),
            kind: if what == "commit" { EndKind::Commit } else { EndKind::Backout },
            t0: at(2),
            t1: at(2) + 1,
            outcome,
            reason: 0,
        }),
        what @ ("kill" | "ready") => Event::Fault(Fault { what: what.into(), t0: at(1) }),
        "waiting" => Event::Waiting(Waiting { messages: at(1), t0: at(2) }),
        "queue" => Event::Queue(Queue { queue: words[1].into(), by_priority: words[2] == "priority" }),
        "census" => {
            let ids = words.iter().skip_while(|w| **w != ":").skip(1);
            Event::Census(Census {
                number: words[1].parse().unwrap(),
                queue: words[2].into(),
                is_quiet: words.contains(&"quiet"),
                depth: named("depth").unwrap().parse().unwrap(),
                shown: ids
                    .map(|word| match word.strip_suffix("/np") {
                        Some(id) => (id.parse().unwrap(), false),
                        None => (word.parse().unwrap(), true),
                    })
                    .collect(),
                strangers: named("strangers").map_or(0, |v| v.parse().unwrap()),
                t0: at(3),
                t1: at(3) + 1,
            })
        }
        other => panic!("{other}"),
    }
}
