//! The shell around the kernel.

pub mod checker;
pub mod digest;
pub mod files;
pub mod ini;
pub mod passwords;
pub mod paths;
#[cfg(test)]
mod testing;
pub mod waker;
