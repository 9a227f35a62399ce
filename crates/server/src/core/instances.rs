//! Instances of channels: sockets of the network over which somebody has connected, for as long as they are there.
//!
//! MaxChannels, MAXINST and MAXINSTC count them, and nobody who has only come: see [`super::strangers`]. Whether there is
//! room is asked when the kernel has let the first one in, so that nobody learns it who may not connect.

use std::collections::HashMap;

use mqi::call::{Reply, Returned};
use mqi::{Chars, CompCode, Reason};
use qmgr::{ChannelRefusal, ConversationId, Input};

use super::{Core, Owner};
use crate::net::Peer;
use crate::source::Source;

/// How many there are.
#[derive(Debug, Default)]
pub(super) struct Instances {
    all: usize,
    by_channel: HashMap<Chars<20>, usize>,
    by_client: HashMap<(Chars<20>, Source), usize>,
}

impl Instances {
    /// Of a channel, and of a channel from one address.
    fn of(&self, channel: Chars<20>, source: Source) -> (usize, usize) {
        let count = |count: Option<&usize>| count.copied().unwrap_or(0);
        (count(self.by_channel.get(&channel)), count(self.by_client.get(&(channel, source))))
    }

    fn add(&mut self, channel: Chars<20>, source: Source) {
        self.all += 1;
        *self.by_channel.entry(channel).or_default() += 1;
        *self.by_client.entry((channel, source)).or_default() += 1;
    }

    /// One is gone.
    pub(super) fn remove(&mut self, channel: Chars<20>, source: Source) {
        self.all -= 1;
        less(&mut self.by_channel, channel);
        less(&mut self.by_client, (channel, source));
    }
}

fn less<K: Eq + std::hash::Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

impl Core {
    /// The kernel has answered a call: if it has let somebody in, there must be room for the socket among the instances
    /// of its channel. Otherwise he is out again, and told so.
    pub(super) fn let_in(&mut self, conversation: ConversationId, reply: &mut Reply) {
        let Returned::Connect { qmgr_name, .. } = reply.returned else { return };
        if reply.comp_code == CompCode::Failed {
            return;
        }
        let Some(Owner::Socket(token, _)) = self.owners.get(&conversation).copied() else { return };
        let Some(socket) = self.sockets.get(token).filter(|socket| !socket.is_instance) else { return };
        let Some(name) = socket.end.channel().map(|channel| channel.name) else { return };
        let (peer, source) = (socket.peer.clone(), Source::from(&socket.peer));
        if matches!(peer, Peer::Local { .. }) {
            return;
        }
        if let Err(full) = self.has_room(name, source) {
            match full {
                Full::Channels => {
                    self.errors.write("AMQ9513", &[self.channels_max.to_string()], &self.clock);
                }
                Full::Channel(why) => self.log_channel_refused(name.as_str(), &peer.to_string(), why),
            }
            self.engine.input(Input::Gone { conversation }, self.now);
            *reply = Reply {
                comp_code: CompCode::Failed,
                reason: Reason::CHANNEL_NOT_AVAILABLE,
                returned: Returned::Connect { qmgr_name, connection_id: [0; 24] },
            };
            return;
        }
        self.instances.add(name, source);
        self.is_no_stranger(token);
        if let Some(socket) = self.sockets.get_mut(token) {
            socket.is_instance = true;
        }
    }

    fn has_room(&self, channel: Chars<20>, source: Source) -> Result<(), Full> {
        if self.instances.all >= self.channels_max as usize {
            return Err(Full::Channels);
        }
        let (in_use, by_client) = self.instances.of(channel, source);
        match self.engine.kernel().server_connection(channel.as_str(), in_use, by_client) {
            Err(why @ (ChannelRefusal::Full(_) | ChannelRefusal::FullForClient(_))) => {
                Err(Full::Channel(why))
            }
            // Of what else there is the kernel has thought.
            _ => Ok(()),
        }
    }
}

/// Of what there are enough.
enum Full {
    Channels,
    Channel(ChannelRefusal),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_counted_by_channel_and_client() {
        const HERE: Source = Source::V4([10, 0, 0, 1]);
        const THERE: Source = Source::V4([10, 0, 0, 2]);
        let name = |name| Chars::from_str_padded(name);
        let mut instances = Instances::default();
        for (channel, source) in [("A", HERE), ("A", HERE), ("A", THERE), ("B", HERE)] {
            instances.add(name(channel), source);
        }
        assert_eq!((instances.all, instances.of(name("A"), HERE)), (4, (3, 2)));
        instances.remove(name("A"), HERE);
        instances.remove(name("A"), THERE);
        assert_eq!((instances.all, instances.of(name("A"), HERE)), (2, (1, 1)));
        assert_eq!(instances.of(name("A"), THERE), (1, 0));
        assert_eq!(instances.by_client.len(), 2);
    }
}
