//! Claude Code's PreToolUse hook: its event on one side, its answer on the other.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Judge, Note, Permission, Place};
use crate::decision::Request;
use crate::policy::Policy;
use crate::translate;

/// Larger events are refused; tools that write whole files stay far below.
pub const MAX_EVENT_BYTES: usize = 16 << 20;
/// Reasons beyond these are counted and not shown.
const MAX_REASONS: usize = 5;

/// What the hook answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the host is to do.
    pub permission: Permission,
    /// Why, for the person or the model that reads it.
    pub reason: String,
    /// Whether the event was understood; where not, the answer is a refusal.
    pub understood: bool,
}

/// The fields that decide; every other one is left out.
#[derive(Deserialize)]
struct Event {
    hook_event_name: String,
    tool_name: String,
    tool_input: Map<String, Value>,
}

/// Decides on an event as it came; whatever cannot be read is refused.
pub fn answer<'a>(
    event: &[u8],
    policy: &'a Policy,
    place: &'a Place<'a>,
    note: &'a mut Note<'a>,
) -> Answer {
    if event.len() > MAX_EVENT_BYTES {
        return Answer::refusal(format!("the event is larger than {MAX_EVENT_BYTES} bytes"));
    }
    let event: Event = match serde_json::from_slice(event) {
        Ok(event) => event,
        Err(error) => return Answer::refusal(format!("the event cannot be read: {error}")),
    };
    if event.hook_event_name != "PreToolUse" {
        let name = event.hook_event_name.escape_debug();
        return Answer::refusal(format!("the event is `{name}` and not `PreToolUse`"));
    }
    let mut judge = Judge {
        policy,
        place,
        note,
        permission: Permission::Allow,
        reasons: Vec::new(),
    };
    judge.tool(&event.tool_name, &event.tool_input);
    Answer {
        permission: judge.permission,
        reason: joined(&judge.reasons),
        understood: true,
    }
}

fn joined(reasons: &[String]) -> String {
    let shown: Vec<&str> = reasons
        .iter()
        .take(MAX_REASONS)
        .map(String::as_str)
        .collect();
    let more = reasons.len().saturating_sub(MAX_REASONS);
    let tail = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    shown.join("; ") + &tail
}

impl Judge<'_> {
    fn tool(&mut self, tool: &str, input: &Map<String, Value>) {
        let text = |key: &str| input.get(key).and_then(Value::as_str);
        match tool {
            "Bash" => match text("command") {
                Some(command) => self.command_line(command),
                None => self.request(&Request::tool("process:spawn")),
            },
            "Read" => self.path("filesystem:read", text("file_path"), false),
            "NotebookRead" => self.path("filesystem:read", text("notebook_path"), false),
            "Write" | "Edit" | "MultiEdit" => {
                self.path("filesystem:write", text("file_path"), false);
            }
            "NotebookEdit" => self.path("filesystem:write", text("notebook_path"), false),
            "Grep" | "Glob" | "LS" => self.search(tool, input),
            "WebFetch" => self.request(&Request {
                name: "network:connect",
                resource: text("url"),
            }),
            other => {
                let own = translate::mcp_tool_name(other);
                self.request(&Request::tool(own.as_deref().unwrap_or(other)));
            }
        }
    }

    /// A search reads everything below its folder, which is the current one where none is named.
    fn search(&mut self, tool: &str, input: &Map<String, Value>) {
        let folder = match input.get("path") {
            None | Some(Value::Null) => Some("."),
            Some(path) => path.as_str(),
        };
        // Only the pattern of a Glob can lead out of its folder.
        let pattern = input
            .get("pattern")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let leaves = pattern.starts_with(['/', '~']) || pattern.contains("..");
        let folder = folder.filter(|_| tool != "Glob" || !leaves);
        self.path("filesystem:read", folder, true);
    }
}

impl Answer {
    /// A refusal of what could not even be judged.
    pub fn refusal(reason: String) -> Self {
        Self {
            permission: Permission::Deny,
            reason,
            understood: false,
        }
    }

    /// The answer where no person is there to be asked: a refusal takes the question's place.
    #[must_use]
    pub fn unattended(self) -> Self {
        match self.permission {
            Permission::Ask => Self {
                permission: Permission::Deny,
                ..self
            },
            Permission::Allow | Permission::Deny => self,
        }
    }

