//! Every vector of `fixtures/permissions/vectors.json`, over the list and over the compiled policy.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use serde_json::Value;
use skillgate_permissions::{
    Chain, Policy, PolicyText, Request, Scope, check_permission, is_subset,
};

const VECTORS: &str = include_str!("../../../fixtures/permissions/vectors.json");

fn cases(key: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors[key].as_array().unwrap().clone()
}

fn texts(value: &Value) -> Vec<String> {
    let entries = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
    entries.iter().map(|entry| text(entry).to_owned()).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn policy(case: &Value) -> Option<Policy> {
    let (allow, deny) = (texts(&case["permissions"]), texts(&case["deny"]));
    let quarantined = texts(&case["quarantined"]);
    Policy::compile(&PolicyText {
        allow: &allow,
        deny: &deny,
        quarantined: &quarantined,
    })
    .ok()
}

#[test]
fn all_core_vectors_hold_for_the_list_and_for_the_policy() {
    let cases = cases("vectors");
    assert_eq!(cases.len(), 86);
    for case in cases {
        let (tool, expected) = (text(&case["tool"]), case["expected"].as_bool().unwrap());
        let listed = check_permission(tool, texts(&case["permissions"]));
        assert_eq!(listed, expected, "{case}");
        let policy = policy(&case).unwrap();
        assert_eq!(
            policy.decide(&Request::tool(tool)).allow,
            expected,
            "{case}"
        );
    }
}

#[test]
fn all_extension_vectors_hold() {
    let cases = cases("extension_vectors");
    assert_eq!(cases.len(), 20);
    for case in cases {
        let got = match text(&case["kind"]) {
            "deny" | "quarantine" => {
                Value::from(decide(&case, &Request::tool(text(&case["tool"]))))
            }
            "deny-malformed" => policy(&case).map_or(Value::from("error"), |_| Value::from(true)),
            "chain" => Value::from(chain(&case)),
            "subset" => Value::from(is_subset(&scopes(&case["child"]), &scopes(&case["parent"]))),
            "args" => Value::from(decide(
                &case,
                &Request {
                    name: text(&case["tool"]),
                    resource: case["args"]["path"].as_str(),
                },
            )),
            other => panic!("no test reads the kind {other}"),
        };
        assert_eq!(got, case["expected"], "{case}");
    }
}

fn decide(case: &Value, request: &Request<'_>) -> bool {
    policy(case).unwrap().decide(request).allow
}

fn chain(case: &Value) -> bool {
    let links: Vec<Policy> = case["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| {
            let allow = texts(link);
            Policy::compile(&PolicyText {
                allow: &allow,
                ..PolicyText::default()
            })
            .unwrap()
        })
        .collect();
    let root = Chain::root(&links[0]);
    let chain = links[1..]
        .iter()
        .try_fold(root, |chain, link| chain.child(link))
        .unwrap();
    chain
        .decide(&Request::tool(text(&case["tool"])))
        .decision
        .allow
}

fn scopes(value: &Value) -> Vec<Scope> {
    let texts = texts(value);
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
