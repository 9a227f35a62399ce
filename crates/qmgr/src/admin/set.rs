//! MQSET: the few attributes of a queue that applications may change.
//!
//! All values are checked before the first one changes. The change is one record, and the reply waits for it.

use mqi::Reason;
use mqi::call::{Hobj, Returned};
use mqi::constants::*;
use mqi::object::{AttributeSet, Value};
use store::Lsn;

use super::inquire::SELECTORS_MAX;
use super::needed::check_way_in;
use crate::conversation::ConvIx;
use crate::handle::Opened;
use crate::kernel::{Kernel, OK, failed};
use crate::object::Definition;
use crate::output::Outputs;

impl Kernel {
    pub(crate) fn set(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        selectors: Vec<i32>,
        ints: Vec<i32>,
        chars: Vec<u8>,
        out: &mut Outputs,
    ) {
        let (outcome, wait) = match self.try_set(conv, hobj, &selectors, &ints, &chars, out) {
            Ok(wait) => (OK, wait),
            Err(reason) => (failed(reason), Lsn::NONE),
        };
        self.reply(conv, outcome, Returned::Set, wait, out);
    }

    fn try_set(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        selectors: &[i32],
        ints: &[i32],
        chars: &[u8],
        out: &mut Outputs,
    ) -> Result<Lsn, Reason> {
        let handle = self.conversations.get(conv).handles.get(hobj).ok_or(Reason::HOBJ_ERROR)?;
        self.check_ending(handle.options & MQOO_FAIL_IF_QUIESCING != 0)?;
        if handle.options & MQOO_SET == 0 || !matches!(handle.opened, Opened::Queue(_) | Opened::Definition) {
            return Err(Reason::NOT_OPEN_FOR_SET);
        }
        let mut definition = self.definition_of(handle)?.clone();
        if selectors.is_empty() {
            return Err(Reason::SELECTOR_COUNT_ERROR);
        }
        if selectors.len() > SELECTORS_MAX {
            return Err(Reason::SELECTOR_LIMIT_EXCEEDED);
        }
        let values = values_of(&definition, selectors, ints, chars)?;
        definition.attributes.merge(&values);
        check_way_in(&definition).map_err(|_| Reason::OBJECT_IN_USE)?;
        self.put_definition(definition, out)
    }
}

/// The values by attribute, each checked.
fn values_of(
    definition: &Definition,
    selectors: &[i32],
    mut ints: &[i32],
    mut chars: &[u8],
) -> Result<AttributeSet, Reason> {
    let mut values = AttributeSet::new();
    for selector in selectors {
        let attribute = definition.object.attribute_by_id(*selector).map_err(|_| Reason::SELECTOR_ERROR)?;
        if !attribute.settable {
            return Err(Reason::SELECTOR_ERROR);
        }
        let value = match attribute.character_length() {
            None => {
                let (first, rest) = ints.split_first().ok_or(Reason::INT_ATTR_COUNT_TOO_SMALL)?;
                ints = rest;
                Value::from(*first)
            }
            Some(length) => {
                let (first, rest) = chars.split_at_checked(length).ok_or(Reason::CHAR_ATTR_LENGTH_ERROR)?;
                chars = rest;
                let text = first.split(|byte| *byte == 0).next().unwrap_or_default();
                Value::Text(String::from_utf8_lossy(text).trim_end().to_owned())
            }
        };
        attribute.check(&value).map_err(|_| reason_of(*selector))?;
        values.set(*selector, value);
    }
    Ok(values)
}

/// What MQSET says of a value that an attribute does not take.
fn reason_of(selector: i32) -> Reason {
    match selector {
        MQIA_INHIBIT_GET | MQIA_INHIBIT_PUT => Reason::INHIBIT_VALUE_ERROR,
        MQIA_TRIGGER_CONTROL => Reason::TRIGGER_CONTROL_ERROR,
        MQIA_TRIGGER_DEPTH => Reason::TRIGGER_DEPTH_ERROR,
        MQIA_TRIGGER_MSG_PRIORITY => Reason::TRIGGER_MSG_PRIORITY_ERR,
        MQIA_TRIGGER_TYPE => Reason::TRIGGER_TYPE_ERROR,
        // DistLists has no reason of its own.
        _ => Reason::SELECTOR_ERROR,
    }
}
