//! What a peer cannot make this end do: hold much memory, wait for ever, break its neighbours, panic.

use bytes::Bytes;
use channel::client::{Event, Verdict};
use channel::segment::SegmentType;
use channel::segment::conauth::Conauth;
use channel::segment::get::Get;
use channel::segment::notification::{Notification, NotificationCode};
use channel::segment::spi::{Spi, SpiBody, Verb};
use mqi::call::{Body, Call, Long, PIECE_MAX, Reply, Returned};
use mqi::wire::{ByteOrder, Charset, Writer};
use mqi::{CompCode, Reason};
use proptest::prelude::*;

use crate::peer::{SEGMENT_MAX, call, connect, connected, pattern, put, segment};
use crate::script::{Script, vector};

fn events(script: &mut Script) -> Vec<Event> {
    std::iter::from_fn(|| script.end.poll_event()).collect()
}

/// Everything that is to be sent, as (conversation, type, flags, body).
fn sent(script: &mut Script) -> Vec<(u32, u8, u8, Vec<u8>)> {
    let mut bytes = Vec::new();
    script.end.transmit(&mut bytes, usize::MAX);
    let mut segments = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[4..8].try_into().expect("four bytes")) as usize;
        assert!(length <= SEGMENT_MAX, "a segment of {length} bytes");
        let conversation = u32::from_be_bytes(rest[8..12].try_into().expect("four bytes"));
        segments.push((conversation, rest[17], rest[18], rest[36..length].to_vec()));
        rest = &rest[length..];
    }
    segments
}

#[test]
fn before_authentication_little_is_held() {
    let mut script = Script::new();
    // INITIAL_DATA of the longest length that is taken, of which only the header comes.
    script.end.receive(Bytes::from_static(b"TSH \0\0\x04\0\x02\x01"), 0);
    assert!(script.end.inbound_held() <= 64 && events(&mut script).is_empty());

    for announced in [*b"TSH \0\x01\0\0", *b"TSH \0\0\x7f\xec", *b"TSH \xff\xff\xff\xff"] {
        let mut script = Script::new();
        script.end.receive(Bytes::copy_from_slice(&announced), 0);
        let events = events(&mut script);
        assert!(matches!(&events[..], [Event::Close { .. }]), "{events:?}");
    }
}

