//! What the harness's threads ask of a queue manager, and what an answer means to them.
//!
//! A trait, because the same threads run against the real queue manager over TCP and, in the tests of the
//! harness, against one in memory that is made to lie.

use std::time::Duration;

use mqi::Reason;

use crate::ledger::Outcome;
use crate::message::Label;

/// A message as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// MQMD.CorrelId.
    pub correl_id: [u8; 24],
    /// True if MQMD.Persistence is persistent.
    pub is_persistent: bool,
    /// MQMD.Priority.
    pub priority: u8,
    /// MQMD.BackoutCount.
    pub backout_count: u32,
    /// Full length of the message in bytes.
    pub length: u32,
    /// The bytes received: fewer than `length` where only the beginning was asked for.
    pub body: Vec<u8>,
}

/// One connection of an application.
///
/// Every failure is a reason code; those that [`is_broken`] names end the connection.
pub trait Connection {
    /// Puts the message that a label describes, to be delivered when the label says.
    fn put(&mut self, queue: &str, label: &Label, syncpoint: bool) -> Result<(), Reason>;
    /// Gets the next message, waiting for one if there is none.
    fn get(&mut self, queue: &str, syncpoint: bool, wait_ms: u32) -> Result<Received, Reason>;
    /// Browses: the first message of the queue, or the one after that browsed last. At most `length_max`
    /// bytes of it.
    fn browse(&mut self, queue: &str, first: bool, length_max: u32) -> Result<Received, Reason>;
    /// CURDEPTH.
    fn depth(&mut self, queue: &str) -> Result<i64, Reason>;
    /// MQCMIT.
    fn commit(&mut self) -> Result<(), Reason>;
    /// MQBACK.
    fn back(&mut self) -> Result<(), Reason>;
    /// Closes everything and MQDISC. A connection that is only dropped breaks.
    fn disconnect(self: Box<Self>);
}

/// A queue manager that applications can connect to.
pub trait Target: Sync {
    /// Connects with user and password.
    fn connect(&self) -> Result<Box<dyn Connection>, Reason>;
}

/// How a queue manager is asked to end: `endmqm` with this option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// `-c`: applications may finish; the command does not wait.
    Controlled,
    /// `-w`: as `-c`, and the command waits.
    Wait,
    /// `-i`: nobody is waited for.
    Immediate,
}

impl Ask {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Controlled, Self::Wait, Self::Immediate];

    /// The option.
    pub fn option(self) -> &'static str {
        match self {
            Self::Controlled => "-c",
            Self::Wait => "-w",
            Self::Immediate => "-i",
        }
    }
}

/// A queue manager that a campaign can harm.
pub trait Subject: Target {
    /// Starts it and waits until it is ready; how long that took.
    fn start(&self) -> Result<Duration, String>;
    /// Messages that wait for their delivery.
    fn waiting(&self) -> Result<u64, String>;
    /// Kills it without warning.
    fn kill(&self) -> Result<(), String>;
    /// Starts it and kills it after so long, ready or not.
    fn start_and_kill(&self, after: Duration) -> Result<(), String>;
    /// Asks it to end, and kills it so long after it has begun to. False: it had ended by then.
    fn end_and_kill(&self, ask: Ask, after: Duration) -> Result<bool, String>;
    /// Starts it, and kills it so long after it has begun to replay its log. False: it had replayed it by then.
    fn replay_and_kill(&self, after: Duration) -> Result<bool, String>;
}

const NO_MSG_AVAILABLE: Reason = Reason(2033);
const BACKED_OUT: Reason = Reason(2003);

/// Reasons after which the connection is gone, and with which nobody knows what came of the call.
const BROKEN: &[Reason] = &[
    Reason(2009), // connection broken
    Reason(2018), // connection handle not valid
    Reason(2059), // queue manager not available: the connection was ended by it
    Reason(2162), // queue manager stopping
    Reason(2195), // unexpected error
    Reason(2203), // connection stopping
    Reason(2219), // call in progress: the connection is out of step
];

/// True if the connection is of no more use.
pub fn is_broken(reason: Reason) -> bool {
    BROKEN.contains(&reason)
}

/// True if the connection is to be given up, though the call is known to have done nothing: the queue manager or
/// the connection is quiescing.
pub fn is_ending(reason: Reason) -> bool {
    matches!(reason, Reason(2161 | 2202))
}

/// What came of a put or a get.
pub fn outcome_of_call<T>(result: &Result<T, Reason>) -> Outcome {
    match result {
        Ok(_) => Outcome::Ok,
        Err(NO_MSG_AVAILABLE) => Outcome::None,
        Err(reason) if is_broken(*reason) => Outcome::Unknown,
        Err(_) => Outcome::Fail,
    }
}

/// What came of a commit: only 2003 says that it did not happen.
pub fn outcome_of_commit(result: Result<(), Reason>) -> Outcome {
    match result {
        Ok(()) => Outcome::Ok,
        Err(BACKED_OUT) => Outcome::Fail,
        Err(_) => Outcome::Unknown,
    }
}

/// The reason code of a result, 0 if it succeeded.
pub fn reason_of<T>(result: &Result<T, Reason>) -> i32 {
    result.as_ref().err().map_or(0, |reason| reason.0)
}
