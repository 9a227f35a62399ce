//! The developer objects' table, exhaustively: who gets in as whom, and who may do what.

use super::*;
use mqi::object::{ObjectType, Value};

/// A definition with these attributes besides the defaults of its type.
fn define(registry: &mut Registry, object: ObjectType, name: &str, attributes: &[(i32, Value)]) {
    let mut set = object.defaults();
    for (id, value) in attributes {
        set.set(*id, value.clone());
    }
    registry.insert(Definition::new(object, name, set));
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn number(number: i32) -> Value {
    Value::from(number)
}

fn grant(registry: &mut Registry, object_type: i32, profile: &str, user: &str, authorities: &[i32]) {
    let list = Value::Ints(authorities.iter().map(|a| i64::from(*a)).collect());
    let attributes = [
        (MQIACF_OBJECT_TYPE, number(object_type)),
        (MQCACF_ENTITY_NAME, text(user)),
        (MQIACF_ENTITY_TYPE, Value::Int(ENTITY_PRINCIPAL)),
        (MQIACF_AUTHORIZATION_LIST, list),
    ];
    define(registry, ObjectType::AuthRec, profile, &attributes);
}

/// The rows of the developer objects, a channel without MCAUSER, and the channel rules of a new queue manager.
fn developer_objects() -> Registry {
    let mut registry = Registry::default();
    let r = &mut registry;
    let dead = ("DEV.DEAD.LETTER.QUEUE", "DEV.AUTHINFO");
    let qmgr = [(MQCA_DEAD_LETTER_Q_NAME, text(dead.0)), (MQCA_CONN_AUTH, text(dead.1))];
    define(r, ObjectType::Qmgr, "QM1", &qmgr);
    define(r, ObjectType::AuthIdpwOs, "DEV.AUTHINFO", &[]);
    for queue in ["DEV.QUEUE.1", "DEV.DEAD.LETTER.QUEUE", "OTHER", COMMAND_QUEUE] {
        define(r, ObjectType::QLocal, queue, &[]);
    }
    define(r, ObjectType::QLocal, "DEV.XMIT", &[(MQIA_USAGE, number(MQUS_TRANSMISSION))]);
    define(r, ObjectType::Svrconn, "DEV.APP.SVRCONN", &[(MQCACH_MCA_USER_ID, text("app"))]);
    for channel in ["DEV.ADMIN.SVRCONN", "PLAIN", "OPEN", "SYSTEM.DEF.SVRCONN", "SYSTEM.ADMIN.SVRCONN"] {
        define(r, ObjectType::Svrconn, channel, &[]);
    }
    define(r, ObjectType::Rcvr, "RECEIVER", &[]);
    let any = (MQCACH_CONNECTION_NAME, text("*"));
    let source = |source| (MQIACH_USER_SOURCE, number(source));
    use ObjectType::{
        ChlauthAddressMap as AddressMap, ChlauthBlockUser as BlockUser, ChlauthUserMap as UserMap,
    };
    define(r, AddressMap, "*", &[any.clone(), source(MQUSRC_NOACCESS)]);
    define(r, AddressMap, "SYSTEM.*", &[any.clone(), source(MQUSRC_NOACCESS)]);
    define(r, AddressMap, "DEV.APP.SVRCONN", &[any.clone(), source(MQUSRC_CHANNEL)]);
    define(r, AddressMap, "OPEN", &[(any.0, text("10.1.*")), source(MQUSRC_CHANNEL)]);
    let block = |users: &[&str]| {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        (MQCACH_MCA_USER_ID_LIST, Value::List(users))
    };
    define(r, BlockUser, "*", &[block(&["*MQADMIN"])]);
    define(r, BlockUser, "DEV.ADMIN.SVRCONN", &[block(&["nobody"])]);
    let map = [(MQCACH_CLIENT_USER_ID, text("admin")), (MQCACH_MCA_USER_ID, text("mqm")), source(MQUSRC_MAP)];
    define(r, UserMap, "DEV.ADMIN.SVRCONN", &map);
    let queue = [MQAUTH_BROWSE, MQAUTH_INPUT, MQAUTH_INQUIRE, MQAUTH_OUTPUT];
    let model = [MQAUTH_BROWSE, MQAUTH_INPUT, MQAUTH_INQUIRE, MQAUTH_OUTPUT, MQAUTH_DISPLAY];
    grant(r, MQOT_Q_MGR, QMGR_PROFILE, "app", &[MQAUTH_CONNECT, MQAUTH_INQUIRE]);
    grant(r, MQOT_Q, "DEV.**", "app", &queue);
    grant(r, MQOT_Q, "DEV.APP.MODEL.QUEUE", "app", &model);
    grant(r, MQOT_Q, "SYSTEM.DEFAULT.MODEL.QUEUE", "app", &model);
    grant(r, MQOT_TOPIC, "DEV.**", "app", &[MQAUTH_PUBLISH, MQAUTH_SUBSCRIBE]);
    registry
}

fn authority() -> Authority {
    Authority::new("runner")
}

/// As it is at the start, with what CONNAUTH names.
fn started(registry: &Registry) -> Authority {
    let mut authority = authority();
    authority.refresh_sign_on(registry);
    authority
}

/// Over a channel: `Ok` as whom, or the rule that refuses.
#[track_caller]
fn check_client(
    registry: &Registry,
    channel: &str,
    asserted: &str,
    verified: Option<&str>,
    address: &str,
    want: Result<&str, &str>,
) {
    let identity = Identity {
        asserted: asserted.to_owned(),
        verified: verified.map(str::to_owned),
        channel: Some(channel.to_owned()),
        address: address.to_owned(),
        ..Identity::default()
    };
    match (started(registry).connect(&identity, registry), want) {
        (Ok(user), Ok(name)) => {
            let expected = User { name: name.into(), channel: channel.into(), address: address.into() };
            assert_eq!(user, expected);
        }
        (Err(refusal), Err(rule)) => {
            assert_eq!(refusal.rule, rule, "{channel} {asserted} {verified:?}");
            assert_eq!((refusal.channel.as_str(), refusal.address.as_str()), (channel, address));
            let is_told = matches!(refusal.reason().0, 2537 | 2539 | 2540);
            assert!(verified.is_some() && is_told || refusal.reason().0 == 2035, "{:?}", refusal.reason());
            // What the catalogue makes of it names everything: the same texts are written to the error log.
            let line = refusal.log_line("QM1");
            let entry = mqsc::catalog::message(line.id, &line.inserts);
            let entry = format!("{} {}", entry.text, entry.explanation);
            for fact in [channel, address, rule].into_iter().take(if is_told { 2 } else { 3 }) {
                assert!(entry.contains(fact), "{fact} is not in: {entry}");
            }
        }
        (got, want) => panic!("{channel} {asserted} {verified:?}: {got:?}, not {want:?}"),
    }
}

#[test]
fn clients_come_in_as_somebody_proved_or_not_at_all() {
    let registry = &developer_objects();
    let check = |channel, asserted, verified, want| {
        check_client(registry, channel, asserted, verified, "10.2.0.1", want);
    };
    const BACK_STOP: &str = "CHLAUTH(*) TYPE(ADDRESSMAP) ADDRESS(*)";
    const NO_CHANNEL: &str = "there is no such channel";
    const OTHER_TYPE: &str = "the channel is not for clients";
    const LOCKED: &str = "channels SYSTEM.DEF.* and SYSTEM.AUTO.* are locked";
    // The application's channel has an MCAUSER: everybody is `app` there.
    check("DEV.APP.SVRCONN", "app", Some("app"), Ok("app"));
    check("DEV.APP.SVRCONN", "root", None, Ok("app"));
    check("DEV.APP.SVRCONN", "", None, Ok("app"));
    check("DEV.APP.SVRCONN", "admin", Some("admin"), Ok("app"));
    // The administrator's channel maps one proved user to mqm; all others meet the back-stop.
    check("DEV.ADMIN.SVRCONN", "admin", Some("admin"), Ok("mqm"));
    check("DEV.ADMIN.SVRCONN", "admin", None, Err(BACK_STOP));
    check("DEV.ADMIN.SVRCONN", "mqm", Some("mqm"), Err(BACK_STOP));
    check("DEV.ADMIN.SVRCONN", "app", Some("app"), Err(BACK_STOP));
    check("DEV.ADMIN.SVRCONN", "nobody", Some("nobody"), Err(BACK_STOP));
    check("PLAIN", "app", Some("app"), Err(BACK_STOP));
    check("PLAIN", "app", None, Err(BACK_STOP));
    check("OPEN", "app", Some("app"), Err(BACK_STOP));
    check("SYSTEM.DEF.SVRCONN", "app", Some("app"), Err(LOCKED));
    check("SYSTEM.ADMIN.SVRCONN", "app", Some("app"), Err("CHLAUTH(SYSTEM.*) TYPE(ADDRESSMAP) ADDRESS(*)"));
    check("RECEIVER", "app", Some("app"), Err(OTHER_TYPE));
    check("RECEIVER", "app", None, Err(OTHER_TYPE));
    check("NONE", "app", Some("app"), Err(NO_CHANNEL));
    check("NONE", "app", None, Err(NO_CHANNEL));
    // From the right address, the channel decides: it has no MCAUSER, so a proof is needed.
    let check = |asserted, verified, want| {
        check_client(registry, "OPEN", asserted, verified, "10.1.7.7", want);
    };
    check("app", Some("app"), Ok("app"));
    check("app", None, Err("blank MCAUSER and no credentials"));
    check("mqm", Some("mqm"), Err("CHLAUTH(*) TYPE(BLOCKUSER)"));
    check("runner", Some("runner"), Err("CHLAUTH(*) TYPE(BLOCKUSER)"));
    check("joe", Some("joe"), Err("no AUTHREC for CONNECT"));
}

#[test]
fn without_channel_rules_a_blank_mcauser_still_asks_for_proof() {
    let mut registry = developer_objects();
    let rules = [(MQIA_CHLAUTH_RECORDS, number(MQCHLA_DISABLED)), (MQCA_CONN_AUTH, text("DEV.AUTHINFO"))];
    define(&mut registry, ObjectType::Qmgr, "QM1", &rules);
    let check = |channel, verified, want| {
        check_client(&registry, channel, "app", verified, "10.2.0.1", want);
    };
    check("PLAIN", Some("app"), Ok("app"));
    check("PLAIN", None, Err("blank MCAUSER and no credentials"));
    check("PLAIN", Some("mqm"), Ok("mqm"));
    check("SYSTEM.DEF.SVRCONN", Some("app"), Err("channels SYSTEM.DEF.* and SYSTEM.AUTO.* are locked"));
}

#[test]
fn rules_and_connauth_can_ask_for_proof() {
    let mut registry = developer_objects();
    let rule = [
        (MQCACH_CONNECTION_NAME, text("*")),
        (MQIACH_USER_SOURCE, number(MQUSRC_CHANNEL)),
        (MQIA_CHECK_CLIENT_BINDING, number(MQCHK_REQUIRED)),
    ];
    define(&mut registry, ObjectType::ChlauthAddressMap, "DEV.APP.SVRCONN", &rule);
    let asks = "CHLAUTH(DEV.APP.SVRCONN) TYPE(ADDRESSMAP) ADDRESS(*) asks for credentials";
    check_client(&registry, "DEV.APP.SVRCONN", "app", None, "1.1.1.1", Err(asks));
    check_client(&registry, "DEV.APP.SVRCONN", "app", Some("app"), "1.1.1.1", Ok("app"));

    let mut registry = developer_objects();
    let required = [(MQIA_CHECK_CLIENT_BINDING, number(MQCHK_REQUIRED))];
    define(&mut registry, ObjectType::AuthIdpwOs, "DEV.AUTHINFO", &required);
    let asks = "AUTHINFO(DEV.AUTHINFO) TYPE(IDPWOS) asks for credentials";
    check_client(&registry, "DEV.APP.SVRCONN", "app", None, "1.1.1.1", Err(asks));

    // REQDADM, the default: whoever would be an administrator must prove himself, MCAUSER or not.
    let mut registry = developer_objects();
    define(&mut registry, ObjectType::Svrconn, "DEV.ADMIN.SVRCONN", &[(MQCACH_MCA_USER_ID, text("mqm"))]);
    let rule = [(MQCACH_CONNECTION_NAME, text("*")), (MQIACH_USER_SOURCE, number(MQUSRC_CHANNEL))];
    define(&mut registry, ObjectType::ChlauthAddressMap, "DEV.ADMIN.SVRCONN", &rule);
    check_client(
        &registry,
        "DEV.ADMIN.SVRCONN",
        "x",
        None,
        "1.1.1.1",
        Err("AUTHINFO(DEV.AUTHINFO) TYPE(IDPWOS) asks for credentials"),
    );
}

#[test]
fn the_more_specific_rule_wins() {
    let mut registry = developer_objects();
    let add = |registry: &mut Registry, profile: &str, address: &str, source| {
        let attributes = [(MQCACH_CONNECTION_NAME, text(address)), (MQIACH_USER_SOURCE, number(source))];
        define(registry, ObjectType::ChlauthAddressMap, profile, &attributes);
    };
    add(&mut registry, "PL*", "10.1.*", MQUSRC_CHANNEL);
    add(&mut registry, "PLAIN", "10.1.2.*", MQUSRC_NOACCESS);
    add(&mut registry, "PLAIN", "10.1.2.3", MQUSRC_CHANNEL);
    let check = |address, want| check_client(&registry, "PLAIN", "app", Some("app"), address, want);
    check("10.1.1.1", Ok("app"));
    check("10.1.2.9", Err("CHLAUTH(PLAIN) TYPE(ADDRESSMAP) ADDRESS(10.1.2.*)"));
    check("10.1.2.3", Ok("app"));
    check("10.2.2.3", Err("CHLAUTH(*) TYPE(ADDRESSMAP) ADDRESS(*)"));
    // A user beats an address, on the same profile.
    let map = [
        (MQCACH_CLIENT_USER_ID, text("app")),
        (MQCACH_MCA_USER_ID, text("app2")),
        (MQIACH_USER_SOURCE, number(MQUSRC_MAP)),
    ];
    define(&mut registry, ObjectType::ChlauthUserMap, "PLAIN", &map);
    let check = |address, want| check_client(&registry, "PLAIN", "app", Some("app"), address, want);
    check("10.1.2.9", Err("no AUTHREC for CONNECT"));
    // A blocked address is refused before anything else is looked at.
    let blocked = Value::List(vec!["9.9.9.9".to_owned(), "10.1.2.*".to_owned()]);
    define(&mut registry, ObjectType::ChlauthBlockAddr, "*", &[(MQCACH_CONNECTION_NAME_LIST, blocked)]);
    let check = |address, want| check_client(&registry, "DEV.APP.SVRCONN", "app", None, address, want);
    check("10.1.2.3", Err("CHLAUTH(*) TYPE(BLOCKADDR)"));
    check("10.1.3.3", Ok("app"));
    // A warning refuses nobody.
    let mut registry = developer_objects();
    let warning = [
        (MQCACH_CONNECTION_NAME, text("*")),
        (MQIACH_USER_SOURCE, number(MQUSRC_NOACCESS)),
        (MQIACH_WARNING, number(MQWARN_YES)),
    ];
    define(&mut registry, ObjectType::ChlauthAddressMap, "*", &warning);
    check_client(&registry, "PLAIN", "app", Some("app"), "1.1.1.1", Ok("app"));
}

#[test]
fn local_applications_are_who_the_system_says() {
    let registry = developer_objects();
    let connect = |verified: Option<&str>| {
        let verified = verified.map(str::to_owned);
        let identity = Identity { asserted: "mqm".into(), verified, ..Identity::default() };
        started(&registry).connect(&identity, &registry).map(|user| user.name).map_err(|refusal| refusal.rule)
    };
    assert_eq!(connect(Some("runner")), Ok("runner".into()));
    assert_eq!(connect(Some("root")), Ok("root".into()));
    assert_eq!(connect(Some("mqm")), Ok("mqm".into()));
    assert_eq!(connect(Some("app")), Ok("app".into()));
    assert_eq!(connect(Some("joe")), Err("no AUTHREC for CONNECT".into()));
    assert_eq!(connect(None), Err("local user is not known to the operating system".into()));
    assert_eq!(connect(Some("")), Err("local user is not known to the operating system".into()));
}

#[test]
fn every_user_has_exactly_what_the_table_says() {
    let registry = developer_objects();
    let authority = authority();
    let words = |access: Access| access.words();
    // Object, and what `app` may do with it, over a channel or not.
    let table: &[(i32, &str, &str)] = &[
        (MQOT_Q_MGR, QMGR_PROFILE, "CONNECT,INQ"),
        (MQOT_Q, "DEV.QUEUE.1", "BROWSE,GET,INQ,PUT"),
        (MQOT_Q, "DEV.NEW", "BROWSE,GET,INQ,PUT"),
        (MQOT_Q, "DEV", "BROWSE,GET,INQ,PUT"),
        (MQOT_Q, "DEVIL", ""),
        (MQOT_Q, "OTHER", ""),
        (MQOT_Q, "DEV.APP.MODEL.QUEUE", "BROWSE,DSP,GET,INQ,PUT"),
        (MQOT_Q, "SYSTEM.DEFAULT.MODEL.QUEUE", "BROWSE,DSP,GET,INQ,PUT"),
        (MQOT_Q, "SYSTEM.DEFAULT.LOCAL.QUEUE", ""),
        (MQOT_Q, COMMAND_QUEUE, ""),
        (MQOT_Q, "DEV.DEAD.LETTER.QUEUE", ""),
        (MQOT_Q, "DEV.XMIT", ""),
        (MQOT_TOPIC, "DEV.BASE.TOPIC", "PUB,SUB"),
        (MQOT_TOPIC, "OTHER", ""),
        (MQOT_PROCESS, "DEV.PROCESS", ""),
        (MQOT_NAMELIST, "DEV.LIST", ""),
        (MQOT_CHANNEL, "DEV.APP.SVRCONN", ""),
    ];
    let everything = Access::of_numbers(&[i64::from(MQAUTH_ALL)]).and(Access::CREATE).and(Access::SYSTEM);
    for (object_type, name, want) in table {
        let subject = Subject { object_type: *object_type, name, dynamic: None };
        for single in everything.numbers() {
            let access = Access::of_numbers(&[single]);
            let is_allowed = |user: &str, channel: &str| {
                let user = User { name: user.into(), channel: channel.into(), address: String::new() };
                authority.check(&user, subject, access, &registry).is_ok()
            };
            let expected = want.split(',').any(|word| word == words(access));
            for channel in ["", "DEV.APP.SVRCONN"] {
                assert_eq!(is_allowed("app", channel), expected, "app {name} {}", words(access));
                for nobody in ["joe", "", "App", "app2", "admin"] {
                    assert!(!is_allowed(nobody, channel), "{nobody} {name} {}", words(access));
                }
                for administrator in ["mqm", "root", "runner"] {
                    assert!(is_allowed(administrator, channel), "{administrator} {name} {}", words(access));
                }
            }
        }
    }
}

#[test]
fn protected_queues_need_their_own_name() {
    let mut registry = developer_objects();
    let app = User { name: "app".into(), ..User::default() };
    let remote = User { channel: "DEV.APP.SVRCONN".into(), address: "10.0.0.7".into(), ..app.clone() };
    let rule = |user: &User, name: &str, registry: &Registry| {
        let put = authority().check(user, Subject::queue(name), Access::PUT, registry);
        put.map_err(|refusal| refusal.rule)
    };
    let unnamed = Err("no AUTHREC names the queue itself for PUT".to_owned());
    let from_administrators = Err("commands over a channel are taken from administrators only".to_owned());
    for name in ["DEV.DEAD.LETTER.QUEUE", "DEV.XMIT", COMMAND_QUEUE] {
        grant(&mut registry, MQOT_Q, "**", "app", &[MQAUTH_ALL]);
        assert_eq!(rule(&app, name, &registry), unnamed);
        grant(&mut registry, MQOT_Q, name, "app", &[MQAUTH_OUTPUT]);
        assert_eq!(rule(&app, name, &registry), Ok(()));
    }
    assert_eq!(rule(&remote, "DEV.XMIT", &registry), Ok(()));
    assert_eq!(rule(&remote, COMMAND_QUEUE, &registry), from_administrators);
    let refusal = authority().check(&remote, Subject::queue("OTHER"), Access::SET, &developer_objects());
    let line = refusal.expect_err("no authority").log_line("QM1");
    assert_eq!(line.id, "AMQ8077");
    assert_eq!(line.inserts, ["app", "DEV.APP.SVRCONN", "10.0.0.7", "OTHER", "no AUTHREC for SET"]);
    let entry = mqsc::catalog::message(line.id, &line.inserts);
    assert_eq!(entry.text, "AMQ8077W: Entity 'app' has insufficient authority to access object 'OTHER'.");
    assert_eq!(
        entry.explanation,
        "Missing is: no AUTHREC for SET. The entity came by channel 'DEV.APP.SVRCONN' from '10.0.0.7'."
    );
    let refusal = authority().check(&remote, Subject::qmgr(), Access::CONNECT, &Registry::default());
    let line = refusal.expect_err("no authority").log_line("QM1");
    assert_eq!(line.inserts[3], "QM1");
}

#[test]
fn a_dynamic_queue_is_its_creators() {
    let registry = developer_objects();
    let origin = DynamicOrigin { creator: "app", model: "SYSTEM.DEFAULT.MODEL.QUEUE" };
    let subject = Subject { object_type: MQOT_Q, name: "AMQ.5F1", dynamic: Some(origin) };
    let rule = |user: &str, access| {
        let user = User { name: user.into(), ..User::default() };
        authority().check(&user, subject, access, &registry).map_err(|refusal| refusal.rule)
    };
    assert_eq!(rule("app", Access::GET.and(Access::PUT)), Ok(()));
    let missing = "AUTHREC PROFILE(SYSTEM.DEFAULT.MODEL.QUEUE) without SET";
    assert_eq!(rule("app", Access::SET), Err(missing.into()));
    assert_eq!(rule("joe", Access::PUT), Err("no AUTHREC for PUT".into()));
}

#[test]
fn setting_context_needs_the_queue_managers_authority_too() {
    let mut registry = developer_objects();
    let app = User { name: "app".into(), ..User::default() };
    grant(&mut registry, MQOT_Q, "OTHER", "app", &[MQAUTH_OUTPUT, MQAUTH_SET_ALL_CONTEXT]);
    let wanted = Access::PUT.and(Access::SET_ALL);
    let refusal = authority().check(&app, Subject::queue("OTHER"), wanted, &registry);
    assert_eq!(refusal.expect_err("not on the queue manager").rule, "AUTHREC PROFILE(self) without SETALL");
    let all = [MQAUTH_CONNECT, MQAUTH_SET_ALL_CONTEXT];
    grant(&mut registry, MQOT_Q_MGR, QMGR_PROFILE, "app", &all);
    assert_eq!(authority().check(&app, Subject::queue("OTHER"), wanted, &registry), Ok(()));
}

#[test]
fn groups_and_narrower_profiles_take_nothing_over() {
    let mut registry = developer_objects();
    let app = User { name: "app".into(), ..User::default() };
    let get = |registry: &Registry| {
        authority().check(&app, Subject::queue("DEV.QUEUE.1"), Access::GET, registry).is_ok()
    };
    assert!(get(&registry));
    // The most specific profile counts alone, even if it gives less.
    grant(&mut registry, MQOT_Q, "DEV.QUEUE.*", "app", &[MQAUTH_NONE]);
    assert!(!get(&registry));
    let attributes = [
        (MQIACF_OBJECT_TYPE, number(MQOT_Q)),
        (MQCACF_ENTITY_NAME, text("app")),
        (MQIACF_ENTITY_TYPE, Value::Int(ENTITY_GROUP)),
        (MQIACF_AUTHORIZATION_LIST, Value::Ints(vec![i64::from(MQAUTH_ALL)])),
    ];
    define(&mut registry, ObjectType::AuthRec, "DEV.QUEUE.1", &attributes);
    assert!(!get(&registry));
}

/// Whoever makes a dynamic queue gets what others put there, so he does not get a name that they count on.
#[test]
fn names_that_others_count_on_are_not_given_to_dynamic_queues() {
    let mut registry = developer_objects();
    let r = &mut registry;
    grant(r, MQOT_Q, "ORDERS.**", "reader", &[MQAUTH_INPUT]);
    grant(r, MQOT_Q, "ORDERS.**", "app", &[MQAUTH_OUTPUT]);
    grant(r, MQOT_Q, "BILLS.**", "reader", &[MQAUTH_INPUT]);
    grant(r, MQOT_Q, "REPLY.**", "server", &[MQAUTH_OUTPUT]);
    grant(r, MQOT_Q, "SHARED.**", "reader", &[MQAUTH_INPUT]);
    grant(r, MQOT_Q, "SHARED.APP.*", "app", &[MQAUTH_INPUT]);
    grant(r, MQOT_Q, "NIGHTLY", "reader", &[MQAUTH_OUTPUT]);
    grant(r, MQOT_Q, "**", "reader", &[MQAUTH_INPUT]);
    grant(r, MQOT_Q, "**", "app", &[MQAUTH_ALL]);
    define(r, ObjectType::QAlias, "FRONT", &[(MQCA_BASE_OBJECT_NAME, text("BACK"))]);
    define(r, ObjectType::QAlias, "FRONT.2", &[(MQCA_BASE_OBJECT_NAME, text("BACK.2"))]);
    grant(r, MQOT_Q, "BACK.2", "app", &[MQAUTH_INPUT]);
    let rule = |user: &str, name: &str, is_generated: bool| {
        let user = User { name: user.into(), ..User::default() };
        let dynamic = DynamicName { name, is_generated };
        let outcome = authority().check_dynamic_name(&user, dynamic, Access::GET, &registry);
        outcome.map_err(|refusal| refusal.rule.split(", and ").last().unwrap_or_default().to_owned())
    };
    for (name, want) in [
        ("FREE", ""),
        ("AMQ.1234", ""),
        ("REPLY.1234", ""),
        ("SHARED.APP.1", ""),
        ("DEV.MINE", ""),
        ("BACK.2", ""),
        ("SYSTEMS", ""),
        ("SYSTEM.MINE", "it is the queue manager's"),
        ("SYSTEM.CLUSTER.COMMAND.QUEUE.2", "it is the queue manager's"),
        ("ORDERS.NEW", "AUTHREC PROFILE(ORDERS.**) PRINCIPAL(reader) claims it"),
        ("BILLS.NEW", "AUTHREC PROFILE(BILLS.**) PRINCIPAL(reader) claims it"),
        ("SHARED.NEW", "AUTHREC PROFILE(SHARED.**) PRINCIPAL(reader) claims it"),
        ("NIGHTLY", "AUTHREC PROFILE(NIGHTLY) PRINCIPAL(reader) claims it"),
        ("BACK", "other definitions name it"),
        ("DEV.DEAD.LETTER.QUEUE", "other definitions name it"),
    ] {
        let want = if want.is_empty() { Ok(()) } else { Err(want.to_owned()) };
        assert_eq!(rule("app", name, false), want, "{name}");
        assert_eq!(rule("mqm", name, false), Ok(()), "{name}: administrators may");
    }
    let claimed = "AUTHREC PROFILE(ORDERS.**) PRINCIPAL(reader) claims it";
    assert_eq!(rule("app", "ORDERS.65A0", true), Err(claimed.into()));
    assert_eq!(rule("app", "SYSTEM.65A0", true), Err("it is the queue manager's".into()));
    grant(&mut registry, MQOT_Q, "SYSTEM.APP.*", "app", &[MQAUTH_INPUT]);
    grant(&mut registry, MQOT_Q, "AMQ.**", "reader", &[MQAUTH_INPUT]);
    let rule = |name: &str, is_generated: bool| {
        let user = User { name: "app".into(), ..User::default() };
        authority()
            .check_dynamic_name(&user, DynamicName { name, is_generated }, Access::GET, &registry)
            .is_ok()
    };
    assert!(rule("SYSTEM.APP.1", false), "a record allows it");
    assert!(!rule("SYSTEM.OTHER.1", false));
    // What names nothing of its own begins with AMQ., whoever looks at those queues.
    assert!(rule("AMQ.65A0", true));
    assert!(!rule("AMQ.CHOSEN", false));
}

#[test]
fn nobody_becomes_an_administrator_over_a_channel() {
    let local = User { name: "app".into(), ..User::default() };
    let remote = User { channel: "DEV.APP.SVRCONN".into(), address: "10.0.0.7".into(), ..local.clone() };
    let administrator = User { name: "mqm".into(), ..remote.clone() };
    for alternate in ["mqm", "root", "runner"] {
        let refusal = authority().check_alternate(&remote, alternate).expect_err("he would be one");
        assert_eq!(refusal.rule, format!("nobody becomes administrator '{alternate}' over a channel"));
        assert_eq!((refusal.user.as_str(), refusal.channel.as_str()), ("app", "DEV.APP.SVRCONN"));
        assert_eq!(authority().check_alternate(&administrator, alternate), Ok(()));
        // On this machine the authority to act for others is what it is in the product.
        assert_eq!(authority().check_alternate(&local, alternate), Ok(()));
    }
    assert_eq!(authority().check_alternate(&remote, "joe"), Ok(()));
}

#[test]
fn only_administrators_end_a_queue_manager() {
    let may =
        |name: &str| authority().check_administrator(&User { name: name.into(), ..User::default() }).is_ok();
    assert!(may("mqm") && may("root") && may("runner"));
    for name in ["", " ", "app", "mqm ", "MQM", "roo", "runner_of_something"] {
        assert!(!may(name), "{name}");
    }
}
