//! The secure defaults, each tried the other way on a queue manager as `crtmqm` makes it, with channels and grants such
//! as an administrator might add. `docs/security.md` has the table of them; rows here begin with its numbers.
//!
//! Beside each refusal the same is tried by somebody who may, so that a refusal is not one for another reason.

mod place;

use std::net::{Ipv4Addr, TcpListener};

use mqi::constants::*;
use mqi::{Chars, Od, Reason};
use place::Place;
use server::attach::{AttachConfig, Attached};

struct Scene {
    place: Place,
    port: u16,
}

/// Channels without and with MCAUSER, queues of several kinds, and two applications: `app` has what the records say, and
/// `joe` may connect.
const SCRIPT: &str = "\
DEFINE CHANNEL(APP) CHLTYPE(SVRCONN)
DEFINE CHANNEL(AS.APP) CHLTYPE(SVRCONN) MCAUSER('app')
DEFINE CHANNEL(AS.MQM) CHLTYPE(SVRCONN) MCAUSER('mqm')
DEFINE CHANNEL(ADMIN) CHLTYPE(SVRCONN)
SET CHLAUTH(ADMIN) TYPE(BLOCKUSER) USERLIST('nobody')
DEFINE CHANNEL(SYSTEM.ADMIN.SVRCONN) CHLTYPE(SVRCONN) MCAUSER('app')
DEFINE CHANNEL(SYSTEM.APP) CHLTYPE(SVRCONN) MCAUSER('app')
DEFINE CHANNEL(MAPPED) CHLTYPE(SVRCONN)
SET CHLAUTH(MAPPED) TYPE(QMGRMAP) QMNAME('*') USERSRC(MAP) MCAUSER('app')
DEFINE CHANNEL(RECEIVER) CHLTYPE(RCVR) TRPTYPE(TCP) MCAUSER('app')
DEFINE CHANNEL(CIPHERED) CHLTYPE(SVRCONN) MCAUSER('app') SSLCIPH(ANY_TLS12_OR_HIGHER)
DEFINE QLOCAL(MINE)
DEFINE QLOCAL(OTHERS)
DEFINE QALIAS(MY.WAY.TO.OTHERS) TARGET(OTHERS)
DEFINE QALIAS(NO.WAY.TO.MINE) TARGET(MINE)
DEFINE QALIAS(TO.COMMANDS) TARGET(SYSTEM.ADMIN.COMMAND.QUEUE)
DEFINE QALIAS(LATER) TARGET(NOT.YET.THERE)
DEFINE QLOCAL(XMIT) USAGE(XMITQ)
DEFINE QMODEL(MODEL) DEFTYPE(TEMPDYN)
DEFINE QMODEL(FORBIDDEN.MODEL)
ALTER QMGR DEADQ(SYSTEM.DEAD.LETTER.QUEUE)
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app') AUTHADD(CONNECT,INQ)
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('joe') AUTHADD(CONNECT)
SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('all') AUTHADD(CONNECT,INQ)
SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('all') AUTHADD(PUT,GET,BROWSE,INQ)
SET AUTHREC PROFILE(SYSTEM.ADMIN.COMMAND.QUEUE) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT)
SET AUTHREC PROFILE(MINE) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT,GET,BROWSE,INQ)
SET AUTHREC PROFILE(MY.WAY.TO.OTHERS) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT)
SET AUTHREC PROFILE(TO.COMMANDS) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT)
SET AUTHREC PROFILE(MODEL) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(GET,INQ)
SET AUTHREC PROFILE('ORDERS.**') OBJTYPE(QUEUE) PRINCIPAL('reader') AUTHADD(GET)
ALTER CHANNEL(SYSTEM.DEF.SVRCONN) CHLTYPE(SVRCONN) MCAUSER('app')
ALTER CHANNEL(SYSTEM.AUTO.SVRCONN) CHLTYPE(SVRCONN) MCAUSER('app')
SET CHLAUTH('SYSTEM.DEF.SVRCONN') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL)
SET CHLAUTH('SYSTEM.AUTO.SVRCONN') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(CHANNEL)
ALTER QMGR CHAD(ENABLED)
";

