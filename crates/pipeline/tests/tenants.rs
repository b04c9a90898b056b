//! What two tenants do with one store, mixed in any order, is what each would have seen alone.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail like the test"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::json;
use skillgate_immune::{Counter, Settings};
use skillgate_model::{
    Approval, Promotion, PromotionState, Quarantine, Report, SubjectKind, TenantId, Vaccination,
};
use skillgate_pipeline::{Ended, Immunity};
use skillgate_store::{Act, Store};

const TENANTS: [&str; 2] = ["ours", "theirs"];
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything a tenant can do; numbers pick a tool, a fault, a skill or a question.
#[derive(Debug, Clone, Copy)]
enum Step {
    Fail(u8, u8),
    Succeed(u8),
    Cancel(u8),
    Check(u8),
    Vaccinate(u8),
    Block(u8),
    Release(u8),
    Report(u8, bool),
    Promote(u8),
    Ask(u8),
    Answer(u8, bool),
    Clean,
    /// Longer than a first quarantine lasts.
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..2_u8, 0..2_u8).prop_map(|(tool, fault)| Step::Fail(tool, fault)),
        3 => (0..2_u8).prop_map(Step::Succeed),
        1 => (0..2_u8).prop_map(Step::Cancel),
        5 => (0..2_u8).prop_map(Step::Check),
        2 => (0..2_u8).prop_map(Step::Vaccinate),
        1 => (0..2_u8).prop_map(Step::Block),
        2 => (0..2_u8).prop_map(Step::Release),
        1 => (0..2_u8, any::<bool>()).prop_map(|(skill, good)| Step::Report(skill, good)),
        1 => (0..2_u8).prop_map(Step::Promote),
        1 => (0..2_u8).prop_map(Step::Ask),
        1 => (0..2_u8, any::<bool>()).prop_map(|(question, yes)| Step::Answer(question, yes)),
        1 => Just(Step::Clean),
        2 => Just(Step::Wait),
    ]
}

/// One tenant with its own clock, and all that it was ever shown.
struct Party {
    id: TenantId,
    immunity: Immunity,
    now_ms: i64,
    number: u32,
    signatures: BTreeMap<u8, String>,
    shown: Vec<String>,
}

impl Party {
    fn new(store: &Arc<Store>, name: &str) -> Self {
        let id: TenantId = name.parse().unwrap();
        let settings = Settings {
            enabled: true,
            threshold: 3,
            probes: 1,
            share_percent: 50,
            ..Settings::default()
        };
        Self {
            immunity: Immunity::open(Arc::clone(store), id.clone(), settings, 0).unwrap(),
            id,
            now_ms: 0,
            number: 0,
            signatures: BTreeMap::new(),
            shown: Vec::new(),
        }
    }

    fn act(&self) -> Act {
        Act {
            actor: "alice".into(),
            reason: "because".into(),
            at_ms: self.now_ms,
        }
    }

    fn take(&mut self, store: &Store, step: Step) {
        self.now_ms += 1_000;
        self.number += 1;
        let shown = self.perform(store, step);
        self.immunity.flush(PATIENCE).unwrap();
        self.shown.push(format!("{step:?}: {shown}"));
    }

