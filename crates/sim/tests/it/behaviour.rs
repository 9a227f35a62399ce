//! What a log does, one promise a test.

use std::sync::Arc;

use sim::{ID, Image, Planted, Rng, Shell, SimDisk, put, take};
use store::{
    Config, Done, Effect, Epoch, Error, Full, InlineSink, Item, Kind, Log, LogSink, LogType, Lsn, Record,
    Recovery, Worker,
};

fn config() -> Config {
    Config { extent_pages: 8, primary: 2, secondary: 1, ..Config::default() }
}

fn disk() -> Arc<SimDisk> {
    Arc::new(SimDisk::new(Image::default(), 64 << 20))
}

/// Starts a log; gives it and what came back.
fn open(disk: &Arc<SimDisk>, config: &Config) -> (Log, Vec<(Lsn, Kind, Vec<u8>)>) {
    let mut recovery = Recovery::open(Arc::clone(disk), config.clone()).expect("a whole log");
    let mut items = Vec::new();
    while let Some(item) = recovery.next().expect("a whole log") {
        match item {
            Item::State(_) => {}
            Item::Live(live) => items.push((live.lsn, live.kind, live.head.to_vec())),
            Item::Record { lsn, record } => items.push((lsn, record.kind, record.head.to_vec())),
        }
    }
    (recovery.finish().expect("a whole log").0, items)
}

fn create(config: &Config) -> (Arc<SimDisk>, Log) {
    let disk = disk();
    store::create(&*disk, config, ID).expect("room");
    let (log, items) = open(&disk, config);
    assert!(items.is_empty());
    (disk, log)
}

/// Forces all there is.
fn force(log: &mut Log, sink: &mut InlineSink<SimDisk>, now: u64) {
    while let Some(group) = log.seal() {
        sink.submit(group).expect("a good disk");
        while let Some(ticket) = sink.completed().expect("a good disk") {
            log.written(ticket, now);
        }
    }
}

/// Carries out what the log wants; gives a word for each thing.
fn effects(log: &mut Log, worker: &mut Worker<SimDisk>, now: u64) -> Vec<&'static str> {
    let mut words = Vec::new();
    loop {
        log.tick(now);
        let Some(effect) = log.poll_effect() else { return words };
        words.push(match &effect {
            Effect::CreateExtent { .. } => "create",
            Effect::ReuseExtent { .. } => "reuse",
            Effect::RemoveExtent { .. } => "remove",
            Effect::WriteSummary { .. } => "summary",
            Effect::WriteControl { .. } => "control",
            Effect::ReadRun { .. } => "read",
        });
        let done = worker.run(effect).expect("a good disk");
        log.done(done);
    }
}

#[test]
fn the_caller_can_compute_lsns_and_each_start_raises_the_epoch() {
    let (disk, mut log) = create(&config());
    assert_eq!((log.lsn_next(), log.durable(), log.epoch()), (Lsn::FIRST, Lsn::FIRST, Epoch(1)));
    let mut next = log.lsn_next();
    let mut sink = InlineSink::new(Arc::clone(&disk));
    for number in 0..48 {
        let record = put(number, 1, 100 + number as u32);
        assert_eq!(log.append(&record), next);
        next = next + record.len();
        if number % 7 == 0 {
            force(&mut log, &mut sink, 0);
        }
    }
    assert_eq!(log.lsn_next(), next);
    assert!(log.durable() < next);
    force(&mut log, &mut sink, 0);
    assert_eq!((log.durable(), log.unforced()), (next, 0));
    let (log, items) = open(&disk, &config());
    assert_eq!((log.lsn_next(), log.epoch(), items.len()), (next, Epoch(2), 48));
}

#[test]
fn the_durable_lsn_waits_for_the_first_of_several_groups() {
    let (_, mut log) = create(&config());
    let mut groups = Vec::new();
    let mut ends = Vec::new();
    for number in 0..3 {
        log.append(&put(number, 1, 10));
        ends.push(log.lsn_next());
        groups.push(log.seal().expect("room").ticket);
    }
    assert_eq!(log.written(groups[2], 0), Lsn::FIRST);
    assert_eq!(log.written(groups[1], 0), Lsn::FIRST);
    assert_eq!(log.written(groups[0], 0), ends[2]);
}

