//! The binary of `src/local.rs`.

#![no_main]

fuzz::target!(local);
