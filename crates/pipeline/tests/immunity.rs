//! The whole story of a failing tool, with a real store and two gates.
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may fail like the test"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use skillgate_immune::{Change, Counter, Settings};
use skillgate_model::{AnomalyState, QuarantineState, TenantId, Vaccination};
use skillgate_pipeline::{Ended, Immunity, Recorded, Refused};
use skillgate_store::{Act, Store};

const MINUTE: i64 = 60_000;
const PATIENCE: Duration = Duration::from_secs(20);

fn settings() -> Settings {
    Settings {
        enabled: true,
        threshold: 5,
        probes: 2,
        share_percent: 100,
        ..Settings::default()
    }
}

fn open(folder: &Path, now_ms: i64) -> (Arc<Store>, Immunity) {
    let store = Arc::new(Store::open(folder).unwrap());
    let immunity =
        Immunity::open(Arc::clone(&store), TenantId::default(), settings(), now_ms).unwrap();
    (store, immunity)
}

fn fail(immunity: &Immunity, message: &str, now_ms: i64) -> Recorded {
    let ended = Ended::Failed {
        class: "",
        code: "",
        message,
    };
    immunity.record("fetch", &json!({"url": message}), ended, now_ms)
}

/// One fault in three disguises: other hosts, times, numbers, with and without a stack trace.
const DISGUISES: [&str; 3] = [
    "ConnectionError: upstream 10.0.0.7:443 closed after 1203 ms at 2026-01-02T03:04:05Z",
    "Traceback (most recent call last):\n  File \"/a/b.py\", line 3, in f\n    go()\nConnectionError: upstream 192.168.1.9:8443 closed after 7 ms at 2025-12-31T23:59:59.123Z",
    "requests.exceptions.ConnectionError: upstream 172.16.0.1:80 closed after 88 ms at 2026-03-03T10:00:00+02:00",
];

fn remedy(signature: &str) -> Vaccination {
    Vaccination {
        signature: signature.into(),
        tool: String::new(),
        procedure: "Call the regional endpoint instead.".into(),
        resolved_by: "alice".into(),
        at_ms: 2 * MINUTE,
    }
}

fn alice(at_ms: i64) -> Act {
    Act {
        actor: "alice".into(),
        reason: "found the cause".into(),
        at_ms,
    }
}

#[test]
fn a_failing_tool_is_blocked_cured_released_and_blocked_again() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), 0);
    let tenant = TenantId::default();
    let rows = store.tenant(&tenant);
    let call = json!({"url": "x"});

    let mut last = Recorded::default();
    for number in 0..5_usize {
        assert_eq!(immunity.check("fetch", &call, MINUTE), Ok(()));
        last = fail(&immunity, DISGUISES[number % 3], MINUTE);
    }
    assert!(matches!(last.changes[..], [Change::Entered(_)]), "{last:?}");
    let signature = last.signature.unwrap();

    let refused = immunity.check("fetch", &call, MINUTE + 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "tool `fetch` is quarantined: 5 failures of one signature within 600 s"
    );
    immunity.flush(PATIENCE).unwrap();
    let anomalies = rows.anomalies(false, 9).unwrap();
    assert_eq!((anomalies.len(), anomalies[0].hits), (1, 5));
    assert_eq!(anomalies[0].signature, signature);
    assert_eq!(rows.quarantines(false).unwrap(), immunity.quarantines());
    let count = |counter| immunity.metrics().get(counter, &tenant);
    assert_eq!(count(Counter::AnomalyRecorded), 5);
    assert_eq!(
        (
            count(Counter::QuarantineEntered),
            count(Counter::ExecutionBlocked)
        ),
        (1, 1)
    );
    let actions: Vec<_> = rows
        .audit(0, 99)
        .unwrap()
        .into_iter()
        .map(|entry| entry.action)
        .collect();
    assert!(
        actions.iter().any(|action| action == "quarantine.blocked"),
        "{actions:?}"
    );

    rows.vaccinate(&remedy(&signature.hash), &alice(2 * MINUTE))
        .unwrap();
    immunity.flush(PATIENCE).unwrap();
    for _ in 0..2 {
        assert_eq!(immunity.check("fetch", &call, 3 * MINUTE), Ok(()));
    }
    assert!(
        immunity.check("fetch", &call, 3 * MINUTE).is_err(),
        "a third trial call was let through"
    );
    immunity.record("fetch", &call, Ended::Well, 3 * MINUTE);
    let released = immunity.record("fetch", &call, Ended::Well, 3 * MINUTE);
    assert!(
        matches!(released.changes[..], [Change::Released(_)]),
        "{released:?}"
    );
    immunity.flush(PATIENCE).unwrap();
    assert_eq!(rows.quarantines(false).unwrap(), []);

    for number in 0..5_usize {
        assert_eq!(immunity.check("fetch", &call, 4 * MINUTE), Ok(()));
        last = fail(&immunity, DISGUISES[(number + 1) % 3], 4 * MINUTE);
    }
    let entry = last.changes[0].entry();
    assert_eq!((entry.state, entry.strikes), (QuarantineState::Blocked, 2));
    immunity.flush(PATIENCE).unwrap();
    assert_eq!(
        rows.anomaly(&signature.hash).unwrap().state,
        AnomalyState::Reopened
    );
    assert_eq!(count(Counter::AnomalyReopened), 1);
    match immunity.check("fetch", &call, 4 * MINUTE + 1).unwrap_err() {
        Refused::Quarantined {
            remedy: Some(remedy),
            ..
        } => {
            assert!(
                remedy
                    .text
                    .contains("> Call the regional endpoint instead."),
                "{remedy:?}"
            );
            assert_eq!(
                (remedy.resolved_by.as_str(), remedy.likeness),
                ("alice", 1.0)
            );
        }
        other => panic!("{other:?}"),
    }
    let near = fail(&immunity, &format!("{} again", DISGUISES[0]), 5 * MINUTE)
        .signature
        .unwrap();
    assert_ne!(near.hash, signature.hash);
    let remedy = immunity.remedy_for(&near).unwrap();
    assert!(
        remedy.likeness < 1.0 && remedy.signature == signature.hash,
        "{remedy:?}"
    );
    drop(immunity);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn what_one_gate_blocks_another_blocks_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let (_, one) = open(folder.path(), 0);
    let (_, two) = open(folder.path(), 0);
    let call = json!({"url": "x"});
    for _ in 0..3 {
        fail(&one, DISGUISES[0], MINUTE);
    }
    one.flush(PATIENCE).unwrap();
    two.flush(PATIENCE).unwrap();
    assert_eq!(two.check("fetch", &call, MINUTE), Ok(()));
    fail(&two, DISGUISES[1], MINUTE);
    fail(&two, DISGUISES[2], MINUTE);
    assert!(
        two.check("fetch", &call, MINUTE).is_err(),
        "failures of both gates count"
    );
    let began = Instant::now();
    while one.check("fetch", &call, MINUTE).is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "the other gate still calls it"
        );
        std::thread::yield_now();
    }
}

