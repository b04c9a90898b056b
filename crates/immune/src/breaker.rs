//! One quarantine from its beginning to its release: blocked, on trial, released.

use skillgate_model::{Quarantine, QuarantineState};

use crate::Settings;
use crate::signature::hash;

/// A trial call that never reports back gives its place to another after this time.
const PROBE_TIMEOUT_MS: i64 = 60_000;

/// What a check says to the caller of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Call it.
    Allowed,
    /// Call it: this call is one of the few that decide about the release.
    Probe,
    /// Do not call it.
    Blocked(Box<Quarantine>),
}

/// A quarantine and the trial calls made in it.
#[derive(Debug, Clone)]
pub(crate) struct Breaker {
    pub(crate) entry: Quarantine,
    passed: u32,
    running: u32,
    last_probe_ms: i64,
}

impl Breaker {
    pub(crate) fn new(entry: Quarantine) -> Self {
        Self {
            entry,
            passed: 0,
            running: 0,
            last_probe_ms: i64::MIN,
        }
    }

    pub(crate) fn in_force(&self) -> bool {
        self.entry.state != QuarantineState::Released
    }

    /// Whether it speaks about calls of this shape.
    pub(crate) fn covers(&self, part: &str) -> bool {
        self.in_force() && (self.entry.part.is_empty() || self.entry.part == part)
    }

    /// Whether a trial call was let through; calls from before the quarantine prove nothing.
    pub(crate) fn awaits_trial(&self) -> bool {
        self.entry.state == QuarantineState::Probing && self.running > 0
    }

    /// Whether it blocks now, without asking for a trial.
    pub(crate) fn blocks(&self, now_ms: i64) -> bool {
        match self.entry.state {
            QuarantineState::Blocked => self.entry.until_ms.is_none_or(|until| now_ms < until),
            QuarantineState::Probing | QuarantineState::Released => false,
        }
    }

    /// Begins the trial where its time has come; true when that is news.
    pub(crate) fn ripen(&mut self, now_ms: i64) -> bool {
        let ripe = self.entry.state == QuarantineState::Blocked && !self.blocks(now_ms);
        if ripe {
            self.probe_from(now_ms);
        }
        ripe
    }

    /// Begins the trial.
    pub(crate) fn probe_from(&mut self, now_ms: i64) {
        self.turn(QuarantineState::Probing, now_ms);
    }

    pub(crate) fn release(&mut self, now_ms: i64) {
        self.turn(QuarantineState::Released, now_ms);
    }

    fn turn(&mut self, state: QuarantineState, now_ms: i64) {
        self.entry.state = state;
        self.entry.since_ms = now_ms;
        self.entry.until_ms = None;
        self.passed = 0;
        self.running = 0;
    }

    /// Takes one of the places for trial calls, if one is free.
    pub(crate) fn take_place(&mut self, now_ms: i64, settings: &Settings) -> bool {
        if now_ms.saturating_sub(self.last_probe_ms) > PROBE_TIMEOUT_MS {
            self.running = 0;
        }
        let free = self.passed.saturating_add(self.running) < settings.probes;
        if free {
            self.running += 1;
            self.last_probe_ms = now_ms;
        }
        free
    }

    /// A trial call that says nothing gives its place back.
    pub(crate) fn give_back(&mut self) {
        self.running = self.running.saturating_sub(1);
    }

    /// A trial call succeeded; true when it was the last one needed.
    pub(crate) fn pass(&mut self, now_ms: i64, settings: &Settings) -> bool {
        self.give_back();
        self.passed = self.passed.saturating_add(1);
        let earned = self.passed >= settings.probes;
        if earned {
            self.release(now_ms);
        }
        earned
    }

    /// A trial call failed: blocked again, for longer.
    pub(crate) fn fail(&mut self, reason: String, now_ms: i64, settings: &Settings) {
        self.entry.strikes = self.entry.strikes.saturating_add(1);
        self.entry.reason = reason;
        self.turn(QuarantineState::Blocked, now_ms);
        self.entry.until_ms = until(&self.entry, now_ms, settings);
    }
}

/// When a quarantine of so many strikes ends: doubled with each, and up to a quarter longer by chance.
///
/// The chance is a hash of tool and strike, so that many gates do not probe at one moment,
/// and a replay gives the same result.
pub(crate) fn until(entry: &Quarantine, now_ms: i64, settings: &Settings) -> Option<i64> {
    if settings.ttl_ms == 0 {
        return None;
    }
    let doublings = entry.strikes.saturating_sub(1).min(40);
    let base = settings.ttl_ms.saturating_mul(1_i64 << doublings);
    let base = base.min(settings.ttl_max_ms.max(settings.ttl_ms));
    let seed = hash(&format!(
        "{} {} {}",
        entry.subject, entry.part, entry.since_ms
    ));
    let chance = seed
        .get(..4)
        .and_then(|digits| i64::from_str_radix(digits, 16).ok())
        .unwrap_or(0);
    let jitter = (base / 4).saturating_mul(chance) / 0xFFFF;
    Some(now_ms.saturating_add(base).saturating_add(jitter))
}
