//! Reports are written once and found again.

use skillgate_model::{Quarantine, QuarantineState, SubjectKind};
use skillgate_store::StoreError;

use crate::sample::{act, blocked, report, tenant, with_store};

#[test]
fn a_report_reads_back_as_it_was_written() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let written = report("r-00000000000000aa", "pdf", "promote");
        rows.put_report(&written, &act()).unwrap();
        assert_eq!(rows.report("r-00000000000000aa").unwrap(), written);
        assert_eq!(rows.latest_report("pdf").unwrap(), Some(written));
    });
}

#[test]
fn the_beginning_of_an_id_is_enough_while_only_one_begins_so() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        for id in ["r-aa10", "r-aa20", "r-bb", "r-bbcc"] {
            rows.put_report(&report(id, "pdf", "promote"), &act())
                .unwrap();
        }
        assert_eq!(rows.report("r-aa1").unwrap().id, "r-aa10");
        assert_eq!(rows.report("r-bb").unwrap().id, "r-bb");
        let error = rows.report("r-aa").unwrap_err();
        assert_eq!(
            error.to_string(),
            "report `r-aa` is ambiguous: r-aa10, r-aa20"
        );
        for unknown in ["r-cc", "%", "r_aa10", "'; DROP TABLE report; --"] {
            assert!(
                matches!(rows.report(unknown), Err(StoreError::NotFound { .. })),
                "{unknown}"
            );
        }
    });
}

#[test]
fn the_latest_report_is_the_one_stored_last() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        for id in ["r-3", "r-1", "r-2"] {
            rows.put_report(&report(id, "pdf", "promote"), &act())
                .unwrap();
        }
        assert_eq!(rows.latest_report("pdf").unwrap().unwrap().id, "r-2");
        assert_eq!(rows.latest_report("csv").unwrap(), None);
        let ids: Vec<_> = rows
            .reports(2)
            .unwrap()
            .into_iter()
            .map(|report| report.id)
            .collect();
        assert_eq!(ids, ["r-2", "r-1"]);
    });
}

#[test]
fn the_same_report_again_changes_nothing_and_another_under_its_id_is_refused() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let first = report("r-1", "pdf", "promote");
        rows.put_report(&first, &act()).unwrap();
        let head = rows.audit_head().unwrap();
        rows.put_report(&first, &act()).unwrap();
        assert_eq!(rows.audit_head().unwrap(), head);

        let batch = [
            report("r-2", "csv", "promote"),
            report("r-1", "pdf", "quarantine"),
        ];
        let verdicts = batch.iter().map(|report| (report, None));
        let error = rows.put_verdicts(verdicts, &act()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "report `r-1` exists with another content"
        );
        assert_eq!(rows.reports(9).unwrap(), [first], "half a batch stayed");
    });
}

#[test]
fn what_was_said_of_a_skill_before_it_was_changed_is_the_latest_when_it_is_changed_back() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        for id in ["r-1", "r-2", "r-1"] {
            rows.put_report(&report(id, "pdf", "promote"), &act())
                .unwrap();
        }
        let latest = rows.latest_report("pdf").unwrap();
        assert_eq!(latest.map(|report| report.id).as_deref(), Some("r-1"));
        assert_eq!(rows.reports(9).unwrap().len(), 2);
        assert_eq!(rows.audit(0, 9).unwrap().len(), 3);
    });
}

#[test]
fn the_same_report_again_blocks_a_skill_that_was_released_and_no_other() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let bad = report("r-1", "pdf", "quarantine");
        let entry = blocked(SubjectKind::Skill, "pdf", &bad.skill.digest);
        let again = || rows.put_verdicts([(&bad, Some(entry.clone()))], &act());
        again().unwrap();
        let head = rows.audit_head().unwrap();
        again().unwrap();
        assert_eq!(rows.audit_head().unwrap(), head);

        let released = Quarantine {
            state: QuarantineState::Released,
            ..entry.clone()
        };
        rows.quarantine(&released, &act()).unwrap();
        again().unwrap();
        assert_eq!(
            rows.quarantines(false).unwrap(),
            std::slice::from_ref(&entry)
        );
    });
}

#[test]
fn a_tenant_sees_no_report_of_another() {
    with_store(|store| {
        let (ours, theirs) = (tenant("ours"), tenant("theirs"));
        store
            .tenant(&ours)
            .put_report(&report("r-1", "pdf", "promote"), &act())
            .unwrap();
        let rows = store.tenant(&theirs);
        assert!(matches!(
            rows.report("r-1"),
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(rows.latest_report("pdf").unwrap(), None);
        assert_eq!(rows.reports(9).unwrap(), []);
        assert_eq!(rows.audit_head().unwrap().seq, 0);
        rows.put_report(&report("r-1", "csv", "quarantine"), &act())
            .unwrap();
        assert_eq!(store.tenant(&ours).report("r-1").unwrap().skill.name, "pdf");
    });
}

#[test]
fn hostile_names_are_only_text() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        for (id, name) in [
            ("r-1", "a'b\"c"),
            ("r-2", "x\0y\n\u{1b}[31m"),
            ("r-3", "\u{202e}ð’€"),
        ] {
            rows.put_report(&report(id, name, "quarantine"), &act())
                .unwrap();
            assert_eq!(rows.latest_report(name).unwrap().unwrap().id, id);
        }
    });
}
