//! The state of one tenant's tools: events in, checks and changes out.

use std::collections::HashMap;

use skillgate_model::{Event, Outcome, Quarantine, QuarantineState, SubjectKind};

use crate::breaker::{Breaker, Check, until};
use crate::index::{Answer, Index};
use crate::window::{Calls, Recent};
use crate::{Scope, Settings};

/// A strike is forgotten when a tool was well for this many times its longest quarantine.
const FORGIVE_FACTOR: i64 = 2;

/// Something the store and the operator must hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A tool, or a shape of its calls, is blocked, for the first time or again.
    Entered(Quarantine),
    /// Its trial calls begin.
    Probing(Quarantine),
    /// Its trial calls succeeded.
    Released(Quarantine),
    /// It should be blocked, but too many tools already are.
    Capped(Quarantine),
}

impl Change {
    /// The line of the quarantine list it is about.
    pub fn entry(&self) -> &Quarantine {
        match self {
            Self::Entered(entry)
            | Self::Probing(entry)
            | Self::Released(entry)
            | Self::Capped(entry) => entry,
        }
    }
}

/// What is known of one tool.
#[derive(Debug, Default)]
struct Tool {
    calls: Calls,
    consecutive: u32,
    signatures: HashMap<u128, Recent>,
    breakers: Vec<Breaker>,
}

/// The immune state of one tenant.
#[derive(Debug)]
pub struct Immune {
    settings: Settings,
    tools: HashMap<String, Tool>,
    index: Index,
}

