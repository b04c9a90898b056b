//! A socket in a folder of its own, through which process 1 of one container comes in, once.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, accept4, bind, getsockopt, listen,
    socket, sockopt,
};

use crate::orphan::orphans;

const PREFIX: &str = "skillgate-container-";

/// Where one container comes in; gone when this value is.
pub(crate) struct Door {
    folder: PathBuf,
    socket: OwnedFd,
}

impl Door {
    pub(crate) fn open() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}-{number}", std::process::id()));
        // Nobody else may pass this folder, so the socket in it can be open to all users of the container.
        DirBuilder::new().mode(0o700).create(&folder)?;
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None);
        let door = Self {
            folder,
            socket: socket?,
        };
        bind(door.socket.as_raw_fd(), &UnixAddr::new(&door.path())?)?;
        fs::set_permissions(door.path(), Permissions::from_mode(0o666))?;
        listen(&door.socket, Backlog::new(1)?)?;
        Ok(door)
    }

    /// What the container is given.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The first who comes, and its number as this process sees it; `None` when nobody has come after a while.
    pub(crate) fn visitor(&self) -> io::Result<Option<(OwnedFd, i32)>> {
        let mut polled = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, PollTimeout::from(100_u8)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let fd = crate::sys::adopt(accept4(self.socket.as_raw_fd(), SockFlag::SOCK_CLOEXEC)?);
        let pid = getsockopt(&fd, sockopt::PeerCredentials)?.pid();
        Ok(Some((fd, pid)))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// Removes the doors of processes that are gone.
pub(crate) fn sweep() {
    for folder in orphans(&std::env::temp_dir(), PREFIX) {
        drop(fs::remove_dir_all(folder));
    }
}
