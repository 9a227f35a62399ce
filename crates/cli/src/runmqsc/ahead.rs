//! Commands on their way to the command server, and how many may be before the first is answered.
//!
//! The commands of a script go in batches: each is one unit of work, so that one force of the log serves what
//! its commands did. They are executed in order, and answered when that is durable. A batch ends with the lines
//! that are there, with [`BATCH_MAX`], or with a DISPLAY, whose answer may be long: answers that nobody fetches
//! would fill the reply queue.

use std::collections::VecDeque;

use mqi::Reason;
use mqi::command::{Command, Verb};

use crate::mqsc_client::{Answer, Failure, MqscClient, Sent};

/// Commands of a batch.
const BATCH_MAX: usize = 64;

/// See the module's text.
pub(super) struct Ahead {
    client: Option<MqscClient>,
    sent: VecDeque<Sent>,
    /// How many of them the command server cannot see yet.
    uncommitted: usize,
    /// The batch is at its end: its answers are fetched before another begins.
    is_closed: bool,
}

impl Ahead {
    /// Over this connection; none: nothing can be sent.
    pub(super) fn new(client: Option<MqscClient>) -> Self {
        Self { client, sent: VecDeque::new(), uncommitted: 0, is_closed: false }
    }

    /// Whether answers are awaited.
    pub(super) fn is_waiting(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Sends a command. False: not before the answers to those on their way have been fetched.
    pub(super) fn send(&mut self, text: &str, command: &Command) -> Result<bool, Failure> {
        let client = self.client.as_mut().ok_or(Failure::Broken)?;
        if self.is_closed {
            return Ok(false);
        }
        match client.send_uncommitted(text) {
            Ok(sent) => {
                self.sent.push_back(sent);
                self.uncommitted += 1;
                self.is_closed = self.sent.len() >= BATCH_MAX || command.verb() == Verb::Display;
                Ok(true)
            }
            // There is room for no more, or the queue manager wants shorter units of work.
            Err(Failure::Call(_, Reason::Q_FULL | Reason::SYNCPOINT_LIMIT_REACHED)) if self.is_waiting() => {
                self.is_closed = true;
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Waits for the next part of the answer to the first one.
    pub(super) fn answer(&mut self) -> Result<Answer, Failure> {
        let client = self.client.as_mut().ok_or(Failure::Broken)?;
        if self.uncommitted > 0 {
            client.commit()?;
            self.uncommitted = 0;
            self.is_closed = true;
        }
        let sent = self.sent.pop_front().ok_or(Failure::Broken)?;
        let part = client.answer(&sent)?;
        if !part.is_last {
            self.sent.push_front(sent);
        } else if self.sent.is_empty() {
            self.is_closed = false;
        }
        Ok(part)
    }

    /// The connection is of no use any more. Says how many commands the command server may have seen and not
    /// answered, besides the one whose answer was waited for.
    pub(super) fn give_up(&mut self) -> usize {
        self.client = None;
        let sent = std::mem::take(&mut self.sent).len();
        sent - std::mem::take(&mut self.uncommitted)
    }

    /// Whether it has been given up.
    pub(super) fn is_lost(&self) -> bool {
        self.client.is_none()
    }

    /// Runs a command whose answer is for nobody but us, while no other is on its way: its first lines. None: it failed.
    pub(super) fn ask(&mut self, text: &str, lines_max: usize) -> Option<Vec<String>> {
        if self.is_waiting() {
            return None;
        }
        let answer = self.client.as_mut()?.run_up_to(text, lines_max).ok()?;
        (!answer.is_failure).then_some(answer.lines)
    }

    /// Disconnects.
    pub(super) fn end(&mut self) {
        if let Some(client) = self.client.take() {
            client.end();
        }
    }
}
