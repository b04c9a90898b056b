//! The vocabulary every layer shares: types and serde only, no I/O and no decisions.

mod coverage;
mod digest;
mod effect;
mod error;
mod event;
mod finding;
mod profile;
mod quarantine;
mod report;
mod rule;
mod skill;
mod tenant;
mod trace;
mod verdict;

pub use coverage::{Coverage, Examination};
pub use digest::hex;
pub use effect::{Effect, EffectKind, EffectParseError};
pub use error::chain;
pub use event::{Anomaly, AnomalyState, Approval, Event, Outcome, Signature, Vaccination};
pub use finding::{Excerpt, Finding, Layer, Location};
pub use profile::{Limits, Profile};
pub use quarantine::{
    AuditEntry, Promotion, PromotionState, Quarantine, QuarantineState, SubjectKind,
};
pub use report::{EffectTable, LayerReport, LayerStatus, Report, SkillSummary};
pub use rule::{Confidence, RuleInfo, Severity, Taxonomy};
pub use skill::{Content, Manifest, ManifestError, Skill, SkillFile, SkillKind};
pub use tenant::{TenantId, TenantParseError};
pub use trace::{
    CaseOutcome, CaseResult, Control, Exit, ExitReason, FileChange, NotEnforced, Observation,
    Phase, PhaseTrace, Repetition, Tier, Trace,
};
pub use verdict::{Decision, Reason, ReasonKind, Verdict};
