//! What an operator can set: `skillgate.toml` or `[tool.skillgate]`.

pub(crate) mod file;
mod keys;

use std::path::PathBuf;

use serde::Deserialize;
use skillgate_model::{Limits, Profile, Severity};
use skillgate_permissions::{AuditFormat, AuditMode, GrantTable};

use crate::LoadLimits;

/// Everything an operator can set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// What an undeclared effect means.
    pub profile: Profile,
    /// Findings of this severity and above are reason enough; the profile decides where it is absent.
    pub fail_on: Option<Severity>,
    /// Where verdicts are kept: a folder, relative to that of the configuration, or a PostgreSQL.
    pub store: Option<PathBuf>,
    /// The simulation.
    pub sandbox: SandboxConfig,
    /// What one simulation may use.
    pub limits: Limits,
    /// What reading a candidate may cost.
    pub scan: ScanConfig,
    /// Which rules are in force.
    pub rules: RulesConfig,
    /// The log of decisions on calls.
    pub decisions: DecisionsConfig,
    /// Grants by skill name; every table that names the skill counts.
    pub grant: Vec<GrantTable>,
    /// Findings the operator has looked at and accepts.
    pub suppress: Vec<Suppression>,
}

/// How skills are simulated.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SandboxConfig {
    /// A backend by name; the strongest that works where it is absent.
    pub backend: Option<String>,
    /// `full` refuses a weaker isolation, and verdicts that were not simulated.
    pub require: Requirement,
    /// A preset of limits by name; single keys of `[limits]` stand above it.
    pub limits: Option<String>,
    /// The image for containers, by digest.
    pub image: Option<String>,
    /// Where the container engine listens; Docker's usual place where it is absent.
    pub socket: Option<PathBuf>,
    /// Whether an image that the engine lacks may be fetched.
    pub pull: bool,
    /// The nsjail program; the one on the PATH where it is absent.
    pub nsjail: Option<PathBuf>,
    /// The interpreter, or the virtual environment, that skills run in, relative to the folder of the configuration;
    /// `python3` where it is absent. For containers it is a path in the image.
    pub python: Option<PathBuf>,
}

impl From<&SandboxConfig> for skillgate_sandbox::Choice {
    fn from(config: &SandboxConfig) -> Self {
        Self {
            backend: config.backend.clone(),
            require_full: config.require == Requirement::Full,
            image: config.image.clone(),
            socket: config.socket.clone(),
            pull: config.pull,
            nsjail: config.nsjail.clone(),
            python: config.python.clone(),
        }
    }
}

/// How decisions on calls are logged.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecisionsConfig {
    /// The file, relative to the folder of the configuration; none is written where it is absent.
    pub log: Option<PathBuf>,
    /// JSON lines, or OpenTelemetry.
    pub format: AuditFormat,
    /// Whether a decision may be given out without its line.
    pub audit: AuditMode,
}

/// What a verdict needs of the simulation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The strongest that this machine can do; the report names what was missing.
    #[default]
    Available,
    /// Every control enforced, every module imported; anything less is incomplete.
    Full,
}

/// Bounds of loading and scanning.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScanConfig {
    /// Bytes; a larger file is not examined, and its skill not promotable.
    pub file_bytes: u64,
    /// Bytes of a whole skill.
    pub skill_bytes: u64,
    /// Files of a skill.
    pub files: usize,
    /// Whether the language model of the environment is asked what it doubts in a skill's words.
    pub second_opinion: bool,
}

impl Default for ScanConfig {
    fn default() -> Self {
        let limits = LoadLimits::default();
        Self {
            file_bytes: limits.file_bytes,
            skill_bytes: limits.skill_bytes,
            files: limits.files,
            second_opinion: false,
        }
    }
}

impl From<&ScanConfig> for LoadLimits {
    fn from(config: &ScanConfig) -> Self {
        Self {
            file_bytes: config.file_bytes,
            skill_bytes: config.skill_bytes,
            files: config.files,
        }
    }
}

/// Which rules are in force.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RulesConfig {
    /// Ids, or globs over ids, that are switched off.
    pub disable: Vec<String>,
    /// Folders with the operator's own rules, relative to the folder of the configuration.
    pub extra: Vec<PathBuf>,
}

/// A finding the operator accepts, with a reason and an end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Suppression {
    /// Rule id.
    pub rule: String,
    /// Glob over skill names; every skill where absent.
    #[serde(default)]
    pub skill: Option<String>,
    /// Glob over paths in the skill; every file where absent.
    #[serde(default)]
    pub path: Option<String>,
    /// Why; mandatory.
    pub reason: String,
    /// Last day it holds, `2027-01-31`; mandatory.
    pub expires: String,
}

impl Config {
    /// Takes a preset of limits in place of everything the file says of them.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn use_limits(&mut self, name: &str) -> Result<(), String> {
        self.limits = preset(name)?;
        Ok(())
    }
}

/// A preset by name, or what could have been meant.
fn preset(name: &str) -> Result<Limits, String> {
    Limits::preset(name).ok_or_else(|| {
        let names = Limits::PRESETS.join(", ");
        format!("there is no preset of limits `{name}`; there are {names}")
    })
}
