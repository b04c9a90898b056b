//! `skillgate doctor`: what this machine's sandbox can enforce, and how to get the rest.

use std::fmt::Write;
use std::process::ExitCode;

use serde_json::json;
use skillgate_model::{Control, Tier};
use skillgate_sandbox::{Choice, Row};

use crate::args::Doctor;

/// No backend can isolate a skill here.
const NO_SANDBOX: u8 = 1;

pub(crate) fn run(args: &Doctor) -> anyhow::Result<ExitCode> {
    let loaded = super::configuration(args.config.as_deref(), &[])?;
    let rows = skillgate_sandbox::doctor(&Choice::from(&loaded.config.sandbox));
    let text = if args.json {
        to_json(&rows)?
    } else {
        table(&rows)
    };
    super::print(&text)?;
    let usable = rows.iter().any(|row| row.state.is_ok());
    Ok(if usable {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NO_SANDBOX)
    })
}

fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        match &row.state {
            Err(unavailable) => {
                let _ = writeln!(text, "{:<8} not available: {unavailable}", row.backend);
                if !unavailable.remedy.is_empty() {
                    let _ = writeln!(text, "  to get it     {}", unavailable.remedy);
                }
            }
            Ok(probe) => {
                let _ = writeln!(text, "{:<8} {}", row.backend, tier(probe.tier));
                for control in &probe.enforced {
                    let _ = writeln!(text, "  enforced      {}", name(*control));
                }
                for missing in &probe.not_enforced {
                    let _ = writeln!(
                        text,
                        "  not enforced  {}: {}",
                        name(missing.control),
                        missing.reason
                    );
                }
                for note in &row.notes {
                    let _ = writeln!(text, "  note          {note}");
                }
            }
        }
    }
    text
}

const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Full => "full isolation",
        Tier::Nested => "nested: Landlock, seccomp and limits, without namespaces",
        Tier::None => "runs nothing",
    }
}

/// The name a control has in reports.
fn name(control: Control) -> String {
    let quoted = serde_json::to_value(control).unwrap_or_default();
    quoted.as_str().unwrap_or_default().to_owned()
}

fn to_json(rows: &[Row]) -> anyhow::Result<String> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| match &row.state {
            Err(unavailable) => json!({ "backend": row.backend, "available": false, "reason": unavailable.to_string(), "remedy": unavailable.remedy }),
            Ok(probe) => json!({
                "backend": row.backend,
                "available": true,
                "tier": probe.tier,
                "enforced": probe.enforced,
                "not_enforced": probe.not_enforced,
                "notes": row.notes,
            }),
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
