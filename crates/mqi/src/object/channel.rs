//! Attributes of channels (queue-manager reference, 5.6), in display order.
//!
//! Where the types differ in a default, the attribute has one row for each.

use super::attribute::{Attribute as A, Word};
use super::types::CHANNEL_TYPES;
use super::types::ObjectType::{self, Amqp, Clntconn, Clusrcvr, Clussdr, Rcvr, Rqstr, Sdr, Svr, Svrconn};
use super::words::*;
use crate::constants::*;

const CLIENT: &[ObjectType] = &[Clntconn];
const CLUSTERED: &[ObjectType] = &[Clussdr, Clusrcvr];
/// Channels that fetch from a transmission queue, and the cluster receiver, which is the model of such.
const SENDING: &[ObjectType] = &[Sdr, Svr, Clussdr, Clusrcvr];
const RECEIVING: &[ObjectType] = &[Rcvr, Rqstr, Clusrcvr];
/// Channels between queue managers.
const MESSAGE: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Clussdr, Clusrcvr];
/// Everything but AMQP.
const MQ: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Svrconn, Clntconn, Clussdr, Clusrcvr];
/// Channels that begin a connection, with the cluster receiver.
const CALLING: &[ObjectType] = &[Sdr, Svr, Rqstr, Clntconn, Clussdr, Clusrcvr];
const CALLING_AMQP: &[ObjectType] = &[Sdr, Svr, Rqstr, Clntconn, Clussdr, Clusrcvr, Amqp];
/// Channels whose partner may present a certificate.
const ACCEPTING: &[ObjectType] = &[Svr, Rcvr, Rqstr, Svrconn, Clusrcvr, Amqp];
const LABELLED: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Svrconn, Clntconn, Clusrcvr, Amqp];
const LOGGING_ON: &[ObjectType] = &[Sdr, Svr, Rqstr, Clntconn, Clussdr];
const WITH_MCA: &[ObjectType] = &[Sdr, Svr, Rqstr, Clussdr, Clusrcvr];
const WITH_MCA_USER: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Svrconn, Clussdr, Clusrcvr, Amqp];
const CONVERSING: &[ObjectType] = &[Svrconn, Clntconn];
const MONITORED: &[ObjectType] = &[Sdr, Svr, Rcvr, Rqstr, Svrconn, Clussdr, Clusrcvr];

const AFFINITY: &[Word] = &[("PREFERRED", MQCAFTY_PREFERRED), ("NONE", MQCAFTY_NONE)];
const AUTO: &[Word] = &[("AUTO", -1)];
const HEADER_COMPRESSION: &[Word] = &[("NONE", MQCOMPRESS_NONE), ("SYSTEM", MQCOMPRESS_SYSTEM)];
const MESSAGE_COMPRESSION: &[Word] = &[
    ("NONE", MQCOMPRESS_NONE),
    ("RLE", MQCOMPRESS_RLE),
    ("ZLIBFAST", MQCOMPRESS_ZLIBFAST),
    ("ZLIBHIGH", MQCOMPRESS_ZLIBHIGH),
    ("LZ4FAST", MQCOMPRESS_LZ4FAST),
    ("LZ4HIGH", MQCOMPRESS_LZ4HIGH),
    ("ANY", MQCOMPRESS_ANY),
];
const CONVERT: &[Word] = &[("NO", MQCDC_NO_SENDER_CONVERSION), ("YES", MQCDC_SENDER_CONVERSION)];
const RECONNECT: &[Word] =
    &[("NO", MQRCN_NO), ("YES", MQRCN_YES), ("QMGR", MQRCN_Q_MGR), ("DISABLED", MQRCN_DISABLED)];
