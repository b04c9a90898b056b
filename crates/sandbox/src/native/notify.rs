//! System calls of the payload, decoded from outside while it waits.

mod decode;

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::statvfs::{FsFlags, fstatvfs};
use skillgate_model::Tier;

use self::decode::{decode, opened};
use super::clock;
use super::spec::{Spec, WRITABLE};
use super::supervise::Driver;
use crate::proxy;
use crate::seccomp::{self, Action, Machine};
use crate::sys::{self, Notification};

/// What a call would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    Read(String),
    Write(String),
    Delete(String),
    Execute(String),
    Connect(IpAddr, u16),
    Listen(IpAddr, u16),
    /// A name server is asked for a name.
    Resolve(String),
    /// A way out of the machine that cannot be described further.
    Socket,
    /// A call whose arguments cannot be read.
    Hidden,
    /// Machine code of a file is mapped.
    Load(String),
    /// Another process is read, changed or traced.
    Control,
}

/// Answers the calls of one run.
pub(crate) struct Watcher {
    listener: OwnedFd,
    calls: HashMap<i64, (&'static str, Action)>,
    /// Whether any program besides the interpreter was granted.
    programs: bool,
    /// The folder that stands for the root; what lies there is the skill's own.
    top: String,
    /// Whether there is a way to the supervisor's proxy.
    proxy: bool,
    date: Date,
}

/// What the payload reads from the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Date {
    Real,
    /// To be shifted as soon as the payload can be reached.
    Wanted,
    Shifted,
}

