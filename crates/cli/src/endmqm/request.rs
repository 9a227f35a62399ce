//! The request over the local socket, with a limit: a queue manager that hangs takes connections, and answers
//! nothing.

use std::sync::mpsc;
use std::time::Duration;

use mqi::Reason;
use server::paths::QmgrPaths;

use crate::mqsc_client::{Failure, MqscClient};

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was taken.
    Accepted,
    /// The caller may not ask for this.
    NotAuthorized,
    /// Nobody is let in: the queue manager starts, or is ending already.
    NotLetIn,
    /// There was no answer in time.
    Late,
    /// Anything else.
    Failed(String),
}

/// Asks for the end in this mode (`QUIESCE`, `FORCE`, `TERMINATE`). `reconnects`: clients that can are to connect again.
pub(super) fn ask(paths: &QmgrPaths, mode: &'static str, reconnects: bool, limit: Duration) -> Answer {
    let paths = paths.clone();
    let reconnect = if reconnects { " RECONNECT" } else { "" };
    let (answer, answers) = mpsc::channel();
    // Whatever the request hangs in, connecting included, the limit holds; what is left of it goes with the process.
    std::thread::spawn(move || {
        let sent = MqscClient::attach(&paths, "endmqm").and_then(|mut client| {
            let answer = client.run(&format!("STOP QMGR MODE({mode}){reconnect}"));
            client.end();
            answer
        });
        // Nobody waits any more if it is late.
        let _ = answer.send(sent.map_or_else(of, |_| Answer::Accepted));
    });
    answers.recv_timeout(limit).unwrap_or(Answer::Late)
}

fn of(failure: Failure) -> Answer {
    match failure {
        // The answer may be cut off by what it answers.
        Failure::Broken
        | Failure::Call(_, Reason::Q_MGR_NOT_AVAILABLE | Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING) => {
            Answer::Accepted
        }
        Failure::Connect(
            Reason::Q_MGR_QUIESCING
            | Reason::Q_MGR_STOPPING
            | Reason::Q_MGR_NOT_AVAILABLE
            | Reason::CONNECTION_BROKEN,
        ) => Answer::NotLetIn,
        Failure::Connect(Reason::NOT_AUTHORIZED) | Failure::Call(_, Reason::NOT_AUTHORIZED) => {
            Answer::NotAuthorized
        }
        other => Answer::Failed(other.to_string()),
    }
}
