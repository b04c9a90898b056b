//! What is in force, small enough to stay in the processor's cache: one look before each call.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use foldhash::quality::RandomState;
use skillgate_model::QuarantineState;

use crate::breaker::Breaker;

/// Tools by a 64-bit hash with a key of this process; two tools that share one fail closed.
#[derive(Debug, Default)]
pub(crate) struct Index {
    keys: RandomState,
    /// Until when the whole tool is blocked; the past, where only something else is in force.
    entries: HashMap<u64, i64, BuildHasherDefault<Ready>>,
}

/// What a look means for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Free,
    Blocked,
    /// The breakers themselves must be asked.
    Ask,
}

impl Index {
    /// Takes over the state of one tool's breakers.
    pub(crate) fn set(&mut self, tool: &str, breakers: &[Breaker]) {
        let whole = breakers.iter().find(|breaker| {
            breaker.entry.part.is_empty() && breaker.entry.state == QuarantineState::Blocked
        });
        let until_ms = whole.map_or(i64::MIN, |breaker| {
            breaker.entry.until_ms.unwrap_or(i64::MAX)
        });
        let key = self.keys.hash_one(tool);
        match breakers.iter().any(Breaker::in_force) {
            true => self.entries.insert(key, until_ms),
            false => self.entries.remove(&key),
        };
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn look(&self, tool: &str, now_ms: i64) -> Answer {
        match self.entries.get(&self.keys.hash_one(tool)) {
            None => Answer::Free,
            Some(&until_ms) if now_ms < until_ms => Answer::Blocked,
            Some(_) => Answer::Ask,
        }
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
