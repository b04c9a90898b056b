//! Rules as data: one YAML file a rule, loaded strictly.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use skillgate_model::{Confidence, EffectKind, RuleInfo, Severity, Taxonomy};

use crate::expression::checked_before;
use crate::facts::{FactsMatch, Index, ResourceMatch};
use crate::pattern::{PatternMatch, PatternRule, Resolved, TreeRule, TreeRules};
use crate::text::{self, TextMatch};

/// The rules of `rules/`, as the build script read them: pairs of the id that names the file, and its content.
static BUILT_IN: &str = include_str!(concat!(env!("OUT_DIR"), "/rules.json"));

/// One rule: what is known of it, and how it matches.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Everything a finding carries over.
    pub info: Arc<RuleInfo>,
    /// `python`, `shell`, `javascript`, `text`, `manifest`, `file`.
    pub language: String,
    /// The kind of effect a match has.
    pub effect: Option<EffectKind>,
    /// Whether the effect enters the inferred set.
    pub infer: bool,
    /// Where the resource of the effect is found, for the facts engine.
    pub(crate) resource: Option<ResourceMatch>,
    pub(crate) matcher: Matcher,
}

impl Rule {
    /// The shape this rule looks for, if it is one.
    pub(crate) fn tree(&self) -> Option<&TreeRule> {
        match &self.matcher {
            Matcher::Pattern(PatternRule::Tree(shape)) => Some(shape),
            Matcher::Pattern(PatternRule::Resolved(_))
            | Matcher::Facts(_)
            | Matcher::Text(_)
            | Matcher::Check(_) => None,
        }
    }
}

/// The engine a rule speaks to, and what it says.
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    /// Resolved names and flows of Python.
    Facts(Box<FactsMatch>),
    /// Shapes of a syntax tree in ast-grep's own syntax, or names that a follower resolved.
    Pattern(PatternRule),
    /// Prose, manifests, secrets.
    Text(Box<TextMatch>),
    /// A check written in Rust, by its name; the rule gives it id, severity and words.
    Check(String),
}

/// Why a rule file was refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It is no YAML, or not of a rule's form.
    #[error("rule `{}` does not parse: {message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// It parses and makes no sense.
    #[error("rule `{}`: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// Two rules of one id.
    #[error("rule id `{0}` is used twice")]
    Duplicate(String),
}

/// The rules in force, by engine.
#[derive(Debug, Clone)]
pub struct Rules {
    all: Vec<Arc<Rule>>,
    trees: OnceLock<Arc<TreeRules>>,
    text: OnceLock<Arc<text::Engine>>,
    facts: Arc<Index>,
}

impl Rules {
    /// The rules that are built in.
    ///
    /// # Errors
    /// When a rule file is malformed; a test proves that none is.
    pub fn built_in() -> Result<Self, RuleError> {
        Self::built_in_and([])
    }

    /// The rules that are built in, and the operator's own: `(path, YAML text)`.
    ///
    /// # Errors
    /// When one does not parse, makes no sense, or repeats an id.
    pub fn built_in_and(
        own: impl IntoIterator<Item = (PathBuf, String)>,
    ) -> Result<Self, RuleError> {
        let built_in: Vec<(String, RuleFile)> = checked_before(|| serde_json::from_str(BUILT_IN))
            .map_err(|error| RuleError::Parse {
            path: PathBuf::from("rules"),
            message: error.to_string(),
        })?;
        let mut all = built_in
            .into_iter()
            .map(|(id, file)| file.rule(&PathBuf::from(id)))
            .collect::<Result<Vec<_>, _>>()?;
        all.extend(read(own)?);
        Self::compile(all)
    }

    /// Rules from files: `(path, YAML text)`.
    ///
    /// # Errors
    /// When one does not parse, makes no sense, or repeats an id.
    pub fn parse(files: impl IntoIterator<Item = (PathBuf, String)>) -> Result<Self, RuleError> {
        Self::compile(read(files)?)
    }

    fn compile(mut all: Vec<Arc<Rule>>) -> Result<Self, RuleError> {
        all.sort_by(|a, b| a.info.id.cmp(&b.info.id));
        for pair in all.windows(2) {
            if let [a, b] = pair
                && a.info.id == b.info.id
            {
                return Err(RuleError::Duplicate(a.info.id.clone()));
            }
        }
        let facts = Index::new(&all).map_err(|(id, message)| RuleError::Invalid {
            path: PathBuf::from(id),
            message,
        })?;
        Ok(Self {
            all,
            trees: OnceLock::new(),
            text: OnceLock::new(),
            facts: Arc::new(facts),
        })
    }

    /// The rules of the facts engine, compiled.
    pub(crate) fn facts(&self) -> &Index {
        &self.facts
    }

