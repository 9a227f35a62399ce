//! The table of commands (queue-manager reference, 6.2): one row for each verb and what stands after it.
//!
//! Several rows may have the same PCF command: DEFINE QLOCAL and DEFINE QALIAS are both Create Queue, told
//! apart by the type. Options are rows like attributes, since they have keywords, values and PCF identifiers
//! in the same way.

use std::sync::LazyLock;

use crate::constants::*;
use crate::object::{Attribute as A, ObjectClass, ObjectType, Word};

/// The first word of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names say it.
pub enum Verb {
    Alter,
    Clear,
    Define,
    Delete,
    Display,
    Ping,
    Purge,
    Refresh,
    Reset,
    Resolve,
    Resume,
    Set,
    Start,
    Stop,
    Suspend,
}

const VERBS: &[(Verb, &str, &[&str])] = &[
    (Verb::Alter, "ALTER", &["ALT"]),
    (Verb::Clear, "CLEAR", &[]),
    (Verb::Define, "DEFINE", &["DEF"]),
    (Verb::Delete, "DELETE", &["DEL"]),
    (Verb::Display, "DISPLAY", &["DIS"]),
    (Verb::Ping, "PING", &[]),
    (Verb::Purge, "PURGE", &[]),
    (Verb::Refresh, "REFRESH", &["REF"]),
    (Verb::Reset, "RESET", &[]),
    (Verb::Resolve, "RESOLVE", &["RES"]),
    (Verb::Resume, "RESUME", &[]),
    (Verb::Set, "SET", &[]),
    (Verb::Start, "START", &["STA"]),
    (Verb::Stop, "STOP", &[]),
    (Verb::Suspend, "SUSPEND", &[]),
];

impl Verb {
    /// By its word or a synonym, in upper case.
    pub fn from_keyword(keyword: &str) -> Option<Self> {
        let named =
            |(_, word, synonyms): &&(Verb, &str, &[&str])| *word == keyword || synonyms.contains(&keyword);
        VERBS.iter().find(named).map(|(verb, ..)| *verb)
    }

    /// Its word.
    pub fn keyword(self) -> &'static str {
        VERBS[self as usize].1
    }
}

/// What name stands in brackets after the noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// None.
    None,
    /// One name.
    Required,
    /// One name, or none: START LISTENER.
    Optional,
    /// A name, perhaps generic.
    Generic,
    /// A name, perhaps generic, or none, which means all: DISPLAY AUTHREC.
    OptionalGeneric,
    /// Anything: a pattern of channels, an identifier in hexadecimal.
    Text,
}

/// What the command does with the attributes of its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It has none, only options.
    Options,
    /// It gives them values: DEFINE, ALTER, SET CHLAUTH.
    Attributes,
    /// It names those to show, and may have `WHERE`.
    Names,
}

/// What DISPLAY shows when no attribute is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultDisplay {
    /// Everything.
    All,
    /// Everything of one object, name and type of those that a generic name means.
    NameWhenGeneric,
    /// These, by PCF identifier, besides the name and type.
    Some(&'static [i32]),
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CommandRow {
    /// The verb.
    pub verb: Verb,
    /// The word after it.
    pub noun: &'static str,
    /// Other words for it.
    pub synonyms: &'static [&'static str],
    /// What the command is about.
    pub class: ObjectClass,
    /// The type, when the noun tells it.
    pub object: Option<ObjectType>,
    /// MQCMD_ number of the PCF command.
    pub code: i32,
    /// The name after the noun.
    pub name: NameRule,
    /// What it does with attributes.
    pub takes: Takes,
    /// Its options.
    pub options: &'static [A],
    /// What it shows by default.
    pub display: DefaultDisplay,
    /// What it shows always, besides the name and type, by PCF identifier.
    pub always: &'static [i32],
    /// Whether this queue manager has the command. A row without it is refused by name.
    pub is_built: bool,
}

/// Identifier of the option `LIKE`, which PCF carries in a parameter of its own for each class.
pub const LIKE: i32 = -2;
/// Identifier of the option `MONITOR` of DISPLAY QSTATUS and CHSTATUS.
pub const MONITOR: i32 = -3;