#[test]
fn no_more_groups_are_under_way_than_allowed() {
    let (_, mut log) = create(&Config { in_flight_max: 2, ..config() });
    let mut tickets = Vec::new();
    for number in 0..5 {
        log.append(&put(number, 1, 10));
        tickets.extend(log.seal().map(|g| g.ticket));
    }
    assert_eq!((tickets.len(), log.in_flight()), (2, 2));
    log.written(tickets[0], 0);
    assert!(log.seal().is_some(), "what was appended meanwhile goes out as one group");
    assert!(log.seal().is_none());
}

#[test]
fn a_record_can_be_read_wherever_it_is() {
    let (disk, mut log) = create(&config());
    let record = put(7, 3, 5000);
    let want = sim::body(7, 3, 5000);
    let lsn = log.append(&record);
    assert_eq!(log.peek(lsn).map(|v| v.body.to_vec()), Some(want.clone()), "in the open group");
    assert!(log.place(lsn, record.len()).is_none(), "not durable yet");
    let group = log.seal().expect("room");
    assert_eq!(log.peek(lsn).map(|v| v.body.to_vec()), Some(want.clone()), "under way");
    let mut sink = InlineSink::new(Arc::clone(&disk));
    sink.submit(group).expect("a good disk");
    let ticket = sink.completed().expect("a good disk").expect("inline");
    log.written(ticket, 0);
    assert!(log.peek(lsn).is_none());
    let place = log.place(lsn, record.len()).expect("durable");
    assert_eq!(sim::read(&disk, &place).expect("a good disk"), Ok(want));
}

#[test]
fn an_idle_log_writes_one_marker() {
    let (disk, mut log) = create(&config());
    let mut sink = InlineSink::new(Arc::clone(&disk));
    log.append(&put(1, 1, 10));
    force(&mut log, &mut sink, 1000);
    assert_eq!(log.deadline(), Some(1050));
    log.tick(1049);
    assert!(log.seal().is_none());
    log.tick(1050);
    let marker = log.seal().expect("due");
    assert_eq!(marker.bytes().len(), 4096);
    log.written(marker.ticket, 1051);
    log.tick(5000);
    assert!(log.seal().is_none(), "one is enough");
}

#[test]
fn extents_without_live_records_are_used_again_after_a_checkpoint() {
    let (disk, mut log) = create(&config());
    let mut sink = InlineSink::new(Arc::clone(&disk));
    let mut worker = Worker::new(Arc::clone(&disk));
    let mut dead = Vec::new();
    for number in 0..40 {
        let record = put(number, 1, 1000);
        dead.push((log.append(&record), record.len()));
        force(&mut log, &mut sink, 0);
        effects(&mut log, &mut worker, 0);
    }
    let size = log.size();
    for (lsn, len) in dead {
        assert!(log.release(lsn, len));
        assert!(!log.release(lsn, len), "a record dies once");
    }
    assert_eq!(log.live(), (0, 0));
    assert_eq!(log.size(), size, "a kill now would bring them back");
    log.begin_checkpoint(Vec::new(), 0);
    let words = effects(&mut log, &mut worker, 0);
    assert!(words.contains(&"control") && words.contains(&"remove"), "{words:?}");
    assert!(log.size() < size);
}

#[test]
fn a_checkpoint_waits_until_what_it_speaks_of_is_durable() {
    let (disk, mut log) = create(&config());
    let mut sink = InlineSink::new(Arc::clone(&disk));
    let mut worker = Worker::new(Arc::clone(&disk));
    log.append(&put(1, 1, 10));
    log.begin_checkpoint(b"state".to_vec(), 0);
    assert!(effects(&mut log, &mut worker, 0).iter().all(|w| *w != "control"));
    assert!(log.is_checkpointing());
    force(&mut log, &mut sink, 0);
    assert!(effects(&mut log, &mut worker, 0).contains(&"control"));
    assert_eq!((log.is_checkpointing(), log.checkpoint()), (false, log.lsn_next()));
    let mut recovery = Recovery::open(disk, config()).expect("whole");
    assert_eq!(recovery.next().expect("whole"), Some(Item::State(b"state")));
    assert!(matches!(recovery.next(), Ok(Some(Item::Live(_)))));
    assert!(matches!(recovery.next(), Ok(None)));
}

