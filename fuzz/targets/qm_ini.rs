//! The binary of `src/qm_ini.rs`.

#![no_main]

fuzz::target!(qm_ini);
