//! What DISPLAY shows of running things: queue, channel, connection, queue manager and listener status
//! (queue-manager reference, 6.2 and 23.1), in display order. Nothing here can be given, all of it is shown.

use super::attribute::{Attribute as A, Word};
use super::types::CHANNEL_TYPES;
use super::words::*;
use crate::constants::*;

/// Our own identifier of `EXTCONN`, which PCF carries within the connection identifier.
pub const EXTCONN: i32 = -1;

const STATUS_TYPE: &[Word] = &[("QUEUE", MQIACF_Q_STATUS), ("HANDLE", MQIACF_Q_HANDLE)];
const UNCOMMITTED: &[Word] = &[("NO", MQQSUM_NO), ("YES", MQQSUM_YES)];

/// Status of a queue.
#[rustfmt::skip]
pub(super) const QUEUE: &[A] = &[
    A::key("QUEUE", MQCA_Q_NAME, 48),
    A::shown_word("TYPE", MQIACF_Q_STATUS_TYPE, STATUS_TYPE),
    A::figure("CURDEPTH", MQIA_CURRENT_Q_DEPTH),
    A::figure("CURFSIZE", MQIACF_CUR_Q_FILE_SIZE),
    A::figure("CURMAXFS", MQIACF_CUR_MAX_FILE_SIZE),
    A::figure("IPPROCS", MQIA_OPEN_INPUT_COUNT),
    A::shown_text("LGETDATE", MQCACF_LAST_GET_DATE, 12),
    A::shown_text("LGETTIME", MQCACF_LAST_GET_TIME, 8),
    A::shown_text("LPUTDATE", MQCACF_LAST_PUT_DATE, 12),
    A::shown_text("LPUTTIME", MQCACF_LAST_PUT_TIME, 8),
    A::shown_text("MEDIALOG", MQCACF_MEDIA_LOG_EXTENT_NAME, 24),
    A::shown_word("MONQ", MQIA_MONITORING_Q, MONITORING_OBJECT),
    A::figure("MSGAGE", MQIACF_OLDEST_MSG_AGE),
    A::figure("OPPROCS", MQIA_OPEN_OUTPUT_COUNT),
    A::numbers("QTIME", MQIACF_Q_TIME_INDICATOR, 2),
    A::shown_word("UNCOM", MQIACF_UNCOMMITTED_MSGS, UNCOMMITTED),
];

const ASYNC_STATE: &[Word] = &[
    ("NONE", MQAS_NONE),
    ("STARTED", MQAS_STARTED),
    ("STARTWAIT", MQAS_START_WAIT),
    ("STOPPED", MQAS_STOPPED),
    ("SUSPENDED", MQAS_SUSPENDED),
    ("SUSPTEMP", MQAS_SUSPENDED_TEMPORARY),
    ("ACTIVE", MQAS_ACTIVE),
    ("INACTIVE", MQAS_INACTIVE),
];
const HANDLE_STATE: &[Word] = &[("INACTIVE", MQHSTATE_INACTIVE), ("ACTIVE", MQHSTATE_ACTIVE)];
const INPUT: &[Word] = &[("NO", MQQSO_NO), ("SHARED", MQQSO_SHARED), ("EXCL", MQQSO_EXCLUSIVE)];
const APPLICATION: &[Word] = &[
    ("USER", MQAT_USER),
    ("SYSTEM", MQAT_QMGR),
    ("SYSTEMEXT", MQAT_SYSTEM_EXTENSION),
    ("CHINIT", MQAT_CHANNEL_INITIATOR),
    ("BATCH", MQAT_BATCH),
    ("CICS", MQAT_CICS),
    ("UNIX", MQAT_UNIX),
];
const UNIT_TYPE: &[Word] = &[("QMGR", MQUOWT_Q_MGR), ("XA", MQUOWT_XA)];

