//! Every program of `fixtures/hostile` tries its attacks for real; what must come of them stands in `cases.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use skillgate_model::{Exit, ExitReason, Limits, Phase, PhaseTrace};

use crate::canary::Canary;
use crate::docker;
use crate::skill::{backend, cases, is_podman, nested, run_with};

/// Programs that run at the same time: they mostly wait for clocks and kernels.
fn at_once() -> usize {
    // Without user namespaces the kernel counts all processes of one user together.
    if nested() { 1 } else { 3 }
}

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
    program: BTreeMap<String, Ending>,
    #[serde(default)]
    open: Vec<Open>,
}

/// One attack.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: u32,
    attack: String,
    expected: String,
    mechanism: String,
    program: String,
    #[serde(default)]
    held: Vec<String>,
}

/// How a program ends (`|` between what may come first), and what its report says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ending {
    exit: Option<String>,
    wall_ms: Option<u64>,
    cpu_ms: Option<u64>,
    calls: Vec<String>,
    errors: Vec<String>,
    effects: Vec<String>,
    /// Seen when the skill is called, not when it is imported.
    call_effects: Vec<String>,
    /// Seen under another date alone.
    again_effects: Vec<String>,
}

/// What a backend cannot block, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    backend: String,
    reason: String,
    program: String,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    effects: Vec<String>,
    /// How the program is ended there instead, before it can say anything.
    exit: Option<String>,
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

