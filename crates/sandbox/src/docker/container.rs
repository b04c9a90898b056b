//! One container for one run: how it is confined, how it comes in, how it ends.

use std::collections::HashMap;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
    MountType, ResourcesUlimits,
};

use super::Image;
use super::door::Door;
use super::engine::Engine;
use super::{label, profile};
use skillgate_model::ExitReason;

use crate::guest::{self, GRACE_SECONDS};
use crate::native::cgroup::Group;
use crate::native::spec::{self, Spec};
use crate::native::supervise::{Jail, interrupted};
use crate::{SandboxError, sys};

/// An engine that is slower than this is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nobody on the host, in the image and in every policy.
const USER: &str = "65534:65534";
/// Where process 1 finds the socket.
const DOOR: &str = "/control";
/// What `/proc` shows of the machine beside the container's processes; the first twelve are the engines' own list.
const HIDDEN: [&str; 34] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/proc/buddyinfo",
    "/proc/bus",
    "/proc/cgroups",
    "/proc/cmdline",
    "/proc/config.gz",
    "/proc/cpuinfo",
    "/proc/devices",
    "/proc/diskstats",
    "/proc/fs",
    "/proc/iomem",
    "/proc/ioports",
    "/proc/irq",
    "/proc/kallsyms",
    "/proc/key-users",
    "/proc/loadavg",
    "/proc/modules",
    "/proc/partitions",
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/proc/version",
    "/proc/vmallocinfo",
    "/proc/zoneinfo",
];
/// What the interpreter of process 1 needs beside the payload.
const OWN_MEMORY: u64 = 32 << 20;
const OWN_PROCESSES: i64 = 1;

/// A container with a supervisor.
pub(crate) struct Container {
    engine: Engine,
    name: String,
    control: OwnedFd,
    pid: i32,
}

impl Container {
    /// Starts a container, waits until its process 1 has come in, hands it the order.
    pub(crate) fn start(
        engine: &Engine,
        image: &Image,
        spec: &Spec,
        fds: &[RawFd],
    ) -> Result<Self, SandboxError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let door = Door::open().map_err(SandboxError::Start)?;
        let order = guest::order(spec).map_err(SandboxError::Start)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("skillgate-{}-{number}", std::process::id());
        let body = body(engine, image, spec, &door).map_err(SandboxError::Start)?;
        engine.start(&name, body).map_err(other)?;
        let container = come_in(engine, &name, &image.python, &door)
            .inspect_err(|_| drop(engine.remove(&name)))?;
        spec::send(container.control.as_fd(), &order, fds).map_err(SandboxError::Start)?;
        Ok(container)
    }

    /// The users of the container are others than the host's, as the kernel says.
    pub(crate) fn maps_users(&self) -> bool {
        let map = fs::read_to_string(format!("/proc/{}/uid_map", self.pid)).unwrap_or_default();
        let own = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        !map.is_empty() && map != own
    }
}

fn other(error: bollard::errors::Error) -> SandboxError {
    SandboxError::Start(std::io::Error::other(error))
}

fn come_in(
    engine: &Engine,
    name: &str,
    python: &str,
    door: &Door,
) -> Result<Container, SandboxError> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if interrupted() {
            return Err(SandboxError::Interrupted);
        }
        if let Some((control, pid)) = door.visitor().map_err(SandboxError::Start)? {
            return Ok(Container {
                engine: engine.clone(),
                name: name.to_owned(),
                control,
                pid,
            });
        }
        if !engine.has(name).map_err(other)? {
            break;
        }
    }
    let reason = format!(
        "the container did not come in: its image needs `{python}`, and the engine has to run on this machine"
    );
    Err(SandboxError::Start(std::io::Error::other(reason)))
}

