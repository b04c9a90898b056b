//! Where user namespaces are refused: what mounts and process namespaces do elsewhere is done by hand.

use std::fs;
use std::time::{Duration, Instant};

use skillgate_model::{Control, ExitReason, Limits, Phase, Tier};

use crate::Test;
use crate::skill::{backend, is_podman, nested, phase, run, run_with};

pub(crate) const TESTS: &[Test] = &[
    ("the_weaker_tier_is_named", the_weaker_tier_is_named),
    (
        "nothing_survives_a_fork_bomb_of_memory",
        nothing_survives_a_fork_bomb_of_memory,
    ),
    (
        "nothing_survives_that_starts_itself_again_and_again",
        nothing_survives_that_starts_itself_again_and_again,
    ),
    (
        "many_files_are_too_much_together",
        many_files_are_too_much_together,
    ),
    (
        "machine_code_that_was_written_is_not_loaded",
        machine_code_that_was_written_is_not_loaded,
    ),
];

fn the_weaker_tier_is_named() {
    if backend() != "native" {
        return;
    }
    let trace = run("X = 1");
    let missing: Vec<Control> = trace.not_enforced.iter().map(|gap| gap.control).collect();
    if nested() {
        assert_eq!(trace.tier, Tier::Nested);
        assert!(missing.contains(&Control::PidNamespace), "{missing:?}");
    } else {
        assert_eq!(trace.tier, Tier::Full);
        assert_eq!(missing, []);
    }
    assert!(trace.enforced.contains(&Control::WorkLimit));
}

/// Processes of this user that bear a word in their memory of arguments.
fn marked(word: &str) -> usize {
    let marked = |entry: &fs::DirEntry| {
        fs::read(entry.path().join("comm")).is_ok_and(|name| name.starts_with(word.as_bytes()))
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter(marked).count()
}

fn gone(word: &str) {
    let end = Instant::now() + Duration::from_secs(5);
    while marked(word) > 0 {
        assert!(Instant::now() < end, "{} are left", marked(word));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A name of its own for the processes of one test, which the kernel shows for every process.
fn named(word: &str, rest: &str) -> String {
    format!("import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'{word}')\n{rest}")
}

fn nothing_survives_a_fork_bomb_of_memory() {
    let word = format!("bomb{}", std::process::id());
    let text = named(
        &word,
        "
for _ in range(8):
    if os.fork() == 0:
        os.setsid()
        hoard = b'x' * (300 << 20)
        time.sleep(100)
time.sleep(100)
",
    );
    let trace = run(&text);
    assert_eq!(phase(&trace, Phase::Import).exit.reason, ExitReason::Oom);
    gone(&word);
}

fn nothing_survives_that_starts_itself_again_and_again() {
    let word = format!("comet{}", std::process::id());
    let text = named(
        &word,
        "
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        while True:
            if os.fork():
                os._exit(0)
time.sleep(100)
",
    );
    let limits = Limits {
        wall_ms: 700,
        ..Limits::default()
    };
    let trace = run_with(&[("tool.py", &text)], &limits, &[]);
    let exit = &phase(&trace, Phase::Import).exit;
    assert!(
        matches!(exit.reason, ExitReason::Timeout | ExitReason::CpuLimit),
        "{exit:?}"
    );
    gone(&word);
}

fn many_files_are_too_much_together() {
    let bytes = "
import os, time
for number in range(256):
    with open('f%d' % number, 'wb') as file: file.write(b'x' * (1 << 20))
";
    let files = "
for number in range(20000): open('f%d' % number, 'w').close()
";
    let bounded: &[&str] = if is_podman() {
        &[bytes]
    } else {
        &[bytes, files]
    };
    for text in bounded {
        let text = format!("{text}\n__import__('time').sleep(1)\nprint('THROUGH')");
        // On a busy machine thousands of files take their time.
        let limits = Limits {
            import_ms: 60_000,
            ..Limits::default()
        };
        let trace = run_with(&[("tool.py", &text)], &limits, &[]);
        let import = phase(&trace, Phase::Import);
        assert!(!import.stdout.contains("THROUGH"), "{import:?}");
        if nested() {
            assert_eq!(import.exit.reason, ExitReason::OutputLimit, "{import:?}");
        } else {
            assert!(import.import_errors[0].1.contains("No space"), "{import:?}");
        }
    }
}

fn machine_code_that_was_written_is_not_loaded() {
    let trace = run("
import ctypes
source = next(line.split()[-1] for line in open('/proc/self/maps') if 'libc.so' in line or 'libc-' in line)
open('own.so', 'wb').write(open(source, 'rb').read())
def load(): return ctypes.CDLL('./own.so')
");
    let call = phase(&trace, Phase::Call);
    assert!(
        call.cases[0].detail.starts_with("OSError"),
        "{:?}",
        call.cases
    );
}
