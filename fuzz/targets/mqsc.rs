//! The binary of `src/mqsc.rs`.

#![no_main]

fuzz::target!(mqsc);
