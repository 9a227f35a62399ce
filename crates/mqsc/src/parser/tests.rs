//! Commands as they come out of the parser, and what it refuses.

use super::*;
use mqi::object::AttributeSet;

/// A command as one line: verb, noun, type, name, then given, options, requested, filter.
fn show(command: &Command) -> String {
    let object = command.object.map_or("-", ObjectType::keyword);
    let mut text = format!("{:?} {} {object} <{}>", command.verb(), command.row.noun, command.name);
    let set = |set: &AttributeSet| {
        set.iter().map(|(id, value)| format!("{}={value}", id.0)).collect::<Vec<_>>().join(" ")
    };
    if !command.given.is_empty() {
        text += &format!(" given {}", set(&command.given));
    }
    if !command.options.is_empty() {
        text += &format!(" options {}", set(&command.options));
    }
    match &command.requested {
        Requested::Default => {}
        Requested::All => text += " all",
        Requested::Some(ids) => {
            text += &format!(" shows {:?}", ids.iter().map(|id| id.0).collect::<Vec<_>>());
        }
    }
    if let Some(filter) = &command.filter {
        text += &format!(" where {} {} {}", filter.id.0, filter.operator.keyword(), filter.value);
    }
    text
}

#[track_caller]
fn check(text: &str, want: &str) {
    let got = match parse(text) {
        Ok(command) => show(&command),
        Err(ParseError::Syntax { segment, why, .. }) => format!("! {segment} ! {why}"),
        Err(ParseError::Refused(message)) => format!("! AMQ{} {}", message.id.0, message.inserts.join(",")),
    };
    assert_eq!(got, want);
}

#[test]
fn define_and_alter() {
    check("def ql(ql.test) replace", "Define QLOCAL QLOCAL <QL.TEST> options 1006=1");
    check("DEFINE QLOCAL('Mixed') MAXDEPTH(5) NOSHARE", "Define QLOCAL QLOCAL <Mixed> given 15=5 23=0");
    check("DEF QL(A) LIKE(B)", "Define QLOCAL QLOCAL <A> options -2=B");
    check("ALT QA(A) TARGET('b') FORCE", "Alter QALIAS QALIAS <A> given 2002=b options 1005=1");
    check("DEF CHL(C) CHLTYPE(SVRCONN) MCAUSER('app')", "Define CHANNEL SVRCONN <C> given 3527=app");
    check("DEF CHL(C) TYPE(SDR) CONNAME('h(1)') XMITQ(X)", "Define CHANNEL SDR <C> given 3505=X 3506=h(1)");
    check("ALTER QMGR DEADQ(' ') CHLAUTH(DISABLED)", "Alter QMGR QMGR <> given 248=0 2006=");
    check("DEF AUTHINFO(A) AUTHTYPE(IDPWOS) ADOPTCTX(YES)", "Define AUTHINFO IDPWOS <A> given 260=1");
    check("DEF NL(N) NAMES(A,B)", "Define NAMELIST NAMELIST <N> given 2020=A,B");
    check("DEF LISTENER(L) TRPTYPE(TCP) PORT(1414)", "Define LISTENER TCP <L> given 1501=2 1522=1414");
}

#[test]
fn display() {
    check("dis q(*)", "Display QUEUE - <*>");
    check("dis ql(A*) curdepth maxdepth", "Display QLOCAL QLOCAL <A*> shows [3, 15]");
    check("dis q(*) type(qalias) all", "Display QUEUE QALIAS <*> options 20=3 all");
    check("dis q(*) type(all)", "Display QUEUE - <*> options 20=1001");
    check("dis q(*) type", "Display QUEUE - <*> shows [20]");
    check("dis q(*) where(curdepth gt 0)", "Display QUEUE - <*> where 3 GT 0");
    check("dis q(*) where(descr ne '')", "Display QUEUE - <*> where 2013 NE ");
    check("DIS QMGR", "Display QMGR QMGR <>");
    check("DIS QMGR DEADQ", "Display QMGR QMGR <> shows [2006]");
    check("DIS CHS(*)", "Display CHSTATUS CHSTATUS <*>");
    check("DIS CHS(*) SAVED ALL", "Display CHSTATUS CHSTATUS <*> options 1523=1012 all");
    check("DIS QS(Q)", "Display QSTATUS QUEUE <Q>");
    check("DIS QS(Q) TYPE(HANDLE) PID", "Display QSTATUS HANDLE <Q> options 1103=1104 shows [1024]");
    check(
        "DIS CONN(*) TYPE(HANDLE) OBJNAME PID",
        "Display CONN HANDLE <*> options 1110=1112 shows [3046, 1024]",
    );
    check("DIS CONN(*) TYPE(ALL)", "Display CONN - <*> options 1110=1113");
    check("DIS CHANNEL(*) TYPE(SVRCONN)", "Display CHANNEL SVRCONN <*> options 1511=7");
    check("DIS CHANNEL(*) CHLTYPE", "Display CHANNEL - <*> shows [1511]");
    check("DIS CHLAUTH('*') MATCH(RUNCHECK)", "Display CHLAUTH - <*> options 1637=1");
    check("DIS LSSTATUS(*) PORT", "Display LSSTATUS LSSTATUS <*> shows [1522]");
}

