//! Units of work: what a conversation has put and got under syncpoint and not resolved yet.
//!
//! A unit of work belongs to the kernel, not to a connection. Its records carry its number, so that a restart finds
//! out what did not commit; one that touched persistent messages ends with a Commit or a Back record.

use store::Lsn;

use crate::arena::Slot;
use crate::number::UowId;
use crate::queue::QueueIx;

/// A message that a unit of work touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) slot: Slot,
    pub(crate) queue: QueueIx,
}

/// One unit of work.
#[derive(Debug)]
pub(crate) struct UnitOfWork {
    pub(crate) id: UowId,
    /// Position of its first record, if it has any.
    pub(crate) first_lsn: Option<Lsn>,
    pub(crate) puts: Vec<Touched>,
    pub(crate) gets: Vec<Touched>,
    /// When it began: wall time in ms.
    pub(crate) started_wall_ms: i64,
    /// It has a message that may never have been shown to the application: only MQCMIT says that it was.
    pub(crate) is_unseen: bool,
}

impl UnitOfWork {
    /// One that has touched nothing.
    pub(crate) fn new(id: UowId, started_wall_ms: i64) -> Self {
        Self { id, first_lsn: None, puts: Vec::new(), gets: Vec::new(), started_wall_ms, is_unseen: false }
    }

    /// Messages put and got.
    pub(crate) fn len(&self) -> usize {
        self.puts.len() + self.gets.len()
    }

    /// Notes a record of this unit of work.
    pub(crate) fn logged(&mut self, lsn: Lsn) {
        self.first_lsn.get_or_insert(lsn);
    }
}

/// Index of a unit of work: the owner of the messages that it touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct UowIx(pub(crate) u32);

/// All units of work in progress.
#[derive(Default)]
pub(crate) struct UnitsOfWork {
    slab: Vec<Option<UnitOfWork>>,
    free: Vec<u32>,
    /// Vectors of ended ones, to be used again.
    spare: Vec<(Vec<Touched>, Vec<Touched>)>,
}

impl UnitsOfWork {
    /// Begins one.
    pub(crate) fn begin(&mut self, id: UowId, started_wall_ms: i64) -> UowIx {
        let mut uow = UnitOfWork::new(id, started_wall_ms);
        if let Some((puts, gets)) = self.spare.pop() {
            (uow.puts, uow.gets) = (puts, gets);
        }
        match self.free.pop() {
            Some(at) => {
                self.slab[at as usize] = Some(uow);
                UowIx(at)
            }
            None => {
                self.slab.push(Some(uow));
                UowIx(self.slab.len() as u32 - 1)
            }
        }
    }

    /// One in progress.
    pub(crate) fn get(&self, ix: UowIx) -> &UnitOfWork {
        self.slab[ix.0 as usize].as_ref().expect("an index is given up with its unit of work")
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, ix: UowIx) -> &mut UnitOfWork {
        self.slab[ix.0 as usize].as_mut().expect("an index is given up with its unit of work")
    }

    /// Ends one; give what is returned back with [`Self::recycle`].
    pub(crate) fn end(&mut self, ix: UowIx) -> UnitOfWork {
        self.free.push(ix.0);
        self.slab[ix.0 as usize].take().expect("an index is given up with its unit of work")
    }

    /// Keeps the memory of an ended one, unless it is much.
    pub(crate) fn recycle(&mut self, uow: UnitOfWork) {
        let (mut puts, mut gets) = (uow.puts, uow.gets);
        if self.spare.len() < 64 && puts.capacity() <= 256 && gets.capacity() <= 256 {
            puts.clear();
            gets.clear();
            self.spare.push((puts, gets));
        }
    }

    /// All in progress, in order of their index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (UowIx, &UnitOfWork)> {
        self.slab.iter().enumerate().filter_map(|(at, uow)| Some((UowIx(at as u32), uow.as_ref()?)))
    }
}