impl Jail for Container {
    fn control(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn init(&self) -> Option<(i32, OwnedFd)> {
        let pidfd = sys::pidfd(self.pid).ok()?;
        Some((self.pid, pidfd))
    }

    fn group(&self) -> Option<&Group> {
        None
    }

    /// The engine removes what has ended by itself; this waits for it.
    fn end(self: Box<Self>) -> Result<Option<ExitReason>, String> {
        let Self {
            engine,
            name,
            control,
            ..
        } = *self;
        // Process 1 ends with its supervisor, whatever the payload does.
        drop(control);
        let end = Instant::now() + PATIENCE;
        let _unreachable_engine = engine.remove(&name);
        while Instant::now() < end && engine.has(&name).unwrap_or(false) {
            std::thread::sleep(Duration::from_millis(5));
            let _unreachable_engine = engine.remove(&name);
        }
        Ok(None)
    }
}

fn body(
    engine: &Engine,
    image: &Image,
    spec: &Spec,
    door: &Door,
) -> std::io::Result<ContainerCreateBody> {
    let program = [&image.python, "-I", "-S", "-B", "-c", guest::PROGRAM, DOOR];
    let seconds = spec.limits.wall_ms.div_ceil(1000) + GRACE_SECONDS + PATIENCE.as_secs();
    Ok(ContainerCreateBody {
        image: Some(image.name.clone()),
        hostname: Some("sandbox".to_owned()),
        user: Some(USER.to_owned()),
        env: Some(spec.env.clone()),
        entrypoint: Some(program.map(str::to_owned).to_vec()),
        cmd: Some(Vec::new()),
        working_dir: Some("/".to_owned()),
        network_disabled: Some(true),
        labels: Some(label::labels(seconds)),
        host_config: Some(host(engine, spec, door)?),
        ..ContainerCreateBody::default()
    })
}

fn host(engine: &Engine, spec: &Spec, door: &Door) -> std::io::Result<HostConfig> {
    let limits = &spec.limits;
    let memory = i64::try_from(limits.memory_bytes + OWN_MEMORY).unwrap_or(i64::MAX);
    let limit = |name: &str, value| ResourcesUlimits {
        name: Some(name.to_owned()),
        soft: Some(value),
        hard: Some(value),
    };
    let mut ulimits = vec![limit("nofile", 1024), limit("core", 0), limit("memlock", 0)];
    if engine.is_podman {
        // Its own default may be above what it is allowed itself; the user is shared, so the container's limit counts.
        ulimits.push(limit("nproc", 4096));
    }
    Ok(HostConfig {
        network_mode: Some("none".to_owned()),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(security(engine, door)?),
        pids_limit: Some(i64::from(limits.pids) + OWN_PROCESSES),
        memory: Some(memory),
        // As much with swap as without: none.
        memory_swap: Some(memory),
        nano_cpus: Some(1_000_000_000),
        ulimits: Some(ulimits),
        tmpfs: Some(memory_files(engine, spec)),
        mounts: Some(vec![Mount {
            typ: Some(MountType::BIND),
            source: Some(door.path().to_string_lossy().into_owned()),
            target: Some(DOOR.to_owned()),
            read_only: Some(true),
            ..Mount::default()
        }]),
        // Shared memory of its own; its file system is among the others, with a bound.
        ipc_mode: Some("none".to_owned()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        // Process 1 is ours: it reaps, keeps the deadline and dies with the supervisor.
        init: Some(false),
        masked_paths: Some(HIDDEN.map(str::to_owned).to_vec()),
        auto_remove: Some(true),
        log_config: Some(HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        }),
        ..HostConfig::default()
    })
}

fn security(engine: &Engine, door: &Door) -> std::io::Result<Vec<String>> {
    let mut options = vec!["no-new-privileges:true".to_owned(), filter(engine, door)?];
    if engine.is_podman {
        // It has no ear for the list that Docker takes.
        options.push(format!("mask={}", HIDDEN.join(":")));
    }
    Ok(options)
}

/// The engine's own filter, in the request or as a file beside the socket.
fn filter(engine: &Engine, door: &Door) -> std::io::Result<String> {
    let profile = profile::profile().map_err(std::io::Error::other)?;
    if !engine.is_podman {
        return Ok(format!("seccomp={profile}"));
    }
    let path = door.path().with_file_name("seccomp.json");
    fs::write(&path, profile)?;
    Ok(format!("seccomp={}", path.display()))
}

/// Everything that can be written, each with its bound, all of it in memory that counts.
fn memory_files(engine: &Engine, spec: &Spec) -> HashMap<String, String> {
    let files = guest::memory_files(spec).into_iter();
    files
        .map(|(path, bytes, nodes)| {
            // Podman knows neither owner nor number of files; nobody but the payload's user is in the container.
            let own = if engine.is_podman {
                "notmpcopyup,mode=1777".to_owned()
            } else {
                format!("mode=0700,uid=65534,gid=65534,nr_inodes={nodes}")
            };
            (
                path.to_owned(),
                format!("rw,noexec,nosuid,nodev,size={bytes},{own}"),
            )
        })
        .collect()
}
