//! The backend of one command, chosen when the first skill needs it.

use std::sync::OnceLock;

use skillgate_model::{Tier, Trace};
use skillgate_sandbox::{Backend, Choice, Unavailable};

use crate::config::SandboxConfig;

/// A choice that is made once, and not at all where everything was simulated before.
pub struct Chosen {
    choice: Choice,
    backend: OnceLock<Result<Box<dyn Backend>, Unavailable>>,
}

impl Chosen {
    /// Nothing is probed yet.
    pub const fn new(choice: Choice) -> Self {
        Self {
            choice,
            backend: OnceLock::new(),
        }
    }

    /// The backend; the first who asks waits for its probe and its self-test.
    ///
    /// # Errors
    /// When none works here.
    pub fn backend(&self) -> Result<&dyn Backend, &Unavailable> {
        let chosen = self
            .backend
            .get_or_init(|| skillgate_sandbox::select(&self.choice));
        chosen.as_deref()
    }

    /// Why nothing can be simulated although the operator named what it is to be simulated in.
    ///
    /// Where nothing was named, or nothing had to be simulated yet, there is no such reason.
    pub fn refusal(&self) -> Option<&Unavailable> {
        let named = self.choice.backend.is_some() || self.choice.python.is_some();
        self.backend.get()?.as_ref().err().filter(|_| named)
    }

    /// What a trace depends on beside the skill.
    pub(crate) fn key(&self) -> String {
        format!("{:?}", self.choice)
    }

    /// Whether an earlier trace says what a run of today would; a weaker one does only where nothing stronger is there now.
    pub(crate) fn stands(&self, trace: &Trace) -> bool {
        let whole = trace.tier == Tier::Full && trace.not_enforced.is_empty();
        let same = |backend: &dyn Backend| {
            let probe = backend.probe();
            backend.name() == trace.backend
                && probe.is_ok_and(|probe| probe.not_enforced == trace.not_enforced)
        };
        whole || self.choice.backend.is_some() || self.backend().is_ok_and(same)
    }
}

impl From<&SandboxConfig> for Chosen {
    fn from(config: &SandboxConfig) -> Self {
        Self::new(Choice::from(config))
    }
}

#[cfg(test)]
mod tests {
    use skillgate_model::{Control, NotEnforced};

    use super::*;

    fn named(backend: Option<&str>) -> Chosen {
        Chosen::new(Choice {
            backend: backend.map(str::to_owned),
            ..Choice::default()
        })
    }

    fn trace(missing: &[Control]) -> Trace {
        let missing = missing.iter().map(|control| NotEnforced {
            control: *control,
            reason: String::new(),
        });
        Trace {
            backend: "earlier".to_owned(),
            tier: Tier::Full,
            enforced: Vec::new(),
            not_enforced: missing.collect(),
            interpreter: None,
            phases: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_probed_for_what_was_fully_simulated_before() {
        let chosen = named(None);
        assert!(chosen.stands(&trace(&[])));
        assert!(chosen.backend.get().is_none());
    }

    #[test]
    fn a_weaker_trace_stands_only_in_the_backend_that_was_named() {
        let weak = trace(&[Control::UserNamespace]);
        assert!(named(Some("docker")).stands(&weak));
        assert!(!named(None).stands(&weak));
    }

    #[test]
    fn what_was_named_and_does_not_work_is_refused_as_soon_as_it_is_needed() {
        let chosen = named(Some("absent"));
        assert_eq!(chosen.refusal(), None);
        assert!(chosen.backend().is_err());
        assert_eq!(chosen.refusal().unwrap().backend, "absent");
    }

    #[test]
    fn another_interpreter_is_another_key() {
        let other = Chosen::new(Choice {
            python: Some("/opt/other".into()),
            ..Choice::default()
        });
        assert_ne!(other.key(), named(None).key());
    }
}
