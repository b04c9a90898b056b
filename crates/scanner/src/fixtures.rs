//! The fixture harness: proves each rule on files that say, line by line, what must be found.
//!
//! `DIR/<language>/<RULE-ID>.<ext>` is one file; `DIR/<language>/<RULE-ID>/` is a folder skill. A line that ends
//! in a comment `expect: RULE-ID, …` must have exactly these findings (`expect-file:` speaks of the file as a
//! whole); what has no comments is listed in the folder's `expected.toml`. Markers are blanked before scanning.

mod fixture;
mod marker;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use skillgate_model::{Finding, Severity};

use crate::{Rules, Scanner};
use fixture::{Fixture, entries};

/// What came of checking a folder of fixtures.
#[derive(Debug, Default)]
pub struct FixtureReport {
    /// How many fixtures were scanned.
    pub checked: usize,
    /// What is wrong, sorted; empty when every rule is proven.
    pub failures: Vec<FixtureFailure>,
}

/// One difference between what a fixture says and what the scan found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FixtureFailure {
    /// `shell/SEC-SH-001.sh`, or the rule file's id where no fixture is at fault.
    pub path: String,
    /// From 1; 0 for the file as a whole.
    pub line: u32,
    /// What differs, in one sentence.
    pub message: String,
}

impl fmt::Display for FixtureFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Why fixtures could not be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file or folder could not be read.
    #[error("fixture `{}` cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An `expected.toml` is malformed.
    #[error("`{}` does not parse", path.display())]
    Expected {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
}

/// Scans every fixture below `dir` and compares; a rule that fires in no fixture is a failure too.
///
/// # Errors
/// When a fixture or an `expected.toml` cannot be read.
pub fn check_fixtures(rules: &Rules, dir: &Path) -> Result<FixtureReport, FixtureError> {
    let scanner = Scanner::new(rules.clone());
    let mut check = Check {
        rules,
        fired: BTreeSet::new(),
        report: FixtureReport::default(),
    };
    let languages: BTreeSet<&str> = rules.iter().map(|rule| rule.language.as_str()).collect();
    for language in languages {
        for path in entries(&dir.join(language))? {
            let fixture = Fixture::load(language, &path)?;
            let scan = scanner.scan(&fixture.skill);
            check.compare(&fixture, &scan.findings);
        }
    }
    check.silent_rules();
    check.report.failures.sort();
    Ok(check.report)
}

struct Check<'a> {
    rules: &'a Rules,
    fired: BTreeSet<String>,
    report: FixtureReport,
}

impl Check<'_> {
    fn compare(&mut self, fixture: &Fixture, findings: &[Finding]) {
        self.report.checked += 1;
        let mut met = BTreeSet::new();
        for finding in findings {
            let meets: Vec<_> = fixture
                .expected
                .iter()
                .filter(|expected| expected.is_met_by(finding))
                .collect();
            let wanted =
                finding.rule.severity >= Severity::Medium || finding.rule.id == fixture.rule;
            if meets.is_empty() && wanted {
                let at = (fixture.place(&finding.location.path), finding.location.line);
                self.fail(at, format!("unexpected {}", describe(finding)));
            }
            if !meets.is_empty() {
                self.fired.insert(finding.rule.id.clone());
            }
            met.extend(meets);
        }
        for expected in fixture
            .expected
            .iter()
            .filter(|expected| !met.contains(expected))
        {
            let at = (fixture.place(&expected.path), expected.line.unwrap_or(0));
            let known = self.rules.get(&expected.rule).is_some();
            let message = if known { "was not found" } else { "is no rule" };
            self.fail(at, format!("`{}` {message}", expected.rule));
        }
    }

    fn silent_rules(&mut self) {
        for rule in self
            .rules
            .iter()
            .filter(|rule| !self.fired.contains(&rule.info.id))
        {
            self.report.failures.push(FixtureFailure {
                path: format!("{}/{}", rule.language, rule.info.id),
                line: 0,
                message: "the rule fires in no fixture".to_owned(),
            });
        }
    }

    fn fail(&mut self, (path, line): (String, u32), message: String) {
        self.report.failures.push(FixtureFailure {
            path,
            line,
            message,
        });
    }
}

fn describe(finding: &Finding) -> String {
    let detail = finding.detail.as_deref().unwrap_or(&finding.rule.title);
    format!(
        "`{}` ({}): {detail}",
        finding.rule.id,
        finding.rule.severity.as_str()
    )
}