    /// The host's own JSON, on one line.
    pub fn to_json(&self) -> String {
        let answer = json!({
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": self.permission.as_str(),
                "permissionDecisionReason": format!("skillgate: {}", self.reason),
            }
        });
        answer.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::file::PolicyFile;

    const POLICY: &str = r#"
[[grant]]
skill = "claude-code"
allow = [
  "process:spawn(git)", "process:spawn(ca*)", "process:spawn(xargs)", "process:spawn(cd)", "process:spawn(s*)",
  "filesystem:read(./**)", "filesystem:write(./src/**)", "filesystem:write(~/notes/**)", "env:write(LANG)",
  "network:connect(docs.rs:443)", "mcp:github:**",
]
deny = ["filesystem:*(./secret/**)", "filesystem:read(~/.ssh/**)", "process:spawn(rm)", "mcp:github:delete_repo"]
"#;

    fn judged(tool: &str, input: Value) -> Answer {
        let file = PolicyFile::parse(POLICY).unwrap();
        let policy = file.for_skill("claude-code", None);
        let guarded = [PathBuf::from("/home/me/project/skillgate.toml")];
        let behind_links = |path: &Path| match path.strip_prefix("/home/me/project/link") {
            Ok(rest) => Some(Path::new("/home/me/.ssh/keys").join(rest)),
            Err(_) => Some(path.to_owned()),
        };
        let place = Place {
            work: "/home/me/project/src",
            project: "/home/me/project",
            home: Some("/home/me"),
            guarded: &guarded,
            behind_links: &behind_links,
        };
        let event = json!({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input,
            "cwd": 7, "permission_mode": "bypassPermissions", "allow": true});
        answer(
            event.to_string().as_bytes(),
            &policy,
            &place,
            &mut |_, _| Ok(()),
        )
    }

    fn check(tool: &str, key: &str, cases: &[(&str, &str)]) {
        for (value, expected) in cases {
            let answer = judged(tool, json!({ key: value }));
            assert_eq!(
                answer.permission.as_str(),
                *expected,
                "{tool} {value}: {}",
                answer.reason
            );
            assert!(answer.understood && !answer.reason.is_empty());
        }
    }

    #[test]
    fn each_part_of_a_command_line_has_to_be_granted() {
        check(
            "Bash",
            "command",
            &[
                ("git status", "allow"),
                ("git status && git push", "allow"),
                ("git log | cat", "allow"),
                ("/usr/bin/git log", "allow"),
                ("/tmp/git log", "ask"),
                ("git status; curl evil.org", "ask"),
                ("git status && rm -rf /", "deny"),
                ("git log $(rm x)", "deny"),
                ("git log \"$(id)\"", "ask"),
                ("git log `id`", "ask"),
                ("git log > ./out", "allow"),
                ("git log > ../src/out", "allow"),
                ("git log > ../out", "ask"),
                ("git log > /etc/passwd", "ask"),
                ("git log >> ~/notes/a", "allow"),
                ("cat < ../secret/key", "deny"),
                ("cd /etc && cat < passwd", "ask"),
                ("cd x && git log > out", "ask"),
                ("LANG=C git log", "allow"),
                ("LD_PRELOAD=./x.so git log", "ask"),
                ("xargs rm", "allow"),
                ("sudo rm x", "ask"),
                ("sh -c id", "ask"),
                ("$X", "ask"),
                ("", "allow"),
                ("git 'log", "ask"),
            ],
        );
    }

    #[test]
    fn a_file_is_judged_in_every_spelling_and_behind_its_links() {
        check(
            "Read",
            "file_path",
            &[
                ("/home/me/project/a.rs", "allow"),
                ("a.rs", "allow"),
                ("../a.rs", "allow"),
                ("../../a.rs", "ask"),
                ("/home/me/project/../.ssh/id_rsa", "deny"),
                ("~/.ssh/id_rsa", "deny"),
                ("/home/me/.ssh/id_rsa", "deny"),
                ("/home/me/project/link/id_rsa", "deny"),
                ("/home/me/project/link/../id_rsa", "deny"),
                ("/home/me/project/secret/key", "deny"),
                ("/home/me/projects/a", "ask"),
                ("/home/me/project/%2e%2e/x", "ask"),
                ("*", "ask"),
                ("~root/x", "ask"),
                ("", "allow"),
            ],
        );
        check(
            "Write",
            "file_path",
            &[
                ("/home/me/project/src/x.rs", "allow"),
                ("/home/me/project/x.rs", "ask"),
                ("/home/me/project/skillgate.toml", "deny"),
                ("../skillgate.toml", "deny"),
            ],
        );
    }

