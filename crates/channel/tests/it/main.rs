//! Exchanges with the queue manager's end of a socket, through its public interface.

mod golden;
mod limits;
mod memory;
mod peer;
mod script;
