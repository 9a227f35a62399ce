//! MQCONN, MQCONNX, MQDISC, and the ends that nobody called for.

use mqi::call::{Connect, Hobj, Returned};
use mqi::constants::*;
use mqi::{Chars, Reason};
use store::Lsn;

use crate::conversation::{ConvIx, Conversation, InCall};
use crate::handle::Handles;
use crate::input::ConversationId;
use crate::kernel::{Ending, Kernel, OK, Outcome, failed, reply_to};
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

/// How long a client that could connect again, and is not to, may take to end by itself.
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
        let user = self.authenticate(connect, out).map_err(failed)?;
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
        let id = self.conversations.get(conv).id;
        let reason = self.reason_for(conv, reason);
        self.stop_consumers(conv, reason, out);
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
    }

    /// The queue manager ends at once. All waits end before the first conversation does: the client may have several on a
    /// socket, and takes the end of one for that of all.
    pub(crate) fn stop_all(&mut self, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(ix, _)| ix).collect();
        for conv in &all {
            self.stop_consumers(*conv, Reason::Q_MGR_STOPPING, out);
        }
        for conv in all {
            if self.is_reconnectable(conv) && !self.reconnects {
                self.dismiss(conv, out);
            } else {
                self.stop_conversation(conv, Reason::Q_MGR_STOPPING, out);
            }
        }
    }

    /// Ends the work of a client that could connect again and is not to. Its application is told so, and has a moment to
    /// end as well before the connection does: as observed, its library connects again as soon as it sees that, and
    /// passes nothing on any more.
    fn dismiss(&mut self, conv: ConvIx, out: &mut Outputs) {
        self.end_wait(conv, Reason::Q_MGR_STOPPING, out);
        self.abandon_flights(conv, out);
        let conversation = self.conversations.get_mut(conv);
        conversation.uow_backed_out |= conversation.uow.is_some();
        self.back_unit(conv, out);
        self.timers.set(self.now.mono.after(DISMISSAL_MS), Due::Stop);
    }

    /// The moment is over.
    pub(crate) fn stop_rest(&mut self, out: &mut Outputs) {
        let all: Vec<ConvIx> = self.conversations.iter().map(|(ix, _)| ix).collect();
        for conv in all {
            self.stop_conversation(conv, Reason::Q_MGR_STOPPING, out);
        }
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
