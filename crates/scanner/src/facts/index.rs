//! The rules and the catalogue, compiled so that each resolved name costs one look-up however many rules there are.

mod builder;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aho_corasick::AhoCorasick;
use foldhash::fast::RandomState;

use builder::Builder;

use super::args::Args;
use super::checks::Check;
use super::intrinsic::Intrinsic;
use super::matching::{Literal, When};
use super::names::{Name, Names};
use super::origin::{Origins, Sinks};
use super::value::{Shape, Value};
use crate::atoms::Atoms;
use crate::expression::{AsciiExpression, AsciiExpressions};
use crate::rule::Rule;
use skillgate_model::EffectKind;

/// Index into the compiled rules.
pub(crate) type RuleId = u16;

/// Everything that is known of one name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(crate) calls: Vec<RuleId>,
    pub(crate) references: Vec<RuleId>,
    pub(crate) imports: Vec<RuleId>,
    pub(crate) bases: Vec<RuleId>,
    /// What speaks of its being replaced.
    pub(crate) replaced: Vec<RuleId>,
    pub(crate) source: Origins,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) cleans: Option<Sinks>,
    pub(crate) intrinsic: Option<Intrinsic>,
    /// A constant text.
    pub(crate) text: Option<&'static str>,
    /// A module whose attributes must not be picked by a computed name.
    pub(crate) guarded: bool,
    /// Gives the variable in its first argument the value in its second.
    pub(crate) sets: bool,
    /// A callable that runs what it is given.
    pub(crate) runs: bool,
    /// A module whose names are programs.
    pub(crate) programs: bool,
}

/// A place where data may go.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    pub(crate) class: u8,
    pub(crate) arguments: Vec<Selector>,
    /// Only when this keyword is true, or not known.
    pub(crate) only_if: Option<Box<str>>,
}

/// Which argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// The object whose method is called.
    Receiver,
    /// A position.
    Position(usize),
    /// A keyword.
    Keyword(Box<str>),
}

/// A rule with its words turned into numbers.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(crate) rule: Arc<Rule>,
    pub(crate) arguments: Vec<(Vec<Selector>, Test)>,
    pub(crate) any: Option<Test>,
    pub(crate) receiver: Option<Test>,
    pub(crate) when: Vec<When>,
    pub(crate) resource: Option<Resource>,
}

impl Compiled {
    /// Whether a call must be given something for the rule to speak of it.
    pub(crate) fn has_conditions(&self) -> bool {
        !self.arguments.is_empty() || self.any.is_some() || self.receiver.is_some()
    }

    /// Whether what a call is given meets the rule's conditions.
    pub(crate) fn holds<'a>(&self, args: &Args<'a>, receiver: Option<&Value<'a>>) -> bool {
        let rest = args.rest.is_some();
        let mut arguments = self.arguments.iter();
        arguments.all(|(selectors, test)| test.holds(args.select(selectors, receiver), rest))
            && (self.any.iter()).all(|test| args.all().any(|value| test.holds(Some(value), rest)))
            && (self.receiver.iter()).all(|test| test.holds(receiver, rest))
    }
}

/// Where the resource of an effect is found.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) argument: Vec<Selector>,
    pub(crate) form: super::matching::Form,
    pub(crate) mode: Option<Vec<Selector>>,
}

/// A compiled condition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Test {
    pub(crate) tainted: Option<Origins>,
    pub(crate) value: Option<Vec<Literal>>,
    pub(crate) matches: Option<AsciiExpression>,
    pub(crate) missing: Option<bool>,
    pub(crate) below: Option<i64>,
    pub(crate) constant: Option<bool>,
    pub(crate) list: Option<bool>,
    pub(crate) own: Option<bool>,
    pub(crate) checked: Option<bool>,
    pub(crate) reference: Option<Vec<Name>>,
    pub(crate) not: Option<Box<Test>>,
    pub(crate) either: Vec<Test>,
}

/// A compiled flow.
#[derive(Debug, Clone)]
pub(crate) struct Flow {
    pub(crate) rule: RuleId,
    pub(crate) from: Origins,
    pub(crate) and: Origins,
    pub(crate) but: Origins,
}

/// A rule on effects that other rules infer.
#[derive(Debug, Clone)]
pub(crate) struct EffectTest {
    pub(crate) rule: RuleId,
    pub(crate) pattern: AsciiExpression,
    pub(crate) but: Option<AsciiExpression>,
}

/// The rules on the resources of one kind of effect.
#[derive(Debug, Default)]
pub(crate) struct EffectRules {
    rules: Vec<EffectTest>,
    all: OnceLock<Option<AsciiExpressions>>,
}

impl EffectRules {
    pub(super) fn push(&mut self, test: EffectTest) {
        self.rules.push(test);
    }

    /// The rules that speak of this text, added to those that are known.
    pub(crate) fn speak_of(&self, text: &str, rules: &mut BTreeSet<RuleId>) {
        let all = self.all.get_or_init(|| {
            let patterns = self.rules.iter().map(|test| test.pattern.pattern());
            AsciiExpressions::new(patterns)
        });
        let matched: Vec<&EffectTest> = match all {
            Some(all) if !all.is_match(text) => return,
            Some(all) => {
                let matched = all.matches(text).into_iter();
                matched.filter_map(|at| self.rules.get(at)).collect()
            }
            // Together they are too large.
            None => {
                let tests = self.rules.iter();
                tests.filter(|test| test.pattern.is_match(text)).collect()
            }
        };
        let matched = matched.into_iter().filter(|test| {
            let but = test.but.as_ref();
            but.is_none_or(|but| !but.is_match(text))
        });
        rules.extend(matched.map(|test| test.rule));
    }
}

