//! The binary of `src/mqs_ini.rs`.

#![no_main]

fuzz::target!(mqs_ini);
