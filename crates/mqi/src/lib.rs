//! The vocabulary of the MQI.
//!
//! Everything that the other crates name in common: structures and their bytes, constants, reason codes, names,
//! versions, PCF. Nothing here runs anything: no call, no I/O, no clock.
//!
//! Start with [`wire`] (byte order and character set of whoever sent the bytes), then any structure, [`md`] for
//! one: its fields stand in one table, from which decoding and encoding follow.

pub mod chars;
pub mod constants;
pub mod format;
pub mod name;
pub mod reason;
pub mod version;
pub mod wire;

pub use chars::{Chars, Chars8, Chars12, Chars20, Chars28, Chars32, Chars48};
pub use name::{ChannelName, NameError, ObjectName};
pub use reason::{CompCode, Reason};
pub use wire::{ByteOrder, Charset, DecodeError, Reader, Truncated, Writer};
