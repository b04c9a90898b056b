//! Findings the operator accepts: suppressions with a reason and an end, and a baseline.

use globset::{Glob, GlobMatcher};
use skillgate_model::{Finding, Skill};
use time::Date;
use time::macros::format_description;

use crate::config::Suppression;
use crate::{Baseline, GateError};

/// What is accepted today.
#[derive(Debug, Default)]
pub struct Accepted {
    /// Findings that were there before.
    pub baseline: Baseline,
    suppressions: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    rule: String,
    skill: Option<GlobMatcher>,
    path: Option<GlobMatcher>,
}

impl Accepted {
    /// Makes the suppressions ready; those that have expired hold no more.
    ///
    /// # Errors
    /// When a glob or a date does not parse, or a reason is empty.
    pub fn new(
        baseline: Baseline,
        suppressions: &[Suppression],
        today: Date,
    ) -> Result<Self, GateError> {
        let mut compiled = Vec::new();
        for suppression in suppressions {
            if expiry(suppression)? >= today {
                compiled.push(Compiled {
                    rule: suppression.rule.clone(),
                    skill: glob(suppression.skill.as_deref())?,
                    path: glob(suppression.path.as_deref())?,
                });
            }
        }
        Ok(Self {
            baseline,
            suppressions: compiled,
        })
    }

    pub(crate) fn accepts(&self, skill: &Skill, finding: &Finding) -> bool {
        let fits = |glob: &Option<GlobMatcher>, text: &str| {
            glob.as_ref().is_none_or(|glob| glob.is_match(text))
        };
        self.baseline.accepts(&finding.fingerprint)
            || self.suppressions.iter().any(|accepted| {
                accepted.rule == finding.rule.id
                    && fits(&accepted.skill, &skill.name)
                    && fits(&accepted.path, &finding.location.path)
            })
    }
}

fn expiry(suppression: &Suppression) -> Result<Date, GateError> {
    let invalid = |message: &str| GateError::Suppression {
        rule: suppression.rule.clone(),
        message: message.to_owned(),
    };
    if suppression.reason.trim().is_empty() {
        return Err(invalid("the reason is empty"));
    }
    Date::parse(
        &suppression.expires,
        format_description!("[year]-[month]-[day]"),
    )
    .map_err(|_| invalid("`expires` is no date such as `2027-01-31`"))
}

fn glob(text: Option<&str>) -> Result<Option<GlobMatcher>, GateError> {
    let compile = |text: &str| {
        let glob = Glob::new(text).map_err(|error| GateError::Glob {
            glob: text.to_owned(),
            message: error.to_string(),
        })?;
        Ok(glob.compile_matcher())
    };
    text.map(compile).transpose()
}
