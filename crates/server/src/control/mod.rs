//! What the control commands do with files: creating, deleting and linking queue managers, and saying which
//! log is whose.

pub mod adopt;
mod claim;
pub mod create;
pub mod delete;
pub mod link;
