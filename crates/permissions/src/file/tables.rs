//! The tables of a policy as TOML spells them.

use serde::{Deserialize, Serialize};

/// One `[[grant]]` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct GrantTable<T = String> {
    /// The skills it holds for: a name in which `*` is any run of characters.
    pub skill: T,
    /// Grants only to this content, by the digest that reports print; denies hold whatever the content.
    #[serde(default = "Option::default")]
    pub digest: Option<T>,
    /// Scopes that are granted.
    #[serde(default = "Vec::new")]
    pub allow: Vec<T>,
    /// Scopes that are refused, over every grant.
    #[serde(default = "Vec::new")]
    pub deny: Vec<T>,
    /// Requests that this table must allow, `name` or `name(resource)`.
    #[serde(default = "Vec::new", alias = "allow-examples")]
    pub allow_examples: Vec<T>,
    /// Requests that this table must not allow.
    #[serde(default = "Vec::new", alias = "deny-examples")]
    pub deny_examples: Vec<T>,
}

/// The tables of a policy as they stand in a file, or under `policy` in the gate's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct PolicyTables<T = String> {
    /// The grants; a skill gets those of every table that names it.
    #[serde(default = "Vec::new")]
    pub grant: Vec<GrantTable<T>>,
    /// Exact names of tools that nobody may use.
    #[serde(default = "Vec::new")]
    pub quarantined: Vec<T>,
}

impl<T> Default for PolicyTables<T> {
    fn default() -> Self {
        Self {
            grant: Vec::new(),
            quarantined: Vec::new(),
        }
    }
}

/// One text of a policy, and the line it stands on where that is known.
pub(crate) struct Entry<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: Option<usize>,
}

impl<T> PolicyTables<T> {
    pub(crate) fn entries<'a>(
        &'a self,
        entry: &impl Fn(&'a T) -> Entry<'a>,
    ) -> PolicyTables<Entry<'a>> {
        let all = |list: &'a [T]| list.iter().map(entry).collect();
        let grant = |table: &'a GrantTable<T>| GrantTable {
            skill: entry(&table.skill),
            digest: table.digest.as_ref().map(entry),
            allow: all(&table.allow),
            deny: all(&table.deny),
            allow_examples: all(&table.allow_examples),
            deny_examples: all(&table.deny_examples),
        };
        PolicyTables {
            grant: self.grant.iter().map(grant).collect(),
            quarantined: all(&self.quarantined),
        }
    }
}
