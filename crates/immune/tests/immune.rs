//! Counting, quarantine, trial and release, on a clock that the test turns.

use skillgate_immune::{Change, Check, Immune, Scope, Settings};
use skillgate_model::{Event, Outcome, Quarantine, QuarantineState, SubjectKind};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;

fn settings() -> Settings {
    Settings {
        enabled: true,
        threshold: 3,
        window_ms: MINUTE,
        ttl_ms: MINUTE,
        ttl_max_ms: 8 * MINUTE,
        probes: 2,
        share_percent: 100,
        ..Settings::default()
    }
}

fn event(tool: &str, outcome: Outcome, at_ms: i64) -> Event {
    Event {
        id: String::new(),
        tool: tool.into(),
        at_ms,
        outcome,
        part: "shape".into(),
        signature: "ab".repeat(32),
    }
}

fn fail(immune: &mut Immune, tool: &str, at_ms: i64) -> Vec<Change> {
    immune.record(&event(tool, Outcome::Failure, at_ms))
}

fn succeed(immune: &mut Immune, tool: &str, at_ms: i64) -> Vec<Change> {
    immune.record(&event(tool, Outcome::Success, at_ms))
}

/// Fails until the tool is blocked, and gives the entry.
fn block(immune: &mut Immune, tool: &str, at_ms: i64) -> Quarantine {
    for _ in 0..1000 {
        if let Some(Change::Entered(entry)) = fail(immune, tool, at_ms).pop() {
            return entry;
        }
    }
    panic!("{tool} was never blocked");
}

fn is_blocked(immune: &mut Immune, tool: &str, at_ms: i64) -> bool {
    let quick = immune.is_blocked(tool, "shape", at_ms);
    let blocked = matches!(immune.check(tool, "shape", at_ms).0, Check::Blocked(_));
    assert!(
        blocked || !quick,
        "the quick check blocks what the other lets through"
    );
    assert_eq!(
        quick,
        immune.blocked(tool, "shape", at_ms).is_some(),
        "the index is out of step"
    );
    blocked
}

#[test]
fn a_signature_blocks_its_tool_at_the_threshold_and_not_before() {
    let mut immune = Immune::new(settings());
    assert_eq!(fail(&mut immune, "search", 0), []);
    assert_eq!(fail(&mut immune, "search", SECOND), []);
    assert!(!is_blocked(&mut immune, "search", SECOND));
    let changes = fail(&mut immune, "search", 2 * SECOND);
    let entry = changes[0].entry();
    assert_eq!(entry.reason, "3 failures of one signature within 60 s");
    assert_eq!((entry.strikes, entry.since_ms), (1, 2 * SECOND));
    assert!(is_blocked(&mut immune, "search", 2 * SECOND));
    assert!(!is_blocked(&mut immune, "fetch", 2 * SECOND));
}

#[test]
fn failures_that_are_far_apart_or_differ_do_not_add_up() {
    let mut immune = Immune::new(settings());
    for number in 0..20 {
        assert_eq!(fail(&mut immune, "search", number * 31 * SECOND), []);
        let mut other = event("search", Outcome::Failure, number * 31 * SECOND);
        other.signature = format!("{number:032x}{number:032x}");
        assert_eq!(immune.record(&other), []);
    }
}

#[test]
fn failures_in_a_row_block_whatever_they_are() {
    let mut immune = Immune::new(Settings {
        consecutive: 4,
        ..settings()
    });
    let mut other = |number: i64, outcome| {
        let mut event = event("search", outcome, number);
        event.signature = format!("{number:032x}{number:032x}");
        immune.record(&event)
    };
    for number in 0..3 {
        assert_eq!(other(number, Outcome::Failure), []);
    }
    assert_eq!(other(3, Outcome::Success), []);
    for number in 4..7 {
        assert_eq!(other(number, Outcome::Failure), []);
    }
    assert_eq!(
        other(7, Outcome::Failure)[0].entry().reason,
        "4 failures in a row"
    );
}

#[test]
fn a_rate_blocks_only_when_enough_calls_were_made() {
    let mut immune = Immune::new(Settings {
        failure_percent: 50,
        minimum_calls: 10,
        ..settings()
    });
    let mut changes = Vec::new();
    for number in 0..10 {
        assert_eq!(changes, []);
        let mut event = event("search", Outcome::Failure, number);
        event.signature = format!("{number:032x}{number:032x}");
        if number < 5 {
            event.outcome = Outcome::Success;
        }
        changes = immune.record(&event);
    }
    assert_eq!(
        changes[0].entry().reason,
        "5 of 10 calls failed within 60 s"
    );
}

