//! The text of one command becomes a [`Command`].
//!
//! The grammar is the command table: verb and noun find a row, the row says what name follows, which options
//! there are and whether attributes are given, asked for, or neither. Nothing here knows a single command.

use mqi::command::table::find as find_command;
use mqi::command::{Command, CommandRow, Message, MessageId, NameRule, Requested, Takes, Verb};
use mqi::constants::*;
use mqi::object::{Access, Attribute, Filter, Kind, ObjectClass, ObjectType, Operator, Value, is_name_byte};

use crate::lexer::{Item, Parameter, parameters};

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq)]
pub enum ParseError {
    /// The text cannot be understood from the end of `segment` on.
    Syntax {
        /// The text up to there.
        segment: String,
        /// What is wrong, for those who look closer than MQSC shows.
        why: String,
        /// The verb, when it was understood.
        verb: Option<Verb>,
        /// The command, when it was understood.
        row: Option<&'static CommandRow>,
        /// The type of object, when it was understood.
        object: Option<ObjectType>,
    },
    /// The text is well formed, but this message is the answer.
    Refused(Message),
}

impl ParseError {
    /// Whether the summary counts it as a syntax error. A command that is not built yet is a valid one that
    /// cannot be processed.
    pub fn is_syntax(&self) -> bool {
        !matches!(self, Self::Refused(message) if message.id == MessageId::NOT_BUILT)
    }

    /// The message that leads the answer, with the completion and reason that PCF and REST give.
    pub fn message(&self) -> Message {
        match self {
            Self::Syntax { segment, .. } => {
                Message::new(MessageId::SYNTAX_ERROR).insert(segment.as_str()).failed(MQRCCF_COMMAND_FAILED)
            }
            Self::Refused(message) => message.clone(),
        }
    }
}

/// Reads one command, its lines joined.
pub fn parse(text: &str) -> Result<Command, ParseError> {
    Parser { text, verb: None, row: None, object: None }.command()
}

struct Parser<'a> {
    text: &'a str,
    verb: Option<Verb>,
    row: Option<&'static CommandRow>,
    object: Option<ObjectType>,
}

