//! `inferred ∪ observed ⊆ declared ∩ granted`, and what is left over on each side.

use skillgate_model::{Effect, EffectKind};

use crate::policy::Policy;
use crate::scope::{Scope, ScopeError, ScopeFault};

/// More declared scopes than any manifest needs; the rest is reported and grants nothing.
pub const MAX_DECLARED: usize = 1024;

/// What a skill declares, read with distrust.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Scopes that count.
    pub scopes: Vec<Scope>,
    /// Entries that declare nothing: malformed, or so wide that they say nothing.
    pub refused: Vec<ScopeError>,
}

impl Declared {
    /// Reads the manifest's entries; those that cover every kind of effect, such as `*`, are refused.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Self {
        let mut declared = Self::default();
        for entry in entries.iter().take(MAX_DECLARED) {
            match entry.as_ref().parse::<Scope>() {
                Ok(scope) if covers_every_effect(&scope) => declared.refused.push(ScopeError {
                    text: scope.as_str().to_owned(),
                    reason: ScopeFault::Everything,
                }),
                Ok(scope) => declared.scopes.push(scope),
                Err(error) => declared.refused.push(error),
            }
        }
        if let Some(entry) = entries.get(MAX_DECLARED) {
            declared.refused.push(ScopeError {
                text: entry.as_ref().to_owned(),
                reason: ScopeFault::TooMany,
            });
        }
        declared
    }
}

/// True for the lone `*` and `**`, and for `*:*` and its like, which say no more.
fn covers_every_effect(scope: &Scope) -> bool {
    let mut kinds = EffectKind::ALL.into_iter();
    scope.is_everything() || kinds.all(|kind| scope.covers(&Effect::any(kind)))
}

/// One effect the skill needs, and who speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What is needed.
    pub effect: Effect,
    /// The first declared scope that covers it.
    pub declared_by: Option<String>,
    /// The first granted scope that covers it.
    pub granted_by: Option<String>,
    /// The first deny that may meet it; it wins over the grant.
    pub denied_by: Option<String>,
}

impl Need {
    /// Whether the operator lets any skill like this one do it.
    pub fn is_granted(&self) -> bool {
        self.granted_by.is_some() && self.denied_by.is_none()
    }

    /// Whether it is declared and granted.
    pub fn is_permitted(&self) -> bool {
        self.declared_by.is_some() && self.is_granted()
    }
}

/// The comparison of needs, declarations and grants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Every needed effect, sorted, each once.
    pub needs: Vec<Need>,
    /// Declared scopes of effects that were never needed, as they were written.
    pub unused: Vec<String>,
}

impl Comparison {
    /// Compares; the order of the needs does not matter.
    pub fn of(needed: &[Effect], declared: &[Scope], granted: &Policy) -> Self {
        let mut needed: Vec<&Effect> = needed.iter().collect();
        needed.sort_unstable();
        needed.dedup();
        let first = |text: Option<&Scope>| text.map(|scope| scope.as_str().to_owned());
        let need = |effect: &&Effect| Need {
            effect: (*effect).clone(),
            declared_by: first(declared.iter().find(|scope| scope.covers(effect))),
            granted_by: first(granted.granting(effect)),
            denied_by: first(granted.denying(effect)),
        };
        let is_unused = |scope: &&Scope| {
            let is_needed = |effect: &&Effect| scope.covers(effect) || scope.may_meet(effect);
            scope.names_an_effect() && !needed.iter().any(is_needed)
        };
        let unused = declared.iter().filter(is_unused);
        Self {
            needs: needed.iter().map(need).collect(),
            unused: unused.map(|scope| scope.as_str().to_owned()).collect(),
        }
    }

    /// Needed, and not declared.
    pub fn undeclared(&self) -> impl Iterator<Item = &Effect> {
        let undeclared = self.needs.iter().filter(|need| need.declared_by.is_none());
        undeclared.map(|need| &need.effect)
    }

    /// Needed and declared, and not granted.
    pub fn not_granted(&self) -> impl Iterator<Item = &Effect> {
        let declared = self.needs.iter().filter(|need| need.declared_by.is_some());
        declared
            .filter(|need| !need.is_granted())
            .map(|need| &need.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyText;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn compare(needed: &[&str], declared: &[&str], allow: &[&str], deny: &[&str]) -> Comparison {
        let needed: Vec<Effect> = needed.iter().map(|text| text.parse().unwrap()).collect();
        let policy = Policy::compile(&PolicyText {
            allow: &texts(allow),
            deny: &texts(deny),
            quarantined: &[],
        });
        Comparison::of(&needed, &Declared::parse(declared).scopes, &policy.unwrap())
    }

    fn shown<'a>(effects: impl Iterator<Item = &'a Effect>) -> Vec<String> {
        effects.map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_left_over_is_named_on_each_side() {
        let comparison = compare(
            &[
                "process:spawn(git)",
                "filesystem:read(a.csv)",
                "code:eval",
                "code:eval",
            ],
            &[
                "filesystem:*(./**)",
                "process:spawn(git)",
                "network:connect(a.org)",
                "git:status",
            ],
            &["filesystem:read"],
            &[],
        );
        assert_eq!(shown(comparison.undeclared()), ["code:eval"]);
        assert_eq!(shown(comparison.not_granted()), ["process:spawn(git)"]);
        assert_eq!(comparison.unused, ["network:connect(a.org)"]);
    }

    #[test]
    fn a_deny_wins_over_declaration_and_grant() {
        let scopes = ["filesystem:read(./**)"];
        for (effect, denied) in [
            ("filesystem:read(./a)", false),
            ("filesystem:read(./secret/key)", true),
            ("filesystem:read(./*/key)", true),
            ("filesystem:read(./data/*.csv)", false),
        ] {
            let comparison = compare(
                &[effect],
                &scopes,
                &scopes,
                &["filesystem:read(./secret/**)"],
            );
            assert_eq!(comparison.needs[0].denied_by.is_some(), denied, "{effect}");
            assert_eq!(comparison.needs[0].is_permitted(), !denied, "{effect}");
        }
    }

    #[test]
    fn an_unknown_resource_needs_an_unlimited_scope_and_uses_the_limited_one() {
        let limited = compare(
            &["process:spawn"],
            &["process:spawn(git)"],
            &["process:spawn"],
            &[],
        );
        assert_eq!(shown(limited.undeclared()), ["process:spawn"]);
        assert!(limited.unused.is_empty());
        let denied = compare(
            &["process:spawn"],
            &["process:spawn"],
            &["process:spawn"],
            &["process:spawn(bash)"],
        );
        assert_eq!(shown(denied.not_granted()), ["process:spawn"]);
    }

    #[test]
    fn a_skill_may_not_declare_everything_or_nonsense() {
        let declared = Declared::parse(&[
            "*",
            "**",
            "*:*",
            "*:**",
            "*e*:*",
            "git status",
            "git:status",
            "filesystem:**",
        ]);
        assert_eq!(declared.scopes.len(), 2, "{:?}", declared.scopes);
        assert_eq!(declared.refused.len(), 6);
        let many = vec!["git:status"; MAX_DECLARED + 1];
        assert_eq!(
            Declared::parse(&many).refused[0].reason,
            ScopeFault::TooMany
        );
    }
}
