//! Runs a skill where it can do no harm, and says what it tried; the only crate that starts processes.

mod backend;
#[doc(hidden)]
pub mod bench;
mod cases;
mod dates;
mod docker;
mod error;
mod guest;
mod harness;
mod interpreter;
mod native;
mod nsjail;
mod observe;
mod once;
mod orphan;
mod phases;
mod property;
mod proxy;
mod seccomp;
mod selftest;
mod simulated;
mod sys;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use skillgate_model::{Effect, Limits, Skill, Trace};

pub use backend::{Backend, Choice, Job, Probe, Proposal, Row, doctor, names, select};
pub use cases::alike;
pub use docker::Docker;
pub use error::{SandboxError, Unavailable};
pub use native::Native;
pub use native::init::{entry_if_reexecuted, serve_as_launcher};
pub use native::supervise::interrupt;
pub use nsjail::NsJail;
pub use observe::witness::needs_two_witnesses;
pub use property::value::quoted;
pub use simulated::Simulated;

static LAUNCHER: OnceLock<(PathBuf, Vec<OsString>)> = OnceLock::new();

/// Names a command that ends in [`serve_as_launcher`], for programs whose `main` is not their own.
///
/// Only the first call counts; without one, the running executable is started again, and its `main`
/// has to begin with [`entry_if_reexecuted`].
pub fn use_launcher(program: PathBuf, arguments: Vec<OsString>) {
    let _first_wins = LAUNCHER.set((program, arguments));
}

fn launcher() -> (&'static Path, &'static [OsString]) {
    match LAUNCHER.get() {
        Some((program, arguments)) => (program, arguments),
        None => (Path::new("/proc/self/exe"), &[]),
    }
}

/// Runs a skill in a backend that [`select`] chose.
pub fn simulate(
    backend: &dyn Backend,
    limits: &Limits,
    skill: &Skill,
    granted: &[Effect],
) -> Result<Trace, SandboxError> {
    let job = Job {
        skill,
        granted,
        proposals: &[],
    };
    backend.run(limits, &job)
}