/// The names that rules on assignments ask for; most files give the same few thousand names their values.
#[derive(Debug)]
pub(crate) struct AssignedNames {
    /// The origins that one of the rules asks for; `None` when one may speak of a value of which nothing is known.
    origins: Option<Origins>,
    patterns: AsciiExpressions,
    /// What most names are asked for.
    none: Arc<[usize]>,
    known: RwLock<HashMap<Box<str>, Arc<[usize]>, RandomState>>,
}

impl AssignedNames {
    fn new(patterns: AsciiExpressions, tests: &[&Test]) -> Self {
        let of_unknown = tests
            .iter()
            .any(|test| test.holds(Some(&Value::UNKNOWN), false));
        let asked_for = |from: Origins, test: &&Test| from.union(test.origins());
        Self {
            origins: (!of_unknown).then(|| tests.iter().fold(Origins::INNER, asked_for)),
            patterns,
            none: Arc::default(),
            known: RwLock::default(),
        }
    }

    /// Whether one of the rules may speak of the value, whatever name it is given.
    pub(crate) fn may_concern(&self, value: &Value<'_>) -> bool {
        !matches!(value.shape, Shape::Unknown | Shape::Foreign)
            || self.origins.is_none_or(|from| value.from.meets(from))
    }

    /// The numbers of the patterns that match the name.
    pub(crate) fn asking_for(&self, name: &str) -> Arc<[usize]> {
        /// Names that are remembered, and their bytes: nobody fills the memory with new ones.
        const MOST: (usize, usize) = (1 << 14, 64);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.get(name) {
            return Arc::clone(rules);
        }
        let room = known.len() < MOST.0 && name.len() <= MOST.1;
        drop(known);
        let rules = match self.patterns.is_match(name) {
            true => self.patterns.matches(name).into(),
            false => Arc::clone(&self.none),
        };
        if room {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.insert(name.into(), Arc::clone(&rules));
        }
        rules
    }
}

/// The sinks that a text is safe for without some characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replaced {
    pub(crate) quotes: Sinks,
    pub(crate) brackets: Sinks,
    pub(crate) line_ends: Sinks,
    pub(crate) filters: Sinks,
    /// Those for which a function that says so cleans.
    pub(crate) escaped: Sinks,
}

/// The texts that rules look for, behind one automaton.
#[derive(Debug, Clone)]
pub(crate) struct Strings {
    pub(crate) atoms: Atoms,
    pub(crate) owners: Vec<RuleId>,
    /// How many rules own an atom.
    pub(crate) rules: usize,
    pub(crate) patterns: HashMap<RuleId, AsciiExpression, RandomState>,
    /// What must stand in the text as well.
    pub(crate) companions: HashMap<RuleId, AsciiExpression, RandomState>,
    /// Rules on texts that lists of what is bad hold too.
    pub(crate) quoted: Vec<RuleId>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) names: Names,
    entries: Vec<Entry>,
    methods: HashMap<Box<str>, Entry, RandomState>,
    pub(crate) attributes: HashMap<Box<str>, Vec<RuleId>, RandomState>,
    pub(crate) strings: Option<Strings>,
    /// Rules on what a name is given, and whether keywords of calls count.
    pub(crate) assigns: Vec<(RuleId, Test, bool)>,
    /// The names that each of `assigns` asks for, in the same order.
    pub(crate) assigned_names: AssignedNames,
    pub(crate) flows: Vec<Vec<Flow>>,
    /// The sinks that are pages, that are logs, that are connections, hosts asked or places sent to, and those that destroy what lies at a path.
    pub(crate) html: Option<u8>,
    pub(crate) log: Option<u8>,
    pub(crate) network: Option<u8>,
    pub(crate) host: Option<u8>,
    pub(crate) redirect: Option<u8>,
    /// The sink of programs that are started.
    pub(crate) spawn: Option<u8>,
    /// The sink of fast hashes.
    pub(crate) hash: Option<u8>,
    /// The sink of queries whose operators are keys.
    pub(crate) nosql: Option<u8>,
    pub(crate) destroy: Option<u8>,
    /// The sinks that a text is safe for once its quotes, its brackets or its line ends are replaced.
    pub(crate) replaced: Replaced,
    /// Rules on effects that other rules infer.
    pub(crate) effects: BTreeMap<EffectKind, EffectRules>,
    pub(crate) rules: Vec<Compiled>,
    checks: Vec<Option<Arc<Rule>>>,
    pub(crate) secret_paths: AhoCorasick,
}

static CATALOGUE: &str = include_str!("catalogue.txt");

impl Index {
    /// Compiles the rules of the facts engine.
    ///
    /// # Errors
    /// The id of a rule that names an unknown origin or sink, and what is wrong.
    pub(crate) fn new(rules: &[Arc<Rule>]) -> Result<Self, (String, String)> {
        let catalogue = |message| ("catalogue".to_owned(), message);
        let mut builder = Builder::default();
        builder.intrinsics();
        for line in CATALOGUE.lines() {
            builder.line(line).map_err(catalogue)?;
        }
        for rule in rules {
            builder
                .rule(rule)
                .map_err(|message| (rule.info.id.clone(), message))?;
        }
        builder.finish().map_err(catalogue)
    }

    pub(crate) fn entry(&self, name: Name) -> Option<&Entry> {
        self.entries.get(name.0 as usize)
    }

    /// What is known of a method of this name on any object.
    pub(crate) fn method(&self, name: &str) -> Option<&Entry> {
        self.methods.get(name)
    }

    pub(crate) fn rule(&self, id: RuleId) -> Option<&Compiled> {
        self.rules.get(id as usize)
    }

    pub(crate) fn check(&self, check: Check) -> Option<&Arc<Rule>> {
        self.checks.get(check as usize)?.as_ref()
    }
}