#[test]
fn other_verbs() {
    check("delete ql(q) purge", "Delete QLOCAL QLOCAL <Q> options 1007=1");
    check("clear ql(q)", "Clear QLOCAL QLOCAL <Q>");
    check("ping qmgr", "Ping QMGR QMGR <>");
    check("start listener(l)", "Start LISTENER TCP <L>");
    check("start listener", "Start LISTENER TCP <>");
    check("stop chl(c) mode(force) status(inactive)", "Stop CHANNEL - <C> options 1008=0 1527=0");
    check("resolve channel(c) action(commit)", "! AMQ8990 RESOLVE CHANNEL");
    check("set authrec profile(a) principal(u)", "! AMQ8421 OBJTYPE");
    check("refresh security", "Refresh SECURITY - <*>");
    check("refresh security(*) type(connauth)", "Refresh SECURITY - <*> options 1106=4");
    check(
        "SET CHLAUTH('*') TYPE(BLOCKUSER) USERLIST('nobody') ACTION(REPLACE)",
        "Set CHLAUTH BLOCKUSER <*> given 3568=nobody options 1086=6",
    );
    check(
        "SET AUTHREC PROFILE('A.**') OBJTYPE(QUEUE) PRINCIPAL('u') AUTHADD(GET,PUT)",
        "Set AUTHREC AUTHREC <> options 1016=1 1116=9,11 3065=u 3067=A.**",
    );
    check("stop conn(414D5143)", "Stop CONN CONN <414D5143>");
}

#[test]
fn errors_point() {
    check("", "!  ! a command was expected");
    check("dfine ql(x)", "! dfine ! there is no such verb");
    check("define", "! define ! the verb stands alone");
    check("define qlocl(x)", "! define qlocl ! the verb does not take this noun");
    check("define ql", "! define ql ! a name was expected");
    check("define ql()", "! define ql() ! one name was expected");
    check("def ql(a) maxdepth(abc)", "! def ql(a) maxdepth(abc ! ABC is not a value of MAXDEPTH");
    check("def ql(a) maxdepth", "! def ql(a) maxdepth ! the attribute is not given so");
    check("def ql(a) share(yes)", "! def ql(a) share(yes) ! the attribute is not given so");
    check("def ql(a) curdepth(1)", "! def ql(a) curdepth(1) ! the attribute is not given so");
    check("def ql(a) maxdpth(1)", "! def ql(a) maxdpth ! there is no such parameter");
    check("def qr(a) maxdepth(1)", "! def qr(a) maxdepth ! there is no such parameter");
    check(
        "def ql(a) get(enabled) get(disabled)",
        "! def ql(a) get(enabled) get(disabled) ! the parameter is repeated",
    );
    check("def ql(a) share noshare", "! def ql(a) share noshare ! the parameter is repeated");
    check("def ql(a", "! def ql(a ! a closing bracket is missing");
    check("def ql(a) descr('x", "! def ql(a) descr('x ! a closing quote is missing");
    check("dis ql(a) maxdepth(5)", "! dis ql(a) maxdepth(5 ! an attribute is asked for by its keyword alone");
    check(
        "dis q(a) where(curdepth gt)",
        "! dis q(a) where(curdepth gt ! WHERE takes an attribute, an operator and a value",
    );
    check("dis q(a) where(curdepth lk 1)", "! dis q(a) where(curdepth lk 1 ! LK does not apply to CURDEPTH");
    check("dis ql(*) type(qalias)", "! dis ql(*) type(qalias ! the type is not that of the command");
    check("def ql('a b')", "! AMQ8424 a b");
    check("delete ql(a*)", "! AMQ8424 A*");
    check("def ql(a) boqname('b c')", "! AMQ8424 BOQNAME");
    check("def chl(c) mcauser('x')", "! AMQ8428 ");
    check("def chl(c) mcauser('x') chltype(svrconn)", "! AMQ8428 ");
    check("def chl(c) chltype(xyz)", "! def chl(c) chltype(xyz ! there is no such type");
    check("def chl(a.name.longer.than.twenty) chltype(sdr)", "! AMQ8424 A.NAME.LONGER.THAN.TWENTY");
    check("def chl(c) chltype(sdr) conname('h')", "! AMQ8421 XMITQ");
    check("def chl(c) chltype(sdr) like(d)", "Define CHANNEL SDR <C> options -2=D");
    check("set chlauth(c) userlist(a)", "! AMQ8421 TYPE");
    check("refresh cluster(c) repos(no)", "! AMQ8990 REFRESH CLUSTER");
    check(
        "def ql(a) descr('0123456789012345678901234567890123456789012345678901234567890123456789')",
        "! AMQ8425 DESCR",
    );
}
