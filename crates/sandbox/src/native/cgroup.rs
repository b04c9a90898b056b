//! A control group for the runs of one launcher, where this process may make one; the supervisor counts beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use skillgate_model::Limits;

const PREFIX: &str = "skillgate-";

/// Which of the kernel's two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// A group that lives as long as this value.
#[derive(Debug)]
pub(crate) struct Group {
    path: PathBuf,
    version: Version,
    /// Processes killed for memory in earlier runs.
    killed_before: u64,
}

impl Group {
    /// Makes a group below the own one; `Err` says why that is impossible, and the poller has to do.
    pub(crate) fn create() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let groups = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let (base, version) = base(&groups, &mounts).ok_or(io::ErrorKind::Unsupported)?;
        sweep(&base);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self {
            path,
            version,
            killed_before: 0,
        })
    }

    pub(crate) const fn version(&self) -> Version {
        self.version
    }

    /// Where the launcher has to go.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets the limits of the next run and forgets the last one.
    pub(crate) fn begin(&mut self, limits: &Limits) -> io::Result<()> {
        let write = |file: &str, text: String| fs::write(self.path.join(file), text);
        let memory = limits.memory_bytes.to_string();
        match self.version {
            Version::V1 => {
                // The limit with swap may never be below the one without, so a smaller one goes first or last.
                let first = write("memory.limit_in_bytes", memory.clone());
                drop(write("memory.memsw.limit_in_bytes", memory.clone()));
                first.or_else(|_| write("memory.limit_in_bytes", memory))?;
                drop(write("memory.max_usage_in_bytes", "0".to_owned()));
            }
            Version::V2 => {
                write("memory.max", memory)?;
                drop(write("memory.swap.max", "0".to_owned()));
                drop(write("memory.peak", "0".to_owned()));
                // Launcher and init count too.
                write("pids.max", (limits.pids + 2).to_string())?;
            }
        }
        self.killed_before += self.memory().1;
        Ok(())
    }

    /// The most memory that was in use in this run, and how many processes were killed for it.
    pub(crate) fn memory(&self) -> (Option<u64>, u64) {
        let read = |file: &str| fs::read_to_string(self.path.join(file)).unwrap_or_default();
        let (peak, events) = match self.version {
            Version::V1 => (
                read("memory.max_usage_in_bytes"),
                read("memory.oom_control"),
            ),
            Version::V2 => (read("memory.peak"), read("memory.events")),
        };
        let kills = events
            .lines()
            .find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok());
        let kills: u64 = kills.unwrap_or(0);
        (
            peak.trim().parse().ok(),
            kills.saturating_sub(self.killed_before),
        )
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The last process has been reaped, the group may still be letting go of it.
        let end = Instant::now() + Duration::from_millis(200);
        while fs::remove_dir(&self.path).is_err() && self.path.exists() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Leaves a group and removes it: what a launcher does whose supervisor is gone.
pub(crate) fn leave(group: &Path) {
    let Some(above) = group.parent() else { return };
    if fs::write(above.join("cgroup.procs"), "0").is_ok() {
        drop(fs::remove_dir(group));
    }
}

/// The own group of the memory controller, as a folder.
fn base(groups: &str, mounts: &str) -> Option<(PathBuf, Version)> {
    for line in mounts.lines() {
        let (place, kind) = line.split_once(" - ")?;
        let mount = place.split(' ').nth(4)?;
        let mut kind = kind.split(' ');
        let (filesystem, options) = (kind.next()?, kind.nth(1).unwrap_or(""));
        let own = |controller: &str| {
            let entry = groups.lines().find_map(|line| {
                let mut fields = line.splitn(3, ':').skip(1);
                let found = fields.next()?.split(',').any(|name| name == controller);
                found.then(|| fields.next()).flatten()
            })?;
            Some(Path::new(mount).join(entry.trim_start_matches('/')))
        };
        match filesystem {
            "cgroup" if options.split(',').any(|option| option == "memory") => {
                return Some((own("memory")?, Version::V1));
            }
            "cgroup2" => {
                let own = own("")?;
                let children =
                    fs::read_to_string(own.join("cgroup.subtree_control")).unwrap_or_default();
                let has = |name| {
                    children
                        .split_whitespace()
                        .any(|controller| controller == name)
                };
                if has("memory") && has("pids") {
                    return Some((own, Version::V2));
                }
            }
            _ => {}
        }
    }
    None
}

/// Removes groups of supervisors that were killed; one that is in use refuses.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| {
            name.strip_prefix(PREFIX)?
                .split('-')
                .next()?
                .parse::<u32>()
                .ok()
        });
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            drop(fs::remove_dir(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_controller_of_the_first_version_is_found() {
        let mounts = "25 20 0:22 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n";
        let groups = "4:memory:/jobs/a\n0::/\n";
        assert_eq!(
            base(groups, mounts),
            Some((PathBuf::from("/sys/fs/cgroup/memory/jobs/a"), Version::V1))
        );
    }

    #[test]
    fn a_second_version_that_delegates_nothing_is_no_group() {
        let mounts = "25 20 0:22 / /sys/fs/cgroup/absent rw,relatime - cgroup2 cgroup2 rw\n";
        assert_eq!(base("0::/user.slice\n", mounts), None);
    }
}
