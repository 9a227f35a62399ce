//! A data directory and its log through two runs, cut at every moment, and put together from different ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use store::{Config, InlineSink, Kind, Log, LogSink as _, Record, Recovery, Worker};

use super::*;
use crate::disk::RealDisk;
use crate::offline::Offline;
use crate::testing::TempDir;

/// Every file that changes, by its path below the place.
type Files = BTreeMap<String, Vec<u8>>;

/// What is on the disk at some moment.
#[derive(Clone)]
struct Moment {
    what: String,
    data: Files,
    log: Files,
    /// The earliest moment whose log is not older than what the data directory knows.
    known: usize,
}

struct Place {
    dir: TempDir,
    paths: QmgrPaths,
    moments: Vec<Moment>,
}

impl Place {
    fn new() -> Self {
        let dir = crate::testing::temp_dir("cuts");
        let data = dir.path().join("data");
        files::create_dirs(&data).unwrap();
        files::create_dirs(&dir.path().join("log/active")).unwrap();
        let paths = QmgrPaths { name: "Q".into(), directory: "Q".into(), prefix: dir.path().into(), data };
        let log = dir.path().join("log");
        let text = format!(
            "Identity:\n QMgrId=Q_2026-01-02_03.04.05\nLog:\n LogPath={}\n LogFilePages=64\n LogPrimaryFiles=2\n",
            log.display()
        );
        files::replace(&paths.qm_ini(), text.as_bytes(), files::MODE).unwrap();
        Offline::create(&paths, &QmIni::load(&paths).unwrap()).unwrap();
        Self { dir, paths, moments: Vec::new() }
    }

    fn directories(&self) -> [std::path::PathBuf; 2] {
        [self.paths.data.clone(), self.dir.path().join("log/active")]
    }

    /// Remembers what is there. `is_noted`: the data directory has been told of the log as it is.
    fn look(&mut self, what: impl Into<String>, is_noted: bool) {
        let [data, log] = self.directories().map(|directory| read_all(&directory));
        let same = |moment: &Moment| moment.log == log;
        let first = self.moments.iter().position(same).unwrap_or(self.moments.len());
        let known = if is_noted { first } else { self.moments.last().map_or(0, |m| m.known) };
        self.moments.push(Moment { what: what.into(), data, log, known });
    }

    fn put_back(&self, data: &Files, log: &Files) {
        for (directory, files) in self.directories().iter().zip([data, log]) {
            for (name, bytes) in files {
                let file = directory.join(name);
                if !std::fs::read(&file).is_ok_and(|there| there == *bytes) {
                    std::fs::write(file, bytes).unwrap();
                }
            }
            for entry in std::fs::read_dir(directory).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if !files.contains_key(&name) && name != "qm.ini" {
                    std::fs::remove_file(directory.join(name)).unwrap();
                }
            }
        }
    }

    fn start(&self) -> Result<(), Refusal> {
        Holding::take(&self.paths).map(drop)
    }
}

fn read_all(directory: &Path) -> Files {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.filter(|p| !p.ends_with("qm.ini")).map(|p| (name(&p), std::fs::read(&p).unwrap())).collect()
}

fn message(number: u8) -> Record {
    Record::new(Kind::Put, store::Head::from(&[number; 30][..]))
        .with_body(bytes::Bytes::from(vec![number; 5000]))
}

/// Writes all that there is to write.
fn settle(log: &mut Log, disk: &Arc<RealDisk>) {
    let (mut sink, mut worker) = (InlineSink::new(Arc::clone(disk)), Worker::new(Arc::clone(disk)));
    loop {
        let group = log.seal();
        let is_done = group.is_none();
        group.into_iter().for_each(|group| sink.submit(group).unwrap());
        while let Some(ticket) = sink.completed().unwrap() {
            log.written(ticket, 0);
        }
        log.tick(0);
        while let Some(effect) = log.poll_effect() {
            let done = worker.run(effect).unwrap();
            log.done(done);
        }
        if is_done {
            return;
        }
    }
}

