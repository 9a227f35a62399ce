//! How a queue manager ends.
//!
//! ```text
//!            quiesce                    all disconnected
//! Running ─────────────► Quiescing ─────────────────────────────────────────┐
//!   │ │                      │ immediate; after a signal 2 s or a second one │
//!   │ │ immediate            ▼                  all told, or 1 s             ▼
//!   │ └────────────► Ending immediately ─────────────────────────► last checkpoint, ended
//!   │                        │ pre-emptive
//!   └────────────────────────┴─────────────────────────────────────────► ended
//! ```

use std::time::Duration;

use qmgr::{Application, EndMode, Input};

use super::socket::Purpose;
use super::{Core, Owner};

/// How long a signal lets applications finish before they are cut off.
const SIGNAL_QUIESCE_MS: u64 = 2000;
/// How long clients may take to accept what they are sent at the end.
const CLOSE_MS: u64 = 1000;
/// The program that asks for an end.
const REQUESTER: &str = "endmqm";
/// How many of those who are waited for are named.
const NAMED_MAX: usize = 20;

/// How it is to end; what comes later goes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndHow {
    /// When all applications have disconnected.
    Quiesce,
    /// When the calls in progress are complete.
    Immediate,
    /// At once: nothing is waited for, and no checkpoint is made.
    Preemptive,
}

/// What is to be known about an end that goes on: it has begun, goes further, or waits for others than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndNews {
    /// How it ends now.
    pub how: EndHow,
    /// After how long it goes further by itself.
    pub limit: Option<Duration>,
    /// Applications that are waited for: who and where, one a line.
    pub waited_for: Vec<String>,
}

/// State of the end.
#[derive(Debug)]
pub(super) struct Ending {
    how: EndHow,
    /// When a quiesce becomes an immediate end, or the wait for clients is over.
    at: Option<u64>,
    is_kernel_done: bool,
    /// What the last news was about: how, and how many are waited for.
    told: Option<(EndHow, usize)>,
}

impl Ending {
    pub(super) fn deadline(&self) -> Option<u64> {
        self.at
    }
}

impl Core {
    /// Signals: quiesce for two seconds, then end; a second signal does not wait for applications any more.
    pub(super) fn signalled(&mut self) {
        let Some(asked) = self.signals.as_mut().and_then(|signals| signals.take()) else { return };
        for _ in 0..asked.ends {
            if self.ending.is_some() {
                self.begin_end(EndHow::Immediate);
                continue;
            }
            self.begin_end(EndHow::Quiesce);
            if let Some(ending) = &mut self.ending {
                ending.at = Some(self.now.mono.0 + SIGNAL_QUIESCE_MS);
            }
        }
        if asked.is_abrupt {
            self.begin_end(EndHow::Preemptive);
        }
    }

    /// Begins to end, or goes further with it. An end never goes back.
    pub(super) fn begin_end(&mut self, how: EndHow) {
        let before = self.ending.as_ref().map(|ending| ending.how);
        if before.is_some_and(|before| before >= how) {
            return;
        }
        let at = match how {
            EndHow::Quiesce => None,
            EndHow::Immediate => Some(self.now.mono.0 + CLOSE_MS),
            EndHow::Preemptive => Some(self.now.mono.0),
        };
        let (is_kernel_done, told) =
            self.ending.as_ref().map_or((false, None), |e| (e.is_kernel_done, e.told));
        self.ending = Some(Ending { how, at, is_kernel_done, told });
        // Nobody new is let in.
        self.listeners.clear();
        let outside = self.sockets.iter().filter(|(_, socket)| socket.purpose == Purpose::HandOver);
        let outside: Vec<_> = outside.map(|(token, _)| token).collect();
        outside.into_iter().for_each(|token| self.remove(token));
        match how {
            EndHow::Quiesce => self.input(Input::End(EndMode::Quiesce)),
            EndHow::Immediate | EndHow::Preemptive if before < Some(EndHow::Immediate) => {
                self.input(Input::End(EndMode::Immediate));
            }
            EndHow::Immediate | EndHow::Preemptive => {}
        }
    }

