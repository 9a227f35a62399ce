//! The store on simulated disks: crash tests in short, and the proof that they would see a fault.

mod behaviour;
mod crash;
mod places;
