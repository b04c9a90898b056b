//! Start to exit of `python3 -S -c pass`: bare, under bubblewrap with the same namespaces, in the native sandbox, and in
//! a container where `SKILLGATE_BENCH_IMAGE` names an image.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it measures other programs"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

fn quiet(command: &mut Command) {
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status();
    assert!(status.unwrap().success(), "{command:?}");
}
