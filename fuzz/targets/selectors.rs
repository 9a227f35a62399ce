//! The binary of `src/selectors.rs`.

#![no_main]

fuzz::target!(selectors);
