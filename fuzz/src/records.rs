//! What the store hands to the kernel at a restart: a checkpoint's state, heads of live records, records. Their
//! checksums are right, so whoever wrote them could write a log; a kernel takes them or says what it cannot read.
//!
//! ```text
//! state       length and bytes, as [`Dice::bytes`] has them
//! records     a byte: kind, and whether it is from before the checkpoint; head and body with their lengths
//! ```

use mqi::ObjectName;
use qmgr::{Kernel, KernelConfig, Mono, Time, WallMs};
use store::{Kind, Lsn, Record, RecordView};

use crate::dice::Dice;
use crate::world::World;

const NOW: Time = Time { wall: WallMs(1_700_000_000_000), mono: Mono(0) };

fn kernel() -> Kernel {
    Kernel::new(KernelConfig {
        name: ObjectName::parse("QM1").expect("a name"),
        qmid: "QM1_2023-11-14_22.13.20".to_owned(),
        epoch: 2,
        hash_key: [2; 16],
        created_wall_ms: NOW.wall.0,
        started_wall_ms: NOW.wall.0,
        memory_max: 1 << 20,
        owner: "owner".to_owned(),
        command_level: 940,
    })
}

pub(crate) fn run(input: &[u8]) {
    let mut dice = Dice::new(input);
    let mut kernel = kernel();
    if kernel.recover_state(dice.bytes()).is_err() {
        return;
    }
    let mut lsn = Lsn::FIRST;
    let mut dead = Vec::new();
    while !dice.is_spent() {
        let how = dice.byte();
        let Some(kind) = Kind::from_u8(how & 15) else { return };
        let (head, body) = (dice.bytes(), dice.bytes());
        let len = Record::HEADER_LEN + (head.len() + body.len()) as u32;
        let taken = if how & 16 == 0 {
            kernel.recover_record(lsn, &RecordView { kind, flags: how >> 7, head, body }, &mut dead)
        } else {
            kernel.recover_live(lsn, len, kind, how >> 7, head)
        };
        if let Err(error) = taken {
            let _ = error.to_string();
            return;
        }
        lsn = lsn + len;
    }
    let mut out = Vec::new();
    kernel.recover_done(lsn, NOW, &mut out);
    assert!(kernel.lsn_next() >= lsn);
    // What it makes of it is something that it can read itself.
    let state = kernel.checkpoint_state();
    assert!(self::kernel().recover_state(&state).is_ok(), "its own state");
}

/// Appends bytes as [`Dice::bytes`] reads them.
fn put(bytes: &[u8], out: &mut Vec<u8>) {
    match bytes.len() {
        n @ 0..240 => out.push(n as u8),
        n => {
            out.push(255);
            out.extend((n.min(65_535) as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&bytes[..bytes.len().min(65_535)]);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for seed in crate::kernel::seeds() {
        let mut world = World::new(1 << 20);
        for command in ["DEFINE QLOCAL(Q1)", "DEFINE QALIAS(A1) TARGET(Q1)", "DEFINE QMODEL(M1)"] {
            world.command(command);
        }
        let conversation = world.connect();
        let mut dice = Dice::new(&seed);
        play(&mut world, conversation, &mut dice);
        let mut bytes = Vec::new();
        put(&world.kernel.checkpoint_state(), &mut bytes);
        let state = bytes.clone();
        seeds.push(state);
        let mut bytes = vec![0];
        for record in world.log.values() {
            bytes.push(record.kind as u8 | record.flags << 7);
            put(&record.head, &mut bytes);
            let body: Vec<u8> = record.body.pieces().flat_map(|piece| piece.iter().copied()).collect();
            put(&body, &mut bytes);
        }
        seeds.push(bytes);
    }
    seeds
}

/// Some persistent messages, put and got in and out of units of work.
pub(crate) fn play(world: &mut World, conversation: qmgr::ConversationId, dice: &mut Dice<'_>) {
    use mqi::call::{Body, Call, Hobj, Long};
    use mqi::constants::{MQGMO_SYNCPOINT, MQOO_INPUT_SHARED, MQOO_OUTPUT, MQPMO_SYNCPOINT};
    use mqi::{Chars, Gmo, Md, Od, Pmo};

    let od = Box::new(Od { object_name: Chars::from_str_padded("Q1"), ..Od::default() });
    world.call(conversation, Call::Open { od, options: MQOO_INPUT_SHARED | MQOO_OUTPUT });
    let hobj = Hobj(1);
    for _ in 0..12 {
        let is_in_unit = dice.chance(50);
        let call = match dice.below(6) {
            0..3 => {
                let options = if is_in_unit { MQPMO_SYNCPOINT } else { 0 };
                let body = Long::whole(Body::from(vec![b'x'; dice.below(60) as usize]));
                let md = Box::new(Md { persistence: 1, priority: dice.below(10) as i32, ..Md::v2() });
                Call::Put { hobj, md, pmo: Box::new(Pmo { options, ..Pmo::default() }), body }
            }
            3 => {
                let options = if is_in_unit { MQGMO_SYNCPOINT } else { 0 };
                Call::Get {
                    hobj,
                    md: Box::new(Md::v2()),
                    gmo: Box::new(Gmo { options, ..Gmo::default() }),
                    buffer_length: 1000,
                }
            }
            4 => Call::Commit,
            _ => Call::Back,
        };
        world.call(conversation, call);
    }
}
