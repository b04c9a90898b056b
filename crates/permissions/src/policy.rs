//! The compiled policy: a pure `decide` that names the rule that decided.

use skillgate_model::Effect;

use crate::decision::{Cause, Decision, Request};
use crate::name::{Name, NameError};
use crate::pattern::Pattern;
use crate::resource::{Resource, ResourceKind};
use crate::scope::{Scope, ScopeError};
use crate::trie::{Rules, Trie, TrieBuilder};

/// The texts a policy is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicyText<'a> {
    /// Scopes that are granted.
    pub allow: &'a [String],
    /// Scopes that are refused whatever is granted.
    pub deny: &'a [String],
    /// Exact names of tools that may not be used at all.
    pub quarantined: &'a [String],
}

/// Why a policy does not load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// A deny that nobody can read would silently allow.
    #[error("a malformed deny stops the policy from loading")]
    Deny(#[source] ScopeError),
    /// A quarantined name that nobody can read would silently allow.
    #[error("`{}` in quarantine is not a tool's name", name.escape_debug())]
    Quarantined {
        /// The name as it was given.
        name: String,
        /// What is wrong with it.
        #[source]
        reason: NameError,
    },
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// Grants.
    Allow,
    /// Refuses, over every allow.
    Deny,
    /// Refuses one exact name.
    Quarantine,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its number in the policy: allows first, then denies, then quarantined names, from 0.
    pub id: u32,
    /// What it does.
    pub kind: RuleKind,
    /// What it speaks of.
    pub scope: Scope,
}

/// What a deny with a resource means for a request whose resource is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum UnknownResource {
    /// It refuses, because the resource may be the denied one.
    Refused,
    /// It waits until the resource is known, at run time.
    Postponed,
}

/// Rules made ready for deciding; immutable, and shared between threads as it is.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Rule>,
    unknown: UnknownResource,
    malformed: Vec<ScopeError>,
    trie: Trie,
}

impl Policy {
    /// Fails on a malformed deny; a malformed allow grants nothing and is found in [`Self::malformed`].
    pub fn compile(text: &PolicyText<'_>) -> Result<Self, CompileError> {
        let mut scopes = Vec::new();
        let mut malformed = Vec::new();
        for allow in text.allow {
            match allow.parse::<Scope>() {
                Ok(scope) => scopes.push((RuleKind::Allow, scope)),
                Err(error) => malformed.push(error),
            }
        }
        for deny in text.deny {
            scopes.push((RuleKind::Deny, deny.parse().map_err(CompileError::Deny)?));
        }
        for name in text.quarantined {
            scopes.push((RuleKind::Quarantine, exact(name)?));
        }
        Ok(Self {
            malformed,
            ..Self::freeze(scopes, UnknownResource::Refused)
        })
    }

    pub(crate) fn freeze(scopes: Vec<(RuleKind, Scope)>, unknown: UnknownResource) -> Self {
        let mut trie = TrieBuilder::new();
        let mut rules = Vec::with_capacity(scopes.len());
        for (id, (kind, scope)) in (0..).zip(scopes) {
            if let Some(pattern) = scope.pattern() {
                trie.insert(pattern, id, kind != RuleKind::Allow);
            }
            rules.push(Rule { id, kind, scope });
        }
        Self {
            rules,
            unknown,
            malformed: Vec::new(),
            trie: trie.freeze(),
        }
    }

    /// Allows only what a rule grants and none refuses; pure, and without allocation.
    ///
    /// Only a host outside ASCII allocates, for its IDNA form.
    pub fn decide<'p>(&'p self, request: &Request<'_>) -> Decision<'p> {
        let name = match Name::parse(request.name) {
            Ok(name) => name,
            Err(reason) => return refuse(Cause::IllegalName(reason), None),
        };
        let mut search = Search::new(self, name, request.resource);
        self.trie.visit(name, |rules| search.look_at(rules));
        search.decision()
    }

