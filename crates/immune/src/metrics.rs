//! Counters of every transition, as Prometheus text, and alerts on their growth.

use std::collections::BTreeMap;
use std::fmt::Write;

use skillgate_model::{Outcome, TenantId};

use crate::{Change, Settings};

/// What is counted; names follow the OpenTelemetry conventions, `_total` is Prometheus' own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// A failure was recorded under a signature.
    AnomalyRecorded,
    /// A resolved anomaly came back.
    AnomalyReopened,
    /// Something was blocked.
    QuarantineEntered,
    /// Its trial calls began.
    QuarantineProbing,
    /// Somebody or its trial calls released it.
    QuarantineReleased,
    /// It was not blocked, because too many are.
    QuarantineCapped,
    /// A call was not made.
    ExecutionBlocked,
    /// A remedy was stored.
    Vaccinated,
    /// A call could not be written down: the store was away for too long.
    EventDropped,
}

impl Counter {
    /// Every counter, in the order they are printed.
    pub const ALL: [Self; 9] = [
        Self::AnomalyRecorded,
        Self::AnomalyReopened,
        Self::QuarantineEntered,
        Self::QuarantineProbing,
        Self::QuarantineReleased,
        Self::QuarantineCapped,
        Self::ExecutionBlocked,
        Self::Vaccinated,
        Self::EventDropped,
    ];

    /// The name of its OpenTelemetry instrument.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AnomalyRecorded => "skillgate.immune.anomaly.recorded",
            Self::AnomalyReopened => "skillgate.immune.anomaly.reopened",
            Self::QuarantineEntered => "skillgate.immune.quarantine.entered",
            Self::QuarantineProbing => "skillgate.immune.quarantine.probing",
            Self::QuarantineReleased => "skillgate.immune.quarantine.released",
            Self::QuarantineCapped => "skillgate.immune.quarantine.capped",
            Self::ExecutionBlocked => "skillgate.immune.execution.blocked",
            Self::Vaccinated => "skillgate.immune.vaccinated",
            Self::EventDropped => "skillgate.immune.event.dropped",
        }
    }

    /// In the notation of UCUM, as OpenTelemetry wants it.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::AnomalyRecorded | Self::AnomalyReopened => "{anomaly}",
            Self::QuarantineEntered
            | Self::QuarantineProbing
            | Self::QuarantineReleased
            | Self::QuarantineCapped => "{quarantine}",
            Self::ExecutionBlocked | Self::EventDropped => "{call}",
            Self::Vaccinated => "{vaccination}",
        }
    }

    pub(crate) const fn help(self) -> &'static str {
        match self {
            Self::AnomalyRecorded => "Failures recorded under a signature",
            Self::AnomalyReopened => "Anomalies that came back after they were resolved",
            Self::QuarantineEntered => "Tools or shapes of calls that were blocked",
            Self::QuarantineProbing => "Quarantines whose trial calls began",
            Self::QuarantineReleased => "Quarantines that ended",
            Self::QuarantineCapped => "Quarantines not begun because too many tools are blocked",
            Self::ExecutionBlocked => "Calls that were not made",
            Self::Vaccinated => "Remedies stored",
            Self::EventDropped => "Calls not written down because the store was away too long",
        }
    }

    /// The counter of a change.
    pub const fn of(change: &Change) -> Self {
        match change {
            Change::Entered(_) => Self::QuarantineEntered,
            Change::Probing(_) => Self::QuarantineProbing,
            Change::Released(_) => Self::QuarantineReleased,
            Change::Capped(_) => Self::QuarantineCapped,
        }
    }

    /// The counter of a recorded call, where it has one.
    pub const fn of_outcome(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Failure => Some(Self::AnomalyRecorded),
            Outcome::Blocked => Some(Self::ExecutionBlocked),
            Outcome::Success | Outcome::Ignored => None,
        }
    }
}

/// Counts by tenant; never by tool, whose names an agent could make up without end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metrics(BTreeMap<(Counter, TenantId), u64>);