impl Scene {
    fn new(name: &str) -> Self {
        let place = Place::new(name);
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| socket.local_addr());
        let port = port.expect("a port is free").port();
        place.start(&["-p", &port.to_string()]);
        for user in ["app", "joe", "all", "mqm"] {
            place.succeed(&["passwd", "-m", "QR", user], "secret\n");
        }
        let said = place.succeed(&["runmqsc", "QR"], SCRIPT);
        assert!(said.contains("All valid MQSC commands were processed."), "{said}");
        Self { place, port }
    }

    fn connect(&self, channel: &str, user: &str, password: Option<&str>) -> Result<Attached, Reason> {
        let config = AttachConfig {
            channel: channel.to_owned(),
            qmgr_name: "QR".to_owned(),
            user: user.to_owned(),
            credentials: password.map(|password| (user.to_owned(), password.into())),
            appl_name: "stranger".to_owned(),
        };
        Attached::tcp(&format!("127.0.0.1:{}", self.port), config, None)
    }

    fn client(&self, user: &str) -> Attached {
        self.connect("APP", user, Some("secret")).expect("an honest client gets in")
    }

    fn mqsc(&self, script: &str) -> String {
        let output = self.place.run(&["runmqsc", "QR"], script);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.place.paths().errors().join("AMQERR01.LOG")).expect("there is a log")
    }
}

/// D2, D3, D5 to D8, D18: who gets in, by which channel, and who does not.
#[test]
fn nobody_comes_in_unproved() {
    let scene = Scene::new("defaults-in");
    let refused = Some(Reason::NOT_AUTHORIZED);
    let unknown = Some(Reason::UNKNOWN_CHANNEL_NAME);
    for (default, channel, user, password, want) in [
        ("D2 proved", "APP", "app", Some("secret"), None),
        ("D2 blank MCAUSER, a name alone", "APP", "app", None, refused),
        ("D2 blank MCAUSER, the owner's name", "APP", "mqm", None, refused),
        ("D2 blank MCAUSER, no name", "APP", "", None, refused),
        ("D3 an administrator with his password", "APP", "mqm", Some("secret"), refused),
        ("D3 MCAUSER is an administrator", "AS.MQM", "app", None, refused),
        ("D3 MCAUSER is an administrator, proved", "AS.MQM", "app", Some("secret"), refused),
        ("D3 let in by a rule of the channel's own", "ADMIN", "mqm", Some("secret"), None),
        ("D3 and not without a password", "ADMIN", "mqm", None, refused),
        ("D5 SYSTEM.ADMIN.SVRCONN", "SYSTEM.ADMIN.SVRCONN", "app", Some("secret"), refused),
        ("D5 another SYSTEM channel", "SYSTEM.APP", "app", Some("secret"), refused),
        ("D6 whatever rule lets in", "SYSTEM.DEF.SVRCONN", "app", Some("secret"), refused),
        ("D6 whatever rule lets in", "SYSTEM.AUTO.SVRCONN", "app", Some("secret"), refused),
        ("D6 no channel is made for a client", "NOT.DEFINED", "app", Some("secret"), unknown),
        ("D7 QMGRMAP is not for clients", "MAPPED", "app", None, refused),
        ("D8 a wrong password", "APP", "app", Some("wrong"), refused),
        ("D8 a user who is not there", "APP", "nemo", Some("secret"), refused),
        ("D8 a wrong password where none is asked for", "AS.APP", "app", Some("wrong"), refused),
        ("D18 a cipher, and no TLS", "CIPHERED", "app", Some("secret"), Some(Reason::JSSE_ERROR)),
        ("D2 a message channel", "RECEIVER", "app", Some("secret"), Some(Reason::CHANNEL_CONFIG_ERROR)),
    ] {
        assert_eq!(scene.connect(channel, user, password).err(), want, "{default}: {channel} {user:?}");
    }
}

