//! `qm.ini`, through the file, as a start reads it.

use server::ini::Ini;
use server::paths::QmgrPaths;
use server::qm_ini::QmIni;

use crate::place;

/// The names of a queue manager whose files are in this process's directory.
pub(crate) fn paths() -> QmgrPaths {
    let directory = place::directory().to_path_buf();
    QmgrPaths {
        name: "QM1".to_owned(),
        directory: "QM1".to_owned(),
        prefix: directory.clone(),
        data: directory,
    }
}

pub(crate) fn run(input: &[u8]) {
    place::write("qm.ini", input);
    match QmIni::load(&paths()) {
        Ok(ini) => {
            assert!(std::str::from_utf8(input).is_ok(), "what is no text is refused");
            assert!((2..=510).contains(&ini.primary_files) && (1..=509).contains(&ini.secondary_files));
            assert!((64..=65_535).contains(&ini.file_pages) && ini.channels_max >= 1);
            let _ = ini.message_memory();
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            let _ = QmIni::stray(&error);
        }
    }
    comes_back(input);
}

/// What was read of a stanza file is read again of what is written.
pub(crate) fn comes_back(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    match Ini::parse(text) {
        Ok(ini) => {
            let again = Ini::parse(&ini.print());
            assert_eq!(again.as_ref(), Ok(&ini), "{:?}", ini.print());
            for stanza in &ini.stanzas {
                for (key, _) in stanza.entries() {
                    assert!(stanza.value(key).is_some(), "{key} is found");
                }
            }
        }
        Err(error) => assert!((1..=text.lines().count()).contains(&error.line)),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "Identity:\n   QMgrId=QM1_2026-01-01_00.00.00\n   CreatedMs=1767225600000\nLog:\n   LogPrimaryFiles=3\n   \
         LogSecondaryFiles=2\n   LogFilePages=4096\n   LogType=CIRCULAR\n   LogPath=/l\n   StoreMax=0\n",
        "Log:\n   LogType=LINEAR\n   LogManagement=Automatic\n   LogPath=/l\nChannels:\n   MaxChannels=100\n",
        "# c\n; d\nLog:\n LogPath=/l\nTuningParameters:\n   MemoryMax=67108864\n   ScratchMax=1\n   LogSink=inline\n   \
         CommandLevel=912\nQMErrorLog:\n   ErrorLogSize=33554432\n",
        "Log:\nstray\n",
        "a=b\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
