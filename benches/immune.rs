//! The check before each call with 100,000 quarantined tools, and the memory of a million signatures.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to say"
)]

use std::hint::black_box;

use skillgate_immune::{Immune, Settings};
use skillgate_model::{Event, Outcome};

const TOOLS: usize = 100_000;
const CHECKS: usize = 5_000_000;
const SIGNATURES: usize = 1_000_000;

fn event(tool: &str, signature: u64) -> Event {
    // Spread as the digests of real signatures are.
    let spread = signature.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Event {
        id: String::new(),
        tool: tool.to_owned(),
        at_ms: 1,
        outcome: Outcome::Failure,
        part: "0123456789abcdef".to_owned(),
        signature: format!("{spread:016x}{signature:048x}"),
    }
}

fn settings() -> Settings {
    Settings {
        enabled: true,
        threshold: 1,
        ttl_ms: 0,
        share_percent: 100,
        ..Settings::default()
    }
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Time on a processor, so that a busy machine does not count; Linux' scheduler says it.
fn cpu_ns() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse().unwrap()
}

/// Nanoseconds for one call of `work` on each tool, out of order; the best of five rounds.
fn each(tools: &[String], mut work: impl FnMut(&str)) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..5 {
        let began = cpu_ns();
        // A stride that is coprime to the count visits every tool.
        let mut place = 0;
        for _ in 0..CHECKS {
            place = (place + 61_169) % tools.len();
            work(black_box(tools.get(place).map_or("", String::as_str)));
        }
        best = best.min((cpu_ns() - began) as f64 / CHECKS as f64);
    }
    best
}

/// The check, without what it costs to fetch a name that the caller of a tool has at hand.
fn time(label: &str, immune: &Immune, tools: &[String]) {
    let name = each(tools, |tool| {
        black_box(tool.bytes().fold(0_u8, u8::wrapping_add));
    });
    let check = each(tools, |tool| {
        black_box(tool.bytes().fold(0_u8, u8::wrapping_add));
        black_box(immune.is_blocked(tool, "0123456789abcdef", 2));
    });
    println!(
        "{label}: {:.1} ns (bar 100), beside {name:.1} ns to fetch its name",
        check - name
    );
}

fn main() {
    let blocked: Vec<_> = (0..TOOLS)
        .map(|number| format!("server-{}.tool-{number}", number % 97))
        .collect();
    let free: Vec<_> = (0..TOOLS)
        .map(|number| format!("other-{}.tool-{number}", number % 97))
        .collect();
    let mut immune = Immune::new(Settings {
        share_percent: 100,
        ..settings()
    });
    for tool in &blocked {
        let mut entry = event(tool, 1);
        entry.outcome = Outcome::Success;
        immune.record(&entry);
    }
    let mut one = Immune::new(settings());
    let change = one.record(&event("pattern", 1)).pop().unwrap();
    for tool in &blocked {
        let mut entry = change.entry().clone();
        entry.subject.clone_from(tool);
        immune.adopt(&entry);
    }
    assert!(
        blocked
            .iter()
            .all(|tool| immune.blocked(tool, "0123456789abcdef", 2).is_some())
    );
    time(
        "check of a quarantined tool among 100,000",
        &immune,
        &blocked,
    );
    time(
        "check of a free tool beside 100,000 quarantined",
        &immune,
        &free,
    );

    let mut counted = Immune::new(Settings {
        threshold: 5,
        ..Settings::default()
    });
    let before = resident();
    for number in 0..SIGNATURES {
        counted.record(&event(&format!("tool-{}", number % 1000), number as u64));
    }
    let bytes = resident() - before;
    println!(
        "1,000,000 signatures: {} MB, {} bytes each",
        bytes >> 20,
        bytes / SIGNATURES
    );
}