impl Watcher {
    pub(crate) fn new(listener: OwnedFd, spec: &Spec) -> Self {
        let policy = Machine::here()
            .and_then(|machine| seccomp::policy(machine, spec.tier != Tier::Full).ok())
            .unwrap_or_default();
        let announced = |action| matches!(action, Action::Watch | Action::Refuse);
        let calls = policy
            .iter()
            .filter(|rule| announced(rule.action))
            .map(|rule| (i64::from(rule.number()), (rule.name, rule.action)))
            .collect();
        Self {
            listener,
            calls,
            programs: spec.executable,
            top: spec.top.clone(),
            proxy: !spec.network.is_empty(),
            date: if spec.elsewhere {
                Date::Wanted
            } else {
                Date::Real
            },
        }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// Whether another call waits already.
    pub(crate) fn has_more(&self) -> bool {
        let mut polled = [PollFd::new(self.fd(), PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::ZERO).is_ok_and(|count| count > 0)
    }

    pub(crate) const fn date(&self) -> Date {
        self.date
    }

    /// Takes one call, tells the driver, answers; `false` when nobody can call any more.
    pub(crate) fn serve(&mut self, driver: &mut dyn Driver) -> bool {
        let call = match sys::next_notification(self.fd()) {
            Ok(call) => call,
            // The caller was killed between the announcement and now.
            Err(error) => return error.raw_os_error() == Some(libc::ENOENT),
        };
        let Some((name, action)) = self.calls.get(&call.number) else {
            sys::answer(self.fd(), call.id, Some(libc::EPERM));
            return true;
        };
        if self.date == Date::Wanted {
            // The first call is the loader's, long before the skill; it waits, so its memory holds still.
            self.date = clock::redirect(call.pid).map_or(Date::Real, |()| Date::Shifted);
        }
        if matches!(*name, "clock_gettime" | "gettimeofday" | "time") {
            self.tell_time(name, &call, driver.ahead());
            return true;
        }
        if *name == "flock" {
            let result = lock(&call);
            if sys::still_waits(self.fd(), call.id) {
                sys::answer(self.fd(), call.id, Some(result.err().unwrap_or(0)));
            }
            return true;
        }
        if *name == "fcntl" {
            let refused = !self.may_be_locked(&call);
            if sys::still_waits(self.fd(), call.id) {
                sys::answer(self.fd(), call.id, refused.then_some(libc::EPERM));
            }
            return true;
        }
        let Ok(attempts) = decode(name, &call) else {
            // What cannot be described does not happen.
            if sys::still_waits(self.fd(), call.id) {
                sys::answer(self.fd(), call.id, Some(libc::EFAULT));
                driver.attempted(Attempt::Hidden, false);
            }
            return true;
        };
        if !sys::still_waits(self.fd(), call.id) {
            return true;
        }
        let refusal = self.refusal(*action, &attempts);
        sys::answer(self.fd(), call.id, refusal);
        for attempt in attempts {
            driver.attempted(attempt, refusal.is_none());
        }
        true
    }

    /// Whether the file of a call is the payload's own, or none at all; the kernel takes record locks for the caller alone.
    fn may_be_locked(&self, call: &Notification) -> bool {
        let [descriptor, ..] = call.arguments;
        let Ok(path) = opened(call.pid, descriptor as i32) else {
            return false;
        };
        let own = |top: &&str| Path::new(&path).starts_with(format!("{}{top}", self.top));
        !path.starts_with('/') || WRITABLE.iter().any(own)
    }

    fn tell_time(&self, name: &str, call: &Notification, ahead: Duration) {
        if self.date != Date::Shifted {
            return sys::answer(self.fd(), call.id, None);
        }
        let told = clock::answer(name, call, ahead);
        if sys::still_waits(self.fd(), call.id) {
            match told {
                Ok(value) => sys::answer_value(self.fd(), call.id, value),
                Err(error) => sys::answer(self.fd(), call.id, Some(error)),
            }
        }
    }

    /// The error to answer with; `None` leaves the call to mounts, Landlock and namespaces.
    fn refusal(&self, action: Action, attempts: &[Attempt]) -> Option<i32> {
        if action == Action::Refuse {
            return Some(libc::EPERM);
        }
        attempts.iter().find_map(|attempt| match attempt {
            // The resolver believes that somebody listens, and says what it wants to know.
            Attempt::Connect(ip, 53) if ip.is_loopback() => Some(0),
            // Only the proxy listens in this network, so an address that is exchanged meanwhile leads nowhere.
            Attempt::Connect(ip, proxy::PORT) if ip.is_loopback() && self.proxy => None,
            Attempt::Connect(..) => Some(libc::ENETUNREACH),
            Attempt::Resolve(_) => Some(libc::ECONNREFUSED),
            Attempt::Listen(..) | Attempt::Socket | Attempt::Hidden | Attempt::Control => {
                Some(libc::EACCES)
            }
            Attempt::Execute(_) => (!self.programs).then_some(libc::EACCES),
            // Another thread may exchange the descriptor meanwhile, and gains what anonymous memory gives anyhow.
            Attempt::Load(path) => Path::new(path)
                .starts_with(&self.top)
                .then_some(libc::EACCES),
            Attempt::Read(_) | Attempt::Write(_) | Attempt::Delete(_) => None,
        })
    }
}

/// Takes a lock for the caller on the caller's own open file, which it cannot exchange any more; not on shared files.
fn lock(call: &Notification) -> Result<(), i32> {
    let [number, operation, ..] = call.arguments;
    let errno = |error: std::io::Error| error.raw_os_error().unwrap_or(libc::EPERM);
    let status = fs::read_to_string(format!("/proc/{}/status", call.pid)).map_err(errno)?;
    let process = status
        .lines()
        .find_map(|line| line.strip_prefix("Tgid:")?.trim().parse().ok());
    let pidfd = sys::pidfd(process.ok_or(libc::ESRCH)?).map_err(errno)?;
    let file = sys::borrow_from(pidfd.as_fd(), number as i32).map_err(errno)?;
    let shared = fstatvfs(&file)
        .map_err(|error| error as i32)?
        .flags()
        .contains(FsFlags::ST_RDONLY);
    if shared {
        return Err(libc::EPERM);
    }
    let operation = operation as i32;
    sys::lock(file.as_fd(), operation).map_err(|error| match errno(error) {
        // The supervisor cannot wait for the caller; it asks again by itself after an interruption.
        libc::EWOULDBLOCK if operation & libc::LOCK_NB == 0 => libc::EINTR,
        other => other,
    })
}
