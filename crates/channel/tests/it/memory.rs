//! What a client can make this end keep in memory.

use bytes::Bytes;
use channel::client::Event;
use channel::segment::SegmentType;
use channel::segment::get::Get;
use mqi::call::{Body, Call, Long, Reply, Returned};
use mqi::{CompCode, Reason};

use crate::peer::{SEGMENT_MAX, call, connect, connected, pattern, put, segment};
use crate::script::Script;

const KIB: usize = 1024;

fn events(script: &mut Script) -> Vec<Event> {
    std::iter::from_fn(|| script.end.poll_event()).collect()
}

fn receive(script: &mut Script, bytes: Vec<u8>) {
    script.end.receive(Bytes::from(bytes), 0);
}

/// A get of any message of handle 2.
fn get() -> Vec<u8> {
    let body = call(SegmentType::MQGET, 2, |w| Get { length: 1_000_000, ..Get::default() }.encode(w));
    segment(1, SegmentType::MQGET, 0x30, &body)
}

/// Answers the gets that the kernel was given with `length` bytes. Returns how many there were.
fn answer_gets(script: &mut Script, length: usize) -> usize {
    let mut count = 0;
    for event in events(script) {
        let Event::Call { conversation, call: Call::Get { md, gmo, .. } } = event else { continue };
        let body = Long::whole(Body::from(vec![7; length]));
        let returned =
            Returned::Get { md, gmo, data_length: length as i32, body, putter: mqi::Putter::Unknown };
        script.end.reply(conversation, Reply { comp_code: CompCode::Ok, reason: Reason::NONE, returned });
        count += 1;
    }
    count
}

/// What waits to be sent, told by its end.
fn transmit(script: &mut Script, limit: usize) -> usize {
    let mut out = Vec::new();
    script.end.transmit(&mut out, limit);
    out.len()
}

#[test]
fn who_does_not_read_his_answers_gets_no_more() {
    let mut script = connected();
    let mut sent = 0;
    while script.end.wants_read() && sent < 100 {
        receive(&mut script, get());
        sent += 1;
    }
    let mut answered = 0;
    while let count @ 1.. = answer_gets(&mut script, 100 * KIB) {
        answered += count;
    }
    assert!(answered < sent, "the rest waits");
    let held = script.end.outbound_held();
    assert!(held <= (1024 + 110) * KIB, "{held} bytes for a client that does not read");
    assert!(!script.end.wants_read());
    // As soon as he reads, it goes on, to the last.
    while answered < sent {
        assert!(transmit(&mut script, 64 * KIB) > 0);
        answered += answer_gets(&mut script, 100 * KIB);
        assert!(script.end.outbound_held() <= (1024 + 110) * KIB);
    }
    while transmit(&mut script, 64 * KIB) > 0 {}
    assert_eq!((script.end.outbound_held(), script.end.outbound_bytes()), (0, 0));
    assert!(script.end.wants_read());
}

#[test]
fn before_a_log_in_little_is_sent_to_who_does_not_read() {
    let mut script = Script::new();
    for line in
        [">> @init-client-first-tsh-be", "admit message_max=4194304", ">> @init-client-second-tshm-le"]
    {
        script.input(line);
    }
    let commit = segment(1, SegmentType::MQCMIT, 0x30, &call(SegmentType::MQCMIT, 0, |_| {}));
    let mut calls = 0;
    while script.end.wants_read() {
        receive(&mut script, commit.clone());
        assert!(script.end.outbound_held() <= 68 * KIB, "{}", script.end.outbound_held());
        calls += 1;
        assert!(calls < 5000, "nothing brakes it");
    }
}

