//! Parity with the reference's run time, point by point: C1 to C13 (C9, the command line, is in `tests/run_time.rs`).
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail like the test"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use skillgate_immune::{Change, Counter, Failure, Settings, sign};
use skillgate_model::{AnomalyState, Approval, TenantId, Vaccination};
use skillgate_pipeline::{Ended, Immunity, Recorded, Refused};
use skillgate_store::{Act, Store, StoreError};

const PATIENCE: Duration = Duration::from_secs(20);
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Settings as an operator gives them: by variables.
fn settings(variables: &[(&str, &str)]) -> Settings {
    let enabled = [
        ("ENABLED", "true"),
        ("SHARE_PERCENT", "100"),
        ("QUARANTINE_THRESHOLD", "2"),
    ];
    let all = enabled.iter().chain(variables);
    Settings::from_env(
        all.map(|(name, value)| (format!("SKILLGATE_IMMUNE_{name}"), (*value).to_owned())),
    )
    .unwrap()
}

fn open(folder: &Path, settings: Settings) -> (Arc<Store>, Immunity) {
    let store = Arc::new(Store::open(folder).unwrap());
    let immunity = Immunity::open(Arc::clone(&store), TenantId::default(), settings, 0).unwrap();
    (store, immunity)
}

fn fail(immunity: &Immunity, tool: &str, now_ms: i64) -> Recorded {
    let ended = Ended::Failed {
        class: "ValueError",
        code: "",
        message: "bad row 17",
    };
    immunity.record(tool, &json!({"n": 1}), ended, now_ms)
}

fn blocked(immunity: &Immunity, tool: &str, now_ms: i64) -> bool {
    immunity.check(tool, &json!({"n": 1}), now_ms).is_err()
}

fn alice() -> Act {
    Act {
        actor: "alice".into(),
        reason: "seen".into(),
        at_ms: 5,
    }
}

fn remedy(signature: &str) -> Vaccination {
    Vaccination {
        signature: signature.into(),
        tool: String::new(),
        procedure: "Skip the row.".into(),
        resolved_by: "alice".into(),
        at_ms: 5,
    }
}

#[test]
fn c1_a_signature_is_the_same_whatever_the_machine_the_time_and_the_values() {
    let signed = |message, arguments: &serde_json::Value| {
        let failure = Failure {
            tool: "fetch",
            class: "",
            code: "",
            message,
            arguments,
        };
        sign(&failure).hash
    };
    let one = signed(
        "ConnectionError: 10.0.0.1:80 closed at 2026-01-02T03:04:05Z, id 6f1a2b3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c",
        &json!({"url": "a"}),
    );
    let two = signed(
        "ConnectionError: 10.9.9.9:443 closed at 2025-12-31T23:59:59Z, id 00000000-1111-4222-8333-444444444444",
        &json!({"url": "b"}),
    );
    let shape = signed(
        "ConnectionError: 10.9.9.9:443 closed at 2025-12-31T23:59:59Z, id 00000000-1111-4222-8333-444444444444",
        &json!({"url": 1}),
    );
    assert_eq!((&one, one.len()), (&two, 64));
    assert_ne!(one, shape);
}

#[test]
fn c2_hits_are_counted_by_tenant_with_the_first_and_the_last_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), settings(&[]));
    for now_ms in [10, 30, 20] {
        fail(&immunity, "fetch", now_ms);
    }
    immunity.flush(PATIENCE).unwrap();
    let anomaly = store
        .tenant(&TenantId::default())
        .anomalies(false, 9)
        .unwrap()
        .remove(0);
    assert_eq!(
        (anomaly.hits, anomaly.first_seen_ms, anomaly.last_seen_ms),
        (3, 10, 30)
    );
    let other = "other".parse().unwrap();
    assert_eq!(store.tenant(&other).anomalies(true, 9).unwrap(), []);
}

#[test]
fn c3_without_enabled_failures_are_recorded_and_nothing_is_blocked() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!Settings::default().enabled);
    let (store, immunity) = open(folder.path(), settings(&[("ENABLED", "false")]));
    for now_ms in 0..9 {
        fail(&immunity, "fetch", now_ms);
    }
    assert!(!blocked(&immunity, "fetch", 9));
    immunity.flush(PATIENCE).unwrap();
    let hits = store
        .tenant(&TenantId::default())
        .anomalies(false, 9)
        .unwrap()
        .remove(0)
        .hits;
    assert_eq!(hits, 9);
}

#[test]
fn c4_thresholds_hold_by_tool_and_some_tools_are_only_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let own = [
        ("TOOL_THRESHOLDS", "search=1,slow=4"),
        ("TOOL_NO_AUTO", "clock"),
    ];
    let (_, immunity) = open(folder.path(), settings(&own));
    for (tool, needed) in [("search", 1), ("fetch", 2), ("slow", 4)] {
        for number in 1..=needed {
            assert!(
                !blocked(&immunity, tool, number),
                "{tool} after {}",
                number - 1
            );
            fail(&immunity, tool, number);
        }
        assert!(blocked(&immunity, tool, needed), "{tool}");
    }
    for number in 0..9 {
        fail(&immunity, "clock", number);
    }
    assert!(!blocked(&immunity, "clock", 9));
}

