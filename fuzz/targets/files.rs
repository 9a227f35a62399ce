//! The binary of `src/files.rs`.

#![no_main]

fuzz::target!(files);
