//! The run time's immune system for one tenant: checks in memory, records behind the caller's back.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use serde_json::{Value, json};
use skillgate_immune::{Counter, Failure, Settings, sign};
use skillgate_model::TenantId;
use skillgate_pipeline::{Ended, Loaded, Recorded, Refused, Remedy, Telemetry};
use skillgate_store::{Act, Store};

/// An immune system; open in the process that made it until it is closed.
#[pyclass(frozen, module = "skillgate._native")]
pub(crate) struct Immunity {
    /// Not dropped in a fork: the thread that writes lives in the parent alone.
    inner: ManuallyDrop<RwLock<Option<skillgate_pipeline::Immunity>>>,
    telemetry: Mutex<Option<Telemetry>>,
    tenant: TenantId,
    process: u32,
}

#[pymethods]
impl Immunity {
    /// `variables` are those of the environment that the settings and the telemetry are read from.
    #[new]
    fn new(
        py: Python<'_>,
        store: Option<String>,
        tenant: &str,
        variables: BTreeMap<String, String>,
    ) -> PyResult<Self> {
        let tenant: TenantId = tenant.parse().map_err(|error| invalid(&error))?;
        let settings = Settings::from_env(variables.clone()).map_err(|error| invalid(&error))?;
        let now_ms = now_ms();
        let opened = py.detach(|| {
            let place = match store {
                Some(place) => place,
                None => Loaded::find(Path::new("."), &[])
                    .map_err(|error| invalid(&error))?
                    .store_place(),
            };
            let store = Store::at(&place).map_err(|error| failed(&error))?;
            let tenant = tenant.clone();
            skillgate_pipeline::Immunity::open(Arc::new(store), tenant, settings, now_ms)
                .map_err(|error| failed(&error))
        })?;
        let variable = |name: &str| variables.get(name).cloned();
        let telemetry = Telemetry::from_env(variable, opened.instance().to_owned(), now_ms)
            .map_err(|error| invalid(&error))?;
        Ok(Self {
            inner: ManuallyDrop::new(RwLock::new(Some(opened))),
            telemetry: Mutex::new(telemetry),
            tenant,
            process: std::process::id(),
        })
    }

    /// Whether calls of the tool need `check`; where not, they may be made.
    fn concerns(&self, py: Python<'_>, tool: &str) -> PyResult<bool> {
        self.with(py, |immunity| immunity.concerns(tool))
    }

    /// Why the call must not be made, as JSON; it is counted and audited.
    fn check(&self, py: Python<'_>, tool: &str, arguments: &str) -> PyResult<Option<String>> {
        let arguments = parsed(arguments)?;
        let outcome = self.with(py, |immunity| immunity.check(tool, &arguments, now_ms()))?;
        Ok(outcome
            .err()
            .map(|refused| refusal(tool, &refused).to_string()))
    }

    /// Whether calls are blocked for sure; takes no trial call.
    fn is_quarantined(&self, py: Python<'_>, tool: &str, arguments: &str) -> PyResult<bool> {
        let arguments = parsed(arguments)?;
        self.with(py, |immunity| {
            immunity.is_quarantined(tool, &arguments, now_ms())
        })
    }

    /// Learns how a call ended: `well`, `ignored`, or failed with class, code and message.
    #[pyo3(signature = (tool, arguments, ended, class = "", code = "", message = ""))]
    #[expect(clippy::too_many_arguments, reason = "Python names them")]
    fn record(
        &self,
        py: Python<'_>,
        tool: &str,
        arguments: &str,
        ended: &str,
        class: &str,
        code: &str,
        message: &str,
    ) -> PyResult<String> {
        let arguments = parsed(arguments)?;
        let ended = match ended {
            "well" => Ended::Well,
            "ignored" => Ended::Ignored,
            "failed" => Ended::Failed {
                class,
                code,
                message,
            },
            _ => return Err(PyValueError::new_err("a call ends well, ignored or failed")),
        };
        let recorded = self.with(py, |immunity| {
            immunity.record(tool, &arguments, ended, now_ms())
        })?;
        Ok(summary(&recorded).to_string())
    }

    /// What was noted against a failure, or the one of the tool most like it, as JSON.
    fn remedy_for(
        &self,
        py: Python<'_>,
        tool: &str,
        arguments: &str,
        class: &str,
        code: &str,
        message: &str,
    ) -> PyResult<Option<String>> {
        let arguments = parsed(arguments)?;
        let found = self.with(py, |immunity| {
            immunity.remedy_for(&sign(&Failure {
                tool,
                class,
                code,
                message,
                arguments: &arguments,
            }))
        })?;
        Ok(found.map(|remedy| described(&remedy).to_string()))
    }

