//! What the attributes of the tables come to on this queue manager: most act, and these lists name the others.
//!
//! An attribute whose feature is not built yet is kept and shown, because definitions are to be moved here and back
//! unchanged; nothing but these lists then says that it does nothing. A figure of a status display that is always the
//! same here, or that is never shown, is named too. Tests prove both lists against a queue manager, in both
//! directions, and `docs/compatibility.md` prints them.

use super::attribute::Attribute;
use super::types::{ObjectClass, ObjectType};

/// What an attribute comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It changes what the queue manager does; a figure that is shown changes itself.
    Acts,
    /// It is kept and shown, and does nothing for this reason.
    Kept(&'static str),
    /// The queue manager shows it, and it is always the same.
    Constant,
    /// The queue manager does not show it.
    Absent,
}

/// Attributes that are kept and shown.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// What they wait for, or are for.
    pub reason: &'static str,
    /// Types of objects; none: all.
    pub types: &'static [ObjectType],
    /// The attributes; none: all of the types.
    pub keywords: &'static [&'static str],
}

/// Attributes of one class that are always the same, or never there.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// The class.
    pub class: ObjectClass,
    /// Always the same.
    pub constant: &'static [&'static str],
    /// Never there.
    pub absent: &'static [&'static str],
}

const fn kept(reason: &'static str, types: &'static [ObjectType], keywords: &'static [&'static str]) -> Kept {
    Kept { reason, types, keywords }
}

const fn shown(
    class: ObjectClass,
    constant: &'static [&'static str],
    absent: &'static [&'static str],
) -> Shown {
    Shown { class, constant, absent }
}

use ObjectType::*;

const HOLDING: &[ObjectType] = &[QLocal, QModel];
const NAMED: &[ObjectType] = &[QLocal, QAlias, QRemote];
const MESSAGE_CHANNELS: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Clussdr, Clusrcvr];
const RULES: &[ObjectType] = &[
    ChlauthBlockUser,
    ChlauthBlockAddr,
    ChlauthSslPeerMap,
    ChlauthAddressMap,
    ChlauthUserMap,
    ChlauthQmgrMap,
];

