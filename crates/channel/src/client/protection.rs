//! The message protection policy of a queue, as a client is told with a queue that it opens: none.
//!
//! A client that is told nothing looks for policies itself, on a queue that no application may open. The
//! policy is a PCF message of user format in high-first order; the numbers of its parameters have no public
//! names, their values are those recorded from a queue manager for a queue without protection.

use mqi::Chars;
use mqi::constants::{MQCFC_LAST, MQCFT_USER};
use mqi::pcf::{Cfh, Message, Parameter, Value};
use mqi::wire::ByteOrder;

/// Character set of the queue's name.
const CCSID: i32 = 819;

/// Where messages go that fail a policy.
pub(super) const ERROR_QUEUE: &str = "SYSTEM.PROTECTION.ERROR.QUEUE";

/// The policy "no protection" of a queue: 216 bytes.
pub(super) fn none(queue: &Chars<48>) -> Vec<u8> {
    let header = Cfh { kind: MQCFT_USER, version: 3, control: MQCFC_LAST, ..Cfh::default() };
    let header = Cfh { command: 0, ..header };
    let name = Value::Text { ccsid: CCSID, text: queue.padded().to_vec() };
    let mut parameters = vec![Parameter::int(5, 1), Parameter { id: 6, value: name }];
    parameters.extend([7, 8, 9, 14, 10, 12].map(|id| Parameter::int(id, 0)));
    Message { header, parameters }.to_bytes(ByteOrder::Big)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_recorded() {
        let bytes = none(&Chars::from_str_padded("Q"));
        let want = "00000008 00000024 00000003 00000000 00000001 00000001 00000000 00000000 00000008 \
                    00000003 00000010 00000005 00000001 00000004 00000044 00000006 00000333 00000030 51202020";
        let want: Vec<u8> = want
            .split_whitespace()
            .flat_map(|word| u32::from_str_radix(word, 16).unwrap().to_be_bytes())
            .collect();
        assert_eq!(bytes.len(), 216);
        assert_eq!(bytes[..want.len()], want);
        assert_eq!(bytes[200..], [0, 0, 0, 3, 0, 0, 0, 16, 0, 0, 0, 12, 0, 0, 0, 0]);
    }
}
