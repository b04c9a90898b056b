//! What the operator sets; the seed's environment variables, with the prefix `SKILLGATE_IMMUNE_`.

mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use variables::VARIABLES;

/// All variables begin so.
pub const PREFIX: &str = "SKILLGATE_IMMUNE_";

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// What a count of one signature blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The tool as a whole.
    Tool,
    /// Only calls whose arguments have the shape that failed.
    Shape,
}

/// Everything that can be set; [`Settings::default`] is safe for a first roll-out.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Whether anything is quarantined by itself; failures are recorded either way.
    pub enabled: bool,
    /// Failures of one signature within the window that block.
    pub threshold: u32,
    /// The same for single tools.
    pub tool_thresholds: BTreeMap<String, u32>,
    /// Tools that are recorded and never blocked by themselves.
    pub no_auto: BTreeSet<String>,
    /// Length of the sliding window, milliseconds.
    pub window_ms: i64,
    /// Failures in a row, of any signature, that block; 0 switches this off.
    pub consecutive: u32,
    /// Percentage of failed calls within the window that blocks; 0 switches this off.
    pub failure_percent: u32,
    /// Calls within the window below which no percentage counts (Hystrix: 20).
    pub minimum_calls: u32,
    /// How long a first quarantine lasts, milliseconds; 0 means until it is released.
    pub ttl_ms: i64,
    /// How long a repeated one lasts at most, milliseconds.
    pub ttl_max_ms: i64,
    /// Trial calls that must succeed, and that are let through at once.
    pub probes: u32,
    /// Percentage of the known tools that may be blocked at once; one always may (Envoy: 10).
    pub share_percent: u32,
    /// Classes of errors that do not count against a tool.
    pub ignored: BTreeSet<String>,
    /// What a count of one signature blocks.
    pub scope: Scope,
    /// Whether checks let calls through while the store cannot be reached.
    pub fail_open: bool,
    /// Where calls are kept that the store did not take before the process ended; nowhere by default.
    pub spool_dir: Option<PathBuf>,
    /// Whether a release by hand needs the approval of a second person.
    pub release_approval: bool,
    /// Whether what is old and settled is removed by itself.
    pub cleanup: bool,
    /// How often, milliseconds.
    pub cleanup_interval_ms: i64,
    /// How long what is settled is kept, days.
    pub retention_days: i64,
    /// Whether growth raises alerts.
    pub alert: bool,
    /// How often growth is looked at, milliseconds.
    pub alert_interval_ms: i64,
    /// New anomalies within an interval that raise an alert; 0 switches this off.
    pub alert_anomalies: u64,
    /// The same for quarantines.
    pub alert_quarantines: u64,
    /// The same for blocked calls.
    pub alert_blocked: u64,
    /// Whether snapshots are written.
    pub snapshot: bool,
    /// Where to.
    pub snapshot_dir: PathBuf,
    /// Records read at a time.
    pub snapshot_batch: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: false,
            threshold: 5,
            tool_thresholds: BTreeMap::new(),
            no_auto: BTreeSet::new(),
            window_ms: 10 * MINUTE_MS,
            consecutive: 0,
            failure_percent: 0,
            minimum_calls: 20,
            ttl_ms: 15 * MINUTE_MS,
            ttl_max_ms: DAY_MS,
            probes: 3,
            share_percent: 50,
            ignored: ["CancelledError", "AbortError", "KeyboardInterrupt"]
                .map(str::to_owned)
                .into(),
            scope: Scope::Tool,
            fail_open: false,
            spool_dir: None,
            release_approval: false,
            cleanup: true,
            cleanup_interval_ms: 60 * MINUTE_MS,
            retention_days: 30,
            alert: false,
            alert_interval_ms: 5 * MINUTE_MS,
            alert_anomalies: 0,
            alert_quarantines: 0,
            alert_blocked: 0,
            snapshot: false,
            snapshot_dir: PathBuf::from("snapshots"),
            snapshot_batch: 500,
        }
    }
}

