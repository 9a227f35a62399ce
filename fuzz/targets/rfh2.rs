//! The binary of `src/rfh2.rs`.

#![no_main]

fuzz::target!(rfh2);
