//! The inside: a launcher in the host's namespaces, an init as process 1 of the jail, the payload as its child.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use skillgate_model::Tier;

use super::cgroup;
use super::landlock::{self, Rules};
use super::leftovers;
use super::nested;
use super::root;
use super::spec::{
    self, CHANNEL, CONTROL, DESCRIPTORS, HOSTNAME, LAUNCHER, PROGRAM, Report, SKILL, Spec, WORK,
    WRITABLE,
};
use crate::proxy;
use crate::seccomp::{self, Machine};
use crate::sys;

/// The payload's user and group inside.
const AGENT: u32 = 1000;
/// Whom the payload is mapped to outside, when the supervisor is root.
const NOBODY: u32 = 65534;

/// Turns this process into the sandbox's launcher if it was started as one; call it first in `main`.
///
/// The sandbox starts its own executable again, because a program with threads cannot fork safely.
pub fn entry_if_reexecuted() {
    if std::env::args_os()
        .next()
        .is_some_and(|name| name == LAUNCHER)
    {
        serve_as_launcher();
    }
}

/// Is the sandbox's launcher from now on; its standard input is the supervisor's socket.
///
/// The process may have no second thread, since it forks.
pub fn serve_as_launcher() -> ! {
    serve(sys::adopt(0).as_fd());
    sys::exit_now(0)
}

/// Takes orders until the supervisor is gone.
fn serve(control: BorrowedFd<'_>) {
    let parent = nix::unistd::getppid();
    let mut group = None;
    if let Err(error) = sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) {
        fail(control, "adopt orphans", &error);
    }
    while let Ok((packet, fds)) = spec::receive(control)
        && !packet.is_empty()
    {
        if let Err((step, error)) = launch(control, &packet, fds, &mut group, parent) {
            let report = Report::Failed {
                step: step.to_owned(),
                error: error.to_string(),
            };
            drop(spec::report(control, &report, &[]));
        }
        if spec::report(control, &Report::Idle, &[]).is_err() {
            break;
        }
    }
    if let Some((group, home)) = group {
        cgroup::leave(&group, &home);
    }
}

type Step<T> = Result<T, (&'static str, io::Error)>;

/// Names the step that failed.
fn step<T, E: Into<io::Error>>(name: &'static str) -> impl FnOnce(Result<T, E>) -> Step<T> {
    move |result| result.map_err(|error| (name, error.into()))
}

fn fail(control: BorrowedFd<'_>, step: &str, error: &io::Error) -> ! {
    let report = Report::Failed {
        step: step.to_owned(),
        error: error.to_string(),
    };
    let _nobody_listens = spec::report(control, &report, &[]);
    sys::exit_now(1)
}

/// What comes with an order: the specification, the payload's channel, its output and its errors.
struct Order {
    spec: File,
    channel: OwnedFd,
    streams: [OwnedFd; 2],
}

/// Creates the namespaces, maps the users, waits.
fn launch(
    control: BorrowedFd<'_>,
    packet: &[u8],
    fds: Vec<OwnedFd>,
    group: &mut Option<(PathBuf, PathBuf)>,
    parent: Pid,
) -> Step<()> {
    let [spec, channel, out, err] = <[OwnedFd; 4]>::try_from(fds).map_err(|_| {
        (
            "receive the order",
            io::Error::other("descriptors are missing"),
        )
    })?;
    let mut order = Order {
        spec: spec.into(),
        channel,
        streams: [out, err],
    };
    let wanted: Option<PathBuf> = step("read the order")(serde_json::from_slice(packet))?;
    if group.is_none()
        && let Some(wanted) = wanted
    {
        let home = cgroup::home(&wanted).unwrap_or_default();
        step("enter the control group")(fs::write(wanted.join("cgroup.procs"), "0"))?;
        *group = Some((wanted, home));
    }
    let spec = step("read the order")(spec::unpack(&mut order.spec))?;
    if spec.privileged {
        step("forget the groups")(sys::clear_groups())?;
    }
    let (ready, mapped) = step("create a pipe")(nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC))?;
    let Some(init) = step("create the namespaces")(sys::clone(namespaces(spec.tier)))? else {
        drop(mapped);
        if let Err((step, error)) = init(&spec, order, control, ready) {
            fail(control, step, &error);
        }
        sys::exit_now(0);
    };
    drop((order, ready));
    let prepared = prepare(init, &spec, control, &mapped);
    drop(mapped);
    if let Ok(pidfd) = &prepared {
        wait_for(pidfd.as_fd(), control, parent);
    }
    // After a failure the init ends by itself: nobody writes into its pipe any more.
    let _reaped = waitpid(Pid::from_raw(init), None);
    if spec.tier != Tier::Full {
        // What an init that was killed left behind has become this process's own.
        let ended = nested::kill_descendants();
        nested::remove(&spec.top);
        step("end every process")(ended)?;
    }
    prepared.map(drop)
}

