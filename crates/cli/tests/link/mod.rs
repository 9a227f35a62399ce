//! One application on a socket of its own that sees everything that comes: replies, messages, notifications.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use channel::client::client_end::FIRST_CONVERSATION;
use channel::client::{ClientConfig, ClientEnd, ClientEvent};
use mqi::call::{Call, Connect, Hobj, Reply, Returned};
use mqi::{Chars, CompCode, Od, Reason};

/// Longest silence: whatever is waited for comes sooner, or not at all.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const WRITE_MAX: usize = 256 * 1024;

pub(crate) struct Link {
    stream: TcpStream,
    end: ClientEnd,
    pub(crate) connection_id: [u8; 24],
}

impl Link {
    /// Connects by a channel. `conversations`: how many may share the socket, 0 for none. `options`: of MQCNO.
    pub(crate) fn connect(port: u16, channel: &str, conversations: u32, options: i32) -> Self {
        Self::connect_again(port, channel, conversations, options, None).expect("it may connect")
    }

    /// Connects as a client's library does by itself: with the id of the connection that it had.
    pub(crate) fn connect_again(
        port: u16,
        channel: &str,
        conversations: u32,
        options: i32,
        former_connection: Option<[u8; 20]>,
    ) -> Result<Self, Reason> {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the listener runs");
        stream.set_nodelay(true).expect("it is a socket");
        stream.set_read_timeout(Some(SILENCE_MAX)).expect("it is a socket");
        let config = ClientConfig {
            channel: Chars::from_str_padded(channel),
            conversations,
            ..ClientConfig::default()
        };
        let mut link = Self { stream, end: ClientEnd::new(config, 0), connection_id: [0; 24] };
        assert_eq!(link.hear(), ClientEvent::Ready);
        let connect = Connect { options, former_connection, ..Connect::default() };
        match link.call(Call::Connect(Box::new(connect))).0?.returned {
            Returned::Connect { connection_id, .. } => link.connection_id = connection_id,
            other => panic!("{other:?}"),
        }
        Ok(link)
    }

    /// The next thing that comes.
    pub(crate) fn hear(&mut self) -> ClientEvent {
        let mut buffer = [0; 16 * 1024];
        loop {
            self.flush();
            if let Some(event) = self.end.poll_event() {
                return event;
            }
            match self.stream.read(&mut buffer).expect("something comes") {
                0 => self.end.peer_closed(),
                n => self.end.receive(buffer[..n].to_vec().into(), 0),
            }
        }
    }

    fn flush(&mut self) {
        let mut out = Vec::new();
        self.end.transmit(&mut out, WRITE_MAX);
        // Where the other end has closed, what it said before is still to be read.
        let _ = self.stream.write_all(&out);
    }

    /// Begins a call, or makes one that returns nothing.
    pub(crate) fn begin(&mut self, call: Call) {
        self.end.call(FIRST_CONVERSATION, call).expect("it may be made");
        self.flush();
    }

    /// Makes a call. Returns what it returns, and what came before that.
    pub(crate) fn call(&mut self, call: Call) -> (Result<Reply, Reason>, Vec<ClientEvent>) {
        self.begin(call);
        let mut before = Vec::new();
        loop {
            match self.hear() {
                ClientEvent::Reply { reply, .. } if reply.comp_code == CompCode::Failed => {
                    return (Err(reply.reason), before);
                }
                ClientEvent::Reply { reply, .. } => return (Ok(reply), before),
                ClientEvent::Closed { reason, .. } => return (Err(reason), before),
                other => before.push(other),
            }
        }
    }

    /// Opens a queue. Returns handle and resolved name.
    pub(crate) fn open(&mut self, name: &str, dynamic: &str, options: i32) -> (Hobj, String) {
        let od = Od {
            object_name: Chars::from_str_padded(name),
            dynamic_q_name: Chars::from_str_padded(dynamic),
            ..Od::default()
        };
        let (reply, _) = self.call(Call::Open { od: Box::new(od), options });
        match reply.expect("it can be opened").returned {
            Returned::Open { hobj, od, .. } => (hobj, od.object_name.to_string()),
            other => panic!("{other:?}"),
        }
    }
}
