//! The small files of a data directory and what a log says of its owner, through the files. The first byte says which.

use server::pairing::{LogOwner, Pairing};
use server::passwords::Passwords;
use server::status;

use crate::{place, qm_ini};

pub(crate) fn run(input: &[u8]) {
    let Some((which, content)) = input.split_first() else { return };
    let paths = qm_ini::paths();
    match which % 4 {
        0 => {
            let file = place::write("passwords", content);
            match Passwords::load(&file) {
                Ok(passwords) => {
                    assert!(passwords.len() <= content.len());
                    // A user may be called anything; what comes behind is not shown.
                    let shown = format!("{passwords:?}");
                    let text = String::from_utf8_lossy(content);
                    let lines = || text.lines().filter_map(|line| line.split_once(':'));
                    for (_, hash) in lines().filter(|(_, hash)| hash.len() > 8) {
                        assert!(
                            !shown.contains(hash) || lines().any(|(user, _)| user.contains(hash)),
                            "{shown}"
                        );
                    }
                }
                Err(error) => assert!(!error.to_string().contains("$argon2"), "nor in errors"),
            }
        }
        1 => {
            place::write("pairing", content);
            if let Ok(Some(pairing)) = Pairing::load(&paths) {
                pairing.save(&paths).expect("a file can be written");
                assert_eq!(Pairing::load(&paths).ok().flatten().as_ref(), Some(&pairing));
            }
        }
        2 => {
            if let Some(owner) = LogOwner::decode(content) {
                assert_eq!(LogOwner::decode(&owner.encode()).as_ref(), Some(&owner));
            }
        }
        _ => {
            place::write("status", content);
            let _ = status::read(&paths).expect("whatever it says");
            let _ = status::waited_for(&paths).expect("whatever it says");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "\0app:$argon2id$v=19$m=7168,t=5,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "\0\napp:nonsense\n",
        "\x01Pairing:\n   DataId=00ff\n   Start=01\n   NextStart=02\n   Adopt=Yes\n",
        "\x02LogOwner:\n   QMgrName=QM1\n   QMgrId=QM1_2026\n   DataId=00\n   Start=01\n   DataPath=/d\n   LogPath=/l\n",
        "\x03Running\n",
        "\x03Quiescing\napplication 'a' (user b)\n",
        "\x03Ended normally\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
