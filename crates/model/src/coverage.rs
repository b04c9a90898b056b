//! The coverage ledger: every file of a skill, examined or not.

use serde::{Deserialize, Serialize};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Examination {
    /// Every byte was read by the engines named.
    Examined {
        /// `facts`, `pattern`, `text`, `data`, …
        engines: Vec<String>,
    },
    /// Not, or not wholly, examined; such a skill is not promotable.
    Unexamined {
        /// One sentence.
        reason: String,
    },
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Coverage {
    /// Relative to the skill's root.
    pub path: String,
    /// What the file is by its content: `python`, `markdown`, `png image`, `unknown binary`.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// Examined or not.
    #[serde(flatten)]
    pub examination: Examination,
}
