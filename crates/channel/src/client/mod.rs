//! Client connections: both ends of a socket on which applications call a queue manager.
//!
//! ```text
//! bytes ─► framer ─► ServerEnd ─► Event::Call ─► kernel
//!                       ▲                          │
//! bytes ◄─ outbound ◄───┴──── reply, deliver, … ◄──┘
//! ```
//!
//! [`ServerEnd`] is the queue manager's end, [`ClientEnd`] that of our own programs. Neither has a socket or
//! a clock. What the queue manager's end expects and answers is what IBM's clients were seen to send and
//! accept: `docs/protocol.md`.

mod answer;
mod by_id;
mod calls;
pub mod client_end;
mod conversation;
mod event;
mod handshake;
mod heartbeat;
mod inbound;
mod negotiate;
mod outbound;
mod protection;
mod request;
mod server_end;
mod unconnected;

pub use client_end::{ClientConfig, ClientEnd, ClientEvent};
pub use event::{CloseReason, Config, Counters, Event, Local, Verdict};
pub use negotiate::{Agreement, Channel, FAP_LEVEL, QueueManager, TRANSMISSION_MAX};
pub use server_end::ServerEnd;
