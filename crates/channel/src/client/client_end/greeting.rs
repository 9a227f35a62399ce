//! From the first segment to MQCONN: negotiation, who we are, what proves it.
//!
//! ```text
//! > TSH  INITIAL_DATA                         our proposal
//! < TSH  INITIAL_DATA, ERROR                  values that must change: proposed again, on the header that
//! > TSHM INITIAL_DATA                         the sockets has from then on
//! < TSHM INITIAL_DATA
//! > USERID_DATA                               once a socket, not answered
//! > CONAUTH_INFO                              < STATUS_DATA 0; each conversation that has a password
//! > MQCONN
//! ```

use mqi::Chars;
use mqi::call::Connect;
use mqi::secret::Secret;

use super::{ClientEnd, ClientEvent, Conversation, FIRST_CONVERSATION, SYNC_REQUEST, State, calls};
use crate::client::answer;
use crate::client::negotiate::{Agreement, FAP_LEVEL, TRANSMISSION_MAX};
use crate::segment::conauth::Conauth;
use crate::segment::initial_data::{
    InitialData, PASSWORD_PROTECTION_NONE, capability1, capability2, capability3,
};
use crate::segment::user_id::{LongUserId, UserId};
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

/// Proposals after which a queue manager is taken for one that will not agree.
const PROPOSALS_MAX: u32 = 4;

/// What we say that we are: a client of the level that is spoken, written in C.
const PRODUCT: &str = "MQCC09040000";

impl ClientEnd {
    pub(super) fn propose_first(&mut self) {
        let proposal = InitialData {
            length: 240,
            fap_level: FAP_LEVEL,
            capabilities1: capability1::CONVERSION | capability1::SPLIT_MESSAGE | capability1::MQ_REQUEST,
            max_transmission_size: TRANSMISSION_MAX,
            max_message_size: self.config.message_max,
            channel: self.config.channel,
            capabilities2: capability2::DISTRIBUTION_LISTS
                | capability2::XA_REQUEST
                | capability2::SPI_REQUEST,
            ccsid: calls::CCSID,
            qmgr_name: self.config.qmgr_name,
            heartbeat_interval_s: self.config.heartbeat_s,
            extension_length: 138,
            conversations_per_socket: self.config.conversations,
            capabilities3: capability3::MULTIPLEX_SYNCGET,
            product_id: Chars::from_str_padded(PRODUCT),
            password_protections: PASSWORD_PROTECTION_NONE,
            ..InitialData::default()
        };
        self.propose(HeaderKind::Plain, 0, &proposal);
    }

    fn propose(&mut self, kind: HeaderKind, conversation: u32, proposal: &InitialData) {
        self.proposals += 1;
        let header = self.header(kind, conversation, 0, SegmentType::INITIAL_DATA);
        let flags = ControlFlags::WHOLE.with(ControlFlags::CONFIRM_REQUEST);
        self.outbound.urgent(Header { flags, ..header }, &answer::body(|w| proposal.encode(w)));
    }

    /// The queue manager has answered a proposal.
    pub(super) fn answered(&mut self, segment: &Segment) -> Result<(), String> {
        if self.state != State::Proposing {
            return Err("comes after the negotiation".to_owned());
        }
        let answer = InitialData::decode(&mut segment.reader()).map_err(|error| error.to_string())?;
        if answer.fap_level > FAP_LEVEL || self.proposals >= PROPOSALS_MAX {
            return Err(format!("no agreement after {} proposals", self.proposals));
        }
        let conversations_max = answer.conversations_per_socket.min(self.config.conversations);
        let is_shared = conversations_max > 0 && answer.fap_level >= 9;
        self.kind = if is_shared { HeaderKind::Multiplexed } else { HeaderKind::Plain };
        let conversation = if is_shared { FIRST_CONVERSATION } else { 0 };
        if segment.header.flags.has(ControlFlags::ERROR) {
            let adopted = InitialData {
                errors1: 0,
                errors2: 0,
                refused1: 0,
                refused2: 0,
                refused3: 0,
                ccsid: calls::CCSID,
                qmgr_name: self.config.qmgr_name,
                conversations_per_socket: conversations_max,
                product_id: Chars::from_str_padded(PRODUCT),
                ..answer
            };
            self.propose(self.kind, conversation, &adopted);
            return Ok(());
        }
        let transmission_max = answer.max_transmission_size.min(TRANSMISSION_MAX);
        if transmission_max < 1024 {
            return Err(format!("segments of {transmission_max} bytes are too short to work with"));
        }
        self.framer.limit(TRANSMISSION_MAX as usize);
        self.agreement = Some(Agreement {
            fap_level: answer.fap_level,
            transmission_max,
            message_max: answer.max_message_size,
            heartbeat_s: answer.heartbeat_interval_s,
            conversations_max: if is_shared { conversations_max } else { 0 },
        });
        self.state = State::Running;
        self.conversations.get_or_insert_with(FIRST_CONVERSATION, Conversation::default);
        self.conversation_next = FIRST_CONVERSATION + 2;
        self.events.push_back(ClientEvent::Ready);
        Ok(())
    }

    /// Says who we are, proves it if there is a password, and then connects.
    pub(super) fn connect(&mut self, conversation: u32, connect: Box<Connect>) {
        let on_wire = if self.kind == HeaderKind::Multiplexed { conversation } else { 0 };
        if !self.is_user_sent {
            self.is_user_sent = true;
            let uid = UserId {
                user: Chars::from_str_padded(&self.config.user),
                password: Secret::default(),
                long: Some(LongUserId {
                    user: Chars::from_str_padded(&self.config.user),
                    security_id: [0; 40],
                }),
            };
            let header = self.header(self.kind, on_wire, 0, SegmentType::USERID_DATA);
            self.outbound.urgent(header, &answer::body(|w| uid.encode(w)));
        }
        let Some((user, password)) = &self.config.credentials else {
            return self.send_connect(conversation, &connect);
        };
        let mut conauth = Conauth::password(user, password.clone());
        // As observed: clients fill the longest lengths with the actual ones.
        conauth.user_length_max = i32::try_from(conauth.user.len()).unwrap_or(i32::MAX);
        conauth.password_length_max = i32::try_from(conauth.password.len()).unwrap_or(i32::MAX);
        let header = self.header(self.kind, on_wire, 0, SegmentType::CONAUTH_INFO);
        self.outbound.urgent(header, &answer::body(|w| conauth.encode(w)));
        if let Some(it) = self.conversations.get_mut(conversation) {
            it.connecting = Some(connect);
        }
    }

    /// The credentials have been taken; whether they are right is said by MQCONN.
    pub(super) fn credentials_taken(&mut self, conversation: u32) {
        let waiting = self.conversations.get_mut(conversation).and_then(|it| it.connecting.take());
        if let Some(connect) = waiting {
            self.send_connect(conversation, &connect);
        }
    }

    fn send_connect(&mut self, conversation: u32, connect: &Connect) {
        let on_wire = if self.kind == HeaderKind::Multiplexed { conversation } else { 0 };
        let header = self.header(self.kind, on_wire, SYNC_REQUEST, SegmentType::MQCONN);
        self.outbound.push(conversation, calls::connect(header, connect));
    }
}
