//! A directory of this process, for what is read from files.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// A directory of this process, made at the first call, in the one that is named by `PACKHORSE_FUZZ_SCRATCH` or for
/// temporary files.
pub(crate) fn directory() -> &'static Path {
    DIRECTORY.get_or_init(|| {
        let parent =
            std::env::var_os("PACKHORSE_FUZZ_SCRATCH").map_or_else(std::env::temp_dir, PathBuf::from);
        let path = parent.join(format!("packhorse-fuzz-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        private(&path);
        path
    })
}

/// Removes it: nothing will be read any more.
pub fn leave() {
    if let Some(path) = DIRECTORY.get() {
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Makes a directory that nobody else may enter.
pub(crate) fn private(path: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).expect("a directory can be made");
}

/// Writes a file that nobody else may read or write.
pub(crate) fn write(name: &str, content: &[u8]) -> PathBuf {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = directory().join(name);
    let file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(content)).expect("a file can be written");
    path
}
