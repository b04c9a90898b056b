//! The gate: every layer in order, for skills on disk and for code in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::{PyFileNotFoundError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use rayon::prelude::*;
use serde::Serialize;
use skillgate_model::{Decision, Profile, Report};
use skillgate_pipeline as pipeline;
use skillgate_pipeline::{
    Accepted, Baseline, Candidate, Chosen, Examined, GateError, LazyScanner, Loaded, Simulation,
};

use crate::pool;

/// Examines skills; made once, used from any number of threads.
#[pyclass(frozen, module = "skillgate._native")]
pub(crate) struct Gate(Arc<Examiner>);

struct Examiner {
    scanner: LazyScanner,
    loaded: Loaded,
    /// Whether the configuration was looked for, and so must not be a candidate's own.
    is_found: bool,
    static_only: bool,
}

/// What is handed to Python, as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    results: Vec<Entry<'a>>,
    strays: Vec<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    report: &'a Report,
    moved_to: Option<String>,
}

#[pymethods]
impl Gate {
    #[new]
    #[pyo3(signature = (config = None, profile = None, static_only = false))]
    fn new(
        py: Python<'_>,
        config: Option<PathBuf>,
        profile: Option<&str>,
        static_only: bool,
    ) -> PyResult<Self> {
        let examiner = py.detach(|| Examiner::new(config, profile, static_only));
        Ok(Self(Arc::new(examiner?)))
    }

    /// The configuration that holds, where it is a file.
    #[getter]
    fn config(&self) -> Option<PathBuf> {
        self.0.loaded.file.clone()
    }

    /// Examines every skill at or below a path; quarantined ones are moved where a folder is named.
    #[pyo3(signature = (path, quarantine_to = None))]
    fn scan(
        &self,
        py: Python<'_>,
        path: PathBuf,
        quarantine_to: Option<PathBuf>,
    ) -> PyResult<String> {
        let examiner = Arc::clone(&self.0);
        pool::detached(py, move |interrupted| {
            examiner.scan_path(&path, quarantine_to.as_deref(), interrupted)
        })?
    }

    /// Examines Python code by its bytes alone: the static scan and what it says of effects.
    fn scan_code(&self, py: Python<'_>, name: String, code: PyBackedBytes) -> PyResult<String> {
        let examiner = Arc::clone(&self.0);
        pool::detached(py, move |_| {
            let report = examiner.examine_code(&name, &code)?;
            answer(&[(report, None)], &[])
        })?
    }

    /// Whether `scan_code` would promote.
    fn is_code_promoted(
        &self,
        py: Python<'_>,
        name: String,
        code: PyBackedBytes,
    ) -> PyResult<bool> {
        let examiner = Arc::clone(&self.0);
        let report = pool::detached(py, move |_| examiner.examine_code(&name, &code))??;
        Ok(report.report.verdict.decision == Decision::Promote)
    }
}

impl Examiner {
    fn new(config: Option<PathBuf>, profile: Option<&str>, static_only: bool) -> PyResult<Self> {
        let is_found = config.is_none();
        let loaded = match config {
            Some(file) => Loaded::from_file(&file),
            None => Loaded::find(&std::env::current_dir()?, &[]),
        };
        let mut loaded = loaded.map_err(|error| invalid(&error))?;
        if let Some(profile) = profile {
            loaded.config.profile = named(profile)?;
        }
        let examiner = Self {
            scanner: loaded.scanner().map_err(|error| invalid(&error))?,
            loaded,
            is_found,
            static_only,
        };
        // What is wrong with the configuration is said now, not at the first scan.
        examiner
            .with(BTreeMap::new(), true, |_| ())
            .map_err(|error| invalid(&error))?;
        Ok(examiner)
    }

