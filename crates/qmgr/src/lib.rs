//! The queue manager's kernel: one deterministic state machine. Inputs go in with their time, outputs come out; no lock,
//! no clock, no I/O. `server` gives it sockets, a log and time.
//!
//! Begin with [`Kernel`], then follow a call: [`input`] says what can happen, `put.rs` and `get.rs` do it,
//! `log_records.rs` is what of it is written down, [`output`] what the shell is asked to do.
//!
//! | files | about |
//! |---|---|
//! | `kernel`, `input`, `output`, `time`, `timers` | the machine and its edges |
//! | `number`, `entry`, `arena`, `lane`, `id_table`, `hash` | the index: 64 bytes a message, in order, found by id |
//! | `content`, `parts`, `spill` | bytes of messages in memory, places of long ones, what goes to the scratch file |
//! | `budget` | what memory is used for, and when it is used up |
//! | `queue`, `handle`, `conversation`, `unit_of_work` | what owns messages |
//! | `messages` | every change of a message's state |
//! | `connect`, `open`, `resolve`, `close`, `access` | calls about objects |
//! | `put`, `long_put`, `context`, `properties` | calls that put |
//! | `get`, `matching`, `selection`, `shape`, `sending`, `consumer`, `expiry` | calls that get |
//! | `delay`, `deliver`, `own_put` | messages that are delivered later, and other puts of the queue manager itself |
//! | `syncpoint`, `stat` | units of work, asynchronous puts |
//! | `log_records`, `recovery`, `relocate` | the log |
//! | `recording` | inputs and outputs as bytes, and their replay |
//! | `object`, `admin`, `authority`, `selector` | definitions, commands, who may, selectors |

mod access;
mod admin;
mod arena;
mod authority;
mod budget;
mod close;
mod connect;
mod consumer;
mod content;
mod context;
mod conversation;
mod definitions;
mod delay;
mod deliver;
mod entry;
mod expiry;
mod get;
mod handle;
mod hash;
mod id_table;
pub mod input;
mod kernel;
mod lane;
mod log_records;
mod long_put;
mod marks;
mod matching;
mod messages;
mod number;
mod object;
mod open;
pub mod output;
mod own_clock;
mod own_put;
mod parts;
mod properties;
mod put;
mod put_times;
mod queue;
mod recording;
mod recovery;
mod relocate;
mod resolve;
mod selection;
mod selector;
mod sending;
mod server_connection;
mod shape;
mod space;
mod spill;
mod stat;
mod syncpoint;
pub mod time;
mod timers;
mod unit_of_work;

pub use budget::MemoryUse;
pub use conversation::Application;
pub use input::{ConversationId, EndMode, Facts, Input, ListenerFacts, ScratchPlace, SocketFacts, Ticket};
pub use kernel::{Kernel, KernelConfig};
pub use number::{MessageNumber, UowId};
pub use output::{ListenerAction, LogLine, Output, Outputs};
pub use recording::{Digest, Entry as RecordingEntry, Recorder, RecordingError, Replay};
pub use recovery::RecoveryError;
#[cfg(feature = "fuzzing")]
pub use selector::fuzzing as selectors;
pub use server_connection::{ChannelRefusal, ServerConnection};
pub use time::{Mono, Time, WallMs};
