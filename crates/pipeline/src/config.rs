//! The operator's configuration: `skillgate.toml` or `[tool.skillgate]`, with the origin of every value.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use skillgate_model::{Limits, Profile, Severity};
use skillgate_permissions::{AuditFormat, AuditMode, GrantTable};

use skillgate_store::Store;

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

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A line of a file.
    File(PathBuf, usize),
    /// An option of the command line.
    Option(&'static str),
}

/// A configuration with its origins.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// The file, where there is one.
    pub file: Option<PathBuf>,
    /// The folder that relative paths are taken from.
    pub folder: PathBuf,
    /// Line of each key that the file sets, by dotted name.
    lines: BTreeMap<String, usize>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration `{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no TOML, or a value is of the wrong kind.
    #[error("the configuration `{}` is not valid: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Place and reason.
        message: String,
    },
    /// A key nobody reads.
    #[error("`{}` line {line}: unknown key `{key}`{}", path.display(), suggestion.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The key, dotted.
        key: String,
        /// The nearest known key.
        suggestion: Option<String>,
    },
}

/// Every key, dotted, with the tables that are lists as `name[]`.
const KEYS: [&str; 50] = [
    "decisions",
    "decisions.audit",
    "decisions.format",
    "decisions.log",
    "fail-on",
    "grant",
    "grant[].allow",
    "grant[].allow-examples",
    "grant[].allow_examples",
    "grant[].deny",
    "grant[].deny-examples",
    "grant[].deny_examples",
    "grant[].digest",
    "grant[].skill",
    "limits",
    "limits.cpu-ms",
    "limits.file-bytes",
    "limits.import-ms",
    "limits.memory-bytes",
    "limits.output-bytes",
    "limits.pids",
    "limits.wall-ms",
    "limits.work-bytes",
    "limits.work-inodes",
    "profile",
    "rules",
    "rules.disable",
    "rules.extra",
    "sandbox",
    "sandbox.backend",
    "sandbox.image",
    "sandbox.limits",
    "sandbox.nsjail",
    "sandbox.pull",
    "sandbox.python",
    "sandbox.require",
    "sandbox.socket",
    "scan",
    "scan.file-bytes",
    "scan.files",
    "scan.second-opinion",
    "scan.skill-bytes",
    "store",
    "suppress",
    "suppress[].expires",
    "suppress[].path",
    "suppress[].reason",
    "suppress[].rule",
    "suppress[].skill",
    "tool.skillgate",
];

impl Loaded {
    /// The built-in values, with relative paths taken from `folder`.
    pub fn defaults(folder: &Path) -> Self {
        Self {
            config: Config::default(),
            file: None,
            folder: folder.to_owned(),
            lines: BTreeMap::new(),
        }
    }

    /// The nearest configuration at or above `folder`, never inside one of the candidates.
    ///
    /// # Errors
    /// When there is one and it is not valid.
    pub fn find(folder: &Path, candidates: &[PathBuf]) -> Result<Self, ConfigError> {
        let inside: Vec<PathBuf> = candidates
            .iter()
            .filter_map(|path| fs::canonicalize(path).ok())
            .collect();
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        for above in folder.ancestors() {
            for name in ["skillgate.toml", "pyproject.toml"] {
                let path = above.join(name);
                let outside = !inside.iter().any(|candidate| path.starts_with(candidate));
                if outside
                    && path.is_file()
                    && let Some(loaded) = Self::read(&path)?
                {
                    return Ok(loaded);
                }
            }
        }
        Ok(Self::defaults(&folder))
    }

    /// The configuration in this file.
    ///
    /// # Errors
    /// When it cannot be read or is not valid.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let loaded = Self::read(path)?;
        let message = "there is no table `[tool.skillgate]` in it".to_owned();
        loaded.ok_or_else(|| ConfigError::Parse {
            path: path.to_owned(),
            message,
        })
    }

    /// `None` for a `pyproject.toml` that says nothing of skillgate.
    fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let read = |source| ConfigError::Read {
            path: path.to_owned(),
            source,
        };
        let text = fs::read_to_string(path).map_err(read)?;
        let parse = |message: String| ConfigError::Parse {
            path: path.to_owned(),
            message,
        };
        let prefix = if path.ends_with("pyproject.toml") {
            "tool.skillgate"
        } else {
            ""
        };
        let document = toml::de::DeTable::parse(&text).map_err(|error| parse(error.to_string()))?;
        let mut lines = BTreeMap::new();
        collect(document.get_ref(), "", &text, &mut lines);
        let lines = relative_to(prefix, lines);
        if !prefix.is_empty() && lines.is_empty() {
            return Ok(None);
        }
        check_keys(path, &lines)?;
        let mut config = deserialize(&text, prefix).map_err(|error| parse(error.to_string()))?;
        if let Some(name) = config.sandbox.limits.clone() {
            let set = |key: &str| lines.contains_key(&format!("limits.{key}"));
            config.limits = above(&preset(&name).map_err(parse)?, &config.limits, set)
                .map_err(|error| parse(error.to_string()))?;
        }
        let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        if let Some(python) = &mut config.sandbox.python {
            // The jail starts it from another folder.
            *python = std::path::absolute(folder.join(&*python)).map_err(read)?;
        }
        Ok(Some(Self {
            config,
            file: Some(path.to_owned()),
            folder,
            lines,
        }))
    }

    /// Where the value of a dotted key comes from.
    pub fn origin(&self, key: &str) -> Origin {
        match (&self.file, self.lines.get(key)) {
            (Some(file), Some(line)) => Origin::File(file.clone(), *line),
            _ => Origin::Default,
        }
    }

    /// The folder of the embedded store and of the caches, also beside a PostgreSQL.
    pub fn store(&self) -> PathBuf {
        let folder = self.config.store.as_deref();
        let folder = folder.filter(|path| !Store::is_address(&path.to_string_lossy()));
        self.folder.join(folder.unwrap_or(Path::new(".skillgate")))
    }

    /// Where the store is: the address of a PostgreSQL, or the folder.
    pub fn store_place(&self) -> String {
        match &self.config.store {
            Some(place) if Store::is_address(&place.to_string_lossy()) => {
                place.to_string_lossy().into_owned()
            }
            _ => self.store().display().to_string(),
        }
    }
}

/// A preset by name, or what could have been meant.
pub(crate) fn preset(name: &str) -> Result<Limits, String> {
    Limits::preset(name).ok_or_else(|| {
        let names = Limits::PRESETS.join(", ");
        format!("there is no preset of limits `{name}`; there are {names}")
    })
}

/// The preset, with the keys on top that the file sets.
fn above(
    preset: &Limits,
    own: &Limits,
    is_set: impl Fn(&str) -> bool,
) -> Result<Limits, serde_json::Error> {
    let mut merged = serde_json::to_value(preset)?;
    let own = serde_json::to_value(own)?;
    for (key, value) in own.as_object().into_iter().flatten() {
        if let Some(place) = merged.get_mut(key).filter(|_| is_set(key)) {
            *place = value.clone();
        }
    }
    serde_json::from_value(merged)
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

fn deserialize(text: &str, prefix: &str) -> Result<Config, toml::de::Error> {
    #[derive(Deserialize)]
    struct Project {
        tool: Tool,
    }
    #[derive(Deserialize)]
    struct Tool {
        skillgate: Config,
    }
    if prefix.is_empty() {
        return toml::from_str(text);
    }
    toml::from_str::<Project>(text).map(|project| project.tool.skillgate)
}

fn collect(
    table: &toml::de::DeTable<'_>,
    prefix: &str,
    text: &str,
    lines: &mut BTreeMap<String, usize>,
) {
    for (key, value) in table {
        let name = join(prefix, key.get_ref());
        let line = text
            .get(..key.span().start)
            .map_or(0, |before| before.matches('\n').count() + 1);
        lines.entry(name.clone()).or_insert(line);
        match value.get_ref() {
            toml::de::DeValue::Table(inner) => collect(inner, &name, text, lines),
            toml::de::DeValue::Array(array) => {
                for item in array {
                    if let toml::de::DeValue::Table(inner) = item.get_ref() {
                        collect(inner, &format!("{name}[]"), text, lines);
                    }
                }
            }
            _ => {}
        }
    }
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        key.to_owned()
    } else {
        format!("{prefix}.{key}")
    }
}

fn relative_to(prefix: &str, lines: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    if prefix.is_empty() {
        return lines;
    }
    let below = |name: &str| {
        let rest = name.strip_prefix(prefix)?;
        if rest.is_empty() {
            Some("tool.skillgate".to_owned())
        } else {
            rest.strip_prefix('.').map(str::to_owned)
        }
    };
    lines
        .into_iter()
        .filter_map(|(name, line)| Some((below(&name)?, line)))
        .collect()
}

fn check_keys(path: &Path, lines: &BTreeMap<String, usize>) -> Result<(), ConfigError> {
    let Some((key, line)) = lines.iter().find(|(key, _)| !KEYS.contains(&key.as_str())) else {
        return Ok(());
    };
    Err(ConfigError::UnknownKey {
        path: path.to_owned(),
        line: *line,
        key: key.clone(),
        suggestion: nearest(key),
    })
}

/// The known key that is likeliest meant; below 0.7 a suggestion misleads more than it helps.
fn nearest(key: &str) -> Option<String> {
    let likeness = |known: &str| strsim::jaro_winkler(key, known);
    let best = KEYS
        .into_iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.7).then(|| best.replace("[]", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<Loaded, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("skillgate.toml");
        fs::write(&path, text).unwrap();
        Loaded::from_file(&path)
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_suggestion() {
        for (text, key, meant) in [
            ("profle = \"strict\"", "profle", "profile"),
            ("[limits]\nwall_ms = 1", "limits.wall_ms", "limits.wall-ms"),
            ("[[grant]]\nskil = \"x\"", "grant[].skil", "grant.skill"),
        ] {
            let Err(ConfigError::UnknownKey {
                key: found,
                suggestion,
                ..
            }) = config(text)
            else {
                panic!("{text} was accepted");
            };
            assert_eq!((found.as_str(), suggestion.as_deref()), (key, Some(meant)));
        }
    }

    #[test]
    fn a_preset_of_limits_stands_below_single_keys() {
        let loaded = config("[sandbox]\nlimits = \"strict\"\n[limits]\npids = 7\n").unwrap();
        let limits = &loaded.config.limits;
        assert_eq!(
            (limits.memory_bytes, limits.wall_ms, limits.pids),
            (128 << 20, 30_000, 7)
        );
        let error = config("[sandbox]\nlimits = \"srict\"\n").unwrap_err();
        assert!(error.to_string().contains("memory-minimal"), "{error}");
    }

    #[test]
    fn every_value_knows_its_line() {
        let loaded = config("# mine\nprofile = \"strict\"\n[limits]\nwall-ms = 5\n[[grant]]\nskill = \"git-*\"\nallow = [\"process:spawn(git)\"]\n").unwrap();
        assert_eq!(loaded.config.profile, Profile::Strict);
        assert_eq!(loaded.config.limits.wall_ms, 5);
        assert!(matches!(
            loaded.origin("limits.wall-ms"),
            Origin::File(_, 4)
        ));
        assert_eq!(loaded.origin("limits.cpu-ms"), Origin::Default);
    }

    #[test]
    fn a_project_file_without_our_table_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("pyproject.toml"),
            "[tool.other]\nx = 1\n",
        )
        .unwrap();
        assert!(Loaded::find(folder.path(), &[]).unwrap().file.is_none());
        fs::write(
            folder.path().join("pyproject.toml"),
            "[tool.skillgate]\nprofile = \"observe\"\n",
        )
        .unwrap();
        assert_eq!(
            Loaded::find(folder.path(), &[]).unwrap().config.profile,
            Profile::Observe
        );
    }

    #[test]
    fn a_candidate_cannot_bring_its_own_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let skill = folder.path().join("skill");
        fs::create_dir_all(skill.join("work")).unwrap();
        fs::write(skill.join("skillgate.toml"), "profile = \"observe\"\n").unwrap();
        let found = Loaded::find(&skill.join("work"), std::slice::from_ref(&skill)).unwrap();
        assert!(found.file.is_none(), "{:?}", found.file);
    }
}