/// What is kept and shown, and does nothing.
#[rustfmt::skip]
pub const KEPT: &[Kept] = &[
    kept("a text for people", &[], &["DESCR"]),
    kept("for applications, which read them by MQINQ", HOLDING, &["BOQNAME", "BOTHRESH"]),
    kept("for applications, which read them by MQINQ", &[Process, Namelist], &[]),
    kept("triggering", HOLDING, &["INITQ", "PROCESS", "TRIGDATA", "TRIGDPTH", "TRIGGER", "TRIGMPRI", "TRIGTYPE"]),
    kept("triggering", &[Qmgr], &["TRIGINT"]),
    kept("events", HOLDING,
        &["QDEPTHHI", "QDEPTHLO", "QDPHIEV", "QDPLOEV", "QDPMAXEV", "QSVCIEV", "QSVCINT"]),
    kept("events", &[Qmgr], &[
        "AUTHOREV", "CHADEV", "CHLEV", "CMDEV", "CONFIGEV", "INHIBTEV", "LOCALEV", "LOGGEREV", "PERFMEV", "REMOTEEV",
        "SSLEV", "STRSTPEV",
    ]),
    kept("accounting, statistics and activity reports", HOLDING, &["ACCTQ", "STATQ"]),
    kept("accounting, statistics and activity reports", &[Qmgr], &[
        "ACCTCONO", "ACCTINT", "ACCTMQI", "ACCTQ", "ACTIVREC", "ACTVCONO", "ACTVTRC", "MONACLS", "ROUTEREC",
        "STATACLS", "STATCHL", "STATINT", "STATMQI", "STATQ",
    ]),
    kept("monitoring of channels: CHSTATUS shows the level and no more figures than without", &[Qmgr, Svrconn],
        &["MONCHL"]),
    kept("clusters", NAMED, &["CLUSNL", "CLUSTER", "CLWLPRTY", "CLWLRANK", "DEFBIND"]),
    kept("clusters", &[QLocal], &["CLCHNAME", "CLWLUSEQ"]),
    kept("clusters", &[Qmgr],
        &["CLWLDATA", "CLWLEXIT", "CLWLLEN", "CLWLMRUC", "CLWLUSEQ", "DEFCLXQ", "REPOS", "REPOSNL"]),
    kept("message channels", MESSAGE_CHANNELS, &[]),
    kept("message channels", &[ChlauthQmgrMap], &[]),
    kept("message channels", &[QRemote], &["CAPEXPRY", "CUSTOM", "DEFPRESP", "DEFPRTY", "DEFPSIST", "PUT"]),
    kept("message channels", &[Qmgr], &["CHAD", "CHADEXIT", "DEFXMITQ", "SCHINIT"]),
    kept("publish/subscribe", &[Topic, Sub, CommInfo], &[]),
    kept("publish/subscribe", &[Qmgr],
        &["PARENT", "PSCLUS", "PSMODE", "PSNPMSG", "PSNPRES", "PSRTYCNT", "PSSYNCPT", "TREELIFE"]),
    kept("TLS", &[ChlauthSslPeerMap, AuthCrlLdap, AuthOcsp], &[]),
    kept("TLS", &[Svrconn], &["CERTLABL", "SSLCAUTH", "SSLPEER"]),
    kept("TLS", &[Qmgr], &[
        "CERTLABL", "CERTVPOL", "INITKEY", "KEYRPWD", "SSLCRLNL", "SSLCRYP", "SSLFIPS", "SSLKEYR", "SSLRKEYC",
        "SUITEB",
    ]),
    kept("users and passwords of a directory", &[AuthIdpwLdap], &[]),
    kept("users are the queue manager's own, whatever is said here", &[AuthIdpwOs],
        &["ADOPTCTX", "AUTHENMD", "CHCKLOCL"]),
    kept("whom the rule is for has given a password already", &[ChlauthUserMap], &["CHCKCLNT"]),
    kept("exits", &[Svrconn], &["RCVDATA", "RCVEXIT", "SCYDATA", "SCYEXIT", "SENDDATA", "SENDEXIT"]),
    kept("compression", &[Svrconn], &["COMPHDR", "COMPMSG"]),
    kept("clients that do nothing are not disconnected", &[Svrconn], &["DISCINT", "KAINT"]),
    kept("every connection is TCP", &[Svrconn, Listener], &["TRPTYPE"]),
    kept("client channel tables", &[Clntconn], &[]),
    kept("AMQP", &[Amqp], &[]),
    kept("services", &[Service], &[]),
    kept("streaming queues", HOLDING, &["STREAMQ", "STRMQOS"]),
    kept("distribution lists", HOLDING, &["DISTL"]),
    kept("media images", HOLDING, &["IMGRCOVQ"]),
    kept("media images", &[Qmgr], &["IMGINTVL", "IMGLOGLN", "IMGRCOVO", "IMGRCOVQ", "IMGSCHED"]),
    kept("backouts of persistent messages are always counted over a restart, others never", HOLDING,
        &["HARDENBO"]),
    kept("there are no queue files", HOLDING, &["MAXFSIZE"]),
    kept("messages that are not persistent never outlive a restart", HOLDING, &["NPMCLASS"]),
    kept("for people, as in the product", HOLDING, &["RETINTVL"]),
    kept("there are no cells", NAMED, &["SCOPE"]),
    kept("the command server always runs", &[Qmgr], &["SCMDSERV"]),
    kept("addresses are never looked up", &[Qmgr], &["IPADDRV", "REVDNS"]),
    kept("no name is known in it", &[Qmgr], &["CUSTOM"]),
    kept("no name is known in it", RULES, &["CUSTOM"]),
];

