//! Each limit is broken by a program of its own, whoever counts.

use skillgate_model::{ExitReason, Limits, Phase};

use crate::Test;
use crate::skill::{backend, choice, nested, phase, run_with};

pub(crate) const TESTS: &[Test] = &[
    (
        "memory_is_bounded_whoever_counts_it",
        memory_is_bounded_whoever_counts_it,
    ),
    (
        "every_limit_ends_what_breaks_it",
        every_limit_ends_what_breaks_it,
    ),
    (
        "files_processes_and_descriptors_are_bounded",
        files_processes_and_descriptors_are_bounded,
    ),
];

fn memory_is_bounded_whoever_counts_it() {
    if backend() == "native" {
        let rows = skillgate_sandbox::doctor(&choice());
        let native = rows.iter().find(|row| row.backend == "native").unwrap();
        let note = &native.notes[0];
        // Root may make a group here, the ordinary user beside it may not.
        let counted = if nix::unistd::geteuid().is_root() && !nested() {
            "counted by a control group"
        } else {
            "measured every 10 ms"
        };
        println!("note: {note}");
        let delegated = note.contains("version 2");
        assert!(delegated || note.contains(counted), "{note}");
    }
    let limits = Limits {
        memory_bytes: 128 << 20,
        ..Limits::default()
    };
    let text = "
import os, time
for _ in range(6):
    if os.fork() == 0:
        hoard = bytes(50 << 20).replace(b'\\0', b'x')
        time.sleep(60)
time.sleep(60)
";
    let trace = run_with(&[("tool.py", text)], &limits, &[]);
    let run = phase(&trace, Phase::Import);
    assert_eq!(run.exit.reason, ExitReason::Oom, "{run:?}");
}

fn every_limit_ends_what_breaks_it() {
    let limits = Limits::default;
    let cases = [
        (
            "import time; time.sleep(100)",
            ExitReason::Timeout,
            Limits {
                wall_ms: 400,
                ..limits()
            },
        ),
        (
            "import time; time.sleep(100)",
            ExitReason::Timeout,
            Limits {
                import_ms: 400,
                ..limits()
            },
        ),
        (
            "while True: pass",
            ExitReason::CpuLimit,
            Limits {
                cpu_ms: 300,
                ..limits()
            },
        ),
        (
            "hoard = b'x' * (200 << 20)",
            ExitReason::Oom,
            Limits {
                memory_bytes: 64 << 20,
                ..limits()
            },
        ),
        (
            "print('x' * 20_000)",
            ExitReason::OutputLimit,
            Limits {
                output_bytes: 10_000,
                ..limits()
            },
        ),
        (
            "import sys; sys.stderr.write('x' * 20_000)",
            ExitReason::OutputLimit,
            Limits {
                output_bytes: 10_000,
                ..limits()
            },
        ),
    ];
    for (text, reason, limits) in cases {
        let trace = run_with(&[("tool.py", text)], &limits, &[]);
        let run = phase(&trace, Phase::Import);
        assert_eq!(run.exit.reason, reason, "{text}: {run:?}");
    }
}

fn files_processes_and_descriptors_are_bounded() {
    let limits = Limits {
        pids: 8,
        file_bytes: 1 << 20,
        ..Limits::default()
    };
    let text = "
import os, signal, threading, time
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def grows():
    with open('big', 'wb') as file:
        for _ in range(20): file.write(b'x' * (1 << 18))
def forks():
    children = []
    try:
        while True:
            pid = os.fork()
            if pid == 0: time.sleep(60)
            children.append(pid)
    except OSError as error:
        return len(children) < 8, error.errno
def threads():
    started = 0
    try:
        while True:
            threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
            started += 1
    except RuntimeError:
        return started < 8
def opens():
    held = []
    try:
        while True: held.append(os.dup(1))
    except OSError as error:
        return len(held) < 256, error.errno
";
    let trace = run_with(&[("tool.py", text)], &limits, &[]);
    let call = phase(&trace, Phase::Call);
    let found: Vec<&str> = call.cases.iter().map(|case| case.detail.as_str()).collect();
    assert_eq!(
        found,
        [
            "OSError: [Errno 27] File too large",
            "(True, 11)",
            "True",
            "(True, 24)"
        ],
        "{call:?}"
    );
}
