//! Failures are counted once each, cured, and come back.

use skillgate_model::{
    AnomalyState, Approval, Event, Outcome, Quarantine, QuarantineState, Signature, SubjectKind,
    Vaccination,
};
use skillgate_store::{Act, StoreError, Tenant};

use crate::sample::{act, blocked, tenant, with_store};

fn signature(tool: &str, hash: &str) -> Signature {
    Signature {
        hash: hash.into(),
        tool: tool.into(),
        class: "OSError".into(),
        code: "2".into(),
        message: "no such file: <path>".into(),
        shape: "{path:string}".into(),
    }
}

pub(crate) fn failure(id: &str, tool: &str, hash: &str, at_ms: i64) -> (Event, Option<Signature>) {
    let event = Event {
        id: id.into(),
        tool: tool.into(),
        at_ms,
        outcome: Outcome::Failure,
        part: "p".into(),
        signature: hash.into(),
    };
    (event, Some(signature(tool, hash)))
}

pub(crate) fn remedy(hash: &str) -> Vaccination {
    Vaccination {
        signature: hash.into(),
        tool: String::new(),
        procedure: "pass an absolute path".into(),
        resolved_by: "alice".into(),
        at_ms: 50,
    }
}

fn state(rows: Tenant<'_>, hash: &str) -> (AnomalyState, i64) {
    let anomaly = rows.anomaly(hash).unwrap();
    (anomaly.state, anomaly.hits)
}

#[test]
fn an_event_counts_once_however_often_it_is_sent() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let batch = [
            failure("e-1", "read", "aa", 10),
            failure("e-2", "read", "aa", 30),
            failure("e-1", "read", "aa", 10),
            failure("e-3", "read", "bb", 20),
        ];
        assert_eq!(rows.record(&batch, &act()).unwrap().new, 3);
        assert_eq!(rows.record(&batch, &act()).unwrap().new, 0);
        let anomaly = rows.anomaly("aa").unwrap();
        assert_eq!(
            (anomaly.hits, anomaly.first_seen_ms, anomaly.last_seen_ms),
            (2, 10, 30)
        );
        assert_eq!(anomaly.signature, signature("read", "aa"));
        let events = rows.events(0, 9).unwrap();
        let ids: Vec<_> = events
            .iter()
            .map(|(seq, event)| (*seq, event.id.as_str()))
            .collect();
        assert_eq!(ids, [(1, "e-1"), (2, "e-2"), (3, "e-3")]);
        assert_eq!(rows.events(2, 9).unwrap()[0].1, batch[3].0);
        assert_eq!(rows.anomalies(false, 1).unwrap()[0].signature.hash, "aa");
    });
}

#[test]
fn a_cured_failure_that_comes_back_is_reopened_with_its_remedy_at_hand() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.record(&[failure("e-1", "read", "aa", 10)], &act())
            .unwrap();
        assert_eq!(state(rows, "aa"), (AnomalyState::Open, 1));
        rows.vaccinate(&remedy("aa"), &act()).unwrap();
        assert_eq!(state(rows, "aa"), (AnomalyState::Resolved, 1));
        assert_eq!(rows.anomalies(false, 9).unwrap(), []);

        let again = rows
            .record(&[failure("e-2", "read", "aa", 60)], &act())
            .unwrap();
        assert_eq!(again.reopened, ["aa"]);
        assert_eq!(state(rows, "aa"), (AnomalyState::Reopened, 2));
        let (signature, vaccination) = rows.remedies(Some("read")).unwrap().remove(0);
        assert_eq!(
            (signature.hash.as_str(), vaccination.tool.as_str()),
            ("aa", "read")
        );
        assert_eq!(vaccination.procedure, "pass an absolute path");
    });
}

#[test]
fn the_same_remedy_again_changes_nothing_and_an_unknown_signature_is_refused() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        assert!(matches!(
            rows.vaccinate(&remedy("aa"), &act()),
            Err(StoreError::NotFound { .. })
        ));
        rows.record(&[failure("e-1", "read", "aa", 10)], &act())
            .unwrap();
        rows.vaccinate(&remedy("aa"), &act()).unwrap();
        let head = rows.audit_head().unwrap();
        let later = Vaccination {
            at_ms: 99,
            ..remedy("aa")
        };
        rows.vaccinate(&later, &act()).unwrap();
        assert_eq!(rows.audit_head().unwrap(), head);
        assert_eq!(rows.vaccination("aa").unwrap().unwrap().at_ms, 50);
        assert_eq!(rows.vaccination("bb").unwrap(), None);
    });
}

#[test]
fn a_remedy_puts_on_trial_only_what_its_signature_had_blocked() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.record(&[failure("e-1", "read", "aa", 10)], &act())
            .unwrap();
        let entry = |part: &str, signature: &str| Quarantine {
            signature: Some(signature.into()),
            ..blocked(SubjectKind::Tool, "read", part)
        };
        rows.quarantine(&entry("one", "aa"), &act()).unwrap();
        rows.quarantine(&entry("two", "bb"), &act()).unwrap();
        rows.vaccinate(&remedy("aa"), &act()).unwrap();
        let states: Vec<_> = rows
            .quarantines(false)
            .unwrap()
            .into_iter()
            .map(|entry| entry.state)
            .collect();
        assert_eq!(states, [QuarantineState::Probing, QuarantineState::Blocked]);
    });
}

