//! The binary of `src/server_end.rs`.

#![no_main]

fuzz::target!(server_end);
