//! The survival harness: does the queue manager keep its promises while the world breaks?
//!
//! It stands outside the queue manager. Producers, consumers and movers talk to it over TCP with a user and a
//! password, as any application would, and write every call and every answer into a **ledger** on storage that
//! is not under fault. Meanwhile the queue manager is killed, stopped, starved of disk, or handed errors by the
//! operating system. Afterwards what is left is drained, and pure functions over the ledger say whether each
//! message is where the answers said that it would be.
//!
//! ```text
//! campaign ──starts, kills──► queue manager ◄──TCP── producers, movers, consumers ──► ledger files
//!     │                                                                                    │
//!     └── census after each restart, final drain ──► ledger ──► History ──► check::* ──► violations
//! ```
//!
//! The harness never trusts the system under test: identity, length and checksum of each message are made
//! here, and only the answers given to the applications count. Begin with [`ledger::event`], then
//! [`history`], then any file of [`check`].

pub mod application;
pub mod attacks;
pub mod campaign;
pub mod census;
pub mod check;
pub mod client;
pub mod delayed;
pub mod disk_errors;
pub mod disk_full;
pub mod displays;
#[cfg(test)]
mod fake;
pub mod gate;
pub mod history;
pub mod ledger;
pub mod message;
pub mod process;
pub mod replay;
pub mod rng;
pub mod spill;
pub mod strace;
pub mod wire;
pub mod workload;
