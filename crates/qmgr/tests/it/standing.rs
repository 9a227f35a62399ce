//! Nothing is taken and ignored: every attribute of every table does something, or is on a list of those that do not.
//!
//! The test knows no attribute. It takes each from the tables, gives it every kind of value that it takes, and has the
//! queue manager do everything that applications and administrators do with such an object: a *round*, whose outcome is
//! a text. An attribute acts if the outcome differs for one of its values; one that is on the list of
//! [`mqi::object::standing`] is kept and shown, and must make no difference, so that the list does not outlive its
//! reason. `docs/compatibility.md` prints the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mqi::call::{Body, Call, Consume, Hobj, Long, Reply, Returned};
use mqi::constants::*;
use mqi::object::standing::{self, Standing};
use mqi::object::{Access, Attribute, Kind, ObjectClass, ObjectType};
use mqi::{Chars, Gmo, Md, Od, Pmo};

use crate::admin::World;

/// An object as it is defined for the test.
struct Subject {
    object: ObjectType,
    /// The command up to its attributes.
    define: String,
    /// Attributes that are always given.
    given: Vec<(&'static str, &'static str)>,
    display: String,
}

fn subject(object: ObjectType) -> Option<Subject> {
    use ObjectType as T;
    let keyword = object.keyword();
    let (verb, noun, name, more, given): (&str, &str, &str, String, &[(&str, &str)]) = match object {
        T::QLocal | T::QModel => ("DEFINE", keyword, "Q", String::new(), &[]),
        T::QAlias => ("DEFINE", keyword, "Q", String::new(), &[("TARGET", "T")]),
        T::QRemote => ("DEFINE", keyword, "Q", String::new(), &[("RNAME", "' '"), ("RQMNAME", "QM1")]),
        T::Sdr | T::Clntconn | T::Rqstr => {
            ("DEFINE", "CHANNEL", "C2", format!("CHLTYPE({keyword})"), &[("CONNAME", "'a'"), ("XMITQ", "X")])
        }
        T::Svr => ("DEFINE", "CHANNEL", "C2", format!("CHLTYPE({keyword})"), &[("XMITQ", "X")]),
        T::Svrconn => ("DEFINE", "CHANNEL", "C", format!("CHLTYPE({keyword})"), &[("MCAUSER", "'app'")]),
        T::Rcvr | T::Clussdr | T::Clusrcvr | T::Amqp => {
            ("DEFINE", "CHANNEL", "C2", format!("CHLTYPE({keyword})"), &[])
        }
        T::Listener => ("DEFINE", "LISTENER", "L", String::new(), &[("TRPTYPE", "TCP"), ("CONTROL", "QMGR")]),
        T::Qmgr => ("ALTER", "QMGR", "", String::new(), &[]),
        T::Topic => ("DEFINE", "TOPIC", "T", String::new(), &[("TOPICSTR", "'a'")]),
        T::Sub => {
            ("DEFINE", "SUB", "SYSTEM.DEFAULT.SUB", String::new(), &[("TOPICSTR", "'a'"), ("DEST", "T")])
        }
        T::AuthCrlLdap | T::AuthIdpwOs | T::AuthIdpwLdap => {
            let name = if object == T::AuthIdpwOs { "A" } else { "A2" };
            ("DEFINE", "AUTHINFO", name, format!("AUTHTYPE({keyword})"), &[])
        }
        T::AuthOcsp => {
            ("DEFINE", "AUTHINFO", "A2", format!("AUTHTYPE({keyword})"), &[("OCSPURL", "'http://a'")])
        }
        T::Process | T::Namelist | T::Service | T::CommInfo => {
            ("DEFINE", keyword_of(object), "O", String::new(), &[])
        }
        T::ChlauthBlockUser => ("SET", "CHLAUTH", "C", format!("TYPE({keyword})"), &[("USERLIST", "'app'")]),
        T::ChlauthBlockAddr => {
            ("SET", "CHLAUTH", "*", format!("TYPE({keyword})"), &[("ADDRLIST", "'10.0.0.1'")])
        }
        T::ChlauthSslPeerMap => (
            "SET",
            "CHLAUTH",
            "C",
            format!("TYPE({keyword})"),
            &[("SSLPEER", "'CN=a'"), ("MCAUSER", "'app'")],
        ),
        T::ChlauthAddressMap => (
            "SET",
            "CHLAUTH",
            "C",
            format!("TYPE({keyword})"),
            &[("ADDRESS", "'10.0.0.1'"), ("MCAUSER", "'ann'")],
        ),
        T::ChlauthUserMap => (
            "SET",
            "CHLAUTH",
            "C",
            format!("TYPE({keyword})"),
            &[("CLNTUSER", "'joe'"), ("MCAUSER", "'ann'")],
        ),
        T::ChlauthQmgrMap => {
            ("SET", "CHLAUTH", "C", format!("TYPE({keyword})"), &[("QMNAME", "'QM2'"), ("MCAUSER", "'app'")])
        }
        // Made by MQSC of its own, or not defined at all.
        T::QCluster | T::AuthRec => return None,
        T::QStatusQueue | T::QStatusHandle | T::ChannelStatus | T::Connection | T::ConnectionHandle => {
            return None;
        }
        T::QmgrStatus | T::ListenerStatus => return None,
    };
    let given = given.iter().copied().filter(|(keyword, _)| object.attribute(keyword).is_ok()).collect();
    let named = if name.is_empty() { noun.to_owned() } else { format!("{noun}('{name}')") };
    let display = match object.class() {
        ObjectClass::ChannelAuth => format!("DISPLAY {named} {more} ALL"),
        _ => format!("DISPLAY {named} ALL"),
    };
    Some(Subject { object, define: format!("{verb} {named} {more}"), given, display })
}