/// Status of a handle on a queue.
#[rustfmt::skip]
pub(super) const HANDLE: &[A] = &[
    A::key("QUEUE", MQCA_Q_NAME, 48),
    A::shown_word("TYPE", MQIACF_Q_STATUS_TYPE, STATUS_TYPE),
    A::shown_text("APPLDESC", MQCACF_APPL_DESC, 64),
    A::shown_text("APPLTAG", MQCACF_APPL_TAG, 28),
    A::shown_word("APPLTYPE", MQIA_APPL_TYPE, APPLICATION),
    A::shown_word("BROWSE", MQIACF_OPEN_BROWSE, YES_NO),
    A::shown_text("CHANNEL", MQCACH_CHANNEL_NAME, 20),
    A::shown_text("CONNAME", MQCACH_CONNECTION_NAME, 264),
    A::shown_word("ASTATE", MQIACF_ASYNC_STATE, ASYNC_STATE),
    A::shown_word("HSTATE", MQIACF_HANDLE_STATE, HANDLE_STATE),
    A::shown_word("INPUT", MQIACF_OPEN_INPUT_TYPE, INPUT),
    A::shown_word("INQUIRE", MQIACF_OPEN_INQUIRE, YES_NO),
    A::shown_word("OUTPUT", MQIACF_OPEN_OUTPUT, YES_NO),
    A::figure("PID", MQIACF_PROCESS_ID),
    A::shown_text("QMURID", MQBACF_Q_MGR_UOW_ID, 64),
    A::shown_word("SET", MQIACF_OPEN_SET, YES_NO),
    A::figure("TID", MQIACF_THREAD_ID),
    A::shown_text("URID", MQBACF_EXTERNAL_UOW_ID, 512),
    A::shown_word("URTYPE", MQIACF_UOW_TYPE, UNIT_TYPE),
    A::shown_text("USERID", MQCACF_USER_IDENTIFIER, 64),
];

const INSTANCE: &[Word] =
    &[("CURRENT", MQOT_CURRENT_CHANNEL), ("SAVED", MQOT_SAVED_CHANNEL), ("SHORT", MQOT_SHORT_CHANNEL)];
const MCA_STATUS: &[Word] = &[("RUNNING", MQMCAS_RUNNING), ("STOPPED", MQMCAS_STOPPED)];
const CHANNEL_STATUS: &[Word] = &[
    ("INACTIVE", MQCHS_INACTIVE),
    ("BINDING", MQCHS_BINDING),
    ("STARTING", MQCHS_STARTING),
    ("RUNNING", MQCHS_RUNNING),
    ("STOPPING", MQCHS_STOPPING),
    ("RETRYING", MQCHS_RETRYING),
    ("STOPPED", MQCHS_STOPPED),
    ("REQUESTING", MQCHS_REQUESTING),
    ("PAUSED", MQCHS_PAUSED),
    ("DISCONNECTED", MQCHS_DISCONNECTED),
    ("INITIALIZING", MQCHS_INITIALIZING),
    ("SWITCHING", MQCHS_SWITCHING),
];
const SUBSTATE: &[Word] = &[
    ("", MQCHSSTATE_OTHER),
    ("ENDBATCH", MQCHSSTATE_END_OF_BATCH),
    ("SEND", MQCHSSTATE_SENDING),
    ("RECEIVE", MQCHSSTATE_RECEIVING),
    ("SERIALIZE", MQCHSSTATE_SERIALIZING),
    ("RESYNCH", MQCHSSTATE_RESYNCHING),
    ("HEARTBEAT", MQCHSSTATE_HEARTBEATING),
    ("SCYEXIT", MQCHSSTATE_IN_SCYEXIT),
    ("RCVEXIT", MQCHSSTATE_IN_RCVEXIT),
    ("SENDEXIT", MQCHSSTATE_IN_SENDEXIT),
    ("MSGEXIT", MQCHSSTATE_IN_MSGEXIT),
    ("MREXIT", MQCHSSTATE_IN_MREXIT),
    ("CHADEXIT", MQCHSSTATE_IN_CHADEXIT),
    ("NETCONNECT", MQCHSSTATE_NET_CONNECTING),
    ("SSLHANDSHK", MQCHSSTATE_SSL_HANDSHAKING),
    ("NAMESERVER", MQCHSSTATE_NAME_SERVER),
    ("MQPUT", MQCHSSTATE_IN_MQPUT),
    ("MQGET", MQCHSSTATE_IN_MQGET),
    ("MQICALL", MQCHSSTATE_IN_MQI_CALL),
    ("COMPRESS", MQCHSSTATE_COMPRESSING),
];
const STOP: &[Word] = &[("NO", MQCHSR_STOP_NOT_REQUESTED), ("YES", MQCHSR_STOP_REQUESTED)];
const IN_DOUBT: &[Word] = &[("NO", MQCHIDS_NOT_INDOUBT), ("YES", MQCHIDS_INDOUBT)];
const SPEED: &[Word] = &[("FAST", MQNPMS_FAST), ("NORMAL", MQNPMS_NORMAL)];
const SECURITY_PROTOCOL: &[Word] = &[
    ("NONE", MQSECPROT_NONE),
    ("SSLV3", MQSECPROT_SSLV30),
    ("TLSV1", MQSECPROT_TLSV10),
    ("TLSV1.2", MQSECPROT_TLSV12),
    ("TLSV1.3", MQSECPROT_TLSV13),
];