#[test]
fn long_puts_come_in_parts_that_credit_allows() {
    const LENGTH: usize = 1_000_000;
    let mut script = connected();
    let mut received = Vec::new();
    let mut is_answered = false;
    for bytes in put(1, LENGTH) {
        while !script.end.wants_read() {
            script.end.credit(1);
            for event in events(&mut script) {
                let Event::Part { bytes, .. } = event else { panic!("{event:?}") };
                assert!(bytes.len() <= PIECE_MAX);
                received.extend_from_slice(&bytes.to_bytes());
            }
        }
        script.end.receive(Bytes::from(bytes), 0);
        assert!(script.end.inbound_bytes() <= SEGMENT_MAX);
        for event in events(&mut script) {
            match event {
                Event::Call { call: Call::Put { body, .. }, .. } if !is_answered => {
                    assert_eq!(body.total as usize, LENGTH);
                    assert!(!body.is_whole() && body.first.len() <= PIECE_MAX);
                    received.extend_from_slice(&body.first.to_bytes());
                    is_answered = true;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    for _ in 0..2 {
        script.end.credit(1);
        for event in events(&mut script) {
            let Event::Part { bytes, .. } = event else { panic!("{event:?}") };
            received.extend_from_slice(&bytes.to_bytes());
        }
    }
    assert!(received.into_iter().eq(pattern(0, LENGTH)), "the message has come whole");
}

#[test]
fn short_puts_come_whole_whatever_the_segments() {
    for length in [0, 1, 32_184, 32_185, 100_000, PIECE_MAX - 1, PIECE_MAX] {
        let mut script = connected();
        for bytes in put(1, length) {
            script.end.receive(Bytes::from(bytes), 0);
        }
        let events = events(&mut script);
        let [Event::Call { call: Call::Put { body, .. }, .. }] = &events[..] else { panic!("{events:?}") };
        assert!(body.is_whole() && body.first.len() == length, "{length}");
        assert!(body.first.to_bytes().iter().copied().eq(pattern(0, length)));
    }
}

#[test]
fn messages_longer_than_agreed_are_refused_after_they_have_come() {
    let mut script = connected();
    let segments = put(1, 4_194_305);
    let last = segments.len() - 1;
    for (at, bytes) in segments.into_iter().enumerate() {
        assert!(script.end.wants_read());
        script.end.receive(Bytes::from(bytes), 0);
        let events = events(&mut script);
        match &events[..] {
            [] => assert!(at < last),
            [Event::Call { call: Call::Refused { reason }, .. }] => {
                assert_eq!((at, *reason), (last, Reason::MSG_TOO_BIG_FOR_CHANNEL));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_put_that_is_answered_early_is_still_taken_to_its_end() {
    let mut script = connected();
    let segments = put(1, 500_000);
    let (early, late) = segments.split_at(5);
    for bytes in early {
        script.end.receive(Bytes::from(bytes.clone()), 0);
    }
    let events_so_far = events(&mut script);
    let [Event::Call { call: Call::Put { md, pmo, .. }, .. }] = &events_so_far[..] else {
        panic!("{events_so_far:?}")
    };
    let returned = Returned::Put { md: md.clone(), pmo: pmo.clone() };
    let reply = Reply { comp_code: CompCode::Failed, reason: Reason::Q_FULL, returned };
    script.end.reply(1, reply);
    assert!(sent(&mut script).is_empty(), "the client is still sending");
    for bytes in late {
        script.end.receive(Bytes::from(bytes.clone()), 0);
    }
    assert!(events(&mut script).is_empty());
    let replies = sent(&mut script);
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].3[8..12], Reason::Q_FULL.0.to_le_bytes());
    script.end.receive(
        Bytes::from(segment(1, SegmentType::MQCMIT, 0x30, &call(SegmentType::MQCMIT, 0, |_| {}))),
        0,
    );
    assert!(matches!(&events(&mut script)[..], [Event::Call { call: Call::Commit, .. }]));
}

#[test]
fn long_bodies_are_pulled_and_conversations_take_turns() {
    const LENGTH: usize = 400_000;
    let mut script = connected();
    connect(&mut script, 3);
    for conversation in [1, 3] {
        let get = call(SegmentType::MQGET, 2, |w| Get { length: 1_000_000, ..Get::default() }.encode(w));
        script.end.receive(Bytes::from(segment(conversation, SegmentType::MQGET, 0x30, &get)), 0);
        let events = events(&mut script);
        let [Event::Call { call: Call::Get { md, gmo, .. }, .. }] = &events[..] else { panic!("{events:?}") };
        let first = Body::from(pattern(0, PIECE_MAX).collect::<Vec<u8>>());
        let body = Long { total: LENGTH as u32, first };
        let returned = Returned::Get {
            md: md.clone(),
            gmo: gmo.clone(),
            data_length: LENGTH as i32,
            body,
            putter: mqi::Putter::Unknown,
        };
        script.end.reply(conversation, Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned });
    }
    let mut received = [Vec::new(), Vec::new()];
    let mut given = [PIECE_MAX; 2];
    let mut is_over = [false; 2];
    while is_over != [true; 2] {
        let segments = sent(&mut script);
        let order: Vec<u32> = segments.iter().map(|segment| segment.0).collect();
        assert!(order.windows(2).all(|pair| pair[0] != pair[1]), "turns: {order:?}");
        for (conversation, segment_type, flags, body) in segments {
            let at = (conversation / 2) as usize;
            assert_eq!(segment_type, SegmentType::MQGET_REPLY.0);
            assert_eq!(flags & 0x10 != 0, received[at].is_empty());
            received[at].extend_from_slice(&body);
            is_over[at] = flags & 0x20 != 0;
        }
        for event in events(&mut script) {
            let Event::Pull { conversation } = event else { panic!("{event:?}") };
            let at = (conversation / 2) as usize;
            let length = PIECE_MAX.min(LENGTH - given[at]);
            script.end.piece(conversation, &Body::from(pattern(given[at], length).collect::<Vec<u8>>()));
            given[at] += length;
        }
    }
    for reply in received {
        let structures = 16 + 324 + 72 + 4;
        assert_eq!(
            u32::from_be_bytes(reply[..4].try_into().expect("four")) as usize,
            28 + structures + LENGTH
        );
        assert!(reply[structures..].iter().copied().eq(pattern(0, LENGTH)));
    }
    assert_eq!(script.end.outbound_bytes(), 0);
}

#[test]
fn calls_that_come_too_early_wait_for_their_turn() {
    let mut script = connected();
    let commit = segment(1, SegmentType::MQCMIT, 0x30, &call(SegmentType::MQCMIT, 0, |_| {}));
    for _ in 0..3 {
        script.end.receive(Bytes::from(commit.clone()), 0);
    }
    for _ in 0..3 {
        assert!(matches!(&events(&mut script)[..], [Event::Call { call: Call::Commit, .. }]));
        script
            .end
            .reply(1, Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned: Returned::Commit });
    }
    assert_eq!(sent(&mut script).len(), 3);

    for _ in 0..5000 {
        script.end.receive(Bytes::from(commit.clone()), 0);
    }
    let events = events(&mut script);
    assert!(
        matches!(&events[..], [Event::Call { .. }, Event::Gone { .. }, Event::Close { .. }]),
        "{events:?}"
    );
}

#[test]
fn who_is_not_read_is_not_taken_for_silent() {
    let mut script = connected();
    script.end.pause();
    for now in (300_000..3_000_000).step_by(100_000) {
        if script.end.deadline().is_some_and(|at| at <= now) {
            script.end.handle_timeout(now);
        }
    }
    assert!(events(&mut script).is_empty());
    script.end.resume();
    script.end.handle_timeout(6_000_000);
    script.end.handle_timeout(6_360_000);
    assert!(matches!(&events(&mut script)[..], [Event::Gone { .. }, Event::Close { .. }]));
}

/// Lets the shell's timer come as often as it is due until `now`.
fn pass(script: &mut Script, now: u64) {
    while let Some(at) = script.end.deadline().filter(|at| *at <= now) {
        script.now = script.now.max(at);
        script.end.handle_timeout(script.now);
    }
    script.now = now;
}

fn is_closed(script: &mut Script) -> bool {
    events(script).iter().any(|event| matches!(event, Event::Close { .. }))
}

#[test]
fn who_is_refused_does_not_stay() {
    let mut script = Script::new();
    for line in
        [">> @init-client-first-tsh-be", "admit message_max=4194304", ">> @init-client-second-tshm-le"]
    {
        script.input(line);
    }
    pass(&mut script, 5000);
    for _ in 0..2 {
        script.input(">> @conn-req-332-tshm-be");
        // However long this end takes.
        let later = script.now + 100_000;
        pass(&mut script, later);
        script.input("reply 1 cc=2 reason=2035");
        assert!(!is_closed(&mut script));
    }
    // Another name may be the right one, for as long as was left less the two tries.
    let later = script.now + 3900;
    pass(&mut script, later);
    assert!(!is_closed(&mut script));
    let later = script.now + 200;
    pass(&mut script, later);
    assert!(is_closed(&mut script));
}

#[test]
fn who_guesses_without_a_pause_has_few_guesses() {
    let mut script = Script::new();
    for line in
        [">> @init-client-first-tsh-be", "admit message_max=4194304", ">> @init-client-second-tshm-le"]
    {
        script.input(line);
    }
    let mut guesses = 0;
    while script.end.deadline().is_some() {
        script.input(">> @conn-req-332-tshm-be");
        script.input("reply 1 cc=2 reason=2035");
        pass(&mut script, 0);
        guesses += 1;
        assert!(guesses < 30);
    }
    assert_eq!(guesses, 20);
}

#[test]
fn who_has_disconnected_goes_or_connects_again() {
    let mut script = connected();
    pass(&mut script, 50_000);
    let disconnect = segment(1, SegmentType::MQDISC, 0x30, &call(SegmentType::MQDISC, 0, |_| {}));
    script.end.receive(Bytes::from(disconnect.clone()), 50_000);
    script.outputs(&mut String::new());
    script.input("reply 1");
    pass(&mut script, 109_000);
    connect(&mut script, 1);
    pass(&mut script, 250_000);
    assert!(!is_closed(&mut script));
    script.end.receive(Bytes::from(disconnect), 250_000);
    script.outputs(&mut String::new());
    script.input("reply 1");
    pass(&mut script, 310_000);
    assert!(is_closed(&mut script));
}

/// One that has named its channel and may say who it is.
fn greeted() -> Script {
    let mut script = Script::new();
    for line in
        [">> @init-client-first-tsh-be", "admit message_max=4194304", ">> @init-client-second-tshm-le"]
    {
        script.input(line);
    }
    script
}

fn credentials(conversation: u32, user: &str, password: &str) -> Bytes {
    let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
    Conauth::password(user, password).encode(&mut w);
    Bytes::from(segment(conversation, SegmentType::CONAUTH_INFO, 0x30, &w.finish()))
}

#[test]
fn the_password_of_one_user_does_not_prove_another() {
    let mut script = greeted();
    // Both come before the first is checked.
    script.end.receive(credentials(1, "app", "its own"), 0);
    script.end.receive(credentials(1, "admin", "a guess"), 0);
    let mut checks = Vec::new();
    let mut forgotten = Vec::new();
    for event in events(&mut script) {
        match event {
            Event::Verify { check, user, .. } => checks.push((check, user)),
            Event::ForgetCheck { check } => forgotten.push(check),
            other => panic!("{other:?}"),
        }
    }
    let [(first, app), (second, admin)] = &checks[..] else { panic!("{checks:?}") };
    assert_eq!((app.as_str(), admin.as_str(), &forgotten[..]), ("app", "admin", &[*first][..]));
    script.end.verified(*first, Verdict::Proved);
    script.end.receive(Bytes::from(vector("conn-req-332-tshm-be")), 0);
    assert_eq!(events(&mut script), [], "MQCONN waits for the second check");
    script.end.verified(*second, Verdict::Wrong);
    assert_eq!(events(&mut script), [], "it is refused");
}

#[test]
fn who_changes_his_mind_about_his_password_has_few_guesses() {
    let mut script = greeted();
    let mut guesses = 0;
    while script.end.deadline().is_some() {
        script.end.receive(credentials(1, "app", "a guess"), 0);
        guesses += 1;
        pass(&mut script, 0);
        assert!(guesses < 30);
    }
    assert_eq!(guesses, 21);
}

#[test]
fn a_connection_that_is_there_guesses_nothing() {
    let mut script = connected();
    script.end.receive(credentials(1, "admin", "a guess"), 0);
    assert_eq!(events(&mut script), []);
}

/// Vectors that a client sends, as the material of attacks.
fn segments() -> impl Strategy<Value = Vec<u8>> {
    const NAMES: [&str; 24] = [
        "back-tsh-be",
        "close-tshm-le",
        "cmit-tshm-le",
        "conauth-tshm-le",
        "conn-req-260-tshm-le",
        "conn-req-460-tshm-le",
        "get-gmo4-tshm-le",
        "heartbeat-tshc-be",
        "init-client-first-tsh-be",
        "init-client-second-tshm-le",
        "inq-tshm-le",
        "notif-check-tshm-le",
        "open-qmgr-tshm-le",
        "open-v4-topic-tshm-le",
        "put-distlist-tshm-le",
        "put-split-1-tshm-le",
        "put-split-2-tshm-le",
        "reqmsgs-match-tshm-be",
        "set-tsh-be",
        "socket-start-tshc-le",
        "spi-open-tshm-le",
        "spi-get-tshm-le",
        "status-value-tsh-be",
        "xa-start-tshm-le",
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    let conversation = prop::option::of(0u8..4);
    (0..NAMES.len(), prop::collection::vec(change, 0..4), conversation).prop_map(
        |(name, changes, conversation)| {
            let mut bytes = vector(NAMES[name]);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                // The length stays right, or the stream would end at the first change of it.
                if !(4..8).contains(&at) {
                    bytes[at] = value;
                }
            }
            if let Some(conversation) = conversation.filter(|_| bytes.starts_with(b"TSHM")) {
                bytes[8..12].copy_from_slice(&u32::from(conversation).to_be_bytes());
            }
            bytes
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order: no panic, no end without a reason, nothing unbounded.
    #[test]
    fn any_segments_do_no_harm(stream in prop::collection::vec(segments(), 1..40), is_connected: bool) {
        let mut script = if is_connected { connected() } else { Script::new() };
        let mut closes = 0;
        for (now, bytes) in stream.into_iter().enumerate() {
            if closes == 0 {
                script.end.receive(Bytes::from(bytes), now as u64);
            }
            for event in events(&mut script) {
                match event {
                    Event::LookupChannel { .. } => { script.input("admit"); }
                    Event::Verify { check, .. } => {
                        script.end.verified(check, Verdict::Proved);
                    }
                    Event::Call { call: Call::Consume { .. } | Call::Notify { .. }, .. } => {}
                    Event::Call { conversation, .. } => {
                        let returned = Returned::Nothing;
                        script.end.reply(conversation, Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned });
                    }
                    Event::Close { .. } => closes += 1,
                    _ => {}
                }
            }
            prop_assert!(closes <= 1);
            prop_assert!(script.end.inbound_bytes() <= 64 * 1024);
            script.end.transmit(&mut Vec::new(), usize::MAX);
            prop_assert_eq!(script.end.outbound_bytes(), 0);
            prop_assert_eq!(script.end.outbound_held(), 0);
            if closes > 0 {
                prop_assert!(script.end.inbound_held() <= 64 * 1024, "only what was read last");
            }
        }
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut script = connected();
        script.end.receive(Bytes::from(bytes), 0);
        script.outputs(&mut String::new());
    }
}

/// A client ends the waits of its other threads with the one reason that there is for it, and speaks to the kernel in
/// no codes but those of the protocol.
#[test]
fn notices_say_what_the_protocol_has_and_nothing_else() {
    let mut script = connected();
    for (kind, reason, want) in [
        (1, 2107, true),
        (1, 0, false),
        (1, 2009, false),
        (1, 2101, false),
        (1, -1, false),
        (1, i32::MIN, false),
        (2, 2107, false),
        (0, 2107, false),
    ] {
        let body = call(SegmentType::SPI, -1, |w| {
            Spi {
                verb: Verb::NOTIFY,
                version: 1,
                reply_max: 12,
                body: SpiBody::Notify { kind, reason, connection_id: [7; 24] },
            }
            .encode(w);
        });
        script.end.receive(Bytes::from(segment(1, SegmentType::SPI, 0x31, &body)), 0);
        match &events(&mut script)[..] {
            [Event::CancelWaits { reason, .. }] => assert!(want && reason.0 == 2107, "{kind} {reason:?}"),
            [Event::Call { call: Call::Refused { reason }, .. }] => {
                assert!(!want && *reason == Reason::FUNCTION_NOT_SUPPORTED, "{kind} {reason:?}");
                let returned = Returned::Nothing;
                script.end.reply(1, Reply { comp_code: CompCode::Failed, reason: *reason, returned });
            }
            other => panic!("{kind} {reason}: {other:?}"),
        }
        sent(&mut script);
    }
    for (code, is_passed_on) in
        [(3, true), (12, true), (-1, false), (0, false), (18, false), (i32::MAX, false)]
    {
        let mut w = Writer::new(ByteOrder::Little, Charset::Ascii);
        Notification { version: 1, hobj: 2, code: NotificationCode(code), value: 1 }.encode(&mut w);
        script.end.receive(Bytes::from(segment(1, SegmentType::NOTIFICATION, 0x30, &w.finish())), 0);
        let passed = matches!(&events(&mut script)[..], [Event::Call { call: Call::Notify { .. }, .. }]);
        assert_eq!(passed, is_passed_on, "{code}");
    }
}