fn keyword_of(object: ObjectType) -> &'static str {
    object.class().row().keyword
}

impl Subject {
    /// The command that gives it this attribute, besides those that it must have.
    fn command(&self, attribute: &Attribute, value: &str) -> String {
        let mut text = self.define.clone();
        let is_flag = matches!(attribute.kind, Kind::Flag(_));
        // A rule that maps to no user names none.
        let maps = attribute.keyword != "USERSRC" || value == "MAP";
        for (keyword, value) in &self.given {
            if *keyword != attribute.keyword && (maps || *keyword != "MCAUSER") {
                let _ = write!(text, " {keyword}({value})");
            }
        }
        let _ =
            if is_flag { write!(text, " {value}") } else { write!(text, " {}({value})", attribute.keyword) };
        text + match self.define.split(' ').next() {
            Some("DEFINE") => " REPLACE",
            Some("SET") => " ACTION(REPLACE)",
            _ => "",
        }
    }
}

/// Values of every kind that an attribute takes, as MQSC writes them.
fn values(attribute: &Attribute) -> Vec<String> {
    // Of several words for one number the first is shown.
    let words = |words: &[(&str, i32)]| {
        let is_first = |at: &usize| words[..*at].iter().all(|(_, number)| *number != words[*at].1);
        (0..words.len()).filter(is_first).map(|at| words[at].0.to_owned()).collect::<Vec<_>>()
    };
    match attribute.kind {
        Kind::Choice(all) | Kind::Flag(all) => words(all),
        Kind::Choices { words: all, .. } => words(all),
        Kind::Number { min, max, words: all } => {
            let mut numbers: Vec<String> = [min, min + 1, 3, max]
                .iter()
                .filter(|n| (min..=max).contains(n))
                .map(ToString::to_string)
                .collect();
            numbers.extend(words(all));
            numbers
        }
        _ if attribute.keyword == "CUSTOM" => vec!["' '".to_owned(), "'CAPEXPRY(1)'".to_owned()],
        _ if attribute.keyword == "SSLCIPH" => vec!["' '".to_owned(), "ANY_TLS12".to_owned()],
        _ if matches!(attribute.keyword, "ADDRESS" | "ADDRLIST") => {
            vec!["'10.0.0.1'".to_owned(), "'10.0.0.2'".to_owned()]
        }
        _ if attribute.keyword == "IPADDR" => vec!["'127.0.0.1'".to_owned(), "' '".to_owned()],
        Kind::Name { .. } => ["' '", "T", "XQ", "QM1", "A", "STRICT"].map(str::to_owned).to_vec(),
        Kind::Names { .. } => vec!["T,XQ".to_owned()],
        Kind::Text { .. } | Kind::Texts { .. } | Kind::Secret { .. } => {
            ["'joe'", "'app'", "'ann'", "'x'"].map(str::to_owned).to_vec()
        }
        Kind::Bytes { max } => vec!["AB".repeat(max)],
        Kind::Numbers { .. } => vec!["1".to_owned()],
    }
}

