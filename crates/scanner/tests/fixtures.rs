//! Every built-in rule is proven by the fixtures.

use std::path::Path;

use skillgate_scanner::{Rules, check_fixtures};

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
