//! MQCONN, MQCONNX, MQDISC, and the ends that nobody called for.

use mqi::call::{Connect, Hobj, Returned};
use mqi::constants::*;
use mqi::object::ObjectClass;
use mqi::{Chars, Reason};
use store::Lsn;

use crate::conversation::{ConvIx, Conversation, InCall};
use crate::handle::Handles;
use crate::input::ConversationId;
use crate::kernel::{Ending, Kernel, OK, Outcome, failed, reply_to};
use crate::number::Numbers;
use crate::object::{DISMISSED_EPOCH, ObjectRecord};
use crate::output::{Output, Outputs};
use crate::timers::Due;

/// MQCNO options that mean something to a client or are without effect here; others are refused with 2046.
const OPTIONS: i32 = MQCNO_STANDARD_BINDING
    | MQCNO_FASTPATH_BINDING
    | MQCNO_SHARED_BINDING
    | MQCNO_ISOLATED_BINDING
    | MQCNO_LOCAL_BINDING
    | MQCNO_CLIENT_BINDING
    | MQCNO_HANDLE_SHARE_NONE
    | MQCNO_HANDLE_SHARE_BLOCK
    | MQCNO_HANDLE_SHARE_NO_BLOCK
    | MQCNO_ACCOUNTING_MQI_ENABLED
    | MQCNO_ACCOUNTING_MQI_DISABLED
    | MQCNO_ACCOUNTING_Q_ENABLED
    | MQCNO_ACCOUNTING_Q_DISABLED
    | MQCNO_NO_CONV_SHARING
    | MQCNO_ALL_CONVS_SHARE
    | MQCNO_CD_FOR_OUTPUT_ONLY
    | MQCNO_USE_CD_SELECTION
    | MQCNO_RECONNECT
    | MQCNO_RECONNECT_DISABLED
    | MQCNO_RECONNECT_Q_MGR
    | MQCNO_ACTIVITY_TRACE_ENABLED
    | MQCNO_ACTIVITY_TRACE_DISABLED
    | MQCNO_GENERATE_CONN_TAG;

/// How long clients that have heard of the end may take to end by themselves.
const DISMISSAL_MS: u64 = 250;

/// Bits 0 to 2 are set by clients without a published name.
const UNNAMED_OPTIONS: i32 = 7;

impl Kernel {
    pub(crate) fn connect(&mut self, id: ConversationId, connect: Connect, out: &mut Outputs) {
        let outcome = self.try_connect(id, &connect, out);
        let (outcome, connection_id) = match outcome {
            Ok(connection_id) => (OK, connection_id),
            Err(outcome) => (outcome, [0; 24]),
        };
        let qmgr_name = self.config.name.to_chars();
        reply_to(id, outcome, Returned::Connect { qmgr_name, connection_id }, Lsn::NONE, out);
    }

    fn try_connect(
        &mut self,
        id: ConversationId,
        connect: &Connect,
        out: &mut Outputs,
    ) -> Result<[u8; 24], Outcome> {
        if let Some(conv) = self.conversations.find(id) {
            // The same handle again, with a warning, and nothing changes.
            let _ = conv;
            return Err(crate::kernel::warning(Reason::ALREADY_CONNECTED));
        }
        let asked = connect.qmgr_name.as_str();
        if !asked.is_empty() && !asked.starts_with('*') && asked != self.config.name.as_str() {
            return Err(failed(Reason::Q_MGR_NAME_ERROR));
        }
        if connect.options & !(OPTIONS | UNNAMED_OPTIONS) != 0 {
            return Err(failed(Reason::OPTIONS_ERROR));
        }
        self.check_ending(true).map_err(failed)?;
        if connect.former_connection.is_some_and(|id| self.is_dismissed(&id)) {
            // As observed: at any other reason the client tries again, and goes on so for half an hour.
            return Err(failed(Reason::RECONNECT_QMID_MISMATCH));
        }
        let user = self.authenticate(connect, out).map_err(failed)?;
        if connect.identity.channel.is_some() && !self.has_memory_for_conversation() {
            return Err(failed(Reason::STORAGE_NOT_AVAILABLE));
        }
        let connection_id = self.unique_id(*b"AMQC");
        let conversation = Conversation {
            id,
            connection_id,
            identity: connect.identity.clone(),
            user_chars: Chars::from_str_padded(&user.name),
            user,
            accounting_token: connect.accounting_token,
            appl_name: connect.appl_name,
            appl_type: connect.appl_type,
            options: connect.options,
            handles: Handles::default(),
            uow: None,
            uow_backed_out: false,
            in_call: InCall::None,
            async_status: None,
            sending: None,
            held: Default::default(),
            is_window_closed: false,
            deferred: Default::default(),
            global_message_index: 0,
        };
        self.conversations.insert(Box::new(conversation));
        Ok(connection_id)
    }

