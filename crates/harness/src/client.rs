//! The real connection: the blocking client over TCP, with channel, user and password.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mqi::call::Hobj;
use mqi::constants::{
    MQGMO_ACCEPT_TRUNCATED_MSG, MQGMO_BROWSE_FIRST, MQGMO_BROWSE_NEXT, MQGMO_FAIL_IF_QUIESCING,
    MQGMO_NO_SYNCPOINT, MQGMO_SYNCPOINT, MQGMO_WAIT, MQIA_CURRENT_Q_DEPTH, MQOO_BROWSE,
    MQOO_FAIL_IF_QUIESCING, MQOO_INPUT_SHARED, MQOO_INQUIRE, MQOO_OUTPUT, MQPER_PERSISTENT,
    MQPMO_FAIL_IF_QUIESCING, MQPMO_NO_SYNCPOINT, MQPMO_SYNCPOINT,
};
use mqi::{Gmo, Md, Pmo, Reason};
use server::attach::{AttachConfig, Attached, Got};

use crate::application::{Connection, Received};
use crate::message::Label;
use crate::process::{CHANNEL, NAME, PASSWORD, USER};

/// Longest time without an answer. A pause of the queue manager is shorter.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What a queue is opened for.
const OPEN: i32 = MQOO_INPUT_SHARED | MQOO_BROWSE | MQOO_OUTPUT | MQOO_INQUIRE | MQOO_FAIL_IF_QUIESCING;

/// Room for the longest message of the harness.
const BUFFER: i32 = 4 << 20;

struct Client {
    attached: Attached,
    handles: BTreeMap<String, Hobj>,
}

/// The application user, by its password.
pub fn config() -> AttachConfig {
    AttachConfig {
        channel: CHANNEL.to_owned(),
        qmgr_name: NAME.to_owned(),
        user: USER.to_owned(),
        credentials: Some((USER.to_owned(), PASSWORD.into())),
        appl_name: "harness".to_owned(),
    }
}

/// Connects as the application user.
pub fn connect(address: SocketAddr) -> Result<Box<dyn Connection>, Reason> {
    let attached = Attached::tcp(&address.to_string(), config(), Some(ANSWER_MAX))?;
    Ok(Box::new(Client { attached, handles: BTreeMap::new() }))
}

impl Client {
    /// The handle of a queue, opened at its first use.
    fn handle(&mut self, queue: &str) -> Result<Hobj, Reason> {
        if let Some(hobj) = self.handles.get(queue) {
            return Ok(*hobj);
        }
        let hobj = self.attached.open_queue(queue, OPEN)?;
        self.handles.insert(queue.to_owned(), hobj);
        Ok(hobj)
    }

    fn get_with(
        &mut self,
        queue: &str,
        options: i32,
        wait_ms: u32,
        length_max: i32,
    ) -> Result<Received, Reason> {
        let hobj = self.handle(queue)?;
        let gmo = Gmo {
            options: options | MQGMO_FAIL_IF_QUIESCING,
            wait_interval: i32::try_from(wait_ms).unwrap_or(i32::MAX),
            ..Gmo::default()
        };
        self.attached.get(hobj, Md::default(), gmo, length_max).map(received)
    }
}

fn received(got: Got) -> Received {
    Received {
        correl_id: got.md.correl_id,
        is_persistent: got.md.persistence == MQPER_PERSISTENT,
        priority: u8::try_from(got.md.priority).unwrap_or(u8::MAX),
        backout_count: u32::try_from(got.md.backout_count).unwrap_or(u32::MAX),
        length: u32::try_from(got.data_length).unwrap_or(u32::MAX),
        body: got.body.to_vec(),
    }
}

impl Connection for Client {
    fn put(&mut self, queue: &str, label: &Label, syncpoint: bool) -> Result<(), Reason> {
        let hobj = self.handle(queue)?;
        let md = Md {
            correl_id: label.correl_id(),
            priority: i32::from(label.priority),
            persistence: i32::from(label.is_persistent),
            ..Md::default()
        };
        let options = if syncpoint { MQPMO_SYNCPOINT } else { MQPMO_NO_SYNCPOINT };
        let pmo = Pmo { options: options | MQPMO_FAIL_IF_QUIESCING, ..Pmo::default() };
        match label.delay_ms {
            0 => self.attached.put(hobj, md, pmo, label.body()),
            delay_ms => self.attached.put_later(hobj, md, pmo, label.body(), u64::from(delay_ms)),
        }
        .map(drop)
    }

    fn get(&mut self, queue: &str, syncpoint: bool, wait_ms: u32) -> Result<Received, Reason> {
        let unit = if syncpoint { MQGMO_SYNCPOINT } else { MQGMO_NO_SYNCPOINT };
        let wait = if wait_ms > 0 { MQGMO_WAIT } else { 0 };
        self.get_with(queue, unit | wait, wait_ms, BUFFER)
    }

    fn browse(&mut self, queue: &str, first: bool, length_max: u32) -> Result<Received, Reason> {
        let options = if first { MQGMO_BROWSE_FIRST } else { MQGMO_BROWSE_NEXT };
        let length_max = i32::try_from(length_max).unwrap_or(i32::MAX);
        self.get_with(queue, options | MQGMO_ACCEPT_TRUNCATED_MSG, 0, length_max)
    }

    fn depth(&mut self, queue: &str) -> Result<i64, Reason> {
        let hobj = self.handle(queue)?;
        let (ints, _) = self.attached.inquire(hobj, vec![MQIA_CURRENT_Q_DEPTH], 1, 0)?;
        ints.first().map(|depth| i64::from(*depth)).ok_or(Reason::UNEXPECTED_ERROR)
    }

    fn commit(&mut self) -> Result<(), Reason> {
        self.attached.commit()
    }

    fn back(&mut self) -> Result<(), Reason> {
        self.attached.back()
    }

    fn disconnect(self: Box<Self>) {
        // Nothing is open in it; where it fails, the queue manager sees the connection end.
        let _ = self.attached.disconnect();
    }
}
