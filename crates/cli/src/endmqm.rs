//! `endmqm`: ends a queue manager.
//!
//! The request travels to the command queue like any command. A queue manager that lets nobody in any more,
//! because it is quiescing, is told by a signal.

use std::time::{Duration, Instant};

use mqi::Reason;
use server::attach;
use server::paths::{QmgrPaths, Root};
use server::status::{self, Status};

use crate::mqsc_client::{self, MqscClient};
use crate::name::{fail, queue_manager, text};
use crate::options::{Given, Spec, flag, misuse, value};

pub(crate) const SPEC: Spec = Spec {
    name: "endmqm",
    summary: "end a queue manager",
    options: &[
        flag("-z", "print nothing but errors"),
        flag(
            "-c",
            "when applications have disconnected, without waiting for it; so it is if nothing is said",
        ),
        flag("-w", "when applications have disconnected, and wait for it").or(),
        flag("-i", "once the calls under way are done").or(),
        flag("-p", "at once").or(),
        value("-t", "seconds", "after so many seconds go on to the next harder way"),
        value("-tp", "seconds", "the same, down to the hardest").or(),
    ],
    missing: &["-r", "-s", "-x"],
    names: &["QMgrName"],
    notes: "",
};

/// How long a pre-emptive end waits for the process to go by itself.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Controlled,
    Wait,
    Immediate,
    Preemptive,
}

/// Asks for the end, and waits for it where the option says so.
pub(crate) fn run(args: &[String]) -> i32 {
    let (given, how, seconds) =
        match SPEC.parse(args).and_then(|given| how(&given).map(|(h, s)| (given, h, s))) {
            Ok(all) => all,
            Err(usage) => return misuse(&usage, 39),
        };
    let paths = match queue_manager(&given, &Root::find()) {
        Ok(paths) => paths,
        Err(exit) => return exit,
    };
    match status::read(&paths) {
        Ok(status) if status.is_up() => {}
        Ok(_) => return fail("AMQ8146", &[&paths.name], 40),
        Err(error) => return fail("AMQ6090", &[&error.to_string()], 71),
    }
    let exit = match how {
        How::Controlled => request(&paths, "QUIESCE", "quiesce"),
        How::Wait => {
            println!("Waiting for queue manager '{}' to end.", paths.name);
            request(&paths, "QUIESCE", "")
        }
        How::Immediate | How::Preemptive => {
            println!("{} queue manager '{}' ending.", mqi::version::PRODUCT_NAME, paths.name);
            request(&paths, if how == How::Immediate { "FORCE" } else { "TERMINATE" }, "")
        }
    };
    if exit != 0 || (how == How::Controlled && seconds.is_none()) {
        return exit;
    }
    wait(&paths, how, seconds)
}

fn how(given: &Given) -> Result<(How, Option<u32>), String> {
    let ways = [("-c", How::Controlled), ("-w", How::Wait), ("-i", How::Immediate), ("-p", How::Preemptive)];
    let chosen: Vec<How> = ways.iter().filter(|(flag, _)| given.has(flag)).map(|(_, how)| *how).collect();
    let how = match chosen.as_slice() {
        [] => How::Controlled,
        [one] => *one,
        _ => return Err(SPEC.wrong("Options -c, -w, -i and -p exclude each other.")),
    };
    let seconds = given.number("-tp", 0, 999_999)?.or(given.number("-t", 0, 999_999)?);
    Ok((how, seconds))
}

/// Sends the request. `said`: print that a quiesce was accepted.
fn request(paths: &QmgrPaths, mode: &str, said: &str) -> i32 {
    let sent = MqscClient::attach(paths, "endmqm").and_then(|mut client| {
        let answer = client.run(&format!("STOP QMGR MODE({mode})"));
        client.end();
        answer
    });
    match sent {
        // The answer may be cut off by what it answers.
        Ok(_) | Err(mqsc_client::Failure::Broken) => {}
        Err(mqsc_client::Failure::Call(
            _,
            Reason::Q_MGR_NOT_AVAILABLE | Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING,
        )) => {}
        Err(mqsc_client::Failure::Connect(Reason::Q_MGR_QUIESCING | Reason::Q_MGR_STOPPING))
        | Err(mqsc_client::Failure::Connect(Reason::CONNECTION_BROKEN)) => {
            if mode != "QUIESCE" && !signal(paths) {
                return fail("AMQ8146", &[&paths.name], 40);
            }
        }
        Err(mqsc_client::Failure::Connect(Reason::NOT_AUTHORIZED)) => return fail("AMQ8135", &[], 119),
        Err(mqsc_client::Failure::Connect(Reason::Q_MGR_NOT_AVAILABLE)) => {
            // It ends at this moment, or starts: the lock tells.
            if status::read(paths).is_ok_and(Status::is_up) && !signal(paths) {
                return fail("AMQ8146", &[&paths.name], 40);
            }
        }
        Err(failure) => return fail("AMQ6090", &[&failure.to_string()], 71),
    }
    if !said.is_empty() {
        println!(
            "Quiesce request accepted. The queue manager will stop when all outstanding work is complete."
        );
    }
    0
}

/// Tells the process to end by a signal. False: there is none that we may tell.
fn signal(paths: &QmgrPaths) -> bool {
    attach::process_id(paths).is_some_and(server::sys::terminate)
}

fn wait(paths: &QmgrPaths, how: How, seconds: Option<u32>) -> i32 {
    let begun = Instant::now();
    let limit = seconds.map(|s| Duration::from_secs(u64::from(s)));
    let pid = attach::process_id(paths);
    loop {
        match status::read(paths) {
            Ok(status) if status.is_up() => {}
            Ok(_) => break,
            Err(error) => return fail("AMQ6090", &[&error.to_string()], 71),
        }
        let late = limit.is_some_and(|limit| begun.elapsed() > limit);
        if how == How::Preemptive && begun.elapsed() > GRACE {
            if !pid.is_some_and(server::sys::kill) {
                return fail("AMQ8146", &[&paths.name], 40);
            }
            // The process had no time to say how it ended.
            if status::wait_for_end(paths).is_ok() {
                let _ = status::write(paths, Status::EndedPreemptively);
            }
            break;
        }
        if late && matches!(how, How::Controlled | How::Wait) {
            println!("{} queue manager '{}' ending.", mqi::version::PRODUCT_NAME, paths.name);
            signal(paths);
            return wait(paths, How::Immediate, None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{}", text("AMQ8004", &[&paths.name]).trim_start_matches("AMQ8004I: "));
    0
}
