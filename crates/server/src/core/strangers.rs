//! Strangers: sockets of the network on which nobody has connected yet.
//!
//! They are no instances of any channel, and have bounds of their own: so many in all, three quarters of that from one
//! source. Who comes when there are so many takes the place of the one who has been there for longest of the source that
//! has most; who sends a password counts as new. So a source that opens sockets without end takes them from itself, and
//! one that goes about it as clients do is in before its turn comes to leave.
//!
//! Nobody is turned away for how often he comes: who is at the same address and honest would be as well. What comes fast
//! goes fast, and only so many are accepted before those who are there have their turn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustix::process::{Resource, getrlimit};

use super::Core;
use super::slab::Token;
use crate::source::Source;

/// Strangers in all, if there are four times as many descriptors.
const STRANGERS_MAX: usize = 4096;

/// The sockets of one source, by when they came.
type Group = BTreeMap<u64, Token>;

/// How many there are, and since when.
fn rank(group: &Group, source: Source) -> (usize, Reverse<u64>, Source) {
    (group.len(), Reverse(group.keys().next().copied().unwrap_or(u64::MAX)), source)
}

/// All of them.
#[derive(Debug)]
pub(super) struct Strangers {
    max: usize,
    next: u64,
    len: usize,
    groups: BTreeMap<Source, Group>,
    /// The sources that have any, by how many.
    ranks: BTreeSet<(usize, Reverse<u64>, Source)>,
}

impl Default for Strangers {
    fn default() -> Self {
        let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::of(usize::try_from(descriptors / 4).unwrap_or(usize::MAX).min(STRANGERS_MAX))
    }
}

impl Strangers {
    fn of(max: usize) -> Self {
        let (groups, ranks) = Default::default();
        Self { max, next: 0, len: 0, groups, ranks }
    }

    /// One has come. Returns his number, and who has to go for him.
    pub(super) fn come(&mut self, source: Source, token: Token) -> (u64, Option<Token>) {
        let number = self.next;
        self.next += 1;
        self.len += 1;
        let of_source = self.change(source, |tokens| {
            tokens.insert(number, token);
            tokens.len()
        });
        let from = match () {
            () if of_source > (self.max * 3 / 4).max(1) => Some(source),
            () if self.len > self.max => self.ranks.last().map(|(_, _, source)| *source),
            () => None,
        };
        let goes = from.and_then(|source| self.groups.get(&source)?.values().next().copied());
        (number, goes)
    }

    /// One has gone, or is none any more.
    pub(super) fn leave(&mut self, source: Source, number: u64) {
        let was_there = self.change(source, |tokens| tokens.remove(&number).is_some());
        self.len -= usize::from(was_there);
    }

    /// One has sent a password: he counts as new, and gets another number.
    pub(super) fn renew(&mut self, source: Source, number: u64) -> u64 {
        let new = self.next;
        self.next += 1;
        self.change(source, |tokens| {
            if let Some(token) = tokens.remove(&number) {
                tokens.insert(new, token);
            }
        });
        new
    }

    fn change<T>(&mut self, source: Source, change: impl FnOnce(&mut Group) -> T) -> T {
        let group = self.groups.entry(source).or_default();
        self.ranks.remove(&rank(group, source));
        let done = change(group);
        if group.is_empty() {
            self.groups.remove(&source);
        } else {
            self.ranks.insert(rank(group, source));
        }
        done
    }
}

impl Core {
    /// One has come: he may take the place of another.
    pub(super) fn has_come(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        let (number, goes) = self.strangers.come(Source::from(&socket.peer), token);
        socket.stranger = Some(number);
        if let Some(goes) = goes
            && let Some(peer) = self.sockets.get(goes).map(|socket| socket.peer.clone())
        {
            self.log_sent_away(&peer, "it has been there for longest of too many");
            self.remove(goes);
        }
    }

    /// Somebody has connected.
    pub(super) fn is_no_stranger(&mut self, token: Token) {
        let Some(socket) = self.sockets.get_mut(token) else { return };
        if let Some(number) = socket.stranger.take() {
            self.strangers.leave(Source::from(&socket.peer), number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Source = Source::V4([10, 0, 0, 1]);

    fn source(n: u8) -> Source {
        Source::V4([10, 0, 1, n])
    }

    fn token(n: u64) -> Token {
        Token::of_u64(n)
    }

    #[test]
    fn one_source_takes_places_from_itself_only() {
        let mut strangers = Strangers::of(100);
        let (_, goes) = strangers.come(source(1), token(1000));
        assert_eq!(goes, None);
        let mut gone = Vec::new();
        for n in 0..300 {
            if let (_, Some(goes)) = strangers.come(HERE, token(n)) {
                gone.push(goes);
                let number = n - 75;
                strangers.leave(HERE, number + 1);
            }
        }
        assert_eq!((strangers.len, gone.len()), (76, 225));
        assert_eq!((gone[0], gone[224]), (token(0), token(224)), "the oldest goes");
        // There is room for others, and when there is none it is his who has most.
        for n in 0..24 {
            assert_eq!(strangers.come(source(2), token(2000 + n)).1, None);
        }
        assert_eq!(strangers.come(source(3), token(3000)).1, Some(token(225)));
    }

    #[test]
    fn of_many_with_one_each_the_oldest_goes() {
        let mut strangers = Strangers::of(100);
        for n in 0..100 {
            assert_eq!(strangers.come(source(n), token(u64::from(n))).1, None);
        }
        let number = strangers.renew(source(0), 0);
        assert_eq!(strangers.come(source(100), token(100)).1, Some(token(1)));
        strangers.leave(source(1), 1);
        strangers.leave(source(0), number);
        assert_eq!(strangers.come(source(101), token(101)).1, None);
    }

    #[test]
    fn who_has_gone_leaves_nothing() {
        let mut strangers = Strangers::of(100);
        for n in 0..1000 {
            let source = source((n % 7) as u8);
            let (number, goes) = strangers.come(source, token(n));
            assert_eq!(goes, None);
            let number = strangers.renew(source, number);
            strangers.leave(source, number);
            strangers.leave(source, number);
        }
        assert!(strangers.len == 0 && strangers.groups.is_empty() && strangers.ranks.is_empty());
    }
}
