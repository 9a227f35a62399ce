//! Channels: what queue managers and their clients say to each other, without a socket in sight.
//!
//! Bytes come in, [`framer`] cuts them into segments, [`segment`] knows what each of them means. On top of
//! that stand state machines: [`client::ServerEnd`], the queue manager's end of a socket on which clients
//! hold conversations. It takes bytes, answers and the time, and returns bytes to be sent and things to be
//! done. The shell in `server` owns the socket.
//!
//! Read first: `segment/header.rs`, then `client/server_end.rs`.

pub mod client;
pub mod framer;
mod handshake_limits;
pub mod log;
pub mod segment;
