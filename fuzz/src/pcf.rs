//! PCF messages: what can be decoded is encoded and decoded again, in both byte orders.

use mqi::pcf::Message;
use mqi::wire::ByteOrder;

use crate::vectors;

const ORDERS: [ByteOrder; 2] = [ByteOrder::Big, ByteOrder::Little];

pub(crate) fn run(input: &[u8]) {
    for order in ORDERS {
        let Ok(message) = Message::of_bytes(input, order) else { continue };
        for id in [0, 1, 2016, 3015] {
            let _ = (message.find(id), message.int(id), message.text(id));
        }
        for parameter in &message.parameters {
            let value = &parameter.value;
            let _ = (value.as_int(), value.as_text(), value.as_texts(), value.as_ints(), value.kind());
        }
        for other in ORDERS {
            let again = Message::of_bytes(&message.to_bytes(other), other);
            assert_eq!(again.as_ref(), Ok(&message), "{order:?} to {other:?}");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let of = |(_, bytes): (String, Vec<u8>)| bytes;
    let mut seeds: Vec<_> =
        vectors::vectors("mqi").into_iter().filter(|(name, _)| name.starts_with("pcf")).map(of).collect();
    for parameters in samples() {
        let message = Message { parameters, ..Message::default() };
        seeds.extend(ORDERS.map(|order| message.to_bytes(order)));
    }
    seeds
}

fn samples() -> Vec<Vec<mqi::pcf::Parameter>> {
    use mqi::pcf::{Parameter, Value};
    let of = |id, value| Parameter { id, value };
    let text = || b"text".to_vec();
    vec![
        vec![Parameter::int(1, 2), Parameter::text(2016, "Q1"), Parameter::texts(3, ["a", "long"])],
        vec![Parameter::ints(4, [1, 2, 3]), Parameter::bytes(5, b"bytes"), of(6, Value::Int64(-1))],
        vec![of(7, Value::Ints64(vec![1, 2])), of(8, Value::IntFilter { operator: 1, value: 2 })],
        vec![
            of(9, Value::TextFilter { operator: 18, ccsid: 819, text: text() }),
            of(10, Value::BytesFilter { operator: 1, bytes: text() }),
        ],
        vec![Parameter::group(
            11,
            vec![Parameter::int(1, 2), Parameter::group(12, vec![Parameter::int(3, 4)])],
        )],
    ]
}
