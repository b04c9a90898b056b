//! From the configuration to what the gate works with: the rules in force and the operator's policy.

use std::fs;
use std::path::{Path, PathBuf};

use globset::Glob;
use skillgate_permissions::{PolicyFile, PolicyTables};
use skillgate_scanner::Rules;

use crate::{GateError, Loaded};

impl Loaded {
    /// The operator's policy, checked with its examples.
    ///
    /// # Errors
    /// When a scope does not parse or an example does not hold.
    pub fn policy(&self) -> Result<PolicyFile, GateError> {
        let tables = PolicyTables {
            grant: self.config.grant.clone(),
            quarantined: Vec::new(),
        };
        Ok(PolicyFile::from_tables(&tables)?)
    }

    /// The built-in rules and the operator's, without those that are switched off.
    ///
    /// # Errors
    /// When a rule does not load, or something is switched off that does not exist.
    pub fn rules(&self) -> Result<Rules, GateError> {
        let rules = Rules::built_in_and(self.own_rules()?)?;
        let mut disabled = Vec::new();
        for text in &self.config.rules.disable {
            let glob = Glob::new(text).map_err(|error| GateError::Glob {
                glob: text.clone(),
                message: error.kind().to_string(),
            })?;
            let matcher = glob.compile_matcher();
            // A misspelt id would silently switch off nothing.
            if !rules.iter().any(|rule| matcher.is_match(&rule.info.id)) {
                return Err(GateError::NoSuchRule(text.clone()));
            }
            disabled.push(matcher);
        }
        let is_disabled = |id: &str| disabled.iter().any(|glob| glob.is_match(id));
        Ok(rules.filtered(|rule| !is_disabled(&rule.info.id)))
    }

    /// The operator's own rules as they are written.
    ///
    /// # Errors
    /// When a folder or a file cannot be read.
    pub fn own_rules(&self) -> Result<Vec<(PathBuf, String)>, GateError> {
        let mut own = Vec::new();
        for folder in &self.config.rules.extra {
            own.extend(rule_files(&self.folder.join(folder))?);
        }
        Ok(own)
    }
}

/// The rule files below a folder and their texts, sorted by path.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn rule_files(folder: &Path) -> Result<Vec<(PathBuf, String)>, GateError> {
    walk(folder).map_err(|source| GateError::RuleFolder {
        folder: folder.to_owned(),
        source,
    })
}

fn walk(folder: &Path) -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        for entry in fs::read_dir(path)? {
            let entry = entry?.path();
            let extension = entry.extension();
            if entry.is_dir() {
                pending.push(entry);
            } else if extension.is_some_and(|extension| extension == "yml") {
                let text = fs::read_to_string(&entry)?;
                files.push((entry, text));
            }
        }
    }
    files.sort();
    Ok(files)
}