#[test]
fn c5_at_the_threshold_a_line_is_entered_and_calls_get_a_typed_error() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), settings(&[]));
    fail(&immunity, "fetch", 1);
    let signature = fail(&immunity, "fetch", 2).signature.unwrap();
    let refused = immunity.check("fetch", &json!({}), 3).unwrap_err();
    let Refused::Quarantined { entry, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(
        (entry.since_ms, &entry.signature),
        (2, &Some(signature.hash))
    );
    assert!(entry.until_ms.is_some() && entry.reason.contains("2 failures"));
    immunity.flush(PATIENCE).unwrap();
    assert_eq!(
        store
            .tenant(&TenantId::default())
            .quarantines(false)
            .unwrap(),
        [*entry]
    );
}

#[test]
fn c6_a_lifetime_ends_in_trial_calls_zero_never_ends_and_a_release_forgets_the_hits() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(
        folder.path(),
        settings(&[("QUARANTINE_TTL", "1m"), ("PROBES", "1")]),
    );
    fail(&immunity, "fetch", 0);
    fail(&immunity, "fetch", 0);
    assert!(blocked(&immunity, "fetch", MINUTE - 1));
    assert!(
        !blocked(&immunity, "fetch", 2 * MINUTE),
        "no trial call after its time"
    );
    assert!(
        blocked(&immunity, "fetch", 2 * MINUTE),
        "more trial calls than are set"
    );
    immunity.flush(PATIENCE).unwrap();
    store
        .tenant(&TenantId::default())
        .release("fetch", None, &alice())
        .unwrap();
    immunity.flush(PATIENCE).unwrap();
    fail(&immunity, "fetch", 2 * MINUTE);
    assert!(
        !blocked(&immunity, "fetch", 2 * MINUTE),
        "hits from before the release count"
    );
    let folder = tempfile::tempdir().unwrap();
    let (_, forever) = open(folder.path(), settings(&[("QUARANTINE_TTL", "0")]));
    fail(&forever, "fetch", 0);
    fail(&forever, "fetch", 0);
    assert!(blocked(&forever, "fetch", 999 * DAY));
}

#[test]
fn c7_a_cleanup_keeps_what_is_unresolved_or_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(
        folder.path(),
        settings(&[("RETENTION_DAYS", "1"), ("QUARANTINE_TTL", "0")]),
    );
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let mut hashes = Vec::new();
    for tool in ["open", "held", "cured"] {
        hashes.push(fail(&immunity, tool, 0).signature.unwrap().hash);
    }
    fail(&immunity, "held", 0);
    immunity.flush(PATIENCE).unwrap();
    rows.vaccinate(&remedy(&hashes[2]), &alice()).unwrap();
    immunity.flush(PATIENCE).unwrap();
    immunity.housekeep(30 * DAY).unwrap();
    let mut left: Vec<_> = rows
        .anomalies(true, 9)
        .unwrap()
        .into_iter()
        .map(|one| one.signature.tool)
        .collect();
    left.sort();
    assert_eq!(left, ["held", "open"]);
    assert_eq!(rows.quarantines(false).unwrap().len(), 1);
    assert!(
        rows.vaccination(&hashes[2]).unwrap().is_some(),
        "a remedy was forgotten"
    );
}

#[test]
fn c8_a_vaccination_resolves_is_idempotent_is_handed_back_and_a_recurrence_reopens() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), settings(&[]));
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let signature = fail(&immunity, "fetch", 1).signature.unwrap();
    immunity.flush(PATIENCE).unwrap();
    let unknown = rows.vaccinate(&remedy("00"), &alice());
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    rows.vaccinate(&remedy(&signature.hash), &alice()).unwrap();
    let head = rows.audit_head().unwrap();
    rows.vaccinate(&remedy(&signature.hash), &alice()).unwrap();
    assert_eq!(
        rows.audit_head().unwrap(),
        head,
        "a second time changed something"
    );
    assert_eq!(
        rows.anomaly(&signature.hash).unwrap().state,
        AnomalyState::Resolved
    );
    immunity.flush(PATIENCE).unwrap();
    let again = fail(&immunity, "fetch", 2).signature.unwrap();
    assert!(
        immunity
            .remedy_for(&again)
            .unwrap()
            .text
            .contains("Skip the row.")
    );
    immunity.flush(PATIENCE).unwrap();
    assert_eq!(
        rows.anomaly(&signature.hash).unwrap().state,
        AnomalyState::Reopened
    );
}

