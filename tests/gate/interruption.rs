//! Ctrl-C in the middle of a scan: no child, no half-moved skill, no broken store.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use skillgate_store::Store;

use crate::exits::{BAD, GOOD};
use crate::place::{Place, ended, simulates};

const HANGS: &str = "while True:\n    pass\n";
/// Between two looks at `/proc`.
const MOMENT: Duration = Duration::from_millis(5);
/// A busy machine starts an interpreter in this time, and an interrupted program ends in it.
const SOON: Duration = Duration::from_secs(30);

/// Whether this comes true soon.
fn soon(mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + SOON;
    while Instant::now() < end {
        if condition() {
            return true;
        }
        thread::sleep(MOMENT);
    }
    false
}

/// Parent and name of a process.
fn process(pid: u32) -> Option<(u32, String)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (head, tail) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1.to_owned();
    let parent = tail.split_whitespace().nth(1)?.parse().ok()?;
    Some((parent, name))
}

/// Every process below this one, with its name.
fn descendants(root: u32) -> Vec<(u32, String)> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    let all: Vec<_> = pids
        .filter_map(|pid| process(pid).map(|(parent, name)| (pid, parent, name)))
        .collect();
    let mut below = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = below.pop() {
        for (pid, _, name) in all.iter().filter(|(_, of, _)| *of == parent) {
            below.push(*pid);
            found.push((*pid, name.clone()));
        }
    }
    found
}

/// Starts a scan and waits until a candidate is running; returns its processes, too.
fn start(place: &Place, arguments: &[&str]) -> (Child, Vec<(u32, String)>) {
    let mut command = place.command(arguments);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut below = Vec::new();
    let runs = soon(|| {
        below = descendants(child.id());
        below.iter().any(|(_, name)| name.starts_with("python"))
    });
    assert!(runs, "no candidate runs: {below:?}");
    (child, below)
}

fn send(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
}

fn all_gone(processes: &[(u32, String)]) -> bool {
    processes
        .iter()
        .all(|(pid, name)| process(*pid).is_none_or(|(_, now)| now != *name))
}

#[test]
fn ctrl_c_leaves_no_child_no_half_moved_skill_and_a_sound_store() {
    if !simulates() {
        return;
    }
    let place = Place::with("skills/hangs.py", HANGS);
    place.write(
        "skills/a/SKILL.md",
        "---\nname: a\ndescription: d\n---\n# A\n",
    );
    place.write("skills/a/run.py", BAD);
    place.write("skills/b.py", GOOD);
    let (child, below) = start(
        &place,
        &[
            "scan",
            "--jobs",
            "1",
            "--promote-to",
            "good",
            "--quarantine-to",
            "bad",
            "skills",
        ],
    );
    let interrupted = Instant::now();
    send(&child, Signal::SIGINT);
    assert_eq!(ended(child).code(), Some(130));
    assert!(interrupted.elapsed() < SOON);
    assert!(soon(|| all_gone(&below)), "{:?}", below);
    let moved = place.list("bad");
    assert!(
        place.path("skills/a/run.py").exists() != (moved.len() == 2),
        "in one place, and whole: {moved:?}"
    );
    assert!(
        place.path("skills/hangs.py").exists(),
        "not examined, so not moved"
    );
    for promoted in place.list("good") {
        assert_eq!(promoted, "b.py");
        assert_eq!(place.read("good/b.py"), GOOD);
    }
    let store = Store::open(&place.path(".skillgate")).unwrap();
    assert_eq!(store.check().unwrap(), [""; 0]);
    drop(store);
    place.run(&["scan", "skills/b.py"]).exits(0);
}

#[test]
fn a_killed_gate_leaves_no_child() {
    if !simulates() {
        return;
    }
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let place = Place::with("hangs.py", HANGS);
        let (child, below) = start(&place, &["scan", "hangs.py"]);
        send(&child, signal);
        ended(child);
        assert!(soon(|| all_gone(&below)), "{signal}: {below:?}");
        let store = Store::open(&place.path(".skillgate")).unwrap();
        assert_eq!(store.check().unwrap(), [""; 0]);
    }
}

#[test]
fn what_never_ends_is_stopped_at_its_limit() {
    if !simulates() {
        return;
    }
    let place = Place::with("hangs.py", HANGS);
    place.write("skillgate.toml", "[limits]\nwall-ms = 1000\n");
    let report = place.scan(&["hangs.py"]).exits(1).report();
    assert!(report.is_bad().grounds().contains("GATE-SIM-003"));
}