#[test]
fn thresholds_hold_by_tool_and_some_tools_are_only_recorded() {
    let mut settings = settings();
    settings.tool_thresholds.insert("search".into(), 1);
    settings.no_auto.insert("clock".into());
    let mut immune = Immune::new(settings);
    assert_eq!(fail(&mut immune, "search", 0).len(), 1);
    for number in 0..100 {
        assert_eq!(fail(&mut immune, "clock", number), []);
    }
    let mut off = Immune::new(Settings::default());
    for number in 0..100 {
        assert_eq!(fail(&mut off, "search", number), []);
    }
}

#[test]
fn what_is_not_the_tools_fault_does_not_count() {
    let mut immune = Immune::new(Settings {
        consecutive: 3,
        failure_percent: 1,
        minimum_calls: 1,
        ..settings()
    });
    for number in 0..100 {
        assert_eq!(
            immune.record(&event("search", Outcome::Ignored, number)),
            []
        );
    }
}

#[test]
fn after_its_time_a_bounded_number_of_trial_calls_decides() {
    let mut immune = Immune::new(settings());
    let until = block(&mut immune, "search", 0).until_ms.unwrap();
    assert!((MINUTE..=MINUTE + MINUTE / 4).contains(&until), "{until}");
    assert!(is_blocked(&mut immune, "search", until - 1));

    let (check, changes) = immune.check("search", "shape", until);
    assert_eq!(check, Check::Probe);
    assert_eq!(changes[0].entry().state, QuarantineState::Probing);
    assert_eq!(immune.check("search", "shape", until).0, Check::Probe);
    assert!(
        is_blocked(&mut immune, "search", until),
        "a third trial call was let through"
    );

    assert_eq!(succeed(&mut immune, "search", until + 1), []);
    let released = succeed(&mut immune, "search", until + 2);
    assert!(
        matches!(released[..], [Change::Released(_)]),
        "{released:?}"
    );
    assert_eq!(
        immune.check("search", "shape", until + 3),
        (Check::Allowed, vec![])
    );
    assert_eq!(
        fail(&mut immune, "search", until + 4),
        [],
        "hits from before count on"
    );
}

#[test]
fn a_failed_trial_call_blocks_for_longer_and_the_time_is_bounded() {
    let mut immune = Immune::new(settings());
    let mut entry = block(&mut immune, "search", 0);
    let mut lengths = Vec::new();
    for strikes in 2..=6 {
        let until = entry.until_ms.unwrap();
        assert_eq!(immune.check("search", "shape", until).0, Check::Probe);
        entry = fail(&mut immune, "search", until)
            .pop()
            .unwrap()
            .entry()
            .clone();
        assert_eq!(entry.strikes, strikes);
        lengths.push((entry.until_ms.unwrap() - until) / MINUTE);
    }
    assert!(
        lengths
            .iter()
            .zip([2, 4, 8, 8, 8])
            .all(|(&length, base)| (base..=base * 5 / 4).contains(&length)),
        "{lengths:?}"
    );
}

#[test]
fn strikes_are_forgotten_after_a_long_time_in_health() {
    let mut immune = Immune::new(settings());
    for (at, strikes) in [(0, 1), (20 * MINUTE, 2), (60 * MINUTE, 1)] {
        let mut entry = block(&mut immune, "search", at);
        assert_eq!(entry.strikes, strikes);
        entry.state = QuarantineState::Released;
        entry.since_ms = at + 10 * MINUTE;
        immune.adopt(&entry);
    }
}

#[test]
fn tools_blocked_together_do_not_probe_together() {
    let mut immune = Immune::new(settings());
    let mut ends: Vec<_> = (0..20)
        .map(|number| block(&mut immune, &format!("tool-{number}"), 0).until_ms)
        .collect();
    ends.sort();
    ends.dedup();
    assert!(ends.len() >= 15, "{ends:?}");
}

#[test]
fn a_lifetime_of_zero_lasts_until_somebody_releases_it() {
    let mut immune = Immune::new(Settings {
        ttl_ms: 0,
        ..settings()
    });
    let mut entry = block(&mut immune, "search", 0);
    assert_eq!(entry.until_ms, None);
    assert!(is_blocked(&mut immune, "search", i64::MAX));
    entry.state = QuarantineState::Released;
    immune.adopt(&entry);
    assert!(!is_blocked(&mut immune, "search", 1));
}