/// Status of a channel instance. Attributes that a type of channel does not have are left out of the reply.
#[rustfmt::skip]
pub(super) const CHANNEL: &[A] = &[
    A::key("CHANNEL", MQCACH_CHANNEL_NAME, 20),
    A::shown_word("CHLTYPE", MQIACH_CHANNEL_TYPE, CHANNEL_TYPES),
    A::figure("BATCHES", MQIACH_BATCHES),
    A::figure("BATCHSZ", MQIACH_BATCH_SIZE),
    A::figure("BUFSRCVD", MQIACH_BUFFERS_RCVD),
    A::figure("BUFSSENT", MQIACH_BUFFERS_SENT),
    A::figure("BYTSRCVD", MQIACH_BYTES_RCVD),
    A::figure("BYTSSENT", MQIACH_BYTES_SENT),
    A::shown_text("CHSTADA", MQCACH_CHANNEL_START_DATE, 12),
    A::shown_text("CHSTATI", MQCACH_CHANNEL_START_TIME, 8),
    A::shown_text("COMPHDR", MQIACH_HDR_COMPRESSION, 32),
    A::shown_text("COMPMSG", MQIACH_MSG_COMPRESSION, 32),
    A::numbers("COMPRATE", MQIACH_COMPRESSION_RATE, 2),
    A::numbers("COMPTIME", MQIACH_COMPRESSION_TIME, 2),
    A::shown_text("CONNAME", MQCACH_CONNECTION_NAME, 264),
    A::flag(MQIACH_CHANNEL_INSTANCE_TYPE, INSTANCE, MQOT_CURRENT_CHANNEL).shown(),
    A::shown_text("CURLUWID", MQCACH_CURRENT_LUWID, 16),
    A::figure("CURMSGS", MQIACH_CURRENT_MSGS),
    A::figure("CURSEQNO", MQIACH_CURRENT_SEQ_NUMBER),
    A::numbers("EXITTIME", MQIACH_EXIT_TIME_INDICATOR, 2),
    A::figure("HBINT", MQIACH_HB_INTERVAL),
    A::shown_word("INDOUBT", MQIACH_INDOUBT_STATUS, IN_DOUBT),
    A::shown_text("JOBNAME", MQCACH_MCA_JOB_NAME, 28),
    A::shown_text("LOCLADDR", MQCACH_LOCAL_ADDRESS, 48),
    A::figure("LONGRTS", MQIACH_LONG_RETRIES_LEFT),
    A::shown_text("LSTLUWID", MQCACH_LAST_LUWID, 16),
    A::shown_text("LSTMSGDA", MQCACH_LAST_MSG_DATE, 12),
    A::shown_text("LSTMSGTI", MQCACH_LAST_MSG_TIME, 8),
    A::figure("LSTSEQNO", MQIACH_LAST_SEQ_NUMBER),
    A::shown_word("MCASTAT", MQIACH_MCA_STATUS, MCA_STATUS),
    A::shown_text("MCAUSER", MQCACH_MCA_USER_ID, 64),
    A::shown_word("MONCHL", MQIA_MONITORING_CHANNEL, MONITORING_OBJECT),
    A::figure("MSGS", MQIACH_MSGS),
    A::numbers("NETTIME", MQIACH_NETWORK_TIME_INDICATOR, 2),
    A::shown_word("NPMSPEED", MQIACH_NPM_SPEED, SPEED),
    A::shown_text("RAPPLTAG", MQCACH_REMOTE_APPL_TAG, 28),
    A::shown_text("RQMNAME", MQCA_REMOTE_Q_MGR_NAME, 48),
    A::shown_word("SECPROT", MQIACH_SECURITY_PROTOCOL, SECURITY_PROTOCOL),
    A::figure("SHORTRTS", MQIACH_SHORT_RETRIES_LEFT),
    A::shown_text("SSLCERTI", MQCACH_SSL_CERT_ISSUER_NAME, 256),
    A::shown_text("SSLCIPH", MQCACH_SSL_CIPHER_SPEC, 64),
    A::shown_text("SSLKEYDA", MQCACH_SSL_KEY_RESET_DATE, 12),
    A::shown_text("SSLKEYTI", MQCACH_SSL_KEY_RESET_TIME, 8),
    A::shown_text("SSLPEER", MQCACH_SSL_SHORT_PEER_NAME, 256),
    A::figure("SSLRKEYS", MQIACH_SSL_KEY_RESETS),
    A::shown_word("STATUS", MQIACH_CHANNEL_STATUS, CHANNEL_STATUS),
    A::shown_word("STOPREQ", MQIACH_STOP_REQUESTED, STOP),
    A::shown_word("SUBSTATE", MQIACH_CHANNEL_SUBSTATE, SUBSTATE),
    A::figure("CURSHCNV", MQIACH_CURRENT_SHARING_CONVS),
    A::figure("MAXSHCNV", MQIACH_MAX_SHARING_CONVS),
    A::shown_text("RVERSION", MQCACH_REMOTE_VERSION, 8),
    A::shown_text("RPRODUCT", MQCACH_REMOTE_PRODUCT, 4),
    A::shown_text("XMITQ", MQCACH_XMIT_Q_NAME, 48),
    A::numbers("XBATCHSZ", MQIACH_BATCH_SIZE_INDICATOR, 2),
    A::numbers("XQTIME", MQIACH_XMITQ_TIME_INDICATOR, 2),
];

