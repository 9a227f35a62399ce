//! The shell around the kernel: the only crate with sockets, threads, files and clocks.
//!
//! ```text
//! paths, ini, qm_ini, status      where a queue manager lives and how it is doing
//! lock, pairing ─► holding        that it runs once, and with its own log
//! holder, signals                 who runs it, and how that process is told to end
//! control/                        creating, deleting, linking one
//! restart ─► engine               from a log directory to kernel and log at work
//! instance ─► core                one running queue manager: the loop over sockets, kernel and log
//! local_socket, attach            where programs of this machine speak to it, and the client that our commands are
//! watch                           what commands need of the system: an orderly end
//! ```
//!
//! Start with `core/mod.rs`.

pub mod attach;
mod audit_log;
pub mod checker;
pub mod clock;
pub mod control;
pub mod core;
pub mod digest;
pub mod disk;
pub mod engine;
pub mod environ;
pub mod error_log;
pub mod files;
pub mod guard;
pub mod holder;
pub mod holding;
pub mod ini;
pub mod instance;
pub mod listener_process;
pub mod local_socket;
pub mod lock;
mod log_files;
mod log_rate;
pub mod net;
pub mod offline;
pub mod pairing;
pub mod passwords;
pub mod paths;
pub mod progress;
pub mod qm_ini;
pub mod restart;
pub mod signals;
pub mod source;
pub mod status;
pub mod sys;
pub mod tape;
#[cfg(test)]
mod testing;
pub mod users;
pub mod waker;
pub mod watch;