#[test]
fn a_trial_call_that_never_reports_back_gives_its_place_up() {
    let mut immune = Immune::new(settings());
    let until = block(&mut immune, "search", 0).until_ms.unwrap();
    immune.check("search", "shape", until);
    immune.check("search", "shape", until);
    assert!(is_blocked(&mut immune, "search", until + MINUTE));
    assert_eq!(
        immune.check("search", "shape", until + MINUTE + 1).0,
        Check::Probe
    );
    immune.record(&event("search", Outcome::Ignored, until + MINUTE + 2));
    assert_eq!(
        immune.check("search", "shape", until + MINUTE + 3).0,
        Check::Probe
    );
}

#[test]
fn a_call_from_before_the_quarantine_is_no_trial_call() {
    let mut immune = Immune::new(settings());
    let entry = block(&mut immune, "search", 0);
    immune.vaccinated("search", entry.signature.as_deref().unwrap(), SECOND);
    for number in 0..9 {
        assert_eq!(succeed(&mut immune, "search", 2 * SECOND + number), []);
    }
    assert_eq!(immune.quarantines()[0].state, QuarantineState::Probing);
}

#[test]
fn only_a_share_of_the_tools_is_blocked_at_once_and_one_always_may_be() {
    let mut immune = Immune::new(Settings {
        share_percent: 20,
        ..settings()
    });
    block(&mut immune, "tool-0", 0);
    for number in 1..10 {
        succeed(&mut immune, &format!("tool-{number}"), 0);
    }
    block(&mut immune, "tool-1", 0);
    fail(&mut immune, "tool-2", 0);
    fail(&mut immune, "tool-2", 0);
    let changes = fail(&mut immune, "tool-2", 0);
    assert!(matches!(changes[..], [Change::Capped(_)]), "{changes:?}");
    assert!(!is_blocked(&mut immune, "tool-2", 0));
    assert_eq!(immune.quarantines().len(), 2);
}

#[test]
fn a_shape_can_be_blocked_while_the_rest_of_the_tool_goes_on() {
    let mut immune = Immune::new(Settings {
        scope: Scope::Shape,
        ..settings()
    });
    let entry = block(&mut immune, "search", 0);
    assert_eq!(entry.part, "shape");
    assert!(is_blocked(&mut immune, "search", 1));
    assert_eq!(immune.check("search", "another", 1).0, Check::Allowed);
}

#[test]
fn a_vaccination_begins_the_trial_at_once_but_only_for_its_signature() {
    let mut immune = Immune::new(settings());
    let entry = block(&mut immune, "search", 0);
    assert_eq!(immune.vaccinated("search", &"cd".repeat(32), 1), []);
    let changes = immune.vaccinated("search", entry.signature.as_deref().unwrap(), 1);
    assert!(matches!(changes[..], [Change::Probing(_)]), "{changes:?}");
    assert_eq!(immune.check("search", "shape", 2).0, Check::Probe);
}

#[test]
fn a_line_of_another_process_is_taken_over() {
    let mut theirs = Immune::new(settings());
    let mut entry = block(&mut theirs, "search", 0);
    let mut immune = Immune::new(settings());
    immune.adopt(&entry);
    assert!(immune.blocked("search", "shape", 1).is_some());
    entry.kind = SubjectKind::Skill;
    entry.subject = "pdf".into();
    immune.adopt(&entry);
    assert!(
        immune.blocked("pdf", "shape", 1).is_none(),
        "a skill is no tool"
    );
}

#[test]
fn the_same_week_twice_gives_the_same_decisions() {
    let week = |immune: &mut Immune| {
        let mut log = Vec::new();
        for minute in 0..7 * 24 * 60 {
            for number in 0..5_i64 {
                let tool = format!("tool-{number}");
                let now = minute * MINUTE + number;
                if is_blocked(immune, &tool, now) {
                    continue;
                }
                let outcome = match (minute / 60 + number) % 7 {
                    0 => Outcome::Failure,
                    _ => Outcome::Success,
                };
                let mut burst = Vec::new();
                for _ in 0..3 {
                    burst.extend(immune.record(&event(&tool, outcome, now)));
                }
                log.extend(burst);
            }
        }
        immune.sweep(7 * 24 * 60 * MINUTE);
        log
    };
    let (mut one, mut two) = (Immune::new(settings()), Immune::new(settings()));
    let log = week(&mut one);
    assert_eq!(log, week(&mut two));
    assert!(log.len() > 100, "{} changes", log.len());
}