const CONNECTION_TYPE: &[Word] =
    &[("CONN", MQIACF_CONN_INFO_CONN), ("HANDLE", MQIACF_CONN_INFO_HANDLE), ("ALL", MQIACF_CONN_INFO_ALL)];
const UNIT_STATE: &[Word] = &[
    ("NONE", MQUOWST_NONE),
    ("ACTIVE", MQUOWST_ACTIVE),
    ("PREPARED", MQUOWST_PREPARED),
    ("UNRESOLVED", MQUOWST_UNRESOLVED),
];

/// A connection. `CONN` is the last 16 hexadecimal digits of its identifier, `EXTCONN` the 32 before.
#[rustfmt::skip]
pub(super) const CONNECTION: &[A] = &[
    A::bytes("CONN", MQBACF_CONNECTION_ID, 8).shown(),
    A::bytes("EXTCONN", EXTCONN, 16).shown().new_line(),
    A::shown_word("TYPE", MQIACF_CONN_INFO_TYPE, CONNECTION_TYPE).new_line(),
    A::figure("PID", MQIACF_PROCESS_ID).new_line(),
    A::figure("TID", MQIACF_THREAD_ID),
    A::shown_text("APPLDESC", MQCACF_APPL_DESC, 64),
    A::shown_text("APPLTAG", MQCACF_APPL_TAG, 28),
    A::shown_word("APPLTYPE", MQIA_APPL_TYPE, APPLICATION),
    A::shown_word("ASTATE", MQIACF_ASYNC_STATE, ASYNC_STATE),
    A::shown_text("CHANNEL", MQCACH_CHANNEL_NAME, 20),
    A::shown_text("CLIENTID", MQCACH_CLIENT_ID, 23),
    A::shown_text("CONNAME", MQCACH_CONNECTION_NAME, 264),
    A::texts("CONNOPTS", MQIACF_CONNECT_OPTIONS, 32, 64).shown().new_line(),
    A::shown_text("USERID", MQCACF_USER_IDENTIFIER, 64),
    A::shown_text("UOWLOG", MQCACF_UOW_LOG_EXTENT_NAME, 24),
    A::shown_text("UOWSTDA", MQCACF_UOW_START_DATE, 12),
    A::shown_text("UOWSTTI", MQCACF_UOW_START_TIME, 8),
    A::shown_text("UOWLOGDA", MQCACF_UOW_LOG_START_DATE, 12),
    A::shown_text("UOWLOGTI", MQCACF_UOW_LOG_START_TIME, 8),
    A::shown_word("URTYPE", MQIACF_UOW_TYPE, UNIT_TYPE),
    A::shown_text("EXTURID", MQBACF_EXTERNAL_UOW_ID, 512).new_line(),
    A::shown_text("QMURID", MQBACF_Q_MGR_UOW_ID, 64),
    A::shown_word("UOWSTATE", MQIACF_UOW_STATE, UNIT_STATE),
    A::shown_text("CONNTAG", MQBACF_CONN_TAG, 256).new_line(),
];

