//! Simulated disks, and the tests that need them.
//!
//! [`SimDisk`] is the disk that loses power; [`Shell`] runs a log on it from a seed; [`power`] cuts power
//! at every step and checks what is left; [`flips`] damages what lies on the disk. The command `sim` runs
//! these at length: `cargo run --release -p sim -- power 1000000 1`.

mod disk;
pub mod flips;
pub mod power;
mod rng;
mod shell;
mod toy;

pub use disk::{Cut, Image, Note, PIECE, Replay, SimDisk, WriteId};
pub use rng::Rng;
pub use shell::{Appended, History, ID, Planted, Reached, Shell, config, read};
pub use toy::{Held, OBJECTS, Toy, body, put, take};
