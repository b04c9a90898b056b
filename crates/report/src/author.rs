//! The author's view: verdict and remedy, not the detector's details.

use serde::Serialize;
use skillgate_model::{
    Coverage, Decision, Effect, EffectTable, Examination, Layer, LayerReport, LayerStatus,
    Location, Reason, ReasonKind, Report, Severity, SkillSummary,
};

/// What the author of a skill is told of it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorReport<'a> {
    /// Names the report in the store, `r-` and 16 hex digits.
    id: &'a str,
    /// When the examination began, RFC 3339 in UTC.
    started_at: &'a str,
    /// The skill.
    skill: &'a SkillSummary,
    /// Promote or quarantine.
    decision: Decision,
    /// Whether everything could be examined.
    complete: bool,
    /// What a reader must know beside the decision.
    qualifiers: &'a [String],
    /// Why, and what to do.
    reasons: Vec<AuthorReason<'a>>,
}

/// One reason in general words.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuthorReason<'a> {
    /// The file, where one is known.
    file: Option<&'a str>,
    /// The effect to declare or to do without, where that is the reason.
    effect: Option<&'a Effect>,
    /// One sentence: what is wrong.
    message: &'a str,
    /// One sentence: the next step.
    remedy: &'a str,
}

impl<'a> AuthorReport<'a> {
    /// Takes a report that [`redact`] returned.
    pub(crate) fn new(redacted: &'a Report) -> Self {
        let verdict = &redacted.verdict;
        Self {
            id: &redacted.id,
            started_at: &redacted.started_at,
            skill: &redacted.skill,
            decision: verdict.decision,
            complete: verdict.complete,
            qualifiers: &verdict.qualifiers,
            reasons: verdict.reasons.iter().map(AuthorReason::new).collect(),
        }
    }
}

impl<'a> AuthorReason<'a> {
    fn new(reason: &'a Reason) -> Self {
        Self {
            file: reason.location.as_ref().map(|place| place.path.as_str()),
            effect: reason.effect.as_ref(),
            message: &reason.message,
            remedy: &reason.remedy,
        }
    }
}

/// Takes out everything that would teach the author how the gate detects.
///
/// Reasons that no longer differ become one. Fields that the model requires get the same neutral value in every
/// report, so they say nothing.
pub(crate) fn redact(report: &Report) -> Report {
    let mut redacted = Report {
        scan: untold(),
        simulation: untold(),
        permissions: untold(),
        effects: EffectTable::default(),
        findings: Vec::new(),
        coverage: report.coverage.iter().filter_map(unexamined).collect(),
        trace: None,
        duration_ms: 0,
        ..report.clone()
    };
    redacted.verdict.reasons.clear();
    for reason in report.verdict.reasons.iter().map(general) {
        if !redacted.verdict.reasons.contains(&reason) {
            redacted.verdict.reasons.push(reason);
        }
    }
    redacted
}

fn untold() -> LayerReport {
    LayerReport {
        status: LayerStatus::NotRun,
        summary: String::new(),
        duration_us: 0,
    }
}

fn unexamined(entry: &Coverage) -> Option<Coverage> {
    match entry.examination {
        Examination::Examined { .. } => None,
        Examination::Unexamined { .. } => Some(Coverage {
            examination: Examination::Unexamined {
                reason: "not examined".to_owned(),
            },
            ..entry.clone()
        }),
    }
}

fn general(reason: &Reason) -> Reason {
    Reason {
        // What the sandbox caught and what the scan caught read alike, or the author learns which to evade.
        kind: match reason.kind {
            ReasonKind::Threat | ReasonKind::Behaviour => ReasonKind::Threat,
            kind @ (ReasonKind::Undeclared | ReasonKind::NotGranted | ReasonKind::Incomplete) => {
                kind
            }
        },
        layer: Layer::Permit,
        rule: None,
        severity: Severity::High,
        location: reason.location.as_ref().map(outer_file),
        effect: match reason.kind {
            ReasonKind::Undeclared | ReasonKind::NotGranted => reason.effect.clone(),
            ReasonKind::Threat | ReasonKind::Behaviour | ReasonKind::Incomplete => None,
        },
        message: match reason.kind {
            ReasonKind::Threat | ReasonKind::Behaviour => "does something that is not allowed here",
            ReasonKind::Undeclared => "needs an effect that it does not declare",
            ReasonKind::NotGranted => "needs an effect that it was not granted",
            ReasonKind::Incomplete => "could not be examined completely",
        }
        .to_owned(),
        remedy: reason.remedy.clone(),
        count: 1,
    }
}

fn outer_file(location: &Location) -> Location {
    let path = location.path.as_str();
    Location::file(path.split_once("!/").map_or(path, |(file, _)| file))
}
