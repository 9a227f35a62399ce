//! Tests of the kernel from outside: inputs in, outputs out.

mod admin;
mod clock;
mod delays;
mod flights;
mod forged;
mod kernel;
mod lists;
mod memory;
mod model;
mod options;
mod permissions;
mod putters;
mod replay;
mod size;
mod standing;
mod storm;
mod world;
