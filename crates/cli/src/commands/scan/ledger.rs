//! What the store keeps of a scan: reports, quarantine and promotions.

use std::path::Path;

use skillgate_model::{
    Decision, Promotion, PromotionState, Quarantine, QuarantineState, Report, SubjectKind, TenantId,
};
use skillgate_store::{Act, Store, StoreError};

/// The store, seen by the gate.
pub(super) struct Ledger {
    store: Store,
    tenant: TenantId,
}

impl Ledger {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            store: Store::open(folder)?,
            tenant: TenantId::default(),
        })
    }

    /// Keeps all reports and enters what they quarantine, or nothing of it.
    pub(super) fn keep(&self, reports: &[&Report]) -> Result<(), StoreError> {
        let act = act("verdict of the gate");
        let entry = |report: &Report| match report.verdict.decision {
            Decision::Quarantine => Some(entry(report, None, act.at_ms)),
            Decision::Promote => None,
        };
        let verdicts = reports.iter().map(|report| (*report, entry(report)));
        self.store.tenant(&self.tenant).put_verdicts(verdicts, &act)
    }

    /// Adds to a quarantined skill's line where it was moved to.
    pub(super) fn moved(&self, report: &Report, to: &Path) -> Result<(), StoreError> {
        let act = act("moved by the gate");
        let entry = entry(report, Some(to), act.at_ms);
        self.store.tenant(&self.tenant).quarantine(&entry, &act)
    }

    pub(super) fn promoted(&self, report: &Report, destination: &Path) -> Result<(), StoreError> {
        let act = act("verdict of the gate");
        let promotion = Promotion {
            skill: report.skill.name.clone(),
            digest: report.skill.digest.clone(),
            destination: destination.display().to_string(),
            report: report.id.clone(),
            tools: Vec::new(),
            at_ms: act.at_ms,
            state: PromotionState::Active,
        };
        self.store.tenant(&self.tenant).promote(&promotion, &act)
    }
}

fn entry(report: &Report, moved_to: Option<&Path>, since_ms: i64) -> Quarantine {
    Quarantine {
        kind: SubjectKind::Skill,
        subject: report.skill.name.clone(),
        part: report.skill.digest.clone(),
        state: QuarantineState::Blocked,
        reason: reason(report),
        since_ms,
        until_ms: None,
        strikes: 1,
        signature: None,
        report: Some(report.id.clone()),
        moved_to: moved_to.map(|path| path.display().to_string()),
    }
}

fn act(reason: &str) -> Act {
    Act::now("skillgate scan", reason)
}

/// The worst reason stands for all; the report has the rest.
fn reason(report: &Report) -> String {
    let first = report.verdict.reasons.first();
    first.map_or_else(
        || "quarantined by the gate".to_owned(),
        |reason| reason.message.clone(),
    )
}