#[test]
fn two_gates_on_one_postgresql_block_together_also_across_a_lost_connection() {
    let Ok(server) = std::env::var("SKILLGATE_POSTGRES") else {
        let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
        assert!(
            !required.contains("postgres"),
            "SKILLGATE_POSTGRES names no server"
        );
        println!("skipped: SKILLGATE_POSTGRES names no server");
        return;
    };
    let name = format!("skillgate_gates_{}", std::process::id());
    let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    admin
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    let gate = || {
        let store = Arc::new(Store::connect(&format!("{before}/{name}")).unwrap());
        Immunity::open(store, TenantId::default(), settings(), 0).unwrap()
    };
    let (one, two) = (gate(), gate());
    for tool in ["fetch", "search"] {
        for number in 0..5_usize {
            let message = DISGUISES[number % 3];
            let ended = Ended::Failed {
                class: "",
                code: "",
                message,
            };
            one.record(tool, &json!({}), ended, MINUTE);
        }
        let began = Instant::now();
        while two.check(tool, &json!({}), MINUTE).is_ok() {
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "`{tool}` is still called"
            );
            std::thread::yield_now();
        }
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        admin.query(&kill, &[]).unwrap();
    }
    drop((one, two));
    admin
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .unwrap();
}

#[test]
fn a_gate_that_starts_again_knows_what_it_knew() {
    let folder = tempfile::tempdir().unwrap();
    let (_, immunity) = open(folder.path(), 0);
    for _ in 0..4 {
        fail(&immunity, DISGUISES[0], MINUTE);
    }
    drop(immunity);
    let (_, immunity) = open(folder.path(), 2 * MINUTE);
    assert_eq!(immunity.check("fetch", &json!({}), 2 * MINUTE), Ok(()));
    fail(&immunity, DISGUISES[1], 2 * MINUTE);
    drop(immunity);
    let (store, immunity) = open(folder.path(), 2 * MINUTE);
    assert!(immunity.check("fetch", &json!({}), 2 * MINUTE).is_err());
    let tenant = TenantId::default();
    let release = Act {
        reason: "it was the network".into(),
        ..alice(3 * MINUTE)
    };
    store
        .tenant(&tenant)
        .release("fetch", None, &release)
        .unwrap();
    drop(immunity);
    let (_, immunity) = open(folder.path(), 3 * MINUTE);
    assert_eq!(
        immunity.check("fetch", &json!({}), 3 * MINUTE),
        Ok(()),
        "old failures block again"
    );
}