#[test]
fn checkpoints_are_due_by_bytes_and_by_time() {
    let (disk, mut log) = create(&Config { checkpoint_bytes: 5000, ..config() });
    let mut sink = InlineSink::new(disk);
    assert!(!log.wants_checkpoint(1_000_000), "nothing new");
    log.append(&put(1, 1, 10));
    assert!(!log.wants_checkpoint(9_999));
    assert!(log.wants_checkpoint(10_000));
    log.append(&put(2, 1, 5000));
    assert!(log.wants_checkpoint(0));
    force(&mut log, &mut sink, 0);
    log.begin_checkpoint(Vec::new(), 0);
    assert!(!log.wants_checkpoint(20_000), "one is under way");
}

#[test]
fn packing_empties_an_extent_that_has_few_live_records() {
    let mut rng = Rng::new(5);
    let mut shell = Shell::create(&config(), 64 << 20, Planted::default()).expect("room");
    for number in 0..60 {
        shell.append(&put(number, 1, 1500));
    }
    shell.settle(&mut rng).expect("a good disk");
    for number in (0..60).filter(|n| n % 6 != 0) {
        shell.append(&take(number));
    }
    shell.settle(&mut rng).expect("a good disk");
    let size = shell.log.size();
    for _ in 0..20 {
        shell.log.begin_checkpoint(shell.toy.state(), 0);
        shell.idle(&mut rng).expect("a good disk");
    }
    assert!(shell.reached.moved >= 5, "{:?}", shell.reached);
    assert!(shell.log.size() < size, "{} of {size} bytes", shell.log.size());
    // It comes to an end: what has been packed is dense enough.
    let moved = shell.reached.moved;
    for _ in 0..20 {
        shell.idle(&mut rng).expect("a good disk");
    }
    assert_eq!(shell.reached.moved, moved);
    assert_eq!(shell.toy.held.len(), 10);
    assert_eq!(shell.read_all(), Ok(0));
    let disk = Arc::new(SimDisk::new(shell.disk.image(), 64 << 20));
    let again = Shell::start(disk, &config(), shell.history.clone(), Planted::default()).expect("whole");
    again.check(shell.log.lsn_next(), shell.log.lsn_next()).expect("the same");
}

#[test]
fn extents_that_empty_by_themselves_are_not_packed() {
    let config = Config { extent_pages: 64, ..config() };
    let mut rng = Rng::new(6);
    let mut shell = Shell::create(&config, 64 << 20, Planted::default()).expect("room");
    for number in 0..2000 {
        shell.append(&put(number, 1, 500));
    }
    shell.settle(&mut rng).expect("a good disk");
    // Drained in the order in which they were put, an extent in less time than it is watched for.
    for number in 0..2000 {
        shell.append(&take(number));
        shell.let_pass(1);
        if number % 10 == 0 {
            shell.log.begin_checkpoint(shell.toy.state(), 0);
        }
        shell.settle(&mut rng).expect("a good disk");
    }
    assert_eq!(shell.reached.moved, 0);
    assert!(shell.reached.reused > 0, "{:?}", shell.reached);
}

#[test]
fn a_full_disk_stops_puts_and_lets_gets_free_it() {
    // Room for the ready extents and two more.
    let config = config();
    let capacity = 6 * config.extent_bytes() + (256 << 10);
    let mut shell = Shell::create(&config, capacity, Planted::default()).expect("room");
    let mut rng = Rng::new(1);
    for round in 0..5 {
        let mut number = round * 1000;
        while shell.log.space().free_extents > 1 {
            number += 1;
            shell.append(&put(number, 1, 500));
            shell.settle(&mut rng).expect("full is not failed");
        }
        assert_eq!(shell.log.space().full, Some(Full::Disk));
        assert!(number > round * 1000 + 10, "puts went on after the disk was freed");
        let queued: Vec<u64> = shell.toy.held.keys().copied().collect();
        for number in queued {
            assert!(shell.log.has_room(), "gets always find room");
            shell.append(&take(number));
            shell.settle(&mut rng).expect("full is not failed");
        }
        assert_eq!(shell.log.live(), (0, 0));
        shell.log.begin_checkpoint(shell.toy.state(), 0);
        shell.settle(&mut rng).expect("full is not failed");
    }
}

#[test]
fn what_waits_for_its_place_does_not_fill_the_disk() {
    let mut shell = Shell::create(&config(), 64 << 20, Planted::default()).expect("room");
    let mut rng = Rng::new(1);
    for round in 0..5 {
        let mut number = round * 1000;
        // More than the extents that are ready have room for, and none of it written.
        while shell.log.space().free_extents > 1 {
            number += 1;
            shell.append(&put(number, 1, 500));
        }
        assert_eq!(shell.log.space().full, None);
        shell.settle(&mut rng).expect("a good disk");
        assert!(shell.log.space().free_extents > 1, "{:?}", shell.log.space());
    }
}

