//! How a client gets from its first segment to a connection: negotiation, who it is, MQCONN.

use mqi::call::{Call, Connect, Identity, Reply, Returned};
use mqi::secret::Secret;
use mqi::{Chars, CompCode, Reason};

use super::answer;
use super::conversation::Conversation;
use super::conversation::{Credentials, State as Connection};
use super::event::{CloseReason, Event, Verdict};
use super::negotiate::{self, Channel};
use super::server_end::{ProtocolError, ServerEnd, State, malformed};
use crate::segment::conauth::{Conauth, USER_ID_AND_PASSWORD};
use crate::segment::conn::{Conn, Fcno};
use crate::segment::initial_data::{InitialData, capability1};
use crate::segment::status_data::{StatusCode, StatusData};
use crate::segment::user_id::UserId;
use crate::segment::{ControlFlags, Header, HeaderKind, Segment, SegmentType};

/// Proposals that are answered before a client is taken for one that will not agree.
const PROPOSALS_MAX: u32 = 4;

/// Longest user id that is looked at, in bytes: as the product documents it.
const USER_MAX: usize = 1024;

/// Longest password.
const PASSWORD_MAX: usize = 256;

impl ServerEnd {
    /// Answers [`Event::LookupChannel`].
    pub fn admit(&mut self, channel: Result<Channel, StatusCode>) {
        let State::LookingUp { header, proposal } = std::mem::replace(&mut self.state, State::Greeting)
        else {
            return;
        };
        match channel {
            Err(code) => self.refuse(code, CloseReason::Refused(code)),
            Ok(_) if proposal.capabilities1 & capability1::MQ_REQUEST == 0 => {
                let code = StatusCode::CHANNEL_WRONG_TYPE;
                self.refuse(code, CloseReason::Refused(code));
            }
            Ok(channel) => {
                self.channel = Some(channel);
                self.negotiate(&header, &proposal);
            }
        }
        self.process();
    }

    /// Answers [`Event::Verify`].
    pub fn verified(&mut self, check: u32, verdict: Verdict) {
        self.proved.decide(check, verdict);
        let mut waiting = Vec::new();
        for (number, it) in self.conversations.iter_mut() {
            if it.credentials.decide(check, verdict) && matches!(it.state, Connection::Checking { .. }) {
                waiting.push(number);
            }
        }
        for number in waiting {
            let Some(it) = self.conversations.get_mut(number) else { continue };
            match std::mem::replace(&mut it.state, Connection::Fresh) {
                Connection::Checking { header, conn } => self.connect(header, conn),
                other => it.state = other,
            }
        }
    }

    pub(super) fn proposed(&mut self, header: Header, proposal: InitialData) -> Result<(), ProtocolError> {
        self.proposals += 1;
        if self.proposals > PROPOSALS_MAX
            || self.conversations.iter().map(|(_, it)| it).any(Conversation::is_with_kernel)
        {
            return Err(ProtocolError {
                code: StatusCode::NEGOTIATION_FAILED,
                text: format!("{} proposals", self.proposals),
            });
        }
        match &self.channel {
            Some(_) => self.negotiate(&header, &proposal),
            None => {
                let is_client = proposal.capabilities1 & capability1::MQ_REQUEST != 0;
                self.events.push_back(Event::LookupChannel { name: proposal.channel, is_client });
                self.state = State::LookingUp { header, proposal: Box::new(proposal) };
            }
        }
        Ok(())
    }

