//! The file of a configuration: found, read, and the origin of every value.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use skillgate_model::Limits;
use skillgate_store::Store;

use super::{Config, keys, preset};

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
        let lines = keys::lines(document.get_ref(), prefix, &text);
        if !prefix.is_empty() && lines.is_empty() {
            return Ok(None);
        }
        keys::check(path, &lines)?;
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

#[cfg(test)]
mod tests {
    use skillgate_model::Profile;

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
