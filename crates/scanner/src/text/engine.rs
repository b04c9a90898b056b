//! The rules of the text engine, compiled once: one lexicon, one automaton over every rule's atoms.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::Regex;

use super::context::Cues;
use super::lexicon::Lexicon;
use super::matcher::{Mood, Scope, TextMatch};
use super::phrase::Compiled;
use super::polarity::Polarity;
use super::validate::Validator;
use crate::rule::{Matcher, Rule};

/// Bytes on each side of an atom that a regular expression sees of a very long line.
const WINDOW: usize = 2_048;

/// Everything that is compiled from the rules.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) cues: Cues,
    pub(crate) lexicon: Lexicon,
    pub(crate) polarity: Polarity,
    pub(crate) says: Vec<Says>,
    atoms: AhoCorasick,
    /// The expressions each atom belongs to.
    owners: Vec<Vec<usize>>,
    expressions: Vec<Expression>,
}

/// A rule that reads sentences.
#[derive(Debug)]
pub(crate) struct Says {
    pub(crate) rule: Arc<Rule>,
    pub(crate) phrases: Vec<Compiled>,
    pub(crate) scope: Scope,
    pub(crate) foreign: bool,
    pub(crate) mood: Mood,
}

/// A rule that reads lines.
#[derive(Debug)]
struct Expression {
    rule: Arc<Rule>,
    regexes: Vec<Regex>,
    with: Vec<Regex>,
    without: Vec<Regex>,
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
        let texts: Vec<(&Arc<Rule>, &TextMatch)> = rules
            .filter_map(|rule| match &rule.matcher {
                Matcher::Text(text) => Some((rule, text.as_ref())),
                Matcher::Facts(_) | Matcher::Pattern(_) | Matcher::Check(_) => None,
            })
            .collect();
        let words = texts
            .iter()
            .flat_map(|(_, text)| &text.says)
            .flat_map(|phrase| phrase.words());
        let lexicon = Lexicon::with_words(words);
        let says = texts
            .iter()
            .filter(|(_, text)| !text.says.is_empty())
            .map(|(rule, text)| Says {
                rule: Arc::clone(rule),
                phrases: text.says.iter().map(|one| one.compile(&lexicon)).collect(),
                scope: text.scope,
                foreign: text.foreign,
                mood: text.mood,
            })
            .collect();
        let (mut atoms, mut owners, mut expressions) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, text) in texts.iter().filter(|(_, text)| !text.regex.is_empty()) {
            for atom in &text.atoms {
                let atom = atom.to_ascii_lowercase();
                match atoms.iter().position(|known| *known == atom) {
                    Some(at) => owners
                        .get_mut(at)
                        .map(|list: &mut Vec<usize>| list.push(expressions.len())),
                    None => {
                        atoms.push(atom);
                        owners.push(vec![expressions.len()]);
                        None
                    }
                };
            }
            expressions.push(Expression::compile(rule, text));
        }
        Self {
            cues: Cues::built_in(),
            polarity: Polarity::new(&lexicon),
            lexicon,
            says,
            atoms: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&atoms)
                .expect("atoms are short and few, within the automaton's bounds"),
            owners,
            expressions,
        }
    }

    /// Every match of the rules that read lines; each line is seen once by each rule.
    pub(crate) fn lines<'e>(&'e self, text: &str, path: &str, each: &mut dyn FnMut(Match<'e>)) {
        let mut seen: Vec<usize> = vec![0; self.expressions.len()];
        let mut state: Vec<Option<bool>> = vec![None; self.expressions.len()];
        for found in self.atoms.find_overlapping_iter(text) {
            for &owner in self
                .owners
                .get(found.pattern().as_usize())
                .into_iter()
                .flatten()
            {
                let (Some(expression), Some(seen), Some(state)) = (
                    self.expressions.get(owner),
                    seen.get_mut(owner),
                    state.get_mut(owner),
                ) else {
                    continue;
                };
                if *seen > found.start() || *state == Some(false) {
                    continue;
                }
                let applies = *state.get_or_insert_with(|| expression.applies(text, path));
                if applies {
                    let window = window(text, found.start(), *seen);
                    *seen = window.end.max(found.end());
                    expression.matches(text, window, each);
                }
            }
        }
    }

    /// The text with every secret starred out, byte for byte.
    pub(crate) fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut secrets: Vec<Range<usize>> = Vec::new();
        for found in self.atoms.find_overlapping_iter(text) {
            for &owner in self
                .owners
                .get(found.pattern().as_usize())
                .into_iter()
                .flatten()
            {
                let Some(expression) = self.expressions.get(owner).filter(|one| one.redact) else {
                    continue;
                };
                for regex in &expression.regexes {
                    for captures in regex.captures_iter(text) {
                        secrets.extend(captures.get(1).or(captures.get(0)).map(|m| m.range()));
                    }
                }
            }
        }
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

impl Expression {
    fn compile(rule: &Arc<Rule>, text: &TextMatch) -> Self {
        Self {
            rule: Arc::clone(rule),
            regexes: text.regex.clone(),
            with: text.with.clone(),
            without: text.without.clone(),
            validate: text.validate,
            redact: text.redact,
            files: globs(&text.files),
            scope: text.scope,
        }
    }

    fn applies(&self, text: &str, path: &str) -> bool {
        self.files
            .as_ref()
            .is_none_or(|files| files.is_match(path.to_ascii_lowercase()))
            && self.with.iter().all(|with| with.is_match(text))
    }

    fn matches<'e>(&'e self, text: &str, window: Range<usize>, each: &mut dyn FnMut(Match<'e>)) {
        let line = text.get(window.clone()).unwrap_or("");
        if self.without.iter().any(|without| without.is_match(line)) {
            return;
        }
        for regex in &self.regexes {
            for captures in regex.captures_iter(line) {
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
