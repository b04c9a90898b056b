//! Which policy is asked: scopes on the command line, a file, or the configuration in force.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args as Arguments;
use skillgate_permissions::{Example, Policy, PolicyFile, PolicyText};
use skillgate_pipeline::policy_in;

#[derive(Debug, Arguments)]
pub(crate) struct Source {
    /// Grant this scope, instead of reading a file; may be repeated
    #[arg(long, value_name = "SCOPE", conflicts_with_all = ["policy", "skill"])]
    permission: Vec<String>,
    /// Deny this scope, over every grant; may be repeated
    #[arg(long, value_name = "SCOPE", conflicts_with_all = ["policy", "skill"])]
    deny: Vec<String>,
    /// A policy file or a configuration [default: the configuration in force]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The skill whose grants hold
    #[arg(long, value_name = "NAME")]
    skill: Option<String>,
    /// The digest of its content, for grants that name one
    #[arg(long, value_name = "HEX", requires = "skill")]
    digest: Option<String>,
}

impl Source {
    pub(super) fn policy(&self) -> anyhow::Result<Policy> {
        if !self.permission.is_empty() || !self.deny.is_empty() {
            let policy = Policy::compile(&PolicyText {
                allow: &self.permission,
                deny: &self.deny,
                quarantined: &[],
            })?;
            for error in policy.malformed() {
                super::super::say(format_args!("warning: {error}; it grants nothing"));
            }
            return Ok(policy);
        }
        let Some(skill) = &self.skill else {
            bail!("name the skill with `--skill`, or grant scopes with `--permission`");
        };
        let (file, _) = read(self.policy.as_deref())?;
        Ok(file.effective(skill, self.digest.as_deref()))
    }
}

/// The policy in a file, or the one in force, with its examples.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<(PolicyFile, Vec<Example>)> {
    match file {
        Some(file) => {
            let read = policy_in(file);
            read.with_context(|| format!("the policy in `{}` cannot be used", file.display()))
        }
        None => Ok(super::super::configuration(None, &[])?.policy_and_examples()?),
    }
}
