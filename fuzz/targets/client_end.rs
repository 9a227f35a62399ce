//! The binary of `src/client_end.rs`.

#![no_main]

fuzz::target!(client_end);
