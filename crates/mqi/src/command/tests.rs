//! The command table, and what DISPLAY shows.

use std::collections::BTreeSet;

use super::*;
use crate::object::{ObjectType, Operator, Value};

#[test]
fn a_verb_is_the_index_of_its_row() {
    for row in table::commands() {
        assert_eq!(Verb::from_keyword(row.verb.keyword()), Some(row.verb));
    }
    assert_eq!(Verb::from_keyword("DIS"), Some(Verb::Display));
    assert_eq!(Verb::from_keyword("DISP"), None);
}

#[test]
fn verb_and_noun_name_one_command() {
    let mut seen = BTreeSet::new();
    for row in table::commands() {
        for noun in row.synonyms.iter().chain([&row.noun]) {
            assert!(seen.insert((row.verb, *noun)), "{} {noun}", row.verb.keyword());
        }
    }
}

#[test]
fn options_do_not_clash_with_attributes_that_are_given() {
    for row in table::commands().iter().filter(|row| row.takes == Takes::Attributes) {
        for option in row.options {
            assert!(row.class.attribute(option.keyword).is_none(), "{} {}", row.noun, option.keyword);
        }
    }
}

fn queue() -> AttributeSet {
    let mut queue = ObjectType::QLocal.defaults();
    queue.set(MQCA_Q_NAME, "Q1");
    queue.set(MQIA_CURRENT_Q_DEPTH, 3);
    queue
}

fn shown(command: &Command) -> Vec<&'static str> {
    let row = command.show(ObjectType::QLocal, &queue());
    let keyword = |id: AttributeId| ObjectClass::Queue.attribute_by_id(id.0).map_or("?", |a| a.keyword);
    row.attributes.iter().map(|(id, _)| keyword(*id)).collect()
}

#[test]
fn display_shows_what_is_asked_for() {
    let row = table::find(Verb::Display, "QL").expect("a command");
    let mut command = Command::new(row, "Q*");
    assert_eq!(shown(&command), ["QUEUE", "TYPE"]);
    assert!(command.means(ObjectType::QLocal, "Q1") && !command.means(ObjectType::QAlias, "Q1"));

    command.requested =
        Requested::Some(vec![AttributeId(MQIA_MAX_Q_DEPTH), AttributeId(MQIA_CURRENT_Q_DEPTH)]);
    assert_eq!(shown(&command), ["QUEUE", "TYPE", "CURDEPTH", "MAXDEPTH"]);

    let id = AttributeId(MQIA_INHIBIT_GET);
    command.filter = Some(Filter { id, operator: Operator::Equal, value: Value::Int(0) });
    assert_eq!(shown(&command), ["QUEUE", "TYPE", "CURDEPTH", "GET", "MAXDEPTH"]);
    assert!(command.admits(&queue()));

    let all = Command::new(row, "Q1");
    // One object is shown whole; what the queue manager has not filled in is left out.
    assert!(shown(&all).len() > 40);
}

#[test]
fn the_worst_message_decides() {
    let mut reply = CommandReply::done(MessageId::QUEUE_CLEARED);
    assert_eq!((reply.comp_code, reply.reason), (MQCC_OK, 0));
    reply.push(Message::new(MessageId::OBJECT_NOT_FOUND).insert("Q").failed(MQRC_UNKNOWN_OBJECT_NAME));
    reply.push(Message::new(MessageId::CHANNEL_NOT_ACTIVE).warning(MQRCCF_CHANNEL_NOT_ACTIVE));
    assert_eq!((reply.comp_code, reply.reason), (MQCC_FAILED, MQRC_UNKNOWN_OBJECT_NAME));
    assert_eq!(reply.overall_reason(), MQRCCF_COMMAND_FAILED);
}

#[test]
fn a_command_says_what_was_asked_for_and_no_secret() {
    let row = table::find(Verb::Alter, "QMGR").expect("a command");
    let mut command = Command::new(row, "");
    command.given.set(MQCA_Q_MGR_DESC, "new");
    command.given.set(MQCA_SSL_KEY_REPO_PASSWORD, "s3cret");
    command.given.set(MQIA_MAX_HANDLES, 7);
    let text = command.text();
    assert!(text.starts_with("ALTER QMGR ") && !command.only_shows(), "{text}");
    for part in ["DESCR(new)", "MAXHANDS(7)", "KEYRPWD(********)"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
    let row = table::find(Verb::Set, "AUTHREC").expect("a command");
    let mut command = Command::new(row, "");
    command.options.set(MQCACF_AUTH_PROFILE_NAME, "Q1");
    command.options.set(MQCACF_PRINCIPAL_ENTITY_NAMES, vec!["app".to_owned(), "joe".to_owned()]);
    command.options.set(MQIACF_OBJECT_TYPE, MQOT_Q);
    command.options.set(MQIACF_AUTH_ADD_AUTHS, vec![i64::from(MQAUTH_INPUT), i64::from(MQAUTH_OUTPUT)]);
    let text = command.text();
    for part in ["SET AUTHREC", "PROFILE(Q1)", "PRINCIPAL(app,joe)", "OBJTYPE(QUEUE)", "AUTHADD(GET,PUT)"] {
        assert!(text.contains(part), "{text}");
    }
    let row = table::find(Verb::Display, "QMGR").expect("a command");
    assert!(Command::new(row, "").only_shows());
}
