//! The thread that writes down what happened, and brings in what others wrote.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use skillgate_immune::{Change, Counter};
use skillgate_model::{Event, QuarantineState, Signature};
use skillgate_store::{Act, StoreError, Tenant};

use super::{Shared, spool};

/// How often others' news are looked for; what one gate blocks, another blocks within a second.
const REFRESH: Duration = Duration::from_millis(200);

/// After this long without an answer from the store, checks fail closed or open.
const SILENCE: Duration = Duration::from_secs(30);

/// More is not kept while the store is away; the oldest calls go first, changes never.
const SPOOL: usize = 10_000;

/// Items written in one transaction.
const BATCH: usize = 1_000;

/// Foreign events read at a time.
const PAGE: i64 = 5_000;

/// Something to be written.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Call(Box<(Event, Option<Signature>)>),
    Change(Box<(Change, i64)>),
}

/// What is still to be written, and how the store is.
#[derive(Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    /// Whether there is a complaint, for those who must not wait for the lock.
    complains: AtomicBool,
    moved: Condvar,
}

#[derive(Default)]
struct Inner {
    items: VecDeque<Item>,
    /// Items taken and not yet written.
    in_hand: usize,
    /// Calls that did not fit.
    dropped: u64,
    /// Rounds that ended well.
    rounds: u64,
    heard: Option<Instant>,
    complaint: Option<String>,
    stopped: bool,
}

impl Queue {
    /// Never waits for the store.
    pub(super) fn push(&self, item: Item) {
        let mut inner = self.lock();
        if inner.items.len() >= SPOOL {
            let oldest = inner
                .items
                .iter()
                .position(|item| matches!(item, Item::Call(_)));
            if let Some(oldest) = oldest {
                inner.items.remove(oldest);
                inner.dropped += 1;
            }
        }
        inner.items.push_back(item);
        self.moved.notify_all();
    }

    /// Calls that did not fit while the store was away.
    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// What is still to be written, without the changes: whoever replays the calls comes to the same.
    fn calls_left(&self) -> Vec<(Event, Option<Signature>)> {
        let inner = self.lock();
        let calls = inner.items.iter().filter_map(|item| match item {
            Item::Call(call) => Some((**call).clone()),
            Item::Change(_) => None,
        });
        calls.collect()
    }

    /// How many seconds the store has been silent, when that is too long.
    pub(super) fn silence(&self) -> Option<(u64, String)> {
        if !self.complains.load(Ordering::Relaxed) {
            return None;
        }
        let inner = self.lock();
        let complaint = inner.complaint.as_ref()?;
        let silent = inner.heard?.elapsed();
        (silent > SILENCE).then(|| (silent.as_secs(), complaint.clone()))
    }