/// A variable that cannot be understood; nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No such variable.
    #[error("`{0}` is no setting; known are {known}", known = known())]
    Unknown(String),
    /// The value is none of its kind.
    #[error("`{name}` is `{}`, expected {expected}", value.escape_debug())]
    Value {
        /// The variable.
        name: String,
        /// What it is set to.
        value: String,
        /// What would do.
        expected: &'static str,
    },
}

impl Settings {
    /// Reads every variable with the prefix; others are none of its business.
    pub fn from_env(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        for (name, value) in variables {
            let Some(short) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let known = VARIABLES.iter().find(|(known, _, _)| *known == short);
            let Some((_, expected, read)) = known else {
                return Err(SettingsError::Unknown(name));
            };
            if read(&mut settings, value.trim()).is_none() {
                return Err(SettingsError::Value {
                    name,
                    value,
                    expected,
                });
            }
        }
        Ok(settings)
    }

    /// Failures of one signature that block this tool.
    pub(crate) fn threshold_of(&self, tool: &str) -> u32 {
        self.tool_thresholds
            .get(tool)
            .copied()
            .unwrap_or(self.threshold)
    }
}

fn known() -> String {
    let names: Vec<_> = VARIABLES.iter().map(|(name, _, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let owned = |&(name, value): &(&str, &str)| (format!("{PREFIX}{name}"), value.to_owned());
        Settings::from_env(pairs.iter().map(owned))
    }

    #[test]
    fn every_variable_of_the_seed_is_understood() {
        let settings = read(&[
            ("ENABLED", "true"),
            ("QUARANTINE_THRESHOLD", "7"),
            ("TOOL_THRESHOLDS", "search=3, fetch = 10"),
            ("TOOL_NO_AUTO", "clock,calendar"),
            ("QUARANTINE_TTL", "1h30m"),
            ("CLEANUP_ENABLED", "false"),
            ("CLEANUP_INTERVAL", "90s"),
            ("RETENTION_DAYS", "14"),
            ("ALERT_ENABLED", "1"),
            ("ALERT_INTERVAL", "500ms"),
            ("ALERT_ANOMALY_DELTA", "5"),
            ("ALERT_QUARANTINE_DELTA", "1"),
            ("ALERT_BLOCKED_DELTA", "0"),
            ("SNAPSHOT_ENABLED", "true"),
            ("SNAPSHOT_DIR", "/var/snapshots"),
            ("SNAPSHOT_BATCH", "100"),
        ])
        .unwrap();
        assert!(settings.enabled && settings.alert && settings.snapshot && !settings.cleanup);
        assert_eq!(
            (
                settings.threshold_of("search"),
                settings.threshold_of("other")
            ),
            (3, 7)
        );
        assert_eq!(
            settings.no_auto,
            BTreeSet::from(["calendar", "clock"].map(str::to_owned))
        );
        assert_eq!(
            (settings.ttl_ms, settings.cleanup_interval_ms),
            (5_400_000, 90_000)
        );
        assert_eq!(
            (settings.retention_days, settings.alert_interval_ms),
            (14, 500)
        );
        assert_eq!(
            (settings.alert_anomalies, settings.alert_quarantines),
            (5, 1)
        );
        assert_eq!(settings.snapshot_dir, PathBuf::from("/var/snapshots"));
        assert_eq!(settings.snapshot_batch, 100);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for (name, value) in [
            ("ENABLED", "maybe"),
            ("QUARANTINE_THRESHOLD", "0"),
            ("TOOL_THRESHOLDS", "search"),
            ("QUARANTINE_TTL", "-1"),
            ("QUARANTINE_TTL", "5 minutes"),
            ("QUARANTINE_TTL", ""),
            ("QUARANTINE_TTL", "99999999999999999999h"),
            ("SHARE_PERCENT", "101"),
            ("SCOPE", "world"),
        ] {
            assert!(
                matches!(read(&[(name, value)]), Err(SettingsError::Value { .. })),
                "{name}={value}"
            );
        }
        assert!(matches!(
            read(&[("TRESHOLD", "5")]),
            Err(SettingsError::Unknown(_))
        ));
    }

    #[test]
    fn variables_of_others_are_left_alone() {
        let foreign = [("PATH".to_owned(), "/bin".to_owned())];
        assert_eq!(Settings::from_env(foreign), Ok(Settings::default()));
    }
}
