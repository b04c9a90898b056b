//! Rules that are shapes of a syntax tree, in the part of ast-grep's rule syntax that [`PatternMatch`] lists.
//!
//! Nothing in the examined source can switch a rule off: `ast-grep-ignore` comments mean nothing here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::PatternMatch;
use super::grammar::{self, Grammar};
use crate::expression::AsciiExpression;
use crate::source::Source;
use crate::{Artifact, Rule, Rules, Sink};
use aho_corasick::AhoCorasick;
use ast_grep_core::matcher::{KindMatcher, Pattern};
use ast_grep_core::meta_var::MetaVarEnv;
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{Matcher, Node};

type TreeNode<'t> = Node<'t, StrDoc<Grammar>>;

/// Ancestors that `inside` looks at, and descendants that `has` looks at.
const MAX_REACH: usize = 256;
/// Shortest literal worth searching for.
const MIN_ATOM: usize = 3;

/// A rule, compiled for each grammar of its language.
#[derive(Clone)]
pub(crate) struct TreeRule {
    shapes: BTreeMap<Grammar, Shape>,
    constraints: BTreeMap<Grammar, Vec<(String, Shape)>>,
    /// A match contains one of these; `None` when it may contain anything.
    atoms: Option<Vec<String>>,
}

impl fmt::Debug for TreeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeRule")
            .field("atoms", &self.atoms)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Shape {
    Pattern(Box<Pattern>),
    Kind(KindMatcher),
    Regex(AsciiExpression),
    All(Vec<Shape>),
    Any(Vec<Shape>),
    Not(Box<Shape>),
    Inside(Box<Shape>, bool),
    Has(Box<Shape>, bool),
    Follows(Box<Shape>),
    Precedes(Box<Shape>),
}

impl TreeRule {
    pub(super) fn compile(source: &PatternMatch, grammars: &[Grammar]) -> Result<Self, String> {
        let (mut shapes, mut constraints) = (BTreeMap::new(), BTreeMap::new());
        for grammar in grammars {
            shapes.insert(*grammar, shape(source, *grammar)?);
            let named = source.constraints.iter();
            let named = named.map(|(name, rule)| Ok((name.clone(), shape(rule, *grammar)?)));
            constraints.insert(*grammar, named.collect::<Result<_, String>>()?);
        }
        Ok(Self {
            shapes,
            constraints,
            atoms: atoms(source),
        })
    }
}

fn shape(source: &PatternMatch, grammar: Grammar) -> Result<Shape, String> {
    let mut all = Vec::new();
    if let Some(pattern) = &source.pattern {
        let compiled = Pattern::try_new(pattern, grammar)
            .map_err(|error| format!("pattern `{pattern}`: {error}"))?;
        all.push(Shape::Pattern(Box::new(compiled)));
    }
    if let Some(kind) = &source.kind {
        all.push(Shape::Kind(
            KindMatcher::try_new(kind, grammar).map_err(|error| error.to_string())?,
        ));
    }
    if let Some(regex) = &source.regex {
        all.push(Shape::Regex(AsciiExpression::try_from(regex.clone())?));
    }
    if !source.any.is_empty() {
        all.push(Shape::Any(shapes(&source.any, grammar)?));
    }
    all.extend(shapes(&source.all, grammar)?);
    let inner = |rule: &Option<Box<PatternMatch>>| match rule {
        Some(rule) => Ok(Some((Box::new(shape(rule, grammar)?), to_end(rule)?))),
        None => Ok::<_, String>(None),
    };
    all.extend(inner(&source.not)?.map(|(shape, _)| Shape::Not(shape)));
    all.extend(inner(&source.inside)?.map(|(shape, end)| Shape::Inside(shape, end)));
    all.extend(inner(&source.has)?.map(|(shape, end)| Shape::Has(shape, end)));
    all.extend(inner(&source.follows)?.map(|(shape, _)| Shape::Follows(shape)));
    all.extend(inner(&source.precedes)?.map(|(shape, _)| Shape::Precedes(shape)));
    match all.len() {
        0 => Err(
            "a rule needs at least one of pattern, kind, regex, any, all, not, inside, has"
                .to_owned(),
        ),
        1 => Ok(all.remove(0)),
        _ => Ok(Shape::All(all)),
    }
}

fn shapes(rules: &[PatternMatch], grammar: Grammar) -> Result<Vec<Shape>, String> {
    rules.iter().map(|rule| shape(rule, grammar)).collect()
}

