//! START CHANNEL and STOP CHANNEL of server-connection channels: whether clients may use them.
//!
//! A stopped channel refuses connections until it is started, over restarts of the queue manager too: that it is
//! stopped is kept with its definition.

use mqi::Reason;
use mqi::command::{Message, MessageId};
use mqi::constants::*;
use mqi::object::{ObjectClass, ObjectType};
use store::Lsn;

use super::{Answer, Done, Request, failed, not_built};
use crate::conversation::ConvIx;
use crate::kernel::Kernel;
use crate::object::{ChannelAttributes, Definition};
use crate::output::Outputs;

impl Kernel {
    pub(super) fn start_channel(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let channel = self.client_channel(request)?;
        let is_stopped = ChannelAttributes::of(&channel).is_some_and(|c| c.is_stopped);
        let wait = if is_stopped { self.mark_stopped(channel, false, out)? } else { Lsn::NONE };
        Ok(Done::new(MessageId::START_CHANNEL_ACCEPTED, wait))
    }

    pub(super) fn stop_channel(&mut self, request: &Request<'_>, out: &mut Outputs) -> Answer {
        let command = request.command;
        let channel = self.client_channel(request)?;
        if !command.options.text(MQCA_REMOTE_Q_MGR_NAME).is_empty() {
            let message = Message::new(MessageId::ATTRIBUTE_CONFLICT).insert("QMNAME");
            return Err(message.insert("CHLTYPE(SVRCONN)").failed(MQRCCF_PARM_CONFLICT));
        }
        let name = channel.name.clone();
        let address = command.options.text(MQCACH_CONNECTION_NAME).to_owned();
        // One partner's connections can be ended; the channel itself stays open for the others.
        let is_whole = address.is_empty();
        let stays = command.option(MQIACH_CHANNEL_STATUS) != Some(i64::from(MQCHS_INACTIVE)) && is_whole;
        let running = self.clients_of(&name, &address);
        let was_stopped = ChannelAttributes::of(&channel).is_some_and(|c| c.is_stopped);
        if running.is_empty() && (was_stopped || !stays) && !command.ignores_state() {
            let message = Message::new(MessageId::CHANNEL_NOT_ACTIVE).insert(&name);
            return Err(message.failed(MQRCCF_CHANNEL_NOT_ACTIVE));
        }
        let wait = if stays && !was_stopped { self.mark_stopped(channel, true, out)? } else { Lsn::NONE };
        let reason = match command.option(MQIACF_MODE) {
            Some(mode) if mode != i64::from(MQMODE_QUIESCE) => Reason::CONNECTION_STOPPING,
            _ => Reason::CONNECTION_QUIESCING,
        };
        let by = request.user.name.clone();
        let stopped = vec![name, by, running.len().to_string(), address];
        Self::log_line("AMQ9528", stopped, out);
        for conversation in running {
            self.stop_conversation(conversation, reason, out);
        }
        Ok(Done::new(MessageId::STOP_CHANNEL_ACCEPTED, wait))
    }

    /// The channel that the command names; message channels do not run yet.
    fn client_channel(&self, request: &Request<'_>) -> Result<Definition, Message> {
        let name = request.command.name.trim_end();
        let channel = self.registry.get(ObjectClass::Channel, name).ok_or_else(|| {
            let message = Message::new(MessageId::CHANNEL_DEFINITION_NOT_FOUND).insert(name);
            message.failed(MQRCCF_CHANNEL_NOT_FOUND)
        })?;
        if channel.object != ObjectType::Svrconn {
            return Err(not_built(request.command));
        }
        Ok(channel.clone())
    }

    fn mark_stopped(
        &mut self,
        mut channel: Definition,
        is_stopped: bool,
        out: &mut Outputs,
    ) -> Result<Lsn, Message> {
        if is_stopped {
            channel.attributes.set(MQIACH_CHANNEL_STATUS, MQCHS_STOPPED);
        } else {
            channel.attributes.remove(MQIACH_CHANNEL_STATUS);
        }
        self.put_definition(channel, out).map_err(failed)
    }

    /// Conversations over a channel, from one address or from any.
    pub(super) fn clients_of(&self, channel: &str, address: &str) -> Vec<ConvIx> {
        let all = self.conversations.iter();
        let over = all.filter(|(_, c)| {
            c.identity.channel.as_deref() == Some(channel)
                && (address.is_empty() || c.identity.address == address)
        });
        over.map(|(ix, _)| ix).collect()
    }
}
