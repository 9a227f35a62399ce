//! One connection of one application: who it is, what it has open, its unit of work, the call in progress.

use std::borrow::Cow;
use std::collections::VecDeque;

use mqi::call::{Call, Hobj, Identity};
use mqi::{Chars12, Chars28, Gmo, Md, Sts};
use store::Lsn;

use crate::arena::Slot;
use crate::authority::User;
use crate::content::Content;
use crate::handle::Handles;
use crate::hash::Map;
use crate::input::ConversationId;
use crate::long_put::LongPut;
use crate::matching::Want;
use crate::number::MessageNumber;
use crate::output::Output;
use crate::sending::Sending;
use crate::time::Mono;
use crate::unit_of_work::UowIx;

/// Index of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ConvIx(pub(crate) u32);

/// A get in progress.
#[derive(Debug)]
pub(crate) struct GetCall {
    pub(crate) hobj: Hobj,
    pub(crate) md: Box<Md>,
    pub(crate) gmo: Box<Gmo>,
    pub(crate) buffer_length: i32,
}

/// The call that a conversation waits for.
#[derive(Debug, Default)]
pub(crate) enum InCall {
    /// None.
    #[default]
    None,
    /// A get that no message satisfies yet.
    Waiting(Box<WaitingGet>),
    /// A get whose message is being read.
    Loading(Box<LoadingGet>),
    /// A get whose body is on its way out.
    Sending,
    /// A put whose body is on its way in.
    Receiving(Box<LongPut>),
}

/// See [`InCall::Waiting`].
#[derive(Debug)]
pub(crate) struct WaitingGet {
    pub(crate) get: GetCall,
    pub(crate) want: Want,
    /// When it ends; none: never.
    pub(crate) until: Option<Mono>,
    /// It waits for the scan of a selector only, not for a message to come.
    pub(crate) is_check: bool,
}

/// See [`InCall::Loading`].
#[derive(Debug)]
pub(crate) struct LoadingGet {
    pub(crate) get: GetCall,
    pub(crate) want: Want,
    pub(crate) ticket: u64,
    pub(crate) slot: Slot,
    pub(crate) number: MessageNumber,
    /// Position that must be durable before the message may be shown.
    pub(crate) shown: Lsn,
    /// Of a long message, of which the first part is being read.
    pub(crate) content: Option<Content>,
    /// When it would have ended waiting.
    pub(crate) until: Option<Mono>,
}

/// What MQSTAT reports of asynchronous puts.
#[derive(Debug, Default)]
pub(crate) struct AsyncStatus {
    pub(crate) sts: Sts,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) id: ConversationId,
    pub(crate) connection_id: [u8; 24],
    pub(crate) identity: Identity,
    /// The user that it runs as.
    pub(crate) user: User,
    pub(crate) user_chars: Chars12,
    pub(crate) accounting_token: [u8; 32],
    pub(crate) appl_name: Chars28,
    pub(crate) appl_type: i32,
    /// MQCNO options.
    pub(crate) options: i32,
    pub(crate) handles: Handles,
    pub(crate) uow: Option<UowIx>,
    /// The unit of work was backed out by the queue manager: the next call that has to do with it says so.
    pub(crate) uow_backed_out: bool,
    pub(crate) in_call: InCall,
    pub(crate) async_status: Option<Box<AsyncStatus>>,
    /// A long body on its way out, and what waits behind it.
    pub(crate) sending: Option<Box<Sending>>,
    pub(crate) held: VecDeque<Output>,
    /// Much waits to be sent: its consumers are given nothing more for the time being.
    pub(crate) is_window_closed: bool,
    /// A call that came meanwhile.
    pub(crate) deferred: VecDeque<Call>,
    /// Deliveries counted over all consumers.
    pub(crate) global_message_index: i32,
}

/// What is known about an application that is connected.
#[derive(Clone, Debug)]
pub struct Application<'a> {
    /// Its conversation.
    pub id: ConversationId,
    /// Name of the program, as it says itself.
    pub name: Cow<'a, str>,
    /// The user that it runs as.
    pub user: &'a str,
    /// The channel that it came over; none: it is of this machine.
    pub channel: Option<&'a str>,
    /// Address at the other end of the channel.
    pub address: &'a str,
    /// Its process, if it is of this machine.
    pub pid: u32,
}

impl Conversation {
    pub(crate) fn application(&self) -> Application<'_> {
        Application {
            id: self.id,
            name: self.appl_name.to_text(),
            user: self.user.name.as_str(),
            channel: self.identity.channel.as_deref(),
            address: self.identity.address.as_str(),
            pid: self.identity.pid,
        }
    }

    /// Whether all of a long body has come and is on its way into the scratch file.
    pub(crate) fn is_storing(&self) -> bool {
        matches!(&self.in_call, InCall::Receiving(put) if put.is_complete())
    }
}

/// All conversations.
#[derive(Default)]
pub(crate) struct Conversations {
    slab: Vec<Option<Box<Conversation>>>,
    free: Vec<u32>,
    by_id: Map<u64, ConvIx>,
}

impl Conversations {
    /// Number of conversations.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds one.
    pub(crate) fn insert(&mut self, conversation: Box<Conversation>) -> ConvIx {
        let ix = ConvIx(self.free.pop().unwrap_or_else(|| {
            self.slab.push(None);
            self.slab.len() as u32 - 1
        }));
        self.by_id.insert(conversation.id.0, ix);
        self.slab[ix.0 as usize] = Some(conversation);
        ix
    }

    /// Takes one away.
    pub(crate) fn remove(&mut self, ix: ConvIx) -> Box<Conversation> {
        let conversation =
            self.slab[ix.0 as usize].take().expect("an index is given up with its conversation");
        self.by_id.remove(&conversation.id.0);
        self.free.push(ix.0);
        conversation
    }

    /// The index of a conversation that the shell names.
    pub(crate) fn find(&self, id: ConversationId) -> Option<ConvIx> {
        self.by_id.get(&id.0).copied()
    }

    /// A conversation.
    pub(crate) fn get(&self, ix: ConvIx) -> &Conversation {
        self.slab[ix.0 as usize].as_deref().expect("an index is given up with its conversation")
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, ix: ConvIx) -> &mut Conversation {
        self.slab[ix.0 as usize].as_deref_mut().expect("an index is given up with its conversation")
    }

    /// Whether the index is of a conversation still.
    pub(crate) fn contains(&self, ix: ConvIx) -> bool {
        self.slab.get(ix.0 as usize).is_some_and(Option::is_some)
    }

    /// All, in order of their index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConvIx, &Conversation)> {
        self.iter_from(ConvIx(0))
    }

    /// Those from this index on.
    pub(crate) fn iter_from(&self, from: ConvIx) -> impl Iterator<Item = (ConvIx, &Conversation)> {
        let all = self.slab.iter().enumerate().skip(from.0 as usize);
        all.filter_map(|(at, conversation)| Some((ConvIx(at as u32), conversation.as_deref()?)))
    }
}
