//! A log that somebody has written who knows how to make checksums right: what makes no sense is refused, and named.

use qmgr::{Kernel, RecoveryError};
use store::{Kind, Lsn, RecordView};

use crate::world::{CREATED_WALL_MS, World, config};

fn kernel() -> Kernel {
    Kernel::new(config(2, CREATED_WALL_MS, 1 << 20))
}

fn replay(kind: Kind, head: &[u8]) -> Result<(), RecoveryError> {
    let view = RecordView { kind, flags: 0, head, body: b"" };
    kernel().recover_record(Lsn::FIRST, &view, &mut Vec::new())
}

#[test]
fn numbers_of_queues_near_their_end_are_refused() {
    let mut world = World::new(1 << 20);
    world.command("DEFINE QLOCAL(Q1)");
    let record = world.log.values().find(|record| record.kind == Kind::Object).expect("it was defined");
    let mut head = record.head.to_vec();
    assert_eq!(replay(Kind::Object, &head), Ok(()));
    head[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let refused = RecoveryError { lsn: Lsn::FIRST, what: "Object record" };
    assert_eq!(replay(Kind::Object, &head), Err(refused));

    let mut state = world.kernel.checkpoint_state();
    assert!(kernel().recover_state(&state).is_ok());
    state[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(kernel().recover_state(&state).is_err());
}
