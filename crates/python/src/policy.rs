//! Compiled policies and their decisions.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use skillgate_permissions as permissions;
use skillgate_permissions::{AuditFormat, AuditLog, AuditMode, Cause, PolicyText, Request};

use crate::arguments;

/// Scopes that are allowed and denied, compiled once and shared between threads.
#[pyclass(frozen, subclass, module = "skillgate._native")]
pub(crate) struct Policy {
    compiled: Arc<permissions::Policy>,
    log: Option<Log>,
}

/// Where the decisions of one policy are logged.
struct Log {
    audit: AuditLog,
    mode: AuditMode,
    subject: String,
}

#[pymethods]
impl Policy {
    #[new]
    #[pyo3(signature = (
        allow = Vec::new(), deny = Vec::new(), *, quarantined = Vec::new(),
        log = None, log_format = "jsonl", audit = "best-effort", subject = "python",
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are keywords to whoever calls"
    )]
    fn new(
        py: Python<'_>,
        allow: Vec<String>,
        deny: Vec<String>,
        quarantined: Vec<String>,
        log: Option<PathBuf>,
        log_format: &str,
        audit: &str,
        subject: &str,
    ) -> PyResult<Self> {
        let text = PolicyText {
            allow: &allow,
            deny: &deny,
            quarantined: &quarantined,
        };
        let compiled = py.detach(|| permissions::Policy::compile(&text));
        let compiled =
            compiled.map_err(|error| PyValueError::new_err(skillgate_model::chain(&error)))?;
        let (format, mode) = (format_named(log_format)?, mode_named(audit)?);
        let log = match (log, mode) {
            (Some(file), _) => Some(Log {
                audit: AuditLog::append(&file, mode, format)?,
                mode,
                subject: subject.to_owned(),
            }),
            (None, AuditMode::BestEffort) => None,
            (None, AuditMode::Required) => {
                return Err(PyValueError::new_err("audit=\"required\" needs a `log`"));
            }
        };
        Ok(Self {
            compiled: Arc::new(compiled),
            log,
        })
    }

    /// Decides on a tool's call; every argument that carries a resource has to be allowed.
    #[pyo3(signature = (tool, /, **arguments))]
    fn check(
        &self,
        tool: &Bound<'_, PyString>,
        arguments: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Decision> {
        // A name that is no UTF-8 is judged as the illegal name that it is.
        let name = tool.to_string_lossy();
        let Some(arguments) = arguments else {
            let request = Request::tool(&name);
            let decision = self.decide(tool.py(), 1, || self.compiled.decide(&request));
            return self.logged(tool, request, decision);
        };
        let kept = arguments::keep(arguments)?;
        let count = arguments::count(&kept);
        arguments::with(&kept, |arguments| {
            let judge = || self.compiled.judge_call(&name, arguments);
            let (request, decision) = self.decide(tool.py(), count, judge);
            self.logged(tool, request, decision)
        })
    }

    /// Decisions that the log has lost so far, because it could not keep up.
    #[getter]
    fn lost_decisions(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.audit.dropped())
    }

    /// Allows that could not be read and grant nothing, each with the reason.
    #[getter]
    fn malformed(&self) -> Vec<String> {
        let malformed = self.compiled.malformed().iter();
        malformed.map(ToString::to_string).collect()
    }

    /// Measures the cost of a call itself: takes what `check` takes and decides nothing.
    #[pyo3(signature = (_tool, /, **_arguments))]
    fn _empty_call(
        &self,
        _tool: &Bound<'_, PyString>,
        _arguments: Option<&Bound<'_, PyDict>>,
    ) -> bool {
        false
    }
}

impl Policy {
    /// Lets other threads run where the work may take long: many resources, or many rules.
    fn decide<T: Send>(&self, py: Python<'_>, count: usize, work: impl Fn() -> T + Send) -> T {
        const MANY: usize = 2000;
        let rules = self.compiled.rules().len().max(1);
        if count.saturating_mul(rules) < MANY && count < 100 {
            work()
        } else {
            py.detach(work)
        }
    }

