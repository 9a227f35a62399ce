//! What both ends of a client channel agree on.
//!
//! The client proposes, the queue manager answers with what it can do, marks the values that had to
//! change, and the client proposes again with those. A function of both sides' values: nothing is kept.
//!
//! | value              | rule                                        |
//! |--------------------|---------------------------------------------|
//! | level              | the lower, at most [`FAP_LEVEL`]            |
//! | segment length     | the lower, at most [`TRANSMISSION_MAX`]     |
//! | message length     | the lower; 0 from a client is no limit      |
//! | heartbeat interval | the higher; 0 from either turns them off    |
//! | conversations      | the lower; 0 is a socket that is not shared |
//! | compression        | none                                        |
//! | passwords          | in clear: no protection is public           |

use mqi::Chars;

use crate::segment::initial_data::{
    HEADER_COMPRESSION_NONE, InitialData, MESSAGE_COMPRESSION_NONE, PASSWORD_PROTECTION_NONE, capability1,
    capability2, error1, error2,
};

/// Highest level that is answered. As observed: at 13 clients of 9.3 and later insist on a password
/// protection whose algorithm is not public (they end with 2594), at 12 they send passwords in clear.
pub const FAP_LEVEL: u8 = 12;

/// Longest segment, in bytes, that is sent or taken.
pub const TRANSMISSION_MAX: u32 = 32_766;

/// Shortest segment that can hold the structures of any call in its first segment.
const TRANSMISSION_MIN: u32 = 1_024;

/// First level that shares sockets.
const FAP_LEVEL_SHARING: u8 = 9;

/// What a queue manager says of itself in a negotiation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueManager {
    /// Its name.
    pub name: Chars<48>,
    /// Its identifier (QMID).
    pub id: Chars<48>,
    /// Its character set.
    pub ccsid: u16,
    /// Process id, shown to clients for diagnosis.
    pub process_id: u32,
}

/// Attributes of a server-connection channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its name.
    pub name: Chars<20>,
    /// MAXMSGL, or the queue manager's when that is lower, in bytes.
    pub message_max: u32,
    /// SHARECNV.
    pub conversations_max: u32,
    /// HBINT in seconds.
    pub heartbeat_s: u32,
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Level.
    pub fap_level: u8,
    /// Longest segment in bytes, header included.
    pub transmission_max: u32,
    /// Longest message in bytes.
    pub message_max: u32,
    /// Heartbeat interval in seconds; 0 for no heartbeats.
    pub heartbeat_s: u32,
    /// Conversations that may share the socket; 0 for a socket that is not shared.
    pub conversations_max: u32,
}