#[test]
fn c10_a_release_can_be_asked_for_and_approved_by_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let question = Approval {
        id: "a-1".into(),
        request: "release fetch".into(),
        requested_by: "bob".into(),
        reason: "it works".into(),
        approved: None,
        decided_by: String::new(),
        requested_at_ms: 1,
    };
    rows.request_approval(&question, &alice()).unwrap();
    let bob = Act {
        actor: "bob".into(),
        ..alice()
    };
    assert!(rows.decide_approval("a-1", true, &bob).is_err());
    let decided = rows.decide_approval("a-1", true, &alice()).unwrap();
    assert_eq!(
        (decided.approved, decided.decided_by.as_str()),
        (Some(true), "alice")
    );
}

#[test]
fn c11_growth_by_a_delta_within_an_interval_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let own = [
        ("ALERT_ENABLED", "true"),
        ("ALERT_INTERVAL", "1m"),
        ("ALERT_ANOMALY_DELTA", "3"),
        ("ALERT_QUARANTINE_DELTA", "1"),
        ("ALERT_BLOCKED_DELTA", "2"),
    ];
    let (_, immunity) = open(folder.path(), settings(&own));
    assert_eq!(immunity.housekeep(0).unwrap(), []);
    fail(&immunity, "fetch", 1);
    fail(&immunity, "fetch", 1);
    assert!(blocked(&immunity, "fetch", 2));
    assert_eq!(
        immunity.housekeep(MINUTE - 1).unwrap(),
        [],
        "before the interval is over"
    );
    let alerts = immunity.housekeep(MINUTE).unwrap();
    let grown: Vec<_> = alerts
        .iter()
        .map(|alert| (alert.counter, alert.growth))
        .collect();
    assert_eq!(
        grown,
        [(Counter::QuarantineEntered, 1)],
        "two of the three grew too little"
    );
}

#[test]
fn c12_snapshots_are_whole_files_of_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("snapshots");
    let own = [
        ("SNAPSHOT_ENABLED", "true"),
        ("SNAPSHOT_DIR", to.to_str().unwrap()),
        ("SNAPSHOT_BATCH", "1"),
    ];
    let (_, immunity) = open(folder.path(), settings(&own));
    for tool in ["a", "b", "c", "c"] {
        fail(&immunity, tool, 1);
    }
    immunity.flush(PATIENCE).unwrap();
    immunity.housekeep(MINUTE).unwrap();
    let files: Vec<_> = std::fs::read_dir(&to)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "a part of a snapshot was left");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let kinds: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["record"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(kinds, ["anomaly", "anomaly", "anomaly", "quarantine"]);
}

#[test]
fn c13_every_transition_is_counted_and_audited_with_actor_and_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), settings(&[("PROBES", "1")]));
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    fail(&immunity, "fetch", 1);
    let signature = fail(&immunity, "fetch", 1).signature.unwrap();
    assert!(blocked(&immunity, "fetch", 2));
    immunity.flush(PATIENCE).unwrap();
    rows.vaccinate(&remedy(&signature.hash), &alice()).unwrap();
    immunity.flush(PATIENCE).unwrap();
    assert!(!blocked(&immunity, "fetch", 3));
    let released = immunity.record("fetch", &json!({"n": 1}), Ended::Well, 4);
    assert!(matches!(released.changes[..], [Change::Released(_)]));
    fail(&immunity, "fetch", 5);
    immunity.flush(PATIENCE).unwrap();
    let metrics = immunity.metrics();
    let counts = Counter::ALL.map(|counter| (counter.as_str(), metrics.get(counter, &tenant)));
    for (name, least) in [
        ("skillgate.immune.anomaly.recorded", 3),
        ("skillgate.immune.anomaly.reopened", 1),
        ("skillgate.immune.quarantine.entered", 1),
        ("skillgate.immune.quarantine.released", 1),
        ("skillgate.immune.execution.blocked", 1),
    ] {
        assert!(counts.contains(&(name, least)), "{name} in {counts:?}");
        let series = format!(
            "{}_total{{tenant=\"default\"}} {least}",
            name.replace('.', "_")
        );
        assert!(metrics.prometheus().contains(&series), "{series}");
    }
    let audit: Vec<_> = rows
        .audit(0, 99)
        .unwrap()
        .into_iter()
        .map(|entry| (entry.action, entry.actor))
        .collect();
    let system = "skillgate immune".to_owned();
    for entry in [
        ("quarantine.blocked".to_owned(), system.clone()),
        ("execution.blocked".to_owned(), system.clone()),
        ("vaccinated".to_owned(), "alice".to_owned()),
        ("quarantine.probing".to_owned(), "alice".to_owned()),
        ("quarantine.released".to_owned(), system.clone()),
        ("anomaly.reopened".to_owned(), system),
    ] {
        assert!(audit.contains(&entry), "{entry:?} in {audit:?}");
    }
}
