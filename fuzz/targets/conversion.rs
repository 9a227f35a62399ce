//! The binary of `src/conversion.rs`.

#![no_main]

fuzz::target!(conversion);
