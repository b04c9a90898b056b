//! `json` keeps to our published schema, `sarif` to the official one and to GitHub's limits.

use expect_test::expect_file;
use serde_json::{Value, json};
use skillgate_model::Report;
use skillgate_report::{Audience, Style, json_schema};

use crate::{samples, written};

fn document(audience: Audience) -> Value {
    let style = Style {
        audience,
        ..Style::default()
    };
    serde_json::from_str(&written("json", style, &samples::all())).expect("the format writes JSON")
}

fn is_valid(document: &Value) -> bool {
    jsonschema::is_valid(&json_schema(), document)
}

#[test]
fn the_published_schema_is_current() {
    let text = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    expect_file!["../../../../docs/report.schema.json"].assert_eq(&text);
}

#[test]
fn every_document_is_valid() {
    for audience in [Audience::Operator, Audience::Author] {
        let document = document(audience);
        jsonschema::validate(&json_schema(), &document).unwrap();
    }
    let empty = written("json", Style::default(), &[]);
    assert!(is_valid(&serde_json::from_str(&empty).unwrap()));
    let hostile = written(
        "json",
        Style::default(),
        &[samples::hostile("\u{202e}\x1b")],
    );
    assert!(is_valid(&serde_json::from_str(&hostile).unwrap()));
}

#[test]
fn the_schema_refuses_a_broken_document() {
    for (pointer, value) in [
        ("/schema", json!(null)),
        ("/summary/promoted", json!(-1)),
        ("/reports/1/verdict/decision", json!("maybe")),
        ("/reports/1/verdict/reasons/0/effect", json!("disk")),
        ("/reports/1/findings/0/severity", json!("awful")),
        ("/reports/1/coverage/0/state", json!("skimmed")),
        ("/reports/1/scan", json!({})),
    ] {
        let mut document = document(Audience::Operator);
        *document.pointer_mut(pointer).unwrap() = value;
        assert!(!is_valid(&document), "{pointer}");
    }
}

#[test]
fn the_schema_refuses_detector_details_for_the_author() {
    let mut document = document(Audience::Author);
    document["reports"][1]["reasons"][0]["rule"] = json!("SEC-CALL-008");
    assert!(!is_valid(&document));
}

#[test]
fn a_report_reads_back_from_the_document() {
    let document = document(Audience::Operator);
    let reports: Vec<Report> = serde_json::from_value(document["reports"].clone()).unwrap();
    assert_eq!(reports, samples::all());
}

/// The schema as published in Microsoft's SARIF SDK under the MIT licence.
const SARIF: &str = include_str!("../../../../fixtures/reports/sarif-schema-2.1.0.json");

fn sarif(audience: Audience, reports: &[Report]) -> Value {
    let style = Style {
        audience,
        ..Style::default()
    };
    serde_json::from_str(&written("sarif", style, reports)).expect("the format writes JSON")
}

#[test]
fn every_sarif_log_is_valid() {
    let schema: Value = serde_json::from_str(SARIF).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let hostile = [
        samples::hostile("](\u{202e}{0}% \\ javascript:x?#"),
        samples::hostile(""),
    ];
    for audience in [Audience::Operator, Audience::Author] {
        for reports in [&samples::all()[..], &hostile, &[]] {
            validator.validate(&sarif(audience, reports)).unwrap();
        }
    }
    assert!(!validator.is_valid(&json!({ "version": "2.1.0", "runs": [{}] })));
}

#[test]
fn a_sarif_result_names_a_rule_that_is_there() {
    let log = sarif(Audience::Operator, &samples::all());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 8);
    for result in results {
        assert!(
            rules.iter().any(|rule| rule["id"] == result["ruleId"]),
            "{result}"
        );
        assert!(!result["partialFingerprints"]["primaryLocationLineHash"].is_null());
    }
    for rule in rules {
        let score = rule["properties"]["security-severity"].as_str().unwrap();
        assert!((0.1..=10.0).contains(&score.parse::<f64>().unwrap()));
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
    }
}

#[test]
fn sarif_taxa_are_defined_where_rules_refer_to_them() {
    let log = sarif(Audience::Operator, &samples::all());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let relations = rules
        .iter()
        .filter_map(|rule| rule["relationships"].as_array());
    let targets: Vec<_> = relations
        .flatten()
        .map(|relation| &relation["target"])
        .collect();
    assert_eq!(targets.len(), 8);
    for target in targets {
        let list = target["toolComponent"]["index"].as_u64().unwrap() as usize;
        let taxonomy = &run["taxonomies"][list];
        assert_eq!(taxonomy["name"], target["toolComponent"]["name"]);
        let taxa = taxonomy["taxa"].as_array().unwrap();
        assert!(
            taxa.iter().any(|taxon| taxon["id"] == target["id"]),
            "{target}"
        );
    }
}

#[test]
fn sarif_stops_at_githubs_limit_and_keeps_what_gates() {
    let mut notes = samples::promoted();
    notes.findings = vec![notes.findings[0].clone(); 20_100];
    let mut gating = samples::quarantined();
    gating.verdict.reasons = vec![gating.verdict.reasons[2].clone(); 5_100];
    gating.findings.clear();
    let log = sarif(Audience::Operator, &[notes, gating]);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let gates = results
        .iter()
        .filter(|result| result["properties"]["gates"] == true);
    assert_eq!((results.len(), gates.count()), (25_000, 5_000));
    let notes = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(
        notes[0]["message"]["text"],
        "200 results left out: at most 25000 fit into one file"
    );
}
