//! The outside: starts a launcher, watches one run, ends it.

mod end;
mod limits;
mod stream;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use skillgate_model::{Effect, Exit, ExitReason, FileChange};

use super::cgroup::Group;
use super::clock::SHIFT;
use super::meter::Meter;
use super::notify::{Date, Watcher};
use super::spec::{self, Report, Spec};
use crate::SandboxError;
use crate::proxy::Proxy;
use stream::Stream;

/// How often memory, CPU time and the clock are looked at while nothing else happens.
const TICK: Duration = Duration::from_millis(10);
/// A payload of many processes waits for answers faster than everything else has to be looked at.
const CALLS_AT_ONCE: usize = 32;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Ends every run of this process soon, and lets no further one start; for the handler of Ctrl-C.
pub fn interrupt() {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Whether [`interrupt`] was called.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// The supervisor's part in a conversation with the payload.
pub(crate) trait Driver {
    /// Takes bytes from the payload's channel; what is returned is sent back.
    fn received(&mut self, bytes: &[u8]) -> Vec<u8>;
    /// Whether the payload has said what cannot be; nobody listens to it any more.
    fn is_broken(&self) -> bool {
        false
    }
    /// How far the clock goes ahead, in a run under another date.
    fn ahead(&self) -> Duration {
        SHIFT
    }
    /// What is sent first.
    fn greeting(&mut self) -> Vec<u8>;
    /// Sees one attempt of the payload.
    fn attempted(&mut self, attempt: super::notify::Attempt, allowed: bool);
}

/// One run, seen from outside.
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) wall_ms: u64,
    pub(crate) cpu_ms: u64,
    pub(crate) peak_memory_bytes: Option<u64>,
    pub(crate) output: [Vec<u8>; 2],
    pub(crate) output_bytes: u64,
    pub(crate) files: Vec<FileChange>,
    pub(crate) landlock: bool,
    /// What its proxy was asked for.
    pub(crate) proxied: Vec<(Effect, bool, u64)>,
    /// Whether it ran under another date.
    pub(crate) date: bool,
    pub(crate) group: Option<super::cgroup::Version>,
}

/// Whoever made the jail of one run, and ends it.
pub(crate) trait Jail {
    /// Where its process 1 reports.
    fn control(&self) -> BorrowedFd<'_>;
    /// Its process 1, where that is known before it reports.
    fn init(&self) -> Option<(i32, OwnedFd)>;
    /// The control group that counts for it.
    fn group(&self) -> Option<&Group>;
    /// Returns when nothing of the run is left, with the reason why its maker ended it, if that was so; `Err`
    /// is why it could not be made.
    fn end(self: Box<Self>) -> Result<Option<ExitReason>, String>;
}

/// Makes a jail and hands it the order: specification, channel, output, errors.
pub(crate) type Start<'a> = &'a dyn Fn(&[RawFd]) -> Result<Box<dyn Jail>, SandboxError>;

struct Run<'a> {
    spec: &'a Spec,
    driver: &'a mut dyn Driver,
    started: Instant,
    jail: Box<dyn Jail>,
    channel: Option<UnixStream>,
    streams: [Stream; 2],
    init: Option<(i32, OwnedFd)>,
    watcher: Option<Watcher>,
    proxy: Option<Proxy>,
    meter: Meter,
    next_look: Instant,
    next_count: Instant,
    killed: Option<ExitReason>,
    failure: Option<String>,
    /// Process 1 ended by itself and said nothing.
    vanished: bool,
    status: Option<(Option<i32>, Option<i32>)>,
    oom_kills: u64,
    ended: Ended,
}

/// Runs what `spec` says, with the planted files' contents, to its end.
pub(crate) fn run(
    spec: &Spec,
    contents: &[&[u8]],
    driver: &mut dyn Driver,
    start: Start<'_>,
) -> Result<Ended, SandboxError> {
    let order = spec::pack(spec, contents).map_err(SandboxError::Start)?;
    let (channel, payloads) = UnixStream::pair().map_err(SandboxError::Start)?;
    channel.set_nonblocking(true).map_err(SandboxError::Start)?;
    let pipe =
        || nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(|error| SandboxError::Start(error.into()));
    let [(stdout, out), (stderr, err)] = [pipe()?, pipe()?];
    let fds = [
        order.as_raw_fd(),
        payloads.as_raw_fd(),
        out.as_raw_fd(),
        err.as_raw_fd(),
    ];
    let jail = start(&fds)?;
    drop((order, payloads, out, err));
    let mut run = Run {
        spec,
        driver,
        started: Instant::now(),
        init: jail.init(),
        jail,
        channel: Some(channel),
        streams: [stdout, stderr].map(Stream::of),
        watcher: None,
        proxy: None,
        meter: Meter::default(),
        next_look: Instant::now() + TICK,
        next_count: Instant::now(),
        killed: None,
        failure: None,
        vanished: false,
        status: None,
        oom_kills: 0,
        ended: Ended {
            exit: Exit {
                reason: ExitReason::NotRun,
                code: None,
                signal: None,
                detail: None,
            },
            wall_ms: 0,
            cpu_ms: 0,
            peak_memory_bytes: None,
            output: [Vec::new(), Vec::new()],
            output_bytes: 0,
            files: Vec::new(),
            landlock: false,
            date: false,
            proxied: Vec::new(),
            group: None,
        },
    };
    run.greet();
    run.watch();
    run.finish()
}