fn table() -> Table {
    let text = fs::read_to_string(top().join("cases.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// The backend's name in the table.
fn here() -> String {
    if nested() {
        return "nested".to_owned();
    }
    if is_podman() {
        return "podman".to_owned();
    }
    backend()
}

pub(crate) fn every_case_of_the_reference_has_a_program() {
    let table = table();
    let ids: BTreeSet<u32> = table.case.iter().map(|case| case.id).collect();
    // Those of the reference, and behind them those of our own.
    let last = ids.last().copied().unwrap_or_default();
    assert!(last >= 93);
    assert_eq!(ids, (1..=last).collect());
    for case in &table.case {
        let said = [&case.attack, &case.expected, &case.mechanism];
        assert!(said.iter().all(|text| !text.is_empty()), "{case:?}");
        assert!(top().join(&case.program).exists(), "{}", case.program);
    }
    let programs = programs();
    let unnamed: Vec<&String> = table
        .program
        .keys()
        .filter(|name| !programs.contains(*name))
        .collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    for open in &table.open {
        assert!(
            !open.reason.is_empty() && programs.contains(&open.program),
            "{open:?}"
        );
    }
}

/// Every program that a case names.
fn programs() -> BTreeSet<String> {
    table().case.into_iter().map(|case| case.program).collect()
}

/// Runs all programs whose name contains the filter, some at a time; the names of those that failed.
pub(crate) fn run_all(filter: &str, canary: &Canary) -> Vec<String> {
    let table = table();
    let wanted = |name: &String| format!("hostile {name}").contains(filter);
    let waiting: Mutex<Vec<String>> =
        Mutex::new(programs().into_iter().filter(wanted).rev().collect());
    let failed = Mutex::new(Vec::new());
    // As many launchers as there are going to be, so that none is new afterwards.
    std::thread::scope(|scope| {
        for _ in 0..at_once() {
            scope.spawn(|| {
                run_with(
                    &[("tool.py", "import time\ntime.sleep(0.2)")],
                    &Limits::default(),
                    &[],
                )
            });
        }
    });
    let before = host();
    std::thread::scope(|scope| {
        for _ in 0..at_once() {
            scope.spawn(|| {
                loop {
                    let Some(name) = waiting.lock().unwrap().pop() else {
                        return;
                    };
                    let passed = catch_unwind(AssertUnwindSafe(|| check(&table, &name))).is_ok();
                    println!(
                        "test hostile {name} ... {}",
                        if passed { "ok" } else { "FAILED" }
                    );
                    if !passed {
                        failed.lock().unwrap().push(name);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    if let Err(trace) = catch_unwind(AssertUnwindSafe(|| {
        assert_eq!(before, host(), "something was left behind");
        canary.is_untouched();
    })) {
        drop(trace);
        failed.push("the host afterwards".to_owned());
    }
    failed
}

/// The files of a skill that makes this attack.
fn files(program: &str) -> Vec<(String, String)> {
    let read = |path: PathBuf| fs::read_to_string(path).unwrap();
    let mut files = vec![("attack.py".to_owned(), read(top().join("attack.py")))];
    let path = top().join(program);
    if path.is_file() {
        files.push(("tool.py".to_owned(), read(path)));
        return files;
    }
    for entry in fs::read_dir(path).unwrap().flatten() {
        files.push((entry.file_name().into_string().unwrap(), read(entry.path())));
    }
    files.sort();
    files
}

/// Runs for ever, with a child in a session of its own that no signal of a dying parent reaches.
pub(crate) fn survivor() -> String {
    let read = |name: &str| fs::read_to_string(top().join(name)).unwrap();
    let text = read("process/survivor.py").replace("from attack import _call as call", "");
    read("attack.py") + &text.replace("call(", "_call(")
}

/// Runs one program and holds it against the table.
fn check(table: &Table, program: &str) {
    let ending = table.program.get(program).cloned().unwrap_or_default();
    let here = here();
    let open: Vec<&Open> = table
        .open
        .iter()
        .filter(|open| open.program == program && open.backend == here)
        .collect();
    let opened: BTreeSet<&str> = open
        .iter()
        .flat_map(|open| &open.lines)
        .map(String::as_str)
        .collect();
    let unseen: BTreeSet<&String> = open.iter().flat_map(|open| &open.effects).collect();
    let cases = table.case.iter().filter(|case| case.program == program);
    let promised: BTreeSet<&str> = cases
        .flat_map(|case| &case.held)
        .map(String::as_str)
        .collect();
    // Programs that never end by themselves say how long they are waited for.
    let wall_ms = ending.wall_ms.unwrap_or(60_000);
    let limits = Limits {
        wall_ms,
        cpu_ms: ending.cpu_ms.unwrap_or(wall_ms),
        import_ms: wall_ms,
        ..Limits::default()
    };
    let files = files(program);
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let trace = run_with(&files, &limits, &[]);
    let ended = open.iter().find_map(|open| open.exit.clone());
    let exit = ended.clone().or(ending.exit.clone());
    let exit = exit.unwrap_or_else(|| "exit".to_owned());
    for run in &trace.phases {
        let shown = format!(
            "{program} {:?} {:?}\n{}\n{}",
            run.phase, run.exit, run.stdout, run.stderr
        );
        assert!(
            exit.split('|').any(|exit| exit == reason(&run.exit)),
            "{exit}: {shown}"
        );
        let through = lines(run, "THROUGH ");
        assert_eq!(through, opened, "what got through\n{shown}");
        if ended.is_some() {
            continue;
        }
        let held = lines(run, "held ");
        let expected: BTreeSet<&str> = promised.difference(&opened).copied().collect();
        assert_eq!(held, expected, "what was held\n{shown}");
        agree(&ending, &unseen, run);
    }
}

fn lines<'a>(run: &'a PhaseTrace, word: &str) -> BTreeSet<&'a str> {
    let name = |line: &'a str| {
        line.strip_prefix(word)
            .map(|rest| rest.split(" | ").next().unwrap())
    };
    run.stdout.lines().filter_map(name).collect()
}

fn agree(ending: &Ending, unseen: &BTreeSet<&String>, run: &PhaseTrace) {
    if run.phase == Phase::Call {
        for case in &ending.calls {
            assert!(cases(run).contains(case), "{case}: {:?}", run.cases);
        }
    }
    for module in &ending.errors {
        let failed = |(name, _): &(String, String)| name == module;
        assert!(
            run.import_errors.iter().any(failed),
            "{:?}",
            run.import_errors
        );
    }
    let always = ending.effects.iter().map(|effect| (effect, true));
    let called = ending.call_effects.iter();
    let called = called.map(|effect| (effect, run.phase != Phase::Import));
    let again = ending.again_effects.iter();
    let again = again.map(|effect| (effect, run.phase == Phase::Again));
    for (effect, expected) in always.chain(called).chain(again) {
        let seen = |seen: &skillgate_model::Observation| {
            seen.effect.to_string() == *effect && seen.witness == "syscall"
        };
        let seen = run.observations.iter().any(seen);
        assert_eq!(
            seen,
            expected && !unseen.contains(effect),
            "{effect}: {:?}",
            run.observations
        );
    }
    let size = serde_json::to_vec(run).unwrap().len();
    assert!(size < 2 << 20, "a report of {size} bytes");
    assert!(run.observations.len() <= 1000);
    assert!(run.files.len() <= 1024);
    assert!(run.stdout.len() <= 3 * (64 << 10) && run.stderr.len() <= 3 * (64 << 10));
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

/// What this process's sandboxes could leave behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    jails: usize,
    mounts: usize,
    groups: Vec<PathBuf>,
    files: Vec<PathBuf>,
    descriptors: Vec<String>,
}

/// What of it is there now.
pub(crate) fn host() -> Host {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    // An engine mounts and unmounts beside this process as it likes.
    let own = |line: &&str| !line.contains("docker") && !line.contains("containers");
    let opened = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut descriptors: Vec<String> = opened
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .map(|link| kind(&link.to_string_lossy()))
        .collect();
    descriptors.sort();
    let mut files = named_after_us(&std::env::temp_dir());
    files.extend(named_after_us(Path::new("/dev/shm")));
    Host {
        jails: jails(std::process::id()),
        mounts: mounts.lines().filter(own).count(),
        groups: groups(Path::new("/sys/fs/cgroup")),
        files,
        descriptors,
    }
}

/// Without the number that tells one socket from another.
fn kind(link: &str) -> String {
    link.split_once(":[")
        .map_or_else(|| link.to_owned(), |(kind, _)| kind.to_owned())
}

/// Entries of a folder whose name holds `skillgate` and the number of this process.
fn named_after_us(folder: &Path) -> Vec<PathBuf> {
    let pid = std::process::id().to_string();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("skillgate-") && name.split('-').any(|part| part == pid)
        })
        .collect();
    found.sort();
    found
}

/// Control groups of this process, wherever they hang.
fn groups(folder: &Path) -> Vec<PathBuf> {
    let mut found = named_after_us(folder);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        found.extend(groups(&entry.path()));
    }
    found
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
            let guest = format!("\0-\00\0{supervisor}\0");
            if backend() == "nsjail" {
                return command.ends_with(guest.as_bytes()).then_some(());
            }
            // An idle launcher is a child of its supervisor; what it started is not.
            let ours = command == format!("skillgate-sandbox-init\0{supervisor}\0").as_bytes();
            (ours && parent != supervisor.to_string()).then_some(())
        });
    processes.count()
}