    /// Decides on an effect as on a request of the same name.
    pub fn decide_effect<'p>(&'p self, effect: &Effect) -> Decision<'p> {
        self.decide(&Request::from(effect))
    }

    /// The rules, by number.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Allows that could not be read and grant nothing.
    pub fn malformed(&self) -> &[ScopeError] {
        &self.malformed
    }

    /// Whether a deny with a resource leaves an unknown resource for the run time to decide.
    pub(crate) fn waits_for_resources(&self) -> bool {
        self.unknown == UnknownResource::Postponed
    }

    /// The scopes that are granted, as they were written.
    pub fn granted(&self) -> impl Iterator<Item = &Scope> {
        let granted = self
            .rules
            .iter()
            .filter(|rule| rule.kind == RuleKind::Allow);
        granted.map(|rule| &rule.scope)
    }

    /// The first grant that covers an effect, denies left aside; see [`Scope::covers`].
    pub fn granting(&self, effect: &Effect) -> Option<&Scope> {
        self.granted().find(|scope| scope.covers(effect))
    }

    /// The first deny that may meet an effect.
    pub fn denying(&self, effect: &Effect) -> Option<&Scope> {
        self.decide_effect(effect)
            .rule
            .filter(|rule| rule.kind != RuleKind::Allow)
            .map(|rule| &rule.scope)
    }
}

fn exact(name: &str) -> Result<Scope, CompileError> {
    let quarantined = |reason| CompileError::Quarantined {
        name: name.to_owned(),
        reason,
    };
    Name::parse(name).map_err(quarantined)?;
    name.parse().map_err(CompileError::Deny)
}

fn refuse(reason: Cause, rule: Option<&Rule>) -> Decision<'_> {
    Decision {
        allow: false,
        rule,
        reason,
    }
}

/// One decision under way: the first matching rule of each sort seen so far.
struct Search<'p, 'r> {
    policy: &'p Policy,
    name: Name<'r>,
    text: Option<&'r str>,
    /// Read from `text` when the first rule with a resource asks for it.
    resource: Option<Resource<'r>>,
    deny: Option<&'p Rule>,
    allow: Option<&'p Rule>,
    near: Option<&'p Rule>,
}

impl<'p, 'r> Search<'p, 'r> {
    fn new(policy: &'p Policy, name: Name<'r>, text: Option<&'r str>) -> Self {
        Self {
            policy,
            name,
            text,
            resource: None,
            deny: None,
            allow: None,
            near: None,
        }
    }

    #[inline]
    fn look_at(&mut self, rules: &'p Rules) {
        for rule in self.rules(&rules.deny) {
            if is_before(rule, self.deny) && self.may_meet(rule) {
                self.deny = Some(rule);
                break;
            }
        }
        for rule in self.rules(&rules.allow) {
            if !is_before(rule, self.allow) {
                break;
            }
            if self.includes(rule) {
                self.allow = Some(rule);
                break;
            }
            if is_before(rule, self.near) {
                self.near = Some(rule);
            }
        }
    }

    fn rules(&self, ids: &'p [u32]) -> impl Iterator<Item = &'p Rule> + use<'p> {
        let rules = &self.policy.rules;
        ids.iter().filter_map(|id| rules.get(*id as usize))
    }

    fn may_meet(&mut self, rule: &Rule) -> bool {
        match rule.scope.resource() {
            None => true,
            Some(pattern) => match (self.policy.unknown, self.resource()) {
                (UnknownResource::Postponed, Resource::Unknown) => false,
                (UnknownResource::Postponed | UnknownResource::Refused, resource) => {
                    pattern.may_meet(resource)
                }
            },
        }
    }

    fn includes(&mut self, rule: &Rule) -> bool {
        match rule.scope.resource() {
            None => true,
            Some(pattern) => pattern.includes(self.resource()),
        }
    }

