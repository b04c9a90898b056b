//! The exported policy, decided by Cedar itself: a second opinion on the same cases.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use cedar_policy::{
    Authorizer, Context, Decision, Entities, PolicySet, Request as CedarRequest,
    RestrictedExpression,
};
use serde_json::Value;
use skillgate_permissions::cedar::{CedarValue, context, export};
use skillgate_permissions::{Policy, PolicyText, Request};

const VECTORS: &str = include_str!("../../../fixtures/permissions/vectors.json");

/// What Cedar says; an illegal name is denied without asking, as the export asks for.
fn cedar(policy: &Policy, request: &Request<'_>) -> bool {
    let Some(attributes) = context(request) else {
        return false;
    };
    let attributes = attributes.into_iter().map(|(key, value)| {
        let value = match value {
            CedarValue::Bool(value) => RestrictedExpression::new_bool(value),
            CedarValue::Long(value) => RestrictedExpression::new_long(value),
            CedarValue::String(value) => RestrictedExpression::new_string(value),
        };
        (key, value)
    });
    let request = CedarRequest::new(
        "Skill::\"any\"".parse().unwrap(),
        "Action::\"use\"".parse().unwrap(),
        "Tool::\"any\"".parse().unwrap(),
        Context::from_pairs(attributes).unwrap(),
        None,
    )
    .unwrap();
    let policies: PolicySet = export(policy).text.parse().unwrap();
    let answer = Authorizer::new().is_authorized(&request, &policies, &Entities::empty());
    let errors: Vec<_> = answer.diagnostics().errors().collect();
    assert!(errors.is_empty(), "{errors:?}");
    answer.decision() == Decision::Allow
}

fn policy(allow: &[String], deny: &[String], quarantined: &[String]) -> Option<Policy> {
    Policy::compile(&PolicyText {
        allow,
        deny,
        quarantined,
    })
    .ok()
}

fn texts(value: &Value) -> Vec<String> {
    let entries = value.as_array().map_or(&[] as &[Value], Vec::as_slice);
    entries
        .iter()
        .map(|entry| entry.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn cedar_agrees_on_every_vector_that_is_one_policy() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = ["vectors", "extension_vectors"].map(|key| vectors[key].as_array().unwrap());
    let mut asked = 0;
    for case in cases.into_iter().flatten() {
        let Some(expected) = case["expected"].as_bool() else {
            continue;
        };
        let Some(tool) = case["tool"]
            .as_str()
            .filter(|_| case["permissions"].is_array())
        else {
            continue;
        };
        let [allow, deny, quarantined] =
            ["permissions", "deny", "quarantined"].map(|key| texts(&case[key]));
        let request = Request {
            name: tool,
            resource: case["args"]["path"].as_str(),
        };
        let policy = policy(&allow, &deny, &quarantined).unwrap();
        assert_eq!(cedar(&policy, &request), expected, "{case}");
        asked += 1;
    }
    assert_eq!(asked, 86 + 5 + 3 + 3);
}

#[test]
fn cedar_agrees_on_resources() {
    let allow = [
        "filesystem:read(./**)",
        "filesystem:read(/data/*.csv)",
        "filesystem:write(/out/**)",
        "network:connect(*.example.com:443)",
        "network:connect(10.0.0.0/8)",
        "network:connect(127.0.0.0/8)",
        "network:connect(0.0.0.0)",
        "network:listen",
        "process:spawn(git*)",
        "env:read",
        "git:push(\"o*\\n)",
    ];
    let deny = [
        "filesystem:*(./secret/**)",
        "network:connect(bad.example.com)",
        "network:connect(10.1.2.3:22)",
        "network:connect(127.0.0.0/8)",
        "network:listen(localhost:80)",
        "process:spawn(gitk)",
        "env:read(*TOKEN*)",
    ];
    let own = |list: &[&str]| {
        list.iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let policy = policy(&own(&allow), &own(&deny), &[]).unwrap();
    assert_eq!(export(&policy).lost, [""; 0]);
    for (name, resources) in [
        (
            "filesystem.read",
            &[
                "a/b",
                "../a",
                "./secret/x",
                "/data/a.csv",
                "/data/b/a.csv",
                "/etc/x",
                ".",
                "~",
            ] as &[_],
        ),
        ("filesystem.write", &["/out", "/out/../etc", "./secret", ""]),
        (
            "network.connect",
            &[
                "a.example.com:443",
                "bad.example.com:443",
                "a.example.com",
                "example.com:443",
                "10.1.2.3:22",
                "10.1.2.3",
                "10.1.2.3:23",
                "0.0.0.0",
                "127.0.0.1",
                "0x0a.1",
                "https://x.EXAMPLE.com",
            ],
        ),
        (
            "process.spawn",
            &[
                "git",
                "/usr/bin/git",
                "/tmp/git",
                "gitk",
                "/tmp/gitk",
                "git x",
            ],
        ),
        ("env.read", &["HOME", "GITHUB_TOKEN", "A=B"]),
        ("git.push", &["\"ok\\n", "x"]),
    ] {
        for resource in resources {
            let request = Request::on(name, resource);
            let expected = policy.decide(&request).allow;
            assert_eq!(cedar(&policy, &request), expected, "{name} {resource}");
        }
        let unknown = Request::tool(name);
        assert_eq!(
            cedar(&policy, &unknown),
            policy.decide(&unknown).allow,
            "{name}"
        );
    }
}

#[test]
fn what_cedar_cannot_say_is_decided_more_strictly_and_reported() {
    let allow = [
        "filesystem:**".to_owned(),
        "process:spawn(/opt/x/*)".to_owned(),
    ];
    let deny = ["filesystem:read(./**/key)".to_owned()];
    let policy = policy(&allow, &deny, &[]).unwrap();
    assert_eq!(
        export(&policy).lost,
        [
            "`process:spawn(/opt/x/*)`: paths of programs are left out",
            "`filesystem:read(./**/key)`: Cedar cannot compare what follows a `**` inside a path",
        ]
    );
    for (request, ours, theirs) in [
        (Request::on("process.spawn", "/opt/x/y"), true, false),
        (Request::on("filesystem.read", "./a"), true, false),
        (Request::on("filesystem.write", "./a"), true, true),
    ] {
        assert_eq!(policy.decide(&request).allow, ours, "{request:?}");
        assert_eq!(cedar(&policy, &request), theirs, "{request:?}");
    }
}
