//! Words that several attributes share.

use super::attribute::Word;
use crate::constants::*;

/// Events.
pub(super) const EVENT: &[Word] = &[("ENABLED", MQEVR_ENABLED), ("DISABLED", MQEVR_DISABLED)];
/// Yes or no, as one and nought.
pub(super) const YES_NO: &[Word] = &[("YES", 1), ("NO", 0)];
/// Online monitoring of a queue manager.
pub(super) const MONITORING: &[Word] = &[
    ("NONE", MQMON_NONE),
    ("OFF", MQMON_OFF),
    ("LOW", MQMON_LOW),
    ("MEDIUM", MQMON_MEDIUM),
    ("HIGH", MQMON_HIGH),
];
/// Online monitoring of an object.
pub(super) const MONITORING_OBJECT: &[Word] = &[
    ("QMGR", MQMON_Q_MGR),
    ("OFF", MQMON_OFF),
    ("LOW", MQMON_LOW),
    ("MEDIUM", MQMON_MEDIUM),
    ("HIGH", MQMON_HIGH),
];
/// Accounting and statistics.
pub(super) const ON_OFF: &[Word] = &[("ON", MQMON_ON), ("OFF", MQMON_OFF)];
/// Accounting and statistics of queues, which the queue manager may forbid.
pub(super) const ON_OFF_NONE: &[Word] = &[("ON", MQMON_ON), ("OFF", MQMON_OFF), ("NONE", MQMON_NONE)];
/// Accounting and statistics of an object.
pub(super) const ON_OFF_QMGR: &[Word] = &[("QMGR", MQMON_Q_MGR), ("ON", MQMON_ON), ("OFF", MQMON_OFF)];
/// How a listener or service is started and stopped.
pub(super) const CONTROL: &[Word] = &[
    ("MANUAL", MQSVC_CONTROL_MANUAL),
    ("QMGR", MQSVC_CONTROL_Q_MGR),
    ("STARTONLY", MQSVC_CONTROL_Q_MGR_START),
];
/// Network protocols.
pub(super) const TRANSPORT: &[Word] =
    &[("TCP", MQXPT_TCP), ("LU62", MQXPT_LU62), ("NETBIOS", MQXPT_NETBIOS), ("SPX", MQXPT_SPX)];
/// Which user the channel authentication rules check, and the connection authentication object with them.
pub(super) const CHECK: &[Word] = &[
    ("NONE", MQCHK_NONE),
    ("OPTIONAL", MQCHK_OPTIONAL),
    ("REQDADM", MQCHK_REQUIRED_ADMIN),
    ("REQUIRED", MQCHK_REQUIRED),
];
/// Application types that MQSC has words for.
pub(super) const APPLICATION_TYPES: &[Word] = &[
    ("UNIX", MQAT_UNIX),
    ("DEF", MQAT_DEFAULT),
    ("CICS", MQAT_CICS),
    ("DOS", MQAT_DOS),
    ("MVS", MQAT_MVS),
    ("OS400", MQAT_OS400),
    ("WINDOWS", MQAT_WINDOWS),
    ("WINDOWSNT", MQAT_WINDOWS_NT),
];
/// Put response.
pub(super) const RESPONSE: &[Word] = &[("SYNC", MQPRT_SYNC_RESPONSE), ("ASYNC", MQPRT_ASYNC_RESPONSE)];
/// Persistence.
pub(super) const PERSISTENCE: &[Word] = &[("NO", MQPER_NOT_PERSISTENT), ("YES", MQPER_PERSISTENT)];
/// Cluster workload: which instances of a queue are used.
pub(super) const USEQ: &[Word] = &[("LOCAL", MQCLWL_USEQ_LOCAL), ("ANY", MQCLWL_USEQ_ANY)];
/// No limit.
pub(super) const NOLIMIT: &[Word] = &[("NOLIMIT", -1)];
