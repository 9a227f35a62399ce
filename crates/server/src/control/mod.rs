//! What the control commands do with files: creating, deleting and linking queue managers, restoring their
//! default objects, and saying which log is whose.

pub mod adopt;
mod claim;
pub mod create;
pub mod delete;
pub mod link;
pub mod restore;