    pub(super) fn negotiate(&mut self, header: &Header, proposal: &InitialData) {
        let channel = self.channel.as_ref().expect("it was looked up before");
        let Some((answered, agreement)) = negotiate::answer(proposal, channel, &self.config.qmgr) else {
            let code = StatusCode::NEGOTIATION_FAILED;
            return self.refuse(code, CloseReason::Refused(code));
        };
        let must_change = answered.errors1 != 0 || answered.errors2 != 0;
        self.agreement = Some(agreement);
        self.product = proposal.product_id;
        let flags = if must_change { ControlFlags::ERROR } else { ControlFlags::NONE };
        let reply = self.header(header.kind, header.conversation, header.request, SegmentType::INITIAL_DATA);
        self.outbound.urgent(Header { flags, ..reply }, &answer::body(|w| answered.encode(w)));
        // The first answer is on a plain header. What follows shows whether the client shares the socket.
        self.state = State::Agreeing;
        if header.kind == HeaderKind::Multiplexed {
            self.run(header.kind);
        }
    }

    pub(super) fn run(&mut self, kind: HeaderKind) {
        self.kind = if kind == HeaderKind::Plain { kind } else { HeaderKind::Multiplexed };
        if self.was_connected {
            self.framer.limit(self.transmission_max());
        }
        self.state = State::Running;
    }

    pub(super) fn user_id(&mut self, at: u32, uid: &UserId) {
        let user = Chars::from_str_padded(uid.user());
        self.user = Some(user);
        let Some(it) = self.conversation(at) else { return };
        it.user = Some(user);
        // Compatibility mode: the password comes along, once for all conversations of the socket.
        if !uid.password.is_empty()
            && let Some(checking) = self.verify(at, uid.user().to_owned(), uid.password.clone())
        {
            let former = std::mem::replace(&mut self.proved, checking);
            self.forget_check(&former);
        }
    }

    pub(super) fn conauth(&mut self, header: &Header, conauth: Conauth) {
        let at = header.conversation;
        if self.conversation(at).is_some() {
            let is_taken = conauth.user.len() <= USER_MAX && conauth.password.len() <= PASSWORD_MAX;
            if conauth.authentication_type == USER_ID_AND_PASSWORD && is_taken {
                self.verify(at, text(&conauth.user), conauth.password);
            } else if let Some(it) = self.fresh(at) {
                // Tokens are not supported, and nobody has a longer name or password; that they do not prove
                // anything shows at MQCONN.
                let former = std::mem::replace(&mut it.credentials, Credentials::Wrong);
                self.forget_check(&former);
            }
        }
        // As observed: a client waits for this before it goes on, whatever becomes of its password.
        let status = StatusData { code: StatusCode::OK, value: None };
        let header = self.header(header.kind, at, header.request, SegmentType::STATUS_DATA);
        self.outbound.urgent(header, &answer::body(|w| status.encode(w)));
    }

    /// Has a password checked, in the place of one that came before it: that costs what a refused MQCONN does, since
    /// clients send one and then MQCONN.
    fn verify(&mut self, conversation: u32, user: String, password: Secret) -> Option<Credentials> {
        let check = self.check_next;
        let it = self.fresh(conversation)?;
        let checking = Credentials::Checking { check, user: user.clone() };
        let former = std::mem::replace(&mut it.credentials, checking.clone());
        self.check_next = check.wrapping_add(1);
        if self.forget_check(&former) {
            self.spend_patience();
        }
        self.events.push_back(Event::Verify { conversation, check, user, password });
        Some(checking)
    }

    /// A conversation that may still say who it is.
    fn fresh(&mut self, conversation: u32) -> Option<&mut Conversation> {
        self.conversation(conversation).filter(|it| matches!(it.state, Connection::Fresh))
    }

    /// Ends a check whose credentials nobody has any more. Returns whether it was one.
    pub(super) fn forget_check(&mut self, credentials: &Credentials) -> bool {
        let Credentials::Checking { check, .. } = *credentials else { return false };
        let is_used = self.conversations.iter().any(|(_, it)| it.credentials == *credentials);
        if !is_used && self.proved != *credentials {
            self.events.push_back(Event::ForgetCheck { check });
        }
        true
    }

