//! Policy files: grants by skill name, with examples that are checked when the file loads.

use toml::Spanned;

use self::tables::Entry;

use crate::glob;
use crate::name::Name;
use crate::policy::{Policy, RuleKind, UnknownResource};
use crate::scope::Scope;

mod error;
mod example;
mod tables;

pub use self::error::{Place, PolicyError};
pub use self::example::Example;
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
    /// In lower case.
    digest: Option<String>,
    rules: Vec<(RuleKind, Scope)>,
}

impl Grant {
    /// Denies hold for the name; what is granted is granted to the content, where that is named.
    fn rules_for<'g>(
        &'g self,
        digest: Option<&'g str>,
    ) -> impl Iterator<Item = &'g (RuleKind, Scope)> {
        let own = self.digest.as_deref();
        let granted = own.is_none() || own == digest;
        let rules = self.rules.iter();
        rules.filter(move |(kind, _)| granted || *kind != RuleKind::Allow)
    }
}

impl PolicyFile {
    /// Reads a policy file; fails where an example does not hold.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let (file, examples) = Self::read(text)?;
        file.demand(examples)
    }

    /// Checks tables that another file holds; fails where an example does not hold.
    pub fn from_tables(tables: &PolicyTables) -> Result<Self, PolicyError> {
        let (file, examples) = Self::read_tables(tables)?;
        file.demand(examples)
    }

    /// Reads a policy file and says of each example whether it holds.
    pub fn read(text: &str) -> Result<(Self, Vec<Example>), PolicyError> {
        let tables: PolicyTables<Spanned<String>> = toml::from_str(text)?;
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        let line = |at: usize| Some(ends.partition_point(|end| *end < at) + 1);
        Self::check(&tables.entries(&|spanned| Entry {
            text: spanned.get_ref(),
            line: line(spanned.span().start),
        }))
    }

    /// Checks tables that another file holds and says of each example whether it holds.
    pub fn read_tables(tables: &PolicyTables) -> Result<(Self, Vec<Example>), PolicyError> {
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
    ///
    /// A table with a digest grants only where `digest`, that of the skill's content, is the same.
    pub fn for_skill(&self, skill: &str, digest: Option<&str>) -> Policy {
        let tables = self.tables_for(skill);
        let rules = tables.flat_map(|grant| grant.rules_for(digest)).cloned();
        let quarantined = self.quarantined.iter().cloned();
        let quarantined = quarantined.map(|scope| (RuleKind::Quarantine, scope));
        Policy::freeze(rules.chain(quarantined).collect(), UnknownResource::Refused)
    }

    /// The policy that the gate takes for a skill: the built-in one where no table names it.
    pub fn effective(&self, skill: &str, digest: Option<&str>) -> Policy {
        if self.names(skill) {
            self.for_skill(skill, digest)
        } else {
            Policy::builtin()
        }
    }

    fn demand(self, examples: Vec<Example>) -> Result<Self, PolicyError> {
        match examples.into_iter().find(|example| !example.holds()) {
            None => Ok(self),
            Some(example) => Err(PolicyError::Example {
                place: example.place,
                explanation: example.explanation,
            }),
        }
    }

    fn check(tables: &PolicyTables<Entry<'_>>) -> Result<(Self, Vec<Example>), PolicyError> {
        let mut file = Self::default();
        let mut examples = Vec::new();
        for (number, table) in (1..).zip(&tables.grant) {
            let place = |key, entry: &Entry<'_>| Place {
                line: entry.line,
                grant: Some(number),
                key,
            };
            let grant = check_grant(table, &place)?;
            examples.extend(example::of_table(table, &grant.rules, &place)?);
            file.grants.push(grant);
        }
        for name in &tables.quarantined {
            let place = Place {
                line: name.line,
                grant: None,
                key: "quarantined",
            };
            file.quarantined.push(check_quarantined(name.text, place)?);
        }
        Ok((file, examples))
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

/// SHA-256 in hexadecimal digits.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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
    let digest = match &table.digest {
        None => None,
        Some(entry) if is_digest(entry.text) => Some(entry.text.to_ascii_lowercase()),
        Some(entry) => {
            return Err(PolicyError::Digest {
                place: place("digest", entry),
                text: entry.text.to_owned(),
            });
        }
    };
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
    Ok(Grant {
        skill: skill.to_owned(),
        digest,
        rules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Request;

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
            let allowed = file.for_skill(skill, None).decide(&request).allow;
            assert_eq!(allowed, expected, "{skill} {request:?}");
        }
    }

    #[test]
    fn a_table_without_rules_names_its_skills_and_grants_nothing() {
        let file = PolicyFile::parse("[[grant]]\nskill = \"evil-*\"").unwrap();
        assert!(file.names("evil-twin"));
        assert!(!file.names("pdf"));
        let request = Request::on("filesystem.read", "./a");
        assert!(!file.for_skill("evil-twin", None).decide(&request).allow);
    }

    #[test]
    fn a_grant_to_a_content_is_for_no_other_content_of_that_name() {
        let digest = "0123456789abcdef".repeat(4);
        let file = PolicyFile::parse(&format!(
            "[[grant]]\nskill = \"pdf\"\ndigest = \"{}\"\nallow = [\"git:*\"]\ndeny = [\"env:read\"]\n\
             [[grant]]\nskill = \"*\"\nallow = [\"env:read\"]",
            digest.to_ascii_uppercase()
        ));
        let file = file.unwrap();
        let other = "0".repeat(64);
        for (skill, content, git, env) in [
            ("pdf", Some(&digest), true, false),
            ("pdf", Some(&other), false, false),
            ("pdf", None, false, false),
            ("txt", Some(&digest), false, true),
        ] {
            let policy = file.for_skill(skill, content.map(String::as_str));
            let allows = |name| policy.decide(&Request::tool(name)).allow;
            assert_eq!(
                (allows("git.log"), allows("env.read")),
                (git, env),
                "{skill}"
            );
        }
        let short = "[[grant]]\nskill = \"a\"\ndigest = \"abc\"";
        assert!(message(short).starts_with("line 3: `[[grant]]` 1, `digest`: `abc` is no digest"));
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
