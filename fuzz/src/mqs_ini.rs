//! `mqs.ini`, through the file: which queue managers there are, and where.

use server::ini::Ini;
use server::paths::Root;

use crate::{place, qm_ini};

pub(crate) fn run(input: &[u8]) {
    place::write("mqs.ini", input);
    let root = Root::at(place::directory());
    let Ok(all) = root.queue_managers() else {
        let _ = root.default_queue_manager();
        return qm_ini::comes_back(input);
    };
    let stanzas = all.iter().map(|one| one.stanza()).collect();
    // What is written of them names the same ones.
    place::write("mqs.ini", Ini { stanzas }.print().as_bytes());
    assert_eq!(root.queue_managers().ok().as_ref(), Some(&all));
    for one in &all {
        assert!(root.queue_manager(&one.name).is_ok_and(|found| found.is_some()));
        let _ = (one.qm_ini(), one.lock());
    }
    let directory = root.directory_for("QM.1", &all);
    assert!(all.iter().all(|one| one.directory != directory), "a new one gets a directory of its own");
    qm_ini::comes_back(input);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "QueueManager:\n   Name=QM1\n   Prefix=/var/mqm\n   Directory=QM1\n   InstallationName=Installation1\n",
        "QueueManager:\n   Name=QM.1\n   DataPath=/data\nQueueManager:\n   Name=QM/2\nDefaultQueueManager:\n   Name=QM.1\n",
        "AllQueueManagers:\n   DefaultPrefix=/var/mqm\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