/// Two runs, each with messages, checkpoints and an orderly end.
fn lived() -> Place {
    let mut place = Place::new();
    place.look("created", true);
    for run in 1..=2 {
        let paths = place.paths.clone();
        let mut look = |what: &str, is_noted| place.look(format!("run {run}: {what}"), is_noted);
        let (mut holding, _) = Holding::take(&paths).unwrap();
        look("held", false);
        let owner = Some(holding.begin().unwrap());
        look("begun in the data directory", false);
        let disk = Arc::clone(holding.disk());
        let recovery =
            Recovery::open(Arc::clone(&disk), Config { owner, primary: 2, ..Config::default() }).unwrap();
        look("begun in the log", false);
        holding.has_begun(recovery.position()).unwrap();
        look("begun in both", true);
        let (mut log, _) = recovery.finish().unwrap();
        look("recovered", false);
        let progress = holding.progress();
        progress.tell(&log);
        holding.note_progress().unwrap();
        look("recovery noted", true);
        for number in 1..=3u8 {
            log.append(&message(number));
            settle(&mut log, &disk);
            look("message", false);
            if number == 3 {
                log.begin_last_checkpoint(Vec::new(), 0);
            } else {
                log.begin_checkpoint(Vec::new(), 0);
            }
            settle(&mut log, &disk);
            progress.tell(&log);
            look("checkpoint", false);
            holding.note_progress().unwrap();
            look("noted", true);
        }
    }
    place
}

/// Every mixture of two states of some files.
fn mixtures(before: &Files, after: &Files) -> Vec<Files> {
    let changed: Vec<&String> = after.keys().filter(|name| before.get(*name) != after.get(*name)).collect();
    let gone: Vec<&String> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    assert!(changed.len() + gone.len() <= 6, "a step is small: {changed:?} {gone:?}");
    let mixture = |choice: u32| {
        let mut files = before.clone();
        for (_, name) in changed.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1) {
            files.insert((*name).clone(), after[*name].clone());
        }
        for (at, name) in gone.iter().enumerate() {
            if choice >> (changed.len() + at) & 1 == 1 {
                files.remove(*name);
            }
        }
        files
    };
    (0..1 << (changed.len() + gone.len())).map(mixture).collect()
}

#[test]
fn a_cut_at_any_moment_leaves_a_pair_that_starts() {
    let place = lived();
    let mut cuts = 0;
    for pair in place.moments.windows(2) {
        let [before, after] = pair else { continue };
        // One directory is durable before the other is written, so a step has one of the two.
        assert!(before.data == after.data || before.log == after.log, "{}", after.what);
        for log in mixtures(&before.log, &after.log) {
            for data in mixtures(&before.data, &after.data) {
                place.put_back(&data, &log);
                let started = place.start().map_err(|refusal| refusal.why());
                assert_eq!(started, Ok(()), "cut between '{}' and '{}'", before.what, after.what);
                cuts += 1;
            }
        }
    }
    assert!(cuts > 80, "only {cuts} cuts");
}

#[test]
fn a_log_from_before_what_is_known_is_refused_and_no_other() {
    let place = lived();
    let mut refused = 0;
    for (now, data) in place.moments.iter().enumerate() {
        for (then, log) in place.moments.iter().enumerate().take(now + 1) {
            place.put_back(&data.data, &log.log);
            let started = place.start().map_err(|refusal| refusal.why());
            let row = format!("data of '{}', log of '{}'", data.what, log.what);
            let is_older = (0..=then).all(|at| place.moments[at].log != log.log || at < data.known)
                && !place.moments[data.known..=now].iter().any(|moment| moment.log == log.log);
            match started {
                Ok(()) => assert!(!is_older, "{row} starts"),
                Err(why) => {
                    assert!(is_older && why.contains("older than the data directory knows"), "{row}: {why}");
                    let after = place.directories().map(|directory| read_all(&directory));
                    assert!(after == [data.data.clone(), log.log.clone()], "{row}: something was written");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100, "only {refused} were refused");
}

#[test]
fn a_log_that_was_taken_away_is_told_from_its_copies() {
    let mut place = Place::new();
    let (mut holding, _) = Holding::take(&place.paths).unwrap();
    let owner = Some(holding.begin().unwrap());
    let disk = Arc::clone(holding.disk());
    let recovery =
        Recovery::open(Arc::clone(&disk), Config { owner, primary: 2, ..Config::default() }).unwrap();
    holding.has_begun(recovery.position()).unwrap();
    let (mut log, _) = recovery.finish().unwrap();
    place.look("copied", false);
    log.append(&message(1));
    settle(&mut log, &disk);
    let progress = holding.progress();
    progress.tell(&log);
    // No checkpoint since: only the groups of the log have come further.
    holding.noted.note(progress.reached()).unwrap();
    place.look("taken away", false);
    drop((holding, log, disk));
    let [copied, taken] = &place.moments[..] else { panic!("two moments") };
    place.put_back(&taken.data, &copied.log);
    let why = place.start().unwrap_err().why();
    assert!(why.contains("older than the data directory knows"), "{why}");
    place.put_back(&taken.data, &taken.log);
    place.start().unwrap();
}
