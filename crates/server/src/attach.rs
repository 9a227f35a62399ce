//! A blocking client: what our own commands, samples and tests are to a queue manager.
//!
//! Over the local socket the operating system says who the caller is; over TCP a channel, a user and a
//! password do.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use channel::client::client_end::FIRST_CONVERSATION;
use channel::client::{ClientConfig, ClientEnd, ClientEvent};
use mqi::call::{Body, Call, Connect, Hobj, Long, Reply, Returned};
use mqi::constants::MQAT_UNIX;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pmo::Pmo;
use mqi::secret::Secret;
use mqi::{Chars, CompCode, Reason};

use crate::local_socket;
use crate::paths::QmgrPaths;

/// Bytes read at once.
const READ_MAX: usize = 64 * 1024;
/// Bytes made ready to be written at once.
const WRITE_MAX: usize = 256 * 1024;

/// A stream that a client can hold a conversation on.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// Who connects, and to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttachConfig {
    /// Server-connection channel; of no matter on the local socket.
    pub channel: String,
    /// Queue manager asked for; blank for any.
    pub qmgr_name: String,
    /// Operating system user, which a local socket knows better.
    pub user: String,
    /// User and password to be checked.
    pub credentials: Option<(String, Secret)>,
    /// Name of the program.
    pub appl_name: String,
}

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
    end: ClientEnd,
    out: Vec<u8>,
    qmgr_name: Chars<48>,
    buffer: Box<[u8]>,
}

impl Attached {
    /// Connects to a queue manager of this machine. 2059: it does not run.
    pub fn local(paths: &QmgrPaths, appl_name: &str) -> Result<Self, Reason> {
        Self::local_as(paths, appl_name, None)
    }

