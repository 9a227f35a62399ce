//! The binary of `src/records.rs`.

#![no_main]

fuzz::target!(records);
