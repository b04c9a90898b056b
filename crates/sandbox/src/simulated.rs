//! The backend that runs nothing, for machines where nothing may run; it must be asked for by name.

use skillgate_model::{Limits, Tier, Trace};

use crate::{Backend, Job, Probe, SandboxError, Unavailable};

/// Runs nothing, and says so.
#[derive(Debug, Clone, Copy)]
pub struct Simulated;

impl Backend for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn probe(&self) -> Result<Probe, Unavailable> {
        Ok(Probe {
            tier: Tier::None,
            enforced: Vec::new(),
            not_enforced: Vec::new(),
        })
    }

    fn run(&self, _: &Limits, _: &Job<'_>) -> Result<Trace, SandboxError> {
        Ok(Trace {
            backend: self.name().to_owned(),
            tier: Tier::None,
            enforced: Vec::new(),
            not_enforced: Vec::new(),
            interpreter: None,
            phases: Vec::new(),
        })
    }
}
