//! DISPLAY CHSTATUS: one row per socket of a server-connection channel, and one for each stopped channel.
//!
//! What travels is counted by the shell, which is asked for it; what the conversations do is known here.

use mqi::command::ObjectRow;
use mqi::constants::*;
use mqi::object::{AttributeSet, ObjectClass, ObjectType, generic_matches};

use super::Request;
use super::list::{Position, Slice};
use crate::authority::Access;
use crate::conversation::{Conversation, InCall};
use crate::input::SocketFacts;
use crate::kernel::Kernel;
use crate::object::{ChannelAttributes, Key, date_and_time};
use crate::time::WallMs;

impl Kernel {
    /// The row of a socket of a channel, if it is meant.
    pub(super) fn running_row(&self, request: &Request<'_>, socket: &SocketFacts) -> Option<ObjectRow> {
        let definition = self.registry.get(ObjectClass::Channel, &socket.channel)?;
        let mut status = self.running_status(socket);
        let channel = ChannelAttributes::of(definition);
        let monitoring = channel.map(|c| c.monitoring.under(self.qmgr.channel_monitoring).0);
        status.set(MQIA_MONITORING_CHANNEL, monitoring.unwrap_or(MQMON_OFF));
        self.channel_status_row(request, &socket.channel, &status)
    }

    /// The rows of stopped channels, from this one on.
    pub(super) fn stopped_from(&self, request: &Request<'_>, from: &Key, slice: &mut Slice) -> Position {
        for definition in self.registry.after(ObjectClass::Channel, &from.name) {
            if !slice.take() {
                return Position::Stopped(definition.key());
            }
            if ChannelAttributes::of(definition).is_some_and(|channel| channel.is_stopped) {
                let status = stopped_status(&definition.name);
                slice.rows.extend(self.channel_status_row(request, &definition.name, &status));
            }
        }
        Position::End
    }

    fn channel_status_row(
        &self,
        request: &Request<'_>,
        name: &str,
        attributes: &AttributeSet,
    ) -> Option<ObjectRow> {
        let command = request.command;
        let address = command.options.text(MQCACH_CONNECTION_NAME);
        let is_saved = command.option(MQIACH_CHANNEL_INSTANCE_TYPE) == Some(i64::from(MQOT_SAVED_CHANNEL));
        let is_any_queue = command.options.text(MQCACH_XMIT_Q_NAME).is_empty();
        let is_meant = generic_matches(&command.name, name)
            && (address.is_empty() || attributes.text(MQCACH_CONNECTION_NAME) == address)
            && self.may(request, ObjectClass::Channel, name, Access::DISPLAY).is_ok();
        // Saved status and transmission queues are those of message channels.
        let is_shown = is_meant && !is_saved && is_any_queue && command.admits(attributes);
        is_shown.then(|| command.show(ObjectType::ChannelStatus, attributes))
    }