#[test]
fn store_max_is_a_full_disk_of_ones_own() {
    let config = Config { store_max: Some(6 * config().extent_bytes()), ..config() };
    let mut shell = Shell::create(&config, 64 << 20, Planted::default()).expect("room");
    let mut rng = Rng::new(1);
    let mut number = 0;
    while shell.log.space().free_extents > 1 {
        number += 1;
        shell.append(&put(number, 1, 500));
        shell.settle(&mut rng).expect("full is not failed");
    }
    assert_eq!(shell.log.space().full, Some(Full::StoreMax));
    assert!(shell.log.size() <= 6 * config.extent_bytes());
}

/// Fills and empties some extents; gives the log after the checkpoint that freed them, and its disk.
fn used(log_type: LogType) -> (Arc<SimDisk>, Log) {
    let config = Config { log_type, ..config() };
    let (disk, mut log) = create(&config);
    let mut sink = InlineSink::new(Arc::clone(&disk));
    let mut worker = Worker::new(Arc::clone(&disk));
    for number in 0..30 {
        let record = put(number, 1, 1000);
        let lsn = log.append(&record);
        force(&mut log, &mut sink, 0);
        log.release(lsn, record.len());
        effects(&mut log, &mut worker, 0);
    }
    log.begin_checkpoint(Vec::new(), 0);
    effects(&mut log, &mut worker, 0);
    (disk, log)
}

#[test]
fn linear_logs_keep_their_extents() {
    let (_, log) = used(LogType::Circular);
    assert_eq!(log.kept().count(), 0);

    let (disk, mut log) = used(LogType::Linear);
    let kept: Vec<u32> = log.kept().collect();
    assert_eq!(kept[..3], [1, 2, 3]);
    assert!(log.archived(1, true), "the administrator has taken it away");
    let (log, _) = open(&disk, &Config { log_type: LogType::Linear, ..config() });
    assert_eq!(log.kept().collect::<Vec<_>>(), kept, "it is still there");

    let (disk, mut log) = used(LogType::LinearArchive);
    let mut worker = Worker::new(Arc::clone(&disk));
    log.set_media_lsn(log.lsn_next());
    log.append(&put(1, 1, 1));
    force(&mut log, &mut InlineSink::new(Arc::clone(&disk)), 0);
    log.begin_checkpoint(Vec::new(), 0);
    effects(&mut log, &mut worker, 0);
    let kept = log.kept().count();
    assert!(kept >= 3, "not archived yet");
    assert!(log.archived(2, false));
    effects(&mut log, &mut worker, 0);
    assert_eq!(log.kept().count(), kept - 1);

    let (disk, mut log) = used(LogType::LinearAutomatic);
    let mut worker = Worker::new(Arc::clone(&disk));
    assert!(log.kept().count() >= 3);
    log.set_media_lsn(log.lsn_next());
    log.append(&put(1, 1, 1));
    force(&mut log, &mut InlineSink::new(disk), 0);
    log.begin_checkpoint(Vec::new(), 0);
    effects(&mut log, &mut worker, 0);
    assert_eq!(log.kept().count(), 0, "media recovery needs none of them");
}

#[test]
fn a_unit_of_work_can_be_measured_in_extents() {
    let (disk, mut log) = create(&config());
    let mut sink = InlineSink::new(Arc::clone(&disk));
    let mut worker = Worker::new(Arc::clone(&disk));
    // Eight pages, one of them the header's and one kept for the summary.
    for number in 0..20 {
        let lsn = log.append(&put(u64::from(number), 1, 1000));
        force(&mut log, &mut sink, 0);
        effects(&mut log, &mut worker, 0);
        assert_eq!(log.extents_between(Lsn::FIRST, lsn), 1 + number / 6, "{number}");
    }
}

