//! A recording of a kernel's inputs, as `packhorse replay` reads one.

use qmgr::Replay;

use crate::dice::Dice;
use crate::world::World;

pub(crate) fn run(input: &[u8]) {
    let Ok(mut replay) = Replay::new(input) else { return };
    let _ = replay.config().epoch;
    let mut entries = 0;
    while let Ok(Some((entry, _))) = replay.next_entry() {
        let _ = format!("{entry:?}");
        entries += 1;
        assert!(entries <= input.len(), "no entry is empty");
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    crate::kernel::seeds()
        .iter()
        .take(6)
        .map(|seed| {
            let mut world = World::new(1 << 20);
            world.start_recording();
            world.command("DEFINE QLOCAL(Q1)");
            let conversation = world.connect();
            crate::records::play(&mut world, conversation, &mut Dice::new(seed));
            world.pass(1000);
            world.recording.take().map(|(mut recorder, _)| recorder.take()).unwrap_or_default()
        })
        .collect()
}