/// D3: whatever else an administrator has opened, nobody comes in as one without having proved something.
#[test]
fn no_administrator_comes_in_unproved() {
    let scene = Scene::new("defaults-administrators");
    let refused = Some(Reason::NOT_AUTHORIZED);
    scene.mqsc(
        "DEFINE CHANNEL(BY.MCAUSER) CHLTYPE(SVRCONN) MCAUSER('mqm')
         SET CHLAUTH(BY.MCAUSER) TYPE(BLOCKUSER) USERLIST('nobody')
         DEFINE CHANNEL(BY.RULE) CHLTYPE(SVRCONN)
         SET CHLAUTH(BY.RULE) TYPE(BLOCKUSER) USERLIST('nobody')
         SET CHLAUTH(BY.RULE) TYPE(ADDRESSMAP) ADDRESS('127.0.0.1') USERSRC(MAP) MCAUSER('mqm')
        ",
    );
    for open in [
        "ALTER AUTHINFO(SYSTEM.DEFAULT.AUTHINFO.IDPWOS) AUTHTYPE(IDPWOS) CHCKCLNT(OPTIONAL)\n",
        "ALTER AUTHINFO(SYSTEM.DEFAULT.AUTHINFO.IDPWOS) AUTHTYPE(IDPWOS) CHCKCLNT(NONE)\n",
        "ALTER QMGR CONNAUTH(' ')\n",
    ] {
        let said = scene.mqsc(&format!("{open}REFRESH SECURITY TYPE(CONNAUTH)\n"));
        assert!(said.contains("All valid MQSC commands were processed."), "{said}");
        for channel in ["BY.MCAUSER", "BY.RULE", "ADMIN", "AS.MQM"] {
            for user in ["", "app", "mqm", "root"] {
                assert_eq!(scene.connect(channel, user, None).err(), refused, "{open}: {channel} {user:?}");
            }
        }
        // Nor is anybody else kept out by it.
        assert_eq!(scene.connect("AS.APP", "nemo", None).err(), None, "{open}");
        assert_eq!(scene.connect("BY.MCAUSER", "app", Some("secret")).err(), None, "{open}");
    }
    let log = scene.errors();
    assert!(log.contains("administrator 'mqm' comes in with a password only"), "{log}");
}

/// D4, D9, D14, D16, D17: what a client may open, with what its records say and no more.
#[test]
fn nobody_has_what_no_record_gives() {
    let scene = Scene::new("defaults-open");
    const PUT: i32 = MQOO_OUTPUT;
    const GET: i32 = MQOO_INPUT_SHARED;
    let refused = Some(Reason::NOT_AUTHORIZED);
    for (default, user, queue, options, want) in [
        ("D4 commands", "app", "SYSTEM.ADMIN.COMMAND.QUEUE", PUT, refused),
        ("D4 commands by an alias", "app", "TO.COMMANDS", PUT, refused),
        ("D9 what a record gives", "app", "MINE", PUT | GET | MQOO_BROWSE | MQOO_INQUIRE, None),
        ("D9 what none gives", "app", "MINE", MQOO_SET, refused),
        ("D9 a queue without a record", "app", "OTHERS", PUT, refused),
        ("D9 a user without any", "joe", "MINE", GET, refused),
        ("D9 the queue manager itself", "joe", "MODEL", GET, refused),
        ("D9 by an alias that a record names", "app", "MY.WAY.TO.OTHERS", PUT, None),
        ("D9 by one that none names", "app", "NO.WAY.TO.MINE", PUT, refused),
        ("D9 a model that none names", "app", "FORBIDDEN.MODEL", GET, refused),
        ("D9 a model", "app", "MODEL", GET, None),
        ("D9 a model, for more", "app", "MODEL", GET | PUT, refused),
        ("D14 context", "app", "MINE", PUT | MQOO_SET_ALL_CONTEXT, refused),
        ("D14 context", "app", "MINE", PUT | MQOO_SET_IDENTITY_CONTEXT, refused),
        ("D14 context", "app", "MINE", PUT | MQOO_PASS_ALL_CONTEXT, refused),
        ("D14 context", "app", "MINE", PUT | MQOO_PASS_IDENTITY_CONTEXT, refused),
        ("D14 another user", "app", "MINE", PUT | MQOO_ALTERNATE_USER_AUTHORITY, refused),
        ("D17 a generic record reaches a queue", "all", "OTHERS", PUT | GET, None),
        ("D17 and not the dead-letter queue", "all", "SYSTEM.DEAD.LETTER.QUEUE", PUT, refused),
        ("D17", "all", "SYSTEM.DEAD.LETTER.QUEUE", GET, refused),
        ("D17", "all", "SYSTEM.DEAD.LETTER.QUEUE", MQOO_BROWSE, refused),
        ("D17 nor a transmission queue", "all", "XMIT", PUT, refused),
        ("D17", "all", "XMIT", GET, refused),
        ("D17 nor the command queue", "all", "SYSTEM.ADMIN.COMMAND.QUEUE", PUT, refused),
        ("D17", "all", "SYSTEM.ADMIN.COMMAND.QUEUE", MQOO_BROWSE, refused),
        (
            "D23 no policies",
            "all",
            "SYSTEM.PROTECTION.POLICY.QUEUE",
            MQOO_BROWSE,
            Some(Reason::UNKNOWN_OBJECT_NAME),
        ),
    ] {
        let mut client = scene.client(user);
        assert_eq!(client.open_queue(queue, options).err(), want, "{default}: {user} {queue} {options:#x}");
    }
    let log = scene.errors();
    assert!(log.contains("AMQ8077W: Entity 'app' has insufficient authority to access object 'OTHERS'."));
}

