//! Classes and types of objects: one row each.
//!
//! A *class* is what one attribute table describes and one DISPLAY command shows: all queues, all channels,
//! the queue manager, queue status. Within a class of objects names are unique. A *type* is what an object is
//! within its class: QLOCAL, SVRCONN. Most classes have one type.

use super::attribute::{AttributeId, Word};
use crate::constants::*;

/// What one attribute table describes: a kind of object, or a kind of status.
///
/// A few are the subjects of commands only and have neither objects nor attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names say it.
pub enum ObjectClass {
    Queue,
    Channel,
    /// CLNTCONN channels have a name space of their own, and the attribute table of channels.
    ClientChannel,
    Listener,
    Qmgr,
    Topic,
    Subscription,
    AuthInfo,
    Process,
    Namelist,
    Service,
    CommInfo,
    ChannelAuth,
    AuthRecord,
    QueueStatus,
    HandleStatus,
    ChannelStatus,
    Connection,
    ConnectionHandle,
    QmgrStatus,
    ListenerStatus,
    ServiceStatus,
    PubSubStatus,
    TopicStatus,
    SubscriptionStatus,
    ClusterQmgr,
    ApplicationStatus,
    EntityAuthority,
    AuthService,
    ChannelInitiator,
    Cluster,
    Security,
    TopicString,
    Policy,
}

impl ObjectClass {
    /// Whether this is one of the two classes of channels.
    pub const fn is_channel(self) -> bool {
        matches!(self, Self::Channel | Self::ClientChannel)
    }
}

/// What an object is within its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The names say it.
pub enum ObjectType {
    QLocal,
    QModel,
    QAlias,
    QRemote,
    QCluster,
    Sdr,
    Svr,
    Rcvr,
    Rqstr,
    Svrconn,
    Clntconn,
    Clussdr,
    Clusrcvr,
    Amqp,
    Listener,
    Qmgr,
    Topic,
    Sub,
    AuthCrlLdap,
    AuthOcsp,
    AuthIdpwOs,
    AuthIdpwLdap,
    Process,
    Namelist,
    Service,
    CommInfo,
    ChlauthBlockUser,
    ChlauthBlockAddr,
    ChlauthSslPeerMap,
    ChlauthAddressMap,
    ChlauthUserMap,
    ChlauthQmgrMap,
    AuthRec,
    QStatusQueue,
    QStatusHandle,
    ChannelStatus,
    Connection,
    ConnectionHandle,
    QmgrStatus,
    ListenerStatus,
}

/// A row of the table of types.
#[derive(Clone, Copy, Debug)]
pub struct TypeRow {
    /// The type.
    pub object: ObjectType,
    /// Its class.
    pub class: ObjectClass,
    /// The word for it in MQSC: `QLOCAL`, `SVRCONN`, and what `TYPE` shows.
    pub keyword: &'static str,
    /// The number for it in PCF, in the parameter of [`TypeRow::type_id`].
    pub code: i32,
    /// The attribute that tells the types of the class apart, zero when the class has one type.
    pub type_id: i32,
    /// The object from which DEFINE takes what is not given; blank when there is none.
    pub default_name: &'static str,
}

const fn row(
    object: ObjectType,
    class: ObjectClass,
    keyword: &'static str,
    type_id: i32,
    code: i32,
    default_name: &'static str,
) -> TypeRow {
    TypeRow { object, class, keyword, code, type_id, default_name }
}

const QTYPE: i32 = MQIA_Q_TYPE;
const CHLTYPE: i32 = MQIACH_CHANNEL_TYPE;
const AUTHTYPE: i32 = MQIA_AUTH_INFO_TYPE;
const CAUT: i32 = MQIACF_CHLAUTH_TYPE;

