//! How a decision is written: as a line of JSON, or as a span event of OpenTelemetry.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::decision::{Decision, Request};

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuditFormat {
    /// One JSON object a line; `policy diff` reads it.
    #[default]
    Jsonl,
    /// OTLP/JSON, one `TracesData` a line: a span for each call, with its decision as an event.
    Otlp,
}

/// One decision, as both formats tell it.
#[derive(Debug, Serialize)]
pub(super) struct Entry<'a> {
    /// Milliseconds since 1970 in UTC, by the caller's clock.
    time_unix_ms: u64,
    subject: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
    allow: bool,
    cause: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_id: Option<u32>,
}

impl<'a> Entry<'a> {
    pub(super) fn new(
        time_unix_ms: u64,
        subject: &'a str,
        request: &Request<'a>,
        decision: &Decision<'a>,
    ) -> Self {
        Self {
            time_unix_ms,
            subject,
            name: request.name,
            resource: request.resource,
            allow: decision.allow,
            cause: decision.reason.as_str(),
            rule: decision.rule.map(|rule| rule.scope.as_str()),
            rule_id: decision.rule.map(|rule| rule.id),
        }
    }

    fn span(&self) -> Value {
        let mut decision = vec![
            attribute("skillgate.subject", text(self.subject)),
            attribute("skillgate.allow", json!({ "boolValue": self.allow })),
            attribute("skillgate.cause", text(self.cause)),
        ];
        decision.extend(
            self.resource
                .map(|it| attribute("skillgate.resource", text(it))),
        );
        decision.extend(
            self.rule
                .map(|rule| attribute("skillgate.rule", text(rule))),
        );
        decision.extend(
            self.rule_id
                .map(|id| attribute("skillgate.rule.id", integer(id.into()))),
        );
        let tool = vec![
            attribute("gen_ai.operation.name", text("execute_tool")),
            attribute("gen_ai.tool.name", text(self.name)),
        ];
        let name = format!("execute_tool {}", self.name);
        span(
            self.time_unix_ms,
            &name,
            tool,
            "skillgate.decision",
            decision,
        )
    }
}

impl AuditFormat {
    pub(super) fn line(self, entry: &Entry<'_>) -> Result<String, serde_json::Error> {
        let text = match self {
            Self::Jsonl => serde_json::to_string(entry)?,
            Self::Otlp => entry.span().to_string(),
        };
        Ok(text + "\n")
    }

    /// Says in the log itself that decisions are missing from it.
    pub(super) fn gap(self, time_unix_ms: u64, dropped: u64) -> String {
        let gap = match self {
            Self::Jsonl => json!({ "dropped": dropped }),
            Self::Otlp => {
                let lost = vec![attribute("skillgate.dropped", integer(dropped))];
                span(
                    time_unix_ms,
                    "skillgate audit",
                    Vec::new(),
                    "skillgate.gap",
                    lost,
                )
            }
        };
        format!("{gap}\n")
    }
}

/// One span of no length with one event, under a resource and a scope, as the file exporter has it.
fn span(
    time_unix_ms: u64,
    name: &str,
    attributes: Vec<Value>,
    event: &str,
    of_event: Vec<Value>,
) -> Value {
    const INTERNAL: u8 = 1;
    let nanoseconds = (u128::from(time_unix_ms) * 1_000_000).to_string();
    let service = attribute("service.name", text("skillgate"));
    let span = json!({
        "traceId": format!("{:016x}{:016x}", random(), random()),
        "spanId": format!("{:016x}", random()),
        "name": name,
        "kind": INTERNAL,
        "startTimeUnixNano": nanoseconds,
        "endTimeUnixNano": nanoseconds,
        "attributes": attributes,
        "events": [{ "timeUnixNano": nanoseconds, "name": event, "attributes": of_event }],
    });
    let scope = json!({ "name": "skillgate", "version": env!("CARGO_PKG_VERSION") });
    json!({ "resourceSpans": [{
        "resource": { "attributes": [service] },
        "scopeSpans": [{ "scope": scope, "spans": [span] }],
    }]})
}

fn attribute(key: &str, value: Value) -> Value {
    json!({ "key": key, "value": value })
}

fn text(text: &str) -> Value {
    json!({ "stringValue": text })
}

/// Integers of 64 bits are strings in this encoding.
fn integer(number: u64) -> Value {
    json!({ "intValue": number.to_string() })
}

/// Never zero, which stands for no id; ids have to differ and need not be secret.
fn random() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    RandomState::new().hash_one(count).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyText};

    #[test]
    fn a_decision_is_an_event_of_its_calls_span() {
        let policy = Policy::compile(&PolicyText {
            allow: &["filesystem:read(./**)".to_owned()],
            ..PolicyText::default()
        });
        let (policy, request) = (policy.unwrap(), Request::on("filesystem.read", "./a\n"));
        let entry = Entry::new(7, "pdf", &request, &policy.decide(&request));
        let line = AuditFormat::Otlp.line(&entry).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        let data: Value = serde_json::from_str(&line).unwrap();
        let service = &data["resourceSpans"][0]["resource"]["attributes"][0];
        assert_eq!(service["value"]["stringValue"], "skillgate");
        let span = &data["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["name"], "execute_tool filesystem.read");
        assert_eq!(span["startTimeUnixNano"], "7000000");
        let hex = |id: &Value, digits: usize| {
            let id = id.as_str().unwrap();
            id.len() == digits && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        assert!(hex(&span["traceId"], 32) && hex(&span["spanId"], 16));
        let event = &span["events"][0];
        assert_eq!(event["name"], "skillgate.decision");
        let value = |key: &str| {
            let attributes = event["attributes"].as_array().unwrap();
            let found = attributes.iter().find(|attribute| attribute["key"] == key);
            found.unwrap()["value"].clone()
        };
        assert_eq!(value("skillgate.allow"), json!({ "boolValue": false }));
        assert_eq!(value("skillgate.rule.id"), json!({ "intValue": "0" }));
        assert_eq!(
            value("skillgate.resource"),
            json!({ "stringValue": "./a\n" })
        );
        let gap: Value = serde_json::from_str(&AuditFormat::Otlp.gap(7, 3)).unwrap();
        let lost = &gap["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"][0];
        assert_eq!(lost["attributes"][0]["value"]["intValue"], "3");
    }

    #[test]
    fn every_span_has_ids_of_its_own() {
        let ids: std::collections::BTreeSet<u64> = (0..1000).map(|_| random()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
