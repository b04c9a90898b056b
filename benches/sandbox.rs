//! Start to exit of `python3 -S -c pass`: bare, under bubblewrap with the same namespaces, in the native sandbox, and in
//! a container where `SKILLGATE_BENCH_IMAGE` names an image; then eight skills one after the other and side by side.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it measures other programs"
)]

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use skillgate_model::{Content, Limits, Manifest, Skill, SkillFile, SkillKind};
use skillgate_sandbox::Choice;
use skillgate_sandbox::bench::{View, python, python_in_container, python_in_jail};

const PROGRAM: [&str; 3] = ["-S", "-c", "pass"];
const ROUNDS: usize = 101;

fn main() {
    skillgate_sandbox::entry_if_reexecuted();
    // `cargo test --all-targets` starts benches too, without this word.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    if Command::new("bwrap").arg("--version").output().is_err() {
        println!("skipped: bubblewrap is not installed");
        return;
    }
    let View {
        program,
        visible,
        links,
    } = python().unwrap();
    let mut bwrap = Vec::from(
        [
            "--unshare-all",
            "--die-with-parent",
            "--new-session",
            "--clearenv",
            "--cap-drop",
            "ALL",
        ]
        .map(str::to_owned),
    );
    for path in &visible {
        bwrap.extend(["--ro-bind", path, path].map(str::to_owned));
    }
    for (link, target) in &links {
        bwrap.extend(["--symlink", target, link].map(str::to_owned));
    }
    bwrap.extend(
        [
            "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/work", "--chdir",
            "/work",
        ]
        .map(str::to_owned),
    );
    bwrap.push(program.clone());
    bwrap.extend(PROGRAM.map(str::to_owned));

    let bare = || quiet(Command::new(&program).args(PROGRAM));
    let bubblewrap = || quiet(Command::new("bwrap").args(&bwrap));
    let native = || assert!(python_in_jail(&PROGRAM, false).unwrap());
    let traced = || assert!(python_in_jail(&PROGRAM, true).unwrap());
    let image = std::env::var("SKILLGATE_BENCH_IMAGE").unwrap_or_default();
    let docker = || assert!(python_in_container(&image, &PROGRAM).unwrap());
    let kinds: [(&str, &dyn Fn()); 5] = [
        ("bare", &bare),
        ("bubblewrap", &bubblewrap),
        ("native", &native),
        ("native, traced", &traced),
        ("docker", &docker),
    ];
    scaling();
    let kinds = if image.is_empty() {
        println!("skipped: docker, without SKILLGATE_BENCH_IMAGE");
        &kinds[..4]
    } else {
        // The first asks the image what is in it.
        docker();
        &kinds[..]
    };
    let mut times = vec![Vec::<Duration>::new(); kinds.len()];
    // Interleaved, so that a busy moment hits all alike.
    for _ in 0..ROUNDS {
        for ((_, run), times) in kinds.iter().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed());
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times.get(times.len() / 2).unwrap().as_secs_f64() * 1e3
    };
    let medians: Vec<f64> = times.iter_mut().map(median).collect();
    let [base, reference, ..] = medians[..] else {
        return;
    };
    for ((name, _), median) in kinds.iter().zip(medians) {
        let over = median - base;
        println!(
            "{name:<15} {median:7.2} ms   over bare {over:6.2} ms   {:5.2} x bubblewrap",
            over / (reference - base)
        );
    }
}

/// Eight skills, each in its three runs: one after the other, and by as many threads as there are processors.
fn scaling() {
    const SKILLS: usize = 8;
    const TIMES: usize = 7;
    let text = "import json, re\ndef f(text: str, count: int = 3) -> str: return json.dumps(re.findall('a', text) * count)\n";
    let skill = tool(text);
    let backend = skillgate_sandbox::select(&Choice::default()).unwrap();
    let run = || skillgate_sandbox::simulate(&*backend, &Limits::default(), &skill, &[]).unwrap();
    let by = |threads: usize| {
        let left = AtomicUsize::new(SKILLS);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let take = |left: usize| left.checked_sub(1);
                    while left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                        .is_ok()
                    {
                        assert_eq!(run().phases.len(), 3);
                    }
                });
            }
        });
        started.elapsed()
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    // As many launchers as there are going to be.
    by(threads);
    let (mut alone, mut together): (Vec<Duration>, Vec<Duration>) =
        (0..TIMES).map(|_| (by(1), by(threads))).unzip();
    alone.sort();
    together.sort();
    let middle = |times: &[Duration]| times.get(TIMES / 2).unwrap().as_secs_f64() * 1e3;
    let (alone, together) = (middle(&alone), middle(&together));
    println!(
        "{SKILLS} skills: {alone:.0} ms by one thread, {together:.0} ms by {threads}, {:.2} x",
        alone / together
    );
}

fn tool(text: &str) -> Skill {
    Skill {
        name: "tool".to_owned(),
        kind: SkillKind::File,
        root: "tool.py".into(),
        manifest: Manifest::default(),
        manifest_path: None,
        files: vec![SkillFile {
            path: "tool.py".to_owned(),
            raw: "tool.py".into(),
            mode: 0o644,
            size: text.len() as u64,
            sha256: String::new(),
            content: Content::Bytes(Arc::from(text.as_bytes())),
        }],
        digest: String::new(),
    }
}

fn quiet(command: &mut Command) {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status();
    assert!(status.unwrap().success(), "{command:?}");
}
