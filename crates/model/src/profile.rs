//! Profiles and limits that an operator sets.

use serde::{Deserialize, Serialize};

/// What an undeclared effect means.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
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
pub enum Profile {
    /// Denies every undeclared effect and every forbidden import.
    Strict,
    /// Denies undeclared effects of a skill that declares some, and the dangerous kinds always.
    #[default]
    Standard,
    /// Records and never blocks.
    Observe,
}

impl Profile {
    /// The word used in configuration and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Standard => "standard",
            Self::Observe => "observe",
        }
    }
}

/// What one simulation may use; the defaults are the seeds' presets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Wall clock of one run, milliseconds.
    pub wall_ms: u64,
    /// Wall clock of the run that only imports, milliseconds, where it is less than `wall_ms`.
    pub import_ms: u64,
    /// CPU time of the whole tree of processes, milliseconds.
    pub cpu_ms: u64,
    /// Memory of the whole tree, bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub pids: u32,
    /// Size of one written file, bytes.
    pub file_bytes: u64,
    /// Size of the work directory, bytes.
    pub work_bytes: u64,
    /// Files in the work directory.
    pub work_inodes: u32,
    /// Standard output and standard error, bytes each.
    pub output_bytes: u64,
}

impl Limits {
    /// Names of the presets, for messages.
    pub const PRESETS: [&'static str; 12] = [
        "standard",
        "permissive",
        "balanced",
        "strict",
        "memory-minimal",
        "memory-small",
        "memory-medium",
        "memory-large",
        "cpu-short",
        "cpu-medium",
        "cpu-long",
        "cpu-extended",
    ];

    /// A preset by name: a level, or one dimension of the default.
    pub fn preset(name: &str) -> Option<Self> {
        let limits = |memory_mib: u64, seconds: u64| Self {
            memory_bytes: memory_mib << 20,
            cpu_ms: seconds * 1000,
            wall_ms: seconds * 1000,
            ..Self::default()
        };
        Some(match name {
            "standard" => Self::default(),
            "permissive" => limits(512, 60),
            "balanced" => limits(256, 60),
            "strict" => limits(128, 30),
            "memory-minimal" => limits(64, 60),
            "memory-small" => limits(128, 60),
            "memory-medium" => limits(256, 60),
            "memory-large" => limits(512, 60),
            "cpu-short" => limits(512, 10),
            "cpu-medium" => limits(512, 60),
            "cpu-long" => limits(512, 300),
            "cpu-extended" => limits(512, 3600),
            _ => return None,
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 60_000,
            import_ms: 15_000,
            cpu_ms: 60_000,
            memory_bytes: 512 << 20,
            pids: 64,
            file_bytes: 10 << 20,
            work_bytes: 64 << 20,
            work_inodes: 4096,
            output_bytes: 1 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_values() {
        for name in Limits::PRESETS {
            assert!(Limits::preset(name).is_some(), "{name}");
        }
        let strict = Limits::preset("strict").unwrap_or_default();
        assert_eq!((strict.memory_bytes, strict.cpu_ms), (128 << 20, 30_000));
        assert_eq!(Limits::preset("absent"), None);
    }
}
