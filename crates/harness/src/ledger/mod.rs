//! The ledger: what each thread of the harness asked for and was told, as JSON lines in a file of its own.

pub mod event;
mod reader;
#[cfg(test)]
pub(crate) mod tale;
mod writer;

pub use event::{Census, End, EndKind, Event, Fault, Get, Outcome, Put, Queue, UnitId, Waiting};
pub use reader::read_directory;
pub use writer::{Clock, Writer};
