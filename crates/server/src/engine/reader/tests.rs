//! The reader thread on a real log.

use rustix::event::{PollFd, PollFlags, poll};
use store::{Config, InlineSink, Kind, Log, LogId, LogSink as _, Record, Recovery};

use super::*;

const COUNT: u64 = 2_000;

fn body(number: u64) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(1_000, number as u8);
    body
}

/// A log with so many forced records of 1,000 bytes, and their places.
fn filled(disk: &Arc<RealDisk>) -> Vec<Place> {
    let config = Config { extent_pages: 1024, primary: 2, ..Config::default() };
    store::create(&**disk, &config, LogId([7; 16])).expect("room");
    let mut recovery = Recovery::open(Arc::clone(disk), config).expect("a whole log");
    while recovery.next().expect("a whole log").is_some() {}
    let (mut log, _): (Log, _) = recovery.finish().expect("a whole log");
    let mut appended = Vec::new();
    for number in 0..COUNT {
        let head = number.to_le_bytes().to_vec();
        let record = Record::new(Kind::Put, head).with_body(Bytes::from(body(number)));
        appended.push((log.append(&record), record.len()));
    }
    let mut sink = InlineSink::new(Arc::clone(disk));
    while let Some(group) = log.seal() {
        sink.submit(group).expect("a good disk");
        while let Some(ticket) = sink.completed().expect("a good disk") {
            log.written(ticket, 0);
        }
    }
    appended.iter().map(|(lsn, len)| log.place(*lsn, *len).expect("durable")).collect()
}

/// The body at a place, and whether the thread had to be asked.
fn read_one(reader: &mut ReaderThread, waker: &Waker, place: &Place, sequential: bool) -> (Body, bool) {
    if let Some(body) = reader.read_now(place) {
        return (body, false);
    }
    reader.ask(Ticket(1), *place, sequential);
    loop {
        if let Some((_, body)) = reader.answer().expect("a good disk") {
            return (body, true);
        }
        poll(&mut [PollFd::new(waker, PollFlags::IN)], None).expect("an answer comes");
        waker.clear();
    }
}

#[test]
fn draining_in_order_reads_ahead() {
    for sequential in [true, false] {
        let directory = crate::testing::temp_dir("reader");
        let disk = Arc::new(RealDisk::open(directory.path()).expect("it is there"));
        let places = filled(&disk);
        let waker = Waker::new().expect("a descriptor");
        let mut reader = ReaderThread::start(disk, waker.clone()).expect("a thread");
        let mut reads = 0;
        for (number, place) in (0..).zip(&places) {
            let (bytes, is_asked) = read_one(&mut reader, &waker, place, sequential);
            assert_eq!(bytes.expect("intact"), body(number));
            reads += u32::from(is_asked);
        }
        // 2 MB in pieces of 1 MiB, and the reads before it is clear that this is a drain.
        assert!(reads <= if sequential { 4 } else { 6 }, "{reads} reads");
    }
}

#[test]
fn a_damaged_record_and_one_whose_extent_is_gone_have_no_body() {
    let directory = crate::testing::temp_dir("reader");
    let disk = Arc::new(RealDisk::open(directory.path()).expect("it is there"));
    let places = filled(&disk);
    let waker = Waker::new().expect("a descriptor");
    let mut reader = ReaderThread::start(Arc::clone(&disk), waker.clone()).expect("a thread");
    let (other, missing) = (&places[1], Place { extent: 77, ..places[0] });
    let swapped = Place { seed: other.seed, ..places[0] };
    assert_eq!(read_one(&mut reader, &waker, &swapped, false), (None, true));
    assert_eq!(read_one(&mut reader, &waker, &missing, false), (None, true));
    assert_eq!(read_one(&mut reader, &waker, &places[0], false).0.expect("intact"), body(0));
}