/// What `MONITOR` asks for, by PCF identifier.
pub const MONITORING: &[i32] = &[
    MQIA_MONITORING_Q,
    MQCACF_LAST_GET_DATE,
    MQCACF_LAST_GET_TIME,
    MQCACF_LAST_PUT_DATE,
    MQCACF_LAST_PUT_TIME,
    MQIACF_OLDEST_MSG_AGE,
    MQIACF_Q_TIME_INDICATOR,
    MQIA_MONITORING_CHANNEL,
    MQIACH_COMPRESSION_RATE,
    MQIACH_COMPRESSION_TIME,
    MQIACH_EXIT_TIME_INDICATOR,
    MQIACH_NETWORK_TIME_INDICATOR,
    MQIACH_BATCH_SIZE_INDICATOR,
    MQIACH_XMITQ_TIME_INDICATOR,
];

const NO_YES: &[Word] = &[("NO", 0), ("YES", 1)];
const REPLACE: A = A::flag(MQIACF_REPLACE, &[("REPLACE", MQRP_YES), ("NOREPLACE", MQRP_NO)], MQRP_NO);
const FORCE: A = A::flag(MQIACF_FORCE, &[("FORCE", MQFC_YES), ("NOFORCE", MQFC_NO)], MQFC_NO);
const PURGE: A = A::flag(MQIACF_PURGE, &[("PURGE", MQPO_YES), ("NOPURGE", MQPO_NO)], MQPO_NO);
const LIKE_NAME: A = A::name("LIKE", LIKE);
const IGNORE_STATE: A = A::choice("IGNSTATE", MQIACF_IGNORE_STATE, NO_YES, 0);
const REMOVE_AUTHREC: A = A::choice("AUTHREC", MQIACF_REMOVE_AUTHREC, NO_YES, 1);
const MONITORED: A = A::flag(MONITOR, &[("MONITOR", 1)], 0);

