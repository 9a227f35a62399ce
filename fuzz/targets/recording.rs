//! The binary of `src/recording.rs`.

#![no_main]

fuzz::target!(recording);
