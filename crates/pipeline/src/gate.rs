//! One candidate through every layer: scan, simulate, permit, decide.

mod layers;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;

use skillgate_model::{Effect, Finding, Layer, Location, Profile, Report, Skill, Trace};
use skillgate_permissions::{Declared, PolicyFile};

use crate::accepted::Accepted;
use crate::assemble::LazyScanner;
use crate::behaviour::{self, Behaviour};
use crate::cache::Cache;
use crate::chosen::Chosen;
use crate::config::{Config, Requirement};
use crate::decide::{Evidence, decide};
use crate::gate_rules::{BROKEN_MANIFEST, HOSTILE_MANIFEST, REFUSED_SCOPE, SAME_NAME};
use crate::load::{left_out, load_source};
use crate::permit::Permit;
use crate::simulated::Simulated;
use crate::{Candidate, LoadLimits, load};
use summary::{layer, report_id, scan_summary, status, summary};

/// How skills are simulated.
#[derive(Clone, Copy)]
pub enum Simulation<'b> {
    /// In the backend that is chosen when the first skill needs one.
    In(&'b Chosen),
    /// Not at all, because the operator said so.
    Off,
}

impl<'b> Simulation<'b> {
    /// In what is chosen, unless the operator wants the static layers alone.
    pub const fn unless(static_only: bool, chosen: &'b Chosen) -> Self {
        match static_only {
            true => Self::Off,
            false => Self::In(chosen),
        }
    }
}

/// The gate: everything that is the same for every candidate.
pub struct Gate<'g> {
    /// Layer 1.
    pub scanner: &'g LazyScanner,
    /// Layer 2.
    pub simulation: Simulation<'g>,
    /// Layer 3.
    pub policy: PolicyFile,
    /// What the operator set.
    pub config: &'g Config,
    /// What the operator has looked at.
    pub accepted: Accepted,
    /// What was said of the same bytes before.
    pub cache: Option<Cache>,
    /// Names that several candidates bear.
    pub shared_names: BTreeMap<String, Vec<PathBuf>>,
}

/// One examined candidate: the bytes and what is said of them.
#[derive(Debug)]
pub struct Examined {
    /// What was read.
    pub skill: Skill,
    /// What is said of it.
    pub report: Report,
}

