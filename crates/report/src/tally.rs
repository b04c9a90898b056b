//! The counts over all skills of one document.

use serde::Serialize;
use skillgate_model::Decision;

use crate::View;

/// How many skills had which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Tally {
    /// Skills examined.
    pub skills: u64,
    /// Those that may be used.
    pub promoted: u64,
    /// Those that may not.
    pub quarantined: u64,
    /// Those of either kind that could not be examined completely.
    pub incomplete: u64,
    /// Reasons for quarantine over all skills.
    pub reasons: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, view: &View<'_>) {
        let verdict = &view.report().verdict;
        self.skills += 1;
        match verdict.decision {
            Decision::Promote => self.promoted += 1,
            Decision::Quarantine => self.quarantined += 1,
        }
        self.incomplete += u64::from(!verdict.complete);
        self.reasons += verdict.reasons.len() as u64;
    }
}
