//! The conversation with the harness inside: modules, cases pulled one by one, results.

mod bounds;
mod modules;

use std::collections::{BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::json;
use skillgate_model::{CaseOutcome, CaseResult, Phase, Repetition};

use self::bounds::{cut, is_sane};
pub(crate) use self::modules::{Module, modules};
use crate::cases::{self, Case, Step};
use crate::dates::Dates;
use crate::native::clock::SHIFT;
use crate::native::notify::Attempt;
use crate::native::spec::{SKILL, WRITABLE};
use crate::native::supervise::Driver;
use crate::observe::{Observer, witness};

/// The program that runs inside.
pub(crate) const PROGRAM: &str = include_str!("../../../sandbox/harness.py");
/// Where it lies in the jail.
pub(crate) const PATH: &str = "/harness/harness.py";

/// A longer message is none of ours.
const LONGEST: usize = 1 << 20;
/// All calls of one skill together.
const MOST_CASES: usize = 96;
/// The time one call may take on an idle machine, and all of them together; the wall limit stands above both.
const CASE_SECONDS: f64 = 2.0;
const CALLS_SECONDS: u64 = 20;

/// Further calls under other dates together.
const DATED_SECONDS: u64 = 4;

/// A function of a module, as the harness describes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Parameters of the constructor of the class it belongs to.
    pub(crate) init: Option<Vec<Parameter>>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) doc: String,
}

/// Name, type hint as text, whether it has a default, and `positional`, `either` or `keyword`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Parameter(
    pub(crate) String,
    pub(crate) String,
    pub(crate) bool,
    pub(crate) String,
);

#[derive(Debug, Deserialize)]
struct Message {
    kind: String,
    nonce: String,
    #[serde(default)]
    audit: Vec<Vec<String>>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    missing: Option<String>,
    #[serde(default)]
    functions: Vec<Function>,
    #[serde(default)]
    id: u64,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    detail: String,
    /// What further calls in the same process gave.
    #[serde(default)]
    later: Vec<(String, String)>,
}

/// What one run of the harness has said so far.
pub(crate) struct Harness<'a> {
    phase: Phase,
    nonce: String,
    top: &'a str,
    modules: &'a [Module],
    pub(crate) observer: Observer<'a>,
    buffer: Vec<u8>,
    broken: bool,
    importing: Option<String>,
    ready: bool,
    waiting: VecDeque<Case>,
    /// Calls under dates of their own, made when all others were.
    dated: VecDeque<Case>,
    dated_deadline: Option<std::time::Instant>,
    dates: Option<Dates>,
    current: Option<(u64, Case)>,
    asked: u64,
    deadline: Option<std::time::Instant>,
    pub(crate) version: Option<String>,
    pub(crate) imported: Vec<String>,
    pub(crate) import_errors: Vec<(String, String)>,
    pub(crate) missing_modules: Vec<String>,
    pub(crate) results: Vec<CaseResult>,
}

impl<'a> Harness<'a> {
    pub(crate) fn new(
        phase: Phase,
        top: &'a str,
        modules: &'a [Module],
        observer: Observer<'a>,
        nonce: String,
    ) -> Self {
        Self {
            phase,
            nonce,
            top,
            modules,
            observer,
            buffer: Vec::new(),
            broken: false,
            importing: None,
            ready: false,
            waiting: VecDeque::new(),
            dated: VecDeque::new(),
            dated_deadline: None,
            dates: None,
            current: None,
            asked: 0,
            deadline: None,
            version: None,
            imported: Vec::new(),
            import_errors: Vec::new(),
            missing_modules: Vec::new(),
            results: Vec::new(),
        }
    }

    /// The same run under these dates.
    pub(crate) fn under(self, dates: Dates) -> Self {
        Self {
            dates: Some(dates),
            ..self
        }
    }

    /// Accounts for everything that did not come back.
    pub(crate) fn close(&mut self) {
        let unfinished = self.modules.iter().filter(|module| {
            !self.imported.contains(&module.name)
                && !self
                    .import_errors
                    .iter()
                    .any(|(name, _)| *name == module.name)
        });
        let importing = self.importing.clone();
        let lost: Vec<_> = unfinished
            .map(|module| {
                let text = if importing.as_ref() == Some(&module.name) {
                    "the process ended while it was imported"
                } else {
                    "the process ended before it was imported"
                };
                (module.name.clone(), text.to_owned())
            })
            .collect();
        self.import_errors.extend(lost);
        let current = self
            .current
            .take()
            .map(|(_, case)| (case, "the process ended before it returned"));
        let waiting = std::mem::take(&mut self.waiting);
        let rest = waiting
            .into_iter()
            .map(|case| (case, "not called: time or the process ran out"));
        let stands =
            |(case, _): &(Case, &str)| !matches!(case.step, Step::Again { .. } | Step::On(_));
        let missing = current.into_iter().chain(rest).filter(stands);
        self.results.extend(
            missing.map(|(case, detail)| case.result(CaseOutcome::Missing, detail.to_owned())),
        );
    }

