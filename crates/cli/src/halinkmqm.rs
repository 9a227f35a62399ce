//! `halinkmqm`: makes a queue manager on shared disks known to this machine (requirement HA-37).
//!
//! Running it again is harmless.

use std::path::PathBuf;

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

/// Adds the stanza to `mqs.ini` if it is not there.
pub(crate) fn run(args: &[String]) -> i32 {
    let [name, directory, data] = args else {
        return misuse(&SPEC.usage(), 20);
    };
    let data = PathBuf::from(data);
    if !data.join("qm.ini").is_file() {
        eprintln!("halinkmqm: {} holds no queue manager: is the shared disk mounted?", data.display());
        return 20;
    }
    let root = Root::find();
    let paths = QmgrPaths {
        name: name.clone(),
        directory: directory.clone(),
        prefix: root.path().to_path_buf(),
        data,
    };
    match link(&root, &paths) {
        Ok(true) => {
            println!("Queue manager '{name}' is known to this machine.");
            0
        }
        Ok(false) => {
            eprintln!(
                "halinkmqm: this machine knows another queue manager '{name}', with other directories."
            );
            20
        }
        Err(error) => {
            eprintln!("halinkmqm: {error}");
            20
        }
    }
}

/// False if another queue manager of that name is there.
fn link(root: &Root, paths: &QmgrPaths) -> std::io::Result<bool> {
    let _others = root.lock_mqs_ini()?;
    if let Some(known) = root.queue_manager(&paths.name)? {
        return Ok(known.data == paths.data);
    }
    let mut mqs = root.mqs_ini()?;
    mqs.stanzas.push(paths.stanza());
    root.write_mqs_ini(&mqs)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linking_twice_is_harmless_and_another_of_the_name_is_not_touched() {
        let dir = std::env::temp_dir().join(format!("packhorse-halink-{}", std::process::id()));
        let root = Root::at(&dir);
        let paths = QmgrPaths {
            name: "esbqm".into(),
            directory: "esbqm".into(),
            prefix: dir.clone(),
            data: "/shared/data/esbqm".into(),
        };
        assert!(link(&root, &paths).unwrap());
        assert!(link(&root, &paths).unwrap());
        assert_eq!(root.queue_managers().unwrap(), std::slice::from_ref(&paths));
        let other = QmgrPaths { data: "/elsewhere/esbqm".into(), ..paths };
        assert!(!link(&root, &other).unwrap());
        std::fs::remove_dir_all(dir).unwrap();
    }
}
