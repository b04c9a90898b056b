//! The verdict and its reasons.

use serde::{Deserialize, Serialize};

use crate::{Effect, Layer, Location, Severity};

/// What happens to the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may be used.
    Promote,
    /// It may not.
    Quarantine,
}

impl Decision {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Quarantine => "quarantine",
        }
    }
}

/// The kinds of reason; `Incomplete` is told apart from the rest by the exit code too.
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
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// A finding that no grant excuses, or that none does.
    Threat,
    /// An effect the skill does not declare.
    Undeclared,
    /// An effect it declares and was not granted.
    NotGranted,
    /// What it did in the sandbox.
    Behaviour,
    /// Something could not be examined.
    Incomplete,
}

/// One reason, enough to act on without the rest of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reason {
    /// Of what kind.
    pub kind: ReasonKind,
    /// Who says so.
    pub layer: Layer,
    /// The rule, where a rule speaks.
    pub rule: Option<String>,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub location: Option<Location>,
    /// The effect at issue.
    pub effect: Option<Effect>,
    /// One sentence: what is wrong.
    pub message: String,
    /// One sentence: the next step.
    pub remedy: String,
    /// How many places have this very reason; `location` is the first.
    pub count: u32,
}

/// What the gate says of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Verdict {
    /// Promote or quarantine.
    pub decision: Decision,
    /// Whether every layer looked at everything it should have.
    pub complete: bool,
    /// What a reader must know beside the decision: `not simulated`, `simulated in part`.
    pub qualifiers: Vec<String>,
    /// Why; empty for a clean promotion. Sorted, worst first.
    pub reasons: Vec<Reason>,
}
