//! What a trace says against a skill, as findings, and what it could not say, as gaps.

use std::collections::BTreeSet;

use skillgate_model::{
    CaseOutcome, Effect, EffectKind, ExitReason, Finding, Location, Observation, Phase, PhaseTrace,
    Repetition, Skill, Trace,
};

use skillgate_sandbox::needs_two_witnesses;

use crate::elsewhere;
use crate::gate_rules::{
    CALL_HANGS, CRASH, DECOY, FAULT, FORBIDDEN_CALL, GateRule, IMPORT_FAILS, IMPORT_HANGS, MEMORY,
    MISMATCH, MISSING_MODULE, NO_ANSWER, OUTPUT, REMEMBERS, SIGNAL, UNFORESEEN, VARIES, WITNESSES,
};
use crate::place::Places;

/// What a simulation adds to the evidence.
#[derive(Debug, Default)]
pub(crate) struct Behaviour {
    pub(crate) findings: Vec<Finding>,
    /// Distinct effects that were tried.
    pub(crate) observed: Vec<Effect>,
    /// What was not simulated, each a sentence.
    pub(crate) gaps: Vec<String>,
}

/// Reads a trace; `inferred` is what the static scan foresaw.
pub(crate) fn read(trace: &Trace, inferred: &[Effect], skill: &Skill) -> Behaviour {
    let mut behaviour = Behaviour::default();
    let places = Places::of(skill);
    let main = skill.manifest_path.as_deref().unwrap_or_default();
    let mut observed = BTreeSet::new();
    for phase in &trace.phases {
        ending(phase, main, &mut behaviour);
        modules(phase, main, &mut behaviour);
        cases(phase, &places, &mut behaviour);
        for observation in &phase.observations {
            observed.insert(observation.effect.clone());
            if observation.decoy {
                let finding = DECOY.finding(
                    places.named(observation.during.as_deref()),
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
    for phase in &trace.phases {
        behaviour.findings.extend(disagreements(phase, &places));
    }
    for effect in observed
        .iter()
        .filter(|effect| is_telling(effect.kind) && !foreseen(effect, inferred))
    {
        let mut seen = trace.phases.iter().flat_map(|phase| &phase.observations);
        let during = seen
            .find(|seen| seen.effect == *effect)
            .and_then(|seen| seen.during.as_deref());
        behaviour.findings.push(UNFORESEEN.finding(
            places.named(during),
            Some(effect.clone()),
            effect.to_string(),
        ));
    }
    behaviour
        .findings
        .extend(elsewhere::differences(trace, &places));
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
        Phase::Call | Phase::Again => "call",
    };
    let exit = &phase.exit;
    let rule: Option<GateRule> = match exit.reason {
        ExitReason::Exit if exit.code == Some(0) => None,
        ExitReason::Exit => Some(NO_ANSWER),
        ExitReason::Signal => Some(SIGNAL),
        ExitReason::Timeout | ExitReason::CpuLimit => match phase.phase {
            Phase::Import => Some(IMPORT_HANGS),
            Phase::Call | Phase::Again => Some(CALL_HANGS),
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

fn cases(phase: &PhaseTrace, places: &Places<'_>, behaviour: &mut Behaviour) {
    for case in &phase.cases {
        let called = format!("{}({})", case.target, case.arguments);
        let mut note = |rule: GateRule, detail: String| {
            let finding = rule.finding(places.named(Some(&case.target)), None, detail);
            behaviour.findings.push(finding);
        };
        match case.repeated {
            Some(Repetition::Varies) => note(VARIES, called.clone()),
            Some(Repetition::Remembers) => note(REMEMBERS, called.clone()),
            Some(Repetition::Same) | None => {}
        }
        match case.outcome {
            CaseOutcome::Returned => {}
            // Trials at random report only what is no refusal of their arguments.
            CaseOutcome::Raised if case.source == "property" && is_fault(&case.detail) => {
                note(FAULT, format!("{called}: {}", case.detail));
            }
            CaseOutcome::Raised => {}
            CaseOutcome::Mismatched => note(MISMATCH, format!("{called}: {}", case.detail)),
            CaseOutcome::Missing => {
                let rule = match case.detail.as_str() {
                    "did not return in time" => Some(CALL_HANGS),
                    "ended the process before it returned" => Some(NO_ANSWER),
                    detail if detail.starts_with("died by signal") => Some(CRASH),
                    _ => None,
                };
                if let Some(rule) = rule {
                    note(rule, format!("{called} {}", case.detail));
                }
                behaviour
                    .gaps
                    .push(format!("`{}` gave no result", case.target));
            }
        }
    }
}

/// Whether an exception speaks of the function, not of a refusal or of the machine.
fn is_fault(detail: &str) -> bool {
    let refusals = [
        "ValueError",
        "TypeError",
        "OverflowError",
        "NotImplementedError",
    ];
    !refusals.contains(&detail.split(':').next().unwrap_or_default())
}

/// What was seen from outside, and by Python's own hooks not: a file by name, everything else not even in kind.
fn disagreements(phase: &PhaseTrace, places: &Places<'_>) -> Vec<Finding> {
    let seen = &phase.observations;
    // A granted program is no Python, and has no hooks.
    if seen
        .iter()
        .any(|seen| seen.allowed && seen.effect.kind == EffectKind::ProcessSpawn)
    {
        return Vec::new();
    }
    let hooked = |kind| {
        let of = |seen: &Observation| seen.witness == "audit" && seen.effect.kind == kind;
        seen.iter().any(of)
    };
    let told = |effect: &Effect| {
        // Where the skill has forked, its children's hooks tell nobody.
        let heard = |seen: &Observation| ["audit", "fork"].contains(&seen.witness.as_str());
        let of = |seen: &Observation| heard(seen) && seen.effect == *effect;
        seen.iter().any(of)
    };
    let alone = seen.iter().filter(|seen| {
        let confirmed = match seen.effect.kind {
            EffectKind::FilesystemRead
            | EffectKind::FilesystemWrite
            | EffectKind::FilesystemDelete => told(&seen.effect),
            EffectKind::NativeLoad => told(&seen.effect) || hooked(EffectKind::NativeLoad),
            kind => hooked(kind),
        };
        seen.witness == "syscall" && needs_two_witnesses(seen) && !confirmed
    });
    let finding = |seen: &Observation| {
        let place = places.named(seen.during.as_deref());
        WITNESSES.finding(place, Some(seen.effect.clone()), seen.effect.to_string())
    };
    alone.map(finding).collect()
}

/// Kinds that honest code does not hide; a file or a variable may well have a computed name.
pub(crate) const fn is_telling(kind: EffectKind) -> bool {
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