// In the order of `ObjectType`, so that a type is the index of its row.
#[rustfmt::skip]
const TYPES: &[TypeRow] = {
    use ObjectClass as C;
    use ObjectType::*;
    &[
        row(QLocal, C::Queue, "QLOCAL", QTYPE, MQQT_LOCAL, "SYSTEM.DEFAULT.LOCAL.QUEUE"),
        row(QModel, C::Queue, "QMODEL", QTYPE, MQQT_MODEL, "SYSTEM.DEFAULT.MODEL.QUEUE"),
        row(QAlias, C::Queue, "QALIAS", QTYPE, MQQT_ALIAS, "SYSTEM.DEFAULT.ALIAS.QUEUE"),
        row(QRemote, C::Queue, "QREMOTE", QTYPE, MQQT_REMOTE, "SYSTEM.DEFAULT.REMOTE.QUEUE"),
        row(QCluster, C::Queue, "QCLUSTER", QTYPE, MQQT_CLUSTER, ""),
        row(Sdr, C::Channel, "SDR", CHLTYPE, MQCHT_SENDER, "SYSTEM.DEF.SENDER"),
        row(Svr, C::Channel, "SVR", CHLTYPE, MQCHT_SERVER, "SYSTEM.DEF.SERVER"),
        row(Rcvr, C::Channel, "RCVR", CHLTYPE, MQCHT_RECEIVER, "SYSTEM.DEF.RECEIVER"),
        row(Rqstr, C::Channel, "RQSTR", CHLTYPE, MQCHT_REQUESTER, "SYSTEM.DEF.REQUESTER"),
        row(Svrconn, C::Channel, "SVRCONN", CHLTYPE, MQCHT_SVRCONN, "SYSTEM.DEF.SVRCONN"),
        row(Clntconn, C::ClientChannel, "CLNTCONN", CHLTYPE, MQCHT_CLNTCONN, "SYSTEM.DEF.CLNTCONN"),
        row(Clussdr, C::Channel, "CLUSSDR", CHLTYPE, MQCHT_CLUSSDR, "SYSTEM.DEF.CLUSSDR"),
        row(Clusrcvr, C::Channel, "CLUSRCVR", CHLTYPE, MQCHT_CLUSRCVR, "SYSTEM.DEF.CLUSRCVR"),
        row(Amqp, C::Channel, "AMQP", CHLTYPE, MQCHT_AMQP, "SYSTEM.DEF.AMQP"),
        row(Listener, C::Listener, "TCP", 0, MQXPT_TCP, "SYSTEM.DEFAULT.LISTENER.TCP"),
        row(Qmgr, C::Qmgr, "QMGR", 0, 0, ""),
        row(Topic, C::Topic, "LOCAL", MQIA_TOPIC_TYPE, MQTOPT_LOCAL, "SYSTEM.DEFAULT.TOPIC"),
        row(Sub, C::Subscription, "ADMIN", 0, 0, "SYSTEM.DEFAULT.SUB"),
        row(AuthCrlLdap, C::AuthInfo, "CRLLDAP", AUTHTYPE, MQAIT_CRL_LDAP, "SYSTEM.DEFAULT.AUTHINFO.CRLLDAP"),
        row(AuthOcsp, C::AuthInfo, "OCSP", AUTHTYPE, MQAIT_OCSP, "SYSTEM.DEFAULT.AUTHINFO.OCSP"),
        row(AuthIdpwOs, C::AuthInfo, "IDPWOS", AUTHTYPE, MQAIT_IDPW_OS, "SYSTEM.DEFAULT.AUTHINFO.IDPWOS"),
        row(AuthIdpwLdap, C::AuthInfo, "IDPWLDAP", AUTHTYPE, MQAIT_IDPW_LDAP, "SYSTEM.DEFAULT.AUTHINFO.IDPWLDAP"),
        row(Process, C::Process, "PROCESS", 0, 0, "SYSTEM.DEFAULT.PROCESS"),
        row(Namelist, C::Namelist, "NAMELIST", 0, 0, "SYSTEM.DEFAULT.NAMELIST"),
        row(Service, C::Service, "SERVICE", 0, 0, "SYSTEM.DEFAULT.SERVICE"),
        row(CommInfo, C::CommInfo, "MULTICAST", MQIA_COMM_INFO_TYPE, MQCIT_MULTICAST, "SYSTEM.DEFAULT.COMMINFO.MULTICAST"),
        row(ChlauthBlockUser, C::ChannelAuth, "BLOCKUSER", CAUT, MQCAUT_BLOCKUSER, ""),
        row(ChlauthBlockAddr, C::ChannelAuth, "BLOCKADDR", CAUT, MQCAUT_BLOCKADDR, ""),
        row(ChlauthSslPeerMap, C::ChannelAuth, "SSLPEERMAP", CAUT, MQCAUT_SSLPEERMAP, ""),
        row(ChlauthAddressMap, C::ChannelAuth, "ADDRESSMAP", CAUT, MQCAUT_ADDRESSMAP, ""),
        row(ChlauthUserMap, C::ChannelAuth, "USERMAP", CAUT, MQCAUT_USERMAP, ""),
        row(ChlauthQmgrMap, C::ChannelAuth, "QMGRMAP", CAUT, MQCAUT_QMGRMAP, ""),
        row(AuthRec, C::AuthRecord, "AUTHREC", 0, 0, ""),
        row(QStatusQueue, C::QueueStatus, "QUEUE", MQIACF_Q_STATUS_TYPE, MQIACF_Q_STATUS, ""),
        row(QStatusHandle, C::HandleStatus, "HANDLE", MQIACF_Q_STATUS_TYPE, MQIACF_Q_HANDLE, ""),
        row(ChannelStatus, C::ChannelStatus, "CHSTATUS", 0, 0, ""),
        row(Connection, C::Connection, "CONN", MQIACF_CONN_INFO_TYPE, MQIACF_CONN_INFO_CONN, ""),
        row(ConnectionHandle, C::ConnectionHandle, "HANDLE", MQIACF_CONN_INFO_TYPE, MQIACF_CONN_INFO_HANDLE, ""),
        row(QmgrStatus, C::QmgrStatus, "QMGR", MQIACF_Q_MGR_STATUS_INFO_TYPE, MQIACF_Q_MGR_STATUS_INFO_Q_MGR, ""),
        row(ListenerStatus, C::ListenerStatus, "LSSTATUS", 0, 0, ""),
    ]
};