/// What status displays show always alike, or not at all.
#[rustfmt::skip]
pub const SHOWN: &[Shown] = {
    use ObjectClass as C;
    &[
        shown(C::Queue, &[], &["CLUSDATE", "CLUSQMGR", "CLUSQT", "CLUSTIME", "QMID"]),
        shown(C::Channel, &[], &["RESETSEQ"]),
        shown(C::Qmgr, &[
            "ADVCAP", "AMQPCAP", "COMMANDQ", "DISTL", "MAXPRTY", "PLATFORM", "SPLCAP", "SYNCPT", "VERSION", "XRCAP",
        ], &[]),
        shown(C::Topic, &["TYPE"], &[]),
        shown(C::Subscription, &["CRDATE", "CRTIME", "DURABLE", "SELTYPE", "SUB", "SUBID", "SUBTYPE"], &[]),
        shown(C::AuthRecord, &["ENTTYPE"], &[]),
        shown(C::QueueStatus, &["MEDIALOG"], &[]),
        shown(C::HandleStatus, &["URID", "URTYPE"], &[]),
        shown(C::ChannelStatus, &[
            "CHLTYPE", "COMPHDR", "COMPMSG", "COMPRATE", "COMPTIME", "CURRENT", "EXITTIME", "MCASTAT", "SECPROT",
            "SSLCERTI", "SSLCIPH", "SSLKEYDA", "SSLKEYTI", "SSLPEER", "SSLRKEYS", "STOPREQ",
        ], &[
            "BATCHES", "BATCHSZ", "CURLUWID", "CURMSGS", "CURSEQNO", "INDOUBT", "JOBNAME", "LOCLADDR", "LONGRTS",
            "LSTLUWID", "LSTSEQNO", "NETTIME", "NPMSPEED", "RQMNAME", "SHORTRTS", "XBATCHSZ", "XMITQ", "XQTIME",
        ]),
        shown(C::Connection, &["CLIENTID", "EXTURID", "UOWLOG", "URTYPE"], &[]),
        shown(C::ConnectionHandle, &["DEST", "DESTQMGR", "READA"], &["SUBID", "SUBNAME", "TOPICSTR"]),
        shown(C::QmgrStatus, &[
            "AUTOCLUS", "CHINIT", "GRPLSN", "GRPNAME", "GRPROLE", "INSTANCE", "INSTDESC", "INSTNAME", "LDAPCONN",
            "QUORUM", "STANDBY", "UNICLUS",
        ], &["CHKPTOPS", "REUSESZ"]),
        shown(C::ListenerStatus, &["TRPTYPE"], &[]),
    ]
};

/// Verb, noun and option, and why it has the standing of its list.
pub type OptionRow = (&'static str, &'static str, &'static str, &'static str);

/// Options of commands that make no difference.
pub const OPTIONS_KEPT: &[OptionRow] = &[
    ("ALTER", "QMGR", "FORCE", "message channels"),
    ("DISPLAY", "QALIAS", "CLUSINFO", "clusters"),
    ("DISPLAY", "QCLUSTER", "CLUSINFO", "clusters"),
    ("DISPLAY", "QLOCAL", "CLUSINFO", "clusters"),
    ("DISPLAY", "QMODEL", "CLUSINFO", "clusters"),
    ("DISPLAY", "QREMOTE", "CLUSINFO", "clusters"),
    ("DISPLAY", "QUEUE", "CLUSINFO", "clusters"),
    ("DISPLAY", "TOPIC", "CLUSINFO", "clusters"),
    ("START", "CHANNEL", "IGNSTATE", "starting a channel for clients that has been started is no error"),
];

/// Options of commands that are refused with AMQ8990E.
pub const OPTIONS_REFUSED: &[OptionRow] = &[
    ("DELETE", "AUTHREC", "GROUP", "groups of the operating system"),
    ("DISPLAY", "AUTHREC", "GROUP", "groups of the operating system"),
    ("DISPLAY", "CHLAUTH", "QMNAME", "message channels"),
    ("DISPLAY", "CHLAUTH", "SSLPEER", "TLS"),
    ("SET", "AUTHREC", "GROUP", "groups of the operating system"),
];

/// The standing of an attribute of a type.
pub fn of(object: ObjectType, attribute: &Attribute) -> Standing {
    let is_of = |kept: &&Kept| {
        (kept.types.is_empty() || kept.types.contains(&object))
            && (kept.keywords.is_empty() || kept.keywords.iter().any(|keyword| attribute.is_named(keyword)))
    };
    if let Some(shown) = SHOWN.iter().find(|shown| shown.class == object.class()) {
        if shown.constant.contains(&attribute.keyword) {
            return Standing::Constant;
        }
        if shown.absent.contains(&attribute.keyword) {
            return Standing::Absent;
        }
    }
    KEPT.iter().find(is_of).map_or(Standing::Acts, |kept| Standing::Kept(kept.reason))
}
