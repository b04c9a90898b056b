//! Policy files: grants by skill name, with examples that are checked when the file loads.

use toml::Spanned;

use self::tables::Entry;

use crate::decision::Request;
use crate::glob;
use crate::name::Name;
use crate::policy::{Policy, RuleKind, UnknownResource};
use crate::scope::{Scope, split};

mod error;
mod tables;

pub use self::error::{Place, PolicyError};
pub use self::tables::{GrantTable, PolicyTables};

/// A policy that was read and checked.
#[derive(Debug, Default)]
pub struct PolicyFile {
    grants: Vec<Grant>,
    quarantined: Vec<Scope>,
}

#[derive(Debug)]
struct Grant {
    skill: String,
    rules: Vec<(RuleKind, Scope)>,
}

impl PolicyFile {
    /// Reads a policy file and checks its examples.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let tables: PolicyTables<Spanned<String>> = toml::from_str(text)?;
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line = |at: usize| Some(ends.partition_point(|end| *end < at) + 1);
        Self::check(&tables.entries(&|spanned| Entry {
            text: spanned.get_ref(),
            line: line(spanned.span().start),
        }))
    }

    /// Checks tables that another file holds.
    pub fn from_tables(tables: &PolicyTables) -> Result<Self, PolicyError> {
        Self::check(&tables.entries(&|text| Entry { text, line: None }))
    }

    /// Whether a table names the skill, be it to grant nothing.
    pub fn names(&self, skill: &str) -> bool {
        self.tables_for(skill).next().is_some()
    }

    fn tables_for(&self, skill: &str) -> impl Iterator<Item = &Grant> {
        let named = move |grant: &&Grant| glob::includes(grant.skill.as_bytes(), skill.as_bytes());
        self.grants.iter().filter(named)
    }

    /// The rules of every table that names the skill; without any, nothing is granted.
    pub fn for_skill(&self, skill: &str) -> Policy {
        let rules = self.tables_for(skill);
        let mut rules: Vec<(RuleKind, Scope)> =
            rules.flat_map(|grant| grant.rules.clone()).collect();
        let quarantined = self.quarantined.iter().cloned();
        rules.extend(quarantined.map(|scope| (RuleKind::Quarantine, scope)));
        Policy::freeze(rules, UnknownResource::Refused)
    }

    fn check(tables: &PolicyTables<Entry<'_>>) -> Result<Self, PolicyError> {
        let mut file = Self::default();
        for (number, table) in (1..).zip(&tables.grant) {
            let place = |key, entry: &Entry<'_>| Place {
                line: entry.line,
                grant: Some(number),
                key,
            };
            file.grants.push(check_grant(table, &place)?);
        }
        for name in &tables.quarantined {
            let place = Place {
                line: name.line,
                grant: None,
                key: "quarantined",
            };
            file.quarantined.push(check_quarantined(name.text, place)?);
        }
        Ok(file)
    }
}

fn check_quarantined(name: &str, place: Place) -> Result<Scope, PolicyError> {
    if let Err(source) = Name::parse(name) {
        return Err(PolicyError::Quarantined {
            place,
            text: name.to_owned(),
            source,
        });
    }
    let scope = name.parse();
    scope.map_err(|source| PolicyError::Scope { place, source })
}

fn check_grant(
    table: &GrantTable<Entry<'_>>,
    place: &impl Fn(&'static str, &Entry<'_>) -> Place,
) -> Result<Grant, PolicyError> {
    let skill = table.skill.text;
    if skill.is_empty() || skill.contains(char::is_control) {
        return Err(PolicyError::Skill {
            place: place("skill", &table.skill),
            text: skill.to_owned(),
        });
    }
    let mut rules = Vec::new();
    for (kind, key, entries) in [
        (RuleKind::Allow, "allow", &table.allow),
        (RuleKind::Deny, "deny", &table.deny),
    ] {
        for entry in entries {
            let scope = entry.text.parse();
            let scope = scope.map_err(|source| PolicyError::Scope {
                place: place(key, entry),
                source,
            })?;
            rules.push((kind, scope));
        }
    }
    let policy = Policy::freeze(rules.clone(), UnknownResource::Refused);
    for (expected, key, examples) in [
        (true, "allow_examples", &table.allow_examples),
        (false, "deny_examples", &table.deny_examples),
    ] {
        for example in examples {
            check_example(&policy, expected, example.text, || place(key, example))?;
        }
    }
    Ok(Grant {
        skill: skill.to_owned(),
        rules,
    })
}

