//! The local socket of a queue manager: where it is, who may speak to it, and who is behind it.
//!
//! ```text
//! <root>/sockets/             whoever may write the root       on this machine alone, unlike data and log
//! <root>/sockets/<dir>/       the owner of the data, 0755
//!     administrators          0600; 0660 for the group mqm     never made to wait for others
//!     everyone                0666                             the rest of the machine's users
//! ```
//!
//! Nobody but the owner and root can make anything there, so the name is theirs whether or not the queue manager runs.
//! What a queue manager that was killed left behind is replaced: its successor has its lock. Directories are opened
//! one in the other, no link is followed below the root, and the sockets are named by the directory that was opened:
//! a path of any length will do.
//!
//! A client looks who listens before it says anything: the owner of the data, root or `mqm`.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use crate::files;
use crate::net::{Listener, ListenerKind};
use crate::paths::QmgrPaths;
use crate::users;

/// The directory below the root.
const SOCKETS: &str = "sockets";

/// Connections that may wait to be accepted: few, since whoever comes next waits for all of them.
const BACKLOG: i32 = 128;

/// One of the two sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// For the owner, root and `mqm`.
    Administrators,
    /// For any user of this machine.
    Everyone,
}

impl Door {
    /// All there are, in the order in which a client tries them.
    pub const ALL: [Self; 2] = [Self::Administrators, Self::Everyone];

    fn name(self) -> &'static str {
        match self {
            Self::Administrators => "administrators",
            Self::Everyone => "everyone",
        }
    }
}

/// The directory of the sockets, opened.
#[derive(Debug)]
pub struct Place {
    directory: OwnedFd,
    path: PathBuf,
}

/// The name of a socket that listens, which goes with it.
#[derive(Debug)]
pub(crate) struct Name {
    place: Arc<Place>,
    door: Door,
}

impl Place {
    /// That of a queue manager which has run.
    fn open(paths: &QmgrPaths) -> io::Result<Self> {
        let path = directory(paths);
        let open = || {
            let root = open_root(&paths.prefix)?;
            let sockets = open_directory(&root, SOCKETS)?;
            open_directory(&sockets, &paths.directory)
        };
        let directory = open().map_err(|error| files::about(&path, error.into()))?;
        Ok(Self { directory, path })
    }

    /// Makes it as needed. Refuses one in which somebody else could put a socket.
    pub fn make(paths: &QmgrPaths) -> io::Result<Arc<Self>> {
        use std::os::unix::fs::MetadataExt as _;
        let data_owner =
            std::fs::metadata(&paths.data).map_err(|error| files::about(&paths.data, error))?.uid();
        let about = |path: &Path, error: Errno| files::about(path, error.into());
        let root = open_root(&paths.prefix).map_err(|error| about(&paths.prefix, error))?;
        let root_stat = rustix::fs::fstat(&root).map_err(|error| about(&paths.prefix, error))?;

        let path = paths.prefix.join(SOCKETS);
        // Several owners may share a root by its group: they share this directory too.
        let group_bits = root_stat.st_mode & 0o2020;
        let sockets =
            make_directory(&root, SOCKETS, 0o755 | group_bits).map_err(|error| about(&path, error))?;
        if users::current() == 0 && rustix::fs::fstat(&sockets).is_ok_and(|sockets| sockets.st_uid == 0) {
            // Whoever the root belongs to could make no directory in it for his other queue managers.
            let (uid, gid) = (Uid::from_raw(root_stat.st_uid), Gid::from_raw(root_stat.st_gid));
            rustix::fs::chownat(&root, SOCKETS, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|error| about(&path, error))?;
        }
        check(&sockets, &path, &[data_owner, root_stat.st_uid], 0o002)?;

        let path = path.join(&paths.directory);
        let directory =
            make_directory(&sockets, &paths.directory, 0o755).map_err(|error| about(&path, error))?;
        if users::current() == 0 && data_owner != 0 {
            // Whoever starts it for him next is he himself, maybe.
            let owner = Some(Uid::from_raw(data_owner));
            rustix::fs::chownat(&sockets, paths.directory.as_str(), owner, None, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|error| about(&path, error))?;
        }
        check(&directory, &path, &[data_owner], 0o022)?;
        Ok(Arc::new(Self { directory, path }))
    }

