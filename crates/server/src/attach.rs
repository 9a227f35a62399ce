//! A blocking client: what our own commands, samples and tests are to a queue manager.
//!
//! Over the local socket the operating system says who the caller is; over TCP a channel, a user and a
//! password do.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use bytes::Bytes;
use channel::client::{Caller, CallerConfig, Heard};
use mqi::call::{Body, Call, Hobj, Long, Reply, Returned};
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pmo::Pmo;
use mqi::{Chars, CompCode, Reason};

use crate::net;
use crate::paths::QmgrPaths;

/// Bytes read at once.
const READ_MAX: usize = 64 * 1024;

/// A stream that a client can hold a conversation on.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A message as it was got.
#[derive(Clone, Debug)]
pub struct Got {
    /// Its descriptor.
    pub md: Box<Md>,
    /// Get options as returned.
    pub gmo: Box<Gmo>,
    /// Length of the message, even when less of it was returned.
    pub data_length: i32,
    /// What was returned of it.
    pub body: Bytes,
    /// A warning, such as 2079, or none.
    pub reason: Reason,
}

/// A connection. Dropping it without [`Attached::disconnect`] backs out.
pub struct Attached {
    stream: Box<dyn Stream>,
    caller: Caller,
    qmgr_name: Chars<48>,
    buffer: Box<[u8]>,
}