    pub(super) fn mqconn(&mut self, segment: &Segment) -> Result<(), ProtocolError> {
        let (header, mut r) = (segment.header, segment.reader());
        let error = |error| malformed(&header, error);
        r.skip(crate::segment::api::ApiHeader::LEN).map_err(|truncated| error(truncated.into()))?;
        let conn = Box::new(Conn::decode(&mut r).map_err(error)?);
        let Some(it) = self.conversation(header.conversation) else {
            self.refuse_connect(&header, &conn, Reason::MAX_CONNS_LIMIT_REACHED);
            return Ok(());
        };
        match it.state {
            Connection::Fresh => {}
            _ => {
                self.refuse_connect(&header, &conn, Reason::ALREADY_CONNECTED);
                return Ok(());
            }
        }
        self.connect(header, conn);
        Ok(())
    }

    /// Goes on with an MQCONN as far as the check of its password has come.
    pub(super) fn connect(&mut self, header: Header, conn: Box<Conn>) {
        let conversation = header.conversation;
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        let proved = match &it.credentials {
            Credentials::Checking { .. } => {
                it.state = Connection::Checking { header, conn };
                self.stop_patience();
                return;
            }
            Credentials::Wrong => {
                it.credentials = self.proved.clone();
                self.refuse_connect(&header, &conn, Reason::NOT_AUTHORIZED);
                return;
            }
            Credentials::Proved(user) => Some(user.clone()),
            Credentials::None | Credentials::Unchecked => None,
        };
        let asserted = it.user.or(self.user);
        let local = self.config.local.as_ref();
        let identity = Identity {
            asserted: match local {
                Some(local) => local.user.clone(),
                None => asserted.map(|user| user.as_str().to_owned()).unwrap_or_default(),
            },
            verified: proved.or_else(|| local.map(|local| local.user.clone())),
            channel: match (local, &self.channel) {
                (None, Some(channel)) => Some(channel.name.as_str().to_owned()),
                _ => None,
            },
            address: self.config.address.clone(),
            pid: local.map_or(0, |local| local.pid),
            product: self.product.as_str().to_owned(),
        };
        let connect = Connect {
            qmgr_name: conn.qmgr_name,
            appl_name: conn.appl_name,
            appl_type: conn.appl_type,
            accounting_token: conn.accounting_token,
            options: conn.xoptions,
            former_connection: conn.fcno.as_ref().and_then(Fcno::former_connection),
            identity,
        };
        it.state = Connection::Connecting { header, conn };
        self.stop_patience();
        self.events.push_back(Event::Call { conversation, call: Call::Connect(Box::new(connect)) });
    }

    /// The kernel has answered an MQCONN.
    pub(super) fn connected(&mut self, conversation: u32, reply: Reply) {
        let Some(it) = self.conversations.get_mut(conversation) else { return };
        let Connection::Connecting { header, conn } = std::mem::replace(&mut it.state, Connection::Fresh)
        else {
            return;
        };
        let (qmgr_name, connection_id) = match reply.returned {
            Returned::Connect { qmgr_name, connection_id } => (qmgr_name, connection_id),
            _ => (self.config.qmgr.name, [0; 24]),
        };
        if reply.comp_code == CompCode::Failed {
            self.events.push_back(Event::Ended { conversation });
            it.credentials = self.proved.clone();
            self.spend_patience();
        } else {
            it.state = Connection::Connected;
            it.connection_id = connection_id;
            self.was_connected = true;
            self.framer.limit(self.transmission_max());
            self.renew_patience();
        }
        let answered = conn.reply(qmgr_name, connection_id);
        self.reply_with(&header, (reply.comp_code, reply.reason), &|w| answered.encode(w));
    }

    pub(super) fn refuse_connect(&mut self, header: &Header, conn: &Conn, reason: Reason) {
        let mut refused = conn.reply(self.config.qmgr.name, [0; 24]);
        if let Some(Fcno { flags, .. }) = &mut refused.fcno {
            *flags = 0;
        }
        self.spend_patience();
        self.reply_with(header, (CompCode::Failed, reason), &|w| refused.encode(w));
    }
}

/// User ids in UTF-8, or else in ISO 8859-1, which never fails.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
