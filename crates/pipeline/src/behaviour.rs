//! What a trace says against a skill, as findings, and what it could not say, as gaps.

use std::collections::BTreeSet;

use skillgate_model::{
    CaseOutcome, Effect, EffectKind, ExitReason, Finding, Location, Phase, PhaseTrace, Trace,
};

use crate::gate_rules::{
    CALL_HANGS, DECOY, FORBIDDEN_CALL, GateRule, IMPORT_FAILS, IMPORT_HANGS, MEMORY, MISMATCH,
    MISSING_MODULE, NO_ANSWER, OUTPUT, SIGNAL, UNFORESEEN,
};

/// What a simulation adds to the evidence.
#[derive(Debug, Default)]
pub(crate) struct Behaviour {
    pub(crate) findings: Vec<Finding>,
    /// Distinct effects that were tried.
    pub(crate) observed: Vec<Effect>,
    /// What was not simulated, each a sentence.
    pub(crate) gaps: Vec<String>,
}

/// Reads a trace; `inferred` is what the static scan foresaw, `main` the file findings are put at.
pub(crate) fn read(trace: &Trace, inferred: &[Effect], main: &str) -> Behaviour {
    let mut behaviour = Behaviour::default();
    let mut observed = BTreeSet::new();
    for phase in &trace.phases {
        ending(phase, main, &mut behaviour);
        modules(phase, main, &mut behaviour);
        cases(phase, main, &mut behaviour);
        for observation in &phase.observations {
            observed.insert(observation.effect.clone());
            if observation.decoy {
                let finding = DECOY.finding(
                    Location::file(main),
                    Some(observation.effect.clone()),
                    during(observation.during.as_deref()),
                );
                behaviour.findings.push(finding);
            }
        }
        if phase.dropped > 0 {
            behaviour.gaps.push(format!(
                "{} observations did not fit into the trace",
                phase.dropped
            ));
        }
    }
    for effect in observed
        .iter()
        .filter(|effect| is_telling(effect.kind) && !foreseen(effect, inferred))
    {
        behaviour.findings.push(UNFORESEEN.finding(
            Location::file(main),
            Some(effect.clone()),
            effect.to_string(),
        ));
    }
    behaviour.observed = observed.into_iter().collect();
    // Both runs see most faults.
    let mut seen = BTreeSet::new();
    let findings = &mut behaviour.findings;
    findings.retain(|finding| seen.insert(finding.fingerprint.clone()));
    let mut said = BTreeSet::new();
    behaviour.gaps.retain(|gap| said.insert(gap.clone()));
    behaviour
}

fn during(what: Option<&str>) -> Option<String> {
    what.map(|what| format!("while running `{what}`"))
}

fn ending(phase: &PhaseTrace, main: &str, behaviour: &mut Behaviour) {
    let name = match phase.phase {
        Phase::Import => "import",
        Phase::Call => "call",
    };
    let exit = &phase.exit;
    let rule: Option<GateRule> = match exit.reason {
        ExitReason::Exit if exit.code == Some(0) => None,
        ExitReason::Exit => Some(NO_ANSWER),
        ExitReason::Signal => Some(SIGNAL),
        ExitReason::Timeout | ExitReason::CpuLimit => match phase.phase {
            Phase::Import => Some(IMPORT_HANGS),
            Phase::Call => Some(CALL_HANGS),
        },
        ExitReason::Oom => Some(MEMORY),
        ExitReason::OutputLimit => Some(OUTPUT),
        ExitReason::Denied => Some(FORBIDDEN_CALL),
        ExitReason::NotRun => {
            let why = exit
                .detail
                .clone()
                .unwrap_or_else(|| "the backend gave no reason".to_owned());
            behaviour
                .gaps
                .push(format!("the {name} run did not take place: {why}"));
            None
        }
    };
    if let Some(rule) = rule {
        let detail = exit
            .detail
            .clone()
            .unwrap_or_else(|| format!("in the {name} run"));
        behaviour
            .findings
            .push(rule.finding(Location::file(main), None, detail));
    }
}

fn modules(phase: &PhaseTrace, main: &str, behaviour: &mut Behaviour) {
    for module in &phase.missing_modules {
        behaviour
            .gaps
            .push(format!("`{module}` is not installed in the sandbox"));
        behaviour
            .findings
            .push(MISSING_MODULE.finding(Location::file(main), None, module.clone()));
    }
    for (module, error) in &phase.import_errors {
        behaviour
            .gaps
            .push(format!("`{module}` could not be imported: {error}"));
        behaviour.findings.push(IMPORT_FAILS.finding(
            Location::file(main),
            None,
            format!("{module}: {error}"),
        ));
    }
}

fn cases(phase: &PhaseTrace, main: &str, behaviour: &mut Behaviour) {
    for case in &phase.cases {
        match case.outcome {
            CaseOutcome::Returned | CaseOutcome::Raised => {}
            CaseOutcome::Mismatched => {
                let detail = format!("{}({}): {}", case.target, case.arguments, case.detail);
                behaviour
                    .findings
                    .push(MISMATCH.finding(Location::file(main), None, detail));
            }
            CaseOutcome::Missing => {
                behaviour
                    .gaps
                    .push(format!("`{}` gave no result", case.target));
            }
        }
    }
}

/// Kinds that honest code does not hide; a file or a variable may well have a computed name.
const fn is_telling(kind: EffectKind) -> bool {
    match kind {
        EffectKind::NetworkConnect
        | EffectKind::NetworkListen
        | EffectKind::ProcessSpawn
        | EffectKind::ProcessControl
        | EffectKind::NativeLoad => true,
        EffectKind::FilesystemRead
        | EffectKind::FilesystemWrite
        | EffectKind::FilesystemDelete
        | EffectKind::NetworkResolve
        | EffectKind::EnvRead
        | EffectKind::EnvWrite
        | EffectKind::CodeEval
        | EffectKind::CodeImport => false,
    }
}

/// The scan foresaw the kind; with which resource is L3's question.
fn foreseen(effect: &Effect, inferred: &[Effect]) -> bool {
    inferred.iter().any(|foreseen| foreseen.kind == effect.kind)
}