    /// A new identifier of 24 bytes: four that say of what, twelve of the queue manager's name, eight that are new.
    pub(crate) fn unique_id(&mut self, kind: [u8; 4]) -> [u8; 24] {
        let unique = self.numbers.unique();
        self.id_of(kind, unique)
    }

    /// The identifier of 24 bytes that goes with a number. Two queue managers whose names begin alike differ by the
    /// digest of their QMIDs, which is added to the number.
    pub(crate) fn id_of(&self, kind: [u8; 4], number: u64) -> [u8; 24] {
        let mut id = [b' '; 24];
        id[..4].copy_from_slice(&kind);
        let name = self.config.name.as_str().as_bytes();
        let len = name.len().min(12);
        id[4..4 + len].copy_from_slice(&name[..len]);
        id[16..].copy_from_slice(&number.wrapping_add(self.qmid_digest).to_be_bytes());
        id
    }

    pub(crate) fn disconnect(&mut self, conv: ConvIx, out: &mut Outputs) {
        // An open unit of work is committed, unless nobody may have seen what was got in it; its reply is that of MQDISC.
        self.confirm_at_end(conv, out);
        let uow = self.conversations.get(conv).uow;
        let (outcome, wait) = if uow.is_some_and(|ix| self.uows.get(ix).is_unseen) {
            self.back_unit(conv, out);
            (OK, Lsn::NONE)
        } else {
            self.commit_unit(conv, out)
        };
        self.close_all(conv, out);
        self.reply(conv, outcome, Returned::Disconnect, wait, out);
        self.forget_conversation(conv, out);
    }

    /// The conversation has broken: what it had not committed is backed out.
    pub(crate) fn gone(&mut self, id: ConversationId, out: &mut Outputs) {
        let Some(conv) = self.conversations.find(id) else { return };
        self.abandon(conv, out);
        self.forget_conversation(conv, out);
    }

    /// Ends the call in progress without an answer, backs out, closes everything.
    fn abandon(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.cancel_call(conv, out);
        self.abandon_flights(conv, out);
        self.back_unit(conv, out);
        self.close_all(conv, out);
    }

    fn close_all(&mut self, conv: ConvIx, out: &mut Outputs) {
        let handles: Vec<Hobj> = self.conversations.get(conv).handles.iter().map(|h| h.hobj).collect();
        for hobj in handles {
            self.close_handle(conv, hobj, out);
        }
    }

    fn forget_conversation(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.conversations.remove(conv);
        self.check_ended(out);
    }

    /// Ends a conversation from this side: STOP CONN, STOP CHANNEL, end of the queue manager.
    pub(crate) fn stop_conversation(&mut self, conv: ConvIx, reason: Reason, out: &mut Outputs) {
        self.stop_consumers(conv, reason, out);
        self.end_conversation(conv, reason, out);
    }

    /// The same, of one whose consumers know.
    fn end_conversation(&mut self, conv: ConvIx, reason: Reason, out: &mut Outputs) {
        let id = self.conversations.get(conv).id;
        let reason = self.reason_for(conv, reason);
        self.abandon(conv, out);
        out.push(Output::Disconnect { conversation: id, reason });
        self.forget_conversation(conv, out);
    }

