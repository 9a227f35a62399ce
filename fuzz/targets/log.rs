//! The binary of `src/log.rs`.

#![no_main]

fuzz::target!(log);
