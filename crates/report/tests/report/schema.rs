//! The published schema describes what the format `json` writes, and nothing looser.

use expect_test::expect_file;
use serde_json::{Value, json};
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
    let reports: Vec<skillgate_model::Report> =
        serde_json::from_value(document["reports"].clone()).unwrap();
    assert_eq!(reports, samples::all());
}
