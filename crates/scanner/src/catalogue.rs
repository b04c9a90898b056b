//! The catalogue of rules as Markdown, so that it is never written by hand.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::{Rule, Rules};

/// Every rule in a table for each language, sorted by id.
pub fn catalogue(rules: &Rules) -> String {
    let mut languages: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.iter() {
        languages.entry(&rule.language).or_default().push(rule);
    }
    let count = rules.iter().count();
    let mut text = format!(
        "# Rules\n\nGenerated from `rules/`; `SKILLGATE_BLESS=1 cargo test -p skillgate-scanner` writes it anew.\n\n{count} rules. `skillgate rules show ID` prints one with its remedy.\n"
    );
    for (language, rules) in languages {
        write_table(&mut text, language, &rules);
    }
    text
}

fn write_table(text: &mut String, language: &str, rules: &[&Rule]) {
    let mut rows = format!(
        "\n## {language}\n\n| id | severity | confidence | effect | excusable | title |\n|---|---|---|---|---|---|\n"
    );
    for rule in rules {
        let info = &rule.info;
        let effect = rule
            .effect
            .map_or(String::new(), |effect| format!("`{effect}`"));
        let excusable = if info.excusable { "yes" } else { "no" };
        let title = info.title.replace('|', "\\|");
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            rows,
            "| {} | {} | {} | {effect} | {excusable} | {title} |",
            info.id,
            info.severity.as_str(),
            info.confidence.as_str()
        );
    }
    text.push_str(&rows);
}
