//! The request over the local socket, with a limit: a queue manager that hangs takes connections, and answers
//! nothing. One that begins to end for another reason answers no command either, and then there is nothing to wait for.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use mqi::Reason;
use server::paths::QmgrPaths;

use crate::mqsc_client::{self, Failure, MqscClient};

/// How long the answer may take once the queue manager is seen to end: that may be the request's own doing.
const ENDING_MAX: Duration = Duration::from_millis(500);
/// How often it is looked whether it ends.
const LOOK: Duration = Duration::from_millis(50);

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It was taken.
    Accepted,
    /// The caller may not ask for this.
    NotAuthorized,
    /// Nobody is let in, or heard: the queue manager starts, or is ending already.
    NotLetIn,
    /// There was no answer in time.
    Late,
    /// Anything else.
    Failed(String),
}

/// Asks for the end in this mode (`QUIESCE`, `FORCE`, `TERMINATE`). `reconnects`: clients that can are to connect again.
/// `is_ending`: whether the queue manager ends, for whatever reason.
pub(super) fn ask(
    paths: &QmgrPaths,
    mode: &'static str,
    reconnects: bool,
    limit: Duration,
    is_ending: impl Fn() -> bool,
) -> Answer {
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
        let _ = answer.send(sent.map_or_else(of, said));
    });
    wait(&answers, limit, is_ending)
}

fn wait(answers: &mpsc::Receiver<Answer>, limit: Duration, is_ending: impl Fn() -> bool) -> Answer {
    let begun = Instant::now();
    let mut seen_to_end = None;
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        if let Ok(answer) = answers.recv_timeout(left.min(LOOK)) {
            return answer;
        }
        if left.is_zero() {
            return Answer::Late;
        }
        if is_ending() && seen_to_end.get_or_insert_with(Instant::now).elapsed() > ENDING_MAX {
            return Answer::NotLetIn;
        }
    }
}

/// What the command server answered.
fn said(answer: mqsc_client::Answer) -> Answer {
    match answer {
        answer if !answer.is_failure => Answer::Accepted,
        answer if answer.lines.iter().any(|line| line.starts_with("AMQ8135")) => Answer::NotAuthorized,
        answer => Answer::Failed(answer.lines.join(" ")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_no_success() {
        let check = |line: &str, is_failure: bool, want: Answer| {
            let answer = mqsc_client::Answer { lines: vec![line.to_owned()], is_failure, is_last: true };
            assert_eq!(said(answer), want, "{line}");
        };
        check("Request to end the queue manager accepted.", false, Answer::Accepted);
        check("AMQ8135E: Not authorized.", true, Answer::NotAuthorized);
        check("AMQ8405I: Syntax error", true, Answer::Failed("AMQ8405I: Syntax error".to_owned()));
    }

    #[test]
    fn an_answer_is_waited_for_until_it_is_late_or_cannot_come() {
        let (sender, answers) = mpsc::channel();
        assert_eq!(wait(&answers, Duration::ZERO, || false), Answer::Late);
        assert_eq!(wait(&answers, Duration::from_secs(3600), || true), Answer::NotLetIn);
        sender.send(Answer::Accepted).unwrap();
        assert_eq!(wait(&answers, Duration::from_secs(3600), || true), Answer::Accepted);
    }
}
