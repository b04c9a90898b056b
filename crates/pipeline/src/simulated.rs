//! What became of layer 2, in words and as a status.

use skillgate_model::{Layer, LayerStatus, Reason, Tier, Trace, Verdict};

use crate::behaviour::Behaviour;

pub(crate) struct Simulated {
    pub(crate) ran: bool,
    /// Whether the operator asked for no simulation.
    pub(crate) was_declined: bool,
    applicable: bool,
    pub(crate) summary: String,
    /// What a reader of the verdict must know.
    pub(crate) qualifier: Option<String>,
    /// What was not simulated or not enforced, each a sentence.
    pub(crate) gaps: Vec<String>,
}

/// What was not simulated, in few words.
fn in_part(gaps: &[String]) -> String {
    match gaps {
        [] => String::new(),
        [gap] => format!("; in part: {gap}"),
        [gap, more @ ..] => format!("; in part: {gap}, and {} more", more.len()),
    }
}

impl Simulated {
    /// Not run, as the operator wants it.
    pub(crate) fn declined(reason: &str) -> Self {
        Self {
            was_declined: true,
            ..Self::failed(reason)
        }
    }

    /// Not run, though it should have been.
    pub(crate) fn failed(reason: &str) -> Self {
        Self {
            ran: false,
            was_declined: false,
            applicable: true,
            summary: format!("not run: {reason}"),
            qualifier: Some("not simulated".to_owned()),
            gaps: vec![format!("was not simulated: {reason}")],
        }
    }

    pub(crate) fn of(trace: &Trace, behaviour: &Behaviour) -> Self {
        if trace.tier == Tier::None {
            return Self::declined(&format!("the backend `{}` executes nothing", trace.backend));
        }
        if trace.phases.is_empty() {
            let summary = format!("{}: there is no Python to run", trace.backend);
            return Self {
                ran: true,
                was_declined: false,
                applicable: false,
                summary,
                qualifier: None,
                gaps: Vec::new(),
            };
        }
        let mut gaps = behaviour.gaps.clone();
        let without = |reason: &String| format!("the sandbox ran without a control: {reason}");
        gaps.extend(trace.not_enforced.iter().map(|gap| without(&gap.reason)));
        let calls: usize = trace.phases.iter().map(|phase| phase.cases.len()).sum();
        let modules = trace
            .phases
            .iter()
            .map(|phase| phase.imported.len())
            .max()
            .unwrap_or(0);
        let observed = behaviour.observed.len();
        let summary = format!(
            "{}: {modules} modules imported, {calls} calls, {observed} effects observed{}",
            trace.backend,
            in_part(&behaviour.gaps)
        );
        let qualifier = (!behaviour.gaps.is_empty()).then(|| "simulated in part".to_owned());
        Self {
            ran: true,
            was_declined: false,
            applicable: true,
            summary,
            qualifier,
            gaps,
        }
    }

    pub(crate) fn status(&self, verdict: &Verdict) -> LayerStatus {
        let speaks = |reason: &Reason| reason.layer == Layer::Simulate;
        match (self.applicable, self.ran) {
            (false, _) => LayerStatus::NotApplicable,
            (true, false) => LayerStatus::NotRun,
            (true, true) if verdict.reasons.iter().any(speaks) => LayerStatus::Failed,
            (true, true) if self.qualifier.is_some() => LayerStatus::Incomplete,
            (true, true) => LayerStatus::Passed,
        }
    }
}
