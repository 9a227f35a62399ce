//! What the control commands do with files: creating and deleting queue managers.

pub mod create;
pub mod delete;
