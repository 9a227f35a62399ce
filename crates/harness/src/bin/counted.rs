//! A fixed amount of work in kernel and log, for a counter of instructions: `counted MODE N`.
//!
//! ```text
//! put            N persistent puts of 2 KiB outside syncpoint, each forced on its own
//! put-get        the same, then N gets outside syncpoint, each forced on its own
//! unit-put       N persistent puts of 2 KiB in one unit of work
//! unit-commit    N units of work of one put each, each forced on its own
//! ```
//!
//! No clock, thread, socket or disk is in it, so the same binary takes the same instructions every time; what
//! one operation takes is the slope between two values of N.

use std::process::ExitCode;
use std::sync::Arc;

use mqi::call::{Body, Call, Connect, Hobj, Identity, Long};
use mqi::constants::{
    MQGMO_NO_SYNCPOINT, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPER_PERSISTENT, MQPMO_NO_SYNCPOINT, MQPMO_SYNCPOINT,
};
use mqi::{Chars, CompCode, Gmo, Md, ObjectName, Od, Pmo};
use qmgr::{ConversationId, Facts, Input, Kernel, KernelConfig, Mono, Output, Outputs, Ticket, Time, WallMs};
use sim::SimDisk;
use store::{Config, Log, LogId, Recovery, Worker};

const CONVERSATION: ConversationId = ConversationId(1);
const BODY: usize = 2048;
/// A time that does not pass.
const AT: Time = Time { wall: WallMs(1_763_781_296_789), mono: Mono(1) };

/// Kernel and log with nothing around them.
struct Core {
    kernel: Kernel,
    log: Log,
    worker: Worker<SimDisk>,
    outputs: Outputs,
    hobj: Hobj,
    failures: u64,
}

impl Core {
    fn new() -> Result<Self, store::Error> {
        let disk = Arc::new(SimDisk::untraced(u64::MAX));
        let config = Config::default();
        store::create(&*disk, &config, LogId([1; 16]))?;
        let log = Recovery::open(Arc::clone(&disk), config)?.finish()?.0;
        let mut kernel = Kernel::new(KernelConfig {
            name: ObjectName::parse("QM1").expect("a name"),
            qmid: "QM1".to_owned(),
            epoch: log.epoch().0,
            hash_key: [1; 16],
            created_wall_ms: 0,
            started_wall_ms: 0,
            memory_max: 1 << 30,
            owner: "mqm".to_owned(),
            command_level: mqi::version::COMMAND_LEVEL,
        });
        let mut outputs = Outputs::new();
        kernel.recover_done(log.lsn_next(), AT, &mut outputs);
        let mut core =
            Self { kernel, log, worker: Worker::new(disk), outputs, hobj: Hobj::NONE, failures: 0 };
        core.carry_out();
        core.input(Input::Space { free_extents: u32::MAX });
        let command = mqsc::parse("DEFINE QLOCAL(Q1) MAXDEPTH(999999999)").expect("a command");
        core.input(Input::Command {
            ticket: Ticket(1),
            user: "mqm".to_owned(),
            command,
            facts: Facts::default(),
        });
        let identity = Identity { verified: Some("mqm".to_owned()), ..Identity::default() };
        core.call(Call::Connect(Box::new(Connect { identity, ..Connect::default() })));
        let od = Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() };
        core.call(Call::Open { od: Box::new(od), options: MQOO_INPUT_SHARED | MQOO_OUTPUT });
        core.force();
        Ok(core)
    }

    fn call(&mut self, call: Call) {
        self.input(Input::Call { conversation: CONVERSATION, call });
    }

    fn input(&mut self, input: Input) {
        self.kernel.handle(input, AT, &mut self.outputs);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        for output in self.outputs.drain(..) {
            match output {
                Output::Append { record, .. } => {
                    self.log.append(&record);
                }
                Output::Release { lsn, len } => {
                    self.log.release(lsn, len);
                }
                Output::Reply { reply, .. } => {
                    self.failures += u64::from(reply.comp_code == CompCode::Failed);
                    if let mqi::call::Returned::Open { hobj, .. } = reply.returned {
                        self.hobj = hobj;
                    }
                }
                _ => {}
            }
        }
    }

    /// Builds the group and counts it as written.
    fn force(&mut self) {
        while let Some(group) = self.log.seal() {
            let ticket = group.ticket;
            drop(group);
            self.log.written(ticket, AT.mono.0);
        }
        while let Some(effect) = self.log.poll_effect() {
            let done = self.worker.run(effect).expect("a disk in memory does not fail");
            self.log.done(done);
        }
        let durable = self.log.durable();
        self.input(Input::Durable(durable));
    }

    fn put(&mut self, body: &bytes::Bytes, options: i32) {
        let md = Md { persistence: MQPER_PERSISTENT, priority: 4, ..Md::default() };
        let pmo = Pmo { options, ..Pmo::default() };
        let body = Long::whole(Body::from(body.clone()));
        self.call(Call::Put { hobj: self.hobj, md: Box::new(md), pmo: Box::new(pmo), body });
    }

    fn get(&mut self) {
        let gmo = Gmo { options: MQGMO_NO_SYNCPOINT, ..Gmo::default() };
        let buffer_length = i32::try_from(BODY).expect("a short body");
        self.call(Call::Get { hobj: self.hobj, md: Box::default(), gmo: Box::new(gmo), buffer_length });
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [mode, count] = words.as_slice() else { return usage() };
    let Ok(count) = count.parse::<u32>() else { return usage() };
    let mut core = match Core::new() {
        Ok(core) => core,
        Err(error) => {
            eprintln!("counted: {error}");
            return ExitCode::FAILURE;
        }
    };
    let body = bytes::Bytes::from(vec![7; BODY]);
    let put_alone = |core: &mut Core| {
        core.put(&body, MQPMO_NO_SYNCPOINT);
        core.force();
    };
    match mode.as_str() {
        "put" => (0..count).for_each(|_| put_alone(&mut core)),
        "put-get" => {
            (0..count).for_each(|_| put_alone(&mut core));
            for _ in 0..count {
                core.get();
                core.force();
            }
        }
        "unit-put" => {
            (0..count).for_each(|_| core.put(&body, MQPMO_SYNCPOINT));
            core.force();
        }
        "unit-commit" => {
            for _ in 0..count {
                core.put(&body, MQPMO_SYNCPOINT);
                core.call(Call::Commit);
                core.force();
            }
        }
        _ => return usage(),
    }
    // Refused work would look cheap.
    if core.failures > 0 {
        eprintln!("counted: {} calls failed", core.failures);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: counted put|put-get|unit-put|unit-commit N");
    ExitCode::from(2)
}