/// A queue manager with what the rounds need beside the object in question.
fn world() -> World {
    let mut world = World::new();
    for command in [
        "DEFINE QLOCAL(T) MAXDEPTH(5)",
        "DEFINE QLOCAL(XQ) USAGE(XMITQ)",
        "DEFINE QLOCAL(GENERIC.Q)",
        "DEFINE NAMELIST(NOSUCH2)",
        "DEFINE CHANNEL(C) CHLTYPE(SVRCONN) MCAUSER('app') REPLACE",
        "DEFINE AUTHINFO(A) AUTHTYPE(IDPWOS) CHCKCLNT(OPTIONAL)",
        "DEFINE AUTHINFO(STRICT) AUTHTYPE(IDPWOS) CHCKCLNT(REQUIRED)",
        "ALTER QMGR CONNAUTH(A)",
        "REFRESH SECURITY TYPE(CONNAUTH)",
        "SET CHLAUTH('*') TYPE(BLOCKADDR) ADDRLIST('10.0.0.66')",
        "SET AUTHREC OBJTYPE(QMGR) PRINCIPAL('app','joe','ann') AUTHADD(CONNECT,INQ)",
        "SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('app','joe') AUTHADD(PUT,GET,BROWSE)",
        "SET AUTHREC PROFILE('**') OBJTYPE(QUEUE) PRINCIPAL('ann') AUTHADD(GET)",
    ] {
        let answer = world.command(command);
        assert!(!answer.is_failure, "{command}: {:?}", answer.lines);
    }
    world
}

/// Does everything, and says how it went.
struct Round<'a> {
    world: &'a mut World,
    text: String,
    /// The object that was opened last, by its own name.
    opened: Option<String>,
}