    fn take(&mut self, message: Message) -> Vec<u8> {
        for event in &message.audit {
            self.observer.audited(event);
        }
        match message.kind.as_str() {
            "hello" => self.version = message.version.map(|text| text.chars().take(64).collect()),
            "importing" => {
                let known = self
                    .modules
                    .iter()
                    .any(|module| module.name == message.name);
                // A name that nobody gave it would be repeated with everything that is seen.
                self.importing = known.then_some(message.name);
                self.observer.during(self.importing.clone(), None);
            }
            "module" => self.module(message),
            "ready" => {
                self.importing = None;
                self.ready = true;
                return self.next();
            }
            "result" => return self.result(&message),
            _ => self.broken = true,
        }
        Vec::new()
    }

    fn module(&mut self, message: Message) {
        let Some(module) = self
            .modules
            .iter()
            .find(|module| module.name == message.name)
        else {
            return self.broken = true;
        };
        let seen = self
            .import_errors
            .iter()
            .any(|(name, _)| *name == module.name);
        if seen || self.imported.contains(&module.name) {
            // The first report counts.
            return;
        }
        let own = |name: &str| {
            let top = name.split('.').next().unwrap_or(name);
            self.modules
                .iter()
                .any(|module| module.name.split('.').next() == Some(top))
        };
        match (message.error.map(cut), message.missing.map(cut)) {
            (Some(_), Some(missing)) if !own(&missing) => {
                let top = missing.split('.').next().unwrap_or(&missing).to_owned();
                if !self.missing_modules.contains(&top) {
                    self.missing_modules.push(top.clone());
                }
                self.import_errors.push((
                    module.name.clone(),
                    format!("needs `{top}`, which is not installed"),
                ));
            }
            (Some(error), _) => self.import_errors.push((module.name.clone(), error)),
            (None, _) => {
                self.imported.push(module.name.clone());
                if self.phase != Phase::Import {
                    let functions: Vec<_> = message.functions.into_iter().filter(is_sane).collect();
                    let cases = cases::of_module(module, &functions);
                    // Elsewhere the calls are those that stand for themselves.
                    let all = self.phase == Phase::Call;
                    self.dated.extend(self.on_each_date(&cases));
                    self.waiting.extend(
                        cases
                            .into_iter()
                            .filter(|case| all || !matches!(case.step, Step::Trial(_))),
                    );
                    self.waiting.truncate(MOST_CASES);
                }
            }
        }
    }

    /// The first call of each function, once for each further date.
    fn on_each_date(&self, cases: &[Case]) -> Vec<Case> {
        let mut targets = BTreeSet::new();
        let first = cases.iter().filter(|case| targets.insert(&case.target));
        let calls: Vec<&Case> = first.collect();
        let dates = self.dates.iter().flat_map(|dates| &dates.calls);
        dates
            .flat_map(|ahead| calls.iter().map(|case| case.on(*ahead)))
            .collect()
    }

    /// The next call under a date of its own, as long as there is time for such; functions that hang are left out.
    fn next_dated(&mut self) -> Option<Case> {
        let now = std::time::Instant::now();
        let deadline = *self
            .dated_deadline
            .get_or_insert(now + std::time::Duration::from_secs(DATED_SECONDS));
        while let Some(case) = self.dated.pop_front() {
            let mut results = self.results.iter();
            let hangs = results.any(|result| {
                result.target == case.target && result.outcome == CaseOutcome::Missing
            });
            if now < deadline && !hangs {
                return Some(case);
            }
        }
        None
    }

    fn result(&mut self, message: &Message) -> Vec<u8> {
        let Some((id, case)) = self.current.take() else {
            self.broken = true;
            return Vec::new();
        };
        if id != message.id {
            // Somebody answers what was not asked.
            self.broken = true;
            self.results
                .push(case.result(CaseOutcome::Missing, "the answer was forged".to_owned()));
            return Vec::new();
        }
        let (outcome, detail) = case.judge(&message.outcome, &message.detail);
        self.conclude(case, message, outcome, detail);
        self.next()
    }

