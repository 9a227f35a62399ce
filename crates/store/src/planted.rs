//! Faults that a test plants to prove that its checks would see them. Without the feature `planted`,
//! which only `sim` asks for, they are constants that the compiler removes.

#[cfg(feature = "planted")]
thread_local! {
    static SKIP_CHECKSUMS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Lets this thread take everything for intact, whatever its checksum says, or stops that.
#[cfg(feature = "planted")]
pub fn skip_checksums(on: bool) {
    SKIP_CHECKSUMS.set(on);
}

/// Whether checksums are looked at.
#[cfg(feature = "planted")]
pub(crate) fn checks_sums() -> bool {
    !SKIP_CHECKSUMS.get()
}

/// Whether checksums are looked at.
#[cfg(not(feature = "planted"))]
pub(crate) const fn checks_sums() -> bool {
    true
}