impl Attached {
    /// Connects to a queue manager of this machine. 2059: it does not run.
    pub fn local(paths: &QmgrPaths, appl_name: &str) -> Result<Self, Reason> {
        let stream = local_socket(paths).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Reason::NOT_AUTHORIZED,
            _ => Reason::Q_MGR_NOT_AVAILABLE,
        })?;
        let config = CallerConfig {
            channel: "LOCAL".to_owned(),
            qmgr_name: paths.name.clone(),
            user: crate::users::name_of(crate::users::current()),
            appl_name: appl_name.to_owned(),
            ..CallerConfig::default()
        };
        Self::over(Box::new(stream), config)
    }

    /// Connects over TCP. `timeout`: how long any one read or write may take; none: for ever.
    pub fn tcp(address: &str, config: CallerConfig, timeout: Option<Duration>) -> Result<Self, Reason> {
        let stream = TcpStream::connect(address).map_err(|_| Reason::HOST_NOT_AVAILABLE)?;
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(timeout))
            .and_then(|()| stream.set_write_timeout(timeout));
        prepared.map_err(|_| Reason::HOST_NOT_AVAILABLE)?;
        Self::over(Box::new(stream), config)
    }

    fn over(stream: Box<dyn Stream>, config: CallerConfig) -> Result<Self, Reason> {
        let mut attached = Self {
            stream,
            caller: Caller::new(config),
            qmgr_name: Chars::default(),
            buffer: vec![0; READ_MAX].into_boxed_slice(),
        };
        match attached.hear()? {
            Heard::Connected { qmgr_name, .. } => {
                attached.qmgr_name = qmgr_name;
                Ok(attached)
            }
            Heard::Refused(reason) => Err(reason),
            _ => Err(Reason::CONNECTION_BROKEN),
        }
    }

    /// The queue manager's name.
    pub fn qmgr_name(&self) -> &str {
        self.qmgr_name.as_str()
    }

    /// Writes what is to be written and waits for something to be heard. 2009: the connection is lost.
    fn hear(&mut self) -> Result<Heard, Reason> {
        loop {
            self.flush()?;
            if let Some(heard) = self.caller.poll() {
                return Ok(heard);
            }
            let read = loop {
                match self.stream.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            match read {
                Ok(0) | Err(_) => return Err(Reason::CONNECTION_BROKEN),
                Ok(n) => self.caller.receive(Bytes::copy_from_slice(&self.buffer[..n])),
            }
        }
    }

    fn flush(&mut self) -> Result<(), Reason> {
        let out = self.caller.outbound();
        if out.is_empty() {
            return Ok(());
        }
        let result = self.stream.write_all(out);
        out.clear();
        result.map_err(|_| Reason::CONNECTION_BROKEN)
    }

    /// Makes a call that is answered, and waits for the answer.
    pub fn call(&mut self, call: &Call) -> Result<Reply, Reason> {
        self.caller.call(call);
        loop {
            match self.hear()? {
                Heard::Reply(reply) => return Ok(*reply),
                Heard::Refused(reason) => return Err(reason),
                Heard::Broken(_) => return Err(Reason::CONNECTION_BROKEN),
                // The queue manager is quiescing, or a late delivery: not what is waited for.
                Heard::Notice(_) | Heard::Delivery(_) | Heard::Connected { .. } => {}
            }
        }
    }

    /// MQOPEN. Returns the handle and the descriptor as completed.
    pub fn open(&mut self, od: Od, options: i32) -> Result<(Hobj, Box<Od>), Reason> {
        match succeeded(self.call(&Call::Open { od: Box::new(od), options })?)?.returned {
            Returned::Open { hobj, od, .. } => Ok((hobj, od)),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQOPEN of a queue of this queue manager.
    pub fn open_queue(&mut self, name: &str, options: i32) -> Result<Hobj, Reason> {
        let od = Od { object_name: Chars::from_str_padded(name), ..Od::default() };
        self.open(od, options).map(|(hobj, _)| hobj)
    }

    /// MQPUT. Returns the descriptor as completed.
    pub fn put(&mut self, hobj: Hobj, md: Md, pmo: Pmo, body: impl Into<Body>) -> Result<Box<Md>, Reason> {
        let body = Long::whole(body.into());
        let call = Call::Put { hobj, md: Box::new(md), pmo: Box::new(pmo), body };
        match succeeded(self.call(&call)?)?.returned {
            Returned::Put { md, .. } => Ok(md),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQGET. `buffer_length` bounds what is returned. 2033: no message.
    pub fn get(&mut self, hobj: Hobj, md: Md, gmo: Gmo, buffer_length: i32) -> Result<Got, Reason> {
        let call = Call::Get { hobj, md: Box::new(md), gmo: Box::new(gmo), buffer_length };
        let reply = succeeded(self.call(&call)?)?;
        match reply.returned {
            Returned::Get { md, gmo, data_length, body } => {
                Ok(Got { md, gmo, data_length, body: body.first.to_bytes(), reason: reply.reason })
            }
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQINQ. Returns integers and characters.
    pub fn inquire(
        &mut self,
        hobj: Hobj,
        selectors: Vec<i32>,
        int_count: i32,
        char_length: i32,
    ) -> Result<(Vec<i32>, Vec<u8>), Reason> {
        let call = Call::Inquire { hobj, selectors, int_count, char_length };
        match succeeded(self.call(&call)?)?.returned {
            Returned::Inquire { ints, chars, .. } => Ok((ints, chars)),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQCLOSE.
    pub fn close(&mut self, hobj: Hobj, options: i32) -> Result<(), Reason> {
        succeeded(self.call(&Call::Close { hobj, options })?).map(drop)
    }

    /// MQCMIT.
    pub fn commit(&mut self) -> Result<(), Reason> {
        succeeded(self.call(&Call::Commit)?).map(drop)
    }

    /// MQBACK.
    pub fn back(&mut self) -> Result<(), Reason> {
        succeeded(self.call(&Call::Back)?).map(drop)
    }

    /// MQDISC: commits what is open.
    pub fn disconnect(mut self) -> Result<(), Reason> {
        succeeded(self.call(&Call::Disconnect)?).map(drop)
    }
}

/// The local socket of a running queue manager.
pub fn local_socket(paths: &QmgrPaths) -> io::Result<UnixStream> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::metadata(&paths.data)?.uid();
    net::connect_local(&paths.socket_name()?, owner)
}

/// Process id of the running queue manager; none: it does not run.
pub fn process_id(paths: &QmgrPaths) -> Option<u32> {
    let stream = local_socket(paths).ok()?;
    let peer = rustix::net::sockopt::socket_peercred(&stream).ok()?;
    u32::try_from(peer.pid.as_raw_nonzero().get()).ok()
}

/// A reply that is not a failure.
fn succeeded(reply: Reply) -> Result<Reply, Reason> {
    match reply.comp_code {
        CompCode::Failed => Err(reply.reason),
        CompCode::Ok | CompCode::Warning => Ok(reply),
    }
}
