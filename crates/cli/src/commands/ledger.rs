//! What the store keeps of an examination: reports, quarantine and promotions.

use std::path::Path;

use skillgate_model::{
    Decision, Promotion, PromotionState, Quarantine, Report, SubjectKind, TenantId,
};
use skillgate_pipeline::{Examined, tools_of};
use skillgate_store::{Act, Store, StoreError};

/// The store, seen by the gate.
pub(super) struct Ledger {
    store: Store,
    tenant: TenantId,
}

impl Ledger {
    pub(super) fn new(store: Store, tenant: TenantId) -> Self {
        Self { store, tenant }
    }

    /// Keeps all reports and enters what they quarantine, or nothing of it.
    pub(super) fn keep(&self, reports: &[&Report]) -> Result<(), StoreError> {
        let act = act("verdict of the gate");
        let verdicts = reports.iter().map(|report| verdict(report, act.at_ms));
        self.store.tenant(&self.tenant).put_verdicts(verdicts, &act)
    }

    /// Adds to a quarantined skill's line where it was moved to.
    pub(super) fn moved(&self, examined: &Examined, to: &Path) -> Result<(), StoreError> {
        let act = act("moved by the gate");
        let files = examined.skill.files.iter();
        let entry = Quarantine {
            moved_to: Some(absolute(to)),
            modes: files
                .filter(|file| file.mode & 0o111 != 0)
                .map(|file| (file.path.clone(), file.mode))
                .collect(),
            ..entry(&examined.report, act.at_ms)
        };
        self.store.tenant(&self.tenant).quarantine(&entry, &act)
    }

    pub(super) fn promoted(
        &self,
        examined: &Examined,
        destination: &Path,
    ) -> Result<(), StoreError> {
        let act = act("verdict of the gate");
        let promotion = Promotion {
            skill: examined.report.skill.name.clone(),
            digest: examined.report.skill.digest.clone(),
            destination: absolute(destination),
            report: examined.report.id.clone(),
            tools: tools_of(&examined.skill),
            at_ms: act.at_ms,
            state: PromotionState::Active,
        };
        self.store.tenant(&self.tenant).promote(&promotion, &act)
    }

    /// Every quarantine of a tool in force.
    pub(super) fn blocked_tools(&self) -> Result<Vec<Quarantine>, StoreError> {
        let mut entries = self.store.tenant(&self.tenant).quarantines(false)?;
        entries.retain(|entry| entry.kind == SubjectKind::Tool);
        Ok(entries)
    }
}

/// A report and the line of the quarantine list that it leads to.
pub(super) fn verdict(report: &Report, since_ms: i64) -> (&Report, Option<Quarantine>) {
    match report.verdict.decision {
        Decision::Quarantine => (report, Some(entry(report, since_ms))),
        Decision::Promote => (report, None),
    }
}

fn entry(report: &Report, since_ms: i64) -> Quarantine {
    let (name, digest) = (&report.skill.name, &report.skill.digest);
    Quarantine {
        report: Some(report.id.clone()),
        source: Some(absolute(Path::new(&report.skill.path))),
        ..Quarantine::blocked(SubjectKind::Skill, name, digest, &reason(report), since_ms)
    }
}

/// The store outlives the folder that a command was typed in.
fn absolute(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.display().to_string()
}

fn act(reason: &str) -> Act {
    Act::now("skillgate scan", reason)
}

/// The worst reason stands for all; the report has the rest.
pub(super) fn reason(report: &Report) -> String {
    let first = report.verdict.reasons.first();
    first.map_or_else(
        || "quarantined by the gate".to_owned(),
        |reason| reason.message.clone(),
    )
}
