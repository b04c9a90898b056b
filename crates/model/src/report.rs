//! The report on one skill.

use serde::{Deserialize, Serialize};

use crate::{Coverage, Effect, Finding, Profile, SkillKind, Trace, Verdict};

/// What became of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LayerStatus {
    /// It ran and has nothing against the skill.
    Passed,
    /// It ran and gives a reason for quarantine.
    Failed,
    /// It ran in part.
    Incomplete,
    /// It was switched off, or could not run; never a pass.
    NotRun,
    /// There is nothing for it to do.
    NotApplicable,
}

/// One layer's line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LayerReport {
    /// What became of it.
    pub status: LayerStatus,
    /// One line: what it did, or why it did not.
    pub summary: String,
    /// Microseconds.
    pub duration_us: u64,
}

/// The skill a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SkillSummary {
    /// Its name.
    pub name: String,
    /// Where it was, as given on the command line.
    pub path: String,
    /// File or folder.
    pub kind: SkillKind,
    /// SHA-256 over the whole tree.
    pub digest: String,
    /// What it says it does, bounded.
    pub description: Option<String>,
    /// Number of files.
    pub files: u32,
    /// Bytes of all files.
    pub size: u64,
}

/// `inferred ∪ observed ⊆ declared ∩ granted`, and what is left over on each side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EffectTable {
    /// Whether the skill declares effects at all.
    pub declares: bool,
    /// Scopes of the manifest.
    pub declared: Vec<String>,
    /// Scopes the operator's policy grants to this skill.
    pub granted: Vec<String>,
    /// From the code.
    pub inferred: Vec<Effect>,
    /// From the simulation.
    pub observed: Vec<Effect>,
    /// Needed, and not declared.
    pub undeclared: Vec<Effect>,
    /// Needed and declared, and not granted.
    pub not_granted: Vec<Effect>,
    /// Declared, and never needed: over-privilege.
    pub unused: Vec<String>,
}

/// Everything the gate has to say about one skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this format, `skillgate-report/1`.
    pub schema: String,
    /// Names the report in the store, `r-` and 16 hex digits.
    pub id: String,
    /// Version of the tool that wrote it.
    pub tool: String,
    /// When the examination began, RFC 3339 in UTC.
    pub started_at: String,
    /// Milliseconds.
    pub duration_ms: u64,
    /// The profile in force.
    pub profile: Profile,
    /// The skill.
    pub skill: SkillSummary,
    /// The verdict.
    pub verdict: Verdict,
    /// The static scan.
    pub scan: LayerReport,
    /// The simulation.
    pub simulation: LayerReport,
    /// The comparison with declarations and grants.
    pub permissions: LayerReport,
    /// Effects, side by side.
    pub effects: EffectTable,
    /// Every finding, sorted by file, line and rule.
    pub findings: Vec<Finding>,
    /// Every file, examined or not.
    pub coverage: Vec<Coverage>,
    /// What the sandbox saw, where it ran.
    pub trace: Option<Trace>,
}
