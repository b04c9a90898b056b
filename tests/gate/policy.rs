//! `skillgate policy`: examples, single calls, what a new policy would change, and Cedar.

use serde_json::Value;

use crate::place::Place;

const POLICY: &str = r#"[[grant]]
skill = "pdf-*"
allow = ["filesystem:read(./**)", "git:*"]
deny = ["filesystem:read(./secret/**)"]
allow_examples = ["filesystem:read(./a.pdf)"]
deny_examples = ["filesystem:read(./secret/key)", "process:spawn(sh)"]
"#;

fn with_policy() -> Place {
    Place::with("policy.toml", POLICY)
}

#[test]
fn the_examples_of_a_policy_are_said_one_by_one() {
    let place = with_policy();
    let outcome = place.run(&["policy", "test", "policy.toml"]);
    outcome.exits(0);
    outcome
        .says(
            "ok    line 5: `[[grant]]` 1, `allow_examples`: `filesystem:read(./a.pdf)` is allowed",
        )
        .says("ok    line 6: `[[grant]]` 1, `deny_examples`: `process:spawn(sh)` is denied")
        .says("3 examples, 0 failures");
    place.write("bad.toml", POLICY.replace("\"git:*\"", "\"process:**\""));
    let outcome = place.run(&["policy", "test", "bad.toml"]);
    outcome.exits(1);
    outcome.says("FAIL  line 6").says("3 examples, 1 failures");
    let examples = place.run(&["policy", "test", "--format", "json", "bad.toml"]);
    let examples: Value = serde_json::from_str(&examples.stdout).unwrap();
    assert_eq!(examples[2]["holds"], false);
}

#[test]
fn a_policy_that_does_not_load_is_an_error_with_its_place() {
    let place = Place::with(
        "policy.toml",
        "[[grant]]\nskill = \"a\"\ndeny = [\"git:[\"]\n",
    );
    let outcome = place.run(&["policy", "test", "policy.toml"]);
    outcome.exits(2);
    assert!(
        outcome.stderr.contains("line 3: `[[grant]]` 1, `deny`"),
        "{}",
        outcome.stderr
    );
    place.run(&["policy", "test", "none.toml"]).exits(2);
    place.write("typo.toml", "quarantine = [\"a\"]\n");
    place.run(&["policy", "test", "typo.toml"]).exits(2);
}

#[test]
fn the_configuration_is_a_policy_too() {
    let place = Place::with("skillgate.toml", format!("profile = \"strict\"\n{POLICY}"));
    let outcome = place.run(&["policy", "test"]);
    outcome.exits(0);
    outcome.says("3 examples, 0 failures");
    place
        .run(&["policy", "check", "git.push", "--skill", "pdf-a"])
        .exits(0);
    place
        .run(&["policy", "check", "gh.pr", "--skill", "pdf-a"])
        .exits(1);
    // Without a table the built-in policy holds, as it does for the gate.
    place
        .run(&["policy", "check", "env:read(HOME)", "--skill", "other"])
        .exits(0);
    place
        .run(&["policy", "check", "code:eval", "--skill", "other"])
        .exits(1);
}

#[test]
fn one_call_is_checked_by_its_arguments() {
    let place = with_policy();
    let check = |arguments: &[&str], code: i32| {
        let all = [&["policy", "check"], arguments].concat();
        let outcome = place.run(&all);
        outcome.exits(code);
        outcome
    };
    let file = ["--policy", "policy.toml", "--skill", "pdf-a"];
    check(
        &[&["filesystem.read", "--arg", "path=./a"], &file[..]].concat(),
        0,
    )
    .says("allow: ");
    check(
        &[&["filesystem.read", "--arg", "path=../a"], &file[..]].concat(),
        1,
    )
    .says("deny: ")
    .says("denies some of what it may mean");
    check(&[&["filesystem.read"], &file[..]].concat(), 1);
    let scopes = [
        "--permission",
        "filesystem:copy(/data/**)",
        "--deny",
        "filesystem:copy(/data/x)",
    ];
    let copy = |to: &str, code| {
        let to = format!("dst={to}");
        check(
            &[
                &["filesystem.copy", "--arg", "src=/data/a", "--arg", &to],
                &scopes[..],
            ]
            .concat(),
            code,
        );
    };
    copy("/data/b", 0);
    copy("/data/x", 1);
    copy("/etc/b", 1);
    let argv = [
        "--arg",
        "argv=git",
        "--arg",
        "argv=status",
        "--permission",
        "process:spawn(git)",
    ];
    check(&[&["process.spawn"], &argv[..]].concat(), 0);
    check(
        &[
            "process.spawn",
            "--arg",
            "command=git status",
            "--permission",
            "process:spawn(git)",
        ],
        1,
    );
    check(&["git.push", "--permission", "git:["], 1);
    check(&["git.push", "--permission", "git:*", "--deny", "git:["], 2);
    check(&["git.push"], 2);
    check(&["git.push", "--arg", "x", "--permission", "git:*"], 2);
}

