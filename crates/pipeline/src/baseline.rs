//! A baseline: findings that were there before, by fingerprint, so that only new ones fail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use skillgate_model::Report;

use crate::GateError;

const SCHEMA: &str = "skillgate-baseline/1";

/// Fingerprints that are accepted, or, where the file did not exist yet, that are being collected.
#[derive(Debug, Default)]
pub struct Baseline {
    accepted: BTreeSet<String>,
    collecting: Option<(PathBuf, Mutex<BTreeSet<String>>)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    fingerprints: BTreeSet<String>,
}

impl Baseline {
    /// The baseline in this file; without a file nothing is accepted.
    ///
    /// # Errors
    /// When the file is there and is not a baseline.
    pub fn read(path: Option<&Path>) -> Result<Self, GateError> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let invalid = |message: String| GateError::Baseline {
            path: path.to_owned(),
            message,
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self {
                    collecting: Some((path.to_owned(), Mutex::default())),
                    ..Self::default()
                });
            }
            Err(error) => return Err(invalid(error.to_string())),
        };
        let document: Document =
            serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(invalid(format!(
                "its schema is `{}` and not `{SCHEMA}`",
                document.schema
            )));
        }
        Ok(Self {
            accepted: document.fingerprints,
            collecting: None,
        })
    }

    /// Whether a finding was there before.
    pub fn accepts(&self, fingerprint: &str) -> bool {
        self.accepted.contains(fingerprint)
    }

    /// Remembers the findings of a report for a baseline that is being written.
    pub fn note(&self, report: &Report) {
        if let Some((_, collected)) = &self.collecting
            && let Ok(mut collected) = collected.lock()
        {
            collected.extend(
                report
                    .findings
                    .iter()
                    .map(|finding| finding.fingerprint.clone()),
            );
        }
    }

    /// Writes the file, where there was none.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), GateError> {
        let Some((path, collected)) = &self.collecting else {
            return Ok(());
        };
        let invalid = |message: String| GateError::Baseline {
            path: path.clone(),
            message,
        };
        let fingerprints = collected
            .lock()
            .map(|collected| collected.clone())
            .unwrap_or_default();
        let document = Document {
            schema: SCHEMA.to_owned(),
            fingerprints,
        };
        let text =
            serde_json::to_string_pretty(&document).map_err(|error| invalid(error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(|error| invalid(error.to_string()))
    }
}
