//! One nsjail process for one run: how it is started, found, and waited for.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use skillgate_model::ExitReason;

use super::{config, log};
use crate::native::cgroup::Group;
use crate::native::spec::{self, Spec};
use crate::native::supervise::Jail;
use crate::{SandboxError, guest, sys};

/// A jail that takes longer to start or to die is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// What nsjail exits with when it could not start its child.
const FAILED: i32 = 255;
/// Whom the payload is on the host, when the supervisor is root.
const NOBODY: (u32, u32) = (65534, 65534);

/// An nsjail with a supervisor.
pub(crate) struct Cell {
    child: Child,
    control: OwnedFd,
    log: Option<JoinHandle<String>>,
    group: Option<Group>,
    init: i32,
}

impl Cell {
    /// Starts nsjail in a control group, waits for its child, hands over the order.
    pub(crate) fn start(
        program: &Path,
        python: &str,
        spec: &Spec,
        fds: &[RawFd],
    ) -> Result<Self, SandboxError> {
        let order = guest::order(spec).map_err(SandboxError::Start)?;
        let mut cell = launch(program, python, spec).map_err(SandboxError::Start)?;
        let end = Instant::now() + PATIENCE;
        while cell.init == 0 {
            let ended = cell
                .child
                .try_wait()
                .map_err(SandboxError::Start)?
                .is_some();
            if ended || Instant::now() > end {
                return Err(SandboxError::Start(io::Error::other(cell.complaint())));
            }
            cell.init = child_of(cell.child.id()).unwrap_or(0);
            std::thread::sleep(Duration::from_millis(1));
        }
        spec::send(cell.control.as_fd(), &order, fds).map_err(SandboxError::Start)?;
        Ok(cell)
    }

    /// Everything nsjail wrote; it has ended.
    fn written(&mut self) -> String {
        self.log
            .take()
            .and_then(|log| log.join().ok())
            .unwrap_or_default()
    }

    fn complaint(&mut self) -> String {
        drop(self.child.kill());
        drop(self.child.wait());
        format!("nsjail did not start: {}", log::complaint(&self.written()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this crate is the one that starts processes"
)]
fn launch(program: &Path, python: &str, spec: &Spec) -> io::Result<Cell> {
    let (control, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )?;
    let (source, sink) = nix::unistd::pipe2(OFlag::O_CLOEXEC)?;
    let mut child = Command::new(program)
        // The configuration comes through a pipe, so that nothing lies in a file and nothing starts before it is in
        // its control group.
        .args(["--config", "/proc/self/fd/1"])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::from(source))
        .stderr(Stdio::piped())
        .spawn()?;
    let log = child.stderr.take().map(|mut stderr| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _whatever_came = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let group = Group::create().ok().filter(|group| {
        fs::write(group.path().join("cgroup.procs"), child.id().to_string()).is_ok()
    });
    let mut cell = Cell {
        child,
        control,
        log,
        group,
        init: 0,
    };
    if let Some(group) = &mut cell.group {
        group.begin(&spec.limits)?;
    }
    let outside = if nix::unistd::geteuid().is_root() {
        NOBODY
    } else {
        (
            nix::unistd::geteuid().as_raw(),
            nix::unistd::getegid().as_raw(),
        )
    };
    let supervisor = std::process::id().to_string();
    fs::File::from(sink)
        .write_all(config::config(spec, python, outside, &supervisor).as_bytes())?;
    Ok(cell)
}

/// Process 1 of the jail, in the supervisor's numbering.
fn child_of(pid: u32) -> Option<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

impl Jail for Cell {
    fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn init(&self) -> Option<(i32, OwnedFd)> {
        let pidfd = sys::pidfd(self.init).ok()?;
        Some((self.init, pidfd))
    }

    fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    fn end(self: Box<Self>) -> Result<Option<ExitReason>, String> {
        // Process 1 ends with its supervisor, and nsjail with process 1.
        let Self {
            mut child,
            control,
            log,
            group,
            ..
        } = *self;
        drop(control);
        let end = Instant::now() + PATIENCE;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(child.kill());
        let failed = child
            .wait()
            .is_ok_and(|status| status.code() == Some(FAILED));
        drop(group);
        let log = log.and_then(|log| log.join().ok()).unwrap_or_default();
        if failed {
            return Err(log::complaint(&log));
        }
        Ok(log::ended(&log))
    }
}