#[test]
fn a_damaged_copy_of_the_control_file_or_a_damaged_summary_is_made_again() {
    let mut rng = Rng::new(3);
    let mut shell = Shell::create(&config(), 64 << 20, Planted::default()).expect("room");
    for number in 0..60 {
        shell.append(&put(number, 1, 1500));
    }
    shell.settle(&mut rng).expect("a good disk");
    shell.end(&mut rng).expect("a good disk");
    let names: Vec<String> = shell.disk.image().names().map(str::to_owned).collect();
    let (mut rebuilt, mut copies) = (0, 0);
    for name in names {
        let mut image = shell.disk.image();
        let file = image.file_mut(&name).expect("is there");
        let Some(at) = file.windows(4).position(|w| w == b"PHSU" || w == b"PHCF") else { continue };
        file[at + 30] ^= 1;
        let disk = Arc::new(SimDisk::new(image, 64 << 20));
        for again in [false, true] {
            let started =
                Shell::start(Arc::clone(&disk), &config(), shell.history.clone(), Planted::default());
            let started = started.expect("repaired");
            started.check_against(&shell.toy).expect("nothing is missing");
            let s = started.statistics;
            assert!(
                !again || s.summaries_rebuilt + s.control_copies_damaged == 0,
                "repaired on the disk too"
            );
            rebuilt += s.summaries_rebuilt;
            copies += s.control_copies_damaged;
            // One start writes the two oldest copies; another has then written all three.
            let _ = Shell::start(Arc::clone(&disk), &config(), shell.history.clone(), Planted::default());
        }
    }
    assert!(rebuilt > 0 && copies == 3, "{rebuilt} summaries, {copies} copies");
}

#[test]
fn what_cannot_be_a_log_is_refused() {
    let config = config();
    let (disk, _) = create(&config);
    assert!(matches!(store::create(&*disk, &config, ID), Err(Error::Exists)));
    let empty = Arc::new(SimDisk::new(Image::default(), 1 << 20));
    assert!(matches!(Recovery::open(empty, config.clone()), Err(Error::Control(_))));
    let small = SimDisk::new(Image::default(), 100 << 10);
    assert!(matches!(store::create(&small, &config, ID), Err(Error::Io(e)) if store::is_full(&e)));
}

#[test]
fn a_failed_force_acknowledges_nothing_and_the_next_start_finds_what_is_there() {
    let (disk, mut log) = create(&config());
    let mut sink = InlineSink::new(Arc::clone(&disk));
    log.append(&put(1, 1, 100));
    force(&mut log, &mut sink, 0);
    let durable = log.durable();
    disk.fail_writes_after(0);
    log.append(&put(2, 1, 100));
    let group = log.seal().expect("room");
    assert!(sink.submit(group).is_err());
    assert_eq!((log.durable(), sink.completed().expect("nothing to tell")), (durable, None));
    let mut replay = disk.replay();
    while replay.step() {}
    let image = replay.cut(sim::Cut::Nothing, &mut Rng::new(1));
    let (log, items) = open(&Arc::new(SimDisk::new(image, 64 << 20)), &config());
    assert_eq!((log.lsn_next(), items.len()), (durable, 1));
}

#[test]
fn answers_that_come_late_or_never_asked_for_do_no_harm() {
    let (disk, mut log) = create(&config());
    for done in [
        Done::ControlWritten,
        Done::ControlNoRoom,
        Done::SummaryWritten { extent: 99 },
        Done::RunUnreadable,
        Done::Removed { number: 77 },
    ] {
        log.done(done);
    }
    log.append(&Record::new(Kind::Commit, &b"uow"[..]));
    force(&mut log, &mut InlineSink::new(Arc::clone(&disk)), 0);
    assert_eq!(open(&disk, &config()).1.len(), 1);
}

#[test]
fn a_log_can_be_put_in_words() {
    let (disk, mut log) = create(&Config { in_flight_max: 1, ..config() });
    let mut sink = InlineSink::new(Arc::clone(&disk));
    let mut worker = Worker::new(Arc::clone(&disk));
    log.append(&put(1, 1, 100));
    log.append(&put(2, 1, 5000));
    force(&mut log, &mut sink, 0);
    log.append(&take(1));
    log.release(Lsn::FIRST, 132);
    force(&mut log, &mut sink, 0);
    log.tick(50);
    force(&mut log, &mut sink, 50);
    log.begin_last_checkpoint(b"state".to_vec(), 60);
    effects(&mut log, &mut worker, 60);
    let text = store::dump(&disk, true).expect("whole");
    // A format that changes changes this, and docs/formats/log.md.
    let golden = include_str!("../golden/dump.txt");
    assert_eq!(text, golden, "\n{text}");
}
