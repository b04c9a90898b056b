//! Reads the catalogue and the rules into the index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use foldhash::fast::RandomState;
use skillgate_model::EffectKind;

use super::{
    AssignedNames, Compiled, EffectRules, EffectTest, Entry, Flow, Index, Replaced, Resource,
    RuleId, Selector, Sink, Strings, Test,
};
use crate::atoms::Atoms;
use crate::expression::{AsciiExpression, AsciiExpressions};
use crate::facts::checks::Check;
use crate::facts::intrinsic::{self, Intrinsic};
use crate::facts::matching::{AssignMatch, Condition, FactsMatch, ResourceMatch, StringMatch};
use crate::facts::names::{Name, Names};
use crate::facts::origin::{Origins, Sinks};
use crate::rule::{Matcher, Rule};

fn position(classes: &[Box<str>], word: &str) -> Option<u8> {
    let at = classes.iter().position(|class| **class == *word)?;
    u8::try_from(at).ok()
}

/// The sinks of these names.
fn named(classes: &[Box<str>], words: &[&str]) -> Sinks {
    let known = words.iter().filter_map(|word| position(classes, word));
    known.fold(Sinks::NONE, |sinks, class| sinks.union(Sinks(1 << class)))
}

pub(super) struct Builder {
    names: Names,
    entries: Vec<Entry>,
    methods: HashMap<Box<str>, Entry, RandomState>,
    attributes: HashMap<Box<str>, Vec<RuleId>, RandomState>,
    atoms: Vec<(String, RuleId)>,
    patterns: HashMap<RuleId, AsciiExpression, RandomState>,
    companions: HashMap<RuleId, AsciiExpression, RandomState>,
    assigns: Vec<(RuleId, Test, bool)>,
    targets: Vec<AsciiExpression>,
    quoted: Vec<RuleId>,
    flows: Vec<Vec<Flow>>,
    effects: BTreeMap<EffectKind, EffectRules>,
    rules: Vec<Compiled>,
    checks: Vec<Option<Arc<Rule>>>,
    secret_paths: Vec<String>,
    classes: Vec<Box<str>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            names: Names::new(),
            entries: Vec::new(),
            methods: HashMap::default(),
            attributes: HashMap::default(),
            atoms: Vec::new(),
            patterns: HashMap::default(),
            companions: HashMap::default(),
            quoted: Vec::new(),
            assigns: Vec::new(),
            targets: Vec::new(),
            flows: Vec::new(),
            effects: BTreeMap::new(),
            rules: Vec::new(),
            checks: vec![None; Check::ALL.len()],
            secret_paths: Vec::new(),
            classes: Vec::new(),
        }
    }
}

impl Builder {
    pub(super) fn intrinsics(&mut self) {
        for name in intrinsic::BUILTINS {
            self.entry(name);
        }
        for (path, text) in intrinsic::TEXTS {
            self.entry(path).text = Some(text);
        }
        for (path, intrinsic) in Intrinsic::NAMES {
            for path in path.split(' ') {
                self.entry(path).intrinsic = Some(*intrinsic);
            }
        }
    }

    /// A name that is no module of its own is a builtin when the catalogue or a rule writes it bare.
    fn insert(&mut self, path: &str) -> Name {
        let first = path.split(['.', '(', '[']).next().unwrap_or(path);
        if intrinsic::BUILTINS.contains(&first) {
            self.names.insert(&format!("builtins.{path}"))
        } else {
            self.names.insert(path)
        }
    }

    fn entry(&mut self, path: &str) -> &mut Entry {
        if let Some(method) = path.strip_prefix("*.") {
            return self.methods.entry(method.into()).or_default();
        }
        let at = self.insert(path).0 as usize;
        if self.entries.len() <= at {
            self.entries.resize_with(at + 1, Entry::default);
        }
        self.entries
            .get_mut(at)
            .expect("the vector was just made long enough")
    }

    fn class(&mut self, word: &str) -> u8 {
        position(&self.classes, word).unwrap_or_else(|| {
            self.classes.push(word.into());
            self.flows.push(Vec::new());
            u8::try_from(self.classes.len() - 1).unwrap_or(31)
        })
    }

