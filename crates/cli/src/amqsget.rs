//! `amqsget Q [QMgr [openOptions [closeOptions]]]`: gets messages until none has come for 15 seconds.

use std::io::{self, IsTerminal as _};

use mqi::constants::*;
use mqi::gmo::Gmo;
use mqi::md::Md;
use mqi::text::inert_lines;
use mqi::{Chars, Reason};

use crate::options::Spec;
use crate::sample;

pub(crate) const SPEC: Spec = Spec {
    name: "amqsget",
    summary: "sample: get messages",
    options: &[],
    missing: &[],
    names: &["Queue", "[QMgrName]", "[openOptions]", "[closeOptions]"],
    notes: "It ends when none has come for 15 seconds.",
};

/// As the product's sample has it.
const BUFFER: i32 = 65_536;
const WAIT_MS: i32 = 15_000;

/// The text of a message. A terminal is given nothing that would steer it; a file or a program gets what there is.
fn shown(body: &[u8], is_terminal: bool) -> String {
    let text = String::from_utf8_lossy(body);
    if is_terminal { inert_lines(&text).into_owned() } else { text.into_owned() }
}

/// Runs the sample: exit code 0, or the reason code modulo 256.
pub(crate) fn run(args: &[String]) -> i32 {
    println!("Sample AMQSGET0 start");
    let Some(queue) = args.first() else {
        println!("Required parameter missing - queue name");
        return 99;
    };
    let mut connection = match sample::connect(args.get(1), "amqsget") {
        Ok(connection) => connection,
        Err(reason) => return sample::ended("MQCONNX", reason),
    };
    let number = |at: usize, default: i32| args.get(at).and_then(|a| a.parse().ok()).unwrap_or(default);
    let options = number(2, MQOO_INPUT_AS_Q_DEF | MQOO_FAIL_IF_QUIESCING);
    let hobj = match connection.open_queue(queue, options) {
        Ok(hobj) => hobj,
        Err(reason) => {
            let exit = sample::ended("MQOPEN", reason);
            println!("unable to open queue for input");
            let _ = connection.disconnect();
            println!("Sample AMQSGET0 end");
            return exit;
        }
    };
    let mut exit = 0;
    let is_terminal = io::stdout().is_terminal();
    loop {
        let md = Md { encoding: MQENC_NATIVE, coded_char_set_id: 1208, ..Md::default() };
        let gmo = Gmo {
            version: 2,
            options: MQGMO_WAIT | MQGMO_NO_SYNCPOINT | MQGMO_CONVERT | MQGMO_FAIL_IF_QUIESCING,
            wait_interval: WAIT_MS,
            match_options: MQMO_NONE,
            resolved_q_name: Chars::default(),
            ..Gmo::default()
        };
        match connection.get(hobj, md, gmo, BUFFER) {
            Ok(got) => {
                if got.reason != Reason::NONE {
                    println!("MQGET ended with reason code {}", got.reason.0);
                }
                println!("message <{}>", shown(&got.body, is_terminal));
                if got.reason == Reason::TRUNCATED_MSG_FAILED {
                    exit = got.reason.0 % 256;
                    break;
                }
            }
            Err(Reason::NO_MSG_AVAILABLE) => {
                println!("no more messages");
                break;
            }
            Err(reason) => {
                exit = sample::ended("MQGET", reason);
                break;
            }
        }
    }
    if let Err(reason) = connection.close(hobj, number(3, MQCO_NONE)) {
        exit = sample::ended("MQCLOSE", reason);
    }
    if let Err(reason) = connection.disconnect() {
        exit = sample::ended("MQDISC", reason);
    }
    println!("Sample AMQSGET0 end");
    exit
}
