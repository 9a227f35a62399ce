//! Drivers of everything that takes bytes from outside: one file for each kind of input, a function of bytes that
//! panics when something is wrong.
//!
//! ```text
//! cargo xtask test fuzz          all corpora, then a minute each: what CI runs
//! cargo xtask long fuzz [MIN]    an hour each, a table for docs/evidence.md
//! cargo xtask fuzz NAME [ARGS]   one target by hand; libFuzzer's arguments follow
//! cargo xtask fuzz merge [DIR]   makes the corpora small again, with what was found in DIR
//! ```
//!
//! A driver drives the real code, looks at whatever can be known of the result (what was decoded is encoded and decoded
//! again, a condition is evaluated a second way, a log gives right bytes or none) and keeps nothing from one input to
//! the next. `corpus/NAME.pack` holds the inputs that together reach all that was ever reached, [`corpus`] its format;
//! `cargo test -p fuzz` replays them without the engine. An input that has brought something down becomes a test of the
//! crate concerned and stays in the corpus.
//!
//! The engine is libFuzzer, with the compiler's own coverage (`xtask/src/fuzz.rs` has the flags). It is behind the
//! feature `engine`, so that the drivers build, and are checked, like everything else.

mod client_end;
mod commands;
mod conversion;
pub mod corpus;
mod dice;
mod files;
mod kernel;
mod local;
mod log;
mod mqs_ini;
mod mqsc;
mod pcf;
mod place;
mod qm_ini;
mod recording;
mod records;
mod rfh2;
mod segments;
mod selectors;
mod server_end;
mod structures;
mod vectors;

#[path = "../../crates/qmgr/tests/it/storm.rs"]
#[allow(dead_code, reason = "the test around it is not this crate's")]
mod storm;
#[path = "../../crates/qmgr/tests/it/world.rs"]
#[allow(dead_code, reason = "only what the storm needs is used")]
mod world;

pub use place::leave;

/// What `storm.rs` draws from, here the engine's bytes.
mod model {
    pub(crate) use crate::kernel::Dice;
}

/// One kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the binary, the corpus and the dictionary.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident)*) => {
        /// All of them.
        pub static TARGETS: &[Target] =
            &[$(Target { name: stringify!($name), run: $name::run, seeds: $name::seeds }),*];

        $(
            #[doc = concat!("Takes one input of `", stringify!($name), "`.")]
            pub fn $name(input: &[u8]) {
                $name::run(input);
            }
        )*
    };
}

targets! {
    client_end commands conversion files kernel local log mqs_ini mqsc pcf qm_ini recording records rfh2 segments
    selectors server_end structures
}

/// The entry of a target's binary.
#[cfg(feature = "engine")]
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        ::libfuzzer_sys::fuzz_target!(|input: &[u8]| $crate::$name(input));
    };
}
