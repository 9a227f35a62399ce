//! Every row keeps the rules that the faces rely on.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_class_is_the_index_of_its_row() {
    for (at, row) in CLASSES.iter().enumerate() {
        assert_eq!(row.class as usize, at, "{}", row.keyword);
    }
}

#[test]
fn keywords_and_identifiers_are_unique_within_a_type() {
    for object in ObjectType::all() {
        let mut names = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for attribute in object.attributes() {
            assert!(ids.insert(attribute.id), "{object:?} {}", attribute.keyword);
            let flags = match attribute.kind {
                Kind::Flag(words) => words.iter().map(|(word, _)| *word).collect(),
                _ => vec![attribute.keyword],
            };
            for name in flags.into_iter().chain(attribute.synonyms.iter().copied()) {
                assert!(names.insert(name), "{object:?} {name}");
                assert_eq!(name, name.to_ascii_uppercase());
            }
        }
    }
}

#[test]
fn an_identifier_lies_in_the_range_of_its_form() {
    for object in ObjectType::all() {
        for attribute in object.attributes().filter(|attribute| attribute.id.0 > 0) {
            let id = attribute.id.0;
            let integer = (MQIA_FIRST..=MQIA_LAST).contains(&id);
            // Some lists of words are shown as the texts that the queue manager makes of them.
            if attribute.access != Access::Shown && object.class() != ObjectClass::Connection {
                assert_eq!(integer, attribute.is_integer(), "{object:?} {}", attribute.keyword);
            }
        }
    }
}

#[test]
fn every_default_is_a_value_of_its_attribute() {
    for object in ObjectType::all() {
        for attribute in object.attributes() {
            if let Some(value) = attribute.initial_value() {
                assert_eq!(attribute.check(&value), Ok(()), "{object:?} {}", attribute.keyword);
            }
        }
    }
}

#[test]
fn what_one_may_give_has_a_default() {
    for object in ObjectType::all() {
        for attribute in object.attributes().filter(|a| a.access == Access::Alterable) {
            let bytes = matches!(attribute.kind, Kind::Bytes { .. });
            assert!(bytes || attribute.initial_value().is_some(), "{object:?} {}", attribute.keyword);
        }
    }
}

#[track_caller]
fn reads(object: ObjectType, keyword: &str, items: &[&str], want: Result<&str, &str>) {
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    let attribute = object.attribute(keyword).expect("an attribute of the type");
    let got = attribute.parse(&items).map(|value| attribute.show(&value).join(","));
    let got = got.map_err(|error| error.to_string());
    assert_eq!(got.as_deref().map_err(String::as_str), want);
}

#[test]
fn values_are_read_checked_and_shown() {
    use ObjectType::*;
    reads(QLocal, "MAXDEPTH", &["5000"], Ok("5000"));
    reads(QLocal, "MAXDEPTH", &["1000000000"], Err("MAXDEPTH takes 0 to 999999999, not 1000000000"));
    reads(QLocal, "MAXDEPTH", &["-1"], Err("MAXDEPTH takes 0 to 999999999, not -1"));
    reads(QLocal, "MAXDEPTH", &["X"], Err("X is not a value of MAXDEPTH"));
    reads(QLocal, "MAXDEPTH", &[""], Err(" is not a value of MAXDEPTH"));
    reads(QLocal, "MAXDEPTH", &["1", "2"], Err("1,2 is not a value of MAXDEPTH"));
    reads(QLocal, "MAXFSIZE", &["DEFAULT"], Ok("DEFAULT"));
    reads(QLocal, "CAPEXPRY", &["NOLIMIT"], Ok("NOLIMIT"));
    reads(QLocal, "DEFPSIST", &["YES"], Ok("YES"));
    reads(QLocal, "DEFPSIST", &["MAYBE"], Err("MAYBE is not a value of DEFPSIST"));
    reads(QLocal, "DESCR", &["a b "], Ok("a b"));
    reads(QLocal, "BOQNAME", &["A B"], Err("A B in BOQNAME is not a name"));
    reads(QAlias, "TARGQ", &["Q1"], Ok("Q1"));
    reads(Svrconn, "KAINT", &["AUTO"], Ok("AUTO"));
    reads(Sdr, "COMPMSG", &["RLE", "ZLIBFAST"], Ok("RLE,ZLIBFAST"));
    reads(Sdr, "PASSWORD", &["secret"], Ok("********"));
    reads(Namelist, "NAMES", &["A", "B"], Ok("A,B"));
    reads(Namelist, "NAMES", &[" "], Ok(""));
    reads(Sub, "DESTCORL", &["0aFF"], Ok("0AFF"));
    reads(Sub, "DESTCORL", &["0AF"], Err("0AF is not a value of DESTCORL"));
}

#[test]
fn an_attribute_of_another_type_is_named_as_such() {
    let error = ObjectType::QRemote.attribute("MAXDEPTH").expect_err("not for remote queues");
    assert_eq!(error.to_string(), "MAXDEPTH is not an attribute of QREMOTE");
    assert_eq!(error.reason(), MQRCCF_Q_TYPE_ERROR);
    let error = ObjectType::QLocal.attribute_by_id(77_777).expect_err("no such parameter");
    assert_eq!(error.reason(), MQRCCF_CFST_PARM_ID_ERROR);
}

#[test]
fn definitions_are_checked_whole() {
    let mut queue = ObjectType::QLocal.defaults();
    assert_eq!(ObjectType::QLocal.check(&queue), Ok(()));
    queue.set(MQCA_CLUSTER_NAME, "C");
    queue.set(MQCA_CLUSTER_NAMELIST, "NL");
    let conflict = ObjectType::QLocal.check(&queue).expect_err("both");
    assert_eq!(conflict.reason(), MQRCCF_CLUSTER_NAME_CONFLICT);

    let sender = ObjectType::Sdr.defaults();
    let given: AttributeSet = [(MQCACH_XMIT_Q_NAME, "X")].into_iter().collect();
    let missing = ObjectType::Sdr.check_required(&given, &sender);
    assert_eq!(missing, Err(AttributeError::Missing { keyword: "CONNAME" }));
    let given: AttributeSet = [(MQCACH_XMIT_Q_NAME, "X"), (MQCACH_CONNECTION_NAME, "")].into_iter().collect();
    assert_eq!(ObjectType::Sdr.check_required(&given, &sender), Ok(()));

    let given: AttributeSet = [(MQIA_CURRENT_Q_DEPTH, 5)].into_iter().collect();
    let fixed = ObjectType::QLocal.check_given(&given, true);
    assert_eq!(fixed, Err(AttributeError::NotAlterable { keyword: "CURDEPTH" }));

    let given: AttributeSet = [(MQCA_TOPIC_STRING, "a")].into_iter().collect();
    assert_eq!(ObjectType::Topic.check_given(&given, true), Ok(()));
    let fixed = ObjectType::Topic.check_given(&given, false);
    assert_eq!(fixed, Err(AttributeError::NotAlterable { keyword: "TOPICSTR" }));
}

#[test]
fn defaults_differ_by_type() {
    let share = |object: ObjectType| object.defaults().int(MQIA_SHAREABILITY);
    assert_eq!(share(ObjectType::QLocal), Some(1));
    assert_eq!(share(ObjectType::QModel), Some(0));
    let interval = |object: ObjectType| object.defaults().int(MQIACH_DISC_INTERVAL);
    assert_eq!(interval(ObjectType::Sdr), Some(6000));
    assert_eq!(interval(ObjectType::Svrconn), Some(0));
}