const OBJECT_TYPES: &[Word] = &[
    ("QUEUE", MQOT_Q),
    ("NAMELIST", MQOT_NAMELIST),
    ("PROCESS", MQOT_PROCESS),
    ("QMGR", MQOT_Q_MGR),
    ("CHANNEL", MQOT_CHANNEL),
    ("AUTHINFO", MQOT_AUTH_INFO),
    ("TOPIC", MQOT_TOPIC),
];
const READ_AHEAD: &[Word] = &[
    ("NO", MQREADA_NO),
    ("YES", MQREADA_YES),
    ("INHIBITED", MQREADA_INHIBITED),
    ("BACKLOG", MQREADA_BACKLOG),
];

/// A handle of a connection.
#[rustfmt::skip]
pub(super) const CONNECTION_HANDLE: &[A] = &[
    A::shown_text("OBJNAME", MQCACF_OBJECT_NAME, 48),
    A::shown_word("OBJTYPE", MQIACF_OBJECT_TYPE, OBJECT_TYPES),
    A::shown_word("ASTATE", MQIACF_ASYNC_STATE, ASYNC_STATE),
    A::shown_word("HSTATE", MQIACF_HANDLE_STATE, HANDLE_STATE),
    A::shown_text("DEST", MQCACF_DESTINATION, 48),
    A::shown_text("DESTQMGR", MQCACF_DESTINATION_Q_MGR, 48),
    A::texts("OPENOPTS", MQIACF_OPEN_OPTIONS, 32, 64).shown(),
    A::shown_word("READA", MQIA_READ_AHEAD, READ_AHEAD),
    A::bytes("SUBID", MQBACF_SUB_ID, 24).shown(),
    A::shown_text("SUBNAME", MQCACF_SUB_NAME, 10_240),
    A::shown_text("TOPICSTR", MQCA_TOPIC_STRING, 10_240),
];

