//! The binary of `src/structures.rs`.

#![no_main]

fuzz::target!(structures);
