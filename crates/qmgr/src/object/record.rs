//! The head of an Object record in the log: an object as defined, or that it is gone.
//!
//! ```text
//! version     u8    1
//! action      u8    1 defined, 2 deleted
//! type        u16   number of the type, in the table of this file
//! name        u16 + bytes
//! attributes  u16 count, each:
//!   id        i32   PCF identifier (below zero: our own)
//!   form      u8    1 number, 2 text, 3 list of texts, 4 list of numbers, 5 bytes
//!   value     i64  |  u16 + bytes  |  u16 count, each u16 + bytes  |  u16 count, each i64  |  u16 + bytes
//! ```
//!
//! Integers are big endian. A deletion has the attributes that identify a rule, objects have none. A head is never
//! longer than 64 KiB - 1: [`ObjectRecord::encode`] refuses what would be. Decoding takes any bytes: an error, never
//! a panic, and no more memory than the bytes themselves need.

use std::fmt;

use mqi::object::{AttributeSet, ObjectClass, ObjectType, Value};

use super::definition::Definition;

/// What an Object record says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ObjectRecord {
    /// The object is now this.
    Defined(Definition),
    /// The object with the key of this definition is gone.
    Deleted(Definition),
}

/// Why a head cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// It ends too early, or goes on after its end.
    Length,
    /// Something in it has a value that this version does not know.
    Unknown,
    /// The definition does not fit a head.
    TooLong,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "object record of the wrong length",
            Self::Unknown => "object record of an unknown form",
            Self::TooLong => "definition too long for a record",
        })
    }
}

const VERSION: u8 = 1;
const DEFINED: u8 = 1;
const DELETED: u8 = 2;

impl ObjectRecord {
    /// The head.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, RecordError> {
        let (action, definition) = match self {
            Self::Defined(definition) => (DEFINED, definition),
            Self::Deleted(definition) => (DELETED, definition),
        };
        let mut out = vec![VERSION, action];
        out.extend(number(definition.object).to_be_bytes());
        put_bytes(&mut out, definition.name.as_bytes())?;
        put_count(&mut out, definition.attributes.len())?;
        for (id, value) in definition.attributes.iter() {
            out.extend(id.0.to_be_bytes());
            put_value(&mut out, value)?;
        }
        if out.len() > usize::from(u16::MAX) {
            return Err(RecordError::TooLong);
        }
        Ok(out)
    }

    /// Reads a head. The definition's place is left to the caller, who knows where the record stands.
    pub(crate) fn decode(head: &[u8]) -> Result<Self, RecordError> {
        let mut rest = head;
        let [version, action] = take(&mut rest)?;
        if version != VERSION {
            return Err(RecordError::Unknown);
        }
        let object = of_number(u16::from_be_bytes(take(&mut rest)?)).ok_or(RecordError::Unknown)?;
        let name = take_text(&mut rest)?;
        let mut attributes = AttributeSet::new();
        for _ in 0..u16::from_be_bytes(take(&mut rest)?) {
            let id = i32::from_be_bytes(take(&mut rest)?);
            attributes.set(id, take_value(&mut rest)?);
        }
        if !rest.is_empty() {
            return Err(RecordError::Length);
        }
        let definition = Definition::new(object, &name, attributes);
        match action {
            DEFINED => Ok(Self::Defined(definition)),
            DELETED => Ok(Self::Deleted(definition)),
            _ => Err(RecordError::Unknown),
        }
    }

    /// The deletion of an object: only what identifies it is kept.
    pub(crate) fn deletion(definition: &Definition) -> Self {
        let is_rule = matches!(definition.object.class(), ObjectClass::ChannelAuth | ObjectClass::AuthRecord);
        let attributes = if is_rule { definition.attributes.clone() } else { AttributeSet::new() };
        Self::Deleted(Definition::new(definition.object, &definition.name, attributes))
    }
}

fn put_value(out: &mut Vec<u8>, value: &Value) -> Result<(), RecordError> {
    match value {
        Value::Int(number) => {
            out.push(1);
            out.extend(number.to_be_bytes());
        }
        Value::Text(text) => {
            out.push(2);
            put_bytes(out, text.as_bytes())?;
        }
        Value::List(items) => {
            out.push(3);
            put_count(out, items.len())?;
            for item in items {
                put_bytes(out, item.as_bytes())?;
            }
        }
        Value::Ints(numbers) => {
            out.push(4);
            put_count(out, numbers.len())?;
            for number in numbers {
                out.extend(number.to_be_bytes());
            }
        }
        Value::Bytes(bytes) => {
            out.push(5);
            put_bytes(out, bytes)?;
        }
    }
    Ok(())
}

fn take_value(rest: &mut &[u8]) -> Result<Value, RecordError> {
    let [form] = take(rest)?;
    Ok(match form {
        1 => Value::Int(i64::from_be_bytes(take(rest)?)),
        2 => Value::Text(take_text(rest)?),
        3 => {
            let count = u16::from_be_bytes(take(rest)?);
            Value::List((0..count).map(|_| take_text(rest)).collect::<Result<_, _>>()?)
        }
        4 => {
            let count = u16::from_be_bytes(take(rest)?);
            let number = |_| take(rest).map(i64::from_be_bytes);
            Value::Ints((0..count).map(number).collect::<Result<_, _>>()?)
        }
        5 => Value::Bytes(take_bytes(rest)?.to_vec()),
        _ => return Err(RecordError::Unknown),
    })
}