const QMGR_STATUS: &[Word] = &[
    ("STARTING", MQQMSTA_STARTING),
    ("RUNNING", MQQMSTA_RUNNING),
    ("QUIESCING", MQQMSTA_QUIESCING),
    ("STANDBY", MQQMSTA_STANDBY),
];
const SERVICE_STATUS: &[Word] = &[
    ("STOPPED", MQSVC_STATUS_STOPPED),
    ("STARTING", MQSVC_STATUS_STARTING),
    ("RUNNING", MQSVC_STATUS_RUNNING),
    ("STOPPING", MQSVC_STATUS_STOPPING),
    ("RETRYING", MQSVC_STATUS_RETRYING),
];
const LDAP: &[Word] =
    &[("INACTIVE", MQLDAPC_INACTIVE), ("CONNECTED", MQLDAPC_CONNECTED), ("ERROR", MQLDAPC_ERROR)];
const LOG_TYPE: &[Word] =
    &[("CIRCULAR", MQLOGTYPE_CIRCULAR), ("LINEAR", MQLOGTYPE_LINEAR), ("REPLICATED", MQLOGTYPE_REPLICATED)];
const STANDBY: &[Word] = &[("NOPERMIT", MQSTDBY_NOT_PERMITTED), ("PERMIT", MQSTDBY_PERMITTED)];
const AUTO_CLUSTER: &[Word] = &[("NONE", MQAUTOCLUS_TYPE_NONE), ("UNIFORM", MQAUTOCLUS_TYPE_UNIFORM)];
const STATUS_OF: &[Word] =
    &[("QMGR", MQIACF_Q_MGR_STATUS_INFO_Q_MGR), ("NATIVEHA", MQIACF_Q_MGR_STATUS_INFO_NHA)];
const GROUP_ROLE: &[Word] = &[
    ("UNKNOWN", MQNHAGRPROLE_UNKNOWN),
    ("NOTCONFIG", MQNHAGRPROLE_NOT_CONFIGURED),
    ("LIVE", MQNHAGRPROLE_LIVE),
    ("RECOVERY", MQNHAGRPROLE_RECOVERY),
];

/// Numbers of what memory is used for, which are our own: the product shows none of it.
const MEMORY: i32 = 70_000;

