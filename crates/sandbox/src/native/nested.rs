//! Without namespaces: a folder instead of an own root, Landlock instead of mounts, a hunt instead of a process namespace.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::meter;
use super::spec::{HOME, SKILL, Spec, WORK, WRITABLE};

/// Oldest Landlock that keeps signals and abstract sockets inside.
pub(crate) const LANDLOCK: u32 = 6;

/// Whoever starts processes faster than they are killed is given up after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a run may read of the machine beside the interpreter.
pub(crate) const READABLE: [&str; 14] = [
    "/proc/self",
    "/dev/random",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/mime.types",
];

/// Files that are there before the skill has written any, at most.
pub(crate) const PLANTED: u64 = 64;

/// The folders that the payload may write.
pub(crate) fn writable(top: &str) -> impl Iterator<Item = String> {
    [WORK, "/home", "/tmp"]
        .into_iter()
        .map(move |path| format!("{top}{path}"))
}

/// Lays the files out below the run's own folder, under the names they have in a jail.
pub(crate) fn build(spec: &Spec, bytes: &mut impl Read, owner: Option<u32>) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.mode(0o711).create(&spec.top)?;
    for path in [WORK, HOME, SKILL, "/tmp"] {
        fs::create_dir_all(spec.at(path))?;
    }
    for file in &spec.planted {
        let mut content = vec![0; file.length];
        bytes.read_exact(&mut content)?;
        let path = spec.at(&file.path);
        fs::create_dir_all(Path::new(&path).parent().unwrap_or(Path::new("/")))?;
        let own = WRITABLE
            .iter()
            .any(|top| Path::new(&file.path).starts_with(top));
        let mode = if own { 0o600 } else { 0o444 };
        let mut written = File::options()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path)?;
        io::Write::write_all(&mut written, &content)?;
    }
    for (link, target) in spec
        .links
        .iter()
        .filter(|(link, _)| Path::new(link).starts_with(SKILL))
    {
        let link = spec.at(link);
        fs::create_dir_all(Path::new(&link).parent().unwrap_or(Path::new("/")))?;
        std::os::unix::fs::symlink(target, link)?;
    }
    if owner.is_some() {
        for path in writable(&spec.top) {
            give(Path::new(&path), owner)?;
        }
    }
    Ok(())
}

/// Only what was just laid out, before anything untrusted runs.
fn give(path: &Path, owner: Option<u32>) -> io::Result<()> {
    chown(path, owner, owner)?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), owner)?;
        }
    }
    Ok(())
}

/// Kills every descendant, again and again, because some may start others meanwhile; `Err` when some are left.
///
/// This process must be their subreaper, so that orphans become its children.
pub(crate) fn kill_descendants() -> io::Result<()> {
    let end = Instant::now() + PATIENCE;
    let own = nix::unistd::getpid().as_raw();
    loop {
        let descendants = meter::tree(own);
        let Some(descendants) = descendants.get(1..).filter(|pids| !pids.is_empty()) else {
            return Ok(());
        };
        for pid in descendants {
            let _may_be_gone = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        while waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL))
            .is_ok_and(|status| status.pid().is_some())
        {}
        if Instant::now() > end {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::yield_now();
    }
}

/// Removes a tree of any depth without recursion: every folder is first moved to the top.
pub(crate) fn remove(top: &str) {
    let mut waiting = vec![PathBuf::from(top)];
    let mut number = 0_u64;
    while let Some(folder) = waiting.pop() {
        let mut inner = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                number += 1;
                // Its owner may have locked everybody out, itself too; nothing of the run is alive to exchange it.
                drop(fs::set_permissions(
                    entry.path(),
                    fs::Permissions::from_mode(0o700),
                ));
                let flat = Path::new(top).with_extension(format!("flat{number}"));
                if fs::rename(entry.path(), &flat).is_ok() {
                    inner.push(flat);
                }
            } else {
                drop(fs::remove_file(entry.path()));
            }
        }
        drop(fs::remove_dir(&folder));
        waiting.extend(inner);
    }
}

/// The other processes and threads of a user in the own user namespace, which the kernel's limit counts together.
pub(crate) fn tasks_of(user: u32) -> u64 {
    let namespace = |process: &Path| fs::read_link(process.join("ns/user")).ok();
    let own = namespace(Path::new("/proc/self"));
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let counts = processes.filter_map(|entry| {
        let is_self = entry.file_name().to_str() == Some(&std::process::id().to_string());
        if is_self || namespace(&entry.path()) != own {
            return None;
        }
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        let field = |name| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        };
        (field("Uid:")? == u64::from(user))
            .then(|| field("Threads:"))
            .flatten()
    });
    counts.sum()
}
