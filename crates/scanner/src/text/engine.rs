//! The rules of the text engine, compiled once: one lexicon, one automaton over every rule's atoms.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, OnceLock};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::addressed::{TO_AGENTS, TOOL_MARKS};
use super::context::Cues;
use super::matcher::{Scope, TextMatch};
use super::reading::Reading;
use super::validate::Validator;
use crate::atoms::Atoms;
use crate::expression::Expression;
use crate::rule::{Matcher, Rule};

/// Bytes on each side of an atom that a regular expression sees of a very long line.
const WINDOW: usize = 2_048;
/// Own the words of [`TO_AGENTS`] and of [`TOOL_MARKS`], which no rule does.
const SPEAKS: usize = usize::MAX;
const OFFERS: usize = usize::MAX - 1;

/// What a program says to an agent, as far as its words tell.
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    /// Where words of [`TO_AGENTS`] stand.
    pub(super) to_agents: Vec<Range<usize>>,
    /// Whether one of [`TOOL_MARKS`] stands anywhere.
    pub(super) offers_tools: bool,
}

/// Everything that is compiled from the rules.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) cues: Cues,
    rules: Vec<Arc<Rule>>,
    /// What only prose needs, compiled when the first is read.
    reading: OnceLock<Reading>,
    /// For prose, manifests and data: every rule that reads lines.
    texts: OnceLock<OwnedAtoms>,
    /// For programs, of which there are many: the few rules that concern them.
    programs: OwnedAtoms,
    /// For what is to be redacted: the rules on secrets.
    secrets: OwnedAtoms,
    lines: Vec<LineRule>,
}

/// The atoms of some rules, and to which each belongs.
#[derive(Debug)]
struct OwnedAtoms {
    atoms: Atoms,
    owners: Vec<Vec<usize>>,
}

/// A rule that reads lines.
#[derive(Debug)]
struct LineRule {
    rule: Arc<Rule>,
    atoms: Vec<String>,
    regexes: Vec<Expression>,
    with: Vec<Expression>,
    without: Vec<Expression>,
    validate: Option<Validator>,
    redact: bool,
    files: Option<GlobSet>,
    scope: Scope,
}

/// A match of a rule that reads lines.
#[derive(Debug)]
pub(crate) struct Match<'e> {
    pub(crate) rule: &'e Arc<Rule>,
    pub(crate) range: Range<usize>,
    pub(crate) scope: Scope,
    /// The match is a secret, whatever the words around it say.
    pub(crate) secret: bool,
}

impl Engine {
    pub(crate) fn compile<'r>(rules: impl Iterator<Item = &'r Arc<Rule>>) -> Self {
        let rules: Vec<Arc<Rule>> = rules
            .filter(|rule| text_of(rule).is_some())
            .cloned()
            .collect();
        let lines: Vec<LineRule> = texts(&rules)
            .filter(|(_, text)| !text.regex.is_empty())
            .map(|(rule, text)| LineRule::compile(rule, text))
            .collect();
        Self {
            cues: Cues::built_in(),
            reading: OnceLock::new(),
            texts: OnceLock::new(),
            programs: OwnedAtoms::new(&lines, LineRule::concerns_programs, true),
            secrets: OwnedAtoms::new(&lines, |rule| rule.redact, false),
            lines,
            rules,
        }
    }

    pub(crate) fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::compile(&self.rules))
    }

    fn texts(&self) -> &OwnedAtoms {
        self.texts
            .get_or_init(|| OwnedAtoms::new(&self.lines, |_| true, false))
    }

    /// Every match of the rules that read lines; in a program, `spoken` gets what may be said to an agent.
    pub(crate) fn lines<'e>(
        &'e self,
        text: &str,
        path: &str,
        program: bool,
        spoken: &mut Spoken,
        each: &mut dyn FnMut(Match<'e>),
    ) {
        let atoms = if program {
            &self.programs
        } else {
            self.texts()
        };
        let mut seen: Vec<usize> = vec![0; self.lines.len()];
        let mut applies: Vec<Option<bool>> = vec![None; self.lines.len()];
        atoms.each(text, |owner, place| {
            if owner == SPEAKS && !names_a_header(text, place.start) {
                spoken.to_agents.push(place.clone());
            }
            spoken.offers_tools |= owner == OFFERS;
            let (Some(rule), Some(seen), Some(applies)) = (
                self.lines.get(owner),
                seen.get_mut(owner),
                applies.get_mut(owner),
            ) else {
                return;
            };
            if *seen > place.start {
                return;
            }
            if *applies.get_or_insert_with(|| rule.applies(text, path)) {
                let window = window(text, place.start, seen.saturating_sub(WINDOW / 2));
                // A match may begin before the end of a cut window and reach over it.
                let cut = window.end < text.len()
                    && !text
                        .as_bytes()
                        .get(window.end)
                        .is_some_and(|b| matches!(b, b'\n' | b'\r'));
                let end = if cut {
                    window.end - WINDOW / 2
                } else {
                    window.end
                };
                *seen = end.max(place.end);
                rule.matches(text, window, each);
            }
        });
    }

    /// The text with every secret starred out, byte for byte.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut owners = BTreeSet::new();
        self.secrets.each(text, |owner, _| {
            owners.insert(owner);
        });
        let rules = owners.iter().filter_map(|owner| self.lines.get(*owner));
        let secrets: Vec<Range<usize>> = rules
            .flat_map(|rule| &rule.regexes)
            .flat_map(|regex| regex.regex().captures_iter(text))
            .filter_map(|captures| captures.get(1).or(captures.get(0)))
            .map(|secret| secret.range())
            .collect();
        if secrets.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut bytes = text.as_bytes().to_vec();
        for secret in secrets {
            for byte in bytes.get_mut(secret).unwrap_or_default() {
                if byte.is_ascii_graphic() {
                    *byte = b'*';
                }
            }
        }
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn text_of(rule: &Rule) -> Option<&TextMatch> {
    match &rule.matcher {
        Matcher::Text(text) => Some(text),
        Matcher::Facts(_) | Matcher::Pattern(_) | Matcher::Check(_) => None,
    }
}