fn prepare(init: i32, spec: &Spec, control: BorrowedFd<'_>, mapped: &OwnedFd) -> Step<OwnedFd> {
    step("map the users")(map_users(init, spec))?;
    let pidfd = step("hold the init")(sys::pidfd(init))?;
    let report = spec::report(control, &Report::Started { init }, &[pidfd.as_raw_fd()]);
    step("report the init")(report)?;
    step("start the init")(nix::unistd::write(mapped, b"m"))?;
    Ok(pidfd)
}

/// Until the jail is gone; a supervisor that dies takes it along.
fn wait_for(pidfd: BorrowedFd<'_>, control: BorrowedFd<'_>, parent: Pid) {
    loop {
        let mut polled = [
            PollFd::new(pidfd, PollFlags::POLLIN),
            PollFd::new(control, PollFlags::empty()),
        ];
        // The parent is looked at too: a fork of the supervisor may keep the socket open.
        if poll(&mut polled, PollTimeout::from(500_u16)).is_err() {
            continue;
        }
        let [ended, gone] = polled.map(|fd| fd.revents().is_some_and(|events| !events.is_empty()));
        if ended {
            return;
        }
        if gone || nix::unistd::getppid() != parent {
            sys::kill_pidfd(pidfd);
        }
    }
}

fn namespaces(tier: Tier) -> libc::c_int {
    match tier {
        Tier::Full => {
            libc::CLONE_NEWUSER
                | libc::CLONE_NEWNS
                | libc::CLONE_NEWPID
                | libc::CLONE_NEWNET
                | libc::CLONE_NEWIPC
                | libc::CLONE_NEWUTS
                | libc::CLONE_NEWCGROUP
        }
        Tier::Nested | Tier::None => 0,
    }
}

fn map_users(init: i32, spec: &Spec) -> io::Result<()> {
    if spec.tier != Tier::Full {
        return Ok(());
    }
    let write = |file: &str, text: String| fs::write(format!("/proc/{init}/{file}"), text);
    if spec.privileged {
        let map = format!("0 0 1\n{AGENT} {NOBODY} 1\n");
        write("uid_map", map.clone())?;
        return write("gid_map", map);
    }
    write("setgroups", "deny".to_owned())?;
    write("uid_map", format!("{AGENT} {} 1\n", nix::unistd::geteuid()))?;
    write("gid_map", format!("{AGENT} {} 1\n", nix::unistd::getegid()))
}

/// Process 1: builds the root, starts the payload, reaps, reports.
fn init(spec: &Spec, order: Order, control: BorrowedFd<'_>, ready: OwnedFd) -> Step<()> {
    step("die with the launcher")(sys::die_with_parent())?;
    let mut byte = [0];
    if step("wait for the user map")(File::from(ready).read(&mut byte))? == 0 {
        return Err((
            "wait for the user map",
            io::Error::other("the launcher is gone"),
        ));
    }
    step("hide from the payload")(sys::prctl(libc::PR_SET_DUMPABLE, 0))?;
    let mut bytes = io::BufReader::new(&order.spec);
    if spec.tier == Tier::Full {
        let hostname = spec.hostname.as_deref().unwrap_or(HOSTNAME);
        step("name the host")(nix::unistd::sethostname(hostname))?;
        step("build the root")(root::build(spec, &mut bytes, AGENT))?;
        if !spec.network.is_empty() {
            step("open the way to the proxy")(open_door(control))?;
        }
    } else {
        step("adopt orphans")(sys::prctl(libc::PR_SET_CHILD_SUBREAPER, 1))?;
        let owner = spec.privileged.then_some(NOBODY);
        step("lay out the files")(nested::build(spec, &mut bytes, owner))?;
    }
    drop(bytes);
    step("start a session")(nix::unistd::setsid())?;
    let Some(payload) = step("fork the payload")(sys::clone(0))? else {
        let Err((step, error)) = payload(spec, control, &order);
        fail(control, step, &error);
    };
    drop(order);
    let (code, signal) = reap(Pid::from_raw(payload));
    let cpu_ms = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)
        .map(|usage| milliseconds(usage.user_time()) + milliseconds(usage.system_time()))
        .unwrap_or(0);
    for files in leftovers::walk(&spec.at(WORK)).chunks(64) {
        let report = spec::report(
            control,
            &Report::Files {
                files: files.to_vec(),
            },
            &[],
        );
        step("report the files")(report)?;
    }
    step("report the end")(spec::report(
        control,
        &Report::Ended {
            code,
            signal,
            cpu_ms,
            oom_kills: 0,
        },
        &[],
    ))
}

