//! Ordinary and hostile skills in real sandboxes; this executable is its own launcher, so it brings its own `main`.
#![expect(clippy::print_stdout, reason = "it prints what it tested")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail that way"
)]

mod ordinary;
mod skill;

use std::panic::catch_unwind;

/// A sentence and its proof.
type Test = (&'static str, fn());

fn main() {
    skillgate_sandbox::entry_if_reexecuted();
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .unwrap_or_default();
    let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
    if let Err(unavailable) = skillgate_sandbox::select(Some("native"), true) {
        assert!(
            !required.split(',').any(|name| name == "native"),
            "{unavailable}: {}",
            unavailable.remedy
        );
        println!("skipped: {unavailable}");
        return;
    }
    let mut failed = 0;
    for (name, test) in ordinary::TESTS
        .iter()
        .filter(|(name, _)| name.contains(&filter))
    {
        let passed = catch_unwind(test).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    assert_eq!(failed, 0, "tests failed");
}