    fn perform(&mut self, store: &Store, step: Step) -> String {
        let (id, act, now_ms) = (self.id.clone(), self.act(), self.now_ms);
        let rows = store.tenant(&id);
        let tool = |number: u8| format!("tool-{number}");
        let arguments = json!({"url": "x"});
        let end = |number: u8, ended| {
            self.immunity
                .record(&tool(number), &arguments, ended, now_ms)
        };
        match step {
            Step::Fail(number, fault) => {
                let message = ["TimeoutError: late", "ValueError: bad"][usize::from(fault)];
                let ended = Ended::Failed {
                    class: "",
                    code: "",
                    message,
                };
                let recorded = end(number, ended);
                let signature = recorded.signature.as_ref().unwrap();
                let remedy = self.immunity.remedy_for(signature);
                self.signatures.insert(number, signature.hash.clone());
                format!("{recorded:?} {remedy:?}")
            }
            Step::Succeed(number) => format!("{:?}", end(number, Ended::Well)),
            Step::Cancel(number) => format!("{:?}", end(number, Ended::Ignored)),
            Step::Check(number) => {
                format!(
                    "{:?}",
                    self.immunity.check(&tool(number), &arguments, now_ms)
                )
            }
            Step::Vaccinate(number) => {
                let known = self.signatures.get(&number);
                let vaccination = Vaccination {
                    signature: known.cloned().unwrap_or_else(|| "ff".into()),
                    tool: String::new(),
                    procedure: "Wait.".into(),
                    resolved_by: "alice".into(),
                    at_ms: now_ms,
                };
                format!("{:?}", rows.vaccinate(&vaccination, &act))
            }
            Step::Block(number) => {
                let entry =
                    Quarantine::blocked(SubjectKind::Tool, &tool(number), "", "by hand", now_ms);
                format!("{:?}", rows.quarantine(&entry, &act))
            }
            Step::Release(number) => format!("{:?}", rows.release(&tool(number), None, &act)),
            Step::Report(skill, good) => {
                let report = report(self.number, skill, good);
                format!("{:?}", rows.put_report(&report, &act))
            }
            Step::Promote(skill) => {
                let promotion = Promotion {
                    skill: format!("skill-{skill}"),
                    digest: format!("digest-{skill}"),
                    destination: format!("/skills/{skill}"),
                    report: "r-1".into(),
                    tools: vec![tool(skill)],
                    at_ms: now_ms,
                    state: PromotionState::Active,
                };
                format!("{:?}", rows.promote(&promotion, &act))
            }
            Step::Ask(number) => {
                let question = Approval {
                    id: format!("q-{number}"),
                    request: format!("release tool-{number}"),
                    requested_by: "bob".into(),
                    reason: "it works".into(),
                    approved: None,
                    decided_by: String::new(),
                    requested_at_ms: now_ms,
                };
                format!("{:?}", rows.request_approval(&question, &act))
            }
            Step::Answer(number, yes) => {
                format!(
                    "{:?}",
                    rows.decide_approval(&format!("q-{number}"), yes, &act)
                )
            }
            Step::Clean => format!("{:?}", rows.clean(now_ms - 3_000, &act)),
            Step::Wait => {
                self.now_ms += 20 * 60_000;
                String::new()
            }
        }
    }

    /// All that it was shown, and every row it can read in the end.
    fn observed(mut self, store: &Store) -> Vec<String> {
        self.immunity.flush(PATIENCE).unwrap();
        let rows = store.tenant(&self.id);
        let mut all = std::mem::take(&mut self.shown);
        all.push(format!("{:?}", rows.anomalies(true, 99).unwrap()));
        all.push(format!("{:?}", rows.quarantines(true).unwrap()));
        all.push(format!("{:?}", rows.promotions().unwrap()));
        all.push(format!("{:?}", rows.reports(99).unwrap()));
        all.push(format!("{:?}", rows.remedies(None).unwrap()));
        all.push(format!("{:?}", rows.approvals(true).unwrap()));
        // The id of an event begins with the process that made it.
        let events = rows.events(0, 999).unwrap().into_iter();
        let plain =
            events.map(|(seq, event)| (seq, event.tool, event.at_ms, event.outcome, event.part));
        all.push(format!("{:?}", plain.collect::<Vec<_>>()));
        all.push(format!(
            "{:?}",
            rows.audit(0, 9_999)
                .unwrap()
                .iter()
                .map(|entry| {
                    (
                        entry.seq,
                        entry.at_ms,
                        &entry.actor,
                        &entry.action,
                        &entry.object,
                        &entry.reason,
                    )
                })
                .collect::<Vec<_>>()
        ));
        let metrics = self.immunity.metrics();
        all.push(format!(
            "{:?}",
            Counter::ALL.map(|counter| metrics.get(counter, &self.id))
        ));
        all.push(format!("{:?}", self.immunity.quarantines()));
        all
    }
}