/// The rules of this engine, with what they look for.
pub(super) fn texts(rules: &[Arc<Rule>]) -> impl Iterator<Item = (&Arc<Rule>, &TextMatch)> {
    rules.iter().filter_map(|rule| Some((rule, text_of(rule)?)))
}

impl OwnedAtoms {
    fn new(lines: &[LineRule], wanted: impl Fn(&LineRule) -> bool, spoken: bool) -> Self {
        let mut owners: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        if spoken {
            let speak = TO_AGENTS.iter().map(|words| (words, SPEAKS));
            let offer = TOOL_MARKS.iter().map(|mark| (mark, OFFERS));
            for (words, owner) in speak.chain(offer) {
                owners.entry(words).or_default().push(owner);
            }
        }
        for (at, rule) in lines.iter().enumerate().filter(|(_, rule)| wanted(rule)) {
            for atom in &rule.atoms {
                owners.entry(atom).or_default().push(at);
            }
        }
        Self {
            atoms: Atoms::new(owners.keys().copied())
                .expect("atoms are short and few, within the table's bounds"),
            owners: owners.into_values().collect(),
        }
    }

    /// Says of every atom in the text where it is, once for each rule it belongs to.
    fn each(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        self.atoms.each(text, |atom, place| {
            for owner in self.owners.get(atom).into_iter().flatten() {
                found(*owner, place.clone());
            }
            ControlFlow::Continue(())
        });
    }
}

impl LineRule {
    fn compile(rule: &Arc<Rule>, text: &TextMatch) -> Self {
        Self {
            rule: Arc::clone(rule),
            atoms: text
                .atoms
                .iter()
                .map(|atom| atom.to_ascii_lowercase())
                .collect(),
            regexes: text.regex.clone(),
            with: text.with.clone(),
            without: text.without.clone(),
            validate: text.validate,
            redact: text.redact,
            files: globs(&text.files),
            scope: text.scope,
        }
    }

    /// Rules over manifests name their files, rules over prose say so.
    fn concerns_programs(&self) -> bool {
        self.scope == Scope::Any && self.files.is_none()
    }

    fn applies(&self, text: &str, path: &str) -> bool {
        self.files
            .as_ref()
            .is_none_or(|files| files.is_match(path.to_ascii_lowercase()))
            && self.with.iter().all(|with| with.regex().is_match(text))
    }

    fn matches<'e>(&'e self, text: &str, window: Range<usize>, each: &mut dyn FnMut(Match<'e>)) {
        let line = text.get(window.clone()).unwrap_or("");
        if self
            .without
            .iter()
            .any(|without| without.regex().is_match(line))
        {
            return;
        }
        for regex in &self.regexes {
            for captures in regex.regex().captures_iter(line) {
                let Some(whole) = captures.get(1).or(captures.get(0)) else {
                    continue;
                };
                if self
                    .validate
                    .is_none_or(|validate| validate.holds(whole.as_str(), line))
                {
                    each(Match {
                        rule: &self.rule,
                        range: window.start + whole.start()..window.start + whole.end(),
                        scope: self.scope,
                        secret: self.redact,
                    });
                }
            }
        }
    }
}

fn globs(files: &[String]) -> Option<GlobSet> {
    if files.is_empty() {
        return None;
    }
    let mut set = GlobSetBuilder::new();
    for file in files {
        if let Ok(glob) = GlobBuilder::new(file).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().ok()
}

/// `User-Agent:` speaks of a program.
fn names_a_header(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let tail = before
        .get(before.len().saturating_sub(5)..)
        .unwrap_or_default();
    tail.eq_ignore_ascii_case(b"user-")
}

/// The line around `at`, or as much of a very long one as is near, from `floor` on.
fn window(text: &str, at: usize, floor: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let low = at.saturating_sub(WINDOW).max(floor.min(at));
    let before = bytes.get(low..at).unwrap_or_default();
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(low, |found| low + found + 1);
    let high = (at + WINDOW).min(bytes.len());
    let after = bytes.get(at..high).unwrap_or_default();
    let end = memchr::memchr2(b'\n', b'\r', after).map_or(high, |found| at + found);
    ceil(text, start)..ceil(text, end)
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}
