//! The vocabulary of the MQI.
//!
//! Everything that the other crates name in common: structures and their bytes, constants, reason codes, names,
//! versions, PCF. Nothing here runs anything: no call, no I/O, no clock.
//!
//! Start with [`wire`] (byte order and character set of whoever sent the bytes), then any structure, [`sro`] for
//! the smallest: its fields stand in one table, from which decoding and encoding follow. Every structure has
//! `decode`, `encode`, `wire_len(version)`, `VERSIONS` and `REASON`, the code of a call that is given a wrong one.

pub mod bno;
pub mod call;
pub mod cbc;
pub mod cbd;
pub mod ccsid;
pub mod cd;
pub mod chars;
pub mod charv;
pub mod cno;
pub mod command;
pub mod constants;
pub mod convert;
pub mod csp;
pub mod ctlo;
pub mod dh;
pub mod dlh;
pub mod eph;
pub mod format;
pub mod gmo;
pub mod md;
pub mod mde;
pub mod name;
pub mod object;
pub mod od;
pub mod pcf;
pub mod pmo;
pub mod property;
pub mod putter;
pub mod reason;
pub mod rfh;
pub mod rfh2;
#[cfg(test)]
mod round_trips;
pub mod sco;
pub mod sd;
pub mod secret;
pub mod sro;
mod structure;
pub mod sts;
pub mod text;
pub mod tm;
pub mod tmc2;
pub mod version;
pub mod wire;
pub mod xqh;

pub use bno::Bno;
pub use cbc::Cbc;
pub use cbd::Cbd;
pub use cd::Cd;
pub use chars::{Chars, Chars8, Chars12, Chars20, Chars28, Chars32, Chars48};
pub use charv::Charv;
pub use cno::Cno;
pub use csp::Csp;
pub use ctlo::Ctlo;
pub use dh::Dh;
pub use dlh::Dlh;
pub use eph::Eph;
pub use gmo::Gmo;
pub use md::Md;
pub use mde::Mde;
pub use name::{ChannelName, NameError, ObjectName};
pub use od::{ObjectRecord, Od, ResponseRecord};
pub use pmo::{Pmo, PutMsgRecord};
pub use property::PropertyValue;
pub use putter::Putter;
pub use reason::{CompCode, Reason};
pub use rfh::Rfh;
pub use rfh2::Rfh2;
pub use sco::Sco;
pub use sd::Sd;
pub use sro::Sro;
pub use structure::Pointer;
pub use sts::Sts;
pub use tm::Tm;
pub use tmc2::Tmc2;
pub use wire::{ByteOrder, Charset, DecodeError, Reader, Truncated, Writer};
pub use xqh::Xqh;
