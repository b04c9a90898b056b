//! Arguments made at random from type hints, always the same for the same function, and made smaller when they fail.

pub(crate) mod kind;
mod random;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use skillgate_model::CaseOutcome;

use kind::Kind;
use random::Random;
use value::Value;

/// Sets of arguments for one function.
const TRIALS: u32 = 8;
/// Calls for making failing arguments smaller; a call that hangs costs its whole time.
const SMALLER: u32 = 24;
const SMALLER_OF_HANGS: u32 = 3;
/// Exceptions that say something about the function, not about its arguments.
const FAULTS: [&str; 12] = [
    "AssertionError",
    "AttributeError",
    "IndexError",
    "KeyError",
    "MemoryError",
    "NameError",
    "RecursionError",
    "StopIteration",
    "SystemError",
    "UnboundLocalError",
    "UnicodeError",
    "ZeroDivisionError",
];

/// The trials of one function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trials {
    kinds: Vec<Kind>,
    /// What stands before each argument, for instance `limit=`.
    names: Vec<String>,
    random: Random,
    left: u32,
    current: Vec<Value>,
    /// The smallest arguments that failed, and how.
    failed: Option<(Vec<Value>, String, CaseOutcome, String)>,
    waiting: Vec<Vec<Value>>,
    smaller: u32,
}

impl Trials {
    /// `None` where nothing could vary.
    pub(crate) fn new(seed: &str, kinds: Vec<Kind>, names: Vec<String>) -> Option<Self> {
        let varies = |kind: &Kind| !matches!(kind, Kind::Fixed(_) | Kind::Bool);
        if !kinds.iter().any(varies) {
            return None;
        }
        let mut trials = Self {
            kinds,
            names,
            random: Random::new(seed),
            left: TRIALS,
            current: Vec::new(),
            failed: None,
            waiting: Vec::new(),
            smaller: 0,
        };
        trials.fresh();
        Some(trials)
    }

    /// The arguments of the next call, as Python writes them.
    pub(crate) fn arguments(&self) -> String {
        let written = self.names.iter().zip(&self.current);
        let written = written.map(|(name, value)| format!("{name}{}", value.python()));
        written.collect::<Vec<_>>().join(", ")
    }

    /// The smallest arguments that failed so far, with the outcome.
    pub(crate) fn failure(&self) -> Option<(String, CaseOutcome, String)> {
        let (values, _, outcome, detail) = self.failed.as_ref()?;
        let written = self.names.iter().zip(values);
        let written = written.map(|(name, value)| format!("{name}{}", value.python()));
        Some((
            written.collect::<Vec<_>>().join(", "),
            *outcome,
            detail.clone(),
        ))
    }

    /// Takes the outcome of the last call; `true` when there is another one to make.
    pub(crate) fn next(&mut self, outcome: CaseOutcome, detail: &str) -> bool {
        let fault = fault(outcome, detail);
        match (&self.failed, fault) {
            (None, None) => {
                self.left -= 1;
                self.fresh();
                return self.left > 0;
            }
            (None, Some(fault)) => {
                self.smaller = if outcome == CaseOutcome::Missing {
                    SMALLER_OF_HANGS
                } else {
                    SMALLER
                };
                self.fails(fault, outcome, detail);
            }
            (Some((_, before, ..)), Some(fault)) if *before == fault => {
                self.fails(fault, outcome, detail);
            }
            (Some(_), Some(_) | None) => {}
        }
        match (self.smaller.checked_sub(1), self.waiting.pop()) {
            (Some(left), Some(values)) => {
                self.smaller = left;
                self.current = values;
                true
            }
            _ => false,
        }
    }

    fn fails(&mut self, fault: String, outcome: CaseOutcome, detail: &str) {
        let values = self.current.clone();
        self.waiting.clear();
        for (index, value) in values.iter().enumerate().rev() {
            for smaller in value.smaller().into_iter().rev() {
                let mut candidate = values.clone();
                if let Some(place) = candidate.get_mut(index) {
                    *place = smaller;
                    self.waiting.push(candidate);
                }
            }
        }
        self.failed = Some((values, fault, outcome, detail.to_owned()));
    }

    fn fresh(&mut self) {
        let random = &mut self.random;
        self.current = self
            .kinds
            .iter()
            .map(|kind| Value::of(kind, random, 0))
            .collect();
    }
}

/// What makes an outcome a failure, the same for failures of the same sort.
fn fault(outcome: CaseOutcome, detail: &str) -> Option<String> {
    match outcome {
        CaseOutcome::Missing => Some(detail.to_owned()),
        CaseOutcome::Raised => {
            let name = detail.split(':').next().unwrap_or(detail).trim();
            FAULTS.contains(&name).then(|| name.to_owned())
        }
        CaseOutcome::Returned | CaseOutcome::Mismatched => None,
    }
}