impl Run<'_> {
    fn greet(&mut self) {
        let greeting = self.driver.greeting();
        self.reply(&greeting);
    }

    /// Sends to the payload; one that does not read loses its channel, and with it its results.
    fn reply(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if let Some(channel) = &mut self.channel
            && channel.write_all(bytes).is_err()
        {
            self.channel = None;
        }
    }

    /// Until the payload has ended or was killed.
    fn watch(&mut self) {
        while self.status.is_none() && self.killed.is_none() && self.failure.is_none() {
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(error) => {
                    self.failure = Some(error.to_string());
                    return;
                }
            };
            for source in ready {
                match source {
                    Source::Control => self.control(),
                    Source::Channel => self.channel(),
                    Source::Listener => self.announced(),
                    Source::Stream(index) => self.stream(index),
                }
            }
            self.look();
        }
    }

    /// What can be read now, or nothing after a tick.
    fn wait(&self) -> io::Result<Vec<Source>> {
        let mut sources = vec![(Source::Control, self.jail.control())];
        sources.extend(
            self.channel
                .as_ref()
                .map(|channel| (Source::Channel, channel.as_fd())),
        );
        sources.extend(
            self.watcher
                .as_ref()
                .map(|watcher| (Source::Listener, watcher.fd())),
        );
        for (index, stream) in self.streams.iter().enumerate() {
            sources.extend(
                stream
                    .pipe
                    .as_ref()
                    .map(|pipe| (Source::Stream(index), pipe.as_fd())),
            );
        }
        let mut polled: Vec<PollFd<'_>> = sources
            .iter()
            .map(|(_, fd)| PollFd::new(*fd, PollFlags::POLLIN))
            .collect();
        let timeout = self
            .next_look
            .saturating_duration_since(Instant::now())
            .min(TICK);
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::ZERO);
        match poll(&mut polled, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        Ok(polled
            .iter()
            .zip(&sources)
            .filter(|(fd, _)| ready(fd))
            .map(|(_, (source, _))| *source)
            .collect())
    }

    fn control(&mut self) {
        let (packet, fds) = match spec::receive(self.jail.control()) {
            Ok(received) => received,
            Err(error) => {
                self.vanished = true;
                return self.failure = Some(error.to_string());
            }
        };
        if packet.is_empty() {
            self.vanished = true;
            return self.failure = Some("the sandbox ended without a report".to_owned());
        }
        let mut fds = fds.into_iter();
        match serde_json::from_slice(&packet) {
            Ok(Report::Started { init }) => self.init = fds.next().map(|fd| (init, fd)),
            Ok(Report::Ready { landlock }) => {
                self.ended.landlock = landlock;
                self.watcher = fds.next().map(|listener| Watcher::new(listener, self.spec));
                self.started = Instant::now();
            }
            Ok(Report::Failed { step, error }) => {
                self.failure = Some(format!("could not {step}: {error}"))
            }
            Ok(Report::Door) => {
                let granted = self.spec.network.clone();
                let started = fds.next().map(|listener| Proxy::start(listener, granted));
                match started {
                    Some(Ok(proxy)) => self.proxy = Some(proxy),
                    Some(Err(error)) => self.failure = Some(error.to_string()),
                    None => self.failure = Some("the way to the network was not made".to_owned()),
                }
            }
            Ok(Report::Files { files }) => self.ended.files.extend(files),
            Ok(Report::Ended {
                code,
                signal,
                cpu_ms,
                oom_kills,
            }) => {
                self.oom_kills = oom_kills;
                self.ended.cpu_ms = cpu_ms;
                self.status = Some((code, signal));
            }
            Ok(Report::Idle) => {
                self.failure = Some("the sandbox ended without a report".to_owned())
            }
            Err(error) => self.failure = Some(error.to_string()),
        }
    }

    fn channel(&mut self) {
        let mut buffer = [0; 32 << 10];
        let Some(channel) = &mut self.channel else {
            return;
        };
        match channel.read(&mut buffer) {
            Ok(0) => self.channel = None,
            Ok(length) => {
                let reply = self
                    .driver
                    .received(buffer.get(..length).unwrap_or_default());
                self.reply(&reply);
                if self.driver.is_broken() {
                    self.channel = None;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.channel = None,
        }
    }

    fn announced(&mut self) {
        for _ in 0..CALLS_AT_ONCE {
            let Some(watcher) = &mut self.watcher else {
                return;
            };
            let served = watcher.serve(self.driver);
            self.ended.date = watcher.date() == Date::Shifted;
            if !served {
                self.watcher = None;
            } else if !watcher.has_more() {
                return;
            }
        }
    }

    fn stream(&mut self, index: usize) {
        let Some(stream) = self.streams.get_mut(index) else {
            return;
        };
        let open = stream.read(32 << 10);
        if !open {
            stream.pipe = None;
        }
        if stream.total > self.spec.limits.output_bytes {
            self.killed = Some(ExitReason::OutputLimit);
        }
    }
}

#[derive(Clone, Copy)]
enum Source {
    Control,
    Channel,
    Listener,
    Stream(usize),
}