/// Status of the queue manager.
#[rustfmt::skip]
pub(super) const QMGR: &[A] = &[
    A::key("QMNAME", MQCA_Q_MGR_NAME, 48),
    A::shown_word("TYPE", MQIACF_Q_MGR_STATUS_INFO_TYPE, STATUS_OF),
    A::shown_word("STATUS", MQIACF_Q_MGR_STATUS, QMGR_STATUS),
    A::shown_word("AUTOCLUS", MQIACF_AUTO_CLUSTER_TYPE, AUTO_CLUSTER),
    A::shown_word("CHINIT", MQIACF_CHINIT_STATUS, SERVICE_STATUS),
    A::figure("CHKPTCNT", MQIACF_CHECKPOINT_COUNT),
    A::figure("CHKPTOPS", MQIACF_CHECKPOINT_OPERATIONS),
    A::figure("CHKPTSZ", MQIACF_CHECKPOINT_SIZE),
    A::shown_word("CMDSERV", MQIACF_CMD_SERVER_STATUS, SERVICE_STATUS),
    A::figure("CONNS", MQIACF_CONNECTION_COUNT),
    A::figure("DATFSSZ", MQIACF_DATA_FS_SIZE),
    A::figure("DATFSUSE", MQIACF_DATA_FS_IN_USE),
    A::shown_text("DATPATH", MQCACF_Q_MGR_DATA_PATH, 1024),
    A::shown_text("DISKLSN", MQCACF_DISK_WRITTEN_LSN, 64),
    A::shown_text("GRPLSN", MQCACF_NHA_GROUP_LSN, 64),
    A::shown_text("GRPNAME", MQCACF_NHA_GROUP_NAME, 48),
    A::shown_word("GRPROLE", MQIACF_NHA_GROUP_ROLE, GROUP_ROLE),
    A::shown_text("HOSTNAME", MQCACF_HOST_NAME, 256),
    A::shown_text("INSTANCE", MQCACF_NHA_INSTANCE_NAME, 48),
    A::shown_text("INSTDESC", MQCA_INSTALLATION_DESC, 64),
    A::shown_text("INSTNAME", MQCA_INSTALLATION_NAME, 16),
    A::shown_text("INSTPATH", MQCA_INSTALLATION_PATH, 256),
    A::shown_word("LDAPCONN", MQIACF_LDAP_CONNECTION_STATUS, LDAP),
    A::figure("LOGEXTSZ", MQIACF_LOG_EXTENT_SIZE),
    A::figure("LOGFSSZ", MQIACF_LOG_FS_SIZE),
    A::figure("LOGFSUSE", MQIACF_LOG_FS_IN_USE),
    A::figure("LOGINUSE", MQIACF_LOG_IN_USE),
    A::shown_text("LOGPATH", MQCACF_LOG_PATH, 1024),
    A::figure("LOGPRIM", MQIACF_LOG_PRIMARIES),
    A::figure("LOGSEC", MQIACF_LOG_SECONDARIES),
    A::shown_text("LOGSTRDA", MQCACF_LOG_START_DATE, 12),
    A::shown_text("LOGSTRL", MQCACF_LOG_START_LSN, 64),
    A::shown_text("LOGSTRTI", MQCACF_LOG_START_TIME, 8),
    A::shown_word("LOGTYPE", MQIACF_LOG_TYPE, LOG_TYPE),
    A::figure("LOGUTIL", MQIACF_LOG_UTILIZATION),
    A::figure("MEMCACHE", MEMORY + 1),
    A::figure("MEMIN", MEMORY + 2),
    A::figure("MEMINDEX", MEMORY + 3),
    A::figure("MEMLOG", MEMORY + 4),
    A::figure("MEMMAX", MEMORY + 5),
    A::figure("MEMMSGS", MEMORY + 6),
    A::figure("MEMNOAUT", MEMORY + 7),
    A::figure("MEMOBJS", MEMORY + 8),
    A::figure("MEMOUT", MEMORY + 9),
    A::figure("QMFSSZ", MQIACF_Q_MGR_FS_SIZE),
    A::figure("QMFSUSE", MQIACF_Q_MGR_FS_IN_USE),
    A::shown_text("QUORUM", MQIACF_NHA_IN_SYNC_INSTANCES, 8),
    A::figure("REUSESZ", MQIACF_REUSABLE_LOG_SIZE),
    A::shown_word("STANDBY", MQIACF_PERMIT_STANDBY, STANDBY),
    A::shown_text("STARTDA", MQCACF_Q_MGR_START_DATE, 12),
    A::shown_text("STARTTI", MQCACF_Q_MGR_START_TIME, 8),
    A::shown_text("UNICLUS", MQCACF_UNIFORM_CLUSTER_NAME, 48),
];

/// Status of a listener.
#[rustfmt::skip]
pub(super) const LISTENER: &[A] = &[
    A::key("LISTENER", MQCACH_LISTENER_NAME, 48),
    A::shown_word("STATUS", MQIACH_LISTENER_STATUS, SERVICE_STATUS),
    A::figure("PID", MQIACF_PROCESS_ID),
    A::shown_text("STARTDA", MQCACH_LISTENER_START_DATE, 12),
    A::shown_text("STARTTI", MQCACH_LISTENER_START_TIME, 8),
    A::shown_text("DESCR", MQCACH_LISTENER_DESC, 64),
    A::shown_word("TRPTYPE", MQIACH_XMIT_PROTOCOL_TYPE, TRANSPORT),
    A::shown_word("CONTROL", MQIACH_LISTENER_CONTROL, CONTROL),
    A::shown_text("IPADDR", MQCACH_IP_ADDRESS, 48),
    A::figure("PORT", MQIACH_PORT),
    A::figure("BACKLOG", MQIACH_BACKLOG),
];
