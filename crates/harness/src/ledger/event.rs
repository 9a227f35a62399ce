//! Events of the ledger, one JSON line each.
//!
//! ```json
//! {"ev":"put","n":7,"id":"p3.42","q":"A","uow":"t3.u7","pers":1,"prio":5,"len":812,"crc":17,"t0":1,"t1":2,"out":"ok","rc":0}
//! {"ev":"get","n":8,"id":"p3.42","q":"A","uow":"t9.u1","boq":0,"len":812,"crc":17,"pers":1,"prio":5,"t0":3,"t1":4,"out":"ok","rc":0}
//! {"ev":"end","n":9,"uow":"t3.u7","kind":"commit","t0":5,"t1":6,"out":"ok","rc":0}
//! {"ev":"fault","what":"kill","t0":7}
//! {"ev":"queue","q":"A","priority":1}                                     MSGDLVSQ(PRIORITY)
//! {"ev":"census","k":4,"q":"A","quiet":0,"depth":2,"ids":[["p3.42",1],["p3.43",1]],"t0":8,"t1":9}
//! {"ev":"put",…,"due":1500000000}                                       a put that is to be delivered later: not before then
//! {"ev":"waiting","k":0,"t0":9}                                          messages that wait for delivery, at the end
//! {"ev":"final","id":"p3.43","q":"A",…}                                   a get of the final drain
//! ```
//!
//! A call is written twice, before it is made with `"out":"pending"` and after it has returned; both carry the
//! same `n`, which counts the calls of the file. A call that is pending at the end of a file has an unknown
//! outcome: the harness died in it. `t0` and `t1` are nanoseconds of one monotonic clock, at call and return.
//! A call outside syncpoint has no `uow`. **Unknown is never folded into fail.**

use std::fmt;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::message::MessageId;

/// Name of a unit of work of a client: the thread, and 1, 2, … in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId {
    /// The thread.
    pub thread: u32,
    /// Its number there.
    pub number: u64,
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}.u{}", self.thread, self.number)
    }
}

impl FromStr for UnitId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (thread, number) = text.strip_prefix('t').and_then(|t| t.split_once(".u")).ok_or(())?;
        Ok(Self { thread: thread.parse().map_err(|_| ())?, number: number.parse().map_err(|_| ())? })
    }
}

/// What a caller knows about its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not returned.
    Pending,
    /// It took effect.
    Ok,
    /// A get found no message.
    None,
    /// It did not take effect.
    Fail,
    /// It may have taken effect: the connection broke, or the reason says so.
    Unknown,
}

const OUTCOMES: &[(Outcome, &str)] = &[
    (Outcome::Pending, "pending"),
    (Outcome::Ok, "ok"),
    (Outcome::None, "none"),
    (Outcome::Fail, "fail"),
    (Outcome::Unknown, "unknown"),
];

/// A put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The message.
    pub id: MessageId,
    /// Its queue.
    pub queue: String,
    /// The unit of work; none: outside syncpoint.
    pub unit: Option<UnitId>,
    /// True if persistent.
    pub is_persistent: bool,
    /// MQMD.Priority.
    pub priority: u8,
    /// Length of the body in bytes.
    pub length: u32,
    /// CRC-32C of the whole body.
    pub crc: u32,
    /// Not before then it may be delivered: the time of the call and its delay; none: at once.
    pub due: Option<u64>,
    /// Time of the call.
    pub t0: u64,
    /// Time of its return.
    pub t1: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: i32,
}

/// A destructive get; in the final drain too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Get {
    /// The message given; none: none was, or nobody knows which.
    pub id: Option<MessageId>,
    /// The queue asked.
    pub queue: String,
    /// The unit of work; none: outside syncpoint.
    pub unit: Option<UnitId>,
    /// MQMD.BackoutCount.
    pub backout_count: u32,
    /// Length of the body in bytes.
    pub length: u32,
    /// CRC-32C of the body as it came.
    pub crc: u32,
    /// True if it came as persistent.
    pub is_persistent: bool,
    /// Priority that it came with.
    pub priority: u8,
    /// Time of the call.
    pub t0: u64,
    /// Time of its return.
    pub t1: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: i32,
    /// True in the final drain.
    pub is_final: bool,
}

/// How a unit of work was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// MQCMIT.
    Commit,
    /// MQBACK.
    Backout,
}

/// The end of a unit of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The unit of work.
    pub unit: UnitId,
    /// Commit or backout.
    pub kind: EndKind,
    /// Time of the call.
    pub t0: u64,
    /// Time of its return.
    pub t1: u64,
    /// What came of it.
    pub outcome: Outcome,
    /// Reason code.
    pub reason: i32,
}

