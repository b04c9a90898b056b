//! The environment variables: what each expects, and where its value goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{DAY_MS, MINUTE_MS, Scope, Settings};

/// Reads one value into its place.
pub(super) type Read = fn(&mut Settings, &str) -> Option<()>;

/// Every variable after the prefix, what it expects and where it goes.
pub(super) const VARIABLES: &[(&str, &str, Read)] = &[
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