/// D16: where the product keeps its authorities and channels in doubt nobody reads or writes, on this machine neither.
#[test]
fn no_message_reaches_the_stores() {
    let scene = Scene::new("defaults-stores");
    let paths = scene.place.paths();
    for queue in ["SYSTEM.AUTH.DATA.QUEUE", "SYSTEM.CHLAUTH.DATA.QUEUE", "SYSTEM.CHANNEL.SYNCQ"] {
        for options in [MQOO_OUTPUT, MQOO_INPUT_SHARED, MQOO_BROWSE] {
            let refused = Err(Reason::NOT_AUTHORIZED);
            let by_client = scene.client("all").open_queue(queue, options);
            assert_eq!(by_client, refused, "{queue} {options:#x}");
            let mut administrator = Attached::local(&paths, "owner").expect("the owner connects");
            assert_eq!(administrator.open_queue(queue, options), refused, "{queue} {options:#x}");
            assert!(administrator.open_queue("OTHERS", options).is_ok());
        }
    }
}

/// Dynamic queues under names that others count on, from a real client.
#[test]
fn names_of_others_are_refused() {
    let scene = Scene::new("defaults-names");
    let mut client = scene.client("app");
    for (name, is_given) in [
        ("AMQ.*", true),
        ("FREE", true),
        ("SYSTEM.MINE.*", false),
        ("SYSTEM.CLUSTER.MINE", false),
        ("ORDERS.NEW", false),
        ("ORDERS.*", false),
        ("NOT.YET.THERE", false),
        // Whether it is there is not told either.
        ("SYSTEM.DEAD.LETTER.QUEUE", false),
    ] {
        let od = Od {
            object_name: Chars::from_str_padded("MODEL"),
            dynamic_q_name: Chars::from_str_padded(name),
            ..Od::default()
        };
        let opened = client.open(od, MQOO_INPUT_SHARED).map(|_| ());
        assert_eq!(opened, if is_given { Ok(()) } else { Err(Reason::NOT_AUTHORIZED) }, "{name}");
    }
    assert!(scene.errors().contains("AUTHREC PROFILE(ORDERS.**) PRINCIPAL(reader) claims it"));
}