impl Parser<'_> {
    fn command(mut self) -> Result<Command, ParseError> {
        let (parameters, failure) = match parameters(self.text) {
            Ok(parameters) => (parameters, None),
            Err(error) => (error.before, Some((error.end, error.why))),
        };
        let row = match self.row_of(&parameters) {
            Ok(row) => row,
            // Brackets that do not match are the earlier error only if verb and noun came before them.
            Err(error) => return Err(failure.map_or(error, |(end, why)| self.syntax(end, why))),
        };
        if let Some((end, why)) = failure {
            return Err(self.syntax(end, why));
        }
        if !row.is_built {
            let command = format!("{} {}", row.verb.keyword(), row.noun);
            return Err(ParseError::Refused(
                Message::new(MessageId::NOT_BUILT).insert(command).failed(MQRCCF_COMMAND_FAILED),
            ));
        }
        let name = self.name(row, &parameters[1])?;
        let mut command = Command::new(row, name);
        let rest = &parameters[2..];
        command.object = self.type_of(row, rest)?;
        self.object = command.object;
        let mut seen: Vec<i32> = Vec::new();
        for parameter in rest {
            let id = self.parameter(&mut command, parameter)?;
            if seen.contains(&id) {
                return Err(self.syntax(parameter.end, "the parameter is repeated"));
            }
            seen.push(id);
        }
        for option in row.options.iter().filter(|option| option.required) {
            if !command.options.contains(option.id.0) {
                return Err(missing(option.keyword));
            }
        }
        if row.verb == Verb::Define && command.like().is_empty() {
            for attribute in command.object.into_iter().flat_map(ObjectType::attributes) {
                if attribute.required && !command.given.contains(attribute.id.0) {
                    return Err(missing(attribute.keyword));
                }
            }
        }
        Ok(command)
    }

    /// Verb and noun.
    fn row_of(&mut self, parameters: &[Parameter]) -> Result<&'static CommandRow, ParseError> {
        let Some(first) = parameters.first() else {
            return Err(self.syntax(self.text.len(), "a command was expected"));
        };
        self.verb = Verb::from_keyword(&first.keyword);
        let (Some(verb), None) = (self.verb, &first.items) else {
            return Err(self.syntax(first.end, "there is no such verb"));
        };
        let Some(second) = parameters.get(1) else {
            return Err(self.syntax(self.text.len(), "the verb stands alone"));
        };
        self.row = find_command(verb, &second.keyword);
        self.row.ok_or_else(|| self.syntax(second.keyword_end, "the verb does not take this noun"))
    }

    /// The name after the noun.
    fn name(&self, row: &CommandRow, noun: &Parameter) -> Result<String, ParseError> {
        let Some(items) = &noun.items else {
            return match row.name {
                NameRule::None | NameRule::Optional => Ok(String::new()),
                NameRule::OptionalGeneric => Ok("*".to_owned()),
                _ => Err(self.syntax(noun.end, "a name was expected")),
            };
        };
        if row.name == NameRule::None {
            return Err(self.syntax(noun.end, "the command takes no name"));
        }
        let [item] = items.as_slice() else {
            return Err(self.syntax(noun.end, "one name was expected"));
        };
        let name = item.text.trim_end();
        if row.name == NameRule::Text {
            return Ok(name.to_owned());
        }
        let is_generic = matches!(row.name, NameRule::Generic | NameRule::OptionalGeneric);
        let stem = name.strip_suffix('*').filter(|_| is_generic).unwrap_or(name);
        let is_channel = matches!(row.class, ObjectClass::Channel | ObjectClass::ChannelStatus);
        let max = if is_channel { 20 } else { 48 };
        let is_blank = name.is_empty();
        if is_blank || stem.len() > max || !stem.bytes().all(is_name_byte) {
            let message = Message::new(MessageId::NAME_ERROR).insert(name);
            return Err(ParseError::Refused(message.failed(MQRCCF_OBJECT_NAME_ERROR)));
        }
        Ok(name.to_owned())
    }

    /// The type of object: from the noun, or from the parameter that tells it.
    fn type_of(&self, row: &CommandRow, rest: &[Parameter]) -> Result<Option<ObjectType>, ParseError> {
        let Some(type_id) = ObjectType::of(row.class).next().map(|object| object.row().type_id) else {
            return Ok(row.object);
        };
        let at = rest.iter().position(|parameter| {
            parameter.items.is_some()
                && row
                    .option(&parameter.keyword)
                    .or_else(|| row.class.attribute(&parameter.keyword))
                    .is_some_and(|attribute| attribute.id.0 == type_id && type_id != 0)
        });
        let is_given = row.takes == Takes::Attributes;
        let Some(at) = at else {
            return match row.object {
                None if is_given && row.class.is_channel() => Err(ParseError::Refused(
                    Message::new(MessageId::TYPE_NOT_FIRST).failed(MQRCCF_PARM_MISSING),
                )),
                None if is_given => Err(missing("TYPE")),
                // Status commands have a type even when none is given.
                None if row.class == ObjectClass::QueueStatus => Ok(Some(ObjectType::QStatusQueue)),
                object => Ok(object),
            };
        };
        if is_given && row.class.is_channel() && at != 0 {
            let message = Message::new(MessageId::TYPE_NOT_FIRST).failed(MQRCCF_PARM_SEQUENCE_ERROR);
            return Err(ParseError::Refused(message));
        }
        let parameter = &rest[at];
        let Some(code) = self.type_code(row, type_id, parameter) else {
            return Err(self.syntax(value_end(parameter), "there is no such type"));
        };
        let class = match (row.class, code) {
            (ObjectClass::QueueStatus, code) if code == i64::from(MQIACF_Q_HANDLE) => {
                ObjectClass::HandleStatus
            }
            (ObjectClass::Connection, code) if code == i64::from(MQIACF_CONN_INFO_HANDLE) => {
                ObjectClass::ConnectionHandle
            }
            (class, _) => class,
        };
        let object = ObjectType::from_code(class, code);
        match (row.object, object) {
            (Some(wanted), Some(given)) if wanted != given && row.class == ObjectClass::Queue => {
                Err(self.syntax(value_end(parameter), "the type is not that of the command"))
            }
            (wanted, given) => Ok(given.or(wanted)),
        }
    }

    fn type_code(&self, row: &CommandRow, type_id: i32, parameter: &Parameter) -> Option<i64> {
        let attribute = row.option_by_id(type_id).or_else(|| row.class.attribute_by_id(type_id))?;
        attribute.parse(&texts(parameter)).ok()?.as_int()
    }

    /// One parameter after the name; returns the identifier of what it is about.
    fn parameter(&self, command: &mut Command, parameter: &Parameter) -> Result<i32, ParseError> {
        let keyword = parameter.keyword.as_str();
        let row = command.row;
        if row.takes == Takes::Names {
            if keyword == "WHERE" && parameter.items.is_some() {
                command.filter = Some(self.filter(command, parameter)?);
                return Ok(0);
            }
            if keyword == "ALL" && parameter.items.is_none() {
                command.requested = Requested::All;
                return Ok(MQIACF_ALL);
            }
        }
        if let Some(option) = row.option(keyword).filter(|option| takes(option, parameter)) {
            let value = self.value(option, parameter)?;
            command.options.set(option.id.0, value);
            return Ok(option.id.0);
        }
        let Some(attribute) = self.attribute(command, keyword) else {
            return Err(self.syntax(parameter.keyword_end, "there is no such parameter"));
        };
        match row.takes {
            Takes::Options => Err(self.syntax(parameter.keyword_end, "the command takes no attributes")),
            Takes::Names if parameter.items.is_some() => {
                Err(self.syntax(value_end(parameter), "an attribute is asked for by its keyword alone"))
            }
            Takes::Names => {
                match &mut command.requested {
                    Requested::All => {}
                    Requested::Some(ids) => ids.push(attribute.id),
                    requested => *requested = Requested::Some(vec![attribute.id]),
                }
                // DISPLAY may repeat an attribute without harm.
                Ok(attribute.id.0.wrapping_neg().wrapping_sub(1_000_000))
            }
            Takes::Attributes => {
                if Some(attribute.id) == command.object.and_then(ObjectType::type_attribute) {
                    return Ok(attribute.id.0);
                }
                if !takes(attribute, parameter) || matches!(attribute.access, Access::Shown | Access::Key) {
                    return Err(self.syntax(parameter.end, "the attribute is not given so"));
                }
                let value = self.value(attribute, parameter)?;
                command.given.set(attribute.id.0, value);
                Ok(attribute.id.0)
            }
        }
    }

    fn attribute(&self, command: &Command, keyword: &str) -> Option<&'static Attribute> {
        match command.object {
            Some(ObjectType::Connection | ObjectType::ConnectionHandle) | None => {
                let class = command.row.class;
                let nested = (class == ObjectClass::Connection)
                    .then(|| ObjectClass::ConnectionHandle.attribute(keyword));
                class.attribute(keyword).or_else(|| nested.flatten())
            }
            Some(object) => object.attribute(keyword).ok(),
        }
    }

    fn value(&self, attribute: &Attribute, parameter: &Parameter) -> Result<Value, ParseError> {
        let value = match attribute.kind {
            Kind::Flag(_) => attribute.parse(std::slice::from_ref(&parameter.keyword)),
            _ => attribute.parse(&texts(parameter)),
        };
        value.map_err(|error| match error {
            mqi::object::AttributeError::Name { .. } | mqi::object::AttributeError::Length { .. }
                if matches!(attribute.kind, Kind::Name { .. } | Kind::Names { .. }) =>
            {
                let message = Message::new(MessageId::NAME_ERROR).insert(attribute.keyword);
                ParseError::Refused(message.failed(error.reason()))
            }
            mqi::object::AttributeError::Length { .. } => {
                let message = Message::new(MessageId::STRING_ERROR).insert(attribute.keyword);
                ParseError::Refused(message.failed(error.reason()))
            }
            error => self.syntax(value_end(parameter), &error.to_string()),
        })
    }

    fn filter(&self, command: &Command, parameter: &Parameter) -> Result<Filter, ParseError> {
        let refused = |why: &str| Err(self.syntax(value_end(parameter), why));
        let items = texts(parameter);
        let [keyword, operator, value] = items.as_slice() else {
            return refused("WHERE takes an attribute, an operator and a value");
        };
        let Some(attribute) = self.attribute(command, keyword) else {
            return refused("WHERE names no attribute");
        };
        let Some(operator) = Operator::from_keyword(operator) else {
            return refused("there is no such operator");
        };
        Filter::parse(attribute, operator, value).or_else(|error| refused(&error.to_string()))
    }

    fn syntax(&self, end: usize, why: &str) -> ParseError {
        ParseError::Syntax {
            segment: self.text[..end.min(self.text.len())].to_owned(),
            why: why.to_owned(),
            verb: self.verb,
            row: self.row,
            object: self.object,
        }
    }
}

fn missing(keyword: &str) -> ParseError {
    let message = Message::new(MessageId::PARAMETER_MISSING).insert(keyword);
    ParseError::Refused(message.failed(MQRCCF_PARM_MISSING))
}

/// Whether brackets are there exactly when the attribute has a value.
fn takes(attribute: &Attribute, parameter: &Parameter) -> bool {
    parameter.items.is_some() != matches!(attribute.kind, Kind::Flag(_))
}

/// The values of a parameter; `KEY()` and `KEY( )` are one blank.
fn texts(parameter: &Parameter) -> Vec<String> {
    let items = parameter.items.as_deref().unwrap_or_default();
    if items.is_empty() {
        return vec![String::new()];
    }
    items.iter().map(|Item { text }| text.clone()).collect()
}

/// The product's segment ends at the value that is wrong, before the bracket.
fn value_end(parameter: &Parameter) -> usize {
    parameter.end.saturating_sub(usize::from(parameter.items.is_some()))
}

#[cfg(test)]
mod tests;