fn put_count(out: &mut Vec<u8>, count: usize) -> Result<(), RecordError> {
    out.extend(u16::try_from(count).map_err(|_| RecordError::TooLong)?.to_be_bytes());
    Ok(())
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), RecordError> {
    put_count(out, bytes.len())?;
    out.extend(bytes);
    Ok(())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], RecordError> {
    let (first, tail) = rest.split_first_chunk::<N>().ok_or(RecordError::Length)?;
    *rest = tail;
    Ok(*first)
}

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], RecordError> {
    let len = usize::from(u16::from_be_bytes(take(rest)?));
    let (bytes, tail) = rest.split_at_checked(len).ok_or(RecordError::Length)?;
    *rest = tail;
    Ok(bytes)
}

fn take_text(rest: &mut &[u8]) -> Result<String, RecordError> {
    let bytes = take_bytes(rest)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| RecordError::Unknown)
}

/// The number of a type in the log. Numbers are never used again for another type.
fn number(object: ObjectType) -> u16 {
    use ObjectType as T;
    match object {
        T::QLocal => 1,
        T::QModel => 2,
        T::QAlias => 3,
        T::QRemote => 4,
        T::QCluster => 5,
        T::Sdr => 11,
        T::Svr => 12,
        T::Rcvr => 13,
        T::Rqstr => 14,
        T::Svrconn => 15,
        T::Clntconn => 16,
        T::Clussdr => 17,
        T::Clusrcvr => 18,
        T::Amqp => 19,
        T::Listener => 31,
        T::Qmgr => 32,
        T::Topic => 33,
        T::Sub => 34,
        T::AuthCrlLdap => 35,
        T::AuthOcsp => 36,
        T::AuthIdpwOs => 37,
        T::AuthIdpwLdap => 38,
        T::Process => 39,
        T::Namelist => 40,
        T::Service => 41,
        T::CommInfo => 42,
        T::ChlauthBlockUser => 51,
        T::ChlauthBlockAddr => 52,
        T::ChlauthSslPeerMap => 53,
        T::ChlauthAddressMap => 54,
        T::ChlauthUserMap => 55,
        T::ChlauthQmgrMap => 56,
        T::AuthRec => 61,
        // Status is shown, not defined; the numbers only make the table whole.
        T::QStatusQueue => 101,
        T::QStatusHandle => 102,
        T::ChannelStatus => 103,
        T::Connection => 104,
        T::ConnectionHandle => 105,
        T::QmgrStatus => 106,
        T::ListenerStatus => 107,
    }
}

fn of_number(wanted: u16) -> Option<ObjectType> {
    ObjectType::all().find(|object| number(*object) == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqi::constants::*;

    fn definition() -> Definition {
        let mut attributes = AttributeSet::new();
        attributes.set(MQIA_MAX_Q_DEPTH, 5000);
        attributes.set(MQCA_Q_DESC, "größte");
        attributes.set(MQCA_NAMES, vec!["A".to_owned(), String::new()]);
        attributes.set(MQIACH_HDR_COMPRESSION, vec![1_i64, -1]);
        attributes.set(-7, vec![0_u8, 255]);
        Definition::new(ObjectType::QLocal, "Q1", attributes)
    }

    #[test]
    fn records_round_trip() {
        for record in [
            ObjectRecord::Defined(definition()),
            ObjectRecord::Defined(Definition::new(ObjectType::AuthRec, "DEV.**", AttributeSet::new())),
            ObjectRecord::deletion(&definition()),
        ] {
            let head = record.encode().expect("short");
            assert_eq!(ObjectRecord::decode(&head), Ok(record.clone()));
            // Every beginning of it, and it with more behind, is an error.
            for end in 0..head.len() {
                assert!(ObjectRecord::decode(&head[..end]).is_err(), "{record:?} cut at {end}");
            }
            assert_eq!(ObjectRecord::decode(&[head, vec![0]].concat()), Err(RecordError::Length));
        }
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let attributes: AttributeSet = [(MQIA_MAX_Q_DEPTH, 5)].into_iter().collect();
        let head = ObjectRecord::Defined(Definition::new(ObjectType::QLocal, "Q", attributes));
        assert_eq!(
            head.encode().expect("short"),
            [1, 1, 0, 1, 0, 1, b'Q', 0, 1, 0, 0, 0, 15, 1, 0, 0, 0, 0, 0, 0, 0, 5]
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let attributes: AttributeSet = [(MQCA_Q_DESC, "x".repeat(70_000))].into_iter().collect();
        let record = ObjectRecord::Defined(Definition::new(ObjectType::QLocal, "Q", attributes));
        assert_eq!(record.encode(), Err(RecordError::TooLong));
        let attributes: AttributeSet =
            [(1, "x".repeat(40_000)), (2, "x".repeat(40_000))].into_iter().collect();
        let record = ObjectRecord::Defined(Definition::new(ObjectType::QLocal, "Q", attributes));
        assert_eq!(record.encode(), Err(RecordError::TooLong));
    }

    #[test]
    fn numbers_of_types_are_all_different() {
        for object in ObjectType::all() {
            assert_eq!(of_number(number(object)), Some(object));
        }
    }

    #[test]
    fn any_bytes_are_an_error_at_worst() {
        let good = ObjectRecord::Defined(definition()).encode().expect("short");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let _ = ObjectRecord::decode(&bad);
            }
        }
    }
}
