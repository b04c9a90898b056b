//! The backends, strongest first, and the choice among them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use skillgate_model::{Control, Effect, Limits, NotEnforced, Skill, Tier, Trace};

use crate::docker::Docker;
use crate::native::Native;
use crate::nsjail::NsJail;
use crate::selftest;
use crate::simulated::Simulated;
use crate::{SandboxError, Unavailable};

/// What a backend can enforce on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// How strongly it isolates.
    pub tier: Tier,
    /// What it enforces.
    pub enforced: Vec<Control>,
    /// What it does not, and how to get it.
    pub not_enforced: Vec<NotEnforced>,
}

/// What every backend that runs a skill enforces, whatever the machine.
pub(crate) const ALWAYS: [Control; 8] = [
    Control::Seccomp,
    Control::NoPrivileges,
    Control::WallLimit,
    Control::CpuLimit,
    Control::MemoryLimit,
    Control::PidLimit,
    Control::FileLimit,
    Control::OutputLimit,
];

/// The namespaces of a container; that of users is a matter of its own.
pub(crate) const NAMESPACES: [Control; 6] = [
    Control::MountNamespace,
    Control::PidNamespace,
    Control::NetworkNamespace,
    Control::IpcNamespace,
    Control::UtsNamespace,
    Control::CgroupNamespace,
];

/// Why [`Control::Landlock`] is missing.
pub(crate) const NO_LANDLOCK: &str =
    "the kernel has no Landlock; boot Linux 5.13 or newer with `lsm=landlock,…`";

impl Probe {
    /// [`ALWAYS`], and of the others those that hold; each of the rest is missing for its reason.
    pub(crate) fn of(tier: Tier, others: &[(bool, &[Control], &str)]) -> Self {
        let mut enforced = ALWAYS.to_vec();
        let mut not_enforced = Vec::new();
        for (holds, controls, reason) in others {
            if *holds {
                enforced.extend(*controls);
            } else {
                let missing = |control: &Control| NotEnforced {
                    control: *control,
                    reason: (*reason).to_owned(),
                };
                not_enforced.extend(controls.iter().map(missing));
            }
        }
        enforced.sort();
        Self {
            tier,
            enforced,
            not_enforced,
        }
    }
}

/// One skill to simulate.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Its bytes in memory are what runs; nothing is read from its place on disk again.
    pub skill: &'a Skill,
    /// Effects the operator granted; `process:spawn(git)` lets `git` be executed inside, and
    /// `network:connect(example.com:443)` lets a proxy connect there.
    pub granted: &'a [Effect],
    /// Calls that somebody proposes besides the generated ones.
    pub proposals: &'a [Proposal],
}

/// A call that somebody proposes; nothing of it is trusted, since it happens inside.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Proposal {
    /// `function`, `Class.method`, or either behind the name of its module.
    pub target: String,
    /// The arguments as Python writes them.
    pub arguments: String,
}

/// A way to run a skill where it can do no harm.
pub trait Backend: Send + Sync {
    /// The word used in configuration and reports.
    fn name(&self) -> &'static str;
    /// What of its configuration a proof is bound to: image, program, interpreter.
    fn configured(&self) -> String {
        String::new()
    }
    /// Fails with the reason when this machine cannot enforce a profile; cached for the process.
    fn probe(&self) -> Result<Probe, Unavailable>;
    /// How it does here what it promises, and how it could do it better, each a sentence.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Runs a skill twice: imported, then imported and called.
    fn run(&self, limits: &Limits, job: &Job<'_>) -> Result<Trace, SandboxError>;
}

/// Which backend is wanted, and what the ones outside this program have to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// A backend by name; the strongest that works where it is absent.
    pub backend: Option<String>,
    /// Refuse what does not enforce every control.
    pub require_full: bool,
    /// The image for containers, by digest.
    pub image: Option<String>,
    /// Where the container engine listens; Docker's usual place where it is absent.
    pub socket: Option<PathBuf>,
    /// Whether an image that the engine lacks may be fetched.
    pub pull: bool,
    /// The nsjail program; the one on the PATH where it is absent.
    pub nsjail: Option<PathBuf>,
    /// The interpreter, or the virtual environment, that skills run in; `python3` where it is absent. For containers it
    /// is a path in the image.
    pub python: Option<PathBuf>,
}

/// All that run something, strongest first; the first whose probe passes is used, and none means refuse.
fn backends(choice: &Choice) -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(Native::new(choice)),
        Box::new(NsJail::new(choice)),
        Box::new(Docker::new(choice)),
    ]
}

/// Chooses a backend: by name, or the strongest that works; `simulated` runs nothing and must be named.
///
/// The first time after the machine started, a program is run against each promise of the backend.
pub fn select(choice: &Choice) -> Result<Box<dyn Backend>, Unavailable> {
    let name = choice.backend.as_deref();
    if name == Some(Simulated.name()) {
        return Ok(Box::new(Simulated));
    }
    let mut refused = Unavailable {
        backend: name.unwrap_or("any").to_owned(),
        reason: "there is no backend of this name".to_owned(),
        remedy: format!("use one of: {}, simulated", names().join(", ")),
    };
    let mut first = true;
    for backend in backends(choice) {
        if name.is_some_and(|name| name != backend.name()) {
            continue;
        }
        let unavailable = match backend.probe() {
            Ok(probe) if choice.require_full && !is_full(&probe) => too_weak(&*backend, &probe),
            Ok(probe) => match selftest::prove_once(&*backend, &probe) {
                Ok(()) => return Ok(backend),
                Err(unavailable) => unavailable,
            },
            Err(unavailable) => unavailable,
        };
        // What keeps the strongest from being used is the reason worth reading.
        if std::mem::take(&mut first) {
            refused = unavailable;
        }
    }
    Err(refused)
}

fn is_full(probe: &Probe) -> bool {
    probe.tier == Tier::Full && probe.not_enforced.is_empty()
}

fn too_weak(backend: &dyn Backend, probe: &Probe) -> Unavailable {
    let missing = probe.not_enforced.first();
    Unavailable {
        backend: backend.name().to_owned(),
        reason: "it isolates only partly here, and the policy requires all".to_owned(),
        remedy: missing.map_or_else(String::new, |missing| missing.reason.clone()),
    }
}

/// The names of all backends that run something.
pub fn names() -> Vec<&'static str> {
    backends(&Choice::default())
        .iter()
        .map(|backend| backend.name())
        .collect()
}

/// One line of the doctor's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which backend.
    pub backend: &'static str,
    /// What it can do here, or why it cannot run.
    pub state: Result<Probe, Unavailable>,
    /// How it does it here, and how it could do it better.
    pub notes: Vec<String>,
}

/// Probes every backend, and runs a program against each of its promises, whatever was proven before.
pub fn doctor(choice: &Choice) -> Vec<Row> {
    let row = |backend: Box<dyn Backend>| Row {
        backend: backend.name(),
        state: backend
            .probe()
            .and_then(|probe| selftest::prove(&*backend, &probe).map(|()| probe)),
        notes: backend.notes(),
    };
    backends(choice).into_iter().map(row).collect()
}