impl Gate<'_> {
    /// Examines a candidate; a bad one gets a bad verdict, never an error.
    pub fn examine(&self, candidate: &Candidate) -> Examined {
        let started = (Instant::now(), now());
        let skill = load(candidate, LoadLimits::from(&self.config.scan));
        self.examine_loaded(skill, started)
    }

    /// Examines a Python file that lies in memory alone.
    pub fn examine_source(&self, file_name: &str, bytes: &[u8]) -> Examined {
        let limits = LoadLimits::from(&self.config.scan);
        self.examine_loaded(
            load_source(file_name, bytes, limits),
            (Instant::now(), now()),
        )
    }

    /// Examines a skill that was read already.
    pub fn examine_skill(&self, skill: Skill) -> Examined {
        self.examine_loaded(skill, (Instant::now(), now()))
    }

    /// Without a simulation, the report of the same bytes under the same settings still stands.
    fn examine_loaded(&self, skill: Skill, started: (Instant, String)) -> Examined {
        let standing = match self.simulation {
            Simulation::Off if !self.config.scan.second_opinion => self.cache_for(&skill),
            Simulation::Off | Simulation::In(_) => None,
        };
        let Some(cache) = standing else {
            let report = self.report(&skill, started);
            return Examined { skill, report };
        };
        let key = [
            cache.settings(),
            &skill.digest,
            &skill.name,
            &skill.root.to_string_lossy(),
            &left_out(&skill).join(" "),
            &format!("{:?}", self.shared_names.get(&skill.name)),
        ];
        let report = cache.get("report", &key).unwrap_or_else(|| {
            let report = self.report(&skill, started);
            cache.put("report", &key, &report);
            report
        });
        Examined { skill, report }
    }

    fn report(&self, skill: &Skill, (started, started_at): (Instant, String)) -> Report {
        let (scan, scan_time) = timed(|| self.scan(skill));
        let (doubts, unadvised) = self.second_opinion(skill);
        let inferred = inferred(&scan.findings);
        let (outcome, simulation_time) = timed(|| self.simulate(skill));
        let (trace, behaviour, simulated) = read(outcome, skill, &inferred);
        let (permit, permit_time) =
            timed(|| Permit::of(skill, &inferred, &behaviour.observed, &self.policy));
        let scan_summary = scan_summary(&scan);
        let mut findings = manifest_findings(skill, &permit.declared);
        findings.extend(self.same_name(skill));
        findings.extend(scan.findings);
        findings.extend(doubts);
        findings.extend(behaviour.findings);
        let verdict = decide(Evidence {
            unadvised: unadvised.as_deref(),
            ..self.evidence(skill, &findings, &scan.coverage, &permit, &simulated)
        });
        Report {
            schema: "skillgate-report/1".to_owned(),
            id: report_id(&skill.digest, &started_at),
            tool: concat!("skillgate ", env!("CARGO_PKG_VERSION")).to_owned(),
            started_at,
            duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            profile: self.config.profile,
            scan: layer(
                status(&verdict, &[Layer::Load, Layer::Scan]),
                scan_summary,
                scan_time,
            ),
            simulation: layer(
                simulated.status(&verdict),
                simulated.summary,
                simulation_time,
            ),
            permissions: layer(
                status(&verdict, &[Layer::Permit]),
                permit.summary(),
                permit_time,
            ),
            skill: summary(skill),
            effects: permit.table(skill, inferred, behaviour.observed),
            verdict,
            findings,
            coverage: scan.coverage,
            trace,
        }
    }

    fn same_name(&self, skill: &Skill) -> Option<Finding> {
        let others = self.shared_names.get(&skill.name)?;
        let other = others.iter().find(|path| **path != skill.root)?;
        let path = skill.manifest_path.clone().unwrap_or_default();
        Some(SAME_NAME.finding(Location::file(path), None, format!("`{}`", other.display())))
    }

    fn evidence<'a>(
        &self,
        skill: &Skill,
        findings: &'a [Finding],
        coverage: &'a [skillgate_model::Coverage],
        permit: &'a Permit,
        simulated: &'a Simulated,
    ) -> Evidence<'a> {
        let (accepted, open): (Vec<&Finding>, Vec<&Finding>) = findings
            .iter()
            .partition(|finding| self.accepted.accepts(skill, finding));
        let mut qualifiers: Vec<String> = simulated.qualifier.iter().cloned().collect();
        qualifiers.extend(
            left_out(skill)
                .into_iter()
                .map(|folder| format!("without `{folder}`")),
        );
        match accepted.len() {
            0 => {}
            1 => qualifiers.push("1 finding accepted by the operator".to_owned()),
            count => qualifiers.push(format!("{count} findings accepted by the operator")),
        }
        Evidence {
            profile: self.config.profile,
            fail_on: self.config.fail_on,
            declares: permit.declares,
            findings: open,
            accepted,
            comparison: &permit.comparison,
            permitted_kinds: &permit.permitted_kinds,
            coverage,
            unsimulated: &simulated.gaps,
            needs_simulation: self.needs_simulation(simulated),
            unadvised: None,
            qualifiers,
        }
    }

    /// Whether a gap of the simulation makes the examination incomplete, or is only said.
    fn needs_simulation(&self, simulated: &Simulated) -> bool {
        match self.config.sandbox.require {
            Requirement::Full => true,
            Requirement::Available if simulated.was_declined => false,
            Requirement::Available => !simulated.ran || self.config.profile == Profile::Strict,
        }
    }
}

fn read(
    outcome: Result<(Trace, Option<String>), Simulated>,
    skill: &Skill,
    inferred: &[Effect],
) -> (Option<Trace>, Behaviour, Simulated) {
    match outcome {
        Ok((trace, unadvised)) => {
            let mut behaviour = behaviour::read(&trace, inferred, skill);
            behaviour.gaps.extend(unadvised);
            let simulated = Simulated::of(&trace, &behaviour);
            (Some(trace), behaviour, simulated)
        }
        Err(absent) => (None, Behaviour::default(), absent),
    }
}

fn manifest_findings(skill: &Skill, declared: &Declared) -> Vec<Finding> {
    let path = skill.manifest_path.clone().unwrap_or_default();
    let at = |line| Location {
        line,
        column: 1,
        end_line: line,
        end_column: 1,
        ..Location::file(&path)
    };
    let errors = skill.manifest.errors.iter().map(|error| {
        let rule = if error.fatal {
            HOSTILE_MANIFEST
        } else {
            BROKEN_MANIFEST
        };
        rule.finding(at(error.line), None, error.message.clone())
    });
    let refused = declared.refused.iter();
    let refused =
        refused.map(|error| REFUSED_SCOPE.finding(Location::file(&path), None, error.to_string()));
    errors.chain(refused).collect()
}

fn inferred(findings: &[Finding]) -> Vec<Effect> {
    let effects = findings
        .iter()
        .filter(|finding| finding.infers)
        .filter_map(|finding| finding.effect.clone());
    effects.collect::<BTreeSet<_>>().into_iter().collect()
}

fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    now.format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let started = Instant::now();
    let result = work();
    (
        result,
        u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    )
}
