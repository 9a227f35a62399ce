//! Extents that are missing, or that stand in each other's place; and where a log ends, before anything is done to it.

use std::sync::Arc;

use sim::{ID, Image, SimDisk, put};
use store::{Config, Disk as _, Error, InlineSink, Log, LogSink as _, Lsn, Recovery, Worker};

fn config() -> Config {
    Config { extent_pages: 8, primary: 2, secondary: 1, ..Config::default() }
}

fn extent(number: u32) -> String {
    store::extent_file_name(number)
}

fn open(disk: &Arc<SimDisk>) -> Result<Log, Error> {
    Ok(Recovery::open(Arc::clone(disk), config())?.finish()?.0)
}

fn force(log: &mut Log, sink: &mut InlineSink<SimDisk>, worker: &mut Worker<SimDisk>) {
    loop {
        let group = log.seal();
        let is_done = group.is_none();
        if let Some(group) = group {
            sink.submit(group).expect("a good disk");
        }
        while let Some(ticket) = sink.completed().expect("a good disk") {
            log.written(ticket, 0);
        }
        log.tick(0);
        while let Some(effect) = log.poll_effect() {
            let done = worker.run(effect).expect("a good disk");
            log.done(done);
        }
        if is_done {
            return;
        }
    }
}

/// How a log was left.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    /// Killed, without a checkpoint.
    Killed,
    /// Killed after a checkpoint, which names sealed extents.
    Checkpointed,
    /// Ended in order.
    Ended,
}

/// A log of several extents, all of whose records are live, and where it ends.
fn used(left: Left) -> (Arc<SimDisk>, Lsn) {
    let disk = Arc::new(SimDisk::new(Image::default(), 64 << 20));
    store::create(&*disk, &config(), ID).expect("room");
    let mut log = open(&disk).expect("a whole log");
    let (mut sink, mut worker) = (InlineSink::new(Arc::clone(&disk)), Worker::new(Arc::clone(&disk)));
    for number in 0..30 {
        log.append(&put(number, 1, 1000));
        force(&mut log, &mut sink, &mut worker);
        if number == 20 && left == Left::Checkpointed {
            log.begin_checkpoint(Vec::new(), 0);
        }
    }
    if left == Left::Ended {
        log.begin_last_checkpoint(Vec::new(), 0);
        force(&mut log, &mut sink, &mut worker);
        assert!(!log.is_checkpointing());
    }
    (disk, log.lsn_next())
}

fn numbers(disk: &SimDisk) -> Vec<u32> {
    let all = disk.list().expect("a good disk");
    let number = |name: &String| name.strip_prefix('S')?.strip_suffix(".LOG")?.parse().ok();
    let mut all: Vec<u32> = all.iter().filter_map(number).collect();
    all.sort_unstable();
    all
}

/// The extent that the log has come to.
fn current(disk: &SimDisk) -> u32 {
    // Empty ones are zeros.
    let is_begun = |number: &u32| disk.image().file(&extent(*number)).is_some_and(|bytes| bytes[0] != 0);
    numbers(disk).into_iter().filter(is_begun).max().expect("one is begun")
}

fn copy_of(disk: &SimDisk) -> Arc<SimDisk> {
    Arc::new(SimDisk::new(disk.image(), 64 << 20))
}

#[test]
fn where_a_log_ends_is_found_without_a_write() {
    for left in [Left::Killed, Left::Checkpointed, Left::Ended] {
        let (disk, end) = used(left);
        let before = disk.image();
        assert_eq!(store::end(Arc::clone(&disk)).expect("a whole log"), end, "{left:?}");
        let after = disk.image();
        for name in before.names() {
            assert!(before.file(name) == after.file(name), "{left:?}: {name} was written");
        }
        let position = store::ownership(&*disk).expect("a whole log").position;
        assert!(position.durable <= end && (left != Left::Ended || position.durable == end));
        open(&disk).expect("a whole log");
        let later = store::ownership(&*disk).expect("a whole log").position;
        assert!(later > position && later.epoch > position.epoch && later.sequence > position.sequence);
    }
}

#[test]
fn an_empty_extent_that_is_missing_is_made_again() {
    for left in [Left::Killed, Left::Checkpointed, Left::Ended] {
        let (disk, end) = used(left);
        let (current, all) = (current(&disk), numbers(&disk));
        let last = *all.last().expect("there are some");
        assert!(last >= current + 3, "{all:?} with {current} in use");
        for number in current + 1..=last {
            let disk = copy_of(&disk);
            disk.remove(&extent(number)).expect("is there");
            // Only of the one that comes next it cannot be told whether it was empty, unless the end was in order.
            let may_be_used = number == current + 1 && left != Left::Ended;
            match open(&disk) {
                Ok(mut log) => {
                    assert!(!may_be_used, "{left:?}: {number}");
                    assert_eq!(log.lsn_next(), end, "{left:?}: {number}");
                    let (mut sink, mut worker) =
                        (InlineSink::new(Arc::clone(&disk)), Worker::new(Arc::clone(&disk)));
                    force(&mut log, &mut sink, &mut worker);
                    assert_eq!(numbers(&disk), all, "{left:?}: {number} was not made again");
                    assert_eq!(open(&disk).expect("a whole log").lsn_next(), end);
                }
                Err(Error::Damaged { extent, what, .. }) => {
                    assert!(may_be_used && extent == number && what.contains("missing"), "{left:?}: {what}");
                }
                Err(other) => panic!("{left:?}: {number}: {other}"),
            }
        }
        // One that is in use is never taken for an empty one.
        for number in 1..=current {
            let disk = copy_of(&disk);
            disk.remove(&extent(number)).expect("is there");
            assert!(matches!(open(&disk), Err(Error::Damaged { .. })), "{left:?}: {number}");
        }
    }
}

#[test]
fn an_extent_in_the_place_of_another_is_named() {
    for left in [Left::Killed, Left::Checkpointed, Left::Ended] {
        let (disk, _) = used(left);
        let current = current(&disk);
        for (a, b) in [(1, 2), (1, current), (2, 3), (current - 1, current), (current, current + 1)] {
            let exchanged = copy_of(&disk);
            for (from, to) in [(a, "x".to_owned()), (b, extent(a))] {
                exchanged.rename(&extent(from), &to).expect("is there");
            }
            exchanged.rename("x", &extent(b)).expect("is there");
            let said = open(&exchanged).err().map(|error| error.to_string()).unwrap_or_default();
            let want = match b <= current {
                true => format!("extent {a} is in {}", extent(b)),
                // The other one is empty.
                false => format!("{} holds extent {a}", extent(b)),
            };
            assert!(said.contains(&want), "{left:?}, {a} and {b} exchanged: '{want}' is not in '{said}'");

            if b <= current {
                let mut image = disk.image();
                let bytes = image.file(&extent(b)).expect("is there").to_vec();
                *image.file_mut(&extent(a)).expect("is there") = bytes;
                let said = open(&Arc::new(SimDisk::new(image, 64 << 20))).err();
                let said = said.map(|error| error.to_string()).unwrap_or_default();
                let want = format!("{} holds extent {b}:", extent(a));
                assert!(said.contains(&want), "{left:?}, {b} copied over {a}: '{want}' is not in '{said}'");
            }
        }
    }
}
