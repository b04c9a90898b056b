//! Chunk by chunk through all candidates: examine, keep, act, report.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use skillgate_model::{Decision, Quarantine, ReasonKind, Report};
use skillgate_pipeline::{
    Candidate, Examined, Gate, Simulation, beside, promote, quarantine, tools_of,
};
use skillgate_report::Writer;

use super::output::Output;
use crate::args::Scan;
use crate::commands::ledger::Ledger;
use crate::commands::{format, say, unless_broken_pipe};
use crate::interrupt;

/// Skills examined before their reports are written.
const CHUNK: usize = 64;
/// Chunks examined side by side, so that no thread waits for the last skill of one; each has one more behind it that
/// waits to be written.
const LANES: usize = 2;

/// What decides the exit code.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    /// Quarantined for a reason other than being incomplete.
    pub(super) quarantined: usize,
    /// Not wholly examined, whatever the profile makes of it.
    pub(super) incomplete: usize,
    /// Promotions and quarantines that could not be carried out.
    pub(super) failed_actions: usize,
}

/// One run of `skillgate scan`.
pub(super) struct Session<'s> {
    pub(super) args: &'s Scan,
    pub(super) gate: &'s Gate<'s>,
    pub(super) ledger: &'s Ledger,
    /// Where each skill was promoted from in this run, so that two of one name do not replace each other.
    promoted: BTreeMap<PathBuf, PathBuf>,
    counts: Counts,
}

