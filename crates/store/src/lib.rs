//! Recovery log of one queue manager, and the home of its persistent messages.
//!
//! Records travel in groups, one group a write. A record is durable once a group at or past its LSN, and
//! all groups before, have been forced. Recovery goes from the last checkpoint to the first invalid group:
//! a torn tail, cut off, unless something says that it had been durable; then the log is damaged.
//! `docs/formats/log.md` has the format byte by byte.
//!
//! ```text
//! kernel ──Record──► Log ──GroupWrite──► LogSink ──► Disk         running: Log does no I/O itself
//!        ◄─durable──     ──Effect──────► Worker  ──►              beside the hot path
//!        ──lsn,len──►    ──Place───────► (shell) ──►              bodies no longer in memory
//! kernel ◄──Item──── Recovery ◄──────────────────── Disk          starting
//! ```
//!
//! One turn of the shell around a running [`Log`]:
//!
//! ```text
//! log.tick(now)                                   every turn
//! while let Some(effect) = log.poll_effect()      give it to the worker; its answer: log.done(done)
//! while let Some(r) = log.poll_relocation()       give it to the kernel: append again, release
//! if log.wants_checkpoint(now)                    log.begin_checkpoint(kernel's state, now)
//! while let Some(group) = log.seal()              sink.submit(group)
//! while let Some(ticket) = sink.completed()?      durable = log.written(ticket, now)
//! before each input to the kernel                 if !log.has_room(), wait until it has
//! if log.space() has changed                      tell the kernel
//! ```
//!
//! A clean end: stop feeding the kernel, wait until no checkpoint is under way, `begin_last_checkpoint`, go on
//! turning until `!is_checkpointing()`; it was clean if `checkpoint() == lsn_next()`.
//!
//! Where to read on: `record.rs`, `group.rs` and `extent.rs` are the format; `log.rs` appends; `recovery.rs`
//! restarts; `checkpoint.rs`, `upkeep.rs` and `pack.rs` keep the log small.

mod buffer;
mod checkpoint;
mod config;
mod control;
mod disk;
mod dump;
mod effect;
mod error;
mod extent;
mod group;
mod kind;
mod live;
mod log;
mod lsn;
mod pack;
#[doc(hidden)]
pub mod planted;
mod record;
mod recovery;
mod scan;
mod sink;
mod summary;
mod upkeep;
mod wire;
mod worker;

pub use buffer::{Aligned, PAGE};
pub use config::{Config, LogType};
pub use control::FILES as CONTROL_FILES;
pub use disk::{Disk, is_full};
pub use dump::dump;
pub use effect::{Done, Effect};
pub use error::Error;
pub use extent::file_name as extent_file_name;
pub use kind::{Kind, MOVED};
pub use log::{GroupWrite, Log, Place, Ticket};
pub use lsn::{Epoch, Lsn, Position};
pub use pack::Relocation;
pub use record::{Body, Damaged, Head, LogId, Record, RecordView, Seed};
pub use recovery::{Item, LiveRecord, Ownership, Recovery, Statistics, create, end, ownership};
pub use sink::{GroupWriter, InlineSink, LogSink};
pub use summary::SealedSummary;
pub use upkeep::{Full, Space};
pub use worker::Worker;
