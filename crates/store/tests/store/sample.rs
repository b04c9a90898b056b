//! Stores of every engine, and records that tests put into them.

use std::sync::atomic::{AtomicU32, Ordering};

use skillgate_model::{Promotion, PromotionState, Quarantine, Report, SubjectKind, TenantId};
use skillgate_store::{Act, Store};

/// Runs the test on an empty store of every engine that this machine has.
pub(crate) fn with_store(test: impl Fn(&Store)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Store::open(folder.path()).unwrap());
    if let Some(database) = Database::create() {
        test(&Store::connect(&database.url).unwrap());
    }
}

/// An empty database of its own on the PostgreSQL that `SKILLGATE_POSTGRES` names.
pub(crate) struct Database {
    pub(crate) url: String,
    name: String,
    server: String,
}

impl Database {
    /// `None`, and a line that says so, where there is no PostgreSQL and none is required.
    pub(crate) fn create() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("SKILLGATE_POSTGRES") else {
            let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
            assert!(
                !required.contains("postgres"),
                "SKILLGATE_POSTGRES names no server"
            );
            println!("skipped: SKILLGATE_POSTGRES names no server");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("skillgate_test_{}_{number}", std::process::id());
        let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        Some(Self {
            url: format!("{before}/{name}"),
            name,
            server,
        })
    }

    pub(crate) fn client(&self) -> postgres::Client {
        postgres::Client::connect(&self.url, postgres::NoTls).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut client = postgres::Client::connect(&self.server, postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .unwrap();
    }
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
    Quarantine::blocked(kind, subject, part, "it fails", act().at_ms)
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