const DEFINE: &[A] = &[REPLACE, LIKE_NAME];
const DEFINE_QUEUE: &[A] = &[REPLACE, LIKE_NAME, FORCE];
const ALTER_QUEUE: &[A] = &[FORCE];
const DELETE: &[A] = &[IGNORE_STATE, REMOVE_AUTHREC];
const DELETE_QUEUE: &[A] = &[PURGE, IGNORE_STATE, REMOVE_AUTHREC];
const DELETE_CHANNEL: &[A] = &[
    IGNORE_STATE,
    REMOVE_AUTHREC,
    A::choice(
        "CHLTABLE",
        MQIACH_CHANNEL_TABLE,
        &[("QMGRTBL", MQCHTAB_Q_MGR), ("CLNTTBL", MQCHTAB_CLNTCONN)],
        MQCHTAB_Q_MGR,
    ),
];
const DISPLAY_QUEUE: &[A] = &[
    A::choice(
        "TYPE",
        MQIA_Q_TYPE,
        &[
            ("ALL", MQQT_ALL),
            ("QLOCAL", MQQT_LOCAL),
            ("QMODEL", MQQT_MODEL),
            ("QALIAS", MQQT_ALIAS),
            ("QREMOTE", MQQT_REMOTE),
            ("QCLUSTER", MQQT_CLUSTER),
        ],
        MQQT_ALL,
    )
    .also(&["QTYPE"]),
    CLUSTER_INFO,
];
const CLUSTER_INFO: A = A::flag(MQIACF_CLUSTER_INFO, &[("CLUSINFO", 1)], 0);
const DISPLAY_CHANNEL: &[A] = &[A::choice(
    "TYPE",
    MQIACH_CHANNEL_TYPE,
    &[
        ("ALL", MQCHT_ALL),
        ("SDR", MQCHT_SENDER),
        ("SVR", MQCHT_SERVER),
        ("RCVR", MQCHT_RECEIVER),
        ("RQSTR", MQCHT_REQUESTER),
        ("SVRCONN", MQCHT_SVRCONN),
        ("CLNTCONN", MQCHT_CLNTCONN),
        ("CLUSSDR", MQCHT_CLUSSDR),
        ("CLUSRCVR", MQCHT_CLUSRCVR),
        ("AMQP", MQCHT_AMQP),
    ],
    MQCHT_ALL,
)
.also(&["CHLTYPE"])];
const DISPLAY_AUTHINFO: &[A] = &[A::choice(
    "AUTHTYPE",
    MQIA_AUTH_INFO_TYPE,
    &[
        ("ALL", MQAIT_ALL),
        ("CRLLDAP", MQAIT_CRL_LDAP),
        ("OCSP", MQAIT_OCSP),
        ("IDPWOS", MQAIT_IDPW_OS),
        ("IDPWLDAP", MQAIT_IDPW_LDAP),
    ],
    MQAIT_ALL,
)];
const DISPLAY_TOPIC: &[A] = &[
    A::choice(
        "TYPE",
        MQIA_TOPIC_TYPE,
        &[("ALL", MQTOPT_ALL), ("LOCAL", MQTOPT_LOCAL), ("CLUSTER", MQTOPT_CLUSTER)],
        MQTOPT_LOCAL,
    ),
    CLUSTER_INFO,
];
const DISPLAY_QSTATUS: &[A] = &[
    A::choice(
        "TYPE",
        MQIACF_Q_STATUS_TYPE,
        &[("QUEUE", MQIACF_Q_STATUS), ("HANDLE", MQIACF_Q_HANDLE)],
        MQIACF_Q_STATUS,
    ),
    A::choice(
        "OPENTYPE",
        MQIACF_OPEN_TYPE,
        &[("ALL", MQQSOT_ALL), ("INPUT", MQQSOT_INPUT), ("OUTPUT", MQQSOT_OUTPUT)],
        MQQSOT_ALL,
    ),
    MONITORED,
];
const DISPLAY_CHSTATUS: &[A] = &[
    A::flag(
        MQIACH_CHANNEL_INSTANCE_TYPE,
        &[("CURRENT", MQOT_CURRENT_CHANNEL), ("SAVED", MQOT_SAVED_CHANNEL)],
        MQOT_CURRENT_CHANNEL,
    ),
    A::text("CONNAME", MQCACH_CONNECTION_NAME, 264),
    A::name("XMITQ", MQCACH_XMIT_Q_NAME),
    MONITORED,
];
const CHANNEL_STATUS_DEFAULT: &[i32] = &[
    MQCACH_CONNECTION_NAME,
    MQIACH_CHANNEL_INSTANCE_TYPE,
    MQCA_REMOTE_Q_MGR_NAME,
    MQIACH_CHANNEL_STATUS,
    MQIACH_CHANNEL_SUBSTATE,
    MQCACH_XMIT_Q_NAME,
];
/// What shows which instance a channel status is of.
const CHANNEL_STATUS_ALWAYS: &[i32] = &[
    MQIACH_CHANNEL_TYPE,
    MQCACH_CONNECTION_NAME,
    MQIACH_CHANNEL_INSTANCE_TYPE,
    MQCA_REMOTE_Q_MGR_NAME,
    MQIACH_CHANNEL_STATUS,
    MQIACH_CHANNEL_SUBSTATE,
    MQCACH_XMIT_Q_NAME,
];
/// A subscription is known by its identifier and its name, which are attributes like others.
const SUBSCRIPTION_ALWAYS: &[i32] = &[MQBACF_SUB_ID, MQCACF_SUB_NAME];
const CONNECTION_ALWAYS: &[i32] = &[
    MQBACF_CONNECTION_ID,
    crate::object::EXTCONN,
    MQIACF_CONN_INFO_TYPE,
    MQCACF_OBJECT_NAME,
    MQIACF_OBJECT_TYPE,
];
const LISTENER_STATUS_ALWAYS: &[i32] = &[MQIACH_LISTENER_STATUS, MQIACF_PROCESS_ID];
/// Whom a rule is for and what becomes of him.
const CHLAUTH_ALWAYS: &[i32] = &[
    MQCACH_CONNECTION_NAME_LIST,
    MQCACH_MCA_USER_ID_LIST,
    MQCACH_SSL_PEER_NAME,
    MQCACH_CLIENT_USER_ID,
    MQCA_REMOTE_Q_MGR_NAME,
    MQCACH_CONNECTION_NAME,
    MQIACH_USER_SOURCE,
    MQCACH_MCA_USER_ID,
    MQIACH_WARNING,
];
const DISPLAY_CONN: &[A] = &[
    A::choice(
        "TYPE",
        MQIACF_CONN_INFO_TYPE,
        &[
            ("CONN", MQIACF_CONN_INFO_CONN),
            ("HANDLE", MQIACF_CONN_INFO_HANDLE),
            ("ALL", MQIACF_CONN_INFO_ALL),
        ],
        MQIACF_CONN_INFO_CONN,
    ),
    A::text("EXTCONN", crate::object::EXTCONN, 48),
];
const STOP_CONN: &[A] = &[A::text("EXTCONN", crate::object::EXTCONN, 48)];
const START_CHANNEL: &[A] = &[IGNORE_STATE];
const STOP_CHANNEL: &[A] = &[
    A::choice(
        "MODE",
        MQIACF_MODE,
        &[("QUIESCE", MQMODE_QUIESCE), ("FORCE", MQMODE_FORCE), ("TERMINATE", MQMODE_TERMINATE)],
        MQMODE_QUIESCE,
    ),
    A::choice(
        "STATUS",
        MQIACH_CHANNEL_STATUS,
        &[("STOPPED", MQCHS_STOPPED), ("INACTIVE", MQCHS_INACTIVE)],
        MQCHS_STOPPED,
    ),
    A::text("CONNAME", MQCACH_CONNECTION_NAME, 264),
    A::name("QMNAME", MQCA_REMOTE_Q_MGR_NAME),
    IGNORE_STATE,
];
const PING_CHANNEL: &[A] = &[A::number("DATALEN", MQIACH_DATA_COUNT, 16, 32_768, 64)];
const RESET_CHANNEL: &[A] = &[A::number("SEQNUM", MQIACH_MSG_SEQUENCE_NUMBER, 1, 999_999_999, 1)];
const RESOLVE_CHANNEL: &[A] = &[A::choice(
    "ACTION",
    MQIACH_IN_DOUBT,
    &[("COMMIT", MQIDO_COMMIT), ("BACKOUT", MQIDO_BACKOUT)],
    MQIDO_COMMIT,
)
.required()];
const STOP_LISTENER: &[A] = &[IGNORE_STATE];
const REFRESH_SECURITY: &[A] = &[A::choice(
    "TYPE",
    MQIACF_SECURITY_TYPE,
    &[("AUTHSERV", MQSECTYPE_AUTHSERV), ("SSL", MQSECTYPE_SSL), ("CONNAUTH", MQSECTYPE_CONNAUTH)],
    MQSECTYPE_AUTHSERV,
)];
const SET_CHLAUTH: &[A] = &[A::choice(
    "ACTION",
    MQIACF_ACTION,
    &[
        ("ADD", MQACT_ADD),
        ("REPLACE", MQACT_REPLACE),
        ("REMOVE", MQACT_REMOVE),
        ("REMOVEALL", MQACT_REMOVEALL),
    ],
    MQACT_ADD,
)];
const DISPLAY_CHLAUTH: &[A] = &[
    A::choice(
        "TYPE",
        MQIACF_CHLAUTH_TYPE,
        &[
            ("ALL", MQCAUT_ALL),
            ("BLOCKUSER", MQCAUT_BLOCKUSER),
            ("BLOCKADDR", MQCAUT_BLOCKADDR),
            ("SSLPEERMAP", MQCAUT_SSLPEERMAP),
            ("ADDRESSMAP", MQCAUT_ADDRESSMAP),
            ("USERMAP", MQCAUT_USERMAP),
            ("QMGRMAP", MQCAUT_QMGRMAP),
        ],
        MQCAUT_ALL,
    ),
    A::choice(
        "MATCH",
        MQIACH_MATCH,
        &[
            ("GENERIC", MQMATCH_GENERIC),
            ("EXACT", MQMATCH_EXACT),
            ("ALL", MQMATCH_ALL),
            ("RUNCHECK", MQMATCH_RUNCHECK),
        ],
        MQMATCH_GENERIC,
    ),
    A::text("ADDRESS", MQCACH_CONNECTION_NAME, 264),
    A::text("CLNTUSER", MQCACH_CLIENT_USER_ID, 1024),
    A::text("QMNAME", MQCA_REMOTE_Q_MGR_NAME, 48),
    A::text("SSLPEER", MQCACH_SSL_PEER_NAME, 1024),
];
const PROFILE: A = A::text("PROFILE", MQCACF_AUTH_PROFILE_NAME, 48);
const OBJECT_TYPE: A = A::choice(
    "OBJTYPE",
    MQIACF_OBJECT_TYPE,
    &[
        ("QUEUE", MQOT_Q),
        ("QMGR", MQOT_Q_MGR),
        ("TOPIC", MQOT_TOPIC),
        ("CHANNEL", MQOT_CHANNEL),
        ("CLNTCONN", MQOT_CLNTCONN_CHANNEL),
        ("PROCESS", MQOT_PROCESS),
        ("NAMELIST", MQOT_NAMELIST),
        ("LISTENER", MQOT_LISTENER),
        ("SERVICE", MQOT_SERVICE),
        ("AUTHINFO", MQOT_AUTH_INFO),
        ("COMMINFO", MQOT_COMM_INFO),
        ("RQMNAME", MQOT_REMOTE_Q_MGR_NAME),
    ],
    MQOT_Q,
);
const AUTHORITIES: &[Word] = crate::object::AUTHORITIES;
const PRINCIPALS: A = A::texts("PRINCIPAL", MQCACF_PRINCIPAL_ENTITY_NAMES, 64, 1024);
const GROUPS: A = A::texts("GROUP", MQCACF_GROUP_ENTITY_NAMES, 64, 1024);
const SET_AUTHREC: &[A] = &[
    PROFILE,
    OBJECT_TYPE.required(),
    PRINCIPALS,
    GROUPS,
    A::choices("AUTHADD", MQIACF_AUTH_ADD_AUTHS, 32, AUTHORITIES, &[]),
    A::choices("AUTHRMV", MQIACF_AUTH_REMOVE_AUTHS, 32, AUTHORITIES, &[]),
];
const DELETE_AUTHREC: &[A] = &[PROFILE, OBJECT_TYPE.required(), PRINCIPALS, GROUPS];
const DISPLAY_AUTHREC: &[A] = &[
    PROFILE,
    OBJECT_TYPE,
    PRINCIPALS,
    GROUPS,
    A::choice("MATCH", MQIACH_MATCH, &[("PROFILE", 0), ("MEMBERSHIP", 1), ("EXACT", 2)], 0),
];

