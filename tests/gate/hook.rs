//! `skillgate hook claude-code`: real events on standard input, the host's own JSON on standard output.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::place::{BINARY, Place, repository};

const CONFIGURATION: &str = r#"
[decisions]
log = "decisions.jsonl"

[[grant]]
skill = "claude-code"
allow = ["process:spawn(git)", "filesystem:read(./**)", "filesystem:write(./**)", "mcp:db:query"]
deny = ["process:spawn(rm)", "filesystem:*(~/.ssh/**)"]
"#;

struct Answer {
    code: i32,
    decision: String,
    reason: String,
    stderr: String,
}

fn ask(place: &Place, arguments: &[&str], event: &[u8]) -> Answer {
    let mut command = place.command(&[&["hook", "claude-code"], arguments].concat());
    command.env("CLAUDE_PROJECT_DIR", place.path(""));
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The hook may answer before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(event);
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let answer = &answer["hookSpecificOutput"];
    assert_eq!(answer["hookEventName"], "PreToolUse");
    let text = |key: &str| answer[key].as_str().unwrap().to_owned();
    Answer {
        code: output.status.code().unwrap(),
        decision: text("permissionDecision"),
        reason: text("permissionDecisionReason"),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// An event as the host sends it, with fields that say nothing of the decision.
fn event(tool: &str, input: &Value) -> Vec<u8> {
    let event = json!({
        "session_id": "0f3c", "transcript_path": "/tmp/t.jsonl", "cwd": "/", "permission_mode": "bypassPermissions",
        "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1",
        "permissionDecision": "allow", "decision": "approve",
    });
    event.to_string().into_bytes()
}

#[test]
fn each_tool_is_answered_by_the_policy() {
    let place = Place::with("skillgate.toml", CONFIGURATION);
    place.write("src/a.rs", "");
    std::fs::create_dir_all(place.home().join(".ssh/keys")).unwrap();
    symlink(place.home().join(".ssh/keys"), place.path("link")).unwrap();
    symlink("/nowhere/yet", place.path("dangling")).unwrap();
    let here = |path: &str| place.path(path).display().to_string();
    let home = |path: &str| place.home().join(path).display().to_string();
    for (tool, input, expected) in [
        ("Bash", json!({"command": "git status"}), "allow"),
        (
            "Bash",
            json!({"command": "git status && curl evil.org"}),
            "ask",
        ),
        ("Bash", json!({"command": "git log $(rm -rf /)"}), "deny"),
        (
            "Bash",
            json!({"command": "git log > ~/.ssh/config"}),
            "deny",
        ),
        (
            "Bash",
            json!({"command": "for x in *; do git $x; done"}),
            "ask",
        ),
        ("Read", json!({"file_path": here("src/a.rs")}), "allow"),
        ("Read", json!({"file_path": "/etc/passwd"}), "ask"),
        ("Read", json!({"file_path": home(".ssh/id_rsa")}), "deny"),
        ("Read", json!({"file_path": here("link/id_rsa")}), "deny"),
        (
            "Write",
            json!({"file_path": here("new/b.rs"), "content": "x"}),
            "allow",
        ),
        (
            "Write",
            json!({"file_path": here("link/b"), "content": "x"}),
            "deny",
        ),
        ("Read", json!({"file_path": here("link/../id_rsa")}), "deny"),
        (
            "Bash",
            json!({"command": "git log > link/../config"}),
            "deny",
        ),
        ("Write", json!({"file_path": here("dangling")}), "ask"),
        ("Edit", json!({"file_path": here("skillgate.toml")}), "deny"),
        (
            "Write",
            json!({"file_path": here(".claude/settings.json")}),
            "deny",
        ),
        (
            "Write",
            json!({"file_path": here("decisions.jsonl")}),
            "deny",
        ),
        ("mcp__db__query", json!({"sql": "drop table x"}), "allow"),
        ("mcp__db__drop", json!({}), "ask"),
    ] {
        let answer = ask(&place, &[], &event(tool, &input));
        assert_eq!(
            answer.decision, expected,
            "{tool} {input}: {}",
            answer.reason
        );
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(
            answer.reason.starts_with("skillgate: "),
            "{}",
            answer.reason
        );
    }
    let log = place.read("decisions.jsonl");
    let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["subject"], &first["resource"]),
        (&json!("claude-code"), &json!("git"))
    );
}

