//! How a structure is written down: one table of fields from which type, defaults, decoding, encoding and lengths
//! follow.
//!
//! ```text
//! structure! {
//!     /// What it is.
//!     pub struct Sro {
//!         id: b"SRO ", reason: SRO_ERROR, default_version: 1,
//!         1 {
//!             /// MQSRO options.
//!             options: i32 = MQSRO_FAIL_IF_QUIESCING,
//!             …
//!         }
//!         2 { …fields that version 2 adds… }
//!     }
//! }
//! ```
//!
//! A structure starts with four characters of id and its version (`lead` instead of `id` names a field that
//! comes first: channel definitions have no id). The fields of every version up to that one follow, in order and
//! without gaps: pointers have four bytes on the wire, so nothing needs alignment. `decode` reads exactly that and
//! leaves later fields at their defaults; `encode` writes exactly that. A newer version number than the last known
//! one is an error in `decode`.

use crate::chars::Chars;
use crate::wire::{Reader, Truncated, Writer};

/// A field of fixed length.
pub(crate) trait Field: Sized {
    /// Bytes on the wire.
    const LEN: usize;
    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated>;
    fn encode(&self, w: &mut Writer);
}

impl Field for i32 {
    const LEN: usize = 4;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.i32()
    }

    fn encode(&self, w: &mut Writer) {
        w.i32(*self);
    }
}

impl Field for i64 {
    const LEN: usize = 8;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.i64()
    }

    fn encode(&self, w: &mut Writer) {
        w.i64(*self);
    }
}

impl<const N: usize> Field for [u8; N] {
    const LEN: usize = N;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.array()
    }

    fn encode(&self, w: &mut Writer) {
        w.bytes(self);
    }
}

impl<const N: usize> Field for [i32; N] {
    const LEN: usize = 4 * N;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        let mut all = [0; N];
        for one in &mut all {
            *one = r.i32()?;
        }
        Ok(all)
    }

    fn encode(&self, w: &mut Writer) {
        for one in self {
            w.i32(*one);
        }
    }
}

impl<const N: usize> Field for Chars<N> {
    const LEN: usize = N;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.chars()
    }

    fn encode(&self, w: &mut Writer) {
        w.chars(self);
    }
}

/// A pointer of the C structure, four bytes on the wire. Its value means something only in the process that made
/// it; what came is kept, so that a structure goes back as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pointer(pub u32);

impl Field for Pointer {
    const LEN: usize = 4;

    fn decode(r: &mut Reader<'_>) -> Result<Self, Truncated> {
        r.u32().map(Self)
    }

    fn encode(&self, w: &mut Writer) {
        w.u32(self.0);
    }
}