    /// Raises where the log is required and cannot be written, so that nothing is allowed.
    fn logged(
        &self,
        tool: &Bound<'_, PyString>,
        request: Request<'_>,
        decision: permissions::Decision<'_>,
    ) -> PyResult<Decision> {
        if let Some(log) = &self.log {
            let record = || log.audit.record_now(&log.subject, &request, &decision);
            let recorded = match log.mode {
                AuditMode::BestEffort => record(),
                // The disk may take its time.
                AuditMode::Required => tool.py().detach(record),
            };
            recorded.map_err(|error| PyOSError::new_err(skillgate_model::chain(&error)))?;
        }
        Ok(self.decision(tool, request.resource, decision))
    }

    fn decision(
        &self,
        tool: &Bound<'_, PyString>,
        resource: Option<&str>,
        decision: permissions::Decision<'_>,
    ) -> Decision {
        Decision {
            policy: Arc::clone(&self.compiled),
            tool: tool.clone().unbind(),
            resource: resource.map(Into::into),
            allowed: decision.allow,
            rule: decision.rule.map(|rule| rule.id),
            cause: decision.reason,
        }
    }
}

fn format_named(name: &str) -> PyResult<AuditFormat> {
    match name {
        "jsonl" => Ok(AuditFormat::Jsonl),
        "otlp" => Ok(AuditFormat::Otlp),
        _ => Err(PyValueError::new_err("log_format is `jsonl` or `otlp`")),
    }
}

fn mode_named(name: &str) -> PyResult<AuditMode> {
    match name {
        "best-effort" => Ok(AuditMode::BestEffort),
        "required" => Ok(AuditMode::Required),
        _ => Err(PyValueError::new_err(
            "audit is `best-effort` or `required`",
        )),
    }
}

/// Whether a call is allowed, and why; true or false by itself.
#[pyclass(frozen, module = "skillgate._native")]
pub(crate) struct Decision {
    policy: Arc<permissions::Policy>,
    tool: Py<PyString>,
    resource: Option<Box<str>>,
    #[pyo3(get)]
    allowed: bool,
    rule: Option<u32>,
    cause: Cause,
}

#[pymethods]
impl Decision {
    fn __bool__(&self) -> bool {
        self.allowed
    }

    /// One sentence, which names what would allow a refused call.
    #[getter]
    fn why(&self, py: Python<'_>) -> String {
        self.with_request(py, |request| {
            let decision = permissions::Decision {
                allow: self.allowed,
                rule: self.matched(),
                reason: self.cause,
            };
            decision.explain(request)
        })
    }

    /// The scope that decided; where nothing granted it, the one that came near.
    #[getter]
    fn rule(&self) -> Option<&str> {
        self.matched().map(|rule| rule.scope.as_str())
    }

    /// The reason as one word, as the audit log has it.
    #[getter]
    fn cause(&self) -> &'static str {
        self.cause.as_str()
    }

    /// The narrowest scope that covers the call; `None` where no scope can.
    #[getter]
    fn nearest_grant(&self, py: Python<'_>) -> Option<String> {
        let scope = self.with_request(py, permissions::nearest_grant)?;
        Some(scope.as_str().to_owned())
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let word = if self.allowed { "allowed" } else { "denied" };
        format!("<Decision {word}: {}>", self.why(py))
    }
}

impl Decision {
    fn matched(&self) -> Option<&permissions::Rule> {
        self.policy.rules().get(self.rule? as usize)
    }

    fn with_request<T>(&self, py: Python<'_>, work: impl FnOnce(&Request<'_>) -> T) -> T {
        work(&Request {
            name: &self.tool.bind(py).to_string_lossy(),
            resource: self.resource.as_deref(),
        })
    }
}
