//! Results: one for each reason and each finding.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use skillgate_model::{Effect, Finding, Location, Reason};

use super::rules::level;
use crate::escape::visible_in_angles;
use crate::{View, place, words};

/// Tells equal fingerprints in one file apart, as GitHub wants them.
#[derive(Default)]
pub(super) struct Results {
    seen: BTreeMap<(String, String), u32>,
}

impl Results {
    pub(super) fn of_reason(
        &mut self,
        view: &View<'_>,
        reason: &Reason,
        finding: Option<&Finding>,
        rule: &str,
    ) -> Value {
        let skill = &view.report().skill;
        let inside = reason.location.as_ref().map(|place| place.path.as_str());
        let inside = inside.unwrap_or(place::MANIFEST);
        let file = place::path(skill, inside);
        let own = || {
            let effect = reason.effect.as_ref().map(Effect::to_string);
            format!("{rule}:{inside}:{}", effect.unwrap_or_default())
        };
        let fingerprint = finding.map_or_else(own, |finding| finding.fingerprint.clone());
        let effect = reason.effect.as_ref();
        let effect_text = effect.map_or_else(String::new, |effect| format!(" ({effect})"));
        let mut properties = json!({
            "skill": skill.name,
            "gates": true,
            "kind": words::reason_kind(reason.kind),
        });
        if let (true, Some(map)) = (view.shows_layers(), properties.as_object_mut()) {
            map.insert("layer".to_owned(), reason.layer.as_str().into());
        }
        json!({
            "ruleId": rule,
            "level": if view.promoted() { "warning" } else { "error" },
            "message": message(&format!("{}{effect_text}; next: {}", reason.message, reason.remedy)),
            "locations": [location(view, reason.location.as_ref())],
            "partialFingerprints": self.fingerprints(file, fingerprint),
            "properties": properties,
        })
    }

    pub(super) fn of_finding(
        &mut self,
        view: &View<'_>,
        finding: &Finding,
        gates: bool,
        rule: &str,
    ) -> Value {
        let file = place::path(&view.report().skill, &finding.location.path);
        let enforced = gates && !view.promoted();
        let detail = finding.detail.as_ref();
        let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
        let remedy = &finding.rule.remedy;
        json!({
            "ruleId": rule,
            "level": if enforced { "error" } else { level(finding.rule.severity) },
            "message": message(&format!("{}{detail}; next: {remedy}", finding.rule.message)),
            "locations": [location(view, Some(&finding.location))],
            "partialFingerprints": self.fingerprints(file, finding.fingerprint.clone()),
            "properties": {
                "skill": view.report().skill.name,
                "gates": gates,
                "layer": finding.layer.as_str(),
                "effect": finding.effect,
                "decoded": finding.decoded,
            },
        })
    }

    fn fingerprints(&mut self, file: String, fingerprint: String) -> Value {
        let times = self.seen.entry((file, fingerprint.clone())).or_default();
        *times += 1;
        json!({
            "primaryLocationLineHash": format!("{fingerprint}:{times}"),
            "skillgate/v1": fingerprint,
        })
    }
}

/// A plain-text message: braces are doubled, and brackets cannot make a link.
pub(super) fn message(text: &str) -> Value {
    let mut text = visible_in_angles(text)
        .replace('{', "{{")
        .replace('}', "}}");
    if text.contains("](") {
        text = text
            .replace('\\', r"\\")
            .replace('[', r"\[")
            .replace(']', r"\]");
    }
    json!({ "text": text })
}

fn location(view: &View<'_>, location: Option<&Location>) -> Value {
    let skill = &view.report().skill;
    let Some(location) = location else {
        return physical(&place::path(skill, place::MANIFEST), None, None);
    };
    let (file, exact) = place::on_disk(skill, location);
    let inside = location.path.contains("!/").then_some(&location.path);
    physical(&file, exact.then_some(location), inside)
}

/// GitHub wants a region everywhere, so a whole file is its first line.
fn physical(file: &str, exact: Option<&Location>, inside: Option<&String>) -> Value {
    let mut artifact = json!({ "uri": uri(file) });
    if let (false, Some(map)) = (file.starts_with('/'), artifact.as_object_mut()) {
        map.insert("uriBaseId".to_owned(), "%SRCROOT%".into());
    }
    let region = match exact {
        Some(place) => json!({
            "startLine": place.line,
            "startColumn": place.column.max(1),
            "endLine": place.end_line.max(place.line),
            "endColumn": place.end_column.max(1),
        }),
        None => json!({ "startLine": 1 }),
    };
    let mut location =
        json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } });
    if let (Some(inside), Some(map)) = (inside, location.as_object_mut()) {
        let inside = visible_in_angles(inside);
        let logical = json!([{ "fullyQualifiedName": inside, "kind": "resource" }]);
        map.insert("logicalLocations".to_owned(), logical);
    }
    location
}

/// A path as a URI reference: everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let mut uri = scheme.to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_reference() {
        for (path, expected) in [
            ("skills/a b/ä.py", "skills/a%20b/%C3%A4.py"),
            ("javascript:x", "javascript%3Ax"),
            ("a?b#c%d\u{202e}", "a%3Fb%23c%25d%E2%80%AE"),
            ("/srv/x", "file:///srv/x"),
            ("//host/x", "file:////host/x"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn a_message_makes_no_link_and_no_placeholder() {
        for (text, expected) in [
            ("[click](http://x) {0}", r"\[click\](http://x) {{0}}"),
            ("reads argv[0]", "reads argv[0]"),
            ("a\u{202e}\n", "a<U+202E><U+000A>"),
        ] {
            assert_eq!(message(text), json!({ "text": expected }));
        }
    }
}