    pub(super) fn kernel_ended(&mut self) {
        if let Some(ending) = &mut self.ending {
            ending.is_kernel_done = true;
            ending.at.get_or_insert(self.now.mono.0 + CLOSE_MS);
        }
    }

    /// Lets time take a quiesce further.
    pub(super) fn progress_ending(&mut self) {
        if let Some(how) = self.end_asked.take() {
            self.begin_end(how);
        }
        let now_ms = self.now.mono.0;
        let Some(ending) = &self.ending else { return };
        if ending.how == EndHow::Quiesce && !ending.is_kernel_done && ending.at.is_some_and(|at| at <= now_ms)
        {
            self.begin_end(EndHow::Immediate);
        }
    }

    /// How it has ended: nobody is connected any more, or all have had their time. None: it goes on.
    pub(super) fn has_ended(&self) -> Option<EndHow> {
        let ending = self.ending.as_ref()?;
        let is_late = ending.at.is_some_and(|at| at <= self.now.mono.0);
        let has_ended = match ending.how {
            EndHow::Quiesce => ending.is_kernel_done && (self.sockets.len() == 0 || is_late),
            EndHow::Immediate => is_late || (ending.is_kernel_done && self.sockets.len() == 0),
            EndHow::Preemptive => true,
        };
        has_ended.then_some(ending.how)
    }

    /// What has changed since this was last asked.
    pub(super) fn end_news(&mut self) -> Option<EndNews> {
        let count = self.owners.len();
        let now_ms = self.now.mono.0;
        let ending = self.ending.as_mut()?;
        let how = ending.how;
        if ending.told.replace((how, count)) == Some((how, count)) {
            return None;
        }
        let limit = ending.at.map(|at| Duration::from_millis(at.saturating_sub(now_ms)));
        Some(EndNews { how, limit, waited_for: self.waited_for() })
    }

    fn waited_for(&self) -> Vec<String> {
        let kernel = self.engine.kernel();
        let others = kernel.applications().filter(|application| {
            let is_ours = matches!(self.owners.get(&application.id), Some(Owner::CommandServer(_)));
            // Whoever asks for the end goes as soon as it is answered.
            let asks = application.channel.is_none() && application.name == REQUESTER;
            !is_ours && !asks
        });
        named(others)
    }
}

/// A line for each of the first ones, and one for all others: ten thousand are told of each time one of them goes.
fn named<'a>(mut applications: impl Iterator<Item = Application<'a>>) -> Vec<String> {
    let mut lines: Vec<String> = applications.by_ref().take(NAMED_MAX).map(|it| line(&it)).collect();
    match applications.count() {
        0 => {}
        1 => lines.push("1 more application".to_owned()),
        more => lines.push(format!("{more} more applications")),
    }
    lines
}

fn line(application: &Application<'_>) -> String {
    let from = match application.channel {
        Some(channel) => format!("channel {channel}, {}", application.address),
        None => format!("process {}", application.pid),
    };
    let text = format!("application '{}' (user {}, {from})", application.name, application.user);
    // Clients choose these names: none of them makes a line of its own, or speaks to a terminal.
    mqi::text::inert(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_waited_for_says_where_it_is() {
        let check = |application: Application<'_>, want: &str| {
            assert_eq!(line(&application), want);
        };
        let local = Application {
            id: qmgr::ConversationId(1),
            name: "amqsget".into(),
            user: "app",
            channel: None,
            address: "",
            pid: 4711,
        };
        check(local.clone(), "application 'amqsget' (user app, process 4711)");
        let client = Application { channel: Some("DEV.APP"), address: "10.0.0.1", pid: 0, ..local };
        check(client.clone(), "application 'amqsget' (user app, channel DEV.APP, 10.0.0.1)");
        let rude = Application { name: "a\n\x1b[2J".into(), ..client.clone() };
        check(rude, "application 'a\\x0A\\x1B[2J' (user app, channel DEV.APP, 10.0.0.1)");
        let many = |n: usize| named(std::iter::repeat_n(client.clone(), n));
        assert_eq!(many(NAMED_MAX).len(), NAMED_MAX);
        assert_eq!(many(NAMED_MAX + 1).last().map(String::as_str), Some("1 more application"));
        assert_eq!(many(10_000).last().map(String::as_str), Some("9980 more applications"));
    }
}
