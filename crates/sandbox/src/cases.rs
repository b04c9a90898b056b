//! Calls made up from signatures, type hints, defaults and docstring examples; always the same for the same skill.

mod examples;
pub(crate) mod values;

use std::time::Duration;

use skillgate_model::{CaseOutcome, CaseResult};

use self::examples::{agrees, examples};
use self::values::{arguments, value};
use crate::harness::{Function, Module, Parameter};
use crate::property::Trials;
use crate::property::kind::Kind;

/// One call to make.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) module: String,
    pub(crate) target: String,
    pub(crate) arguments: String,
    pub(crate) source: &'static str,
    pub(crate) expression: String,
    /// Docstring examples up to the one that is judged.
    pub(crate) examples: Vec<String>,
    /// A file to run as a program instead.
    pub(crate) script: Option<String>,
    pub(crate) argv: Vec<String>,
    /// What the last example must print; it never enters the jail.
    expected: Option<String>,
    pub(crate) step: Step,
    /// The expression with a mark where the arguments stand.
    template: String,
}

/// Stands for the arguments in a template; no name of Python contains it.
const ARGUMENTS: &str = "\u{1}";

/// What the outcome of a call is for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// It stands for itself.
    Once,
    /// It stands for itself, and is made once more.
    Twice,
    /// It is held against the result at this place, which had this outcome.
    Again { place: usize, before: String },
    /// It is one of several with arguments made at random.
    Trial(Box<Trials>),
    /// It is made under a date of its own, for what it tries; its result says nothing.
    On(Duration),
}

/// How often the process that makes a call once more makes it.
const REPETITIONS: u32 = 3;

impl Case {
    pub(crate) fn result(&self, outcome: CaseOutcome, detail: String) -> CaseResult {
        CaseResult {
            target: self.target.clone(),
            arguments: self.arguments.chars().take(400).collect(),
            source: self.source.to_owned(),
            outcome,
            detail: detail.chars().take(2000).collect(),
            repeated: None,
        }
    }

    /// How often the process that makes this call makes it.
    pub(crate) const fn times(&self) -> u32 {
        match self.step {
            Step::Again { .. } => REPETITIONS,
            Step::Once | Step::Twice | Step::Trial(_) | Step::On(_) => 1,
        }
    }

    /// The same call once more, in a new process and there several times.
    pub(crate) fn again(&self, place: usize, before: String) -> Self {
        Self {
            step: Step::Again { place, before },
            ..self.clone()
        }
    }

    /// The same call with the clock that far ahead.
    pub(crate) fn on(&self, ahead: Duration) -> Self {
        Self {
            step: Step::On(ahead),
            ..self.clone()
        }
    }

    /// The next call of the same trials.
    pub(crate) fn trial(&self, trials: Box<Trials>) -> Self {
        let arguments = trials.arguments();
        Self {
            expression: self.template.replace(ARGUMENTS, &arguments),
            arguments,
            step: Step::Trial(trials),
            ..self.clone()
        }
    }

    /// Compares what came back with what was expected, outside the jail.
    pub(crate) fn judge(&self, outcome: &str, detail: &str) -> (CaseOutcome, String) {
        match (outcome, &self.expected) {
            ("returned", Some(expected)) if !agrees(expected, detail) => (
                CaseOutcome::Mismatched,
                format!("expected {expected:?}, got {detail:?}"),
            ),
            ("returned", _) => (CaseOutcome::Returned, detail.to_owned()),
            ("raised", _) => (CaseOutcome::Raised, detail.to_owned()),
            _ => (CaseOutcome::Missing, detail.to_owned()),
        }
    }
}

/// Every call for one module.
pub(crate) fn of_module(module: &Module, functions: &[Function]) -> Vec<Case> {
    let mut cases: Vec<Case> = functions
        .iter()
        .flat_map(|function| of_function(module, function))
        .collect();
    if module.script {
        for argv in [vec![], vec!["/tmp/sample/sample.txt".to_owned()]] {
            let mut words = vec![module.path.clone()];
            words.extend(argv);
            cases.push(Case {
                script: Some(module.path.clone()),
                arguments: words.get(1..).unwrap_or_default().join(" "),
                argv: words,
                ..case(module, "__main__", String::new(), "script")
            });
        }
    }
    cases
}

