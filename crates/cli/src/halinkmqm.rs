//! `halinkmqm`: makes a queue manager on shared disks known to this machine (requirement HA-37).
//!
//! The directory is the one that `MQHAFSDATA` named when `hacrtmqm` created the queue manager, or the queue
//! manager's own below it. Running it again is harmless.

use std::path::{Path, PathBuf};

use server::control::link;
use server::paths::{QmgrPaths, Root};

use crate::options::{Spec, misuse};

pub(crate) const SPEC: Spec = Spec {
    name: "halinkmqm",
    summary: "make a queue manager on shared disks known here",
    options: &[],
    missing: &[],
    names: &["QMgrName", "MangledDirectoryName", "QMgrDataDirectory"],
    notes: "hacrtmqm has printed the arguments.",
};

/// Adds the stanza to `mqs.ini` if it is not there and the directories are that queue manager's.
pub(crate) fn run(args: &[String]) -> i32 {
    let [name, directory, data] = args else {
        return misuse(&SPEC.usage(), 20);
    };
    let Some(data) = data_directory(Path::new(data), directory) else {
        eprintln!(
            "halinkmqm: neither {data} nor {directory} below it holds a queue manager: is the shared disk mounted?"
        );
        return 20;
    };
    let root = Root::find();
    let paths = QmgrPaths {
        name: name.clone(),
        directory: directory.clone(),
        prefix: root.path().to_path_buf(),
        data,
    };
    match link::link(&root, &paths) {
        Ok(()) => {
            println!("Queue manager '{name}' is known to this machine.");
            return 0;
        }
        Err(link::Failure::Known(known)) => eprintln!(
            "halinkmqm: this machine knows queue manager '{}' with the directory {} already.",
            known.name,
            known.data.display()
        ),
        Err(link::Failure::NotOurs(refusal)) => eprintln!("halinkmqm: {}", refusal.why()),
        Err(link::Failure::Io(error)) => eprintln!("halinkmqm: {error}"),
    }
    20
}

/// Where `qm.ini` is: in the directory itself, or in the one of this name below it.
fn data_directory(given: &Path, directory: &str) -> Option<PathBuf> {
    // mqs.ini is read from anywhere. Collected, the path has no slash at its end.
    let given: PathBuf = std::path::absolute(given).ok()?.components().collect();
    [given.join(directory), given].into_iter().find(|data| data.join("qm.ini").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_disk_will_do_and_the_queue_managers_own() {
        let dir = std::env::temp_dir().join(format!("packhorse-halink-where-{}", std::process::id()));
        let own = dir.join("data/esbqm");
        std::fs::create_dir_all(&own).unwrap();
        assert_eq!(data_directory(&own, "esbqm"), None);
        std::fs::write(own.join("qm.ini"), "").unwrap();
        let with_slash = format!("{}/", dir.join("data").display());
        for given in [&own, &dir.join("data"), Path::new(&with_slash)] {
            assert_eq!(data_directory(given, "esbqm").as_ref(), Some(&own), "{}", given.display());
        }
        assert_eq!(data_directory(&dir.join("data"), "other"), None);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
