//! A recording of one kernel, told to another, gives the same outputs byte for byte: in this process and in a second.

use std::process::Command;

use mqi::call::{Call, Consume, Hobj, Identity, Selection};
use mqi::{Chars, Charv, Od, Sts};
use qmgr::{
    ConversationId, EndMode, Facts, Input, ListenerFacts, MessageNumber, Mono, Recorder, RecordingEntry,
    RecordingError, Replay, ScratchPlace, SocketFacts, Ticket, Time, WallMs,
};
use store::{Kind, Lsn, Record};

use crate::model::Run;
use crate::world;

/// A run with crashes, the recording of its last kernel, and the digest of what that said.
fn recording(seed: u64) -> (Vec<u8>, u64) {
    let mut run = Run::new(seed);
    run.world.start_recording();
    run.connect_all();
    for _ in 0..200 {
        run.step();
    }
    run.crash();
    for _ in 0..200 {
        run.step();
    }
    assert!(run.world.scratch.written > 0, "what goes to the scratch file is part of it: another seed");
    let (recorder, digest) = run.world.recording.as_mut().expect("it is being recorded");
    (recorder.take(), digest.value())
}

fn seed() -> u64 {
    std::env::var("REPLAY_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7)
}

/// Also what the second process runs, with a recording of the first.
#[test]
fn a_recording_replays() {
    let (bytes, digest) = match std::env::var_os("REPLAY_FILE") {
        Some(path) => {
            let digest = std::env::var("REPLAY_DIGEST").expect("given with the file");
            (std::fs::read(path).expect("a recording"), u64::from_str_radix(&digest, 16).expect("a digest"))
        }
        None => recording(seed()),
    };
    let replayed = Replay::new(&bytes).expect("a recording").run().expect("whole");
    assert_eq!(format!("{replayed:016x}"), format!("{digest:016x}"));
}

#[test]
fn a_recording_replays_in_a_second_process() {
    let (bytes, digest) = recording(12);
    let path = std::env::temp_dir().join(format!("packhorse-recording-{}", std::process::id()));
    std::fs::write(&path, &bytes).expect("to be written");
    let replay = |digest: u64| {
        Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "replay::a_recording_replays"])
            .env("REPLAY_FILE", &path)
            .env("REPLAY_DIGEST", format!("{digest:x}"))
            .output()
            .expect("to be run")
    };
    let (same, other) = (replay(digest), replay(digest ^ 1));
    std::fs::remove_file(&path).expect("to be removed");
    let said = String::from_utf8_lossy(&same.stdout);
    assert!(same.status.success() && said.contains("1 passed"), "{said}");
    assert!(!other.status.success(), "another digest is noticed");
}

#[test]
fn a_digest_does_not_tell_where_bytes_were_cut() {
    let digest = |pieces: &[&[u8]]| {
        let mut body = mqi::call::Body::new();
        pieces.iter().for_each(|piece| body.push(bytes::Bytes::copy_from_slice(piece)));
        let record = store::Body::from(body.pieces().to_vec());
        let mut digest = qmgr::Digest::default();
        let (conversation, number) = (ConversationId(1), MessageNumber(1));
        digest.add(&[
            qmgr::Output::Piece { conversation, bytes: body, last: true, wait: Lsn::NONE },
            qmgr::Output::Spill { number, index: 0, body: record },
        ]);
        digest.value()
    };
    assert_eq!(digest(&[b"abcd"]), digest(&[b"a", b"b", b"cd"]));
    assert_ne!(digest(&[b"abcd"]), digest(&[b"abce"]));
}

#[test]
fn a_torn_end_is_cut_and_another_output_is_noticed() {
    let (mut bytes, digest) = recording(13);
    let mut recorder = Recorder::new(&world::config(3, 0, 1 << 20));
    // Of this one only the entries are taken.
    recorder.take();
    let mut add = |entry| {
        recorder.add(&entry, Time::default()).expect("short");
        bytes.extend(recorder.take());
        (
            Replay::new(&bytes[..bytes.len() - 1]).expect("a recording").run(),
            Replay::new(&bytes).expect("one").run(),
        )
    };
    assert_eq!(add(RecordingEntry::Said(digest)), (Ok(digest), Ok(digest)));
    let (torn, whole) = add(RecordingEntry::Said(digest ^ 1));
    assert_eq!(torn, Ok(digest));
    assert!(matches!(whole, Err(RecordingError::Differs { .. })), "{whole:?}");
}