/// Names that are generated can be guessed. Whoever has them before others do keeps nobody from opening a model, and no
/// administrator out.
#[test]
fn names_that_were_guessed_are_passed_over() {
    let scene = Scene::new("defaults-guessed");
    let mut guesser = scene.client("app");
    let od = |name: &str| Od {
        object_name: Chars::from_str_padded("MODEL"),
        dynamic_q_name: Chars::from_str_padded(name),
        ..Od::default()
    };
    let made = guesser.open(od("AMQ.*"), MQOO_INPUT_SHARED).expect("he may").1;
    let number = made.object_name.as_str().strip_prefix("AMQ.").map(|hex| u64::from_str_radix(hex, 16));
    let number = number.expect("it begins so").expect("the rest is a number");
    for ahead in 1..=100 {
        for prefix in ["AMQ.", "MQSC."] {
            let name = format!("{prefix}{:016X}", number.wrapping_add(ahead));
            guesser.open(od(&name), MQOO_INPUT_SHARED).expect("the name is free");
        }
    }
    assert!(scene.mqsc("PING QMGR\n").contains("AMQ8415I"));
    let mut victim = scene.client("app");
    let given = victim.open(od("AMQ.*"), MQOO_INPUT_SHARED).expect("he may, too").1;
    let given = given.object_name.as_str().strip_prefix("AMQ.").map(|hex| u64::from_str_radix(hex, 16));
    let given = given.expect("it begins so").expect("the rest is a number");
    assert!(given > number + 100, "{given:X} {number:X}");
}

/// What does not exist yet is refused, so that nobody believes in a protection, or uses something that has none: message
/// channels and clusters (D2, D10 to D14), services, triggers (D15), TLS (D18), message protection (D23).
#[test]
fn what_is_not_built_is_refused() {
    let scene = Scene::new("defaults-unbuilt");
    for (default, command, id) in [
        ("D2", "START CHANNEL(RECEIVER)", "AMQ8990E"),
        ("D10", "DEFINE CHANNEL(TO.QR) CHLTYPE(CLUSRCVR) CONNAME('localhost') CLUSTER(C)", "AMQ8014I"),
        ("D10", "START CHANNEL(TO.QR)", "AMQ8990E"),
        ("D11", "REFRESH CLUSTER(C)", "AMQ8990E"),
        ("D11", "RESET CLUSTER(C) ACTION(FORCEREMOVE) QMNAME(QR)", "AMQ8990E"),
        ("D12", "SUSPEND QMGR CLUSTER(C)", "AMQ8990E"),
        ("D13", "DISPLAY CLUSQMGR(*)", "AMQ8990E"),
        ("D15", "DEFINE SERVICE(S) SERVTYPE(SERVER) STARTCMD('/bin/true')", "AMQ8625I"),
        ("D15", "START SERVICE(S)", "AMQ8990E"),
        ("D15", "START CHINIT", "AMQ8990E"),
        ("D23", "SET POLICY(MINE) SIGNALG(SHA256)", "AMQ8990E"),
        ("D16", "DEFINE QLOCAL(SYSTEM.PROTECTION.POLICY.QUEUE)", "AMQ8990E"),
        ("D16", "DEFINE QALIAS(SYSTEM.PROTECTION.POLICY.QUEUE) TARGET(MINE)", "AMQ8990E"),
    ] {
        let said = scene.mqsc(&format!("{command}\n"));
        assert!(said.contains(id), "{default} {command}: {said}");
    }
    // Exits are kept with a channel and never loaded; a service that starts with the queue manager is not started.
    let mark = scene.place.root.join("was-run");
    let run = format!("/usr/bin/touch {}", mark.display());
    let said = scene.mqsc(&format!(
        "DEFINE SERVICE(AT.START) CONTROL(QMGR) SERVTYPE(COMMAND) STARTCMD('/usr/bin/touch') STARTARG('{0}')\n\
         DEFINE PROCESS(P) APPLICID('{run}')\n\
         DEFINE QLOCAL(TRIGGERED) TRIGGER TRIGTYPE(EVERY) PROCESS(P) INITQ(SYSTEM.DEFAULT.INITIATION.QUEUE)\n",
        mark.display()
    ));
    assert!(said.contains("All valid MQSC commands were processed."), "{said}");
    scene.place.succeed(&["endmqm", "-i", "QR"], "");
    scene.place.succeed(&["strmqm", "QR"], "");
    scene.place.succeed(&["amqsput", "TRIGGERED", "QR"], "one\n");
    assert!(!mark.exists(), "no program is run for anybody");
}

