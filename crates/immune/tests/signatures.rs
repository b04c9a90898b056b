//! Real error texts: the same fault gives one signature, two faults never do.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper of a test may fail like the test"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use skillgate_immune::{Failure, sign};
use skillgate_model::Signature;

/// The fault a text stands for, and the signature it gets.
fn signatures() -> Vec<(String, Signature)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/signatures");
    let mut signed = Vec::new();
    for family in ["python", "node", "http", "sql", "shell", "mcp"] {
        let text = std::fs::read_to_string(folder.join(format!("{family}.jsonl"))).unwrap();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let word = |key: &str| row[key].as_str().unwrap_or("");
            let signature = sign(&Failure {
                tool: "tool",
                class: word("class"),
                code: word("code"),
                message: word("message"),
                arguments: &row["arguments"],
            });
            signed.push((format!("{family}/{}", word("fault")), signature));
        }
    }
    signed
}

#[test]
fn every_fault_has_one_signature_and_no_two_share_one() {
    let signed = signatures();
    assert!(signed.len() >= 120, "{} texts", signed.len());
    let mut by_fault: BTreeMap<&str, Vec<&Signature>> = BTreeMap::new();
    let mut by_hash: BTreeMap<&str, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (fault, signature) in &signed {
        by_fault.entry(fault).or_default().push(signature);
        let first = by_hash.entry(&signature.hash).or_insert(fault);
        if first != fault {
            wrong.push(format!("{fault} looks like {first}: {}", signature.message));
        }
    }
    for (fault, signatures) in by_fault {
        assert!(signatures.len() >= 2, "{fault} has no pair");
        if signatures
            .iter()
            .any(|signature| signature.hash != signatures[0].hash)
        {
            let forms: Vec<_> = signatures
                .iter()
                .map(|signature| {
                    format!(
                        "{}|{}|{}",
                        signature.class, signature.message, signature.shape
                    )
                })
                .collect();
            wrong.push(format!("{fault} has several: {}", forms.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
