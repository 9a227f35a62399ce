//! The core's doors for fuzz targets: connections that nobody has accepted, and turns that wait for nothing.

use std::io;

use super::Core;
use crate::net::Accepted;

impl Core {
    /// Takes a connection as if it had been accepted.
    pub fn take_connection(&mut self, accepted: Accepted) {
        self.accepted(accepted);
    }

    /// One turn with what is there.
    pub fn turn_at_once(&mut self) -> io::Result<()> {
        self.turn_within(0)
    }

    /// Whether the queue manager has been told to end, or has ended.
    pub fn is_ending(&self) -> bool {
        self.ending.is_some() || self.end_asked.is_some()
    }

    /// Connections that there are.
    pub fn connection_count(&self) -> usize {
        self.sockets.len()
    }
}
