//! `skillgate suggest SKILL`: the least a skill must declare, as a patch for its manifest.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Context;
use skillgate_model::{Effect, Report, Skill, SkillKind};
use skillgate_permissions::{Suggestion, least};
use skillgate_pipeline::{Accepted, Chosen, Gate, Simulation, declare, unified};
use skillgate_sandbox::Choice;

use crate::args::Suggest;
use crate::interrupt;

pub(crate) fn run(args: &Suggest) -> anyhow::Result<ExitCode> {
    let (candidate, loaded) = super::only_one(&args.path, args.config.as_deref())?;
    interrupt::listen()?;
    let scanner = loaded.scanner()?;
    let choice = Choice {
        require_full: false,
        ..Choice::from(&loaded.config.sandbox)
    };
    let chosen = Chosen::new(choice);
    if !args.static_only {
        chosen.backend().map_err(Clone::clone)?;
    }
    let simulation = Simulation::unless(args.static_only, &chosen);
    let gate = Gate {
        scanner: &scanner,
        simulation,
        policy: loaded.policy()?,
        config: &loaded.config,
        accepted: Accepted::default(),
        cache: None,
        shared_names: std::collections::BTreeMap::new(),
    };
    let examined = gate.examine(&candidate);
    super::print(&show(&examined.report, &examined.skill)?)?;
    Ok(ExitCode::SUCCESS)
}

/// A patch for the manifest; where it cannot be edited with certainty, the lines for its author.
fn show(report: &Report, skill: &Skill) -> anyhow::Result<String> {
    let table = &report.effects;
    let needed: BTreeSet<Effect> = table
        .inferred
        .iter()
        .chain(&table.observed)
        .cloned()
        .collect();
    let needed: Vec<Effect> = needed.into_iter().collect();
    let suggestions = least(&needed);
    let mut text = String::new();
    for unused in &table.unused {
        let _ = writeln!(
            text,
            "# declared and never needed: {}",
            unused.escape_debug()
        );
    }
    for wide in suggestions.iter().filter(|one| one.widened.is_some()) {
        let why = wide.widened.unwrap_or_default();
        let _ = writeln!(text, "# widened: {}: {why}", wide.scope.escape_debug());
    }
    let Some(proposal) = declare(skill, &suggestions) else {
        return Ok(text + &by_hand(report.skill.kind, &suggestions));
    };
    if proposal.old == proposal.new {
        return Ok(text + "# the manifest declares the least already\n");
    }
    let folder = std::env::current_dir().context("the working directory cannot be found")?;
    let path = std::path::absolute(&proposal.path).unwrap_or(proposal.path);
    // Both tools take paths from the folder they run in, and neither takes an absolute one.
    let path = path
        .strip_prefix(&folder)
        .or_else(|_| path.strip_prefix("/"))
        .unwrap_or(&path);
    match unified(path, &proposal.old, &proposal.new) {
        Some(patch) => Ok(text + &patch),
        None => Ok(text + &by_hand(report.skill.kind, &suggestions)),
    }
}

fn by_hand(kind: SkillKind, suggestions: &[Suggestion]) -> String {
    let place = match kind {
        SkillKind::Folder => "in the front matter of SKILL.md",
        SkillKind::File => "in the module's docstring, indented below a line `skillgate:`",
    };
    let mut text = format!("# no patch can be made; {place}:\n");
    text.push_str(if suggestions.is_empty() {
        "effects: []\n"
    } else {
        "effects:\n"
    });
    for suggestion in suggestions {
        let why = suggestion.widened.map(|why| format!("  # {why}"));
        let _ = writeln!(
            text,
            "  - {:?}{}",
            suggestion.scope,
            why.unwrap_or_default()
        );
    }
    text
}
