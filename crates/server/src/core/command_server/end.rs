//! How `endmqm` asks for the end: words of MQSC that the product has on another platform only.

use crate::core::ending::EndHow;

/// How an administrator wants the queue manager to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core) struct EndRequest {
    pub(in crate::core) how: EndHow,
    /// Clients that can connect again are to do so (`endmqm -r`).
    pub(in crate::core) reconnects: bool,
}

/// `STOP QMGR MODE(…)`: how `endmqm` says what it wants. The product has this command on another platform.
pub(super) fn end_request(text: &str) -> Option<EndRequest> {
    let words = text.to_ascii_uppercase();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest = words.strip_prefix("STOP QMGR MODE(")?;
    let (mode, reconnects) = match rest.strip_suffix(") RECONNECT") {
        Some(mode) => (mode, true),
        None => (rest.strip_suffix(')')?, false),
    };
    let how = match mode {
        "QUIESCE" => EndHow::Quiesce,
        "FORCE" => EndHow::Immediate,
        "TERMINATE" => EndHow::Preemptive,
        _ => return None,
    };
    Some(EndRequest { how, reconnects })
}