    /// Every quarantine of a tool in force, as JSON.
    fn quarantines(&self, py: Python<'_>) -> PyResult<String> {
        let entries = self.with(py, skillgate_pipeline::Immunity::quarantines)?;
        serde_json::to_string(&entries).map_err(|error| invalid(&error))
    }

    /// Every counter in Prometheus' text format.
    fn prometheus(&self, py: Python<'_>) -> PyResult<String> {
        self.with(py, |immunity| immunity.metrics().prometheus())
    }

    /// Every counter by the name of its OpenTelemetry instrument.
    fn metrics(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, u64>> {
        let metrics = self.with(py, skillgate_pipeline::Immunity::metrics)?;
        let count = |counter: Counter| (counter.as_str(), metrics.get(counter, &self.tenant));
        Ok(Counter::ALL.into_iter().map(count).collect())
    }

    /// Waits until all is in the store; the store's complaint where it takes longer.
    fn flush(&self, py: Python<'_>, seconds: f64) -> PyResult<Option<String>> {
        let patience = Duration::try_from_secs_f64(seconds).map_err(|error| invalid(&error))?;
        self.with(py, |immunity| immunity.flush(patience).err())
    }

    /// Cleans, writes snapshots and sends counters where that is due; one sentence for each alert.
    fn housekeep(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, |immunity| {
            let now_ms = now_ms();
            let mut news = Vec::new();
            match immunity.housekeep(now_ms) {
                Ok(alerts) => news.extend(alerts.iter().map(|alert| {
                    let (name, seconds) = (alert.counter.as_str(), alert.within_ms / 1000);
                    format!("{name} grew by {} within {seconds} s", alert.growth)
                })),
                Err(error) => news.push(skillgate_model::chain(&error)),
            }
            let mut telemetry = self
                .telemetry
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(telemetry) = telemetry.as_mut().filter(|one| one.is_due(now_ms))
                && let Err(error) = telemetry.send(&immunity.metrics(), now_ms)
            {
                news.push(skillgate_model::chain(&error));
            }
            news
        })
    }

    /// Writes what is left and sends the counters a last time; a second time does nothing.
    fn close(&self, py: Python<'_>) {
        if self.process != std::process::id() {
            return;
        }
        py.detach(|| {
            let taken = self
                .inner
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let Some(immunity) = taken else { return };
            let metrics = immunity.metrics();
            drop(immunity);
            let mut telemetry = self
                .telemetry
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(telemetry) = telemetry.as_mut() {
                // Nobody is left to be told.
                let _ = telemetry.send(&metrics, now_ms());
            }
        });
    }
}

impl Immunity {
    /// Other Python threads run meanwhile.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&skillgate_pipeline::Immunity) -> T + Send,
    ) -> PyResult<T> {
        if self.process != std::process::id() {
            let text = "it belongs to the process that opened it; open another after a fork";
            return Err(PyRuntimeError::new_err(text));
        }
        let done = py.detach(|| {
            let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
            inner.as_ref().map(work)
        });
        done.ok_or_else(|| PyValueError::new_err("it is closed"))
    }
}

impl Drop for Immunity {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
            drop(inner.take());
        }
    }
}

fn now_ms() -> i64 {
    Act::now("", "").at_ms
}

fn parsed(arguments: &str) -> PyResult<Value> {
    serde_json::from_str(arguments).map_err(|error| invalid(&error))
}

fn refusal(tool: &str, refused: &Refused) -> Value {
    match refused {
        Refused::Quarantined { entry, remedy } => json!({
            "tool": tool, "reason": entry.reason, "since_ms": entry.since_ms,
            "until_ms": entry.until_ms, "known": true,
            "remedy": remedy.as_ref().map(|remedy| described(remedy)),
        }),
        Refused::Unknown { seconds, .. } => json!({
            "tool": tool, "reason": refused.to_string(),
            "since_ms": now_ms().saturating_sub(i64::try_from(*seconds).unwrap_or(i64::MAX).saturating_mul(1000)),
            "until_ms": null, "known": false, "remedy": null,
        }),
    }
}

fn summary(recorded: &Recorded) -> Value {
    let states: Vec<Value> = recorded
        .changes
        .iter()
        .map(|change| json!({ "tool": change.entry().subject, "state": change.entry().state, "reason": change.entry().reason }))
        .collect();
    json!({
        "signature": recorded.signature.as_ref().map(|signature| &signature.hash),
        "changes": states,
    })
}

fn described(remedy: &Remedy) -> Value {
    json!({
        "signature": remedy.signature, "resolved_by": remedy.resolved_by,
        "likeness": remedy.likeness, "text": remedy.text,
    })
}

fn invalid(error: &dyn std::error::Error) -> PyErr {
    PyValueError::new_err(skillgate_model::chain(error))
}

fn failed(error: &dyn std::error::Error) -> PyErr {
    PyOSError::new_err(skillgate_model::chain(error))
}
