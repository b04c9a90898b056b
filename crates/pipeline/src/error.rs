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
    /// A file that is no skill.
    #[error("`{}` is no skill: expected a `.py` file, a `SKILL.md`, or a folder", .0.display())]
    NotASkill(PathBuf),
}