    fn running_status(&self, socket: &SocketFacts) -> AttributeSet {
        let mut set = AttributeSet::new();
        let counter = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        set.set(MQCACH_CHANNEL_NAME, socket.channel.as_str());
        set.set(MQIACH_CHANNEL_TYPE, MQCHT_SVRCONN);
        set.set(MQIACH_BUFFERS_RCVD, counter(socket.segments_received));
        set.set(MQIACH_BUFFERS_SENT, counter(socket.segments_sent));
        set.set(MQIACH_BYTES_RCVD, counter(socket.bytes_received));
        set.set(MQIACH_BYTES_SENT, counter(socket.bytes_sent));
        let (date, time) = date_and_time(WallMs(socket.started_wall_ms));
        set.set(MQCACH_CHANNEL_START_DATE, date);
        set.set(MQCACH_CHANNEL_START_TIME, time);
        let (date, time) = match socket.last_message_wall_ms {
            0 => (String::new(), String::new()),
            at => date_and_time(WallMs(at)),
        };
        set.set(MQCACH_LAST_MSG_DATE, date);
        set.set(MQCACH_LAST_MSG_TIME, time);
        set.set(MQCACH_CONNECTION_NAME, socket.address.as_str());
        set.set(MQIACH_CHANNEL_INSTANCE_TYPE, MQOT_CURRENT_CHANNEL);
        set.set(MQIACH_HB_INTERVAL, i64::from(socket.heartbeat_s));
        set.set(MQIACH_MCA_STATUS, MQMCAS_RUNNING);
        set.set(MQIACH_CHANNEL_STATUS, MQCHS_RUNNING);
        // A client channel counts the calls that it handled.
        set.set(MQIACH_MSGS, counter(socket.calls));
        set.set(MQIACH_STOP_REQUESTED, MQCHSR_STOP_NOT_REQUESTED);
        set.set(MQIACH_CURRENT_SHARING_CONVS, counter(socket.conversations.len() as u64));
        set.set(MQIACH_MAX_SHARING_CONVS, i64::from(socket.conversations_max));
        // Nothing is compressed or encrypted yet, and there are no exits.
        set.set(MQIACH_HDR_COMPRESSION, "NONE,NONE");
        set.set(MQIACH_MSG_COMPRESSION, "NONE,NONE");
        for id in [MQIACH_COMPRESSION_RATE, MQIACH_COMPRESSION_TIME, MQIACH_EXIT_TIME_INDICATOR] {
            set.set(id, vec![0_i64, 0]);
        }
        set.set(MQIACH_SECURITY_PROTOCOL, MQSECPROT_NONE);
        for id in [
            MQCACH_SSL_CERT_ISSUER_NAME,
            MQCACH_SSL_CIPHER_SPEC,
            MQCACH_SSL_KEY_RESET_DATE,
            MQCACH_SSL_KEY_RESET_TIME,
            MQCACH_SSL_SHORT_PEER_NAME,
        ] {
            set.set(id, "");
        }
        set.set(MQIACH_SSL_KEY_RESETS, 0);
        let (product, version) = socket.product.split_at_checked(4).unwrap_or((&socket.product, ""));
        set.set(MQCACH_REMOTE_PRODUCT, product);
        set.set(MQCACH_REMOTE_VERSION, version);
        let first = socket.conversations.iter().find_map(|id| self.conversations.find(*id));
        if let Some(conversation) = first.map(|ix| self.conversations.get(ix)) {
            set.set(MQCACH_MCA_USER_ID, conversation.user.name.as_str());
            set.set(MQCACH_REMOTE_APPL_TAG, conversation.appl_name.to_text().into_owned());
        }
        let conversations = socket.conversations.iter().filter_map(|id| self.conversations.find(*id));
        let mut states = conversations.map(|ix| substate(self.conversations.get(ix)));
        set.set(
            MQIACH_CHANNEL_SUBSTATE,
            states.find(|s| *s != MQCHSSTATE_RECEIVING).unwrap_or(MQCHSSTATE_RECEIVING),
        );
        set
    }
}

/// What the agent of a conversation does.
fn substate(conversation: &Conversation) -> i32 {
    match conversation.in_call {
        InCall::None => MQCHSSTATE_RECEIVING,
        InCall::Waiting(_) | InCall::Loading(_) => MQCHSSTATE_IN_MQGET,
        InCall::Sending => MQCHSSTATE_SENDING,
        InCall::Receiving(_) => MQCHSSTATE_IN_MQPUT,
    }
}

fn stopped_status(name: &str) -> AttributeSet {
    let mut set = AttributeSet::new();
    set.set(MQCACH_CHANNEL_NAME, name);
    set.set(MQIACH_CHANNEL_TYPE, MQCHT_SVRCONN);
    set.set(MQCACH_CONNECTION_NAME, "");
    set.set(MQIACH_CHANNEL_INSTANCE_TYPE, MQOT_CURRENT_CHANNEL);
    set.set(MQIACH_CHANNEL_STATUS, MQCHS_STOPPED);
    set.set(MQIACH_CHANNEL_SUBSTATE, MQCHSSTATE_OTHER);
    set
}
