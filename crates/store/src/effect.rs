//! What the log asks of whoever has the disk, apart from writing groups; and the answers.
//!
//! The order of effects matters only where the log waits for an answer itself, so they may be carried
//! out on any thread, by [`crate::Worker`] for example. A failure other than those named here ends the
//! process.

use crate::buffer::Aligned;
use crate::summary::SealedSummary;

/// Something to do, none of it in a hurry.
#[derive(Debug)]
pub enum Effect {
    /// Make an empty extent, zeroed and durable, its name too.
    CreateExtent {
        /// Its number.
        number: u32,
        /// Its size.
        bytes: u64,
    },
    /// Give an extent that is no longer needed the number of an empty one, durably.
    ReuseExtent {
        /// Its old number.
        from: u32,
        /// Its new number.
        to: u32,
    },
    /// Remove an extent that is no longer needed.
    RemoveExtent {
        /// Its number.
        number: u32,
    },
    /// Write a summary into a sealed extent.
    WriteSummary {
        /// The extent.
        extent: u32,
        /// Offset in bytes.
        offset: u64,
        /// Lays itself out where it is written: a large extent's would hold up the core.
        summary: SealedSummary,
    },
    /// Write two copies of the control file, one after the other, in this order.
    WriteControl {
        /// Which copies, 0 to 2.
        copies: [usize; 2],
        /// Whole pages.
        bytes: Aligned,
    },
    /// Read a piece of an extent, for packing.
    ReadRun {
        /// The extent.
        extent: u32,
        /// Offset in bytes, a multiple of the page size.
        offset: u64,
        /// Bytes, a multiple of the page size.
        len: usize,
    },
}

/// The answer to an effect.
#[derive(Debug)]
pub enum Done {
    /// The extent is there.
    Created {
        /// Its number.
        number: u32,
    },
    /// There was no room for another extent.
    NoRoom,
    /// The extent has its new number.
    Reused {
        /// Its old number.
        from: u32,
        /// Its new number.
        to: u32,
    },
    /// The extent is gone.
    Removed {
        /// Its number.
        number: u32,
    },
    /// The summary is durable.
    SummaryWritten {
        /// The extent.
        extent: u32,
    },
    /// Both copies of the control file are durable.
    ControlWritten,
    /// A larger control file found no room; the checkpoint did not happen.
    ControlNoRoom,
    /// What stands in the extent.
    Run {
        /// As many bytes as were asked for.
        bytes: Aligned,
    },
    /// The disk could not read that piece.
    RunUnreadable,
}
