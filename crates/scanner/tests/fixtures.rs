//! Every built-in rule is proven by the fixtures.

use std::path::Path;

use skillgate_scanner::{Rules, catalogue, check_fixtures};

#[test]
fn every_fixture_has_exactly_the_findings_it_declares() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let report = check_fixtures(&Rules::built_in().unwrap(), &dir).unwrap();
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn the_catalogue_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    let current = catalogue(&Rules::built_in().unwrap());
    if std::env::var_os("SKILLGATE_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &current).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == current,
        "docs/rules.md is stale: run the test with SKILLGATE_BLESS=1"
    );
}
