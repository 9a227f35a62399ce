//! The binary of `src/segments.rs`.

#![no_main]

fuzz::target!(segments);
