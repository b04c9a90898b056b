//! What keeps the gate from examining anything at all.

use std::path::PathBuf;

/// A usage or environment error; a bad candidate is never one of these.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The path does not exist, or may not be looked at.
    #[error("`{}` cannot be scanned", path.display())]
    NoSuchPath {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A glob of the configuration.
    #[error("`{glob}` in the configuration is no glob: {message}")]
    Glob {
        /// As written.
        glob: String,
        /// Why.
        message: String,
    },
    /// The configuration itself.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// The policy of the configuration.
    #[error("the policy of the configuration does not load")]
    Policy(#[from] skillgate_permissions::PolicyError),
    /// Decisions have to be logged, and nowhere is said where.
    #[error("`audit = \"required\"` needs a `log` in `[decisions]`")]
    NoDecisionLog,
    /// The log of decisions.
    #[error("the log of decisions `{}` cannot be opened", path.display())]
    DecisionLog {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A rule of the operator's own.
    #[error("the rules do not load")]
    Rules(#[from] skillgate_scanner::RuleError),
    /// A folder with rules of the operator's own.
    #[error("the rules in `{}` cannot be read", folder.display())]
    RuleFolder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is switched off does not exist.
    #[error("`{0}` in `rules.disable` names no rule; see `skillgate rules list`")]
    NoSuchRule(String),
    /// A suppression of the configuration.
    #[error("the suppression of `{rule}` cannot be used: {message}")]
    Suppression {
        /// The rule that it names.
        rule: String,
        /// What is wrong.
        message: String,
    },
    /// The baseline file.
    #[error("the baseline `{}` cannot be used: {message}", path.display())]
    Baseline {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
}