fn to_end(rule: &PatternMatch) -> Result<bool, String> {
    match rule.stop_by.as_deref() {
        None | Some("neighbor") => Ok(false),
        Some("end") => Ok(true),
        Some(other) => Err(format!("stopBy `{other}`: expected `neighbor` or `end`")),
    }
}

/// Literals one of which every match contains.
fn atoms(source: &PatternMatch) -> Option<Vec<String>> {
    let of_pattern = source
        .pattern
        .as_deref()
        .and_then(longest_word)
        .map(|word| vec![word]);
    let of_regex = || {
        source
            .regex
            .as_deref()
            .and_then(required_word)
            .map(|word| vec![word])
    };
    let of_any = || {
        source
            .any
            .iter()
            .map(atoms)
            .collect::<Option<Vec<_>>>()
            .map(|sets| sets.concat())
    };
    let of_all = || source.all.iter().find_map(atoms);
    let of_has = || source.has.as_deref().and_then(atoms);
    let nonempty = |set: &Vec<String>| !set.is_empty();
    of_pattern
        .or_else(of_regex)
        .or_else(of_all)
        .or_else(|| of_any().filter(nonempty))
        .or_else(of_has)
}

/// A word that a regular expression cannot match without: only where nothing in it is a choice but white space.
fn required_word(regex: &str) -> Option<String> {
    let plain = regex
        .replace("\\s*", " ")
        .replace("\\s+", " ")
        .replace("[\"']?", " ");
    let choice = plain.contains(['|', '?', '*', '{', '(', '[', '\\']);
    if choice {
        None
    } else {
        longest_word(&plain.replace(['^', '$'], " "))
    }
}

/// The longest stretch of a pattern that stands for itself.
fn longest_word(pattern: &str) -> Option<String> {
    pattern
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.contains('$') && word.len() >= MIN_ATOM)
        .max_by_key(|word| word.len())
        .map(str::to_owned)
}

/// The tree rules of all languages, with the search that says which of them a file is worth parsing for.
#[derive(Debug, Clone, Default)]
pub(crate) struct TreeRules {
    rules: BTreeMap<Grammar, Vec<Arc<Rule>>>,
    search: BTreeMap<Grammar, (AhoCorasick, Vec<usize>)>,
}

impl TreeRules {
    pub(crate) fn new(all: &[Arc<Rule>]) -> Self {
        let mut index = Self::default();
        for rule in all {
            if let Some(shape) = rule.tree() {
                for grammar in shape.shapes.keys() {
                    index.rules.entry(*grammar).or_default().push(rule.clone());
                }
            }
        }
        for (grammar, rules) in &index.rules {
            let (mut words, mut owners) = (Vec::new(), Vec::new());
            for (at, rule) in rules.iter().enumerate() {
                for atom in rule
                    .tree()
                    .and_then(|shape| shape.atoms.as_ref())
                    .into_iter()
                    .flatten()
                {
                    words.push(atom.as_str());
                    owners.push(at);
                }
            }
            if let Ok(search) = AhoCorasick::new(words) {
                index.search.insert(*grammar, (search, owners));
            }
        }
        index
    }

    /// The rules that this text could match.
    fn suspected(&self, text: &str, grammar: Grammar) -> Vec<&Arc<Rule>> {
        let Some(rules) = self.rules.get(&grammar) else {
            return Vec::new();
        };
        let always = |rule: &Arc<Rule>| rule.tree().is_some_and(|shape| shape.atoms.is_none());
        let mut wanted: Vec<bool> = rules.iter().map(always).collect();
        if let Some((search, owners)) = self.search.get(&grammar) {
            for found in search.find_overlapping_iter(text) {
                if let Some(flag) = owners
                    .get(found.pattern().as_usize())
                    .and_then(|owner| wanted.get_mut(*owner))
                {
                    *flag = true;
                }
            }
        }
        rules
            .iter()
            .zip(wanted)
            .filter(|(_, wanted)| *wanted)
            .map(|(rule, _)| rule)
            .collect()
    }
}

