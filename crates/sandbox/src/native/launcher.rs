//! The launchers: this executable started again, each in a control group of its own, kept for the next run.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, Shutdown, SockFlag, SockType, shutdown, socketpair};
use skillgate_model::{ExitReason, Limits};

use super::cgroup::Group;
use super::spec::{self, LAUNCHER, Report};
use super::supervise::Jail;
use crate::SandboxError;

/// Idle launchers that are kept; more than that many runs at once are rare.
const KEPT: usize = 8;
/// A jail that takes longer to die is given up together with its launcher.
const PATIENCE: Duration = Duration::from_secs(10);

static IDLE: Mutex<Vec<Launcher>> = Mutex::new(Vec::new());

/// A single-threaded process that can fork safely.
pub(crate) struct Launcher {
    child: Child,
    control: OwnedFd,
    group: Option<Group>,
    /// The process that started it.
    owner: u32,
}

impl Launcher {
    /// Hands an order to an idle launcher, or to a new one.
    pub(crate) fn start(limits: &Limits, fds: &[RawFd]) -> Result<Box<dyn Jail>, SandboxError> {
        let launcher = Self::order(limits, fds).map_err(SandboxError::Start)?;
        Ok(Box::new(launcher))
    }

    fn order(limits: &Limits, fds: &[RawFd]) -> io::Result<Self> {
        loop {
            let idle = Self::idle();
            let fresh = idle.is_none();
            let mut launcher = match idle {
                Some(launcher) => launcher,
                None => Self::fresh()?,
            };
            if launcher
                .group
                .as_mut()
                .is_some_and(|group| group.begin(limits).is_err())
            {
                launcher.group = None;
            }
            let path = launcher.group.as_ref().map(|group| group.path().to_owned());
            let order = serde_json::to_vec(&path)?;
            match spec::send(launcher.control.as_fd(), &order, fds) {
                Ok(()) => return Ok(launcher),
                Err(error) if fresh => return Err(error),
                // It died while it was idle.
                Err(_) => {}
            }
        }
    }

    fn idle() -> Option<Self> {
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(launcher) = idle.pop() {
            if launcher.owner == std::process::id() {
                return Some(launcher);
            }
            // This process was forked from the owner: to drop it would kill what the owner still uses.
            std::mem::forget(launcher);
        }
        None
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this crate is the one that starts processes"
    )]
    fn fresh() -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC;
        let (control, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        let (program, arguments) = crate::launcher();
        let child = Command::new(program)
            .arg0(LAUNCHER)
            .args(arguments)
            // For whoever reads a list of processes: it is seen on the launcher and on process 1 of each jail.
            .arg(std::process::id().to_string())
            .env_clear()
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            child,
            control,
            group: Group::create().ok(),
            owner: std::process::id(),
        })
    }
}

impl Jail for Launcher {
    fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn init(&self) -> Option<(i32, OwnedFd)> {
        None
    }

    fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// Waits until the last process of the run is gone, and keeps the launcher for the next one.
    fn end(self: Box<Self>) -> Result<Option<ExitReason>, String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let mut polled = [PollFd::new(self.control.as_fd(), PollFlags::POLLIN)];
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
            match poll(&mut polled, timeout) {
                Ok(1..) => {}
                Err(nix::errno::Errno::EINTR) => continue,
                Ok(_) | Err(_) => return Ok(None),
            }
            let Ok((packet, _)) = spec::receive(self.control.as_fd()) else {
                return Ok(None);
            };
            if packet.is_empty() {
                return Ok(None);
            }
            if matches!(serde_json::from_slice(&packet), Ok(Report::Idle)) {
                break;
            }
        }
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(*self);
        }
        Ok(None)
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        // It ends by itself when nobody talks to it any more, and takes its jail along.
        let _already_closed = shutdown(self.control.as_raw_fd(), Shutdown::Both);
        let end = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