    /// Waits for an empty queue and one more round after it.
    pub(super) fn flush(&self, patience: Duration) -> Result<(), String> {
        let began = Instant::now();
        let mut inner = self.lock();
        let mut wanted = None;
        loop {
            let empty = inner.items.is_empty() && inner.in_hand == 0;
            if empty {
                let target = *wanted.get_or_insert(inner.rounds + 1);
                if inner.rounds >= target {
                    return Ok(());
                }
            }
            let Some(left) = patience.checked_sub(began.elapsed()) else {
                let silent = || "the store has not answered yet".to_owned();
                return Err(inner.complaint.clone().unwrap_or_else(silent));
            };
            self.moved.notify_all();
            let waited = self.moved.wait_timeout(inner, left.min(REFRESH));
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    /// The next items; `None` when there are none left and nobody will push any.
    fn take(&self) -> Option<Vec<Item>> {
        let mut inner = self.lock();
        if inner.items.is_empty() && !inner.stopped {
            let waited = self.moved.wait_timeout(inner, REFRESH);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if inner.stopped && inner.items.is_empty() {
            return None;
        }
        let count = inner.items.len().min(BATCH);
        let taken: Vec<_> = inner.items.drain(..count).collect();
        inner.in_hand = taken.len();
        Some(taken)
    }

    /// Notes how a round ended; what was not written comes back, in its order.
    fn settle(&self, outcome: Result<(), StoreError>, items: Vec<Item>) -> bool {
        let mut inner = self.lock();
        inner.in_hand = 0;
        let lost = match outcome {
            Ok(()) => {
                inner.rounds += 1;
                inner.heard = Some(Instant::now());
                inner.complaint = None;
                false
            }
            Err(error) => {
                inner.complaint = Some(error.to_string());
                for item in items.into_iter().rev() {
                    inner.items.push_front(item);
                }
                inner.stopped
            }
        };
        self.complains
            .store(inner.complaint.is_some(), Ordering::Relaxed);
        self.moved.notify_all();
        lost
    }

    fn is_idle(&self) -> bool {
        self.lock().items.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How far the store's own story is known here.
pub(super) struct Follow {
    event: i64,
    audit: i64,
}

impl Follow {
    /// Counts what lies within the window, and takes over the quarantine list.
    pub(super) fn begin(shared: &Shared, now_ms: i64) -> Result<Self, StoreError> {
        let rows = shared.store.tenant(&shared.tenant);
        let window_ms = shared.read().settings().window_ms;
        let mut follow = Self {
            event: rows.event_before(now_ms.saturating_sub(window_ms))?,
            audit: rows.audit_head()?.seq,
        };
        follow.events(shared, &rows)?;
        shared.write().adopt_all(&rows.quarantines(true)?);
        shared.set_remedies(rows.remedies(None)?);
        // What they lead to is found as if another process had just recorded them.
        if let Some(folder) = shared.read().settings().spool_dir.clone() {
            spool::replay(&folder, &rows, &act("", now_ms))?;
        }
        shared.queue.lock().heard = Some(Instant::now());
        Ok(follow)
    }

    /// Until the queue is stopped and empty, or stopped and the store does not answer.
    pub(super) fn run(mut self, shared: &Shared) {
        while let Some(items) = shared.queue.take() {
            let outcome = write(shared, &items).and_then(|()| self.refresh(shared));
            let failed = outcome.is_err();
            if shared.queue.settle(outcome, items) {
                leave(shared);
                return;
            }
            if failed {
                std::thread::sleep(REFRESH);
            }
        }
    }

    /// The state is never locked while the store is asked, so that no call waits for it.
    fn refresh(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let rows = shared.store.tenant(&shared.tenant);
        for (change, at_ms) in self.events(shared, &rows)? {
            shared.announce(std::slice::from_ref(&change), at_ms);
        }
        let head = rows.audit_head()?.seq;
        if head == self.audit {
            return Ok(());
        }
        let entries = rows.quarantines(true)?;
        shared.set_remedies(rows.remedies(None)?);
        let mut state = shared.write();
        // What this process has still to write is newer than what the store has.
        if shared.queue.is_idle() {
            entries.iter().for_each(|entry| state.adopt(entry));
            self.audit = head;
        }
        Ok(())
    }

    /// Feeds in what other processes recorded.
    fn events(
        &mut self,
        shared: &Shared,
        rows: &Tenant<'_>,
    ) -> Result<Vec<(Change, i64)>, StoreError> {
        let mut changes = Vec::new();
        loop {
            let page = rows.events(self.event, PAGE)?;
            let Some((last, _)) = page.last() else {
                return Ok(changes);
            };
            self.event = *last;
            let mut state = shared.write();
            for (_, event) in page
                .iter()
                .filter(|(_, event)| !event.id.starts_with(&shared.source))
            {
                let news = state.record(event);
                changes.extend(news.into_iter().map(|change| (change, event.at_ms)));
            }
        }
    }
}

/// Keeps what the store did not take, where a folder for it is set.
fn leave(shared: &Shared) {
    let calls = shared.queue.calls_left();
    let folder = shared.read().settings().spool_dir.clone();
    let kept = folder
        .filter(|_| !calls.is_empty())
        .map(|folder| spool::keep(&folder, &shared.tenant, &shared.source, &calls));
    if !matches!(kept, Some(Ok(()))) {
        let lost = calls.len() as u64;
        shared
            .metrics()
            .add(Counter::EventDropped, &shared.tenant, lost);
    }
}

/// Writes calls in one transaction, then changes in their order; both may be written again.
fn write(shared: &Shared, items: &[Item]) -> Result<(), StoreError> {
    let rows = shared.store.tenant(&shared.tenant);
    let mut calls = Vec::new();
    for item in items {
        if let Item::Call(call) = item {
            calls.push((**call).clone());
        }
    }
    if let Some((newest, _)) = calls.last() {
        let recording = rows.record(&calls, &act("", newest.at_ms))?;
        let reopened = recording.reopened.len() as u64;
        shared
            .metrics()
            .add(Counter::AnomalyReopened, &shared.tenant, reopened);
    }
    for item in items {
        if let Item::Change(change) = item {
            persist(&rows, &change.0, change.1)?;
        }
    }
    Ok(())
}

fn persist(rows: &Tenant<'_>, change: &Change, at_ms: i64) -> Result<(), StoreError> {
    let entry = match change {
        // Nothing was blocked; the counter says that it should have been.
        Change::Capped(_) => return Ok(()),
        Change::Entered(entry) | Change::Probing(entry) | Change::Released(entry) => entry,
    };
    let known = rows.quarantine_of(&entry.subject)?;
    let known = known
        .iter()
        .find(|known| known.kind == entry.kind && known.part == entry.part);
    let same = known.is_some_and(|known| {
        known == entry
            // Another process came to the same end first; its entry stands.
            || (entry.state == QuarantineState::Blocked
                && known.state == QuarantineState::Blocked
                && known.strikes >= entry.strikes)
    });
    match same {
        true => Ok(()),
        false => rows.quarantine(entry, &act(&entry.reason, at_ms)),
    }
}

fn act(reason: &str, at_ms: i64) -> Act {
    Act {
        actor: "skillgate immune".to_owned(),
        reason: reason.to_owned(),
        at_ms,
    }
}
