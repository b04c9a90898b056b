//! `skillgate policy test`: the examples that a policy's author wrote beside the rules.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use skillgate_permissions::Example;

use crate::commands::rows::RowFormat;

pub(super) fn run(file: Option<&Path>, format: RowFormat) -> anyhow::Result<ExitCode> {
    let (_, examples) = super::source::read(file)?;
    let failures = examples.iter().filter(|example| !example.holds()).count();
    let mut text: String = examples.iter().map(line).collect();
    let _ = writeln!(text, "{} examples, {failures} failures", examples.len());
    let record: Vec<_> = examples.iter().map(record).collect();
    super::print(format, &record, &text)?;
    Ok(super::exit(failures == 0))
}

fn line(example: &Example) -> String {
    let word = if example.holds() { "ok  " } else { "FAIL" };
    format!("{word}  {}: {}\n", example.place, example.explanation)
}

fn record(example: &Example) -> serde_json::Value {
    json!({
        "line": example.place.line,
        "grant": example.place.grant,
        "request": example.text,
        "expected": example.expected,
        "allow": example.allowed,
        "holds": example.holds(),
        "why": example.explanation,
    })
}
