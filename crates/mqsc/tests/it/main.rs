//! Golden scripts, the scripts that make objects, and what holds for any input.

mod any_input;
mod executor;
mod golden;
mod scripts;