#[test]
fn an_explanation_names_the_rule_and_the_nearest_grant() {
    let place = with_policy();
    let explain = |request: &str| {
        place.run(&[
            "policy",
            "explain",
            request,
            "--policy",
            "policy.toml",
            "--skill",
            "pdf-a",
        ])
    };
    explain("filesystem:read(/etc/hosts)")
        .says("lies outside `filesystem:read(./**)`")
        .says("rule   0 allow filesystem:read(./**)")
        .says("grant  filesystem:read(/etc/hosts)");
    explain("filesystem:read(./secret/key)")
        .says("rule   2 deny filesystem:read(./secret/**)")
        .says("grant  none would allow it");
    explain("gh.pr").says("rule   none").says("grant  gh:pr");
    let json = place.run(&[
        "policy",
        "explain",
        "gh.pr",
        "--permission",
        "git:*",
        "--format",
        "json",
    ]);
    json.exits(1);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["nearest_grant"], "gh:pr");
    assert_eq!(json["cause"], "not-granted");
}

#[test]
fn a_new_policy_is_compared_over_the_calls_of_a_log() {
    let place = with_policy();
    place.write("new.toml", POLICY.replace("\"git:*\"", "\"git:log\""));
    place.write(
        "calls.jsonl",
        concat!(
            "{\"time_unix_ms\":1,\"subject\":\"pdf-a\",\"name\":\"git.push\",\"allow\":true,\"cause\":\"granted\"}\n",
            "{\"time_unix_ms\":2,\"subject\":\"pdf-a\",\"name\":\"git.log\",\"allow\":true,\"cause\":\"granted\"}\n",
        ),
    );
    let diff = [
        "policy",
        "diff",
        "policy.toml",
        "new.toml",
        "--log",
        "calls.jsonl",
    ];
    let outcome = place.run(&diff);
    outcome.exits(1);
    outcome
        .says("now denied   1 × pdf-a: `git.push`")
        .says("1 of 2 calls change");
    place
        .run(&[
            "policy",
            "diff",
            "new.toml",
            "new.toml",
            "--log",
            "calls.jsonl",
        ])
        .exits(0);
    let json = place.run(&[&diff[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["changes"][0]["allow"], false);
    place.write("broken.jsonl", "x\n");
    place
        .run(&[
            "policy",
            "diff",
            "new.toml",
            "new.toml",
            "--log",
            "broken.jsonl",
        ])
        .exits(2);
}

#[test]
fn a_policy_is_exported_to_cedar() {
    let place = with_policy();
    let outcome = place.run(&[
        "policy",
        "export",
        "--format",
        "cedar",
        "--policy",
        "policy.toml",
        "--skill",
        "pdf-a",
    ]);
    outcome.exits(0);
    outcome
        .says("@scope(\"git:*\")\npermit (principal, action, resource)")
        .says("forbid (principal, action, resource)")
        .says("context.s0 == \"git\"");
    let lossy = place.run(&[
        "policy",
        "export",
        "--format",
        "cedar",
        "--permission",
        "filesystem:read(./**/key)",
    ]);
    lossy.says("// stricter than the original: `filesystem:read(./**/key)`");
}
