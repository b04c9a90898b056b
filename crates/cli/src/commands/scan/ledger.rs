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

    /// Keeps all reports, or none.
    pub(super) fn keep(&self, reports: &[&Report]) -> Result<(), StoreError> {
        self.store
            .tenant(&self.tenant)
            .put_reports(reports.iter().copied(), &act("examined"))
    }

    pub(super) fn quarantined(
        &self,
        report: &Report,
        moved_to: Option<&Path>,
    ) -> Result<(), StoreError> {
        let act = act("verdict of the gate");
        let entry = Quarantine {
            kind: SubjectKind::Skill,
            subject: report.skill.name.clone(),
            part: report.skill.digest.clone(),
            state: QuarantineState::Blocked,
            reason: reason(report),
            since_ms: act.at_ms,
            until_ms: None,
            strikes: 1,
            signature: None,
            report: Some(report.id.clone()),
            moved_to: moved_to.map(|path| path.display().to_string()),
        };
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

fn act(reason: &str) -> Act {
    Act::now("skillgate scan", reason)
}

/// The worst reason stands for all; the report has the rest.
fn reason(report: &Report) -> String {
    debug_assert_eq!(report.verdict.decision, Decision::Quarantine);
    let first = report.verdict.reasons.first();
    first.map_or_else(
        || "quarantined by the gate".to_owned(),
        |reason| reason.message.clone(),
    )
}