impl Round<'_> {
    fn say(&mut self, what: impl std::fmt::Debug) {
        let _ = writeln!(self.text, "{what:?}");
    }

    fn call(&mut self, name: &str, call: Call) -> Option<Reply> {
        let reply = self.world.reply_to(name, call);
        self.say(&reply);
        reply
    }

    fn open(&mut self, name: &str, object: &str, qmgr: &str, options: i32) -> Hobj {
        let od = Box::new(Od {
            object_name: Chars::from_str_padded(object),
            object_q_mgr_name: Chars::from_str_padded(qmgr),
            ..Od::default()
        });
        match self.call(name, Call::Open { od, options }) {
            Some(Reply { returned: Returned::Open { hobj, od, .. }, .. }) if hobj.0 > 0 => {
                self.opened = Some(od.object_name.as_str().to_owned());
                hobj
            }
            _ => {
                self.opened = None;
                Hobj(0)
            }
        }
    }

    fn put(&mut self, name: &str, hobj: Hobj, priority: i32, options: i32, body: Vec<u8>) {
        let md = Box::new(Md {
            persistence: MQPER_PERSISTENCE_AS_Q_DEF,
            priority,
            coded_char_set_id: MQCCSI_Q_MGR,
            ..Md::default()
        });
        let pmo = Box::new(Pmo { options, ..Pmo::default() });
        self.call(name, Call::Put { hobj, md, pmo, body: Long::whole(Body::from(body)) });
    }

    fn get(&mut self, name: &str, hobj: Hobj, options: i32) {
        let gmo = Box::new(Gmo { version: 4, options, ..Gmo::default() });
        self.call(name, Call::Get { hobj, md: Box::default(), gmo, buffer_length: 200_000 });
    }

    /// A message with properties.
    fn put_properties(&mut self, name: &str, hobj: Hobj) {
        let folder = format!("<usr><name>{}</name></usr>", "x".repeat(65));
        let folder = format!("{folder:<96}");
        let mut body = b"RFH ".to_vec();
        for number in [2, 36 + 4 + folder.len() as i32, 273, 1208] {
            body.extend(number.to_be_bytes());
        }
        body.extend(b"MQSTR   ");
        body.extend(0_i32.to_be_bytes());
        body.extend(1208_i32.to_be_bytes());
        body.extend((folder.len() as i32).to_be_bytes());
        body.extend(folder.into_bytes());
        body.extend(b"text");
        let md = Box::new(Md {
            format: Chars::from_str_padded("MQHRF2"),
            encoding: 273,
            coded_char_set_id: 1208,
            ..Md::default()
        });
        let pmo = Box::new(Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() });
        self.call(name, Call::Put { hobj, md, pmo, body: Long::whole(Body::from(body)) });
    }

    fn connect(&mut self, directive: &str) {
        // The first word is the name; a connection that is refused has none.
        self.world.directive(&format!("connect {directive}"));
    }

    fn display(&mut self, command: &str) {
        let lines = self.world.command(command).lines;
        self.say(lines);
    }

    /// What applications do with a queue.
    fn queue(&mut self) {
        self.connect("A mqm proved");
        self.connect("B mqm proved");
        let output = self.open("A", "Q", "", MQOO_OUTPUT);
        // The queue itself, or the one that was made from the model.
        let name = self.opened.clone().unwrap_or_else(|| "Q".to_owned());
        self.connect("S mqm proved");
        for _ in 0..2 {
            self.open("S", &name, "", MQOO_INPUT_SHARED);
        }
        self.call("S", Call::Disconnect);
        let input = self.open("A", &name, "", MQOO_INPUT_AS_Q_DEF);
        let shared = self.open("B", &name, "", MQOO_INPUT_SHARED);
        self.open("B", "T", &name, MQOO_OUTPUT);
        self.display(&format!("DISPLAY QSTATUS({name}) TYPE(HANDLE) INPUT"));
        self.put("A", output, MQPRI_PRIORITY_AS_Q_DEF, MQPMO_NO_SYNCPOINT, b"one".to_vec());
        self.put("A", output, 5, MQPMO_NO_SYNCPOINT, b"two".to_vec());
        self.put_properties("A", output);
        self.display(&format!("DISPLAY QSTATUS({name}) LPUTDATE MSGAGE"));
        self.get("A", input, MQGMO_NO_SYNCPOINT);
        self.get("B", shared, MQGMO_NO_SYNCPOINT);
        self.get("A", input, MQGMO_NO_SYNCPOINT | MQGMO_PROPERTIES_AS_Q_DEF);
        for _ in 0..5 {
            self.put("A", output, 1, MQPMO_NO_SYNCPOINT, vec![b'x'; 8]);
        }
        self.world.pass(500);
        self.get("A", input, MQGMO_SYNCPOINT);
        self.call("A", Call::Back);
        self.get("A", input, MQGMO_SYNCPOINT);
        self.call("A", Call::Commit);
        self.display(&format!("DISPLAY QSTATUS({name}) QTIME"));
        self.world.restart();
        self.connect("A mqm proved");
        let input = self.open("A", &name, "", MQOO_INPUT_AS_Q_DEF);
        self.get("A", input, MQGMO_NO_SYNCPOINT);
        self.display("DISPLAY QLOCAL(*)");
    }

    /// What applications do with a queue manager.
    fn qmgr(&mut self) {
        self.world.command("REFRESH SECURITY TYPE(CONNAUTH)");
        self.clients();
        self.connect("A mqm proved");
        self.connect("B mqm proved");
        let output = self.open("A", "T", "", MQOO_OUTPUT);
        let input = self.open("A", "T", "", MQOO_INPUT_SHARED);
        let browse = self.open("A", "T", "", MQOO_BROWSE | MQOO_CO_OP);
        self.open("A", "T", "", MQOO_BROWSE);
        self.put("A", output, 0, MQPMO_NO_SYNCPOINT, vec![b'x'; 40_000]);
        self.put("A", output, 0, MQPMO_SYNCPOINT, b"one".to_vec());
        self.put("A", output, 0, MQPMO_SYNCPOINT, b"two".to_vec());
        self.call("A", Call::Commit);
        self.put_properties("A", output);
        let mark = MQGMO_BROWSE_FIRST | MQGMO_MARK_BROWSE_CO_OP | MQGMO_UNMARKED_BROWSE_MSG;
        self.get("A", browse, mark);
        self.get("A", browse, mark);
        self.world.pass(6000);
        self.get("A", browse, mark);
        self.display("DISPLAY QSTATUS(T) LPUTDATE MSGAGE");
        self.get("A", input, MQGMO_NO_SYNCPOINT);
        self.world.restart();
    }

    /// Who gets in through channel C, and what he may do then.
    fn clients(&mut self) {
        let other = self.world.kernel.server_connection("C2", 0, 0);
        self.say(other);
        for (in_use, by_client) in [(0, 0), (1, 0), (5, 3), (5, 5)] {
            let found = self.world.kernel.server_connection("C", in_use, by_client);
            self.say(found);
        }
        for (at, who) in [
            "joe channel=C address=10.0.0.1",
            "joe channel=C address=10.0.0.2 proved",
            "joe channel=C address=10.0.0.1 proved",
            "ann channel=C address=10.0.0.1 proved",
            "mqm channel=C address=10.0.0.1",
            "joe channel=C address=10.0.0.66",
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("N{at}");
            self.connect(&format!("{name} {who}"));
            let output = self.open(&name, "T", "", MQOO_OUTPUT);
            self.put(&name, output, 0, MQPMO_NO_SYNCPOINT, b"text".to_vec());
            let input = self.open(&name, "T", "", MQOO_INPUT_SHARED);
            self.get(&name, input, MQGMO_NO_SYNCPOINT);
            self.display("DISPLAY CONN(*) USERID WHERE(CHANNEL EQ C)");
        }
        self.connect("L1 app");
        self.connect("L2 app proved");
    }

    /// Everything that the queue manager does with an object of this type.
    fn of(&mut self, object: ObjectType) {
        match object.class() {
            ObjectClass::Queue => self.queue(),
            ObjectClass::Qmgr => self.qmgr(),
            ObjectClass::AuthInfo => {
                self.world.command("REFRESH SECURITY TYPE(CONNAUTH)");
                self.clients();
                self.say(self.world.kernel.fail_delay_ms());
            }
            ObjectClass::Listener => {
                self.world.restart();
                self.display("STOP LISTENER(L)");
            }
            _ => {
                self.clients();
                self.queue();
                self.world.restart();
            }
        }
        let out = std::mem::take(&mut self.world.out);
        self.text += &out;
    }
}