impl Immune {
    /// Knows no tool yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            tools: HashMap::new(),
            index: Index::default(),
        }
    }

    /// What is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether this call is blocked for sure; the check before each call, without I/O or allocation.
    ///
    /// `false` also when a quarantine's time is over: then [`Immune::check`] decides about a trial.
    pub fn is_blocked(&self, tool: &str, part: &str, now_ms: i64) -> bool {
        match self.index.look(tool, now_ms) {
            Answer::Free => false,
            Answer::Blocked => true,
            Answer::Ask => self.blocked(tool, part, now_ms).is_some(),
        }
    }

    /// The quarantine that blocks this call for sure.
    pub fn blocked(&self, tool: &str, part: &str, now_ms: i64) -> Option<&Quarantine> {
        let breakers = &self.tools.get(tool)?.breakers;
        let blocking = |breaker: &&Breaker| breaker.covers(part) && breaker.blocks(now_ms);
        breakers.iter().find(blocking).map(|breaker| &breaker.entry)
    }

    /// Whether anything is in force about this tool; where nothing is, every call may be made.
    pub fn concerns(&self, tool: &str) -> bool {
        self.index.look(tool, i64::MIN) != Answer::Free
    }

    /// Whether this call may be made; a trial call takes one of the places until it is recorded.
    pub fn check(&mut self, tool: &str, part: &str, now_ms: i64) -> (Check, Vec<Change>) {
        let outcome = self.examine(tool, part, now_ms);
        self.reindex(tool, !outcome.1.is_empty());
        outcome
    }

    fn examine(&mut self, tool: &str, part: &str, now_ms: i64) -> (Check, Vec<Change>) {
        if let Some(entry) = self.blocked(tool, part, now_ms) {
            return (Check::Blocked(Box::new(entry.clone())), Vec::new());
        }
        let Some(state) = self.tools.get_mut(tool) else {
            return (Check::Allowed, Vec::new());
        };
        let mut changes = Vec::new();
        let mut check = Check::Allowed;
        for breaker in state
            .breakers
            .iter_mut()
            .filter(|breaker| breaker.covers(part))
        {
            if breaker.ripen(now_ms) {
                changes.push(Change::Probing(breaker.entry.clone()));
            }
            if !breaker.take_place(now_ms, &self.settings) {
                return (Check::Blocked(Box::new(breaker.entry.clone())), changes);
            }
            check = Check::Probe;
        }
        (check, changes)
    }

    /// Learns how a call ended.
    pub fn record(&mut self, event: &Event) -> Vec<Change> {
        let changes = match event.outcome {
            Outcome::Success => self.succeed(event),
            Outcome::Failure => self.fail(event),
            Outcome::Ignored => self.trials(event, Breaker::give_back),
            Outcome::Blocked => Vec::new(),
        };
        self.reindex(&event.tool, !changes.is_empty());
        changes
    }

    /// Takes over a line of the quarantine list that somebody else wrote.
    pub fn adopt(&mut self, entry: &Quarantine) {
        if entry.kind != SubjectKind::Tool {
            return;
        }
        let tool = self.tools.entry(entry.subject.clone()).or_default();
        let known = tool
            .breakers
            .iter_mut()
            .find(|breaker| breaker.entry.part == entry.part);
        match known {
            Some(breaker) if breaker.entry == *entry => return,
            Some(breaker) => *breaker = Breaker::new(entry.clone()),
            None => tool.breakers.push(Breaker::new(entry.clone())),
        }
        if entry.state == QuarantineState::Released {
            tool.forget_hits();
        }
        self.reindex(&entry.subject, true);
    }

    /// Takes over the whole quarantine list; what is not in it is forgotten.
    pub fn adopt_all(&mut self, entries: &[Quarantine]) {
        self.tools
            .values_mut()
            .for_each(|tool| tool.breakers.clear());
        self.index.clear();
        entries.iter().for_each(|entry| self.adopt(entry));
    }

    /// A remedy is at hand: what this signature had blocked goes on trial.
    pub fn vaccinated(&mut self, tool: &str, signature: &str, now_ms: i64) -> Vec<Change> {
        let Some(state) = self.tools.get_mut(tool) else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        for breaker in &mut state.breakers {
            let cured = breaker.entry.signature.as_deref() == Some(signature);
            if cured && breaker.entry.state == QuarantineState::Blocked {
                breaker.probe_from(now_ms);
                changes.push(Change::Probing(breaker.entry.clone()));
            }
        }
        self.reindex(tool, true);
        changes
    }

    /// Every quarantine in force, sorted by tool and shape.
    pub fn quarantines(&self) -> Vec<Quarantine> {
        let breakers = self.tools.values().flat_map(|tool| &tool.breakers);
        let mut entries: Vec<_> = breakers
            .filter(|breaker| breaker.in_force())
            .map(|breaker| breaker.entry.clone())
            .collect();
        entries.sort_by(|a, b| (&a.subject, &a.part).cmp(&(&b.subject, &b.part)));
        entries
    }

    /// Drops counts that are out of every window, so that memory follows what fails now.
    pub fn sweep(&mut self, now_ms: i64) {
        let window_ms = self.settings.window_ms;
        self.tools.retain(|_, tool| {
            tool.signatures
                .retain(|_, recent| !recent.is_stale(now_ms, window_ms));
            let idle = tool.calls.total(now_ms, window_ms).0 == 0;
            !(idle && tool.signatures.is_empty() && tool.breakers.is_empty())
        });
    }

    fn reindex(&mut self, tool: &str, changed: bool) {
        if let Some(state) = self.tools.get(tool).filter(|_| changed) {
            self.index.set(tool, &state.breakers);
        }
    }

    fn succeed(&mut self, event: &Event) -> Vec<Change> {
        let window_ms = self.settings.window_ms;
        let tool = tool_of(&mut self.tools, &event.tool);
        tool.calls.add(event.at_ms, window_ms, false);
        tool.consecutive = 0;
        let mut changes = Vec::new();
        for breaker in &mut tool.breakers {
            if is_on_trial(breaker, event) && breaker.pass(event.at_ms, &self.settings) {
                changes.push(Change::Released(breaker.entry.clone()));
            }
        }
        if !changes.is_empty() {
            tool.forget_hits();
        }
        changes
    }

    fn fail(&mut self, event: &Event) -> Vec<Change> {
        let settings = &self.settings;
        let tool = tool_of(&mut self.tools, &event.tool);
        tool.calls.add(event.at_ms, settings.window_ms, true);
        tool.consecutive = tool.consecutive.saturating_add(1);
        let mut changes = Vec::new();
        for breaker in &mut tool.breakers {
            if is_on_trial(breaker, event) {
                let reason = format!("a trial call of `{}` failed", event.tool);
                breaker.fail(reason, event.at_ms, settings);
                changes.push(Change::Entered(breaker.entry.clone()));
            }
        }
        let Some((reason, part)) = tool.trigger(event, settings) else {
            return changes;
        };
        let covered = tool.breakers.iter().any(|breaker| breaker.covers(&part));
        let automatic = settings.enabled && !settings.no_auto.contains(&event.tool);
        if automatic && !covered {
            changes.push(self.enter(event, reason, part));
        }
        changes
    }

    fn enter(&mut self, event: &Event, reason: String, part: String) -> Change {
        let full = !self.has_room(&event.tool);
        let settings = &self.settings;
        let tool = tool_of(&mut self.tools, &event.tool);
        let known = tool
            .breakers
            .iter()
            .position(|breaker| breaker.entry.part == part);
        let before = known
            .and_then(|place| tool.breakers.get(place))
            .map(|breaker| &breaker.entry);
        let mut entry = Quarantine {
            strikes: strikes(before, event.at_ms, settings),
            signature: Some(event.signature.clone()),
            ..Quarantine::blocked(SubjectKind::Tool, &event.tool, &part, &reason, event.at_ms)
        };
        entry.until_ms = until(&entry, event.at_ms, settings);
        if full {
            return Change::Capped(entry);
        }
        let breaker = Breaker::new(entry.clone());
        match known.and_then(|place| tool.breakers.get_mut(place)) {
            Some(place) => *place = breaker,
            None => tool.breakers.push(breaker),
        }
        Change::Entered(entry)
    }

    /// Whether one more tool may be blocked; a tool that is blocked in part counts already.
    fn has_room(&self, tool: &str) -> bool {
        let blocked = |tool: &Tool| tool.breakers.iter().any(Breaker::in_force);
        if self.tools.get(tool).is_some_and(blocked) {
            return true;
        }
        let count = self.tools.values().filter(|tool| blocked(tool)).count();
        let share = self.tools.len() * self.settings.share_percent as usize / 100;
        count < share.max(1)
    }

    fn trials(&mut self, event: &Event, with: impl Fn(&mut Breaker)) -> Vec<Change> {
        if let Some(tool) = self.tools.get_mut(&event.tool) {
            tool.breakers
                .iter_mut()
                .filter(|breaker| is_on_trial(breaker, event))
                .for_each(with);
        }
        Vec::new()
    }
}

