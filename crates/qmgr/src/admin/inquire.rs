//! MQINQ: attributes by selector, from the same tables and counters as DISPLAY.
//!
//! A selector that objects of other types have is answered with "not applicable" and a warning; one that no object
//! has is an error. Integers come in the order of their selectors, characters one after another, each in its full
//! length.

use mqi::call::{Hobj, Returned};
use mqi::constants::*;
use mqi::object::{Attribute, AttributeSet, Kind, ObjectClass, Value};
use mqi::{CompCode, Reason};
use store::Lsn;

use crate::conversation::ConvIx;
use crate::handle::{Handle, Opened};
use crate::kernel::{Kernel, Outcome, failed, warning};
use crate::object::Definition;
use crate::output::Outputs;

/// Most selectors of a call.
pub(super) const SELECTORS_MAX: usize = 256;

/// Character space is answered in the length asked for up to this; a greater one is not filled with blanks.
const PADDED_MAX: usize = 64 * 1024;

/// What MQINQ returns beside the selectors.
#[derive(Default)]
struct Inquired {
    ints: Vec<i32>,
    chars: Vec<u8>,
    is_inapplicable: bool,
}

impl Kernel {
    pub(crate) fn inquire(
        &mut self,
        conv: ConvIx,
        hobj: Hobj,
        selectors: Vec<i32>,
        int_count: i32,
        char_length: i32,
        out: &mut Outputs,
    ) {
        let (outcome, ints, chars) = match self.try_inquire(conv, hobj, &selectors, int_count, char_length) {
            Ok(done) => done,
            Err(reason) => (failed(reason), Vec::new(), Vec::new()),
        };
        let wait = if outcome.0 == CompCode::Failed { Lsn::NONE } else { Lsn(self.lsn_next().0 - 1) };
        self.reply(conv, outcome, Returned::Inquire { selectors, ints, chars }, wait, out);
    }

    fn try_inquire(
        &self,
        conv: ConvIx,
        hobj: Hobj,
        selectors: &[i32],
        int_count: i32,
        char_length: i32,
    ) -> Result<(Outcome, Vec<i32>, Vec<u8>), Reason> {
        let handle = self.conversations.get(conv).handles.get(hobj).ok_or(Reason::HOBJ_ERROR)?;
        self.check_ending(handle.options & MQOO_FAIL_IF_QUIESCING != 0)?;
        if handle.options & MQOO_INQUIRE == 0 {
            return Err(Reason::NOT_OPEN_FOR_INQUIRE);
        }
        let definition = self.definition_of(handle)?;
        if selectors.is_empty() {
            return Err(Reason::SELECTOR_COUNT_ERROR);
        }
        if selectors.len() > SELECTORS_MAX {
            return Err(Reason::SELECTOR_LIMIT_EXCEEDED);
        }
        let int_count = usize::try_from(int_count).map_err(|_| Reason::INT_ATTR_COUNT_ERROR)?;
        let char_length = usize::try_from(char_length).map_err(|_| Reason::CHAR_ATTR_LENGTH_ERROR)?;
        let attributes = self.attributes_of(definition);
        let mut all = Inquired::default();
        for selector in selectors {
            answer(definition, &attributes, *selector, &mut all)?;
        }
        let outcome = if all.is_inapplicable {
            warning(Reason::SELECTOR_NOT_FOR_TYPE)
        } else if all.ints.len() > int_count {
            warning(Reason::INT_ATTR_COUNT_TOO_SMALL)
        } else if all.chars.len() > char_length {
            warning(Reason::CHAR_ATTRS_TOO_SHORT)
        } else {
            crate::kernel::OK
        };
        all.ints.truncate(int_count);
        all.chars.truncate(char_length);
        if char_length <= PADDED_MAX {
            all.chars.resize(char_length, b' ');
        }
        Ok((outcome, all.ints, all.chars))
    }

    /// The definition behind a handle: that of the name under which the object was opened.
    pub(super) fn definition_of(&self, handle: &Handle) -> Result<&Definition, Reason> {
        if handle.is_changed {
            return Err(Reason::OBJECT_CHANGED);
        }
        let (class, name) = match handle.opened {
            Opened::QueueManager => (ObjectClass::Qmgr, self.config.name.as_str()),
            Opened::Process => (ObjectClass::Process, handle.name.as_str()),
            Opened::Namelist => (ObjectClass::Namelist, handle.name.as_str()),
            Opened::Definition => (ObjectClass::Queue, handle.name.as_str()),
            Opened::Queue(ix) => {
                if self.queues.get(ix).is_deleted {
                    return Err(Reason::Q_DELETED);
                }
                (ObjectClass::Queue, handle.name.as_str())
            }
        };
        let found = match class {
            ObjectClass::Qmgr => self.registry.of_class(class).next(),
            _ => self.registry.get(class, name),
        };
        found.ok_or(Reason::OBJECT_CHANGED)
    }
}

/// Appends the value of one selector.
fn answer(
    definition: &Definition,
    attributes: &AttributeSet,
    selector: i32,
    all: &mut Inquired,
) -> Result<(), Reason> {
    let is_integer = (MQIA_FIRST..=MQIA_LAST).contains(&selector);
    if !is_integer && !(MQCA_FIRST..=MQCA_LAST).contains(&selector) {
        return Err(Reason::SELECTOR_ERROR);
    }
    let object = definition.object;
    let of_type = object.attribute_by_id(selector).ok();
    let attribute = of_type.or_else(|| any_attribute(selector)).ok_or(Reason::SELECTOR_ERROR)?;
    let value = attributes.get(selector).filter(|_| of_type.is_some());
    all.is_inapplicable |= value.is_none();
    if is_integer {
        let number = match value {
            Some(Value::Int(number)) => i32::try_from(*number).unwrap_or(i32::MAX),
            Some(Value::Ints(numbers)) => {
                numbers.first().and_then(|n| i32::try_from(*n).ok()).unwrap_or(MQIAV_UNDEFINED)
            }
            _ => MQIAV_NOT_APPLICABLE,
        };
        all.ints.push(number);
        return Ok(());
    }
    let item = item_length(attribute);
    match value {
        Some(Value::Text(text)) => pad(&mut all.chars, text.as_bytes(), item, b' '),
        Some(Value::List(items)) => items.iter().for_each(|i| pad(&mut all.chars, i.as_bytes(), item, b' ')),
        // Bytes and numbers are no characters; a password is not for anybody's eyes.
        _ => pad(&mut all.chars, b"", item, b'*'),
    }
    Ok(())
}

/// The attribute with this selector of any class that MQINQ can be asked about.
fn any_attribute(selector: i32) -> Option<&'static Attribute> {
    let classes = [ObjectClass::Queue, ObjectClass::Qmgr, ObjectClass::Namelist, ObjectClass::Process];
    classes.into_iter().find_map(|class| class.attribute_by_id(selector))
}

fn item_length(attribute: &Attribute) -> usize {
    match attribute.kind {
        Kind::Texts { max, .. } | Kind::Names { max, .. } => max,
        _ => attribute.character_length().unwrap_or_default(),
    }
}

/// Appends a text in its full length: blank padded, or filled with asterisks when it does not apply.
fn pad(chars: &mut Vec<u8>, text: &[u8], length: usize, filler: u8) {
    let used = text.len().min(length);
    chars.extend_from_slice(&text[..used]);
    chars.resize(chars.len() + length - used, filler);
}
