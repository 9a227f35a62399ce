//! An open object of a conversation.

use mqi::call::Hobj;
use mqi::constants::*;
use mqi::name::ObjectName;

use crate::arena::Slot;
use crate::consumer::{Consumer, Selected};
use crate::context::Context;
use crate::number::MessageNumber;
use crate::queue::QueueIx;
use crate::selection::SelectionIx;
use crate::selector::DirectLookup;

/// What a handle is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A local queue.
    Queue(QueueIx),
    /// The definition of a queue that is not resolved further: MQINQ and MQSET of an alias or remote queue.
    Definition,
    /// The queue manager.
    QueueManager,
    /// A process, by [`Handle::name`].
    Process,
    /// A namelist, by [`Handle::name`].
    Namelist,
}

/// Where a browse stands: after this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) priority: u8,
    pub(crate) number: MessageNumber,
}

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) hobj: Hobj,
    /// Number of this handle, unique for a long time: owner of the messages that it reserves.
    pub(crate) number: u32,
    pub(crate) opened: Opened,
    /// Name of the object as it was opened: that of the alias where there is one; of a dynamic queue its own.
    pub(crate) name: ObjectName,
    /// The alias on the way, if any.
    pub(crate) alias: Option<ObjectName>,
    /// MQOO options, with those that defaults stand for put in.
    pub(crate) options: i32,
    /// DEFPSIST and DEFPRTY of the first definition on the way.
    pub(crate) persistent_by_default: bool,
    pub(crate) priority_by_default: u8,
    /// DEFPRESP of the first definition on the way, MQPRT.
    pub(crate) put_response: i32,
    /// PROPCTL of the first definition on the way, MQPROP.
    pub(crate) property_control: i32,
    /// User that puts through this handle, if not that of the conversation.
    pub(crate) alternate_user: Option<Box<str>>,
    pub(crate) cursor: Option<Cursor>,
    /// Message locked by MQGMO_LOCK.
    pub(crate) locked: Option<Slot>,
    /// Context of the last message got, with MQOO_SAVE_ALL_CONTEXT.
    pub(crate) saved_context: Option<Box<Context>>,
    /// The selector it was opened with, if it is more than an equality of an id.
    pub(crate) selection: Option<SelectionIx>,
    /// The id that the selector it was opened with asks for.
    pub(crate) direct: Option<DirectLookup>,
    pub(crate) consumer: Option<Box<Consumer>>,
    /// What its streaming client wants.
    pub(crate) selected: Option<Box<Selected>>,
    /// This handle made the temporary queue that it is of.
    pub(crate) is_creator: bool,
    /// The definition it was opened by has been changed with FORCE: it can only be closed.
    pub(crate) is_changed: bool,
    /// How often its listener was told that no more messages will come, since the last one came.
    pub(crate) told_of_end: u8,
    /// What it counts for in memory.
    pub(crate) cost: usize,
}

impl Handle {
    /// Whether it is open for getting.
    pub(crate) fn is_input(&self) -> bool {
        self.options & (MQOO_INPUT_SHARED | MQOO_INPUT_EXCLUSIVE) != 0
    }

    /// Whether it is open for putting.
    pub(crate) fn is_output(&self) -> bool {
        self.options & MQOO_OUTPUT != 0
    }

    /// Whether it is open for browsing.
    pub(crate) fn is_browse(&self) -> bool {
        self.options & MQOO_BROWSE != 0
    }

    /// The local queue it is of.
    pub(crate) fn queue(&self) -> Option<QueueIx> {
        match self.opened {
            Opened::Queue(ix) => Some(ix),
            _ => None,
        }
    }
}

/// The handles of one conversation.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    slab: Vec<Option<Box<Handle>>>,
    count: u32,
}

/// The first handle of a conversation has this number: 0 and 1 look like nothing and like a bit.
const FIRST: i32 = 2;

impl Handles {
    /// Number of open handles.
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The number that the next handle will have.
    pub(crate) fn next(&self) -> Hobj {
        let at = self.slab.iter().position(Option::is_none).unwrap_or(self.slab.len());
        Hobj(FIRST + at as i32)
    }

    /// Adds a handle under its number, which [`Self::next`] gave.
    pub(crate) fn insert(&mut self, handle: Box<Handle>) {
        let at = (handle.hobj.0 - FIRST) as usize;
        if at == self.slab.len() {
            self.slab.push(None);
        }
        assert!(self.slab[at].is_none(), "a handle's number is free");
        self.slab[at] = Some(handle);
        self.count += 1;
    }

    fn at(&self, hobj: Hobj) -> Option<usize> {
        usize::try_from(hobj.0.checked_sub(FIRST)?).ok().filter(|at| *at < self.slab.len())
    }

    /// An open handle.
    pub(crate) fn get(&self, hobj: Hobj) -> Option<&Handle> {
        self.slab[self.at(hobj)?].as_deref()
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, hobj: Hobj) -> Option<&mut Handle> {
        let at = self.at(hobj)?;
        self.slab[at].as_deref_mut()
    }

    /// The handle with this number.
    pub(crate) fn by_number(&self, number: u32) -> Option<&Handle> {
        self.iter().find(|handle| handle.number == number)
    }

    /// Takes a handle away.
    pub(crate) fn remove(&mut self, hobj: Hobj) -> Option<Box<Handle>> {
        let at = self.at(hobj)?;
        let handle = self.slab[at].take()?;
        self.count -= 1;
        while self.slab.last().is_some_and(Option::is_none) {
            self.slab.pop();
        }
        Some(handle)
    }

    /// All open handles, in order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Handle> {
        self.slab.iter().flatten().map(|handle| &**handle)
    }
}