impl Tool {
    /// Why this failure is one too many, and which calls are to be blocked.
    fn trigger(&mut self, event: &Event, settings: &Settings) -> Option<(String, String)> {
        let key = key(&event.signature);
        let threshold = settings.threshold_of(&event.tool);
        let recent = self.signatures.entry(key).or_default();
        let counted = recent.hit(event.at_ms, settings.window_ms, threshold);
        let (calls, failures) = self.calls.total(event.at_ms, settings.window_ms);
        let seconds = settings.window_ms / 1000;
        let percent = u64::from(failures) * 100 / u64::from(calls.max(1));
        if counted {
            let reason = format!("{threshold} failures of one signature within {seconds} s");
            let part = match settings.scope {
                Scope::Tool => String::new(),
                Scope::Shape => event.part.clone(),
            };
            return Some((reason, part));
        }
        if settings.consecutive > 0 && self.consecutive >= settings.consecutive {
            return Some((
                format!("{} failures in a row", self.consecutive),
                String::new(),
            ));
        }
        let rated = settings.failure_percent > 0
            && calls >= settings.minimum_calls
            && percent >= u64::from(settings.failure_percent);
        rated.then(|| {
            (
                format!("{failures} of {calls} calls failed within {seconds} s"),
                String::new(),
            )
        })
    }

    fn forget_hits(&mut self) {
        self.signatures.clear();
        self.calls = Calls::default();
        self.consecutive = 0;
    }
}

fn tool_of<'t>(tools: &'t mut HashMap<String, Tool>, name: &str) -> &'t mut Tool {
    if !tools.contains_key(name) {
        tools.insert(name.to_owned(), Tool::default());
    }
    tools.get_mut(name).expect("it was just inserted")
}

fn is_on_trial(breaker: &Breaker, event: &Event) -> bool {
    breaker.covers(&event.part) && breaker.awaits_trial()
}

fn strikes(before: Option<&Quarantine>, now_ms: i64, settings: &Settings) -> u32 {
    let forgiven_ms = settings
        .ttl_max_ms
        .max(settings.ttl_ms)
        .saturating_mul(FORGIVE_FACTOR);
    match before {
        Some(entry) if now_ms.saturating_sub(entry.since_ms) <= forgiven_ms => {
            entry.strikes.saturating_add(1)
        }
        _ => 1,
    }
}

/// Half of a SHA-256 tells a million signatures apart in a quarter of the text's memory.
fn key(signature: &str) -> u128 {
    let digits = signature.get(..32).unwrap_or(signature);
    u128::from_str_radix(digits, 16).unwrap_or_else(|_| {
        let digest = crate::signature::hash(signature);
        digest
            .get(..32)
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .unwrap_or(0)
    })
}