    fn scan_path(
        &self,
        path: &Path,
        quarantine_to: Option<&Path>,
        interrupted: &AtomicBool,
    ) -> PyResult<String> {
        let found = pipeline::discover(&[path.to_owned()]).map_err(|error| absent(&error))?;
        if let Some((path, reason)) = found.unreadable.first() {
            let message = format!("`{}` was not searched: {reason}", path.display());
            return Err(PyOSError::new_err(message));
        }
        if found.candidates.is_empty() {
            let message = format!("nothing to scan: `{}` holds no skill", path.display());
            return Err(PyFileNotFoundError::new_err(message));
        }
        self.is_not_inside(&found.candidates)?;
        let names = pipeline::shared_names(&found.candidates);
        let examine = |gate: &pipeline::Gate<'_>| -> Vec<Examined> {
            let examine = |candidate: &Candidate| {
                let goes_on = !interrupted.load(Ordering::Relaxed);
                goes_on.then(|| gate.examine(candidate))
            };
            let candidates = found.candidates.par_iter();
            candidates.filter_map(examine).collect()
        };
        let examined = self
            .with(names, self.static_only, examine)
            .map_err(|error| invalid(&error))?;
        // Nobody waits for the answer any more, so nothing is moved either.
        if interrupted.load(Ordering::Relaxed) {
            return answer(&[], &[]);
        }
        let mut results = Vec::new();
        for one in examined {
            let moved = match (one.report.verdict.decision, quarantine_to) {
                (Decision::Quarantine, Some(folder)) => Some(quarantine(&one, folder)?),
                (Decision::Quarantine, None) | (Decision::Promote, _) => None,
            };
            results.push((one, moved));
        }
        answer(&results, &found.strays)
    }

    /// A candidate has no say in how it is examined.
    fn is_not_inside(&self, candidates: &[Candidate]) -> PyResult<()> {
        let Some(file) = self.loaded.file.as_ref().filter(|_| self.is_found) else {
            return Ok(());
        };
        let holds = |candidate: &&Candidate| {
            let folder = candidate.path.canonicalize();
            folder.is_ok_and(|folder| file.starts_with(folder))
        };
        match candidates.iter().find(holds) {
            None => Ok(()),
            Some(candidate) => Err(PyValueError::new_err(format!(
                "the configuration `{}` lies inside the candidate `{}`; name the one that holds with `config`",
                file.display(),
                candidate.path.display()
            ))),
        }
    }

    fn examine_code(&self, name: &str, code: &[u8]) -> PyResult<Examined> {
        let examine = |gate: &pipeline::Gate<'_>| gate.examine_source(name, code);
        self.with(BTreeMap::new(), true, examine)
            .map_err(|error| invalid(&error))
    }

    fn with<T>(
        &self,
        shared_names: BTreeMap<String, Vec<PathBuf>>,
        static_only: bool,
        work: impl FnOnce(&pipeline::Gate<'_>) -> T,
    ) -> Result<T, GateError> {
        let config = &self.loaded.config;
        let chosen = Chosen::from(&config.sandbox);
        let today = time::OffsetDateTime::now_utc().date();
        Ok(work(&pipeline::Gate {
            scanner: &self.scanner,
            // That no backend works is a reason of every verdict, never a pass.
            simulation: Simulation::unless(static_only, &chosen),
            policy: self.loaded.policy()?,
            config,
            accepted: Accepted::new(Baseline::read(None)?, &config.suppress, today)?,
            cache: None,
            shared_names,
        }))
    }
}

fn named(profile: &str) -> PyResult<Profile> {
    let all = [Profile::Strict, Profile::Standard, Profile::Observe];
    let found = all.into_iter().find(|known| known.as_str() == profile);
    found.ok_or_else(|| {
        PyValueError::new_err(format!(
            "there is no profile `{}`: use strict, standard or observe",
            profile.escape_debug()
        ))
    })
}

fn quarantine(examined: &Examined, folder: &Path) -> PyResult<String> {
    let report = serde_json::to_vec_pretty(&examined.report);
    let report = report.map_err(|error| PyOSError::new_err(error.to_string()))?;
    let moved = pipeline::quarantine(&examined.skill, &report, folder);
    let moved = moved.map_err(|error| PyOSError::new_err(skillgate_model::chain(&error)))?;
    Ok(moved.display().to_string())
}

fn answer(results: &[(Examined, Option<String>)], strays: &[PathBuf]) -> PyResult<String> {
    let answer = Answer {
        results: results
            .iter()
            .map(|(examined, moved_to)| Entry {
                report: &examined.report,
                moved_to: moved_to.clone(),
            })
            .collect(),
        strays: strays
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
    };
    serde_json::to_string(&answer).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn invalid(error: &dyn std::error::Error) -> PyErr {
    PyValueError::new_err(skillgate_model::chain(error))
}

fn absent(error: &GateError) -> PyErr {
    match error {
        GateError::NoSuchPath { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            PyFileNotFoundError::new_err(skillgate_model::chain(error))
        }
        GateError::NoSuchPath { .. } => PyOSError::new_err(skillgate_model::chain(error)),
        _ => invalid(error),
    }
}
