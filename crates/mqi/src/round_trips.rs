//! Round trips of every structure, and its lengths against the wire reference. Tests only.

use proptest::prelude::*;

use crate::structure::samples::{Dice, Sample};
use crate::*;

const MIXES: [(ByteOrder, Charset); 4] = [
    (ByteOrder::Big, Charset::Ascii),
    (ByteOrder::Big, Charset::Ebcdic),
    (ByteOrder::Little, Charset::Ascii),
    (ByteOrder::Little, Charset::Ebcdic),
];

macro_rules! structures {
    ($($test:ident: $Name:ident, $reason:literal, [$($version:literal => $len:literal),+];)*) => {
        $(
            #[test]
            fn $test() {
                assert_eq!($Name::REASON, Reason($reason));
                assert_eq!($Name::VERSIONS, [$($version),+]);
                $(assert_eq!($Name::wire_len($version), $len, "version {}", $version);)+

                // Any structure to bytes and back, in every order and character set.
                proptest!(|(seed in prop::collection::vec(any::<u8>(), 1..200))| {
                    let it = $Name::sample(&mut Dice::new(seed));
                    for (order, charset) in MIXES {
                        let mut w = Writer::new(order, charset);
                        it.encode(&mut w);
                        let bytes = w.finish();
                        prop_assert_eq!(bytes.len(), $Name::wire_len(it.version));
                        let mut r = Reader::new(&bytes, order, charset);
                        prop_assert_eq!($Name::decode(&mut r), Ok(it.clone()));
                        prop_assert_eq!(r.remaining(), 0);
                        for cut in [0, 3, 7, bytes.len() - 1] {
                            let mut r = Reader::new(&bytes[..cut], order, charset);
                            prop_assert_eq!($Name::decode(&mut r), Err(DecodeError::Truncated));
                        }
                    }
                });

                // Any bytes that are such a structure to fields and back. No zeros: a NUL in a character field
                // comes back as blanks.
                proptest!(|(
                    noise in prop::collection::vec(1u8.., $Name::wire_len(i32::MAX)),
                    mix in prop::sample::select(&MIXES[..]),
                    version in prop::sample::select($Name::VERSIONS),
                )| {
                    let (order, charset) = mix;
                    let mut w = Writer::new(order, charset);
                    $Name { version, ..$Name::default() }.encode(&mut w);
                    let mut bytes = w.finish();
                    let kept = fixed_bytes(stringify!($Name));
                    let noisy: Vec<u8> = bytes.iter().zip(&noise).enumerate()
                        .map(|(at, (own, noise))| if kept.iter().any(|r| r.contains(&at)) { *own } else { *noise })
                        .collect();
                    bytes.copy_from_slice(&noisy);
                    let it = $Name::decode(&mut Reader::new(&bytes, order, charset)).expect("a valid start");
                    let mut w = Writer::new(order, charset);
                    it.encode(&mut w);
                    prop_assert_eq!(w.finish(), bytes);
                });

                // Bytes that are nothing.
                proptest!(|(bytes in prop::collection::vec(any::<u8>(), 0..100))| {
                    for (order, charset) in MIXES {
                        let _ = $Name::decode(&mut Reader::new(&bytes, order, charset));
                    }
                });

                for version in [0, -1, $Name::VERSIONS[$Name::VERSIONS.len() - 1] + 1] {
                    let mut w = Writer::new(ByteOrder::Big, Charset::Ascii);
                    let mut bytes = { $Name::default().encode(&mut w); w.finish() };
                    let at = fixed_bytes(stringify!($Name))[0].end - 4;
                    bytes[at..at + 4].copy_from_slice(&version.to_be_bytes());
                    let decoded = $Name::decode(&mut Reader::new(&bytes, ByteOrder::Big, Charset::Ascii));
                    assert!(matches!(decoded, Err(DecodeError::Version(_))), "{version}: {decoded:?}");
                }
            }
        )*
    };
}

/// Which bytes of a structure are not free: id and version, then those of an embedded structure.
fn fixed_bytes(name: &str) -> &'static [std::ops::Range<usize>] {
    const USUAL: &[std::ops::Range<usize>] = std::slice::from_ref(&(0..8));
    const NAME_FIRST: &[std::ops::Range<usize>] = std::slice::from_ref(&(20..24));
    match name {
        "Cd" => NAME_FIRST,
        "Xqh" => &[0..8, 104..112],
        _ => USUAL,
    }
}

// Lengths: wire reference, section 7.1.
structures! {
    message_descriptor: Md, 2026, [1 => 324, 2 => 364];
    message_descriptor_extension: Mde, 2248, [2 => 72];
    object_descriptor: Od, 2044, [1 => 168, 2 => 200, 3 => 336, 4 => 400];
    get_options: Gmo, 2186, [1 => 72, 2 => 80, 3 => 100, 4 => 112];
    put_options: Pmo, 2173, [1 => 128, 2 => 152, 3 => 176];
    connect_options: Cno, 2139,
        [1 => 12, 2 => 20, 3 => 148, 4 => 156, 5 => 188, 6 => 208, 7 => 240, 8 => 252];
    subscription_descriptor: Sd, 2424, [1 => 312];
    subscription_request_options: Sro, 2438, [1 => 16];
    status: Sts, 2426, [1 => 224, 2 => 272];
    dead_letter_header: Dlh, 2141, [1 => 172];
    transmission_queue_header: Xqh, 2260, [1 => 428];
    trigger_message: Tm, 2265, [1 => 684];
    trigger_message_in_characters: Tmc2, 2191, [1 => 684, 2 => 732];
    distribution_header: Dh, 2135, [1 => 48];
    callback_descriptor: Cbd, 2444, [1 => 160];
    callback_context: Cbc, 2195, [1 => 48, 2 => 56];
    control_options: Ctlo, 2445, [1 => 20];
    security_parameters: Csp, 2595, [1 => 48, 2 => 68, 3 => 88];
    balancing_options: Bno, 2602, [1 => 20];
    tls_options: Sco, 2380,
        [1 => 532, 2 => 540, 3 => 556, 4 => 560, 5 => 624, 6 => 636, 7 => 656];
    channel_definition: Cd, 2277,
        [1 => 984, 2 => 1312, 3 => 1480, 4 => 1540, 5 => 1552, 6 => 1648, 7 => 1748, 8 => 1844, 9 => 1868,
         10 => 1876, 11 => 1940, 12 => 1944, 13 => 1952];
}
