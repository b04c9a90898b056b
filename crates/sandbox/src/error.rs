//! Why a simulation could not be done.

use std::io;

/// A backend cannot enforce the profile on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("backend `{backend}` cannot run here: {reason}")]
pub struct Unavailable {
    /// Which backend; `any` when all were tried.
    pub backend: String,
    /// Why.
    pub reason: String,
    /// How to get it.
    pub remedy: String,
}

/// A simulation broke down; it proves nothing about the skill.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine cannot enforce the profile.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No launcher could be started.
    #[error("the sandbox could not be started")]
    Start(#[source] io::Error),
    /// [`interrupt`](crate::interrupt) was called.
    #[error("the simulation was interrupted")]
    Interrupted,
}
