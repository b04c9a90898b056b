//! What happens at run time: calls of tools, the signatures of their failures, and what cures them.

use serde::{Deserialize, Serialize};

/// How one call of a tool ended.
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
pub enum Outcome {
    /// It returned.
    Success,
    /// It failed, and the tool is to blame.
    Failure,
    /// It failed, and the tool is not: cancelled, or the caller's own bad arguments.
    Ignored,
    /// It was not made, because the tool is quarantined.
    Blocked,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Ignored, Self::Blocked];

    /// The word used in records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Ignored => "ignored",
            Self::Blocked => "blocked",
        }
    }
}

/// The canonical form of a failure; it holds no argument, no secret and no time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Signature {
    /// SHA-256 over the rest, in hex.
    pub hash: String,
    /// The tool that failed.
    pub tool: String,
    /// Class of the error, for instance `ConnectionError`; may be empty.
    pub class: String,
    /// Its code, for instance `ENOENT` or `404`; may be empty.
    pub code: String,
    /// The message with everything that varies replaced; hostile text.
    pub message: String,
    /// Keys and types of the arguments.
    pub shape: String,
}

/// One call, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Event {
    /// Chosen by whoever records it; the same event recorded twice counts once.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Hash of the arguments' shape.
    pub part: String,
    /// Hash of the failure's signature; empty where it did not fail.
    pub signature: String,
}

/// Whether somebody has to look at an anomaly.
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
pub enum AnomalyState {
    /// Nobody has resolved it.
    Open,
    /// It was vaccinated against.
    Resolved,
    /// It came back after that.
    Reopened,
}

impl AnomalyState {
    /// The word used in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }
}

/// A failure that was seen, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Anomaly {
    /// Its canonical form.
    #[serde(flatten)]
    pub signature: Signature,
    /// Whether somebody has to look at it.
    pub state: AnomalyState,
    /// How often it was seen since the store knows it.
    pub hits: i64,
    /// Milliseconds since 1970.
    pub first_seen_ms: i64,
    /// Milliseconds since 1970.
    pub last_seen_ms: i64,
}

/// What an operator found to help against one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Vaccination {
    /// The signature it helps against.
    pub signature: String,
    /// The tool.
    pub tool: String,
    /// What to do; untrusted text, never instructions to follow blindly.
    pub procedure: String,
    /// Who says so.
    pub resolved_by: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A question to an operator, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Approval {
    /// Names it.
    pub id: String,
    /// What is asked for: `release NAME`.
    pub request: String,
    /// Who asks; the answer is somebody else's.
    #[serde(default)]
    pub requested_by: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// `None` while nobody has answered.
    pub approved: Option<bool>,
    /// Who answered; empty while nobody has.
    pub decided_by: String,
    /// Milliseconds since 1970.
    pub requested_at_ms: i64,
}
