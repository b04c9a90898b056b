//! `skillgate rules list | show ID | test DIR`.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use skillgate_model::RuleInfo;
use skillgate_pipeline::GATE_RULES;
use skillgate_scanner::{Rules, check_fixtures};

use crate::args::{Rules as Args, RulesCommand};

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        RulesCommand::List { json } => list(*json),
        RulesCommand::Show { id } => show(id),
        RulesCommand::Test { folder } => test(folder),
    }
}

fn all() -> anyhow::Result<Vec<(RuleInfo, String)>> {
    let loaded = super::configuration(None, &[])?;
    let rules = loaded.rules()?;
    let scanned = rules
        .iter()
        .map(|rule| (rule.info.as_ref().clone(), rule.language.clone()));
    let of_gate = GATE_RULES
        .iter()
        .map(|rule| (rule.info(), "gate".to_owned()));
    let mut all: Vec<_> = scanned.chain(of_gate).collect();
    all.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    Ok(all)
}

fn list(json: bool) -> anyhow::Result<ExitCode> {
    let rules = all()?;
    if json {
        let infos: Vec<&RuleInfo> = rules.iter().map(|(info, _)| info).collect();
        super::print(&(serde_json::to_string_pretty(&infos)? + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for (info, language) in rules {
        let _ = writeln!(
            text,
            "{:<16} {:<9} {:<11} {}",
            info.id,
            info.severity.as_str(),
            language,
            info.title
        );
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn show(id: &str) -> anyhow::Result<ExitCode> {
    let rules = all()?;
    let Some((info, language)) = rules
        .iter()
        .find(|(info, _)| info.id.eq_ignore_ascii_case(id))
    else {
        bail!("there is no rule `{id}`; `skillgate rules list` prints them all");
    };
    let mut text = format!("{}: {}\n\n", info.id, info.title);
    let _ = writeln!(text, "A match {}.", info.message);
    let _ = writeln!(text, "What to do: {}.\n", info.remedy);
    let _ = writeln!(text, "severity    {}", info.severity.as_str());
    let _ = writeln!(text, "confidence  {}", info.confidence.as_str());
    let _ = writeln!(text, "language    {language}");
    let excusable = if info.excusable {
        "by a declared and granted effect"
    } else {
        "by nothing"
    };
    let _ = writeln!(text, "excused     {excusable}");
    for (list, ids) in [
        ("CWE", &info.taxonomy.cwe),
        ("OWASP LLM", &info.taxonomy.owasp_llm),
        ("OWASP ASI", &info.taxonomy.owasp_asi),
        ("OWASP AST", &info.taxonomy.owasp_ast),
        ("ATLAS", &info.taxonomy.atlas),
    ] {
        if !ids.is_empty() {
            let _ = writeln!(text, "{list:<11} {}", ids.join(", "));
        }
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// The user's rules alone, against the user's fixtures.
fn test(folder: &Path) -> anyhow::Result<ExitCode> {
    let rules = Rules::parse(skillgate_pipeline::rule_files(&folder.join("rules"))?)?;
    if rules.iter().next().is_none() {
        bail!(
            "there is no `.yml` file in `{}`",
            folder.join("rules").display()
        );
    }
    let report = check_fixtures(&rules, &folder.join("fixtures"))
        .context("the fixtures cannot be checked")?;
    for failure in &report.failures {
        super::print(&format!("{failure}\n"))?;
    }
    super::print(&format!(
        "{} fixtures, {} failures\n",
        report.checked,
        report.failures.len()
    ))?;
    Ok(ExitCode::from(u8::from(!report.failures.is_empty())))
}