/// D5: the rules of a new queue manager.
#[test]
fn a_new_queue_manager_has_its_back_stops() {
    let place = Place::new("defaults-rules");
    place.start(&[]);
    let shown = "DISPLAY CHLAUTH(*) ALL\nDISPLAY QMGR CHLAUTH CONNAUTH CHAD\n";
    let said = place.succeed(&["runmqsc", "-e", "QR"], shown);
    let rules: Vec<&str> = said.lines().filter(|line| line.contains("CHLAUTH(")).map(str::trim).collect();
    assert_eq!(rules.len(), 3, "{said}");
    for rule in ["CHLAUTH(*)", "CHLAUTH(SYSTEM.*)", "CHLAUTH(ENABLED)"] {
        assert!(rules.iter().any(|line| line.starts_with(rule)), "{rule}: {said}");
    }
    for text in ["TYPE(BLOCKUSER)", "USERLIST(*MQADMIN)", "USERSRC(NOACCESS)", "CHAD(DISABLED)"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert!(said.contains("CONNAUTH(SYSTEM.DEFAULT.AUTHINFO.IDPWOS)"), "{said}");
}

/// D19, D20: where passwords are, and are not.
#[test]
fn passwords_are_kept_as_hashes() {
    let place = Place::new("defaults-passwords");
    place.start(&[]);
    place.succeed(&["passwd", "-m", "QR", "app"], "a-secret-nobody-has\n");
    let file = place.paths().data.join("passwords");
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert!(text.contains("$argon2id$") && !text.contains("a-secret"), "{text}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    // Not among arguments, which everybody on the machine can read.
    let given = place.run(&["passwd", "-m", "QR", "app", "a-secret"], "");
    assert!(!given.status.success(), "{given:?}");
}

/// D21: who came, who was refused, what was changed and by whom, start and end, in a file of its own that is only
/// appended to, and without secrets.
#[test]
fn what_happens_is_audited() {
    let scene = Scene::new("defaults-audit");
    let file = scene.place.paths().errors().join("AUDIT01.json");
    assert_eq!(scene.connect("APP", "app", Some("wrong")).err(), Some(Reason::NOT_AUTHORIZED));
    let mut client = scene.client("app");
    assert_eq!(client.open_queue("OTHERS", MQOO_OUTPUT).err(), Some(Reason::NOT_AUTHORIZED));
    scene.mqsc("SET AUTHREC PROFILE(OTHERS) OBJTYPE(QUEUE) PRINCIPAL('app') AUTHADD(PUT)\n");
    scene.mqsc("ALTER QLOCAL(OTHERS) MAXDEPTH(7)\nALTER QMGR KEYRPWD('s3cret')\nDELETE QLOCAL(NEVER.WAS)\n");
    let before = std::fs::read_to_string(&file).expect("it is there");
    scene.place.succeed(&["endmqm", "-i", "QR"], "");
    scene.place.succeed(&["strmqm", "QR"], "");
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert!(text.starts_with(&before), "it is only appended to");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let has = |fields: &[(&str, &str)]| {
        let is = |line: &serde_json::Value| fields.iter().all(|(name, value)| line[*name] == *value);
        assert!(lines.iter().any(is), "{fields:?}: {text}");
    };
    has(&[("event", "start")]);
    has(&[("event", "refused"), ("id", "AMQ5534E")]);
    has(&[("event", "refused"), ("id", "AMQ8077W")]);
    has(&[("event", "connect"), ("user", "app"), ("channel", "APP"), ("address", "127.0.0.1")]);
    has(&[("event", "command"), ("command", "ALTER QLOCAL(OTHERS) MAXDEPTH(7)"), ("outcome", "AMQ8008I")]);
    has(&[("event", "command"), ("command", "DELETE QLOCAL(NEVER.WAS)"), ("outcome", "AMQ8147E")]);
    has(&[("event", "command"), ("command", "STOP QMGR"), ("outcome", "accepted")]);
    has(&[("event", "end")]);
    let grant =
        lines.iter().find(|line| line["command"].as_str().is_some_and(|c| c.contains("PROFILE(OTHERS)")));
    let grant = grant.unwrap_or_else(|| panic!("{text}"));
    assert_eq!((&grant["outcome"], grant["user"].as_str().is_some()), (&"AMQ8862I".into(), true), "{grant}");
    assert!(!text.contains("s3cret") && text.contains("KEYRPWD(********)"), "{text}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o027, 0, "{mode:o}");
}
