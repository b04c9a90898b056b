//! A decision log read again: which of its calls two policies decide differently.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use crate::decision::Request;
use crate::file::PolicyFile;
use crate::policy::Policy;

/// Why a log cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] io::Error),
    /// A line is no decision, so a comparison would leave a call out.
    #[error("line {line} of the log is no decision: write the log as JSON lines")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// What becomes of the calls of a log.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogDiff {
    /// Decisions that were read.
    pub calls: u64,
    /// Decisions that the log itself says it lost.
    pub lost: u64,
    /// Calls that are decided differently, sorted; equal ones are counted.
    pub changes: Vec<Change>,
}

/// One call that the new policy decides differently.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Who asked.
    pub subject: String,
    /// What for.
    pub name: String,
    /// On what, where that was known.
    pub resource: Option<String>,
    /// How often.
    pub calls: u64,
    /// Whether the new policy allows it, which the old one does not; or the other way round.
    pub allow: bool,
    /// The new decision in a sentence.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Decision {
        subject: String,
        name: String,
        resource: Option<String>,
    },
    Gap {
        dropped: u64,
    },
}

type Call = (String, String, Option<String>);

/// Decides every call of a log by both policies; each subject is a skill's name.
pub fn compare(old: &PolicyFile, new: &PolicyFile, log: impl BufRead) -> Result<LogDiff, LogError> {
    let mut diff = LogDiff::default();
    let mut calls: BTreeMap<Call, u64> = BTreeMap::new();
    for (line, text) in (1..).zip(log.lines()) {
        let read = serde_json::from_str(&text?);
        match read.map_err(|source| LogError::Line { line, source })? {
            Line::Gap { dropped } => diff.lost += dropped,
            Line::Decision {
                subject,
                name,
                resource,
            } => {
                diff.calls += 1;
                *calls.entry((subject, name, resource)).or_default() += 1;
            }
        }
    }
    let mut policies: BTreeMap<String, [Policy; 2]> = BTreeMap::new();
    for ((subject, name, resource), count) in calls {
        let both = policies
            .entry(subject.clone())
            .or_insert_with(|| [old, new].map(|file| file.effective(&subject, None)));
        let request = Request {
            name: &name,
            resource: resource.as_deref(),
        };
        let [before, after] = both.each_ref().map(|policy| policy.decide(&request));
        if before.allow != after.allow {
            diff.changes.push(Change {
                allow: after.allow,
                why: after.explain(&request),
                calls: count,
                subject,
                name,
                resource,
            });
        }
    }
    Ok(diff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(allow: &str) -> PolicyFile {
        PolicyFile::parse(&format!("[[grant]]\nskill = \"a\"\nallow = [{allow}]")).unwrap()
    }

    #[test]
    fn only_calls_that_are_decided_differently_are_changes() {
        let log = concat!(
            r#"{"time_unix_ms":1,"subject":"a","name":"git.log","allow":true,"cause":"granted"}"#,
            "\n",
            r#"{"subject":"a","name":"git.push","resource":"origin","allow":true}"#,
            "\n",
            r#"{"subject":"a","name":"git.push","resource":"origin","allow":true}"#,
            "\n",
            r#"{"dropped":3}"#,
            "\n",
            r#"{"subject":"b","name":"git.push","allow":false}"#,
        );
        let (old, new) = (file("\"git:*\""), file("\"git:log\", \"gh:*\""));
        let diff = compare(&old, &new, log.as_bytes()).unwrap();
        assert_eq!((diff.calls, diff.lost, diff.changes.len()), (4, 3, 1));
        let change = &diff.changes[0];
        assert_eq!((change.calls, change.allow), (2, false));
        assert!(change.why.contains("nothing grants it"), "{}", change.why);
        let back = compare(&new, &old, log.as_bytes()).unwrap();
        assert!(back.changes[0].allow);
    }

    #[test]
    fn a_line_that_is_no_decision_is_an_error_with_its_number() {
        let same = file("");
        for bad in ["", "{", "{\"subject\":\"a\"}", "[1]"] {
            let log = format!("{{\"dropped\":1}}\n{bad}\n");
            let error = compare(&same, &same, log.as_bytes()).unwrap_err();
            assert!(error.to_string().starts_with("line 2"), "{error}");
        }
    }
}
