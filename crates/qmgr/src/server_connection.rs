//! What the shell looks up without a call: server-connection channels before a client has said who it is,
//! listeners to start, the unit of work that holds the log.

use mqi::object::{ObjectClass, ObjectType};
use store::Lsn;

use crate::kernel::Kernel;
use crate::object::{ChannelAttributes, ListenerAttributes};

/// What the negotiation of a connection needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerConnection {
    /// MAXMSGL, or the queue manager's when that is lower, in bytes.
    pub message_max: u32,
    /// SHARECNV.
    pub conversations_max: u32,
    /// HBINT in seconds.
    pub heartbeat_s: u32,
}

/// Why no connection may be made over a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelRefusal {
    /// There is no channel of that name.
    NotDefined,
    /// It is not for clients.
    WrongType,
    /// It has been stopped.
    Stopped,
    /// MAXINST connections are there, that many.
    Full(u32),
    /// MAXINSTC connections are there from this address, that many.
    FullForClient(u32),
    /// It has a CipherSpec, and TLS is not built.
    CipherSpec,
}

/// What a client is told that has named a channel which it may not use, before it has proved who it is: what the
/// channels have that the product comes with.
impl Default for ServerConnection {
    fn default() -> Self {
        Self { message_max: 4_194_304, conversations_max: 10, heartbeat_s: 300 }
    }
}

impl Kernel {
    /// Whether there is such a channel for clients.
    pub fn is_server_connection(&self, name: &str) -> bool {
        self.registry.get(ObjectClass::Channel, name).is_some_and(|d| d.object == ObjectType::Svrconn)
    }

    /// Names of the listeners that start with the queue manager.
    pub fn listeners_to_start(&self) -> Vec<String> {
        self.registry
            .of_class(ObjectClass::Listener)
            .filter(|d| ListenerAttributes::of(d).is_some_and(|l| l.starts_with_qmgr()))
            .map(|d| d.name.clone())
            .collect()
    }

    /// The port of a listener, if there is one of this name.
    pub fn listener_port(&self, name: &str) -> Option<u16> {
        let definition = self.registry.of_class(ObjectClass::Listener).find(|d| d.name == name)?;
        ListenerAttributes::of(definition).map(|listener| listener.port)
    }

    /// Position of the first record of the unit of work that has gone on for longest, if it has records.
    pub fn oldest_unit_of_work(&self) -> Option<Lsn> {
        self.conversations
            .iter()
            .filter_map(|(_, conversation)| self.uows.get(conversation.uow?).first_lsn)
            .min()
    }

    /// How late a client hears at least that its password was wrong (FAILDLAY), in milliseconds.
    pub fn fail_delay_ms(&self) -> u64 {
        u64::from(self.authority.fail_delay_s()) * 1000
    }

    /// The channel over which a client wants to connect, when `in_use` connections are there already,
    /// `in_use_by_client` of them from the same address.
    pub fn server_connection(
        &self,
        name: &str,
        in_use: usize,
        in_use_by_client: usize,
    ) -> Result<ServerConnection, ChannelRefusal> {
        let definition = self.registry.get(ObjectClass::Channel, name).ok_or(ChannelRefusal::NotDefined)?;
        if definition.object != ObjectType::Svrconn {
            return Err(ChannelRefusal::WrongType);
        }
        let channel = ChannelAttributes::of(definition).ok_or(ChannelRefusal::WrongType)?;
        if channel.is_stopped {
            return Err(ChannelRefusal::Stopped);
        }
        if channel.needs_tls {
            return Err(ChannelRefusal::CipherSpec);
        }
        let (max, max_per_client) = (channel.instances_max, channel.instances_max_per_client);
        if in_use >= max as usize {
            return Err(ChannelRefusal::Full(max));
        }
        if in_use_by_client >= max_per_client as usize {
            return Err(ChannelRefusal::FullForClient(max_per_client));
        }
        Ok(ServerConnection {
            message_max: channel.message_length_max.min(self.qmgr.message_length_max),
            conversations_max: channel.conversations_max,
            heartbeat_s: channel.heartbeat_interval_s,
        })
    }
}
