//! A control group for the runs of one launcher, where this process may make one; the supervisor counts beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use skillgate_model::Limits;

use crate::orphan::orphans;

const PREFIX: &str = "skillgate-";
/// The launcher and process 1 of the jail count too.
const LAUNCHERS: u32 = 2;

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
    /// The most memory that earlier runs used, where that cannot be set back.
    peak_before: u64,
}

impl Group {
    /// Makes a group of this process; `Err` says why that is impossible, and the poller has to do.
    pub(crate) fn create() -> io::Result<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup")?;
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let mut refused = io::Error::new(
            io::ErrorKind::Unsupported,
            "no memory controller is delegated to this process",
        );
        for (base, version) in bases(&groups, &mounts) {
            match Self::below(&base, version) {
                Ok(group) => return Ok(group),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Makes a group below this one, and tries whether it can be limited.
    fn below(base: &Path, version: Version) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        sweep(base);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        let mut group = Self {
            path,
            version,
            killed_before: 0,
            peak_before: 0,
        };
        group.begin(&Limits::default())?;
        Ok(group)
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
                write("pids.max", (limits.pids + LAUNCHERS).to_string())?;
            }
        }
        let (peak, kills) = self.memory();
        self.killed_before += kills;
        // The second version never forgets its peak.
        self.peak_before = match self.version {
            Version::V1 => 0,
            Version::V2 => self.peak_before.max(peak.unwrap_or(0)),
        };
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
        let peak = peak.trim().parse().ok();
        (
            peak.filter(|peak| *peak > self.peak_before),
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

/// Where this process is before it enters a group, for [`leave`].
pub(crate) fn home(group: &Path) -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    // In the second version the group above holds no processes, in the first it is where this one came from.
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mut above = group.ancestors().skip(1);
    let second = above.clone().map(|top| top.join(own));
    let mut places = second.filter(|place| place.join("cgroup.controllers").exists());
    let home = places.find(|place| {
        let text = fs::read_to_string(place.join("cgroup.procs")).unwrap_or_default();
        let pid = std::process::id().to_string();
        text.lines().any(|line| line == pid)
    });
    home.or_else(|| above.next().map(Path::to_owned))
}

/// Goes home and removes the group: what a launcher does whose supervisor is gone.
pub(crate) fn leave(group: &Path, home: &Path) {
    if fs::write(home.join("cgroup.procs"), "0").is_ok() {
        drop(fs::remove_dir(group));
    }
}

/// How memory is counted here, and how it could be counted better.
pub(crate) fn note() -> String {
    match Group::create() {
        Ok(group) => {
            let version = match group.version {
                Version::V1 => 1,
                Version::V2 => 2,
            };
            format!("memory is counted by a control group of version {version}")
        }
        Err(error) => format!(
            "memory is measured every 10 ms, because no control group can be made ({error}); to have one, start with \
             `systemd-run --user --scope -p Delegate=yes skillgate …`, or as root"
        ),
    }
}

/// Groups below which one may be made, the likeliest first.
fn bases(groups: &str, mounts: &str) -> Vec<(PathBuf, Version)> {
    let mut found = Vec::new();
    for line in mounts.lines() {
        let Some((place, kind)) = line.split_once(" - ") else {
            continue;
        };
        let Some(mount) = place.split(' ').nth(4).map(Path::new) else {
            continue;
        };
        let mut kind = kind.split(' ');
        let (filesystem, options) = (kind.next().unwrap_or(""), kind.nth(1).unwrap_or(""));
        let own = |controller: &str| {
            let entry = groups.lines().find_map(|line| {
                let mut fields = line.splitn(3, ':').skip(1);
                let found = fields.next()?.split(',').any(|name| name == controller);
                found.then(|| fields.next()).flatten()
            })?;
            Some(mount.join(entry.trim_start_matches('/')))
        };
        match filesystem {
            "cgroup" if options.split(',').any(|option| option == "memory") => {
                found.extend(own("memory").map(|own| (own, Version::V1)));
            }
            "cgroup2" => {
                // A group that holds processes hands no controller down, so the place is one further up.
                let own = own("").unwrap_or_default();
                let above = own.ancestors().take_while(|path| path.starts_with(mount));
                let delegating = above.filter(|path| delegates(path));
                found.extend(delegating.map(|path| (path.to_owned(), Version::V2)));
            }
            _ => {}
        }
    }
    found
}

/// Whether groups below this one of the second version can be limited.
fn delegates(group: &Path) -> bool {
    let children = fs::read_to_string(group.join("cgroup.subtree_control")).unwrap_or_default();
    let has = |name| children.split_whitespace().any(|found| found == name);
    has("memory") && has("pids")
}

/// Removes groups of supervisors that were killed; one that is in use refuses.
fn sweep(base: &Path) {
    for group in orphans(base, PREFIX) {
        drop(fs::remove_dir(group));
    }
}

#[cfg(test)]
mod tests;
