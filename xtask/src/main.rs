//! `cargo xtask`: tests, tidy, long runs.
fn main() {}
