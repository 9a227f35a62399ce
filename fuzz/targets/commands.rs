//! The binary of `src/commands.rs`.

#![no_main]

fuzz::target!(commands);