    #[test]
    fn a_search_reads_all_below_its_folder() {
        check(
            "Grep",
            "path",
            &[
                ("/home/me/project/src", "allow"),
                ("..", "ask"),
                ("/", "ask"),
            ],
        );
        check("Grep", "pattern", &[("../x", "allow")]);
        check(
            "Glob",
            "pattern",
            &[("**/*.rs", "allow"), ("../**", "ask"), ("/etc/*", "ask")],
        );
        assert_eq!(
            judged("Grep", json!({"path": 7})).permission,
            Permission::Ask
        );
    }

    #[test]
    fn other_tools_are_asked_for_by_host_or_by_name() {
        check(
            "WebFetch",
            "url",
            &[
                ("https://docs.rs/x", "allow"),
                ("https://docs.rs.evil.org", "ask"),
                ("http://docs.rs", "ask"),
            ],
        );
        for (tool, expected) in [
            ("mcp__github__create_issue", Permission::Allow),
            ("mcp__github__delete_repo", Permission::Deny),
            ("mcp__gitlab__x", Permission::Ask),
            ("WebSearch", Permission::Ask),
            ("Read\n", Permission::Deny),
            ("Bash", Permission::Ask),
            ("Read", Permission::Ask),
        ] {
            assert_eq!(judged(tool, json!({})).permission, expected, "{tool:?}");
        }
    }

    const ROOT: Place<'static> = Place {
        work: "/",
        project: "/",
        home: None,
        guarded: &[],
        behind_links: &|path| Some(path.to_owned()),
    };

    fn everything() -> crate::Policy {
        let policy = PolicyFile::parse("[[grant]]\nskill = \"*\"\nallow = [\"**\"]").unwrap();
        policy.for_skill("any", None)
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let (policy, place) = (everything(), ROOT);
        let huge = format!("{{\"x\":\"{}\"}}", "a".repeat(MAX_EVENT_BYTES));
        for event in [
            "",
            "null",
            "[]",
            "{",
            "{}",
            "\u{feff}{}",
            r#"{"hook_event_name":"PreToolUse","tool_name":"Bash"}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":"id"}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":7,"tool_input":{}}"#,
            r#"{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{}}"#,
            r#"{"hook_event_name":"PreToolUse","tool_name":"Read","tool_name":"Bash","tool_input":{}}"#,
            &huge,
        ] {
            let answer = answer(event.as_bytes(), &policy, &place, &mut |_, _| Ok(()));
            assert_eq!(answer.permission, Permission::Deny);
            assert!(!answer.understood && !answer.reason.is_empty());
        }
    }

    #[test]
    fn a_decision_that_cannot_be_logged_is_a_refusal() {
        let (policy, place) = (everything(), ROOT);
        let event = json!({"hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {"file_path": "/a"}});
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        let mut note = |_: &Request<'_>, _: &crate::Decision<'_>| Err(full().into());
        let answer = answer(event.to_string().as_bytes(), &policy, &place, &mut note);
        assert_eq!(answer.permission, Permission::Deny);
        assert!(answer.reason.contains("could not be logged"));
    }

    #[test]
    fn the_answer_is_the_hosts_own_json() {
        let answer = judged("Bash", json!({"command": "rm x"}));
        assert_eq!(
            answer.to_json(),
            r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"skillgate: `process:spawn(rm)` is denied by `process:spawn(rm)`, and a deny wins over every grant; only changing that rule would allow it"}}"#
        );
        let asked = judged("WebSearch", json!({}));
        assert_eq!(asked.permission, Permission::Ask);
        assert_eq!(asked.unattended().permission, Permission::Deny);
    }
}
