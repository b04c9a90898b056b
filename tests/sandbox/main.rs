//! Ordinary and hostile skills in real sandboxes; this executable is its own launcher, so it brings its own `main`.
#![expect(clippy::exit, reason = "it becomes other programs")]
#![expect(clippy::print_stdout, reason = "it prints what it tested")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail that way"
)]

mod canary;
mod docker;
mod elsewhere;
mod hostile;
mod limits;
mod nested;
mod network;
mod ordinary;
mod outside;
mod skill;
mod witness;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A sentence and its proof.
type Test = (&'static str, fn());

fn main() {
    skillgate_sandbox::entry_if_reexecuted();
    outside::run_for_ever_if_asked();
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    if let Err(unavailable) = skillgate_sandbox::select(&skill::choice()) {
        let reason = format!("{unavailable}: {}", unavailable.remedy);
        return skill::skip(&skill::backend(), &reason);
    }
    let canary = canary::Canary::place();
    let beside = outside::beside(&filter);
    // A descriptor that is not closed at exec, for the sandbox to keep away from its payload.
    let _canary = nix::fcntl::fcntl(std::io::stderr(), nix::fcntl::FcntlArg::F_DUPFD(100)).unwrap();
    let mut failed = 0;
    let mut judge = |name: &str, test: &dyn Fn()| {
        if name.contains(&filter) {
            let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
            println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
            failed += usize::from(!passed);
        }
    };
    let own = [
        ordinary::TESTS,
        limits::TESTS,
        elsewhere::TESTS,
        network::TESTS,
        witness::TESTS,
        nested::TESTS,
        outside::TESTS,
    ];
    for (name, test) in own.into_iter().flatten() {
        judge(name, test);
    }
    judge(
        "every_case_of_the_reference_has_a_program",
        &hostile::every_case_of_the_reference_has_a_program,
    );
    failed += hostile::run_all(&filter, &canary).len();
    for run in beside {
        failed += usize::from(!run.finish());
    }
    assert_eq!(failed, 0, "tests failed");
}
