//! The messages that the harness sends: each says who it is, in its CorrelId and, where it is long enough, in
//! its body.
//!
//! ```text
//! CorrelId   "LDG1" · run 8 · producer 4 · sequence 8                                            24 bytes
//! body       "LDG1" · run 8 · producer 4 · sequence 8 · priority 1 · persistence 1 · length 4 · CRC-32C 4 · payload
//! ```
//!
//! Numbers are big-endian. The payload is pseudo-random, made from (run, producer, sequence); the checksum in
//! the body covers it. A body shorter than its header is the header's beginning, so that the whole of it is
//! known to the receiver even then. An identity is never used twice, not for a retry either.

use std::fmt;
use std::str::FromStr;

use crate::rng::Rng;

/// Who a message is, within one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The thread that made it.
    pub producer: u32,
    /// 1, 2, … per producer.
    pub sequence: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}.{}", self.producer, self.sequence)
    }
}

impl FromStr for MessageId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (producer, sequence) = text.strip_prefix('p').and_then(|t| t.split_once('.')).ok_or(())?;
        Ok(Self { producer: producer.parse().map_err(|_| ())?, sequence: sequence.parse().map_err(|_| ())? })
    }
}

const MARK: &[u8; 4] = b"LDG1";
const HEADER: usize = 34;

/// What a message says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Number of the run; messages of another run are ghosts.
    pub run: u64,
    /// Who it is.
    pub id: MessageId,
    /// MQMD.Priority.
    pub priority: u8,
    /// MQMD.Persistence is persistent.
    pub is_persistent: bool,
    /// Length of the body in bytes.
    pub length: u32,
    /// How many milliseconds later it is to be delivered; 0: at once. The message itself does not say.
    pub delay_ms: u32,
}

impl Label {
    /// The CorrelId.
    pub fn correl_id(&self) -> [u8; 24] {
        let mut out = [0; 24];
        out[..4].copy_from_slice(MARK);
        out[4..12].copy_from_slice(&self.run.to_be_bytes());
        out[12..16].copy_from_slice(&self.id.producer.to_be_bytes());
        out[16..].copy_from_slice(&self.id.sequence.to_be_bytes());
        out
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        let length = self.length as usize;
        let mut payload = vec![0; length.saturating_sub(HEADER)];
        let mut rng =
            Rng::new(self.run ^ (u64::from(self.id.producer) << 40) ^ self.id.sequence.rotate_left(17));
        for chunk in payload.chunks_mut(8) {
            let word = rng.bits().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        let mut out = Vec::with_capacity(length.max(HEADER));
        out.extend_from_slice(&self.correl_id());
        out.extend_from_slice(&[self.priority, u8::from(self.is_persistent)]);
        out.extend_from_slice(&self.length.to_be_bytes());
        out.extend_from_slice(&crc32c::crc32c(&payload).to_be_bytes());
        out.extend_from_slice(&payload);
        out.truncate(length);
        out
    }

    /// Who a CorrelId names, and in which run; none: it is not one of ours.
    pub fn of_correl_id(correl_id: &[u8; 24]) -> Option<(u64, MessageId)> {
        let (mark, rest) = correl_id.split_first_chunk::<4>()?;
        let (run, rest) = rest.split_first_chunk::<8>()?;
        let (producer, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, _) = rest.split_first_chunk::<8>()?;
        (mark == MARK).then(|| {
            let id = MessageId {
                producer: u32::from_be_bytes(*producer),
                sequence: u64::from_be_bytes(*sequence),
            };
            (u64::from_be_bytes(*run), id)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(sequence: u64, length: u32) -> Label {
        let id = MessageId { producer: 3, sequence };
        Label { run: 7, id, priority: 5, is_persistent: true, length, delay_ms: 0 }
    }

    #[test]
    fn bodies_are_as_long_as_asked_and_say_who_they_are() {
        for length in [0, 1, 33, 34, 35, 41, 1000, 1 << 20] {
            let label = label(9, length);
            let body = label.body();
            assert_eq!(body.len(), length as usize);
            assert_eq!(Label::of_correl_id(&label.correl_id()), Some((7, label.id)));
            if length >= 24 {
                assert_eq!(body[..24], label.correl_id());
            }
        }
        assert_ne!(label(9, 500).body(), label(10, 500).body());
        assert_eq!(Label::of_correl_id(&[0; 24]), None);
    }

    #[test]
    fn names_read_back() {
        let id = MessageId { producer: 3, sequence: 1042 };
        assert_eq!(id.to_string(), "p3.1042");
        assert_eq!("p3.1042".parse(), Ok(id));
        assert_eq!("p3".parse::<MessageId>(), Err(()));
    }
}