    /// Listens at a door.
    pub fn listen(self: &Arc<Self>, door: Door) -> io::Result<Listener> {
        let about = |error: Errno| files::about(&self.path.join(door.name()), error.into());
        match rustix::fs::unlinkat(&self.directory, door.name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(about(error)),
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let listen = || {
            let fd = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
            rustix::net::bind(&fd, &self.address(door)?)?;
            let mode = match door {
                Door::Administrators if self.is_given_to_group() => 0o660,
                Door::Administrators => 0o600,
                Door::Everyone => 0o666,
            };
            rustix::fs::chmodat(&self.directory, door.name(), Mode::from_raw_mode(mode), AtFlags::empty())?;
            rustix::net::listen(&fd, BACKLOG)?;
            Ok(fd)
        };
        let fd = listen().map_err(about)?;
        Ok(Listener {
            fd,
            kind: ListenerKind::Local(door),
            _name: Some(Name { place: Arc::clone(self), door }),
        })
    }

    /// Lets the group of administrators in, if there is one and we may.
    fn is_given_to_group(&self) -> bool {
        let Some(group) = users::administrators_group().map(Gid::from_raw) else { return false };
        let name = Door::Administrators.name();
        rustix::fs::chownat(&self.directory, name, None, Some(group), AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    fn connect(&self, door: Door) -> io::Result<UnixStream> {
        let fd =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        loop {
            match rustix::net::connect(&fd, &self.address(door)?) {
                Ok(()) => return Ok(fd.into()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A name has little room in an address: the directory is named by its descriptor.
    fn address(&self, door: Door) -> Result<SocketAddrUnix, Errno> {
        SocketAddrUnix::new(format!("/proc/self/fd/{}/{}", self.directory.as_raw_fd(), door.name()))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = rustix::fs::unlinkat(&self.place.directory, self.door.name(), AtFlags::empty());
    }
}

/// Where the sockets of a queue manager are.
pub fn directory(paths: &QmgrPaths) -> PathBuf {
    paths.prefix.join(SOCKETS).join(&paths.directory)
}

/// Connects to a running queue manager, by the best door that opens. The process behind it answers for the queue
/// manager, or nothing is said to it.
pub fn connect(paths: &QmgrPaths) -> io::Result<UnixStream> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::metadata(&paths.data)?.uid();
    let place = Place::open(paths)?;
    let mut refusal = io::Error::from(io::ErrorKind::NotFound);
    for door in Door::ALL {
        match place.connect(door) {
            Ok(stream) => return answered_for(stream, owner),
            Err(error) => refusal = error,
        }
    }
    Err(files::about(&place.path, refusal))
}

fn answered_for(stream: UnixStream, owner: u32) -> io::Result<UnixStream> {
    let uid = sockopt::socket_peercred(&stream)?.uid.as_raw();
    if users::answers_for(uid, owner) {
        return Ok(stream);
    }
    let what = format!("a process of user '{}' listens in the queue manager's stead", users::name_of(uid));
    Err(io::Error::new(io::ErrorKind::PermissionDenied, what))
}

/// Removes the directory of a queue manager that is deleted.
pub fn remove(paths: &QmgrPaths) {
    let remove = || {
        let root = open_root(&paths.prefix)?;
        let sockets = open_directory(&root, SOCKETS)?;
        let directory = open_directory(&sockets, &paths.directory)?;
        for door in Door::ALL {
            let _ = rustix::fs::unlinkat(&directory, door.name(), AtFlags::empty());
        }
        rustix::fs::unlinkat(&sockets, paths.directory.as_str(), AtFlags::REMOVEDIR)
    };
    // What is left is in nobody's way: the next of that name takes it.
    let _: Result<(), Errno> = remove();
}

fn open_root(root: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(root, flags, Mode::empty())
}

fn open_directory(parent: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    // It is a name, whatever mqs.ini says.
    if Path::new(name).file_name() != Some(OsStr::new(name)) {
        return Err(Errno::INVAL);
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn make_directory(parent: &OwnedFd, name: &str, mode: u32) -> Result<OwnedFd, Errno> {
    let mode = Mode::from_raw_mode(mode);
    match rustix::fs::mkdirat(parent, name, mode) {
        // The mask of this process, which is about files, has taken something away.
        Ok(()) => rustix::fs::chmodat(parent, name, mode, AtFlags::empty())?,
        Err(Errno::EXIST) => {}
        Err(error) => return Err(error),
    }
    open_directory(parent, name)
}

/// Refuses a directory that belongs to somebody else than these and ourselves, root and `mqm`, or that others may
/// write.
fn check(directory: &OwnedFd, path: &Path, owners: &[u32], others: u32) -> io::Result<()> {
    let stat = rustix::fs::fstat(directory).map_err(|error| files::about(path, error.into()))?;
    let uid = stat.st_uid;
    let is_trusted = uid == users::current() || owners.iter().any(|owner| users::answers_for(uid, *owner));
    let why = if !is_trusted {
        format!("it belongs to user '{}', who could put a socket of his own there", users::name_of(uid))
    } else if stat.st_mode & others != 0 {
        format!("others may write to it (mode {:04o}): chmod go-w", stat.st_mode & 0o7777)
    } else {
        return Ok(());
    };
    Err(io::Error::other(format!("{}: {why}", path.display())))
}
