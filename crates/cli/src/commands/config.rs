//! `skillgate config show`: what holds, and where each value comes from.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use skillgate_permissions::{BuiltinRule, DEFAULT_DENIES, DEFAULT_GRANTS};
use skillgate_pipeline::{Loaded, Origin, Requirement};
use skillgate_store::Store;

use crate::args::{Config, ConfigCommand};

pub(crate) fn run(args: &Config) -> anyhow::Result<ExitCode> {
    let ConfigCommand::Show { config } = &args.command;
    let loaded = super::configuration(config.as_deref(), &[])?;
    super::print(&show(&loaded))?;
    Ok(ExitCode::SUCCESS)
}

fn show(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut section = "";
    for (key, value) in values(loaded) {
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        if table != section {
            let _ = writeln!(text, "\n[{table}]");
            section = table;
        }
        let line = format!("{name} = {value}");
        let _ = writeln!(text, "{line:<40} # {}", origin(&loaded.origin(key)));
    }
    text + &grants(loaded)
}

fn values(loaded: &Loaded) -> Vec<(&'static str, String)> {
    let config = &loaded.config;
    let quoted = |text: &str| format!("{text:?}");
    let list = |items: &[String]| format!("{items:?}");
    let require = match config.sandbox.require {
        Requirement::Available => "available",
        Requirement::Full => "full",
    };
    let fail_on = config.fail_on.map_or_else(
        || "\"by profile\"".to_owned(),
        |severity| quoted(severity.as_str()),
    );
    let extra: Vec<String> = config
        .rules
        .extra
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    vec![
        ("profile", quoted(config.profile.as_str())),
        ("fail-on", fail_on),
        ("store", quoted(&Store::shown(&loaded.store_place()))),
        (
            "decisions.log",
            quoted(
                &loaded
                    .decisions_file()
                    .map_or_else(|| "none".to_owned(), |file| file.display().to_string()),
            ),
        ),
        ("decisions.format", word(&config.decisions.format)),
        ("decisions.audit", word(&config.decisions.audit)),
        (
            "sandbox.backend",
            quoted(config.sandbox.backend.as_deref().unwrap_or("strongest")),
        ),
        ("sandbox.require", quoted(require)),
        (
            "sandbox.image",
            quoted(config.sandbox.image.as_deref().unwrap_or("")),
        ),
        (
            "sandbox.socket",
            quoted(
                &config
                    .sandbox
                    .socket
                    .clone()
                    .unwrap_or_default()
                    .display()
                    .to_string(),
            ),
        ),
        (
            "sandbox.nsjail",
            quoted(
                &config
                    .sandbox
                    .nsjail
                    .clone()
                    .unwrap_or_default()
                    .display()
                    .to_string(),
            ),
        ),
        ("sandbox.pull", config.sandbox.pull.to_string()),
        (
            "sandbox.python",
            quoted(
                &config
                    .sandbox
                    .python
                    .as_deref()
                    .unwrap_or(Path::new("python3"))
                    .display()
                    .to_string(),
            ),
        ),
        ("limits.wall-ms", config.limits.wall_ms.to_string()),
        ("limits.import-ms", config.limits.import_ms.to_string()),
        ("limits.cpu-ms", config.limits.cpu_ms.to_string()),
        (
            "limits.memory-bytes",
            config.limits.memory_bytes.to_string(),
        ),
        ("limits.pids", config.limits.pids.to_string()),
        ("limits.file-bytes", config.limits.file_bytes.to_string()),
        ("limits.work-bytes", config.limits.work_bytes.to_string()),
        ("limits.work-inodes", config.limits.work_inodes.to_string()),
        (
            "limits.output-bytes",
            config.limits.output_bytes.to_string(),
        ),
        ("scan.file-bytes", config.scan.file_bytes.to_string()),
        ("scan.skill-bytes", config.scan.skill_bytes.to_string()),
        ("scan.files", config.scan.files.to_string()),
        (
            "scan.second-opinion",
            config.scan.second_opinion.to_string(),
        ),
        ("rules.disable", list(&config.rules.disable)),
        ("rules.extra", list(&extra)),
    ]
}

/// A value as the configuration spells it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn grants(loaded: &Loaded) -> String {
    let mut text = String::new();
    let from = origin(&loaded.origin("grant"));
    for grant in &loaded.config.grant {
        let digest = grant.digest.as_ref();
        let digest = digest.map(|digest| format!("\ndigest = {digest:?}"));
        let digest = digest.unwrap_or_default();
        let _ = writeln!(
            text,
            "\n[[grant]] # {from}\nskill = {:?}{digest}\nallow = {:?}\ndeny = {:?}",
            grant.skill, grant.allow, grant.deny
        );
    }
    let from = origin(&loaded.origin("suppress"));
    for accepted in &loaded.config.suppress {
        let _ = writeln!(
            text,
            "\n[[suppress]] # {from}\nrule = {:?}\nreason = {:?}\nexpires = {:?}",
            accepted.rule, accepted.reason, accepted.expires
        );
    }
    let scopes = |rules: &[BuiltinRule]| {
        rules
            .iter()
            .map(|rule| rule.scope)
            .collect::<Vec<_>>()
            .join("\n#   ")
    };
    let _ = writeln!(
        text,
        "\n# a skill that no table names is granted, of what it declares:\n#   {}",
        scopes(DEFAULT_GRANTS)
    );
    let _ = writeln!(text, "# but for:\n#   {}", scopes(DEFAULT_DENIES));
    text
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default".to_owned(),
        Origin::File(path, line) => format!("{}:{line}", path.display()),
        Origin::Option(option) => format!("option {option}"),
    }
}