impl ObjectType {
    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.iter().map(|row| row.object)
    }

    /// The row of the type.
    pub fn row(self) -> &'static TypeRow {
        &TYPES[self as usize]
    }

    /// The class of the type.
    pub fn class(self) -> ObjectClass {
        self.row().class
    }

    /// The MQSC word for the type.
    pub fn keyword(self) -> &'static str {
        self.row().keyword
    }

    /// The types of a class. Client-connection channels count as channels here.
    pub fn of(class: ObjectClass) -> impl Iterator<Item = Self> {
        Self::all().filter(move |object| {
            object.class() == class || (class == ObjectClass::Channel && object.class().is_channel())
        })
    }

    /// The type of a class that a number of its type attribute stands for (MQQT_, MQCHT_, MQAIT_, …).
    pub fn from_code(class: ObjectClass, code: i64) -> Option<Self> {
        Self::of(class).find(|object| object.row().type_id != 0 && i64::from(object.row().code) == code)
    }

    /// The attribute that shows the type, when the class has one.
    pub fn type_attribute(self) -> Option<AttributeId> {
        let id = self.row().type_id;
        (id != 0).then_some(AttributeId(id))
    }
}

/// Words of the type attribute of queues.
pub(super) const QUEUE_TYPES: &[Word] = &[
    ("QLOCAL", MQQT_LOCAL),
    ("QMODEL", MQQT_MODEL),
    ("QALIAS", MQQT_ALIAS),
    ("QREMOTE", MQQT_REMOTE),
    ("QCLUSTER", MQQT_CLUSTER),
];

/// Words of the type attribute of channels.
pub(super) const CHANNEL_TYPES: &[Word] = &[
    ("SDR", MQCHT_SENDER),
    ("SVR", MQCHT_SERVER),
    ("RCVR", MQCHT_RECEIVER),
    ("RQSTR", MQCHT_REQUESTER),
    ("SVRCONN", MQCHT_SVRCONN),
    ("CLNTCONN", MQCHT_CLNTCONN),
    ("CLUSSDR", MQCHT_CLUSSDR),
    ("CLUSRCVR", MQCHT_CLUSRCVR),
    ("AMQP", MQCHT_AMQP),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_the_index_of_its_row() {
        for (at, row) in TYPES.iter().enumerate() {
            assert_eq!(row.object as usize, at, "{}", row.keyword);
        }
    }

    #[test]
    fn codes_lead_back_to_types() {
        for object in ObjectType::all().filter(|object| object.row().type_id != 0) {
            let row = object.row();
            assert_eq!(ObjectType::from_code(row.class, i64::from(row.code)), Some(object));
        }
        assert_eq!(ObjectType::from_code(ObjectClass::Channel, 6), Some(ObjectType::Clntconn));
        assert_eq!(ObjectType::from_code(ObjectClass::Queue, 99), None);
    }
}