fn report(number: u32, skill: u8, good: bool) -> Report {
    let layer = json!({"status": "passed", "summary": "", "duration_us": 1});
    let decision = if good { "promote" } else { "quarantine" };
    serde_json::from_value(json!({
        "schema": "skillgate-report/1", "id": format!("r-{number}"), "tool": "0.1.0",
        "started_at": "2026-01-02T03:04:05Z", "duration_ms": 7, "profile": "standard",
        "skill": {"name": format!("skill-{skill}"), "path": "x", "kind": "folder",
                  "digest": format!("digest-{skill}"), "description": null, "files": 1, "size": 2},
        "verdict": {"decision": decision, "complete": true, "qualifiers": [], "reasons": []},
        "scan": layer, "simulation": layer, "permissions": layer,
        "effects": {"declares": false, "declared": [], "granted": [], "inferred": [], "observed": [],
                    "undeclared": [], "not_granted": [], "unused": []},
        "findings": [], "coverage": [], "trace": null,
    }))
    .unwrap()
}

/// What each tenant observes when these tenants take their steps, in this order, on an empty store.
fn observe(store: Store, steps: &[(bool, Step)], names: &[&str]) -> BTreeMap<String, Vec<String>> {
    let store = Arc::new(store);
    let mut parties: Vec<_> = names.iter().map(|name| Party::new(&store, name)).collect();
    for (first, step) in steps {
        let name = TENANTS[usize::from(!first)];
        if let Some(party) = parties.iter_mut().find(|party| party.id.as_str() == name) {
            party.take(&store, *step);
        }
    }
    let observed = parties
        .into_iter()
        .map(|party| (party.id.to_string(), party.observed(&store)));
    let observed = observed.collect();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    observed
}

/// Checks the property on stores that `fresh` makes, `cases` times.
fn nobody_interferes(cases: u32, fresh: impl Fn() -> Store) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 40,
        ..Config::default()
    };
    let steps = proptest::collection::vec((any::<bool>(), step()), 10..40);
    TestRunner::new(config)
        .run(&steps, |steps| {
            let mixed = observe(fresh(), &steps, &TENANTS);
            for name in TENANTS {
                let alone = observe(fresh(), &steps, &[name]);
                for (number, (mixed, alone)) in mixed[name].iter().zip(&alone[name]).enumerate() {
                    if mixed != alone {
                        let text = format!("{name} at {number}:\nmixed {mixed}\nalone {alone}");
                        return Err(TestCaseError::fail(text));
                    }
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_call_of_one_tenant_changes_or_shows_anything_of_another() {
    nobody_interferes(12, || {
        // The store of a case is left to the system's temporary folder's own end.
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        FOLDERS.lock().unwrap().push(folder);
        store
    });
    FOLDERS.lock().unwrap().clear();
}

/// Folders of stores that are open.
static FOLDERS: std::sync::Mutex<Vec<tempfile::TempDir>> = std::sync::Mutex::new(Vec::new());

#[test]
fn no_call_of_one_tenant_changes_or_shows_anything_of_another_on_postgresql() {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("SKILLGATE_POSTGRES") else {
        let required = std::env::var("SKILLGATE_REQUIRE").unwrap_or_default();
        assert!(
            !required.contains("postgres"),
            "SKILLGATE_POSTGRES names no server"
        );
        println!("skipped: SKILLGATE_POSTGRES names no server");
        return;
    };
    let name = |number| format!("skillgate_tenants_{}_{number}", std::process::id());
    let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    let (before, _) = server.rsplit_once('/').unwrap();
    nobody_interferes(4, || {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut admin = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        let create = format!("CREATE DATABASE {}", name(number));
        admin.batch_execute(&create).unwrap();
        Store::connect(&format!("{before}/{}", name(number))).unwrap()
    });
    for number in 0..NUMBER.load(Ordering::Relaxed) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", name(number));
        admin.batch_execute(&drop).unwrap();
    }
}
