//! Inquire Queue Manager: the PCF command that agents of administrators begin with, as the command DISPLAY QMGR, and the
//! row that it shows as parameters.
//!
//! ```text
//! MQIACF_Q_MGR_ATTRS   identifiers of attributes, or MQIACF_ALL; absent: all
//! ```

use mqi::command::{Command, ObjectRow, Requested};
use mqi::constants::*;
use mqi::object::{AttributeId, Kind, ObjectClass, Value};
use mqi::pcf::{self, Parameter};

/// The command that these parameters ask for, or why there is none.
pub(super) fn queue_manager(parameters: &[Parameter]) -> Result<Command, i32> {
    let mut requested = Requested::All;
    for parameter in parameters {
        match (parameter.id, &parameter.value) {
            (MQIACF_Q_MGR_ATTRS, pcf::Value::Ints(ids)) if !ids.is_empty() => requested = of_ids(ids)?,
            (MQIACF_Q_MGR_ATTRS, pcf::Value::Ints(_)) => {}
            (_, value) => return Err(unknown_parameter(value)),
        }
    }
    let command = mqsc::parse("DISPLAY QMGR").map_err(|_| MQRCCF_COMMAND_FAILED)?;
    Ok(Command { requested, ..command })
}

fn of_ids(ids: &[i32]) -> Result<Requested, i32> {
    if ids.contains(&MQIACF_ALL) {
        return Ok(Requested::All);
    }
    if ids.iter().any(|id| ObjectClass::Qmgr.attribute_by_id(*id).is_none()) {
        return Err(MQRC_SELECTOR_ERROR);
    }
    Ok(Requested::Some(ids.iter().map(|id| AttributeId(*id)).collect()))
}

/// MQRCCF of a parameter that the command does not have.
fn unknown_parameter(value: &pcf::Value) -> i32 {
    match value {
        pcf::Value::Int(_) | pcf::Value::Int64(_) => MQRCCF_CFIN_PARM_ID_ERROR,
        pcf::Value::Ints(_) | pcf::Value::Ints64(_) => MQRCCF_CFIL_PARM_ID_ERROR,
        pcf::Value::Text { .. } => MQRCCF_CFST_PARM_ID_ERROR,
        pcf::Value::Texts { .. } => MQRCCF_CFSL_PARM_ID_ERROR,
        pcf::Value::Bytes(_) => MQRCCF_CFBS_PARM_ID_ERROR,
        pcf::Value::IntFilter { .. } => MQRCCF_CFIF_PARM_ID_ERROR,
        pcf::Value::TextFilter { .. } => MQRCCF_CFSF_PARM_ID_ERROR,
        pcf::Value::BytesFilter { .. } => MQRCCF_CFBF_PARM_ID_ERROR,
        pcf::Value::Group(_) => MQRCCF_CFGR_PARM_ID_ERROR,
    }
}

/// The attributes that a row shows. A text has the length that its attribute may have.
pub(super) fn parameters(row: &ObjectRow) -> Vec<Parameter> {
    row.attributes.iter().map(|(id, value)| parameter(id.0, value)).collect()
}

fn parameter(id: i32, value: &Value) -> Parameter {
    let int = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    match value {
        Value::Int(number) => Parameter::int(id, int(*number)),
        Value::Ints(numbers) => {
            Parameter { id, value: pcf::Value::Ints(numbers.iter().map(|number| int(*number)).collect()) }
        }
        Value::Text(text) => {
            let width = match ObjectClass::Qmgr.attribute_by_id(id).map(|attribute| attribute.kind) {
                Some(Kind::Text { max } | Kind::Name { max }) => max,
                _ => 0,
            };
            Parameter::text(id, &format!("{text:width$}"))
        }
        Value::List(texts) => Parameter::texts(id, texts.iter().map(String::as_str)),
        Value::Bytes(bytes) => Parameter { id, value: pcf::Value::Bytes(bytes.clone()) },
    }
}

#[cfg(test)]
mod tests {
    use mqi::object::ObjectType;

    use super::*;

    #[test]
    fn attributes_are_asked_for_by_their_ids() {
        let list = |ids: &[i32]| Parameter { id: MQIACF_Q_MGR_ATTRS, value: pcf::Value::Ints(ids.to_vec()) };
        let check = |parameters: &[Parameter], want: Result<Requested, i32>| {
            assert_eq!(queue_manager(parameters).map(|command| command.requested), want);
        };
        check(&[], Ok(Requested::All));
        check(&[list(&[])], Ok(Requested::All));
        check(&[list(&[MQIA_PLATFORM, MQIACF_ALL])], Ok(Requested::All));
        let ids = [MQIA_PLATFORM, MQCA_Q_MGR_NAME, MQIA_COMMAND_LEVEL];
        check(&[list(&ids)], Ok(Requested::Some(ids.map(AttributeId).to_vec())));
        check(&[list(&[MQIA_CURRENT_Q_DEPTH])], Err(MQRC_SELECTOR_ERROR));
        check(&[Parameter::int(MQIACF_Q_MGR_ATTRS, 1)], Err(MQRCCF_CFIN_PARM_ID_ERROR));
        check(&[Parameter::text(MQCA_Q_NAME, "Q")], Err(MQRCCF_CFST_PARM_ID_ERROR));
    }

    #[test]
    fn a_row_becomes_parameters() {
        let attributes = vec![
            (AttributeId(MQCA_Q_MGR_NAME), Value::Text("QM1".to_owned())),
            (AttributeId(MQIA_PLATFORM), Value::Int(MQPL_UNIX.into())),
        ];
        let row = ObjectRow { object: ObjectType::Qmgr, attributes, handles: Vec::new() };
        let want = [
            Parameter::text(MQCA_Q_MGR_NAME, &format!("{:48}", "QM1")),
            Parameter::int(MQIA_PLATFORM, MQPL_UNIX),
        ];
        assert_eq!(parameters(&row), want);
    }
}
