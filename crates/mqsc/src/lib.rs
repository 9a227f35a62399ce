//! MQSC, the command language: text to commands, replies to text, and the conversation of `runmqsc`.
//!
//! ```text
//! lines ──► lines.rs ──► lexer.rs ──► parser.rs ──► Command ──► (the kernel) ──► CommandReply ──► print.rs
//!           comments,    words and    the command                                                 two columns
//!           continuation values       table
//! ```
//!
//! The tables of commands, objects and attributes are `mqi`'s; this crate reads and shows them. It runs no
//! command and does no I/O: [`session::Session`] says what to print and what to send. Start with `parser.rs`.
//! What messages say stands in [`catalog`].

pub mod catalog;
pub mod complete;
mod lexer;
pub mod lines;
pub mod parser;
pub mod print;
pub mod scripts;
pub mod session;

pub use parser::{ParseError, parse};
pub use session::{Answer, Session, SessionOptions, Step};
