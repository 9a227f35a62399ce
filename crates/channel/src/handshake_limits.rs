//! How long a segment may be before anybody is connected.
//!
//! Who has not logged in is given as little memory as will do. The longest segments that clients were seen to send, with
//! their headers, and what is taken:
//!
//! | segment      | seen | taken  | why more                                                          |
//! |--------------|------|--------|-------------------------------------------------------------------|
//! | INITIAL_DATA | 276  | 1,024  | later levels have longer lists of protections                     |
//! | USERID_DATA  | 168  | 512    |                                                                   |
//! | CONAUTH_INFO | 73   | 12,288 | user id 1,024, password 256, or a token of 8,192                  |
//! | MQCONN       | 512  | 4,096  | names and balancing options at the end                            |
//! | SOCKET_ACTION, STATUS_DATA, HEARTBEAT | 56 | 256 |                                           |
//! | others       |      | 2,048  | calls on a connection that is not there, which are answered       |

use crate::segment::SegmentType;

/// Longest segment of a handshake whatever its type, header included.
pub(crate) const HANDSHAKE_SEGMENT_MAX: usize = 12_288;

/// Longest segment of this type that is taken before anybody is connected, header included.
pub(crate) const fn handshake_segment_max(segment_type: SegmentType) -> usize {
    match segment_type {
        SegmentType::INITIAL_DATA => 1024,
        SegmentType::USERID_DATA => 512,
        SegmentType::CONAUTH_INFO => HANDSHAKE_SEGMENT_MAX,
        SegmentType::MQCONN => 4096,
        SegmentType::SOCKET_ACTION | SegmentType::STATUS_DATA | SegmentType::HEARTBEAT => 256,
        _ => 2048,
    }
}
