//! What is defined: queues, channels, listeners, the queue manager itself, and the rest of the objects.
//!
//! ```text
//! DEFINE, ALTER, DELETE ──► ObjectRecord ──log──► Registry::apply ──► Definition ──► QmgrAttributes, …
//!                               ▲                                                    fast views for each call
//!                               └── the same way at restart
//! ```
//!
//! A [`Definition`] is a type, a name and an [`mqi::object::AttributeSet`]; the attribute tables of `mqi` give
//! meaning to it. The [`Registry`] holds all definitions in order of class and name, so that displays need no
//! sorting. Invariant: a definition in the registry has a value for every attribute of its type that the table
//! gives an initial value; what is computed when it is shown (CURDEPTH) is not in it.

mod channel;
mod definition;
mod listener;
mod monitoring;
mod qmgr;
mod queue;
mod record;
mod registry;

pub(crate) use channel::ChannelAttributes;
pub(crate) use definition::{Definition, Key, date_and_time};
pub(crate) use listener::ListenerAttributes;
pub(crate) use qmgr::{DISMISSED_EPOCH, QmgrAttributes};
pub(crate) use queue::{DYNAMIC_CREATOR, DYNAMIC_MODEL, DefinitionType, QueueAttributes, QueueKind};
pub(crate) use record::ObjectRecord;
pub(crate) use registry::Registry;
