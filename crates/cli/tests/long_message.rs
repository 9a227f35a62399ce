//! A persistent message of 100 MB goes in and out of a real queue manager, which never has more than 4 MiB of it in
//! memory, while another program's round trips go on.

mod place;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mqi::constants::{
    MQGMO_NO_SYNCPOINT, MQGMO_WAIT, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPER_PERSISTENT, MQPMO_NO_SYNCPOINT,
};
use mqi::{Gmo, Md, Pmo};
use server::attach::Attached;
use server::paths::QmgrPaths;

use place::Place;

const LENGTH: usize = 100 << 20;
/// Of the message, and of whatever else grows beside it.
const GROWTH_MAX: u64 = 4 << 20;

/// Ends the other program's round trips, also when an assertion fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Memory of a process.
struct Memory(u32);

impl Memory {
    fn figure(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0)).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux has it");
        let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
        kib.parse::<u64>().expect("a number") * 1024
    }

    /// Forgets the peak so far. Returns what is resident now.
    fn reset(&self) -> u64 {
        std::fs::write(format!("/proc/{}/clear_refs", self.0), "5").expect("the process is ours");
        self.figure("VmRSS")
    }

    fn peak(&self) -> u64 {
        self.figure("VmHWM")
    }
}

fn put(to: &mut Attached, hobj: mqi::call::Hobj, body: &[u8]) {
    let md = Md { persistence: MQPER_PERSISTENT, ..Md::default() };
    let pmo = Pmo { options: MQPMO_NO_SYNCPOINT, ..Pmo::default() };
    to.put(hobj, md, pmo, body.to_vec()).expect("it is put");
}

fn get(from: &mut Attached, hobj: mqi::call::Hobj) -> Vec<u8> {
    let gmo = Gmo { options: MQGMO_NO_SYNCPOINT | MQGMO_WAIT, wait_interval: 60_000, ..Gmo::default() };
    from.get(hobj, Md::default(), gmo, LENGTH as i32).expect("there is one").body.to_vec()
}

/// Round trips of another program until it is told to stop.
fn others(paths: &QmgrPaths, stop: &AtomicBool, trips: &AtomicU64) {
    let mut other = Attached::local(paths, "others").expect("it connects");
    let hobj = other.open_queue("SMALL", MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("it is there");
    while !stop.load(Ordering::Relaxed) {
        put(&mut other, hobj, b"small");
        assert_eq!(get(&mut other, hobj), b"small");
        trips.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_long_message_is_never_in_memory_as_a_whole() {
    let place = Place::new("long");
    place.start(&["-lp", "8"]);
    let script =
        "ALTER QMGR MAXMSGL(104857600)\nDEFINE QLOCAL(BIG) MAXMSGL(104857600)\nDEFINE QLOCAL(SMALL)\n";
    place.succeed(&["runmqsc", "QR"], script);
    let paths = place.paths();
    let memory = Memory(server::attach::process_id(&paths).expect("it runs"));

    let mut big = Attached::local(&paths, "big").expect("it connects");
    let hobj = big.open_queue("BIG", MQOO_INPUT_SHARED | MQOO_OUTPUT).expect("it is there");
    let body: Vec<u8> = (0..LENGTH as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (stop, trips) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| others(&paths, &stop, &trips));
        let _stop = StopAtEnd(&stop);
        // What the first long message of all costs, buffers and threads, is not of this one.
        put(&mut big, hobj, &body[..8 << 20]);
        assert!(get(&mut big, hobj) == body[..8 << 20]);
        for what in ["put", "got"] {
            let (before, trips_before) = (memory.reset(), trips.load(Ordering::Relaxed));
            match what {
                "put" => put(&mut big, hobj, &body),
                _ => assert!(get(&mut big, hobj) == body, "it comes as it went"),
            }
            let growth = memory.peak() - before;
            let beside = trips.load(Ordering::Relaxed) - trips_before;
            println!("{what}: {growth} bytes more than {before} resident, {beside} round trips beside it");
            assert!(growth <= GROWTH_MAX, "{what}: {growth} bytes more than {before} resident");
            assert!(beside >= 10, "{what}: {beside} round trips beside it");
        }
    });
}
