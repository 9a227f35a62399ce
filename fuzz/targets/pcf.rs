//! The binary of `src/pcf.rs`.

#![no_main]

fuzz::target!(pcf);
