//! Replies as MQSC shows them (queue-manager reference, 4.3 and 23.1).
//!
//! ```text
//! AMQ8409I: Display Queue details.
//!    QUEUE(Q1)                               TYPE(QLOCAL)
//!    CURDEPTH(2)                             MAXDEPTH(9)
//!    DESCR(A text of forty characters or more has a line of its own)
//! ```
//!
//! Columns begin at 3 and 43: an attribute is padded to 40 characters, one that does not leave a blank at the
//! end of them stands alone.

use mqi::command::{CommandReply, CommandRow, Message, ObjectRow, ReplyEntry, Takes, Verb};
use mqi::command::{NameRule, table};
use mqi::object::{Access, Attribute, Kind, ObjectType, Value};
use mqi::text::inert;

use crate::catalog;
use crate::parser::ParseError;

const INDENT: &str = "   ";
const COLUMN: usize = 40;

/// How a reply is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Message numbers carry their severity letter; AMQ_DIAGNOSTIC_MSG_SEVERITY=0 takes it away.
    pub has_severity: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { has_severity: true }
    }
}

/// The lines of a reply.
pub fn reply(reply: &CommandReply, style: Style) -> Vec<String> {
    reply.entries.iter().flat_map(|entry| entry_lines(entry, style)).collect()
}

/// The lines of one result, which PCF sends in a message of its own.
pub fn entry_lines(entry: &ReplyEntry, style: Style) -> Vec<String> {
    match entry {
        ReplyEntry::Message(message) => vec![catalog::text(message, style.has_severity)],
        ReplyEntry::Object(row) => object(row, style),
    }
}

/// The lines of an object: heading, attributes, handles.
pub fn object(row: &ObjectRow, style: Style) -> Vec<String> {
    let heading = Message::new(row.object.class().row().displayed);
    let mut lines = vec![catalog::text(&heading, style.has_severity)];
    attributes(row, &mut lines);
    for handle in &row.handles {
        lines.push(String::new());
        attributes(handle, &mut lines);
    }
    lines
}

fn attributes(row: &ObjectRow, lines: &mut Vec<String>) {
    let mut layout = Layout { lines, open: None };
    for (id, value) in &row.attributes {
        let Some(attribute) = attribute_of(row.object, id.0) else { continue };
        if attribute.new_line {
            layout.end_line();
        }
        if attribute.stacked && matches!(value, Value::List(items) if items.len() > 1) {
            layout.stack(attribute.keyword, &shown_items(attribute, value));
        } else {
            layout.add(attribute_text(attribute, value));
        }
    }
    layout.end_line();
}

/// The row for the object's own type, else any of the class: a reply may show more than a type has by itself.
fn attribute_of(object: ObjectType, id: i32) -> Option<&'static Attribute> {
    object.attribute_by_id(id).ok().or_else(|| object.class().attribute_by_id(id))
}

/// `KEY(VALUE)`, a blank value as one blank; a flag is its word alone.
pub fn attribute_text(attribute: &Attribute, value: &Value) -> String {
    let items = shown_items(attribute, value);
    if matches!(attribute.kind, Kind::Flag(_)) {
        return items.join(",");
    }
    let blank_as_blank = |item: String| if item.is_empty() { " ".to_owned() } else { item };
    let shown: Vec<String> = items.into_iter().map(blank_as_blank).collect();
    let shown = if shown.is_empty() { " ".to_owned() } else { shown.join(",") };
    format!("{}({shown})", attribute.keyword)
}

/// The items of a value. Applications have chosen some of them: none steers a terminal or makes a line of its own.
fn shown_items(attribute: &Attribute, value: &Value) -> Vec<String> {
    attribute.show(value).into_iter().map(|item| inert(&item).into_owned()).collect()
}

struct Layout<'a> {
    lines: &'a mut Vec<String>,
    /// The left attribute of a line that has room for another.
    open: Option<String>,
}

