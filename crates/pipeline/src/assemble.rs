//! From the configuration to what the gate works with: the rules in force and the operator's policy.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use globset::Glob;
use skillgate_permissions::{AuditLog, AuditMode, Example, PolicyFile, PolicyTables};
use skillgate_scanner::{Rules, Scanner};

use crate::{ConfigError, GateError, Loaded};

/// A scanner whose rules are compiled when the first skill needs them.
pub type LazyScanner = LazyLock<Scanner, Box<dyn FnOnce() -> Scanner + Send>>;

impl Loaded {
    /// The scanner with the rules in force; those of the operator are compiled at once, to say what is wrong with them.
    ///
    /// # Errors
    /// As [`Loaded::rules`].
    pub fn scanner(&self) -> Result<LazyScanner, GateError> {
        let only_built_in =
            self.config.rules.extra.is_empty() && self.config.rules.disable.is_empty();
        Ok(if only_built_in {
            LazyLock::new(Box::new(|| {
                Scanner::new(Rules::built_in().expect("the built-in rules are tested"))
            }))
        } else {
            let scanner = Scanner::new(self.rules()?);
            LazyLock::new(Box::new(move || scanner))
        })
    }

    /// The operator's policy, checked with its examples.
    ///
    /// # Errors
    /// When a scope does not parse or an example does not hold.
    pub fn policy(&self) -> Result<PolicyFile, GateError> {
        Ok(PolicyFile::from_tables(&self.policy_tables())?)
    }

    /// The operator's policy, and of each example whether it holds.
    ///
    /// # Errors
    /// When a scope or an example does not parse.
    pub fn policy_and_examples(&self) -> Result<(PolicyFile, Vec<Example>), GateError> {
        Ok(PolicyFile::read_tables(&self.policy_tables())?)
    }

    /// The file that decisions on calls are logged to.
    pub fn decisions_file(&self) -> Option<PathBuf> {
        let log = self.config.decisions.log.as_ref()?;
        let path = self.folder.join(log);
        Some(std::path::absolute(&path).unwrap_or(path))
    }

    /// The log of decisions, where the configuration asks for one.
    ///
    /// # Errors
    /// When the file cannot be opened, or is required and not named.
    pub fn decision_log(&self) -> Result<Option<AuditLog>, GateError> {
        let config = &self.config.decisions;
        let Some(path) = self.decisions_file() else {
            return match config.audit {
                AuditMode::BestEffort => Ok(None),
                AuditMode::Required => Err(GateError::NoDecisionLog),
            };
        };
        let log = AuditLog::append(&path, config.audit, config.format);
        log.map(Some)
            .map_err(|source| GateError::DecisionLog { path, source })
    }

    fn policy_tables(&self) -> PolicyTables {
        PolicyTables {
            grant: self.config.grant.clone(),
            quarantined: Vec::new(),
        }
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

/// The policy in a file, which is a policy file or a whole configuration, and its examples.
///
/// # Errors
/// When the file cannot be read, or a key, a scope or an example does not parse.
pub fn policy_in(file: &Path) -> Result<(PolicyFile, Vec<Example>), GateError> {
    let text = fs::read_to_string(file).map_err(|source| ConfigError::Read {
        path: file.to_owned(),
        source,
    })?;
    let keys = toml::de::DeTable::parse(&text).ok();
    let is_policy = keys.is_none_or(|keys| {
        let mut keys = keys.get_ref().keys();
        keys.all(|key| ["grant", "quarantined"].contains(&key.get_ref().as_ref()))
    });
    if is_policy {
        return Ok(PolicyFile::read(&text)?);
    }
    Loaded::from_file(file)?.policy_and_examples()
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
