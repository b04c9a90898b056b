//! Runs a skill where it can do no harm, and says what it tried; the only crate that starts processes.

mod backend;
#[doc(hidden)]
pub mod bench;
mod cases;
mod error;
mod harness;
mod interpreter;
mod native;
mod observe;
mod seccomp;
mod selftest;
mod simulated;
mod sys;

use std::path::PathBuf;
use std::sync::OnceLock;

use skillgate_model::{Effect, Limits, Skill, Trace};

pub use backend::{BACKENDS, Backend, Job, Probe, Row, doctor, names, select};
pub use error::{SandboxError, Unavailable};
pub use native::Native;
pub use native::init::entry_if_reexecuted;
pub use native::supervise::interrupt;
pub use simulated::Simulated;

static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// Names an executable whose `main` starts with [`entry_if_reexecuted`], for programs that are not one themselves.
///
/// Only the first call counts; without one, the running executable is started again.
pub fn use_launcher(path: PathBuf) {
    let _first_wins = LAUNCHER.set(path);
}

fn launcher_path() -> PathBuf {
    LAUNCHER
        .get()
        .cloned()
        .unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Runs a skill in a backend that [`select`] chose.
pub fn simulate(
    backend: &dyn Backend,
    limits: &Limits,
    skill: &Skill,
    granted: &[Effect],
) -> Result<Trace, SandboxError> {
    backend.run(limits, &Job { skill, granted })
}