#[allow(clippy::too_many_arguments)] // A row of a table: the columns are named by what stands in them.
const fn row(
    verb: Verb,
    noun: &'static str,
    synonyms: &'static [&'static str],
    class: ObjectClass,
    code: i32,
    name: NameRule,
    takes: Takes,
    options: &'static [A],
) -> CommandRow {
    CommandRow {
        verb,
        noun,
        synonyms,
        class,
        object: None,
        code,
        name,
        takes,
        options,
        display: DefaultDisplay::NameWhenGeneric,
        always: &[],
        is_built: true,
    }
}

impl CommandRow {
    const fn of(mut self, object: ObjectType) -> Self {
        self.object = Some(object);
        self
    }

    const fn showing(mut self, display: DefaultDisplay) -> Self {
        self.display = display;
        self
    }

    const fn always(mut self, ids: &'static [i32]) -> Self {
        self.always = ids;
        self
    }

    const fn later(mut self) -> Self {
        self.is_built = false;
        self
    }

    /// Whether a word in upper case is the noun of this row.
    pub fn is_named(&self, noun: &str) -> bool {
        self.noun == noun || self.synonyms.contains(&noun)
    }

    /// An option by keyword in upper case.
    pub fn option(&self, keyword: &str) -> Option<&'static A> {
        self.options.iter().find(|option| option.is_named(keyword))
    }

    /// An option by PCF identifier.
    pub fn option_by_id(&self, id: i32) -> Option<&'static A> {
        self.options.iter().find(|option| option.id.0 == id)
    }
}

