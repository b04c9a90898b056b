//! What a skill did under another date, host name and environment, held against what it did before.

use std::collections::{BTreeMap, BTreeSet};

use skillgate_model::{
    CaseOutcome, CaseResult, Effect, EffectKind, ExitReason, Finding, Observation, Phase,
    PhaseTrace, Repetition, Trace,
};

use crate::behaviour::is_telling;
use crate::gate_rules::{DEPENDS, ELSEWHERE};
use crate::place::Places;

/// One finding for each difference.
pub(crate) fn differences(trace: &Trace, places: &Places<'_>) -> Vec<Finding> {
    let run = |wanted| trace.phases.iter().find(|phase| phase.phase == wanted);
    let Some((here, there)) = run(Phase::Call).zip(run(Phase::Again)) else {
        return Vec::new();
    };
    let mut findings = effects(here, there, places);
    findings.extend(ending(here, there, places));
    findings.extend(results(here, there, places));
    findings
}

/// What only the later run tried, as far as honest code has no reason to.
fn effects(here: &PhaseTrace, there: &PhaseTrace, places: &Places<'_>) -> Vec<Finding> {
    let before = tried(here);
    let after = tried(there);
    // What is missing there is told by the run before, which also makes calls that this one leaves out.
    let new = after
        .iter()
        .filter(|(effect, _)| !before.contains_key(*effect));
    new.map(|(_, seen)| {
        let place = places.named(seen.during.as_deref());
        let detail = format!("`{}` only there", seen.effect);
        ELSEWHERE.finding(place, Some(seen.effect.clone()), detail)
    })
    .collect()
}

/// Effects with digits levelled out, because a file may well be named after the day.
fn tried(phase: &PhaseTrace) -> BTreeMap<Effect, &Observation> {
    let telling = |seen: &&Observation| {
        let refused = !seen.allowed
            && matches!(
                seen.effect.kind,
                EffectKind::FilesystemRead
                    | EffectKind::FilesystemWrite
                    | EffectKind::FilesystemDelete
            );
        seen.decoy || refused || is_telling(seen.effect.kind)
    };
    let level = |effect: &Effect| {
        let digits = |text: &String| text.replace(|char: char| char.is_ascii_digit(), "0");
        Effect {
            kind: effect.kind,
            resource: effect.resource.as_ref().map(digits),
        }
    };
    let seen = phase.observations.iter().filter(telling);
    seen.map(|seen| (level(&seen.effect), seen)).collect()
}

fn is_missing(case: &CaseResult) -> bool {
    case.outcome == CaseOutcome::Missing
}

/// A run that ended in another way; on a busy machine time alone says nothing.
fn ending(here: &PhaseTrace, there: &PhaseTrace, places: &Places<'_>) -> Option<Finding> {
    let (before, after) = (&here.exit, &there.exit);
    let by_time = matches!(
        after.reason,
        ExitReason::Timeout | ExitReason::CpuLimit | ExitReason::NotRun
    );
    let same = before.reason == after.reason && before.code == after.code;
    (!same && !by_time).then(|| {
        let detail = format!("ended by {:?} there", after.reason).to_lowercase();
        ELSEWHERE.finding(places.named(None), None, detail)
    })
}

/// Calls whose result does not vary by itself and is another one there.
fn results(here: &PhaseTrace, there: &PhaseTrace, places: &Places<'_>) -> Vec<Finding> {
    let steady: BTreeMap<(&str, &str), &CaseResult> = here
        .cases
        .iter()
        .filter(|case| case.repeated == Some(Repetition::Same))
        .map(|case| ((case.target.as_str(), case.arguments.as_str()), case))
        .collect();
    let mut said = BTreeSet::new();
    let mut findings = Vec::new();
    for after in there.cases.iter().filter(|case| !is_missing(case)) {
        let key = (after.target.as_str(), after.arguments.as_str());
        let Some(before) = steady.get(&key) else {
            continue;
        };
        let same = before.outcome == after.outcome
            && skillgate_sandbox::alike(&before.detail, &after.detail);
        if !same && said.insert(key) {
            let detail = format!("{}({})", after.target, after.arguments);
            findings.push(DEPENDS.finding(places.named(Some(&after.target)), None, detail));
        }
    }
    findings
}
