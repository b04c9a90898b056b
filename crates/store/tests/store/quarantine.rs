//! One list for skills and tools, and what it does to promotions.

use skillgate_model::{PromotionState, QuarantineState, SubjectKind};
use skillgate_store::{StoreError, Tenant};

use crate::sample::{act, blocked, promotion, report, tenant, with_store};

fn state(rows: Tenant<'_>, skill: &str) -> PromotionState {
    let lock = rows.promotions().unwrap();
    lock.into_iter()
        .find(|entry| entry.skill == skill)
        .unwrap()
        .state
}

#[test]
fn a_skill_and_a_tool_stand_in_one_list_and_leave_it_by_one_command() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.quarantine(&blocked(SubjectKind::Tool, "search", ""), &act())
            .unwrap();
        rows.quarantine(&blocked(SubjectKind::Skill, "pdf", "d1"), &act())
            .unwrap();
        rows.quarantine(&blocked(SubjectKind::Skill, "pdf", "d2"), &act())
            .unwrap();
        let list = rows.quarantines(false).unwrap();
        let names: Vec<_> = list
            .iter()
            .map(|entry| (entry.subject.as_str(), entry.part.as_str()))
            .collect();
        assert_eq!(names, [("pdf", "d1"), ("pdf", "d2"), ("search", "")]);

        let refused = rows.release("pdf", Some("d2"), &act());
        assert!(
            matches!(refused, Err(StoreError::Unexamined { .. })),
            "{refused:?}"
        );
        for (id, decision) in [
            ("r-1", "promote"),
            ("r-2", "quarantine"),
            ("r-3", "promote"),
        ] {
            let mut report = report(id, "pdf", decision);
            report.skill.digest = "d2".into();
            rows.put_report(&report, &act()).unwrap();
            let refused =
                decision == "quarantine" && rows.release("pdf", Some("d2"), &act()).is_err();
            assert!(refused || decision == "promote");
        }
        assert_eq!(rows.release("pdf", Some("d2"), &act()).unwrap().len(), 1);
        assert_eq!(rows.release("search", None, &act()).unwrap().len(), 1);
        assert_eq!(rows.quarantines(false).unwrap().len(), 1);
        assert_eq!(rows.quarantines(true).unwrap().len(), 3);
        assert_eq!(
            rows.quarantine_of("search").unwrap()[0].state,
            QuarantineState::Released
        );
        assert!(matches!(
            rows.release("search", None, &act()),
            Err(StoreError::NotFound { .. })
        ));
    });
}

#[test]
fn a_release_without_a_reason_or_an_actor_changes_nothing() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.quarantine(&blocked(SubjectKind::Tool, "search", ""), &act())
            .unwrap();
        let mut nameless = act();
        nameless.actor = " ".into();
        let mut unfounded = act();
        unfounded.reason.clear();
        for act in [nameless, unfounded] {
            assert!(matches!(
                rows.release("search", None, &act),
                Err(StoreError::Invalid(_))
            ));
        }
        assert_eq!(rows.quarantines(false).unwrap().len(), 1);
        assert_eq!(rows.audit_head().unwrap().seq, 1);
    });
}

#[test]
fn a_blocked_tool_withdraws_its_skill_until_it_is_examined_again() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        rows.promote(&promotion("pdf", &["pdf.read", "pdf.split"]), &act())
            .unwrap();
        rows.promote(&promotion("csv", &["csv.clean"]), &act())
            .unwrap();
        rows.quarantine(&blocked(SubjectKind::Tool, "pdf.read", ""), &act())
            .unwrap();
        rows.quarantine(&blocked(SubjectKind::Tool, "pdf.split", "shape"), &act())
            .unwrap();
        assert_eq!(state(rows, "pdf"), PromotionState::Withdrawn);
        assert_eq!(state(rows, "csv"), PromotionState::Active);

        rows.release("pdf.read", None, &act()).unwrap();
        assert_eq!(
            state(rows, "pdf"),
            PromotionState::Withdrawn,
            "another tool is still blocked"
        );
        rows.release("pdf.split", None, &act()).unwrap();
        assert_eq!(state(rows, "pdf"), PromotionState::Unexamined);

        rows.put_report(&report("r-1", "pdf", "quarantine"), &act())
            .unwrap();
        assert_eq!(state(rows, "pdf"), PromotionState::Unexamined);
        rows.quarantine(&blocked(SubjectKind::Tool, "pdf.read", ""), &act())
            .unwrap();
        rows.put_report(&report("r-2", "pdf", "promote"), &act())
            .unwrap();
        assert_eq!(
            state(rows, "pdf"),
            PromotionState::Withdrawn,
            "a tool was blocked again before the examination"
        );
        rows.promote(&promotion("pdf", &["pdf.read"]), &act())
            .unwrap();
        assert_eq!(
            state(rows, "pdf"),
            PromotionState::Withdrawn,
            "a new promotion overruled the quarantine"
        );
        rows.release("pdf.read", None, &act()).unwrap();
        rows.put_report(&report("r-3", "pdf", "promote"), &act())
            .unwrap();
        assert_eq!(state(rows, "pdf"), PromotionState::Active);
    });
}

#[test]
fn what_stands_at_a_destination_is_what_was_promoted_last() {
    with_store(|store| {
        let default = tenant("default");
        let rows = store.tenant(&default);
        let mut entry = promotion("pdf", &[]);
        rows.promote(&entry, &act()).unwrap();
        entry.digest = "another".into();
        rows.promote(&entry, &act()).unwrap();
        assert_eq!(rows.promotions().unwrap(), [entry.clone()]);
        assert_eq!(rows.promotions_of("another").unwrap(), [entry]);
        assert_eq!(rows.promotions_of("digest-of-pdf").unwrap(), []);
    });
}

#[test]
fn no_tenant_can_block_or_release_for_another() {
    with_store(|store| {
        let (ours, theirs) = (tenant("ours"), tenant("theirs"));
        let (ours, theirs) = (store.tenant(&ours), store.tenant(&theirs));
        ours.promote(&promotion("pdf", &["pdf.read"]), &act())
            .unwrap();
        ours.quarantine(&blocked(SubjectKind::Tool, "search", ""), &act())
            .unwrap();
        theirs
            .quarantine(&blocked(SubjectKind::Tool, "pdf.read", ""), &act())
            .unwrap();
        assert!(matches!(
            theirs.release("search", None, &act()),
            Err(StoreError::NotFound { .. })
        ));
        assert_eq!(state(ours, "pdf"), PromotionState::Active);
        assert_eq!(ours.quarantines(false).unwrap().len(), 1);
        assert_eq!(theirs.promotions().unwrap(), []);
    });
}