    /// Notes what came of a call, and puts those that follow from it in front.
    fn conclude(&mut self, case: Case, message: &Message, outcome: CaseOutcome, detail: String) {
        let told = format!("{} {}", message.outcome, message.detail);
        match &case.step {
            Step::On(_) => {}
            Step::Once => self.results.push(case.result(outcome, detail)),
            Step::Twice => {
                let ended = matches!(outcome, CaseOutcome::Returned | CaseOutcome::Raised);
                // A run elsewhere is held against the first one, not against itself.
                if ended && self.phase == Phase::Call {
                    self.waiting
                        .push_front(case.again(self.results.len(), told));
                }
                self.results.push(case.result(outcome, detail));
            }
            Step::Again { place, before } => {
                let same = |(outcome, detail): &(String, String)| {
                    cases::alike(&format!("{outcome} {detail}"), &told)
                };
                let found = if !cases::alike(before, &told) {
                    Repetition::Varies
                } else if !message.later.iter().all(same) {
                    Repetition::Remembers
                } else {
                    Repetition::Same
                };
                if let Some(result) = self.results.get_mut(*place) {
                    result.repeated = Some(found);
                }
            }
            Step::Trial(trials) => {
                let mut trials = trials.clone();
                if trials.next(outcome, &detail) {
                    self.waiting.push_front(case.trial(trials));
                } else if let Some((arguments, outcome, detail)) = trials.failure() {
                    let mut smallest = case;
                    smallest.arguments = arguments;
                    self.results.push(smallest.result(outcome, detail));
                } else {
                    self.results.push(case.result(outcome, detail));
                }
            }
        }
    }

    /// The next case, or the word that ends the conversation.
    fn next(&mut self) -> Vec<u8> {
        let deadline = *self.deadline.get_or_insert_with(|| {
            std::time::Instant::now() + std::time::Duration::from_secs(CALLS_SECONDS)
        });
        let over = std::time::Instant::now() > deadline;
        let case = match over {
            true => None,
            false => self.waiting.pop_front().or_else(|| self.next_dated()),
        };
        let Some(case) = case else {
            self.observer.during(None, None);
            return frame(&json!(null));
        };
        self.asked += 1;
        self.observer
            .during(Some(case.target.clone()), Some(case.arguments.clone()));
        // Without an own root the samples lie elsewhere.
        let placed =
            |text: &String| text.replace("/tmp/sample", &format!("{}/tmp/sample", self.top));
        let order = json!({
            "id": self.asked,
            "module": case.module,
            "expression": placed(&case.expression),
            "examples": case.examples,
            "script": case.script,
            "argv": case.argv.iter().map(placed).collect::<Vec<_>>(),
            "seconds": CASE_SECONDS,
            "times": case.times(),
        });
        self.current = Some((self.asked, case));
        frame(&order)
    }
}

impl Driver for Harness<'_> {
    fn ahead(&self) -> std::time::Duration {
        if let Some((_, case)) = &self.current
            && let Step::On(ahead) = case.step
        {
            return ahead;
        }
        self.dates.as_ref().map_or(SHIFT, |dates| dates.run)
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    fn greeting(&mut self) -> Vec<u8> {
        let call = self.phase != Phase::Import;
        frame(&json!({
            "nonce": self.nonce, "modules": self.modules, "call": call, "skill": format!("{}{SKILL}/", self.top),
            "telling": witness::telling(),
            "folders": WRITABLE.map(|folder| format!("{}{folder}/", self.top)),
        }))
    }

    fn received(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut reply = Vec::new();
        if self.broken {
            return reply;
        }
        self.buffer.extend_from_slice(bytes);
        while let Some((head, rest)) = self.buffer.split_first_chunk::<4>() {
            let length = u32::from_le_bytes(*head) as usize;
            if length > LONGEST {
                self.broken = true;
                break;
            }
            let Some(body) = rest.get(..length) else {
                break;
            };
            let message = serde_json::from_slice::<Message>(body);
            self.buffer.drain(..4 + length);
            match message {
                Ok(message) if message.nonce == self.nonce => reply.extend(self.take(message)),
                Ok(_) | Err(_) => self.broken = true,
            }
        }
        reply
    }

    fn attempted(&mut self, attempt: Attempt, allowed: bool) {
        self.observer.attempted(&attempt, allowed);
    }
}

/// Length and text; the harness reads the text as a Python literal, which JSON is but for three words.
fn frame(message: &serde_json::Value) -> Vec<u8> {
    let body = message.to_string();
    let length = u32::try_from(body.len()).unwrap_or(0);
    let mut frame = length.to_le_bytes().to_vec();
    frame.extend_from_slice(body.as_bytes());
    frame
}
