//! Examining a skill again before it may be used, by what the store remembers of it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use skillgate_model::{Decision, Promotion, Quarantine, Report};
use skillgate_pipeline::{
    Accepted, Baseline, Chosen, Gate, Known, LoadLimits, Loaded, Simulation, reload,
};
use skillgate_store::{Act, Store};
use time::OffsetDateTime;

use super::ledger::{reason, verdict};
use super::rows::Rows;

/// Examines what is about to be used again.
pub(super) struct Again<'a> {
    pub(super) rows: &'a Rows,
    pub(super) store: &'a Store,
    /// Without the simulation; the new verdict says so.
    pub(super) static_only: bool,
}

impl Again<'_> {
    /// Examines a quarantined skill where it lies now; an error says why it cannot be released.
    pub(super) fn quarantined(&self, entry: &Quarantine) -> anyhow::Result<()> {
        let rows = self.store.tenant(self.rows.tenant());
        let before = match &entry.report {
            Some(id) => Some(rows.report(id)?),
            None => rows.latest_report(&entry.subject)?,
        };
        let before = before
            .filter(|report| report.skill.digest == entry.part)
            .with_context(|| {
                let name = entry.subject.escape_debug();
                format!("where `{name}` lies is not known: it is released only after a new examination promotes it, `skillgate scan PATH`")
            })?;
        let examined_at = entry.source.as_ref().unwrap_or(&before.skill.path);
        let path = entry.moved_to.as_ref().unwrap_or(examined_at);
        let report = self.examine(&Known {
            path: Path::new(path),
            examined_at: Path::new(examined_at),
            kind: before.skill.kind,
            name: &entry.subject,
            digest: &entry.part,
            modes: &entry.modes,
        })?;
        rows.put_report(&report, &act())?;
        promotes(&report)
    }

    /// Examines a promoted skill at its destination; what no longer passes is quarantined.
    pub(super) fn promoted(&self, promotion: &Promotion) -> anyhow::Result<()> {
        let rows = self.store.tenant(self.rows.tenant());
        let before = rows.report(&promotion.report)?;
        let report = self.examine(&Known {
            path: Path::new(&promotion.destination),
            examined_at: Path::new(&promotion.destination),
            kind: before.skill.kind,
            name: &promotion.skill,
            digest: &promotion.digest,
            modes: &BTreeMap::new(),
        })?;
        let act = act();
        rows.put_verdicts([verdict(&report, act.at_ms)], &act)?;
        promotes(&report)
    }

    fn examine(&self, known: &Known<'_>) -> anyhow::Result<Report> {
        let loaded = super::configuration(
            self.rows.config.as_deref(),
            std::slice::from_ref(&known.path.to_owned()),
        )?;
        let skill = reload(known, LoadLimits::from(&loaded.config.scan))?;
        let scanner = loaded.scanner()?;
        crate::interrupt::listen()?;
        let chosen = Chosen::from(&loaded.config.sandbox);
        let simulation = Simulation::unless(self.static_only, &chosen);
        let gate = Gate {
            scanner: &scanner,
            simulation,
            policy: loaded.policy()?,
            config: &loaded.config,
            accepted: accepted(&loaded)?,
            cache: None,
            shared_names: BTreeMap::new(),
        };
        Ok(gate.examine_skill(skill).report)
    }
}

fn accepted(loaded: &Loaded) -> anyhow::Result<Accepted> {
    let today = OffsetDateTime::now_utc().date();
    Ok(Accepted::new(
        Baseline::read(None)?,
        &loaded.config.suppress,
        today,
    )?)
}

fn promotes(report: &Report) -> anyhow::Result<()> {
    match report.verdict.decision {
        Decision::Promote => Ok(()),
        Decision::Quarantine => bail!(
            "the new examination of `{}` does not promote it: {}; `skillgate report {}` says more",
            report.skill.name.escape_debug(),
            reason(report).escape_debug(),
            report.id
        ),
    }
}

fn act() -> Act {
    Act::now("skillgate quarantine release", "examined again")
}