/// Something done to the queue manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `kill` (the process ended, whatever the cause), `ready` (it has started), `pause`, `full`, … Only a kill takes non-persistent
    /// messages away and breaks connections.
    pub what: String,
    /// When.
    pub t0: u64,
}

/// A queue of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub queue: String,
    /// MSGDLVSQ(PRIORITY), else FIFO.
    pub by_priority: bool,
}

/// What a browse of a whole queue showed while no client had a unit of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// 1, 2, … in a run; one census takes in all queues.
    pub number: u32,
    /// The queue.
    pub queue: String,
    /// True if nothing but restarts has happened since the census before.
    pub is_quiet: bool,
    /// CURDEPTH as inquired beside the browse.
    pub depth: i64,
    /// The messages in the order shown, each with whether it is persistent.
    pub shown: Vec<(MessageId, bool)>,
    /// Messages that are not of this run.
    pub strangers: u32,
    /// Time before the browse.
    pub t0: u64,
    /// Time after it.
    pub t1: u64,
}

/// Messages that still wait for their delivery when all that were put are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub messages: u64,
    /// When.
    pub t0: u64,
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A put.
    Put(Put),
    /// A get.
    Get(Get),
    /// The end of a unit of work.
    End(End),
    /// A fault.
    Fault(Fault),
    /// A census of one queue.
    Census(Census),
    /// A queue that the run uses.
    Queue(Queue),
    /// Messages that wait.
    Waiting(Waiting),
}

impl Event {
    /// The line, without its end. `n` is the number of the call in its file.
    pub fn to_line(&self, n: u64) -> String {
        let word = |o: Outcome| OUTCOMES.iter().find(|(x, _)| *x == o).map_or("", |(_, w)| w);
        let unit = |u: &Option<UnitId>| u.map(|u| u.to_string());
        match self {
            Self::Put(e) => json!({"ev": "put", "n": n, "id": e.id.to_string(), "q": e.queue, "uow": unit(&e.unit),
                "pers": u8::from(e.is_persistent), "prio": e.priority, "len": e.length, "crc": e.crc, "due": e.due,
                "t0": e.t0, "t1": e.t1, "out": word(e.outcome), "rc": e.reason}),
            Self::Get(e) => json!({"ev": if e.is_final { "final" } else { "get" }, "n": n,
                "id": e.id.map(|i| i.to_string()), "q": e.queue, "uow": unit(&e.unit), "boq": e.backout_count,
                "len": e.length, "crc": e.crc, "pers": u8::from(e.is_persistent), "prio": e.priority,
                "t0": e.t0, "t1": e.t1, "out": word(e.outcome), "rc": e.reason}),
            Self::End(e) => json!({"ev": "end", "n": n, "uow": e.unit.to_string(),
                "kind": match e.kind { EndKind::Commit => "commit", EndKind::Backout => "backout" },
                "t0": e.t0, "t1": e.t1, "out": word(e.outcome), "rc": e.reason}),
            Self::Fault(e) => json!({"ev": "fault", "n": n, "what": e.what, "t0": e.t0}),
            Self::Queue(e) => json!({"ev": "queue", "n": n, "q": e.queue, "priority": u8::from(e.by_priority)}),
            Self::Waiting(e) => json!({"ev": "waiting", "n": n, "k": e.messages, "t0": e.t0}),
            Self::Census(e) => json!({"ev": "census", "n": n, "k": e.number, "q": e.queue,
                "quiet": u8::from(e.is_quiet), "depth": e.depth, "strangers": e.strangers,
                "ids": e.shown.iter().map(|(id, p)| json!([id.to_string(), u8::from(*p)])).collect::<Vec<_>>(),
                "t0": e.t0, "t1": e.t1}),
        }
        .to_string()
    }