    /// One line of the catalogue; a `#` begins a comment.
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split('#').next().unwrap_or("").split_whitespace();
        let Some(kind) = words.next() else {
            return Ok(());
        };
        let mut next = || words.next().ok_or_else(|| format!("`{line}` is cut short"));
        match kind {
            "alias" => {
                let (from, _, to) = (next()?, next()?, next()?);
                let target = self.insert(to);
                let bare = intrinsic::BUILTINS.contains(&from) || from == "__builtins__";
                let from = if bare {
                    format!("builtins.{from}")
                } else {
                    from.to_owned()
                };
                self.names.alias(&from, target);
            }
            "source" => {
                let origins = origins(next()?.split('+'))?;
                for path in words {
                    let entry = self.entry(path);
                    entry.source = entry.source.union(origins);
                }
            }
            "sink" => {
                let class = self.class(next()?);
                for word in words {
                    let (path, sink) = parse_sink(word, class);
                    self.entry(path).sinks.push(sink);
                }
            }
            "clean" => {
                let class = next()?;
                let sinks = if class == "*" {
                    Sinks::ALL
                } else {
                    class
                        .split('+')
                        .map(|class| Sinks(1 << self.class(class)))
                        .fold(Sinks::NONE, Sinks::union)
                };
                for path in words {
                    let entry = self.entry(path);
                    entry.cleans = Some(entry.cleans.unwrap_or(Sinks::NONE).union(sinks));
                }
            }
            "guard" => words.for_each(|path| self.entry(path).guarded = true),
            "runs" => words.for_each(|path| self.entry(path).runs = true),
            "sets" => words.for_each(|path| self.entry(path).sets = true),
            "programs" => words.for_each(|path| self.entry(path).programs = true),
            "known" => words.for_each(|path| {
                self.entry(path);
            }),
            // A `_` between two words of a path is read as a space.
            "secret" => self
                .secret_paths
                .extend(words.map(|word| word.replace("__", " "))),
            _ => return Err(format!("`{kind}` is no kind of catalogue line")),
        }
        Ok(())
    }

    pub(super) fn rule(&mut self, rule: &Arc<Rule>) -> Result<(), String> {
        match &rule.matcher {
            Matcher::Check(name) => {
                if let Some(check) = Check::named(name)
                    && let Some(slot) = self.checks.get_mut(check as usize)
                {
                    *slot = Some(rule.clone());
                }
                Ok(())
            }
            Matcher::Facts(facts) => self.facts(rule, facts),
            Matcher::Pattern(_) | Matcher::Text(_) => Ok(()),
        }
    }

    fn facts(&mut self, rule: &Arc<Rule>, facts: &FactsMatch) -> Result<(), String> {
        let id = RuleId::try_from(self.rules.len()).map_err(|_| "too many rules".to_owned())?;
        let arguments = facts
            .argument
            .iter()
            .map(|(key, condition)| Ok((selectors(key), self.test(condition)?)))
            .collect::<Result<Vec<_>, String>>()?;
        let any = facts.any.as_ref().map(|any| self.test(any)).transpose()?;
        let receiver = facts.receiver.as_ref();
        let receiver = receiver.map(|test| self.test(test)).transpose()?;
        let unconditional = arguments.is_empty() && any.is_none() && receiver.is_none();
        let referenced = facts.referenced.unwrap_or(unconditional);
        self.rules.push(Compiled {
            rule: rule.clone(),
            arguments,
            any,
            receiver,
            when: facts.when.clone(),
            resource: rule.resource.as_ref().map(compile_resource),
        });
        for path in &facts.call {
            let entry = self.entry(path);
            entry.calls.push(id);
            if referenced {
                entry.references.push(id);
            }
        }
        for path in &facts.reference {
            self.entry(path).references.push(id);
        }
        for path in &facts.import {
            self.entry(path).imports.push(id);
        }
        for path in &facts.base {
            self.entry(path).bases.push(id);
        }
        for path in &facts.set {
            self.entry(path).replaced.push(id);
        }
        for name in &facts.attribute {
            self.attributes
                .entry(name.as_str().into())
                .or_default()
                .push(id);
        }
        if let Some(strings) = &facts.string {
            self.strings(id, strings);
        }
        if let Some(AssignMatch {
            target,
            value,
            keywords,
        }) = &facts.assign
        {
            let test = self.test(value)?;
            self.assigns.push((id, test, *keywords));
            self.targets.push(target.clone());
        }
        if let Some(pattern) = &facts.resource {
            let kind = rule.effect.ok_or("`resource` needs the rule's `effect`")?;
            self.effects.entry(kind).or_default().push(EffectTest {
                rule: id,
                pattern: pattern.clone(),
                but: facts.but.clone(),
            });
        }
        if let Some(flow) = &facts.flow {
            let compiled = Flow {
                rule: id,
                from: origins(flow.from.iter().map(String::as_str))?,
                and: origins(flow.and.iter().map(String::as_str))?,
                but: origins(flow.but.iter().map(String::as_str))?,
            };
            let class = position(&self.classes, &flow.to)
                .ok_or_else(|| format!("`{}` is no sink of the catalogue", flow.to))?;
            if let Some(flows) = self.flows.get_mut(class as usize) {
                flows.push(compiled);
            }
        }
        Ok(())
    }

    fn strings(&mut self, id: RuleId, strings: &StringMatch) {
        for atom in &strings.contains {
            self.atoms.push((atom.clone(), id));
        }
        if strings.quoted {
            self.quoted.push(id);
        }
        if let Some(pattern) = &strings.matches {
            self.patterns.insert(id, pattern.clone());
        }
        if let Some(pattern) = &strings.with {
            self.companions.insert(id, pattern.clone());
        }
    }

    fn test(&mut self, condition: &Condition) -> Result<Test, String> {
        let reference = condition.reference.iter().map(|path| self.insert(path));
        let reference = reference.collect::<Vec<_>>();
        Ok(Test {
            tainted: condition
                .tainted
                .as_ref()
                .map(|words| origins(words.iter()))
                .transpose()?,
            value: condition
                .value
                .as_ref()
                .map(|value| value.as_slice().to_vec()),
            matches: condition.matches.clone(),
            missing: condition.missing,
            below: condition.below,
            constant: condition.constant,
            list: condition.list,
            own: condition.own,
            checked: condition.checked,
            reference: (!reference.is_empty()).then_some(reference),
            not: condition
                .not
                .as_ref()
                .map(|not| self.test(not).map(Box::new))
                .transpose()?,
            either: condition
                .either
                .iter()
                .map(|condition| self.test(condition))
                .collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn finish(mut self) -> Result<Index, String> {
        self.entries.resize_with(self.names.len(), Entry::default);
        let automaton = |atoms: Vec<&str>| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .kind(Some(AhoCorasickKind::DFA))
                .build(atoms)
                .map_err(|error| error.to_string())
        };
        let strings = if self.atoms.is_empty() {
            None
        } else {
            Some(Strings {
                atoms: Atoms::new(self.atoms.iter().map(|(atom, _)| atom.as_str()))
                    .map_err(|error| error.to_string())?,
                owners: self.atoms.iter().map(|(_, id)| *id).collect(),
                rules: self
                    .atoms
                    .iter()
                    .map(|(_, id)| *id)
                    .collect::<BTreeSet<_>>()
                    .len(),
                patterns: self.patterns,
                companions: self.companions,
                quoted: self.quoted,
            })
        };
        let targets = self.targets.iter().map(AsciiExpression::pattern);
        let assigned_names = AsciiExpressions::new(targets)
            .ok_or("the names that rules on assignments ask for are too large together")?;
        let tests: Vec<&Test> = self.assigns.iter().map(|(_, test, _)| test).collect();
        Ok(Index {
            assigned_names: AssignedNames::new(assigned_names, &tests),
            secret_paths: automaton(self.secret_paths.iter().map(String::as_str).collect())?,
            names: self.names,
            entries: self.entries,
            methods: self.methods,
            attributes: self.attributes,
            strings,
            assigns: self.assigns,
            html: position(&self.classes, "html"),
            log: position(&self.classes, "log"),
            network: position(&self.classes, "network"),
            host: position(&self.classes, "host"),
            redirect: position(&self.classes, "redirect"),
            spawn: position(&self.classes, "spawn"),
            hash: position(&self.classes, "hash"),
            nosql: position(&self.classes, "nosql"),
            destroy: position(&self.classes, "destroy"),
            replaced: Replaced {
                quotes: named(&self.classes, &["xpath", "find", "sql"]),
                brackets: named(&self.classes, &["html", "response"]),
                filters: named(&self.classes, &["ldap"]),
                line_ends: named(&self.classes, &["log", "header"]),
                escaped: named(
                    &self.classes,
                    &[
                        "html", "response", "template", "sql", "xpath", "find", "ldap", "regex",
                        "log", "header", "nosql",
                    ],
                ),
            },
            flows: self.flows,
            effects: self.effects,
            rules: self.rules,
            checks: self.checks,
        })
    }
}

fn compile_resource(resource: &ResourceMatch) -> Resource {
    Resource {
        argument: selectors(&resource.argument),
        form: resource.form,
        mode: resource.mode.as_deref().map(selectors),
    }
}

/// `0|args`: a position, a keyword, or both.
fn selectors(key: &str) -> Vec<Selector> {
    key.split('|')
        .map(|part| match part.parse() {
            Ok(position) => Selector::Position(position),
            Err(_) if part == "self" => Selector::Receiver,
            Err(_) => Selector::Keyword(part.into()),
        })
        .collect()
}

/// `subprocess.run@0|args?shell`.
fn parse_sink(word: &str, class: u8) -> (&str, Sink) {
    let (word, only_if) = match word.split_once('?') {
        Some((word, keyword)) => (word, Some(keyword.into())),
        None => (word, None),
    };
    let (path, arguments) = match word.split_once('@') {
        Some((path, key)) => (path, selectors(key)),
        None => (word, Vec::new()),
    };
    let sink = Sink {
        class,
        arguments,
        only_if,
    };
    (path, sink)
}

fn origins<'w>(words: impl Iterator<Item = &'w str>) -> Result<Origins, String> {
    words.into_iter().try_fold(Origins::NONE, |all, word| {
        let more = if word == "untrusted" {
            Origins::PARAM
                .union(Origins::WEB)
                .union(Origins::INPUT)
                .union(Origins::NETWORK)
        } else {
            Origins::named(word).ok_or_else(|| format!("`{word}` is no origin"))?
        };
        Ok(all.union(more))
    })
}