/// What DEFINE, ALTER, DELETE and DISPLAY of one noun have in common.
struct Object {
    noun: &'static str,
    synonyms: &'static [&'static str],
    class: ObjectClass,
    object: Option<ObjectType>,
    /// Create, change, delete, inquire.
    codes: [i32; 4],
    define: &'static [A],
    alter: &'static [A],
    delete: &'static [A],
    display: &'static [A],
}

const QUEUE_CODES: [i32; 4] = [MQCMD_CREATE_Q, MQCMD_CHANGE_Q, MQCMD_DELETE_Q, MQCMD_INQUIRE_Q];

const fn queue(noun: &'static str, synonyms: &'static [&'static str], object: ObjectType) -> Object {
    Object {
        noun,
        synonyms,
        class: ObjectClass::Queue,
        object: Some(object),
        codes: QUEUE_CODES,
        define: DEFINE_QUEUE,
        alter: ALTER_QUEUE,
        delete: DELETE_QUEUE,
        display: DISPLAY_QUEUE,
    }
}

const fn object(
    noun: &'static str,
    synonyms: &'static [&'static str],
    class: ObjectClass,
    object: Option<ObjectType>,
    codes: [i32; 4],
) -> Object {
    Object { noun, synonyms, class, object, codes, define: DEFINE, alter: &[], delete: DELETE, display: &[] }
}