/// The outcome of a round after this command, and what DISPLAY shows of the object; none if the command is refused.
fn outcome(subject: &Subject, command: &str) -> Option<(String, Vec<String>)> {
    let mut world = world();
    if world.command(command).is_failure {
        return None;
    }
    let shown = world.command(&subject.display).lines;
    world.out.clear();
    let mut round = Round { world: &mut world, text: String::new(), opened: None };
    round.of(subject.object);
    Some((round.text, shown))
}

/// Whether DISPLAY has shown this value.
fn is_shown(attribute: &Attribute, value: &str, lines: &[String]) -> bool {
    let plain = value.trim_matches('\'');
    let text = match attribute.kind {
        Kind::Flag(_) => plain.to_owned(),
        Kind::Secret { .. } => format!("{}(********)", attribute.keyword),
        _ if attribute.stacked => format!("{}(", attribute.keyword),
        _ => format!("{}({plain})", attribute.keyword),
    };
    lines.iter().any(|line| line.contains(&text))
}

#[test]
fn every_attribute_that_can_be_given_acts_or_is_listed() {
    let mut wrong = Vec::new();
    for object in ObjectType::all() {
        let Some(subject) = subject(object) else { continue };
        for attribute in object.attributes() {
            if !matches!(attribute.access, Access::Alterable | Access::Fixed) {
                continue;
            }
            let name = format!("{} {}", object.keyword(), attribute.keyword);
            if Some(attribute.id) == object.type_attribute() {
                continue;
            }
            let mut outcomes = BTreeSet::new();
            for value in values(attribute) {
                let Some((text, shown)) = outcome(&subject, &subject.command(attribute, &value)) else {
                    continue;
                };
                if !is_shown(attribute, &value, &shown) {
                    wrong.push(format!("{name}({value}) is taken and not shown"));
                }
                outcomes.insert(text);
            }
            match (standing::of(object, attribute), outcomes.len()) {
                (_, 0) => wrong.push(format!("{name}: no value is taken")),
                (Standing::Acts, 1) => wrong.push(format!("{name} does nothing and is on no list")),
                (Standing::Kept(feature), 2..) => {
                    wrong.push(format!("{name} does something and is listed ({feature})"));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

/// Everything that DISPLAY shows of objects and of what runs.
const DISPLAYS: &[&str] = &[
    "DISPLAY QUEUE(*) ALL",
    "DISPLAY CHANNEL(*) ALL",
    "DISPLAY LISTENER(*) ALL",
    "DISPLAY QMGR ALL",
    "DISPLAY TOPIC(*) ALL",
    "DISPLAY SUB(*) ALL",
    "DISPLAY AUTHINFO(*) ALL",
    "DISPLAY PROCESS(*) ALL",
    "DISPLAY NAMELIST(*) ALL",
    "DISPLAY SERVICE(*) ALL",
    "DISPLAY COMMINFO(*) ALL",
    "DISPLAY CHLAUTH(*) ALL",
    "DISPLAY AUTHREC",
    "DISPLAY QSTATUS(*) TYPE(QUEUE) ALL",
    "DISPLAY QSTATUS(*) TYPE(HANDLE) ALL",
    "DISPLAY CHSTATUS(*) ALL",
    "DISPLAY CONN(*) TYPE(ALL) ALL",
    "DISPLAY CONN(*) TYPE(HANDLE) ALL",
    "DISPLAY LSSTATUS(*) ALL",
];

/// What has been shown of each attribute.
type Seen = BTreeMap<(ObjectClass, i32), BTreeSet<String>>;

fn look(world: &mut World, seen: &mut Seen) {
    for display in DISPLAYS {
        for row in world.objects(display) {
            for row in row.handles.iter().chain([&row]) {
                let class = match row.object.class() {
                    ObjectClass::ClientChannel => ObjectClass::Channel,
                    class => class,
                };
                for (id, value) in &row.attributes {
                    let attribute = class.attribute_by_id(id.0).expect("an attribute of the class");
                    seen.entry((class, id.0)).or_default().insert(attribute.show(value).join(","));
                }
            }
        }
    }
}

/// A day in the life of a queue manager, with a look at everything now and then.
fn seen() -> Seen {
    let mut world = world();
    let mut seen = Seen::new();
    for command in [
        "DEFINE QLOCAL(Q) MONQ(HIGH)",
        "DEFINE QMODEL(M) DEFTYPE(PERMDYN)",
        "DEFINE QMODEL(M2)",
        "DEFINE QALIAS(QA) TARGET(Q)",
        "DEFINE QREMOTE(R)",
        "DEFINE CHANNEL(S) CHLTYPE(SDR) CONNAME('a') XMITQ(XQ)",
        "DEFINE LISTENER(L) TRPTYPE(TCP) PORT(1)",
        "DEFINE LISTENER(L2) TRPTYPE(TCP) PORT(2) IPADDR('127.0.0.1') BACKLOG(5) CONTROL(QMGR) DESCR('two')",
        "DEFINE TOPIC(T) TOPICSTR('a')",
        "DEFINE SUB(SYSTEM.DEFAULT.SUB) TOPICSTR('a') DEST(T)",
        "DEFINE AUTHINFO(CRL) AUTHTYPE(CRLLDAP)",
        "DEFINE PROCESS(P)",
        "DEFINE NAMELIST(N) NAMES(A,B)",
        "DEFINE SERVICE(SV)",
        "DEFINE COMMINFO(CI)",
        "SET CHLAUTH('C') TYPE(USERMAP) CLNTUSER('joe') MCAUSER('joe')",
        "SET AUTHREC OBJTYPE(CHANNEL) PROFILE('C') PRINCIPAL('app') AUTHADD(CTRL)",
        "DEFINE QLOCAL(P) DEFPSIST(YES) MAXMSGL(10000000)",
        "START LISTENER(L)",
    ] {
        let answer = world.command(command);
        assert!(!answer.is_failure, "{command}: {:?}", answer.lines);
    }
    world.directive("listening L * 1");
    for directive in [
        "connect A mqm proved pid=815",
        "connect B app channel=C address=10.0.0.1",
        "socket C 10.0.0.1 B",
        "open A Q output,inquire,set",
        "open A Q shared",
        "open A M input",
        "open A M2 input",
        "open A N2 browse",
        "open B Q browse",
        "open A qmgr: inquire",
        "put A 2 one",
        "connect B2 app channel=C address=10.0.0.1 appl=other",
        "connect Y mqm proved appl=amqpcsea system",
        "open Y Q browse",
        "connect Z mqm proved isolated",
        "open Z P output",
        "open Z Q shared",
    ] {
        world.directive(directive);
    }
    look(&mut world, &mut seen);
    world.pass(3_000);
    let consume = Consume { requested_bytes: 1, ..Consume::default() };
    world.reply_to("Z", Call::Consume { hobj: Hobj(3), consume: Box::new(consume) });
    world.directive("hold Z 2 text");
    let body = Long::whole(Body::from(vec![0; 3 << 20]));
    let pmo = Box::new(Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() });
    world.reply_to("Z", Call::Put { hobj: Hobj(2), md: Box::default(), pmo, body });
    for directive in ["hold A 2 two", "get A 3", "open B T output"] {
        world.directive(directive);
    }
    world.sockets[0].bytes_received += 1;
    world.sockets[0].bytes_sent += 1;
    world.sockets[0].segments_received += 1;
    world.sockets[0].segments_sent += 1;
    world.sockets[0].calls += 1;
    let other = world.conversation("B2");
    world.sockets[0].conversations.push(other);
    look(&mut world, &mut seen);
    // A day later everything is altered, and others come.
    world.pass(86_400_000 + 3_723_000);
    for command in [
        "ALTER QMGR MONQ(LOW) MONCHL(LOW)",
        "DEFINE QLOCAL(Q2) MAXFSIZE(50)",
        "ALTER QLOCAL(Q) DESCR('x')",
        "ALTER QMODEL(M) DESCR('x')",
        "DEFINE QMODEL(M3)",
        "ALTER QALIAS(QA) DESCR('x')",
        "ALTER QREMOTE(R) DESCR('x')",
        "ALTER CHANNEL(S) CHLTYPE(SDR) DESCR('x')",
        "ALTER LISTENER(L) TRPTYPE(TCP) DESCR('x')",
        "ALTER TOPIC(T) DESCR('x')",
        "ALTER SUB(SYSTEM.DEFAULT.SUB) DEST(Q)",
        "ALTER AUTHINFO(CRL) AUTHTYPE(CRLLDAP) DESCR('x')",
        "ALTER PROCESS(P) DESCR('x')",
        "ALTER NAMELIST(N) NAMES(A)",
        "ALTER SERVICE(SV) DESCR('x')",
        "ALTER COMMINFO(CI) DESCR('x')",
        "SET CHLAUTH('C') TYPE(USERMAP) CLNTUSER('ann') MCAUSER('joe')",
        "START LISTENER(L2)",
    ] {
        let answer = world.command(command);
        assert!(!answer.is_failure, "{command}: {:?}", answer.lines);
    }
    world.directive("commit A");
    world.directive("connect X ann channel=C address=10.0.0.2 proved appl=third");
    world.directive("socket C 10.0.0.2 X");
    if let Some(socket) = world.sockets.get_mut(1) {
        (socket.conversations_max, socket.heartbeat_s, socket.product) = (1, 5, "MQCC09030000".to_owned());
    }
    world.directive("open X T input");
    let gmo = Gmo { options: MQGMO_WAIT, wait_interval: MQWI_UNLIMITED, ..Gmo::default() };
    let get = Call::Get { hobj: Hobj(2), md: Box::default(), gmo: Box::new(gmo), buffer_length: 10 };
    assert!(world.reply_to("X", get).is_none(), "it waits");
    look(&mut world, &mut seen);
    world.command("STOP CHANNEL(C) MODE(FORCE)");
    look(&mut world, &mut seen);
    let mut other = World::created("QM2", 1_600_000_000_000);
    other.directive("connect A mqm proved");
    look(&mut other, &mut seen);
    seen
}

#[test]
fn every_figure_that_is_shown_changes_or_is_listed() {
    let seen = seen();
    let mut wrong = Vec::new();
    for (class, attributes) in ObjectType::all().map(|o| (o.class(), o.class().attributes())) {
        if matches!(class, ObjectClass::QmgrStatus | ObjectClass::ClientChannel) {
            continue;
        }
        for attribute in attributes {
            // Authority records are made by options of SET: what is shown of them is no attribute of a definition.
            if attribute.access != Access::Shown && class != ObjectClass::AuthRecord {
                continue;
            }
            let object =
                ObjectType::of(class).find(|object| attribute.is_on(*object)).expect("a type of the class");
            let count = seen.get(&(class, attribute.id.0)).map_or(0, BTreeSet::len);
            let is_said = standing::of(object, attribute);
            let is_right = match is_said {
                Standing::Acts | Standing::Kept(_) => count > 1,
                Standing::Constant => count == 1,
                Standing::Absent => count == 0,
            };
            if Some(attribute.id) == object.type_attribute() && count == 1 {
                continue;
            }
            let name = format!("{} {}", class.row().keyword, attribute.keyword);
            let what = ["is never shown", "is always the same", "changes"][count.min(2)];
            if !is_right && !wrong.contains(&format!("{name} {what}: it is not {is_said:?}")) {
                wrong.push(format!("{name} {what}: it is not {is_said:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