#[test]
fn a_blocked_call_leaves_a_trace_in_the_audit() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let (mut event, _) = failure("e-1", "read", "", 10);
        event.outcome = Outcome::Blocked;
        rows.record(&[(event, None)], &act()).unwrap();
        let entry = rows.audit(0, 9).unwrap().remove(0);
        assert_eq!(
            (entry.action.as_str(), entry.object.as_str()),
            ("execution.blocked", "tool read")
        );
        assert_eq!(rows.anomalies(true, 9).unwrap(), []);
    });
}

#[test]
fn a_cleanup_keeps_what_is_unresolved_or_in_force() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let batch = [
            failure("e-1", "open", "aa", 10),
            failure("e-2", "cured", "bb", 10),
            failure("e-3", "cured-but-blocked", "cc", 10),
            failure("e-4", "cured-and-recent", "dd", 500),
        ];
        rows.record(&batch, &act()).unwrap();
        for hash in ["bb", "cc", "dd"] {
            rows.vaccinate(&remedy(hash), &act()).unwrap();
        }
        rows.quarantine(&blocked(SubjectKind::Tool, "cured-but-blocked", ""), &act())
            .unwrap();
        let cleaned = rows.clean(100, &act()).unwrap();
        assert_eq!(
            (cleaned.events, cleaned.anomalies, cleaned.quarantines),
            (3, 1, 0)
        );
        let left = rows.anomalies(true, 9).unwrap();
        let mut left: Vec<_> = left
            .iter()
            .map(|anomaly| anomaly.signature.hash.as_str())
            .collect();
        left.sort_unstable();
        assert_eq!(left, ["aa", "cc", "dd"]);
        assert_eq!(rows.quarantines(false).unwrap().len(), 1);

        let again = rows
            .record(&[failure("e-5", "cured", "bb", 600)], &act())
            .unwrap();
        assert_eq!(again.reopened, ["bb"], "a remedy outlives its anomaly");
        let later = rows.events(0, 9).unwrap();
        assert_eq!(
            later.last().unwrap().0,
            5,
            "numbers are not given out twice"
        );
    });
}

#[test]
fn an_answer_is_given_once() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let question = Approval {
            id: "q-1".into(),
            request: "release search".into(),
            requested_by: "bob".into(),
            reason: "it works again".into(),
            approved: None,
            decided_by: String::new(),
            requested_at_ms: 5,
        };
        rows.request_approval(&question, &act()).unwrap();
        rows.request_approval(&question, &act()).unwrap();
        assert_eq!(rows.approvals(false).unwrap(), [question]);
        let bob = Act {
            actor: "bob".into(),
            ..act()
        };
        assert_eq!(
            rows.decide_approval("q-1", true, &bob)
                .unwrap_err()
                .to_string(),
            "a request is approved by somebody else than who made it"
        );
        let answer = rows.decide_approval("q-1", false, &act()).unwrap();
        assert_eq!(
            (answer.approved, answer.decided_by.as_str()),
            (Some(false), "alice")
        );
        assert!(rows.decide_approval("q-1", false, &act()).is_ok());
        assert!(matches!(
            rows.decide_approval("q-1", true, &act()),
            Err(StoreError::Conflict { .. })
        ));
        assert!(matches!(
            rows.decide_approval("q-2", true, &act()),
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(rows.approvals(false).unwrap(), []);
        assert_eq!(rows.approvals(true).unwrap().len(), 1);
        assert_eq!(rows.audit_head().unwrap().seq, 2);
    });
}

#[test]
fn a_snapshot_holds_everything_once_whatever_the_batch() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let batch: Vec<_> = (0..25)
            .map(|number| {
                failure(
                    &format!("e-{number}"),
                    "read",
                    &format!("{number:02x}"),
                    number,
                )
            })
            .collect();
        rows.record(&batch, &act()).unwrap();
        rows.quarantine(&blocked(SubjectKind::Skill, "pdf", "d"), &act())
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        for batch in [1, 7, 25, 1000] {
            let path = rows.snapshot(folder.path(), batch, batch).unwrap();
            let text = std::fs::read_to_string(path).unwrap();
            let kinds = ["anomaly", "quarantine"].map(|kind| {
                text.lines()
                    .filter(|line| line.contains(&format!("\"record\":\"{kind}\"")))
                    .count()
            });
            assert_eq!(kinds, [25, 1]);
        }
        let names = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        assert_eq!(names.count(), 4, "a part was left behind");
    });
}

#[test]
fn no_call_of_one_tenant_shows_or_changes_anomalies_of_another() {
    with_store(|store| {
        let (ours, theirs) = (tenant("ours"), tenant("theirs"));
        let (ours, theirs) = (store.tenant(&ours), store.tenant(&theirs));
        ours.record(&[failure("e-1", "read", "aa", 10)], &act())
            .unwrap();
        assert!(matches!(
            theirs.anomaly("aa"),
            Err(StoreError::NotFound { .. })
        ));
        assert!(matches!(
            theirs.vaccinate(&remedy("aa"), &act()),
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(
            theirs
                .record(&[failure("e-1", "read", "aa", 20)], &act())
                .unwrap()
                .new,
            1
        );
        theirs.vaccinate(&remedy("aa"), &act()).unwrap();
        theirs.clean(1000, &act()).unwrap();
        assert_eq!(state(ours, "aa"), (AnomalyState::Open, 1));
        assert_eq!(ours.events(0, 9).unwrap().len(), 1);
        assert_eq!(ours.remedies(Some("read")).unwrap(), []);
    });
}
