//! Tells a collector what a command has changed, where OpenTelemetry's variables name one.

use skillgate_immune::{Counter, Metrics};
use skillgate_model::TenantId;
use skillgate_pipeline::Telemetry;
use skillgate_store::Act;

/// Sends one count of each; that nobody takes it is said, and no reason to fail.
pub(super) fn count(tenant: &TenantId, counters: impl IntoIterator<Item = Counter>) {
    let mut metrics = Metrics::default();
    for counter in counters {
        metrics.add(counter, tenant, 1);
    }
    send(&metrics);
}

pub(super) fn send(metrics: &Metrics) {
    let now_ms = Act::now("", "").at_ms;
    let instance = format!("{now_ms:x}-{:x}", std::process::id());
    let variable = |name: &str| std::env::var(name).ok();
    let sent = match Telemetry::from_env(variable, instance, now_ms) {
        Ok(None) => return,
        Ok(Some(mut telemetry)) => telemetry.send(metrics, now_ms),
        Err(error) => Err(error),
    };
    if let Err(error) = sent {
        super::say(format_args!("warning: {:#}", anyhow::Error::from(error)));
    }
}
