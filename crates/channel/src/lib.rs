//! Channels: what queue managers and their clients say to each other, without a socket in sight.
//!
//! Bytes come in, [`framer`] cuts them into segments, [`segment`] knows what each of them means.
//!
//! Read first: `segment/header.rs`.

pub mod framer;
pub mod segment;