    /// The queue manager is quiescing: gets that asked for it end, consumers are told.
    pub(crate) fn quiesce_all(&mut self, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(ix, _)| ix).collect();
        for conv in all {
            if let InCall::Waiting(waiting) = &self.conversations.get(conv).in_call
                && Self::is_fail_if_quiescing(waiting.want.options)
            {
                self.end_wait(conv, Reason::Q_MGR_QUIESCING, out);
            }
            self.quiesce_consumers(conv, out);
        }
        self.send_elsewhere();
    }

    /// Whether clients that can are to connect again when the queue manager ends (endmqm -r), which may be said late.
    pub(crate) fn reconnect(&mut self, reconnects: bool) {
        self.reconnects = reconnects;
        if self.is_ending() {
            self.send_elsewhere();
        }
    }

    /// A quiesce does not wait for clients that connect again by themselves. As observed, once they hear of it they do
    /// nothing more with the connections that they have, and do not end them either.
    fn send_elsewhere(&mut self) {
        if self.conversations.iter().any(|(conv, _)| self.goes_elsewhere(conv)) {
            self.timers.set(self.now.mono.after(DISMISSAL_MS), Due::Elsewhere);
        }
    }

    /// They have had the time to hear.
    pub(crate) fn stop_elsewhere(&mut self, out: &mut Outputs) {
        let all = self.conversations.iter().map(|(conv, _)| conv);
        let all: Vec<ConvIx> = all.filter(|conv| self.goes_elsewhere(*conv)).collect();
        for conv in all {
            self.end_conversation(conv, Reason::Q_MGR_QUIESCING, out);
        }
    }

    /// The queue manager ends at once.
    ///
    /// What clients wait for ends before the first of their conversations does: several may be on one socket, and the end
    /// of one is taken for that of all. If one of them has heard something, all have a moment to end by themselves: as
    /// observed, a thread that has been told its reason and has not run yet finds the connection broken, and says that.
    pub(crate) fn stop_all(&mut self, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(ix, _)| ix).collect();
        let is_client = |conv: &ConvIx| self.conversations.get(*conv).identity.channel.is_some();
        let (clients, local): (Vec<_>, Vec<_>) = all.into_iter().partition(is_client);
        let hears = |conv: &ConvIx| {
            matches!(self.conversations.get(*conv).in_call, InCall::Waiting(_))
                || self.has_waiting_consumer(*conv)
                || (self.is_reconnectable(*conv) && !self.reconnects)
        };
        let has_moment = clients.iter().any(hears);
        for conv in local {
            self.stop_conversation(conv, Reason::Q_MGR_STOPPING, out);
        }
        if !has_moment {
            return self.stop_rest(out);
        }
        for conv in clients {
            self.dismiss(conv, out);
        }
        self.timers.set(self.now.mono.after(DISMISSAL_MS), Due::Stop);
    }

    /// Ends the work of a client, and leaves it connected.
    fn dismiss(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.stop_consumers(conv, Reason::Q_MGR_STOPPING, out);
        self.end_wait(conv, Reason::Q_MGR_STOPPING, out);
        self.abandon_flights(conv, out);
        let conversation = self.conversations.get_mut(conv);
        conversation.uow_backed_out |= conversation.uow.is_some();
        self.back_unit(conv, out);
    }

    /// The moment is over.
    pub(crate) fn stop_rest(&mut self, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(ix, _)| ix).collect();
        for conv in all {
            self.end_conversation(conv, Reason::Q_MGR_STOPPING, out);
        }
    }

    /// Remembers, over the restart, whether clients that can connect again may come back. Only if there are any.
    pub(crate) fn note_dismissal(&mut self, out: &mut Outputs) {
        let is_any = self.conversations.iter().any(|(conv, _)| self.is_reconnectable(conv));
        let is_due = is_any && !self.reconnects;
        let is_noted = self.qmgr.dismissed_epoch == Some(self.config.epoch);
        let Some(definition) = self.registry.get(ObjectClass::Qmgr, self.config.name.as_str()) else {
            return;
        };
        let mut definition = definition.clone();
        if is_due && !is_noted {
            definition.attributes.set(DISMISSED_EPOCH, i64::from(self.config.epoch));
        } else if is_noted && self.reconnects {
            definition.attributes.remove(DISMISSED_EPOCH);
        } else {
            return;
        }
        // Where there is no room for it they come back.
        let _ = self.record_object(ObjectRecord::Defined(definition), out);
    }

    /// Whether a connection was of the run that ended so that its clients do not come back. Of the number in its id the
    /// high half is known; a carry out of the low one does not reach the epoch.
    fn is_dismissed(&self, id: &[u8; 20]) -> bool {
        let (kind_and_name, high) = id.split_at(16);
        let high = u32::from_be_bytes(high.try_into().expect("4 of 20 bytes are left"));
        let high = high.wrapping_sub((self.qmid_digest >> 32) as u32);
        self.id_of(*b"AMQC", 0).starts_with(kind_and_name)
            && self.qmgr.dismissed_epoch == Some(Numbers::epoch_of(u64::from(high) << 32))
    }

    /// What a client is told of the end of the queue manager. As observed: one that may connect again by itself does so at
    /// any other reason than 2203, which it passes on to its application.
    pub(crate) fn reason_for(&self, conv: ConvIx, reason: Reason) -> Reason {
        match reason {
            Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING
                if self.is_reconnectable(conv) && !self.reconnects =>
            {
                Reason::CONNECTION_STOPPING
            }
            _ => reason,
        }
    }

    /// Whether a client is to connect again because the queue manager ends (endmqm -r), and can.
    pub(crate) fn goes_elsewhere(&self, conv: ConvIx) -> bool {
        self.reconnects && self.is_reconnectable(conv)
    }

    fn is_reconnectable(&self, conv: ConvIx) -> bool {
        self.conversations.get(conv).options & (MQCNO_RECONNECT | MQCNO_RECONNECT_Q_MGR) != 0
    }

    /// Whether new work is refused: for displays.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending != Ending::No
    }
}