const MCA_TYPE: &[Word] = &[("PROCESS", MQMCAT_PROCESS), ("THREAD", MQMCAT_THREAD)];
const SPEED: &[Word] = &[("FAST", MQNPMS_FAST), ("NORMAL", MQNPMS_NORMAL)];
const PROPERTIES: &[Word] = &[("COMPAT", MQPROP_COMPATIBILITY), ("NONE", MQPROP_NONE), ("ALL", MQPROP_ALL)];
const PUT_AUTHORITY: &[Word] = &[("DEF", MQPA_DEFAULT), ("CTX", MQPA_CONTEXT)];
const CLIENT_AUTH: &[Word] = &[("REQUIRED", MQSCA_REQUIRED), ("OPTIONAL", MQSCA_OPTIONAL)];
const USE_DLQ: &[Word] = &[("YES", MQUSEDLQ_YES), ("NO", MQUSEDLQ_NO)];

/// The table.
#[rustfmt::skip]
pub(super) const ATTRIBUTES: &[A] = &[
    A::key("CHANNEL", MQCACH_CHANNEL_NAME, 20),
    A::shown_word("CHLTYPE", MQIACH_CHANNEL_TYPE, CHANNEL_TYPES).also(&["TYPE"]),
    A::choice("AFFINITY", MQIACH_CONNECTION_AFFINITY, AFFINITY, MQCAFTY_PREFERRED).on(CLIENT),
    A::shown_text("ALTDATE", MQCA_ALTERATION_DATE, 12),
    A::shown_text("ALTTIME", MQCA_ALTERATION_TIME, 8),
    A::number("AMQPKA", MQIACH_AMQP_KEEP_ALIVE, 0, 99_999, -1).or(AUTO).on(&[Amqp]),
    A::number("BACKLOG", MQIACH_BACKLOG, 0, 999_999_999, 999).on(&[Amqp]),
    A::number("BATCHHB", MQIACH_BATCH_HB, 0, 999_999, 0).on(SENDING),
    A::number("BATCHINT", MQIACH_BATCH_INTERVAL, 0, 999_999_999, 0).reason(MQRCCF_BATCH_INT_ERROR).on(SENDING),
    A::number("BATCHLIM", MQIACH_BATCH_DATA_LIMIT, 0, 999_999, 5000).on(SENDING),
    A::number("BATCHSZ", MQIACH_BATCH_SIZE, 1, 9999, 50).reason(MQRCCF_BATCH_SIZE_ERROR).on(MESSAGE),
    A::text("CERTLABL", MQCA_CERT_LABEL, 64).on(LABELLED),
    A::number("CLNTWGHT", MQIACH_CLIENT_CHANNEL_WEIGHT, 0, 99, 0).on(CLIENT),
    A::name("CLUSNL", MQCA_CLUSTER_NAMELIST).on(CLUSTERED),
    A::name("CLUSTER", MQCA_CLUSTER_NAME).on(CLUSTERED),
    A::number("CLWLPRTY", MQIACH_CLWL_CHANNEL_PRIORITY, 0, 9, 0).on(CLUSTERED),
    A::number("CLWLRANK", MQIACH_CLWL_CHANNEL_RANK, 0, 9, 0).on(CLUSTERED),
    A::number("CLWLWGHT", MQIACH_CLWL_CHANNEL_WEIGHT, 1, 99, 50).on(CLUSTERED),
    A::choices("COMPHDR", MQIACH_HDR_COMPRESSION, 2, HEADER_COMPRESSION, &[MQCOMPRESS_NONE]).on(MQ),
    A::choices("COMPMSG", MQIACH_MSG_COMPRESSION, 16, MESSAGE_COMPRESSION, &[MQCOMPRESS_NONE]).on(MQ),
    A::text("CONNAME", MQCACH_CONNECTION_NAME, 264).required().on(&[Sdr, Rqstr, Clntconn]),
    A::text("CONNAME", MQCACH_CONNECTION_NAME, 264).on(&[Svr, Clussdr, Clusrcvr]),
    A::choice("CONVERT", MQIACH_DATA_CONVERSION, CONVERT, MQCDC_NO_SENDER_CONVERSION)
        .reason(MQRCCF_DATA_CONV_VALUE_ERROR).on(SENDING),
    A::choice("DEFRECON", MQIACH_DEF_RECONNECT, RECONNECT, MQRCN_NO).on(CLIENT),
    A::text("DESCR", MQCACH_DESC, 64),
    A::number("DISCINT", MQIACH_DISC_INTERVAL, 0, 999_999, 6000).reason(MQRCCF_DISC_INT_ERROR).on(SENDING),
    A::number("DISCINT", MQIACH_DISC_INTERVAL, 0, 999_999_999, 0).reason(MQRCCF_DISC_INT_ERROR).on(&[Svrconn]),
    A::number("HBINT", MQIACH_HB_INTERVAL, 0, 999_999, 300).reason(MQRCCF_HB_INTERVAL_ERROR).on(MQ),
    A::number("KAINT", MQIACH_KEEP_ALIVE_INTERVAL, 0, 99_999, MQKAI_AUTO).or(AUTO)
        .reason(MQRCCF_KEEP_ALIVE_INT_ERROR).on(MQ),
    A::text("LOCLADDR", MQCACH_LOCAL_ADDRESS, 48).on(CALLING_AMQP),
    A::number("LONGRTY", MQIACH_LONG_RETRY, 0, 999_999_999, 999_999_999).reason(MQRCCF_LONG_RETRY_ERROR).on(SENDING),
    A::number("LONGTMR", MQIACH_LONG_TIMER, 0, 999_999_999, 1200).reason(MQRCCF_LONG_TIMER_ERROR).on(SENDING),
    A::number("MAXINST", MQIACH_MAX_INSTANCES, 0, 999_999_999, 999_999_999)
        .reason(MQRCCF_MAX_INSTANCES_ERROR).on(&[Svrconn, Amqp]),
    A::number("MAXINSTC", MQIACH_MAX_INSTS_PER_CLIENT, 0, 999_999_999, 999_999_999)
        .reason(MQRCCF_MAX_INSTS_PER_CLNT_ERR).on(&[Svrconn]),
    A::number("MAXMSGL", MQIACH_MAX_MSG_LENGTH, 0, 104_857_600, 4_194_304).reason(MQRCCF_MAX_MSG_LENGTH_ERROR),
    A::text("MCANAME", MQCACH_MCA_NAME, 20).on(WITH_MCA),
    A::choice("MCATYPE", MQIACH_MCA_TYPE, MCA_TYPE, MQMCAT_PROCESS).reason(MQRCCF_MCA_TYPE_ERROR).on(&[Sdr, Svr, Rqstr]),
    A::choice("MCATYPE", MQIACH_MCA_TYPE, MCA_TYPE, MQMCAT_THREAD).reason(MQRCCF_MCA_TYPE_ERROR).on(CLUSTERED),
    A::text("MCAUSER", MQCACH_MCA_USER_ID, 64).on(WITH_MCA_USER),
    A::text("MODENAME", MQCACH_MODE_NAME, 8).on(CALLING),
    A::choice("MONCHL", MQIA_MONITORING_CHANNEL, MONITORING_OBJECT, MQMON_Q_MGR).on(MONITORED),
    A::text("MRDATA", MQCACH_MR_EXIT_USER_DATA, 32).on(RECEIVING),
    A::text("MREXIT", MQCACH_MR_EXIT_NAME, 128).on(RECEIVING),
    A::number("MRRTY", MQIACH_MR_COUNT, 0, 999_999_999, 10).reason(MQRCCF_MR_COUNT_ERROR).on(RECEIVING),
    A::number("MRTMR", MQIACH_MR_INTERVAL, 0, 999_999_999, 1000).reason(MQRCCF_MR_INTERVAL_ERROR).on(RECEIVING),
    A::texts("MSGDATA", MQCACH_MSG_EXIT_USER_DATA, 8, 32).on(MESSAGE),
    A::texts("MSGEXIT", MQCACH_MSG_EXIT_NAME, 8, 128).on(MESSAGE),
    A::number("NETPRTY", MQIACH_NETWORK_PRIORITY, 0, 9, 0).reason(MQRCCF_NET_PRIORITY_ERROR).on(&[Clusrcvr]),
    A::choice("NPMSPEED", MQIACH_NPM_SPEED, SPEED, MQNPMS_FAST).reason(MQRCCF_NPM_SPEED_ERROR).on(MESSAGE),
    A::secret("PASSWORD", MQCACH_PASSWORD, 12).on(LOGGING_ON),
    A::number("PORT", MQIACH_PORT, 1, 65_535, 5672).reason(MQRCCF_PORT_NUMBER_ERROR).on(&[Amqp]),
    A::choice("PROPCTL", MQIA_PROPERTY_CONTROL, PROPERTIES, MQPROP_COMPATIBILITY).on(SENDING),
    A::choice("PUTAUT", MQIACH_PUT_AUTHORITY, PUT_AUTHORITY, MQPA_DEFAULT).reason(MQRCCF_PUT_AUTH_ERROR).on(RECEIVING),
    A::name("QMNAME", MQCA_Q_MGR_NAME).on(CLIENT),
    A::texts("RCVDATA", MQCACH_RCV_EXIT_USER_DATA, 8, 32).on(MQ),
    A::texts("RCVEXIT", MQCACH_RCV_EXIT_NAME, 8, 128).on(MQ),
    A::shown_word("RESETSEQ", MQIACH_RESET_REQUESTED, &[("NO", MQCHRR_RESET_NOT_REQUESTED)]).on(MESSAGE),
    A::text("SCYDATA", MQCACH_SEC_EXIT_USER_DATA, 32).on(MQ),
    A::text("SCYEXIT", MQCACH_SEC_EXIT_NAME, 128).on(MQ),
    A::texts("SENDDATA", MQCACH_SEND_EXIT_USER_DATA, 8, 32).on(MQ),
    A::texts("SENDEXIT", MQCACH_SEND_EXIT_NAME, 8, 128).on(MQ),
    A::number("SEQWRAP", MQIACH_SEQUENCE_NUMBER_WRAP, 100, 999_999_999, 999_999_999)
        .reason(MQRCCF_SEQ_NUMBER_WRAP_ERROR).on(MESSAGE),
    A::number("SHARECNV", MQIACH_SHARING_CONVERSATIONS, 0, 999_999_999, 10)
        .reason(MQRCCF_SHARING_CONVS_ERROR).on(CONVERSING),
    A::number("SHORTRTY", MQIACH_SHORT_RETRY, 0, 999_999_999, 10).reason(MQRCCF_SHORT_RETRY_ERROR).on(SENDING),
    A::number("SHORTTMR", MQIACH_SHORT_TIMER, 0, 999_999_999, 60).reason(MQRCCF_SHORT_TIMER_ERROR).on(SENDING),
    A::choice("SSLCAUTH", MQIACH_SSL_CLIENT_AUTH, CLIENT_AUTH, MQSCA_REQUIRED)
        .reason(MQRCCF_SSL_CLIENT_AUTH_ERROR).on(ACCEPTING),
    A::text("SSLCIPH", MQCACH_SSL_CIPHER_SPEC, 64),
    A::text("SSLPEER", MQCACH_SSL_PEER_NAME, 1024),
    A::choice("STATCHL", MQIA_STATISTICS_CHANNEL, MONITORING_OBJECT, MQMON_Q_MGR).on(MESSAGE),
    A::name("TMPMODEL", MQCACH_TEMPORARY_MODEL_Q).on(&[Amqp]),
    A::text("TMPQPRFX", MQCACH_TEMPORARY_Q_PREFIX, 32).on(&[Amqp]),
    A::text("TPNAME", MQCACH_TP_NAME, 64).on(CALLING),
    A::name("TPROOT", MQCACH_TOPIC_ROOT).on(&[Amqp]),
    A::choice("TRPTYPE", MQIACH_XMIT_PROTOCOL_TYPE, TRANSPORT, MQXPT_TCP).reason(MQRCCF_XMIT_PROTOCOL_TYPE_ERR).on(MQ),
    A::choice("USECLTID", MQIACH_USE_CLIENT_ID, YES_NO, 0).on(&[Amqp]),
    A::choice("USEDLQ", MQIA_USE_DEAD_LETTER_Q, USE_DLQ, MQUSEDLQ_YES).on(MESSAGE),
    A::text("USERID", MQCACH_USER_ID, 12).on(LOGGING_ON),
    A::name("XMITQ", MQCACH_XMIT_Q_NAME).required().on(&[Sdr, Svr]),
];
