//! `skillgate suggest SKILL`: the least a skill must declare, as lines for its manifest.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::ExitCode;

use skillgate_model::{Effect, Report, SkillKind};
use skillgate_permissions::least;
use skillgate_pipeline::{Accepted, Gate, Simulation};
use skillgate_sandbox::Choice;
use skillgate_scanner::Scanner;

use crate::args::Suggest;
use crate::interrupt;

pub(crate) fn run(args: &Suggest) -> anyhow::Result<ExitCode> {
    let (candidate, loaded) = super::only_one(&args.path, args.config.as_deref())?;
    interrupt::listen()?;
    let scanner = Scanner::new(loaded.rules()?);
    let choice = Choice {
        require_full: false,
        ..Choice::from(&loaded.config.sandbox)
    };
    let backend = match args.static_only {
        true => None,
        false => Some(skillgate_sandbox::select(&choice)?),
    };
    let gate = Gate {
        scanner: &scanner,
        simulation: backend.as_deref().map_or(Simulation::Off, Simulation::In),
        policy: loaded.policy()?,
        config: &loaded.config,
        accepted: Accepted::default(),
        cache: None,
        shared_names: std::collections::BTreeMap::new(),
    };
    super::print(&show(&gate.examine(&candidate).report))?;
    Ok(ExitCode::SUCCESS)
}

fn show(report: &Report) -> String {
    let table = &report.effects;
    let needed: BTreeSet<Effect> = table
        .inferred
        .iter()
        .chain(&table.observed)
        .cloned()
        .collect();
    let needed: Vec<Effect> = needed.into_iter().collect();
    let mut text = match report.skill.kind {
        SkillKind::Folder => "# in the front matter of SKILL.md\n".to_owned(),
        SkillKind::File => {
            "# in the module's docstring, indented below a line `skillgate:`\n".to_owned()
        }
    };
    let suggestions = least(&needed);
    if suggestions.is_empty() {
        text.push_str("effects: []\n");
        return text;
    }
    text.push_str("effects:\n");
    for suggestion in suggestions {
        let widened = suggestion
            .widened
            .map(|why| format!("  # {why}"))
            .unwrap_or_default();
        let _ = writeln!(text, "  - {:?}{widened}", suggestion.scope);
    }
    for unused in &table.unused {
        let _ = writeln!(
            text,
            "# declared and never needed: {}",
            unused.escape_debug()
        );
    }
    text
}
