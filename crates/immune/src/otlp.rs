//! The counters as OpenTelemetry's OTLP, in its JSON form.

use serde_json::{Value, json};

use crate::{Counter, Metrics};

/// Who counts, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `service.name`.
    pub service: String,
    /// `service.instance.id`: another for each process, so that sums over all of them are right.
    pub instance: String,
    /// When counting began, milliseconds since 1970.
    pub since_ms: i64,
}

/// Cumulative sums in OTLP's numbering.
const CUMULATIVE: u32 = 2;

impl Metrics {
    /// An `ExportMetricsServiceRequest` with every counter that has moved.
    pub fn otlp(&self, source: &Source, now_ms: i64) -> Value {
        let moved = |counter: &Counter| self.counts().any(|((kind, _), _)| kind == *counter);
        let metrics: Vec<Value> = Counter::ALL
            .into_iter()
            .filter(moved)
            .map(|counter| self.metric(counter, source, now_ms))
            .collect();
        json!({ "resourceMetrics": [{
            "resource": { "attributes": [
                attribute("service.name", &source.service),
                attribute("service.instance.id", &source.instance),
                attribute("service.version", env!("CARGO_PKG_VERSION")),
            ]},
            "scopeMetrics": [{
                "scope": { "name": "skillgate.immune", "version": env!("CARGO_PKG_VERSION") },
                "metrics": metrics,
            }],
        }]})
    }

    fn metric(&self, counter: Counter, source: &Source, now_ms: i64) -> Value {
        let points: Vec<Value> = self
            .counts()
            .filter(|((kind, _), _)| *kind == counter)
            .map(|((_, tenant), count)| {
                json!({
                    "attributes": [attribute("skillgate.tenant", tenant.as_str())],
                    "startTimeUnixNano": nanoseconds(source.since_ms),
                    "timeUnixNano": nanoseconds(now_ms),
                    "asInt": count.to_string(),
                })
            })
            .collect();
        json!({
            "name": counter.as_str(),
            "description": counter.help(),
            "unit": counter.unit(),
            "sum": {
                "aggregationTemporality": CUMULATIVE,
                "isMonotonic": true,
                "dataPoints": points,
            },
        })
    }
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// 64-bit numbers are text in the JSON form of protocol buffers.
fn nanoseconds(at_ms: i64) -> String {
    i128::from(at_ms).saturating_mul(1_000_000).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use skillgate_model::TenantId;

    #[test]
    fn a_counter_is_a_cumulative_sum_for_each_tenant() {
        let mut metrics = Metrics::default();
        metrics.add(Counter::QuarantineEntered, &TenantId::default(), 3);
        let source = Source {
            service: "gate".into(),
            instance: "i-1".into(),
            since_ms: 1,
        };
        let request = metrics.otlp(&source, 2);
        let scope = &request["resourceMetrics"][0]["scopeMetrics"][0];
        expect![[r#"
            [
              {
                "description": "Tools or shapes of calls that were blocked",
                "name": "skillgate.immune.quarantine.entered",
                "sum": {
                  "aggregationTemporality": 2,
                  "dataPoints": [
                    {
                      "asInt": "3",
                      "attributes": [
                        {
                          "key": "skillgate.tenant",
                          "value": {
                            "stringValue": "default"
                          }
                        }
                      ],
                      "startTimeUnixNano": "1000000",
                      "timeUnixNano": "2000000"
                    }
                  ],
                  "isMonotonic": true
                },
                "unit": "{quarantine}"
              }
            ]"#]]
        .assert_eq(&serde_json::to_string_pretty(&scope["metrics"]).unwrap());
    }
}