impl Layout<'_> {
    fn add(&mut self, text: String) {
        let is_short = text.chars().count() < COLUMN;
        match self.open.take() {
            Some(left) if is_short => {
                let padding = " ".repeat(COLUMN.saturating_sub(left.chars().count()));
                self.lines.push(format!("{INDENT}{left}{padding}{text}"));
            }
            Some(left) => {
                self.lines.push(format!("{INDENT}{left}"));
                self.lines.push(format!("{INDENT}{text}"));
            }
            None if is_short => self.open = Some(text),
            None => self.lines.push(format!("{INDENT}{text}")),
        }
    }

    /// A list with a line for each item, the commas before them.
    fn stack(&mut self, keyword: &str, items: &[String]) {
        self.end_line();
        let comma_at = " ".repeat(keyword.len());
        for (at, item) in items.iter().enumerate() {
            let open = if at == 0 { format!("{keyword}(") } else { format!("{comma_at},") };
            let close = if at + 1 == items.len() { ")" } else { "" };
            self.lines.push(format!("{INDENT}{open}{item}{close}"));
        }
    }

    fn end_line(&mut self) {
        if let Some(left) = self.open.take() {
            self.lines.push(format!("{INDENT}{left}"));
        }
    }
}

/// The lines of a command that could not be parsed: the segment and what would have been valid, or the message.
pub fn parse_error(error: &ParseError, style: Style) -> Vec<String> {
    let text = |id: i32| catalog::text(&Message::new(mqi::command::MessageId(id)), style.has_severity);
    match error {
        ParseError::Refused(message) => vec![catalog::text(message, style.has_severity)],
        ParseError::Syntax { segment, verb, row, object, .. } => {
            let mut lines = vec![text(8405), inert(segment).into_owned(), String::new()];
            match row {
                Some(row) => {
                    lines.extend([text(8427), String::new()]);
                    lines.extend(syntax(row, *object));
                }
                None => {
                    lines.extend([text(8426), String::new()]);
                    lines.extend(verbs(*verb));
                }
            }
            lines.push(String::new());
            lines
        }
    }
}

/// The verbs, or with a verb the nouns that it takes.
fn verbs(verb: Option<Verb>) -> Vec<String> {
    let mut words: Vec<String> = match verb {
        None => table::commands().iter().map(|row| format!("    {}", row.verb.keyword())).collect(),
        Some(verb) => table::commands()
            .iter()
            .filter(|row| row.verb == verb && row.is_built)
            .map(|row| format!("    {} {}", verb.keyword(), row.noun))
            .collect(),
    };
    words.sort();
    words.dedup();
    words
}

/// What a command takes, made from its row.
fn syntax(row: &CommandRow, object: Option<ObjectType>) -> Vec<String> {
    let name = match row.name {
        NameRule::None => String::new(),
        NameRule::Required | NameRule::Text => "(name)".to_owned(),
        NameRule::Generic => "(generic_name)".to_owned(),
        NameRule::Optional => "[ (name) ]".to_owned(),
        NameRule::OptionalGeneric => "[ (generic_name) ]".to_owned(),
    };
    let mut lines = vec![format!("{} {}{name}", row.verb.keyword(), row.noun)];
    let mut add = |text: String, required: bool| {
        lines.push(if required { format!("{INDENT}{text}") } else { format!("{INDENT}[ {text} ]") });
    };
    let object = object.or(row.object);
    let is_on = |attribute: &&Attribute| object.is_none_or(|object| attribute.is_on(object));
    let type_id = ObjectType::of(row.class).next().map_or(0, |object| object.row().type_id);
    if row.takes == Takes::Attributes
        && row.object.is_none()
        && let Some(attribute) = row.class.attribute_by_id(type_id)
    {
        add(takes(attribute), true);
    }
    for option in row.options {
        add(takes(option), option.required);
    }
    match row.takes {
        Takes::Options => {}
        Takes::Attributes => {
            let mut seen = Vec::new();
            for attribute in row.class.attributes().iter().filter(is_on) {
                let is_given = matches!(attribute.access, Access::Alterable | Access::Fixed);
                if is_given && !seen.contains(&attribute.id) {
                    seen.push(attribute.id);
                    add(takes(attribute), attribute.required && row.verb == Verb::Define);
                }
            }
        }
        Takes::Names => {
            add("WHERE(keyword operator value)".to_owned(), false);
            add("ALL".to_owned(), false);
            let mut seen = Vec::new();
            for attribute in row.class.attributes().iter().filter(is_on) {
                if attribute.access != Access::Key && !seen.contains(&attribute.id) {
                    seen.push(attribute.id);
                    add(attribute.keyword.to_owned(), false);
                }
            }
        }
    }
    lines
}

