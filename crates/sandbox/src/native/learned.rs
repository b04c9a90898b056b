//! What the native backend can do on this machine, learned from an empty skill.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::statvfs::{FsFlags, statvfs};
use serde::{Deserialize, Serialize};
use skillgate_model::{Control, Effect, ExitReason, Limits, Phase, Tier, chain};

use super::{NAME, Order, nested};
use crate::backend::{NAMESPACES, NO_LANDLOCK};
use crate::interpreter::{self, Interpreter};
use crate::{Probe, Unavailable, once, sys};

/// The name under which it is kept.
const RECORD: &str = "native";

/// What the empty skill taught.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Learned {
    pub(crate) probe: Probe,
    /// Program and version of the interpreter that ran it.
    interpreter: String,
    place: Place,
    pub(crate) noise: BTreeSet<Effect>,
}

/// How strongly, where, and whether watched.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) tier: Tier,
    pub(crate) top: String,
    pub(crate) observed: bool,
}

impl Place {
    /// The strongest, and what is tried when it is refused.
    fn all() -> Vec<Self> {
        let nested = |observed| Self {
            tier: Tier::Nested,
            top: folder(),
            observed,
        };
        let full = Self {
            tier: Tier::Full,
            top: String::new(),
            observed: true,
        };
        vec![full, nested(true), nested(false)]
    }
}

/// A name for a folder that no other run uses.
fn folder() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "skillgate-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    shelf().join(name).to_string_lossy().into_owned()
}

/// Where such folders lie: on a file system from which nothing can be executed, if there is one.
fn shelf() -> PathBuf {
    let shared = Path::new("/dev/shm");
    let usable = nix::unistd::access(shared, nix::unistd::AccessFlags::W_OK).is_ok();
    if usable && inert(shared) {
        return shared.to_owned();
    }
    std::env::temp_dir()
}

fn inert(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|found| found.flags().contains(FsFlags::ST_NOEXEC))
}

impl Learned {
    /// The place for one more run.
    pub(crate) fn place(&self) -> Place {
        let top = if self.place.tier == Tier::Full {
            String::new()
        } else {
            folder()
        };
        Place {
            top,
            ..self.place.clone()
        }
    }
}

pub(crate) fn no_python(reason: String) -> Unavailable {
    Unavailable {
        backend: NAME.to_owned(),
        reason,
        remedy:
            "install python3, or set `sandbox.python` to an interpreter or a virtual environment"
                .to_owned(),
    }
}

/// Runs an empty skill once per start of the machine: proves that everything works, and shows what the interpreter
/// does by itself.
pub(crate) fn learned(configured: Option<&Path>) -> Result<Arc<Learned>, Unavailable> {
    known(configured, |_| true)
}

/// The same, of this very interpreter; another one may have taken its place since.
pub(crate) fn learned_of(
    configured: Option<&Path>,
    python: &Interpreter,
) -> Result<Arc<Learned>, Unavailable> {
    let identity = identity(python);
    known(configured, |learned| learned.interpreter == identity)
}

/// What this process knows, what an earlier one kept, or what is learned now: the first that still holds.
fn known(
    configured: Option<&Path>,
    holds: impl Fn(&Learned) -> bool,
) -> Result<Arc<Learned>, Unavailable> {
    type Known = BTreeMap<Option<PathBuf>, Result<Arc<Learned>, Unavailable>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let place = configured.map(Path::to_owned);
    match known.get(&place) {
        Some(Ok(learned)) if !holds(learned) => {}
        Some(found) => return found.clone(),
        None => {}
    }
    let key = format!("{configured:?}");
    let kept = once::recall(RECORD, &key).filter(|learned| holds(learned));
    let found = kept.map_or_else(|| learn(configured), Ok).map(Arc::new);
    if let Ok(learned) = &found {
        once::remember(RECORD, &key, &**learned);
    }
    known.insert(place, found.clone());
    found
}

fn identity(python: &Interpreter) -> String {
    format!("{} {} {}", python.program, python.name, python.version)
}

fn learn(configured: Option<&Path>) -> Result<Learned, Unavailable> {
    let unavailable = |reason: String| Unavailable {
        backend: NAME.to_owned(),
        remedy: remedy(&reason),
        reason,
    };
    if !sys::can_notify() {
        return Err(unavailable(
            "the kernel cannot announce system calls (Linux 5.5 or newer)".to_owned(),
        ));
    }
    let python = &*interpreter::python(configured).map_err(no_python)?;
    let limits = Limits::default();
    let mut first: Option<String> = None;
    for place in Place::all() {
        if place.tier != Tier::Full && sys::landlock_version() < nested::LANDLOCK {
            break;
        }
        let order = Order {
            python,
            limits: &limits,
            skill: None,
            granted: &[],
            modules: &[],
            place,
        };
        let refused = match order.run(Phase::Import, None) {
            Err(error) => chain(&error),
            Ok((trace, landlock))
                if trace.exit.reason == ExitReason::Exit && trace.exit.code == Some(0) =>
            {
                let noise = trace
                    .observations
                    .into_iter()
                    .map(|observation| observation.effect)
                    .collect();
                let why = first.unwrap_or_default();
                return Ok(Learned {
                    probe: probe(&order.place, landlock, &why),
                    interpreter: identity(python),
                    place: order.place,
                    noise,
                });
            }
            Ok((trace, _)) => {
                let said = format!("{:?}: {}", trace.exit.reason, trace.stderr.trim());
                trace.exit.detail.unwrap_or(said)
            }
        };
        // What keeps the strongest from working is the reason worth reading.
        first.get_or_insert(refused);
    }
    Err(unavailable(first.unwrap_or_default()))
}

fn remedy(reason: &str) -> String {
    if !reason.contains("create the namespaces") && !reason.contains("map the users") {
        return "run `skillgate doctor` on a Linux 5.13 or newer".to_owned();
    }
    let switch = |path: &str| {
        std::fs::read_to_string(path)
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    // Each of these is the whole reason where it is set so.
    if switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
        return "allow user namespaces: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or give skillgate an \
                AppArmor profile with `userns,`"
            .to_owned();
    }
    if switch("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
        return "allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1`".to_owned();
    }
    if switch("/proc/sys/user/max_user_namespaces") == "0" {
        return "allow user namespaces: `sysctl user.max_user_namespaces=10000`".to_owned();
    }
    "allow user namespaces: in a container start it with `--security-opt seccomp=unconfined`, elsewhere look for a \
     security module that refuses them"
        .to_owned()
}

fn probe(place: &Place, landlock: bool, why: &str) -> Probe {
    use Control as C;
    let full = place.tier == Tier::Full;
    let refused = format!("{why}; {}", remedy(why));
    let unseen = "the supervisor may not read the skill's memory; give it CAP_SYS_PTRACE, or run it as an ordinary user";
    let loads = if full || inert(&shelf()) {
        ""
    } else {
        "; nor can it keep the skill from loading machine code that it wrote, for want of a /dev/shm with `noexec`"
    };
    Probe::of(
        place.tier,
        &[
            (true, &[C::WorkLimit], ""),
            (full, &[C::UserNamespace], &refused),
            (full, &NAMESPACES, &refused),
            (landlock, &[C::Landlock], NO_LANDLOCK),
            (
                place.observed,
                &[C::Observation],
                &format!("{unseen}{loads}"),
            ),
        ],
    )
}
