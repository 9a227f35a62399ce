//! The binary of `src/kernel.rs`.

#![no_main]

fuzz::target!(kernel);
