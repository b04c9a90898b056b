//! From everything the layers saw to a verdict: deterministic, and every doubt is a reason.

use std::collections::BTreeMap;

use skillgate_model::{
    Confidence, Coverage, Decision, Effect, Examination, Finding, Layer, Location, Profile, Reason,
    ReasonKind, Severity, Verdict,
};
use skillgate_permissions::{Comparison, Need};

use crate::danger::danger;

/// What a verdict rests on.
pub(crate) struct Evidence<'a> {
    pub(crate) profile: Profile,
    /// The operator's own threshold, in place of the profile's.
    pub(crate) fail_on: Option<Severity>,
    /// Whether the skill declares effects at all.
    pub(crate) declares: bool,
    /// Findings of all layers that the operator does not accept.
    pub(crate) findings: Vec<&'a Finding>,
    /// Findings the operator accepts, and with them the effects that nothing else shows.
    pub(crate) accepted: Vec<&'a Finding>,
    pub(crate) comparison: &'a Comparison,
    /// Effects of a kind that is both declared and granted somewhere; they excuse a bare import.
    pub(crate) permitted_kinds: &'a [skillgate_model::EffectKind],
    pub(crate) coverage: &'a [Coverage],
    /// What the simulation did without, each a sentence; they are reasons where `needs_simulation`.
    pub(crate) unsimulated: &'a [String],
    pub(crate) needs_simulation: bool,
    /// Why the second opinion that was asked for did not come.
    pub(crate) unadvised: Option<&'a str>,
    pub(crate) qualifiers: Vec<String>,
}