    /// Reads a line back: the number of its call and the event. None if it is not one.
    pub fn of_line(line: &str) -> Option<(u64, Self)> {
        let value: Value = serde_json::from_str(line).ok()?;
        let event = match value["ev"].as_str()? {
            "put" => Self::Put(Put {
                id: value["id"].as_str()?.parse().ok()?,
                queue: text(&value["q"])?,
                unit: unit(&value["uow"])?,
                is_persistent: value["pers"].as_u64()? == 1,
                priority: number(&value["prio"])?,
                length: number(&value["len"])?,
                crc: number(&value["crc"])?,
                due: value["due"].as_u64(),
                t0: value["t0"].as_u64()?,
                t1: value["t1"].as_u64()?,
                outcome: outcome(&value["out"])?,
                reason: i32::try_from(value["rc"].as_i64()?).ok()?,
            }),
            what @ ("get" | "final") => Self::Get(Get {
                id: match value["id"].as_str() {
                    Some(id) => Some(id.parse().ok()?),
                    None => None,
                },
                queue: text(&value["q"])?,
                unit: unit(&value["uow"])?,
                backout_count: number(&value["boq"])?,
                length: number(&value["len"])?,
                crc: number(&value["crc"])?,
                is_persistent: value["pers"].as_u64()? == 1,
                priority: number(&value["prio"])?,
                t0: value["t0"].as_u64()?,
                t1: value["t1"].as_u64()?,
                outcome: outcome(&value["out"])?,
                reason: i32::try_from(value["rc"].as_i64()?).ok()?,
                is_final: what == "final",
            }),
            "end" => Self::End(End {
                unit: value["uow"].as_str()?.parse().ok()?,
                kind: match value["kind"].as_str()? {
                    "commit" => EndKind::Commit,
                    "backout" => EndKind::Backout,
                    _ => return None,
                },
                t0: value["t0"].as_u64()?,
                t1: value["t1"].as_u64()?,
                outcome: outcome(&value["out"])?,
                reason: i32::try_from(value["rc"].as_i64()?).ok()?,
            }),
            "fault" => Self::Fault(Fault { what: text(&value["what"])?, t0: value["t0"].as_u64()? }),
            "queue" => Self::Queue(Queue {
                queue: text(&value["q"])?,
                by_priority: value["priority"].as_u64()? == 1,
            }),
            "waiting" => Self::Waiting(Waiting { messages: value["k"].as_u64()?, t0: value["t0"].as_u64()? }),
            "census" => Self::Census(Census {
                number: number(&value["k"])?,
                queue: text(&value["q"])?,
                is_quiet: value["quiet"].as_u64()? == 1,
                depth: value["depth"].as_i64()?,
                strangers: number(&value["strangers"])?,
                shown: value["ids"].as_array()?.iter().map(shown).collect::<Option<_>>()?,
                t0: value["t0"].as_u64()?,
                t1: value["t1"].as_u64()?,
            }),
            _ => return None,
        };
        Some((value["n"].as_u64()?, event))
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn number<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

fn outcome(value: &Value) -> Option<Outcome> {
    let word = value.as_str()?;
    OUTCOMES.iter().find(|(_, w)| *w == word).map(|(o, _)| *o)
}

/// None within some: the call was outside syncpoint.
#[expect(clippy::option_option, reason = "not there, and not readable, are two things")]
fn unit(value: &Value) -> Option<Option<UnitId>> {
    match value {
        Value::Null => Some(None),
        value => value.as_str()?.parse().ok().map(Some),
    }
}

fn shown(value: &Value) -> Option<(MessageId, bool)> {
    Some((value[0].as_str()?.parse().ok()?, value[1].as_u64()? == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_reads_back() {
        let id = MessageId { producer: 3, sequence: 42 };
        let unit = UnitId { thread: 3, number: 7 };
        let put = Put {
            id,
            queue: "A".into(),
            unit: Some(unit),
            is_persistent: true,
            priority: 5,
            length: 812,
            crc: 0xffff_ffff,
            due: None,
            t0: 1,
            t1: 2,
            outcome: Outcome::Ok,
            reason: 0,
        };
        let get = Get {
            id: None,
            queue: "A".into(),
            unit: None,
            backout_count: 1,
            length: 0,
            crc: 0,
            is_persistent: false,
            priority: 0,
            t0: 3,
            t1: 4,
            outcome: Outcome::None,
            reason: 2033,
            is_final: true,
        };
        let end = End { unit, kind: EndKind::Commit, t0: 5, t1: 6, outcome: Outcome::Unknown, reason: 2009 };
        let census = Census {
            number: 4,
            queue: "A".into(),
            is_quiet: true,
            depth: 1,
            shown: vec![(id, true)],
            strangers: 0,
            t0: 8,
            t1: 9,
        };
        let events = [
            Event::Put(put.clone()),
            Event::Put(Put { unit: None, outcome: Outcome::Pending, due: Some(9), ..put }),
            Event::Get(get.clone()),
            Event::Get(Get { id: Some(id), is_final: false, ..get }),
            Event::End(end.clone()),
            Event::End(End { kind: EndKind::Backout, outcome: Outcome::Fail, ..end }),
            Event::Fault(Fault { what: "kill".into(), t0: 7 }),
            Event::Census(census),
            Event::Queue(Queue { queue: "A".into(), by_priority: true }),
            Event::Waiting(Waiting { messages: 2, t0: 9 }),
        ];
        for (n, event) in (1..).zip(events) {
            assert_eq!(Event::of_line(&event.to_line(n)), Some((n, event)));
        }
        assert_eq!(Event::of_line("{}"), None);
        assert_eq!(Event::of_line("torn {\"ev\""), None);
    }
}
