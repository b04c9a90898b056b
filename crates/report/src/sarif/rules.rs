//! The rules and taxonomies that the results of one run refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use skillgate_model::{Confidence, Finding, Reason, ReasonKind, RuleInfo, Severity, Taxonomy};

use super::results::message;
use crate::words;

/// Tags of one rule that GitHub takes.
const TAGS: usize = 20;

/// The lists that rules refer to, in the order of the run's `taxonomies`.
const LISTS: [(&str, &str, &str); 5] = [
    ("CWE", "MITRE", "Common Weakness Enumeration"),
    (
        "OWASP-LLM",
        "OWASP",
        "OWASP Top 10 for LLM Applications 2025",
    ),
    (
        "OWASP-ASI",
        "OWASP",
        "OWASP Top 10 for Agentic Applications 2026",
    ),
    ("OWASP-AST", "OWASP", "OWASP Agentic Skills Top 10"),
    ("ATLAS", "MITRE", "MITRE ATLAS 5.6"),
];

/// Every rule met so far.
#[derive(Default)]
pub(super) struct Rules {
    known: BTreeMap<String, Descriptor>,
}

struct Descriptor {
    rule: Option<Arc<RuleInfo>>,
    kind: ReasonKind,
}

impl Rules {
    /// Notes the rule of a finding and returns its id.
    pub(super) fn of_finding(&mut self, finding: &Finding) -> String {
        let rule = Some(&finding.rule);
        self.note(finding.rule.id.clone(), rule, ReasonKind::Threat)
    }

    /// Notes the rule of a reason; without one, the kind of reason is the rule.
    pub(super) fn of_reason(&mut self, reason: &Reason, finding: Option<&Finding>) -> String {
        let kind = || format!("skillgate/{}", words::reason_kind(reason.kind));
        let id = reason.rule.clone().unwrap_or_else(kind);
        self.note(id, finding.map(|finding| &finding.rule), reason.kind)
    }

    fn note(&mut self, id: String, rule: Option<&Arc<RuleInfo>>, kind: ReasonKind) -> String {
        let descriptor = self
            .known
            .entry(id.clone())
            .or_insert(Descriptor { rule: None, kind });
        if let Some(rule) = rule {
            descriptor.rule.get_or_insert_with(|| Arc::clone(rule));
        }
        id
    }

    /// The run's `tool`.
    pub(super) fn tool(&self) -> Value {
        let rules: Vec<_> = self
            .known
            .iter()
            .map(|(id, descriptor)| match &descriptor.rule {
                Some(rule) => described(rule),
                None => undescribed(id, descriptor.kind),
            })
            .collect();
        json!({ "driver": {
            "name": "skillgate",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules,
            "supportedTaxonomies": self.lists().map(list).collect::<Vec<_>>(),
        }})
    }

    /// The lists of this run: all of them, or none where no rule is described, as for the author.
    fn lists(&self) -> std::ops::Range<usize> {
        let described = self.known.values().any(|known| known.rule.is_some());
        0..if described { LISTS.len() } else { 0 }
    }

    /// The run's `taxonomies`, with the entries that its rules name.
    pub(super) fn taxonomies(&self) -> Value {
        let mut taxa = LISTS.map(|_| BTreeSet::new());
        for rule in self.known.values().filter_map(|known| known.rule.as_ref()) {
            for (taxa, ids) in taxa.iter_mut().zip(lists(&rule.taxonomy)) {
                taxa.extend(ids);
            }
        }
        let components = LISTS.iter().zip(taxa).take(self.lists().len());
        let components = components.map(|((name, owner, full), taxa)| {
            let taxa: Vec<_> = taxa.into_iter().map(|id| json!({ "id": id })).collect();
            json!({
                "name": name,
                "organization": owner,
                "fullDescription": { "text": full },
                "taxa": taxa,
            })
        });
        components.collect()
    }
}

fn lists(taxonomy: &Taxonomy) -> [&Vec<String>; LISTS.len()] {
    let Taxonomy {
        cwe,
        owasp_llm,
        owasp_asi,
        owasp_ast,
        atlas,
    } = taxonomy;
    [cwe, owasp_llm, owasp_asi, owasp_ast, atlas]
}

fn list(index: usize) -> Value {
    let name = LISTS.get(index).map(|(name, ..)| name);
    json!({ "name": name, "index": index })
}

fn described(rule: &RuleInfo) -> Value {
    let relationships: Vec<_> = lists(&rule.taxonomy)
        .into_iter()
        .enumerate()
        .flat_map(|(index, ids)| ids.iter().map(move |id| (index, id)))
        .map(|(index, id)| {
            let target = json!({ "id": id, "toolComponent": list(index) });
            json!({ "target": target, "kinds": ["relevant"] })
        })
        .collect();
    let mut properties = json!({
        "tags": tags(&rule.taxonomy),
        "precision": match rule.confidence {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        },
    });
    if let (Some(score), Some(map)) = (score(rule.severity), properties.as_object_mut()) {
        map.insert("security-severity".to_owned(), score.into());
    }
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": message(&rule.title),
        "fullDescription": message(&rule.message),
        "help": message(&format!("{}. What to do: {}.", rule.message, rule.remedy)),
        "defaultConfiguration": { "level": level(rule.severity) },
        "relationships": relationships,
        "properties": properties,
    })
}

/// A rule of which only the name is known, as for what the sandbox saw.
fn undescribed(id: &str, kind: ReasonKind) -> Value {
    let text = match kind {
        ReasonKind::Threat => "does something that is not allowed here",
        ReasonKind::Undeclared => "needs an effect that it does not declare",
        ReasonKind::NotGranted => "needs an effect that the policy does not grant",
        ReasonKind::Behaviour => "did something in the sandbox that is not allowed",
        ReasonKind::Incomplete => "could not be examined completely",
    };
    json!({
        "id": id,
        "name": id,
        "shortDescription": message(text),
        "fullDescription": message(text),
        "help": message(&format!("The skill {text}; each result says what to do.")),
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["security"], "security-severity": "7.0" },
    })
}

fn tags(taxonomy: &Taxonomy) -> Vec<String> {
    let cwe = taxonomy.cwe.iter().map(|id| {
        // GitHub knows a weakness by three digits at least, `cwe-078`.
        let number = id.trim_start_matches(|character: char| !character.is_ascii_digit());
        format!("external/cwe/cwe-{number:0>3}")
    });
    let owasp = taxonomy.owasp_asi.iter().chain(&taxonomy.owasp_llm);
    let owasp = owasp.map(|id| format!("external/owasp/{}", id.to_lowercase()));
    ["security".to_owned()]
        .into_iter()
        .chain(cwe)
        .chain(owasp)
        .take(TAGS)
        .collect()
}

/// GitHub's bands: up to 3.9 low, 6.9 medium, 8.9 high, then critical; mere information has no score.
fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Info => None,
        Severity::Low => Some("3.0"),
        Severity::Medium => Some("5.5"),
        Severity::High => Some("8.0"),
        Severity::Critical => Some("9.5"),
    }
}

/// The level of a result that has no weight in a verdict.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "note",
        Severity::Medium | Severity::High | Severity::Critical => "warning",
    }
}
