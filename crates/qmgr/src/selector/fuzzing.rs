//! The selectors' door for fuzz targets.

use mqi::Md;
use mqi::rfh2::Rfh2;

use super::naive::{self, Random};
use super::value::Value;
use super::{MessageProperties, Selector};

/// What a selector says of a message: TRUE, FALSE, or none for unknown. An error: it is none.
pub fn select(text: &str, md: &Md, folders: Option<&Rfh2>) -> Result<Option<bool>, mqi::Reason> {
    let selector = Selector::compile(text).map_err(|error| error.reason())?;
    let message = MessageProperties::new(md, folders);
    let truth = match selector.program.evaluate(&message) {
        Value::Bool(truth) => Some(truth),
        Value::Null => None,
        other => panic!("{text}: a condition has the value {other:?}"),
    };
    assert_eq!(selector.program.evaluate_all(&message), selector.program.evaluate(&message), "{text}");
    assert_eq!(selector.matches(&message), truth == Some(true));
    assert!(!selector.is_everything() || truth == Some(true));
    if !selector.needs_folders() {
        let without = MessageProperties::new(md, None);
        assert_eq!(selector.matches(&without), selector.matches(&message), "{text} needs no folders");
    }
    Ok(truth)
}

/// Makes a condition and a message by these choices, and panics unless the compiled program and the naive tree agree.
pub fn compare(below: &mut dyn FnMut(u64) -> u64) {
    naive::agree(&mut Random(below));
}