#[rustfmt::skip]
const OBJECTS: &[Object] = {
    use ObjectClass as C;
    use ObjectType as T;
    &[
        queue("QLOCAL", &["QL"], T::QLocal),
        Object { define: DEFINE, alter: &[], delete: DELETE, ..queue("QMODEL", &["QM"], T::QModel) },
        Object { delete: DELETE, ..queue("QALIAS", &["QA"], T::QAlias) },
        Object { delete: DELETE, ..queue("QREMOTE", &["QR"], T::QRemote) },
        Object {
            delete: DELETE_CHANNEL,
            display: DISPLAY_CHANNEL,
            ..object("CHANNEL", &["CHL"], C::Channel, None,
                [MQCMD_CREATE_CHANNEL, MQCMD_CHANGE_CHANNEL, MQCMD_DELETE_CHANNEL, MQCMD_INQUIRE_CHANNEL])
        },
        object("LISTENER", &["LSTR"], C::Listener, Some(T::Listener),
            [MQCMD_CREATE_LISTENER, MQCMD_CHANGE_LISTENER, MQCMD_DELETE_LISTENER, MQCMD_INQUIRE_LISTENER]),
        Object {
            display: DISPLAY_AUTHINFO,
            ..object("AUTHINFO", &[], C::AuthInfo, None,
                [MQCMD_CREATE_AUTH_INFO, MQCMD_CHANGE_AUTH_INFO, MQCMD_DELETE_AUTH_INFO, MQCMD_INQUIRE_AUTH_INFO])
        },
        Object {
            display: DISPLAY_TOPIC,
            ..object("TOPIC", &[], C::Topic, Some(T::Topic),
                [MQCMD_CREATE_TOPIC, MQCMD_CHANGE_TOPIC, MQCMD_DELETE_TOPIC, MQCMD_INQUIRE_TOPIC])
        },
        object("PROCESS", &["PRO"], C::Process, Some(T::Process),
            [MQCMD_CREATE_PROCESS, MQCMD_CHANGE_PROCESS, MQCMD_DELETE_PROCESS, MQCMD_INQUIRE_PROCESS]),
        object("NAMELIST", &["NL"], C::Namelist, Some(T::Namelist),
            [MQCMD_CREATE_NAMELIST, MQCMD_CHANGE_NAMELIST, MQCMD_DELETE_NAMELIST, MQCMD_INQUIRE_NAMELIST]),
        object("SERVICE", &[], C::Service, Some(T::Service),
            [MQCMD_CREATE_SERVICE, MQCMD_CHANGE_SERVICE, MQCMD_DELETE_SERVICE, MQCMD_INQUIRE_SERVICE]),
        object("COMMINFO", &[], C::CommInfo, Some(T::CommInfo),
            [MQCMD_CREATE_COMM_INFO, MQCMD_CHANGE_COMM_INFO, MQCMD_DELETE_COMM_INFO, MQCMD_INQUIRE_COMM_INFO]),
        Object {
            delete: &[IGNORE_STATE],
            ..object("SUB", &[], C::Subscription, Some(T::Sub),
                [MQCMD_CREATE_SUBSCRIPTION, MQCMD_CHANGE_SUBSCRIPTION, MQCMD_DELETE_SUBSCRIPTION, MQCMD_INQUIRE_SUBSCRIPTION])
        },
    ]
};