    fn resource(&mut self) -> &Resource<'r> {
        let (name, text) = (self.name, self.text);
        self.resource
            .get_or_insert_with(|| Resource::parse(ResourceKind::of(name.namespace()), text))
    }

    fn decision(&mut self) -> Decision<'p> {
        if let Some(rule) = self.deny {
            let cause = match rule.kind {
                RuleKind::Quarantine => Cause::Quarantined,
                RuleKind::Deny | RuleKind::Allow if self.includes(rule) => Cause::Denied,
                RuleKind::Deny | RuleKind::Allow => Cause::MayBeDenied,
            };
            return refuse(cause, Some(rule));
        }
        if let Some(rule) = self.allow {
            return Decision {
                allow: true,
                rule: Some(rule),
                reason: Cause::Granted,
            };
        }
        match (self.near, self.resource()) {
            (None, _) => refuse(Cause::NotGranted, None),
            (near, Resource::Unknown) => refuse(Cause::UnknownResource, near),
            (near, _) => refuse(Cause::OutsideGrant, near),
        }
    }
}

fn is_before(rule: &Rule, other: Option<&Rule>) -> bool {
    other.is_none_or(|other| rule.id < other.id)
}

/// The seeds' form: whether one of the scopes names the tool, without compiling them.
///
/// Entries that are malformed or limited to a resource grant nothing here.
pub fn check_permission(
    tool: &str,
    permissions: impl IntoIterator<Item = impl AsRef<str>>,
) -> bool {
    let Ok(name) = Name::parse(tool) else {
        return false;
    };
    permissions.into_iter().any(|text| {
        let text = text.as_ref();
        begins_alike(text, tool) && Pattern::parse(text).is_ok_and(|pattern| pattern.matches(name))
    })
}

/// Whether a scope agrees with a name up to its first star; most differ there, long before they are parsed.
#[inline]
fn begins_alike(scope: &str, name: &str) -> bool {
    let separates = |byte: u8| byte == b'.' || byte == b':';
    scope
        .bytes()
        .zip(name.bytes())
        .take_while(|(scope, _)| *scope != b'*')
        .all(|(scope, name)| scope == name || separates(scope) && separates(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allow: &[&str], deny: &[&str]) -> Policy {
        let own = |list: &[&str]| {
            list.iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        Policy::compile(&PolicyText {
            allow: &own(allow),
            deny: &own(deny),
            quarantined: &[],
        })
        .unwrap()
    }

    #[test]
    fn a_malformed_allow_grants_nothing_and_is_reported() {
        let policy = policy(&["git status", "git:status"], &[]);
        assert!(policy.decide(&Request::tool("git.status")).allow);
        assert!(!policy.decide(&Request::tool("git.commit")).allow);
        let reported: Vec<&str> = policy.malformed().iter().map(|e| e.text.as_str()).collect();
        assert_eq!(reported, ["git status"]);
    }

    #[test]
    fn the_first_of_several_rules_is_the_one_that_is_named() {
        let policy = policy(
            &["**", "git:*", "git:status", "*:status"],
            &["gh:pr:**", "gh:*:merge", "gh:pr:merge"],
        );
        for (name, expected) in [("git.status", "**"), ("gh.pr.merge", "gh:pr:**")] {
            let rule = policy.decide(&Request::tool(name)).rule.unwrap();
            assert_eq!(rule.scope.as_str(), expected);
        }
        let policy = self::policy(&["*:status", "git:status", "git:*", "**"], &[]);
        let rule = policy.decide(&Request::tool("git.status")).rule.unwrap();
        assert_eq!((rule.id, rule.scope.as_str()), (0, "*:status"));
    }

    #[test]
    fn a_segment_leads_on_only_from_its_own_place() {
        for seed in 0..200 {
            let (a, b) = (format!("a{seed}"), format!("b{seed}"));
            let allow = [
                format!("{a}:x"),
                format!("{b}:y"),
                format!("{a}*:p:q"),
                format!("{b}*:p:r"),
            ];
            let policy = policy(&allow.each_ref().map(String::as_str), &[]);
            for (name, expected) in [
                (format!("{a}.x"), true),
                (format!("{b}.y"), true),
                (format!("{a}.y"), false),
                (format!("{b}.x"), false),
                (format!("{a}z.p.q"), true),
                (format!("{a}z.p.r"), false),
                (format!("{b}z.p.r"), true),
                (format!("{b}z.p.q"), false),
            ] {
                assert_eq!(
                    policy.decide(&Request::tool(&name)).allow,
                    expected,
                    "{name}"
                );
            }
        }
    }
}