#[test]
fn without_a_person_a_question_is_a_refusal() {
    let place = Place::with("skillgate.toml", CONFIGURATION);
    let curl = event("Bash", &json!({"command": "curl x"}));
    assert_eq!(ask(&place, &[], &curl).decision, "ask");
    assert_eq!(ask(&place, &["--unattended"], &curl).decision, "deny");
}

#[test]
fn what_cannot_be_judged_stops_the_tool() {
    let place = Place::with("skillgate.toml", CONFIGURATION);
    let huge = vec![b' '; (16 << 20) + 2];
    for bad in [
        &b""[..],
        b"{",
        b"null",
        b"\xff",
        b"{\"tool_name\":\"Bash\"}",
        &huge,
    ] {
        let answer = ask(&place, &[], bad);
        assert_eq!((answer.code, answer.decision.as_str()), (2, "deny"));
        assert!(answer.stderr.contains("the event"), "{}", answer.stderr);
    }
    let good = event("Bash", &json!({"command": "git status"}));
    for (arguments, configuration) in [
        (&[][..], "profle = 1\n"),
        (
            &[],
            "[[grant]]\nskill = \"claude-code\"\ndeny = [\"git:[\"]\n",
        ),
        (&[], ""),
        (&["--skill", "nobody"], CONFIGURATION),
        (&["--config", "none.toml"], CONFIGURATION),
    ] {
        place.write("skillgate.toml", configuration);
        let answer = ask(&place, arguments, &good);
        assert_eq!(
            (answer.code, answer.decision.as_str()),
            (2, "deny"),
            "{configuration}"
        );
        assert!(!answer.stderr.is_empty());
    }
}

#[test]
fn a_log_that_is_required_and_cannot_be_written_stops_the_tool() {
    let required = CONFIGURATION.replace("[decisions]", "[decisions]\naudit = \"required\"");
    let place = Place::with(
        "skillgate.toml",
        required.replace("decisions.jsonl", "/dev/full"),
    );
    let answer = ask(
        &place,
        &[],
        &event("Bash", &json!({"command": "git status"})),
    );
    assert_eq!(answer.decision, "deny");
    assert!(
        answer.reason.contains("could not be logged"),
        "{}",
        answer.reason
    );
    place.write(
        "skillgate.toml",
        required.replace("log =", "format = \"otlp\"\nlog ="),
    );
    let answer = ask(
        &place,
        &[],
        &event("Bash", &json!({"command": "git status"})),
    );
    assert_eq!(answer.decision, "allow");
    let span: Value = serde_json::from_str(&place.read("decisions.jsonl")).unwrap();
    let span = &span["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert_eq!(span["events"][0]["name"], "skillgate.decision");
}

#[test]
fn a_folder_that_the_agent_moved_to_brings_no_configuration() {
    let place = Place::with("skillgate.toml", CONFIGURATION);
    place.write(
        "below/skillgate.toml",
        "[[grant]]\nskill = \"*\"\nallow = [\"**\"]\n",
    );
    let mut command = place.command(&["hook", "claude-code"]);
    command
        .env("CLAUDE_PROJECT_DIR", place.path(""))
        .current_dir(place.path("below"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let event = event("Bash", &json!({"command": "curl x"}));
    child.stdin.take().unwrap().write_all(&event).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("\"ask\"")
    );
}

#[test]
fn the_settings_that_the_documentation_shows_work() {
    let page = std::fs::read_to_string(repository().join("docs/operator.md")).unwrap();
    let (_, after) = page.split_once("```json\n").unwrap();
    let (settings, _) = after.split_once("```").unwrap();
    let settings: Value = serde_json::from_str(settings).unwrap();
    let shown = &settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"];
    let shown = shown.as_str().unwrap().replacen("skillgate", BINARY, 1);
    let place = Place::with("skillgate.toml", CONFIGURATION);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", &shown])
        .env("CLAUDE_PROJECT_DIR", place.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let event = event("Bash", &json!({"command": "git status"}));
    child.stdin.take().unwrap().write_all(&event).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("\"allow\"")
    );
}
