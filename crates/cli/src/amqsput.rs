//! `amqsput Q [QMgr [openOptions [closeOptions [targetQMgr [dynamicQ]]]]]`: puts each line of standard input.

use std::io::BufRead as _;

use mqi::constants::*;
use mqi::md::Md;
use mqi::od::Od;
use mqi::pmo::Pmo;
use mqi::{Chars, format};

use crate::options::Spec;
use crate::sample;

pub(crate) const SPEC: Spec = Spec {
    name: "amqsput",
    summary: "sample: put lines of text",
    options: &[],
    missing: &[],
    names: &["Queue", "[QMgrName]", "[openOptions]", "[closeOptions]", "[targetQMgr]", "[dynamicQueue]"],
    notes: "Each line of standard input is a message, up to an empty line.",
};

/// Runs the sample: exit code 0, or the reason code modulo 256 as the product's gives it.
pub(crate) fn run(args: &[String]) -> i32 {
    println!("Sample AMQSPUT0 start");
    let Some(queue) = args.first() else {
        println!("Required parameter missing - queue name");
        return 99;
    };
    let mut connection = match sample::connect(args.get(1), "amqsput") {
        Ok(connection) => connection,
        Err(reason) => return sample::ended("MQCONNX", reason),
    };
    let number = |at: usize, default: i32| args.get(at).and_then(|a| a.parse().ok()).unwrap_or(default);
    let od = Od {
        object_name: Chars::from_str_padded(queue),
        object_q_mgr_name: args.get(4).map(|name| Chars::from_str_padded(name)).unwrap_or_default(),
        dynamic_q_name: args
            .get(5)
            .map_or_else(|| Od::default().dynamic_q_name, |name| Chars::from_str_padded(name)),
        ..Od::default()
    };
    println!("target queue is {queue}");
    let options = number(2, MQOO_OUTPUT | MQOO_FAIL_IF_QUIESCING);
    let hobj = match connection.open(od, options) {
        Ok((hobj, _)) => hobj,
        Err(reason) => {
            let exit = sample::ended("MQOPEN", reason);
            println!("unable to open queue for output");
            let _ = connection.disconnect();
            println!("Sample AMQSPUT0 end");
            return exit;
        }
    };
    let mut exit = 0;
    for line in std::io::stdin().lock().split(b'\n') {
        let Ok(mut line) = line else { break };
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.is_empty() {
            break;
        }
        let md = Md { format: format::STRING, coded_char_set_id: 1208, ..Md::default() };
        let pmo = Pmo {
            version: 2,
            options: MQPMO_NO_SYNCPOINT | MQPMO_FAIL_IF_QUIESCING | MQPMO_NEW_MSG_ID,
            ..Pmo::default()
        };
        if let Err(reason) = connection.put(hobj, md, pmo, line) {
            exit = sample::ended("MQPUT", reason);
            break;
        }
    }
    if let Err(reason) = connection.close(hobj, number(3, MQCO_NONE)) {
        exit = sample::ended("MQCLOSE", reason);
    }
    if let Err(reason) = connection.disconnect() {
        exit = sample::ended("MQDISC", reason);
    }
    println!("Sample AMQSPUT0 end");
    exit
}
