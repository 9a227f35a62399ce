//! Small things about files: durable replacement, permissions, and errors that say which file they are about.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes a directory and those above it, for owner and group only.
pub fn create_dirs(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(path).map_err(|error| about(path, error))
}

/// Makes a directory that everybody may pass through, and those above it.
pub fn create_public_dirs(path: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(|error| about(path, error))
}

/// The error, of the same kind, with the file or directory that it is about. Where rights are lacking it says whose
/// what stands in the way is, and who was asking.
pub fn about(path: &Path, error: io::Error) -> io::Error {
    let kind = error.kind();
    let said = error.to_string();
    let said = said.split(" (os error").next().unwrap_or(&said);
    let mut text = format!("{}: {said}", path.display());
    if kind == io::ErrorKind::PermissionDenied
        && let Some((barrier, meta)) =
            path.ancestors().find_map(|p| Some((p, std::fs::symlink_metadata(p).ok()?)))
    {
        let (owner, mode) = (crate::users::name_of(meta.uid()), meta.mode() & 0o7777);
        let asker = crate::users::name_of(rustix::process::geteuid().as_raw());
        let it = if barrier == path { "it".to_owned() } else { barrier.display().to_string() };
        text +=
            &format!("; {it} belongs to user '{owner}' and has mode {mode:04o}, and this is user '{asker}'");
    }
    io::Error::new(kind, text)
}

/// True if files can be made in this directory.
pub fn is_writable_dir(path: &Path) -> bool {
    path.is_dir() && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Replaces a file so that after a crash either the old or the new content is there, whole: write
/// beside it, force, rename, force the directory.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    put_in_place(path, content, mode).map_err(|error| about(path, error))
}

fn put_in_place(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("a file name is missing"))?;
    let mut beside = name.to_owned();
    beside.push(".new");
    let beside = path.with_file_name(beside);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    sync_dir_of(path)
}

/// Forces the directory that holds `path`.
pub fn sync_dir_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_they_are_about() {
        let path = Path::new("/nowhere/at/all");
        let error = about(path, io::ErrorKind::NotFound.into());
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), "/nowhere/at/all: entity not found");
        let error = about(path, rustix::io::Errno::ACCESS.into()).to_string();
        assert!(error.starts_with("/nowhere/at/all: Permission denied; / belongs to user 'root'"), "{error}");
        assert!(!error.contains("os error"), "{error}");
    }

    #[test]
    fn replacing_leaves_the_new_content_and_no_other_file() {
        let dir = crate::testing::temp_dir("replace");
        let file = dir.path().join("a");
        replace(&file, b"one", 0o640).unwrap();
        replace(&file, b"two", 0o640).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