/// The own network gets its loopback, and there one listener, which the supervisor serves.
fn open_door(control: BorrowedFd<'_>) -> io::Result<()> {
    sys::loopback_up()?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", proxy::PORT))?;
    spec::report(control, &Report::Door, &[listener.as_raw_fd()])
}

fn milliseconds(time: nix::sys::time::TimeVal) -> u64 {
    u64::try_from(time.tv_sec() * 1000 + time.tv_usec() / 1000).unwrap_or(0)
}

/// Reaps until the payload has ended, kills what it left running, reaps that too.
fn reap(payload: Pid) -> (Option<i32>, Option<i32>) {
    let mut end = (None, None);
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == payload => end = (Some(code), None),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == payload => {
                end = (None, Some(signal as i32))
            }
            Err(nix::errno::Errno::EINTR) | Ok(_) => continue,
            Err(_) => return end,
        }
        // Only process 1 may say "everything": anywhere else that is the whole machine.
        if std::process::id() == 1 {
            let _all_gone = nix::sys::signal::kill(Pid::from_raw(-1), nix::sys::signal::SIGKILL);
        } else if nested::kill_descendants().is_err() {
            // The launcher goes on with it, and says so when it fails as well.
            return end;
        }
    }
}

/// Gives everything up and becomes the program.
fn payload(spec: &Spec, control: BorrowedFd<'_>, order: &Order) -> Step<std::convert::Infallible> {
    step("die with the init")(sys::die_with_parent())?;
    sys::reset_signals();
    step("start a session")(nix::unistd::setsid())?;
    let null = step("open /dev/null")(File::open("/dev/null"))?;
    step("raise the descriptor limit")(sys::limit(libc::RLIMIT_NOFILE, 1024, 1024))?;
    step("place the control socket")(sys::duplicate_to(control, CONTROL, false))?;
    step("place the input")(sys::duplicate_to(null.as_fd(), 0, true))?;
    let program = spec
        .programs
        .first()
        .ok_or(("find the program", io::ErrorKind::NotFound.into()))?;
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    let program =
        step("open the program")(File::options().read(true).custom_flags(flags).open(program))?;
    step("place the program")(sys::duplicate_to(program.as_fd(), PROGRAM, false))?;
    let [out, err] = &order.streams;
    // Nothing that is still needed lies at these numbers: the order came in above 2, its specification first.
    step("place the output")(sys::duplicate_to(out.as_fd(), 1, true))?;
    step("place the errors")(sys::duplicate_to(err.as_fd(), 2, true))?;
    step("place the channel")(sys::duplicate_to(order.channel.as_fd(), CHANNEL, true))?;
    step("close the rest")(sys::close_on_exec_from(4))?;
    let control = sys::adopt(CONTROL);
    let result = restrict(spec, control.as_fd());
    let Err((name, error)) = result;
    // The original descriptor of the caller is `/dev/null` by now.
    fail(control.as_fd(), name, &error)
}

