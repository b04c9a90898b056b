//! Sends counters to an OpenTelemetry collector over OTLP/HTTP with JSON, as its own variables say.

use std::time::Duration;

use skillgate_immune::{Metrics, Source};

/// The specification's own defaults.
const INTERVAL_MS: i64 = 60_000;
const TIMEOUT_MS: u64 = 10_000;

/// Why counters could not be sent; they are sent again, being sums, the next time.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A variable that cannot be understood.
    #[error("`{name}` is `{}`, expected {expected}", value.escape_debug())]
    Setting {
        /// The variable.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What would do.
        expected: &'static str,
    },
    /// The collector could not be reached, or did not take them.
    #[error("metrics were not taken by `{url}`")]
    Send {
        /// Where they were sent to.
        url: String,
        /// Why.
        source: Box<ureq::Error>,
    },
}

/// A collector, and who sends to it.
pub struct Telemetry {
    agent: ureq::Agent,
    url: String,
    headers: Vec<(String, String)>,
    source: Source,
    interval_ms: i64,
    sent_ms: Option<i64>,
}

impl Telemetry {
    /// As `OTEL_EXPORTER_OTLP_ENDPOINT` and its like say; `None` where no collector is named.
    ///
    /// # Errors
    /// When one of them cannot be understood.
    pub fn from_env(
        variable: impl Fn(&str) -> Option<String>,
        instance: String,
        now_ms: i64,
    ) -> Result<Option<Self>, TelemetryError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_off = set("OTEL_SDK_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || set("OTEL_METRICS_EXPORTER").is_some_and(|value| value == "none");
        let own = set("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        let common = || {
            let base = set("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            Some(format!("{}/v1/metrics", base.trim_end_matches('/')))
        };
        let Some(url) = own.or_else(common).filter(|_| !is_off) else {
            return Ok(None);
        };
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(TelemetryError::Setting {
                name: "OTEL_EXPORTER_OTLP_ENDPOINT",
                value: url,
                expected: "an `http://` or `https://` address",
            });
        }
        let number = |name: &'static str, default: u64| match set(name) {
            None => Ok(default),
            Some(value) => value.parse().map_err(|_| TelemetryError::Setting {
                name,
                value,
                expected: "a number of milliseconds",
            }),
        };
        let timeout = number("OTEL_EXPORTER_OTLP_TIMEOUT", TIMEOUT_MS)?;
        let interval = number("OTEL_METRIC_EXPORT_INTERVAL", INTERVAL_MS as u64)?;
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_millis(timeout)))
            .max_redirects(0)
            .build();
        Ok(Some(Self {
            agent: config.into(),
            url,
            headers: headers(&set("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default())?,
            source: Source {
                service: set("OTEL_SERVICE_NAME").unwrap_or_else(|| "skillgate".to_owned()),
                instance,
                since_ms: now_ms,
            },
            interval_ms: i64::try_from(interval).unwrap_or(i64::MAX),
            sent_ms: None,
        }))
    }

    /// Whether an interval has passed since counters were sent.
    pub fn is_due(&self, now_ms: i64) -> bool {
        self.sent_ms
            .is_none_or(|sent| now_ms.saturating_sub(sent) >= self.interval_ms)
    }

    /// Sends every counter; what fails is tried again only when it is due again.
    ///
    /// # Errors
    /// When the collector does not take them.
    pub fn send(&mut self, metrics: &Metrics, now_ms: i64) -> Result<(), TelemetryError> {
        self.sent_ms = Some(now_ms);
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = metrics.otlp(&self.source, now_ms).to_string();
        match request.send(body) {
            Ok(_) => Ok(()),
            Err(error) => Err(TelemetryError::Send {
                url: self.url.clone(),
                source: Box::new(error),
            }),
        }
    }
}

/// `name=value` pairs with commas between them.
fn headers(text: &str) -> Result<Vec<(String, String)>, TelemetryError> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').ok_or(TelemetryError::Setting {
                name: "OTEL_EXPORTER_OTLP_HEADERS",
                // The rest may hold a token.
                value: pair.chars().take(8).collect(),
                expected: "`name=value` pairs with commas between them",
            })?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}