fn check_example(
    policy: &Policy,
    expected: bool,
    example: &str,
    place: impl Fn() -> Place,
) -> Result<(), PolicyError> {
    let malformed = |source| PolicyError::MalformedExample {
        place: place(),
        text: example.to_owned(),
        source,
    };
    let (name, resource) = split(example).map_err(malformed)?;
    let request = Request { name, resource };
    let decision = policy.decide(&request);
    if decision.allow == expected {
        return Ok(());
    }
    Err(PolicyError::Example {
        place: place(),
        explanation: decision.explain(&request),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
quarantined = ["mcp.bad.tool"]

[[grant]]
skill = "pdf-*"
allow = ["filesystem:read(./**)", "process:spawn(git)"]
deny = ["filesystem:read(./secret/**)"]
allow_examples = ["filesystem:read(./a.pdf)"]
deny_examples = ["filesystem:read(./secret/key)", "filesystem:read(../a)", "code:eval"]

[[grant]]
skill = "*"
allow = ["env:read(LANG)", "mcp:**"]
"#;

    fn message(text: &str) -> String {
        PolicyFile::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_skill_gets_the_rules_of_every_table_that_names_it() {
        let file = PolicyFile::parse(GOOD).unwrap();
        for (skill, request, expected) in [
            ("pdf-tables", Request::on("filesystem.read", "./a"), true),
            ("pdf-tables", Request::on("env.read", "LANG"), true),
            ("pdf-tables", Request::tool("mcp.good.tool"), true),
            ("pdf-tables", Request::tool("mcp.bad.tool"), false),
            (
                "my-pdf-tables",
                Request::on("filesystem.read", "./a"),
                false,
            ),
            ("other", Request::on("env.read", "LANG"), true),
        ] {
            let allowed = file.for_skill(skill).decide(&request).allow;
            assert_eq!(allowed, expected, "{skill} {request:?}");
        }
    }

    #[test]
    fn a_table_without_rules_names_its_skills_and_grants_nothing() {
        let file = PolicyFile::parse("[[grant]]\nskill = \"evil-*\"").unwrap();
        assert!(file.names("evil-twin"));
        assert!(!file.names("pdf"));
        let request = Request::on("filesystem.read", "./a");
        assert!(!file.for_skill("evil-twin").decide(&request).allow);
    }

    #[test]
    fn an_error_names_the_line_and_what_to_write() {
        assert_eq!(
            message(
                "[[grant]]\nskill = \"a\"\ndeny = [\n  \"git:push\",\n  \"filesystem:read(/data/)\",\n]"
            ),
            "line 5: `[[grant]]` 1, `deny`: `filesystem:read(/data/)` is not a scope: a path pattern \
             may not end with `/` or hold `//`; a whole tree is written `folder/**`"
        );
        assert_eq!(
            message("[[grant]]\nskill = \"a\"\nallow = [\"git status\"]"),
            "line 3: `[[grant]]` 1, `allow`: `git status` is not a scope: the name holds a character \
             outside `A-Z a-z 0-9 _ - . :`"
        );
        assert_eq!(
            message("[[grant]]\nskill = \"\""),
            "line 2: `[[grant]]` 1, `skill`: `` names no skill; write a name, or `*` for all"
        );
        assert_eq!(
            message("quarantined = [\"a.*\"]"),
            "line 1: `quarantined`: `a.*` is not a tool's name: the name holds a character outside \
             `A-Z a-z 0-9 _ - . :`"
        );
    }

    #[test]
    fn an_example_that_the_rules_contradict_stops_the_load() {
        let policy = |examples: &str| {
            message(&format!(
                "[[grant]]\nskill = \"a\"\nallow = [\"git:*\"]\n{examples}"
            ))
        };
        assert_eq!(
            policy("allow_examples = [\"gh.pr\"]"),
            "line 4: `[[grant]]` 1, `allow_examples`: the rules disagree with this example: \
             `gh.pr` is denied because nothing grants it; `gh:pr` would allow it"
        );
        assert_eq!(
            policy("deny_examples = [\"git:push\"]"),
            "line 4: `[[grant]]` 1, `deny_examples`: the rules disagree with this example: \
             `git:push` is allowed by `git:*`"
        );
        assert!(policy("deny_examples = [\"git:push(\"]").contains("is no example"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let message = message("[[grant]]\nskill = \"a\"\nalow = []");
        assert!(
            message.contains("line 3") && message.contains("`alow`"),
            "{message}"
        );
        assert!(message.contains("`allow`"), "{message}");
    }

    #[test]
    fn tables_of_another_file_are_checked_without_lines() {
        let mut tables: PolicyTables = toml::from_str(GOOD).unwrap();
        assert!(PolicyFile::from_tables(&tables).is_ok());
        tables.grant[1].deny = vec!["nonsense:".to_owned()];
        assert_eq!(
            PolicyFile::from_tables(&tables).unwrap_err().to_string(),
            "`[[grant]]` 2, `deny`: `nonsense:` is not a scope: the name has an empty segment"
        );
    }
}
