//! Records that tests put into a store.

use skillgate_model::{
    Promotion, PromotionState, Quarantine, QuarantineState, Report, SubjectKind, TenantId,
};
use skillgate_store::{Act, Store};

pub(crate) fn with_store(test: impl FnOnce(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Store::open(folder.path()).unwrap());
}

pub(crate) fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn act() -> Act {
    Act {
        actor: "alice".into(),
        reason: "a test".into(),
        at_ms: 1_700_000_000_000,
    }
}

pub(crate) fn report(id: &str, skill: &str, decision: &str) -> Report {
    let layer = serde_json::json!({"status": "passed", "summary": "", "duration_us": 1});
    serde_json::from_value(serde_json::json!({
        "schema": "skillgate-report/1", "id": id, "tool": "0.1.0",
        "started_at": "2026-01-02T03:04:05Z", "duration_ms": 7, "profile": "standard",
        "skill": {"name": skill, "path": format!("./{skill}"), "kind": "folder",
                  "digest": format!("digest-of-{skill}"), "description": null, "files": 1, "size": 2},
        "verdict": {"decision": decision, "complete": true, "qualifiers": [], "reasons": []},
        "scan": layer, "simulation": layer, "permissions": layer,
        "effects": {"declares": false, "declared": [], "granted": [], "inferred": [], "observed": [],
                    "undeclared": [], "not_granted": [], "unused": []},
        "findings": [], "coverage": [], "trace": null,
    }))
    .unwrap()
}

pub(crate) fn blocked(kind: SubjectKind, subject: &str, part: &str) -> Quarantine {
    Quarantine {
        kind,
        subject: subject.into(),
        part: part.into(),
        state: QuarantineState::Blocked,
        reason: "it fails".into(),
        since_ms: 1_700_000_000_000,
        until_ms: None,
        strikes: 1,
        signature: None,
        report: None,
        moved_to: None,
    }
}

pub(crate) fn promotion(skill: &str, tools: &[&str]) -> Promotion {
    Promotion {
        skill: skill.into(),
        digest: format!("digest-of-{skill}"),
        destination: format!("/skills/{skill}"),
        report: "r-1".into(),
        tools: tools.iter().map(|&tool| tool.into()).collect(),
        at_ms: 1_700_000_000_000,
        state: PromotionState::Active,
    }
}
