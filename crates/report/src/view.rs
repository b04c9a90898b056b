//! A report as its audience may see it, with reasons and findings joined.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use skillgate_model::{Decision, Effect, Finding, Location, Reason, ReasonKind, Report};

use crate::{Audience, author};

/// What a document is given instead of the report, so that no format can forget to redact.
pub struct View<'a> {
    report: Cow<'a, Report>,
    audience: Audience,
}

impl<'a> View<'a> {
    pub(crate) fn new(report: &'a Report, audience: Audience) -> Self {
        let report = match audience {
            Audience::Operator => Cow::Borrowed(report),
            Audience::Author => Cow::Owned(author::redact(report)),
        };
        Self { report, audience }
    }

    /// The report, redacted where the audience is the author.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Whether layers, rules and findings may be shown.
    pub fn shows_layers(&self) -> bool {
        self.audience == Audience::Operator
    }

    pub(crate) fn promoted(&self) -> bool {
        self.report.verdict.decision == Decision::Promote
    }

    pub(crate) fn links(&self) -> Links<'_> {
        Links::new(&self.report)
    }
}

/// Which finding a reason is about, and which findings are nobody's reason.
pub(crate) struct Links<'a> {
    findings: &'a [Finding],
    by_place: BTreeMap<(&'a str, &'a Location), &'a Finding>,
    places: BTreeSet<(&'a str, &'a Location)>,
    repeated: BTreeSet<(&'a str, Option<&'a Effect>)>,
    effects: BTreeSet<&'a Effect>,
}

impl<'a> Links<'a> {
    fn new(report: &'a Report) -> Self {
        let mut by_place = BTreeMap::new();
        for finding in &report.findings {
            by_place
                .entry((finding.rule.id.as_str(), &finding.location))
                .or_insert(finding);
        }
        let reasons = &report.verdict.reasons;
        Self {
            findings: &report.findings,
            by_place,
            places: reasons.iter().filter_map(place).collect(),
            repeated: reasons.iter().filter_map(repeated).collect(),
            effects: reasons.iter().filter_map(needed).collect(),
        }
    }

    /// The finding that the reason names.
    pub(crate) fn finding(&self, reason: &Reason) -> Option<&'a Finding> {
        let (rule, location) = place(reason)?;
        self.by_place.get(&(rule, location)).copied()
    }

    /// The other places that the reason stands for.
    pub(crate) fn others(&self, reason: &'a Reason) -> impl Iterator<Item = &'a Location> {
        let (repeated, needed) = (repeated(reason), needed(reason));
        self.findings
            .iter()
            .filter(move |finding| {
                repeated == Some(rule_and_effect(finding))
                    || (needed.is_some() && needed == finding.effect.as_ref())
            })
            .map(|finding| &finding.location)
            .filter(|location| reason.location.as_ref() != Some(location))
    }

    /// Whether this finding is the one that a reason names.
    pub(crate) fn is_first_place(&self, finding: &Finding) -> bool {
        self.places
            .contains(&(finding.rule.id.as_str(), &finding.location))
    }

    /// Whether a reason stands on this finding, as its first place or as a further one.
    pub(crate) fn gates(&self, finding: &Finding) -> bool {
        let effect = finding.effect.as_ref();
        self.is_first_place(finding)
            || self.repeated.contains(&rule_and_effect(finding))
            || effect.is_some_and(|effect| self.effects.contains(effect))
    }

    /// Findings that no reason stands on, worst first.
    pub(crate) fn notes(&self) -> Vec<&'a Finding> {
        let mut notes: Vec<_> = self
            .findings
            .iter()
            .filter(|finding| !self.gates(finding))
            .collect();
        notes.sort_by_key(|finding| std::cmp::Reverse(finding.rule.severity));
        notes
    }
}

fn place(reason: &Reason) -> Option<(&str, &Location)> {
    Some((reason.rule.as_deref()?, reason.location.as_ref()?))
}

/// A reason with a count stands for every place where its rule saw its effect.
fn repeated(reason: &Reason) -> Option<(&str, Option<&Effect>)> {
    let rule = reason.rule.as_deref().filter(|_| reason.count > 1)?;
    Some((rule, reason.effect.as_ref()))
}

/// A reason about an effect stands for every place that has the effect.
fn needed(reason: &Reason) -> Option<&Effect> {
    match reason.kind {
        ReasonKind::Undeclared | ReasonKind::NotGranted => reason.effect.as_ref(),
        ReasonKind::Threat | ReasonKind::Behaviour | ReasonKind::Incomplete => None,
    }
}

fn rule_and_effect(finding: &Finding) -> (&str, Option<&Effect>) {
    (&finding.rule.id, finding.effect.as_ref())
}
