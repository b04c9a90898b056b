//! Memory and CPU time of a whole tree of processes, read from `/proc`.

use std::fs;
use std::os::unix::fs::FileTypeExt;

use crate::sys;

/// What was measured last, and the most that was seen.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) memory_bytes: u64,
    pub(crate) cpu_ms: u64,
    pub(crate) peak_bytes: Option<u64>,
}

impl Meter {
    /// Measures the tree below `init`, against the limit that would end it.
    pub(crate) fn measure(&mut self, init: i32, limit_bytes: u64) {
        let tree = tree(init);
        let tick = sys::tick_ms();
        self.cpu_ms = self
            .cpu_ms
            .max(tree.iter().map(|pid| cpu_ticks(*pid) * tick).sum());
        self.memory_bytes = tree.iter().map(|pid| resident_bytes(*pid)).sum();
        // Pages shared after a fork count many times, so a sum that would kill is confirmed by proportional shares.
        if self.memory_bytes > limit_bytes && tree.len() > 2 {
            self.memory_bytes = tree.iter().map(|pid| proportional_bytes(*pid)).sum();
        }
        self.peak_bytes = self.peak_bytes.max(Some(self.memory_bytes));
    }
}

/// What the sockets of this process's network may hold, which the kernel counts for no process.
pub(crate) fn socket_bytes(init: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{init}/net/protocols")).unwrap_or_default();
    let sockets = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    sockets.sum::<u64>() * bytes_of_a_socket()
}

/// The same of the sockets that processes hold, where their network is the machine's.
pub(crate) fn held_socket_bytes(tree: &[i32]) -> u64 {
    let held = tree.iter().flat_map(|pid| {
        let open = fs::read_dir(format!("/proc/{pid}/fd"));
        open.into_iter().flatten().flatten()
    });
    let is_socket = |entry: &fs::DirEntry| {
        fs::metadata(entry.path()).is_ok_and(|file| file.file_type().is_socket())
    };
    held.filter(is_socket).count() as u64 * bytes_of_a_socket()
}

/// A socket takes one packet more than fits; the policy keeps programs from asking for larger buffers.
fn bytes_of_a_socket() -> u64 {
    /// As the kernel is built.
    const USUAL: u64 = 212_992;
    let most = fs::read_to_string("/proc/sys/net/core/wmem_default");
    let most = most.ok().and_then(|text| text.trim().parse().ok());
    2 * most.unwrap_or(USUAL)
}

/// Every process below `root`, itself included.
pub(crate) fn tree(root: i32) -> Vec<i32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        next += 1;
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for thread in threads.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<i32>().ok()),
            );
        }
    }
    found
}

fn cpu_ticks(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name may contain anything, so fields are counted behind its last parenthesis.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    // User and system time, own and of reaped children: fields 14 to 17 of the line.
    fields
        .split_whitespace()
        .skip(11)
        .take(4)
        .filter_map(|ticks| ticks.parse::<u64>().ok())
        .sum()
}

fn resident_bytes(pid: i32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * sys::page_bytes()
}

fn proportional_bytes(pid: i32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_else(|| resident_bytes(pid) / 1024) * 1024
}