pub(crate) fn decide(evidence: Evidence<'_>) -> Verdict {
    let mut reasons = threats(&evidence);
    reasons.extend(effects(&evidence));
    reasons.extend(gaps(&evidence));
    let complete = reasons
        .iter()
        .all(|reason| reason.kind != ReasonKind::Incomplete);
    let mut reasons = together(reasons);
    reasons.sort_by(|a, b| {
        let key = |reason: &Reason| {
            (
                std::cmp::Reverse(reason.severity),
                reason.kind,
                reason.rule.clone(),
                reason.location.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
    let mut qualifiers = evidence.qualifiers;
    let blocks = match evidence.profile {
        Profile::Strict | Profile::Standard => !reasons.is_empty(),
        Profile::Observe => {
            if !reasons.is_empty() {
                qualifiers.push("observed only".to_owned());
            }
            false
        }
    };
    let decision = if blocks {
        Decision::Quarantine
    } else {
        Decision::Promote
    };
    Verdict {
        decision,
        complete,
        qualifiers,
        reasons,
    }
}

fn threats(evidence: &Evidence<'_>) -> Vec<Reason> {
    let gating = evidence
        .findings
        .iter()
        .filter(|finding| gates(finding, evidence) && !is_excused(finding, evidence));
    gating.map(|finding| threat(finding)).collect()
}

/// Severity and confidence against the profile's thresholds.
fn gates(finding: &Finding, evidence: &Evidence<'_>) -> bool {
    let (severity, confidence) = match evidence.profile {
        Profile::Strict => (Severity::Low, Confidence::Low),
        Profile::Standard | Profile::Observe => (Severity::High, Confidence::Medium),
    };
    finding.rule.severity >= evidence.fail_on.unwrap_or(severity)
        && finding.rule.confidence >= confidence
}

/// An effect that the skill declares and was granted is no crime.
fn is_excused(finding: &Finding, evidence: &Evidence<'_>) -> bool {
    let Some(effect) = finding.effect.as_ref().filter(|_| finding.rule.excusable) else {
        return false;
    };
    if !finding.infers {
        return evidence.permitted_kinds.contains(&effect.kind);
    }
    evidence
        .comparison
        .needs
        .iter()
        .any(|need| need.effect == *effect && need.is_permitted())
}

fn threat(finding: &Finding) -> Reason {
    let behaviour = finding.layer == Layer::Simulate;
    let message = match &finding.detail {
        Some(detail) => format!("{}: {detail}", finding.rule.message),
        None => finding.rule.message.clone(),
    };
    Reason {
        kind: if behaviour {
            ReasonKind::Behaviour
        } else {
            ReasonKind::Threat
        },
        layer: finding.layer,
        rule: Some(finding.rule.id.clone()),
        severity: finding.rule.severity,
        location: Some(finding.location.clone()),
        effect: finding.effect.clone(),
        message,
        remedy: finding.rule.remedy.clone(),
        count: 1,
    }
}

fn effects(evidence: &Evidence<'_>) -> Vec<Reason> {
    evidence
        .comparison
        .needs
        .iter()
        .filter_map(|need| effect(need, evidence))
        .collect()
}

fn effect(need: &Need, evidence: &Evidence<'_>) -> Option<Reason> {
    if need.is_permitted() || is_accepted(&need.effect, evidence) {
        return None;
    }
    let dangerous = danger(&need.effect);
    let blocks = match evidence.profile {
        Profile::Strict => true,
        Profile::Standard | Profile::Observe => evidence.declares || dangerous.is_some(),
    };
    if !blocks {
        return None;
    }
    let (kind, problem, remedy) = words(need);
    let why = dangerous.map(|why| format!(" ({why})")).unwrap_or_default();
    let source = source_of(&need.effect, &evidence.findings);
    Some(Reason {
        kind,
        layer: Layer::Permit,
        rule: source.map(|finding| finding.rule.id.clone()),
        severity: if dangerous.is_some() {
            Severity::High
        } else {
            Severity::Medium
        },
        location: source.map(|finding| finding.location.clone()),
        effect: Some(need.effect.clone()),
        message: format!("needs `{}`{why}, and {problem}", need.effect),
        remedy,
        count: 1,
    })
}

/// Who accepts every finding that shows an effect accepts the effect.
fn is_accepted(effect: &Effect, evidence: &Evidence<'_>) -> bool {
    let shows = |finding: &&Finding| {
        let speaks = finding.infers || finding.layer == Layer::Simulate;
        speaks && finding.effect.as_ref() == Some(effect)
    };
    evidence.accepted.iter().any(shows) && !evidence.findings.iter().any(shows)
}

fn words(need: &Need) -> (ReasonKind, String, String) {
    let effect = &need.effect;
    let widened = if effect.resource.is_none() {
        " (the code does not show on what)"
    } else {
        ""
    };
    if let Some(denied) = &need.denied_by {
        let problem = format!("the policy denies `{denied}`");
        return (
            ReasonKind::NotGranted,
            problem,
            "remove the code, or narrow the deny in skillgate.toml".to_owned(),
        );
    }
    if need.declared_by.is_none() {
        let remedy = format!(
            "remove it, or add `{effect}` to `effects:` in the manifest and have it granted"
        );
        return (
            ReasonKind::Undeclared,
            format!("does not declare it{widened}"),
            remedy,
        );
    }
    let remedy =
        format!("add `{effect}` to a `[[grant]]` for this skill in skillgate.toml if it is right");
    (
        ReasonKind::NotGranted,
        format!("was not granted it{widened}"),
        remedy,
    )
}

/// The place in the code; a simulation has none to name.
fn source_of<'f>(effect: &Effect, findings: &[&'f Finding]) -> Option<&'f Finding> {
    let is_source = |finding: &&&Finding| {
        finding.layer == Layer::Scan && finding.effect.as_ref() == Some(effect)
    };
    findings.iter().find(is_source).copied()
}

fn gaps(evidence: &Evidence<'_>) -> Vec<Reason> {
    let unexamined = evidence
        .coverage
        .iter()
        .filter_map(|entry| match &entry.examination {
            Examination::Examined { .. } => None,
            Examination::Unexamined { reason } => {
                let size = entry.size;
                let message = format!("was not examined ({}, {size} bytes): {reason}", entry.kind);
                Some(incomplete(
                    Layer::Scan,
                    Some(Location::file(&entry.path)),
                    message,
                    "remove the file, or replace it by one that can be examined",
                ))
            }
        });
    let unsimulated = evidence
        .unsimulated
        .iter()
        .filter(|_| evidence.needs_simulation)
        .map(|gap| {
            let remedy = "run `skillgate doctor`, or accept it with `require = \"available\"`";
            incomplete(Layer::Simulate, None, gap.clone(), remedy)
        });
    let unadvised = evidence.unadvised.map(|reason| {
        let message = format!("got no second opinion: {reason}");
        let remedy =
            "see to the endpoint that SKILLGATE_MODEL_URL names, or leave out `second-opinion`";
        incomplete(Layer::Scan, None, message, remedy)
    });
    unexamined.chain(unsimulated).chain(unadvised).collect()
}

fn incomplete(layer: Layer, location: Option<Location>, message: String, remedy: &str) -> Reason {
    Reason {
        kind: ReasonKind::Incomplete,
        layer,
        rule: None,
        severity: Severity::Medium,
        location,
        effect: None,
        message,
        remedy: remedy.to_owned(),
        count: 1,
    }
}

/// One reason for many places of the same rule and effect; the first place stands for them.
fn together(reasons: Vec<Reason>) -> Vec<Reason> {
    let mut merged: Vec<Reason> = Vec::new();
    let mut places: BTreeMap<(ReasonKind, String, String, String), usize> = BTreeMap::new();
    for reason in reasons {
        let effect = reason
            .effect
            .as_ref()
            .map(Effect::to_string)
            .unwrap_or_default();
        let rule = reason.rule.clone().unwrap_or_default();
        let key = (reason.kind, rule, effect, reason.message.clone());
        match places.get(&key).and_then(|at| merged.get_mut(*at)) {
            Some(first) if reason.kind != ReasonKind::Incomplete => first.count += 1,
            _ => {
                places.insert(key, merged.len());
                merged.push(reason);
            }
        }
    }
    merged
}