/// Reports every node that a rule of this grammar matches.
pub(super) fn examine(artifact: &Artifact<'_>, text: &str, grammar: Grammar, sink: &mut Sink<'_>) {
    let rules: &Rules = sink.rules();
    let suspected = rules.trees().suspected(text, grammar);
    if suspected.is_empty() {
        return;
    }
    let Some(tree) = grammar::parse(text, grammar) else {
        sink.incomplete("its syntax tree costs more than the scanner's bounds");
        return;
    };
    let document = StrDoc {
        src: text.to_owned(),
        lang: grammar,
        tree,
    };
    let root = ast_grep_core::AstGrep::doc(document);
    let source = Source::new(text);
    let mut stack = vec![(root.root(), 0)];
    let mut path: Vec<TreeNode<'_>> = Vec::new();
    while let Some((node, depth)) = stack.pop() {
        path.truncate(depth);
        for rule in &suspected {
            if rule
                .tree()
                .is_some_and(|shape| shape.matches(&node, &mut path, grammar))
            {
                sink.report(rule, artifact, &source, node.range(), None, None);
            }
        }
        let children: Vec<_> = node.children().map(|child| (child, depth + 1)).collect();
        stack.extend(children.into_iter().rev());
        path.push(node);
    }
}

impl TreeRule {
    fn matches<'t>(
        &self,
        node: &TreeNode<'t>,
        path: &mut Vec<TreeNode<'t>>,
        grammar: Grammar,
    ) -> bool {
        let Some(shape) = self.shapes.get(&grammar) else {
            return false;
        };
        let mut env = Cow::Owned(MetaVarEnv::new());
        shape.matches(node, path, &mut env)
            && self
                .constraints
                .get(&grammar)
                .into_iter()
                .flatten()
                .all(|(name, shape)| {
                    let bound = env.get_match(name).cloned();
                    bound.is_some_and(|node| {
                        shape.matches(&node, path, &mut Cow::Owned(MetaVarEnv::new()))
                    })
                })
    }
}

impl Shape {
    fn matches<'t>(
        &self,
        node: &TreeNode<'t>,
        path: &mut Vec<TreeNode<'t>>,
        env: &mut Cow<'_, MetaVarEnv<'t, StrDoc<Grammar>>>,
    ) -> bool {
        match self {
            Self::Pattern(pattern) => matched(pattern.as_ref(), node, env),
            Self::Kind(kind) => matched(kind, node, env),
            Self::Regex(regex) => regex.is_match(&node.text()),
            Self::All(shapes) => shapes.iter().all(|shape| shape.matches(node, path, env)),
            Self::Any(shapes) => shapes.iter().any(|shape| shape.matches(node, path, env)),
            Self::Not(shape) => !shape.matches(node, path, &mut Cow::Owned(MetaVarEnv::new())),
            Self::Inside(shape, end) => inside(shape, *end, path, env),
            Self::Has(shape, end) => has(shape, *end, node, path, env),
            Self::Follows(shape) => node
                .prev()
                .is_some_and(|other| shape.matches(&other, path, env)),
            Self::Precedes(shape) => node
                .next()
                .is_some_and(|other| shape.matches(&other, path, env)),
        }
    }
}

fn matched<'t>(
    matcher: &impl Matcher,
    node: &TreeNode<'t>,
    env: &mut Cow<'_, MetaVarEnv<'t, StrDoc<Grammar>>>,
) -> bool {
    let mut own = Cow::Owned(env.clone().into_owned());
    let found = matcher
        .match_node_with_env(node.clone(), &mut own)
        .is_some();
    if found {
        *env = Cow::Owned(own.into_owned());
    }
    found
}

fn inside<'t>(
    shape: &Shape,
    end: bool,
    path: &mut Vec<TreeNode<'t>>,
    env: &mut Cow<'_, MetaVarEnv<'t, StrDoc<Grammar>>>,
) -> bool {
    let reach = if end { MAX_REACH } else { 1 };
    let mut above = Vec::new();
    let mut found = false;
    while !found && above.len() < reach {
        let Some(ancestor) = path.pop() else { break };
        found = shape.matches(&ancestor, path, env);
        above.push(ancestor);
    }
    path.extend(above.into_iter().rev());
    found
}

fn has<'t>(
    shape: &Shape,
    end: bool,
    node: &TreeNode<'t>,
    path: &mut Vec<TreeNode<'t>>,
    env: &mut Cow<'_, MetaVarEnv<'t, StrDoc<Grammar>>>,
) -> bool {
    let mut queue: Vec<TreeNode<'t>> = node.children().take(MAX_REACH).collect();
    let mut seen = 0;
    queue.reverse();
    while let Some(child) = queue.pop() {
        seen += 1;
        if seen > MAX_REACH {
            return false;
        }
        if shape.matches(&child, path, env) {
            return true;
        }
        if end {
            let children: Vec<_> = child.children().take(MAX_REACH).collect();
            queue.extend(children.into_iter().rev());
        }
    }
    false
}
