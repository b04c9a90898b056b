//! What is blocked, what was let through, and who decided: the records the gate and the run time share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What can be quarantined.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A skill that the gate rejected.
    Skill,
    /// A tool that the run time blocked.
    Tool,
}

impl SubjectKind {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Tool => "tool",
        }
    }
}

/// How far a quarantine has come.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum QuarantineState {
    /// Nothing passes.
    Blocked,
    /// Its time is over; a bounded number of trial calls decide.
    Probing,
    /// No longer in force; kept because a repeat lasts longer.
    Released,
}

impl QuarantineState {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Probing => "probing",
            Self::Released => "released",
        }
    }
}

/// One line of the one quarantine list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Quarantine {
    /// Skill or tool.
    pub kind: SubjectKind,
    /// Its name.
    pub subject: String,
    /// Digest of the skill's tree, or hash of the argument shape; empty for a tool as a whole.
    pub part: String,
    /// How far it has come.
    pub state: QuarantineState,
    /// One sentence.
    pub reason: String,
    /// Milliseconds since 1970.
    pub since_ms: i64,
    /// When trial calls begin; `None` until somebody releases it.
    pub until_ms: Option<i64>,
    /// How many times in a row; the time it lasts grows with it.
    pub strikes: u32,
    /// The signature that led to it, for a tool.
    pub signature: Option<String>,
    /// The report that led to it, for a skill.
    pub report: Option<String>,
    /// Where the candidate lay when it was examined, for a skill.
    #[serde(default)]
    pub source: Option<String>,
    /// Where the candidate was moved to, where it was moved.
    pub moved_to: Option<String>,
    /// Permission bits before the move, by path; the move takes every execute bit away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modes: BTreeMap<String, u32>,
}

impl Quarantine {
    /// The line of what is blocked for the first time, until somebody releases it.
    pub fn blocked(kind: SubjectKind, subject: &str, part: &str, reason: &str, at_ms: i64) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            part: part.to_owned(),
            state: QuarantineState::Blocked,
            reason: reason.to_owned(),
            since_ms: at_ms,
            until_ms: None,
            strikes: 1,
            signature: None,
            report: None,
            source: None,
            moved_to: None,
            modes: BTreeMap::new(),
        }
    }
}

/// Whether a promoted skill may still be used.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PromotionState {
    /// It may.
    Active,
    /// One of its tools is quarantined.
    Withdrawn,
    /// The tool was released; the next promoting report on the same digest makes it active.
    Unexamined,
}

impl PromotionState {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Withdrawn => "withdrawn",
            Self::Unexamined => "unexamined",
        }
    }
}

/// A lock entry: what was let through, bound to its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Promotion {
    /// The skill's name.
    pub skill: String,
    /// SHA-256 over the whole tree, in hex.
    pub digest: String,
    /// Where it was copied to.
    pub destination: String,
    /// The report that lets it through.
    pub report: String,
    /// The tools it offers, by the names the run time knows them by.
    pub tools: Vec<String>,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Whether it may still be used.
    pub state: PromotionState,
}

/// One link of a tenant's audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// `quarantine.entered`, `promotion.added`, …
    pub action: String,
    /// To what: `skill NAME DIGEST`, `tool NAME`, `signature HASH`.
    pub object: String,
    /// Why.
    pub reason: String,
    /// SHA-256 of the document that was written, in hex; empty where none was.
    pub document: String,
    /// The hash before this one; 64 zeros for the first.
    pub previous: String,
    /// SHA-256 over all of the above and the tenant, in hex.
    pub hash: String,
}