fn takes(attribute: &Attribute) -> String {
    let keyword = attribute.keyword;
    let joined = |words: &[(&str, i32)]| {
        words.iter().map(|(word, _)| *word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    match attribute.kind {
        Kind::Flag(words) => joined(words),
        Kind::Choice(words) => format!("{keyword}( {} )", joined(words)),
        Kind::Choices { words, .. } => format!("{keyword}( {} , ... )", joined(words)),
        Kind::Number { words: [], .. } => format!("{keyword}(integer)"),
        Kind::Number { words, .. } => format!("{keyword}( integer | {} )", joined(words)),
        Kind::Numbers { .. } => format!("{keyword}(integer, ...)"),
        Kind::Text { .. } | Kind::Name { .. } | Kind::Secret { .. } => format!("{keyword}(string)"),
        Kind::Texts { .. } | Kind::Names { .. } => format!("{keyword}(string, ...)"),
        Kind::Bytes { .. } => format!("{keyword}(hexadecimal)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqi::constants::*;
    use mqi::object::{AttributeId, AttributeSet};

    #[track_caller]
    fn check(object_type: ObjectType, attributes: &[(i32, Value)], want: &[&str]) {
        let set: AttributeSet = attributes.iter().cloned().collect();
        let ordered = object_type.class().attributes().iter().filter(|a| a.is_on(object_type));
        let shown = ordered.filter_map(|a| Some((a.id, set.get(a.id.0)?.clone())));
        let row = ObjectRow { object: object_type, attributes: shown.collect(), handles: Vec::new() };
        assert_eq!(object(&row, Style::default()), want);
    }

    #[test]
    fn two_columns_of_forty() {
        let status = |id: i32, value: Value| (id, value);
        check(
            ObjectType::QStatusQueue,
            &[
                status(MQCA_Q_NAME, "Q1".into()),
                status(MQIACF_Q_STATUS_TYPE, MQIACF_Q_STATUS.into()),
                status(MQIA_CURRENT_Q_DEPTH, 1.into()),
                status(MQIACF_CUR_Q_FILE_SIZE, 1.into()),
                status(MQIACF_CUR_MAX_FILE_SIZE, 2_088_960.into()),
                status(MQIA_OPEN_INPUT_COUNT, 0.into()),
                status(MQCACF_LAST_GET_DATE, "".into()),
                status(MQCACF_LAST_GET_TIME, "".into()),
                status(MQIA_MONITORING_Q, 0.into()),
                status(MQIACF_OLDEST_MSG_AGE, (-1).into()),
                status(MQIA_OPEN_OUTPUT_COUNT, 0.into()),
                status(MQIACF_Q_TIME_INDICATOR, Value::Ints(vec![-1, -1])),
                status(MQIACF_UNCOMMITTED_MSGS, 0.into()),
            ],
            &[
                "AMQ8450I: Display queue status details.",
                "   QUEUE(Q1)                               TYPE(QUEUE)",
                "   CURDEPTH(1)                             CURFSIZE(1)",
                "   CURMAXFS(2088960)                       IPPROCS(0)",
                "   LGETDATE( )                             LGETTIME( )",
                "   MONQ(OFF)                               MSGAGE( )",
                "   OPPROCS(0)                              QTIME( , )",
                "   UNCOM(NO)",
            ],
        );
    }

    #[test]
    fn a_wide_attribute_stands_alone() {
        // 39 characters leave a blank before the second column, 40 do not.
        let name = |length: usize| Value::from("N".repeat(length - "QUEUE()".len()));
        let (fits, wide) = (name(39), name(40));
        let fits_line = format!("   QUEUE({fits}) TYPE(QLOCAL)");
        let wide_line = format!("   QUEUE({wide})");
        let queue = |name: &Value| {
            [(MQCA_Q_NAME, name.clone()), (MQIA_Q_TYPE, 1.into()), (MQIA_TRIGGER_CONTROL, 0.into())]
        };
        let heading = "AMQ8409I: Display Queue details.";
        check(ObjectType::QLocal, &queue(&fits), &[heading, &fits_line, "   NOTRIGGER"]);
        let last = "   TYPE(QLOCAL)                            NOTRIGGER";
        check(ObjectType::QLocal, &queue(&wide), &[heading, &wide_line, last]);
    }

    #[test]
    fn names_are_stacked() {
        let names = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
        let heading = "AMQ8550I: Display namelist details.";
        let list = |items| {
            [(MQCA_NAMELIST_NAME, "NL".into()), (MQIA_NAME_COUNT, 2.into()), (MQCA_NAMES, names(items))]
        };
        let first = "   NAMELIST(NL)                            NAMCOUNT(2)";
        check(ObjectType::Namelist, &list(&["A", "BC"]), &[heading, first, "   NAMES(A", "        ,BC)"]);
        check(ObjectType::Namelist, &list(&[]), &[heading, first, "   NAMES( )"]);
    }

    /// The keywords on each line when an object of a class shows exactly those of `want`, in the form of
    /// queue-manager reference 23.1: a slash is a new line.
    #[track_caller]
    fn check_order(object_type: ObjectType, want: &str) {
        let wide = ["EXTCONN", "EXTURID", "CONNTAG", "URID"];
        let wanted: Vec<&str> = want.split([' ', '/']).filter(|word| !word.is_empty()).collect();
        let value = |attribute: &Attribute| match attribute.kind {
            Kind::Flag(words) | Kind::Choice(words) => Value::from(words[0].1),
            Kind::Bytes { max } => Value::Bytes(vec![0xAB; max]),
            Kind::Texts { .. } => Value::List(vec!["X".repeat(30), "Y".repeat(30)]),
            Kind::Numbers { .. } => Value::Ints(vec![0, 0]),
            Kind::Number { .. } => Value::from(1),
            _ if wide.contains(&attribute.keyword) => Value::Text("X".repeat(COLUMN)),
            _ => Value::from("x"),
        };
        let rows = object_type.class().attributes().iter();
        let shown =
            rows.filter(|row| wanted.contains(&row.keyword)).map(|row| (row.id, value(row))).collect();
        let row = ObjectRow { object: object_type, attributes: shown, handles: Vec::new() };
        let keywords = |line: &String| {
            let words = line
                .split_whitespace()
                .filter(|word| *word != ")")
                .map(|word| word.split('(').next().unwrap_or(word));
            words.collect::<Vec<_>>().join(" ")
        };
        let lines: Vec<String> = object(&row, Style::default())[1..].iter().map(keywords).collect();
        assert_eq!(lines.join(" / "), want);
    }

    #[test]
    fn status_has_the_order_of_the_product() {
        check_order(
            ObjectType::ChannelStatus,
            "CHANNEL CHLTYPE / CONNAME CURRENT / RQMNAME STATUS / SUBSTATE XMITQ",
        );
        check_order(ObjectType::ChannelStatus, "CHANNEL CHLTYPE / CONNAME CURRENT / STATUS SUBSTATE");
        check_order(
            ObjectType::ChannelStatus,
            "CHANNEL CHLTYPE / BUFSRCVD BUFSSENT / BYTSRCVD BYTSSENT / CHSTADA CHSTATI / COMPHDR COMPMSG / \
             COMPRATE COMPTIME / CONNAME CURRENT / EXITTIME HBINT / JOBNAME LOCLADDR / LSTMSGDA LSTMSGTI / \
             MCASTAT MCAUSER / MONCHL MSGS / RAPPLTAG SECPROT / SSLCERTI SSLCIPH / SSLKEYDA SSLKEYTI / \
             SSLPEER SSLRKEYS / STATUS STOPREQ / SUBSTATE CURSHCNV / MAXSHCNV RVERSION / RPRODUCT",
        );
        check_order(
            ObjectType::Connection,
            "CONN / EXTCONN / TYPE / PID TID / APPLDESC APPLTAG / APPLTYPE ASTATE / CHANNEL CLIENTID / \
             CONNAME / CONNOPTS / USERID UOWLOG / UOWSTDA UOWSTTI / UOWLOGDA UOWLOGTI / URTYPE / EXTURID / \
             QMURID UOWSTATE / CONNTAG",
        );
        check_order(
            ObjectType::QStatusHandle,
            "QUEUE TYPE / APPLDESC APPLTAG / APPLTYPE BROWSE / CHANNEL CONNAME / ASTATE HSTATE / \
             INPUT INQUIRE / OUTPUT PID / QMURID SET / TID / URID / URTYPE USERID",
        );
        check_order(
            ObjectType::QmgrStatus,
            "QMNAME TYPE / STATUS AUTOCLUS / CHINIT CHKPTCNT / CHKPTOPS CHKPTSZ / CMDSERV CONNS / \
             DATFSSZ DATFSUSE / DATPATH DISKLSN / GRPLSN GRPNAME / GRPROLE HOSTNAME / INSTANCE INSTDESC / \
             INSTNAME INSTPATH / LDAPCONN LOGEXTSZ / LOGFSSZ LOGFSUSE / LOGINUSE LOGPATH / LOGPRIM LOGSEC / \
             LOGSTRDA LOGSTRL / LOGSTRTI LOGTYPE / LOGUTIL MEMCACHE / MEMIN MEMINDEX / MEMLOG MEMMAX / \
             MEMMSGS MEMNOAUT / MEMOBJS MEMOUT / QMFSSZ QMFSUSE / QUORUM REUSESZ / STANDBY STARTDA / \
             STARTTI UNICLUS",
        );
        check_order(
            ObjectType::ListenerStatus,
            "LISTENER STATUS / PID STARTDA / STARTTI DESCR / TRPTYPE CONTROL / IPADDR PORT / BACKLOG",
        );
        check_order(ObjectType::Sub, "SUBID / SUB DEST");
    }

    #[test]
    fn a_record_of_channel_authentication_has_the_order_of_the_product() {
        check(
            ObjectType::ChlauthAddressMap,
            &[
                (MQCACH_CHANNEL_NAME, "SYSTEM.*".into()),
                (MQIACF_CHLAUTH_TYPE, MQCAUT_ADDRESSMAP.into()),
                (MQCA_CHLAUTH_DESC, "Default rule to disable all SYSTEM channels".into()),
                (MQCA_CUSTOM, "".into()),
                (MQCACH_CONNECTION_NAME, "*".into()),
                (MQIACH_USER_SOURCE, MQUSRC_NOACCESS.into()),
                (MQIACH_WARNING, MQWARN_NO.into()),
                (MQCA_ALTERATION_DATE, "2025-04-22".into()),
                (MQCA_ALTERATION_TIME, "03.01.07".into()),
            ],
            &[
                "AMQ8878I: Display channel authentication record details.",
                "   CHLAUTH(SYSTEM.*)                       TYPE(ADDRESSMAP)",
                "   DESCR(Default rule to disable all SYSTEM channels)",
                "   CUSTOM( )                               ADDRESS(*)",
                "   USERSRC(NOACCESS)                       WARN(NO)",
                "   ALTDATE(2025-04-22)                     ALTTIME(03.01.07)",
            ],
        );
    }

    #[test]
    fn a_value_that_is_not_of_the_kind_is_shown_as_it_is() {
        let queue = [(MQCA_Q_NAME, Value::from("Q")), (MQIA_DEF_PERSISTENCE, Value::from(9))];
        let lines =
            ["AMQ8409I: Display Queue details.", "   QUEUE(Q)                                DEFPSIST(9)"];
        check(ObjectType::QLocal, &queue, &lines);
        assert!(attribute_of(ObjectType::QLocal, AttributeId(1_234_567).0).is_none());
    }
}