/// The order matters: users before capabilities, both before the filter, the filter last.
fn restrict(spec: &Spec, control: BorrowedFd<'_>) -> Step<std::convert::Infallible> {
    step("enter the work directory")(std::env::set_current_dir(spec.at(WORK)))?;
    let full = spec.tier == Tier::Full;
    if full || spec.privileged {
        step("bound the capabilities")(sys::bound_capabilities())?;
    }
    if spec.privileged {
        step("become nobody")(sys::become_user(if full { AGENT } else { NOBODY }))?;
        step("die with the init")(sys::die_with_parent())?;
    }
    step("drop the capabilities")(sys::drop_capabilities())?;
    step("renounce new privileges")(sys::prctl(libc::PR_SET_NO_NEW_PRIVS, 1))?;
    // In a user namespace of its own the payload's user has no other processes; without, `/proc` still shows them here.
    let others = if full {
        0
    } else {
        nested::tasks_of(nix::unistd::getuid().as_raw())
    };
    let landlock = step("restrict the files")(landlock::restrict(&rules(spec)))?;
    let text = |list: &[String]| {
        list.iter()
            .map(|text| CString::new(text.as_str()))
            .collect::<Result<Vec<_>, _>>()
    };
    let argv = step("read the arguments")(text(&spec.argv))?;
    let envp = step("read the environment")(text(&spec.env))?;
    let machine = Machine::here().ok_or(("choose a policy", io::ErrorKind::Unsupported.into()))?;
    let policy = seccomp::policy(machine, !full)
        .map_err(|line| ("read the policy", io::Error::other(line)))?;
    let policy = match spec.observed || spec.executable {
        true => policy,
        false => seccomp::without_programs(policy),
    };
    let filter = seccomp::assemble(&policy, machine, spec.observed);
    step("limit resources")(limit(spec, others))?;
    let listener = step("install the filter")(sys::install_filter(&filter, spec.observed))?;
    let fds: Vec<_> = listener.iter().map(AsRawFd::as_raw_fd).collect();
    step("report readiness")(spec::report(control, &Report::Ready { landlock }, &fds))?;
    drop(listener);
    Err(("execute the program", sys::execute(PROGRAM, &argv, &envp)))
}

/// What Landlock allows; the namespaces leave nothing else to see, without them this is all there is.
pub(crate) fn rules(spec: &Spec) -> Rules {
    let own = [SKILL, "/harness"].map(|path| spec.at(path));
    let mut writable: Vec<String> = WRITABLE.iter().map(|path| spec.at(path)).collect();
    writable.extend(["/dev/null", "/dev/zero", "/dev/full"].map(str::to_owned));
    let machine: &[&str] = match spec.tier {
        Tier::Full => &["/etc", "/proc", "/dev"],
        Tier::Nested | Tier::None => &nested::READABLE,
    };
    let visible = spec.visible.iter().cloned();
    Rules {
        readable: visible
            .chain(own)
            .chain(machine.iter().map(|path| (*path).to_owned()))
            .collect(),
        writable,
        programs: spec.programs.clone(),
        ports: if spec.network.is_empty() {
            Vec::new()
        } else {
            vec![proxy::PORT]
        },
    }
}

fn limit(spec: &Spec, others: u64) -> io::Result<()> {
    let limits = &spec.limits;
    let cpu = limits.cpu_ms.div_ceil(1000).max(1);
    // Address space is no memory: the supervisor counts memory, this only bounds what one process can reserve.
    let space = limits
        .memory_bytes
        .saturating_mul(4)
        .saturating_add(1 << 30);
    sys::limit(libc::RLIMIT_CPU, cpu, cpu + 1)?;
    sys::limit(libc::RLIMIT_AS, space, space)?;
    sys::limit(libc::RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes)?;
    // Process 1, or who stands for it, is one of them.
    let pids = others + u64::from(limits.pids.saturating_sub(1));
    sys::limit(libc::RLIMIT_NPROC, pids, pids)?;
    sys::limit(libc::RLIMIT_STACK, 8 << 20, 8 << 20)?;
    for none in [
        libc::RLIMIT_CORE,
        libc::RLIMIT_MEMLOCK,
        libc::RLIMIT_MSGQUEUE,
        libc::RLIMIT_RTPRIO,
        libc::RLIMIT_NICE,
        libc::RLIMIT_RTTIME,
    ] {
        sys::limit(none, 0, 0)?;
    }
    sys::limit(libc::RLIMIT_SIGPENDING, 256, 256)?;
    sys::limit(libc::RLIMIT_LOCKS, 256, 256)?;
    sys::limit(libc::RLIMIT_DATA, space, space)?;
    sys::limit(libc::RLIMIT_RSS, space, space)?;
    sys::limit(libc::RLIMIT_NOFILE, DESCRIPTORS, DESCRIPTORS)
}
