//! What is done now and then: old rows leave, snapshots are written, growth raises alerts.

use std::sync::PoisonError;

use skillgate_immune::{Alert, Watch};
use skillgate_store::{Act, StoreError};

use super::Immunity;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When each was done last.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    cleaned_ms: Option<i64>,
    watch: Watch,
}

impl Immunity {
    /// Does what is due, and gives the alerts; to be called every few seconds, off the hot path.
    ///
    /// Snapshots are written as often as the store is cleaned.
    pub fn housekeep(&self, now_ms: i64) -> Result<Vec<Alert>, StoreError> {
        let settings = self.shared.read().settings().clone();
        let mut rounds = self
            .shared
            .rounds
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let metrics = self.metrics();
        let alerts = rounds
            .watch
            .look(&metrics, &self.shared.tenant, &settings, now_ms);
        let due = |last: i64| now_ms.saturating_sub(last) >= settings.cleanup_interval_ms;
        if !rounds.cleaned_ms.is_none_or(due) {
            return Ok(alerts);
        }
        self.shared.write().sweep(now_ms);
        let rows = self.shared.store.tenant(&self.shared.tenant);
        if settings.cleanup {
            let act = Act {
                actor: "skillgate immune".to_owned(),
                reason: format!("older than {} days", settings.retention_days),
                at_ms: now_ms,
            };
            let kept_ms = settings
                .retention_days
                .saturating_mul(DAY_MS)
                .max(settings.window_ms);
            rows.clean(now_ms.saturating_sub(kept_ms), &act)?;
        }
        if settings.snapshot {
            rows.snapshot(&settings.snapshot_dir, settings.snapshot_batch, now_ms)?;
        }
        rounds.cleaned_ms = Some(now_ms);
        Ok(alerts)
    }
}