impl Metrics {
    /// Adds to one counter; one that never moved is not there.
    pub fn add(&mut self, counter: Counter, tenant: &TenantId, by: u64) {
        if by == 0 {
            return;
        }
        let count = self.0.entry((counter, tenant.clone())).or_default();
        *count = count.saturating_add(by);
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = ((Counter, &TenantId), u64)> {
        self.0
            .iter()
            .map(|((counter, tenant), count)| ((*counter, tenant), *count))
    }

    /// What one counter stands at.
    pub fn get(&self, counter: Counter, tenant: &TenantId) -> u64 {
        let key = (counter, tenant.clone());
        self.0.get(&key).copied().unwrap_or(0)
    }

    /// The text exposition format, version 0.0.4.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        for counter in Counter::ALL {
            let name = format!("{}_total", counter.as_str().replace('.', "_"));
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "# HELP {name} {}.\n# TYPE {name} counter",
                counter.help()
            );
            for ((_, tenant), count) in self.0.iter().filter(|((kind, _), _)| *kind == counter) {
                let _ = writeln!(text, "{name}{{tenant=\"{tenant}\"}} {count}");
            }
        }
        text
    }
}

/// Something grew by more than is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What grew.
    pub counter: Counter,
    /// By how much.
    pub growth: u64,
    /// Within how long, milliseconds.
    pub within_ms: i64,
}

/// Compares counters from interval to interval.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    last: Option<(i64, [u64; 3])>,
}

impl Watch {
    /// Alerts for one tenant, when an interval is over; the first look only remembers.
    pub fn look(
        &mut self,
        metrics: &Metrics,
        tenant: &TenantId,
        settings: &Settings,
        now_ms: i64,
    ) -> Vec<Alert> {
        const WATCHED: [Counter; 3] = [
            Counter::AnomalyRecorded,
            Counter::QuarantineEntered,
            Counter::ExecutionBlocked,
        ];
        let counts = WATCHED.map(|counter| metrics.get(counter, tenant));
        let Some((since_ms, before)) = self.last else {
            self.last = Some((now_ms, counts));
            return Vec::new();
        };
        let within_ms = now_ms.saturating_sub(since_ms);
        if !settings.alert || within_ms < settings.alert_interval_ms {
            return Vec::new();
        }
        self.last = Some((now_ms, counts));
        let limits = [
            settings.alert_anomalies,
            settings.alert_quarantines,
            settings.alert_blocked,
        ];
        let grown = counts
            .into_iter()
            .zip(before)
            .map(|(count, before)| count.saturating_sub(before));
        WATCHED
            .into_iter()
            .zip(grown)
            .zip(limits)
            .filter(|((_, growth), limit)| *limit > 0 && growth >= limit)
            .map(|((counter, growth), _)| Alert {
                counter,
                growth,
                within_ms,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn prometheus_reads_every_counter() {
        let mut metrics = Metrics::default();
        let tenant = TenantId::default();
        metrics.add(Counter::ExecutionBlocked, &tenant, 2);
        metrics.add(Counter::ExecutionBlocked, &"other".parse().unwrap(), 1);
        let text = metrics.prometheus();
        let lines = text
            .lines()
            .filter(|line| line.contains("execution_blocked"));
        expect![[r#"
            # HELP skillgate_immune_execution_blocked_total Calls that were not made.
            # TYPE skillgate_immune_execution_blocked_total counter
            skillgate_immune_execution_blocked_total{tenant="default"} 2
            skillgate_immune_execution_blocked_total{tenant="other"} 1"#]]
        .assert_eq(&lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(text.matches("# TYPE").count(), Counter::ALL.len());
    }

    #[test]
    fn growth_by_the_delta_alerts_once_an_interval() {
        let settings = Settings {
            alert: true,
            alert_interval_ms: 100,
            alert_blocked: 3,
            ..Settings::default()
        };
        let tenant = TenantId::default();
        let (mut metrics, mut watch) = (Metrics::default(), Watch::default());
        metrics.add(Counter::ExecutionBlocked, &tenant, 50);
        let mut look = |grow: u64, now_ms: i64| {
            metrics.add(Counter::ExecutionBlocked, &tenant, grow);
            metrics.add(Counter::AnomalyRecorded, &tenant, 1000);
            watch.look(&metrics, &tenant, &settings, now_ms)
        };
        assert_eq!(look(0, 0), [], "what was there before is no growth");
        assert_eq!(look(9, 50), [], "the interval is not over");
        let growth = Alert {
            counter: Counter::ExecutionBlocked,
            growth: 9,
            within_ms: 100,
        };
        assert_eq!(look(0, 100), [growth]);
        assert_eq!(look(2, 200), []);
    }
}