/// The answer to a proposal, and what is agreed on if it is accepted. `None` when there is nothing to
/// agree on: segments too short to work with.
pub(super) fn answer(
    proposal: &InitialData,
    channel: &Channel,
    qmgr: &QueueManager,
) -> Option<(InitialData, Agreement)> {
    let transmission_max = proposal.max_transmission_size.min(TRANSMISSION_MAX);
    if transmission_max < TRANSMISSION_MIN {
        return None;
    }
    let fap_level = proposal.fap_level.min(FAP_LEVEL);
    let agreement = Agreement {
        fap_level,
        transmission_max,
        message_max: match proposal.max_message_size {
            0 => channel.message_max,
            asked => asked.min(channel.message_max),
        },
        heartbeat_s: match (proposal.heartbeat_interval_s, channel.heartbeat_s) {
            (0, _) | (_, 0) => 0,
            (client, server) => client.max(server),
        },
        conversations_max: match fap_level {
            FAP_LEVEL_SHARING.. => proposal.conversations_per_socket.min(channel.conversations_max),
            _ => 0,
        },
    };
    let length = match fap_level {
        0..=3 => 44,
        4..=7 => 102,
        8 => 128,
        9..=10 => 208,
        _ => 240,
    };
    let offered1 = capability1::CONVERSION | capability1::SPLIT_MESSAGE | capability1::MQ_REQUEST;
    let offered2 = capability2::DISTRIBUTION_LISTS | capability2::XA_REQUEST | capability2::SPI_REQUEST;
    let mut reply = InitialData {
        length,
        fap_level,
        capabilities1: proposal.capabilities1 & offered1,
        refused1: proposal.capabilities1 & !offered1,
        max_transmission_size: agreement.transmission_max,
        max_message_size: agreement.message_max,
        channel: channel.name,
        capabilities2: proposal.capabilities2 & offered2,
        refused2: proposal.capabilities2 & !offered2,
        ccsid: qmgr.ccsid,
        qmgr_name: qmgr.name,
        heartbeat_interval_s: agreement.heartbeat_s,
        extension_length: length.saturating_sub(102) as u16,
        header_compression: HEADER_COMPRESSION_NONE,
        message_compression: MESSAGE_COMPRESSION_NONE,
        conversations_per_socket: agreement.conversations_max,
        refused3: proposal.capabilities3,
        process_id: qmgr.process_id,
        thread_id: 1,
        trace_id: 1,
        product_id: Chars::from_str_padded(mqi::version::PRODUCT_ID),
        qmgr_id: qmgr.id,
        password_protections: PASSWORD_PROTECTION_NONE,
        ..InitialData::default()
    };
    for (changed, bit) in [
        (reply.fap_level != proposal.fap_level, error1::FAP_LEVEL),
        (reply.max_transmission_size != proposal.max_transmission_size, error1::MAX_TRANSMISSION_SIZE),
        (reply.max_message_size != proposal.max_message_size, error1::MAX_MESSAGE_SIZE),
        (reply.heartbeat_interval_s != proposal.heartbeat_interval_s, error1::HEARTBEAT_INTERVAL),
    ] {
        reply.errors1 |= if changed { bit } else { 0 };
    }
    for (changed, bit) in [
        // A list is an offer: only one without "none" in it cannot be met.
        (!proposal.header_compression.contains(&0), error2::HEADER_COMPRESSION),
        (!proposal.message_compression.contains(&0), error2::MESSAGE_COMPRESSION),
        (proposal.ssl_key_reset != 0, error2::SSL_KEY_RESET),
    ] {
        reply.errors2 |= if changed && length >= 128 { bit } else { 0 };
    }
    Some((reply, agreement))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::testing::decode;

    fn channel() -> Channel {
        Channel {
            name: Chars::from_str_padded("DEV.APP.SVRCONN"),
            message_max: 4_194_304,
            conversations_max: 10,
            heartbeat_s: 300,
        }
    }

    fn qmgr() -> QueueManager {
        QueueManager {
            name: Chars::from_str_padded("QM1"),
            id: Chars::from_str_padded("QM1_2026-01-02_03.04.05"),
            ccsid: 819,
            process_id: 7,
        }
    }

    /// What a client of 9.4 proposes, as observed.
    fn proposal() -> InitialData {
        InitialData {
            fap_level: 17,
            capabilities1: 0x26,
            max_transmission_size: 32748,
            max_message_size: 104_857_600,
            capabilities2: 0x51,
            heartbeat_interval_s: 1,
            conversations_per_socket: 999_999_999,
            capabilities3: 0x28,
            ..InitialData::default()
        }
    }

    #[test]
    fn a_second_proposal_with_the_answered_values_is_accepted() {
        let (first, agreement) = answer(&proposal(), &channel(), &qmgr()).expect("agreed");
        let want = Agreement {
            fap_level: 12,
            transmission_max: 32748,
            message_max: 4_194_304,
            heartbeat_s: 300,
            conversations_max: 10,
        };
        assert_eq!(agreement, want);
        assert_eq!((first.errors1, first.errors2), (0x98, 0));
        assert_eq!((first.capabilities2, first.refused2), (0x51, 0));
        assert_eq!((first.capabilities3, first.refused3), (0, 0x28));
        let adopted = InitialData { errors1: 0, refused3: 0, ..first };
        let (second, agreement) = answer(&adopted, &channel(), &qmgr()).expect("agreed");
        assert_eq!((second.errors1, second.errors2, agreement), (0, 0, want));
    }

    #[test]
    fn rules_of_each_value() {
        let check =
            |proposal: InitialData, channel: Channel| answer(&proposal, &channel, &qmgr()).map(|(_, a)| a);
        let heartbeat = |client, server| {
            let proposal = InitialData { heartbeat_interval_s: client, ..proposal() };
            check(proposal, Channel { heartbeat_s: server, ..channel() }).map(|a| a.heartbeat_s)
        };
        assert_eq!(heartbeat(0, 300), Some(0));
        assert_eq!(heartbeat(5, 0), Some(0));
        assert_eq!(heartbeat(500, 300), Some(500));
        let short = InitialData { max_transmission_size: 1023, ..proposal() };
        assert_eq!(check(short, channel()), None);
        let unlimited = InitialData { max_message_size: 0, ..proposal() };
        assert_eq!(check(unlimited, channel()).map(|a| a.message_max), Some(4_194_304));
    }

    #[test]
    fn older_levels_get_shorter_answers_and_no_sharing() {
        for (vector, length, conversations) in [
            ("init-fap4-102-tsh-be", 102, 0),
            ("init-fap8-128-tsh-le", 128, 0),
            ("init-fap10-208-tsh-le", 208, 10),
        ] {
            let proposal = decode(vector, InitialData::decode);
            let (reply, agreement) = answer(&proposal, &channel(), &qmgr()).expect("agreed");
            assert_eq!((reply.length, agreement.conversations_max), (length, conversations), "{vector}");
        }
    }
}