fn case(module: &Module, name: &str, arguments: String, source: &'static str) -> Case {
    Case {
        module: module.name.clone(),
        target: format!("{}.{name}", module.name),
        arguments,
        source,
        expression: String::new(),
        examples: Vec::new(),
        script: None,
        argv: Vec::new(),
        expected: None,
        step: Step::Once,
        template: String::new(),
    }
}

fn of_function(module: &Module, function: &Function) -> Vec<Case> {
    let mut cases = Vec::new();
    let required = |parameter: &&Parameter| !parameter.2;
    let hinted = function
        .parameters
        .iter()
        .filter(required)
        .any(|parameter| !parameter.1.is_empty());
    let source = match (
        function.parameters.iter().any(|parameter| !parameter.2),
        hinted,
    ) {
        (false, _) => "default",
        (true, true) => "hint",
        (true, false) => "signature",
    };
    for variant in 0..2 {
        let arguments = arguments(&function.parameters, variant);
        if cases.iter().any(|case: &Case| case.arguments == arguments) {
            continue;
        }
        let step = if variant == 0 {
            Step::Twice
        } else {
            Step::Once
        };
        cases.push(Case {
            expression: expression(function, &arguments),
            step,
            ..case(module, &function.name, arguments, source)
        });
    }
    cases.extend(examples(module, function));
    cases.extend(proposed(module, function));
    cases.extend(trial(module, function));
    cases
}

/// The calls that somebody proposes for this function.
fn proposed(module: &Module, function: &Function) -> Vec<Case> {
    let is_meant = |target: &str| {
        let name = target.strip_suffix(function.name.as_str());
        name.is_some_and(|before| {
            before.is_empty() || before.strip_suffix('.') == Some(module.name.as_str())
        })
    };
    let meant = module
        .proposals
        .iter()
        .filter(|proposal| is_meant(&proposal.target));
    let case = |proposal: &crate::Proposal| Case {
        expression: expression(function, &proposal.arguments),
        ..case(module, &function.name, proposal.arguments.clone(), "model")
    };
    meant.map(case).collect()
}

/// The call as Python writes it.
fn expression(function: &Function, arguments: &str) -> String {
    match (function.name.split_once('.'), &function.init) {
        (Some((class, method)), Some(init)) => {
            let init = self::arguments(init, 0);
            format!("{class}({init}).{method}({arguments})")
        }
        _ => format!("{}({arguments})", function.name),
    }
}

/// The first call with arguments made at random, where every required one has a type that values can be made of.
fn trial(module: &Module, function: &Function) -> Option<Case> {
    let required = || {
        let parameters = function.parameters.iter();
        parameters.filter(|parameter| !parameter.2)
    };
    let kind = |Parameter(name, hint, ..): &Parameter| {
        // A name that says what kind of text it wants gets that kind.
        if hint == "str" && value(name, hint, 0) != value("", hint, 0) {
            return Some(Kind::Fixed(value(name, hint, 0)));
        }
        Kind::parse(hint)
    };
    let kinds = required().map(kind).collect::<Option<Vec<_>>>()?;
    let names = required().map(|Parameter(name, _, _, kind)| {
        if kind == "keyword" {
            format!("{name}=")
        } else {
            String::new()
        }
    });
    let seed = format!("{}.{}", module.name, function.name);
    let trials = Box::new(Trials::new(&seed, kinds, names.collect())?);
    let arguments = trials.arguments();
    Some(Case {
        expression: expression(function, &arguments),
        template: expression(function, ARGUMENTS),
        step: Step::Trial(trials),
        ..case(module, &function.name, arguments, "property")
    })
}

/// Whether two outcomes are the same for a reader: addresses differ between processes, and so does the order of sets.
pub fn alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| {
        let mut letters: Vec<char> = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("0x") {
            letters.extend(before.chars());
            rest = after.trim_start_matches(|char: char| char.is_ascii_hexdigit());
        }
        letters.extend(rest.chars());
        letters.sort_unstable();
        letters
    };
    one == other || plain(one) == plain(other)
}

#[cfg(test)]
mod tests;
