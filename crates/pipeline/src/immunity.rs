//! The run time: calls of tools are checked in memory and written down behind the caller's back.

mod housekeeping;
mod spool;
mod worker;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use skillgate_immune::{
    Change, Check, Counter, Failure, Immune, Metrics, Settings, nearest, part_of, sign, untrusted,
};
use skillgate_model::{Event, Outcome, Quarantine, Signature, TenantId, Vaccination};
use skillgate_store::{Store, StoreError};

use self::housekeeping::Rounds;
use self::worker::{Item, Queue};

/// How a call of a tool ended.
#[derive(Debug, Clone, Copy)]
pub enum Ended<'a> {
    /// It returned.
    Well,
    /// It failed.
    Failed {
        /// Class of the error; where it is empty, the message is asked.
        class: &'a str,
        /// Code of the error, where there is one.
        code: &'a str,
        /// The message.
        message: &'a str,
    },
    /// It was cancelled, or the caller's own arguments were bad: not the tool's fault.
    Ignored,
}

/// A remedy for a failure, as it may be shown to an agent.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    /// The signature it was noted for.
    pub signature: String,
    /// Who noted it.
    pub resolved_by: String,
    /// 1 for the very signature, less for the nearest one known.
    pub likeness: f64,
    /// The procedure, framed as untrusted text.
    pub text: String,
}

/// Why a call must not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The tool, or this shape of its arguments, is quarantined.
    #[error("tool `{}` is quarantined: {}", entry.subject.escape_debug(), entry.reason.escape_debug())]
    Quarantined {
        /// Reason, since when, until when.
        entry: Box<Quarantine>,
        /// What helped before.
        remedy: Option<Box<Remedy>>,
    },
    /// Whether it is quarantined cannot be known; the settings say to refuse then.
    #[error("the store has not answered for {seconds} s, and checks fail closed: {reason}")]
    Unknown {
        /// How long.
        seconds: u64,
        /// What the store last said.
        reason: String,
    },
}

/// What recording a call has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The failure's signature.
    pub signature: Option<Signature>,
    /// What was blocked, put on trial or released.
    pub changes: Vec<Change>,
}

