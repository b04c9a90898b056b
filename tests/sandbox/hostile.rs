//! Every program of `fixtures/hostile` tries its attack for real; what must come of it stands in its first lines.

use std::fs;
use std::path::{Path, PathBuf};

use skillgate_model::{Exit, ExitReason, Limits, Phase, PhaseTrace};

use crate::docker;
use crate::skill::{backend, cases, nested, run_with};

/// What the head of a program promises.
#[derive(Debug, Default)]
struct Expected {
    /// It needs an own root or another user to be held, which the weaker tier says of itself.
    full_only: bool,
    exit: String,
    held: usize,
    wall_ms: Option<u64>,
    cpu_ms: Option<u64>,
    cases: Vec<String>,
    errors: Vec<String>,
    effects: Vec<String>,
}

/// Every program, sorted.
pub(crate) fn programs() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(top())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
    {
        found.extend(
            fs::read_dir(folder.path())
                .unwrap()
                .flatten()
                .map(|entry| entry.path()),
        );
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "py"));
    found.sort();
    found
}

/// Where the programs lie.
pub(crate) fn top() -> PathBuf {
    std::env::var_os("SKILLGATE_FIXTURES")
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"),
            PathBuf::from,
        )
        .join("hostile")
}

/// Runs one program and holds it against its head and against the host.
pub(crate) fn check(program: &Path) {
    let text = fs::read_to_string(program).unwrap();
    let attack = fs::read_to_string(top().join("attack.py")).unwrap();
    let expected = expected(&text);
    if expected.full_only && nested() {
        return;
    }
    // Programs that never end by themselves say how long they are waited for.
    let wall_ms = expected.wall_ms.unwrap_or(60_000);
    let limits = Limits {
        wall_ms,
        cpu_ms: expected.cpu_ms.unwrap_or(wall_ms),
        ..Limits::default()
    };
    let before = host();
    let trace = run_with(&[("attack.py", &attack), ("tool.py", &text)], &limits, &[]);
    for run in &trace.phases {
        let shown = format!(
            "{:?} {:?}\n{}\n{}",
            run.phase, run.exit, run.stdout, run.stderr
        );
        assert_eq!(reason(&run.exit), expected.exit, "{shown}");
        assert!(!run.stdout.contains("THROUGH"), "{shown}");
        let held = run
            .stdout
            .lines()
            .filter(|line| line.starts_with("held "))
            .count();
        assert_eq!(held, expected.held, "{shown}");
        agree(&expected, run);
    }
    assert_eq!(before, host(), "something was left behind");
}

fn agree(expected: &Expected, run: &PhaseTrace) {
    if run.phase == Phase::Call {
        for case in &expected.cases {
            assert!(cases(run).contains(case), "{case}: {:?}", run.cases);
        }
    }
    for module in &expected.errors {
        assert!(
            run.import_errors.iter().any(|(name, _)| name == module),
            "{:?}",
            run.import_errors
        );
    }
    for effect in &expected.effects {
        let seen = |seen: &skillgate_model::Observation| {
            seen.effect.to_string() == *effect && seen.witness == "syscall"
        };
        assert!(
            run.observations.iter().any(seen),
            "{effect}: {:?}",
            run.observations
        );
    }
    assert!(run.observations.len() <= 1000);
    assert!(run.files.len() <= 1024);
    assert!(run.stdout.len() <= 3 * (64 << 10) && run.stderr.len() <= 3 * (64 << 10));
}

fn expected(text: &str) -> Expected {
    let mut expected = Expected::default();
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        match line.split_once(": ") {
            Some(("expect", exit)) => expected.exit = exit.to_owned(),
            Some(("wall", wall)) => expected.wall_ms = Some(wall.parse().unwrap()),
            Some(("cpu", cpu)) => expected.cpu_ms = Some(cpu.parse().unwrap()),
            Some(("held", count)) => expected.held = count.parse().unwrap(),
            Some(("case", case)) => expected.cases.push(case.to_owned()),
            Some(("error", module)) => expected.errors.push(module.to_owned()),
            Some(("effect", effect)) => expected.effects.push(effect.to_owned()),
            _ => expected.full_only |= line == "full-only",
        }
    }
    expected
}

fn reason(exit: &Exit) -> String {
    let word = match exit.reason {
        ExitReason::Exit => "exit",
        ExitReason::Signal => return format!("signal {}", exit.signal.unwrap_or(0)),
        ExitReason::Timeout => "timeout",
        ExitReason::CpuLimit => "cpu_limit",
        ExitReason::Oom => "oom",
        ExitReason::OutputLimit => "output_limit",
        ExitReason::Denied => "denied",
        ExitReason::NotRun => "not_run",
    };
    word.to_owned()
}

/// What this process's sandboxes could leave behind: jails, mounts, descriptors.
pub(crate) fn host() -> (usize, usize, usize) {
    // An engine mounts and unmounts beside this process as it likes.
    let mounts = fs::read_to_string("/proc/self/mountinfo")
        .unwrap()
        .lines()
        .filter(|line| !line.contains("docker") && !line.contains("containers"))
        .count();
    (
        jails(std::process::id()),
        mounts,
        fs::read_dir("/proc/self/fd").unwrap().count(),
    )
}

/// How many launchers and jails of a supervisor are alive; a jail lives as long as its process 1, which is counted.
pub(crate) fn jails(supervisor: u32) -> usize {
    if backend() == "docker" {
        return docker::containers(supervisor, &["--all"]).len();
    }
    let processes = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            let status = fs::read_to_string(entry.path().join("status")).ok()?;
            let parent = status
                .lines()
                .find_map(|line| line.strip_prefix("PPid:"))?
                .trim();
            // An idle launcher is a child of its supervisor; what it started is not.
            let ours = command == format!("skillgate-sandbox-init\0{supervisor}\0").as_bytes();
            (ours && parent != supervisor.to_string()).then_some(())
        });
    processes.count()
}