impl<'s> Session<'s> {
    pub(super) fn new(args: &'s Scan, gate: &'s Gate<'s>, ledger: &'s Ledger) -> Self {
        Self {
            args,
            gate,
            ledger,
            promoted: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn run(mut self, candidates: &[Candidate]) -> anyhow::Result<Counts> {
        let threads = self.args.jobs.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        // Threads that wait to be ended by the system keep nobody from leaving.
        let pool = ManuallyDrop::new(pool.build()?);
        let progress = progress(candidates.len(), self.args.quiet);
        let mut output = Output::open(self.args)?;
        let style = output.style(self.args);
        let mut writer = Writer::new(format(&self.args.format)?, style, &mut output);
        let gate = self.gate;
        std::thread::scope(|scope| {
            // While one chunk is written durably, the next ones are examined.
            let (progress, pool) = (&progress, &pool);
            let lane = |first: usize| {
                let (done, chunks) = mpsc::sync_channel(1);
                scope.spawn(move || {
                    for chunk in candidates.chunks(CHUNK).skip(first).step_by(LANES) {
                        let examined = pool.install(|| examine(gate, chunk, progress));
                        if done.send(examined).is_err() || interrupt::is_set() {
                            break;
                        }
                    }
                });
                chunks
            };
            let lanes: [mpsc::Receiver<Vec<Examined>>; LANES] = std::array::from_fn(lane);
            let mut in_order = lanes.iter().cycle().map_while(|lane| lane.recv().ok());
            in_order.try_for_each(|chunk| {
                self.keep(&chunk)?;
                // While the bar is suspended, whoever moves it waits: the store must not be written meanwhile.
                progress.suspend(|| self.conclude(&chunk, &mut writer))
            })
        })?;
        progress.finish_and_clear();
        unless_broken_pipe(writer.finish().map(|_| ()))?;
        output.close()?;
        Ok(self.counts)
    }

    /// Keeps the reports, durably.
    fn keep(&self, examined: &[Examined]) -> anyhow::Result<()> {
        // What was asked for by name must work; without a name, that nothing works is part of every verdict.
        if let Simulation::In(chosen) = self.gate.simulation
            && let Some(refusal) = chosen.refusal()
        {
            return Err(refusal.clone().into());
        }
        let reports: Vec<&Report> = examined.iter().map(|one| &one.report).collect();
        self.ledger.keep(&reports)?;
        Ok(())
    }

    /// Carries out the verdicts and writes the reports, which are kept already.
    fn conclude(&mut self, examined: &[Examined], writer: &mut Writer<'_>) -> anyhow::Result<()> {
        let blocked = self.ledger.blocked_tools()?;
        for one in examined {
            self.count(&one.report);
            self.gate.accepted.baseline.note(&one.report);
            unless_broken_pipe(writer.report(&one.report))?;
            if self.is_withdrawn(one, &blocked) {
                continue;
            }
            if let Err(error) = self.act(one) {
                self.counts.failed_actions += 1;
                say(format_args!(
                    "error: {}: {error:#}",
                    one.report.skill.name.escape_debug()
                ));
            }
        }
        Ok(())
    }

    fn count(&mut self, report: &Report) {
        let verdict = &report.verdict;
        let bad = verdict
            .reasons
            .iter()
            .any(|reason| reason.kind != ReasonKind::Incomplete);
        self.counts.incomplete += usize::from(!verdict.complete);
        self.counts.quarantined += usize::from(verdict.decision == Decision::Quarantine && bad);
    }

    /// A skill is as unusable as its tool, whatever the layers say of it, until the tool is released.
    fn is_withdrawn(&mut self, examined: &Examined, blocked: &[Quarantine]) -> bool {
        if blocked.is_empty() || examined.report.verdict.decision == Decision::Quarantine {
            return false;
        }
        let tools = tools_of(&examined.skill);
        let Some(entry) = blocked.iter().find(|entry| tools.contains(&entry.subject)) else {
            return false;
        };
        self.counts.quarantined += 1;
        say(format_args!(
            "withdrawn: `{}` offers the tool `{}`, which is quarantined: {}",
            examined.report.skill.name.escape_debug(),
            entry.subject.escape_debug(),
            entry.reason.escape_debug()
        ));
        true
    }

    fn act(&mut self, examined: &Examined) -> anyhow::Result<()> {
        let report = &examined.report;
        match (
            report.verdict.decision,
            &self.args.promote_to,
            &self.args.quarantine_to,
        ) {
            (Decision::Promote, Some(folder), _) => self.promote(examined, folder),
            (Decision::Promote, None, _) | (Decision::Quarantine, _, None) => Ok(()),
            (Decision::Quarantine, _, Some(folder)) => {
                let path =
                    quarantine(&examined.skill, &serde_json::to_vec_pretty(report)?, folder)?;
                self.ledger.moved(examined, &path)?;
                let name = report.skill.name.escape_debug();
                self.note(format_args!(
                    "moved `{name}` to {}, its report to {}",
                    path.display(),
                    beside(&path).display()
                ));
                Ok(())
            }
        }
    }

    fn promote(&mut self, examined: &Examined, folder: &Path) -> anyhow::Result<()> {
        let name = PathBuf::from(examined.skill.root.file_name().unwrap_or_default());
        if let Some(other) = self.promoted.get(&name) {
            bail!(
                "not promoted: `{}` was promoted under this name in the same run",
                other.display()
            );
        }
        let path = promote(&examined.skill, folder)?;
        self.promoted.insert(name, examined.skill.root.clone());
        self.ledger.promoted(examined, &path)?;
        let name = examined.skill.name.escape_debug();
        self.note(format_args!("promoted `{name}` to {}", path.display()));
        Ok(())
    }

    fn note(&self, line: std::fmt::Arguments<'_>) {
        if !self.args.quiet {
            say(line);
        }
    }
}

/// Leaves out what was not begun, or not finished, because of an interrupt.
fn examine(gate: &Gate<'_>, candidates: &[Candidate], progress: &ProgressBar) -> Vec<Examined> {
    let examine = |candidate: &Candidate| {
        if interrupt::is_set() {
            return None;
        }
        let examined = gate.examine(candidate);
        progress.inc(1);
        Some(examined).filter(|_| !interrupt::is_set())
    };
    candidates.par_iter().filter_map(examine).collect()
}

fn progress(total: usize, quiet: bool) -> ProgressBar {
    // indicatif draws nothing where standard error is no terminal.
    let target = if quiet {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(total as u64), target);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} skills {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
