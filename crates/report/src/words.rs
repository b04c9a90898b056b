//! Quantities and states in words.

use skillgate_model::{Finding, LayerReport, LayerStatus, Reason, ReasonKind, Report, Verdict};

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Bytes in decimal units, `4.1 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let scaled = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit / (unit / 10));
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", scaled(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", scaled(1_000_000)),
        1_000_000_000.. => format!("{} GB", scaled(1_000_000_000)),
    }
}

/// Microseconds as a time a person reads, `12 ms`.
pub(crate) fn duration(microseconds: u64) -> String {
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..10_000 => {
            format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100)
        }
        10_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        1_000_000.. => {
            let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
            format!("{seconds}.{} s", rest / 100_000)
        }
    }
}

/// The decision as a participle, which reads after a name.
pub(crate) fn decided(promoted: bool) -> &'static str {
    if promoted { "promoted" } else { "quarantined" }
}

/// What stands in brackets after the decision, without the brackets; empty where nothing does.
pub(crate) fn qualifiers(verdict: &Verdict) -> String {
    let incomplete = (!verdict.complete).then_some("examination incomplete");
    let all: Vec<_> = verdict
        .qualifiers
        .iter()
        .map(String::as_str)
        .chain(incomplete)
        .collect();
    all.join(", ")
}

/// A layer's result.
pub(crate) fn status(status: LayerStatus) -> &'static str {
    match status {
        LayerStatus::Passed => "passed",
        LayerStatus::Failed => "failed",
        LayerStatus::Incomplete => "incomplete",
        LayerStatus::NotRun => "not run",
        LayerStatus::NotApplicable => "not applicable",
    }
}

/// A kind of reason, as `report --format json` spells it.
pub(crate) fn reason_kind(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Threat => "threat",
        ReasonKind::Undeclared => "undeclared",
        ReasonKind::NotGranted => "not-granted",
        ReasonKind::Behaviour => "behaviour",
        ReasonKind::Incomplete => "incomplete",
    }
}

/// The rule that speaks, or the kind of reason where no rule does.
pub(crate) fn reason_name(reason: &Reason) -> &str {
    reason
        .rule
        .as_deref()
        .unwrap_or_else(|| reason_kind(reason.kind))
}

/// What was seen in particular, unless the message says it already.
pub(crate) fn new_detail<'a>(finding: &'a Finding, message: &str) -> Option<&'a str> {
    finding
        .detail
        .as_deref()
        .filter(|detail| !message.contains(detail))
}

/// The three layers with their names, in the order they ran.
pub(crate) fn layers(report: &Report) -> [(&'static str, &LayerReport); 3] {
    [
        ("L1 scan", &report.scan),
        ("L2 simulation", &report.simulation),
        ("L3 permissions", &report.permissions),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_one_decimal_at_most() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (4_190_000, "4.1 MB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        for (time, text) in [
            (40, "40 µs"),
            (1_250, "1.2 ms"),
            (12_900, "12 ms"),
            (61_250_000, "61.2 s"),
        ] {
            assert_eq!(duration(time), text);
        }
    }
}
