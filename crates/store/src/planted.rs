//! Faults that a test plants to prove that its checks would see them. Without the feature `planted`,
//! which only `sim` asks for, they are constants that the compiler removes.

#[cfg(feature = "planted")]
mod switch {
    use std::cell::Cell;
    use std::thread::LocalKey;

    thread_local! {
        static SKIP: Cell<bool> = const { Cell::new(false) };
    }

    /// A fault that this thread can switch on.
    pub struct Switch(&'static LocalKey<Cell<bool>>);

    impl Switch {
        /// Whether the fault is on.
        pub fn get(&self) -> bool {
            self.0.get()
        }

        /// Switches the fault on or off for this thread.
        pub fn set(&self, on: bool) {
            self.0.set(on);
        }
    }

    /// Take every record for intact, whatever its checksum says.
    pub static SKIP_CHECKSUMS: Switch = Switch(&SKIP);
}

#[cfg(not(feature = "planted"))]
mod switch {
    pub(crate) struct Never;

    impl Never {
        pub(crate) const fn get(&self) -> bool {
            false
        }
    }

    pub(crate) static SKIP_CHECKSUMS: Never = Never;
}

#[cfg(feature = "planted")]
pub use switch::SKIP_CHECKSUMS;
#[cfg(not(feature = "planted"))]
pub(crate) use switch::SKIP_CHECKSUMS;