/// The immune system of one tenant in one process; several processes share a store.
///
/// No call waits for the store: what happens is queued, bounded, and a thread writes it.
pub struct Immunity {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

/// What the callers and the writing thread share.
struct Shared {
    store: Arc<Store>,
    tenant: TenantId,
    /// Begins the id of every event of this process.
    source: String,
    numbers: AtomicU64,
    state: RwLock<Immune>,
    queue: Queue,
    remedies: Mutex<Arc<[(Signature, Vaccination)]>>,
    metrics: Mutex<Metrics>,
    rounds: Mutex<Rounds>,
}

impl Immunity {
    /// Takes over what the store knows, and begins to follow it.
    pub fn open(
        store: Arc<Store>,
        tenant: TenantId,
        settings: Settings,
        now_ms: i64,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            store,
            tenant,
            source: source(),
            numbers: AtomicU64::new(0),
            state: RwLock::new(Immune::new(settings)),
            queue: Queue::default(),
            remedies: Mutex::new(Arc::new([])),
            metrics: Mutex::default(),
            rounds: Mutex::default(),
        });
        let follow = worker::Follow::begin(&shared, now_ms)?;
        let worker = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || follow.run(&shared)
        });
        Ok(Self {
            shared,
            worker: Some(worker),
        })
    }

    /// Whether this call may be made; one that is refused is counted and audited.
    pub fn check(&self, tool: &str, arguments: &Value, now_ms: i64) -> Result<(), Refused> {
        self.reachable()?;
        if !self.shared.read().concerns(tool) {
            return Ok(());
        }
        let part = part_of(arguments);
        let mut state = self.shared.write();
        let (check, changes) = state.check(tool, &part, now_ms);
        self.shared.announce(&changes, now_ms);
        drop(state);
        match check {
            Check::Allowed | Check::Probe => Ok(()),
            Check::Blocked(entry) => {
                self.push(self.event(tool, Outcome::Blocked, part, now_ms), None);
                let remedies = self.shared.remedies();
                let known = remedies
                    .iter()
                    .find(|(signature, _)| entry.signature.as_ref() == Some(&signature.hash));
                let remedy = known.map(|(_, vaccination)| Box::new(remedy(vaccination, 1.0)));
                Err(Refused::Quarantined { entry, remedy })
            }
        }
    }

    /// Learns how a call ended that [`Immunity::check`] had let through.
    pub fn record(&self, tool: &str, arguments: &Value, ended: Ended<'_>, now_ms: i64) -> Recorded {
        let (outcome, signature) = self.judge(tool, arguments, ended);
        let mut event = self.event(tool, outcome, part_of(arguments), now_ms);
        if let Some(signature) = &signature {
            event.signature.clone_from(&signature.hash);
        }
        let mut state = self.shared.write();
        let changes = state.record(&event);
        self.push(event, signature.clone());
        self.shared.announce(&changes, now_ms);
        drop(state);
        Recorded { signature, changes }
    }

    /// What was noted against this failure, or against the one of the same tool most like it.
    pub fn remedy_for(&self, failure: &Signature) -> Option<Remedy> {
        let remedies = self.shared.remedies();
        let (found, likeness) = nearest(failure, remedies.iter().map(|(signature, _)| signature))?;
        let (_, vaccination) = remedies.iter().find(|(signature, _)| signature == found)?;
        Some(remedy(vaccination, likeness))
    }

    /// Every quarantine of a tool in force, as this process knows it.
    pub fn quarantines(&self) -> Vec<Quarantine> {
        self.shared.read().quarantines()
    }

    /// All counters.
    pub fn metrics(&self) -> Metrics {
        let mut metrics = self.shared.metrics().clone();
        let dropped = self.shared.queue.dropped();
        metrics.add(Counter::EventDropped, &self.shared.tenant, dropped);
        metrics
    }

    /// Unlike that of any other process: OpenTelemetry's `service.instance.id`.
    pub fn instance(&self) -> &str {
        &self.shared.source
    }

    /// Whether a call of this tool needs [`Immunity::check`]; where not, it may be made.
    pub fn concerns(&self, tool: &str) -> bool {
        self.reachable().is_err() || self.shared.read().concerns(tool)
    }

    /// Whether calls of this tool, or of this shape of its arguments, are blocked for sure; takes no trial call.
    pub fn is_quarantined(&self, tool: &str, arguments: &Value, now_ms: i64) -> bool {
        let state = self.shared.read();
        state.concerns(tool) && state.is_blocked(tool, &part_of(arguments), now_ms)
    }

    /// Waits until everything so far is in the store and the store's news are known.
    ///
    /// Gives the store's last complaint when that takes longer than `patience`.
    pub fn flush(&self, patience: Duration) -> Result<(), String> {
        self.shared.queue.flush(patience)
    }

    /// Fails closed, or open where the settings say so, when nothing was heard for too long.
    fn reachable(&self) -> Result<(), Refused> {
        match self.shared.queue.silence() {
            Some((seconds, reason)) if !self.shared.read().settings().fail_open => {
                Err(Refused::Unknown { seconds, reason })
            }
            _ => Ok(()),
        }
    }

    fn judge(
        &self,
        tool: &str,
        arguments: &Value,
        ended: Ended<'_>,
    ) -> (Outcome, Option<Signature>) {
        let Ended::Failed {
            class,
            code,
            message,
        } = ended
        else {
            let outcome = match ended {
                Ended::Well => Outcome::Success,
                Ended::Ignored | Ended::Failed { .. } => Outcome::Ignored,
            };
            return (outcome, None);
        };
        let signature = sign(&Failure {
            tool,
            class,
            code,
            message,
            arguments,
        });
        match self
            .shared
            .read()
            .settings()
            .ignored
            .contains(&signature.class)
        {
            true => (Outcome::Ignored, None),
            false => (Outcome::Failure, Some(signature)),
        }
    }

    fn event(&self, tool: &str, outcome: Outcome, part: String, at_ms: i64) -> Event {
        let number = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
        Event {
            id: format!("{}-{number:016x}", self.shared.source),
            tool: tool.to_owned(),
            at_ms,
            outcome,
            part,
            signature: String::new(),
        }
    }

    fn push(&self, event: Event, signature: Option<Signature>) {
        if let Some(counter) = Counter::of_outcome(event.outcome) {
            self.shared.metrics().add(counter, &self.shared.tenant, 1);
        }
        self.shared
            .queue
            .push(Item::Call(Box::new((event, signature))));
    }
}

impl Drop for Immunity {
    /// Writes what is queued, if the store answers.
    fn drop(&mut self) {
        self.shared.queue.stop();
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has said so, and has nothing left to give.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// Counts changes and queues them for the store.
    fn announce(&self, changes: &[Change], at_ms: i64) {
        for change in changes {
            self.metrics().add(Counter::of(change), &self.tenant, 1);
            self.queue
                .push(Item::Change(Box::new((change.clone(), at_ms))));
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Immune> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Immune> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn remedies(&self) -> Arc<[(Signature, Vaccination)]> {
        Arc::clone(&self.remedies.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set_remedies(&self, remedies: Vec<(Signature, Vaccination)>) {
        *self.remedies.lock().unwrap_or_else(PoisonError::into_inner) = remedies.into();
    }

    fn metrics(&self) -> MutexGuard<'_, Metrics> {
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remedy(vaccination: &Vaccination, likeness: f64) -> Remedy {
    Remedy {
        signature: vaccination.signature.clone(),
        resolved_by: vaccination.resolved_by.clone(),
        likeness,
        text: untrusted(&vaccination.procedure),
    }
}

/// Unlike that of any other process, and later ones sort after it.
fn source() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let opened = OPENED.fetch_add(1, Ordering::Relaxed);
    format!(
        "{:016x}-{:x}-{opened:x}",
        since.as_nanos(),
        std::process::id()
    )
}
