//! What the operator sets; the seed's environment variables, with the prefix `SKILLGATE_IMMUNE_`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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

/// Reads one value into its place.
type Read = fn(&mut Settings, &str) -> Option<()>;

/// Every variable after the prefix, what it expects and where it goes.
const VARIABLES: &[(&str, &str, Read)] = &[
    ("ENABLED", BOOL, |to, text| put(&mut to.enabled, flag(text))),
    ("QUARANTINE_THRESHOLD", COUNT, |to, text| {
        put(&mut to.threshold, count(text))
    }),
    (
        "TOOL_THRESHOLDS",
        "a list like `search=3,fetch=10`",
        |to, text| put(&mut to.tool_thresholds, thresholds(text)),
    ),
    ("TOOL_NO_AUTO", LIST, |to, text| {
        put(&mut to.no_auto, Some(list(text)))
    }),
    ("WINDOW", SPAN, |to, text| {
        put(&mut to.window_ms, span(text).filter(|&ms| ms > 0))
    }),
    ("CONSECUTIVE", NUMBER, |to, text| {
        put(&mut to.consecutive, text.parse().ok())
    }),
    ("FAILURE_PERCENT", PERCENT, |to, text| {
        put(&mut to.failure_percent, percent(text))
    }),
    ("MINIMUM_CALLS", COUNT, |to, text| {
        put(&mut to.minimum_calls, count(text))
    }),
    ("QUARANTINE_TTL", SPAN, |to, text| {
        put(&mut to.ttl_ms, span(text))
    }),
    ("QUARANTINE_TTL_MAX", SPAN, |to, text| {
        put(&mut to.ttl_max_ms, span(text))
    }),
    ("PROBES", COUNT, |to, text| put(&mut to.probes, count(text))),
    ("SHARE_PERCENT", PERCENT, |to, text| {
        put(&mut to.share_percent, percent(text))
    }),
    ("IGNORED_ERRORS", LIST, |to, text| {
        put(&mut to.ignored, Some(list(text)))
    }),
    ("SCOPE", "`tool` or `shape`", |to, text| {
        put(&mut to.scope, scope(text))
    }),
    ("FAIL_OPEN", BOOL, |to, text| {
        put(&mut to.fail_open, flag(text))
    }),
    ("SPOOL_DIR", "a folder", |to, text| {
        put(
            &mut to.spool_dir,
            (!text.is_empty()).then(|| Some(text.into())),
        )
    }),
    ("RELEASE_APPROVAL", BOOL, |to, text| {
        put(&mut to.release_approval, flag(text))
    }),
    ("CLEANUP_ENABLED", BOOL, |to, text| {
        put(&mut to.cleanup, flag(text))
    }),
    ("CLEANUP_INTERVAL", SPAN, |to, text| {
        put(&mut to.cleanup_interval_ms, span(text).filter(|&ms| ms > 0))
    }),
    ("RETENTION_DAYS", COUNT, |to, text| {
        put(&mut to.retention_days, count(text).map(i64::from))
    }),
    ("ALERT_ENABLED", BOOL, |to, text| {
        put(&mut to.alert, flag(text))
    }),
    ("ALERT_INTERVAL", SPAN, |to, text| {
        put(&mut to.alert_interval_ms, span(text).filter(|&ms| ms > 0))
    }),
    ("ALERT_ANOMALY_DELTA", NUMBER, |to, text| {
        put(&mut to.alert_anomalies, text.parse().ok())
    }),
    ("ALERT_QUARANTINE_DELTA", NUMBER, |to, text| {
        put(&mut to.alert_quarantines, text.parse().ok())
    }),
    ("ALERT_BLOCKED_DELTA", NUMBER, |to, text| {
        put(&mut to.alert_blocked, text.parse().ok())
    }),
    ("SNAPSHOT_ENABLED", BOOL, |to, text| {
        put(&mut to.snapshot, flag(text))
    }),
    ("SNAPSHOT_DIR", "a folder", |to, text| {
        put(
            &mut to.snapshot_dir,
            (!text.is_empty()).then(|| text.into()),
        )
    }),
    ("SNAPSHOT_BATCH", COUNT, |to, text| {
        put(&mut to.snapshot_batch, count(text).map(i64::from))
    }),
];

const BOOL: &str = "`true` or `false`";
const NUMBER: &str = "a whole number";
const COUNT: &str = "a whole number from 1";
const PERCENT: &str = "a percentage from 0 to 100";
const LIST: &str = "names with commas between them";
const SPAN: &str = "a duration like `500ms`, `30s`, `15m`, `2h` or `0`";

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

fn put<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|&number| number > 0)
}

fn percent(text: &str) -> Option<u32> {
    text.parse().ok().filter(|&number| number <= 100)
}

fn list(text: &str) -> BTreeSet<String> {
    let names = text.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

fn thresholds(text: &str) -> Option<BTreeMap<String, u32>> {
    let pair = |entry: String| {
        let (tool, number) = entry.rsplit_once('=')?;
        Some((tool.trim().to_owned(), count(number.trim())?))
    };
    list(text).into_iter().map(pair).collect()
}

fn scope(text: &str) -> Option<Scope> {
    match text {
        "tool" => Some(Scope::Tool),
        "shape" => Some(Scope::Shape),
        _ => None,
    }
}

/// `1h30m` and `90s` as Go writes them, in milliseconds; a bare number is seconds.
fn span(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds) * 1000);
    }
    let mut rest = text;
    let mut total = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let unit = tail
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => MINUTE_MS,
            "h" => 60 * MINUTE_MS,
            "d" => DAY_MS,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(factor)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
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
        assert_eq!(settings.no_auto, list("calendar,clock"));
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
