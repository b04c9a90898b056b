//! Whole skills of the kind people write: the right ones pass, each wrong one for its own reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::place::{Place, Report, repository, simulates};

#[derive(serde::Deserialize)]
struct Expected {
    promote: BTreeSet<String>,
    quarantine: BTreeMap<String, String>,
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A working folder with `fixtures/skills`, and a limit that keeps the hanging one short.
pub(crate) fn place(wall_ms: u32) -> Place {
    let place = Place::new();
    renew(&place);
    place.write("skillgate.toml", format!("[limits]\nwall-ms = {wall_ms}\n"));
    place
}

/// Puts back what a command has moved away.
pub(crate) fn renew(place: &Place) {
    for folder in ["fixtures/skills", "fixtures/permissions"] {
        copy(&repository().join(folder), &place.path(folder));
    }
}

fn layers(report: &Report) -> [&str; 3] {
    ["scan", "simulation", "permissions"].map(|layer| report.0[layer]["status"].as_str().unwrap())
}

#[test]
fn every_skill_gets_the_expected_verdict_for_the_expected_reason() {
    if !simulates() {
        return;
    }
    let place = place(8000);
    let expected: Expected = toml::from_str(&place.read("fixtures/skills/expected.toml")).unwrap();
    let outcome = place.scan(&["fixtures/skills"]);
    let reports = outcome.exits(1).reports();
    let names: BTreeSet<&str> = reports.iter().map(Report::name).collect();
    let named = expected.promote.iter().chain(expected.quarantine.keys());
    assert_eq!(names, named.map(String::as_str).collect());
    let mut wrong = Vec::new();
    for report in &reports {
        let right = match expected.quarantine.get(report.name()) {
            Some(ground) => !report.promoted() && report.grounds().contains(ground),
            None => report.promoted() && report.complete(),
        };
        if !right {
            wrong.push(format!("{}: {:#}", report.name(), report.0["verdict"]));
        }
        assert!(!layers(report).contains(&"not-run"), "{}", report.name());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let grounds: BTreeSet<&String> = expected.quarantine.values().collect();
    assert_eq!(
        grounds.len(),
        expected.quarantine.len(),
        "each for another reason"
    );
}

#[test]
fn a_missing_dependency_is_said_and_is_no_crime() {
    if !simulates() {
        return;
    }
    let report = place(8000)
        .scan(&["fixtures/skills/image-resize"])
        .exits(0)
        .report();
    report.is_promoted().mentions("simulated in part");
    assert_eq!(report.lines_of("GATE-SIM-010").len(), 1);
    assert_eq!(layers(&report)[1], "incomplete");
}

#[test]
fn every_file_of_a_skill_is_in_the_ledger() {
    let report = place(8000)
        .scan_static(&["fixtures/skills/model-cache"])
        .report();
    let coverage = report.0["coverage"].as_array().unwrap();
    let paths: Vec<&str> = coverage
        .iter()
        .map(|entry| entry["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths, ["SKILL.md", "data/warm.bin", "scripts/classify.py"]);
}

#[test]
fn nothing_of_a_candidate_happens_outside_the_sandbox() {
    let place = Place::new();
    let marker = place.root().join("marker");
    let text = format!(
        "import pathlib\n\nTARGET = {:?}\n\n\ndef touch() -> None:\n    pathlib.Path(TARGET).write_text('x')\n\n\ntouch()\n",
        marker.display().to_string()
    );
    place.write("touches.py", text);
    place.scan(&["touches.py"]);
    assert!(!marker.exists());
}