#[test]
fn structures_that_never_end_are_not_kept() {
    let mut script = connected();
    connect(&mut script, 3);
    // Selectors of an MQINQ: there may be a few hundred.
    let mut start = call(SegmentType::MQINQ, 2, |w| (0..3).for_each(|_| w.i32(1_000_000)));
    start.resize(SEGMENT_MAX - 36, 1);
    for conversation in [1, 3] {
        receive(&mut script, segment(conversation, SegmentType::MQINQ, 0x10, &start));
        for _ in 0..100 {
            receive(&mut script, segment(conversation, SegmentType::MQINQ, 0, &start));
            let held = script.end.inbound_held();
            assert!(held <= 2 * 132 * KIB, "{held} bytes of structures");
        }
    }
    assert!(events(&mut script).is_empty());
    for conversation in [1, 3] {
        receive(&mut script, segment(conversation, SegmentType::MQINQ, 0x20, &start));
        let refused = events(&mut script);
        let [Event::Call { call: Call::Refused { reason: Reason::RESOURCE_PROBLEM }, .. }] = &refused[..]
        else {
            panic!("{refused:?}")
        };
        let returned = Returned::Nothing;
        let reply = Reply { comp_code: CompCode::Failed, reason: Reason::RESOURCE_PROBLEM, returned };
        script.end.reply(conversation, reply);
    }
    assert!(script.end.inbound_held() <= 4 * KIB, "{}", script.end.inbound_held());
    assert!(script.end.wants_read(), "the connection is as it was");
}

#[test]
fn calls_sent_ahead_cost_what_they_are_and_are_bounded() {
    let mut script = connected();
    let commit = segment(1, SegmentType::MQCMIT, 0x30, &call(SegmentType::MQCMIT, 0, |_| {}));
    // Much besides comes with each of them, and must not be kept with it.
    let heartbeat = crate::script::vector("heartbeat-tshc-be");
    let besides: Vec<u8> = std::iter::repeat_n(heartbeat, 2000).flatten().collect();
    let mut kept = Vec::new();
    for _ in 0..20 {
        let chunk = Bytes::from([&commit[..], &besides[..]].concat());
        script.end.receive(chunk.clone(), 0);
        kept.push(chunk);
        transmit(&mut script, usize::MAX);
    }
    assert!(kept.iter().all(Bytes::is_unique), "a call that waits holds on to what was read with it");
    assert!(script.end.inbound_held() <= 16 * KIB, "{}", script.end.inbound_held());
    let mut calls = 20;
    while !events(&mut script).iter().any(|event| matches!(event, Event::Close { .. })) {
        receive(&mut script, get());
        calls += 1;
        assert!(script.end.inbound_held() <= 72 * KIB, "{}", script.end.inbound_held());
        assert!(calls < 2000);
    }
    assert!(script.end.inbound_held() <= KIB, "{} bytes of one who is gone", script.end.inbound_held());
}

#[test]
fn data_in_many_short_segments_is_kept_together() {
    const LENGTH: usize = 60_000;
    let mut script = connected();
    let whole = put(1, LENGTH).concat();
    let flat: Vec<u8> = {
        // The transfer without its headers.
        let mut flat = Vec::new();
        let mut rest = &whole[..];
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest[4..8].try_into().expect("four")) as usize;
            flat.extend_from_slice(&rest[36..length]);
            rest = &rest[length..];
        }
        flat
    };
    let besides = crate::script::vector("heartbeat-tshc-be").repeat(200);
    let (start, data) = flat.split_at(flat.len() - LENGTH + 5);
    let mut kept = Vec::new();
    let chunks = data.chunks(11);
    let last = chunks.len();
    for (at, body) in std::iter::once(start).chain(chunks).enumerate() {
        let flags = if at == 0 { 0x10 } else { 0 } | if at == last { 0x20 } else { 0 };
        let chunk = Bytes::from([segment(1, SegmentType::MQPUT, flags, body), besides.clone()].concat());
        script.end.receive(chunk.clone(), 0);
        transmit(&mut script, usize::MAX);
        kept.push(chunk);
    }
    assert!(kept.iter().filter(|chunk| !chunk.is_unique()).count() <= 1);
    let events = events(&mut script);
    let [Event::Call { call: Call::Put { body, .. }, .. }] = &events[..] else { panic!("{events:?}") };
    assert!(body.is_whole() && body.first.pieces().len() <= 2, "{} pieces", body.first.pieces().len());
    assert!(body.first.to_bytes().iter().copied().eq(pattern(0, LENGTH)));
}