    /// Every rule, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.all.iter()
    }

    /// The rule of this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.all
            .binary_search_by(|rule| rule.info.id.as_str().cmp(id))
            .ok()
            .and_then(|at| self.all.get(at))
    }

    /// The rule that gives a check of this name its words.
    pub(crate) fn check(&self, name: &str) -> Option<&Arc<Rule>> {
        self.all
            .iter()
            .find(|rule| matches!(&rule.matcher, Matcher::Check(check) if check == name))
    }

    /// The rules that are shapes of syntax trees, prepared at the first use.
    pub(crate) fn trees(&self) -> &TreeRules {
        self.trees
            .get_or_init(|| Arc::new(TreeRules::new(&self.all)))
    }

    /// The text engine's share of these rules, compiled at the first use.
    pub(crate) fn text(&self) -> &text::Engine {
        self.text
            .get_or_init(|| Arc::new(text::Engine::compile(self.all.iter())))
    }

    /// The rules over resolved names of a language.
    pub(crate) fn resolved(&self, language: &str) -> impl Iterator<Item = (&Arc<Rule>, &Resolved)> {
        self.all
            .iter()
            .filter(move |rule| rule.language == language)
            .filter_map(|rule| match &rule.matcher {
                Matcher::Pattern(PatternRule::Resolved(resolved)) => {
                    Some((rule, resolved.as_ref()))
                }
                Matcher::Pattern(PatternRule::Tree(_))
                | Matcher::Facts(_)
                | Matcher::Text(_)
                | Matcher::Check(_) => None,
            })
    }

    /// These rules without the ids that `keep` refuses.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&Rule) -> bool) -> Self {
        self.all.retain(|rule| keep(rule));
        Self::compile(self.all).expect("rules that compiled together compile without some of them")
    }
}

/// A rule file, key by key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: String,
    title: String,
    language: String,
    severity: Severity,
    confidence: Confidence,
    #[serde(default)]
    effect: Option<EffectKind>,
    #[serde(default = "yes")]
    infer: bool,
    #[serde(default)]
    resource: Option<ResourceMatch>,
    #[serde(default = "yes")]
    excusable: bool,
    message: String,
    remedy: String,
    #[serde(default)]
    taxonomy: Taxonomy,
    #[serde(default, rename = "match")]
    facts: Option<FactsMatch>,
    #[serde(default, rename = "rule")]
    pattern: Option<PatternMatch>,
    #[serde(default)]
    text: Option<TextMatch>,
    #[serde(default)]
    check: Option<String>,
}

const fn yes() -> bool {
    true
}

fn read(files: impl IntoIterator<Item = (PathBuf, String)>) -> Result<Vec<Arc<Rule>>, RuleError> {
    files
        .into_iter()
        .map(|(path, text)| {
            let file: RuleFile =
                serde_saphyr::from_str(&text).map_err(|error| RuleError::Parse {
                    path: path.clone(),
                    message: error.to_string(),
                })?;
            file.rule(&path)
        })
        .collect()
}

impl RuleFile {
    /// The rule that the file at `path` holds.
    fn rule(self, path: &Path) -> Result<Arc<Rule>, RuleError> {
        let invalid = |message: &str| RuleError::Invalid {
            path: path.to_owned(),
            message: message.to_owned(),
        };
        let pattern = self
            .pattern
            .map(|pattern| PatternRule::compile(&pattern, &self.language))
            .transpose()
            .map_err(|message| invalid(&message))?;
        let mut matchers = [
            self.facts.map(|facts| Matcher::Facts(Box::new(facts))),
            pattern.map(Matcher::Pattern),
            self.text.map(|text| Matcher::Text(Box::new(text))),
            self.check.map(Matcher::Check),
        ]
        .into_iter()
        .flatten();
        let matcher = matchers
            .next()
            .ok_or_else(|| invalid("one of `match`, `rule`, `text`, `check` is needed"))?;
        if matchers.next().is_some() {
            return Err(invalid(
                "only one of `match`, `rule`, `text`, `check` may stand in a rule",
            ));
        }
        if path.file_stem().and_then(|stem| stem.to_str()) != Some(self.id.as_str()) {
            return Err(invalid("the file is named after another id"));
        }
        let info = RuleInfo {
            id: self.id,
            title: self.title,
            severity: self.severity,
            confidence: self.confidence,
            excusable: self.excusable,
            message: self.message,
            remedy: self.remedy,
            taxonomy: self.taxonomy,
        };
        Ok(Arc::new(Rule {
            info: Arc::new(info),
            language: self.language,
            effect: self.effect,
            infer: self.infer,
            resource: self.resource,
            matcher,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_built_in_rule_is_what_its_file_says() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules");
        let files = fs::read_dir(folder)
            .unwrap()
            .flat_map(|language| fs::read_dir(language.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
            .filter(|file| file.extension().is_some_and(|extension| extension == "yml"))
            .map(|file| (file.clone(), fs::read_to_string(file).unwrap()));
        let from_files = Rules::parse(files).unwrap();
        let built_in = Rules::built_in().unwrap();
        assert!(built_in.iter().count() > 300);
        assert!(built_in.iter().map(debug).eq(from_files.iter().map(debug)));
    }

    fn debug(rule: &Arc<Rule>) -> String {
        format!("{rule:?}")
    }
}
