//! What every finding carries over from the rule that made it.

use serde::{Deserialize, Serialize};

/// How bad it is if the finding is true.
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
pub enum Severity {
    /// A fact worth knowing; never gates by itself.
    Info,
    /// Unusual in an honest skill, harmless by itself.
    Low,
    /// A weakness, or a step of an attack.
    Medium,
    /// An attack, or a weakness that one call exploits.
    High,
    /// An attack with no honest reading.
    Critical,
}

impl Severity {
    /// The word used in reports and in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sure the rule is that what it saw is what it names.
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
pub enum Confidence {
    /// Often an honest construct; counts only beside other findings.
    Low,
    /// Seldom an honest construct.
    Medium,
    /// The construct itself was resolved.
    High,
}

impl Confidence {
    /// The word used in reports and in configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The same weakness in other people's lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Taxonomy {
    /// Common Weakness Enumeration, `CWE-78`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<String>,
    /// OWASP Top 10 for LLM applications 2025, `LLM05`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owasp_llm: Vec<String>,
    /// OWASP Top 10 for agentic applications 2026, `ASI05`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owasp_asi: Vec<String>,
    /// OWASP Agentic Skills Top 10 with the version of that list, `AST01 (2026-06)`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owasp_ast: Vec<String>,
    /// MITRE ATLAS 5.6, `AML.T0050`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub atlas: Vec<String>,
}

/// What is known of a rule apart from how it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RuleInfo {
    /// Stable for ever, `SEC-CALL-001`.
    pub id: String,
    /// The bad pattern in a few words, without a full stop.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whether a declared and granted effect excuses the finding.
    pub excusable: bool,
    /// One sentence: what the code does.
    pub message: String,
    /// One sentence: what to do instead.
    pub remedy: String,
    /// The same in other lists.
    #[serde(default)]
    pub taxonomy: Taxonomy,
}