macro_rules! structure {
    (
        $(#[$doc:meta])*
        pub struct $Name:ident {
            $(id: $id:literal,)?
            $(lead: $(#[$lead_doc:meta])* $lead:ident: $Lead:ty,)?
            reason: $REASON:ident,
            default_version: $default_version:literal,
            $($since:literal {
                $($(#[$field_doc:meta])* $field:ident: $Field:ty = $default:expr,)*
            })+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Name {
            $($(#[$lead_doc])* pub $lead: $Lead,)?
            /// Version of the structure: how many of the fields exist.
            pub version: i32,
            $($($(#[$field_doc])* pub $field: $Field,)*)+
        }

        impl $Name {
            $(
                /// The characters that the structure starts with.
                pub const STRUC_ID: [u8; 4] = *$id;
            )?

            /// The versions that there are, ascending.
            pub const VERSIONS: &'static [i32] = &[$($since),+];

            /// Reason code of a call that is given a wrong one.
            pub const REASON: $crate::reason::Reason = $crate::reason::Reason::$REASON;

            /// Bytes on the wire, with four-byte pointers. A version that does not exist counts as the next
            /// lower one that does.
            pub const fn wire_len(version: i32) -> usize {
                let mut len = 4;
                $(len += $id.len();)?
                $(len += <$Lead as $crate::structure::Field>::LEN;)?
                $(
                    if version >= $since {
                        $(len += <$Field as $crate::structure::Field>::LEN;)*
                    }
                )+
                len
            }

            /// Reads one structure, exactly as long as its version says.
            pub fn decode(
                r: &mut $crate::wire::Reader<'_>,
            ) -> Result<Self, $crate::wire::DecodeError> {
                let mut it = Self::default();
                $(
                    if r.chars::<4>()?.padded() != $id {
                        return Err($crate::wire::DecodeError::StrucId);
                    }
                )?
                $(it.$lead = $crate::structure::Field::decode(r)?;)?
                it.version = r.i32()?;
                if !Self::VERSIONS.contains(&it.version) {
                    return Err($crate::wire::DecodeError::Version(it.version));
                }
                $(
                    if it.version >= $since {
                        $(it.$field = $crate::structure::Field::decode(r)?;)*
                    }
                )+
                Ok(it)
            }

            /// Writes the fields that the version has.
            pub fn encode(&self, w: &mut $crate::wire::Writer) {
                $(w.chars(&$crate::chars::Chars::new(*$id));)?
                $($crate::structure::Field::encode(&self.$lead, w);)?
                w.i32(self.version);
                $(
                    if self.version >= $since {
                        $($crate::structure::Field::encode(&self.$field, w);)*
                    }
                )+
            }
        }

        /// Initial values, those of the C header.
        impl Default for $Name {
            fn default() -> Self {
                #[allow(unused_imports)]
                use $crate::constants::*;
                Self {
                    $($lead: <$Lead>::default(),)?
                    version: $default_version,
                    $($($field: $default,)*)+
                }
            }
        }

        #[cfg(test)]
        impl $crate::structure::samples::Sample for $Name {
            fn sample(dice: &mut $crate::structure::samples::Dice) -> Self {
                let version = Self::VERSIONS[usize::from(dice.byte()) % Self::VERSIONS.len()];
                let mut it = Self { version, ..Self::default() };
                $(it.$lead = $crate::structure::samples::Sample::sample(dice);)?
                $(
                    if version >= $since {
                        $(it.$field = $crate::structure::samples::Sample::sample(dice);)*
                    }
                )+
                it
            }
        }
    };
}

pub(crate) use structure;

/// Any value of a structure, for property tests: drawn from the bytes that proptest chose, so that it shrinks.
#[cfg(test)]
pub(crate) mod samples {
    use super::{Chars, Pointer};

    /// A supply of bytes that never ends.
    pub(crate) struct Dice(Vec<u8>, usize);

    impl Dice {
        pub(crate) fn new(bytes: Vec<u8>) -> Self {
            Self(bytes, 0)
        }

        pub(crate) fn byte(&mut self) -> u8 {
            let byte = self.0.get(self.1 % self.0.len().max(1)).copied().unwrap_or(0);
            self.1 += 1;
            byte
        }
    }

    pub(crate) trait Sample {
        fn sample(dice: &mut Dice) -> Self;
    }

    impl Sample for i32 {
        fn sample(dice: &mut Dice) -> Self {
            i32::from_le_bytes(Sample::sample(dice))
        }
    }

    impl Sample for i64 {
        fn sample(dice: &mut Dice) -> Self {
            i64::from_le_bytes(Sample::sample(dice))
        }
    }

    impl<const N: usize> Sample for [u8; N] {
        fn sample(dice: &mut Dice) -> Self {
            std::array::from_fn(|_| dice.byte())
        }
    }

    impl<const N: usize> Sample for [i32; N] {
        fn sample(dice: &mut Dice) -> Self {
            std::array::from_fn(|_| Sample::sample(dice))
        }
    }

    impl<const N: usize> Sample for Chars<N> {
        fn sample(dice: &mut Dice) -> Self {
            Self::new(Sample::sample(dice))
        }
    }

    impl Sample for Pointer {
        fn sample(dice: &mut Dice) -> Self {
            Self(u32::from_le_bytes(Sample::sample(dice)))
        }
    }
}
