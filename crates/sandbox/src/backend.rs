//! The backends, strongest first, and the choice among them.

use skillgate_model::{Control, Effect, Limits, NotEnforced, Skill, Tier, Trace};

use crate::native::Native;
use crate::selftest;
use crate::simulated::Simulated;
use crate::{SandboxError, Unavailable};

/// What a backend can enforce on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// How strongly it isolates.
    pub tier: Tier,
    /// What it enforces.
    pub enforced: Vec<Control>,
    /// What it does not, and how to get it.
    pub not_enforced: Vec<NotEnforced>,
}

/// One skill to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its bytes in memory are what runs; nothing is read from its place on disk again.
    pub skill: &'a Skill,
    /// Effects the operator granted; `process:spawn(git)` lets `git` be executed inside.
    pub granted: &'a [Effect],
}

/// A way to run a skill where it can do no harm.
pub trait Backend: Sync {
    /// The word used in configuration and reports.
    fn name(&self) -> &'static str;
    /// Fails with the reason when this machine cannot enforce a profile; cached for the process.
    fn probe(&self) -> Result<Probe, Unavailable>;
    /// Runs a skill twice: imported, then imported and called.
    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError>;
}

/// Strongest first; the first whose probe passes is used, and none means refuse.
pub const BACKENDS: &[&dyn Backend] = &[&Native];

/// Chooses a backend: by name, or the strongest that works; `simulated` runs nothing and must be named.
pub fn select(name: Option<&str>, require_full: bool) -> Result<&'static dyn Backend, Unavailable> {
    if name == Some(Simulated.name()) {
        return Ok(&Simulated);
    }
    let mut refused = Unavailable {
        backend: name.unwrap_or("any").to_owned(),
        reason: "there is no backend of this name".to_owned(),
        remedy: format!("use one of: {}, simulated", names().join(", ")),
    };
    for backend in BACKENDS
        .iter()
        .filter(|backend| name.is_none_or(|name| name == backend.name()))
    {
        match backend.probe() {
            Ok(probe) if require_full && probe.tier != Tier::Full => {
                refused = Unavailable {
                    backend: backend.name().to_owned(),
                    reason: "it isolates only partly here, and the policy requires all".to_owned(),
                    remedy: probe
                        .not_enforced
                        .first()
                        .map_or_else(String::new, |missing| missing.reason.clone()),
                };
            }
            Ok(_) => return Ok(*backend),
            Err(unavailable) => refused = unavailable,
        }
    }
    Err(refused)
}

/// The names of all backends that run something.
pub fn names() -> Vec<&'static str> {
    BACKENDS.iter().map(|backend| backend.name()).collect()
}

/// One line of the doctor's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which backend.
    pub backend: &'static str,
    /// What it can do here, or why it cannot run.
    pub state: Result<Probe, Unavailable>,
}

/// Probes every backend, and runs a program against each of its promises.
pub fn doctor() -> Vec<Row> {
    let row = |backend: &&'static dyn Backend| Row {
        backend: backend.name(),
        state: backend
            .probe()
            .and_then(|probe| selftest::prove(*backend).map(|()| probe)),
    };
    BACKENDS.iter().map(row).collect()
}