#[rustfmt::skip]
const OTHERS: &[CommandRow] = {
    use NameRule as N;
    use ObjectClass as C;
    use ObjectType as T;
    use Takes::*;
    use Verb::*;
    &[
        row(Alter, "QMGR", &[], C::Qmgr, MQCMD_CHANGE_Q_MGR, N::None, Attributes, &[FORCE]).of(T::Qmgr),
        row(Clear, "QLOCAL", &["QL"], C::Queue, MQCMD_CLEAR_Q, N::Required, Options, &[]).of(T::QLocal),
        row(Clear, "TOPICSTR", &[], C::TopicString, MQCMD_CLEAR_TOPIC_STRING, N::Text, Options, &[]).later(),
        row(Delete, "AUTHREC", &[], C::AuthRecord, MQCMD_DELETE_AUTH_REC, N::None, Options, DELETE_AUTHREC)
            .of(T::AuthRec),
        row(Delete, "POLICY", &[], C::Policy, MQCMD_DELETE_PROT_POLICY, N::Text, Options, &[]).later(),
        row(Display, "QUEUE", &["Q"], C::Queue, MQCMD_INQUIRE_Q, N::Generic, Names, DISPLAY_QUEUE),
        row(Display, "QCLUSTER", &["QC"], C::Queue, MQCMD_INQUIRE_Q, N::Generic, Names, DISPLAY_QUEUE).of(T::QCluster),
        row(Display, "QMGR", &[], C::Qmgr, MQCMD_INQUIRE_Q_MGR, N::None, Names, &[]).of(T::Qmgr)
            .showing(DefaultDisplay::All),
        row(Display, "QSTATUS", &["QS"], C::QueueStatus, MQCMD_INQUIRE_Q_STATUS, N::Generic, Names, DISPLAY_QSTATUS),
        row(Display, "QMSTATUS", &[], C::QmgrStatus, MQCMD_INQUIRE_Q_MGR_STATUS, N::None, Names, &[])
            .of(T::QmgrStatus).showing(DefaultDisplay::All),
        row(Display, "CHSTATUS", &["CHS"], C::ChannelStatus, MQCMD_INQUIRE_CHANNEL_STATUS, N::Generic, Names, DISPLAY_CHSTATUS)
            .of(T::ChannelStatus)
            .showing(DefaultDisplay::Some(CHANNEL_STATUS_DEFAULT)).always(CHANNEL_STATUS_ALWAYS),
        row(Display, "CONN", &[], C::Connection, MQCMD_INQUIRE_CONNECTION, N::Text, Names, DISPLAY_CONN)
            .always(CONNECTION_ALWAYS),
        row(Display, "LSSTATUS", &[], C::ListenerStatus, MQCMD_INQUIRE_LISTENER_STATUS, N::Generic, Names, &[])
            .of(T::ListenerStatus).always(LISTENER_STATUS_ALWAYS),
        row(Display, "CHLAUTH", &[], C::ChannelAuth, MQCMD_INQUIRE_CHLAUTH_RECS, N::Text, Names, DISPLAY_CHLAUTH)
            .always(CHLAUTH_ALWAYS),
        row(Display, "AUTHREC", &[], C::AuthRecord, MQCMD_INQUIRE_AUTH_RECS, N::OptionalGeneric, Names, DISPLAY_AUTHREC)
            .of(T::AuthRec).showing(DefaultDisplay::All),
        row(Display, "SVSTATUS", &[], C::ServiceStatus, MQCMD_INQUIRE_SERVICE_STATUS, N::Generic, Names, &[]).later(),
        row(Display, "PUBSUB", &[], C::PubSubStatus, MQCMD_INQUIRE_PUBSUB_STATUS, N::None, Names, &[]).later(),
        row(Display, "TPSTATUS", &["TPS"], C::TopicStatus, MQCMD_INQUIRE_TOPIC_STATUS, N::Text, Names, &[]).later(),
        row(Display, "SBSTATUS", &[], C::SubscriptionStatus, MQCMD_INQUIRE_SUB_STATUS, N::Text, Names, &[]).later(),
        row(Display, "CLUSQMGR", &[], C::ClusterQmgr, MQCMD_INQUIRE_CLUSTER_Q_MGR, N::Generic, Names, &[]).later(),
        row(Display, "APSTATUS", &[], C::ApplicationStatus, MQCMD_INQUIRE_APPL_STATUS, N::Text, Names, &[]).later(),
        row(Display, "ENTAUTH", &[], C::EntityAuthority, MQCMD_INQUIRE_ENTITY_AUTH, N::None, Names, &[]).later(),
        row(Display, "AUTHSERV", &[], C::AuthService, MQCMD_INQUIRE_AUTH_SERVICE, N::None, Names, &[]).later(),
        row(Display, "POLICY", &[], C::Policy, MQCMD_INQUIRE_PROT_POLICY, N::Text, Names, &[]).later(),
        row(Display, "TCLUSTER", &[], C::Topic, MQCMD_INQUIRE_TOPIC, N::Generic, Names, &[]).later(),
        row(Ping, "QMGR", &[], C::Qmgr, MQCMD_PING_Q_MGR, N::None, Options, &[]).of(T::Qmgr),
        row(Ping, "CHANNEL", &["CHL"], C::Channel, MQCMD_PING_CHANNEL, N::Required, Options, PING_CHANNEL).later(),
        row(Purge, "CHANNEL", &["CHL"], C::Channel, MQCMD_PURGE_CHANNEL, N::Required, Options, &[]).later(),
        row(Refresh, "CLUSTER", &[], C::Cluster, MQCMD_REFRESH_CLUSTER, N::Text, Options, &[]).later(),
        row(Refresh, "QMGR", &[], C::Qmgr, MQCMD_REFRESH_Q_MGR, N::None, Options, &[]).later(),
        row(Refresh, "SECURITY", &["SEC"], C::Security, MQCMD_REFRESH_SECURITY, N::OptionalGeneric, Options, REFRESH_SECURITY),
        row(Reset, "CHANNEL", &["CHL"], C::Channel, MQCMD_RESET_CHANNEL, N::Required, Options, RESET_CHANNEL).later(),
        row(Reset, "CLUSTER", &[], C::Cluster, MQCMD_RESET_CLUSTER, N::Required, Options, &[]).later(),
        row(Reset, "QMGR", &[], C::Qmgr, MQCMD_RESET_Q_MGR, N::None, Options, &[]).later(),
        row(Resolve, "CHANNEL", &["CHL"], C::Channel, MQCMD_RESOLVE_CHANNEL, N::Required, Options, RESOLVE_CHANNEL).later(),
        row(Resume, "QMGR", &[], C::Qmgr, MQCMD_RESUME_Q_MGR_CLUSTER, N::None, Options, &[]).later(),
        row(Set, "AUTHREC", &[], C::AuthRecord, MQCMD_SET_AUTH_REC, N::None, Options, SET_AUTHREC).of(T::AuthRec),
        row(Set, "CHLAUTH", &[], C::ChannelAuth, MQCMD_SET_CHLAUTH_REC, N::Text, Attributes, SET_CHLAUTH),
        row(Set, "POLICY", &[], C::Policy, MQCMD_SET_PROT_POLICY, N::Text, Options, &[]).later(),
        row(Start, "CHANNEL", &["CHL"], C::Channel, MQCMD_START_CHANNEL, N::Required, Options, START_CHANNEL),
        row(Start, "CHINIT", &[], C::ChannelInitiator, MQCMD_START_CHANNEL_INIT, N::None, Options, &[]).later(),
        row(Start, "LISTENER", &["LSTR"], C::Listener, MQCMD_START_CHANNEL_LISTENER, N::Optional, Options, STOP_LISTENER)
            .of(T::Listener),
        row(Start, "SERVICE", &[], C::Service, MQCMD_START_SERVICE, N::Required, Options, &[]).later(),
        row(Stop, "CHANNEL", &["CHL"], C::Channel, MQCMD_STOP_CHANNEL, N::Required, Options, STOP_CHANNEL),
        row(Stop, "CONN", &[], C::Connection, MQCMD_STOP_CONNECTION, N::Text, Options, STOP_CONN).of(T::Connection),
        row(Stop, "LISTENER", &["LSTR"], C::Listener, MQCMD_STOP_CHANNEL_LISTENER, N::Optional, Options, STOP_LISTENER)
            .of(T::Listener),
        row(Stop, "SERVICE", &[], C::Service, MQCMD_STOP_SERVICE, N::Required, Options, &[]).later(),
        row(Suspend, "QMGR", &[], C::Qmgr, MQCMD_SUSPEND_Q_MGR_CLUSTER, N::None, Options, &[]).later(),
    ]
};

