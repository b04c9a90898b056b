//! Findings: one place, one rule, one reason.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Effect, RuleInfo};

/// The layer that speaks.
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
pub enum Layer {
    /// Discovery and loading, before any layer.
    #[serde(rename = "load")]
    Load,
    /// The static scan.
    #[serde(rename = "L1")]
    Scan,
    /// The simulation in a sandbox.
    #[serde(rename = "L2")]
    Simulate,
    /// The comparison of needs and grants.
    #[serde(rename = "L3")]
    Permit,
}

impl Layer {
    /// The short name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Scan => "L1",
            Self::Simulate => "L2",
            Self::Permit => "L3",
        }
    }
}

/// A place in a file of the skill.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Location {
    /// Relative to the skill's root, with `/`; `!/` leads into an archive or a decoded layer.
    pub path: String,
    /// From 1; 0 when the finding is about the file as a whole.
    pub line: u32,
    /// From 1, in characters; 0 when the finding is about the file as a whole.
    pub column: u32,
    /// Line of the first character after the place.
    pub end_line: u32,
    /// Column of the first character after the place.
    pub end_column: u32,
}

impl Location {
    /// The file as a whole.
    pub fn file(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line: 0,
            column: 0,
            end_line: 0,
            end_column: 0,
        }
    }
}

/// The source lines around a finding, bounded and redacted, so that a report needs no file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Excerpt {
    /// Number of the first line in `text`.
    pub first_line: u32,
    /// The lines; hostile text, to be escaped by whoever prints it.
    pub text: String,
    /// Byte offset in `text` where the place begins.
    pub start: u32,
    /// Byte offset in `text` where it ends.
    pub end: u32,
}

/// One thing that one rule saw in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// The rule, with its severity, message and remedy.
    #[serde(flatten)]
    pub rule: Arc<RuleInfo>,
    /// Who saw it.
    pub layer: Layer,
    /// Where.
    pub location: Location,
    /// The effect this place has, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub effect: Option<Effect>,
    /// Whether `effect` enters the inferred set; a bare import only asks for some grant of its kind.
    pub infers: bool,
    /// What was seen here in particular, for instance the resolved name or the flow.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// How the code was uncovered, outermost first: `["base64", "zlib"]`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub decoded: Vec<String>,
    /// The lines, where there are any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub excerpt: Option<Excerpt>,
    /// Survives moved lines: hash over rule, path and the normalised text of the place.
    pub fingerprint: String,
}
