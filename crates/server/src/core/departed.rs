//! Conversations whose sockets have gone, until the kernel has been told.
//!
//! The end of one can be much work: units of work are backed out, temporary queues deleted. Thousands end at once when a
//! program is killed. A few are told in a turn, so that nobody else waits for all of them.

use std::collections::VecDeque;

use qmgr::{ConversationId, Input};

use super::Core;

/// Conversations that are ended in one turn: with as many handles as they may have each takes about half a ms.
const TOLD_MAX: u32 = 4;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Departed {
    waiting: VecDeque<ConversationId>,
    /// How many the kernel has been told of in this turn.
    told: u32,
}

impl Departed {
    /// Whether the kernel is to be told of some.
    pub(super) fn is_any_left(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next that it is to be told of in this turn.
    fn next(&mut self) -> Option<ConversationId> {
        if self.told >= TOLD_MAX {
            return None;
        }
        let next = self.waiting.pop_front()?;
        self.told += 1;
        Some(next)
    }
}

impl Core {
    /// A conversation's socket has gone. The kernel hears of it at once, unless it has heard of many in this turn.
    pub(super) fn depart(&mut self, conversation: ConversationId) {
        self.owners.remove(&conversation);
        self.departed.waiting.push_back(conversation);
        self.tell_departed();
    }

    /// A new turn: more can be told.
    pub(super) fn begin_departures(&mut self) {
        self.departed.told = 0;
        self.tell_departed();
    }

    fn tell_departed(&mut self) {
        while let Some(conversation) = self.departed.next() {
            self.engine.input(Input::Gone { conversation }, self.now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_tells_of_a_few_and_in_order() {
        let mut departed = Departed::default();
        departed.waiting.extend((0..40).map(ConversationId));
        let mut told = Vec::new();
        for turn in 1..=10 {
            departed.told = 0;
            told.extend(std::iter::from_fn(|| departed.next()));
            assert_eq!(told.len(), 40.min(turn * TOLD_MAX as usize));
            assert_eq!(departed.is_any_left(), turn < 10);
        }
        assert!(told.into_iter().eq((0..40).map(ConversationId)));
    }
}