/// Every command.
pub fn commands() -> &'static [CommandRow] {
    static ROWS: LazyLock<Vec<CommandRow>> = LazyLock::new(|| {
        let of_objects = OBJECTS.iter().flat_map(|object| {
            let [create, change, delete, inquire] = object.codes;
            let of = |verb, code, name, takes, options| CommandRow {
                object: object.object,
                ..row(verb, object.noun, object.synonyms, object.class, code, name, takes, options)
            };
            // The name of a subscription is any text.
            let is_sub = object.class == ObjectClass::Subscription;
            let one = if is_sub { NameRule::Text } else { NameRule::Required };
            let generic = if is_sub { NameRule::Text } else { NameRule::Generic };
            [
                of(Verb::Define, create, one, Takes::Attributes, object.define),
                of(Verb::Alter, change, one, Takes::Attributes, object.alter),
                of(Verb::Delete, delete, one, Takes::Options, object.delete),
                CommandRow {
                    always: if is_sub { SUBSCRIPTION_ALWAYS } else { &[] },
                    ..of(Verb::Display, inquire, generic, Takes::Names, object.display)
                },
            ]
        });
        of_objects.chain(OTHERS.iter().copied()).collect()
    });
    &ROWS
}

/// The command of a verb and noun, both in upper case.
pub fn find(verb: Verb, noun: &str) -> Option<&'static CommandRow> {
    commands().iter().find(|row| row.verb == verb && row.is_named(noun))
}