#[test]
fn an_input_comes_back_from_its_entry() {
    let conversation = ConversationId(7);
    let command = mqsc::parse("DEFINE QLOCAL(Q1) DESCR('a b') MAXDEPTH(7) REPLACE").expect("a command");
    let display = mqsc::parse("DISPLAY QUEUE(A*) WHERE(CURDEPTH GT 3) DESCR").expect("a command");
    let sockets =
        vec![SocketFacts { conversations: vec![conversation], bytes_sent: 5, ..SocketFacts::default() }];
    let facts = Facts { qmgr: vec![("LOGPATH".to_owned(), "/x".to_owned())] };
    let od = Od { version: 4, selection_string: Charv::new("a = 1"), ..Od::default() };
    let selection = Selection { index: 3, msg_token: [9; 16], ..Selection::default() };
    let consume = Consume { requested_bytes: 1, selection: Some(selection), ..Consume::default() };
    let connect = mqi::call::Connect {
        appl_name: Chars::from_str_padded("program"),
        former_connection: Some([7; 20]),
        identity: Identity { channel: Some("C".to_owned()), pid: 3, ..Identity::default() },
        ..Default::default()
    };
    let call = |call| Input::Call { conversation, call };
    let record = Record::new(Kind::Part, vec![1, 2, 3]).with_body(bytes::Bytes::from_static(b"body"));
    let inputs = vec![
        call(Call::Connect(Box::new(connect))),
        call(Call::Open { od: Box::new(od), options: 16 }),
        call(Call::PutLater {
            hobj: Hobj(2),
            md: Box::default(),
            pmo: Box::default(),
            body: mqi::call::Long::whole(b"late".to_vec().into()),
            delay_ms: 1 << 40,
        }),
        call(Call::Stat { kind: 0, sts: Box::<Sts>::default() }),
        call(Call::Consume { hobj: Hobj(2), consume: Box::new(consume) }),
        call(Call::Inquire { hobj: Hobj(2), selectors: vec![1, 2], int_count: 3, char_length: 4 }),
        call(Call::Set { hobj: Hobj(2), selectors: vec![1], ints: vec![2], chars: vec![3] }),
        call(Call::Notify { hobj: Hobj(2), code: 3, value: 4 }),
        call(Call::Refused { reason: mqi::Reason::FUNCTION_NOT_SUPPORTED }),
        Input::Part { conversation, bytes: vec![1, 2, 3].into() },
        Input::Pull { conversation },
        Input::Loaded { ticket: Ticket(1), body: Some(bytes::Bytes::from_static(b"x")) },
        Input::Loaded { ticket: Ticket(1), body: None },
        Input::Relocate { lsn: Lsn(5), record: Some(record) },
        Input::LogFull,
        Input::Space { free_extents: 3 },
        Input::Gone { conversation },
        Input::Command { ticket: Ticket(2), user: "mqm".to_owned(), command, facts: facts.clone() },
        Input::Command { ticket: Ticket(2), user: "mqm".to_owned(), command: display, facts },
        Input::CommandMore { ticket: Ticket(2) },
        Input::CommandDropped { ticket: Ticket(2) },
        Input::Sockets { ticket: Ticket(2), sockets, next: Some(4) },
        Input::Sockets { ticket: Ticket(2), sockets: Vec::new(), next: None },
        Input::ListenerChanged {
            name: "L".to_owned(),
            state: Ok(Some(ListenerFacts { pid: 1, address: "*".to_owned(), port: 1414 })),
        },
        Input::ListenerChanged { name: "L".to_owned(), state: Err("in use".to_owned()) },
        Input::CancelWaits { by: conversation, connection_id: [1; 24], reason: mqi::Reason(2107) },
        Input::Spilled { number: MessageNumber(7), index: 1, place: Some(ScratchPlace(9)) },
        Input::Spilled { number: MessageNumber(7), index: 2, place: None },
        Input::Reconnect(true),
        Input::End(EndMode::Immediate),
        Input::Tick,
    ];
    let mut recorder = Recorder::new(&world::config(3, 0, 1 << 20));
    for (n, input) in inputs.iter().enumerate() {
        let at = Time { wall: WallMs(n as i64), mono: Mono(n as u64) };
        recorder.add(&RecordingEntry::Input(Box::new(input.clone())), at).expect("short");
    }
    let bytes = recorder.take();
    let mut replay = Replay::new(&bytes).expect("a recording");
    assert_eq!(*replay.config(), world::config(3, 0, 1 << 20));
    for (n, input) in inputs.iter().enumerate() {
        let (entry, at) = replay.next_entry().expect("whole").expect("there is one more");
        assert_eq!(entry, RecordingEntry::Input(Box::new(input.clone())));
        assert_eq!(at.mono, Mono(n as u64));
    }
    assert_eq!(replay.next_entry(), Ok(None));
    // Any end and any byte is an error at worst.
    for end in 0..bytes.len() {
        if let Ok(mut replay) = Replay::new(&bytes[..end]) {
            while let Ok(Some(_)) = replay.next_entry() {}
        }
    }
}
