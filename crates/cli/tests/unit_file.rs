//! The unit file for systemd: it is one, and takes from a queue manager what it does not need.

use std::path::{Path, PathBuf};
use std::process::Command;

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/systemd/packhorse@.service")
}

/// Settings of a section, as (name, value), in order.
fn settings(text: &str, section: &str) -> Vec<(String, String)> {
    let lines = text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn a_queue_manager_has_no_more_than_it_needs() {
    let text = std::fs::read_to_string(unit()).expect("it is there");
    let service = settings(&text, "Service");
    for (name, value) in [
        ("User", "mqm"),
        ("UMask", "0077"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ReadWritePaths", "/var/mqm"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("MemoryMax", "50%"),
        ("LimitNOFILE", "65536"),
        ("LimitCORE", "0"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged @resources"),
    ] {
        assert!(service.contains(&(name.to_owned(), value.to_owned())), "{name}={value}");
    }
    // No password comes by way of the environment, which others of the machine may read.
    assert!(service.iter().all(|(name, _)| !name.starts_with("Environment")), "{service:?}");
}

#[test]
fn systemd_understands_it() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("!!! SKIPPED: systemd-analyze is missing");
        return;
    }
    let directory = std::env::temp_dir().join(format!("packhorse-unit-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("the temporary directory can be written");
    // The programs are looked for where they are to be.
    let text = std::fs::read_to_string(unit()).expect("it is there");
    let text =
        text.replace("/usr/local/bin/strmqm", "/bin/true").replace("/usr/local/bin/endmqm", "/bin/true");
    let file = directory.join("packhorse@.service");
    std::fs::write(&file, text).expect("it can be written");
    let analyze = |arguments: &[&str]| {
        let output = Command::new("systemd-analyze").args(arguments).arg(&file).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    };
    let (is_right, said) = analyze(&["verify"]);
    assert!(is_right && !said.contains("packhorse@.service:"), "{said}");
    // 1.6 of 10; what it finds is what a queue manager is for: the network, and files that stay.
    let (is_strict, said) = analyze(&["security", "--offline=true", "--threshold=20"]);
    let _ = std::fs::remove_dir_all(&directory);
    assert!(is_strict, "{said}");
}