#[test]
fn a_dead_store_slows_no_call_and_nothing_is_counted_twice_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), 0);
    let lock = rusqlite::Connection::open(folder.path().join("skillgate.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    for number in 0..1000 {
        let _ = immunity.check("fetch", &json!({"url": "x"}), MINUTE);
        fail(&immunity, DISGUISES[0], MINUTE + number);
    }
    let spent = began.elapsed();
    assert!(spent < Duration::from_secs(5), "{spent:?} for 1,000 calls");
    assert!(
        immunity.flush(Duration::from_millis(50)).is_err(),
        "it claims to have written"
    );
    lock.execute_batch("ROLLBACK").unwrap();
    immunity.flush(PATIENCE).unwrap();
    let tenant = TenantId::default();
    let anomalies = store.tenant(&tenant).anomalies(false, 9).unwrap();
    assert_eq!((anomalies.len(), anomalies[0].hits), (1, 1000));
}

#[test]
fn what_the_store_did_not_take_before_the_end_is_replayed_once() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    let settings = Settings {
        spool_dir: Some(spool.clone()),
        ..settings()
    };
    let store = Arc::new(Store::open(&folder.path().join("store")).unwrap());
    let tenant = TenantId::default();
    let open = || {
        let settings = settings.clone();
        Immunity::open(Arc::clone(&store), tenant.clone(), settings, MINUTE).unwrap()
    };
    let left = || std::fs::read_dir(&spool).unwrap().count();
    let file = folder.path().join("store/skillgate.db");
    let lock = rusqlite::Connection::open(&file).unwrap();
    let immunity = open();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..5_usize {
        fail(&immunity, DISGUISES[number % 3], MINUTE);
    }
    drop(immunity);
    assert_eq!(left(), 1, "the calls are nowhere");
    lock.execute_batch("ROLLBACK").unwrap();
    let again = open();
    assert_eq!(left(), 0);
    again.flush(PATIENCE).unwrap();
    assert!(
        again.check("fetch", &json!({"url": "x"}), MINUTE).is_err(),
        "the replayed failures do not count"
    );
    assert_eq!(
        store.tenant(&tenant).anomalies(false, 9).unwrap()[0].hits,
        5
    );
    drop(again);
    let third = open();
    assert_eq!(
        store.tenant(&tenant).anomalies(false, 9).unwrap()[0].hits,
        5
    );
    drop(third);
}

#[test]
fn what_does_not_fit_while_the_store_is_away_is_counted_as_dropped() {
    const CALLS: u64 = 13_000;
    let folder = tempfile::tempdir().unwrap();
    let (store, immunity) = open(folder.path(), 0);
    let lock = rusqlite::Connection::open(folder.path().join("skillgate.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for number in 0..CALLS {
        immunity.record("fetch", &json!({}), Ended::Well, MINUTE + number as i64);
    }
    lock.execute_batch("ROLLBACK").unwrap();
    immunity.flush(PATIENCE).unwrap();
    let tenant = TenantId::default();
    let dropped = immunity.metrics().get(Counter::EventDropped, &tenant);
    let kept = store.tenant(&tenant).events(0, i64::MAX).unwrap().len() as u64;
    assert!(
        dropped > 0 && kept >= 10_000,
        "{kept} kept, {dropped} dropped"
    );
    assert_eq!(kept + dropped, CALLS);
}

#[test]
fn old_rows_leave_snapshots_are_written_and_growth_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = folder.path().join("snapshots");
    let settings = Settings {
        retention_days: 1,
        cleanup_interval_ms: 10 * MINUTE,
        alert: true,
        alert_interval_ms: MINUTE,
        alert_anomalies: 3,
        snapshot: true,
        snapshot_dir: snapshots.clone(),
        snapshot_batch: 1,
        ..settings()
    };
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let tenant = TenantId::default();
    let immunity = Immunity::open(Arc::clone(&store), tenant.clone(), settings, 0).unwrap();
    assert_eq!(immunity.housekeep(0).unwrap(), []);
    for _ in 0..3 {
        fail(&immunity, DISGUISES[0], 0);
    }
    immunity.flush(PATIENCE).unwrap();
    let alerts = immunity.housekeep(MINUTE).unwrap();
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        (alerts[0].counter, alerts[0].growth),
        (Counter::AnomalyRecorded, 3)
    );
    assert_eq!(immunity.housekeep(9 * MINUTE).unwrap(), []);
    assert_eq!(
        std::fs::read_dir(&snapshots).unwrap().count(),
        1,
        "a snapshot before it was due"
    );

    let rows = store.tenant(&tenant);
    assert_eq!(rows.events(0, 9).unwrap().len(), 3);
    immunity.housekeep(3 * 24 * 60 * MINUTE).unwrap();
    assert_eq!(
        rows.events(0, 9).unwrap().len(),
        1,
        "the newest event stays"
    );
    assert_eq!(
        rows.anomalies(false, 9).unwrap().len(),
        1,
        "an open anomaly was removed"
    );
    assert_eq!(std::fs::read_dir(&snapshots).unwrap().count(), 2);
}