    /// The same with a user and a password to be checked, if given.
    pub fn local_as(
        paths: &QmgrPaths,
        appl_name: &str,
        credentials: Option<(String, Secret)>,
    ) -> Result<Self, Reason> {
        let stream = local_socket::connect(paths).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Reason::NOT_AUTHORIZED,
            _ => Reason::Q_MGR_NOT_AVAILABLE,
        })?;
        let config = AttachConfig {
            channel: "LOCAL".to_owned(),
            qmgr_name: paths.name.clone(),
            user: crate::users::name_of(crate::users::current()),
            appl_name: appl_name.to_owned(),
            credentials,
        };
        Self::over(Box::new(stream), config)
    }

    /// Connects over TCP. `timeout`: how long any one read or write may take; none: for ever.
    pub fn tcp(address: &str, config: AttachConfig, timeout: Option<Duration>) -> Result<Self, Reason> {
        let stream = TcpStream::connect(address).map_err(|_| Reason::HOST_NOT_AVAILABLE)?;
        let prepared = stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(timeout))
            .and_then(|()| stream.set_write_timeout(timeout));
        prepared.map_err(|_| Reason::HOST_NOT_AVAILABLE)?;
        Self::over(Box::new(stream), config)
    }

    fn over(stream: Box<dyn Stream>, config: AttachConfig) -> Result<Self, Reason> {
        let qmgr_name = Chars::from_str_padded(&config.qmgr_name);
        let appl_name = Chars::from_str_padded(&config.appl_name);
        let client = ClientConfig {
            channel: Chars::from_str_padded(&config.channel),
            qmgr_name,
            user: config.user,
            credentials: config.credentials,
            // One program, one call at a time: the simple flow.
            conversations: 0,
            ..ClientConfig::default()
        };
        let mut attached = Self {
            stream,
            end: ClientEnd::new(client, 0),
            out: Vec::new(),
            qmgr_name,
            buffer: vec![0; READ_MAX].into_boxed_slice(),
        };
        while attached.hear()? != ClientEvent::Ready {}
        let connect = Connect { qmgr_name, appl_name, appl_type: MQAT_UNIX, ..Connect::default() };
        match succeeded(attached.call(Call::Connect(Box::new(connect)))?)?.returned {
            Returned::Connect { qmgr_name, .. } => {
                attached.qmgr_name = qmgr_name;
                Ok(attached)
            }
            _ => Err(Reason::CONNECTION_BROKEN),
        }
    }

    /// The queue manager's name.
    pub fn qmgr_name(&self) -> &str {
        self.qmgr_name.as_str()
    }

    /// Writes what is to be written and waits until something has come. 2009: the connection is lost.
    fn hear(&mut self) -> Result<ClientEvent, Reason> {
        loop {
            self.flush()?;
            match self.end.poll_event() {
                Some(ClientEvent::Closed { reason, .. } | ClientEvent::Ended { reason, .. }) => {
                    return Err(reason);
                }
                Some(event) => return Ok(event),
                None => {}
            }
            let read = loop {
                match self.stream.read(&mut self.buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            match read {
                Ok(0) => self.end.peer_closed(),
                Ok(n) => self.end.receive(Bytes::copy_from_slice(&self.buffer[..n]), 0),
                Err(_) => return Err(Reason::CONNECTION_BROKEN),
            }
        }
    }

    fn flush(&mut self) -> Result<(), Reason> {
        loop {
            self.end.transmit(&mut self.out, WRITE_MAX);
            if self.out.is_empty() {
                return Ok(());
            }
            let result = self.stream.write_all(&self.out);
            self.out.clear();
            if result.is_err() {
                return Err(Reason::CONNECTION_BROKEN);
            }
        }
    }

    /// Makes a call and waits for what it returns, a long body whole. An asynchronous put returns at once, and
    /// nothing; the body of any put must be whole.
    pub fn call(&mut self, call: Call) -> Result<Reply, Reason> {
        self.end.call(FIRST_CONVERSATION, call)?;
        if !self.end.is_busy(FIRST_CONVERSATION) {
            self.flush()?;
            let returned = Returned::Nothing;
            return Ok(Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned });
        }
        let mut reply = loop {
            // The queue manager is quiescing, or a late delivery: not what is waited for.
            if let ClientEvent::Reply { reply, .. } = self.hear()? {
                break reply;
            }
        };
        if let Returned::Get { body, .. } = &mut reply.returned {
            while !body.is_whole() {
                if let ClientEvent::Piece { bytes, .. } = self.hear()? {
                    bytes.pieces().iter().for_each(|piece| body.first.push(piece.clone()));
                }
            }
        }
        Ok(reply)
    }

    /// MQOPEN. Returns the handle and the descriptor as completed.
    pub fn open(&mut self, od: Od, options: i32) -> Result<(Hobj, Box<Od>), Reason> {
        match succeeded(self.call(Call::Open { od: Box::new(od), options })?)?.returned {
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
        match succeeded(self.call(call)?)?.returned {
            Returned::Put { md, .. } => Ok(md),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQPUT of a message that is to be delivered so many milliseconds later.
    pub fn put_later(
        &mut self,
        hobj: Hobj,
        md: Md,
        pmo: Pmo,
        body: impl Into<Body>,
        delay_ms: u64,
    ) -> Result<Box<Md>, Reason> {
        let body = Long::whole(body.into());
        let call = Call::PutLater { hobj, md: Box::new(md), pmo: Box::new(pmo), body, delay_ms };
        match succeeded(self.call(call)?)?.returned {
            Returned::Put { md, .. } => Ok(md),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQGET. `buffer_length` bounds what is returned. 2033: no message.
    pub fn get(&mut self, hobj: Hobj, md: Md, gmo: Gmo, buffer_length: i32) -> Result<Got, Reason> {
        let call = Call::Get { hobj, md: Box::new(md), gmo: Box::new(gmo), buffer_length };
        let reply = succeeded(self.call(call)?)?;
        match reply.returned {
            Returned::Get { md, gmo, data_length, body, .. } => {
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
        match succeeded(self.call(call)?)?.returned {
            Returned::Inquire { ints, chars, .. } => Ok((ints, chars)),
            _ => Err(Reason::UNEXPECTED_ERROR),
        }
    }

    /// MQCLOSE.
    pub fn close(&mut self, hobj: Hobj, options: i32) -> Result<(), Reason> {
        succeeded(self.call(Call::Close { hobj, options })?).map(drop)
    }

    /// MQCMIT.
    pub fn commit(&mut self) -> Result<(), Reason> {
        succeeded(self.call(Call::Commit)?).map(drop)
    }

    /// MQBACK.
    pub fn back(&mut self) -> Result<(), Reason> {
        succeeded(self.call(Call::Back)?).map(drop)
    }

    /// MQDISC: commits what is open.
    pub fn disconnect(mut self) -> Result<(), Reason> {
        succeeded(self.call(Call::Disconnect)?).map(drop)
    }
}

/// Process id of the running queue manager; none: it does not run.
pub fn process_id(paths: &QmgrPaths) -> Option<u32> {
    let stream = local_socket::connect(paths).ok()?;
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
